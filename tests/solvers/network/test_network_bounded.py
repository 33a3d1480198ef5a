import pytest
import torch

import toylab.losses
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solvers import solve
from toylab.solvers.network import (
    MLP,
    Abs,
    BoundedMLP,
    CertifiedGap,
    MaxMin,
    NetworkSolver,
    OrthogonalGroupSort,
    OrthonormalWeights,
    ReLU,
    Schedule,
    SpectralNorm,
    SpectralWeights,
)
from toylab.solvers.network.penalties import ConstructedBound

ARCHITECTURES = [
    BoundedMLP(network=MLP(width=8, depth=2, activation=ReLU()), weights=SpectralWeights()),
    BoundedMLP(network=MLP(width=8, depth=2, activation=MaxMin()), weights=OrthonormalWeights()),
]
each_architecture = pytest.mark.parametrize("architecture", ARCHITECTURES, ids=["spectral", "orthonormal"])


def ensemble(architecture, members=3, dimension=2):
    """Parameters some gradient steps away from the start, where nothing is exactly normalised any more."""
    generator = torch.Generator().manual_seed(0)
    parameters = architecture.init(members, dimension, generator, dtype=torch.float64)
    with torch.no_grad():
        for _ in range(5):
            for weight in parameters[:6:2]:
                weight.add_(torch.randn(weight.shape, generator=generator, dtype=weight.dtype), alpha=0.03)
            architecture.settle(parameters)
        parameters[-1] *= 2.5
    return parameters


def points(count):
    return torch.randn(count, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@each_architecture
def test_the_closed_form_gradient_is_autograds(architecture):
    parameters = ensemble(architecture)
    z = points(20).expand(3, -1, -1).clone().requires_grad_()
    values, gradient = architecture.value_and_input_gradient(parameters, z)
    torch.testing.assert_close(gradient, torch.autograd.grad(values.sum(), z)[0], rtol=1e-12, atol=1e-12)


@each_architecture
def test_no_gradient_is_steeper_than_the_scale(architecture):
    parameters = ensemble(architecture)
    _, gradient = architecture.value_and_input_gradient(parameters, 3.0 * points(2000))
    bound = architecture.lipschitz_bound(parameters)
    assert bound.tolist() == pytest.approx([2.5] * 3)
    # one step of the power method leaves the largest singular value some hundredths short
    slack = 1.05 if isinstance(architecture.weights, SpectralWeights) else 1.0 + 1e-9
    assert (gradient.norm(dim=-1).amax(dim=1) <= slack * bound).all()


@pytest.mark.parametrize("shape", [(2, 8), (8, 8), (8, 1)])
def test_spectral_weights_have_norm_one_once_the_iteration_has_converged(shape):
    random = torch.randn(4, *shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    left, sizes, right = torch.linalg.svd(random, full_matrices=False)
    # singular values 3, 3/2, 3/4 …: each step leaves a quarter of the error of the largest, 30 steps 1e-18
    sizes = 3.0 * 0.5 ** torch.arange(sizes.shape[1], dtype=torch.float64)
    weight, rule = left * sizes @ right, SpectralWeights()
    memory = torch.randn(4, shape[0], generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    for _ in range(30):
        rule.settle(weight, memory)
    torch.testing.assert_close(rule.bounded(weight, memory), weight / 3.0, rtol=0, atol=1e-12)


@pytest.mark.parametrize("shape", [(2, 8), (8, 8), (8, 1)])
def test_bjorcks_matrices_are_the_closest_orthonormal_ones(shape):
    rule = OrthonormalWeights(iterations=6)
    start, memory = rule.begin(torch.randn(4, *shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64))
    near = start + 0.05 * torch.randn(start.shape, generator=torch.Generator().manual_seed(1), dtype=start.dtype)
    left, _, right = torch.linalg.svd(near, full_matrices=False)  # the polar factor, independently
    torch.testing.assert_close(rule.bounded(near, memory), left @ right, rtol=0, atol=1e-12)


@each_architecture
def test_a_rescaled_critic_is_scale_times_critic_plus_offset(architecture):
    parameters, z = ensemble(architecture), points(5)
    scale, offset = (torch.tensor(x, dtype=torch.float64) for x in ([2.0, -1.0, 0.5], [0.0, 3.0, -1.0]))
    expected = scale[:, None] * architecture.value(parameters, z) + offset[:, None]
    found = architecture.rescaled(parameters, scale, offset)
    torch.testing.assert_close(architecture.value(found, z), expected, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(architecture.lipschitz_bound(found), 2.5 * scale.abs(), rtol=1e-12, atol=0)


@each_architecture
def test_an_ensemble_equals_its_members(architecture):
    parameters, z = ensemble(architecture), points(5)
    values = architecture.value(parameters, z)
    for member in range(3):
        alone = architecture.value([parameter[member : member + 1] for parameter in parameters], z)
        torch.testing.assert_close(alone[0], values[member], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("preset", [SpectralNorm, OrthogonalGroupSort])
def test_a_ball_is_kept_and_filled(preset):
    """Wasserstein in the ball: f rises by K W1 = 2 · 1.5, and the certificate of the values says how nearly."""
    fake, real = DiscreteMeasure([[0.0, 0.0], [1.0, 0.0]]), DiscreteMeasure([[2.0, 0.0]])
    problem = CriticProblem(fake, real, toylab.losses.wasserstein(), LipschitzBall(2.0))
    solution = solve(problem, preset(steps=150, device="cpu"))
    assert solution.certificate.k_support <= 2.0
    assert solution.certificate.relative_gap <= 1e-2
    rise = float(solution.real_values.mean() - solution.fake_values.mean())
    assert 3.0 - solution.certificate.gap - 1e-12 <= rise <= 3.0 + 1e-12
    assert solution.stats["weight"] == "k <= 2"


def test_the_price_is_that_of_the_scale():
    """λ is the problem's, as the closed form of the Wasserstein loss shows: k = W1 / (2 lambda)."""
    fake, real = DiscreteMeasure([[0.0, 0.0]]), DiscreteMeasure([[1.0, 0.0]])
    problem = CriticProblem(fake, real, toylab.losses.wasserstein(), LipschitzPenalty(0.25))
    solver = OrthogonalGroupSort(
        schedule=Schedule(steps=150, ramp=0.0),
        stopping=CertifiedGap(first=1000),
        device="cpu",
    )
    solution = solve(problem, solver)
    # J + R is λ (k − 2)² above its least value, −1, and a relative gap g is that many units of it
    gap = solution.stats["raw_relative_gap"]
    assert gap <= 1e-3
    assert abs(solution.stats["raw_constant"] - 2.0) <= (gap / 0.25) ** 0.5 + 1e-9


def test_an_architecture_without_a_bound_is_refused():
    problem = CriticProblem(
        DiscreteMeasure([[0.0]]), DiscreteMeasure([[1.0]]), toylab.losses.logistic(), LipschitzPenalty(0.1)
    )
    with pytest.raises(InputError, match="by construction"):
        solve(problem, NetworkSolver(penalty=ConstructedBound(), device="cpu"))


@pytest.mark.parametrize(
    "make",
    [
        lambda: BoundedMLP(network="MLP"),  # type: ignore[arg-type]
        lambda: BoundedMLP(weights=Abs()),  # type: ignore[arg-type]
        lambda: SpectralWeights(iterations=0),
        lambda: OrthonormalWeights(iterations=0),
        lambda: ConstructedBound(radius=0.0),
    ],
)
def test_bad_settings_are_refused(make):
    with pytest.raises(InputError):
        make()
