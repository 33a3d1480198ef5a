"""plot(): one picture for each kind of subject."""

from __future__ import annotations

from collections.abc import Mapping
from functools import singledispatch
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from toylab.claims.base import Verdict
from toylab.diracgan import DiracGAN, DiracTraining, Orbit
from toylab.divergences import DensityPair
from toylab.dynamics import GeneratorRun, Trajectory
from toylab.errors import InputError
from toylab.families import Family
from toylab.functions import FunctionOnChain, FunctionOnPair
from toylab.generators import GeneratorPath, GeneratorUpdate
from toylab.losses import LossPair
from toylab.manifolds import ManifoldPair
from toylab.measures import DiscreteMeasure
from toylab.plotting import (
    continuous,
    curves,
    dirac,
    families,
    generator_runs,
    line,
    paths,
    plane,
    points,
    trajectories,
)
from toylab.plotting.canvas import TEXT
from toylab.plotting.evidence import plot_evidence, plot_report
from toylab.plotting.labels import candidate_title, chain_title, pair_title, problem_label, wrapped
from toylab.plotting.marks import head
from toylab.plotting.options import Options
from toylab.problem import CriticProblem
from toylab.solution import Candidate
from toylab.verification import ClaimReport

Extent = tuple[float, ...] | None


@singledispatch
def plot(
    subject: Any,
    axes: Axes | None = None,
    *,
    extent: Extent = None,
    resolution: int = 160,
    arrows: bool = True,
    coupling: bool = True,
) -> Axes:
    """Draw a subject: a critic, a measure, a verdict, or anything else that has a picture.

    * Candidate, Solution: the critic's values as a surface (a curve on the line), fake and real points with areas
      by weight, the critic's gradient at every fake point, and the pairs of the dual plan. An arrow's length is the
      gradient's norm in units of k, cut at twice that. Beyond the plane the same without the surface, projected onto
      the two leading principal axes of the points.
    * FunctionOnPair: level lines around the pair, the segment, gradients along it; beyond the plane the function
      along the line through the pair. FunctionOnChain: the same with both steps of the chain.
    * Family: the constant k and the value V of every member against the parameter, or side by side in their roles.
    * DensityPair: both densities (level lines in the plane), the objective's critic f*, and which way fakes are drawn.
    * ManifoldPair: the sets, and where the nearer side changes.
    * GeneratorPath: W₁, JSD and TV of fakes and reals against θ.
    * GeneratorUpdate: the discriminator, fakes with the way they are moved, and reals.
    * Trajectory: the paths of fake particles among the reals.
    * GeneratorRun: samples of a generator among the reals at five steps, and its scores along the training.
    * DiracGAN, DiracTraining: the field of the two players, the flow, and the rounds of training.
    * Orbit: where the two players went, from every start.
    * DiscreteMeasure, CriticProblem: the points, on the line with their masses as heights.
    * LossPair: φ and ϕ, with the constant a at which their slopes cancel.
    * Verdict, ClaimReport: residuals against their error bounds (`plot_evidence`).
    * a history (`solution.history`): every series that was recorded, one panel each.

    Args:
        subject: one of these.
        axes: where to draw; new axes in a new figure when not given.
        extent: (left, right, bottom, top), or (left, right) on the line and for losses; the points with a margin when
            not given.
        resolution: cells of the surface along its longer side.
        arrows: draw gradients.
        coupling: draw the pairs of the plan that carry mass; the segment of a pair.

    Returns:
        The axes; `.figure` is what `save` writes. For a history the uppermost panel, for a GeneratorRun the first one.

    Raises:
        InputError: nothing that can be drawn, or a bad extent or resolution.
    """
    raise InputError(f"plot draws {', '.join(_DRAWN[:-1])} or {_DRAWN[-1]}, got {type(subject).__name__}.")


_DRAWN = (
    "a Candidate",
    "a Solution",
    "a FunctionOnPair",
    "a FunctionOnChain",
    "a Family",
    "a DensityPair",
    "a ManifoldPair",
    "a GeneratorPath",
    "a Trajectory",
    "a GeneratorRun",
    "a GeneratorUpdate",
    "a DiracGAN",
    "a DiracTraining",
    "an Orbit",
    "a DiscreteMeasure",
    "a CriticProblem",
    "a LossPair",
    "a Verdict",
    "a ClaimReport",
    "a solution's history",
)


@plot.register(Candidate)
def _candidate(subject: Candidate, axes: Axes | None = None, **choices: Any) -> Axes:
    options, title = Options(**choices), candidate_title(subject)
    if subject.problem.dimension > 2:
        axes, handles, note = points.draw_projected(axes, subject, options)
        head(axes, f"{title}{note}", handles)
        return axes
    draw = line.draw_candidate if subject.problem.dimension == 1 else plane.draw_candidate
    axes, handles = draw(axes, subject, options)
    head(axes, title, handles)
    return axes


@plot.register(FunctionOnPair)
def _function_on_pair(subject: FunctionOnPair, axes: Axes | None = None, **choices: Any) -> Axes:
    options = Options(**choices)
    shown = line.along_the_pair(subject) if len(subject.x) > 2 else subject
    draw = line.draw_function if len(shown.x) == 1 else plane.draw_function
    axes, handles = draw(axes, shown, options)
    if shown is not subject:
        axes.set_xlabel(f"length along the pair, from x; dimension {len(subject.x)}", fontsize=TEXT)
    head(axes, pair_title(subject), handles)
    return axes


@plot.register(FunctionOnChain)
def _function_on_chain(subject: FunctionOnChain, axes: Axes | None = None, **choices: Any) -> Axes:
    options = Options(**choices)
    if len(subject.x) > 2:
        return _function_on_pair(subject, axes, **choices)
    draw = line.draw_function if len(subject.x) == 1 else plane.draw_function
    axes, handles = draw(axes, subject, options)
    head(axes, chain_title(subject), handles)
    return axes


@plot.register(Family)
def _family(subject: Family, axes: Axes | None = None, **choices: Any) -> Axes:
    Options(**choices)
    axes, handles = families.draw_family(axes, subject)
    head(axes, families.family_title(subject), handles)
    return axes


@plot.register(DensityPair)
def _densities(subject: DensityPair, axes: Axes | None = None, **choices: Any) -> Axes:
    axes, handles = continuous.draw_densities(axes, subject, Options(**choices))
    head(axes, wrapped(subject.describe()), handles)
    return axes


@plot.register(ManifoldPair)
def _manifolds(subject: ManifoldPair, axes: Axes | None = None, **choices: Any) -> Axes:
    axes, handles = continuous.draw_manifolds(axes, subject, Options(**choices))
    head(axes, wrapped(subject.describe()), handles)
    return axes


@plot.register(GeneratorUpdate)
def _update(subject: GeneratorUpdate, axes: Axes | None = None, **choices: Any) -> Axes:
    axes, handles = continuous.draw_update(axes, subject, Options(**choices))
    head(axes, wrapped(subject.describe()), handles)
    return axes


@plot.register(GeneratorPath)
def _path(subject: GeneratorPath, axes: Axes | None = None, **choices: Any) -> Axes:
    Options(**choices)
    axes, handles = paths.draw_path(axes, subject)
    head(axes, wrapped(subject.describe()), handles)
    return axes


@plot.register(Trajectory)
def _trajectory(subject: Trajectory, axes: Axes | None = None, **choices: Any) -> Axes:
    axes, handles = trajectories.draw_trajectory(axes, subject, Options(**choices))
    head(axes, trajectories.title(subject), handles)
    return axes


@plot.register(DiracGAN)
def _dirac_gan(subject: DiracGAN, axes: Axes | None = None, **choices: Any) -> Axes:
    axes, handles = dirac.draw_game(axes, subject, Options(**choices))
    head(axes, dirac.game_title(subject), handles)
    return axes


@plot.register(Orbit)
def _orbit(subject: Orbit, axes: Axes | None = None, **choices: Any) -> Axes:
    axes, handles = dirac.draw_orbit(axes, subject, Options(**choices))
    head(axes, dirac.orbit_title(subject), handles)
    return axes


@plot.register(DiracTraining)
def _dirac_training(subject: DiracTraining, axes: Axes | None = None, **choices: Any) -> Axes:
    axes, handles = dirac.draw_training(axes, subject, Options(**choices))
    head(axes, dirac.training_title(subject), handles, columns=2)
    return axes


@plot.register(DiscreteMeasure)
def _measure(subject: DiscreteMeasure, axes: Axes | None = None, **choices: Any) -> Axes:
    axes, _, note = points.draw_measure(axes, subject, Options(**choices))
    axes.set_title(f"{len(subject)} points{note}", fontsize=10.0)
    return axes


@plot.register(CriticProblem)
def _problem(subject: CriticProblem, axes: Axes | None = None, **choices: Any) -> Axes:
    axes, handles, note = points.draw_problem(axes, subject, Options(**choices))
    counts = f"{len(subject.fake)} fake, {len(subject.real)} real"
    head(axes, f"{problem_label(subject)}\n{counts}{note}", handles)
    return axes


@plot.register(LossPair)
def _losses(subject: LossPair, axes: Axes | None = None, **choices: Any) -> Axes:
    axes = curves.draw_losses(axes, subject, Options(**choices))
    handles, _ = axes.get_legend_handles_labels()
    condition = subject.condition_11()
    verdict = "condition (11) holds" if condition else "condition (11) fails"
    said = condition.reasons or (subject.describe_condition_11(),)
    head(axes, "\n".join([f"{subject.name}, {verdict}", *said]), handles)
    return axes


@plot.register(Verdict)
def _verdict(subject: Verdict, axes: Axes | None = None, **choices: Any) -> Axes:
    Options(**choices)
    return plot_evidence(subject, axes)


@plot.register(ClaimReport)
def _report(subject: ClaimReport, axes: Axes | None = None, **choices: Any) -> Axes:
    Options(**choices)
    return plot_report(subject, axes)


@plot.register(GeneratorRun)
def _generator_run(subject: GeneratorRun, axes: Axes | None = None, **choices: Any) -> Axes:
    Options(**choices)
    if axes is not None:
        raise InputError("a generator's run has several panels and draws its own figure; leave axes out.")
    return generator_runs.draw_run(subject)


@plot.register(Mapping)
def _history(subject: Mapping, axes: Axes | None = None, **choices: Any) -> Axes:
    Options(**choices)
    if axes is not None:
        raise InputError("a history has several panels and draws its own figure; leave axes out.")
    if not all(isinstance(series, np.ndarray) and series.ndim == 1 for series in subject.values()):
        raise InputError("a history maps names to arrays (steps,), as solution.history does.")
    return curves.draw_history(subject)
