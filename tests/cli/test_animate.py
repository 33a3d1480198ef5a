"""`toylab animate`."""

import json

import pytest
from PIL import Image

from toylab.cli import main, parser
from toylab.cli.animate import step_of
from toylab.dynamics import FixedStep, ProportionalStep, Trajectory, UnitStep


def test_a_problem_moves(tmp_path, toylab):
    done = toylab(
        *("animate", "case4", "--n", "2", "--loss", "wasserstein", "--steps", "2", "--every", "2", "--dpi", "30"),
        *("--out", "flow.gif", "--json", "flow.json"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "flow.gif") as moving:
        assert moving.n_frames == 2  # type: ignore[attr-defined]
    path = Trajectory.from_json(json.loads((tmp_path / "flow.json").read_text()))
    assert path.steps == 2
    # two fakes that go straight up and down by a tenth of their way
    assert path.w1 == pytest.approx([1.0, 0.9, 0.81])
    assert "W1 1 → 0.81" in done.stdout
    assert "Written: flow.gif" in done.stdout


def test_a_flow_that_is_stopped_inside_another_program_draws_nothing(tmp_path, monkeypatch, capsys):
    def stopped(record):
        raise KeyboardInterrupt

    monkeypatch.setattr("toylab.dynamics.flow._Record.advance", stopped)
    out = tmp_path / "flow.gif"
    assert main(["animate", "case4", "--n", "2", "--out", str(out)]) == 130
    assert "interrupted after step 0" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ((), ProportionalStep(share=0.1)),
        (("--share", "0.3"), ProportionalStep(share=0.3)),
        (("--length", "0.25"), UnitStep(length=0.25)),
        (("--rate", "0.02"), FixedStep(rate=0.02)),
    ],
)
def test_rules(arguments, rule):
    assert step_of(parser().parse_args(["animate", "case4", "--out", "flow.gif", *arguments])) == rule


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--out", "flow.png"), "end the name in .gif or .mp4"),
        (("--out", "none/flow.gif"), "does not exist"),
        (("--out", "flow.gif", "--fps", "-1"), "--fps must be above 0"),
        (("--out", "flow.gif", "--unrestricted"), "leave --unrestricted out"),
        (("--out", "flow.gif", "--share", "2"), "at most 1"),
        (("--out", "flow.gif", "--json", "flow.txt"), "must end in .json"),
        ((), "--out"),
    ],
)
def test_bad_input_is_one_sentence(arguments, words, tmp_path, toylab):
    done = toylab("animate", "case4", "--n", "2", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())
