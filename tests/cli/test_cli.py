"""The command line, judged by output, files and exit code: once in a process of its own, else in this one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from toylab.cli import main
from toylab.solution import Candidate
from toylab.solvers import InteriorPoint


def from_a_shell(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "toylab", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False, timeout=300)


def test_verify_selected_claims_writes_the_report(tmp_path, toylab):
    command = ("verify", "--quick", "--claims", "lgan.theorem-[45]", "--no-training", "--workers", "1", "--out", "out")
    done = toylab(*command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for words in ("lgan.theorem-4", "lgan.theorem-5", "LGAN Theorem 5", "6/6 violated", "Everything as expected"):
        assert words in done.stdout
    data = json.loads((tmp_path / "out" / "report.json").read_text())
    assert [row["id"] for row in data["claims"]] == ["lgan.theorem-4", "lgan.theorem-5"]
    assert data["exit_code"] == 0
    assert "Traceback" not in done.stderr


def test_list_shows_every_claim_and_the_readme_table(toylab):
    listing = toylab("list")
    assert listing.returncode == 0
    assert "iclr.theorem-2 · ICLR Theorem 2 · expected: violated" in listing.stdout
    assert "Control, without disjoint supports" in listing.stdout
    table = toylab("list", "--markdown", "--claims", "iclr.theorem-2*").stdout.splitlines()
    assert table[0] == "| claim | statement | source | expected | controls |"
    assert len(table) == 4


def test_solve_prints_the_certificate_and_draws(tmp_path):
    arguments = ("solve", "case3", "--n", "12", "--loss", "logistic", "--lam", "0.1", "--plot", "out.png")
    done = from_a_shell(*arguments, "--json", "out.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "status          optimal" in done.stdout
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((tmp_path / "out.json").read_text())["relative_gap"] <= 1e-8


@pytest.mark.parametrize("solver", ["transport", "compact-dual", "kantorovich-rubinstein", "reference"])
def test_solve_with_a_named_solver(solver, toylab):
    done = toylab("solve", "case6", "--loss", "wasserstein", "--ball", "1", "--solver", solver)
    assert done.returncode == 0, done.stderr
    value = next(line.split()[-1] for line in done.stdout.splitlines() if line.startswith("value"))
    assert float(value) == pytest.approx(-1.0, abs=1e-6)  # the reference solver promises 1e-6


@pytest.mark.parametrize("settings", [(), ("--published",)])
def test_solve_with_a_rival_says_what_restricts_it(settings, capsys):
    assert main(["solve", "case3", "--n", "4", "--solver", "gp", "--steps", "3", *settings]) == 0
    said = capsys.readouterr().out
    weight = "lambda = 10, target 1 of its own" if settings else "lambda = 0.1, target 1"
    assert f"restricted by   {weight}\n" in said
    assert "as trained      relative gap" in said


def test_solve_knows_every_preset():
    from toylab.cli.solve import _TRAINED
    from toylab.solvers.network.presets import PRESETS

    assert set(_TRAINED) == {*PRESETS, "funnel"}


BAD = [
    (("solve", "case33"), "did you mean 'case3.3'"),
    (("solve", "case3", "--loss", "logistc"), "did you mean 'logistic'"),
    (("solve", "case3", "--lam", "0"), "--lam must be positive and finite, got 0: without any penalty a critic is"),
    (("solve", "case3", "--lam", "nan"), "--lam must be positive and finite, got nan"),
    (("solve", "case3", "--lam", "-1"), "--lam must be positive and finite, got -1"),
    (("solve", "case3", "--lam", "much"), "--lam must be a number, got 'much'"),
    (("solve", "case3", "--n", "0"), "positive whole number, got 0"),
    (("solve", "case6", "--n", "5"), "has a fixed number of points"),
    (("solve", "case3", "--ball", "-2"), "--ball must be positive"),
    (("solve", "case3", "--lam", "1", "--ball", "1"), "not allowed with argument"),
    (("solve", "case3", "--solver", "maxpg"), "did you mean 'maxgp'"),
    (("solve", "case3", "--loss", "logistic", "--solver", "transport"), "not 'logistic'; use --solver interior-point."),
    (("solve", "case3", "--loss", "wasserstein", "--unrestricted"), "leave --unrestricted out, or give --lam 0.1."),
    (("solve", "case3", "--solver", "gp", "--unrestricted", "--loss", "lsgan"), "use --solver unrestricted, or give"),
    (("solve", "case3", "--solver", "spectral-norm", "--loss", "lsgan", "--unrestricted"), "--solver unrestricted"),
    (("solve", "case3", "--solver", "maxgp", "--ball", "1"), "train with --lam and the radius as --target."),
    (("solve", "case3", "--solver", "unrestricted", "--ball", "1"), "use --solver spectral-norm, orthogonal or exact."),
    (("solve", "case3", "--target", "-1"), "--target must be finite and not negative, got -1"),
    (("solve", "case3", "--rtol", "0"), "--rtol must be positive"),
    (("solve", "case3", "--solver", "gp", "--rtol", "1"), "'gp' is trained: it has --steps"),
    (("solve", "case6", "--solver", "kantorovich-rubinstein", "--max-iterations", "5"), "is nothing that Kantor"),
    (("animate", "case3", "--out", "a.gif", "--share", "2"), "--share must be above 0 and at most 1, got 2"),
    (("falsify", "lgan.theorem-3", "--seconds", "nan"), "--seconds must be positive and finite, got nan"),
    (("bench", "exact", "--lam", "1,-1"), "--lam must be positive and finite, got -1"),
    (("bench", "exact", "--n", "10,x"), "--n must be a whole number from 1 to 30000, got x"),
    (("bench", "exact", "--n", ","), "--n needs at least one value"),
    (("bench", "necessity", "--examples", "0"), "--examples must be a positive whole number, got 0"),
    (("solve", "case3", "--loss", "quadratic(1, 0)"), "larger on fake points"),
    (("solve", "case3", "--plot", "out.bmp"), "must end in .png or .pdf or .svg"),
    (("solve", "case3", "--plot", "nowhere/out.png"), "does not exist"),
    (("verify", "--claims", "lgan.theorm-3"), "did you mean 'lgan.theorem-3'"),
    (("verify", "--workers", "0"), "--workers must be a positive whole number, got 0"),
    (("verify", "--out", "taken"), "cannot write into the folder"),
    (("solve", "case4", "--seed", "-1"), "--seed must be a whole number of at least 0"),
    (("solve", "case4", "--lam", "1e-300"), "between 1e-100 and 1e100"),
    (("solve", "case4", "--n", "1000000", "--solver", "interior-point"), "would need about"),
    (("solve", "case4", "--json", "folder.json"), "it is a folder"),
    (("solve", "case4", "--solver", "gradient-penalty"), "unknown solver 'gradient-penalty'"),
    (("solve", "case4", "--steps", "5"), "--published and --steps are for trained critics"),
    (("solve", "case4", "--solver", "gp", "--steps", "0"), "must be a positive whole number, got 0"),
    (("solve", "case4", "--solver", "lp", "--ball", "1"), "use --solver spectral-norm, orthogonal or exact"),
    (("verfy",), "invalid choice"),
    ((), "the following arguments are required"),
]


@pytest.mark.parametrize(("arguments", "words"), BAD, ids=[" ".join(arguments) for arguments, _ in BAD])
def test_bad_input_is_one_sentence_and_exit_code_2(arguments, words, tmp_path, monkeypatch, capsys):
    (tmp_path / "taken").write_text("a file")
    (tmp_path / "folder.json").mkdir()
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert words in printed.err
    assert printed.err.startswith("toylab: ")
    assert len(printed.err.strip().splitlines()) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.json", "taken"]


def test_nothing_selected_is_exit_code_4_and_leaves_an_earlier_report_alone(tmp_path, toylab):
    report = tmp_path / "out" / "report.json"
    report.parent.mkdir()
    report.write_text("earlier")
    done = toylab("verify", "--claims", "nothing.*", "--out", "out", cwd=tmp_path)
    assert done.returncode == 4
    assert "no claim matches 'nothing.*'" in done.stderr
    assert report.read_text() == "earlier"


def test_a_solver_that_misses_its_tolerance_still_writes_what_it_reached(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("toylab.cli.solve.default_solver", lambda problem: InteriorPoint(max_iterations=3))
    assert main(["solve", "case4", "--n", "8", "--json", "out.json"]) == 3
    printed = capsys.readouterr()
    assert "status          iteration_limit" in printed.out
    assert printed.err.startswith("toylab: InteriorPoint reached a relative gap of ")
    assert "try --max-iterations 6; --json keeps what was reached." in printed.err
    gap = float(printed.err.split("relative gap of ")[1].split(",")[0])
    written = Candidate.from_json(json.loads((tmp_path / "out.json").read_text()))
    assert written.certificate.relative_gap == pytest.approx(gap, rel=0.05)  # two digits are printed


def test_help_names_the_exit_codes(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert "3 inconclusive" in capsys.readouterr().out


def test_the_bar_of_a_training_shows_what_is_known():
    from toylab.cli.solve import _in_training

    assert _in_training({"loss": 1.0884, "objective": 1.1, "k": 3.683}) == "loss 1.088 · k 3.68"
    known = {"loss": 1.0884, "relative_gap": 0.0123, "relative_excess": 0.1, "k": 3.683}
    assert _in_training(known) == "loss 1.088 · gap 0.012 · k 3.68"
    assert _in_training({"objective": 1.1}) == "solving"
