import pytest
import torch

import toylab.losses
from toylab import zoo
from toylab.errors import InputError
from toylab.problem import LipschitzBall, LipschitzPenalty
from toylab.solvers import solve
from toylab.solvers.network import Blends, MaxGP, MaxGradientPenalty

FAKE = torch.tensor([[0.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
REAL = torch.tensor([[1.0, 0.0], [3.0, 4.0]], dtype=torch.float64)


def start(penalty, target=0.0, members=1, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return penalty.begin(members, LipschitzPenalty(0.5, target), Blends(FAKE, REAL), generator)


def test_blends_lie_on_the_segments():
    z = Blends(FAKE[:1], REAL[1:]).sample(2, 1000, torch.Generator().manual_seed(0))
    assert z.shape == (2, 1000, 2)
    torch.testing.assert_close(z[..., 1], z[..., 0] * 4.0 / 3.0)
    assert 0 <= z[..., 0].min() < 0.05
    assert 2.95 < z[..., 0].max() <= 3.0
    assert not torch.equal(z[0], z[1])


@pytest.mark.parametrize(("target", "expected"), [(0.0, 0.5 * 25.0), (3.0, 0.5 * 4.0), (9.0, 0.0)])
def test_price_of_a_constant_gradient(target, expected):
    penalty = MaxGradientPenalty()
    state = start(penalty, target)
    slope = torch.tensor([3.0, 4.0], dtype=torch.float64)
    at, state = penalty.look(slope.expand_as, state)
    price, state = penalty.term(slope.expand_as(at), state)
    assert price.shape == (1,)
    assert price.item() == pytest.approx(expected)
    assert state.steepest.item() == pytest.approx(5.0)


def test_members_are_priced_on_their_own():
    penalty = MaxGradientPenalty()
    slopes = torch.tensor([[3.0, 4.0], [0.0, 1.0]], dtype=torch.float64)[:, None, :]
    at, state = penalty.look(slopes.expand_as, start(penalty, members=2))
    price, _ = penalty.term(slopes.expand_as(at), state)
    assert price.tolist() == pytest.approx([12.5, 0.5])


def test_share_of_one_is_the_maximum_and_a_larger_share_stays_below_it():
    gradients = torch.tensor([[[3.0, 4.0], [0.0, 4.9], [1.0, 0.0]]], dtype=torch.float64)
    prices = []
    for share in (1, 3):
        penalty = MaxGradientPenalty(share=share)
        prices.append(penalty.term(gradients[:, :share], start(penalty))[0].item())
    assert prices[0] == pytest.approx(0.5 * 25.0)
    assert 0.5 * 4.9**2 < prices[1] < prices[0]


def test_zero_gradient_has_a_finite_derivative():
    penalty = MaxGradientPenalty()
    zero = torch.zeros(1, 8, 2, dtype=torch.float64, requires_grad=True)
    price, _ = penalty.term(zero, start(penalty))
    price.sum().backward()
    assert zero.grad is not None
    assert torch.equal(zero.grad, torch.zeros_like(zero))


def test_memory_keeps_the_steepest_point_seen():
    penalty = MaxGradientPenalty(samples=32, remembered=0.25)
    state, best, seen = start(penalty), [], 0.0
    for _ in range(30):
        at, state = penalty.look(lambda z: z, state)  # the function |z|²/2, steepest far from the origin
        seen = max(seen, at.norm(dim=-1).max().item())
        best.append(state.memory.norm(dim=-1).max().item())
        assert best[-1] == seen
    assert state.memory.shape == (1, 8, 2)
    assert best == sorted(best)
    assert best[-1] > 4.8  # the far corner is at distance 5


def test_a_ball_is_refused_before_any_work_with_advice():
    problem = zoo.load("two-diracs", losses=toylab.losses.wasserstein(), regularizer=LipschitzBall(1.0))
    with pytest.raises(InputError, match="exact solver"):
        solve(problem, MaxGP())


@pytest.mark.parametrize(
    "settings",
    [{"samples": 0}, {"share": 0}, {"remembered": 1.0}, {"temperature": 0.0}, {"samples": 8, "share": 9}],
    ids=repr,
)
def test_impossible_penalties_are_refused(settings):
    with pytest.raises(InputError):
        MaxGradientPenalty(**settings)
