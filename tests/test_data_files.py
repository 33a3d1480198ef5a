"""Reading a user's own data: every good form, every bad one with its place, and problems there and back."""

import json
import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import problems

import toylab
from toylab.data_files import load_problem, read_measure, save_problem
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure

EXPECTED = DiscreteMeasure([[0.0, 1.0], [2.0, -3.5]], [1, 3])


def text(folder, name, content):
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "x,y,weight\n0,1,1\n2,-3.5,3\n"),
        ("a.csv", "WEIGHTS,x,y\n1,0,1\n3,2,-3.5\n"),
        ("a.csv", '"x" , "the weight axis","Weight"\n0, 1, 1\n 2 ,-3.5, 3'),
        ("a.csv", "\ufeffx;y;weight\r\n0;1;1\r\n2;-3.5;3\r\n"),
        ("a.tsv", "x\ty\tweight\n0\t1\t1\n2\t-3.5\t3\n"),
        ("a.txt", "# two points\nx y weight\n\n0   1 1   # the first\n  2e0 -35e-1 3\n"),
    ],
)
def test_tables(tmp_path, name, content):
    measure = read_measure(text(tmp_path, name, content))
    assert (measure.points == EXPECTED.points).all()
    assert (measure.weights == EXPECTED.weights).all()


@pytest.mark.parametrize(
    "content", ["0,1\n2,-3.5\n", "0 1\n2 -3.5", "height,width\n0,1\n2,-3.5", "# c\n\n0\t1\n2\t-3.5\n"]
)
def test_tables_without_weights_are_uniform(tmp_path, content):
    measure = read_measure(text(tmp_path, "a.csv", content))
    assert (measure.points == EXPECTED.points).all()
    assert measure.weights.tolist() == [0.5, 0.5]


def test_one_column_is_the_line(tmp_path):
    assert read_measure(text(tmp_path, "a.txt", "1\n2\n3\n")).points.shape == (3, 1)


def test_numpy_files(tmp_path):
    np.save(tmp_path / "a.npy", EXPECTED.points)
    np.savez(tmp_path / "a.npz", points=EXPECTED.points, weights=[1, 3])
    np.savez(tmp_path / "b.npz", points=EXPECTED.points)
    assert (read_measure(tmp_path / "a.npy").points == EXPECTED.points).all()
    assert (read_measure(tmp_path / "a.npz").weights == EXPECTED.weights).all()
    assert (read_measure(str(tmp_path / "b.npz")).weights == 0.5).all()


def test_json_files(tmp_path):
    path = text(tmp_path, "a.json", json.dumps(EXPECTED.to_json()))
    assert (read_measure(path).weights == EXPECTED.weights).all()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=2), min_size=1, max_size=5)
)
def test_tables_keep_every_bit(tmp_path, rows):
    lines = "\n".join(",".join(map(repr, row)) for row in rows)
    points = read_measure(text(tmp_path, "a.csv", lines)).points
    assert points.tobytes() == np.array(rows).tobytes()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", "", r"a\.csv holds no points"),
        ("a.csv", "# only\n\n", r"a\.csv holds no points"),
        ("a.csv", "x,y\n", r"holds no points: its only line, 1, is 'x, y'"),
        ("a.csv", "0,1\n2,x\n", r"a\.csv, line 2, column 2: 'x' is no number"),
        ("a.csv", "0,l\n2,3\n", r"line 1, column 2: 'l' is no number"),
        ("a.csv", "x,y\n\n# c\n0,1\n2,\n", r"line 5, column 2: the entry is empty"),
        ("a.csv", "0,1\n2\n", r"line 2: 1 entry where line 1 has 2"),
        ("a.csv", "x,y\n0,1,2\n", r"line 2: 3 entries where line 1 has 2"),
        ("a.csv", "0,1\n2,nan\n", r"line 2, column 2: nan is not finite"),
        ("a.csv", "0,1\n-inf,1\n", r"line 2, column 1: -inf is not finite"),
        ("a.csv", "0,1e999\n", r"line 1, column 2: 1e999 is not finite"),
        ("a.csv", "1_0,1\n", r"line 1, column 1: '1_0' is no number"),
        ("a.csv", "0,5;1,5\n", r"column 1: '0,5' is no number; write decimals with a point"),
        ("a.csv", "x;y\n0,5;1\n", r"line 2, column 1: '0,5' is no number; write decimals with a point"),
        ("a.csv", "weight\n1\n", r"line 1: weights without coordinates"),
        ("a.csv", "x,weight,weights\n1,1,1\n", r"line 1: 2 columns are named weight"),
        ("a.csv", "x,weight\n1,-1\n2,1\n", r"a\.csv: weights must not be negative, got -1\.0 for point 0"),
        ("a.csv", "x,weight\n1,0\n", r"a\.csv: all weights are 0"),
        ("a.dat", "0 1\n", r"cannot read points from \.dat; use \.csv, .* or \.json"),
        ("a", "0 1\n", r"cannot read points from a file without ending"),
        ("a.json", "{", r"a\.json, line 1, column 2: no JSON"),
        ("a.json", '{\n "points": [[0], [NaN]]}', r"a\.json: points holds nan at index \(1, 0\)"),
        ("a.json", "[1]", r"a\.json: a measure in JSON is an object"),
        ("a.json", '{"fake": {}, "real": {}}', r"holds a whole problem, not one measure; use --problem"),
        ("a.json", "[" * 100_000, r"a\.json"),
        ("a.npy", "text", r"a\.npy cannot be read as NumPy data"),
        ("a.npz", "", r"a\.npz cannot be read as NumPy data"),
    ],
)
def test_bad_files_are_named_with_the_place(tmp_path, name, content, words):
    with pytest.raises(InputError, match=words):
        read_measure(text(tmp_path, name, content))


def test_bad_numpy_files_are_named(tmp_path):
    np.save(tmp_path / "flat.npy", np.zeros(3))
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "other.npz", x=np.zeros((2, 2)))
    np.savez(tmp_path / "more.npz", points=np.zeros((2, 2)), label=np.zeros(2))
    np.savez(tmp_path / "objects.npz", points=np.array([{}], dtype=object))
    (tmp_path / "other.npz").rename(tmp_path / "archive.npy")
    np.savez(tmp_path / "other.npz", x=np.zeros((2, 2)))
    os.rename(tmp_path / "flat.npy", tmp_path / "array.npz")
    np.save(tmp_path / "flat.npy", np.zeros(3))
    for name, words in {
        "flat.npy": r"flat\.npy: points must have shape \(n, d\), got \(3,\)",
        "objects.npy": "cannot be read as NumPy data",
        "objects.npz": "cannot be read as NumPy data",
        "other.npz": "holds no array 'points', only 'x'",
        "more.npz": "holds 'label' besides 'points' and 'weights'",
        "archive.npy": r"not one array; rename it to \.npz\?",
        "array.npz": r"not an archive of arrays; rename it to \.npy\?",
    }.items():
        with pytest.raises(InputError, match=words):
            read_measure(tmp_path / name)


def test_places_that_are_no_files_are_named(tmp_path):
    with pytest.raises(InputError, match="is a folder"):
        read_measure(tmp_path)
    with pytest.raises(InputError, match=r"nothing\.csv does not exist"):
        read_measure(tmp_path / "nothing.csv")
    (tmp_path / "latin.csv").write_bytes(b"\xe4,1\n0,1\n")
    with pytest.raises(InputError, match=r"latin\.csv is no text in UTF-8 \(byte 0\)"):
        read_measure(tmp_path / "latin.csv")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(problems())
def test_problems_go_there_and_back_bit_by_bit(tmp_path, problem):
    again = load_problem(save_problem(problem, tmp_path / "p.json"))
    for before, after in ((problem.fake, again.fake), (problem.real, again.real)):
        assert before.points.tobytes() == after.points.tobytes()
        assert before.weights.tobytes() == after.weights.tobytes()
    assert again.losses == problem.losses
    assert again.regularizer == problem.regularizer


@pytest.mark.parametrize("n", [1, 2, 3, 10, 1000, 30_000])
def test_weights_of_any_number_of_points_survive(tmp_path, n):
    rng = np.random.default_rng(n)
    for weights in (None, rng.uniform(size=n), rng.dirichlet(np.full(n, 0.1)), 10.0 ** rng.uniform(-12, 0, size=n)):
        measure = DiscreteMeasure(np.zeros((n, 1)), weights)
        again = DiscreteMeasure.from_json(json.loads(json.dumps(measure.to_json())))
        assert again.weights.tobytes() == measure.weights.tobytes()
        assert abs(measure.weights.sum() - 1.0) <= 64 * np.finfo(float).eps


def test_the_public_names(tmp_path):
    problem = toylab.zoo.load("case4")
    path = toylab.save_problem(problem, tmp_path / "p.json")
    assert toylab.load_problem(path).to_json() == problem.to_json()
    assert len(toylab.read_measure(text(tmp_path, "a.csv", "0,1\n"))) == 1


def test_bad_problem_files_are_named(tmp_path):
    with pytest.raises(InputError, match=r"cannot write .*p\.txt.*end the name in \.json"):
        save_problem(toylab.zoo.load("case4"), tmp_path / "p.txt")
    with pytest.raises(InputError, match="writes a CriticProblem, got str"):
        save_problem("case4", tmp_path / "p.json")  # type: ignore[arg-type]
    for content, words in (
        ("{}", r"p\.json: a problem in JSON misses 'fake', 'real', 'losses', 'regularizer'"),
        ("[]", r"p\.json: a problem in JSON is an object, got list"),
        ('{"points": [[0]]}', "holds a measure, not a problem; name it with --fake or --real"),
        ("nonsense", r"p\.json, line 1, column 1: no JSON"),
    ):
        with pytest.raises(InputError, match=words):
            load_problem(text(tmp_path, "p.json", content))
