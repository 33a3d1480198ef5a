"""Draw independent samples, solve them exactly, and see how far their optima are from those of the distributions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from toylab.convergence.fitting import Fit, fit_rate
from toylab.convergence.populations import Population, get
from toylab.errors import InputError, real_number, whole_number
from toylab.solution import Candidate
from toylab.solvers.solving import solve

#: What is measured, and what it is called.
QUANTITIES = {"k": "|k* − k*_∞|", "V": "|V − V_∞|", "gradient": "mean ‖∇f* − ∇f*_∞‖ at fake points"}
#: An error below this share of the quantity's size is rounding, and says nothing about rates.
_ROUNDING = 1e-13

Quantity = str
Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much is drawn.

    Attributes:
        smallest: the least power of two, n = 2^smallest.
        largest: the largest power of two.
        repetitions: independent samples of every size.
        seed: of all of them; each sample has a stream of its own.
        level: of the confidence intervals.

    Raises:
        InputError: a number that cannot be used, or fewer than two sizes.
    """

    smallest: int = 4
    largest: int = 10
    repetitions: int = 30
    seed: int = 0
    level: float = 0.95

    def __post_init__(self) -> None:
        whole_number(self.smallest, "the smallest power of two", least=1)
        whole_number(self.largest, "the largest power of two", least=1)
        whole_number(self.repetitions, "the number of repetitions", least=2)
        whole_number(self.seed, "the seed", least=0)
        level = real_number(self.level, "the confidence level")
        if not 0.0 < level < 1.0:
            raise InputError(f"the confidence level must lie between 0 and 1, got {level:g}.")
        if self.largest <= self.smallest:
            raise InputError(
                f"a rate needs two sizes at least: the largest power of two, {self.largest}, must exceed the smallest, "
                f"{self.smallest}."
            )
        if self.largest > _LARGEST:
            raise InputError(
                f"the largest power of two must be at most {_LARGEST} (exact solvers), got {self.largest}."
            )

    def sizes(self, population: Population) -> list[int]:
        """The values of n for a population, none beyond what it can be solved for."""
        sizes = [2**power for power in range(self.smallest, self.largest + 1) if 2**power <= population.largest]
        if len(sizes) < 2:
            raise InputError(
                f"{population.name} is solved for n ≤ {population.largest} only, and a rate needs two sizes; lower the "
                "smallest power of two."
            )
        return sizes


_LARGEST = 13
#: What `--quick` draws: seconds.
QUICK = Plan(smallest=3, largest=6, repetitions=12)


@dataclass(frozen=True, kw_only=True, eq=False)
class RateStudy:
    """What was found on one population.

    Attributes:
        population: its name.
        summary: what it is.
        fits: the fit of every quantity.
        least_certified: the largest relative gap of a solution.
    """

    population: str
    summary: str
    fits: dict[Quantity, Fit]
    least_certified: float

    def describe(self) -> str:
        """One line."""
        found = ", ".join(f"{name} n^{fit.exponent:.2f}" for name, fit in self.fits.items())
        return f"{self.population}: {found}"

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "population": self.population,
            "summary": self.summary,
            "largest_relative_gap": self.least_certified,
            "quantities": {name: fit.to_json() for name, fit in self.fits.items()},
        }


def errors_of(population: Population, candidate: Candidate) -> dict[Quantity, float]:
    """How far the optimum of one sample is from that of the distributions."""
    found = {
        "k": abs(candidate.lipschitz_constant - population.constant),
        "V": abs(candidate.value - population.value),
    }
    if population.gradient is not None:
        mass = np.asarray(candidate.certificate.plan.sum(axis=1)).ravel()
        gradients = candidate.reference_directions() / np.where(mass > 0, mass, 1.0)[:, None]
        true = population.gradient(candidate.problem.fake.points)
        found["gradient"] = float(np.linalg.norm(gradients - true, axis=1).mean())
    scale = {"k": population.constant, "V": abs(population.value), "gradient": population.constant}
    return {name: max(error, _ROUNDING * max(scale[name], 1.0)) for name, error in found.items()}


def one_sample(name: str, n: int, repetition: int, seed: int) -> tuple[dict[Quantity, float], float]:
    """The errors of one sample, and the relative gap of its solution; the same for the same arguments."""
    population = get(name)
    stream = np.random.SeedSequence([seed, n, repetition, *name.encode()])
    solution = solve(population.draw(n, np.random.default_rng(stream)), throw=False)
    return errors_of(population, solution), float(solution.certificate.relative_gap)


def measure_rates(
    names: Sequence[str], plan: Plan, *, workers: int = 1, progress: Progress | None = None
) -> list[RateStudy]:
    """Rates of all quantities on these populations.

    Args:
        names: of populations.
        plan: how much is drawn.
        workers: processes.
        progress: called as progress(done, total) after every sample.

    Raises:
        InputError: an unknown population, or sizes that it cannot be solved for.
    """
    from joblib import Parallel, delayed

    populations = [get(name) for name in names]
    sizes = [plan.sizes(population) for population in populations]
    keys = [
        (population.name, n, repetition)
        for population, own in zip(populations, sizes, strict=True)
        for n in own
        for repetition in range(plan.repetitions)
    ]
    done: Any
    jobs = (delayed(one_sample)(name, n, repetition, plan.seed) for name, n, repetition in keys)
    results: Iterable[Any] = Parallel(n_jobs=workers, return_as="generator")(jobs)
    found: dict[tuple[str, int, int], tuple[dict[Quantity, float], float]] = {}
    for key, done in zip(keys, results, strict=True):
        found[key] = done
        if progress is not None:
            progress(len(found), len(keys))
    return [_study(one, own, plan, found) for one, own in zip(populations, sizes, strict=True)]


def _study(population: Population, sizes: list[int], plan: Plan, found: dict) -> RateStudy:
    rows = [[found[population.name, n, r] for r in range(plan.repetitions)] for n in sizes]
    fits = {
        quantity: fit_rate(
            np.array(sizes),
            np.array([[errors[quantity] for errors, _ in row] for row in rows]),
            population.predictions.get(quantity),
            level=plan.level,
        )
        for quantity in rows[0][0][0]
    }
    gap = max(gap for row in rows for _, gap in row)
    return RateStudy(population=population.name, summary=population.summary, fits=fits, least_certified=gap)
