"""A large critic from a small one: stages are what they say, and the end is near the central path."""

import numpy as np
import pytest
import torch

from toylab import DiscreteMeasure, LipschitzBall, LipschitzPenalty, losses
from toylab.problem import CriticProblem
from toylab.solvers.continuation import continued
from toylab.solvers.normalised_program import NormalisedProgram
from toylab.solvers.predictor_corrector import predictor_corrector
from toylab.solvers.starting_point import starting_point

MIXED = losses.combination((2.0, losses.wasserstein()), (1.0, losses.exponential()))


def problem(pair, regularizer) -> CriticProblem:
    rng = np.random.default_rng(2)
    fake, real = DiscreteMeasure(rng.normal(size=(5, 2))), DiscreteMeasure(rng.normal(size=(4, 2)))
    return CriticProblem(fake, real, pair, regularizer)


def reached(pair, regularizer):
    subject = problem(pair, regularizer)
    program = NormalisedProgram(subject, torch.device("cpu"))
    asked = []

    def step(stage, point):
        asked.append(stage.regularizer)
        return predictor_corrector(stage, point)

    return program, continued(subject, program, starting_point(program), step), asked


@pytest.mark.parametrize("regularizer", [LipschitzPenalty(1e-5), LipschitzPenalty(1e-5, 3.0), LipschitzBall(3e4)])
@pytest.mark.parametrize("pair", [MIXED, losses.combination((0.5, losses.wasserstein()), (1.0, losses.logistic()))])
def test_the_end_is_strictly_feasible_and_close(pair, regularizer):
    program, point, asked = reached(pair, regularizer)
    assert len(asked) > 3
    assert float(point.slack[program.moving].min()) > 0
    assert float(point.gamma[program.moving].min()) > 0
    exact = point.k * program.distance + program.pairs.drop(point.values)
    off = (exact - point.slack)[program.moving].abs().max()
    assert float(off) <= 1e-9 * (point.k * float(program.distance.max()) + float(point.values.abs().max()))
    gap, room = program.gap_and_room(point)
    assert gap <= 0.5 * room
    if isinstance(regularizer, LipschitzBall):
        assert program.regularizer == LipschitzBall(point.k)


def test_every_stage_has_the_restriction_of_a_smaller_critic():
    program, _, asked = reached(MIXED, LipschitzPenalty(1e-5, 3.0))
    final = program.regularizer
    assert isinstance(final, LipschitzPenalty)
    for stage in asked:
        scale = stage.weight / final.weight  # R(S k)/S = λ S (k − k₀/S)²
        assert scale > 1
        assert stage.target == pytest.approx(final.target / scale, rel=1e-12)
        for k in (0.0, 0.1, 7.0):
            assert stage.value(k) == pytest.approx(final.value(scale * k) / scale, rel=1e-9)
    weights = [stage.weight for stage in asked]
    assert weights == sorted(weights, reverse=True)


def test_a_small_critic_needs_no_stage():
    _, point, asked = reached(losses.logistic(), LipschitzPenalty(1.0))
    assert asked == []
    assert point.k > 0
