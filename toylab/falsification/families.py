"""The search space of families: problems that belong together, solved, and where their critics come from.

A family takes two or three solutions, a tenth of a second and more, so that the table of necessity looks at a quarter
as many of them as of other subjects.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from typing_extensions import override

from toylab.claims.kinds import (
    CountKind,
    CriticKind,
    FamilyKind,
    LossKind,
    RegularizerKind,
    SupportKind,
    TermsKind,
)
from toylab.falsification.arrangements import Drawing, any_regularizer, drawable, problem_family
from toylab.falsification.candidates import VALUES, CandidateRecipe, load_engines, often_optimal
from toylab.falsification.fractions import listed
from toylab.falsification.losses import loss_pairs
from toylab.falsification.spaces import AbstractRecipe, SearchSpace, Selection
from toylab.families import Family, ProblemFamily
from toylab.regularizers import Unrestricted


@dataclass(frozen=True, kw_only=True, eq=False)
class FamilyRecipe(AbstractRecipe):
    """Problems that belong together, and how the critic of each is made.

    Attributes:
        problems: the family, not solved yet.
        members: how its candidates are made.
        labels: what was drawn.
    """

    problems: ProblemFamily
    members: tuple[CandidateRecipe, ...]
    labels: tuple[str, ...]

    @override
    def subject(self) -> Family:
        return self._family([member.subject() for member in self.members])

    @override
    def second_opinion(self) -> tuple[Family, str]:
        """Every member by the reference solver, and how the first and the odd one out were found."""
        opinions = [member.second_opinion() for member in self.members]
        said = dict.fromkeys(how for _, how in opinions)
        return self._family([candidate for candidate, _ in opinions]), "; ".join(said)

    def _family(self, members: list[Any]) -> Family:
        solved = iter(members)
        return self.problems.solved(lambda problem: next(solved))

    @property
    @override
    def numbers(self) -> dict[str, float]:
        return self.members[0].numbers

    @override
    def size(self) -> tuple[float, ...]:
        sizes = np.sum([member.size() for member in self.members], axis=0)
        return len(self.members), *map(float, sizes)

    @override
    def words(self, subject: Family) -> list[tuple[str, str]]:
        told = [dict(one.words(solved)) for one, solved in zip(self.members, subject.members, strict=True)]
        critics = [
            f"{one.kind.value}, V = {solved.value:.6g}, k = {solved.lipschitz_constant:.6g}"
            for one, solved in zip(self.members, subject.members, strict=True)
        ]
        shared = [
            (name, self._joined([words[name] for words in told])) for name in ("fake", "real", "losses", "regulariser")
        ]
        return [
            ("family", f"{subject.name}: {listed(subject.labels)}"),
            *shared,
            ("critic", self._joined(critics)),
        ]

    def _joined(self, told: list[str]) -> str:
        """What all members have in common, or what each of them has."""
        if len(set(told)) == 1:
            return told[0]
        return "; ".join(f"{label}: {one}" for label, one in zip(self.problems.labels, told, strict=True))


@st.composite
def family_recipes(draw: st.DrawFn, selection: Selection) -> FamilyRecipe:
    """A family of the selected kinds; of critics that are not optimal it has one."""
    kind = draw(st.sampled_from(drawable(selection)))
    critic = draw(st.sampled_from(often_optimal(_values_only(selection.of(CriticKind)))))
    loss = draw(st.sampled_from(_attained(selection.of(LossKind))))
    terms = draw(st.sampled_from(_often_same(selection.of(TermsKind))))
    count = draw(st.sampled_from(selection.of(CountKind)))
    dimension = 2 if kind is FamilyKind.LINES else draw(st.sampled_from([1, 2]))
    drawing = Drawing(
        draw=draw,
        selection=selection,
        terms=terms,
        count=count,
        dimension=dimension,
        losses=draw(loss_pairs(loss)),
        loss_kind=loss,
        regularizer=any_regularizer(draw, selection.of(RegularizerKind)),
    )
    problems = problem_family(kind, drawing)
    labels = [f"family: {kind.value}", f"losses: {loss.value}", f"critics: {critic.value}", f"dimension: {dimension}"]
    labels += [f"terms: {terms.value}", f"points: {count.value}"]
    labels += [f"regulariser: {'none' if isinstance(drawing.regularizer, Unrestricted) else 'some'}"]
    return FamilyRecipe(problems=problems, members=_members(draw, problems, critic), labels=tuple(labels))


def _members(draw: st.DrawFn, problems: ProblemFamily, critic: CriticKind) -> tuple[CandidateRecipe, ...]:
    """Optimal critics, but for one where another kind is asked for."""
    members = [
        CandidateRecipe(
            problem=problem,
            kind=CriticKind.OPTIMAL,
            labels=(),
            values=np.zeros(0),
            direction=np.zeros(problem.dimension),
        )
        for problem in problems.members
    ]
    if critic is not CriticKind.OPTIMAL:
        odd = draw(st.integers(0, len(members) - 1))
        count = len(members[odd].problem.support.points)
        given = critic is CriticKind.GIVEN
        values = draw(st.lists(VALUES, min_size=count, max_size=count)) if given else []
        members[odd] = replace(members[odd], kind=critic, values=np.array(values, dtype=np.float64))
    return tuple(members)


def _values_only(kinds: tuple[CriticKind, ...]) -> tuple[CriticKind, ...]:
    """Statements on families are about values: gradients between the points play no part in them."""
    return tuple(kind for kind in kinds if kind is not CriticKind.STEERED) or (CriticKind.OPTIMAL,)


def _attained(kinds: tuple[LossKind, ...]) -> tuple[LossKind, ...]:
    """Losses with an optimal constant, where there are any: every member but one is solved."""
    return tuple(kind for kind in kinds if kind is not LossKind.UNATTAINED) or kinds


def _often_same(kinds: tuple[TermsKind, ...]) -> list[TermsKind]:
    """Where common terms are drawn at all, they are three quarters of what is drawn."""
    same = [TermsKind.SAME] if TermsKind.SAME in kinds else []
    return [*same * 2, *kinds]


FAMILIES = SearchSpace(
    axes=(FamilyKind, TermsKind, CountKind, LossKind, RegularizerKind, SupportKind, CriticKind),
    recipes=family_recipes,
    prepare=load_engines,
    share=0.25,
)
