"""The page, read as a browser's parser reads it: structure, links, pictures, words; nothing to load, nothing solved."""

import base64
import dataclasses
import html as entities
import itertools
import re
from collections import Counter
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from toylab import claims
from toylab.claims import Budget, VerdictStatus
from toylab.comparison import Comparison
from toylab.report import html
from toylab.verification import ClaimReport, VerificationReport
from toylab.verification.cases import CaseVerdict
from toylab.verification.training import TrainingCase, TrainingReport
from toylab.zoo import load

VOID = {"meta", "link", "img", "br", "path", "rect", "input"}


class Page(HTMLParser):
    """Elements with attributes in order, the text, and whether every element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def text(report: VerificationReport) -> str:
    return html.render(report, folder=Path("toylab-report"))


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_the_document_is_whole_and_in_a_language(text, page):
    assert text.lstrip().startswith("<!DOCTYPE html>")
    assert page.open == []
    assert page.all("html")[0]["lang"] == "en"
    assert len(page.all("h1")) == len(page.all("main")) == len(page.all("header")) == len(page.all("nav")) == 1
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_identifiers_are_unique_and_every_link_has_a_target(page):
    ids = Counter(attributes["id"] for _, attributes in page.elements if "id" in attributes)
    assert set(ids.values()) == {1}
    links = [attributes["href"] for attributes in page.all("a")]
    assert links
    assert all(link.startswith("#") and link[1:] in ids for link in links)
    for _, attributes in page.elements:
        assert all(name in ids for name in attributes.get("aria-labelledby", "").split())


def test_nothing_is_loaded_and_nothing_runs(text, page):
    assert not page.all("script")
    for _, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "srcset", "href", "data", "action"):
            assert attributes.get(name, "#").startswith(("#", "data:")), attributes[name]
    style = text[text.index("<style>") : text.index("</style>")]
    assert "url(" not in style.replace("url(#arrow)", "")
    assert "@import" not in style


def test_every_picture_is_described_and_twice_as_sharp_as_large(page):
    pictures = page.all("img")
    assert len(pictures) == 6  # the worst case and its evidence, for three claims
    for picture in pictures:
        assert len(picture["alt"]) > 40
        kind, data = picture["src"].split(",", 1)
        assert kind == "data:image/png;base64"
        with Image.open(BytesIO(base64.b64decode(data))) as image:
            assert image.width // 2 == int(picture["width"])
            assert image.height // 2 == int(picture["height"])


def test_tables_have_headers_with_a_scope(page):
    headers = page.all("th")
    assert headers
    assert {header["scope"] for header in headers} == {"col", "row", "rowgroup"}


@pytest.mark.parametrize("index", range(3))
def test_a_section_says_everything_about_its_claim(report, page, index):
    row = report.claims[index]
    claim, worst = row.claim, row.worst
    assert any(attributes.get("id") == claim.id for attributes in page.all("section"))
    said = [claim.statement, claim.title, claim.rationale, *claim.sources, worst.case, worst.details["worst"]["label"]]
    said += [words for hypothesis in claim.hypotheses for words in (hypothesis.name, hypothesis.sentence)]
    said += [control.why for control in row.controls]
    said += [f"toylab check {claim.id} --control {n}" for n in range(1, len(row.controls) + 1)]
    said += [f"toylab check {claim.id} toylab-report/cases/{claim.id}.json"]
    assert "The argument, with the numbers of this case" in page.text
    for words in said:
        assert re.sub(r"\s+", " ", words) in page.text, words


def test_the_head_says_how_it_ended_and_how_to_make_it_again(page):
    for words in (
        "Everything as expected",
        "toylab verify --quick --claims lgan.theorem-4,lgan.theorem-5,iclr.theorem-2 --no-training",
        "quick",
        "8 of 8",
    ):
        assert words in page.text
    assert "false as stated; refuted as it must be" in page.text
    assert "What is true instead: lgan.theorem-3 (not in this report)" in page.text


def test_worst_cases_are_drawn_without_solving_and_the_same_each_time(report, text, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("the report solves nothing")

    for place in ("toylab.solvers.solving.solve", "toylab.verification.cases.solve"):
        monkeypatch.setattr(place, refuse)
    assert html.render(report, folder=Path("toylab-report")) == text


def test_without_a_folder_cases_are_replayed_by_name(report):
    row = next(row for row in report.claims if row.claim.id == "iclr.theorem-2")
    page = Page(html.render(dataclasses.replace(report, claims=(row,))))
    assert "toylab check iclr.theorem-2 --case 'shared points A, B, wasserstein, lambda 0.5' --quick" in page.text


def undrawn(row: ClaimReport) -> tuple[CaseVerdict, ...]:
    """The verdicts without their subjects: nothing is left to draw."""
    return tuple(dataclasses.replace(verdict, subject={}) for verdict in row.verdicts)


def test_words_are_escaped(report):
    row = report.claims[1]
    claim = dataclasses.replace(row.claim, statement="<script>alert('k')</script> & 1 < 2")
    row = dataclasses.replace(row, claim=claim, verdicts=undrawn(row))
    text = html.render(dataclasses.replace(report, claims=(row,)))
    assert "<script" not in text
    assert "<script>alert('k')</script> & 1 < 2" in entities.unescape(text)


def test_what_is_not_as_expected_and_what_is_open_are_told_by_words_and_symbol(report):
    bad, odd, false = report.claims
    violated = dataclasses.replace(bad.verdicts[0], status=VerdictStatus.VIOLATED, margin=-1.0, subject={})
    tame = dataclasses.replace(odd.controls[0], status=VerdictStatus.HOLDS)
    unsure = [dataclasses.replace(v, status=VerdictStatus.INCONCLUSIVE, subject={}) for v in false.verdicts]
    rows = (
        dataclasses.replace(bad, verdicts=(violated,)),
        dataclasses.replace(odd, verdicts=undrawn(odd), controls=(tame,)),
        dataclasses.replace(false, verdicts=tuple(unsure)),
    )
    page = Page(html.render(dataclasses.replace(report, claims=rows)))
    assert "Not as expected: lgan.theorem-4, lgan.theorem-5, iclr.theorem-2." in page.text
    for words in ("✗ not as expected: violated", "✗ not as expected: 0/1 violated", "? not decided: inconclusive"):
        assert words in page.text
    assert "Not drawn: There is no case to draw." in page.text


def test_training_has_its_table_and_legend(report):
    comparison = Comparison(
        relative_gap=0.00123,
        excess=0.004,
        k_support=0.999,
        k_gradient=1.002,
        k_star=1.0,
        partners="reweighted coupling",
        angles=np.array([0.5, 2.0, np.nan, 20.0]),
    )
    case = TrainingCase(name="case4 n = 2, logistic", problem=load("case4", n=2))
    training = TrainingReport(case=case, comparisons=(comparison, comparison), status="converged", seconds=3.21)
    page = Page(html.render(VerificationReport(budget=Budget.FULL, claims=(), training=(training,))))
    for cell in ("case4 n = 2, logistic", "0.12 %", "1.0020", "20.00°", "67 %", "3.2", "excess: penalty paid"):
        assert cell in page.text
    assert {header.get("rowspan") for header in page.all("th") if header["scope"] == "rowgroup"} == {"2"}


def test_nothing_selected_is_a_page_too():
    page = Page(html.render(VerificationReport(budget=Budget.QUICK, claims=(), training=())))
    assert "No claim was selected." in page.text


def test_claims_of_ones_own_and_many_workers(report):
    rows = [
        dataclasses.replace(row, claim=claim, verdicts=())
        for row, claim in zip(report.claims, claims.ALL, strict=False)
    ]
    mine = dataclasses.replace(report.claims[0].claim, id="mine.lemma", title="a lemma of mine", sources=("my notes",))
    rows.append(dataclasses.replace(report.claims[0], claim=mine, verdicts=undrawn(report.claims[0])))
    page = Page(html.render(dataclasses.replace(report, claims=tuple(rows))))
    assert "a lemma of mine" in page.text
    assert any(attributes.get("id") == "mine.lemma" for attributes in page.all("section"))
