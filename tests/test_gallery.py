import numpy as np
import pytest

from toylab import zoo
from toylab.errors import InputError
from toylab.plotting.gallery import plot_gallery


def test_every_picture_holds_all_points_of_its_problem():
    chosen = [(name, zoo.load(name)) for name in ("case3", "mode-collapse", "min-funnels-16", "two-diracs")]
    figure = plot_gallery(chosen)
    assert [axes.get_title() for axes in figure.axes] == [name for name, _ in chosen]
    for axes, (_, problem) in zip(figure.axes, chosen, strict=True):
        fakes = [np.asarray(marks.get_offsets()) for marks in axes.collections if marks.get_gid() == "fake"]
        reals = [np.asarray(marks.get_offsets()) for marks in axes.collections if marks.get_gid() == "real"]
        assert sum(map(len, fakes)) == len(problem.fake)
        assert sum(map(len, reals)) == len(problem.real)
        left, right = axes.get_xlim()
        low, high = axes.get_ylim()
        drawn = np.concatenate([*fakes, *reals])
        assert (drawn >= [left, low]).all()
        assert (drawn <= [right, high]).all()
    assert "two principal axes of 16 coordinates" in figure.axes[2].get_xlabel()


def test_an_empty_gallery_is_refused():
    with pytest.raises(InputError, match="at least one problem"):
        plot_gallery([])
