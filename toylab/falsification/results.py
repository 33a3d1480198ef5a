"""What a search found: a confirmed minimal counterexample, or what it tried."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy as np

from toylab.claims import Claim, Evidence, Verdict, VerdictStatus
from toylab.falsification.coverage import Coverage
from toylab.falsification.spaces import AbstractRecipe
from toylab.markup import card, facts, lines, quiet
from toylab.verification.reports import ExitCode


class Ending(Enum):
    """Why a search ended."""

    FOUND = "a counterexample was found and shrunk"
    CUT_SHORT = "a counterexample was found; shrinking it ran out of time"
    EXAMPLES = "the budget of examples was spent"
    SECONDS = "the budget of seconds was spent"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, kw_only=True, eq=False)
class Counterexample:
    """A subject on which a claim is violated, confirmed independently.

    Attributes:
        recipe: how the subject is made.
        verdict: the verdict on it, with the hypotheses waived that it breaks.
        breaks: names of these hypotheses; none where the statement fails as it stands.
        confirmed_by: how the verdict was confirmed.
    """

    recipe: AbstractRecipe = field(repr=False)
    verdict: Verdict
    breaks: tuple[str, ...]
    confirmed_by: str

    @property
    def subject(self) -> Any:
        """The subject."""
        return self.verdict.subject

    def rows(self) -> list[tuple[str, str]]:
        """What the subject is, and the numbers that contradict the claim."""
        rows = self.recipe.words(self.subject)
        index, evidence = self.verdict.worst(), self.verdict.evidence
        if evidence is not None and index is not None:
            rows.append(("contradiction", _contradiction(evidence, index)))
        broken = ", ".join(self.breaks) or "no hypothesis: the statement fails as it stands"
        return [*rows, ("breaks", broken), ("confirmed", self.confirmed_by)]

    def to_json(self) -> dict[str, Any]:
        """Plain data that `toylab check` reads; `claim` and `waive` say how."""
        return {
            "claim": self.verdict.claim.id,
            "waive": list(self.breaks),
            "confirmed_by": self.confirmed_by,
            "margin": self.verdict.margin,
            "summary": dict(self.rows()),
            **self.recipe.to_json(self.subject),
        }


def _contradiction(evidence: Evidence, index: int) -> str:
    """The deciding entry in words."""
    what, off, allowed = evidence.labels[index], evidence.residual[index], evidence.error[index]
    if not np.isfinite(off):
        return f"{what}: nothing there that could meet the statement"
    return f"{what}: off by {off:.6g}, where at most {allowed:.2g} would be compatible with the statement"


@dataclass(frozen=True, kw_only=True, eq=False)
class SearchResult:
    """The outcome of a search.

    Attributes:
        claim: the claim.
        without: names of the waived hypotheses.
        seed: that reproduces the search.
        counterexample: None where none was found and confirmed.
        coverage: what was tried before.
        ending: why the search ended.
        shrink_steps: how many smaller subjects were looked at afterwards.
        unconfirmed: violated verdicts that the second opinion did not confirm, in words.
        seconds: that it took, shrinking and confirmation included.
        search_seconds: of these, until the first counterexample or the end.
    """

    claim: Claim
    without: tuple[str, ...]
    seed: int
    counterexample: Counterexample | None
    coverage: Coverage
    ending: Ending
    shrink_steps: int = 0
    unconfirmed: tuple[str, ...] = ()
    seconds: float = 0.0
    search_seconds: float = 0.0

    def __repr__(self) -> str:
        found = "nothing found" if self.counterexample is None else repr(self.counterexample.verdict)
        return f"SearchResult({self.claim.id}: {found}, {self.coverage.tried} tried, seed {self.seed})"

    @property
    def examples_per_second(self) -> float:
        """Speed of the search before shrinking."""
        return self.coverage.tried / self.search_seconds if self.search_seconds > 0 else 0.0

    @property
    def wanted(self) -> bool:
        """Whether a counterexample is what is expected: the statement is false, or a hypothesis is waived."""
        return bool(self.without) or self.claim.expected is VerdictStatus.VIOLATED

    @property
    def exit_code(self) -> ExitCode:
        """0 as expected, 1 not; 3 where nothing was decided, a wanted counterexample was not found or not confirmed."""
        if self.counterexample is not None:
            fails_as_it_stands = not self.counterexample.breaks and self.claim.expected is VerdictStatus.HOLDS
            good = self.wanted and not fails_as_it_stands
            return ExitCode.AS_EXPECTED if good else ExitCode.NOT_AS_EXPECTED
        if self.wanted or self.unconfirmed or not self.coverage.decided:
            return ExitCode.INCONCLUSIVE
        return ExitCode.AS_EXPECTED

    def conclusion(self) -> str:
        """One sentence."""
        dropped = f" without {', '.join(self.without)}" if self.without else ""
        if self.counterexample is not None:
            expected = "as expected" if self.exit_code is ExitCode.AS_EXPECTED else "NOT as expected"
            return f"{self.claim.id}{dropped} is violated, {expected}: {self.ending.value}."
        if self.unconfirmed:
            return f"{self.claim.id}{dropped}: violated verdicts that were not confirmed; nothing is concluded."
        return (
            f"{self.claim.id}{dropped}: no counterexample among {self.coverage.decided} decided subjects "
            f"({self.ending.value}). This is a search, not a proof."
        )

    def text(self) -> str:
        """The whole report in plain lines."""
        parts = [self.conclusion()]
        if self.counterexample is not None:
            rows = self.counterexample.rows()
            width = max(len(name) for name, _ in rows)
            parts += [f"  {name:<{width}}  {value}" for name, value in rows]
        parts += [f"  not confirmed: {words}" for words in self.unconfirmed]
        speed = f"{self.examples_per_second:.1f} a second, seed {self.seed}"
        parts.append(f"Coverage ({speed}; {self.shrink_steps} steps of shrinking, {self.seconds:.1f} s in all)")
        parts += [f"  {line}" for line in self.coverage.lines()]
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        rows: list[tuple[str, Any]] = [] if self.counterexample is None else list(self.counterexample.rows())
        return card(
            f"SearchResult {self.claim.id}",
            facts([("", self.conclusion()), *rows]),
            quiet(lines(self.coverage.lines())),
        )

    def to_json(self) -> dict[str, Any]:
        """Plain data, without the time it took."""
        found = self.counterexample
        return {
            "claim": self.claim.id,
            "without": list(self.without),
            "seed": self.seed,
            "ending": self.ending.name.lower(),
            "coverage": self.coverage.to_json(),
            "unconfirmed": list(self.unconfirmed),
            "counterexample": None if found is None else found.to_json(),
        }
