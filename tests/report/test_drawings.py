"""All pictures of a report: each drawn once, in any number of processes, and a reason where there is none."""

import base64
import dataclasses
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from toylab import claims
from toylab.plotting import canvas
from toylab.report import drawings, raster
from toylab.report.drawings import draw
from toylab.verification import ClaimReport, VerificationReport


def pixels(uri: str) -> np.ndarray:
    with Image.open(BytesIO(base64.b64decode(uri.split(",", 1)[1]))) as image:
        return np.asarray(image.convert("RGB"))


@pytest.fixture(scope="module")
def drawn(report) -> drawings.Drawings:
    return draw(report)


def test_several_processes_draw_the_same(report, drawn, monkeypatch):
    monkeypatch.setattr(drawings, "_FEW", 1)
    assert draw(report, workers=2) == drawn
    assert set(drawn.cases) == {row.claim.id for row in report.claims}
    assert all(pair.subject and pair.evidence and pair.argument for pair in drawn.cases.values())


def test_a_worst_case_that_claims_share_is_drawn_once(report, monkeypatch):
    """The second claim here is decided on the worst case of the first."""
    first = next(row for row in report.claims if row.claim.id == "iclr.theorem-2")
    verdict = dataclasses.replace(first.worst, claim="lgan.theorem-3")
    second = ClaimReport(claim=claims.get("lgan.theorem-3"), verdicts=(verdict,), controls=())
    seen = []
    picture = drawings.subject_picture
    monkeypatch.setattr(drawings, "subject_picture", lambda name, subject: seen.append(name) or picture(name, subject))
    cases = draw(dataclasses.replace(report, claims=(first, second))).cases
    assert seen == [first.worst.case]
    assert cases["lgan.theorem-3"].subject == cases["iclr.theorem-2"].subject
    assert cases["lgan.theorem-3"].evidence != cases["iclr.theorem-2"].evidence


def test_a_case_that_is_missing_or_cannot_be_made_anew_says_why(report):
    row = report.claims[0]
    without = dataclasses.replace(row, verdicts=())
    broken = dataclasses.replace(row.worst, subject={"subject": "abacus"})
    changed = dataclasses.replace(row, verdicts=(broken,))
    for one, why in ((without, "There is no case to draw."), (changed, "'abacus'")):
        pair = draw(dataclasses.replace(report, claims=(one,))).cases[row.claim.id]
        assert (pair.subject, pair.evidence, pair.argument) == (None, None, ())
        assert why in pair.why_not


def test_a_claim_of_ones_own_is_drawn_in_this_process(report, monkeypatch):
    """Another process could not find it by its id."""
    monkeypatch.setattr(drawings, "_FEW", 1)
    mine = dataclasses.replace(report.claims[0].claim, id="mine.lemma")
    row = dataclasses.replace(report.claims[0], claim=mine)
    assert draw(dataclasses.replace(report, claims=(row,)), workers=2).cases["mine.lemma"].subject is not None


def test_nothing_of_a_picture_touches_its_edge(drawn):
    for pair in drawn.cases.values():
        for picture in (pair.subject, pair.evidence):
            image = pixels(picture.uri)
            edges = (image[0], image[-1], image[:, 0], image[:, -1])
            assert all((edge == 255).all() for edge in edges)
            assert abs(image.shape[1] - 2 * picture.width) <= 1


def test_a_title_of_any_length_is_drawn_whole():
    """The canvas grows until nothing touches its border; the axes stay as large as they were."""
    widths, sizes = [], []
    for length in (1, 40, 400):
        axes = canvas.new_axes(4.0, 3.0)
        axes.set_title("m" * length, fontsize=10.0, y=1.0)
        image = raster.drawn(canvas.figure_of(axes))
        widths.append(image.width)
        sizes.append((round(axes.get_window_extent().width, 6), round(axes.get_window_extent().height, 6)))
    assert widths[0] < widths[1]
    assert widths[2] > 400 * raster.DPI * 8.0 / 72.0  # an m of 10 points is more than 8 wide
    assert sizes[0] == sizes[1] == sizes[2]


def test_an_empty_report_has_no_pictures():
    nothing = draw(VerificationReport(budget=claims.Budget.QUICK, claims=(), training=()), workers=2)
    assert (nothing.cases, nothing.training, nothing.files) == ({}, {}, {})
