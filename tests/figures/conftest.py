"""Each figure is computed and drawn once for all tests, with its quick parameters."""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from matplotlib.figure import Figure

from figures.building import arrays
from figures.building.scripts import Script
from figures.building.spec import Mode
from figures.building.style import style


@cache
def quick_data(name: str) -> dict[str, Any]:
    """The arrays of a figure in quick mode, as they come back from its file."""
    script = Script.load(name)
    return arrays.from_bytes(arrays.to_bytes({}, script.compute(script.spec.chosen(Mode.QUICK))))


@cache
def quick_figure(name: str) -> Figure:
    """The figure of these arrays."""
    with style():
        return Script.load(name).draw(quick_data(name))


@pytest.fixture
def data_of() -> Callable[[str], dict[str, Any]]:
    return quick_data


@pytest.fixture
def figure_named() -> Callable[[str], Figure]:
    return quick_figure
