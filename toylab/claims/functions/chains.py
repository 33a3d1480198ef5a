"""Tight pairs in a row: LGAN Lemma 10."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from toylab.claims.base import Claim, Control, Evidence, Hypothesis
from toylab.claims.cases import Budget, Case, Engine
from toylab.claims.certified import RESOLUTION
from toylab.claims.explanation.lemmas import chain
from toylab.claims.functions.full_slope import EUCLIDEAN, LIPSCHITZ_FUNCTION, distance_to_segment, linear, ripple
from toylab.claims.kinds import ChainKind, FunctionKind
from toylab.claims.rounding import ROUNDING
from toylab.condition import Condition
from toylab.critics import Critic, LowerExtension, tabulated, unit_vectors
from toylab.functions import FunctionOnChain, Norm


def _lengths(subject: FunctionOnChain) -> np.ndarray:
    """(2,), the lengths of both steps in the norm of the statement."""
    return subject.norm(np.stack([subject.via - subject.x, subject.y - subject.via]))


def _slacks(subject: FunctionOnChain) -> np.ndarray:
    """(2,), by how much each step misses full slope, upwards or downwards."""
    return np.abs(subject.k * _lengths(subject) - np.abs(subject.rises()))


def _rounding(subject: FunctionOnChain) -> float:
    """Of a difference of values, with k times a length whose ends are rounded to the grid of their coordinates."""
    points = np.stack([subject.x, subject.via, subject.y])
    size = np.abs(subject.f(points)).max() + subject.k * (_lengths(subject).sum() + np.abs(points).max() * points.size)
    return ROUNDING * float(size)


def _tight(subject: FunctionOnChain) -> Condition:
    worst = float(_slacks(subject).max())
    return Condition.that(worst <= _rounding(subject), f"a step of the chain misses full slope by {worst:.3g}")


def _one_direction(subject: FunctionOnChain) -> Condition:
    first, second = subject.rises()
    return Condition.that(
        first > 0 and second > 0, f"f changes by {first:.4g} on the first step and by {second:.4g} on the second"
    )


TIGHT_CHAIN = Hypothesis(
    name="tight steps",
    sentence="|f(m) − f(x)| = k‖m − x‖ and |f(y) − f(m)| = k‖y − m‖, to rounding",
    test=_tight,
    met=lambda subject: (
        f"the steps miss full slope by at most {_slacks(subject).max():.2g}, rounding is {_rounding(subject):.2g}"
    ),
    repair="choose points that the function joins at full slope",
    relax=(FunctionKind.ACROSS,),
)
ONE_DIRECTION = Hypothesis(
    name="one direction",
    sentence="f rises from x to m and from m to y",
    test=_one_direction,
    met=lambda subject: "f rises by {:.6g} and by {:.6g}".format(*subject.rises()),
    repair="take the points of the chain in the order of their values",
    relax=(ChainKind.UP_AND_DOWN,),
)


def _measure(subject: FunctionOnChain) -> Evidence:
    slack = 3.0 * _rounding(subject)  # of both steps, and of what is measured
    whole = float(subject.norm(subject.y - subject.x))
    missed = abs(subject.k * whole - subject.rise())
    step = subject.y - subject.x
    length = float(np.linalg.norm(step))
    share = float(np.clip((subject.via - subject.x) @ step / max(length**2, 1e-300), 0.0, 1.0))
    aside = float(np.linalg.norm(subject.via - subject.x - share * step))
    detour = slack / subject.k  # ‖m − x‖ + ‖y − m‖ − ‖y − x‖, at most
    return Evidence.of(
        [missed, aside],
        [slack, 0.5 * np.sqrt(2.0 * whole * detour + detour**2) + detour],
        resolution=RESOLUTION * np.array([subject.k, 1.0]) * float(_lengths(subject).sum()),
        scale=np.array([subject.k, 1.0]) * float(_lengths(subject).sum()),
        labels=["x to y at full slope", "m beside the segment from x to y"],
        arrays={"rises": np.array(subject.rises()), "lengths": _lengths(subject), "whole": np.array([whole])},
    )


def _along(  # noqa: PLR0917 - a function and where its chain lies
    name: str, f: Critic, k: float, start: np.ndarray, direction: np.ndarray, steps: tuple[float, ...]
) -> FunctionOnChain:
    x, via, y = (start + t * direction for t in (0.0, steps[0], sum(steps)))
    return FunctionOnChain(name=name, f=f, k=k, x=x, via=via, y=y)


def _functions(rng: np.random.Generator) -> Iterator[FunctionOnChain]:
    angle, k = rng.uniform(0, 2 * np.pi), float(rng.uniform(0.2, 5.0))
    direction, start = np.array([np.cos(angle), np.sin(angle)]), rng.normal(size=2)
    steps = tuple(float(t) for t in rng.uniform(0.1, 2.0, size=2))
    yield _along("plane", linear(k * direction), k, start, direction, steps)
    yield _along("cone", ripple(k), k, np.array([-1.0, 0.0]) + direction, direction, steps)
    wall, height = distance_to_segment(np.array([0.0, -1.0]), np.array([0.0, 1.0])), float(rng.uniform(-0.9, 0.9))
    yield _along("distance to a segment", wall, 1.0, np.array([0.1, height]), np.array([1.0, 0.0]), steps)
    ray = unit_vectors(rng.normal(size=3))
    funnel = LowerExtension(np.zeros((1, 3)), np.zeros(1), k)
    yield _along("funnel in space", funnel, k, (sum(steps) + 0.5) * ray, -ray, steps)


def _line_critic() -> FunctionOnChain:
    """The optimal critic of P_g = .9δ₀ + .1δ₂, P_r = .1δ₁ + .9δ₃, Wasserstein, λ = .5: k = 2.6 all along."""
    places = np.arange(4.0)[:, None]
    critic = tabulated(places, 2.6 * places[:, 0])
    return FunctionOnChain(
        name="critic of 0.9 at 0, 0.1 at 2 against 0.1 at 1, 0.9 at 3",
        f=critic,
        k=2.6,
        x=places[0],
        via=places[1],
        y=places[3],
    )


def _cases(budget: Budget) -> Iterator[Case]:
    rng = np.random.default_rng(10)
    line = _line_critic()
    yield Case(name=line.name, engine=Engine.NONE, subject=line)
    for repeat in range(3 if budget is Budget.QUICK else 25):
        for subject in _functions(rng):
            yield Case(name=f"chain, {subject.name} {repeat}", engine=Engine.NONE, subject=subject)


def _corner() -> FunctionOnChain:
    """The critic −‖z‖ of fakes (−1, 0), (0, −1) and a real at the origin: up one side, down the other."""
    funnel = LowerExtension(np.zeros((1, 2)), np.zeros(1), 1.0)
    ends = np.array([[-1.0, 0.0], [0.0, -1.0]])
    return FunctionOnChain(name="funnel at the origin", f=funnel, k=1.0, x=ends[0], via=np.zeros(2), y=ends[1])


def _staircase(norm: Norm, name: str) -> FunctionOnChain:
    """The function z₁ + z₂ from (0, 0) via (1, 0) to (1, 1)."""
    return FunctionOnChain(
        name=name, f=linear(np.ones(2)), k=1.0, x=np.zeros(2), via=np.array([1.0, 0.0]), y=np.ones(2), norm=norm
    )


def _not_tight() -> FunctionOnChain:
    f = linear(np.array([1.0, 0.0]))
    return FunctionOnChain(
        name="plane, in a zigzag", f=f, k=1.0, x=np.zeros(2), via=np.array([1.0, 1.0]), y=np.array([2.0, 0.0])
    )


LEMMA_10 = Claim(
    id="lgan.lemma-10",
    title="tight pairs in a row lie on one line",
    statement=(
        "If f has Lipschitz constant k > 0 and rises at full slope from x to m and from m to y, then m lies on the "
        "segment from x to y and f(y) − f(x) = k‖y − x‖."
    ),
    sources=("LGAN Lemma 10",),
    rests_on=("triangle inequality",),
    subject_type=FunctionOnChain,
    hypotheses=(LIPSCHITZ_FUNCTION, TIGHT_CHAIN, ONE_DIRECTION, EUCLIDEAN),
    cases=_cases,
    measure=_measure,
    controls=(
        Control(
            breaks=ONE_DIRECTION.name,
            subject=_corner,
            why="fakes (−1, 0) and (0, −1) under a real at the origin: up one side and down the other, round a corner",
        ),
        Control(
            breaks=EUCLIDEAN.name,
            subject=lambda: _staircase(Norm(1.0), "staircase in l_1"),
            why="in ℓ₁ the staircase (0, 0), (1, 0), (1, 1) is as short as any way: the lengths add up off the line",
        ),
        Control(
            breaks=LIPSCHITZ_FUNCTION.name,
            subject=lambda: _staircase(Norm(2.0), "staircase up a steeper plane"),
            why="z₁ + z₂ rises by 1 along each axis, and by √2 per unit of length between",
        ),
        Control(
            breaks=TIGHT_CHAIN.name,
            subject=_not_tight,
            why="steps that are not at full slope may go where they like",
        ),
    ),
    rationale=(
        "The steps are tight to rounding δ, so the way via m is at most δ/k longer than ‖y − x‖: m lies in an ellipse "
        "of half width √(2‖y − x‖ δ/k + (δ/k)²)/2, and x to y misses full slope by δ at most."
    ),
    argument=chain,
)
