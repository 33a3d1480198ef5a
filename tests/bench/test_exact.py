"""The exact bench as a whole: what is run in which order, what is kept, when it stops, and what it measures."""

import shutil
import sys
from dataclasses import replace

import numpy as np
import pytest

import toylab
from toylab.bench.exact import ExactBench, run_exact_bench
from toylab.bench.exact_data import measures
from toylab.bench.exact_trial import Trial, TrialKey, in_a_process, measured
from toylab.errors import InputError


def bench(**changes):
    small = {"sizes": (10, 20), "losses": ("logistic",), "weights": (0.1,), "shapes": ("separated",), "rounds": 2}
    return ExactBench(**{**small, "clarabel": 0, **changes})


def told(key, limit):
    """A trial that costs nothing."""
    return Trial(key=key, status="optimal", wall=1e-6 * key.n**2, cpu=1e-6, repeats=1, relative_gap=1e-10)


def test_each_n_of_a_round_is_one_random_order_of_everything():
    plan = bench(sizes=(50, 200), losses=("logistic", "sqrt"), weights=(0.1, 1.0), clarabel=200)
    keys = plan.keys()
    assert [(key.seed, key.n) for key in keys] == sorted((key.seed, key.n) for key in keys)
    assert len(set(keys)) == len(keys)
    at = {(seed, n): [k for k in keys if (k.seed, k.n) == (seed, n)] for seed in (0, 1) for n in (50, 200)}
    # four problems by a solver, one transport problem, Clarabel beyond n = 100 in the first round only
    assert {where: len(each) for where, each in at.items()} == {(0, 50): 9, (0, 200): 9, (1, 50): 9, (1, 200): 5}
    names = [[(key.method, key.loss, key.weight) for key in at[seed, 50]] for seed in (0, 1)]
    assert sorted(names[0]) == sorted(names[1])
    assert names[0] != names[1]
    assert plan.keys() == keys


def test_what_is_done_is_kept_and_the_rest_is_done_later(tmp_path):
    started = []

    def measure(key, limit):
        if len(started) == 3:
            raise KeyboardInterrupt
        started.append(key)
        return told(key, limit)

    with pytest.raises(KeyboardInterrupt):
        run_exact_bench(bench(), tmp_path, measure=measure)
    again = []
    trials = run_exact_bench(bench(), tmp_path, measure=lambda key, limit: again.append(key) or told(key, limit))
    assert started + again == bench().keys() == [trial.key for trial in trials]
    assert len({trial.run for trial in trials}) == 2
    with pytest.raises(InputError, match=r"another limit \(600 s.*this one 5 s"):
        run_exact_bench(bench(limit=5.0), tmp_path)


def test_no_solve_is_started_after_the_seconds_are_over(tmp_path):
    assert run_exact_bench(bench(), tmp_path, seconds=1e-9, measure=told) == []


def test_more_points_are_not_tried_after_the_time_was_up(tmp_path):
    def measure(key, limit):
        late = key.method == "default" and key.n == 20
        return Trial(key=key, status="time up", wall=limit) if late else told(key, limit)

    trials = run_exact_bench(bench(sizes=(10, 20, 30), rounds=1), tmp_path, measure=measure)
    words = {trial.key.n: (trial.status, trial.failure) for trial in trials if trial.key.method == "default"}
    assert words == {10: ("optimal", ""), 20: ("time up", ""), 30: ("skipped", "time up at n = 20")}
    assert all(trial.status == "optimal" for trial in trials if trial.key.method == "emd")


REFUSED = [
    ({"sizes": ()}, "at least one of its sizes"),
    ({"sizes": (0,)}, "the number of points must be a positive whole number, got 0"),
    ({"sizes": (20_000,), "ratio": 2.0}, "up to 30000 points a side, got 40000"),
    ({"ratio": 0.0}, "ratio must be positive"),
    ({"limit": -1.0}, "limit must be positive"),
    ({"shapes": ("seperated",)}, "unknown shape 'seperated'; did you mean 'separated'"),
    ({"shapes": ("two-diracs",)}, "a problem of fixed points"),
    ({"losses": ("logistik",)}, "did you mean 'logistic'"),
    ({"weights": (0.0,)}, "lambda"),
    ({"solvers": ("Simplex",)}, "unknown solver 'Simplex'"),
    ({"solvers": ("Transport",)}, "Transport solves the Wasserstein loss only"),
    ({"solvers": ("Bundle",), "losses": ("hinge",)}, "needs losses without kinks"),
    ({"device": "tpu"}, "device"),
    ({"rounds": 0}, "the number of rounds must be a positive whole number"),
]


@pytest.mark.parametrize(("changes", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_what_cannot_be_measured_is_refused_before_any_work(changes, words):
    with pytest.raises(InputError, match=words):
        bench(**changes)


def test_points_are_those_of_the_seed_and_as_many_as_asked_for():
    for shape in ("separated", "overlapping", "case3"):
        fake, real = measures(shape, 6, 60, weighted=True, seed=3)
        assert (len(fake), len(real)) == (6, 60)
        assert len(set(real.weights.tolist())) == 60
        again = measures(shape, 6, 60, weighted=True, seed=3)
        np.testing.assert_array_equal(again[1].points, real.points)
        other = measures(shape, 6, 60, weighted=True, seed=4)
        assert not np.array_equal(other[1].points, real.points)
    assert bench(ratio=0.001).real_count(10) == 1


KEY = TrialKey(method="default", shape="overlapping", n=12, m=15, loss="sqrt", weight=0.1, weighted=True)


def test_a_solve_is_measured_with_the_gap_of_its_certificate():
    trial = measured(KEY, 60.0)
    assert trial.status == "optimal"
    assert trial.solver == "InteriorPoint"
    assert trial.finished
    assert trial.relative_gap is not None
    assert 0 < trial.relative_gap <= 1e-8
    assert trial.iterations > 0
    assert 0 < trial.wall < 60
    assert trial.memory is not None
    assert trial.baseline is not None
    assert trial.memory >= trial.baseline > 10
    assert Trial.from_json(trial.to_json()) == trial
    plain = measured(replace(KEY, method="emd", loss="", weight=0.0), 60.0)
    assert (plain.status, plain.relative_gap, plain.iterations) == ("optimal", None, 0)


def test_a_solve_that_takes_too_long_or_fails_says_so():
    late = measured(replace(KEY, n=2000, m=2000, method="Bundle", weight=0.01), 0.05)
    assert (late.status, late.wall, late.finished) == ("time up", 0.05, False)
    failed = measured(replace(KEY, method="Transport"), 5.0)
    assert failed.status == "failed"
    assert failed.failure.startswith("Transport solves the Wasserstein loss only")


def test_a_process_of_its_own_measures_the_same_points():
    """The only test that starts one: three seconds go into its libraries."""
    trial = in_a_process(KEY, 60.0)
    fake, real = measures("overlapping", 12, 15, weighted=True, seed=0)
    problem = toylab.CriticProblem(fake, real, toylab.losses.sqrt(), toylab.LipschitzPenalty(0.1))
    assert trial.key == KEY
    assert trial.iterations == toylab.solve(problem).stats["iterations"]


def test_a_process_that_dies_is_a_failure(monkeypatch):
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    lost = in_a_process(KEY, 60.0)
    assert (lost.status, lost.failure) == ("failed", "without a word")
