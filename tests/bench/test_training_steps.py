import pytest

from toylab.bench.training_steps import ENSEMBLES, DoubleBackward, StepTimes, time_steps
from toylab.cli import main
from toylab.errors import InputError


def test_the_usual_loop_minimises_the_same_objective():
    """Its critic and that of `MaxGP` come to the same loss: the contest is between equals."""
    import torch

    from toylab import solve, zoo
    from toylab.solvers.network import MaxGP

    with torch.random.fork_rng():
        torch.manual_seed(0)  # of the module's own initialisation
        loop = DoubleBackward(10, 64, torch.device("cpu"))
    for _ in range(400):
        loop.step()
    ours = solve(zoo.load("case4", n=10, seed=0), MaxGP(steps=400, device="cpu"))
    assert float(loop.loss) == pytest.approx(ours.history["loss"][-1], rel=0.1)


def test_times_of_every_contestant():
    turns = []
    times = time_steps(4, 8, rounds=1, steps=2, progress=lambda: turns.append(1))
    assert len(turns) == 2
    assert set(times.ensembles) == set(ENSEMBLES)
    assert min(times.double_backward, times.autograd, *times.ensembles.values()) > 0
    rows = {name: numbers for name, *numbers in times.rows()}
    assert rows["double backward"][2] == 1.0
    assert rows["hand-written, 1 at once"][3] == 1.0


def test_ratios_are_per_critic():
    times = StepTimes(
        points=1, width=1, device="cpu", double_backward=100.0, autograd=50.0, ensembles={1: 20.0, 64: 640.0}
    )
    rows = {name: numbers for name, *numbers in times.rows()}
    assert rows["hand-written, 64 at once"] == [640.0, 10.0, 10.0, 2.0]
    assert times.to_json()["ensembles"] == {"1": 20.0, "64": 640.0}


@pytest.mark.parametrize("settings", [{"rounds": 0}, {"steps": 0}, {"device": "cuda:99"}], ids=repr)
def test_impossible_settings(settings):
    with pytest.raises(InputError):
        time_steps(4, 8, **settings)


@pytest.mark.parametrize("arguments", [["--rounds", "0"], ["--device", "cuda:99"], ["--json", "steps.txt"]], ids=str)
def test_bad_input_has_a_sentence(arguments, capsys):
    assert main(["bench", "step", *arguments]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_the_command_prints_ratios(monkeypatch, capsys, tmp_path):
    from toylab.bench import training_steps

    times = StepTimes(points=10, width=64, device="cpu", double_backward=100.0, autograd=50.0, ensembles={1: 20.0})
    monkeypatch.setattr(training_steps, "time_steps", lambda *_, **__: times)
    assert main(["bench", "step", "--json", str(tmp_path / "steps.json")]) == 0
    printed = capsys.readouterr().out
    assert "double backward" in printed
    assert "5.00" in printed
    assert (tmp_path / "steps.json").exists()
