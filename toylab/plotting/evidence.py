"""Evidence with its margin: every residual against the bound it must stay below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullFormatter

from toylab.claims.base import Evidence
from toylab.errors import InputError
from toylab.plotting.canvas import FAKE, INK, REAL, SMALL, TEXT, new_axes
from toylab.plotting.marks import head

if TYPE_CHECKING:
    from toylab.claims.base import Verdict
    from toylab.verification import ClaimReport

#: Kinds of entries: name, colour, marker.
_KINDS = (("within its bound", REAL, "o"), ("bound too loose", "#555555", "^"), ("beyond its bound", FAKE, "X"))

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, kw_only=True, eq=False)
class Margins:
    """Evidence in units of its resolution, clipped to what log axes can show.

    Attributes:
        residual: (e,), in [low, high].
        error: (e,), in [low, high].
        kind: (e,), index into the kinds of entries.
        clipped: (e,), whether a residual or an error of 0 (or beyond every bound) was moved to the edge.
        low: where zeros are drawn.
        high: where infinities are drawn.
    """

    residual: np.ndarray
    error: np.ndarray
    kind: np.ndarray
    clipped: np.ndarray
    low: float
    high: float

    @classmethod
    def of(cls, evidence: Evidence) -> Margins:
        """The margins of evidence; entries without a usable resolution are measured in their scale."""
        usable = np.isfinite(evidence.resolution) & (evidence.resolution > 0)
        scale = np.where(np.isfinite(evidence.scale) & (evidence.scale > 0), evidence.scale, 1.0)
        unit = np.where(usable, evidence.resolution, scale)
        residual, error = evidence.residual / unit, evidence.error / unit
        both = np.concatenate([residual, error, [1.0]])
        shown = both[np.isfinite(both) & (both > 0)]
        low = 10.0 ** (np.floor(np.log10(shown.min())) - 1.0)
        high = 10.0 ** (np.ceil(np.log10(shown.max())) + 1.0)
        loose = np.where(evidence.error > evidence.resolution, 1, 0)
        return cls(
            residual=np.clip(residual, low, high),
            error=np.clip(error, low, high),
            kind=np.where(evidence.residual > evidence.error, 2, loose),
            clipped=~((residual > low) & (residual < high) & (error > low) & (error < high)),
            low=low,
            high=high,
        )


def plot_evidence(verdict: Verdict, axes: Axes | None = None) -> Axes:
    """Draw each entry's residual against its error bound, both in units of the entry's resolution.

    Below the diagonal a residual is within its bound; right of the resolution a bound is too loose to mean
    anything; above the diagonal the statement is violated. The distance to the diagonal is the margin. Zeros
    are drawn, hollow, on a marked floor.

    Args:
        verdict: of any claim, with evidence.
        axes: where to draw; new axes in a new figure when not given.

    Raises:
        InputError: the verdict has no evidence.
    """
    evidence = getattr(verdict, "evidence", None)
    if evidence is None or len(evidence) == 0:
        unmet = "; ".join(getattr(verdict, "unmet", ())) or "nothing was measured"
        raise InputError(f"there is no evidence to draw: {unmet}.")
    label = evidence.labels[int(np.argmin(evidence.margins()))]
    title = (
        f"{verdict.claim.id}: {verdict.status.value}, margin {verdict.margin:.2g}\n"
        f"{len(evidence)} entries, circled the tightest: {_short(label)}"
    )
    return draw_evidence(axes, evidence, title)


def plot_report(report: ClaimReport, axes: Axes | None = None) -> Axes:
    """Draw the tightest entry of every case: its residual against its error bound, as `plot_evidence` does.

    Args:
        report: of `toylab.verify`.
        axes: where to draw; new axes in a new figure when not given.

    Raises:
        InputError: no case was decided.
    """
    decided = [verdict for verdict in report.verdicts if "worst" in verdict.details]
    if not decided:
        raise InputError(f"there is nothing to draw: none of the {len(report.verdicts)} cases was decided.")
    entries = [verdict.details["worst"] for verdict in decided]
    columns = {name: np.array([entry[name] for entry in entries]) for name in ("residual", "error", "resolution")}
    evidence = Evidence.of(
        columns["residual"],
        columns["error"],
        resolution=columns["resolution"],
        scale=columns["resolution"],
        labels=[verdict.case for verdict in decided],
    )
    label = evidence.labels[int(np.argmin(evidence.margins()))]
    title = (
        f"{report.claim.id}: {report.status.value} on {len(report.verdicts)} cases\n"
        f"the tightest entry of each, circled: {_short(label)}"
    )
    return draw_evidence(axes, evidence, title)


def draw_evidence(axes: Axes | None, evidence: Evidence, title: str) -> Axes:
    """Entries against their bounds, with the tightest circled."""
    margins = Margins.of(evidence)
    axes = new_axes(5.4, 5.4) if axes is None else axes
    _draw_regions(axes, margins)
    for kind in range(len(_KINDS)):
        _draw_entries(axes, margins, kind)
    worst = int(np.argmin(evidence.margins()))
    axes.plot(margins.error[worst], margins.residual[worst], "o", ms=13, mfc="none", mec=INK, zorder=5, gid="tightest")
    head(axes, title, _legend_handles(margins), columns=2)
    return axes


def _draw_entries(axes: Axes, margins: Margins, kind: int) -> None:
    chosen = margins.kind == kind
    if not chosen.any():
        return
    label, colour, marker = _KINDS[kind]
    face = np.tile(to_rgba(colour, 0.8), (int(chosen.sum()), 1))
    face[margins.clipped[chosen], 3] = 0.0
    axes.scatter(
        margins.error[chosen],
        margins.residual[chosen],
        s=24,
        marker=marker,
        facecolors=face,  # type: ignore[arg-type]
        edgecolors=colour,
        linewidths=0.9,
        zorder=4,
        gid=label,
    )


def _legend_handles(margins: Margins) -> list[Artist]:
    def entry(label: str, marker: str, face: str, edge: str) -> Line2D:
        return Line2D([], [], ls="", marker=marker, mfc=face, mec=edge, ms=6, label=label)

    counts = np.bincount(margins.kind, minlength=len(_KINDS))
    handles: list[Artist] = [
        entry(f"{label}: {count}", marker, colour, colour)
        for count, (label, colour, marker) in zip(counts, _KINDS, strict=True)
        if count
    ]
    if margins.clipped.any():
        handles.append(entry(f"with a 0 or ∞, hollow: {int(margins.clipped.sum())}", "o", "none", INK))
    return handles


def _draw_regions(axes: Axes, margins: Margins) -> None:
    """The diagonal, the resolution, the floor, and the limits of the axes."""
    low, high = margins.low, margins.high
    edges = low / 3.0, high * 3.0
    axes.set(xscale="log", yscale="log", xlim=edges, ylim=edges, aspect="equal")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(_power))
        axis.set_minor_formatter(NullFormatter())
    axes.fill_between(edges, edges, edges[1], color=FAKE, alpha=0.10, lw=0, zorder=0)
    axes.fill_between([1.0, edges[1]], edges[0], [1.0, edges[1]], color=INK, alpha=0.07, lw=0, zorder=0)
    axes.plot(edges, edges, color=INK, lw=1.0, zorder=1, gid="diagonal")
    axes.plot([1.0, 1.0], edges, color=INK, lw=0.9, ls="--", zorder=1, gid="resolution")
    style = {"fontsize": SMALL, "color": INK, "alpha": 0.75, "zorder": 2, "rotation_mode": "anchor"}
    middle = np.sqrt(low)
    axes.text(middle, middle * 1.5, "residual = error bound", ha="center", va="bottom", rotation=45, **style)
    axes.text(0.8, low**0.75, "resolution", ha="left", va="bottom", rotation=90, **style)
    if margins.clipped.any():
        axes.plot(edges, [low, low], color=INK, lw=0.8, ls=":", zorder=1, gid="floor")
        axes.text(low**0.04, low, "0 is drawn here", ha="right", va="bottom", **style)
    axes.set_xlabel("error bound / resolution", fontsize=TEXT)
    axes.set_ylabel("residual / resolution", fontsize=TEXT)
    axes.tick_params(labelsize=SMALL)


def _power(number: float, position: int | None = None) -> str:
    """A power of ten in plain letters: what mathematical typesetting makes of it takes longer than all the rest."""
    return f"10{str(round(np.log10(number))).translate(_RAISED)}" if number > 0 else ""


def _short(label: str, length: int = 48) -> str:
    return label if len(label) <= length else label[: length - 1] + "…"
