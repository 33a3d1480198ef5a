"""The comparison as a whole: what is run in which order, what is kept, and what is refused."""

import json

import pytest
import torch

from toylab.bench import critic, critic_cell
from toylab.bench.critic import CriticBench, run_critic_bench
from toylab.errors import InputError


def bench(**changes):
    settings = {
        "problem": "two-diracs",
        "sizes": (),
        "losses": ("logistic",),
        "methods": ("MaxGP", "double-backward"),
        "seeds": 2,
        "seconds": 0.15,
        "device": "cpu",
    }
    return CriticBench(**{**settings, **changes})


def test_each_seed_is_a_round_in_an_order_of_its_own():
    keys = CriticBench(methods=("MaxGP", "double-backward", "published"), seeds=6, start=4).keys()
    rounds = [keys[at : at + 12] for at in range(0, len(keys), 12)]
    assert [{key.seed for key in each} for each in rounds] == [{seed} for seed in range(4, 10)]
    everything = {(n, loss, m) for n in (10, 50) for loss in ("wasserstein", "logistic") for m in bench_names()}
    assert all({(key.n, key.loss, key.method) for key in each} == everything for each in rounds)
    assert len({tuple((key.n, key.loss, key.method) for key in each) for each in rounds}) == 6
    assert CriticBench(methods=("MaxGP", "double-backward", "published"), seeds=6, start=4).keys() == keys


def bench_names():
    return ("MaxGP", "double-backward", "published")


def test_times_allowed_are_those_of_the_targets():
    plain = CriticBench()
    assert [plain.allowed(n) for n in (0, 10, 11, 50, 1000)] == [5.0, 5.0, 20.0, 20.0, 120.0]
    assert CriticBench(seconds=3.0).allowed(1000) == 3.0


def test_what_is_finished_is_kept_and_more_can_be_added(tmp_path):
    threads, seen = torch.get_num_threads(), []
    first = run_critic_bench(bench(seeds=1), tmp_path, progress=lambda *numbers: seen.append(numbers))
    assert torch.get_num_threads() == threads
    assert [cell.failure for cell in first] == ["", ""]
    assert seen[-1][:2] == (0.3, 0.3)
    assert {words.partition(",")[0] for _, _, words in seen} >= {"MaxGP", "double-backward"}
    files = sorted((tmp_path / "trainings").iterdir())
    assert len(files) == 2
    written = [path.stat().st_mtime_ns for path in files]

    files[0].write_text("{ damaged")
    more = run_critic_bench(bench(), tmp_path)
    assert [cell.key for cell in more] == bench().keys()
    assert files[1].stat().st_mtime_ns == written[1]  # not run again
    assert json.loads(files[0].read_text())["key"]["seed"] == 0  # this one was
    assert len({cell.run for cell in more}) == 2


def test_an_interruption_keeps_the_trainings_before_it(tmp_path, monkeypatch):
    calls = []

    def interrupted_in_the_third(key, *arguments, **settings):
        calls.append(key)
        if len(calls) == 5:  # two to warm up
            raise KeyboardInterrupt
        return critic_cell.run_cell(key, *arguments, **settings)

    monkeypatch.setattr(critic, "run_cell", interrupted_in_the_third)
    with pytest.raises(KeyboardInterrupt):
        run_critic_bench(bench(), tmp_path)
    assert len(list((tmp_path / "trainings").iterdir())) == 2
    monkeypatch.undo()
    cells = run_critic_bench(bench(), tmp_path)
    assert [cell.key for cell in cells] == bench().keys()
    assert len({cell.run for cell in cells[:2]}) == 1
    assert cells[0].run != cells[2].run


def test_trainings_of_another_kind_are_not_mixed(tmp_path):
    run_critic_bench(bench(seeds=1, methods=("MaxGP",)), tmp_path)
    with pytest.raises(InputError, match=r"another time allowed \(0.15, this one 0.5\).*another --out"):
        run_critic_bench(bench(seconds=0.5), tmp_path)
    with pytest.raises(InputError, match="another λ"):
        run_critic_bench(bench(weight=1.0), tmp_path)
    (tmp_path / "header.json").write_text("[")
    with pytest.raises(InputError, match="cannot read the header"):
        run_critic_bench(bench(), tmp_path)


BAD = [
    ({"seeds": 0}, "the number of seeds must be a positive whole number, got 0"),
    ({"start": -1}, "the first seed must be a whole number of at least 0, got -1"),
    ({"seconds": 0.0}, "the seconds allowed must be positive, got 0"),
    ({"losses": ()}, "at least one loss"),
    ({"losses": ("logistik",)}, "did you mean 'logistic'"),
    ({"sizes": (0,), "problem": "case3"}, "the number of points must be a positive whole number, got 0"),
    ({"sizes": (5,)}, "has a fixed number of points"),
    ({"problem": "case33"}, "unknown problem 'case33'; did you mean"),
    ({"methods": ("MaxGq",)}, "did you mean 'MaxGP'"),
    ({"weight": -1.0}, "lambda"),
    ({"device": "cuda:99"}, "is not available here"),
]


@pytest.mark.parametrize(("changes", "words"), BAD, ids=[str(changes) for changes, _ in BAD])
def test_bad_input_is_refused_before_any_work(changes, words):
    with pytest.raises(InputError) as caught:
        bench(**changes)
    assert words in str(caught.value)
