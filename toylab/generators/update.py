"""One step of a generator: its gradient through a discriminator that is held fixed.

    cost              c(D)            ∇_θ E c(D(g_θ(z)))
    Saturating        log(1 − D)      E[Jᵀ ∇log(1 − D)]
    NonSaturating     −log D          E[−Jᵀ ∇log D]

J = ∂g_θ(z)/∂θ, everything at x = g_θ(z), plus instance noise where there is some.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from typing_extensions import override

from toylab.distributions import Distribution, Gaussian, Masses, Mixture
from toylab.distributions import plain as distributions
from toylab.distributions.base import not_negative, positive
from toylab.errors import InputError, unknown_name
from toylab.generators.averages import Average, VectorFunction, average
from toylab.generators.discriminators import Discriminator, OptimalDiscriminator, discriminator_from_json
from toylab.generators.maps import Affine, Generator, HiddenLayer, ParallelLine, Shift, Switch
from toylab.markup import card, facts, number


class Cost(ABC):
    """What the generator pays for a fake, as a function c(D)."""

    #: How the cost is called in JSON.
    name: str
    #: As a person writes it.
    formula: str

    @abstractmethod
    def gradient(self, discriminator: Discriminator, x: np.ndarray) -> np.ndarray:
        """∇_x c(D(x)), (m, d) -> (m, d)."""

    @abstractmethod
    def slope(self, value: np.ndarray) -> np.ndarray:
        """c'(D), (m,) -> (m,)."""


@dataclass(frozen=True)
class Saturating(Cost):
    """log(1 − D): the generator's part of the minimax game, which saturates where D is near 0."""

    name = "saturating"
    formula = "log(1 − D)"

    @override
    def gradient(self, discriminator: Discriminator, x: np.ndarray) -> np.ndarray:
        return discriminator.log_complement_gradient(x)

    @override
    def slope(self, value: np.ndarray) -> np.ndarray:
        return -1.0 / (1.0 - value)


@dataclass(frozen=True)
class NonSaturating(Cost):
    """−log D: the alternative that does not saturate."""

    name = "non-saturating"
    formula = "−log D"

    @override
    def gradient(self, discriminator: Discriminator, x: np.ndarray) -> np.ndarray:
        return -discriminator.log_gradient(x)

    @override
    def slope(self, value: np.ndarray) -> np.ndarray:
        return -1.0 / value


_COSTS: dict[str, Cost] = {cost.name: cost for cost in (Saturating(), NonSaturating())}
_GENERATORS = {kind.__name__: kind for kind in (ParallelLine, Shift, Affine, HiddenLayer, Switch)}


def from_json(data: Any) -> Generator:
    """The generator that `Generator.to_json` wrote.

    Raises:
        InputError: an unknown kind, or fields that are missing or wrong.
    """
    if not isinstance(data, Mapping):
        raise InputError(f"a generator in JSON is an object with a field 'kind', got {type(data).__name__}.")
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in _GENERATORS:
        raise unknown_name("kind of generator", kind, _GENERATORS)
    try:
        return _GENERATORS[kind](**{str(key): value for key, value in data.items() if key != "kind"})
    except TypeError:
        raise InputError(
            f"a generator in JSON is what to_json() wrote; the fields of this {kind} do not fit."
        ) from None


def smoothed(distribution: Distribution, noise: float) -> Distribution:
    """The distribution of X + N(0, noise² I) as a Gaussian or a Mixture of Gaussians, whose scores are known.

    Raises:
        InputError: not made of Gaussians and point masses.
    """
    match distribution:
        case Gaussian(mean=mean, scale=scale):
            return Gaussian(mean, float(np.hypot(scale, noise)))
        case Masses(measure=measure):
            carried = measure.weights > 0
            return Mixture([Gaussian(atom, noise) for atom in measure.points[carried]], measure.weights[carried])
        case Mixture(components=components, weights=weights):
            return Mixture([smoothed(part, noise) for part in components], weights)
    raise InputError(
        f"instance noise is added to Gaussian, Masses and their Mixture, got {type(distribution).__name__}."
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class GeneratorUpdate:
    """The gradient ∇_θ E c(D(g_θ(z) + noise)) of a generator against a discriminator.

    Example:
        >>> from toylab.distributions import Gaussian
        >>> update = GeneratorUpdate.against_the_optimum(Shift([1.3]), Gaussian([0.0], 1.0), Gaussian([0.0], 1.5))
        >>> print(update.gradient().value.round(6))
        [0.288736]

    Attributes:
        generator: g_θ.
        latent: the distribution of z; `Masses` for a finite batch, over which averages are exact.
        discriminator: D.
        real: P_r.
        cost: c.
        noise: standard deviation σ of the Gaussian noise that is added to fakes and reals (instance noise); 0: none.

    Raises:
        InputError: dimensions that do not fit, or negative noise.
    """

    generator: Generator
    latent: Distribution
    discriminator: Discriminator
    real: Distribution
    cost: Cost = field(default_factory=NonSaturating)
    noise: float = 0.0

    def __post_init__(self) -> None:
        kinds = (("generator", Generator), ("discriminator", Discriminator), ("cost", Cost))
        for name, kind in (*kinds, ("latent", Distribution), ("real", Distribution)):
            if not isinstance(getattr(self, name), kind):
                raise InputError(f"{name} must be a {kind.__name__}, got {type(getattr(self, name)).__name__}.")
        if self.latent.dimension != self.generator.latent_dimension:
            raise InputError(
                f"the generator takes latent points with {self.generator.latent_dimension} coordinates, and `latent` "
                f"has {self.latent.dimension}."
            )
        if self.real.dimension != self.generator.dimension:
            raise InputError(
                f"the generator makes points with {self.generator.dimension} coordinates and the real ones have "
                f"{self.real.dimension}; both must live in one space."
            )
        not_negative(self.noise, "the instance noise")
        self._check_discriminator()

    def _check_discriminator(self) -> None:
        try:
            shape = np.shape(self.discriminator.gradient(np.zeros((1, self.generator.dimension))))
        except (InputError, ValueError):
            shape = None
        if shape != (1, self.generator.dimension):
            raise InputError(
                f"the discriminator does not take points with {self.generator.dimension} coordinates, which this "
                "generator makes."
            )

    @classmethod
    def against_the_optimum(
        cls,
        generator: Generator,
        latent: Distribution,
        real: Distribution,
        *,
        cost: Cost | None = None,
        noise: float = 0.0,
        follows: bool = False,
    ) -> GeneratorUpdate:
        """The update against D* = q/(p + q) of the fakes at this θ, with instance noise on both where there is some.

        Args:
            generator: g_θ.
            latent: the distribution of z.
            real: P_r.
            cost: −log D when not given.
            noise: σ; with it latent points and reals may be `Masses`.
            follows: differentiate D* as well, as if it stayed optimal at every θ.

        Raises:
            InputError: the fakes have no density that is known.
        """
        law = generator.law(latent)
        if law is None:
            raise InputError(
                f"no formula is known for the density of {type(generator).__name__} with latent points from a "
                f"{type(latent).__name__}; give the discriminator yourself, or a batch of points with noise."
            )
        fake, target = law, real
        if noise:
            fake, target = (smoothed(part, positive(noise, "the instance noise")) for part in (law, real))
        discriminator = OptimalDiscriminator(fake=fake, real=target, follows=follows)
        return cls(
            generator=generator,
            latent=latent,
            discriminator=discriminator,
            real=real,
            cost=NonSaturating() if cost is None else cost,
            noise=noise,
        )

    @cached_property
    def law(self) -> Distribution | None:
        """The distribution of the fakes, without noise; None where no formula is known."""
        return self.generator.law(self.latent)

    def pull(self, x: np.ndarray) -> np.ndarray:
        """Where a fake at x is moved: −∇_x c(D(x)), (m, d) -> (m, d)."""
        return -self.cost.gradient(self.discriminator, np.asarray(x, dtype=np.float64))

    def expected(self, of_fakes: VectorFunction, *, absolute: bool = False) -> Average:
        """E[Jᵀ v(x)] over z and the noise, x = g_θ(z) + noise.

        Args:
            of_fakes: x (m, d) -> v (m, d).
            absolute: take |J| in place of J, for bounds.
        """

        def jacobian(z: np.ndarray) -> np.ndarray:
            found = self.generator.jacobian(z)
            return np.abs(found) if absolute else found

        if self.noise == 0:
            return average(lambda z: np.einsum("mdp,md->mp", jacobian(z), of_fakes(self.generator(z))), self.latent)
        if not isinstance(self.latent, Masses):
            raise InputError("with instance noise the latent points must be a finite batch: Masses(DiscreteMeasure).")
        batch = self.latent.measure
        total = None
        for weight, fake, of_fake in zip(
            batch.weights, self.generator(batch.points), jacobian(batch.points), strict=True
        ):
            part = average(of_fakes, Gaussian(fake, self.noise))
            moved = Average(value=weight * of_fake.T @ part.value, error=weight * np.abs(of_fake.T) @ part.error)
            total = moved if total is None else total + moved
        assert total is not None
        return total

    def gradient(self) -> Average:
        """∇_θ E c(D(g_θ(z))), with a bound of its error; a generator that descends goes the other way.

        D is held fixed, unless it is an `OptimalDiscriminator` that follows: then E[c'(D) ∂D/∂θ] is added.
        """
        through_fakes = self.expected(lambda x: self.cost.gradient(self.discriminator, x))
        rounding = self.expected(self.discriminator.rounding, absolute=True)
        through_fakes = Average(value=through_fakes.value, error=through_fakes.error + rounding.value)
        if isinstance(self.discriminator, OptimalDiscriminator) and self.discriminator.follows:
            return through_fakes + self._through_discriminator()
        return through_fakes

    def _through_discriminator(self) -> Average:
        """E[c'(D*) ∂D*/∂θ] at fixed x: ∂D*/∂θ = −D* (1 − D*) ∂ ln p/∂θ."""

        def slope(z: np.ndarray) -> np.ndarray:
            x = self.generator(z)
            value = self.discriminator(x)
            change = -(value * (1.0 - value))[:, None] * self.generator.law_score(self.latent, x)
            return self.cost.slope(value)[:, None] * change

        return average(slope, self.latent)

    def describe(self) -> str:
        """One line."""
        noise = f", instance noise {self.noise:g}" if self.noise else ""
        return (
            f"{self.generator.describe()}, z from {distributions.words(self.latent)}, cost {self.cost.formula}, "
            f"against {self.discriminator.describe()}{noise}"
        )

    def __repr__(self) -> str:
        return f"GeneratorUpdate({self.describe()})"

    def _repr_html_(self) -> str:
        rows = [
            ("generator", self.generator.describe()),
            ("latent points", distributions.words(self.latent)),
            ("real", distributions.words(self.real)),
            ("discriminator", self.discriminator.describe()),
            ("cost", self.cost.formula),
            ("instance noise", f"{self.noise:g}" if self.noise else ""),
        ]
        try:
            found = self.gradient()
            shown = ", ".join(
                f"{number(float(v))} ± {number(float(e), 2)}"
                for v, e in zip(found.value[:4], found.error[:4], strict=True)
            )
            rows.append(("gradient", f"({shown}{', …' if len(found.value) > 4 else ''})"))
        except InputError as error:
            rows.append(("gradient", f"not computed: {error}"))
        return card("GeneratorUpdate", facts(rows))

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` turns back into the same update, bit by bit."""
        return {
            "subject": "generator-update",
            "generator": self.generator.to_json(),
            "latent": distributions.to_json(self.latent),
            "discriminator": self.discriminator.to_json(),
            "real": distributions.to_json(self.real),
            "cost": self.cost.name,
            "noise": float(self.noise),
        }

    @classmethod
    def from_json(cls, data: Any) -> GeneratorUpdate:
        """The update of `to_json`.

        Raises:
            InputError: the data are not those of an update.
        """
        if not isinstance(data, Mapping):
            raise InputError(f"a generator's update in JSON is an object with fields, got {type(data).__name__}.")
        missing = [name for name in ("generator", "latent", "discriminator", "real", "cost") if name not in data]
        if missing:
            raise InputError(f"a generator's update in JSON is what to_json() wrote; it lacks {', '.join(missing)}.")
        if data["cost"] not in _COSTS:
            raise unknown_name("cost", data["cost"], _COSTS)
        return cls(
            generator=from_json(data["generator"]),
            latent=distributions.from_json(data["latent"]),
            discriminator=discriminator_from_json(data["discriminator"]),
            real=distributions.from_json(data["real"]),
            cost=_COSTS[data["cost"]],
            noise=data.get("noise", 0.0),
        )
