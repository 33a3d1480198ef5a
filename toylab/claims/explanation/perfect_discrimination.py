"""Arguments about perfect discriminators: Arjovsky and Bottou, Theorems 2.1 to 2.3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from toylab.claims.explanation.local_objectives import bounds, evidence_of
from toylab.claims.explanation.wording import by_label, entries, several
from toylab.markup import number

if TYPE_CHECKING:
    from toylab.claims.base import Verdict


def _kind(verdict: Verdict, index: int) -> str:
    return evidence_of(verdict).labels[index].split(" at ")[0].split(" around ")[0]


def separated(verdict: Verdict) -> Sequence[str]:
    """Theorem 2.1."""
    evidence = evidence_of(verdict)
    opening = (
        "Two compact sets without a common point have a distance δ > 0. A smooth function can climb from 0 to 1 in "
        "between and rest around both; a generator that follows its gradient stands still."
    )
    here = (
        f"Here the supports are {number(verdict.subject.separation(), 6)} apart, and D is looked at in "
        f"{several(len(evidence) // 3, 'point')} and on spheres around them."
    )
    return [opening, here, *entries(evidence, by_label, lambda index: _kind(verdict, index)), bounds(verdict)]


def almost_everywhere(verdict: Verdict) -> Sequence[str]:
    """Theorem 2.2."""
    evidence = evidence_of(verdict)
    near = evidence.arrays["near"]
    opening = (
        "Let D be 1 where the real support is nearer and 0 where the fake one is. Around a point whose distance to "
        "the other support is δ > 0, D is right and constant up to δ/2. Sets that cross at an angle meet in a set "
        "without mass."
    )
    here = (
        f"Here {several((len(evidence) - 2) // 2, 'point')} are looked at; of the fake mass "
        f"{number(float(near[0]), 3)} lies within 1e-9 of the reals, of the real mass {number(float(near[1]), 3)} "
        "within 1e-9 of the fakes."
    )
    return [opening, here, *entries(evidence, by_label, lambda index: _kind(verdict, index)), bounds(verdict)]


def divergences_saturate(verdict: Verdict) -> Sequence[str]:
    """Theorem 2.3."""
    evidence = evidence_of(verdict)
    jsd = float(evidence.arrays["jsd"][0])
    opening = (
        "JSD = ½ E_real ln 2D* + ½ E_fake ln 2(1 − D*). Where almost every real point has D* = 1 and almost every "
        "fake one D* = 0, both terms are ½ ln 2; and KL is infinite as soon as one side has mass where the other has "
        "none."
    )
    here = f"Here JSD = {number(jsd, 8)} and log 2 = {number(float(np.log(2.0)), 8)}."
    return [opening, here, *entries(evidence, by_label), bounds(verdict)]
