import numpy as np
import pytest

import toylab.losses
from toylab.certificate import certify
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solvers import solve
from toylab.solvers.averaged_penalties import averaged_penalty
from toylab.solvers.dirac_pairs import dirac_pair
from toylab.solvers.network.polish import best_scale_and_offset


def line(fake, real, weight=0.5, *, losses=None, p=None):
    sides = (DiscreteMeasure(np.array(fake)[:, None], p), DiscreteMeasure(np.array(real)[:, None]))
    return CriticProblem(*sides, losses or toylab.losses.wasserstein(), LipschitzPenalty(weight))


#: One fake between a real at distance 1 and a real at distance 3.
UNEVEN = line([0.0], [-1.0, 3.0])


def naive_objective(problem, points, slopes, target, *, one_sided):
    """The objective by its definition: J from the values, the penalty as a loop over pairs and intervals."""
    values = np.concatenate([[0.0], np.cumsum(slopes * np.diff(points))])
    fake, real = problem.fake, problem.real
    means = [side.weights @ np.interp(side.points[:, 0], points, values) for side in (fake, real)]
    total = float(means[0] - means[1])
    for x, p in zip(fake.points[:, 0], fake.weights, strict=True):
        for y, q in zip(real.points[:, 0], real.weights, strict=True):
            for a, b, slope in zip(points[:-1], points[1:], slopes, strict=True):
                if x != y and min(x, y) <= a and b <= max(x, y):
                    beyond = abs(slope) - target
                    beyond = max(beyond, 0.0) if one_sided else beyond
                    total += problem.regularizer.weight * p * q * (b - a) / abs(x - y) * beyond**2
    return total


@pytest.mark.parametrize("one_sided", [True, False])
@pytest.mark.parametrize("target", [0.0, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_it_attains_its_value_and_no_other_slopes_do_better(target, one_sided, seed):
    rng = np.random.default_rng(seed)
    problem = line(rng.normal(size=3), rng.normal(size=4), 0.3, p=rng.dirichlet(np.ones(3)))
    found = averaged_penalty(problem, target=target)
    least = naive_objective(problem, found.points, found.slopes, target, one_sided=one_sided)
    assert least == pytest.approx(found.value, abs=1e-12)
    for size in (0.01, 0.3, 3.0):
        for _ in range(20):
            slopes = found.slopes + size * rng.normal(size=found.slopes.shape)
            assert naive_objective(problem, found.points, slopes, target, one_sided=one_sided) >= least - 1e-12


@pytest.mark.parametrize("target", [0.0, 1.0])
def test_two_diracs_have_the_known_slope(target):
    found = averaged_penalty(line([0.0], [2.5], 0.7), target=target)
    known = dirac_pair(toylab.losses.wasserstein(), 2.5, LipschitzPenalty(0.7, target))
    assert found.slopes == pytest.approx([known.lipschitz_constant], rel=1e-14)
    assert found.value == pytest.approx(known.value, rel=1e-14)


def test_short_ways_are_flat_and_long_ways_are_steep():
    assert averaged_penalty(UNEVEN).slopes == pytest.approx([-1.0, 3.0])
    assert averaged_penalty(UNEVEN, target=1.0).slopes == pytest.approx([-2.0, 4.0])
    assert averaged_penalty(UNEVEN, target=1.0, weight=10.0).slopes == pytest.approx([-1.05, 1.15])
    assert solve(UNEVEN).lipschitz_constant == pytest.approx(2.0)  # W1 / (2 lambda), on both sides


def gap_after_rescaling(problem, critic):
    values = [critic(side.points) for side in (problem.fake, problem.real)]
    steepest = np.abs(critic.slopes).max()

    def objective(scale, offset):
        means = [float(side.weights @ v) for side, v in zip((problem.fake, problem.real), values, strict=True)]
        return scale * (means[0] - means[1]) + problem.regularizer.value(abs(scale) * steepest)

    scale, _ = best_scale_and_offset(objective, 1.0)
    exact = solve(problem)
    return certify(problem, lambda z: scale * critic(z), exact.certificate.plan).relative_gap


@pytest.mark.parametrize(
    ("target", "weight", "gained"),
    # rise / (steepest slope · W1) with W1 = 2: what is gained of V = -W1^2 / (4 lambda) is its square
    [(0.0, 0.5, 5 / 6), (1.0, 0.5, 7 / 8), (1.0, 10.0, 2.25 / 2.3)],
)
def test_no_rescaling_mends_the_optimum_of_an_average(target, weight, gained):
    """Mean square 31 %, GP and LP 23 % short of what the optimal critic gains, 4.3 % with their λ = 10."""
    critic = averaged_penalty(UNEVEN, target=target, weight=weight)
    assert gap_after_rescaling(UNEVEN, critic) == pytest.approx(1.0 - gained**2, abs=1e-6)


def test_gradient_is_the_slope_on_the_right():
    critic = averaged_penalty(UNEVEN)
    z = np.array([[-2.0], [-1.0], [-0.5], [0.0], [1.0], [3.0]])
    assert critic.gradient(z)[:, 0] == pytest.approx([0.0, -1.0, -1.0, 3.0, 3.0, 0.0])
    assert critic(z) == pytest.approx([0.0, 0.0, -0.5, -1.0, 2.0, 8.0])


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (line([0.0], [1.0], losses=toylab.losses.logistic()), "Wasserstein"),
        (CriticProblem(UNEVEN.fake, UNEVEN.real, UNEVEN.losses, LipschitzBall(1.0)), "LipschitzPenalty"),
        (
            CriticProblem(
                DiscreteMeasure([[0.0, 0.0]]), DiscreteMeasure([[1.0, 0.0]]), UNEVEN.losses, LipschitzPenalty(1.0)
            ),
            "line",
        ),
    ],
)
def test_other_problems_are_refused(problem, words):
    with pytest.raises(InputError, match=words):
        averaged_penalty(problem)
