"""The functions that cases and controls are made of: gradients belong to their values, numbers to the literature."""

from typing import Any

import numpy as np
import pytest

from toylab import claims
from toylab.claims import Budget
from toylab.critics import FormulaCritic
from toylab.functions import FunctionOnChain, FunctionOnPair
from toylab.solution import Candidate

STEP = 1e-6


def critics():
    """Every closed form among the subjects, with points around it, by name."""
    found = {}
    for claim in claims.ALL:
        subjects = {f"{claim.id}, {case.name}": case.subject for case in claim.cases(Budget.QUICK) if case.subject}
        subjects |= {f"{claim.id}, control {at}": control.subject() for at, control in enumerate(claim.controls)}
        for name, subject in subjects.items():
            if isinstance(subject, Candidate) and isinstance(subject.critic, FormulaCritic):
                found[name] = subject.critic, subject.problem.support.points
            if isinstance(subject, FunctionOnPair | FunctionOnChain) and isinstance(subject.f, FormulaCritic):
                found[name] = subject.f, np.stack([subject.x, subject.y])
    return found


CRITICS = critics()


@pytest.mark.parametrize("name", CRITICS)
def test_the_gradient_of_a_closed_form_is_that_of_its_values(name):
    """Central differences of step 1e-6; where one of two directions meets a kink, the point is left out."""
    critic, points = CRITICS[name]
    rng = np.random.default_rng(1)
    reach = np.ptp(points, axis=0) + 1.0
    at = points.mean(axis=0) + rng.uniform(-1.0, 1.0, size=(200, points.shape[1])) * reach
    looked_at = 0
    for axis in np.eye(points.shape[1]):
        before, here, after = (critic(at + s * STEP * axis) for s in (-1.0, 0.0, 1.0))
        smooth = np.abs(after - 2 * here + before) < 1e-3 * STEP
        found = (after - before) / (2 * STEP)
        np.testing.assert_allclose(critic.gradient(at)[smooth] @ axis, found[smooth], rtol=1e-4, atol=1e-4)
        looked_at += int(smooth.sum())
    assert looked_at > 150


def control(name, number=0):
    claim = claims.get(name)
    subject = claim.controls[number].subject()
    waive: Any = () if claim.controls[number].breaks is None else (claim.controls[number].breaks,)
    evidence = claim.check(subject, waive=waive).evidence
    assert evidence is not None
    return subject, evidence


def test_the_printed_example_of_theorem_2_5():
    """N(1.3, 1) against N(0, 1.5²): .288736, with the other divergence 1.011, with one JSD .43326, not frozen .4145."""
    for suffix, right in ((".forward-kl", 1.011), (".single-jsd", 0.43326)):
        _, evidence = control(f"arjovsky-bottou.theorem-2.5{suffix}")
        assert evidence.arrays["left"][0] == pytest.approx(0.288736, abs=5e-7)
        assert evidence.arrays["right"][0] == pytest.approx(right, abs=5e-4)
    _, evidence = control("arjovsky-bottou.theorem-2.5")
    assert evidence.arrays["left"][0] == pytest.approx(0.4145, abs=5e-5)
    assert evidence.arrays["right"][0] == pytest.approx(0.288736, abs=5e-7)


def test_two_diracs_of_the_generators_side():
    """D = ε(1 + z)/100 under −log D: ln 2."""
    _, evidence = control("arjovsky-bottou.theorem-2.4")
    assert evidence.arrays["length"][0] == pytest.approx(np.log(2.0), rel=1e-9)


@pytest.mark.parametrize(
    ("name", "number", "constant"),
    [
        ("lgan.theorem-2b", 0, 1.0 - 3.0 / 13.0), ("lgan.theorem-2c", 0, 0.82), ("lgan.lemma-8", 1, 2 * np.log(1.5)),
        ("iclr.theorem-2", 0, 0.8), ("own.two-diracs", 0, 0.75), ("lgan.theorem-1", 0, 1.0),
        ("iclr.theorem-5.constant", 0, 1.56754), ("iclr.theorem-5.constant", 1, 10.0),
        ("own.mean-square-penalty.equal-lengths", 0, 2.0),
    ],
)  # fmt: skip
def test_constants_of_controls(name, number, constant):
    subject, _ = control(name, number)
    assert subject.lipschitz_constant == pytest.approx(constant, abs=5e-5)


def test_the_wrong_a_and_the_flat_a():
    """Bounds of 1.62519 above J = 1.38629, and of .09 below k* = 1.5675."""
    _, evidence = control("iclr.theorem-5")
    assert evidence.arrays["bound"][0] == pytest.approx(1.62519, abs=5e-6)
    assert evidence.arrays["value"][0] == pytest.approx(1.38629, abs=5e-6)
    _, evidence = control("iclr.theorem-5.constant")
    assert evidence.arrays["most"][0] == pytest.approx(1 / (1 + np.exp(4.0)) / 0.2, rel=1e-9)


def test_a_dropped_constraint_and_lines_with_heights_of_their_own():
    """Without one constraint the compact dual grows from 1 to √2; independent heights make W₁ √(θ² + .2²)."""
    for name in ("lgan.theorem-5", "own.compact-lipschitz"):
        subject, evidence = control(name, 0 if name == "lgan.theorem-5" else 1)
        values = subject.critic(np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]))
        root = np.sqrt(2.0)
        np.testing.assert_allclose(values, [0.0, root - 1, 2 * root - 1, root])
        if "dual_value" in evidence.arrays:
            assert evidence.arrays["dual_value"][0] == pytest.approx(root)
            assert evidence.arrays["transport_cost"][0] == pytest.approx(1.0)
    _, evidence = control("wgan.example-1", 0)
    assert evidence.arrays["left"][0] == pytest.approx(np.hypot(0.01, 0.2), rel=1e-9)
    _, evidence = control("wgan.example-1", 1)
    assert evidence.arrays["left"][0] == pytest.approx(0.5, rel=1e-9)
    assert evidence.arrays["left"][1] == pytest.approx(0.03, abs=5e-3)
    assert evidence.arrays["left"][2] == pytest.approx(0.2, abs=5e-3)


def test_the_control_of_blends_is_a_step():
    """Height 2 half way between two rows, flat at both, steepest 6 in the middle of a step of half a length."""
    subject, evidence = control("own.blends-suffice")
    places = np.array([[0.0, 0.0], [0.25, 0.0], [0.5, 3.0], [0.75, 0.0], [1.0, 2.0]])
    np.testing.assert_allclose(subject.critic(places), [0.0, 0.0, 1.0, 2.0, 2.0])
    np.testing.assert_allclose(subject.critic.gradient(places)[:, 0], [0.0, 0.0, 6.0, 0.0, 0.0])
    assert (evidence.arrays["rise"] == 2.0).all()
