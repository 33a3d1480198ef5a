"""Pictures as text: worst cases, their evidence and trained critics as data URIs with words for who cannot see them."""

from __future__ import annotations

import base64
import dataclasses
import tempfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

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
#: Colours of a palette: the surface has 64 to itself, the rest are points, lines and the edges of letters.
_PALETTE = 128
#: Evidence with more entries than this is smaller as a raster.
_MOST_MARKS = 400


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
        figure = draw_subject(shown).figure
        subject = _picture(figure, _describe_subject(name, shown), vector=not _is_surface(shown))
    except InputError as error:
        why_not = str(error)
    if verdict.evidence is not None and len(verdict.evidence):
        vector = len(verdict.evidence) <= _MOST_MARKS
        evidence = _picture(plot_evidence(verdict).figure, _describe_evidence(verdict), vector=vector)
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
    return _picture(training_figure(report), alt, vector=False)


def _is_surface(subject: Any) -> bool:
    dimension = subject.problem.dimension if isinstance(subject, Candidate) else np.size(getattr(subject, "x", 0))
    return dimension == 2


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


def _picture(figure: Any, alt: str, *, vector: bool) -> Picture:
    data = _saved(figure, ".svg" if vector else ".png")
    if vector:
        width, height = _svg_size(data)
        kind = "image/svg+xml"
    else:
        data, (wide, high) = _with_palette(data)
        width, height = wide * _SCREEN // _DPI, high * _SCREEN // _DPI
        kind = "image/png"
    uri = f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
    return Picture(uri=uri, alt=alt, width=width, height=height)


def _saved(figure: Any, ending: str) -> bytes:
    """What `save` writes; letters stay letters in SVG."""
    import matplotlib

    from toylab.plotting import save

    with tempfile.TemporaryDirectory() as folder, matplotlib.rc_context({"svg.fonttype": "none"}):
        return save(figure, Path(folder) / f"picture{ending}", dpi=_DPI).read_bytes()


def _svg_size(data: bytes) -> tuple[int, int]:
    """Width and height in CSS pixels of an SVG whose size is in points."""
    root = ElementTree.fromstring(data)
    width, height = (float(root.attrib[name].removesuffix("pt")) * _SCREEN / 72 for name in ("width", "height"))
    return round(width), round(height)


def _with_palette(data: bytes) -> tuple[bytes, tuple[int, int]]:
    """A PNG of few colours, a third of the size, and its size in dots."""
    from PIL import Image

    with Image.open(BytesIO(data)) as image:
        few = image.convert("RGB").quantize(_PALETTE, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    buffer = BytesIO()
    few.save(buffer, "PNG", compress_level=9)
    return buffer.getvalue(), few.size
