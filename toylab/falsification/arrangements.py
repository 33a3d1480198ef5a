"""Strategies of families of problems, one for each way in which problems belong together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from toylab.claims.families.arrangements import MEASURES, mixed, with_noise
from toylab.claims.families.moved_point import moved
from toylab.claims.families.same_support import towards_unrestricted
from toylab.claims.kinds import CountKind, FamilyKind, LossKind, RegularizerKind, SupportKind, TermsKind
from toylab.errors import InputError
from toylab.falsification.losses import loss_pairs, regularizers
from toylab.falsification.measures import measure_pair, single_measures, sites
from toylab.falsification.spaces import Selection
from toylab.families import ProblemFamily
from toylab.losses import LossPair
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem
from toylab.regularizers import LipschitzBall, LipschitzPenalty, Regularizer

#: A fake point moves by this much where the derivative of V is looked at.
_STEP = 1e-5
_UNIT_BALL = LipschitzBall(1.0)


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """What the problems of one family are made of.

    Attributes:
        draw: Hypothesis's.
        selection: the kinds that may be drawn.
        terms: whether one problem gets other terms.
        count: how many points there are.
        dimension: of the points.
        losses: of the family.
        loss_kind: of which kind they are.
        regularizer: of the family.
    """

    draw: st.DrawFn
    selection: Selection
    terms: TermsKind
    count: CountKind
    dimension: int
    losses: LossPair
    loss_kind: LossKind
    regularizer: Regularizer

    def measures(self) -> tuple[DiscreteMeasure, DiscreteMeasure, SupportKind]:
        """(fake, real), and how their supports meet."""
        support = self.draw(st.sampled_from(self.selection.of(SupportKind)))
        two = self.count is CountKind.TWO
        places = self.draw(sites(support, self.dimension, least=2 if two else 3, most=2 if two else 4))
        return *measure_pair(places), support

    def problem(self) -> CriticProblem:
        """A problem with the family's terms."""
        fake, real, _ = self.measures()
        return CriticProblem(fake, real, self.losses, self.regularizer)

    def vector(self) -> np.ndarray:
        """Small whole numbers, not all 0."""
        entries = st.lists(st.integers(-3, 3), min_size=self.dimension, max_size=self.dimension)
        return np.array(self.draw(entries.filter(any)), dtype=np.float64)


def any_regularizer(draw: st.DrawFn, kinds: tuple[RegularizerKind, ...]) -> Regularizer:
    """A regulariser of one of the kinds; among balls the unit ball is the most frequent one."""
    kind = draw(st.sampled_from(kinds))
    if kind is RegularizerKind.BALL and draw(st.booleans()):
        return _UNIT_BALL
    return draw(regularizers(kind))


def _game(drawing: Drawing) -> ProblemFamily:
    kinds = drawing.selection.of(RegularizerKind)
    one = st.composite(lambda draw: any_regularizer(draw, kinds))()
    several = drawing.draw(st.lists(one, min_size=2, max_size=3, unique_by=lambda r: r.describe()))
    fake, real, _ = drawing.measures()
    problems = [CriticProblem(fake, real, drawing.losses, regularizer) for regularizer in several]
    if all(isinstance(r, LipschitzPenalty) and r.target == 0 for r in several):
        return ProblemFamily.along("one game", "λ", [(p.regularizer.weight, p) for p in problems])  # type: ignore[union-attr]
    if all(isinstance(r, LipschitzBall) for r in several):
        return ProblemFamily.along("one game", "K", [(p.regularizer.radius, p) for p in problems])  # type: ignore[union-attr]
    return ProblemFamily.in_roles("one game", {p.regularizer.describe(): p for p in problems})


def _scaled(drawing: Drawing) -> ProblemFamily:
    problem = drawing.problem()
    members = []
    for factor in (1.0, drawing.draw(st.sampled_from([2.0, 0.5, 3.0]))):
        fake, real = (DiscreteMeasure(factor * m.points, m.weights) for m in (problem.fake, problem.real))
        regularizer = problem.regularizer
        if isinstance(regularizer, LipschitzPenalty) and drawing.terms is TermsKind.SAME:
            regularizer = LipschitzPenalty(regularizer.weight * factor**2, regularizer.target / factor)
        members.append((factor, CriticProblem(fake, real, problem.losses, regularizer)))
    return ProblemFamily.along("in another unit", "c", members)


def _moves(drawing: Drawing) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    shift = drawing.vector()
    moves: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "translated": lambda z: z + shift,
        "mirrored": lambda z: -z,
        "in a larger space": lambda z: np.column_stack([z, np.ones(len(z))]),
    }
    if drawing.dimension == 2:
        moves["turned"] = lambda z: np.stack([-z[:, 1], z[:, 0]], axis=1)
    return moves


def _moved(drawing: Drawing) -> ProblemFamily:
    problem, moves = drawing.problem(), _moves(drawing)
    name = drawing.draw(st.sampled_from(list(moves)))
    fake, real = (DiscreteMeasure(moves[name](m.points), m.weights) for m in (problem.fake, problem.real))
    copy = CriticProblem(fake, real, problem.losses, problem.regularizer)
    return ProblemFamily.in_roles("moved by an isometry", {"as it is": problem, name: copy})


def _swapped(drawing: Drawing) -> ProblemFamily:
    problem = drawing.problem()
    return ProblemFamily.in_roles("swapped", {"as it is": problem, "swapped": problem.swapped()})


def _mixed(drawing: Drawing) -> ProblemFamily:
    share = drawing.draw(st.sampled_from([0.5, 0.25]))
    return mixed("mixtures", drawing.problem(), drawing.problem(), (share,))


def _noise(drawing: Drawing) -> ProblemFamily:
    clean = drawing.problem()
    atoms = np.stack([np.zeros(drawing.dimension), drawing.vector()])
    masses = np.array(drawing.draw(st.sampled_from([(0.5, 0.5), (0.75, 0.25)])))
    fake, real = (with_noise(m, atoms, masses) for m in (clean.fake, clean.real))
    noisy = CriticProblem(fake, real, clean.losses, clean.regularizer)
    return ProblemFamily.in_roles("common noise", {"without noise": clean, "with noise": noisy})


def _chain(drawing: Drawing) -> ProblemFamily:
    most = 1 if drawing.count is CountKind.TWO else 2
    measures = [drawing.draw(single_measures(drawing.dimension, 1, most)) for _ in MEASURES]
    roles = {
        f"{MEASURES[i]} and {MEASURES[j]}": CriticProblem(measures[i], measures[j], drawing.losses, drawing.regularizer)
        for i, j in ((0, 1), (1, 2), (0, 2))
    }
    return ProblemFamily.in_roles("three measures", roles)


def _free(drawing: Drawing) -> ProblemFamily:
    weights = drawing.draw(st.lists(st.sampled_from([1.0, 0.1, 1e-2, 1e-3]), min_size=1, max_size=2, unique=True))
    fake, real, _ = drawing.measures()
    return towards_unrestricted("penalties and none", fake, real, drawing.losses, tuple(weights))


def _fakes_move(drawing: Drawing) -> ProblemFamily:
    problem = drawing.problem()
    ways = np.stack([drawing.vector() for _ in range(len(problem.fake))])
    members = []
    for t in (0.0, *drawing.draw(st.sampled_from([(1.0,), (0.5, 1.0)]))):
        fake = DiscreteMeasure(problem.fake.points + t * ways, problem.fake.weights)
        members.append((t, CriticProblem(fake, problem.real, problem.losses, problem.regularizer)))
    return ProblemFamily.along("fakes that move", "t", members)


def _lines(drawing: Drawing) -> ProblemFamily:
    heights = drawing.draw(st.lists(st.integers(0, 4), min_size=1, max_size=3, unique=True))
    masses = drawing.draw(st.lists(st.integers(1, 3), min_size=len(heights), max_size=len(heights)))
    thetas = drawing.draw(st.lists(st.sampled_from([1.0, 0.0, 0.5, -1.0, 2.0]), min_size=1, max_size=2, unique=True))
    members = []
    for theta in thetas:
        fake, real = (DiscreteMeasure([[at, float(z)] for z in heights], masses) for at in (theta, 0.0))
        members.append((theta, CriticProblem(fake, real, drawing.losses, drawing.regularizer)))
    return ProblemFamily.along("parallel lines", "θ", members)


def _point(drawing: Drawing) -> ProblemFamily:
    problem = drawing.problem()
    index = drawing.draw(st.integers(0, len(problem.fake) - 1))
    return moved(problem, index, drawing.vector(), (_STEP,))


def _unrelated(drawing: Drawing) -> ProblemFamily:
    members = [(float(at), drawing.problem()) for at in range(1, 1 + drawing.draw(st.sampled_from([2, 3])))]
    return ProblemFamily.along("different measures", "number", members)


_MADE: dict[FamilyKind, Callable[[Drawing], ProblemFamily]] = {
    FamilyKind.GAME: _game,
    FamilyKind.SCALED: _scaled,
    FamilyKind.MOVED: _moved,
    FamilyKind.SWAPPED: _swapped,
    FamilyKind.MIXED: _mixed,
    FamilyKind.NOISE: _noise,
    FamilyKind.CHAIN: _chain,
    FamilyKind.FREE: _free,
    FamilyKind.FAKES_MOVE: _fakes_move,
    FamilyKind.LINES: _lines,
    FamilyKind.POINT: _point,
    FamilyKind.UNRELATED: _unrelated,
}


def problem_family(kind: FamilyKind, drawing: Drawing) -> ProblemFamily:
    """A family of the given kind; with other terms, its last problem has another regulariser, or other losses."""
    family = _MADE[kind](drawing)
    if drawing.terms is TermsKind.SAME or kind is FamilyKind.SCALED:
        return family
    *others, last = family.members
    changes: dict[str, Any] = {"losses": last.losses, "regularizer": last.regularizer}
    if kind in {FamilyKind.GAME, FamilyKind.FREE} or drawing.draw(st.sampled_from([False, False, True])):
        changes["losses"] = drawing.draw(loss_pairs(drawing.loss_kind))
    else:
        changes["regularizer"] = any_regularizer(drawing.draw, drawing.selection.of(RegularizerKind))
    return replace(family, members=(*others, CriticProblem(last.fake, last.real, **changes)))


def drawable(selection: Selection) -> tuple[FamilyKind, ...]:
    """The kinds of families of a selection that its regularisers allow.

    Raises:
        InputError: none is left.
    """
    regularizer = selection.of(RegularizerKind)
    free = {RegularizerKind.PENALTY, RegularizerKind.UNRESTRICTED} <= set(regularizer)
    kinds = tuple(kind for kind in selection.of(FamilyKind) if free or kind is not FamilyKind.FREE)
    if not kinds:
        raise InputError("a family with and without penalties needs both among its regularisers.")
    return kinds
