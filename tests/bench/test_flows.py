"""The bench of flows as a whole: what is run, what is kept, what is measured, and what is counted."""

from dataclasses import replace

import numpy as np
import pytest

from toylab.bench import flow_trial
from toylab.bench.flow_methods import OBJECTIVES, SPLITS, STEPS, started
from toylab.bench.flow_plot import plot_flows
from toylab.bench.flow_summary import (
    FlowRow,
    Share,
    objectives_of,
    rows_of,
    splits_of,
    steps_of,
    together,
    unexpected,
)
from toylab.bench.flow_tables import markdown
from toylab.bench.flow_trial import FAILED, FlowKey, FlowTrial, measured
from toylab.bench.flows import FlowBench, run_flow_bench, to_json
from toylab.errors import InputError, SolverError

REST = (40, 1e-3, 15)


def bench(**changes):
    small = {"problems": ("case3",), "objectives": ("wasserstein", "vanilla-points"), "rivals": ("wasserstein",)}
    return FlowBench(**{**small, "n": 4, "rounds": 2, **changes})


def kinds(**changes):
    return bench(**changes).keys()


def told(key, *rest):
    """A flow that costs nothing: even seeds arrive."""
    still = OBJECTIVES[key.objective].still
    arrived = not still and key.seed % 2 == 0 and (key.split != "together" or not key.doubled)
    stop = "STANDSTILL" if still else "ARRIVED" if arrived else "NO_PROGRESS"
    constants = None if still else (2.0, 0.0 if arrived else 1.0)
    left = 1.0 if still else 0.0 if arrived else 0.25
    return FlowTrial(key=key, stop=stop, steps=3, w1=(2.0, 2.0 * left), constants=constants, curve=(1.0, left))


def test_every_flow_is_there_once_seed_after_seed():
    keys = bench().keys()
    assert len(set(keys)) == len(keys)
    assert [key.seed for key in keys] == sorted(key.seed for key in keys)
    # two objectives with equal steps, three more step rules of the rival, three split rules of pairs
    assert len(keys) == 2 * (2 + 3 + 3)
    assert sum(key.doubled for key in keys) == 2 * 3
    whole = FlowBench(rounds=1).keys()
    assert {key.objective for key in whole} == set(OBJECTIVES)
    assert {key.step for key in whole} == set(STEPS)
    assert {key.split for key in whole} == set(SPLITS)


def test_what_is_done_is_kept_and_the_rest_is_done_later(tmp_path):
    begun = []

    def measure(key, *rest):
        if len(begun) == 3:
            raise KeyboardInterrupt
        begun.append(key)
        return told(key)

    with pytest.raises(KeyboardInterrupt):
        run_flow_bench(bench(), tmp_path, measure=measure)
    again, seen = [], []
    trials = run_flow_bench(
        bench(),
        tmp_path,
        measure=lambda key, *rest: again.append(key) or told(key),
        progress=lambda *now: seen.append(now),
    )
    assert begun + again == bench().keys() == [trial.key for trial in trials]
    assert trials == [told(key) for key in kinds()]
    assert seen[0][:2] == (3, 16)
    assert seen[-1][:2] == (16, 16)
    assert run_flow_bench(bench(), tmp_path / "other", seconds=1e-9, measure=told) == []
    with pytest.raises(InputError, match=r"another limit \(80 steps.*this one 5 steps"):
        run_flow_bench(bench(limit=5), tmp_path)


@pytest.mark.long
def test_flows_of_several_processes_are_those_of_one(tmp_path):
    few = bench(rivals=(), rounds=1)
    one, two = (run_flow_bench(few, tmp_path / str(workers), workers=workers) for workers in (1, 2))
    assert [(trial.key, trial.stop, trial.w1) for trial in one] == [(trial.key, trial.stop, trial.w1) for trial in two]
    assert to_json(few, one, {})["settings"]["objectives"] == ("wasserstein", "vanilla-points")


REFUSED = [
    ({"problems": ("case33",)}, "unknown problem 'case33'; did you mean"),
    ({"problems": ("two-diracs",)}, "a problem of fixed points"),
    ({"problems": ()}, "at least one problem"),
    ({"objectives": ("logistik",)}, "did you mean 'logistic'"),
    ({"rivals": ("fisher-wide",)}, "'fisher-wide' has no plan"),
    ({"steps": ("units",)}, "did you mean 'unit'"),
    ({"splits": ("jitters",)}, "did you mean 'jitter'"),
    ({"n": 1}, "the number of points"),
    ({"n": 1000}, "up to 200 points"),
    ({"rounds": 0}, "the number of rounds"),
    ({"tolerance": 1.0}, r"must lie in \[0, 1\)"),
    ({"limit": 0}, "the number of steps"),
    ({"patience": 0}, "patience"),
]


@pytest.mark.parametrize(("changes", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_what_cannot_be_measured_is_refused_before_any_work(changes, words):
    with pytest.raises(InputError, match=words):
        bench(**changes)


def test_starts_are_those_of_the_seed_and_doubled_fakes_stand_in_pairs():
    start = started("case3", 6, 3, doubled=False)
    pairs = started("case3", 6, 3, doubled=True)
    np.testing.assert_array_equal(pairs.fake.points[::2], start.fake.points[::2])
    np.testing.assert_array_equal(pairs.fake.points[1::2], pairs.fake.points[::2])
    np.testing.assert_array_equal(pairs.real.points, start.real.points)
    assert not np.array_equal(started("case3", 6, 4, doubled=False).real.points, start.real.points)


@pytest.mark.parametrize("name", [name for name, kind in OBJECTIVES.items() if kind.still])
def test_the_null_keeps_its_distance_exactly(name):
    trial = measured(FlowKey(problem="case3", objective=name, n=4), *REST)
    assert (trial.left, trial.stop, trial.steps, trial.constants, trial.gap) == (1.0, "STANDSTILL", 0, None, None)


def test_the_wasserstein_flow_arrives_with_a_constant_of_its_distance():
    """k* = W₁/(2λ) at both ends (THEORY section 2), within √(gap · value/λ) of a certified one."""
    trial = measured(FlowKey(problem="case3", objective="wasserstein", n=4), *REST)
    assert trial.arrived
    assert trial.left <= 1e-3
    assert trial.constants == pytest.approx([w1 / 0.2 for w1 in trial.w1], rel=1e-6, abs=1e-9)
    assert trial.curve[0] == 1.0
    assert len(trial.curve) == trial.steps + 1
    assert trial.covered == 1.0
    assert trial.gap is not None
    assert trial.gap <= 1e-6
    assert FlowTrial.from_json(trial.to_json()) == trial


def test_pairs_stay_together_unless_they_share_out_the_plan():
    common = {"problem": "case3", "objective": "wasserstein", "step": "proportional", "n": 4, "doubled": True}
    stuck, shared = (measured(FlowKey(split=split, **common), *REST) for split in ("together", "share-out"))
    assert stuck.coinciding == 4
    assert not stuck.arrived
    assert shared.arrived
    assert shared.coinciding == 0


@pytest.mark.parametrize("step", ["fixed", "momentum"])
def test_a_fixed_rate_is_set_by_the_first_critic(step):
    """Of two Diracs at distance d the first step is d/10, with momentum a fifth of it: k* cancels."""
    start = started("case3", 2, 0, doubled=True)
    key = FlowKey(problem="case3", objective="wasserstein", step=step, n=2, doubled=True)
    trial = measured(key, 1, 1e-3, 15)
    # both fakes are in one place; W₁ falls by no more than the step, and by less where the gradient has a kink
    stride = start.length * (0.1 if step == "fixed" else 0.02)
    assert 0 < trial.w1[0] - trial.w1[1] <= stride * (1 + 1e-9)


def test_a_flow_that_raises_is_kept_with_its_sentence(monkeypatch):
    def fails(*arguments, **options):
        raise SolverError("it did not converge.")

    monkeypatch.setattr(flow_trial, "follow", fails)
    trial = measured(FlowKey(problem="case3", objective="logistic", n=4), *REST)
    assert (trial.stop, trial.failure, trial.left) == (FAILED, "it did not converge.", 1.0)
    assert unexpected(rows_of([trial])) == ["logistic on case3, seed 0: it did not converge."]


def test_rows_hold_quartiles_shares_and_reasons_over_the_seeds():
    trials = [told(key) for key in kinds(rounds=5)]
    rows = rows_of(trials)
    unit = {row.key.objective: row for row in objectives_of(rows)}
    arriving, still = unit["wasserstein"], unit["vanilla-points"]
    assert arriving.left == (0.0, 0.0, 0.25)  # three of five arrive
    assert (arriving.arrived.count, arriving.arrived.total) == (3, 5)
    assert arriving.reasons == {"ARRIVED": 3, "NO_PROGRESS": 2}
    assert arriving.constant == (2.0, 0.0)
    assert still.left == (1.0, 1.0, 1.0)
    assert still.constant is None
    assert [row.key.step for row in steps_of(rows)] == list(STEPS)
    assert [row.key.split for row in splits_of(rows)] == list(SPLITS)
    with_rule, without = splits_of(rows)[1], splits_of(rows)[0]
    paired = with_rule.against(without)
    assert (paired.gained, paired.lost, paired.pairs) == (3, 0, 5)
    assert paired.p == pytest.approx(2 * 0.5**3)
    assert without.against(without).p == 1.0
    both = together(objectives_of(rows), lambda key: None)
    assert [len(row.trials) for row in both] == [10]


@pytest.mark.parametrize(("count", "total"), [(0, 20), (7, 20), (20, 20)])
def test_the_interval_of_a_share_is_wilsons(count, total):
    """The ends are the shares p at which the score test rejects: |count/total − p| = z √(p (1 − p)/total)."""
    low, high = Share(count=count, total=total).interval
    z = 1.959963984540054
    for end in (low, high):
        assert abs(count / total - end) == pytest.approx(z * np.sqrt(end * (1 - end) / total), abs=1e-9)
    assert 0 <= low <= count / total <= high <= 1


def test_a_certificate_that_says_nothing_is_told(monkeypatch):
    whole = flow_trial._kept

    def uncertified(key, trajectory, cpu):
        gaps = trajectory.gaps.copy()
        gaps[0] = np.inf
        return whole(key, replace(trajectory, gaps=gaps), cpu)

    monkeypatch.setattr(flow_trial, "_kept", uncertified)
    key = next(key for key in kinds() if key.objective == "wasserstein")
    trial = measured(key, *REST)
    assert "relative gap of 1.8e+308" in unexpected([FlowRow(key=trial.key, trials=[trial])])[0]


def test_a_null_that_moves_and_a_loose_critic_are_told():
    key = FlowKey(problem="case3", objective="fisher-points")
    moved = FlowTrial(key=key, stop="STEP_LIMIT", w1=(1.0, 0.5))
    loose = FlowTrial(key=FlowKey(problem="case3", objective="hinge"), stop="ARRIVED", w1=(1.0, 0.0), gap=0.01)
    found = unexpected([FlowRow(key=trial.key, trials=[trial]) for trial in (moved, loose)])
    assert "has moved the fakes, W₁ by 0.5" in found[0]
    assert "relative gap of 1.0e-02" in found[1]
    assert unexpected(rows_of([told(key) for key in kinds()])) == []


def test_tables_and_picture_show_every_kind():
    rows = rows_of([told(key) for key in kinds()])
    text = markdown(rows, ["the end"])
    assert "| all | vanilla, on the points | 1 | 1 – 1 | 0/2 |" in text
    assert "| two modes, one near: Wasserstein, λ k² | jitter | 0.12 |" in text
    assert "+1 −0" in text
    assert text.endswith("the end")
    first = plot_flows(rows)
    panels = first.figure.axes
    assert [label.get_text() for label in first.get_yticklabels()] == ["Wasserstein, λ k²", "vanilla, on the points"]
    medians = [float(np.asarray(line.get_xdata())[0]) for line in first.lines if line.get_gid() == "median"]
    assert medians == pytest.approx([0.125, 1.0])
    assert len(panels) == 3
    with pytest.raises(InputError, match="no flows to draw"):
        plot_flows([])
