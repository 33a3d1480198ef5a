import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist

from toylab import zoo
from toylab.errors import InputError
from toylab.solvers import MaxGP, solve
from toylab.solvers.network.funnel_architecture import Funnel

CENTRES = np.random.default_rng(0).normal(size=(7, 2))


def ensemble(architecture, size=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    parameters = architecture.init(size, architecture.centres.shape[1], generator, dtype=torch.float64)
    scale, offset = torch.tensor([1.5, 0.5, -2.0]).double()[:size], torch.tensor([0.25, -1.0, 3.0]).double()[:size]
    with torch.no_grad():
        rescaled = architecture.rescaled(parameters, scale, offset)
    return [parameter.detach().clone().requires_grad_() for parameter in rescaled]


def points(count=40, seed=1):
    return torch.randn(count, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_values_are_those_of_the_formula():
    parameters = ensemble(Funnel(centres=CENTRES, spread=1.0))
    heights, slope, offset, _ = (parameter.detach().numpy() for parameter in parameters)
    cones = heights - cdist(points().numpy(), CENTRES)
    found = Funnel(centres=CENTRES).value(parameters, points()).detach().numpy()
    assert found == pytest.approx(offset[:, :, 0] + slope[:, :, 0] * cones.max(axis=2), rel=1e-13, abs=1e-13)


@pytest.mark.parametrize("moving", [False, True])
@pytest.mark.parametrize("temperature", [0.0, 0.1])
def test_closed_form_input_gradient_is_autograds(temperature, moving):
    architecture = Funnel(centres=CENTRES, temperature=temperature, moving=moving, spread=1.0)
    parameters = ensemble(architecture)
    z = points().expand(3, -1, -1).clone().requires_grad_()
    values, gradient = architecture.value_and_input_gradient(parameters, z)
    by_autograd = torch.autograd.grad(architecture.value(parameters, z).sum(), z)[0]
    torch.testing.assert_close(gradient, by_autograd, rtol=1e-11, atol=1e-11)
    _, last = architecture.value_and_input_gradient(parameters, z, last=4)
    torch.testing.assert_close(last, gradient[:, -4:], rtol=1e-12, atol=1e-12)
    assert torch.equal(values, architecture.value(parameters, z))


@pytest.mark.parametrize("temperature", [0.0, 0.1])
def test_the_gradient_norm_is_the_slope_or_less(temperature):
    architecture = Funnel(centres=CENTRES, temperature=temperature, spread=1.0)
    parameters = ensemble(architecture)
    _, gradient = architecture.value_and_input_gradient(parameters, points())
    norm = torch.linalg.vector_norm(gradient, dim=-1)
    slope = parameters[1].abs().reshape(-1, 1)
    assert bool((norm <= slope * (1 + 1e-14)).all())
    if temperature == 0:
        torch.testing.assert_close(norm, slope.expand_as(norm), rtol=1e-14, atol=0.0)


@pytest.mark.parametrize("moving", [False, True])
def test_centres_are_trained_only_when_they_may_move(moving):
    architecture = Funnel(centres=CENTRES, temperature=0.05, moving=moving)
    parameters = ensemble(architecture)
    loss = architecture.value_and_input_gradient(parameters, points())[1].square().sum()
    loss = loss + architecture.value(parameters, points()).sum()
    gradients = torch.autograd.grad(loss, parameters, allow_unused=True, materialize_grads=True)
    assert bool(gradients[3].any()) is moving
    assert all(bool(gradient.any()) for gradient in gradients[:3])


def test_an_ensemble_equals_its_members():
    architecture = Funnel(centres=CENTRES, spread=1.0)
    parameters = ensemble(architecture)
    values = architecture.value(parameters, points())
    for member in range(3):
        alone = architecture.value([parameter[member : member + 1] for parameter in parameters], points())
        torch.testing.assert_close(alone[0], values[member], rtol=1e-14, atol=1e-14)


def test_a_point_on_a_centre_has_finite_gradients():
    architecture = Funnel(centres=CENTRES, temperature=0.1, moving=True)
    parameters = ensemble(architecture)
    _, gradient = architecture.value_and_input_gradient(parameters, torch.tensor(CENTRES))
    assert bool(torch.isfinite(gradient).all())
    found = torch.autograd.grad(torch.linalg.vector_norm(gradient, dim=-1).sum(), parameters, allow_unused=True)
    assert all(bool(torch.isfinite(each).all()) for each in found if each is not None)


def test_it_trains_under_maxgp():
    problem = zoo.load("case4", n=10, seed=0)
    solution = solve(problem, MaxGP(architecture=Funnel.over(problem), steps=600, device="cpu"))
    assert solution.certificate.relative_gap < 0.02
    assert solution.lipschitz_constant == pytest.approx(solve(problem).lipschitz_constant, rel=0.05)


@pytest.mark.parametrize(
    "settings",
    [
        {"centres": np.zeros(3)},
        {"centres": np.zeros((0, 2))},
        {"centres": [[0.0, np.nan]]},
        {"centres": [["a", "b"]]},
        {"centres": CENTRES, "temperature": -1.0},
        {"centres": CENTRES, "spread": np.inf},
    ],
    ids=repr,
)
def test_impossible_funnels_are_refused(settings):
    with pytest.raises(InputError):
        Funnel(**settings)


def test_points_of_another_dimension_are_refused():
    with pytest.raises(InputError, match=r"R\^2"):
        Funnel(centres=CENTRES).init(1, 3, torch.Generator())
