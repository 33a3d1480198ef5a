import numpy as np
import pytest

from toylab import losses, zoo
from toylab.comparison import angles_to_cones, compare
from toylab.critics import FormulaCritic
from toylab.solution import Candidate
from toylab.solvers.solving import solve

EAST, NORTH = np.array([1.0, 0.0]), np.array([0.0, 1.0])


def turned(degrees: float) -> np.ndarray:
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])


@pytest.mark.parametrize("degrees", [1e-6, 0.5, 30.0, 90.0, 120.0, 179.0])
def test_angle_to_one_direction(degrees):
    angle = angles_to_cones(3.0 * turned(degrees)[None], [EAST[None]])
    assert angle[0] == pytest.approx(degrees, rel=1e-7)


def test_inside_the_cone_the_angle_is_zero_and_outside_it_is_to_the_nearest_edge():
    cone = np.stack([EAST, NORTH])
    angles = angles_to_cones(np.stack([turned(45), turned(100), turned(-20)]), [cone] * 3)
    assert angles == pytest.approx([0.0, 10.0, 20.0], abs=1e-6)


def test_without_partners_there_is_no_angle_and_a_zero_gradient_points_nowhere():
    angles = angles_to_cones(np.zeros((2, 2)), [np.zeros((0, 2)), EAST[None]])
    assert np.isnan(angles[0])
    assert angles[1] == 90.0


def test_the_certified_critic_agrees_with_itself():
    exact = solve(zoo.load("case4", n=8, losses=losses.logistic()))
    same = compare(exact, exact, partners="itself", cones=exact.bounding_directions())
    assert same.k_support == pytest.approx(same.k_star, rel=1e-9)
    assert same.worst_angle < 1e-5
    assert same.share_within(1.0) == 1.0
    assert same.to_json()["share_within"] == {"1": 1.0, "5": 1.0, "15": 1.0}


def test_a_turned_critic_shows_in_angles_and_gap():
    """The certified critic of one problem, reflected: gradients point elsewhere and the gap says so."""
    exact = solve(zoo.load("case4", n=2))
    mirror = np.diag([1.0, -1.0])
    critic = FormulaCritic(lambda z: exact.critic(z @ mirror), lambda z: exact.critic.gradient(z @ mirror) @ mirror)
    wrong = Candidate.of(exact.problem, critic, exact.certificate.plan)
    row = compare(wrong, exact, partners="bounding", cones=exact.bounding_directions())
    assert row.relative_gap > 0.5
    assert row.worst_angle > 45.0
