"""What a campaign prints."""

import io

from rich.console import Console

from toylab.bench.cases import CaseRecord, Failure
from toylab.bench.summary import CampaignSummary
from toylab.bench.tables import print_summary


def printed(records: list[CaseRecord]) -> str:
    console = Console(width=200, record=True, file=io.StringIO())
    print_summary(CampaignSummary.of({"seed": 0}, [record.to_json() for record in records]), console)
    return console.export_text()


def test_a_campaign_without_failures():
    record = CaseRecord(
        index=3,
        kinds=("points: grid", "loss: sqrt"),
        status="optimal",
        relative_gap=2e-9,
        verdicts={"holds": ["lgan.theorem-3"], "inconclusive": ["lgan.theorem-1"]},
        open={"lgan.theorem-1": "some point: error bound 2 above the resolution 1"},
        opinions={"second solver": "agrees"},
        seconds={"solve": 0.25},
    )
    text = printed([record])
    assert "1 problems, no failures." in text
    assert "Failures by class" not in text
    for words in (
        "points: grid",
        "loss: sqrt",
        "lgan.theorem-1",
        "median 2e-09",
        "second solver: 1 agrees",
        "solve 250",
    ):
        assert words in text


def test_a_campaign_with_failures_says_which_cases_to_replay():
    bad = Failure(kind="exception", stage="solve", sentence="ValueError: 3 [bold]")
    text = printed([CaseRecord(index=index, kinds=("points: grid",), failures=[bad]) for index in range(7)])
    assert "7 problems, 7 of them with failures." in text
    assert "0, 1, 2, 3, 4, …" in text
    assert "ValueError: # [bold]" in text


def test_an_empty_campaign():
    assert "0 problems, no failures." in printed([])
