"""The Fisher IPM is local up to a factor: LGAN section 3.2."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from toylab.claims.base import Claim, Control, Evidence, Hypothesis
from toylab.claims.cases import Budget, Case, Engine
from toylab.claims.densities.local_objectives import VALUE_RESOLUTION, density_pairs, probes, worlds
from toylab.claims.explanation.local_objectives import fisher
from toylab.claims.explanation.wording import vector
from toylab.claims.kinds import ObjectiveKind
from toylab.claims.rounding import ROUNDING
from toylab.condition import Condition
from toylab.distributions import Distribution, Gaussian, Mixture
from toylab.divergences import DensityPair, FisherIPM, Uniform, WassersteinOnLine, integrate
from toylab.divergences.densities import log_density
from toylab.divergences.quadrature import Quadrature


def _fisher_objective(pair: DensityPair) -> Condition:
    objective = pair.objective
    if not isinstance(objective, FisherIPM):
        name = "none" if objective is None else repr(objective.name)
        return Condition(holds=False, reasons=(f"the objective is {name}",))
    if objective.mu is None:
        return Condition(holds=False, reasons=("μ is (P_g + P_r)/2, which moves with them",))
    total = objective.value(pair.fake, pair.real)
    if not np.isfinite(total.value):
        return Condition(holds=False, reasons=(f"F is infinite: {total.note}",))
    return Condition.that(total.value > 1e6 * total.error, f"F = {total.value:.3g}: P_g and P_r (nearly) agree")


FISHER = Hypothesis(
    name="Fisher objective",
    sentence="the objective is the Fisher IPM with fixed μ: E_real f − E_fake f under E_μ f² ≤ 1, of value F ≠ 0",
    test=_fisher_objective,
    met=lambda pair: "μ is uniform" if isinstance(pair.objective.mu, Uniform) else "μ is a fixed distribution",
    repair="take DensityPair(fake, real, FisherIPM(Uniform()))",
    relax=(ObjectiveKind.WASSERSTEIN, ObjectiveKind.LOSSES, ObjectiveKind.MEAN_FISHER),
)


def _fisher_of(pair: DensityPair) -> FisherIPM:
    return pair.objective if isinstance(pair.objective, FisherIPM) else FisherIPM(Uniform())


def _over(pair: DensityPair, integrand: object, more: tuple[Distribution, ...] = ()) -> Quadrature:
    return integrate(integrand, (pair.fake, pair.real, *more), level=lambda z: np.subtract(*pair.log_densities(z)))  # type: ignore[arg-type]


def _densities(pair: DensityPair, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return tuple(np.exp(logs) for logs in pair.log_densities(z))  # type: ignore[return-value]


def _log_mu(objective: FisherIPM, z: np.ndarray) -> np.ndarray:
    return np.zeros(len(z)) if isinstance(objective.mu, Uniform) else log_density(objective.mu, z)  # type: ignore[arg-type]


def _measure_fisher(pair: DensityPair) -> Evidence:
    objective = _fisher_of(pair)
    total = objective.value(pair.fake, pair.real)
    reached = _fisher_value(pair, objective, total)
    if not len(probes(pair)):
        return reached
    return Evidence.joined([_fisher_shape(pair, objective, total), reached, _fisher_worlds(pair, objective)])


def _fisher_shape(pair: DensityPair, objective: FisherIPM, total: Quadrature) -> Evidence:
    """F μ f* against q − p at the probes, F by quadrature."""
    z = probes(pair)
    p, q = _densities(pair, z)
    found = total.value * np.exp(_log_mu(objective, z)) * pair.critic(z)
    digits = 1.0 + np.sum(np.abs([*pair.log_densities(z), _log_mu(objective, z)]), axis=0)
    return Evidence.of(
        np.abs(found - (q - p)),
        ROUNDING * digits * (p + q) + np.abs(q - p) * 2.0 * total.error / total.value,
        resolution=VALUE_RESOLUTION * (p + q),
        scale=p + q,
        labels=[f"F μ f* − (q − p) at {vector(point)}" for point in z],
    )


def _fisher_value(pair: DensityPair, objective: FisherIPM, total: Quadrature) -> Evidence:
    """f* reaches F and meets its constraint, and no competitor does better."""

    def gain(function: object) -> Quadrature:
        def integrand(z: np.ndarray) -> np.ndarray:
            p, q = _densities(pair, z)
            return np.where(p + q > 0, (q - p) * np.nan_to_num(function(z)), 0.0)  # type: ignore[operator]

        return _over(pair, integrand)

    def size(function: object) -> Quadrature:
        def integrand(z: np.ndarray) -> np.ndarray:
            values = np.nan_to_num(function(z))  # type: ignore[operator]
            return np.exp(_log_mu(objective, z)) * np.where(sum(_densities(pair, z)) > 0, values, 0.0) ** 2

        return _over(pair, integrand)

    reached, square = gain(pair.critic), size(pair.critic)
    entries = [
        (abs(reached.value - total.value), reached.error + total.error, "E_real f* − E_fake f* − F"),
        (abs(square.value - 1.0), square.error + 2.0 * total.error / total.value, "E_μ f*² − 1"),
    ]
    for name, competitor in _competitors(pair):
        rival, width = gain(competitor), size(competitor).root()
        best = rival.value / width.value
        error = total.error + (rival.error + best * width.error) / (width.value - width.error)
        entries.append((max(best - total.value, 0.0), error, f"{name}, by how much it beats F"))
    residual, error, labels = zip(*entries, strict=True)
    return Evidence.of(
        np.array(residual), np.array(error), resolution=VALUE_RESOLUTION * 10.0, scale=total.value, labels=labels
    )


def _competitors(pair: DensityPair) -> Iterator[tuple[str, object]]:
    """Other critics, negligible where both densities are."""

    def weighed(z: np.ndarray, power: float) -> np.ndarray:
        p, q = _densities(pair, z)
        return np.sign(q - p) * np.abs(q - p) ** power

    yield "sign(q − p) |q − p|^½", lambda z: weighed(z, 0.5)
    yield "sign(q − p) |q − p|²", lambda z: weighed(z, 2.0)


def _fisher_worlds(pair: DensityPair, objective: FisherIPM) -> Evidence:
    """F f* of two worlds that agree at the probes: local up to the factor 1/F."""
    z = probes(pair)
    found, errors, sizes = [], [], []
    for world in worlds(pair):
        total = objective.value(world.fake, world.real)
        values = total.value * world.critic(z)
        found.append(values)
        digits = 1.0 + np.sum(np.abs([*world.log_densities(z), _log_mu(objective, z)]), axis=0)
        share = sum(_densities(world, z)) / np.exp(_log_mu(objective, z))
        errors.append(ROUNDING * digits * share + np.abs(values) * 2.0 * total.error / total.value)
        sizes.append(share)
    return Evidence.of(
        np.abs(found[0] - found[1]),
        errors[0] + errors[1],
        resolution=VALUE_RESOLUTION * sizes[0],
        scale=sizes[0],
        labels=[f"F f* at {vector(point)} when mass elsewhere changes sides" for point in z],
    )


def _fisher_cases(budget: Budget) -> Iterator[Case]:
    pairs = list(density_pairs(Budget.QUICK))
    if budget is Budget.FULL:
        pairs.append(
            (
                "fakes by one of two modes",
                Gaussian([-0.75], 0.15),
                Mixture([Gaussian([-1.25], 0.15), Gaussian([1.0], 0.15)]),
            )
        )
    measures = (("uniform μ", Uniform()), ("wide μ", Gaussian([0.0], 6.0)))
    for name, fake, real in pairs if budget is Budget.FULL else pairs[:1]:
        for label, mu in measures:
            subject = DensityPair(fake, real, FisherIPM(mu))
            yield Case(name=f"{name}, {label}", engine=Engine.NONE, subject=subject)


FISHER_LOCAL = Claim(
    id="lgan.section-3.2",
    title="μ-Fisher: f* = (q − p)/(F μ), local up to one factor",
    statement=(
        "For the Fisher IPM with a fixed μ, f* = (q − p)/(F μ) with F the IPM's value: it reaches F, and F f*(z) "
        "depends on the densities at z alone."
    ),
    sources=("LGAN section 3.2", "ICLR section 4.1", "Mroueh and Sercu (2017)"),
    rests_on=("Cauchy–Schwarz inequality",),
    subject_type=DensityPair,
    hypotheses=(FISHER,),
    cases=_fisher_cases,
    measure=_measure_fisher,
    controls=(
        Control(
            breaks=FISHER.name,
            subject=lambda: DensityPair(Gaussian([0.0], 1.0), Gaussian([1.0], 1.5), WassersteinOnLine()),
            why="a Lipschitz critic, the Wasserstein one, is no multiple of q − p",
        ),
    ),
    rationale=(
        "Quadrature: the differences of the Gauss and Kronrod rules, summed over pieces that are cut where p = q; "
        "beyond 12 standard deviations the densities are below 1e-31. Rounding of ln p, ln q and ln μ elsewhere."
    ),
    argument=fisher,
)
