"""Claims on densities and on sets: the numbers of the literature, and wrong critics that must be caught."""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.special import ndtr
from typing_extensions import override

from toylab import claims, divergences, losses
from toylab.claims import Budget, VerdictStatus
from toylab.claims.densities.mode_collapse import REAL, fraction_towards
from toylab.critics import FormulaCritic
from toylab.distributions import Gaussian, Mixture, Segment, UniformBox
from toylab.divergences import DensityPair, FisherIPM, Uniform, UnrestrictedLoss, WassersteinOnLine
from toylab.errors import InputError
from toylab.manifolds import ManifoldPair
from toylab.problem import CriticProblem
from toylab.regularizers import Unrestricted
from toylab.solution import Candidate
from toylab.solvers.solving import solve
from toylab.verification.cases import subject_of

VANILLA = UnrestrictedLoss(losses.logistic())


def gaussians(objective, centre=-0.75, scale=0.15):
    return DensityPair(Gaussian([centre], scale), REAL, objective)


# --- LGAN sections 3.1 and 3.2 ---


def test_a_candidate_whose_values_are_a_little_off_is_not_certified_and_violates():
    claim = claims.get("lgan.section-3.1")
    case = next(iter(claim.cases(Budget.QUICK)))
    good = subject_of(case)
    values = good.critic(good.problem.support.points) + 1e-3
    points = good.problem.support.points
    wrong = Candidate.of(good.problem, FormulaCritic(lambda z: values[: len(z)], np.zeros_like), good.certificate.plan)
    assert len(points) == len(values)
    verdict = claim.check(wrong)
    assert verdict.status is VerdictStatus.NOT_APPLICABLE
    assert claim.check(wrong, waive=["certified optimal"]).status is VerdictStatus.VIOLATED


@pytest.mark.parametrize("name", ["logistic", "sqrt", "exponential"])
def test_the_unrestricted_optimum_knows_no_distances(name):
    """The same masses on points ten times further apart."""
    fake, real = ([0.6, 0.3, 0.1], [0.2, 0.3, 0.5])
    found = []
    for points in (np.array([[0.0], [1.0], [3.0]]), np.array([[0.0], [30.0], [-10.0]])):
        from toylab.measures import DiscreteMeasure

        problem = CriticProblem(
            DiscreteMeasure(points, fake), DiscreteMeasure(points, real), losses.get(name), Unrestricted()
        )
        solution = solve(problem)
        assert claims.get("lgan.section-3.1").check(solution).status is VerdictStatus.HOLDS
        found.append(solution.critic(points))
    assert found[0] == pytest.approx(found[1], abs=1e-12)


@dataclass(frozen=True)
class Stretched(UnrestrictedLoss):
    """A critic 1.0001 times too large."""

    @override
    def of_ratio(self, ratio):
        return 1.0001 * super().of_ratio(ratio)


def test_a_critic_that_is_a_little_too_large_is_caught():
    claim = claims.get("lgan.section-3.1.densities")
    pair = DensityPair(Gaussian([0.0], 1.0), Gaussian([1.0], 1.5), Stretched(losses.logistic()))
    assert claim.check(pair).status is VerdictStatus.VIOLATED


@dataclass(frozen=True, eq=False)
class Inflated(FisherIPM):
    """A Fisher critic 1.0001 times too large."""

    @override
    def critic(self, fake, real):
        right = super().critic(fake, real)
        return FormulaCritic(lambda z: 1.0001 * right(z), lambda z: 1.0001 * right.gradient(z))


def test_a_fisher_critic_that_is_a_little_too_large_breaks_its_constraint():
    claim = claims.get("lgan.section-3.2")
    pair = DensityPair(Gaussian([0.0], 1.0), Gaussian([1.0], 1.5), Inflated(Uniform()))
    verdict = claim.check(pair)
    assert verdict.status is VerdictStatus.VIOLATED
    assert verdict.evidence is not None
    bad = {
        label
        for label, r, e in zip(verdict.evidence.labels, verdict.evidence.residual, verdict.evidence.error, strict=True)
        if r > e
    }
    assert "E_μ f*² − 1" in bad
    with_moving_mu = DensityPair(Gaussian([0.0], 1.0), Gaussian([1.0], 1.5), FisherIPM())
    assert claim.check(with_moving_mu).status is VerdictStatus.NOT_APPLICABLE


# --- ICLR section 4.2 ---


@pytest.mark.parametrize(("centre", "fraction"), [(-0.75, 0.99955), (-1.15, 0.7475)])
@pytest.mark.parametrize("objective", [VANILLA, UnrestrictedLoss(losses.quadratic(0.0, 1.0))], ids=lambda o: o.name)
def test_the_fractions_of_the_literature(centre, fraction, objective):
    found, error = fraction_towards(gaussians(objective, centre), -1.25)
    assert found == pytest.approx(fraction, abs=5e-5)
    assert error < 1e-10
    assert found <= ndtr(abs(-1.25 - centre) / 0.15)


def test_fractions_agree_with_a_count_of_quantiles():
    """A million fakes, the sign of the gradient at each: a binomial count, off by at most one a crossing."""
    levels = (np.arange(1_000_000) + 0.5) / 1_000_000
    from scipy.stats import norm

    z = norm.ppf(levels, -0.75, 0.15)[:, None]
    for objective in (VANILLA, FisherIPM(Uniform()), WassersteinOnLine()):
        pair = gaussians(objective)
        counted = np.mean(pair.critic.gradient(z)[:, 0] * (-1.25 - z[:, 0]) > 0)
        assert fraction_towards(pair, -1.25)[0] == pytest.approx(counted, abs=4e-6)


def test_fisher_pushes_and_wasserstein_shares():
    fisher, _ = fraction_towards(gaussians(FisherIPM(Uniform())), -1.25)
    assert 1.0 - fisher == pytest.approx(0.49751, abs=5e-6)
    uniform, _ = fraction_towards(DensityPair(UniformBox([-0.75], [0.25]), REAL, FisherIPM(Uniform())), -1.25)
    assert uniform == 1.0
    shared, _ = fraction_towards(gaussians(WassersteinOnLine()), -1.25)
    assert shared == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize(
    ("fake", "real", "why"),
    [
        (Gaussian([-0.75], 0.15), Gaussian([1.0], 0.15), "not two equal Gaussians"),
        (Gaussian([-2.0], 0.15), REAL, "not between two modes"),
        (Gaussian([-0.75], 0.2), REAL, "fakes of width 0.2, modes of 0.15"),
        (UniformBox([-0.4], [0.3]), REAL, "reach to the middle"),
        (Gaussian([-0.75], 0.15), Mixture([*REAL.components], [1.0, 2.0]), "not two equal Gaussians"),
    ],
)
def test_other_arrangements_are_not_judged(fake, real, why):
    verdict = claims.get("iclr.section-4.2").check(DensityPair(fake, real, VANILLA))
    assert verdict.status is VerdictStatus.NOT_APPLICABLE
    assert why in verdict.unmet[0]


def test_what_cannot_be_measured_says_so_even_when_waived():
    pair = DensityPair(Gaussian([0.0], 1.0), Gaussian([1.0], 1.0), VANILLA)
    with pytest.raises(InputError, match="between two equal modes on the line"):
        claims.get("iclr.section-4.2").check(pair, waive=["two modes as wide as the fakes"])


# --- Arjovsky and Bottou 2.1 to 2.3 ---


def test_disjoint_boxes_agree_with_the_divergences_of_densities():
    fake, real = UniformBox([0.0], [0.5]), UniformBox([2.0], [0.5])
    assert divergences.get("jensen-shannon").value(fake, real).value == pytest.approx(np.log(2.0))
    assert divergences.get("kl").value(fake, real).value == np.inf
    assert claims.get("arjovsky-bottou.theorem-2.1").check(ManifoldPair(fake, real)).status is VerdictStatus.HOLDS


@pytest.mark.parametrize("shift", [0.0, 0.1, 0.4, 0.9])
def test_shared_length_is_missing_from_the_jsd(shift):
    """Segments of length 1 that share 1 − s: JSD = s log 2, up to the strata that the ends cut."""
    pair = ManifoldPair(Segment([0.0, 0.0], [0.0, 1.0]), Segment([0.0, shift], [0.0, 1.0 + shift]))
    claim = claims.get("arjovsky-bottou.theorem-2.3")
    verdict = claim.check(pair, waive=["no perfect alignment"])
    assert verdict.status is VerdictStatus.VIOLATED
    assert verdict.evidence is not None
    assert verdict.evidence.arrays["jsd"][0] == pytest.approx(shift * np.log(2.0), abs=np.log(2.0) / 41)


def test_a_parallel_segment_next_to_the_other_is_not_aligned_but_touching_ones_are():
    claim = claims.get("arjovsky-bottou.theorem-2.2")
    upright = Segment([0.0, 0.0], [0.0, 1.0])
    assert claim.check(ManifoldPair(upright, Segment([1e-6, 0.0], [1e-6, 1.0]))).status is VerdictStatus.HOLDS
    assert claim.check(ManifoldPair(upright, upright)).status is VerdictStatus.NOT_APPLICABLE
