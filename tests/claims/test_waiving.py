"""Hypotheses waived on subjects that a claim does not speak about: evidence, or one clear sentence, never a crash."""

from collections import defaultdict
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from toylab import claims
from toylab.claims import Budget
from toylab.errors import InputError
from toylab.verification.cases import subject_of


@cache
def subjects_by_type():
    """A case of every claim, by the type of subject; what several claims share is there once."""
    pool = defaultdict(dict)
    for claim in claims.ALL:
        case = next(iter(claim.cases(Budget.QUICK)))
        pool[claim.subject_type].setdefault((case.name, case.engine), case)
    return {kind: [subject_of(case) for case in cases.values()] for kind, cases in pool.items()}


@pytest.mark.xdist_group("waiving")
@pytest.mark.parametrize("claim", claims.ALL, ids=lambda claim: claim.id)
def test_everything_waived_on_every_kind_of_case(claim):
    names = [hypothesis.name for hypothesis in claim.hypotheses]
    for subject in subjects_by_type()[claim.subject_type]:
        try:
            verdict = claim.check(subject, waive=names)
        except InputError:  # structural hypotheses: there is nothing to measure
            continue
        assert verdict.explain()
        assert verdict.status is not claims.VerdictStatus.HOLDS or not np.isnan(verdict.margin)


def test_a_hypothesis_without_which_there_is_nothing_to_measure_is_named():
    claim = claims.get("lgan.section-4.1.metric")
    other = subject_of(next(iter(claims.get("own.scaling").cases(Budget.QUICK))))
    with pytest.raises(InputError, match=r"cannot be measured on .* without 'three measures'.*waive fewer hypotheses"):
        claim.check(other, waive=[hypothesis.name for hypothesis in claim.hypotheses])


def test_a_mistake_in_a_measure_is_not_called_a_mistake_of_the_caller():
    claim = claims.get("lgan.theorem-3")
    subject = subject_of(next(iter(claim.cases(Budget.QUICK))))

    def broken(candidate):
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug") as caught:
        replace(claim, measure=broken).check(subject, waive=["certified optimal"])
    assert not isinstance(caught.value, InputError)
