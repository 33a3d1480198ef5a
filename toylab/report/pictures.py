"""Pictures as text: worst cases, their evidence and trained critics as data URIs with words for who cannot see them."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toylab.claims import Verdict
from toylab.diracgan import DiracTraining
from toylab.divergences import DensityPair
from toylab.errors import InputError
from toylab.families import Family
from toylab.generators import GeneratorPath, GeneratorUpdate
from toylab.manifolds import ManifoldPair
from toylab.report.raster import DPI, SCREEN, drawn, png, with_palette
from toylab.solution import Candidate
from toylab.verification import TrainingReport

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL import Image


#: What is to be seen of subjects that are no candidates.
_SEEN = {
    DensityPair: "with both densities, the critic, and which way fakes are drawn",
    ManifoldPair: "with the line where the nearer side changes",
    GeneratorPath: "with W₁, JSD and TV against the generator's parameter",
    GeneratorUpdate: "with the discriminator and the way fakes are moved",
    DiracTraining: "with the field of the two players, the flow, and the rounds of training around the equilibrium",
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
    subject, why_not = subject_picture(name, verdict.subject)
    return Pair(subject=subject, evidence=evidence_picture(verdict), why_not=why_not, argument=argument_of(verdict))


def subject_picture(name: str, subject: Any) -> tuple[Picture | None, str]:
    """A case, drawn; or None, and why it cannot be."""
    from toylab.plotting import plot
    from toylab.plotting.canvas import figure_of

    try:
        return _picture(drawn(figure_of(plot(subject))), _describe_subject(name, subject)), ""
    except InputError as error:
        return None, str(error)


def evidence_picture(verdict: Verdict) -> Picture | None:
    """What decides a case, drawn; None where nothing was measured."""
    from toylab.plotting import plot_evidence
    from toylab.plotting.canvas import figure_of

    if verdict.evidence is None or not len(verdict.evidence):
        return None
    return _picture(drawn(figure_of(plot_evidence(verdict))), _describe_evidence(verdict))


def argument_of(verdict: Verdict) -> tuple[str, ...]:
    """The argument with the numbers of a case, a line a thought."""
    argue = verdict.claim.argument
    return () if argue is None or verdict.evidence is None else tuple(argue(verdict))


def training_figure(report: TrainingReport) -> Figure:
    """A trained critic beside the certified one."""
    from toylab.plotting import plot_training

    shown = ("relative_gap", "k_support", "k_star", "angle_median", "angle_worst")
    numbers = {key: value for key, value in report.comparisons[0].to_json().items() if key in shown}
    return plot_training(report.trained, report.exact, numbers=numbers)


def training_pictures(report: TrainingReport) -> tuple[Picture, bytes]:
    """A trained critic beside the certified one, drawn once: for the page, and as a PNG file in all its colours."""
    alt = (
        f"Two value surfaces of {report.case.name} on one colour scale: the trained critic with its gradients at the "
        "fake points, and the certified optimum with the plan."
    )
    image = drawn(training_figure(report))
    return _picture(image, alt), png(image)


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


def _picture(image: Image.Image, alt: str) -> Picture:
    uri = f"data:image/png;base64,{base64.b64encode(png(with_palette(image))).decode('ascii')}"
    return Picture(uri=uri, alt=alt, width=image.width * SCREEN // DPI, height=image.height * SCREEN // DPI)
