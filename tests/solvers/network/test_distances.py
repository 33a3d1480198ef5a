import numpy as np
import pytest
import torch

from toylab.errors import InputError
from toylab.solvers.network import MLP, Distances

NETWORK = Distances(places=5, network=MLP(width=8, depth=2))


def parameters(size=2, dimension=3):
    return NETWORK.init(size, dimension, torch.Generator().manual_seed(0), dtype=torch.float64)


def points(count=30, dimension=3):
    return torch.randn(count, dimension, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def test_the_closed_form_input_gradient_is_autograds():
    z = points().expand(2, -1, -1).clone().requires_grad_()
    found = parameters()
    values, gradient = NETWORK.value_and_input_gradient(found, z)
    assert torch.equal(values, NETWORK.value(found, z))
    (expected,) = torch.autograd.grad(values.sum(), z)
    assert torch.allclose(gradient, expected, rtol=1e-12, atol=1e-12)
    last = NETWORK.value_and_input_gradient(found, z, last=7)[1]
    assert torch.allclose(last, gradient[:, -7:], rtol=1e-12, atol=1e-12)


def test_penalties_reach_the_parameters_as_finite_differences_say():
    found, z = parameters(size=1), points(6)

    def price():
        return NETWORK.value_and_input_gradient(found, z)[1].square().sum()

    price().backward()
    place = found[0]
    assert place.grad is not None
    with torch.no_grad():
        numbers = []
        for step in (1e-6, -1e-6):
            place[0, 2, 1] += step
            numbers.append(price().item())
            place[0, 2, 1] -= step
    assert place.grad[0, 2, 1].item() == pytest.approx((numbers[0] - numbers[1]) / 2e-6, rel=1e-5)


def test_a_point_on_a_place_has_a_finite_gradient():
    found = parameters(size=1)
    values, gradient = NETWORK.value_and_input_gradient(found, found[0][0].detach())
    assert torch.isfinite(gradient).all()
    gradient.square().sum().backward()
    assert torch.isfinite(found[0].grad).all()  # type: ignore[arg-type]
    assert torch.isfinite(values).all()


def test_rescaled_values():
    found, z = parameters(), points()
    scale, offset = torch.tensor([2.0, -0.5]).double(), torch.tensor([1.0, 3.0]).double()
    rescaled = NETWORK.value(NETWORK.rescaled(found, scale, offset), z)
    expected = scale[:, None] * NETWORK.value(found, z) + offset[:, None]
    np.testing.assert_allclose(rescaled.detach().numpy(), expected.detach().numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("places", [0, 2.5])
def test_impossible_numbers_of_places_are_refused(places):
    with pytest.raises(InputError, match="number of places"):
        Distances(places=places)


def test_a_network_must_be_one():
    with pytest.raises(InputError, match="must be an architecture"):
        Distances(network=3)  # type: ignore[arg-type]
