"""Sliders over losses and λ, and the still picture in their place."""

import builtins

import pytest

from toylab import explore, losses, zoo
from toylab.errors import InputError


@pytest.fixture(scope="module")
def explorer():
    return explore(zoo.load("case4", n=3, seed=0), losses=["wasserstein", losses.logistic()], weights=[1.0, 0.1])


def test_every_choice_is_certified_and_found_once(explorer):
    for pair in explorer.losses:
        for weight in explorer.weights:
            solution = explorer.solution(pair, weight)
            assert solution.certificate.relative_gap <= solution.rtol
            assert solution.problem.losses == pair
            assert solution.problem.regularizer.weight == weight
            assert explorer.solution(pair, weight) is solution


def test_the_still_picture_shows_losses_against_weights(explorer):
    titles = [axes.get_title() for axes in explorer.still().axes]
    assert len(titles) == 4
    assert titles[0].startswith("wasserstein, λ = 0.1: k = ")
    assert titles[-1].startswith("logistic, λ = 1: k = ")


def test_sliders_answer_with_the_solution_of_the_choice(explorer):
    ipywidgets = pytest.importorskip("ipywidgets")
    box = explorer.sliders()
    menu, slider = box.children[0].children
    image, text = box.children[2], box.children[1]
    assert isinstance(image, ipywidgets.Image)
    before = image.value
    menu.value, slider.value = explorer.losses[1], 0.1
    assert image.value != before
    assert f"k* = {explorer.solution(explorer.losses[1], 0.1).lipschitz_constant:.6g}" in text.value


def test_without_widgets_the_picture_alone_is_shown(explorer, monkeypatch):
    real_import = builtins.__import__

    def no_widgets(name, *args, **kwargs):
        if name == "ipywidgets":
            raise ImportError(name)
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", no_widgets)
    assert set(explorer._repr_mimebundle_()) == {"text/plain", "image/png"}


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"losses": []}, "at least one loss"),
        ({"weights": []}, "at least one loss and one weight"),
        ({"weights": [0.0]}, "weight"),
        ({"losses": ["logistik"]}, "logistic"),
    ],
)
def test_bad_choices_are_refused(choices, message):
    with pytest.raises(InputError, match=message):
        explore(zoo.load("case4", n=3, seed=0), **choices)


def test_something_else_is_refused():
    with pytest.raises(InputError, match="explore needs a CriticProblem"):
        explore("case3")  # type: ignore[arg-type]
