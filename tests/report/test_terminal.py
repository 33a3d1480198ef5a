import io

from rich.console import Console

from toylab.claims import Budget, VerdictStatus
from toylab.report.terminal import print_report
from toylab.report.words import number
from toylab.verification import ClaimReport, ControlReport, VerificationReport
from toylab.verification.cases import CaseVerdict


def printed(report: VerificationReport) -> str:
    stream = io.StringIO()
    print_report(report, Console(file=stream, width=200))
    return stream.getvalue()


def row(name: str, statuses: list[VerdictStatus], control: VerdictStatus) -> ClaimReport:
    from toylab import claims

    verdicts = tuple(
        CaseVerdict(
            claim=name,
            case=f"case {i}",
            engine="exact",
            status=status,
            margin=-0.25 if status is VerdictStatus.VIOLATED else 0.5,
            details={},
            subject={},
            certified=True,
        )
        for i, status in enumerate(statuses)
    )
    controls = (ControlReport(breaks=None, why="", status=control, margin=-1.0),)
    return ClaimReport(claim=claims.get(name), verdicts=verdicts, controls=controls)


def test_what_is_not_as_expected_is_named():
    good = row("lgan.theorem-3", [VerdictStatus.HOLDS], VerdictStatus.VIOLATED)
    bad = row("lgan.theorem-2a", [VerdictStatus.HOLDS, VerdictStatus.VIOLATED], VerdictStatus.VIOLATED)
    text = printed(VerificationReport(budget=Budget.QUICK, claims=(good, bad), training=()))
    assert "Not as expected: lgan.theorem-2a." in text
    assert "-0.25" in text
    assert "1/1 violated" in text


def test_a_false_statement_shows_how_often_it_failed():
    false = row("iclr.theorem-2", [VerdictStatus.HOLDS, VerdictStatus.VIOLATED], VerdictStatus.VIOLATED)
    text = printed(VerificationReport(budget=Budget.QUICK, claims=(false,), training=()))
    assert "2, 1 violated" in text
    assert "violated (as it must)" in text
    assert "Everything as expected" in text


def test_the_training_table_has_gap_constant_and_angles(training):
    good = row("lgan.theorem-3", [VerdictStatus.HOLDS], VerdictStatus.VIOLATED)
    text = printed(VerificationReport(budget=Budget.QUICK, claims=(good,), training=(training,)))
    for cell in ("0.12 %", "0.4 %", "0.9990", "1.0020", "2.00°", "20.00°", "33 %", "67 %", "3.2"):
        assert cell in text


def test_numbers():
    assert number(float("nan")) == "–"
    assert number(-0.31234) == "-0.31"
