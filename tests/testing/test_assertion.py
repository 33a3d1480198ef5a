"""assert_claim is red where a claim fails, where it says nothing, and where the critic is no critic."""

from typing import Any

import numpy as np
import pytest
import torch

from toylab import Candidate, VerdictStatus, claims, losses, solve, zoo
from toylab.critics import FormulaCritic, LowerExtension
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.testing import ClaimUndecidedError, ClaimViolatedError, assert_claim

PROBLEM = zoo.load("case4", n=3, losses=losses.wasserstein(), regularizer=LipschitzPenalty(0.1))
EXACT = solve(PROBLEM)
ONE_PAIR = CriticProblem(
    DiscreteMeasure([[0.0, 0.0]]), DiscreteMeasure([[3.0, 1.0]]), losses.logistic(), LipschitzPenalty(0.1)
)


def linear_module(weight, dtype=torch.float32):
    module = torch.nn.Linear(len(weight), 1, bias=False)
    with torch.no_grad():
        module.weight[:] = torch.tensor([weight])
    return module.to(dtype)


@pytest.mark.parametrize("name", ["lgan.theorem-2a", "lgan.theorem-3", "lgan.proposition-1", "lgan.theorem-4"])
def test_the_optimal_critic_passes(name):
    assert assert_claim(name, PROBLEM, EXACT.critic).status is VerdictStatus.HOLDS


def test_a_subject_passes_without_a_critic():
    assert assert_claim("lgan.theorem-3", EXACT).status is VerdictStatus.HOLDS
    assert assert_claim(claims.get("lgan.theorem-3"), EXACT).status is VerdictStatus.HOLDS


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_a_users_module_of_any_dtype_just_works_and_stays_as_it_was(dtype):
    module = linear_module([3.0, 1.0], dtype).train()
    verdict = assert_claim("lgan.theorem-4", ONE_PAIR, module)
    assert verdict.status is VerdictStatus.HOLDS
    assert module.weight.dtype is dtype
    assert module.training


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_users_module_on_a_gpu_just_works():
    module = linear_module([3.0, 1.0]).cuda()
    assert assert_claim("lgan.theorem-4", ONE_PAIR, module).status is VerdictStatus.HOLDS
    assert module.weight.is_cuda


def test_a_module_that_cannot_run_in_double_is_taken_as_it_is():
    class Stubborn(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = linear_module([3.0, 1.0])

        def forward(self, z):
            assert isinstance(z, torch.Tensor)
            if z.dtype is torch.float64:
                raise RuntimeError("float32 only")
            return self.layer(z)

    assert assert_claim("lgan.theorem-4", ONE_PAIR, Stubborn(), allow=list(OPEN))


OPEN = (VerdictStatus.NOT_APPLICABLE, VerdictStatus.INCONCLUSIVE)


def test_a_critic_with_wrong_gradients_is_caught():
    """Optimal values, and a gradient that points sideways."""
    critic = FormulaCritic(
        EXACT.critic, lambda z: np.tile([0.1, 0.0], (len(z), 1)), lipschitz_constant=EXACT.lipschitz_constant
    )
    with pytest.raises(ClaimViolatedError, match=r"lgan\.theorem-4 is violated, margin") as caught:
        assert_claim("lgan.theorem-4", PROBLEM, critic)
    assert caught.value.verdict.status is VerdictStatus.VIOLATED
    assert "Verdict: violated" in str(caught.value)
    assert isinstance(caught.value, AssertionError)


def test_a_critic_that_is_not_optimal_is_undecided_and_says_what_would_repair_it():
    half = LowerExtension(EXACT.critic.centres, 0.5 * EXACT.critic.values, 0.5 * EXACT.critic.lipschitz_constant)
    with pytest.raises(ClaimUndecidedError, match="not-applicable") as caught:
        assert_claim("lgan.theorem-2d", PROBLEM, half)
    assert "certified optimal" in str(caught.value)
    assert "allow=[VerdictStatus.NOT_APPLICABLE]" in str(caught.value)
    assert isinstance(caught.value, AssertionError)
    verdict = assert_claim("lgan.theorem-2d", PROBLEM, half, allow=VerdictStatus.NOT_APPLICABLE)
    assert verdict.status is VerdictStatus.NOT_APPLICABLE


def nearly_optimal(size):
    """The optimal critic with the first value lowered by a share of k · diameter."""
    values = EXACT.certificate.values.copy()
    points = PROBLEM.support.points
    at = int(np.flatnonzero(PROBLEM.support.in_fake)[0])
    values[at] += size * EXACT.lipschitz_constant * PROBLEM.support.diameter
    return LowerExtension(points, values, EXACT.lipschitz_constant)


def test_the_tolerance_is_in_units_of_the_claim():
    critic = nearly_optimal(0.02)
    waived: dict[str, Any] = {"waive": "certified optimal"}
    with pytest.raises(ClaimViolatedError, match=r"beyond the tolerance 0\.005"):
        assert_claim("lgan.theorem-2b", PROBLEM, critic, tolerance=0.005, **waived)
    verdict = assert_claim("lgan.theorem-2b", PROBLEM, critic, tolerance=0.05, **waived)
    assert -0.05 <= verdict.margin < -0.005


def test_a_critic_is_certified_with_the_optimal_plan_where_its_own_is_worse():
    verdict = assert_claim("lgan.theorem-2d", PROBLEM, nearly_optimal(0.02), allow=OPEN)
    own = Candidate.of(PROBLEM, nearly_optimal(0.02)).certificate.relative_gap
    assert verdict.subject.certificate.relative_gap <= own


NOISE = np.random.default_rng(0)


class _Gradient:
    """A linear critic whose gradient is replaced."""

    def __init__(self, gradient):
        self.gradient = gradient

    def __call__(self, z):
        return z[:, 0]


FLAWED = [
    (lambda z: np.sign(z[:, 0]).astype(int), r"critic\(z\), z of shape \(6, 2\) returned int64 values"),
    (lambda z: z[:, 0] > 0, "returned bool values"),
    (lambda z: z, r"critic\(z\), z of shape \(6, 2\): the critic must return shape \(6,\)"),
    (lambda z: z[:, 0] * np.nan, r"critic\(z\).*returned nan at the point"),
    (lambda z: NOISE.normal(size=len(z)), "not deterministic"),
    (lambda z: 1 / 0, "failed with ZeroDivisionError"),
    (lambda z: "high", "real numbers"),
    (_Gradient(lambda z: z[:, 0]), r"critic\.gradient\(z\).*returned shape \(6,\)"),
    (_Gradient(lambda z: z * np.inf), r"critic\.gradient\(z\).*not finite"),
    (_Gradient(lambda z: NOISE.normal(size=z.shape)), r"critic\.gradient\(z\).*not deterministic"),
    (torch.nn.Linear(2, 3), r"critic\(z\), z of shape \(6, 2\): the critic must map"),
    (torch.nn.Linear(5, 1), r"critic\(z\), z of shape \(6, 2\): the critic failed"),
    (3.0, "must be callable"),
]


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize(("critic", "message"), FLAWED)
def test_what_is_no_critic_is_refused_by_the_name_of_the_call(critic, message):
    with pytest.raises(InputError, match=message):
        assert_claim("lgan.theorem-3", PROBLEM, critic)


BAD = [
    (("lgan.theorem-33", PROBLEM, EXACT.critic), {}, "did you mean 'lgan.theorem-3'"),
    (("lgan.theorem-3", PROBLEM, EXACT.critic), {"waive": "certified"}, "did you mean 'certified optimal'"),
    (("lgan.theorem-3", PROBLEM), {}, "needs the critic"),
    (("lgan.theorem-3", "case4", EXACT.critic), {}, "takes a CriticProblem with a critic"),
    (("lgan.theorem-3", PROBLEM, EXACT.critic), {"tolerance": -1.0}, "must not be negative"),
    (("lgan.theorem-3", PROBLEM, EXACT.critic), {"allow": ["holds"]}, "allow takes"),
    (("lgan.theorem-4", PROBLEM, lambda z: z[:, 0]), {}, "has none"),
    (("lgan.theorem-4", PROBLEM, FormulaCritic(lambda z: 0.0 * z[:, 0], np.zeros_like)), {}, "rises from no fake"),
]


@pytest.mark.parametrize(("arguments", "options", "message"), BAD)
def test_bad_input_is_refused(arguments, options, message):
    with pytest.raises(InputError, match=message):
        assert_claim(*arguments, **options)
