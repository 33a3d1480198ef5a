"""Pictures of a generator on its way, and of methods beside one another."""

import dataclasses

import numpy as np
import pytest
from matplotlib.figure import Figure

from toylab import plot
from toylab.bench.generator_plot import plot_generators
from toylab.bench.generators import BenchRun, RunKey
from toylab.dynamics import GeneratorRun
from toylab.dynamics.networks import RunStop, Scores, target
from toylab.errors import InputError
from toylab.plotting.canvas import new_axes


def made_up(name, seed, evaluations=4):
    """A run that nobody trained: pictures show what is in it."""
    rng, goal = np.random.default_rng(seed), target(name)
    share = np.linspace(0.1, 0.9, evaluations)
    return GeneratorRun(
        target=goal,
        objective="made up",
        pull="−f",
        seed=seed,
        steps=10 * np.arange(evaluations),
        samples=rng.normal(size=(evaluations, 20, 2)),
        reals=goal.distribution.sample_points(30, rng),
        covered=np.arange(evaluations),
        quality=share,
        near=share,
        w1=1.0 / (1.0 + seed + np.arange(evaluations)),
        gaps=np.full(evaluations, np.nan),
        cpu_seconds=np.arange(evaluations, dtype=float),
        floor=Scores(covered=goal.parts, quality=0.99, near=1.0, w1=0.05),
        stop=RunStop.FINISHED,
    )


def panels(axes):
    figure = axes.get_figure(root=True)
    assert isinstance(figure, Figure)
    return figure.get_axes()


def test_samples_at_five_steps_over_the_curves_of_the_scores():
    run = made_up("25-gaussians", 0, evaluations=9)
    first = plot(run)
    shown = panels(first)
    assert [axes.get_title() for axes in shown[:5]] == ["step 0", "step 20", "step 40", "step 60", "step 80"]
    dots = {each.get_gid(): np.asarray(each.get_offsets()) for each in shown[4].collections}
    np.testing.assert_array_equal(dots["fake"], run.samples[8])
    np.testing.assert_array_equal(dots["real"], run.reals)
    for axes, name, level in zip(shown[5:], ("covered", "quality", "w1"), (25, 0.99, 0.05), strict=True):
        lines = {line.get_gid(): line for line in axes.get_lines()}
        np.testing.assert_array_equal(lines[name].get_xdata(), run.steps)
        np.testing.assert_array_equal(lines[name].get_ydata(), getattr(run, name))
        assert set(np.asarray(lines["reals"].get_ydata())) == {level}
    assert shown[5].get_title() == "modes covered, of 25"
    with pytest.raises(InputError, match="several panels"):
        plot(run, new_axes(2.0, 2.0))


def test_methods_beside_one_another_by_their_medians():
    runs = [
        BenchRun(key=RunKey(target=name, method=method, seed=seed), run=made_up(name, seed, 4 if seed else 3))
        for name in ("8-gaussians", "swiss-roll")
        for method in ("MaxGP", "GAN")
        for seed in (0, 1, 2)
    ]
    shown = panels(plot_generators(runs, ("8-gaussians", "swiss-roll"), ("MaxGP", "GAN")))
    assert len(shown) == 2 * 2 + 2 * 3
    dots = {each.get_gid(): np.asarray(each.get_offsets()) for each in shown[0].collections}
    np.testing.assert_array_equal(dots["fake"], runs[1].run.samples[-1])  # W₁ falls with the seed
    assert shown[0].get_xlabel() == "3 of 8, 90%, W₁ 0.20"
    (line,) = [line for line in shown[6].get_lines() if line.get_gid() == "GAN"]
    expected = [np.median([found.run.w1[i] for found in runs[:3] if len(found.run.w1) > i]) for i in range(4)]
    np.testing.assert_allclose(np.asarray(line.get_ydata()), expected)
    with pytest.raises(InputError, match="no generators"):
        plot_generators([], ("8-gaussians",), ("GAN",))


@pytest.mark.parametrize("steps", [[0, 1], [0, 1, 2, 3], [0, 300, 600]])
def test_ticks_are_whole_steps_and_there_are_several_of_every_score(steps):
    run = dataclasses.replace(
        made_up("8-gaussians", 0, len(steps)), steps=np.array(steps), w1=np.full(len(steps), 0.06)
    )
    *_, covered, quality, w1 = panels(plot(run))
    for axes in (covered, quality, w1):
        shown = [tick for tick in axes.get_xticks() if steps[0] <= tick <= steps[-1]]
        assert np.array_equal(shown, np.round(shown))
        assert len(shown) >= 2
        low, high = axes.get_ylim()
        assert sum(low <= tick <= high for tick in axes.get_yticks()) >= 2
    assert np.array_equal(covered.get_yticks(), np.round(covered.get_yticks()))
