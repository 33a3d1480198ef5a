"""train_generator(): a network G(z; θ) in place of free particles.

    θ ← θ + step( (1/n) Σ_i ∂G(z_i)/∂θᵀ · pull_i ),    pull_i = −ψ'(f(x_i)) ∇f(x_i) at x_i = G(z_i)

with f the critic of the minibatch pair: the exact one, solved anew with its certificate, or one that is trained along.
A particle of `follow` goes where its own pull says; here all of them share θ.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from toylab.dynamics.networks.pulls import AbstractPull, CriticPull
from toylab.dynamics.networks.run import GeneratorRun
from toylab.dynamics.networks.settings import GeneratorTraining
from toylab.dynamics.networks.targets import AbstractTarget, target
from toylab.dynamics.objectives import AbstractObjective
from toylab.errors import InputError, whole_number

#: progress(steps done, steps in all, the run so far in a few words)
Progress = Callable[[int, int, str], None]


def train_generator(
    goal: AbstractTarget | str,
    objective: AbstractObjective,
    *,
    pull: AbstractPull | None = None,
    training: GeneratorTraining | None = None,
    seed: int = 0,
    state: str | Path | None = None,
    progress: Progress | None = None,
) -> GeneratorRun:
    """Train a generator network against an objective's critic and score its samples on the way.

    Example:
        >>> from toylab import losses, LipschitzPenalty
        >>> from toylab.dynamics import GeneratorTraining, LipschitzCritic, train_generator
        >>> exact = LipschitzCritic(losses=losses.wasserstein(), regularizer=LipschitzPenalty(0.1))
        >>> run = train_generator("8-gaussians", exact, training=GeneratorTraining(steps=2, evaluations=1))
        >>> run.steps.tolist(), run.samples.shape
        ([0, 2], (2, 400, 2))

    Args:
        goal: what to learn, a target or its name.
        objective: whose critic the generator follows: `LipschitzCritic` (exact), `CriticInTraining`, or another.
        pull: the generator's loss ψ; `CriticPull()`, ψ(t) = −t, when not given.
        training: network, steps and scores.
        seed: of the generator, of the minibatches and of what is scored; a critic in training has its solver's.
        state: a file that is written, whole, at every evaluation and every half minute, and from which the same call
            goes on after an interruption; the result is that of a training without a break.
        progress: called after every step.

    Returns:
        The run; after Ctrl-C what there is of it, with that stop.

    Raises:
        InputError: no such target, an objective without a critic for minibatches, or a state file of another training.
    """
    goal = target(goal) if isinstance(goal, str) else goal
    if not isinstance(goal, AbstractTarget):
        raise InputError(f"a generator learns a target such as '8-gaussians', got {type(goal).__name__}.")
    if not isinstance(objective, AbstractObjective):
        raise InputError(
            f"a generator follows an objective such as LipschitzCritic(...), got {type(objective).__name__}."
        )
    from toylab.dynamics.networks.trainer import Trainer
    from toylab.solvers.threads import one_thread

    whole_number(seed, "the seed of a generator", least=0)
    with one_thread():
        settings = training or GeneratorTraining()
        return Trainer(goal, objective, pull or CriticPull(), settings, seed=seed, state=state).run(progress)


__all__ = ["Progress", "train_generator"]
