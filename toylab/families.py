"""Several problems looked at together: along a parameter, or in roles such as 'left', 'right' and 'mixture'.

A `ProblemFamily` names problems; once somebody has solved them it is a `Family` of candidates, the subject of
statements that compare optima: how V and k* change with λ, whether a divergence is convex, a metric, continuous.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar

import numpy as np

from toylab.errors import InputError, real_number, unknown_name
from toylab.markup import card, facts, number, quiet, table
from toylab.problem import CriticProblem
from toylab.solution import Candidate

Member = TypeVar("Member")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class _Arranged(Generic[Member]):
    """Named members in order, each with a label and a place on an axis.

    Attributes:
        name: what the family is about.
        parameter: what the places are values of; "" where members are told apart by their roles alone.
        labels: one for each member, all different.
        at: one finite number for each member; the position in the order where there is no parameter.
        members: the members.
    """

    name: str
    parameter: str
    labels: tuple[str, ...]
    at: tuple[float, ...]
    members: tuple[Member, ...]

    def __post_init__(self) -> None:
        count = len(self.members)
        if count == 0:
            raise InputError(f"the family {self.name!r} has no members; give at least one.")
        for what in ("labels", "at"):
            if len(getattr(self, what)) != count:
                raise InputError(f"the family {self.name!r} has {count} members but {len(getattr(self, what))} {what}.")
        if len(set(self.labels)) < count:
            raise InputError(f"the labels of the family {self.name!r} must all be different, got {list(self.labels)}.")
        object.__setattr__(self, "at", tuple(real_number(at, f"a place in the family {self.name!r}") for at in self.at))

    @classmethod
    def along(cls, name: str, parameter: str, members: Iterable[tuple[float, Member]]) -> Self:
        """Members along a parameter, each given with its value of it; they are put into rising order."""
        ordered = sorted(members, key=lambda pair: pair[0])
        at = tuple(float(place) for place, _ in ordered)
        labels = tuple(f"{parameter} = {place:.10g}" for place in at)
        return cls(name=name, parameter=parameter, labels=labels, at=at, members=tuple(m for _, m in ordered))

    @classmethod
    def in_roles(cls, name: str, members: dict[str, Member]) -> Self:
        """Members in roles, in the order given."""
        at = tuple(map(float, range(len(members))))
        return cls(name=name, parameter="", labels=tuple(members), at=at, members=tuple(members.values()))

    def __len__(self) -> int:
        return len(self.members)

    def role(self, label: str) -> Member:
        """The member with this label.

        Raises:
            InputError: there is none.
        """
        if label not in self.labels:
            raise unknown_name(f"member of the family {self.name!r}", label, self.labels)
        return self.members[self.labels.index(label)]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.describe()})"

    def describe(self) -> str:
        """One line."""
        if not self.parameter:
            return f"{self.name}: {', '.join(self.labels)}"
        return f"{self.name}: {len(self)} problems along {self.parameter} from {self.at[0]:.4g} to {self.at[-1]:.4g}"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ProblemFamily(_Arranged[CriticProblem]):
    """Problems that belong together and are still to be solved."""

    def solved(self, solver: Callable[[CriticProblem], Candidate]) -> Family:
        """The family of candidates that `solver` finds for the problems."""
        return Family(
            name=self.name,
            parameter=self.parameter,
            labels=self.labels,
            at=self.at,
            members=tuple(solver(problem) for problem in self.members),
        )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Family(_Arranged[Candidate]):
    """Candidates that belong together: the subject of statements that compare solved problems."""

    def describe(self) -> str:
        """One line: what varies, the constants and values, the loosest certificate."""
        gap = max(float(member.certificate.relative_gap) for member in self.members)
        k = [member.lipschitz_constant for member in self.members]
        value = [member.value for member in self.members]
        return f"{super().describe()}; k {_span(k)}, V {_span(value)}, relative gaps of at most {number(gap, 2)}"

    def _repr_html_(self) -> str:
        rows = [
            (
                label,
                number(member.lipschitz_constant, 8),
                number(member.value, 10),
                number(float(member.certificate.relative_gap), 2),
                member.problem.describe(),
            )
            for label, member in zip(self.labels, self.members, strict=True)
        ]
        header = (self.parameter or "role", "k", "value V", "relative gap", "problem")
        return card(f"Family: {self.name}", facts([]), table(header, rows), quiet("toylab.plot(…) draws it"))

    def to_json(self) -> dict[str, Any]:
        """Every member with all that is needed to check it again."""
        return {
            "subject": "family",
            "name": self.name,
            "parameter": self.parameter,
            "labels": list(self.labels),
            "at": list(self.at),
            "members": [member.to_json() for member in self.members],
        }

    @staticmethod
    def from_json(data: dict[str, Any]) -> Family:
        """The family of `to_json`, every member certified anew.

        Raises:
            InputError: a field is missing, or does not fit.
        """
        try:
            members = tuple(Candidate.from_json(member) for member in data["members"])
            return Family(
                name=str(data["name"]),
                parameter=str(data["parameter"]),
                labels=tuple(map(str, data["labels"])),
                at=tuple(data["at"]),
                members=members,
            )
        except (KeyError, TypeError) as error:
            raise InputError(
                f"a family in JSON is what Family.to_json() wrote; this one does not fit ({error!r})."
            ) from None


def _span(values: list[float]) -> str:
    low, high = float(np.min(values)), float(np.max(values))
    return f"= {number(low, 6)}" if low == high else f"from {number(low, 6)} to {number(high, 6)}"
