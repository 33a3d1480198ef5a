"""The free offset of a critic under training (LGAN §5.3, the drift of f).

c ↦ J(f + c) is constant for the Wasserstein loss, and strictly convex where φ or ϕ is: then the offset of f* is fixed.
Under minibatch noise a free offset has nothing to bring it back and wanders with the steps, a fixed one stays. What is
measured is the offset ½ (E_fake f + E_real f) along a training that goes on at a constant learning rate, in units of
the rise E_real f − E_fake f, so that losses with different ranges of f can stand side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from toylab.errors import InputError, whole_number
from toylab.losses import LossPair
from toylab.problem import CriticProblem

#: Steps that are averaged to one number of a series: the noise of single batches is not drift.
BLOCK = 25


@dataclass(frozen=True, kw_only=True, eq=False)
class DriftSeries:
    """The means of the critics of one loss along training.

    Attributes:
        loss: name of the pair of losses.
        steps: (blocks,), training steps done at the middle of each block.
        fake: (seeds, blocks), mean critic value on the fake points of the batches of a block.
        real: (seeds, blocks), on the real points.
    """

    loss: str
    steps: np.ndarray
    fake: np.ndarray
    real: np.ndarray

    @property
    def rise(self) -> np.ndarray:
        """(seeds,), the mean of E_real f − E_fake f over the second half."""
        return (self.real - self.fake)[:, self.fake.shape[1] // 2 :].mean(axis=1)

    @property
    def offset(self) -> np.ndarray:
        """(seeds, blocks), ½ (E_fake f + E_real f) in units of the rise."""
        return 0.5 * (self.fake + self.real) / self.rise[:, None]

    @property
    def spread(self) -> np.ndarray:
        """(seeds,), standard deviation of the offset over the second half."""
        return self.offset[:, self.fake.shape[1] // 2 :].std(axis=1)

    @property
    def excursion(self) -> np.ndarray:
        """(seeds,), largest minus least offset over the second half."""
        return np.ptp(self.offset[:, self.fake.shape[1] // 2 :], axis=1)

    def to_json(self) -> dict[str, Any]:
        """Plain data for a figure."""
        return {
            "loss": self.loss,
            "steps": self.steps.tolist(),
            "fake": self.fake.tolist(),
            "real": self.real.tolist(),
            "rise": self.rise.tolist(),
            "spread": self.spread.tolist(),
            "excursion": self.excursion.tolist(),
        }


@dataclass(frozen=True, kw_only=True)
class DriftPlan:
    """How critics are trained to see their offset.

    Attributes:
        steps: of each training.
        batch: points a side of a minibatch.
        learning_rate: of Adam, constant.
        seeds: of the trainings.

    Raises:
        InputError: a number out of range.
    """

    steps: int = 4000
    batch: int = 32
    learning_rate: float = 3e-3
    seeds: Sequence[int] = (0, 1, 2)

    def __post_init__(self) -> None:
        whole_number(self.steps, "the steps of a drift", least=4 * BLOCK)
        whole_number(self.batch, "the batch of a drift", least=1)
        if not self.seeds:
            raise InputError("a drift needs at least one seed.")


def measure_drift(
    problem: CriticProblem,
    losses: Iterable[LossPair],
    plan: DriftPlan | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[DriftSeries]:
    """Train MaxGP critics under minibatch noise with each loss and record their offset.

    Args:
        problem: the measures and the regulariser; its own losses are not used.
        losses: one series each.
        plan: steps, batch, learning rate and seeds.
        progress: called with trainings done and in all.
    """
    plan = plan or DriftPlan()
    chosen = list(losses)
    series = []
    for number, pair in enumerate(chosen):
        own = CriticProblem(problem.fake, problem.real, pair, problem.regularizer)
        means = []
        for done, seed in enumerate(plan.seeds):
            means.append(_train(own, plan, seed))
            if progress is not None:
                progress(number * len(plan.seeds) + done + 1, len(chosen) * len(plan.seeds))
        steps = (np.arange(plan.steps // BLOCK) + 0.5) * BLOCK
        fake, real = (np.stack(side) for side in zip(*means, strict=True))
        series.append(DriftSeries(loss=pair.name, steps=steps, fake=fake, real=real))
    return series


def _train(problem: CriticProblem, plan: DriftPlan, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Block means of the mean fake and real values of one training."""
    from toylab.solvers.network import CertifiedGap, MaxGP, Minibatch, Schedule
    from toylab.solvers.solving import solve

    solver = MaxGP(
        batches=Minibatch(plan.batch),
        schedule=Schedule(steps=plan.steps, learning_rate=plan.learning_rate, final_share=1.0),
        stopping=CertifiedGap(first=plan.steps + 1),
        seed=seed,
        device="cpu",
    )
    history = solve(problem, solver).history
    whole = plan.steps // BLOCK * BLOCK
    fake, real = (
        history[name][:whole].reshape(-1, BLOCK).mean(axis=1) for name in ("mean_fake_value", "mean_real_value")
    )
    return fake, real


__all__ = ["BLOCK", "DriftPlan", "DriftSeries", "measure_drift"]
