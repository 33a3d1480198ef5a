"""The lines that replay what a report shows."""

from __future__ import annotations

import shlex
from pathlib import Path

from toylab.claims import ALL, Budget, Claim
from toylab.verification import ClaimReport, VerificationReport
from toylab.verification.cases import CaseVerdict


def case_file(claim: Claim) -> str:
    """The file of a claim's worst case, inside the folder of the report."""
    return f"cases/{claim.id}.json"


def file_line(claim: Claim, folder: Path) -> str:
    """The command that decides a claim on the worst case that was written into a folder."""
    return shlex.join(["toylab", "check", claim.id, (folder / case_file(claim)).as_posix()])


def case_line(report: ClaimReport, case: CaseVerdict, budget: Budget) -> str:
    """The command that solves a case anew and decides the claim on it."""
    words = ["toylab", "check", report.claim.id, "--case", case.case]
    if len({verdict.engine for verdict in report.verdicts if verdict.case == case.case}) > 1:
        words += ["--engine", case.engine]
    if budget is Budget.QUICK:
        words.append("--quick")
    return shlex.join(words)


def control_line(claim: Claim, number: int) -> str:
    """The command that checks a control, counted from 1, with the hypothesis it breaks waived."""
    return shlex.join(["toylab", "check", claim.id, "--control", str(number)])


def verify_line(report: VerificationReport) -> str:
    """The command that makes the whole report anew."""
    words = ["toylab", "verify"]
    if report.budget is Budget.QUICK:
        words.append("--quick")
    chosen = [row.claim.id for row in report.claims]
    if chosen != [claim.id for claim in ALL]:
        words += ["--claims", ",".join(chosen)]
    if not report.training:
        words.append("--no-training")
    return shlex.join(words)
