"""Claims on the Dirac-GAN: their numbers, and wrong fields and rounds that must be caught."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from toylab import claims, losses
from toylab.claims import VerdictStatus
from toylab.claims.diracgan.circling import training
from toylab.claims.diracgan.hypotheses import overshoot
from toylab.claims.diracgan.linearisation import differences, rounds_to_a_quarter
from toylab.claims.diracgan.orbits import kept_distance
from toylab.diracgan import (
    Alternating,
    Consensus,
    GradientPenalty,
    InstanceNoise,
    MaxGP,
    Simultaneous,
    Unregularised,
    WeightClipping,
    ZeroCentredPenalty,
)

CLAIMS = {
    name: claims.get(name)
    for name in (*(f"mescheder.lemma-{n}" for n in ("2.2", "2.3", "2.4", "2.5", "3.1", "3.2", "3.3")),
                 "mescheder.consensus", "own.dirac-gan-maxgp")
}  # fmt: skip
SIM, ALT = Simultaneous(step=0.1), Alternating(step=0.1)
W = losses.wasserstein()
#: A game on which each claim speaks.
GOOD = {
    "mescheder.lemma-2.2": training(SIM),
    "mescheder.lemma-2.3": training(SIM),
    "mescheder.lemma-2.4": training(SIM),
    "mescheder.lemma-2.5": training(ALT),
    "mescheder.lemma-3.2": training(ALT, InstanceNoise(scale=1.0)),
    "mescheder.lemma-3.3": training(ALT, ZeroCentredPenalty(weight=0.5)),
    "mescheder.consensus": training(ALT, Consensus(weight=1.0)),
    "own.dirac-gan-maxgp": training(ALT, MaxGP(weight=0.25)),
}


def with_field(subject, change):
    """The same training with another field, whose closed forms stay what they were."""
    method = subject.game.method

    @dataclass(frozen=True, kw_only=True)
    class Wrong(type(method)):
        def field(self, game, theta, psi):
            return change(theta, psi, *super().field(game, theta, psi))

    wrong = Wrong(**{name: getattr(method, name) for name in method.to_json() if name != "kind"})
    return replace(subject, game=replace(subject.game, method=wrong))


@pytest.mark.parametrize("name", GOOD)
def test_a_field_that_is_a_thousandth_off_is_caught(name):
    """The pull on θ is stronger by a thousandth: f'(0)² on the one hand, θ² + ψ² on the other are no longer right."""
    claim, subject = CLAIMS[name], GOOD[name]
    assert claim.check(subject).status is VerdictStatus.HOLDS
    wrong = with_field(subject, lambda theta, psi, to_theta, to_psi: (1.001 * to_theta, to_psi))
    verdict = claim.check(wrong)
    assert verdict.status is VerdictStatus.VIOLATED, verdict.explain()


@pytest.mark.parametrize(
    "name", ["mescheder.lemma-3.2", "mescheder.lemma-3.3", "mescheder.consensus", "own.dirac-gan-maxgp"]
)
def test_too_little_damping_is_caught(name):
    wrong = with_field(GOOD[name], lambda theta, psi, to_theta, to_psi: (to_theta, to_psi + 0.001 * psi))
    assert CLAIMS[name].check(wrong).status is VerdictStatus.VIOLATED


def test_a_flow_that_leads_away_far_from_the_equilibrium_is_caught():
    """MaxGP's second part: a pull outwards at distance 2, which no eigenvalue knows of."""
    subject = GOOD["own.dirac-gan-maxgp"]

    def outwards(theta, psi, to_theta, to_psi):
        return to_theta + 0.5 * theta * np.maximum(np.hypot(theta, psi) - 1.5, 0.0), to_psi

    verdict = CLAIMS["own.dirac-gan-maxgp"].check(with_field(subject, outwards))
    assert verdict.status is VerdictStatus.VIOLATED
    assert verdict.evidence is not None
    assert "distance 2," in verdict.evidence.labels[verdict.worst() or 0]


def test_the_evidence_of_lemma_2_4_is_the_least_growth():
    verdict = CLAIMS["mescheder.lemma-2.4"].check(training(SIM, pair=W))
    assert verdict.evidence is not None
    assert verdict.evidence.arrays["left"][-1] == pytest.approx(np.sqrt(1.01), rel=1e-14)


def test_alternating_steps_beyond_alpha_2_keep_the_product_1_but_leave_the_circle():
    subject = training(Alternating(step=5.0))
    assert overshoot(subject) > 4.0
    assert CLAIMS["mescheder.lemma-2.5"].check(subject).status is VerdictStatus.HOLDS
    eigenvalues = subject.game.eigenvalues(subject.rule)
    assert eigenvalues is not None
    assert np.prod(eigenvalues) == pytest.approx(1.0)
    assert np.abs(eigenvalues).max() > 1.0


@pytest.mark.parametrize(
    "rule", [SIM, ALT, Alternating(step=0.3, critic_steps=4), Alternating(step=0.1, critic_steps=2, generator_steps=5)]
)
@pytest.mark.parametrize(
    "method", [WeightClipping(bound=0.2), Unregularised(), GradientPenalty(weight=1.0, target=0.4)]
)
def test_the_distance_that_is_kept_is_kept_in_every_round(method, rule):
    subject = training(rule, method, pair=W, start=(0.4, 0.9), rounds=400)
    tail, kept = subject.orbit.radius[200:], kept_distance(subject)
    assert kept > 0
    if isinstance(method, GradientPenalty):
        assert tail.max() >= kept
    else:
        assert tail.min() >= kept * (1.0 - 1e-12)
        assert tail.min() <= 3.0 * kept  # the bound is of the right size


def test_a_training_that_stops_is_no_orbit():
    subject = training(ALT, MaxGP(weight=0.5), pair=W, rounds=400)
    verdict = CLAIMS["mescheder.lemma-3.1"].check(subject, waive=["clipping or a target"])
    assert verdict.status is VerdictStatus.VIOLATED
    assert subject.orbit.radius[-1] < 1e-6


def test_derivatives_are_bounded_and_not_only_found():
    """sin(x) + y², x³: cos 0 = 1 and zeros, within errors that are small and not 0."""
    matrix = differences(lambda x, y: (np.sin(x) + y**2, x**3))
    for row, expected in zip(matrix, [(1.0, 0.0), (0.0, 0.0)], strict=True):
        for found, value in zip(row, expected, strict=True):
            assert found.low <= value <= found.high
            assert 0 < found.radius < 1e-6


def test_the_linear_map_leaves_a_quarter():
    subject = training(ALT, ZeroCentredPenalty(weight=0.5))
    rounds = rounds_to_a_quarter(subject)
    jacobian = subject.game.jacobian()
    assert jacobian is not None
    power = np.linalg.matrix_power(subject.rule.operator(jacobian), rounds)
    assert np.linalg.norm(power, 2) <= 0.25
    assert rounds_to_a_quarter(training(ALT)) == 1024  # never
    assert rounds_to_a_quarter(training(ALT, GradientPenalty(weight=1.0, target=1.0))) == 1024


@pytest.mark.parametrize("name", CLAIMS)
def test_arguments_have_the_numbers_of_the_case(name):
    subject = GOOD.get(name) or training(ALT, WeightClipping(bound=0.5), pair=W)
    text = CLAIMS[name].explain(subject)
    assert "Here f'(0) = " in text
    assert text.endswith(".")
    assert "Verdict: holds" in text
