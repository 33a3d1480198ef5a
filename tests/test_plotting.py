"""Pictures checked by the data behind them, never by their pixels."""

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from scipy.spatial.distance import pdist

import toylab.plotting
from toylab import claims, losses, zoo
from toylab.critics import FormulaCritic, LowerExtension, unit_vectors
from toylab.errors import InputError
from toylab.functions import FunctionOnPair
from toylab.measures import DiscreteMeasure
from toylab.plotting import plot, plot_evidence, plot_training, save
from toylab.plotting.canvas import figure_of
from toylab.plotting.marks import coupling_pairs
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solution import Candidate
from toylab.solvers.solving import solve
from toylab.verification import verify

COARSE = 24


@pytest.fixture(scope="module")
def case4():
    return solve(zoo.load("case4", n=10))


@pytest.fixture(scope="module")
def case4_wasserstein():
    return solve(zoo.load("case4", n=10, losses=losses.wasserstein()))


@pytest.fixture(scope="module")
def overlap():
    return solve(zoo.load("random-overlap", n=10))


def find(axes: Axes, gid: str) -> list[Any]:
    return [artist for artist in axes.get_children() if artist.get_gid() == gid]


def surface(axes: Axes) -> np.ma.MaskedArray:
    (image,) = axes.get_images()
    return np.ma.asarray(image.get_array())


def legend_texts(legend: Legend | None) -> list[str]:
    assert legend is not None
    return [text.get_text() for text in legend.get_texts()]


def perturbed(exact, shift=0.0):
    wave = np.array([2.0, -1.0])
    k = exact.lipschitz_constant
    return Candidate.of(
        exact.problem,
        FormulaCritic(
            lambda z: 0.9 * exact.critic(z) + 0.05 * k * np.sin(z @ wave) + shift,
            lambda z: 0.9 * exact.critic.gradient(z) + 0.05 * k * np.cos(z @ wave)[:, None] * wave,
        ),
        exact.certificate.plan,
    )


# --- candidates in the plane -----------------------------------------------------------------------------------


def test_one_arrow_for_each_fake_with_a_gradient_and_along_it(overlap):
    axes = plot(overlap, resolution=COARSE)
    gradients = overlap.critic.gradient(overlap.problem.fake.points)
    there = gradients.any(axis=1)
    assert 0 < there.sum() < len(there)
    (quiver,) = find(axes, "arrows")
    drawn = np.stack([quiver.U, quiver.V], axis=1)
    assert drawn.shape == (there.sum(), 2)
    np.testing.assert_allclose(quiver.XY, overlap.problem.fake.points[there])
    np.testing.assert_allclose(unit_vectors(drawn), unit_vectors(gradients[there]), atol=1e-12)
    lengths = np.linalg.norm(drawn, axis=1)
    np.testing.assert_allclose(lengths, lengths[0])  # every gradient of the extension has norm k
    assert lengths[0] < 0.1 * np.hypot(np.diff(axes.get_xlim()), np.diff(axes.get_ylim()))


def test_arrows_are_in_proportion_to_the_gradient_and_cut_where_steep():
    problem = zoo.load("case6")
    k = solve(problem).lipschitz_constant
    slopes = np.array([0.5 * k, 50.0 * k])
    left = problem.fake.points[:, 0] < 0

    def gradient(z):
        return np.where(z[:, :1] < 0, [[slopes[0], 0.0]], [[0.0, slopes[1]]])

    exact = solve(problem)
    axes = plot(
        Candidate(problem=problem, critic=FormulaCritic(exact.critic, gradient), certificate=exact.certificate),
        resolution=COARSE,
    )
    (quiver,) = find(axes, "arrows")
    lengths = np.hypot(quiver.U, quiver.V)
    assert float(lengths[~left][0] / lengths[left][0]) == pytest.approx(4.0)  # cut at 2 k, against k / 2


def test_coupling_joins_the_pairs_of_the_plan(case4_wasserstein):
    axes = plot(case4_wasserstein, resolution=COARSE)
    (lines,) = find(axes, "coupling")
    problem = case4_wasserstein.problem
    plan = case4_wasserstein.certificate.plan.toarray()
    assert len(lines.get_segments()) == np.count_nonzero(plan)
    for start, end in lines.get_segments():
        i = int(np.flatnonzero((problem.fake.points == start).all(axis=1))[0])
        j = int(np.flatnonzero((problem.real.points == end).all(axis=1))[0])
        assert plan[i, j] > 0


def test_coupling_leaves_out_what_an_interior_point_rounds(case4):
    rows, columns, mass = coupling_pairs(case4)
    plan = case4.certificate.plan.toarray()
    assert np.count_nonzero(plan) > 50
    assert len(rows) <= 19  # the bounding graph of a generic problem is a forest
    assert mass.sum() == pytest.approx(plan.sum(), rel=1e-3)
    assert (case4.slack()[rows, columns] < 1e-6).all()
    assert set(rows) == set(range(10))
    assert set(columns) == set(range(10))


def test_width_and_darkness_follow_the_mass(case4):
    (lines,) = find(plot(case4, resolution=COARSE), "coupling")
    mass = coupling_pairs(case4)[2]
    order = np.argsort(mass)
    assert (np.diff(np.asarray(lines.get_linewidths())[order]) >= 0).all()
    assert (np.diff(np.asarray(lines.get_alpha())[order]) >= 0).all()


def test_title_labels_legend_and_colour_bar(case4, case4_wasserstein):
    axes = plot(case4, resolution=COARSE)
    title = axes.get_title()
    assert "Logistic" in title
    assert "λ = 0.1" in title
    assert "relative gap" in title
    assert f"k = {case4.lipschitz_constant:.4g}" in title
    assert axes.get_xlabel()
    assert axes.get_ylabel()
    assert legend_texts(axes.get_legend()) == ["fake", "real", "gradient", "coupling"]
    (bar,) = axes.child_axes
    assert bar.get_ylabel() == "critic f(z)"
    (bar,) = plot(case4_wasserstein, resolution=COARSE).child_axes
    assert bar.get_ylabel() == "critic f(z), up to a constant"
    ball = solve(zoo.load("two-diracs", regularizer=LipschitzBall(1.5)))
    assert "ball k ≤ 1.5" in plot(ball, resolution=COARSE).get_title()


def test_without_arrows_and_coupling_neither_is_drawn_nor_in_the_legend(case4):
    axes = plot(case4, resolution=COARSE, arrows=False, coupling=False)
    assert not find(axes, "arrows")
    assert not find(axes, "coupling")
    assert legend_texts(axes.get_legend()) == ["fake", "real"]


def test_a_critic_without_gradients_gets_no_arrows():
    problem = zoo.load("case6")
    axes = plot(Candidate.of(problem, lambda z: z[:, 0]), resolution=COARSE)
    assert not find(axes, "arrows")
    assert "gradient" not in legend_texts(axes.get_legend())


def test_points_differ_in_marker_and_colour_and_weight_0_is_hollow():
    fake = DiscreteMeasure([[0.0, 0.0], [0.0, 1.0], [0.2, 0.5]], [1.0, 4.0, 0.0])
    real = DiscreteMeasure([[1.0, 0.0], [1.0, 1.0]])
    axes = plot(solve(CriticProblem(fake, real, losses.logistic(), LipschitzPenalty(0.1))), resolution=COARSE)
    (fakes,), (reals,) = find(axes, "fake"), find(axes, "real")
    assert isinstance(fakes, PathCollection)
    np.testing.assert_allclose(np.asarray(fakes.get_offsets()), fake.points)
    assert np.asarray(fakes.get_facecolor())[:, 3].tolist() == [1.0, 1.0, 0.0]
    assert np.asarray(fakes.get_sizes())[1] == pytest.approx(4 * np.asarray(fakes.get_sizes())[0])
    assert not np.allclose(np.asarray(fakes.get_facecolor())[0], reals.get_facecolors()[0])
    assert len(np.asarray(fakes.get_paths()[0].vertices)) != len(reals.get_paths()[0].vertices)
    assert fakes.get_zorder() > find(axes, "arrows")[0].get_zorder() > find(axes, "coupling")[0].get_zorder()
    assert "weight 0" in legend_texts(axes.get_legend())


def test_where_points_are_shared_the_smaller_marker_is_on_top():
    points = np.array([[0.0, 0.0], [1.0, 0.0]])
    problem = CriticProblem(
        DiscreteMeasure(points, [0.9, 0.1]), DiscreteMeasure(points, [0.1, 0.9]), losses.logistic(), LipschitzBall(1.0)
    )
    axes = plot(solve(problem), resolution=COARSE)
    (fakes,), reals = find(axes, "fake"), find(axes, "real")
    at = {tuple(real.get_offsets()[0]): real.get_zorder() > fakes.get_zorder() for real in reals}
    assert at == {(0.0, 0.0): True, (1.0, 0.0): False}


def test_surface_is_the_critic_and_is_rasterised(case4):
    extent = (-2.0, 2.0, -1.0, 1.0)
    axes = plot(case4, extent=extent, resolution=COARSE)
    (image,) = axes.get_images()
    assert image.get_rasterized()
    assert tuple(image.get_extent()) == extent
    assert (*axes.get_xlim(), *axes.get_ylim()) == extent
    assert axes.get_aspect() == 1.0
    values = surface(axes)
    assert values.shape == (COARSE // 2, COARSE)
    corner = np.array([[-2.0 + 2.0 / COARSE, -1.0 + 2.0 / COARSE]])
    assert values[0, 0] == pytest.approx(float(case4.critic(corner)[0]))


def test_lightness_of_the_surface_rises_all_the_way():
    colours = plot(solve(zoo.load("case6")), resolution=COARSE).get_images()[0].cmap(np.linspace(0, 1, 64))
    luminance = colours[:, :3] @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(luminance) > 0).all()


def test_values_that_are_not_finite_stay_blank():
    problem = zoo.load("case6")

    def formula(z):
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(z[:, 0] + z[:, 1] < 0.6, z[:, 0], np.inf)

    exact = solve(problem)
    candidate = Candidate(problem=problem, critic=formula, certificate=exact.certificate)
    values = surface(plot(candidate, resolution=COARSE))
    assert 0 < np.ma.count_masked(values) < values.size


def test_a_flat_critic_and_coinciding_measures_can_be_drawn(tmp_path):
    point = DiscreteMeasure([[1.0, 2.0]])
    same = solve(CriticProblem(point, point, losses.logistic(), LipschitzPenalty(0.1)))
    axes = plot(same, resolution=COARSE)
    assert not find(axes, "arrows")
    assert not find(axes, "coupling")
    save(axes, tmp_path / "flat.png", dpi=40)


def test_drawing_into_given_axes(case4):
    figure = Figure()
    axes = figure.add_subplot()
    assert plot(case4, axes, resolution=COARSE) is axes


def test_new_axes_show_in_a_notebook(case4):
    axes: Any = plot(case4, resolution=COARSE)
    assert axes._repr_png_().startswith(b"\x89PNG")


# --- the line, pairs, and what cannot be drawn ---------------------------------------------------------------------


def test_candidate_on_the_line():
    fake, real = DiscreteMeasure([[0.0], [1.0]]), DiscreteMeasure([[2.0], [3.0]])
    solution = solve(CriticProblem(fake, real, losses.logistic(), LipschitzPenalty(0.1)))
    axes = plot(solution, resolution=COARSE)
    (curve,) = find(axes, "curve")
    z, values = curve.get_data()
    np.testing.assert_allclose(values, solution.critic(np.asarray(z)[:, None]))
    (lines,) = find(axes, "coupling")
    assert isinstance(lines, LineCollection)
    for (x0, f0), (x1, f1) in lines.get_segments():
        assert x0 in {0.0, 1.0}
        assert x1 in {2.0, 3.0}
        assert f1 - f0 == pytest.approx(solution.lipschitz_constant * (x1 - x0))
    (quiver,) = find(axes, "arrows")
    assert len(quiver.U) == 2
    assert (quiver.U > 0).all()
    assert not quiver.V.any()
    assert axes.get_xlabel()
    assert axes.get_ylabel() == "critic f(z)"
    assert plot(solution, extent=(-1.0, 5.0), resolution=COARSE).get_xlim() == (-1.0, 5.0)


@pytest.mark.parametrize("dimension", [1, 2])
def test_function_on_pair(dimension):
    subject = FunctionOnPair(
        name="a plane",
        f=FormulaCritic(lambda z: z.sum(axis=1), np.ones_like),
        k=float(np.sqrt(dimension)),
        x=np.zeros(dimension),
        y=np.ones(dimension),
    )
    axes = plot(subject, resolution=COARSE)
    (quiver,) = find(axes, "arrows")
    assert len(quiver.U) == 5
    if dimension == 2:
        np.testing.assert_allclose(quiver.U, quiver.V)
        (levels,) = find(axes, "levels")
        assert len(levels.get_paths()) > 5
    assert len(find(axes, "coupling")) == 1
    assert not find(plot(subject, coupling=False, arrows=False), "coupling")
    assert legend_texts(axes.get_legend()) == ["x", "y", "gradient", "segment"]
    assert "a plane" in axes.get_title()
    assert "f(y) − f(x)" in axes.get_title()


def test_three_dimensions_are_projected_or_refused_with_advice():
    rng = np.random.default_rng(0)
    frame = np.linalg.qr(rng.normal(size=(3, 3)))[0][:, :2]  # all points in one plane of space
    flat = [rng.normal(size=(4, 2)) * [3.0, 1.0], rng.normal(size=(5, 2)) * [3.0, 1.0]]
    fake, real = (DiscreteMeasure(points @ frame.T) for points in flat)
    solution = solve(CriticProblem(fake, real, losses.logistic(), LipschitzPenalty(0.1)))
    axes = plot(solution)
    assert "R^3 on two axes with 100 % of the variance" in axes.get_title()
    assert axes.get_xlabel() == "first principal axis"
    drawn = np.concatenate([artist.get_offsets() for gid in ("fake", "real") for artist in find(axes, gid)])
    np.testing.assert_allclose(pdist(drawn), pdist(np.concatenate([fake.points, real.points])), atol=1e-12)
    (quiver,) = find(axes, "arrows")
    lengths = np.hypot(quiver.U, quiver.V)
    np.testing.assert_allclose(lengths, lengths[0])  # the gradients lie in that plane: none is shortened
    assert not axes.get_images()
    with pytest.raises(InputError, match="project"):
        plot_training(solution, solution)


@pytest.mark.parametrize("extent", [(0, 1), (1, 0, 0, 1), (0, 1, 0, np.nan), 3, "abcd", (0, 1, 0, 0)])
def test_bad_extent(case4, extent):
    with pytest.raises(InputError, match="extent must be"):
        plot(case4, extent=extent)


@pytest.mark.parametrize("resolution", [1, 2.5, None, 10**6])
def test_bad_resolution(case4, resolution):
    with pytest.raises(InputError, match="resolution must be"):
        plot(case4, resolution=resolution)


def test_a_function_in_space_is_drawn_along_its_pair():
    x, y = np.array([1.0, 0.0, 2.0]), np.array([3.0, 1.0, 0.0])
    critic = LowerExtension(y[None] + 1.0 * (y - x) / 3.0, np.zeros(1), 2.0)
    axes = plot(FunctionOnPair(name="funnel", f=critic, k=2.0, x=x, y=y), resolution=COARSE)
    (curve,) = find(axes, "curve")
    length, values = (np.asarray(data) for data in curve.get_data())
    np.testing.assert_allclose(values, critic(x + length[:, None] * (y - x) / 3.0))
    assert "dimension 3" in axes.get_xlabel()


def test_a_measure_on_the_line_has_its_masses_as_heights():
    axes = plot(DiscreteMeasure([[0.0], [2.0], [3.0]], [1.0, 3.0, 0.0]))
    (heads,) = find(axes, "points")
    np.testing.assert_allclose(np.asarray(heads.get_offsets()), [[0.0, 0.25], [2.0, 0.75], [3.0, 0.0]])
    left, right = axes.get_xlim()
    assert left < 0.0
    assert right > 3.0


@pytest.mark.parametrize("dimension", [2, 4])
def test_a_measure_and_a_problem_are_points(dimension):
    rng = np.random.default_rng(1)
    measure = DiscreteMeasure(rng.normal(size=(6, dimension)))
    (points,) = find(plot(measure), "points")
    assert len(points.get_offsets()) == 6
    problem = CriticProblem(measure, DiscreteMeasure(np.ones((1, dimension))), losses.hinge(), LipschitzPenalty(0.1))
    axes = plot(problem)
    assert len(find(axes, "fake")[0].get_offsets()) == 6
    assert "6 fake, 1 real" in axes.get_title()
    assert ("principal" in axes.get_xlabel()) == (dimension > 2)


def test_fewer_points_than_axes_can_be_projected():
    axes = plot(DiscreteMeasure([[1.0, 2.0, 3.0]]))
    assert np.isfinite(np.asarray(find(axes, "points")[0].get_offsets())).all()


@pytest.mark.parametrize("name", losses.names())
def test_the_tangents_of_a_loss_pair_cancel(name):
    pair = losses.get(name)
    axes = plot(pair, resolution=COARSE)
    first, second = find(axes, "loss")
    t = np.asarray(first.get_xdata())
    np.testing.assert_allclose(first.get_ydata(), pair.fake_loss.value(t))
    np.testing.assert_allclose(second.get_ydata(), pair.real_loss.value(t))
    slopes = [float(np.diff(line.get_ydata())[0] / np.diff(line.get_xdata())[0]) for line in find(axes, "tangent")]
    assert sum(slopes) == pytest.approx(0.0, abs=1e-12)
    assert f"condition (11) {'holds' if pair.condition_11() else 'fails'}" in axes.get_title()


def test_losses_without_a_best_constant_have_no_tangents():
    pair = losses.LossPair("t against -2t", losses.Linear(), losses.Scaled(losses.Reflected(losses.Linear()), 2.0))
    axes = plot(pair, resolution=COARSE)
    assert not find(axes, "tangent")
    assert "no a with" in axes.get_title()


def test_a_name_with_dollars_is_no_formula(tmp_path):
    pair = losses.LossPair(r"$\frac$ of a $", losses.Linear(), losses.Reflected(losses.Linear()))
    save(plot(pair, resolution=COARSE), tmp_path / "dollars.png", dpi=30)


def test_a_verdict_is_its_evidence_and_a_report_the_tightest_entry_of_every_case(case4):
    verdict = claims.get("lgan.theorem-3").check(case4)
    assert plot(verdict).get_title() == plot_evidence(verdict).get_title()
    report = verify("lgan.theorem-4")
    axes = plot(report)
    (entries,) = find(axes, "within its bound")
    assert len(entries.get_offsets()) == len(report.verdicts)
    assert "holds on 12 cases" in axes.get_title()


def test_when_a_critic_was_judged_is_an_axis_not_a_panel():
    when = {"judged_step": [500, 900], "judged_seconds": [1.0, 2.0], "judged_cpu_seconds": [0.9, 1.8]}
    history = {"loss": np.linspace(1.0, 0.5, 900), "relative_gap": np.array([1e-2, 1e-3]), **when}
    panels = plot({name: np.asarray(series) for name, series in history.items()}).figure.axes  # type: ignore[union-attr]
    assert [axes.get_title(loc="left") for axes in panels] == ["loss of the step", "certified relative gap"]
    np.testing.assert_array_equal(panels[1].lines[0].get_xdata(), [500, 900])


def test_a_history_has_a_panel_for_every_series(case4):
    axes = plot(case4.history)
    (line,) = find(axes, "relative_gap")
    np.testing.assert_array_equal(line.get_ydata(), case4.history["relative_gap"])
    assert axes.get_yscale() == "log"
    judged = {
        "loss": np.linspace(2.0, 1.5, 100),
        "judged_step": np.array([50, 100]),
        "relative_gap": np.array([0.5, 0.01]),
    }
    panels = figure_of(plot(judged)).axes
    assert len(panels) == 2
    assert find(panels[1], "relative_gap")[0].get_xdata().tolist() == [50, 100]
    with pytest.raises(InputError, match="nothing on its way"):
        plot({})
    with pytest.raises(InputError, match="maps names to arrays"):
        plot({"loss": 3.0})


def test_other_subjects_are_refused_with_advice():
    with pytest.raises(InputError, match=r"plot draws a Candidate, .* or a solution's history, got int"):
        plot(3)


def test_a_critic_of_the_wrong_shape_is_refused(case4):
    problem, certificate = case4.problem, case4.certificate
    with pytest.raises(InputError, match="must return"):
        plot(Candidate(problem=problem, critic=lambda z: z, certificate=certificate), resolution=COARSE)
    steep = FormulaCritic(case4.critic, lambda z: z[:, 0])
    with pytest.raises(InputError, match="gradient must return shape"):
        plot(Candidate(problem=problem, critic=steep, certificate=certificate), resolution=COARSE)
    nowhere = Candidate(problem=problem, critic=lambda z: np.full(len(z), np.nan), certificate=certificate)
    with pytest.raises(InputError, match="no finite value"):
        plot(nowhere, resolution=COARSE)


# --- a trained critic beside the certified one ---------------------------------------------------------------------


def test_training_panels_share_extent_and_colours(case4):
    trained = perturbed(case4)
    figure = plot_training(trained, case4, resolution=COARSE)
    left, right = figure.axes[:2]
    (one,), (other,) = left.get_images(), right.get_images()
    assert one.get_extent() == other.get_extent()
    assert one.get_clim() == other.get_clim()
    assert left.get_title() == "trained critic"
    assert right.get_title() == "certified optimum"
    quivers = [find(axes, "arrows")[0] for axes in (left, right)]
    assert all(len(quiver.U) == 10 for quiver in quivers)
    (directions,) = find(left, "directions")
    assert len(directions.get_segments()) == sum(map(len, case4.bounding_directions()))
    expected = np.concatenate(case4.bounding_directions())
    drawn = np.array([end - start for start, end in directions.get_segments()])
    np.testing.assert_allclose(unit_vectors(drawn), expected, atol=1e-9)
    assert not find(right, "directions")
    assert not find(left, "coupling")
    assert "to certified partners" in legend_texts(figure.legends[0])


def test_wasserstein_panels_are_aligned_and_say_so(case4_wasserstein):
    figures = [
        plot_training(perturbed(case4_wasserstein, shift), case4_wasserstein, resolution=COARSE) for shift in (0, 7)
    ]
    surfaces = [surface(figure.axes[0]) for figure in figures]
    np.testing.assert_allclose(surfaces[0], surfaces[1], atol=1e-9)
    assert all("means aligned" in figure.axes[0].get_title() for figure in figures)


def test_numbers_of_a_training(case4):
    trained = perturbed(case4)
    title = plot_training(trained, case4, resolution=COARSE).get_suptitle()
    assert "relative gap" in title
    assert f"against k* = {case4.lipschitz_constant:.4g}" in title
    numbers = {"relative_gap": 0.25, "angle_median": 1.5, "angle_worst": 20.0, "seeds": 3, "partners": "skipped"}
    title = plot_training(trained, case4, numbers=numbers, resolution=COARSE).get_suptitle()
    for part in ("relative gap 0.25", "median 1.5°", "worst 20°", "seeds 3"):
        assert part in title
    assert "skipped" not in title


def test_training_of_other_points_is_refused(case4):
    with pytest.raises(InputError, match="fake points"):
        plot_training(solve(zoo.load("case4", n=10, seed=1)), case4)
    with pytest.raises(InputError, match="trained must be"):
        plot_training(case4.critic, case4)


# --- evidence ------------------------------------------------------------------------------------------------------


def test_evidence_shows_every_entry_in_units_of_its_resolution(case4):
    verdict = claims.get("lgan.theorem-3").check(case4)
    axes = plot_evidence(verdict)
    (entries,) = find(axes, "within its bound")
    error, residual = np.asarray(entries.get_offsets()).T
    evidence = verdict.evidence
    assert evidence is not None
    assert len(error) == len(evidence)
    np.testing.assert_allclose(error, evidence.error / evidence.resolution)
    positive = evidence.residual > 0
    np.testing.assert_allclose(residual[positive], (evidence.residual / evidence.resolution)[positive])
    (floor,) = find(axes, "floor")
    np.testing.assert_allclose(residual[~positive], floor.get_ydata()[0])
    assert (entries.get_facecolors()[:, 3] == 0).tolist() == (~positive).tolist()
    assert find(axes, "diagonal")
    assert find(axes, "resolution")
    assert find(axes, "tightest")
    assert axes.get_xscale() == axes.get_yscale() == "log"
    assert "lgan.theorem-3: holds" in axes.get_title()


@pytest.mark.parametrize("claim", ["lgan.proposition-1", "lgan.theorem-2a", "lgan.theorem-4"])
def test_a_violated_entry_is_above_the_diagonal(claim):
    statement = claims.get(claim)
    axes = plot_evidence(statement.check_control(statement.controls[0]))
    (beyond,) = find(axes, "beyond its bound")
    error, residual = np.asarray(beyond.get_offsets()).T
    assert (residual > error).all()


def test_evidence_is_needed():
    waiting = claims.get("lgan.proposition-1").check(solve(zoo.load("case6")))  # not the Wasserstein loss
    assert waiting.evidence is None
    with pytest.raises(InputError, match="no evidence"):
        plot_evidence(waiting)


# --- files ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["png", "pdf", "svg"])
def test_the_same_picture_gives_the_same_bytes(case4, tmp_path, ending):
    paths = [save(plot(case4, resolution=COARSE), tmp_path / f"{name}.{ending}", dpi=60) for name in "ab"]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"a.{ending}", f"b.{ending}"]


def test_a_failed_drawing_leaves_the_old_file(tmp_path):
    path = tmp_path / "old.png"
    path.write_text("old")
    figure = Figure()

    def broken(*args, **kwargs):
        raise RuntimeError("cannot be drawn")

    figure.add_subplot().draw = broken
    with pytest.raises(RuntimeError, match="cannot be drawn"):
        save(figure, path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["figure", "figure.jpg", "missing/figure.png", "folder.png"])
def test_bad_paths_are_refused_before_drawing(tmp_path, name):
    (tmp_path / "folder.png").mkdir()
    figure = Figure()
    figure.draw = lambda renderer: pytest.fail("was drawn")
    with pytest.raises(InputError):
        save(figure, tmp_path / name)


def test_only_figures_are_saved(tmp_path):
    with pytest.raises(InputError, match="got str"):
        save("figure", tmp_path / "a.png")  # type: ignore[arg-type]


# --- the room keeps to itself --------------------------------------------------------------------------------------


def test_plotting_imports_neither_solvers_nor_pyplot():
    folder = Path(toylab.plotting.__file__).parent
    for path in folder.glob("*.py"):
        names = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                names |= {f"{node.module}.{alias.name}" for alias in node.names}
            elif isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
        assert names, path.name
        assert not {name for name in names if name.startswith("toylab.solvers") or "pyplot" in name}, path.name


def test_lower_extension_is_drawn_at_its_kinks():
    critic = LowerExtension(np.array([[0.5, 0.5], [-0.5, -0.5]]), np.zeros(2), 1.0)
    axes = plot(Candidate.of(zoo.load("case6"), critic), resolution=COARSE)
    assert len(find(axes, "arrows")[0].U) == 2
