"""Every hypothesis of every claim is an object that can fail, that can be waived, and that speaks."""

from contextlib import nullcontext, suppress
from functools import cache

import hypothesis as engine
import pytest
from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from toylab import claims
from toylab.claims import Hypothesis
from toylab.claims.kinds import Kind
from toylab.errors import InputError, ToylabError
from toylab.falsification.spaces import known_spaces
from toylab.verification.cases import subject_of

CASES = [(claim, hypothesis) for claim in claims.ALL for hypothesis in claim.hypotheses]
QUICK = claims.Budget.QUICK
#: Some of their hypotheses say what is there to be measured; without them a check ends with one clear sentence.
STRUCTURAL = {
    "lgan.section-4.1.metric",
    "own.same-support-limit",
    "arjovsky-bottou.theorem-2.6",
    "arjovsky-bottou.corollary-3.2",
    "arjovsky-bottou.instance-noise",
}
NAMES = [f"{claim.id}-{hypothesis.name}" for claim, hypothesis in CASES]
each_hypothesis = pytest.mark.parametrize(("claim", "hypothesis"), CASES, ids=NAMES)
DRAWING = engine.settings(max_examples=150, database=None, deadline=None, derandomize=True, phases=[Phase.generate])


def drawn(claim, waived, wanted):
    """A subject of the claim's space on which a condition is true, None where none was drawn."""
    space = known_spaces()[claim.subject_type]
    subjects = []

    def meets(recipe):
        try:
            subject = recipe.subject()
        except ToylabError:
            return False
        if wanted(subject):
            subjects.append(subject)
        return bool(subjects)

    recipes = st.one_of([space.recipes(selection) for selection in space.selections(claim, waived)])
    try:
        engine.find(recipes, meets, settings=DRAWING)
    except NoSuchExample:
        return None
    return subjects[0]


@cache
def failing_subject(subject_type: type, hypothesis: Hypothesis):
    """A subject on which a hypothesis fails: of the space that its waiver opens, a control, or a case of any claim."""
    claim = next(c for c, h in CASES if h is hypothesis and c.subject_type is subject_type)
    if hypothesis.relax and subject_type in known_spaces():
        return drawn(claim, [hypothesis], lambda subject: not hypothesis.test(subject))
    controls = [
        control.subject
        for other, one in CASES
        for control in other.controls
        if one is hypothesis and control.breaks == hypothesis.name and other.subject_type is subject_type
    ]
    if controls:
        return controls[0]()
    cases = (case for other in claims.ALL if other.subject_type is subject_type for case in other.cases(QUICK))
    return next((subject for subject in map(subject_of, cases) if not hypothesis.test(subject)), None)


@cache
def meeting_subject(subject_type: type, hypothesis: Hypothesis):
    """A subject on which a hypothesis holds."""
    claim = next(c for c, h in CASES if h is hypothesis and c.subject_type is subject_type)
    if subject_type in known_spaces():
        return drawn(claim, [], lambda subject: bool(hypothesis.test(subject)))
    cases = map(subject_of, claim.cases(QUICK))
    return next((subject for subject in cases if hypothesis.test(subject)), None)


@each_hypothesis
def test_a_hypothesis_can_fail_and_waiving_it_changes_what_applies(claim, hypothesis):
    subject = failing_subject(claim.subject_type, hypothesis)
    assert subject is not None, "nothing breaks it: give it kinds under `relax`, a control, or a case of another claim"
    condition = hypothesis.test(subject)
    assert not condition
    assert all(condition.reasons)
    unmet = [reason.split(":")[0] for reason in claim.check(subject).unmet]
    assert hypothesis.name in unmet
    others = [name for name in unmet if name != hypothesis.name]
    with suppress(InputError) if claim.id in STRUCTURAL else nullcontext():
        waived = claim.check(subject, waive=[hypothesis.name])
        left = [reason.split(":")[0] for reason in waived.unmet if not reason.startswith("degenerate")]
        assert left == others
        assert waived.waived == (hypothesis.name,)
        assert claim.check(subject, waive=[*others, hypothesis.name]).evidence is not None


@each_hypothesis
def test_a_hypothesis_speaks(claim, hypothesis):
    subject = meeting_subject(claim.subject_type, hypothesis)
    assert subject is not None
    assert hypothesis.met(subject)
    assert hypothesis.sentence
    assert hypothesis.repair
    for text in (hypothesis.sentence, hypothesis.repair):
        assert not text.endswith(".")


@each_hypothesis
def test_kinds_belong_to_the_space_of_the_claim(claim, hypothesis):
    assert all(isinstance(kind, Kind) for kind in hypothesis.relax)
    space = known_spaces().get(claim.subject_type)
    if space is not None:
        assert {type(kind) for kind in hypothesis.relax} <= set(space.axes)


def test_names_are_unique_within_a_claim():
    for claim in claims.ALL:
        names = [hypothesis.name for hypothesis in claim.hypotheses]
        assert len(names) == len(set(names))
