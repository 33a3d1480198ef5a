import pytest
import torch

from toylab.errors import InputError
from toylab.solvers.network import MLP, SELU, Abs, CReLU, LeakyReLU, MaxMin, ReLU, Tanh

ACTIVATIONS = [Abs(), LeakyReLU(0.2), LeakyReLU(-0.5), Tanh(), ReLU(), SELU(), MaxMin(), CReLU()]


def ensemble(architecture, size=3, dimension=2, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return architecture.init(size, dimension, generator, dtype=torch.float64)


def points(count, dimension=2, seed=1):
    return torch.randn(count, dimension, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=repr)
@pytest.mark.parametrize("dimension", [1, 2, 5])
def test_closed_form_input_gradient_is_autograds(activation, dimension):
    architecture = MLP(width=16, depth=3, activation=activation)
    parameters = ensemble(architecture, dimension=dimension)
    z = points(40, dimension).expand(3, -1, -1).clone().requires_grad_()
    values, gradient = architecture.value_and_input_gradient(parameters, z)
    by_autograd = torch.autograd.grad(architecture.value(parameters, z).sum(), z)[0]
    assert gradient.shape == (3, 40, dimension)
    assert torch.equal(values, architecture.value(parameters, z))
    torch.testing.assert_close(gradient, by_autograd, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=repr)
def test_derivative_of_the_gradient_norm_is_that_of_double_backward(activation):
    architecture = MLP(width=8, depth=2, activation=activation)
    parameters = ensemble(architecture)
    z = points(10).expand(3, -1, -1).clone().requires_grad_()
    closed = torch.linalg.vector_norm(architecture.value_and_input_gradient(parameters, z)[1], dim=-1).sum()
    first = torch.autograd.grad(architecture.value(parameters, z).sum(), z, create_graph=True)[0]
    double = torch.linalg.vector_norm(first, dim=-1).sum()
    expected = torch.autograd.grad(double, parameters, allow_unused=True, materialize_grads=True)
    found = torch.autograd.grad(closed, parameters, allow_unused=True, materialize_grads=True)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-10)


def test_ensemble_equals_its_members():
    architecture = MLP(width=8, depth=3)
    parameters = ensemble(architecture, size=4)
    z = points(12)
    values, gradients = architecture.value_and_input_gradient(parameters, z)
    for member in range(4):
        alone = [parameter[member : member + 1] for parameter in parameters]
        value, gradient = architecture.value_and_input_gradient(alone, z)
        torch.testing.assert_close(value[0], values[member], rtol=1e-13, atol=1e-13)
        torch.testing.assert_close(gradient[0], gradients[member], rtol=1e-13, atol=1e-13)
    assert not torch.allclose(values[0], values[1])


def test_gradients_at_the_last_points_only():
    architecture = MLP(width=8)
    parameters = ensemble(architecture)
    z = points(9)
    values, gradients = architecture.value_and_input_gradient(parameters, z)
    same_values, last = architecture.value_and_input_gradient(parameters, z, last=4)
    torch.testing.assert_close(last, gradients[:, -4:], rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(same_values, values, rtol=1e-12, atol=1e-12)


def test_rescaled_members_keep_their_own_scale_and_offset():
    architecture = MLP(width=8)
    parameters = ensemble(architecture, size=2)
    scale, offset = torch.tensor([2.0, -3.0]).double(), torch.tensor([0.5, 7.0]).double()
    rescaled = architecture.rescaled(parameters, scale, offset)
    expected = scale[:, None] * architecture.value(parameters, points(5)) + offset[:, None]
    torch.testing.assert_close(architecture.value(rescaled, points(5)), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("settings", [{"width": 0}, {"depth": 0}, {"width": 2.5}, {"activation": "abs"}], ids=repr)
def test_impossible_architectures_are_refused(settings):
    with pytest.raises(InputError):
        MLP(**settings)
