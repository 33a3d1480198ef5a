"""Verification of claims on their cases.

`cases` solves and decides one case, `training` puts trained critics beside certified ones, `reports` says what was
found, `run` does it all in parallel.
"""

from toylab.verification.reports import ClaimReport, ControlReport, ExitCode, VerificationReport
from toylab.verification.run import verify, verify_all
from toylab.verification.training import TrainingReport

__all__ = [
    "ClaimReport",
    "ControlReport",
    "ExitCode",
    "TrainingReport",
    "VerificationReport",
    "verify",
    "verify_all",
]
