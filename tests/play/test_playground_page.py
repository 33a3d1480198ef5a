"""A visitor's page, driven without a browser: what is set is answered, and nothing brings it down."""

import numpy as np
import pytest
from bokeh.document import Document

import toylab
from toylab.play import Objective, State
from toylab.play.page import Page, view_of

FIRST = State(fake=((0.0, 0.0), (0.0, 1.0)), real=((1.0, 0.0), (2.0, 1.0)))


@pytest.fixture
def page(monkeypatch):
    monkeypatch.setattr("toylab.play.page.SLOW", np.inf)  # however busy the machine is
    return Page(Document(), FIRST)


def exact(page):
    return toylab.solve(page.state.problem)


def test_the_first_answer_is_certified_and_shown(page):
    assert page.last.solution.certificate.relative_gap <= 1e-8
    assert f"k* = {exact(page).lipschitz_constant:.6g}" in page.controls.numbers.text


def test_a_changed_point_is_answered_once_the_page_catches_up(page):
    page.fakes.data = {"x": [0.0, 0.5], "y": [0.0, 1.0]}
    page.fakes.data = {"x": [0.0, 0.25], "y": [0.0, 1.0]}
    before = page.last
    page.catch_up()
    assert page.last is not before
    assert page.state.fake == ((0.0, 0.0), (0.25, 1.0))
    page.catch_up()
    assert page.last.solution.value == exact(page).value


def test_controls_change_loss_weight_and_restriction(page):
    page.controls.losses.value = "sqrt"
    page.controls.weight.value = 0.0
    page.controls.objective.value = Objective.BALL.name
    page.catch_up()
    assert page.state.problem.regularizer == toylab.LipschitzBall(1.0)
    assert page.last.solution.lipschitz_constant == pytest.approx(exact(page).lipschitz_constant, rel=1e-12)


def test_a_preset_replaces_points_and_view(page):
    page.controls.preset.value = "case6"
    assert page.state.fake == ((-0.5, 0.5), (0.5, -0.5))
    assert page.view == view_of(page.state)
    assert page.last.solution.lipschitz_constant == pytest.approx(1.5675398, abs=5e-8)  # THEORY's digits of case6


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"x": [], "y": []}, "1 to 400 fake points"),
        ({"x": ["a"], "y": [0.0]}, "not a number"),
        ({"x": [float("nan")], "y": [0.0]}, "not a finite place"),
    ],
)
def test_what_cannot_be_answered_is_said_and_the_last_answer_stays(page, data, sentence):
    before = page.last
    page.fakes.data = data
    page.catch_up()
    assert sentence in page.controls.note.text
    assert page.last is before
    page.fakes.data = {"x": [0.0], "y": [0.5]}
    page.catch_up()
    assert page.controls.note.text == ""
    assert page.state.fake == ((0.0, 0.5),)


def test_a_loss_without_an_optimum_is_explained(page):
    page.controls.losses.value = "quadratic(0, 1)"
    page.controls.objective.value = Objective.UNRESTRICTED.name
    page.catch_up()
    assert "no restriction" in page.controls.numbers.text
    page.controls.losses.value = "logistic"
    page.catch_up()
    assert page.controls.note.text


def test_points_are_added_and_removed_without_a_mouse(page):
    page.controls.side.active = 1
    page._add_point()
    page.catch_up()
    assert len(page.state.real) == 3
    page.reals.selected.indices = [0]
    page._remove_point()
    page.catch_up()
    assert page.state.real[0] == (2.0, 1.0)


def test_fakes_that_move_come_nearer_and_stop(page):
    def distance():
        return toylab.solve(
            toylab.CriticProblem(
                page.state.problem.fake, page.state.problem.real, toylab.losses.wasserstein(), toylab.LipschitzBall(1.0)
            )
        ).value

    before = distance()
    for _ in range(5):
        page.move()
    assert distance() > before  # the value of the ball is −W₁
    page.fakes.data = dict(page.reals.data)
    page.catch_up()
    page.move()
    assert "have stopped" in page.controls.note.text


def test_slow_answers_wait_until_the_points_rest(page, monkeypatch):
    monkeypatch.setattr("toylab.play.page.SLOW", 0.0)
    before = page.last
    page.fakes.data = {"x": [0.0], "y": [0.5]}
    page.catch_up()
    assert page.last is before
    assert "come to rest" in page.controls.note.text
    monkeypatch.setattr("toylab.play.page.REST", 0.0)
    page.catch_up()
    assert page.state.fake == ((0.0, 0.5),)


def test_the_view_holds_every_point():
    rng = np.random.default_rng(0)
    for _ in range(20):
        points = rng.normal(size=(6, 2)) * rng.uniform(0.01, 100.0, size=2)
        view = view_of(FIRST.with_points(points[:3], points[3:]))
        assert (points > [view.left, view.bottom]).all()
        assert (points < [view.right, view.top]).all()
