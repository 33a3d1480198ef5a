"""The answers to the notebooks' exercises: computed by toylab when they are asked for, never written down.

from exercises import check
check("logistic-diracs", None)      # the question
check("logistic-diracs", 1.2)       # right, or a hint
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

import toylab
from toylab import DiscreteMeasure, LipschitzPenalty, Unrestricted, losses
from toylab.regularizers import Regularizer


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """A question with a number for an answer.

    Attributes:
        question: what is asked, with the digits that are wanted.
        truth: computes the answer.
        digits: decimals that count.
        hint: shown after a wrong answer.
    """

    question: str
    truth: Callable[[], float]
    digits: int
    hint: str

    def right(self, answer: float) -> bool:
        """Whether the answer agrees with the truth in the digits that count."""
        return bool(abs(float(answer) - self.truth()) <= 0.5000001 * 10.0**-self.digits)


def check(name: str, answer: float | None) -> None:
    """Print the question, or whether the answer is right.

    Raises:
        InputError: no such exercise, or an answer that is not a number.
    """
    if name not in EXERCISES:
        raise toylab.InputError(f"no exercise is called {name!r}; there are {', '.join(EXERCISES)}.")
    exercise = EXERCISES[name]
    if answer is not None and not isinstance(answer, int | float | np.number):
        raise toylab.InputError(f"an answer is a number such as 1.5, got {answer!r}.")
    if answer is None:
        print(f"? {exercise.question}")
    elif exercise.right(answer):
        print(f"✓ right: {exercise.truth():.{exercise.digits + 2}f}.")
    else:
        print(f"✗ not yet. {exercise.hint}")


def _diracs(distance: float, restriction: float | Regularizer, pair: toylab.LossPair) -> toylab.Solution:
    fake, real = DiscreteMeasure(np.array([[0.0]])), DiscreteMeasure(np.array([[distance]]))
    regularizer = restriction if isinstance(restriction, Regularizer) else LipschitzPenalty(restriction)
    return toylab.solve(toylab.CriticProblem(fake, real, pair, regularizer))


def _shared_point() -> float:
    points = np.array([[0.0], [1.0]])
    problem = toylab.CriticProblem(
        DiscreteMeasure(points, weights=[0.2, 0.8]),
        DiscreteMeasure(points, weights=[0.6, 0.4]),
        losses.quadratic(0.0, 1.0),
        Unrestricted(),
    )
    return float(toylab.solve(problem).fake_values[0])


def _partners_later() -> float:
    problem = toylab.zoo.load("three-fakes", losses=losses.logistic(), regularizer=LipschitzPenalty(5.0))
    plan = toylab.solve(problem).certificate.plan.toarray()
    return float((plan[1] > 1e-3 * plan.max()).sum())


def _constant_gap() -> float:
    problem = toylab.zoo.load("case6")
    flat = toylab.FormulaCritic(lambda z: np.zeros(len(z)), np.zeros_like)
    return toylab.certify(problem, flat, plan=toylab.solve(problem).certificate.plan).relative_gap


def _corner_instance() -> float:
    points = np.array([[0.0], [1.0]])
    problem = toylab.CriticProblem(
        DiscreteMeasure(points, weights=[0.9, 0.1]),
        DiscreteMeasure(points, weights=[0.1, 0.9]),
        losses.wasserstein(),
        LipschitzPenalty(0.5),
    )
    return toylab.solve(problem).lipschitz_constant


def _midway() -> float:
    fake, real = DiscreteMeasure(np.array([[0.0]])), DiscreteMeasure(np.array([[-1.0], [1.0]]))
    return toylab.solve(toylab.CriticProblem(fake, real, losses.logistic(), LipschitzPenalty(0.5))).value


def _square_costs() -> float:
    points = {"fake": [[0.0, 0.0], [0.0, 1.0]], "real": [[1.0, 0.0], [1.0, 1.0]]}
    measures = {name: DiscreteMeasure(np.array(where)) for name, where in points.items()}
    problem = toylab.CriticProblem(measures["fake"], measures["real"], losses.wasserstein(), toylab.LipschitzBall(1.0))
    return -toylab.solve(problem).value


EXERCISES = {
    # 01
    "shared-point": Exercise(
        question="Two points carry fake masses .2 and .8, real masses .6 and .4. Least squares with targets 0 and 1, "
        "no restriction: what is f* at the first point (2 digits)?",
        truth=_shared_point,
        digits=2,
        hint="Where nothing restricts f, every point minimises its own p f² + q (f − 1)².",
    ),
    "far-real": Exercise(
        question="One fake at 0, one real at 4, least squares with targets 0 and 1, λ = .1: what is f* at the fake "
        "(3 digits)? (Without a penalty it would be 0, at any distance.)",
        truth=lambda: float(_diracs(4.0, 0.1, losses.quadratic(0.0, 1.0)).fake_values[0]),
        digits=3,
        hint="Solve it: CriticProblem, LipschitzPenalty(0.1), .fake_values.",
    ),
    "near-mode": Exercise(
        question="Fakes N(−1.15, .15²) beside real modes of the same width at −1.25 and 1: which share of the "
        "fakes does the vanilla critic draw towards the near mode (3 digits)?",
        truth=lambda: float(norm.cdf((1.25 - 1.15) / 0.15)),
        digits=3,
        hint="Near the fakes ln q − ln p is a straight line that rises to the left: who is already left of −1.25 is "
        "pushed further out.",
    ),
    # 02
    "logistic-diracs": Exercise(
        question="One fake, one real at distance 3, logistic loss, λ = .1: what is k* (2 digits)?",
        truth=lambda: _diracs(3.0, 0.1, losses.logistic()).lipschitz_constant,
        digits=2,
        hint="With s = 3 k/2 the condition is σ(−s) = 4 λ s/9.",
    ),
    "partners-later": Exercise(
        question="Take the three fakes above with the logistic loss and λ = 5 in place of .05: how many reals "
        "bound the second fake, (−3,−1)?",
        truth=_partners_later,
        digits=0,
        hint="Solve it with LipschitzPenalty(5.0) and count what is not 0 in row 1 of .certificate.plan.toarray().",
    ),
    "square-costs": Exercise(
        question="Fakes (0,0), (0,1), reals (1,0), (1,1): what is W₁ (2 digits)?",
        truth=_square_costs,
        digits=2,
        hint="Everyone moves straight across.",
    ),
    # 03
    "maxgp-slope": Exercise(
        question="Wasserstein loss, one fake and one real at distance 3, MaxGP with λ = .5: what is the optimal slope "
        "(1 digit)?",
        truth=lambda: _diracs(3.0, 0.5, losses.wasserstein()).lipschitz_constant,
        digits=1,
        hint="Minimise −3 k + λ k².",
    ),
    "gp-slope": Exercise(
        question="The same with the target-1 penalty λ (k − 1)² of WGAN-GP: which slope (1 digit)?",
        truth=lambda: _diracs(3.0, LipschitzPenalty(0.5, target=1.0), losses.wasserstein()).lipschitz_constant,
        digits=1,
        hint="Minimise −3 k + λ (k − 1)².",
    ),
    "constant-critic": Exercise(
        question="What is the relative gap of the best constant critic, on any problem with P_g ≠ P_r and its optimal "
        "plan (1 digit)?",
        truth=_constant_gap,
        digits=1,
        hint="The gap is measured against what the best constant critic leaves to gain.",
    ),
    # 04
    "vanishing-constant": Exercise(
        question="Wasserstein, λ = .1, W₁ = .02: what is k* (1 digit)?",
        truth=lambda: _diracs(0.02, 0.1, losses.wasserstein()).lipschitz_constant,
        digits=1,
        hint="k* = W₁/(2λ): it vanishes with W₁.",
    ),
    "ball-constant": Exercise(
        question="The same with a Lipschitz ball of radius 1 in place of the penalty: what is k (1 digit)?",
        truth=lambda: _diracs(0.02, toylab.LipschitzBall(1.0), losses.wasserstein()).lipschitz_constant,
        digits=1,
        hint="Nothing draws the constant to 0.",
    ),
    "midway": Exercise(
        question="One fake midway between two equal reals at distance 1 on either side, logistic, λ = .5: what is V "
        "(3 digits)?",
        truth=_midway,
        digits=3,
        hint="zoo.load('midway') with LipschitzPenalty(0.5); a step to either side raises V: the place is unstable.",
    ),
    # 05
    "corner-k": Exercise(
        question="P_g = .9 δ₀ + .1 δ₁, P_r = .1 δ₀ + .9 δ₁, Wasserstein, λ = .5: what is k* (1 digit)?",
        truth=_corner_instance,
        digits=1,
        hint="k* = W₁/(2λ), and .8 of the mass moves by 1.",
    ),
    "cosine": Exercise(
        question="f(a, b) = a + b is 1-Lipschitz in ℓ₁ and tight from (0, 0) to (2, 1). What is the cosine between its "
        "gradient and the direction (2, 1) (4 digits)?",
        truth=lambda: float(np.array([1.0, 1.0]) @ np.array([2.0, 1.0]) / np.sqrt(10.0)),
        digits=4,
        hint="(1, 1)·(2, 1)/(√2 √5).",
    ),
    "ball": Exercise(
        question="Two points with p = (.6, .4), q = (.4, .6), a distance of 1 apart, logistic: from which radius on "
        "does a Lipschitz ball no longer touch the optimum (2 digits)?",
        truth=lambda: 2.0 * float(np.log(1.5)),
        digits=2,
        hint="Without restriction f* = ln q/p.",
    ),
}
