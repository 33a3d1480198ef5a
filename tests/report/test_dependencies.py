"""The picture of the graph: nothing overlaps, nothing is cut, arrows lead from a result to what uses it."""

import itertools
import re

import pytest

from toylab import claims
from toylab.claims.foundations import dependencies
from toylab.report.dependencies import picture

GRAPH = dependencies(claims.ALL)
PICTURE = picture(claims.ALL)
BOXES = {box.name: box for box in PICTURE.boxes}


def test_every_result_has_a_box_and_every_dependency_a_line():
    assert set(BOXES) == set(GRAPH)
    lines = {(line.start, line.end) for line in PICTURE.lines if not line.superseded}
    assert lines == {(below, name) for name, names in GRAPH.items() for below in names}
    replaced = {(line.start, line.end) for line in PICTURE.lines if line.superseded}
    assert replaced == {(c.id, c.superseded_by) for c in claims.ALL if c.superseded_by is not None}


def test_boxes_do_not_overlap_and_stay_inside():
    for one, other in itertools.combinations(PICTURE.boxes, 2):
        apart_x = max(one.x, other.x) - min(one.x + one.width, other.x + other.width)
        apart_y = max(one.y, other.y) - min(one.y + one.height, other.y + other.height)
        assert max(apart_x, apart_y) >= 8, (one.name, other.name)
    for box in PICTURE.boxes:
        assert 0 <= box.x <= PICTURE.width - box.width
        assert 0 <= box.y <= PICTURE.height - box.height


@pytest.mark.parametrize("line", PICTURE.lines, ids=lambda line: f"{line.start} to {line.end}")
def test_lines_begin_and_end_at_their_boxes_and_pass_no_other(line):
    start, end = BOXES[line.start], BOXES[line.end]
    numbers = [float(word) for word in re.findall(r"-?[\d.]+", line.path)]
    assert numbers[0] in {start.x, start.x + start.width}
    assert numbers[1] == pytest.approx(start.y + start.height / 2, abs=0.06)  # written with one digit
    assert numbers[-1] == pytest.approx(end.y + end.height / 2, abs=0.06)
    if not line.superseded:
        assert numbers[0] == pytest.approx(start.x + start.width)
        assert numbers[-2] == pytest.approx(end.x)
        assert start.x + start.width < end.x
    for level in re.finditer(r"(-?[\d.]+) (-?[\d.]+) H(-?[\d.]+)", line.path):  # where it passes a layer
        left, height = float(level[1]), float(level[2])
        for box in PICTURE.boxes:
            if box.x == pytest.approx(left):
                assert not box.y < height < box.y + box.height, (line.start, line.end, box.name)


def test_names_fit_into_their_boxes():
    for box in PICTURE.boxes:
        assert len(box.lines) <= 2
        assert max(len(text) for text in box.lines) <= 24
        assert "".join(box.lines).replace(" ", "") == box.name.replace(" ", "")


def test_a_single_claim_and_none():
    assert len(picture([claims.get("lgan.theorem-4")]).boxes) == 3
    assert picture([]).boxes == ()
