"""Flows as moving pictures: what moves is where it is, what stands still stands still, and files are whole."""

import json
import stat
from base64 import b64decode
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.quiver import Quiver
from PIL import Image

from toylab import animate, losses, solve, zoo
from toylab.divergences import UnrestrictedLoss
from toylab.dynamics import FixedStep, NoisyDensities, ProportionalStep, Trajectory, UnitStep, follow
from toylab.errors import InputError, ToylabError
from toylab.plotting.scenes import Choices, Scene, steps_shown
from toylab.solvers.solving import default_solver

SMALL = 30
FLOW = follow(zoo.load("case4", n=3, losses=losses.wasserstein()), step=ProportionalStep(share=0.2), steps=2)
LINE = follow(zoo.load("mode-collapse", n=3), step=ProportionalStep(share=0.2), steps=2)
SPACE = follow(zoo.load("translated-sample", n=3, dimension=5), step=UnitStep(length=0.1), steps=1)
LOCAL = NoisyDensities(local=UnrestrictedLoss(losses.logistic()), scale=0.3)


def pictures(path):
    with Image.open(path) as moving:
        return [
            (np.asarray(moving.convert("RGB")), moving.info["duration"])
            for index in range(moving.n_frames)  # type: ignore[attr-defined]
            if moving.seek(index) is None
        ]


def dots(scene, name) -> PathCollection:
    return next(d for d in scene.figure.axes[0].collections if d.get_gid() == name)


def test_a_gif_has_a_picture_a_step_on_one_set_of_axes_and_rests_at_the_end(tmp_path):
    told = []
    path = animate(FLOW, tmp_path / "flow.gif", fps=10, dpi=SMALL, progress=lambda *now: told.append(now))
    shown = pictures(path)
    assert [duration for _, duration in shown] == [100] * 2 + [1600]  # the last one for another 1.5 s
    assert told == [(done, 3) for done in range(1, 4)]
    first, *others = (picture for picture, _ in shown)
    labels = first[:, : first.shape[1] // 16]  # left of all axes
    assert (labels < 100).any()
    for picture in others:
        assert np.array_equal(picture[:, : labels.shape[1]], labels)
        assert not np.array_equal(picture, first)
    assert tuple(first[0, 0]) == (255, 255, 255)


def test_without_a_path_it_shows_itself_in_a_notebook(tmp_path):
    shown = animate(FLOW, dpi=SMALL)
    assert shown.data == animate(FLOW, tmp_path / "flow.gif", dpi=SMALL).read_bytes()
    inside = b64decode(shown._repr_html_().partition("base64,")[2].rstrip('">'))
    assert inside == shown.data
    assert "GIF" in repr(shown)
    assert len(repr(shown)) < 40


def test_every_so_many_steps_and_the_last_one():
    assert [list(steps_shown(FLOW, every)) for every in (1, 2, 5)] == [[0, 1, 2], [0, 2], [0, 2]]


def test_fakes_arrows_and_curves_are_those_of_the_step():
    scene = Scene(FLOW, Choices())
    plane, w1, k = scene.figure.axes
    arrows = next(a for a in plane.collections if isinstance(a, Quiver))
    units = []
    for step in (0, 2):
        scene.show(step)
        assert np.array_equal(dots(scene, "fake").get_offsets(), FLOW.positions[step])
        assert np.array_equal(arrows.get_offsets(), FLOW.positions[step])
        drawn = np.stack([arrows.U, arrows.V], axis=1)
        units.append(float(np.linalg.norm(drawn) / np.linalg.norm(FLOW.gradients[step])))
        for axes, series in ((w1, FLOW.w1), (k, FLOW.constants)):
            reached = next(line for line in axes.lines if line.get_gid() == "reached")
            assert np.array_equal(reached.get_ydata(), series[: step + 1])
        (title,) = scene.figure.texts
        assert title.get_text() == f"wasserstein, lambda = 0.1 · step {step} of 2"
    assert units[0] == pytest.approx(units[1], rel=1e-12), "one scale, so that arrows shrink with k*"
    assert scene.figure.axes[0].get_xlim() == plane.get_xlim()
    assert np.array_equal(dots(scene, "real").get_offsets(), FLOW.real.points)


def test_a_trajectory_keeps_its_critics_and_what_fakes_were_told():
    problem = zoo.load("case4", n=5, losses=losses.logistic())
    flow = follow(problem, step=FixedStep(rate=0.1), steps=1)
    np.testing.assert_allclose(flow.positions[1], flow.positions[0] + 0.1 * flow.gradients[0], rtol=1e-14)
    solved, kept = solve(problem, replace(default_solver(problem), rtol=1e-6)), flow.critic(0)  # type: ignore[call-arg]
    assert kept is not None
    assert np.array_equal(kept(problem.fake.points), solved.fake_values)
    z = np.random.default_rng(0).uniform(-1.5, 1.5, size=(200, 2))
    # the solver leaves out fakes that rise above the reals' cones by less than its apex tolerance
    np.testing.assert_allclose(kept(z), solved.critic(z), atol=solved.critic.apex_tolerance)  # type: ignore[attr-defined]
    assert Trajectory.from_json(json.loads(json.dumps(flow.to_json()))).critic(1)(z) == pytest.approx(flow.critic(1)(z))  # type: ignore[misc]
    local = follow(problem, LOCAL, step=FixedStep(rate=0.1), steps=1)
    assert local.critic() is None


def test_a_file_from_before_critics_were_kept_is_shown_without_a_surface():
    data = json.loads(json.dumps(FLOW.to_json()))
    for name in ("gradients", "fake_values", "real_values"):
        del data[name]
    older = Trajectory.from_json(data)
    assert older.critic(0) is None
    scene = Scene(older, Choices())
    scene.show(0)
    assert {type(part).__name__ for part in scene.figure.axes[0].collections} == {"LineCollection", "PathCollection"}


def test_on_the_line_points_stand_on_the_curve():
    scene = Scene(LINE, Choices())
    scene.show(1)
    lines = {line.get_gid(): line for line in scene.figure.axes[0].lines}
    critic = LINE.critic(1)
    assert critic is not None
    level = float(LINE.real.weights @ LINE.real_values[1])
    assert np.array_equal(lines["fake"].get_xdata(), LINE.positions[1, :, 0])
    np.testing.assert_allclose(np.asarray(lines["fake"].get_ydata()), critic(LINE.positions[1]) - level, atol=1e-12)
    z = np.asarray(lines["curve"].get_xdata())[:, None]
    np.testing.assert_allclose(np.asarray(lines["curve"].get_ydata()), critic(z) - level, atol=1e-12)


def test_space_and_objectives_without_k_have_fewer_axes_and_no_surface():
    assert Scene(SPACE, Choices()).figure.axes[0].get_xlabel() == "first principal axis"
    local = follow(zoo.load("case4", n=3), LOCAL, step=FixedStep(rate=0.1), steps=1)
    assert [axes.get_title() for axes in Scene(local, Choices()).figure.axes] == ["", "W₁(fake, real)"]


def test_a_drawing_that_fails_leaves_the_older_file(tmp_path):
    target = tmp_path / "flow.gif"
    target.write_bytes(b"older")

    def fail(done, total):
        raise RuntimeError("no more paper")

    with pytest.raises(RuntimeError):
        animate(FLOW, target, dpi=SMALL, surface=False, progress=fail)
    assert target.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [target]


def _ffmpeg(folder, monkeypatch, script):
    folder.mkdir()
    program = folder / "ffmpeg"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


def test_mp4_is_handed_to_ffmpeg_picture_by_picture(tmp_path, monkeypatch):
    _ffmpeg(tmp_path / "bin", monkeypatch, 'echo "$@" > "$0.said"; for last; do :; done; cat > "$last"')
    path = animate(FLOW, tmp_path / "flow.mp4", fps=0.5, every=2, dpi=SMALL, surface=False)
    said = (tmp_path / "bin" / "ffmpeg.said").read_text().split()
    width, height = map(int, said[said.index("-s") + 1].split("x"))
    assert width % 2 == height % 2 == 0, "H.264 wants even sides"
    assert path.stat().st_size == (2 + 1) * 4 * width * height  # two steps, and the last one for 1.5 s more
    assert said[said.index("-framerate") + 1] == "0.5"


def test_what_ffmpeg_says_is_handed_on(tmp_path, monkeypatch):
    _ffmpeg(tmp_path / "bin", monkeypatch, 'cat > /dev/null; echo "no encoder" >&2; exit 1')
    with pytest.raises(ToylabError, match=r"ffmpeg could not write '.*flow.mp4': no encoder"):
        animate(FLOW, tmp_path / "flow.mp4", fps=0.5, every=2, dpi=SMALL, surface=False)
    assert [path.name for path in tmp_path.iterdir()] == ["bin"]


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"path": "flow.avi"}, r"end the name in \.gif or \.mp4"),
        ({"path": "flow.mp4"}, "ffmpeg, which is not installed here"),
        ({"path": "missing/flow.gif"}, "cannot write"),
        ({"fps": 0.0}, "fps must be positive"),
        ({"fps": 99.0}, "at most 50"),
        ({"every": 0}, "every must be a positive whole number"),
        ({"dpi": 1}, "dpi"),
        ({"extent": (1.0, 0.0, 0.0, 1.0)}, "extent must be"),
        ({"trajectory": "flow"}, "toylab.dynamics.follow"),
    ],
)
def test_bad_input_is_one_sentence_before_anything_is_drawn(choices, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match=words):
        animate(**{"trajectory": FLOW, "path": "flow.gif", "dpi": SMALL, **choices})
    assert not list(tmp_path.iterdir())
