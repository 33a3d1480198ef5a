"""What is done to the critic of a Dirac-GAN, or to the training, so that it comes to rest: or does not.

D(x) = ψ x has the gradient ψ everywhere, so that every gradient penalty is a function of ψ alone:

    R1, R2         γ/2 E ‖∇D‖²        = γ/2 ψ²             ZeroCentredPenalty(weight=γ)
    MaxGP          λ max ‖∇D‖²        = λ ψ²               MaxGP(weight=λ): R1 with γ = 2λ
    WGAN-GP        γ/2 E (‖∇D‖ − g)²  = γ/2 (|ψ| − g)²     GradientPenalty(weight=γ, target=g)
    WGAN           ψ clipped to [−c, c]                    WeightClipping(bound=c)
    instance noise N(0, σ²) on fakes and reals             InstanceNoise(scale=σ)
    consensus      v − γ ∇ ½‖v‖²                           Consensus(weight=γ)

Each method has the eigenvalues of the field's Jacobian at the equilibrium in closed form. They are
m ± √(m² − d) with m half its trace and d its determinant; a = φ'(0) stands for the paper's f'(0).

Source: Mescheder, Geiger and Nowozin, "Which Training Methods for GANs do actually Converge?", ICML 2018, sections 2
and 3; MaxGP is LGAN Eq. 12.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from typing_extensions import override

from toylab.errors import InputError, real_number
from toylab.storage import read_kind

if TYPE_CHECKING:
    from toylab.diracgan.game import DiracGAN

#: Nodes of the Gauss–Hermite rule for instance noise.
_NODES = 64

Field = tuple[np.ndarray, np.ndarray]


@cache
def _normal_nodes() -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of averages over N(0, 1)."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    return nodes, weights / weights.sum()


@dataclass(frozen=True, kw_only=True)
class AbstractMethod(ABC):
    """A way to train, given by the field of the two players.

    Raises:
        InputError: a parameter that is not positive.
    """

    #: What it is called in JSON, in tables, and the closed form of its eigenvalues.
    kind: ClassVar[str]
    title: ClassVar[str]
    formula: ClassVar[str]
    #: Whether the field has a Jacobian at the equilibrium, and whether it jumps somewhere.
    smooth: ClassVar[bool] = True
    #: Whether it damps the generator as it does the critic.
    damps_both: ClassVar[bool] = False
    jumps: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for field in fields(self):
            if not real_number(getattr(self, field.name), f"the {field.name} of {self.title}") > 0:
                raise InputError(f"the {field.name} of {self.title} must be positive, got {getattr(self, field.name)}.")

    @abstractmethod
    def field(self, game: DiracGAN, theta: np.ndarray, psi: np.ndarray) -> Field:
        """(dθ/dt, dψ/dt) at these parameters."""

    @abstractmethod
    def trace_and_determinant(self, game: DiracGAN) -> tuple[float, float]:
        """Of the field's Jacobian at the equilibrium, in closed form; NaN where there is none."""

    def projected(self, psi: np.ndarray) -> np.ndarray:
        """What becomes of ψ after a step of the critic."""
        return psi

    def describe(self) -> str:
        """Its name with its numbers."""
        numbers = ", ".join(f"{field.name} {getattr(self, field.name):g}" for field in fields(self))
        return f"{self.title} ({numbers})" if numbers else self.title

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"kind": self.kind, **asdict(self)}


@dataclass(frozen=True, kw_only=True)
class Unregularised(AbstractMethod):
    """Nothing: θ' = −ψ f'(ψθ), ψ' = θ f'(ψθ). Eigenvalues ±a i (Lemma 2.2)."""

    kind = "unregularised"
    title = "unregularised"
    formula = "± a i"

    @override
    def field(self, game: DiracGAN, theta: np.ndarray, psi: np.ndarray) -> Field:
        return game.plain_field(theta, psi)

    @override
    def trace_and_determinant(self, game: DiracGAN) -> tuple[float, float]:
        return 0.0, game.slope**2


@dataclass(frozen=True, kw_only=True)
class ZeroCentredPenalty(AbstractMethod):
    """R1 or R2: γ/2 E ‖∇D‖², on reals or on fakes, which is the same for a linear critic (Lemma 3.3).

    Attributes:
        weight: γ.
    """

    weight: float

    kind = "zero-centred"
    title = "zero-centred GP"
    formula = "−γ/2 ± √(γ²/4 − a²)"

    @override
    def field(self, game: DiracGAN, theta: np.ndarray, psi: np.ndarray) -> Field:
        to_theta, to_psi = game.plain_field(theta, psi)
        return to_theta, to_psi - self.weight * psi

    @override
    def trace_and_determinant(self, game: DiracGAN) -> tuple[float, float]:
        return -self.weight, game.slope**2


@dataclass(frozen=True, kw_only=True)
class MaxGP(AbstractMethod):
    """λ max ‖∇D‖² = λψ², LGAN's penalty on the largest gradient.

    Attributes:
        weight: λ.
    """

    weight: float

    kind = "maxgp"
    title = "MaxGP"
    formula = "−λ ± √(λ² − a²)"

    @override
    def field(self, game: DiracGAN, theta: np.ndarray, psi: np.ndarray) -> Field:
        to_theta, to_psi = game.plain_field(theta, psi)
        return to_theta, to_psi - 2.0 * self.weight * psi

    @override
    def trace_and_determinant(self, game: DiracGAN) -> tuple[float, float]:
        return -2.0 * self.weight, game.slope**2


@dataclass(frozen=True, kw_only=True)
class GradientPenalty(AbstractMethod):
    """WGAN-GP: γ/2 (|ψ| − g)². Its field jumps at ψ = 0, by 2γg, and pushes ψ away from there.

    Attributes:
        weight: γ.
        target: g.
    """

    weight: float
    target: float

    kind = "gradient-penalty"
    title = "GP with a target"
    formula = "none: the field jumps at ψ = 0"
    smooth = False
    jumps = True

    @override
    def field(self, game: DiracGAN, theta: np.ndarray, psi: np.ndarray) -> Field:
        to_theta, to_psi = game.plain_field(theta, psi)
        return to_theta, to_psi - self.weight * np.sign(psi) * (np.abs(psi) - self.target)

    @override
    def trace_and_determinant(self, game: DiracGAN) -> tuple[float, float]:
        return np.nan, np.nan


@dataclass(frozen=True, kw_only=True)
class WeightClipping(AbstractMethod):
    """ψ is set back into [−c, c] after each step of the critic, which changes nothing near the equilibrium.

    Attributes:
        bound: c.
    """

    bound: float

    kind = "weight-clipping"
    title = "weight clipping"
    formula = "± a i"
    jumps = True

    @override
    def field(self, game: DiracGAN, theta: np.ndarray, psi: np.ndarray) -> Field:
        to_theta, to_psi = game.plain_field(theta, psi)
        outwards = (np.abs(psi) >= self.bound) & (np.sign(psi) * to_psi > 0)
        return to_theta, np.where(outwards, 0.0, to_psi)

    @override
    def trace_and_determinant(self, game: DiracGAN) -> tuple[float, float]:
        return 0.0, game.slope**2

    @override
    def projected(self, psi: np.ndarray) -> np.ndarray:
        return np.clip(psi, -self.bound, self.bound)


@dataclass(frozen=True, kw_only=True)
class InstanceNoise(AbstractMethod):
    """Noise N(0, σ²) on fakes and reals. For a loss with a curvature b = φ''(0) = ϕ''(0) it damps ψ (Lemma 3.2).

    Averages over the noise are taken by Gauss–Hermite quadrature.

    Attributes:
        scale: σ.
    """

    scale: float

    kind = "instance-noise"
    title = "instance noise"
    formula = "−bσ² ± √(b²σ⁴ − a²)"

    @override
    def field(self, game: DiracGAN, theta: np.ndarray, psi: np.ndarray) -> Field:
        nodes, weights = _normal_nodes()
        noise = self.scale * nodes
        fake, psi_ = np.asarray(theta)[..., None] + noise, np.asarray(psi)[..., None]
        pull = game.generator.slope(game.losses, psi_ * fake)
        on_fakes = fake * game.losses.fake_loss.slope(-psi_ * fake)
        on_reals = noise * game.losses.real_loss.slope(-psi_ * noise)
        return -psi * (pull @ weights), (on_fakes + on_reals) @ weights

    @override
    def trace_and_determinant(self, game: DiracGAN) -> tuple[float, float]:
        return -2.0 * game.curvature * self.scale**2, game.slope**2


@dataclass(frozen=True, kw_only=True)
class Consensus(AbstractMethod):
    """Consensus optimisation (Mescheder, Nowozin and Geiger 2017): both players also descend on γ ½‖v‖².

    Attributes:
        weight: γ.
    """

    weight: float

    damps_both = True

    kind = "consensus"
    title = "consensus"
    formula = "−γa² ± a i"

    @override
    def field(self, game: DiracGAN, theta: np.ndarray, psi: np.ndarray) -> Field:
        to_theta, to_psi = game.plain_field(theta, psi)
        (theta_theta, theta_psi), (psi_theta, psi_psi) = game.plain_jacobian(theta, psi)
        return (
            to_theta - self.weight * (theta_theta * to_theta + psi_theta * to_psi),
            to_psi - self.weight * (theta_psi * to_theta + psi_psi * to_psi),
        )

    @override
    def trace_and_determinant(self, game: DiracGAN) -> tuple[float, float]:
        a = game.slope
        return -2.0 * self.weight * a**2, a**2 + self.weight**2 * a**4


METHODS: tuple[type[AbstractMethod], ...] = (
    Unregularised,
    WeightClipping,
    GradientPenalty,
    InstanceNoise,
    ZeroCentredPenalty,
    MaxGP,
    Consensus,
)


def method_from_json(data: Any) -> AbstractMethod:
    """The method of `to_json`.

    Raises:
        InputError: an unknown kind, or a parameter that is missing or no positive number.
    """

    def reader(method: type[AbstractMethod]) -> Any:
        def read(given: Mapping[str, Any]) -> AbstractMethod:
            return method(**{field.name: given[field.name] for field in fields(method)})

        return read

    return read_kind(data, "method of a Dirac-GAN", {method.kind: reader(method) for method in METHODS})
