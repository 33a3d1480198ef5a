"""The search space of Dirac-GANs: losses, generators, methods, rules and starts, with simple numbers."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st
from typing_extensions import override

from toylab import losses
from toylab.claims.kinds import GameKind, MethodKind, StepKind, TurnKind
from toylab.diracgan import (
    AbstractMethod,
    AbstractRule,
    Alternating,
    Consensus,
    DiracGAN,
    DiracTraining,
    GradientPenalty,
    InstanceNoise,
    MaxGP,
    NonSaturating,
    Simultaneous,
    Unregularised,
    WeightClipping,
    ZeroCentredPenalty,
    ZeroSum,
)
from toylab.falsification.fractions import fraction, vector
from toylab.falsification.spaces import AbstractRecipe, SearchSpace, Selection


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainingRecipe(AbstractRecipe):
    """A training of a Dirac-GAN, which needs no solver.

    Attributes:
        training: the subject.
        labels: what was drawn.
    """

    training: DiracTraining
    labels: tuple[str, ...]

    @override
    def subject(self) -> DiracTraining:
        return self.training

    @override
    def second_opinion(self) -> tuple[DiracTraining, str]:
        """The same game from its plain data and from the opposite start: the field is odd in (θ, ψ)."""
        data = self.training.to_json()
        return DiracTraining.from_json({**data, "start": [-part for part in data["start"]]}), "from the opposite start"

    @override
    def size(self) -> tuple[float, ...]:
        rule = self.training.rule
        turns = rule.critic_steps if isinstance(rule, Alternating) else 0
        return turns, float(sum(map(abs, self.training.start))), self.training.rounds

    @override
    def words(self, subject: DiracTraining) -> list[tuple[str, str]]:
        return [
            ("losses", subject.game.losses.name),
            ("generator", subject.game.generator.kind),
            ("method", subject.game.method.describe()),
            ("rule", subject.rule.describe()),
            ("start", vector(subject.start)),
            ("rounds", fraction(float(subject.rounds))),
        ]


_weights = st.sampled_from([0.5, 0.25, 1.0, 2.0])
_scales = st.sampled_from([1.0, 0.5, 2.0])
_METHODS: dict[MethodKind, st.SearchStrategy[AbstractMethod]] = {
    MethodKind.NONE: st.just(Unregularised()),
    MethodKind.ZERO_CENTRED: st.builds(ZeroCentredPenalty, weight=_weights),
    MethodKind.MAX_GP: st.builds(MaxGP, weight=_weights),
    MethodKind.NOISE: st.builds(InstanceNoise, scale=_scales),
    MethodKind.TARGET: st.builds(GradientPenalty, weight=_weights, target=_weights),
    MethodKind.CLIPPING: st.builds(WeightClipping, bound=_weights),
    MethodKind.CONSENSUS: st.builds(Consensus, weight=_weights),
}
_STEPS = {StepKind.SHORT: st.sampled_from([0.1, 0.05, 0.2]), StepKind.LONG: st.sampled_from([5.0, 8.0])}
_STARTS = ((1.0, 0.0), (0.5, 0.5), (0.0, 1.0), (1.5, -1.0), (-1.0, 2.0))


def _game(draw: st.DrawFn, kind: GameKind, method: MethodKind) -> DiracGAN:
    curved = kind is not GameKind.WASSERSTEIN
    pair = losses.get(draw(st.sampled_from(["logistic", "sqrt"]))) if curved else losses.wasserstein()
    generator = NonSaturating() if kind is GameKind.NON_SATURATING else ZeroSum()
    return DiracGAN(losses=pair, generator=generator, method=draw(_METHODS[method]))


def _rule(draw: st.DrawFn, turns: TurnKind, step: StepKind) -> AbstractRule:
    h = draw(_STEPS[step])
    if turns is TurnKind.SIMULTANEOUS:
        return Simultaneous(step=h)
    return Alternating(step=h, critic_steps=draw(st.sampled_from([1, 2, 5])))


@st.composite
def training_recipes(draw: st.DrawFn, selection: Selection) -> TrainingRecipe:
    """A training of the selected kinds."""
    axes = (GameKind, MethodKind, TurnKind, StepKind)
    game, method, turns, step = (draw(st.sampled_from(selection.of(axis))) for axis in axes)
    training = DiracTraining(
        game=_game(draw, game, method),
        rule=_rule(draw, turns, step),
        start=draw(st.sampled_from(_STARTS)),
        rounds=draw(st.sampled_from([60, 200])),
    )
    labels = (f"game: {game.value}", f"method: {method.value}", f"turns: {turns.value}", f"steps: {step.value}")
    return TrainingRecipe(training=training, labels=labels)


DIRAC_TRAININGS = SearchSpace(axes=(GameKind, MethodKind, TurnKind, StepKind), recipes=training_recipes)
