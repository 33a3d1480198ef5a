"""The comparison of generators: what it trains, keeps, goes on with, and prints."""

from dataclasses import replace

import numpy as np
import pytest

from toylab.bench import generators
from toylab.bench.generator_methods import chosen_methods, known_methods
from toylab.bench.generator_tables import Spread, page, rows_of, sheet
from toylab.bench.generators import BenchRun, GeneratorBench, run_generator_bench
from toylab.dynamics import CriticInTraining, GeneratorTraining, Scoring, train_generator
from toylab.dynamics.networks import RunStop, target
from toylab.errors import InputError

TINY = GeneratorTraining(
    width=8, batch=8, steps=2, evaluations=2, kept=10, scoring=Scoring(samples=40, least=1, w1_points=10)
)
BENCH = GeneratorBench(targets=("8-gaussians",), methods=("MaxGP-exact", "GAN"), seeds=2, training=TINY)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("generators")
    said = []
    runs = run_generator_bench(BENCH, folder, progress=lambda *words: said.append(words))
    return folder, runs, said


def test_every_training_is_done_once_and_kept(done, monkeypatch):
    (folder, runs, said), planned = done, BENCH.keys()
    assert [found.key for found in runs] == planned
    assert {(key.method, key.seed) for key in planned} == {(m, s) for m in ("MaxGP-exact", "GAN") for s in (0, 1)}
    assert [now for now, _, _ in said] == list(range(1, 9))
    assert {total for _, total, _ in said} == {8}
    assert sorted(path.name for path in folder.iterdir()) == ["cases.jsonl", "header.json"]

    monkeypatch.setattr(generators, "train_generator", None)  # not called again
    again = run_generator_bench(BENCH, folder)
    assert [found.to_json() for found in again] == [found.to_json() for found in runs]
    less = GeneratorBench(targets=("8-gaussians",), methods=("GAN",), seeds=1, training=TINY)
    assert [found.key.method for found in run_generator_bench(less, folder)] == ["GAN"]


def test_other_settings_need_another_folder(done):
    folder, _, _ = done
    with pytest.raises(InputError, match="another training"):
        run_generator_bench(GeneratorBench(seeds=1), folder)


def test_an_interrupted_training_goes_on_where_it_was(tmp_path, done):
    _, whole, _ = done
    bench, seen = GeneratorBench(targets=("8-gaussians",), methods=("GAN",), seeds=1, training=TINY), []

    def stop(now, total, words):
        seen.append(now)
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_generator_bench(bench, tmp_path, progress=stop)
    assert (tmp_path / "8-gaussians-GAN-0.state").exists()
    (found,) = run_generator_bench(bench, tmp_path, progress=lambda now, *_: seen.append(now))
    assert seen == [1, 2, 2], "the first step was not taken again"
    (same,) = [each for each in whole if each.key == found.key]
    np.testing.assert_array_equal(found.run.samples, same.run.samples)
    assert not list(tmp_path.glob("*.state"))


def test_the_table_has_medians_and_ranges_and_the_reals(done):
    _, runs, _ = done
    rows = rows_of(runs, BENCH.targets, BENCH.names())
    assert [(row.method, row.seeds, row.parts) for row in rows] == [("MaxGP-exact", 2, 8), ("GAN", 2, 8)]
    w1 = [found.run.w1[-1] for found in runs if found.key.method == "GAN"]
    assert rows[1].numbers["w1"] == Spread(median=float(np.mean(w1)), least=min(w1), most=max(w1))
    table = sheet(rows, runs, 8)
    (lines,) = table.sections.values()
    assert [line[0] for line in lines] == ["MaxGP-exact", "GAN", "real samples", "two minibatches of reals"]
    assert lines[1][4] == f"{np.mean(w1):.3f} ({min(w1):.3f}–{max(w1):.3f})"
    assert lines[1][5] == "·", "an unrestricted critic has no certificate"
    assert float(lines[0][5]) < 1e-6
    text = page(table, ["a line"], "picture.png")
    assert text.startswith("# Generators on the toys")
    assert "(picture.png)" in text
    assert "| 8-gaussians (8 modes) | GAN |" in text


def test_the_worst_there_is_can_be_told_from_the_best():
    """Scores that could not fail would say nothing: samples at one mode and real ones, in the same table."""
    goal = target("8-gaussians")
    real = np.random.default_rng(0).permutation(goal.distribution.sample_points(200, np.random.default_rng(1)))
    scoring = Scoring(samples=200, least=2, w1_points=100)
    collapsed, good = scoring.of(np.repeat(real[:1], 200, axis=0), goal, real), scoring.of(real, goal, real)
    assert (collapsed.covered, good.covered) == (1, 8)
    assert collapsed.w1 > 10 * good.w1


def test_lost_trainings_are_named(done):
    _, runs, _ = done
    lost = [BenchRun(key=found.key, run=replace(found.run, stop=RunStop.LOST)) for found in runs]
    table = sheet(rows_of(lost, BENCH.targets, BENCH.names()), lost, 8)
    assert any("GAN on 8-gaussians: 2 of 2" in note for note in table.notes)


def test_every_method_takes_a_step():
    for method in chosen_methods(["all"]):
        training = GeneratorTraining(
            width=4, batch=6, steps=1, evaluations=1, kept=5, scoring=Scoring(samples=20, w1_points=5)
        )
        objective = method.make(0)
        if isinstance(objective, CriticInTraining):
            objective = replace(objective, first=1)
        run = train_generator("swiss-roll", objective, pull=method.pull, training=training)
        assert run.stop is RunStop.FINISHED, method.name
        assert not np.array_equal(run.samples[0], run.samples[-1]), method.name


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: GeneratorBench(targets=("9-gaussians",)), "8-gaussians"),
        (lambda: GeneratorBench(targets=()), "at least one target"),
        (lambda: GeneratorBench(methods=("MaxPG",)), "MaxGP"),
        (lambda: GeneratorBench(seeds=0), "number of seeds"),
        (lambda: GeneratorBench(start=-1), "first seed"),
    ],
)
def test_bad_input_is_one_sentence(build, words):
    with pytest.raises(InputError, match=words):
        build()


def test_names_in_any_case_and_all_of_them():
    assert [method.name for method in chosen_methods(["maxgp", "gan"])] == ["MaxGP", "GAN"]
    assert len(chosen_methods(["all"])) == len(known_methods())
    assert [method.name for method in chosen_methods(None)] == ["MaxGP-exact", "MaxGP", "WGAN-GP", "WGAN", "GAN"]
