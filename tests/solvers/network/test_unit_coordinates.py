import pytest
import torch

from toylab.errors import InputError
from toylab.solvers.network import MLP, UnitCoordinates

INNER = MLP(width=8, depth=2)
NETWORK = UnitCoordinates(network=INNER)


def test_it_is_the_network_at_points_of_another_unit():
    parameters = NETWORK.init(2, 9, torch.Generator().manual_seed(0), dtype=torch.float64)
    z = torch.randn(20, 9, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    z = z.expand(2, -1, -1).clone().requires_grad_()
    values, gradient = NETWORK.value_and_input_gradient(parameters, z)
    assert torch.allclose(values, INNER.value(parameters[1:], 3.0 * z) / 3.0, rtol=1e-12)
    assert torch.equal(values, NETWORK.value(parameters, z))
    (expected,) = torch.autograd.grad(values.sum(), z)
    assert torch.allclose(gradient, expected, rtol=1e-12, atol=1e-12)
    scale, offset = torch.tensor([2.0, -0.5]).double(), torch.tensor([1.0, 3.0]).double()
    rescaled = NETWORK.value(NETWORK.rescaled(parameters, scale, offset), z)
    assert torch.allclose(rescaled, scale[:, None] * values + offset[:, None], rtol=1e-12, atol=1e-12)


def test_a_network_must_be_one():
    with pytest.raises(InputError, match="must be an architecture"):
        UnitCoordinates(network=3)  # type: ignore[arg-type]
