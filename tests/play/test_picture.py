"""Lines of equal critic value: where a plane has them, and where there are none."""

import numpy as np

from toylab.play.answer import View
from toylab.play.picture import _LEVELS, _level_lines

VIEW = View(left=-1.0, right=3.0, bottom=0.0, top=2.0)


def test_the_lines_of_a_plane_are_straight_and_evenly_spaced():
    z, shape = VIEW.grid(60)
    found = _level_lines(VIEW, (2.0 * z[:, 0]).reshape(shape))
    x, y = np.asarray(found["x"]), np.asarray(found["y"])
    ends = np.flatnonzero(np.isnan(x))
    np.testing.assert_array_equal(ends, np.flatnonzero(np.isnan(y)))
    lines = [part[~np.isnan(part)] for part in np.split(x, ends)]
    places = [part.mean() for part in lines if len(part)]
    first, last = z[:, 0].min(), z[:, 0].max()
    # single precision of numbers up to 3
    np.testing.assert_allclose(sorted(places), np.linspace(first, last, _LEVELS + 2)[1:-1], rtol=0, atol=1e-6)
    assert all(np.ptp(part) <= 1e-6 for part in lines if len(part))
    assert y[~np.isnan(y)].min() >= VIEW.bottom
    assert y[~np.isnan(y)].max() <= VIEW.top


def test_a_flat_surface_has_no_lines():
    _, shape = VIEW.grid(10)
    assert not np.isfinite(_level_lines(VIEW, np.ones(shape))["x"]).any()
