"""falsify(): look for a subject on which a claim is violated, shrink it, and have it confirmed.

Hypothesis draws, aims at small margins and shrinks; a budget of examples and one of seconds bound it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any
from unittest import mock

import hypothesis
from hypothesis import Phase, Verbosity
from hypothesis import strategies as st
from hypothesis.errors import Flaky, NoSuchExample, Unsatisfiable

from toylab import claims as _claims
from toylab.claims import Claim, Hypothesis, Verdict, VerdictStatus
from toylab.errors import InputError, ToylabError, real_number, whole_number
from toylab.falsification.coverage import Coverage
from toylab.falsification.results import Counterexample, Ending, SearchResult
from toylab.falsification.spaces import AbstractRecipe, named_hypotheses, space_for

#: progress(done, total, what)
Progress = Callable[[int, int, str], None]

#: How many of the smallest violated subjects are put before the second opinion until one is confirmed.
_OPINIONS = 8


class _OutOfTimeError(BaseException):
    """Leaves the search at once; Hypothesis lets everything through that is no Exception."""


@dataclass(kw_only=True, eq=False)
class _Search:
    """One search while it runs."""

    claim: Claim
    waived: tuple[Hypothesis, ...]
    examples: int
    deadline: float
    progress: Progress | None
    coverage: Coverage = field(default_factory=Coverage)
    violated: list[AbstractRecipe] = field(default_factory=list)
    first_found: float | None = None
    shrink_steps: int = 0

    def violates(self, recipe: AbstractRecipe) -> bool:
        """Whether the claim is violated on a recipe's subject; counts, aims and keeps what is found."""
        if time.perf_counter() > self.deadline:
            raise _OutOfTimeError
        shrinking = bool(self.violated)
        self.shrink_steps += shrinking
        self._advance(shrinking)
        try:
            subject = recipe.subject()
            breaks = self.broken(subject)
            if self.waived and not breaks and self.claim.expected is VerdictStatus.VIOLATED:
                self.coverage.met_anyway += not shrinking  # false as it stands: nothing to be learnt
                return False
            verdict = self.claim.check(subject, waive=breaks)
        except ToylabError as error:
            if not shrinking:
                self.coverage.impossible[_kind_of(error)] += 1
            hypothesis.reject()
        if not shrinking:
            self.coverage.add(recipe, verdict.status, verdict.unmet)
        if verdict.margin == verdict.margin:  # not NaN
            hypothesis.target(-max(min(verdict.margin, 1e9), -1e9), label="violation")
        if verdict.status is not VerdictStatus.VIOLATED:
            return False
        if self.first_found is None:
            self.first_found = time.perf_counter()
        self.violated.append(recipe)
        return True

    def broken(self, subject: Any) -> tuple[str, ...]:
        """The waived hypotheses that the subject really breaks: one that holds need not be waived."""
        return tuple(hypothesis.name for hypothesis in self.waived if not hypothesis.test(subject))

    def _advance(self, shrinking: bool) -> None:
        if self.progress is not None:
            what = "shrinking" if shrinking else "searching"
            self.progress(min(self.coverage.tried, self.examples), self.examples, what)

    def confirmed(self) -> tuple[Counterexample | None, tuple[str, ...]]:
        """The smallest violated subject that stands up to the second opinion, and what did not before it."""
        failed: list[str] = []
        for recipe in sorted(self.violated, key=lambda one: one.size())[:_OPINIONS]:
            found, why_not = self._confirm(recipe)
            if found is not None:
                return found, ()
            failed.append(why_not)
        return None, tuple(dict.fromkeys(failed))

    def _confirm(self, recipe: AbstractRecipe) -> tuple[Counterexample | None, str]:
        verdict = self._verdict(recipe.subject())
        try:
            with recipe.confirming():
                second, how = recipe.second_opinion()
                opinion = self._verdict(second)
        except ToylabError as error:
            return None, str(error)
        same = opinion.status is VerdictStatus.VIOLATED and opinion.waived == verdict.waived
        if not same:
            return None, f"{opinion!r} by {how}, {verdict!r} before"
        return Counterexample(recipe=recipe, verdict=verdict, breaks=verdict.waived, confirmed_by=how), ""

    def _verdict(self, subject: Any) -> Verdict:
        return self.claim.check(subject, waive=self.broken(subject))


def _kind_of(error: ToylabError) -> str:
    """The first words of a refusal, without the numbers of the case."""
    return str(error).split(":")[0].split(";")[0]


def falsify(
    claim: Claim | str,
    *,
    without: Iterable[str] = (),
    examples: int = 300,
    seconds: float = 60.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> SearchResult:
    """Look for a counterexample to a claim, or to what is left of it without some of its hypotheses.

    Subjects are drawn from the space of the claim's subject type; kinds on which a hypothesis in force fails are left
    out, and those of a waived one are drawn alone. A waived hypothesis is only really waived on subjects that break
    it. What is violated is shrunk to few points and small fractions and then decided again on a subject made
    independently (cvxpy with Clarabel where a solver had a part in it).

    Args:
        claim: a claim, its id or an alias.
        without: names of hypotheses that are waived.
        examples: how many subjects are drawn at most, those not counted that cannot be made.
        seconds: how long to search and shrink.
        seed: the same seed draws the same subjects; with a budget of seconds that is not reached, the same result.
        progress: called as progress(done, total, what).

    Returns:
        A SearchResult; its counterexample is None where nothing was found, which is no proof.

    Raises:
        InputError: unknown claim or hypothesis, no search space for the claim's subjects, or a budget out of range.
    """
    chosen = claim if isinstance(claim, Claim) else _claims.get(claim)
    waived = named_hypotheses(chosen, without)
    examples = whole_number(examples, "the budget of examples", least=1)
    seconds = real_number(seconds, "the budget of seconds")
    if seconds <= 0:
        raise InputError(f"the budget of seconds must be positive, got {seconds:g}.")
    seed = whole_number(seed, "the seed", least=0)
    space = space_for(chosen)
    recipes = st.one_of([space.recipes(selection) for selection in space.selections(chosen, waived)])
    space.prepare()
    start = time.perf_counter()
    search = _Search(claim=chosen, waived=waived, examples=examples, deadline=start + seconds, progress=progress)
    ending = _run(search, recipes, seed)
    until = search.first_found or time.perf_counter()
    counterexample, unconfirmed = search.confirmed()
    return SearchResult(
        claim=chosen,
        without=tuple(hypothesis.name for hypothesis in waived),
        seed=seed,
        counterexample=counterexample,
        coverage=search.coverage,
        ending=ending,
        shrink_steps=search.shrink_steps,
        unconfirmed=unconfirmed,
        seconds=time.perf_counter() - start,
        search_seconds=until - start,
    )


def _run(search: _Search, recipes: st.SearchStrategy[AbstractRecipe], seed: int) -> Ending:
    """Let Hypothesis search and shrink; everything found is kept in the search."""
    settings = hypothesis.settings(
        max_examples=search.examples,
        database=None,
        deadline=None,
        derandomize=False,
        phases=(Phase.generate, Phase.target, Phase.shrink),
        verbosity=Verbosity.quiet,
    )
    ending = Ending.EXAMPLES
    with _drawing_only_by_seed():
        try:
            hypothesis.find(recipes, search.violates, settings=settings, random=Random(seed))
            ending = Ending.FOUND
        except (NoSuchExample, Unsatisfiable):
            pass
        except Flaky:  # a verdict at the edge came out differently the second time; what was found is confirmed anyway
            ending = Ending.CUT_SHORT
        except _OutOfTimeError:
            ending = Ending.CUT_SHORT if search.violated else Ending.SECONDS
        except KeyboardInterrupt:
            ending = Ending.INTERRUPTED
    return ending


@contextmanager
def _drawing_only_by_seed() -> Iterator[None]:
    """Keep Hypothesis from mixing in constants of whatever modules happen to be loaded, in versions that do.

    It draws some numbers from the constants of local source files, so that the same seed would draw differently
    before and after a lazy import, and from an installed package; and it would write them to a folder of its own.
    """
    from hypothesis.internal.conjecture import providers

    provider = getattr(providers, "HypothesisProvider", None)
    if not hasattr(provider, "_maybe_draw_constant"):
        yield
        return
    with mock.patch.object(provider, "_maybe_draw_constant", return_value=None):
        yield
