"""Densities as the local objectives need them: logarithms, scores, and where there is something to integrate.

Everything is computed from ln p and ∇ ln p, so that nothing underflows in the tails: the log-ratio ln(q/p) of two
Gaussians is exact a thousand standard deviations out, where both densities are 0 in float64.

Another distribution joins in by registering the three functions for its type:
`log_density.register`, `score.register`, `pieces.register`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, singledispatch
from typing import Any

import numpy as np
from scipy.special import logsumexp, softmax

from toylab.critics import Critic
from toylab.distributions import Distribution, Gaussian, Mixture, UniformBox
from toylab.distributions.plain import from_json, to_json, words
from toylab.divergences.objective import Objective
from toylab.errors import InputError
from toylab.markup import card, facts


@dataclass(frozen=True, kw_only=True, eq=False)
class Piece:
    """Where a density has its mass: a bounded box, or the core of something with tails.

    Attributes:
        centre: (d,).
        width: (d,); half the sides of a box, the standard deviation of a Gaussian.
        bounded: whether the density is 0 beyond one width.
    """

    centre: np.ndarray
    width: np.ndarray
    bounded: bool


@singledispatch
def log_density(distribution: Distribution, z: np.ndarray) -> np.ndarray:
    """Logarithm of the Lebesgue density at z, (m, d) -> (m,); −inf where there is none.

    Raises:
        InputError: the distribution has no density.
    """
    with np.errstate(divide="ignore"):
        return np.log(distribution.density(z))


@log_density.register
def _(distribution: Gaussian, z: np.ndarray) -> np.ndarray:
    offset = (z - distribution.mean) / distribution.scale
    return -0.5 * (offset**2).sum(axis=1) - z.shape[1] * np.log(np.sqrt(2.0 * np.pi) * distribution.scale)


@log_density.register
def _(distribution: UniformBox, z: np.ndarray) -> np.ndarray:
    inside = (np.abs(z - distribution.centre) <= distribution.half_side).all(axis=1)
    return np.where(inside, -np.log(2.0 * distribution.half_side).sum(), -np.inf)


@log_density.register
def _(distribution: Mixture, z: np.ndarray) -> np.ndarray:
    return np.asarray(logsumexp(_weighted_logs(distribution, z), axis=0))


@singledispatch
def score(distribution: Distribution, z: np.ndarray) -> np.ndarray:
    """∇ ln density at z, (m, d) -> (m, d); 0 where there is no density.

    Raises:
        InputError: no formula for the gradient of this density is known.
    """
    raise InputError(
        f"no gradient of the density of {type(distribution).__name__} is known: it is for Gaussian, UniformBox, "
        "Mixture, Translated and Noisy; teach toylab another one with toylab.divergences.score.register."
    )


@score.register
def _(distribution: Gaussian, z: np.ndarray) -> np.ndarray:
    return (distribution.mean - z) / distribution.scale**2


@score.register
def _(distribution: UniformBox, z: np.ndarray) -> np.ndarray:
    return np.zeros(z.shape)


@score.register
def _(distribution: Mixture, z: np.ndarray) -> np.ndarray:
    logs = _weighted_logs(distribution, z)
    somewhere = np.asarray(np.isfinite(logs).any(axis=0))
    shares = softmax(np.where(somewhere, logs, 0.0), axis=0)  # (components, m)
    scores = np.stack([score(part, z) for part in distribution.components])
    return np.where(somewhere[:, None], np.einsum("cm,cmd->md", shares, scores), 0.0)


def _weighted_logs(distribution: Mixture, z: np.ndarray) -> np.ndarray:
    """ln(w_c D_c(z)), (components, m)."""
    with np.errstate(divide="ignore"):
        weights = np.log(distribution.weights)
    return np.stack([w + log_density(part, z) for w, part in zip(weights, distribution.components, strict=True)])


def density_gradient(distribution: Distribution, z: np.ndarray) -> np.ndarray:
    """∇ density at z, (m, d) -> (m, d).

    Raises:
        InputError: no formula for the gradient of this density is known.
    """
    z = np.asarray(z, dtype=np.float64)
    return np.exp(log_density(distribution, z))[:, None] * score(distribution, z)


@singledispatch
def pieces(distribution: Distribution) -> list[Piece]:
    """Where the density has its mass.

    Raises:
        InputError: the distribution has no density, or none that is known.
    """
    raise InputError(
        f"{type(distribution).__name__} has no density that toylab can integrate: it integrates those of Gaussian, "
        "UniformBox, Mixture, Translated and Noisy; point masses are compared as DiscreteMeasure."
    )


@pieces.register
def _(distribution: Gaussian) -> list[Piece]:
    width = np.full(len(distribution.mean), distribution.scale)
    return [Piece(centre=distribution.mean, width=width, bounded=False)]


@pieces.register
def _(distribution: UniformBox) -> list[Piece]:
    return [Piece(centre=distribution.centre, width=distribution.half_side, bounded=True)]


@pieces.register
def _(distribution: Mixture) -> list[Piece]:
    parts = zip(distribution.weights, distribution.components, strict=True)
    return [piece for weight, part in parts if weight > 0 for piece in pieces(part)]


@dataclass(frozen=True, eq=False)
class DensityPair:
    """A fake and a real distribution with densities p and q: the subject of statements on continuous measures.

    Attributes:
        fake: P_g, with density p.
        real: P_r, with density q.
        objective: what the critic is trained for, where a statement is about one; `critic` is its optimum.

    Raises:
        InputError: one of them has no density that is known, they live in different dimensions, or the objective is
            none.

    Example:
        >>> from toylab import divergences, losses
        >>> from toylab.distributions import Gaussian
        >>> vanilla = divergences.UnrestrictedLoss(losses.logistic())
        >>> DensityPair(Gaussian([0.0], 1.0), Gaussian([1.0], 1.0), vanilla).critic([[2.0]]).tolist()  # ln(q/p)
        [1.5]
    """

    fake: Distribution
    real: Distribution
    objective: Objective | None = None

    def __post_init__(self) -> None:
        dimensions = []
        for name in ("fake", "real"):
            if not isinstance(getattr(self, name), Distribution):
                raise InputError(f"{name} must be a Distribution, got {type(getattr(self, name)).__name__}.")
            dimensions.append(len(pieces(getattr(self, name))[0].centre))
        if dimensions[0] != dimensions[1]:
            raise InputError(
                f"the fake distribution has {dimensions[0]} coordinates and the real one {dimensions[1]}; "
                "both must live in one space."
            )
        if self.objective is not None and not isinstance(self.objective, Objective):
            raise InputError(
                "objective must be one of toylab.divergences, such as UnrestrictedLoss(losses.logistic()), got "
                f"{type(self.objective).__name__}."
            )

    @cached_property
    def dimension(self) -> int:
        """Number of coordinates of a point."""
        return len(pieces(self.fake)[0].centre)

    @cached_property
    def critic(self) -> Critic:
        """The objective's optimal critic f*.

        Raises:
            InputError: the pair has no objective, or the objective no optimal critic.
        """
        if self.objective is None:
            raise InputError("this pair has no objective, so it has no critic: DensityPair(fake, real, objective).")
        return self.objective.critic(self.fake, self.real)

    def points(self, z: Any) -> np.ndarray:
        """The points as float64 (m, d).

        Raises:
            InputError: another shape.
        """
        z = np.asarray(z, dtype=np.float64)
        if z.ndim != 2 or z.shape[1] != self.dimension:
            raise InputError(f"points must have shape (m, {self.dimension}), got {z.shape}.")
        return z

    def log_densities(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Ln p and ln q at z, (m,) each."""
        return log_density(self.fake, z), log_density(self.real, z)

    def describe(self) -> str:
        """One line."""
        goal = "" if self.objective is None else f", {self.objective.name} objective"
        return f"{words(self.fake)} against {words(self.real)} in R^{self.dimension}{goal}"

    def _repr_html_(self) -> str:
        rows = [
            ("fake", words(self.fake)),
            ("real", words(self.real)),
            ("dimension", str(self.dimension)),
            ("objective", "none" if self.objective is None else self.objective.name),
        ]
        return card("DensityPair", facts(rows))

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` turns back into the same pair, bit by bit.

        Raises:
            InputError: a distribution or objective that cannot be written down.
        """
        from toylab.divergences.plain import to_json as objective_to_json

        return {
            "subject": "density-pair",
            "fake": to_json(self.fake),
            "real": to_json(self.real),
            "objective": None if self.objective is None else objective_to_json(self.objective),
        }

    @classmethod
    def from_json(cls, data: Any) -> DensityPair:
        """The pair of `to_json`.

        Raises:
            InputError: the data are not those of a pair.
        """
        from toylab.divergences.plain import from_json as objective_from_json

        if not isinstance(data, Mapping) or not {"fake", "real"} <= set(data):
            raise InputError("a density pair in JSON is what DensityPair.to_json() wrote, with 'fake' and 'real'.")
        goal = data.get("objective")
        return cls(
            from_json(data["fake"]), from_json(data["real"]), None if goal is None else objective_from_json(goal)
        )
