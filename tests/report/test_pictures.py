"""What is drawn of a case that has no picture of its own, and what is said where there is none."""

import base64
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from toylab import claims, losses, zoo
from toylab.claims import Budget
from toylab.critics import FormulaCritic
from toylab.errors import InputError
from toylab.functions import FunctionOnPair, Norm
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.report.pictures import case_pictures, drawable
from toylab.solvers.solving import solve


def in_space() -> FunctionOnPair:
    cases = claims.get("lgan.theorem-4").cases(Budget.QUICK)
    return next(case.subject for case in cases if case.name == "funnel in space 0")


def test_a_function_in_space_is_drawn_in_a_plane_through_its_pair():
    subject = in_space()
    flat = drawable(subject)
    assert flat.x.shape == (2,)
    assert flat.rise() == pytest.approx(subject.rise(), rel=1e-12)
    assert flat.norm(flat.y - flat.x) == pytest.approx(subject.norm(subject.y - subject.x), rel=1e-12)
    at = np.array([[0.3, 0.2], [0.1, -0.4]])
    step = 1e-6  # central differences of a smooth function of size 1: error about 1e-9
    slopes = [(flat.f(at + step * e) - flat.f(at - step * e)) / (2 * step) for e in np.eye(2)]
    assert flat.f.gradient(at) == pytest.approx(np.stack(slopes, axis=1), abs=1e-7)


def test_what_has_a_picture_stays_as_it_is():
    plane = FunctionOnPair(
        name="plane",
        f=FormulaCritic(lambda z: z[:, 0], lambda z: np.tile([1.0, 0.0, 0.0], (len(z), 1))),
        k=1.0,
        x=np.zeros(3),
        y=np.array([1.0, 0.0, 0.0]),
        norm=Norm(1.0),
    )
    candidate = solve(zoo.load("two-diracs"))
    assert drawable(plane) is plane  # lengths in other norms are not those of the plane
    assert drawable(candidate) is candidate


def test_a_case_without_a_picture_says_why_and_keeps_its_evidence(monkeypatch):
    points = np.eye(3)
    fake, real = DiscreteMeasure(points[:1]), DiscreteMeasure(points[1:])
    candidate = solve(CriticProblem(fake, real, losses.logistic(), LipschitzPenalty(0.1)))

    def refusing(subject):
        raise InputError("toylab.plot shows only one and two dimensions.")

    monkeypatch.setattr("toylab.plotting.plot", refusing)
    pair = case_pictures("three coordinates", claims.get("lgan.theorem-3").check(candidate))
    assert pair.subject is None
    assert "only one and two dimensions" in pair.why_not
    assert pair.evidence is not None
    assert "against their error bounds, 0 beyond" in pair.evidence.alt


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
