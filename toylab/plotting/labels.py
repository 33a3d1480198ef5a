"""Titles and labels, in plain text so that figures stay searchable."""

from __future__ import annotations

from itertools import pairwise
from textwrap import fill

from toylab.critics import NearestPoint
from toylab.functions import FunctionOnChain, FunctionOnPair
from toylab.problem import CriticProblem
from toylab.regularizers import LipschitzBall, LipschitzPenalty, Unrestricted
from toylab.solution import Candidate


def gap_text(gap: float) -> str:
    """A relative gap; below rounding, its digits say nothing."""
    if gap >= 1e-15:
        return f"relative gap {gap:.2g}" if gap >= 1e-3 else f"relative gap {gap:.1e}"
    return "relative gap < 1e-15"


def wrapped(text: str, width: int = 78) -> str:
    """A title over as many lines as it needs."""
    return fill(text, width)


def problem_label(problem: CriticProblem) -> str:
    """The losses and the regulariser."""
    match problem.regularizer:
        case LipschitzPenalty(weight=weight, target=0.0):
            regularizer = f"λ = {weight:g}"
        case LipschitzPenalty(weight=weight, target=target):
            regularizer = f"λ = {weight:g}, target {target:g}"
        case LipschitzBall(radius=radius):
            regularizer = f"ball k ≤ {radius:g}"
        case Unrestricted():
            regularizer = "unrestricted"
        case other:
            regularizer = repr(other)
    name = problem.losses.name
    return f"{name[:1].upper()}{name[1:]} loss, {regularizer}"


def candidate_title(candidate: Candidate) -> str:
    """Two lines: the problem; the constant and the gap."""
    gap = gap_text(candidate.certificate.relative_gap)
    if isinstance(candidate.critic, NearestPoint):
        elsewhere = "off the points any value is optimal: the nearest point's is shown"
        return f"{problem_label(candidate.problem)}, {gap}\n{elsewhere}"
    result = f"k = {candidate.lipschitz_constant:.4g}, {gap}"
    return f"{problem_label(candidate.problem)}\n{result}"


def pair_title(subject: FunctionOnPair) -> str:
    """Two lines: the function; its rise against the largest one its constant allows."""
    norm = "Euclidean norm" if subject.norm.p == 2 else f"l{subject.norm.p:g} norm"
    most = subject.k * float(subject.norm(subject.y - subject.x))
    return f"{subject.name}\n{norm}: f(y) − f(x) = {subject.rise():.4g}, k‖y − x‖ = {most:.4g}"


def chain_title(subject: FunctionOnChain) -> str:
    """Two lines: the function; its rises against the largest ones its constant allows."""
    rises = [f"{rise:.4g}" for rise in subject.rises()]
    steps = [f"{subject.k * float(subject.norm(b - a)):.4g}" for a, b in pairwise((subject.x, subject.via, subject.y))]
    return f"{subject.name}\nx to m to y: f rises by {' and '.join(rises)}, k‖step‖ = {' and '.join(steps)}"


def has_free_offset(problem: CriticProblem) -> bool:
    """Whether f + c is as good as f for every c: the Wasserstein loss."""
    return problem.losses.is_wasserstein


def value_label(problem: CriticProblem) -> str:
    """What the colours stand for."""
    return "critic f(z), up to a constant" if has_free_offset(problem) else "critic f(z)"
