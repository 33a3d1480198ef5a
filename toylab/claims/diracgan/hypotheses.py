"""What statements on Dirac-GANs ask of a training."""

from __future__ import annotations

from toylab.claims.base import Hypothesis
from toylab.claims.kinds import GameKind, MethodKind, StepKind, TurnKind
from toylab.condition import Condition
from toylab.diracgan import (
    AbstractMethod,
    Alternating,
    Consensus,
    DiracTraining,
    GradientPenalty,
    InstanceNoise,
    MaxGP,
    Simultaneous,
    Unregularised,
    WeightClipping,
    ZeroCentredPenalty,
    ZeroSum,
)


def _with(
    name: str, sentence: str, kinds: tuple[type[AbstractMethod], ...], repair: str, *own: MethodKind
) -> Hypothesis:
    """The method is one of these kinds."""

    def test(training: DiracTraining) -> Condition:
        method = training.game.method
        return Condition.that(isinstance(method, kinds), f"the method is: {method.describe()}")

    return Hypothesis(
        name=name,
        sentence=sentence,
        test=test,
        met=lambda training: training.game.method.describe(),
        repair=repair,
        relax=MethodKind.all_but(*own),
    )


NOTHING = _with(
    "no regularisation", "the critic is not regularised", (Unregularised,), "take Unregularised()", MethodKind.NONE
)
KEPT_AWAY = _with(
    "clipping or a target",
    "the critic's weight is clipped, or its gradient is drawn to a positive norm",
    (WeightClipping, GradientPenalty),
    "take WeightClipping(bound=0.3) or GradientPenalty(weight=1.0, target=0.3)",
    *(MethodKind.CLIPPING, MethodKind.TARGET),
)
NOISE = _with(
    "instance noise",
    "normal noise of scale σ > 0 is added to fakes and reals",
    (InstanceNoise,),
    "take InstanceNoise(scale=1.0)",
    MethodKind.NOISE,
)
ZERO_CENTRED = _with(
    "zero-centred penalty",
    "the critic pays γ/2 E ‖∇D‖² with γ > 0, on reals or on fakes",
    (ZeroCentredPenalty,),
    "take ZeroCentredPenalty(weight=0.5)",
    MethodKind.ZERO_CENTRED,
)
LARGEST = _with(
    "penalty on the largest gradient",
    "the critic pays λ max ‖∇D‖² with λ > 0",
    (MaxGP,),
    "take MaxGP(weight=0.25)",
    MethodKind.MAX_GP,
)
CONSENT = _with(
    "consensus",
    "both players descend on γ ½‖v‖² too, γ > 0",
    (Consensus,),
    "take Consensus(weight=1.0)",
    MethodKind.CONSENSUS,
)

OPPOSED = Hypothesis(
    name="zero-sum game",
    sentence="the generator minimises what the critic maximises",
    test=lambda training: Condition.that(
        isinstance(training.game.generator, ZeroSum) or training.game.losses.is_wasserstein,
        "the generator has a cost of its own, the non-saturating one",
    ),
    met=lambda training: f"{training.game.losses.name}, one sum for both players",
    repair="take generator=ZeroSum()",
    relax=(GameKind.NON_SATURATING,),
)
WASSERSTEIN = Hypothesis(
    name="Wasserstein loss",
    sentence="f(t) = t",
    test=lambda training: Condition.that(
        training.game.losses.is_wasserstein, f"the losses are {training.game.losses.name}"
    ),
    met=lambda training: "f(t) = t",
    repair="take losses.wasserstein()",
    relax=GameKind.all_but(GameKind.WASSERSTEIN),
)
CURVED = Hypothesis(
    name="curved loss",
    sentence="f''(0) < 0: the losses have a curvature at D = 0",
    test=lambda training: Condition.that(
        training.game.curvature > 0, f"the losses are {training.game.losses.name}, without curvature at 0"
    ),
    met=lambda training: f"the mean of φ''(0) and ϕ''(0) is {training.game.curvature:g}",
    repair="take losses.logistic()",
    relax=(GameKind.WASSERSTEIN,),
)
AT_ONCE = Hypothesis(
    name="simultaneous steps",
    sentence="both players step at once",
    test=lambda training: Condition.that(
        isinstance(training.rule, Simultaneous), f"the players take turns: {training.rule.describe()}"
    ),
    met=lambda training: training.rule.describe(),
    repair="take Simultaneous(step=0.1)",
    relax=(TurnKind.ALTERNATING,),
)
IN_TURN = Hypothesis(
    name="alternating steps",
    sentence="generator and critic take turns, with fixed numbers of steps",
    test=lambda training: Condition.that(isinstance(training.rule, Alternating), "both players step at once"),
    met=lambda training: training.rule.describe(),
    repair="take Alternating(step=0.1)",
    relax=(TurnKind.SIMULTANEOUS,),
)


def _short(training: DiracTraining) -> Condition:
    """Where the flow itself does not converge no step is short enough, and none is asked for."""
    game, rule = training.game, training.rule
    if not game.converges() or game.converges(rule):
        return Condition(holds=True)
    return Condition(holds=False, reasons=(f"h = {rule.step:g} is too long: {game.converges(rule).reasons[0]}",))


SHORT = Hypothesis(
    name="short steps",
    sentence="h is so short that a round has a spectral radius below 1 at the equilibrium",
    test=_short,
    met=lambda training: training.rule.describe(),
    repair="take a shorter step",
    relax=(StepKind.LONG,),
)


def overshoot(training: DiracTraining) -> float:
    """α² = n_g n_d h² a²: at 4 and above alternating steps leave the unit circle."""
    one, other = training.rule.reach
    return one * other * training.game.slope**2


def _within_a_turn(training: DiracTraining) -> Condition:
    reasons = []
    if not overshoot(training) < 4.0:
        reasons.append(f"n_g n_d h² = {overshoot(training):.4g} is 4 or more")
    method = training.game.method
    if isinstance(method, GradientPenalty) and not training.rule.step * method.weight <= 1.0:
        reasons.append(f"hγ = {training.rule.step * method.weight:.4g} is more than 1")
    return Condition(holds=not reasons, reasons=tuple(reasons))


MODERATE = Hypothesis(
    name="moderate steps",
    sentence="n_g n_d h² < 4, and hγ ≤ 1 under a penalty",
    test=_within_a_turn,
    met=lambda training: training.rule.describe(),
    repair="take a shorter step",
    relax=(StepKind.LONG,),
)
