"""Pictures of what toylab computes: critics with their points, gradients and plans, and evidence with its margin.

    plot(subject)                   a critic, a pair, a measure, a problem, losses, a verdict, a report, a history
    plot_training(trained, exact)   a trained critic beside the certified one, on one colour scale
    plot_evidence(verdict)          residuals against their error bounds; plot_report(report) over all cases
    plot_rates(studies)             errors of finite samples against n, as `toylab bench rates` measures them
    animate(trajectory, path)       a flow as GIF or MP4
    save(figure, path)              PNG, PDF or SVG: whole or not at all, the same bytes every time

Nothing here solves, and nothing here touches pyplot: figures are plain objects, safe in threads, gone when dropped.
"""

from __future__ import annotations

from toylab.plotting.animation import animate
from toylab.plotting.evidence import plot_evidence, plot_report
from toylab.plotting.rates import plot_rates
from toylab.plotting.saving import save
from toylab.plotting.subjects import plot
from toylab.plotting.training import plot_training

__all__ = ["animate", "plot", "plot_evidence", "plot_rates", "plot_report", "plot_training", "save"]
