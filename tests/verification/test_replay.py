"""Cases found again: from their plain data, by name, by number."""

import json

import pytest

from toylab import claims
from toylab.claims import Budget
from toylab.errors import InputError
from toylab.verification.replay import find_case, find_control, subject_from_json

THEOREM_4 = claims.get("lgan.theorem-4")
PROPOSITION_1 = claims.get("lgan.proposition-1")


@pytest.mark.parametrize("budget", Budget, ids=lambda budget: budget.value)
def test_every_function_on_a_pair_is_found_by_its_plain_data(budget):
    for case in THEOREM_4.cases(budget):
        found = subject_from_json(THEOREM_4, json.loads(json.dumps(case.subject.to_json())))
        assert found.to_json() == case.subject.to_json()
        assert found.rise() == case.subject.rise()


def test_functions_of_controls_are_found_too():
    for control in THEOREM_4.controls:
        subject = control.subject()
        found = subject_from_json(THEOREM_4, json.loads(json.dumps(subject.to_json())))
        assert (found.name, found.norm) == (subject.name, subject.norm)


#: Controls whose point is what the critic does beside the points that carry mass.
ABOUT_THE_CRITIC = {
    "Lipschitz extension",
    "Lipschitz critic",
    ("iclr.theorem-1d.smooth", "penalised constant"),
    ("own.compact-lipschitz", "positive masses"),
}


@pytest.mark.parametrize("claim", claims.ALL, ids=lambda claim: claim.id)
def test_every_control_survives_json_with_its_verdict(claim):
    """Candidates come back as extensions of their values: where the control is about the critic itself, it does not."""
    for control in claim.controls:
        if control.breaks in ABOUT_THE_CRITIC or (claim.id, control.breaks) in ABOUT_THE_CRITIC:
            continue
        data = json.loads(json.dumps(control.subject().to_json()))
        waive = () if control.breaks is None else (control.breaks,)
        assert claim.check(subject_from_json(claim, data), waive=waive).status is claim.check_control(control).status


def test_data_that_fit_nothing_are_refused_with_advice():
    data = next(iter(THEOREM_4.cases(Budget.QUICK))).subject.to_json()
    with pytest.raises(InputError, match=r"none of its cases and controls is 'plane'.*--case or --control"):
        subject_from_json(THEOREM_4, {**data, "k": 0.123})
    with pytest.raises(InputError, match=r"decided on a candidate in JSON .* got 'function-on-pair'"):
        subject_from_json(PROPOSITION_1, data)
    with pytest.raises(InputError, match="named fields, got list"):
        subject_from_json(THEOREM_4, [data])


def test_cases_are_found_by_name_and_engine():
    name = "case4 seed 0, wasserstein, lambda 0.1"
    assert find_case(PROPOSITION_1, name, Budget.QUICK, "crossed").engine.name == "CROSSED"
    assert find_case(claims.get("lgan.theorem-3"), name, Budget.QUICK).engine.name == "EXACT"
    with pytest.raises(InputError, match=r"solved by exact, interior_point, crossed; choose one with --engine"):
        find_case(PROPOSITION_1, name, Budget.QUICK)
    with pytest.raises(InputError, match=r"unknown engine .* did you mean 'crossed'"):
        find_case(PROPOSITION_1, name, Budget.QUICK, "crosed")
    with pytest.raises(InputError, match=r"did you mean 'case4 seed 0, wasserstein, lambda 0.1'"):
        find_case(PROPOSITION_1, "case4 seed 0, waserstein, lambda 0.1", Budget.QUICK)


def test_controls_are_counted_from_one():
    assert find_control(THEOREM_4, 1) is THEOREM_4.controls[0]
    for number in (0, 7, -1):
        with pytest.raises(InputError, match="has controls 1 to 6"):
            find_control(THEOREM_4, number)
