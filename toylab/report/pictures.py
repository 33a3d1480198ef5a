"""Pictures as text: worst cases, their evidence and trained critics as data URIs with words for who cannot see them."""

from __future__ import annotations

import base64
import dataclasses
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from toylab.claims import Verdict
from toylab.errors import InputError
from toylab.functions import FunctionOnPair
from toylab.solution import Candidate
from toylab.verification import TrainingReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Dots per inch of a picture, and of the screen it is laid out for: twice as sharp as it is large.
_DPI, _SCREEN = 192, 96
#: Colours of a picture: of the surface, of points and lines, and of the edges of letters.
_PALETTE = 192


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
    """The two pictures of a case.

    Attributes:
        subject: the case itself, None where it cannot be drawn.
        evidence: what decides it, None where nothing was measured.
        why_not: why a picture is missing.
    """

    subject: Picture | None
    evidence: Picture | None
    why_not: str = ""


def drawable(subject: Any) -> Any:
    """The subject, or its restriction to a plane where it is a function in more than two dimensions.

    The plane holds both points of the pair; its second direction is the coordinate axis that is furthest from
    the first. Lengths are kept, so that the restriction is as steep along the pair as the function itself.
    """
    if not isinstance(subject, FunctionOnPair) or len(subject.x) <= 2 or subject.norm.p != 2:
        return subject
    along = (subject.y - subject.x) / np.linalg.norm(subject.y - subject.x)
    across = np.eye(len(along))[np.argmin(np.abs(along))]
    across = across - (across @ along) * along
    plane = np.stack([along, across / np.linalg.norm(across)])
    return dataclasses.replace(
        subject,
        name=f"{subject.name}, in a plane through the pair",
        f=_Restricted(subject.f, subject.x, plane),
        x=np.zeros(2),
        y=np.array([np.linalg.norm(subject.y - subject.x), 0.0]),
    )


@dataclass(frozen=True, eq=False)
class _Restricted:
    """z -> f(origin + z · plane), with its gradient in the plane."""

    f: Any
    origin: np.ndarray
    plane: np.ndarray

    def __call__(self, z: np.ndarray) -> np.ndarray:
        return self.f(self.origin + z @ self.plane)

    def gradient(self, z: np.ndarray) -> np.ndarray:
        return self.f.gradient(self.origin + z @ self.plane) @ self.plane.T


def draw_subject(subject: Any) -> Axes:
    """Axes with the subject drawn.

    Raises:
        InputError: it has more than two dimensions, or no picture belongs to its type.
    """
    from toylab.plotting import plot

    return plot(drawable(subject))


def case_pictures(name: str, verdict: Verdict) -> Pair:
    """A case and its evidence, drawn.

    Args:
        name: of the case.
        verdict: on it.
    """
    from toylab.plotting import plot_evidence

    subject = evidence = None
    why_not = ""
    try:
        shown = drawable(verdict.subject)
        subject = _picture(draw_subject(shown).figure, _describe_subject(name, shown))
    except InputError as error:
        why_not = str(error)
    if verdict.evidence is not None and len(verdict.evidence):
        evidence = _picture(plot_evidence(verdict).figure, _describe_evidence(verdict))
    return Pair(subject=subject, evidence=evidence, why_not=why_not)


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
        kind = "surface" if problem.dimension == 2 else "curve"
        return (
            f"Worst case {name}: the critic as a {kind}, {len(problem.fake)} fake and {len(problem.real)} real points "
            f"with gradients and the pairs of the plan; k = {k:.4g}."
        )
    return f"Worst case {name}: {subject.describe()}, with gradients along the segment."


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
    image = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB")
    few = image.quantize(_PALETTE, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    buffer = BytesIO()
    few.save(buffer, "PNG", compress_level=9)
    uri = f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
    return Picture(uri=uri, alt=alt, width=image.width * _SCREEN // _DPI, height=image.height * _SCREEN // _DPI)
