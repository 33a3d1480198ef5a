"""junit.xml, read by a parser: counts that add up, failures and skips with their reasons, times."""

import dataclasses
from xml.etree import ElementTree

import pytest

from toylab.claims import VerdictStatus
from toylab.report import junit
from toylab.verification import VerificationReport


def parsed(report: VerificationReport) -> ElementTree.Element:
    return ElementTree.fromstring(junit.render(report).encode())


def check_counts(root: ElementTree.Element) -> None:
    """What the common schema asks for, and that every count is the number of elements it counts."""
    assert root.tag == "testsuites"
    for suite in root:
        assert suite.tag == "testsuite"
        assert suite.attrib["name"]
        cases = suite.findall("testcase")
        assert [child.tag for child in suite] == ["properties", *["testcase"] * len(cases)]
        assert int(suite.attrib["tests"]) == len(cases)
        assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
        assert int(suite.attrib["errors"]) == len(suite.findall("testcase/error")) == 0
        assert int(suite.attrib["skipped"]) == len(suite.findall("testcase/skipped"))
        assert float(suite.attrib["time"]) == pytest.approx(sum(float(case.attrib["time"]) for case in cases), abs=0.01)
        for case in cases:
            assert set(case.attrib) == {"classname", "name", "time"}
            assert float(case.attrib["time"]) >= 0
            assert len(case) <= 1
        names = [(case.attrib["classname"], case.attrib["name"]) for case in cases]
        assert len(set(names)) == len(names)
    for name in ("tests", "failures", "errors"):
        assert int(root.attrib[name]) == sum(int(suite.attrib[name]) for suite in root)


def test_one_suite_a_paper_and_one_case_for_each_claim_and_control(report):
    root = parsed(report)
    check_counts(root)
    assert [suite.attrib["name"] for suite in root] == ["LGAN", "ICLR"]
    assert int(root.attrib["tests"]) == sum(1 + len(row.controls) for row in report.claims)
    assert root.attrib["failures"] == "0"
    assert float(root.attrib["time"]) > 0
    values = {item.attrib["name"]: item.attrib["value"] for item in root[0].findall("properties/property")}
    assert values["budget"] == "quick"
    assert {"toylab", "numpy", "python"} <= set(values)


def test_failures_and_skips_say_why(report):
    pairs, dual, false = report.claims
    worst = dataclasses.replace(
        pairs.verdicts[2], status=VerdictStatus.VIOLATED, margin=-1.0, explanation="residual 1 against \x00 2 <&>"
    )
    loose = [dataclasses.replace(v, status=VerdictStatus.INCONCLUSIVE, explanation="too loose") for v in dual.verdicts]
    tame = dataclasses.replace(false.controls[0], status=VerdictStatus.HOLDS, explanation="it holds")
    rows = (
        dataclasses.replace(pairs, verdicts=(*pairs.verdicts[:2], worst, *pairs.verdicts[3:])),
        dataclasses.replace(dual, verdicts=tuple(loose)),
        dataclasses.replace(false, controls=(tame,)),
    )
    root = parsed(dataclasses.replace(report, claims=rows))
    check_counts(root)
    failures = root.findall("testsuite/testcase/failure")
    assert [failure.attrib["message"] for failure in failures] == ["violated", "holds, expected violated"]
    assert [failure.text for failure in failures] == ["residual 1 against � 2 <&>", "it holds"]
    (skipped,) = root.findall("testsuite/testcase/skipped")
    assert (skipped.attrib["message"], skipped.text) == ("inconclusive", "too loose")


def test_explanations_and_times_come_from_the_verification(report):
    for row in report.claims:
        assert row.seconds > 0
        assert all("Verdict: " in verdict.explanation for verdict in row.verdicts)
        assert all("Verdict: violated" in control.explanation and control.seconds > 0 for control in row.controls)


def test_nothing_selected_is_an_empty_document(report):
    root = parsed(dataclasses.replace(report, claims=()))
    assert len(root) == 0
    assert root.attrib["tests"] == "0"
