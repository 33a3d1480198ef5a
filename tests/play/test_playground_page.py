"""A visitor's page, driven without a browser: what is set is answered, and nothing brings it down."""

import numpy as np
import pytest
from bokeh.document import Document

import toylab
from toylab.play import Objective, State, from_link, preset
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
    assert page.pace.source.data["words"][0] in page.controls.numbers.text


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
    assert "no restriction" in page.pace.source.data["words"][0]
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
    assert "have arrived" in page.controls.note.text


def test_fakes_that_come_no_nearer_stop_and_say_why(page):
    page.fakes.data, page.reals.data = {"x": [0.0], "y": [0.0]}, {"x": [-1.0, 1.0], "y": [0.0, 0.0]}
    page.catch_up()
    assert page.last.arrows.shape == (0, 4)  # both partners pull alike: the mean of the one-sided gradients is 0
    page.controls.move.active = True
    page.move()
    assert not page.controls.move.active
    assert "1 of 1 stand on a kink" in page.controls.note.text
    page.controls.objective.value = Objective.UNRESTRICTED.name
    page.controls.losses.value = "quadratic(0, 1)"
    page.catch_up()
    page.move()
    assert "without a restriction" in page.controls.note.text


def test_fakes_that_swing_across_a_kink_stop(monkeypatch):
    monkeypatch.setattr("toylab.play.answer.RESOLUTION", 8)  # nobody looks at the surfaces
    page = Page(Document(), preset("case3", n=6))  # jams between its two modes
    page.controls.move.active = True
    moves = 0
    while page.controls.move.active and moves < 400:
        page.move()
        moves += 1
    assert 30 < moves < 400
    assert "come no nearer" in page.controls.note.text
    assert "partners in several directions pull" in page.controls.note.text


def test_fakes_whose_reals_are_dragged_away_go_on(page):
    page.fakes.data, page.reals.data = {"x": [0.0, 0.0], "y": [0.0, 0.3]}, {"x": [0.3, 0.3], "y": [0.0, 0.3]}
    page.catch_up()
    page.controls.move.active = True
    for _ in range(5):
        page.move()
    page.reals.data = {"x": [1.5, 1.5], "y": [0.0, 0.3]}  # all that is gained is lost: what comes is no standstill
    page.catch_up()
    for _ in range(35):
        page.move()
    assert page.controls.move.active


def test_what_is_shown_says_when_it_is_not_what_is_set(page):
    page.controls.objective.value = Objective.UNRESTRICTED.name
    page.catch_up()
    assert "no optimal critic" in page.controls.note.text
    assert page.pace.source.data["words"][0].startswith("before: k* = ")
    assert page._exact.figure.title.text == "certified critic, of what was set before"
    assert from_link(page.controls._kept.data["link"][0]).objective is Objective.UNRESTRICTED
    assert page.controls.weight.disabled
    page.controls.objective.value = Objective.BALL.name
    page.catch_up()
    assert page._exact.figure.title.text == "certified critic"
    assert page.controls.weight.title == "radius λ"
    assert not page.controls.weight.disabled


def test_the_chosen_points_are_removed_whatever_kind_is_added(page):
    page.controls.side.active = 1
    page.fakes.selected.indices = [1]
    page._remove_point()
    page.catch_up()
    assert page.state.fake == ((0.0, 0.0),)
    assert len(page.state.real) == 2
    page._remove_point()
    assert "Choose a point first" in page.controls.note.text
    assert len(page.reals.data["x"]) == 2


def test_added_points_are_chosen_and_do_not_hide_each_other(page):
    for _ in range(3):
        page._add_point()
    page.catch_up()
    assert len(set(page.state.fake)) == 5
    assert page.fakes.selected.indices == [4]


def test_a_preset_can_be_chosen_again_after_a_change(page):
    page.fakes.selected.indices = [0]
    page.controls.preset.value = "case6"
    assert page.fakes.selected.indices == []
    assert page.controls.preset.value == "case6"
    first = page.state
    page.fakes.data = {"x": [0.0], "y": [0.5]}
    page.catch_up()
    assert page.controls.preset.value == ""
    page.controls.preset.value = "case6"
    assert page.state == first


def test_where_answers_are_slow_points_are_answered_on_release_and_the_slider_at_rest(page, monkeypatch):
    assert page.pace.source.data["live"] == [1]
    monkeypatch.setattr("toylab.play.page.SLOW", 0.0)
    monkeypatch.setattr("toylab.play.page.REST", 3600.0)  # however long this machine stands still
    page.fakes.data = {"x": [0.0, 0.0], "y": [0.5, 1.0]}
    page.catch_up()
    assert page.state.fake == ((0.0, 0.5), (0.0, 1.0))
    assert page.pace.source.data["live"] == [0]
    assert "when you let them go" in page.controls.note.text
    before = page.last
    page.controls.weight.value = 0.5
    page.catch_up()
    assert page.last is before
    monkeypatch.setattr("toylab.play.page.REST", 0.0)
    page.catch_up()
    assert page.state.weight == pytest.approx(10**0.5, rel=1e-5)
    monkeypatch.setattr("toylab.play.page.SLOW", np.inf)
    page.controls.weight.value = 0.0
    page.catch_up()
    assert page.pace.source.data["live"] == [1]
    assert page.controls.note.text == ""


def test_one_slow_answer_or_another_number_of_points_changes_nothing(page, monkeypatch):
    monkeypatch.setattr("toylab.play.page.SLOW", 1e6)
    page._seconds.extend([2e6, 1.0, 2e6])
    assert not page._slow
    page._seconds.extend([2e6, 2e6, 2e6])
    assert page._slow
    page.fakes.data = {"x": [0.0], "y": [0.5]}
    page.catch_up()
    assert not page._slow


def test_every_question_of_the_page_is_dealt_with_even_one_that_has_no_answer(page):
    count = page.pace.source.data["count"][0]
    for data in ({"x": [], "y": []}, {"x": [0.0], "y": [0.5]}):
        page.fakes.data = data
        page.catch_up()
    assert page.pace.source.data["count"] == [count + 2]


def test_a_message_of_the_link_is_read():
    page = Page(Document(), FIRST, message="the link was cut")
    assert "the link was cut" in page.controls.note.text


def test_a_trained_critic_of_earlier_points_says_so(page):
    drawn = (page.last.surface, page.last.arrows)
    page._show_trained(page.state, page.view, drawn, "Trained.")
    assert page._trained.figure.visible
    assert page._trained.figure.title.text == "trained critic (MaxGP)"
    page.fakes.data = {"x": [0.0, 0.5], "y": [0.5, 0.5]}
    page.catch_up()
    assert page._trained.figure.title.text.endswith("of what was set before")


def test_the_view_holds_every_point():
    rng = np.random.default_rng(0)
    for _ in range(20):
        points = rng.normal(size=(6, 2)) * rng.uniform(0.01, 100.0, size=2)
        view = view_of(FIRST.with_points(points[:3], points[3:]))
        assert (points > [view.left, view.bottom]).all()
        assert (points < [view.right, view.top]).all()
