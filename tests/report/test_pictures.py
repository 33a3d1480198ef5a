"""What is drawn of a case that has no picture of its own, and what is said where there is none."""

import base64
from io import BytesIO

import numpy as np
from PIL import Image

from toylab import claims, losses, plotting, zoo
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.report.pictures import case_pictures
from toylab.solvers.solving import solve


def test_a_case_in_space_is_drawn_and_described():
    points = np.eye(3)
    fake, real = DiscreteMeasure(points[:1]), DiscreteMeasure(points[1:])
    candidate = solve(CriticProblem(fake, real, losses.logistic(), LipschitzPenalty(0.1)))
    pair = case_pictures("three coordinates", claims.get("lgan.theorem-3").check(candidate))
    assert pair.subject is not None
    assert "points, projected, 1 fake and 2 real points" in pair.subject.alt
    assert pair.evidence is not None
    assert "against their error bounds, 0 beyond" in pair.evidence.alt


def test_what_cannot_be_drawn_says_why_and_keeps_its_evidence(monkeypatch):
    def refuse(subject):
        raise InputError("nothing to see.")

    monkeypatch.setattr(plotting, "plot", refuse)
    pair = case_pictures("unseen", claims.get("lgan.theorem-3").check(solve(zoo.load("two-diracs"))))
    assert (pair.subject, pair.why_not) == (None, "nothing to see.")
    assert pair.evidence is not None
    assert pair.argument


def test_colours_that_mean_something_stay_as_they_are_and_long_titles_whole():
    candidate = solve(zoo.load("two-diracs"))
    pair = case_pictures("two points", claims.get("lgan.theorem-1.existence").check(candidate))
    assert pair.subject is not None
    assert pair.evidence is not None
    fake, real = (0xD5, 0x5E, 0x00), (0x00, 0x72, 0xB2)
    with Image.open(BytesIO(base64.b64decode(pair.subject.uri.split(",", 1)[1]))) as image:
        counts = {colour: count for count, colour in image.convert("RGB").getcolors(image.width * image.height) or []}
    assert min(counts.get(fake, 0), counts.get(real, 0)) > 50  # a marker is about 20 dots wide
    with Image.open(BytesIO(base64.b64decode(pair.evidence.uri.split(",", 1)[1]))) as image:
        grey = np.asarray(image.convert("L"))
    assert grey[:, [0, -1]].min() == 255  # nothing is cut off at the sides
