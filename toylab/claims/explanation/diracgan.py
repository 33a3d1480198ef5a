"""Arguments about the Dirac-GAN: Mescheder, Geiger and Nowozin (2018), and MaxGP."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from toylab.claims.explanation.local_objectives import bounds, evidence_of
from toylab.claims.explanation.wording import entries
from toylab.markup import number

if TYPE_CHECKING:
    from toylab.claims.base import Evidence, Verdict


def _describe(evidence: Evidence, index: int) -> tuple[str, str]:
    left, right = (number(float(evidence.arrays[side][index]), 8) for side in ("left", "right"))
    return f"{evidence.labels[index]}: {left} {evidence.arrays['relation'][index]} {right}", "missed by"


def _argue(why: str) -> Callable[[Verdict], Sequence[str]]:
    def argue(verdict: Verdict) -> Sequence[str]:
        evidence, training = evidence_of(verdict), verdict.subject
        kinds = evidence.arrays["kind"]
        radius = training.orbit.radius
        here = (
            f"Here f'(0) = {number(training.game.slope, 6)}, {training.rule.describe()}; {training.rounds} rounds take "
            f"the distance from the equilibrium from {number(float(radius[0]), 4)} to {number(float(radius[-1]), 4)}."
        )
        return [why, here, *entries(evidence, _describe, lambda index: kinds[index]), bounds(verdict)]

    return argue


eigenvalues = _argue(
    "At θ = ψ = 0 the derivatives of (−ψ f'(ψθ), θ f'(ψθ)) are ((0, −f'(0)), (f'(0), 0)): a turn by a right angle, "
    "with eigenvalues of sum 0 and product f'(0)²."
)
integral_curves = _argue(
    "½ d(θ² + ψ²)/dt = ⟨x, v⟩ = −θψ f'(ψθ) + ψθ f'(ψθ) = 0: the field is at right angles to the radius everywhere, and "
    "the players go round on circles."
)
simultaneous = _argue(
    "x + h v has the square ‖x‖² + h² ‖v‖², as v is at right angles to x: each step of Euler's rule leaves the circle "
    "outwards, by the factor √(1 + h² f'(ψθ)²)."
)
alternating = _argue(
    "A step of one player alone is a shear, of determinant 1, and so is a round of them: its eigenvalues have the "
    "product 1, so that never both of them are inside the unit circle."
)
orbits = _argue(
    "A training that converged would take ever shorter steps. Near the equilibrium a penalty with a target pushes ψ "
    "away from 0 by hγg in each step; clipping does nothing there at all, and what remains turns without coming nearer."
)
instance_noise = _argue(
    "Noise makes the critic's gain E f(ψ(θ + σε)) + E f(−ψσε) concave in ψ if f is: its second derivative in ψ at the "
    "equilibrium is 2f''(0)σ², which damps ψ, and through ψ the generator."
)
zero_centred = _argue(
    "The penalty γ/2 ψ² adds −γψ to the critic's rate. A turn with one of its two coordinates damped is a spiral "
    "inwards, or, from γ = 2 f'(0) on, a node."
)
consensus = _argue(
    "Near the equilibrium ½‖v‖² = ½ f'(0)² (θ² + ψ²): descending on it draws both players in at the rate γ f'(0)²."
)
max_gp = _argue(
    "D(x) = ψx has the gradient ψ everywhere, so that the largest one is any one: MaxGP is λψ², the zero-centred "
    "penalty with γ = 2λ, and adds −2λψ to the critic's rate. No curvature of the loss is needed; "
    "½ d(θ² + ψ²)/dt ≤ −2λψ² ≤ 0."
)
