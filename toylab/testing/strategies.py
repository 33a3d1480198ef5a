"""Hypothesis strategies of measures, critic problems and solved candidates, with filters by keyword.

Points lie on an integer grid, at least 1 apart; masses are ratios of small whole numbers. Whatever fails shrinks to
few points with small fractions.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st

from toylab import losses as _losses
from toylab.claims.kinds import LossKind, RegularizerKind, SupportKind
from toylab.errors import InputError, whole_number
from toylab.falsification.losses import loss_pairs
from toylab.falsification.losses import regularizers as _regularizers
from toylab.falsification.measures import measure_pair, single_measures, sites
from toylab.losses import LossPair
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem
from toylab.regularizers import Regularizer
from toylab.solution import Solution

_SMOOTH = (LossKind.WASSERSTEIN, LossKind.CURVED, LossKind.COMBINED, LossKind.MIXED, LossKind.COMPOSED)
_RESTRICTING = (RegularizerKind.PENALTY, RegularizerKind.BALL)
_SUPPORTS = {
    None: tuple(SupportKind),
    True: (SupportKind.OVERLAPPING, SupportKind.SAME, SupportKind.EQUAL),
    False: (SupportKind.DISJOINT,),
}
_DIMENSIONS = (1, 2, 3)


def measures(
    *, sizes: tuple[int, int] = (1, 6), dimension: int | Iterable[int] = _DIMENSIONS
) -> st.SearchStrategy[DiscreteMeasure]:
    """Measures on an integer grid; points may coincide or carry no mass.

    Args:
        sizes: least and largest number of points.
        dimension: of the points, or several to choose from.

    Raises:
        InputError: sizes or dimensions that are no positive whole numbers.
    """
    least, most = _checked_sizes(sizes, least=1)
    return st.sampled_from(_checked_dimensions(dimension)).flatmap(lambda d: single_measures(d, least, most))


def problems(
    *,
    losses: Any = None,
    regularizers: Any = None,
    overlap: bool | None = None,
    sizes: tuple[int, int] = (2, 6),
    dimension: int | Iterable[int] = _DIMENSIONS,
    zero_weights: bool = True,
) -> st.SearchStrategy[CriticProblem]:
    """Critic problems that have an optimum.

    Args:
        losses: a loss pair, the name or expression of one, or several of them; every kind that meets condition (11)
            when not given.
        regularizers: a regulariser or several; penalties and balls when not given.
        overlap: whether the supports share points; either when not given.
        sizes: least and largest number of different points, of both measures together; at least 2.
        dimension: of the points, or several to choose from.
        zero_weights: whether points without mass occur.

    Raises:
        InputError: an argument of another kind, or an unknown loss.
    """
    least, most = _checked_sizes(sizes, least=2)
    if not isinstance(overlap, bool | None):
        raise InputError(f"overlap must be True, False or None, got {overlap!r}.")
    dimensions = _checked_dimensions(dimension)
    pairs, costs = _loss_strategy(losses), _regularizer_strategy(regularizers)

    @st.composite
    def drawn(draw: st.DrawFn) -> CriticProblem:
        kind = draw(st.sampled_from(_SUPPORTS[overlap]))
        places = draw(sites(kind, draw(st.sampled_from(dimensions)), least=least, most=most, zero_weights=zero_weights))
        fake, real = measure_pair(places)
        return CriticProblem(fake, real, draw(pairs), draw(costs))

    return drawn()


def candidates(
    problems: st.SearchStrategy[CriticProblem] | None = None,
) -> st.SearchStrategy[Solution]:
    """Certified optimal critics: problems with the solution of the exact solver that fits each.

    Args:
        problems: the problems; those of `problems()` when not given.
    """
    from toylab.solvers.solving import solve

    drawn = _any_problems() if problems is None else problems
    if not isinstance(drawn, st.SearchStrategy):
        raise InputError(f"candidates takes a strategy of problems, got {drawn!r}.")
    return drawn.map(lambda problem: solve(problem, throw=False))


def _any_problems() -> st.SearchStrategy[CriticProblem]:
    return problems()


def _checked_sizes(sizes: Any, *, least: int) -> tuple[int, int]:
    try:
        low, high = sizes
    except (TypeError, ValueError):
        raise InputError(f"sizes are two whole numbers, least and largest, got {sizes!r}.") from None
    low, high = whole_number(low, "the least size", least=1), whole_number(high, "the largest size", least=least)
    if low > high:
        raise InputError(f"the least size {low} exceeds the largest {high}.")
    return max(low, least), high


def _checked_dimensions(dimension: Any) -> tuple[int, ...]:
    several = tuple(dimension) if isinstance(dimension, Iterable) else (dimension,)
    if not several:
        raise InputError("dimension needs at least one number.")
    return tuple(whole_number(one, "dimension", least=1) for one in several)


def _loss_strategy(chosen: Any) -> st.SearchStrategy[LossPair]:
    if chosen is None:
        return st.sampled_from(_SMOOTH).flatmap(loss_pairs)
    several = (chosen,) if isinstance(chosen, str | LossPair) else tuple(chosen)
    pairs = [_losses.get(one) if isinstance(one, str) else one for one in several]
    if not pairs or not all(isinstance(pair, LossPair) for pair in pairs):
        raise InputError(f"losses are a LossPair, a name, or several of them, got {chosen!r}.")
    return st.sampled_from(pairs)


def _regularizer_strategy(chosen: Any) -> st.SearchStrategy[Regularizer]:
    if chosen is None:
        return st.sampled_from(_RESTRICTING).flatmap(_regularizers)
    several = [chosen] if isinstance(chosen, Regularizer) else list(chosen)
    if not several or not all(isinstance(one, Regularizer) for one in several):
        raise InputError(f"regularizers are a Regularizer or several of them, got {chosen!r}.")
    return st.sampled_from(several)
