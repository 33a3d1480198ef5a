"""Times, ratios and targets from trainings whose numbers are written down here; tables and picture of them."""

import io

import numpy as np
import pytest
from matplotlib.figure import Figure
from rich.console import Console

from toylab.bench.critic_cell import Cell, CellKey
from toylab.bench.critic_plot import best_so_far, median_line, plot_time_to_gap
from toylab.bench.critic_summary import first_time, grouped, median, summary_json
from toylab.bench.critic_tables import markdown, print_tables

END = {
    "raw_gap": 0.5,
    "gap": 2e-4,
    "gap_to_optimum": 1e-4,
    "k": 1.98,
    "k_star": 2.0,
    "excess": 0.5,
    "angle_median": 0.5,
    "angle_worst": 5.0,
    "cone_median": 0.25,
    "cone_worst": 4.0,
}


def cell(method, seed, cpu, gap, *, n=10, end=None, **changes):
    """A training that was judged at these CPU seconds; the wall goes twice as fast."""
    series = {
        "step": [float(10 * (i + 1)) for i in range(len(cpu))],
        "cpu": list(cpu),
        "wall": [2.0 * seconds for seconds in cpu],
        "gap": list(gap),
        "excess": [0.0] * len(cpu),
        "raw": [10.0 * value for value in gap],
    }
    settings = {
        "restriction": "λ = 0.1",
        "status": "time up",
        "steps": 10 * len(cpu),
        "cpu_seconds": cpu[-1],
        "wall_seconds": 2.0 * cpu[-1],
        "run": "r",
    }
    key = CellKey(n=n, loss="logistic", seed=seed, method=method)
    return Cell(key=key, series=series, end={**END, **(end or {})}, **{**settings, **changes})


def failed(method, seed):
    key = CellKey(n=10, loss="logistic", seed=seed, method=method)
    return Cell(key=key, restriction="weights clipped to ±0.01", status="failed", failure="no CUDA memory left")


FAST = [cell("fast", seed, [1.0, 2.0, 4.0], [0.5, 0.05, 0.0005]) for seed in (0, 1, 2)]
SLOW = [
    cell("slow", 0, [1.0, 6.0, 20.0], [0.5, 0.05, 0.005]),
    cell("slow", 1, [1.0, 10.0, 20.0], [0.5, 0.05, 0.02]),
    cell("slow", 2, [1.0, 8.0, 20.0], [0.5, 0.09, 0.03], end={"gap": 0.03, "cone_worst": 9.0}),
]
BROKEN = [failed("broken", seed) for seed in (0, 1, 2)]
NAMES = ["fast", "slow", "broken"]


@pytest.fixture
def groups():
    return grouped([*SLOW, *BROKEN, *FAST], NAMES)


def test_the_first_moment_counts_and_never_is_infinite():
    assert first_time(SLOW[0], 1e-1) == 6.0
    assert first_time(SLOW[0], 1e-1, clock="wall") == 12.0
    assert first_time(SLOW[0], 1e-1, measure="raw") == 20.0
    assert first_time(SLOW[0], 1e-3) == np.inf
    assert first_time(BROKEN[0], 1.0) == np.inf


def test_medians_are_values_that_occur_and_know_infinity():
    assert median([3.0, 1.0, np.inf]) == 3.0
    assert median([1.0, np.inf]) == 1.0
    assert median([1.0, np.inf, np.inf]) == np.inf
    assert np.isnan(median([np.nan]))


def test_ratios_are_taken_within_a_seed_and_say_when_they_are_bounds(groups):
    fast, slow, broken = groups[0].methods
    assert fast.ratio(1e-3).value == 1.0
    assert slow.ratio(1e-1).value == pytest.approx(4.0)  # of 3, 5, 4
    assert not slow.ratio(1e-1).at_least
    # to 1e-2 the first took 20 against 4; the others had not got there after 20: 5, ≥ 5, ≥ 5
    assert slow.ratio(1e-2).value == pytest.approx(5.0)
    assert slow.ratio(1e-2).at_least
    assert slow.ratio(1e-3).at_least
    assert broken.ratio(1e-1) is None
    assert slow.time(1e-1) == 8.0
    assert slow.reached(1e-2) == 1
    assert slow.time(1e-2) == np.inf


def test_a_seed_in_which_the_first_never_gets_there_is_not_compared():
    first = [cell("fast", 0, [1.0, 2.0], [0.5, 0.05]), cell("fast", 1, [1.0, 2.0], [0.5, 0.2])]
    other = [cell("slow", seed, [1.0, 3.0], [0.5, 0.05]) for seed in (0, 1)]
    (group,) = grouped([*first, *other], NAMES)
    ratio = group.methods[1].ratio(1e-1)
    assert ratio is not None
    assert (ratio.value, ratio.at_least, ratio.seeds) == (1.5, False, 1)
    assert "| 3 / 6 | 1.5 (1) |" in markdown([group], [])


def test_targets_are_counted_over_all_seeds(groups):
    fast, slow, broken = groups[0].methods
    assert fast.meets() == 3
    assert slow.meets() == 2
    assert slow.meets("gap") == slow.meets("cone_worst") == 2
    assert slow.meets("excess") == 3
    assert broken.meets() == 0


def test_the_summary_is_plain_data(groups):
    rows = summary_json(groups)
    assert [row["method"] for row in rows] == NAMES
    assert rows[1]["time_to_gap"]["gap"][0] == {
        "gap": 0.1,
        "reached": 3,
        "cpu": 8.0,
        "wall": 16.0,
        "cpu_ratio": 4.0,
        "cpu_ratio_is_lower_bound": False,
        "cpu_ratio_seeds": 3,
    }
    assert rows[1]["targets_met"]["all"] == 2
    assert rows[2]["failed"] == 3
    assert rows[2]["end"] == {}


def test_tables_in_markdown(groups):
    text = markdown(groups, ["fast: the first"])
    assert "| n = 10, logistic | slow | λ = 0.1 | 8 / 16 | 4 | > 20 / > 40 | ≥ 5 | > 20 / > 40 | ≥ 5 |" in text
    assert "| n = 10, logistic | broken | weights clipped to ±0.01 | failed | · | failed | · | failed | · |" in text
    assert "broken: no CUDA memory left" in text
    assert "| n = 10, logistic | fast | time up | 30 | 4 | 133 | 5.0e-01 | 1.0e-04 | 2.0e-04 | 99.0 |" in text
    assert "| 99.0 | 0.5 | 0.25 | 4 | 0.5 / 5 |" in text
    assert "| n = 10, logistic | slow | 2/3 | 3/3 | 3/3 | 2/3 | 2/3 |" in text
    assert text.endswith("- fast: the first")
    widths = [line.count("|") for line in text.splitlines() if line.startswith("|")]
    assert set(widths) == {10, 15, 8}  # every row of a table has the columns of its header


def test_tables_in_a_terminal(groups):
    console = Console(width=200, record=True, file=io.StringIO())
    print_tables(groups, ["fast: the first"], console)
    text = console.export_text()
    for words in ("Time to a relative gap", "8 / 16", "≥ 5", "3/3", "no CUDA memory left", "fast: the first"):
        assert words in text


def test_a_median_line_starts_with_half_of_them_and_keeps_what_was_reached():
    cells = [
        cell("a", 0, [1.0, 4.0], [0.5, 0.1]),
        cell("a", 1, [2.0, 3.0, 8.0], [0.4, 0.6, 0.01]),
        cell("a", 2, [3.0, 5.0], [0.3, 0.2]),
    ]
    times, middle = median_line(cells)
    assert times.tolist() == [2.0, 3.0, 4.0, 5.0, 8.0]
    assert middle.tolist() == [0.5, 0.4, 0.3, 0.2, 0.1]
    assert best_so_far(cells[1])[1].tolist() == [0.4, 0.4, 0.01]


def test_the_picture_has_a_panel_for_each_problem_and_a_line_for_each_training():
    many = [cell(f"m{i}", 0, [1.0, 2.0], [0.5, 0.1], n=50) for i in range(12)]
    groups = grouped([*FAST, *SLOW, *BROKEN, *many], [*NAMES, *(f"m{i}" for i in range(12))])
    axes = plot_time_to_gap(groups)
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    assert [panel.get_title() for panel in figure.axes] == ["n = 10, logistic", "n = 50, logistic"]
    drawn = [line.get_gid() for line in axes.lines]
    assert drawn.count("median") == 2  # the broken one has none
    assert drawn.count("seed") == 6
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    looks = {(line.get_color(), line.get_marker()) for line in figure.axes[1].lines if line.get_gid() == "end"}
    assert len(looks) == 12  # no two methods look alike
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == [*NAMES, *(f"m{i}" for i in range(12))]
