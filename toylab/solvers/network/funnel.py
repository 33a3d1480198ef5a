"""FunnelMaxGP: a critic of the optimum's own shape, f(z) = max_j (v_j − k‖z − y_j‖), trained to the optimum.

Its steepest gradient is k everywhere, so the penalty of MaxGP (LGAN Eq. 27) is R(k), nothing has to be sampled, and
training is the convex problem min over v, k of E_fake φ(f) + E_real ϕ(f) + R(k).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from torch import Tensor
from typing_extensions import override

from toylab.certificate import Certificate, certify
from toylab.errors import Advice, InputError, whole_number
from toylab.problem import CriticProblem, LipschitzBall
from toylab.solution import Status
from toylab.solvers.base import AbstractSolver, Outcome, check_restricted
from toylab.solvers.devices import find_device
from toylab.solvers.headway import Progress, check_progress
from toylab.solvers.network.funnel_objective import SmoothedFunnel
from toylab.solvers.network.funnel_path import Annealing
from toylab.solvers.network.normalisation import NormalisedProblem
from toylab.solvers.network.stopping import Judgement
from toylab.solvers.threads import suited_threads

#: First temperature, in units of k · mean distance, and the one beyond which float64 has no more to say.
_HOT, _COLD = 0.3, 1e-13
#: A judgement is due whenever the temperature has fallen by this factor.
_JUDGE_AT = 0.1
#: Peaks on the centres up to these many temperatures, or this share of k · length, are not part of the critic.
_PEAK_TEMPERATURES, _PEAK = 10.0, 1e-6
#: Pairs up to which POT couples the critic's marginals; beyond them the training's own plan has to do.
_COUPLED_PAIRS = 2**24
#: Real points at most: the Hessian and its factor take 8 GiB.
_MOST_CENTRES = 16_384


@dataclass(frozen=True, kw_only=True)
class FunnelMaxGP(AbstractSolver):
    """Trains the funnel critic by Newton's method on a smoothed maximum, annealed until the gap is certified small.

    For losses with condition (11), under a penalty (MaxGP's, exactly) or in a ball. The training is convex and starts
    from the best constant, so that nothing is random; the result depends on the device alone.

    Attributes:
        rtol: certified relative gap, and relative excess, to stop at.
        max_iterations: Newton steps at most.
        seed: taken so that recipes can be exchanged; it has no effect.
        device: "auto", "cpu", "cuda" or "cuda:<number>".
        progress: called after every step with (steps done, most steps, named numbers); an exception it raises ends
            the run, KeyboardInterrupt keeps the best critic.
    """

    rtol: float = 1e-6
    max_iterations: int = 500
    seed: int = 0
    device: str = "auto"
    progress: Progress | None = None

    exact = False

    def __post_init__(self) -> None:
        whole_number(self.seed, "the seed", least=0)
        whole_number(self.max_iterations, "max_iterations", least=1)
        check_progress(self.progress)

    @override
    def check(self, problem: CriticProblem) -> None:
        check_restricted(problem, self)
        condition = problem.losses.condition_11()
        if not condition:
            raise InputError(
                f"FunnelMaxGP needs losses with condition (11), and {problem.losses.name!r} fails it: "
                f"{'; '.join(condition.reasons)};",
                Advice(python="use toylab.solvers.InteriorPoint().", command="use --solver interior-point."),
            )
        centres = int(problem.support.in_real.sum())
        if centres > _MOST_CENTRES:
            raise InputError(
                f"FunnelMaxGP takes {_MOST_CENTRES} real points at most, got {centres}; take fewer, or MaxGP()."
            )
        find_device(self.device)

    @override
    def run(self, problem: CriticProblem) -> Outcome:
        with suited_threads(len(problem.fake) * len(problem.real)):
            return _Training(self, problem).run()


@dataclass(eq=False)
class _Training:
    """One run: the path, the best critic on it, and what was certified on the way."""

    solver: FunnelMaxGP
    problem: CriticProblem
    path: Annealing = field(init=False)
    best: Tensor = field(init=False)
    objective: float = np.inf
    certificate: Certificate | None = None
    judgements: list[tuple[Judgement, float]] = field(default_factory=list)
    seconds: float = field(default_factory=time.perf_counter)
    _device: torch.device = field(init=False)

    def __post_init__(self) -> None:
        problem = self.problem
        self._device = find_device(self.solver.device)
        normalised = NormalisedProblem.of(problem)
        if isinstance(problem.regularizer, LipschitzBall):
            k, value = problem.regularizer.radius * normalised.length, float(problem.losses.best_constant or 0.0)
        else:
            k, value = normalised.scale_and_offset
        loss = SmoothedFunnel(problem, normalised.length, self._device)
        rise = k * loss.mean_distance()
        start = loss.start(k, value + rise * _best_share(lambda share: loss.start(k, value + share * rise), loss, rise))
        self.path = Annealing(objective=loss, x=start, temperature=_HOT * rise)
        constant = 0.0 if not isinstance(problem.regularizer, LipschitzBall) else k
        self.best = loss.start(constant, float(problem.losses.best_constant or 0.0))
        self.objective = loss.sharp_value(self.best)

    def run(self) -> Outcome:
        try:
            status = self._train()
        except KeyboardInterrupt:
            status = Status.INTERRUPTED
        except FloatingPointError:
            status = Status.INACCURATE if np.isfinite(self.path.record[-1][0]) else Status.DIVERGED
        if status is not Status.CONVERGED:
            self._consider(self.path.x)
            self._judge()
            if status in {Status.ITERATION_LIMIT, Status.INACCURATE} and self._good():
                status = Status.CONVERGED
        assert self.certificate is not None
        return Outcome(
            critic=self._critic(),
            plan=self.certificate.plan,
            status=status,
            stats=self._stats(),
            history=self._history(),
        )

    def _train(self) -> Status:
        """Step, look at the critic of every temperature, certify it now and then."""
        path, coldest = self.path, _COLD * self.path.temperature
        self._judge()
        if self._good() or path.temperature == 0:
            return Status.CONVERGED if self._good() else Status.INACCURATE
        due = np.inf
        while path.done < self.solver.max_iterations:
            settled = path.step()
            self._report()
            if settled:
                self._consider(path.x)
                self._consider(path.limit())
                if path.temperature <= due:
                    due = _JUDGE_AT * path.temperature
                    self._judge()
                    if self._good():
                        return Status.CONVERGED
                path.cool()
            if path.stuck or path.temperature < coldest:
                return Status.INACCURATE
        return Status.ITERATION_LIMIT

    def _consider(self, x: Tensor) -> None:
        """Keep a funnel if it is the best so far."""
        if float(x[-1]) < 0:
            return
        objective = self.path.objective.sharp_value(x)
        if objective < self.objective:
            self.best, self.objective = x, objective

    def _critic(self) -> Any:
        peak = max(_PEAK * float(self.best[-1]), _PEAK_TEMPERATURES * self.path.temperature)
        return self.path.objective.critic(self.best, peak)

    def _judge(self) -> None:
        """Certify the best critic, with POT's plan between its own marginals or the training's, what bounds better."""
        critic = self._critic()
        found = []
        if len(self.problem.fake) * len(self.problem.real) <= _COUPLED_PAIRS:
            found.append(certify(self.problem, critic))
        if not found or found[0].relative_gap > self.solver.rtol:
            found.append(certify(self.problem, critic, self.path.objective.plan(self.path.x, self.path.temperature)))
        best = self.certificate = min(found, key=lambda certificate: certificate.relative_gap)
        judgement = Judgement(
            step=self.path.done,
            relative_gap=best.relative_gap,
            relative_excess=(best.critic_excess or 0.0) / best.room,
        )
        self.judgements.append((judgement, time.perf_counter() - self.seconds))

    def _good(self) -> bool:
        return self.judgements[-1][0].within(self.solver.rtol, self.solver.rtol)

    def _report(self) -> None:
        if self.solver.progress is None:
            return
        loss, k, temperature = self.path.record[-1]
        judgement = self.judgements[-1][0]
        numbers = {
            "loss": loss,
            "objective": self.objective,
            "k": k,
            "temperature": temperature,
            "relative_gap": judgement.relative_gap,
            "relative_excess": judgement.relative_excess,
        }
        self.solver.progress(self.path.done, self.solver.max_iterations, numbers)

    def _stats(self) -> dict[str, Any]:
        return {
            "device": str(self._device),
            "steps": self.path.done,
            "seed": int(self.solver.seed),
            "objective": self.objective,
            "steepest_gradient": max(float(self.best[-1]), 0.0) / self.path.objective.length,
            "relative_excess": self.judgements[-1][0].relative_excess,
            "temperature": self.path.temperature,
        }

    def _history(self) -> dict[str, np.ndarray]:
        loss, k, temperature = np.array(self.path.record, dtype=np.float64).reshape(-1, 3).T
        judged = [judgement for judgement, _ in self.judgements]
        return {
            "loss": loss,
            "k": k,
            "temperature": temperature,
            "judged_step": np.array([judgement.step for judgement in judged]),
            "judged_seconds": np.array([seconds for _, seconds in self.judgements]),
            "relative_gap": np.array([judgement.relative_gap for judgement in judged]),
            "relative_excess": np.array([judgement.relative_excess for judgement in judged]),
        }


def _best_share(funnel: Callable[[float], Tensor], loss: SmoothedFunnel, rise: float) -> float:
    """How much of the rise from fake to real points is to lie above the best constant."""
    found: Any = minimize_scalar(
        lambda share: loss.value(funnel(share), _HOT * rise),
        bounds=(0.0, 1.0),
        method="bounded",
        options={"xatol": 1e-3},
    )
    return float(found.x)


__all__ = ["FunnelMaxGP"]
