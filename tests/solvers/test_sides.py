"""Both losses at once, held against p φ(f) + q ϕ(f) written out."""

import numpy as np
import pytest
import torch

from toylab import DiscreteMeasure, LipschitzPenalty, losses
from toylab.problem import CriticProblem
from toylab.solvers.normalised_program import NormalisedProgram
from toylab.solvers.sides import Sides

SHARED = {"no shared point": 0, "shared points": 2}


@pytest.mark.parametrize("shared", SHARED.values(), ids=SHARED)
@pytest.mark.parametrize(
    "pair", [losses.logistic(), losses.quadratic(0.0, 1.0), losses.hinge()], ids=lambda pair: pair.name
)
@pytest.mark.parametrize("what", ["value", "slope", "curvature"])
def test_it_is_the_weighted_sum_of_both_losses(what, pair, shared):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(5, 2)), rng.normal(size=(4, 2))
    fake, real = DiscreteMeasure(x), DiscreteMeasure(np.concatenate([y, x[:shared]]))
    program = NormalisedProgram(CriticProblem(fake, real, pair, LipschitzPenalty(1.0)), torch.device("cpu"))
    p, q = program.fake_weights, program.real_weights
    sides = Sides.of(program.pairs, p, q, pair)
    assert (sides.signs is not None) == (shared == 0 and pair.name == "logistic")
    f = torch.tensor(rng.normal(size=(3, len(p))))
    of_fake, of_real = getattr(pair.fake_loss, what), getattr(pair.real_loss, what)
    expected = p.numpy() * of_fake(f.numpy()) + q.numpy() * of_real(f.numpy())
    found = getattr(sides, what)(f, pair.fake_loss, pair.real_loss)
    np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-15)
