"""Medians, ratios and growth of solves that were made up, their tables and their picture."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from toylab.bench.exact_plot import plot_exact
from toylab.bench.exact_summary import growth, rows_of, summary_json
from toylab.bench.exact_tables import markdown, print_tables, sheets
from toylab.bench.exact_trial import Trial, TrialKey
from toylab.errors import InputError


def trial(method, n, seconds, *, loss="", weight=0.0, seed=0, status="optimal", **changes):
    key = TrialKey(method=method, shape="separated", n=n, m=n, loss=loss, weight=weight, seed=seed)
    settings = {"wall": seconds, "cpu": 2 * seconds, "repeats": 1, "memory": 400.0 + n / 10, "baseline": 300.0}
    return Trial(key=key, status=status, **{**settings, "relative_gap": 1e-9, "threads": 2, "run": "a", **changes})


def solves():
    """A solver that takes c n^1.5 s, c by loss, beside emd with n² and Clarabel with n³, the machine slower by seed."""
    found = []
    for seed, slower in enumerate((1.0, 10.0, 3.0)):
        for n in (100, 400, 1600):
            found.append(trial("emd", n, slower * 1e-7 * n**2, seed=seed, relative_gap=None))
            for loss, factor in (("logistic", 1e-5), ("sqrt", 2e-5)):
                which = {"loss": loss, "weight": 0.1, "seed": seed}
                found.append(trial("default", n, slower * factor * n**1.5, iterations=20, **which))
                if n == 100:
                    found.append(trial("Clarabel", n, slower * 1e-7 * n**3, **which))
                elif n == 400 and seed == 0:
                    found.append(trial("Clarabel", n, 120.0, status="time up", repeats=0, memory=None, **which))
    return found


def row(rows, method, n, loss):
    (found,) = [each for each in rows if (each.key.method, each.key.n, each.key.loss) == (method, n, loss)]
    return found


def test_ratios_are_taken_within_a_round():
    """The machine's slowness of a round cancels in them; it does not in the median of the times."""
    rows = rows_of(solves())
    ours = row(rows, "default", 400, "sqrt")
    assert ours.seconds is not None
    assert ours.seconds == pytest.approx(3.0 * 2e-5 * 400**1.5)
    assert ours.times("emd") == pytest.approx(2e-5 * 400**1.5 / (1e-7 * 400**2))
    assert row(rows, "default", 100, "logistic").times("Clarabel") == pytest.approx(1e-5 * 100**1.5 / (1e-7 * 100**3))
    assert ours.times("Clarabel") is None  # whose time was up
    assert row(rows_of(solves(), "cpu"), "default", 400, "sqrt").seconds == pytest.approx(2.0 * ours.seconds)


def test_growth_is_the_power_of_n():
    found = {each.method: each for each in growth(rows_of(solves()))}
    assert found["default"].exponents == pytest.approx([1.5, 1.5])
    assert found["emd"].exponents == pytest.approx([2.0])
    assert found["default"].sizes == (100, 1600)
    assert "Clarabel" not in found  # one size is no growth


def test_growth_is_that_of_large_n_where_there_are_two():
    times = {10: 1.0, 100: 1.0, 1000: 2.0, 4000: 32.0}
    (found,) = growth(rows_of([trial("default", n, s, loss="sqrt", weight=1.0) for n, s in times.items()]))
    assert found.sizes == (1000, 4000)
    assert found.exponents == pytest.approx([2.0])


def test_the_worst_gap_and_the_largest_memory_count():
    two = [trial("default", 10, 1.0, loss="sqrt"), trial("default", 10, 1.0, loss="sqrt", seed=1, status="inaccurate")]
    (found,) = rows_of([two[0], Trial(**{**vars(two[1]), "relative_gap": 1e-5, "memory": 999.0})])
    assert (found.gap, found.memory, found.status) == (1e-5, 999.0, "1 optimal, 1 inaccurate")


def test_a_rival_is_quoted_and_measured():
    """'optimal' beside a certified gap of 2e-2 is the rival's word, and is shown as that."""
    wrong = trial("Clarabel", 100, 1.0, loss="sqrt", weight=0.1, relative_gap=0.021, claim="optimal")
    unsure = trial("Clarabel", 400, 1.0, loss="sqrt", weight=0.1, relative_gap=1e-5, claim="almost optimal")
    ours = trial("default", 100, 1.0, loss="sqrt", weight=0.1)
    plain = trial("emd", 100, 1.0, relative_gap=None, claim="optimal")
    said = {(each.key.method, each.key.n): each.ended for each in rows_of([wrong, unsure, ours, plain])}
    assert said == {
        ("Clarabel", 100): "says optimal, gap 2e-02",
        ("Clarabel", 400): "says almost optimal, gap 1e-05",
        ("default", 100): "optimal",
        ("emd", 100): "says optimal",
    }
    text = markdown(rows_of([wrong, ours]), [])
    assert "says optimal, gap 2e-02 |" in text
    assert "the gap beside it is what toylab's certificate measured" in text
    late = trial("Clarabel", 100, 1.0, loss="sqrt", weight=0.1, seed=1, status="time up", repeats=0)
    (row,) = rows_of([wrong, late])
    assert row.ended == "1 says optimal, gap 2e-02, 1 time up"


def test_tables_fit_a_terminal_of_a_hundred_columns():
    stream = io.StringIO()
    wide = trial("InteriorPoint", 10_000, 123.0, loss="exponential", weight=0.01, iterations=100)
    wide = replace(wide, key=replace(wide.key, shape="overlapping"))
    for sheet in sheets(rows_of([*solves(), wide])):
        Console(file=stream, width=400).print(sheet.rich())
    widest = max(len(line.rstrip()) for line in stream.getvalue().splitlines())
    assert widest <= 100
    stream = io.StringIO()
    print_tables(rows_of(solves()), ["a last word"], Console(file=stream, width=100))
    text = " ".join(stream.getvalue().split())
    for words in ("a last word", "one interleaved run, 2 thread(s)", "libraries take 300", "not done after 120 s"):
        assert words in text


def test_markdown_has_the_same_rows():
    text = markdown(rows_of(solves()), [])
    assert "| default | 400 | 0.36 | 0.24 | 0.48 | 7.5 | 10 | · | 1e-09 | 440 | 440 |" in text
    assert "| separated, 100 | logistic, 0.1 | default | 0.03 | 20 | 1e-09 | 410 | 10 | 10 | optimal |" in text
    assert "| default | separated | 100–1600 | 1.50 | 1.50 | 1.50 | 2 |" in text
    assert summary_json(rows_of(solves()))["growth"][0]["shape"] == "separated"


def test_a_line_for_each_method_with_its_exponent():
    axes = plot_exact(rows_of(solves()))
    lines = {line.get_label(): line.get_ydata() for line in axes.get_lines()}
    assert set(lines) == {"default, n^1.50", "ot.emd, n^2.00", "Clarabel, all pairs"}
    assert lines["ot.emd, n^2.00"] == pytest.approx([3e-7 * n**2 for n in (100, 400, 1600)])
    below = axes.figure.axes[1]
    assert [line.get_label() for line in below.get_lines() if line.get_gid() == "median"] == [
        "default",
        "Clarabel, all pairs",
    ]


def test_nothing_finished_is_no_picture():
    with pytest.raises(InputError, match="no solves to draw"):
        plot_exact([])
