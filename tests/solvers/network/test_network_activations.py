import pytest
import torch

from toylab.errors import InputError
from toylab.solvers.network import MLP, SELU, CReLU, MaxMin, ReLU

T = torch.linspace(-3.0, 3.0, 24, dtype=torch.float64).reshape(1, 4, 6)


@pytest.mark.parametrize(("activation", "function"), [(ReLU(), torch.relu), (SELU(), torch.selu)])
def test_values_and_slopes_are_those_of_torch(activation, function):
    t = T.clone().requires_grad_()
    value, slope = activation.value_and_slope(t)
    torch.testing.assert_close(value, function(t), rtol=0, atol=0)
    torch.testing.assert_close(slope, torch.autograd.grad(function(t).sum(), t)[0], rtol=1e-12, atol=1e-12)


def test_maxmin_sorts_neighbours():
    value, _ = MaxMin().value_and_slope(torch.tensor([[[1.0, 4.0, 3.0, -2.0, 5.0, 5.0]]]))
    assert value.tolist() == [[[4.0, 1.0, 3.0, -2.0, 5.0, 5.0]]]


@pytest.mark.parametrize("activation", [MaxMin(), CReLU()], ids=repr)
def test_the_norm_of_values_and_gradients_is_kept(activation):
    generator = torch.Generator().manual_seed(0)
    t = torch.randn(2, 50, 8, generator=generator, dtype=torch.float64)
    value, slope = activation.value_and_slope(t)
    torch.testing.assert_close(value.norm(dim=-1), t.norm(dim=-1), rtol=1e-13, atol=0)
    pulled = activation.pull_back(value, slope)  # the gradient of half the squared norm, which is t itself
    torch.testing.assert_close(pulled, t, rtol=1e-13, atol=1e-13)


def test_a_width_that_does_not_fit_the_groups_is_refused():
    with pytest.raises(InputError, match="width"):
        MLP(width=15, activation=MaxMin())
