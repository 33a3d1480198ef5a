import numpy as np
import pytest
import torch

import toylab.losses
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solvers.network import FullBatch, Minibatch
from toylab.solvers.network.normalisation import NormalisedProblem

FAKE = DiscreteMeasure([[0.0], [1.0], [2.0]], weights=[0.7, 0.2, 0.1])
REAL = DiscreteMeasure([[3.0], [5.0], [1e6]], weights=[0.25, 0.75, 0.0])
PROBLEM = CriticProblem(FAKE, REAL, toylab.losses.exponential(), LipschitzPenalty(0.1))


def everything():
    return NormalisedProblem.of(PROBLEM).batch(torch.float64, torch.device("cpu"))


def test_full_batch_is_the_weighted_expectation():
    batch = FullBatch().next(everything(), torch.Generator())
    values = np.array([0.3, -0.2, 0.1, 0.5, -0.4])
    expected = FAKE.weights @ np.exp(values[:3]) + REAL.weights[:2] @ np.exp(-values[3:])
    found = batch.objective(PROBLEM.losses, torch.tensor(values)[None])
    assert found.tolist() == pytest.approx([expected], rel=1e-12)


def test_points_without_mass_take_no_part():
    batch = everything()
    assert len(batch.real) == 2
    assert batch.points.abs().max() < 3  # the far point did not set the unit of length


def test_minibatch_draws_by_weight():
    batch = Minibatch(20000).next(everything(), torch.Generator().manual_seed(0))
    locations = everything().fake
    frequencies = [(batch.fake == location).all(dim=1).double().mean().item() for location in locations]
    assert frequencies == pytest.approx([0.7, 0.2, 0.1], abs=0.015)  # four standard deviations
    assert batch.fake_weights.sum().item() == pytest.approx(1.0)
    assert batch.real.shape == (20000, 1)


@pytest.mark.parametrize("size", [0, -1, 2.5])
def test_impossible_minibatches_are_refused(size):
    with pytest.raises(InputError):
        Minibatch(size)
