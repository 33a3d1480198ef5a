"""Building: what is kept, what is made anew, what is written, and what goes wrong."""

import json
import shutil
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import cast

import numpy as np
import pytest
from PIL import Image

from figures import build
from figures.building import arrays, records, scripts, sources, texts, work
from figures.building.scripts import Script
from figures.building.spec import FigureSpec, Mode
from tests.processes import interrupted, started, until
from toylab.errors import InputError

CHEAP = "fig13_losses"
ROOT = Path(build.__file__).resolve().parents[1]


def built(folder, *more):
    return build.main([CHEAP, "--quick", "--jobs", "1", "--out", str(folder), *more])


def test_a_build_writes_everything_once_and_then_nothing(tmp_path, capsys, monkeypatch):
    assert built(tmp_path) == 0
    assert "computed in" in capsys.readouterr().out
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [*(f"{CHEAP}.{e}" for e in ("json", "pdf", "png")), "manifest.json", "numbers.json", "numbers.tex"]
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert built(tmp_path) == 0
    assert "unchanged" in capsys.readouterr().out
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first
    assert built(tmp_path, "--force") == 0
    assert "computed in" in capsys.readouterr().out
    for ending in records.ENDINGS:  # the same bytes, though minutes and processes differ
        assert (tmp_path / f"{CHEAP}.{ending}").read_bytes() == first[f"{CHEAP}.{ending}"]

    entry = json.loads(first["manifest.json"])["figures"][CHEAP]
    assert entry["mode"] == "quick"
    assert entry["parameters"] == Script.load(CHEAP).spec.chosen(Mode.QUICK)
    assert {"seed", "versions", "seconds", "data_key", "code"} <= set(entry)
    assert entry["sha256"]["json"] == work.digest(first[f"{CHEAP}.json"])
    assert json.loads(first["numbers.json"])[CHEAP]["condition_holds"] == 4
    assert b"\\newcommand{\\FigOneThreeLossesConditionHolds}{4}" in first["numbers.tex"]
    assert b"CreationDate" not in first[f"{CHEAP}.pdf"]
    assert b"Software" not in first[f"{CHEAP}.png"]
    assert b"/FontType 42" in first[f"{CHEAP}.pdf"] or b"/CIDFontType2" in first[f"{CHEAP}.pdf"]


def test_other_drawing_draws_kept_arrays_and_a_damaged_file_is_made_again(tmp_path, capsys, monkeypatch):
    assert built(tmp_path) == 0
    monkeypatch.setattr(sources, "drawing_key", lambda script: "another")
    monkeypatch.setattr(records, "code_fingerprint", lambda: "another")
    capsys.readouterr()
    assert built(tmp_path) == 0
    assert "drawn from kept arrays" in capsys.readouterr().out
    (tmp_path / f"{CHEAP}.pdf").write_bytes(b"%PDF")
    assert built(tmp_path) == 0
    assert "drawn from kept arrays" in capsys.readouterr().out
    (tmp_path / f"{CHEAP}.json").write_text("{}")
    assert built(tmp_path) == 0
    assert "computed in" in capsys.readouterr().out


def test_arrays_of_other_sources_of_toylab_are_told(tmp_path, capsys, monkeypatch):
    assert built(tmp_path) == 0
    monkeypatch.setattr("figures.building.run.code_fingerprint", lambda: "another")
    assert built(tmp_path) == 0
    assert "--force computes anew" in capsys.readouterr().out


def test_the_key_follows_what_compute_reaches_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "FOLDER", tmp_path)
    (tmp_path / "shared.py").write_text("def twice(x):\n    return 2 * x\n\ndef unused():\n    return 0\n")

    def key(text):
        sources._tree.cache_clear()
        path = tmp_path / "fig_x.py"
        path.write_text(text)
        return sources.reached(path, "compute")

    text = (
        "from figures.shared import twice\nREACH = 3\n\ndef compute(parameters, rng):\n    '''Words.'''\n"
        "    return _inner(REACH)\n\ndef _inner(x):\n    return twice(x)  # comment\n\ndef draw(data):\n    return 1\n"
    )
    first = key(text)
    assert "2 * x" in first
    assert "unused" not in first
    assert key(text.replace("Words.", "Other words.").replace("# comment", "")) == first
    assert key(text.replace("return 1", "return 2")) == first
    assert key(text.replace("REACH = 3", "REACH = 4")) != first
    assert key(text.replace("return twice(x)", "return twice(x) + 1")) != first
    (tmp_path / "shared.py").write_text("def twice(x):\n    return x + x\n")
    assert key(text) != first
    (tmp_path / "shared.py").write_text("def twice(x):\n    return 2 * x\n\ndef unused():\n    return 1\n")
    assert key(text) == first
    dotted = text.replace("from figures.shared import twice", "from figures import shared").replace(
        "return twice(x)", "return shared.twice(x)"
    )
    second = key(dotted)
    assert "2 * x" in second
    assert "unused" not in second


def test_parameters_files_and_version_enter_the_key(tmp_path, monkeypatch):
    script, file = Script.load(CHEAP), tmp_path / "data.csv"
    file.write_text("1")
    first = sources.data_key(script, {"points": 3}, [file])
    assert sources.data_key(script, {"points": 4}, [file]) != first
    file.write_text("2")
    assert sources.data_key(script, {"points": 3}, [file]) != first
    file.write_text("1")
    assert sources.data_key(script, {"points": 3}, [file]) == first
    monkeypatch.setattr("toylab.__version__", "99")
    assert sources.data_key(script, {"points": 3}, [file]) != first


def test_arrays_survive_their_file():
    rng = np.random.default_rng(0)
    data = {
        "values": np.array([[0.1, np.nan], [np.inf, -np.inf]]),
        "small": rng.normal(size=(3, 2)).astype(np.float32),
        "counts": np.arange(3),
        "flags": np.array([True, False]),
        "names": np.array(["a", "β"]),
        "none": np.zeros((0, 2)),
    }
    contents = arrays.to_bytes({"figure": "fig_x"}, data)
    back = arrays.from_bytes(contents)
    for name, array in data.items():
        assert back[name].dtype == array.dtype
        np.testing.assert_array_equal(back[name], array)
    assert arrays.to_bytes({"figure": "fig_x"}, back) == contents
    assert json.loads(contents)["arrays"]["values"]["values"] == [0.1, None, "inf", "-inf"]
    with pytest.raises(InputError, match="build it again"):
        arrays.from_bytes(b'{"arrays": 3}')


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (3, "3"),
        (0.123456, "0.1235"),
        (-0.5, r"\ensuremath{-0.5}"),
        (1.2e-9, r"\ensuremath{1.2 \times 10^{-9}}"),
        (float("nan"), "--"),
        (float("inf"), r"\ensuremath{\infty}"),
        ("50 % a_b", r"50 \% a\_b"),
    ],
)
def test_numbers_in_tex(value, words):
    assert texts.tex(value) == words


def test_numbers_are_refused_where_tex_could_not_hold_them():
    assert texts.command("fig02_directions", "k_star_2") == r"\FigTwoDirectionsKStarTwo"
    with pytest.raises(InputError, match="both be"):
        texts.commands({"fig_a": {"x_1": 1, "x_01": 2}})
    with pytest.raises(InputError, match="median_angle"):
        texts.checked("fig_a", {"Median angle": 1.0})
    with pytest.raises(InputError, match="no number"):
        texts.checked("fig_a", {"list": [1, 2]})


def test_words_select_by_name_file_and_beginning():
    known = ["fig01_a", "fig02_b", "fig_iclr1_c", "fig_iclr2_d"]
    assert scripts.select([], known) == known
    assert scripts.select(["fig02"], known) == ["fig02_b"]
    assert scripts.select(["figures/fig01_a.py", "fig_iclr"], known) == ["fig01_a", "fig_iclr1_c", "fig_iclr2_d"]
    with pytest.raises(InputError, match=r"unknown figure 'fig_icrl1_c'; did you mean .*'fig_iclr1_c'"):
        scripts.select(["fig_icrl1_c"], known)


def test_usage_errors_are_one_sentence(tmp_path, capsys):
    blocked = tmp_path / "file"
    blocked.write_text("")
    for arguments, words in (
        (["fig13_loses"], "did you mean 'fig13_losses'"),
        ([CHEAP, "--out", str(blocked)], "cannot write into the folder"),
        ([CHEAP, "--jobs", "0"], "--jobs"),
        (["--quick", "--published"], "not allowed"),
    ):
        assert build.main(arguments) == 2
        message = capsys.readouterr().err
        assert words in message
        assert "Traceback" not in message
    assert build.main(["--list"]) == 0
    assert CHEAP in capsys.readouterr().out


def test_a_spec_refuses_changes_of_what_is_no_parameter():
    with pytest.raises(InputError, match="quick names m"):
        FigureSpec(name="fig_x", paper="none", parameters={"n": 1}, quick={"m": 1})


def test_one_failing_figure_does_not_stop_the_others(tmp_path, capsys, monkeypatch):
    good, made = Script.load(CHEAP), work._made

    def failing(job):
        if job.name == "fig_bad":
            raise ZeroDivisionError("a fault")
        return made(job)

    spec = FigureSpec(name="fig_bad", paper="none", parameters={}, quick={})
    bad = Script(module=cast(ModuleType, SimpleNamespace(**{**vars(good.module), "SPEC": spec})))
    monkeypatch.setattr(Script, "path", property(lambda self: scripts.FOLDER / f"{CHEAP}.py"))
    monkeypatch.setattr(scripts, "names", lambda: [CHEAP, "fig_bad", "fig_broken"])
    loaded = {CHEAP: good, "fig_bad": bad}
    monkeypatch.setattr(build.scripts.Script, "load", lambda name: loaded[name])
    monkeypatch.setattr(work, "_made", failing)
    assert build.main(["--quick", "--jobs", "1", "--out", str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert "fig_bad: ZeroDivisionError: a fault" in err
    assert "Traceback" in err
    assert "fig_broken: KeyError" in err
    assert "2 of 3 figures failed: fig_broken, fig_bad" in err
    assert f"{CHEAP} " in out
    assert (tmp_path / f"{CHEAP}.pdf").exists()


def test_what_is_no_more_is_forgotten(tmp_path):
    assert built(tmp_path) == 0
    folder = records.Folder(path=tmp_path)
    folder.forget_others([CHEAP])
    assert set(folder.entries()) == {CHEAP}
    folder.forget_others([])
    assert folder.entries() == {}
    assert "newcommand" not in (tmp_path / "numbers.tex").read_text()


@pytest.mark.long
def test_ctrl_c_leaves_whole_files_and_no_process(tmp_path):
    arguments = [sys.executable, "figures/build.py", "--quick", "--jobs", "2", "--out", str(tmp_path)]
    process = started(arguments, ROOT)
    until(lambda: list(tmp_path.glob("*.png")), process)
    code, _, err = interrupted(process)
    assert code == 130
    assert "interrupted" in err
    assert "Traceback" not in err
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    entries = records.Folder(path=tmp_path).entries()
    for path in tmp_path.glob("*.png"):
        Image.open(path).load()  # whole, also where it was written just before its entry and will be built again
        if path.stem in entries:
            assert work.digest(path.read_bytes()) == entries[path.stem]["sha256"]["png"]
    shutil.rmtree(tmp_path)
