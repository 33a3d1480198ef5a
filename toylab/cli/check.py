"""`toylab check`: one claim on one subject: a file, a case by its name, or a control."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toylab import claims
from toylab.claims import Budget, Claim, Engine, Verdict, VerdictStatus
from toylab.cli.options import whole
from toylab.cli.targets import PICTURES, checked_target
from toylab.errors import InputError, unknown_name
from toylab.verification import ExitCode

_EXPECTATIONS = {status.value: status for status in (VerdictStatus.HOLDS, VerdictStatus.VIOLATED)}


def register(commands: Any) -> None:
    """Add the command to the parser."""
    check = commands.add_parser(
        "check",
        help="decide one claim on one subject: a file, a case of `verify`, or a control",
        description="Decide one claim on one subject and say why. Exit code 0: as expected, 1: not, 3: not decided.",
    )
    check.add_argument("claim", help="id or alias of the claim; `toylab list` shows them")
    check.add_argument(
        "subject", nargs="?", metavar="FILE", help="a worst case of `verify`, or what `solve --json` wrote"
    )
    check.add_argument("--case", metavar="NAME", help="solve this case of the claim instead")
    check.add_argument(
        "--control", type=whole(1), metavar="N", help="check the claim's control N, counted from 1, instead"
    )
    engines = ", ".join(engine.name.lower() for engine in Engine if engine is not Engine.NONE)
    check.add_argument("--engine", help=f"where the case has several: {engines}")
    check.add_argument("--quick", action="store_true", help="look for the case among those of `verify --quick`")
    check.add_argument(
        "--waive", action="append", default=[], metavar="HYPOTHESIS", help="do not ask for it; repeatable"
    )
    check.add_argument(
        "--expect", metavar="STATUS", help=f"{' or '.join(_EXPECTATIONS)} (default: what the claim says)"
    )
    check.add_argument("--plot", metavar="FILE", help="draw the subject (png, pdf, svg)")
    check.add_argument("--plot-evidence", metavar="FILE", help="draw residuals against error bounds (png, pdf, svg)")
    check.set_defaults(run=run)


@dataclass(frozen=True, kw_only=True)
class _Question:
    """What is to be decided: a subject, what is waived, what is expected."""

    subject: Any
    waive: tuple[str, ...]
    expected: VerdictStatus


def run(options: argparse.Namespace) -> int:
    """Decide the claim, print why, draw what was asked for."""
    from toylab.plotting import plot, plot_evidence, save

    claim = claims.get(options.claim)
    pictures = {name: checked_target(getattr(options, name), PICTURES) for name in ("plot", "plot_evidence")}
    question = _question(claim, options)
    verdict = claim.check(question.subject, waive=question.waive)
    drawn = {"plot": lambda: plot(verdict.subject), "plot_evidence": lambda: plot_evidence(verdict)}
    axes = {name: drawn[name]() for name, path in pictures.items() if path is not None}
    print(verdict.explain())
    print(_conclusion(verdict, question.expected))
    for name, figure in axes.items():
        print(f"Written: {save(figure, pictures[name] or '')}")
    return _code(verdict.status, question.expected)


def _question(claim: Claim, options: argparse.Namespace) -> _Question:
    named = {"a file": options.subject, "--case": options.case, "--control": options.control}
    given = [name for name, value in named.items() if value is not None]
    if len(given) != 1:
        found = f"got {' and '.join(given)}" if given else "got none"
        raise InputError(f"give one subject: a file, --case NAME or --control N; {found}.")
    if options.case is None and (options.engine is not None or options.quick):
        raise InputError("--engine and --quick choose among cases; they go with --case NAME.")
    waive, expected = tuple(options.waive), _expected(claim, options)
    if options.control is not None:
        return _of_control(claim, options, waive)
    subject = _loaded(claim, options.subject) if options.case is None else _solved(claim, options)
    return _Question(subject=subject, waive=waive, expected=expected)


def _expected(claim: Claim, options: argparse.Namespace) -> VerdictStatus:
    if options.expect is None:
        return VerdictStatus.VIOLATED if options.control is not None else claim.expected
    if options.expect not in _EXPECTATIONS:
        raise unknown_name("expectation", options.expect, _EXPECTATIONS)
    return _EXPECTATIONS[options.expect]


def _of_control(claim: Claim, options: argparse.Namespace, waive: Iterable[str]) -> _Question:
    from toylab.verification.replay import find_control

    control = find_control(claim, options.control)
    broken = () if control.breaks is None else (control.breaks,)
    names = dict.fromkeys((*broken, *waive))
    return _Question(subject=control.subject(), waive=tuple(names), expected=_expected(claim, options))


def _loaded(claim: Claim, path: str) -> Any:
    from toylab.verification.replay import subject_from_json

    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path!r}: {error.strerror or error}.") from None
    except ValueError as error:  # not JSON, or not text
        raise InputError(f"{path!r} is not JSON: {error}.") from None
    return subject_from_json(claim, data)


def _solved(claim: Claim, options: argparse.Namespace) -> Any:
    from toylab.verification.cases import subject_of
    from toylab.verification.replay import find_case

    budget = Budget.QUICK if options.quick else Budget.FULL
    return subject_of(find_case(claim, options.case, budget, options.engine))


def _conclusion(verdict: Verdict, expected: VerdictStatus) -> str:
    status = verdict.status
    if status is expected:
        return f"As expected: {status.value}."
    if status not in _EXPECTATIONS.values():
        return f"Not decided: {status.value}; expected: {expected.value}."
    note = ""
    if verdict.claim.expected is VerdictStatus.VIOLATED and status is VerdictStatus.HOLDS:
        note = " The statement is false in general; it may well hold on this case."
    return f"Not as expected: {status.value}; expected: {expected.value}.{note}"


def _code(status: VerdictStatus, expected: VerdictStatus) -> ExitCode:
    if status is expected:
        return ExitCode.AS_EXPECTED
    return ExitCode.NOT_AS_EXPECTED if status in _EXPECTATIONS.values() else ExitCode.INCONCLUSIVE
