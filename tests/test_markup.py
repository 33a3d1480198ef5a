import math

import pytest

from tests.pages import Page
from toylab.markup import Html, Tone, badge, bar, card, facts, folded, lines, number, paragraphs, quiet, table, text


@pytest.mark.parametrize(
    ("value", "digits", "written"),
    [
        (1.23456789, 4, "1.235"),
        (3e-10, 2, "3e-10"),
        (-0.0, 6, "0"),
        (math.nan, 6, "–"),
        (None, 6, "–"),
        (math.inf, 6, "∞"),
        (-math.inf, 6, "−∞"),
    ],
)
def test_numbers_for_people(value, digits, written):
    assert number(value, digits) == written


def test_everything_but_html_is_escaped():
    evil = "<script>alert('x')</script>&\""
    pieces = (
        badge(evil, Tone.BAD),
        lines([evil]),
        quiet(evil),
        folded(evil, text(evil)),
        paragraphs(evil),
        facts([(evil, evil)]),
        table([evil], [[evil]]),
        card(evil, evil),
    )
    for piece in pieces:
        page = Page.of(piece)
        assert "script" not in page.tags
        assert evil in page.text
    assert text(Html("<b>bold</b>")) == "<b>bold</b>"


@pytest.mark.parametrize(("share", "width"), [(0.25, "25.0%"), (7.0, "100.0%"), (-1.0, "0.0%"), (math.nan, "0.0%")])
def test_a_bar_stays_within_its_frame(share, width):
    assert f"width:{width}" in bar(share)


def test_facts_leave_out_what_is_not_known():
    page = Page.of(facts([("known", "1"), ("unknown", "")]))
    assert "known1" in page.text
    assert "unknown" not in page.text
