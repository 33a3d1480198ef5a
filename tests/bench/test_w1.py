"""The Wasserstein-1 benchmark: its construction, its published table, its metrics, and that it can be continued."""

import io
import json

import numpy as np
import pytest

from toylab.bench import w1_methods
from toylab.bench.w1 import Benchmark, CellRecord, run_benchmark
from toylab.bench.w1_judging import JUDGED_POINTS, Clock, Judge
from toylab.bench.w1_methods import Effort
from toylab.bench.w1_published import Cell, all_cells, best_published, cells_for_a_cpu, published
from toylab.bench.w1_tables import cell_table, summary_table, verdict
from toylab.distributions import published_funnels
from toylab.errors import InputError

QUICK = Effort(steps=3, samples=40)


@pytest.mark.parametrize("cell", all_cells(), ids=str)
def test_every_cell_has_optimal_pairs_and_the_published_w1(cell):
    funnels, n = published_funnels(cell.dimension, cell.funnels), 4096
    x, y = funnels.sample_pairs(n, np.random.default_rng(0))
    length = np.linalg.norm(x - y, axis=1)
    assert abs(funnels.potential(y).mean() - funnels.potential(x).mean() - length.mean()) <= 1e-5
    error = length.std(ddof=1) / np.sqrt(n)
    true = published("w1", cell)["true"]
    rounding = 0.5 * 10.0 ** (np.floor(np.log10(true)) - 2)  # three digits are printed
    assert abs(length.mean() - true) <= 4.5 * np.sqrt(2) * error + rounding  # both sampled: chance 7e-6 a cell


def test_best_published_figures():
    row = {2: 0.859, 16: 0.843, 64: 0.717, 256: 0.546}
    assert [best_published(Cell(2, 4)), best_published(Cell(16, 16))] == [("MM:B", 0.859), ("LP", 0.921)]
    assert [best_published(Cell(2, n))[1] for n in (4, 16, 64, 256)] == list(row.values())
    assert len(all_cells()) == 28
    assert cells_for_a_cpu() == [Cell(2, 4), Cell(2, 16), Cell(2, 64), Cell(2, 256), Cell(16, 16)]
    for cell in all_cells():
        assert len(published("cosine", cell)) == len(published("l2", cell)) == 11


def test_the_optimal_critic_is_perfect_against_the_exact_truth_only():
    """Published gradients are lost near the tips: the distance of float32 points comes out of a difference of squares.

    Its error is about 1e-7 ‖z‖², so that distances below 1e-3 drown, and with them this share of the fakes.
    """
    for cell, most in ((Cell(2, 4), 0.93), (Cell(16, 16), 1.0)):
        judge = Judge(cell, 8.0, np.random.default_rng(0))
        result = judge.judged("truth", "general", judge.funnels.potential, Clock(0.0, 0.0))
        assert result.cosine == pytest.approx(1.0, abs=1e-12)
        assert result.l2 <= 1e-20
        assert result.cosine_as_published == judge.ceiling <= most
        # two means over independent samples of values of the potential, 1-Lipschitz on a box of side 5
        spread = 5.0 * np.sqrt(cell.dimension)
        assert abs(result.w1 - judge.true_w1) <= 5 * spread / np.sqrt(JUDGED_POINTS)
        assert result.steepest == pytest.approx(1.0, abs=1e-9)
    assert judge.ceiling >= 0.999


def test_exact_critics_of_samples_are_lipschitz_and_beat_the_published_figure_in_the_plane(tmp_path):
    benchmark = Benchmark(cells=[Cell(2, 16)], methods=["exact"], effort=Effort(samples=700))
    (record,) = run_benchmark(benchmark, tmp_path)
    by_name = {result.method: result for result in record.results["exact"]}
    assert set(by_name) == {f"exact critic, {name} extension" for name in ("lower", "upper", "mean")}
    for result in by_name.values():
        assert result.steepest <= 1 + 1e-9
        assert result.w1 <= record.true_w1 + 5 * np.sqrt(2) * 5 / np.sqrt(JUDGED_POINTS)  # no 1-Lipschitz f exceeds W1
        assert 0.5 <= result.cosine <= 1.0


def test_a_run_is_continued_and_repeated(tmp_path, monkeypatch):
    monkeypatch.setattr(w1_methods, "_FIXED_SAMPLE", 16)  # it gives trainings their units, and is certified at the end
    benchmark = Benchmark(cells=[Cell(2, 4)], effort=QUICK)
    heard: list[str] = []

    def stop(done, total, words):
        heard.append(words)
        if "funnel" in words:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_benchmark(benchmark, tmp_path, stop)
    kept = json.loads((tmp_path / "D2-N4.json").read_text())
    assert list(kept["results"]) == ["network", "exact"]

    heard.clear()
    (record,) = run_benchmark(benchmark, tmp_path, lambda done, total, words: heard.append(words))
    assert all("funnel" in words for words in heard)
    assert list(record.results) == ["network", "exact", "funnel"]
    assert record.results["network"][0].details["steps"] == 3
    assert CellRecord.from_json(record.to_json()) == record

    alone = Benchmark(cells=[Cell(2, 4)], methods=["exact"], effort=QUICK)  # networks: test_fresh_samples
    (again,) = run_benchmark(alone, tmp_path / "again")
    assert [r.cosine for r in again.results["exact"]] == [r.cosine for r in record.results["exact"]]

    with pytest.raises(InputError, match="results of another samples"):
        run_benchmark(Benchmark(cells=[Cell(2, 4)], effort=Effort(steps=3, samples=50)), tmp_path)
    (tmp_path / "D2-N4.json").write_text("{")
    with pytest.raises(InputError, match="cannot read"):
        run_benchmark(benchmark, tmp_path)


def test_tables_name_ours_and_theirs(tmp_path):
    from rich.console import Console

    records = run_benchmark(Benchmark(cells=[Cell(2, 4)], methods=["exact"], effort=QUICK), tmp_path)
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(cell_table(records[0]))
    console.print(summary_table(records))
    text = console.export_text()
    for words in ("exact critic, lower extension", "MM:B (published)", "0.859 (MM:B)", "truth's shape"):
        assert words in text
    assert verdict(records).endswith("of 1 cells.")
    (other,) = run_benchmark(
        Benchmark(cells=[Cell(2, 4)], methods=["exact"], degree=2.0, effort=QUICK), tmp_path / "degree"
    )
    assert verdict([other]) == ""


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Cell.read("D=3,N=4"), "no cell D=3,N=4; D is one of 2, 4, 8, 16, 32, 64, 128"),
        (lambda: Cell.read("D=2"), "written like D=2,N=4, got 'D=2'"),
        (lambda: Benchmark(cells=[]), "at least one cell"),
        (lambda: Benchmark(cells=[Cell(2, 4)], methods=["netwrk"]), "did you mean 'network'"),
        (lambda: Benchmark(cells=[Cell(2, 4)], effort=Effort(budget=0.0)), "must be positive, got 0"),
        (lambda: Benchmark(cells=[Cell(2, 4)], effort=Effort(steps=0)), "number of training steps"),
        (lambda: Benchmark(cells=[Cell(2, 4)], effort=Effort(samples=1)), "at least 2"),
        (lambda: Benchmark(cells=[Cell(2, 4)], degree=1.0), "larger than 1"),
    ],
)
def test_bad_input_is_named(make, words):
    with pytest.raises(InputError, match=words):
        make()
