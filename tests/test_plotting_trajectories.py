"""Pictures of fake particles on their way."""

import numpy as np
import pytest
from matplotlib.collections import LineCollection

from toylab import losses, plot, zoo
from toylab.dynamics import UnitStep, follow
from toylab.errors import InputError


def test_starts_ends_and_reals_are_where_they_are():
    path = follow(zoo.load("case4", n=3, losses=losses.wasserstein()), step=UnitStep(length=0.1), steps=3)
    axes = plot(path)
    shown = {dots.get_gid(): np.asarray(dots.get_offsets()) for dots in axes.collections if dots.get_gid()}
    assert np.array_equal(shown["start"], path.positions[0])
    assert np.array_equal(shown["fake"], path.positions[-1])
    assert np.array_equal(shown["real"], path.real.points)
    (ways,) = [lines for lines in axes.collections if isinstance(lines, LineCollection)]
    assert np.array_equal(np.stack(ways.get_segments(), axis=1), path.positions)
    assert axes.get_title().startswith("wasserstein, lambda = 0.1\n3 steps: W₁ ")
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["start", "fake", "real"]


def test_space_is_projected_and_the_line_is_refused():
    path = follow(zoo.load("translated-sample", n=4, dimension=5), step=UnitStep(length=0.1), steps=1)
    assert plot(path).get_xlabel() == "first principal axis"
    with pytest.raises(InputError, match=r"draw its \.w1 against the step"):
        plot(follow(zoo.load("mode-collapse", n=2), step=UnitStep(length=0.1), steps=1))
