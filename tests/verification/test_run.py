"""The quick verification as a whole, run once: statuses, controls, counts, and what makes it fail."""

import dataclasses
import itertools

import numpy as np
import pytest

from toylab import claims
from toylab.claims import Budget, Engine, VerdictStatus
from toylab.solution import Candidate
from toylab.verification import ExitCode, VerificationReport, verify, verify_all
from toylab.verification.cases import check_case, subject_of

pytestmark = pytest.mark.xdist_group("verification")


#: Whether these apply to a case shows in its solution only: how many partners its fakes have.
DEPENDS_ON_THE_SOLUTION = {"lgan.section-3.3.tight", "iclr.theorem-1d.smooth", "iclr.appendix-f"}


@pytest.fixture(scope="module")
def report() -> VerificationReport:
    steps = []
    found = verify_all(budget=Budget.QUICK, training=False, workers=1, progress=lambda *step: steps.append(step))
    assert steps[-1][0] == steps[-1][1]  # the bar ends full
    assert all(before[0] <= after[0] for before, after in itertools.pairwise(steps))
    return found


@pytest.mark.parametrize("name", claims.names())
def test_claim_is_as_expected_on_its_cases(report, name):
    row = next(r for r in report.claims if r.claim.id == name)
    assert row.status is row.claim.expected, row.counts
    assert row.as_expected
    assert row.counts.get("holds", 0) > 0  # the false statements hold on some cases too


def test_every_case_is_certified_and_decided(report):
    for row in report.claims:
        assert all(verdict.certified for verdict in row.verdicts)
        applies = len(row.verdicts) - row.counts.get("not-applicable", 0)
        assert applies >= 0.4 * len(row.verdicts), row.claim.id
        assert applies == len(row.verdicts) or row.claim.id in DEPENDS_ON_THE_SOLUTION


def test_cases_keep_the_order_of_the_claim(report):
    for row in report.claims:
        assert [v.case for v in row.verdicts] == [case.name for case in row.claim.cases(Budget.QUICK)]


def test_report_as_plain_data_replays_its_worst_case(report):
    data = report.to_json()
    assert data["exit_code"] == ExitCode.AS_EXPECTED
    worst = next(row for row in data["claims"] if row["id"] == "iclr.theorem-2")["worst"]
    replayed = claims.get("iclr.theorem-2").check(Candidate.from_json(worst["replay"]))
    assert replayed.status is VerdictStatus.VIOLATED
    assert replayed.margin == pytest.approx(worst["margin"], rel=1e-6)


def with_row(report: VerificationReport, name: str, **changes) -> VerificationReport:
    rows = tuple(dataclasses.replace(r, **changes) if r.claim.id == name else r for r in report.claims)
    return dataclasses.replace(report, claims=rows)


def test_one_violated_case_fails_the_whole(report):
    row = next(r for r in report.claims if r.claim.id == "lgan.theorem-3")
    bad = dataclasses.replace(row.verdicts[0], status=VerdictStatus.VIOLATED, margin=-1.0)
    broken = with_row(report, "lgan.theorem-3", verdicts=(bad, *row.verdicts[1:]))
    assert broken.exit_code is ExitCode.NOT_AS_EXPECTED


def test_a_control_that_holds_fails_the_whole(report):
    row = next(r for r in report.claims if r.claim.id == "lgan.theorem-4")
    tame = dataclasses.replace(row.controls[0], status=VerdictStatus.HOLDS)
    assert with_row(report, "lgan.theorem-4", controls=(tame, *row.controls[1:])).exit_code is ExitCode.NOT_AS_EXPECTED


def test_a_false_statement_that_is_not_refuted_fails_the_whole(report):
    row = next(r for r in report.claims if r.claim.id == "iclr.theorem-2")
    kept = tuple(v for v in row.verdicts if v.status is VerdictStatus.HOLDS)
    assert with_row(report, "iclr.theorem-2", verdicts=kept).exit_code is ExitCode.NOT_AS_EXPECTED


def test_an_uncertified_case_is_inconclusive_not_a_success(report):
    row = next(r for r in report.claims if r.claim.id == "lgan.theorem-3")
    loose = dataclasses.replace(
        row.verdicts[0], status=VerdictStatus.NOT_APPLICABLE, margin=float("nan"), certified=False
    )
    assert with_row(report, "lgan.theorem-3", verdicts=(loose, *row.verdicts[1:])).exit_code is ExitCode.INCONCLUSIVE


def test_nothing_selected():
    assert verify_all([], Budget.QUICK).exit_code is ExitCode.NOTHING_SELECTED


def test_verify_one_claim_by_name():
    row = verify("lgan.theorem-5")
    assert row.as_expected
    assert {verdict.engine for verdict in row.verdicts} == {"compact_dual"}


def test_the_engines_agree_on_the_value():
    """One Wasserstein problem: the interior point, POT and their crossing have one optimum within their gaps."""
    cases = [c for c in claims.get("lgan.proposition-1").cases(Budget.QUICK) if c.name.startswith("case4")]
    subjects = [subject_of(case) for case in cases if "lambda" in case.name]
    assert {case.engine for case in cases} == {Engine.EXACT, Engine.INTERIOR_POINT, Engine.CROSSED}
    values = np.array([s.value for s in subjects])
    assert np.ptp(values) <= sum(s.certificate.gap for s in subjects) + 1e-15


def test_check_case_hands_one_solution_to_all_claims():
    case = next(iter(claims.get("lgan.theorem-2a").cases(Budget.QUICK)))
    verdicts = check_case(case, ["lgan.theorem-2a", "lgan.theorem-3", "lgan.theorem-1"])
    assert [v.claim for v in verdicts] == ["lgan.theorem-2a", "lgan.theorem-3", "lgan.theorem-1"]
    assert verdicts[0].subject is verdicts[1].subject
