"""Arguments about the generator's side: Arjovsky and Bottou, Theorems 2.4 to 2.6 and Corollary 3.2."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from toylab.claims.explanation.local_objectives import bounds, evidence_of
from toylab.claims.explanation.wording import by_label, entries
from toylab.markup import number

if TYPE_CHECKING:
    from toylab.claims.base import Evidence, Verdict


def _first(evidence: Evidence, name: str) -> float:
    return float(evidence.arrays[name][0])


def vanishing(verdict: Verdict) -> Sequence[str]:
    """Theorem 2.4."""
    evidence = evidence_of(verdict)
    length, m, epsilon = (_first(evidence, name) for name in ("length", "m", "epsilon"))
    opening = (
        "∇_θ E log(1 − D(g_θ(z))) = −E[Jᵀ ∇D/(1 − D)]. At the fakes D* = 0 and ∇D* = 0, so that ‖∇D‖ ≤ ε and 1 − D ≥ "
        "1 − ε, and E ‖J‖ ≤ M: the better the discriminator, the less is left of the generator's gradient."
    )
    here = (
        f"Here ε = {number(epsilon, 6)} and M = {number(m, 6)}; the gradient has length {number(length, 6)}, and "
        f"M ε/(1 − ε) = {number(m * epsilon / (1.0 - epsilon), 6)}."
    )
    return [opening, here, *entries(evidence, by_label), bounds(verdict)]


def _two_sides(left: str, right: str) -> object:
    def describe(evidence: Evidence, index: int) -> tuple[str, str]:
        values = [number(float(evidence.arrays[name][index]), 8) for name in ("left", "right")]
        return f"{evidence.labels[index]}: {left} is {values[0]}, {right} is {values[1]}", "they differ by"

    return describe


def kl_minus_two_jsd(verdict: Verdict) -> Sequence[str]:
    """Theorem 2.5."""
    opening = (
        "KL(P_gθ‖P_gθ₀) is least at θ₀, so that its gradient there is 0; and E_fake log(p₀/q) = KL(P_g‖P_r) − "
        "KL(P_g‖P_g₀). With −log D* = log(p₀/q) + log(1 − D*), and E log(1 − D*) descending on 2 JSD by the envelope "
        "theorem, the −log D update descends on KL(P_g‖P_r) minus 2 JSD: it pushes the two JSD apart."
    )
    describe = _two_sides("the update", "∇[KL(P_g‖P_r) − 2 JSD]")
    return [opening, *entries(evidence_of(verdict), describe), bounds(verdict)]  # type: ignore[arg-type]


def wrong_divergence(verdict: Verdict) -> Sequence[str]:
    """False readings of Theorem 2.5."""
    opening = (
        "The update descends on KL(P_g‖P_r) − 2 JSD (Theorem 2.5). Another divergence has another gradient, except "
        "where both vanish."
    )
    describe = _two_sides("the update", "the gradient of the divergence claimed")
    return [opening, *entries(evidence_of(verdict), describe), bounds(verdict)]  # type: ignore[arg-type]


def cauchy(verdict: Verdict) -> Sequence[str]:
    """Theorem 2.6."""
    evidence = evidence_of(verdict)

    def describe(evidence: Evidence, index: int) -> tuple[str, str]:
        scale, quartile = (number(float(evidence.arrays[name][index]), 5) for name in ("scale", "quartile"))
        return (
            f"{evidence.labels[index]}: the median of |update| is {quartile}, a Cauchy law of scale {scale} has "
            f"{scale}",
            "the distribution functions differ by up to",
        )

    opening = (
        "At a fake the update is −Jᵀ r/ε with independent centred Gaussians r and ε, whose quotient has a Cauchy "
        "law; a mean of independent Cauchy variables is again one, and its scale is the mean of theirs. It has no "
        "expectation, and a larger batch does not help."
    )
    here = (
        f"Here the update is drawn {int(_first(evidence, 'draws'))} times. A true statement is called violated with "
        f"probability {number(_first(evidence, 'level'), 2)} at most, and a centred Gaussian law, of any width, "
        f"would pass with probability {number(_first(evidence, 'missed'), 2)} at most."
    )
    return [opening, here, *entries(evidence, describe), bounds(verdict)]


def attraction_and_repulsion(verdict: Verdict) -> Sequence[str]:
    """Corollary 3.2."""
    opening = (
        "With noise both measures are mixtures of Gaussians, and ∇ log(1 − D*) = −D* (∇ ln q − ∇ ln p) is a sum of "
        "pulls: to every real point with weight a, away from every fake one with weight b. As D* is the best "
        "discriminator, its mean is the gradient of 2 JSD of the noisy measures."
    )
    return [opening, *entries(evidence_of(verdict), by_label), bounds(verdict)]


def informative(verdict: Verdict) -> Sequence[str]:
    """How much noise is enough."""
    evidence = evidence_of(verdict)
    share, length = _first(evidence, "share"), _first(evidence, "length")
    opening = (
        "The noise has to reach across the gap: a fake at distance d feels the real point through N(0, σ²), that is by "
        "exp(−d²/8σ²) in the middle."
    )
    here = f"Here σ = {number(share, 4)} d, and d ‖∇JSD‖ = {number(length, 4)}."
    return [opening, here, *entries(evidence, by_label), bounds(verdict)]
