"""Which cases each claim is decided on: how many, of which losses, and that its statement speaks about all of them."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from toylab import claims, losses
from toylab.claims import Budget
from toylab.claims.cases import Engine, mixed_loss, overlapping_pair, same_support, standard, tailored
from toylab.measures import DiscreteMeasure
from toylab.problem import LipschitzBall, LipschitzPenalty
from toylab.regularizers import Unrestricted

QUICK, FULL = Budget.QUICK, Budget.FULL
#: Problems of the zoo in both runs: three seeds of two of them in the full one. Four losses and a combination of them.
ZOO = 7, 7 + 2 * 2
#: Regularisers: λ = .1 or three of them; and a ball. Pairs of measures on one support: two shared points, and seeds.
WEIGHTS, SHARED = (1, 3), (2, 5)


def zoo(pairs, balls):
    return [n * pairs * (w + balls) for n, w in zip(ZOO, WEIGHTS, strict=True)]


def plus(*counts):
    return [sum(both) for both in zip(*counts, strict=True)]


ON_ONE_SUPPORT = [s * 4 * w for s, w in zip(SHARED, WEIGHTS, strict=True)]
CASES = {
    "lgan.proposition-1": [3 * n for n in zoo(1, True)],  # three engines
    "lgan.theorem-1.existence": zoo(5, True),
    "lgan.theorem-1": plus(zoo(3, False), [n * w for n, w in zip(ZOO, (1, 2), strict=True)]),  # the mixed loss, λ ≥ .1
    "lgan.theorem-1.wasserstein": zoo(1, False),
    "lgan.theorem-1.up-to-a-constant": plus(zoo(1, False), (1, 1)),
    "lgan.theorem-2a": plus(zoo(5, True), ON_ONE_SUPPORT),
    "lgan.theorem-2b": zoo(5, True),
    "lgan.theorem-2c": ON_ONE_SUPPORT,
    "lgan.theorem-2d": plus(zoo(5, False), [8 * s for s in SHARED]),  # as they are, and with fake = real
    "lgan.theorem-3": plus(zoo(5, True), ON_ONE_SUPPORT),
    "lgan.theorem-5": list(ZOO),  # balls alone
    "iclr.theorem-2": plus(zoo(5, False), (4, 4)),
    "iclr.theorem-2.disjoint": plus(zoo(5, True), (-10, -60)),  # without the random problem that overlaps
    "lgan.lemma-8": plus(zoo(5, False), [8 * s for s in SHARED]),
    "lgan.lemma-9": plus(zoo(5, False), [8 * s for s in SHARED]),
    "lgan.lemma-11": plus(zoo(5, True), ON_ONE_SUPPORT),
    "lgan.lemma-12": zoo(5, False),
    "lgan.section-3.3": list(ZOO),
    "lgan.section-3.3.tight": zoo(5, True),
    "lgan.section-3.3.untight": [1 + 3 * w + 1 for w in WEIGHTS],
    "lgan.section-5.3": plus(zoo(3, True), [n * w for n, w in zip(ZOO, (1, 2), strict=True)]),
    "lgan.section-5.3.only-wasserstein": [1 + 3] * 2,
    "iclr.theorem-5": plus(zoo(5, False), [2 * s for s in SHARED]),
    "iclr.theorem-5.constant": plus(zoo(5, False), [2 * s for s in SHARED]),
    "own.two-diracs": [1 * (6 * 2 + 4), 3 * (6 * 4 + 4)],  # distances, losses, λ; four with a target
    "own.hinge-is-wasserstein": [5, 15],
    "own.mean-square-penalty": plus((2, 6), (1, 2)),
    "own.mean-square-penalty.equal-lengths": [2, 6],
    "iclr.theorem-1d": [1 + 7, 3 + 7],
    "iclr.theorem-1d.smooth": zoo(5, False),
    "iclr.appendix-f": zoo(5, True),
    "own.bounding-forest": [2 * 1 * 2 + 2 * 2, 6 * 3 * 2 + 8 * 2],  # seeds, jitters, losses; generic ones
    "iclr.appendix-f.jitter": [8, 52],
    "iclr.appendix-f.remedy": [2 + 2 * 2, 2 + 8 * 2],
    "own.compact-lipschitz": list(ZOO),
    "own.blends-suffice": [4 + 2 * n for n in ZOO],
    "own.reference-direction": zoo(5, True),
    "own.value-along-lambda": [2 * 2, 4 * 2],
    "own.constant-along-lambda": [2 * 2, 4 * 2],
    "own.hinge-plateau": [1, 3],
    "own.scaling": [2 * 1, 4 * 3],
    "own.isometries": [2 * 1, 4 * 3],
    "own.swap": [2 * 1, 4 * 3],
    "own.divergence": [2 * 1, 4 * 3],
    "own.divergence.convex": [2 * 2, 4 * 2],
    "own.divergence.noise": [2, 4],
    "lgan.section-4.1.metric": [2 * 2, 2 * 4],
    "own.same-support-limit": [2 * 1, 3 * 3],
    "lgan.section-4.1.vanishing-constant": [2, 4],
    "lgan.section-4.1.monotone": [2, 3],
    "own.value-along-radius": [2 * 2, 4 * 2],
    "lgan.lemma-15": [2 * 1, 2 * 3],
    "iclr.lemma-3": [1 * 1, 4 * 3],
    "iclr.lemma-4": [2 * 2, 4 * 2],
    "wgan.theorem-1": [2, 2],
    "wgan.example-1": [1, 1],
    "own.value-derivative": [2 * 1, 4 * 3],
    "own.value-derivative.unique-plan": [2 * 1 * 3, 4 * 2 * 3],
    "lgan.section-3.1": [4 * s + 2 for s in SHARED],
    "lgan.section-3.1.densities": [2 * 4, 4 * 4],
    "lgan.section-3.2": [1 * 2, 3 * 2],
    "iclr.section-4.2": [3 * 2, 8 * 2],
    "iclr.section-4.2.fisher": [2, 7],
    "arjovsky-bottou.theorem-2.1": [2, 6],
    "arjovsky-bottou.theorem-2.2": [2, 5],
    "arjovsky-bottou.theorem-2.3": [2, 5],
}
#: Hypotheses that a problem meets or does not, whoever solves it.
OF_THE_PROBLEM = {
    "condition (11)", "strictly convex loss", "Wasserstein loss", "restricted constant", "penalised constant",
    "disjoint supports", "same support", "different measures", "Lipschitz ball", "positive masses", "two Diracs",
    "loss with a closed form", "penalty", "hinge loss", "within the margin", "no restriction", "one game",
    "same losses and penalty", "Lipschitz balls", "scaled copies", "isometric copies", "swapped measures",
    "mirrored losses", "mixtures", "common noise", "three measures", "approaching measures", "one latent measure",
    "Wasserstein distance", "parallel lines, same z", "one point moves", "penalties and none",
    "a point of one support", "another loss than Wasserstein's",
}  # fmt: skip
#: Of these the statement is false, or does not apply to every case by itself.
LOOSE = {("iclr.theorem-2", "disjoint supports"), ("lgan.section-5.3.only-wasserstein", "strictly convex loss")}


@pytest.mark.parametrize("name", CASES)
def test_as_many_cases_as_their_factors_say_and_no_name_twice(name):
    for budget, count in zip((QUICK, FULL), CASES[name], strict=True):
        cases = cases_of(name, budget)
        assert len(cases) == count
        assert len({(case.name, case.engine) for case in cases}) == count


class Unsolved:
    """A problem that nobody has solved, where a candidate is expected."""

    def __init__(self, problem):
        self.problem = problem


@cache
def cases_of(name, budget) -> list[Any]:
    return list(claims.get(name).cases(budget))


def unsolved(case) -> Any:
    if case.subject is not None:
        return case.subject
    if case.family is not None:
        return case.family.solved(Unsolved)
    return Unsolved(case.problem)


@pytest.mark.parametrize("name", CASES)
def test_every_case_is_one_of_the_statement(name):
    """What can be told without a solution; measures differ unless a case says that they are equal."""
    claim = claims.get(name)
    hypotheses = [h for h in claim.hypotheses if h.name in OF_THE_PROBLEM and (name, h.name) not in LOOSE]
    for case in cases_of(name, FULL):
        subject = unsolved(case)
        for hypothesis in hypotheses:
            assert hypothesis.test(subject), (case.name, hypothesis.name)
        if case.problem is not None:
            assert case.problem.support.equal_measures is ("fake = real" in case.name), case.name


@pytest.mark.parametrize("name", [claim.id for claim in claims.ALL if claim.id in CASES])
def test_the_full_run_has_every_loss_of_the_quick_one(name):
    def told(budget):
        return {case.problem.losses.name for case in cases_of(name, budget) if case.problem is not None}

    assert told(QUICK) <= told(FULL)


def kinds(name, budget):
    cases = [case for case in cases_of(name, budget) if case.problem is not None]
    return {(case.problem.losses.name, type(case.problem.regularizer)) for case in cases}


def problems_of(cases) -> list[Any]:
    """Cases that have a problem."""
    return [case for case in cases if case.problem is not None]


def test_what_the_standard_problems_are():
    everything = problems_of(standard(FULL))
    mixed = mixed_loss().name
    names = {"wasserstein", "logistic", "sqrt", "exponential", mixed}
    assert {case.problem.losses.name for case in everything} == names
    assert {getattr(case.problem.regularizer, "weight", "ball") for case in everything} == {0.01, 0.1, 1.0, "ball"}
    assert {
        case.problem.regularizer.radius for case in everything if isinstance(case.problem.regularizer, LipschitzBall)
    } == {1.0}
    assert {case.engine for case in everything} == {Engine.EXACT}
    quick = problems_of(standard(QUICK, balls=False, pairs=(losses.logistic,)))
    assert [case.name for case in quick][:2] == [
        "two-diracs seed 0, logistic, lambda 0.1",
        "case4 seed 0, logistic, lambda 0.1",
    ]
    sizes = {case.name.split()[0]: len(case.problem.fake) for case in quick}
    assert sizes == {"two-diracs": 1, "case4": 10, "case6": 2, "parallel-lines": 8, "case3": 12, "random-overlap": 8,
                     "two-gaussians": 8}  # fmt: skip
    all_logistic = problems_of(standard(FULL, pairs=(losses.logistic,)))
    full = {case.name.split()[0]: len(case.problem.fake) for case in all_logistic}
    assert full == {**sizes, "parallel-lines": 12, "case3": 40, "random-overlap": 12, "two-gaussians": 20}
    seeds = {case.name: case.problem.fake.points for case in all_logistic if "case4" in case.name}
    assert not np.array_equal(seeds["case4 seed 0, logistic, ball 1"], seeds["case4 seed 1, logistic, ball 1"])
    few = problems_of(standard(QUICK, where=lambda problem: isinstance(problem.regularizer, LipschitzBall)))
    assert all("ball 1" in case.name for case in few)
    assert few
    both = problems_of(standard(QUICK, engines=(Engine.EXACT, Engine.CROSSED), pairs=(losses.logistic,)))
    assert [case.engine for case in both[:2]] == [Engine.EXACT, Engine.CROSSED]


def test_a_mixed_loss_is_half_of_wasserstein_and_one_of_logistic():
    t = np.array([-1.0, 2.0])
    np.testing.assert_allclose(mixed_loss().fake_loss.value(t), 0.5 * t + np.logaddexp(0.0, t))


def test_measures_on_one_support_differ_and_share_it():
    for budget, count in zip((QUICK, FULL), SHARED, strict=True):
        pairs = list(same_support(budget))
        assert len(pairs) == count
        for _, fake, real in pairs:
            assert np.array_equal(fake.points, real.points)
            assert not np.allclose(fake.weights, real.weights)
    name, fake, real = pairs[0]
    assert (name, fake.weights.tolist(), real.weights.tolist()) == ("two shared points", [0.6, 0.4], [0.4, 0.6])
    for _, fake, _ in pairs[1:]:
        assert len(fake) == 6
        assert fake.points.min() < 0 < fake.points.max()
        assert np.abs(fake.points).max() <= 1
    assert pairs[1][0] == "six shared points seed 0"
    fake, real = overlapping_pair()
    assert (fake.weights.tolist(), real.weights.tolist()) == ([0.9, 0.1], [0.1, 0.9])
    assert fake.points.tolist() == real.points.tolist() == [[0.0, 0.0], [1.0, 0.0]]


def test_a_tailored_case_is_named_by_its_terms():
    one, other = DiscreteMeasure([[0.0]]), DiscreteMeasure([[1.0]])
    for regularizer, words in ((LipschitzPenalty(0.25), "lambda 0.25"), (LipschitzBall(2.0), "ball 2"),
                               (Unrestricted(), "Unrestricted()")):  # fmt: skip
        case: Any = tailored("two", one, other, losses.sqrt(), regularizer)
        assert (case.name, case.engine) == (f"two, sqrt, {words}", Engine.EXACT)
        assert (case.problem.fake, case.problem.real, case.problem.regularizer) == (one, other, regularizer)


def test_kinds_of_terms_by_claim():
    penalty, ball = LipschitzPenalty, LipschitzBall
    plain = ("wasserstein", "logistic", "sqrt", "exponential")
    assert kinds("lgan.theorem-1.wasserstein", FULL) == {("wasserstein", penalty)}
    assert kinds("lgan.theorem-5", FULL) == {("wasserstein", ball)}
    assert kinds("lgan.theorem-2c", QUICK) == {(name, penalty) for name in plain}
    assert kinds("lgan.section-3.3.untight", QUICK) == {*((n, penalty) for n in plain[1:]), ("logistic", ball)}
    assert kinds("own.blends-suffice", QUICK) == {("wasserstein", ball), ("logistic", ball)}
    assert kinds("own.value-derivative.unique-plan", FULL) == {
        (name, kind) for name in plain for kind in (penalty, ball)
    }
    assert {name for name, _ in kinds("own.two-diracs", QUICK)} == {*plain, "hinge", losses.quadratic().name}
    distances = {
        np.linalg.norm(case.problem.fake.points - case.problem.real.points) for case in cases_of("own.two-diracs", FULL)
    }
    assert distances == {0.1, 1.0, 3.0}


def test_places_and_parameters_of_families():
    def families(name, budget=QUICK):
        return [case.family for case in cases_of(name, budget)]

    sizes = {
        "own.value-along-lambda": (3, 5), "own.value-along-radius": (3, 5), "own.scaling": (2, 4),
        "own.divergence.convex": (3, 5), "own.divergence.noise": (2, 4), "own.value-derivative": (3, 7),
        "lgan.section-4.1.vanishing-constant": (3, 6), "lgan.section-4.1.monotone": (3, 5), "wgan.example-1": (4, 9),
        "own.same-support-limit": (4, 6), "iclr.lemma-3": (3, 5), "lgan.lemma-15": (6, 6), "own.divergence": (3, 3),
    }  # fmt: skip
    for name, counts in sizes.items():
        found = [{len(family) for family in families(name, budget)} for budget in (QUICK, FULL)]
        assert found == [{count} for count in counts], name
    quick, full = families("wgan.theorem-1")[1], families("wgan.theorem-1", FULL)[1]
    assert [(len(f), len(f.members[0].fake)) for f in (quick, full)] == [(3, 8), (7, 20)]
    radius = np.linalg.norm(quick.members[2].fake.points, axis=1)
    np.testing.assert_allclose(radius, np.linspace(0.2, 1.0, 8))
    np.testing.assert_allclose(quick.members[2].fake.points[-1], [np.cos(3.0), np.sin(3.0)])
    for family in families("own.value-along-lambda"):
        assert family.at == (0.03, 0.1, 1.0)
        assert [problem.regularizer.weight for problem in family.members] == [0.03, 0.1, 1.0]
    for family in families("own.value-along-radius"):
        assert [problem.regularizer.radius for problem in family.members] == [0.5, 1.0, 2.0]
    for family in families("own.hinge-plateau", FULL):
        distance = float(family.members[0].real.points[0, 0])
        np.testing.assert_allclose(family.at, np.array([0.2, 0.7, 1.5, 4.0]) * distance**2 / 4)
    for family in families("lgan.section-4.1.vanishing-constant"):
        equal, near, far = family.members
        assert np.array_equal(equal.fake.points, equal.real.points)
        np.testing.assert_allclose(
            near.fake.points - near.real.points, 1e-3 * (far.fake.points - far.real.points), atol=1e-15
        )
    for family in families("own.value-derivative", FULL):
        steps = np.linalg.norm(
            family.members[-1].fake.points - family.members[family.at.index(0.0)].fake.points, axis=1
        )
        assert sorted(steps)[-1] == pytest.approx(1e-4, rel=1e-6)
        assert sorted(steps)[:-1] == [0.0] * (len(steps) - 1)
    for family in families("own.divergence.noise", FULL):
        clean, *noisy = family.members
        for scale, problem in zip((0.1, 0.5, 2.0), noisy, strict=True):
            shift = problem.fake.points.reshape(3, 3, 2) - clean.fake.points[:, None]
            np.testing.assert_allclose(shift[0], scale * np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]]), atol=1e-12)
            np.testing.assert_allclose(problem.real.weights.reshape(3, 3)[0] * 3, [0.5, 0.25, 0.25])
    for family in families("own.divergence.convex"):
        left, middle, right = family.members
        assert len(middle.fake) == len(left.fake) + len(right.fake)
        np.testing.assert_allclose(middle.fake.weights, 0.5 * np.concatenate([left.fake.weights, right.fake.weights]))
    for family in families("own.isometries"):
        first, moved, turned, mirrored, space = family.members
        np.testing.assert_allclose(moved.fake.points - first.fake.points, np.tile([3.0, -2.0], (len(first.fake), 1)))
        x, y = first.fake.points.T
        np.testing.assert_allclose(turned.fake.points, np.stack([0.6 * x - 0.8 * y, 0.8 * x + 0.6 * y], axis=1))
        np.testing.assert_allclose(mirrored.fake.points, np.stack([-x, y], axis=1))
        assert (space.fake.points[:, 2] == 0.5).all()
    for family in families("own.scaling", FULL):
        base = family.members[family.at.index(1.0)]
        for c, problem in zip(family.at, family.members, strict=True):
            np.testing.assert_allclose(problem.fake.points, c * base.fake.points)
            assert problem.regularizer.weight == pytest.approx(0.1 * c**2)
