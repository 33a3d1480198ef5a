"""The Dirac-GAN: the fake measure δ_θ, the real one δ_0, and the linear critic D(x) = ψ x.

The critic maximises f(ψθ) + f(0) less what its method asks, the generator moves θ; both rest at θ = ψ = 0. In terms of
a pair of losses f(t) = −φ(−t) and D = −(toylab's critic): `losses.logistic()` is the GAN with f(t) = −ln(1 + e^−t),
`losses.wasserstein()` the WGAN with f(t) = t.

Source: Mescheder, Geiger and Nowozin (ICML 2018), Definition 2.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from toylab import losses as pairs
from toylab.condition import Condition
from toylab.diracgan.methods import AbstractMethod, Unregularised, method_from_json
from toylab.diracgan.players import AbstractGenerator, ZeroSum, generator_from_json
from toylab.diracgan.rules import AbstractRule
from toylab.errors import InputError, ToylabError, real_number, whole_number
from toylab.losses import LossPair
from toylab.losses import from_json as losses_from_json
from toylab.markup import card, facts, number, quiet

#: A spectral radius within this of 1, or a real part within this of 0, is rounding: it is not counted as convergence.
_ROUNDING = 1e-12
#: Tolerances of the integrator of the flow.
_RTOL, _ATOL = 1e-10, 1e-12
#: Its longest step where the field jumps, so that no jump is stepped over: a sixtieth of a turn.
_SHORT = 0.1


@dataclass(frozen=True, kw_only=True, eq=False)
class Orbit:
    """Where the two players went.

    Attributes:
        time: (T,), of the flow, or the rounds 0, 1, 2, …
        theta: (T, …), the generator's parameter, one column for each start.
        psi: (T, …), the critic's.
    """

    time: np.ndarray
    theta: np.ndarray
    psi: np.ndarray

    def __repr__(self) -> str:
        first, last = (np.round(np.stack([self.theta[i], self.psi[i]]), 4).T.tolist() for i in (0, -1))
        return f"Orbit({len(self.time)} points to {self.time[-1]:g}, (θ, ψ) from {first} to {last})"

    @property
    def radius(self) -> np.ndarray:
        """(T, …), the distance from the equilibrium."""
        return np.hypot(self.theta, self.psi)


@dataclass(frozen=True, kw_only=True, eq=False)
class DiracGAN:
    """The game, with a method.

    Attributes:
        losses: φ and ϕ, with φ'(0) = −ϕ'(0) > 0: their slopes balance at the equilibrium.
        generator: what θ descends on.
        method: what is done against circling.

    Raises:
        InputError: losses whose slopes do not balance at 0, or parts of another type.

    Example:
        >>> game = DiracGAN(method=ZeroCentredPenalty(weight=0.5))
        >>> game.eigenvalues()
        array([-0.25+0.4330127j, -0.25-0.4330127j])
        >>> bool(game.converges(Simultaneous(step=0.1)))
        True
    """

    losses: LossPair = field(default_factory=pairs.logistic)
    generator: AbstractGenerator = field(default_factory=ZeroSum)
    method: AbstractMethod = field(default_factory=Unregularised)

    def __post_init__(self) -> None:
        kinds = {"losses": LossPair, "generator": AbstractGenerator, "method": AbstractMethod}
        for name, kind in kinds.items():
            if not isinstance(getattr(self, name), kind):
                wanted = kind.__name__.removeprefix("Abstract")
                raise InputError(f"{name} of a Dirac-GAN must be a {wanted} object, got {getattr(self, name)!r}.")
        on_reals = float(self.losses.real_loss.slope(np.zeros(())))
        if not (self.slope > 0 and abs(self.slope + on_reals) <= _ROUNDING * self.slope):
            raise InputError(
                f"a Dirac-GAN rests at D = 0 only where φ'(0) = −ϕ'(0) > 0; {self.losses.name} has {self.slope:g} and "
                f"{-on_reals:g}: take losses such as logistic, wasserstein, sqrt or exponential."
            )

    # --- the field ---

    @cached_property
    def slope(self) -> float:
        """The paper's f'(0): φ'(0), written a."""
        return float(self.losses.fake_loss.slope(np.zeros(())))

    @cached_property
    def curvature(self) -> float:
        """The mean of φ''(0) and ϕ''(0), written b; −f''(0) of a GAN."""
        terms = (self.losses.fake_loss, self.losses.real_loss)
        return 0.5 * float(sum(float(term.curvature(np.zeros(()))) for term in terms))

    def plain_field(self, theta: np.ndarray, psi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(−ψ g(ψθ), θ f'(ψθ)), the field without any method."""
        s = psi * theta
        return -psi * self.generator.slope(self.losses, s), theta * self.losses.fake_loss.slope(-s)

    def plain_jacobian(self, theta: np.ndarray, psi: np.ndarray) -> tuple[Any, Any]:
        """Rows of the derivatives of `plain_field`: by θ and ψ of dθ/dt, then of dψ/dt."""
        s = psi * theta
        pull, pull_ = self.generator.slope(self.losses, s), self.generator.curvature(self.losses, s)
        push, push_ = self.losses.fake_loss.slope(-s), -self.losses.fake_loss.curvature(-s)
        return (-(psi**2) * pull_, -pull - s * pull_), (push + s * push_, theta**2 * push_)

    def vector_field(self, theta: npt.ArrayLike, psi: npt.ArrayLike) -> tuple[np.ndarray, np.ndarray]:
        """(dθ/dt, dψ/dt) at parameters of any shape.

        Raises:
            InputError: parameters that are no numbers, or whose shapes do not go together.
        """
        try:
            one, other = np.broadcast_arrays(np.asarray(theta, dtype=np.float64), np.asarray(psi, dtype=np.float64))
        except (TypeError, ValueError):
            raise InputError(
                f"θ and ψ of a Dirac-GAN are numbers, or arrays of shapes that go together, got {theta!r} and {psi!r}."
            ) from None
        return self.method.field(self, one, other)

    # --- the equilibrium ---

    def eigenvalues(self, rule: AbstractRule | None = None) -> np.ndarray | None:
        """At the equilibrium, (2,): of the field's Jacobian, or of the Jacobian of one round of a rule.

        Of the field they are the method's closed form. None where the field has no Jacobian there.
        """
        jacobian = self.jacobian()
        if jacobian is None:
            return None
        if rule is not None:
            return np.linalg.eigvals(rule.operator(jacobian)).astype(complex)
        trace, determinant = self.method.trace_and_determinant(self)
        root = np.sqrt(complex(0.25 * trace**2 - determinant))
        return np.array([0.5 * trace + root, 0.5 * trace - root])

    def jacobian(self) -> np.ndarray | None:
        """The field's Jacobian (2, 2) at the equilibrium, None where there is none.

        All methods but consensus leave dθ/dt alone, and add to dψ/dt what depends on ψ only; consensus damps both.
        """
        if not self.method.smooth:
            return None
        trace, _ = self.method.trace_and_determinant(self)
        a = self.slope
        damping = (0.5 * trace, 0.5 * trace) if self.method.damps_both else (0.0, trace)
        return np.array([[damping[0], -a], [a, damping[1]]])

    def converges(self, rule: AbstractRule | None = None) -> Condition:
        """Whether training near the equilibrium ends there at a linear rate, by eigenvalues; why not, if not.

        Without a rule the flow is asked about, which is training with steps that tend to 0. An answer of no says
        nothing about slower convergence: the flow of a non-saturating GAN creeps in as √(8/t).
        """
        eigenvalues = self.eigenvalues(rule)
        if eigenvalues is None:
            return Condition(holds=False, reasons=("the field jumps at ψ = 0 and pushes the critic away from there",))
        if rule is None:
            largest = float(np.real(eigenvalues).max())
            return Condition.that(largest < -_ROUNDING, f"the largest real part of an eigenvalue is {number(largest)}")
        radius = float(np.abs(eigenvalues).max())
        return Condition.that(radius < 1.0 - _ROUNDING, f"the spectral radius of a round is {number(radius, 9)}")

    # --- training ---

    def trajectory(self, start: npt.ArrayLike, rounds: int, rule: AbstractRule) -> Orbit:
        """Train from (θ, ψ) for so many rounds.

        Args:
            start: (2,), or (2, n) for n starts side by side.
            rounds: how many.
            rule: how the players take turns.
        """
        theta, psi = _checked(start)
        if not isinstance(rule, AbstractRule):
            raise InputError(
                f"the rule of a training must be Simultaneous(step=…) or Alternating(step=…), got {rule!r}."
            )
        whole_number(rounds, "the number of rounds", least=0)
        thetas, psis = [theta], [self.method.projected(psi)]
        for _ in range(rounds):
            theta, psi = rule.advance(self.vector_field, self.method.projected, thetas[-1], psis[-1])
            thetas.append(theta)
            psis.append(psi)
        return Orbit(time=np.arange(rounds + 1.0), theta=np.array(thetas), psi=np.array(psis))

    def flow(self, start: npt.ArrayLike, duration: float, points: int = 400) -> Orbit:
        """The integral curve of the field from (θ, ψ), at equidistant times, by a Runge–Kutta method of order 8."""
        from scipy.integrate import solve_ivp

        theta, psi = _checked(start)
        if theta.ndim:
            raise InputError("the flow follows one start (θ, ψ) at a time.")
        if not real_number(duration, "the duration of a flow") > 0:
            raise InputError(f"the duration of a flow must be positive, got {duration}.")
        time = np.linspace(0.0, duration, whole_number(points, "the number of points", least=2))
        first = np.array([theta, self.method.projected(psi)])
        found = solve_ivp(
            lambda _, at: np.array(self.vector_field(at[0], at[1])),
            (0.0, duration),
            first,
            method="DOP853",
            t_eval=time,
            rtol=_RTOL,
            atol=_ATOL,
            max_step=_SHORT / self.slope if self.method.jumps else np.inf,
        )
        if not found.success:
            raise ToylabError(f"the flow could not be followed to {duration:g}: {found.message}")
        return Orbit(time=time, theta=found.y[0], psi=found.y[1])

    # --- faces ---

    def describe(self) -> str:
        """One line."""
        player = "" if isinstance(self.generator, ZeroSum) else f" {self.generator.kind}"
        return f"Dirac-GAN, {self.losses.name}{player}, {self.method.describe()}"

    def __repr__(self) -> str:
        return f"DiracGAN({self.describe()})"

    def _repr_html_(self) -> str:
        found, verdict = self.eigenvalues(), self.converges()
        shown = "none" if found is None else ", ".join(complex_number(value) for value in found)
        rows = [
            ("losses", self.losses.name),
            ("generator", self.generator.kind),
            ("method", self.method.describe()),
            ("eigenvalues at the equilibrium", f"{self.method.formula} = {shown}"),
            ("the flow converges linearly", "yes" if verdict else f"no: {verdict.reasons[0]}"),
        ]
        return card("DiracGAN", facts(rows), quiet("toylab.plot(…) draws its field"))

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` turns back into the same game."""
        parts = {"losses": self.losses, "generator": self.generator, "method": self.method}
        return {"subject": "dirac-gan", **{name: part.to_json() for name, part in parts.items()}}

    @classmethod
    def from_json(cls, data: Any) -> DiracGAN:
        """The game of `to_json`.

        Raises:
            InputError: the data are not those of a Dirac-GAN.
        """
        needed = ("losses", "generator", "method")
        if not isinstance(data, Mapping) or not set(needed) <= set(data):
            raise InputError(f"a Dirac-GAN in JSON is what DiracGAN.to_json() wrote, with {', '.join(needed)}.")
        return cls(
            losses=losses_from_json(data["losses"]),
            generator=generator_from_json(data["generator"]),
            method=method_from_json(data["method"]),
        )


def complex_number(value: complex, digits: int = 4) -> str:
    """A complex number as a person writes it."""
    real, imaginary = number(value.real, digits).replace("-", "−"), number(abs(value.imag), digits)
    if value.imag == 0:
        return real
    sign = "+" if value.imag > 0 else "−"
    return f"{'−' if value.imag < 0 else ''}{imaginary} i" if value.real == 0 else f"{real} {sign} {imaginary} i"


def _checked(start: npt.ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    try:
        both = np.array(start, dtype=np.float64)
    except (TypeError, ValueError):
        both = np.zeros(0)
    if both.ndim not in {1, 2} or len(both) != 2 or not np.isfinite(both).all():
        raise InputError(f"a start of a Dirac-GAN is (θ, ψ), or two rows of them, all finite, got {start!r}.")
    return both[0], both[1]
