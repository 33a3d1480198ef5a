"""What holds for every figure: names, words, symbols, numbers, and panels in a figure of one's own."""

import re

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from figures.building import scripts, texts
from figures.building.scripts import Script
from figures.building.spec import Mode
from figures.building.style import DOUBLE, SINGLE, style
from toylab.errors import InputError

#: One worker computes a figure for all of its tests.
each_figure = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in scripts.names()]
)


@each_figure
def test_a_script_says_what_it_shows(name):
    script = Script.load(name)
    assert script.spec.paper
    assert 20 < len(script.title) < 160
    assert (script.module.compute.__doc__ or "").count("\n") > 3, "compute says which arrays it returns"
    assert script.spec.quick, "quick parameters"


@each_figure
def test_panels_have_axes_with_words_and_there_is_a_legend(name, figure_named):
    figure = figure_named(name)
    assert figure.get_figwidth() in {SINGLE, DOUBLE}
    panels = [axes for axes in figure.axes if axes.get_visible()]
    assert panels
    assert any(axes.get_xlabel() or axes.get_title() for axes in panels)
    legends = [*figure.legends, *(legend for axes in panels if (legend := axes.get_legend()) is not None)]
    texts_shown = [text.get_text() for legend in legends for text in legend.get_texts()]
    assert texts_shown, "a legend"
    assert len(set(texts_shown)) == len(texts_shown) or len(legends) > 1, "no entry twice"


@each_figure
def test_nothing_is_drawn_beyond_the_page(name, figure_named):
    figure = figure_named(name)
    FigureCanvasAgg(figure).draw()
    box = figure.get_tightbbox()
    assert box.x0 >= -0.02
    assert box.y0 >= -0.02
    assert box.x1 <= figure.get_figwidth() + 0.02
    assert box.y1 <= figure.get_figheight() + 0.02


@each_figure
def test_numbers_are_numbers_with_names_for_tex(name, data_of):
    numbers = texts.checked(name, Script.load(name).numbers(data_of(name)))
    assert numbers
    lines = texts.commands({name: numbers}).splitlines()
    assert len(lines) == len(numbers) + 2
    assert all(re.fullmatch(r"\\newcommand\{\\[A-Za-z]+\}\{.+\}|%.*", line) for line in lines)


@each_figure
def test_a_panel_goes_into_a_figure_of_ones_own(name, data_of):
    own = Figure(figsize=(4.0, 3.0))
    FigureCanvasAgg(own)
    axes = own.add_subplot()
    with style():
        assert Script.load(name).draw(data_of(name), axes) is own
    assert axes.has_data()
    assert not own.legends, "a figure of one's own gets no legend unasked"
    with pytest.raises(InputError, match="panel"):
        Script.load(name).draw(data_of(name), {"no such panel": axes})


@each_figure
def test_parameters_are_plain_and_modes_change_only_what_exists(name):
    spec = Script.load(name).spec
    for mode in Mode:
        assert set(spec.chosen(mode)) == set(spec.parameters)
    assert spec.chosen(Mode.QUICK) != spec.chosen(Mode.FULL)
    assert spec.chosen(Mode.FULL, {"no_such_parameter": 1}) == dict(spec.parameters)


@pytest.mark.xdist_group("fig13_losses")
def test_the_losses_are_those_of_their_closed_forms(data_of):
    data = data_of("fig13_losses")
    t, names = data["t"], list(data["names"])
    closed = {
        "wasserstein": (t, -t),
        "logistic": (np.log1p(np.exp(t)), np.log1p(np.exp(-t))),
        "sqrt": (t + np.sqrt(t**2 + 1), -t + np.sqrt(t**2 + 1)),
        "exponential": (np.exp(t), np.exp(-t)),
        "hinge": (np.maximum(0.0, 1.0 + t), np.maximum(0.0, 1.0 - t)),
        "quadratic": (t**2, (t - 1.0) ** 2),
    }
    assert set(names) == set(closed)
    for index, name in enumerate(names):
        for kind, expected in zip(("fake_loss", "real_loss"), closed[name], strict=True):
            assert data[kind][index] == pytest.approx(expected, rel=1e-12, abs=1e-14)
    assert [name for name, holds in zip(names, data["holds"], strict=True) if holds] == names[:4]
    assert data["a"] == pytest.approx([0.0, 0.0, 0.0, 0.0, 0.0, 0.5], abs=1e-12)
    assert data["slope"] == pytest.approx([1.0, 0.5, 1.0, 1.0, 1.0, 1.0], rel=1e-12)
    assert all((reason == "") == holds for reason, holds in zip(data["reason"], data["holds"], strict=True))
