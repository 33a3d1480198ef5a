"""Claims as data: a statement, its hypotheses, what is measured, and the controls that must fail.

A measure reports residuals with rigorous error bounds and draws no conclusion; `decide` is the only place
where numbers become a status.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any

import numpy as np

from toylab.claims import faces
from toylab.claims.cases import Budget, Case
from toylab.claims.explanation import explain
from toylab.claims.kinds import Kind
from toylab.condition import Condition
from toylab.errors import InputError, unknown_name

#: How a person gets a subject of each kind.
_MAKERS = {
    "Candidate": "toylab.solve(problem) gives one, and Candidate.of(problem, critic) makes one of any critic",
    "FunctionOnPair": "make one of a critic, its constant and two points that it joins at full slope",
    "FunctionOnChain": "make one of a critic, its constant and three points that it joins at full slope, one by one",
    "Family": "Family.along(name, parameter, [(value, solution), …]) makes one of solutions",
    "DensityPair": "make one of two distributions with densities, and an objective: DensityPair(fake, real, objective)",
    "GeneratorUpdate": "GeneratorUpdate.against_the_optimum(generator, latent, real) makes one",
    "GeneratorPath": "GeneratorPath.along(generator, thetas, latent=…, real=…) makes one of a generator",
    "DiracTraining": "DiracTraining(game=DiracGAN(method=…), rule=Simultaneous(step=0.1)) makes one (toylab.diracgan)",
    "ManifoldPair": "make one of two distributions on boxes, segments and points: ManifoldPair(fake, real)",
}


class VerdictStatus(Enum):
    """What a check can end with."""

    HOLDS = "holds"
    VIOLATED = "violated"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not-applicable"


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """What was measured, entry by entry.

    Attributes:
        residual: (e,), how far the statement is from true at this entry; 0 where it is met exactly.
        error: (e,), a rigorous bound on the residual that would remain if the statement were true.
        resolution: (e,), the largest error with which a verdict still means something.
        scale: (e,), the unit in which margins are expressed.
        labels: what each entry is about.
        arrays: whatever a person needs to plot the case or to put it into words, rows along the first axis.
    """

    residual: np.ndarray
    error: np.ndarray
    resolution: np.ndarray
    scale: np.ndarray
    labels: Sequence[str]
    arrays: Mapping[str, np.ndarray] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(
        cls,
        residual: Any,
        error: Any,
        *,
        resolution: Any,
        scale: Any,
        labels: Sequence[str],
        arrays: Mapping[str, np.ndarray] | None = None,
    ) -> Evidence:
        """Evidence with every column broadcast to the residual's length."""
        first = np.atleast_1d(np.asarray(residual, dtype=np.float64))

        def column(values: Any) -> np.ndarray:
            return np.array(np.broadcast_to(np.asarray(values, dtype=np.float64), first.shape))

        if len(labels) != len(first):
            raise InputError(f"evidence has {len(first)} entries but {len(labels)} labels.")
        return cls(
            residual=first,
            error=column(error),
            resolution=column(resolution),
            scale=column(scale),
            labels=tuple(labels),
            arrays=MappingProxyType(dict(arrays or {})),
        )

    @classmethod
    def nothing(cls) -> Evidence:
        """No entry at all: what is measured where nothing falls under a statement."""
        return cls.of([], [], resolution=[], scale=[], labels=())

    @classmethod
    def joined(cls, parts: Sequence[Evidence]) -> Evidence:
        """All entries of several pieces of evidence; arrays of one name follow one another as entries do."""
        if not parts:
            return cls.nothing()
        columns = {
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in ("residual", "error", "resolution", "scale")
        }
        labels = tuple(label for part in parts for label in part.labels)
        names = dict.fromkeys(name for part in parts for name in part.arrays)
        arrays = {name: np.concatenate([part.arrays[name] for part in parts if name in part.arrays]) for name in names}
        return cls(labels=labels, arrays=MappingProxyType(arrays), **columns)

    def __len__(self) -> int:
        return len(self.residual)

    def __repr__(self) -> str:
        least = f", least margin {self.margins().min():.3g}" if len(self) else ""
        return f"Evidence({len(self)} entries{least})"

    def margins(self) -> np.ndarray:
        """(error − residual)/scale, (e,): negative where the statement is violated."""
        scale = np.where(self.scale > 0, self.scale, 1.0)
        with np.errstate(invalid="ignore"):  # an infinite residual within an infinite bound says nothing
            return (self.error - self.residual) / scale


def decide(evidence: Evidence) -> VerdictStatus:
    """The only place with thresholds.

    violated: some residual exceeds its error bound. holds: none does, and every error bound is within its
    resolution. Otherwise inconclusive: the certificate is too loose to tell. Nothing measured: not applicable.
    """
    if len(evidence) == 0:
        return VerdictStatus.NOT_APPLICABLE
    if (evidence.residual > evidence.error).any():
        return VerdictStatus.VIOLATED
    if (evidence.residual <= evidence.error).all() and (evidence.error <= evidence.resolution).all():  # no NaN either
        return VerdictStatus.HOLDS
    return VerdictStatus.INCONCLUSIVE


@dataclass(frozen=True, kw_only=True)
class Hypothesis:
    """One hypothesis of a statement, which can be tested and waived.

    Attributes:
        name: how it is waived.
        sentence: what it demands.
        test: subject -> Condition.
        assume: how a subject is read once the hypothesis is waived; the subject itself by default.
        met: subject -> how it meets the hypothesis, with its numbers.
        repair: what to do where it does not, as the end of a sentence "To repair it, …".
        relax: kinds of subjects on which it fails: a search draws them only once it is waived, and then only them.
    """

    name: str
    sentence: str
    test: Callable[[Any], Condition] = field(repr=False)
    assume: Callable[[Any], Any] = field(default=lambda subject: subject, repr=False)
    met: Callable[[Any], str] = field(default=lambda subject: "", repr=False)
    repair: str = ""
    relax: tuple[Kind, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Control:
    """A subject on which the check must come out violated once one hypothesis is waived.

    Attributes:
        breaks: the name of that hypothesis; None where the statement is false as it stands.
        subject: builds the subject.
        why: what goes wrong without the hypothesis.
    """

    breaks: str | None
    subject: Callable[[], Any] = field(repr=False)
    why: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Verdict:
    """The outcome of one check.

    Attributes:
        claim: the claim.
        subject: what was checked, as it was read.
        status: the outcome.
        margin: min (error − residual)/scale over the evidence; negative = violated; NaN without evidence.
        waived: names of hypotheses that were not asked for.
        unmet: reasons why the claim does not apply.
        evidence: what was measured, None where the claim does not apply.
    """

    claim: Claim
    subject: Any
    status: VerdictStatus
    margin: float
    waived: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()
    evidence: Evidence | None = None

    def __repr__(self) -> str:
        return f"Verdict({self.claim.id}: {self.status.value}, margin {self.margin:.3g})"

    def worst(self) -> int | None:
        """The entry of the evidence with the smallest margin."""
        if self.evidence is None or not len(self.evidence):
            return None
        return int(np.argmin(self.evidence.margins()))

    def explain(self) -> str:
        """The argument in plain sentences with the numbers of this case, ending with the verdict."""
        return explain(self)

    def _repr_html_(self) -> str:
        return faces.verdict(self)

    def to_json(self) -> dict[str, Any]:
        """Plain data for a report: the outcome and the deciding entry, not the whole evidence."""
        data: dict[str, Any] = {
            "claim": self.claim.id,
            "status": self.status.value,
            "margin": None if np.isnan(self.margin) else self.margin,
            "subject": self.subject.describe(),
            "waived": list(self.waived),
            "unmet": list(self.unmet),
        }
        index = self.worst()
        if self.evidence is not None and index is not None:
            data["entries"] = len(self.evidence)
            data["worst"] = {
                "label": self.evidence.labels[index],
                "residual": float(self.evidence.residual[index]),
                "error": float(self.evidence.error[index]),
                "resolution": float(self.evidence.resolution[index]),
            }
        return data


@dataclass(frozen=True, kw_only=True, eq=False)
class Claim:
    """A statement that can be decided on a subject.

    Attributes:
        id: for instance "lgan.theorem-3".
        title: the statement in a few words, for tables.
        statement: the statement in full.
        sources: paper and number, the first one where it is stated this way.
        subject_type: Candidate, Family, FunctionOnPair, FunctionOnChain, DensityPair, ManifoldPair, GeneratorUpdate,
            GeneratorPath or DiracTraining.
        hypotheses: what is asked of a subject.
        cases: budget -> cases for `verify`.
        measure: subject -> evidence.
        controls: subjects that must come out violated.
        rationale: where the error bounds come from.
        argument: verdict with evidence -> the argument in plain sentences with the numbers of the case.
        aliases: other names.
        expected: what `verify` expects on the cases; "violated" for statements known to be false.
        rests_on: what its proof uses (THEORY's, where the printed one has a gap): ids of claims, and names of
            `claims.foundations`. Of a false statement: what its refutation uses.
        superseded_by: id of the claim that is true in place of a false one.
    """

    id: str
    title: str
    statement: str
    sources: tuple[str, ...]
    subject_type: type
    hypotheses: tuple[Hypothesis, ...]
    cases: Callable[[Budget], Iterable[Case]]
    measure: Callable[[Any], Evidence]
    controls: tuple[Control, ...]
    rationale: str
    argument: Callable[[Verdict], Sequence[str]] | None = None
    aliases: tuple[str, ...] = ()
    expected: VerdictStatus = VerdictStatus.HOLDS
    rests_on: tuple[str, ...] = ()
    superseded_by: str | None = None

    def __post_init__(self) -> None:
        known = {hypothesis.name for hypothesis in self.hypotheses}
        for control in self.controls:
            if control.breaks is not None and control.breaks not in known:
                raise InputError(
                    f"{self.id}: a control breaks {control.breaks!r}, which is no hypothesis of the claim."
                )

    def __repr__(self) -> str:
        return f"Claim({self.id}: {self.title})"

    def _repr_html_(self) -> str:
        return faces.claim(self)

    def check(self, subject: Any, *, waive: Iterable[str] = ()) -> Verdict:
        """Decide the statement on one subject.

        Args:
            subject: of the claim's subject type.
            waive: names of hypotheses that are not asked for.

        Returns:
            The verdict: not-applicable with reasons where a hypothesis fails.

        Raises:
            InputError: the subject has another type, a waived hypothesis does not exist, or without it there is
                nothing to measure on this subject.
        """
        if not isinstance(subject, self.subject_type):
            raise InputError(
                f"{self.id} is decided on a {self.subject_type.__name__}, got {type(subject).__name__}; "
                f"{_MAKERS.get(self.subject_type.__name__, 'see its documentation')}."
            )
        names = {hypothesis.name for hypothesis in self.hypotheses}
        if not isinstance(waive, Iterable):
            raise unknown_name(f"hypothesis of {self.id}", waive, names)
        waived = (waive,) if isinstance(waive, str) else tuple(waive)
        for name in waived:
            if not isinstance(name, str) or name not in names:
                raise unknown_name(f"hypothesis of {self.id}", name, names)
        unmet, broken = [], []
        for hypothesis in self.hypotheses:
            if hypothesis.name in waived:
                broken += [] if hypothesis.test(subject) else [hypothesis.name]
                subject = hypothesis.assume(subject)
                continue
            condition = hypothesis.test(subject)
            if not condition:
                unmet.append(f"{hypothesis.name}: {'; '.join(condition.reasons)}")
        if unmet:
            return self._verdict(subject, VerdictStatus.NOT_APPLICABLE, waived, unmet=tuple(unmet))
        evidence = self._measured(subject, broken)
        status = decide(evidence)
        reasons = ("degenerate: nothing in this case falls under the statement",) if len(evidence) == 0 else ()
        return self._verdict(subject, status, waived, unmet=reasons, evidence=evidence)

    def _measured(self, subject: Any, broken: Sequence[str]) -> Evidence:
        """The evidence; some hypotheses are such that without them there is nothing to measure."""
        if not broken:
            return self.measure(subject)
        try:
            with np.errstate(all="ignore"):  # what is no number ends as inconclusive
                return self.measure(subject)
        except (ArithmeticError, LookupError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(
                f"{self.id} cannot be measured on {subject.describe()!r} without {' and '.join(map(repr, broken))}: "
                f"waive fewer hypotheses, or choose a subject that it speaks about ({error})."
            ) from error

    def explain(self, subject: Any, *, waive: Iterable[str] = ()) -> str:
        """Check a subject and put the outcome into words: `check(subject, waive=waive).explain()`."""
        return self.check(subject, waive=waive).explain()

    def _verdict(self, subject: Any, status: VerdictStatus, waived: tuple[str, ...], **details: Any) -> Verdict:
        evidence = details.get("evidence")
        margin = float(np.min(evidence.margins())) if evidence is not None and len(evidence) else float("nan")
        return Verdict(claim=self, subject=subject, status=status, margin=margin, waived=waived, **details)

    def check_control(self, control: Control) -> Verdict:
        """The verdict on a control, with the hypothesis it breaks waived."""
        return self.check(control.subject(), waive=() if control.breaks is None else (control.breaks,))
