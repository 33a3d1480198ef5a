"""How commands name a problem: every combination by its parser, whole commands for a few."""

import argparse

import pytest

from toylab import losses, zoo
from toylab.cli.problem_source import add_problem_arguments, problem_from
from toylab.data_files import load_problem, save_problem
from toylab.errors import InputError
from toylab.problem import LipschitzBall, LipschitzPenalty


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("x,y,weight\n0,0,1\n0,1,3\n")
    (tmp_path / "b.txt").write_text("1 0\n1 1\n1 2\n")
    (tmp_path / "line.csv").write_text("1\n2\n")
    saved = zoo.load("two-diracs", losses=losses.sqrt(), regularizer=LipschitzPenalty(0.7, 0.5))
    save_problem(saved, tmp_path / "p.json")
    save_problem(zoo.load("case6", regularizer=LipschitzBall(2.0)), tmp_path / "ball.json")
    return tmp_path


def named(line: str):
    parser = argparse.ArgumentParser()
    add_problem_arguments(parser)
    return problem_from(parser.parse_args(line.split()))


def test_a_name_is_a_problem_of_the_zoo(folder):
    source = named("case4 --n 5 --seed 3")
    assert source.problem.to_json() == zoo.load("case4", n=5, seed=3).to_json()
    assert source.known == zoo.get("case4").known
    assert source.label == "case4"


def test_a_name_takes_its_own_objective_unless_told(folder):
    assert named("far-fake").problem.losses == losses.hinge()
    assert named("three-fakes").problem.regularizer == LipschitzPenalty(0.05)
    assert named("three-fakes --target 1").problem.regularizer == LipschitzPenalty(0.05, 1.0)
    assert named("three-fakes --lam 2 --loss sqrt").problem.regularizer == LipschitzPenalty(2.0)
    assert named("three-fakes --ball 2").problem.regularizer == LipschitzBall(2.0)


def test_parameters_of_a_name(folder):
    problem = named("min-funnels --n 4 --param dimension=3 --param degree=3.5").problem
    assert problem.dimension == 3
    assert problem.to_json() == zoo.load("min-funnels", n=4, dimension=3, degree=3.5).to_json()


def test_two_files_are_a_problem(folder):
    source = named("--fake a.csv --real b.txt --loss exponential")
    assert source.problem.fake.weights.tolist() == [0.25, 0.75]
    assert len(source.problem.real) == 3
    assert source.problem.losses == losses.exponential()
    assert source.problem.regularizer == LipschitzPenalty(0.1)
    assert source.label == "a.csv against b.txt"
    assert source.known is None


def test_a_saved_problem_keeps_what_is_not_overridden(folder):
    assert named("--problem p.json").problem.to_json() == load_problem("p.json").to_json()
    assert named("--problem p.json --loss logistic").problem.losses == losses.logistic()
    assert named("--problem p.json --lam 2").problem.regularizer == LipschitzPenalty(2.0, 0.5)
    assert named("--problem p.json --target 0").problem.regularizer == LipschitzPenalty(0.7)
    assert named("--problem p.json --ball 3").problem.regularizer == LipschitzBall(3.0)
    assert named("--problem ball.json").problem.regularizer == LipschitzBall(2.0)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "name a problem of the zoo .*, or give --fake and --real, or --problem"),
        ("--fake a.csv", "--fake needs --real"),
        ("--real a.csv", "--real needs --fake"),
        ("case4 --fake a.csv --real b.txt", "a name and --fake and --real each give a problem; keep one"),
        ("case4 --problem p.json", "a name and --problem each give a problem"),
        ("--problem p.json --fake a.csv --real b.txt", "--fake and --real and --problem each give a problem"),
        ("--problem p.json --n 4", "--n goes with a named problem of the zoo, not with --problem"),
        ("--fake a.csv --real b.txt --param x=1", "--param goes with a named problem"),
        ("case4 --ball 1 --target 1", "--target belongs to the penalty"),
        ("--problem ball.json --target 1", "--target needs --lam here"),
        ("case5 --param noise", "--param takes KEY=VALUE, got 'noise'"),
        ("case5 --param noise=loud", "--param noise needs a number, got 'loud'"),
        ("case5 --param noise=1 --param noise=2", "--param noise is given twice"),
        ("case5 --param seed=1", "--param does not set 'seed'"),
        ("case5 --param nois=1", "did you mean 'noise'"),
        ("--fake a.csv --real line.csv", "fake points have 2 coordinates and real points 1"),
        ("--fake a.csv --real nothing.csv", r"nothing\.csv does not exist"),
        ("--problem nothing.json", r"nothing\.json does not exist"),
        ("--fake p.json --real b.txt", "holds a whole problem, not one measure"),
        ("case4 --loss logistc", "did you mean 'logistic'"),
    ],
)
def test_what_does_not_go_together_is_one_sentence(folder, line, words):
    with pytest.raises(InputError, match=words) as caught:
        named(line)
    assert "\n" not in str(caught.value)


def test_solving_own_data_saving_it_and_solving_it_again(folder, toylab):
    arguments = ("--fake", "a.csv", "--real", "b.txt", "--loss", "sqrt", "--lam", "0.3", "--target", "0.5")
    first = toylab("solve", *arguments, "--save-problem", "q.json", cwd=folder)
    assert first.returncode == 0, first.stderr
    assert "Written: q.json" in first.stdout
    assert "a.csv against b.txt: 2 fake, 3 real in R^2, sqrt, lambda = 0.3, target 0.5" in first.stdout
    again = toylab("solve", "--problem", "q.json", cwd=folder)
    assert again.returncode == 0, again.stderr

    def numbers(done):
        return [line for line in done.stdout.splitlines() if line.startswith(("value", "dual bound", "constant"))]

    assert numbers(first) == numbers(again)
    assert len(numbers(first)) == 3


def test_a_bad_line_of_a_file_is_one_sentence_and_exit_code_2(folder, toylab):
    (folder / "bad.csv").write_text("x,y\n0,1\n0,one\n")
    done = toylab("solve", "--fake", "bad.csv", "--real", "b.txt", "--save-problem", "q.json", cwd=folder)
    assert done.returncode == 2
    assert done.stderr == "toylab: bad.csv, line 3, column 2: 'one' is no number.\n"
    assert not (folder / "q.json").exists()


def test_the_zoo_prints_what_is_known_and_draws(folder, toylab):
    done = toylab("zoo", "parallel-lines", "mode-collapse", "min-funnels-16", "--plot", "zoo.png", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "parallel-lines · n = 20 · 20 fake, 20 real in R^2, logistic, lambda = 0.1" in done.stdout
    assert "--param separation=0.5: distance of the lines" in done.stdout
    assert "By formula: W1 = 0.5, V = 1.2511038, k* = 1.0819661, population W1 = 0.5" in done.stdout
    assert (folder / "zoo.png").read_bytes().startswith(b"\x89PNG")
