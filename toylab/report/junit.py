"""The report as JUnit XML: one suite a paper, one case for each claim and each of its controls."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from toylab.report.papers import by_paper
from toylab.report.versions import versions
from toylab.report.words import Outcome, Tone, claim_outcome, control_outcome
from toylab.verification import ClaimReport, VerificationReport

#: Characters that XML 1.0 does not allow.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: VerificationReport) -> str:
    """The whole document.

    A claim or control that is not as expected is a failure, one that could not be decided is skipped; the text
    says why, with the numbers. Times are those of deciding, with each claim's share of solving its cases.
    """
    root = Element("testsuites", name="toylab")
    for paper, rows in by_paper(report.claims):
        _suite(root, paper.short, rows, report)
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.attrib[name]) for suite in root)))
    root.set("time", f"{sum(float(suite.attrib['time']) for suite in root):.3f}")
    ElementTree.indent(root)
    return f"<?xml version='1.0' encoding='utf-8'?>\n{ElementTree.tostring(root, encoding='unicode')}\n"


def _suite(root: Element, name: str, rows: Sequence[ClaimReport], report: VerificationReport) -> None:
    suite = SubElement(root, "testsuite", name=_clean(name))
    properties = SubElement(suite, "properties")
    for key, value in {"budget": report.budget.value, **versions()}.items():
        SubElement(properties, "property", name=key, value=value)
    for row in rows:
        _claim(suite, row)
        _controls(suite, row)
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    suite.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    suite.set("errors", "0")
    suite.set("skipped", str(sum(case.find("skipped") is not None for case in cases)))
    suite.set("time", f"{sum(float(case.attrib['time']) for case in cases):.3f}")


def _claim(suite: Element, row: ClaimReport) -> None:
    explanations = [verdict.explanation for verdict in row.verdicts if verdict.status is row.status]
    worst = row.worst
    if worst is not None and worst.status is row.status:
        explanations.insert(0, worst.explanation)
    text = next((words for words in explanations if words), "no case was decided")
    _case(suite, row.claim.id, row.claim.title, seconds=row.seconds, outcome=claim_outcome(row), text=text)


def _controls(suite: Element, row: ClaimReport) -> None:
    for number, control in enumerate(row.controls, start=1):
        broken = "as it stands" if control.breaks is None else f"without {control.breaks}"
        name = f"control {number}, {broken}: {control.why}"
        outcome, text = control_outcome(control), control.explanation or control.why
        _case(suite, row.claim.id, name, seconds=control.seconds, outcome=outcome, text=text)


def _case(suite: Element, claim: str, name: str, *, seconds: float, outcome: Outcome, text: str) -> None:
    case = SubElement(suite, "testcase", classname=claim, name=_clean(name), time=f"{seconds:.3f}")
    if outcome.tone is Tone.BAD:
        SubElement(case, "failure", message=outcome.words, type="not-as-expected").text = _clean(text)
    elif outcome.tone is Tone.OPEN:
        SubElement(case, "skipped", message=outcome.words).text = _clean(text)


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("�", text)
