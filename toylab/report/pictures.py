"""Pictures as text: worst cases, their evidence and trained critics as data URIs with words for who cannot see them."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from toylab.claims import Verdict
from toylab.divergences import DensityPair
from toylab.errors import InputError
from toylab.families import Family
from toylab.generators import GeneratorUpdate
from toylab.manifolds import ManifoldPair
from toylab.solution import Candidate
from toylab.verification import TrainingReport

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL import Image

#: Dots per inch of a picture, and of the screen it is laid out for: twice as sharp as it is large.
_DPI, _SCREEN = 192, 96
#: Colours of a picture: of the surface, of points and lines, and of the edges of letters.
_PALETTE = 192
#: Colours nearer than this to a named one stand aside: Pillow looks for the nearest in steps of four levels.
_APART = 8


#: What is to be seen of subjects that are no candidates.
_SEEN = {
    DensityPair: "with both densities, the critic, and which way fakes are drawn",
    ManifoldPair: "with the line where the nearer side changes",
    GeneratorUpdate: "with the discriminator and the way fakes are moved",
}


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture that needs no file.

    Attributes:
        uri: a data URI.
        alt: what is to be seen, in words.
        width: in CSS pixels.
        height: in CSS pixels.
    """

    uri: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The two pictures of a case, and its argument.

    Attributes:
        subject: the case itself, None where it cannot be drawn.
        evidence: what decides it, None where nothing was measured.
        why_not: why a picture is missing.
        argument: the argument with the numbers of the case, a line a thought.
    """

    subject: Picture | None
    evidence: Picture | None
    why_not: str = ""
    argument: tuple[str, ...] = ()


def case_pictures(name: str, verdict: Verdict) -> Pair:
    """A case and its evidence, drawn.

    Args:
        name: of the case.
        verdict: on it.
    """
    from toylab.plotting import plot, plot_evidence

    subject = evidence = None
    why_not = ""
    try:
        subject = _picture(plot(verdict.subject).figure, _describe_subject(name, verdict.subject))
    except InputError as error:
        why_not = str(error)
    if verdict.evidence is not None and len(verdict.evidence):
        evidence = _picture(plot_evidence(verdict).figure, _describe_evidence(verdict))
    return Pair(subject=subject, evidence=evidence, why_not=why_not, argument=_argument(verdict))


def _argument(verdict: Verdict) -> tuple[str, ...]:
    argue = verdict.claim.argument
    return () if argue is None or verdict.evidence is None else tuple(argue(verdict))


def training_figure(report: TrainingReport) -> Figure:
    """A trained critic beside the certified one."""
    from toylab.plotting import plot_training

    shown = ("relative_gap", "k_support", "k_star", "angle_median", "angle_worst")
    numbers = {key: value for key, value in report.comparisons[0].to_json().items() if key in shown}
    return plot_training(report.trained, report.exact, numbers=numbers)


def training_picture(report: TrainingReport) -> Picture:
    """A trained critic beside the certified one, drawn."""
    alt = (
        f"Two value surfaces of {report.case.name} on one colour scale: the trained critic with its gradients at the "
        "fake points, and the certified optimum with the plan."
    )
    return _picture(training_figure(report), alt)


def _describe_subject(name: str, subject: Any) -> str:
    if isinstance(subject, Candidate):
        problem, k = subject.problem, subject.lipschitz_constant
        seen = {1: "the critic as a curve", 2: "the critic as a surface"}.get(problem.dimension, "points, projected")
        return (
            f"Worst case {name}: {seen}, {len(problem.fake)} fake and {len(problem.real)} real points "
            f"with gradients and the pairs of the plan; k = {k:.4g}."
        )
    if isinstance(subject, Family):
        axis = subject.parameter or "the role"
        return f"Worst case {name}: the constant k and the value V of {len(subject)} problems against {axis}."
    seen = _SEEN.get(type(subject), "with gradients along the segment")
    return f"Worst case {name}: {subject.describe()}, {seen}."


def _describe_evidence(verdict: Verdict) -> str:
    evidence, worst = verdict.evidence, verdict.worst()
    assert evidence is not None
    assert worst is not None
    beyond = int((evidence.residual > evidence.error).sum())
    return (
        f"Residuals of {len(evidence)} entries against their error bounds, {beyond} beyond; the tightest, "
        f"{evidence.labels[worst]}, has residual {evidence.residual[worst]:.2g} against {evidence.error[worst]:.2g}."
    )


def _picture(figure: Any, alt: str) -> Picture:
    """A PNG of few colours, a quarter of the size: drawn once, without the file that `save` would make."""
    from PIL import Image

    figure.set_dpi(_DPI)
    figure.canvas.draw()
    _make_room_for_titles(figure)
    image = _with_palette(Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB"))
    buffer = BytesIO()
    image.save(buffer, "PNG", compress_level=9)
    uri = f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
    return Picture(uri=uri, alt=alt, width=image.width * _SCREEN // _DPI, height=image.height * _SCREEN // _DPI)


def _make_room_for_titles(figure: Any) -> None:
    """Widen a figure whose title does not fit, and draw it again: layouts keep titles whole in height only."""
    titles = [axes.title for axes in figure.axes]
    left = min(title.get_window_extent().x0 for title in titles)
    right = max(title.get_window_extent().x1 for title in titles)
    beyond = max(-left, right - figure.bbox.width)
    if beyond > 0:
        figure.set_figwidth(figure.get_figwidth() + 2.0 * beyond / figure.dpi + 0.1)
        figure.canvas.draw()


def _with_palette(image: Image.Image) -> Image.Image:
    """The picture in few colours: those of a smaller copy, and the ones that mean something as they are."""
    from PIL import Image

    small = image.resize((max(image.width // 3, 1), max(image.height // 3, 1)), Image.Resampling.NEAREST)
    found = small.quantize(_PALETTE, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).getpalette() or []
    named = _named_colours()
    others = np.array(found[: 3 * _PALETTE]).reshape(-1, 3)
    apart = np.abs(others[:, None] - named).max(axis=2).min(axis=1) >= _APART
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.concatenate([named, others[apart]]).ravel().tolist())
    return image.quantize(palette=palette, dither=Image.Dither.NONE)


def _named_colours() -> np.ndarray:
    """(c, 3): the colours of points, lines and paper, with the tints that smooth edges are made of."""
    from toylab.plotting.canvas import FAKE, INK, REAL

    pure = np.array([[int(name[i : i + 2], 16) for i in (1, 3, 5)] for name in ("#FFFFFF", FAKE, REAL, INK)])
    tints = [pure + (255 - pure) * white for white in (0.0, 0.25, 0.5, 0.75)]
    return np.unique(np.concatenate(tints).round().astype(int), axis=0)
