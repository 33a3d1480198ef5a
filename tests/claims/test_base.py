from typing import Any

import numpy as np
import pytest

from toylab.claims import Claim, Control, Evidence, Hypothesis, VerdictStatus, decide
from toylab.claims.base import Verdict
from toylab.condition import Condition
from toylab.errors import InputError
from toylab.functions import FunctionOnPair


def evidence(residual, error, resolution=1e-3):
    labels = [f"entry {i}" for i in range(len(residual))]
    return Evidence.of(np.array(residual), np.array(error), resolution=resolution, scale=2.0, labels=labels)


@pytest.mark.parametrize(
    ("residual", "error", "status"),
    [
        ([0.0, 1e-9], [1e-8, 1e-8], VerdictStatus.HOLDS),
        ([0.0, 1e-7], [1e-8, 1e-8], VerdictStatus.VIOLATED),
        ([0.0, 0.0], [1e-8, 1e-2], VerdictStatus.INCONCLUSIVE),
        ([1.0, 0.0], [1e-8, 1e-2], VerdictStatus.VIOLATED),
        ([1.0], [np.inf], VerdictStatus.INCONCLUSIVE),
        ([np.nan, 0.0], [1e-8, 1e-8], VerdictStatus.INCONCLUSIVE),
        ([0.0, 0.0], [1e-8, np.nan], VerdictStatus.INCONCLUSIVE),
        ([np.nan, 1.0], [1e-8, 1e-8], VerdictStatus.VIOLATED),
        ([], [], VerdictStatus.NOT_APPLICABLE),
    ],
)
def test_decide(residual, error, status):
    assert decide(evidence(residual, error)) is status


def test_margins_are_in_units_of_the_scale_and_negative_where_violated():
    assert evidence([1.0, 0.0], [0.0, 4.0]).margins().tolist() == [-0.5, 2.0]


def test_joined_keeps_every_entry_in_order():
    joined = Evidence.joined([evidence([1.0], [2.0]), evidence([3.0, 4.0], [5.0, 6.0])])
    assert joined.residual.tolist() == [1.0, 3.0, 4.0]
    assert joined.labels == ("entry 0", "entry 0", "entry 1")


def test_evidence_needs_a_label_for_every_entry():
    with pytest.raises(InputError, match="2 entries but 1 labels"):
        Evidence.of(np.zeros(2), 0.0, resolution=1.0, scale=1.0, labels=["only one"])


def number_claim(**changes) -> Claim:
    """The claim "the number is at most 1" about FunctionOnPair.k, to exercise the machinery alone."""
    positive = Hypothesis(
        name="positive",
        sentence="the number is positive",
        test=lambda subject: Condition.that(subject.k > 0, f"{subject.k:g} is not positive"),
        assume=lambda subject: pair(abs(subject.k)),
    )
    settings: dict[str, Any] = {
        "id": "test.number",
        "title": "at most 1",
        "statement": "The number is at most 1.",
        "sources": ("nowhere",),
        "subject_type": FunctionOnPair,
        "hypotheses": (positive,),
        "cases": lambda budget: (),
        "measure": lambda subject: Evidence.of(
            max(subject.k - 1, 0.0), 0.0, resolution=1.0, scale=1.0, labels=["the number"]
        ),
        "controls": (Control(breaks="positive", subject=lambda: pair(-3.0), why="|−3| > 1"),),
        "rationale": "exact",
    }
    return Claim(**{**settings, **changes})


def pair(k: float) -> FunctionOnPair:
    return FunctionOnPair(name="number", f=None, k=k, x=np.zeros(1), y=np.ones(1))  # type: ignore[arg-type]


def test_a_failed_hypothesis_makes_the_claim_not_applicable_and_says_why():
    verdict = number_claim().check(pair(-3.0))
    assert verdict.status is VerdictStatus.NOT_APPLICABLE
    assert verdict.unmet == ("positive: -3 is not positive",)
    assert np.isnan(verdict.margin)
    assert "✗ positive: -3 is not positive" in verdict.explain()
    assert "Verdict: not-applicable. 'positive' is not met" in verdict.explain()


def test_waiving_a_hypothesis_reads_the_subject_through_assume():
    verdict = number_claim().check(pair(-3.0), waive=["positive"])
    assert verdict.status is VerdictStatus.VIOLATED
    assert verdict.subject.k == 3.0
    assert verdict.margin == -2.0
    assert verdict.waived == ("positive",)


def test_explain_names_the_deciding_numbers():
    text = number_claim().check(pair(0.5)).explain()
    assert "the number: residual 0, at most 0 is allowed" in text
    assert "Verdict: holds" in text


def test_unknown_hypotheses_and_wrong_subjects_are_refused():
    with pytest.raises(InputError, match="did you mean 'positive'"):
        number_claim().check(pair(1.0), waive=["positiv"])
    with pytest.raises(InputError, match="decided on a FunctionOnPair, got int"):
        number_claim().check(3)


def test_a_control_must_break_a_hypothesis_of_its_claim():
    with pytest.raises(InputError, match="no hypothesis of the claim"):
        number_claim(controls=(Control(breaks="missing", subject=lambda: pair(1.0), why=""),))


def test_verdict_as_plain_data_has_the_deciding_entry():
    verdict = number_claim().check(pair(4.0))
    assert isinstance(verdict, Verdict)
    assert verdict.to_json()["worst"] == {"label": "the number", "residual": 3.0, "error": 0.0, "resolution": 1.0}


def test_every_column_of_evidence_is_as_long_as_its_residual():
    one = Evidence.of(2.0, 1, resolution=3, scale=4, labels=["alone"], arrays={"at": np.zeros(1)})
    columns = (one.residual, one.error, one.resolution, one.scale)
    assert [column.tolist() for column in columns] == [[2.0], [1.0], [3.0], [4.0]]
    assert list(one.arrays) == ["at"]
    assert repr(one) == "Evidence(1 entries, least margin -0.25)"
    assert repr(evidence([], [])) == "Evidence(0 entries)"


def test_joined_evidence_keeps_the_arrays_that_only_some_parts_have():
    parts = [
        Evidence.of([0.0], 0.0, resolution=1.0, scale=1.0, labels=["a"], arrays={"at": np.array([1.0])}),
        Evidence.of([0.0], 0.0, resolution=1.0, scale=1.0, labels=["b"], arrays={"by": np.array([2.0])}),
        Evidence.of([0.0], 0.0, resolution=1.0, scale=1.0, labels=["c"], arrays={"at": np.array([3.0])}),
    ]
    joined = Evidence.joined(parts)
    assert {name: column.tolist() for name, column in joined.arrays.items()} == {"at": [1.0, 3.0], "by": [2.0]}


def test_where_there_is_no_scale_a_margin_is_a_plain_difference():
    free = Evidence.of([3.0, 3.0], 1.0, resolution=1.0, scale=[0.0, 4.0], labels=["no unit", "a unit"])
    assert free.margins().tolist() == [-2.0, -0.5]


def test_the_boundaries_of_a_decision_belong_to_holds():
    """A residual may equal its error, and an error its resolution."""
    assert decide(evidence([1e-3], [1e-3], 1e-3)) is VerdictStatus.HOLDS
    assert decide(evidence([1e-3], [np.nextafter(1e-3, 0)], 1e-3)) is VerdictStatus.VIOLATED
    assert decide(evidence([0.0], [np.nextafter(1e-3, 1)], 1e-3)) is VerdictStatus.INCONCLUSIVE


def test_the_worst_entry_is_the_one_of_the_least_margin():
    measured = Evidence.of([0.0, 5.0, 1.0], 1.0, resolution=9.0, scale=1.0, labels=["a", "b", "c"])
    verdict = number_claim(measure=lambda subject: measured).check(pair(1.0))
    assert verdict.worst() == 1
    assert verdict.margin == -4.0
    assert verdict.to_json()["worst"]["label"] == "b"
    assert verdict.to_json()["entries"] == 3
    assert verdict.to_json()["margin"] == -4.0


def test_nothing_measured_is_degenerate_and_has_no_worst_entry():
    nothing = Evidence.of(np.zeros(0), 0.0, resolution=1.0, scale=1.0, labels=[])
    verdict = number_claim(measure=lambda subject: nothing).check(pair(1.0))
    assert verdict.status is VerdictStatus.NOT_APPLICABLE
    assert verdict.unmet == ("degenerate: nothing in this case falls under the statement",)
    assert verdict.worst() is None
    assert verdict.to_json()["margin"] is None
    assert "worst" not in verdict.to_json()
    assert number_claim().check(pair(-1.0)).worst() is None


def test_one_name_may_be_waived_without_a_list_and_nothing_else_than_names():
    assert number_claim().check(pair(-3.0), waive="positive").waived == ("positive",)
    for wrong in (3, [3], [None], ["positive", 3]):
        with pytest.raises(InputError, match=r"hypothesis of test\.number"):
            number_claim().check(pair(-3.0), waive=wrong)  # type: ignore[arg-type]


def test_what_cannot_be_measured_without_a_hypothesis_says_so_and_other_mistakes_are_not_hidden():
    def fails(error: Exception):
        def measure(subject: FunctionOnPair) -> Evidence:
            raise error

        return number_claim(measure=measure)

    for error in (ZeroDivisionError("no"), IndexError("no"), KeyError("no"), ValueError("no")):
        with pytest.raises(InputError, match=r"cannot be measured on .* without 'positive'"):
            fails(error).check(pair(-3.0), waive=["positive"])
        with pytest.raises(type(error)):
            fails(error).check(pair(3.0), waive=["positive"])  # nothing is missing there
    with pytest.raises(InputError, match="of its own"):
        fails(InputError("of its own")).check(pair(-3.0), waive=["positive"])
    with pytest.raises(TypeError, match="a mistake"):
        fails(TypeError("a mistake")).check(pair(-3.0), waive=["positive"])
