"""The hypotheses of the statements, each as an object that is tested and can be waived."""

from __future__ import annotations

from toylab.claims.base import Hypothesis
from toylab.claims.certified import CERTIFIED_GAP, AssumedOptimal, certified_optimal
from toylab.claims.kinds import CriticKind, LossKind, RegularizerKind, SupportKind
from toylab.condition import Condition
from toylab.critics import LowerExtension, UpperExtension
from toylab.losses import LossPair
from toylab.regularizers import LipschitzPenalty, Unrestricted
from toylab.solution import Candidate


def _same_support(candidate: Candidate) -> bool:
    support = candidate.problem.support
    return bool((support.in_fake == support.in_real).all())


def _disjoint(candidate: Candidate) -> bool:
    support = candidate.problem.support
    return not bool((support.in_fake & support.in_real).any())


def _extension(candidate: Candidate) -> Condition:
    critic = candidate.critic
    if not isinstance(critic, LowerExtension | UpperExtension):
        kind = type(critic).__name__
        return Condition(holds=False, reasons=(f"a {kind} is no McShane-Whitney extension of its values",))
    k = candidate.lipschitz_constant
    steep = critic.lipschitz_constant
    return Condition.that(steep <= k * (1.0 + 1e-6), f"its cones have slope {steep:.4g}, more than k = {k:.4g}")


def _penalised(candidate: Candidate) -> Condition:
    regularizer = candidate.problem.regularizer
    if not isinstance(regularizer, LipschitzPenalty):
        kind = "unrestricted" if isinstance(regularizer, Unrestricted) else "bounded"
        return Condition(holds=False, reasons=(f"the Lipschitz constant is {kind}, not penalised",))
    return Condition.that(regularizer.target == 0, f"the penalty starts at the target {regularizer.target:g}, not at 0")


def _strictly_convex(losses: LossPair) -> str:
    names = [n for n, loss in (("φ", losses.fake_loss), ("ϕ", losses.real_loss)) if loss.strictly_convex]
    return f"{' and '.join(names)} of {losses.name!r} {'is' if len(names) == 1 else 'are'} strictly convex"


def _largest_difference(candidate: Candidate) -> float:
    support = candidate.problem.support
    return float(abs(support.fake_weights - support.real_weights).max())


CERTIFIED = Hypothesis(
    name="certified optimal",
    sentence="the critic's certificate has a relative gap of at most 1e-6",
    test=certified_optimal,
    assume=AssumedOptimal.taking,
    met=lambda candidate: f"the relative gap is {candidate.certificate.relative_gap:.2g}, at most {CERTIFIED_GAP:g}",
    repair=(
        "solve with a smaller rtol, or certify the critic with the optimal plan: "
        "Candidate.of(problem, critic, exact.certificate.plan)"
    ),
    relax=(CriticKind.GIVEN, CriticKind.WRONG_PLAN),
)

CONDITION_11 = Hypothesis(
    name="condition (11)",
    sentence="φ' > 0, ϕ' < 0, both convex, and φ'(a) + ϕ'(a) = 0 for some a",
    test=lambda candidate: candidate.problem.losses.condition_11(),
    met=lambda candidate: candidate.problem.losses.describe_condition_11(),
    repair="take wasserstein, logistic, sqrt, exponential, or a positive combination of them",
    relax=(LossKind.HINGE, LossKind.LEAST_SQUARES, LossKind.UNATTAINED),
)

STRICTLY_CONVEX = Hypothesis(
    name="strict convexity",
    sentence="φ or ϕ is strictly convex",
    test=lambda candidate: Condition.that(
        candidate.problem.losses.strictly_convex,
        f"neither loss of {candidate.problem.losses.name!r} is strictly convex",
    ),
    met=lambda candidate: _strictly_convex(candidate.problem.losses),
    repair="add a strictly convex pair, 0.1 * losses.logistic() say",
    relax=(LossKind.WASSERSTEIN, LossKind.HINGE, LossKind.FLAT),
)

WASSERSTEIN = Hypothesis(
    name="Wasserstein loss",
    sentence="φ(t) = t and ϕ(t) = −t",
    test=lambda candidate: Condition.that(
        candidate.problem.losses.is_wasserstein, f"the loss is {candidate.problem.losses.name!r}, not Wasserstein"
    ),
    met=lambda candidate: "φ(t) = t and ϕ(t) = −t",
    repair="take losses.wasserstein()",
    relax=tuple(kind for kind in LossKind if kind is not LossKind.WASSERSTEIN),
)

RESTRICTED = Hypothesis(
    name="restricted constant",
    sentence="the Lipschitz constant is penalised or bounded, so that points can bound one another at all",
    test=lambda candidate: Condition.that(
        not isinstance(candidate.problem.regularizer, Unrestricted),
        "the problem is unrestricted: f*(z) depends on the masses at z alone, and no pair is bounding",
    ),
    met=lambda candidate: f"the regulariser is {candidate.problem.regularizer!r}",
    repair="take LipschitzPenalty(weight) or LipschitzBall(radius)",
    relax=(RegularizerKind.UNRESTRICTED,),
)

PENALISED = Hypothesis(
    name="penalised constant",
    sentence="the Lipschitz constant is penalised by λ k²: not merely bounded, and not drawn to a target",
    test=_penalised,
    met=lambda candidate: f"the penalty is {candidate.problem.regularizer.weight:g}·k²",
    repair="take regularizer = LipschitzPenalty(0.1)",
    relax=(RegularizerKind.BALL, RegularizerKind.TARGET, RegularizerKind.UNRESTRICTED),
)

DISJOINT_SUPPORTS = Hypothesis(
    name="disjoint supports",
    sentence="S_g and S_r have no point in common",
    test=lambda candidate: Condition.that(_disjoint(candidate), "fake and real share points"),
    met=lambda candidate: (
        f"fake mass on {candidate.problem.support.in_fake.sum()} points, real mass on "
        f"{candidate.problem.support.in_real.sum()}, none of them shared"
    ),
    repair="move the shared points apart, however little",
    relax=(SupportKind.OVERLAPPING, SupportKind.SAME, SupportKind.EQUAL),
)

SAME_SUPPORT = Hypothesis(
    name="same support",
    sentence="S_g = S_r",
    test=lambda candidate: Condition.that(_same_support(candidate), "some point has mass of one measure only"),
    met=lambda candidate: f"all {candidate.problem.support.in_fake.sum()} points with mass carry mass of both",
    repair="put both measures on the same points",
    relax=(SupportKind.DISJOINT, SupportKind.OVERLAPPING),
)

DIFFERENT_MEASURES = Hypothesis(
    name="different measures",
    sentence="P_g ≠ P_r",
    test=lambda candidate: Condition.that(not candidate.problem.support.equal_measures, "P_g = P_r"),
    met=lambda candidate: f"the masses of a point differ by up to {_largest_difference(candidate):.4g}",
    repair="change the weights of one measure",
    relax=(SupportKind.EQUAL,),
)

LIPSCHITZ_EXTENSION = Hypothesis(
    name="Lipschitz extension",
    sentence=(
        "the critic is a McShane-Whitney extension of its values on the supports: cones of slope k, so that it is "
        "k-Lipschitz on all of space, and nearly tight segments confine its gradient"
    ),
    test=_extension,
    met=lambda candidate: (
        f"a {type(candidate.critic).__name__} with cones of slope {candidate.critic.lipschitz_constant:.6g}, "
        f"k = {candidate.lipschitz_constant:.6g}"
    ),
    repair="take the extension of its values, LowerExtension(points, critic(points), k)",
    relax=(CriticKind.STEERED,),
)
