"""Arguments of statements that compare several solved problems: why, the tightest comparisons, what may be off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from toylab.claims.certified import AssumedOptimal
from toylab.claims.explanation.wording import entries
from toylab.markup import number

if TYPE_CHECKING:
    from toylab.claims.base import Evidence, Verdict

Argument = Callable[["Verdict"], Sequence[str]]


def _gaps(verdict: Verdict) -> str:
    """The gaps from which the error bounds follow."""
    members = verdict.subject.members
    if any(isinstance(member, AssumedOptimal) for member in members):
        return "the gaps are read as 0, because the critics are taken at their word, and rounding alone is left"
    loosest = max(float(member.certificate.gap) for member in members)
    return f"the certified gaps are {number(loosest, 3)} at most"


def _describe(evidence: Evidence, index: int) -> tuple[str, str]:
    arrays = evidence.arrays
    left, right = (number(float(arrays[side][index]), 8) for side in ("left", "right"))
    return f"{evidence.labels[index]}: {left} {arrays['relation'][index]} {right}", "missed by"


def _kind(evidence: Evidence) -> Callable[[int], bool]:
    """Entries about another quantity than the first one are of another kind."""
    return lambda index: evidence.labels[index][0] != evidence.labels[0][0]


def _comparison(why: str, bounds: str) -> Argument:
    """An argument that says why, shows the tightest comparisons with their numbers, and what may be off."""

    def argue(verdict: Verdict) -> Sequence[str]:
        evidence = verdict.evidence
        assert evidence is not None
        if not len(evidence):
            return [why, "Here there is nothing to compare."]
        return [why, *entries(evidence, _describe, _kind(evidence)), f"Error bounds: {_gaps(verdict)}; {bounds}"]

    return argue


_VALUE_BRACKETS = "every V lies between its dual and its primal bound; rounding is added."
_BRACKETS = (
    "every V lies between its dual and its primal bound, every k* within √(gap/λ) of the constant that the plan "
    "prescribes; intervals are carried through the comparison, rounded outwards."
)

value_along_weight = _comparison(
    "f* of the problem with λ is a critic of the problem with μ as well, where it costs V(λ) + k*²(μ − λ): V(μ) is no "
    "larger. So every tangent of slope k*² stays above V, which is what concave with V' = k*² means, and k*² ≥ 0 makes "
    "V rise. No differences are taken: any two λ, however far apart, are compared exactly.",
    _BRACKETS,
)

constant_along_weight = _comparison(
    "Two tangents of a concave function, added, give (k*(λ)² − k*(μ)²)(μ − λ) ≥ 0: a dearer constant is smaller. And "
    "2λk* = −dJ/dk at k*, where J(k), the least J among k-Lipschitz critics, is convex: at a smaller k it falls more "
    "steeply.",
    _BRACKETS,
)

hinge_plateau = _comparison(
    "With f = ∓s the hinge pays 2 max(0, 1 − s) and the penalty λ(2s/d)². Until the margin s = 1 is met more s pays, "
    "at d²/4λ; beyond it nothing is left to gain, so that k* = 2s/d stops at 2/d.",
    "k* lies within √(gap/λ) of the constant that the plan prescribes; rounding is added.",
)

carried_over = _comparison(
    "The change maps critics of one problem to critics of the other, and J + λk² keeps its value: so do V and, with "
    "its unit, k*; and f*, carried over, must be optimal there. What it then costs is compared with V.",
    "every V lies between its dual and its primal bound; distances that were rounded differently change V by no more "
    "than R(k(1 + ε)) − R(k), ε the largest relative difference.",
)

divergence = _comparison(
    "The best constant critic pays φ(a) + ϕ(a), so D ≥ 0. J(k), the least J among k-Lipschitz critics, is convex with "
    "slope −2λk* at k*: hence D ≥ λk*², which is 0 for P_g = P_r alone. From above W₁ bounds it.",
    "V lies between its dual and its primal bound; k* within √(gap/λ) of what the plan prescribes; rounding of W₁ is "
    "added.",
)

divergence_convex = _comparison(
    "For one critic J is affine in the pair (P_g, P_r); V is the least over critics of affine functions, so concave, "
    "and D = φ(a) + ϕ(a) − V convex.",
    _VALUE_BRACKETS,
)

divergence_noise = _comparison(
    "Adding the same noise to both measures mixes translated copies of the pair, and translations do not change D; by "
    "joint convexity D of the mixture is no larger.",
    _VALUE_BRACKETS,
)

metric = _comparison(
    "A metric obeys the triangle inequality. For the Wasserstein loss D = W₁²/4λ is the square of a metric: going in "
    "two steps of half the length costs half.",
    _VALUE_BRACKETS,
)

same_support = _comparison(
    "Where both measures live on the same points the unrestricted optimum is attained, with a constant k∞ there. J "
    "pays nothing for more than k∞, so k* ≤ k∞; and V(λ) ≤ J∞ + λk∞² leaves f* in the sublevel set of height λk∞² "
    "about the unrestricted values, so that k* is at least k∞ less what two values may be off over their distance. "
    "That goes to 0 with λ.",
    "k* lies within √(gap/λ) of what the plan prescribes; the unrestricted values in their certified intervals.",
)

vanishing = _comparison(
    "The plan moves no more than φ'(a) of mass at no more cost than W₁ in all: k* = C(γ)/2λ ≤ φ'(a) W₁/2λ, with "
    "equality for the Wasserstein loss. Along measures that approach one another the bound goes to 0, and k* with it.",
    "k* lies within √(gap/λ) of what the plan prescribes; W₁ up to rounding.",
)

monotone = _comparison(
    "k* = s·2/d: far Diracs have little slope for much rise, near ones little rise at all. For a bounded φ' there is a "
    "distance between at which k* is largest.",
    "k* lies within √(gap/λ) of what the plan prescribes.",
)

ball_slope = _comparison(
    "The plan of the ball of radius k, handed to the ball of radius m, bounds J(m) from below by J(k) − C(m − k), "
    "C = Σ γ d: a tangent that stays below, so J is convex. The plan couples the reweighted measures a = slope⁺ and "
    "b = slope⁻ at least cost, C = W₁(a, b), and as C ≥ 0 J never rises.",
    "every J lies between its dual and its primal bound; a plan that costs δ more than W₁(a, b) has a dual value that "
    "is kδ too small, so δ ≤ gap/k.",
)

lemma_15 = _comparison(
    "For the Wasserstein loss J(kf) = kJ(f), and f ↦ kf maps 1-Lipschitz functions onto k-Lipschitz ones: least values "
    "are in proportion, −kW₁. With a penalty −kW₁ + λ(k − k₀)² is left, least at k₀ + W₁/2λ.",
    "every J lies between its dual and its primal bound; k* within √(gap/λ) of what the plan prescribes; W₁ up to "
    "rounding.",
)

attained = _comparison(
    "With f(y) − f(x) = kd fixed, α ↦ φ(α) + ϕ(α + kd) falls at first and rises in the end, as φ' + ϕ' is negative "
    "below a and positive above: a minimum exists. And the best critic in the ball uses all of k, as φ' > 0 > ϕ'.",
    "the certificate confines both values of f*, and so their difference.",
)

falls = _comparison(
    "At a point z of one support alone the slope p φ'(f) is not 0, so mass has to be moved from it: C = W₁(a, b) is at "
    "least |slope(z)| times the distance of the other support, and J falls at that rate. f* takes the value a "
    "somewhere between its values, so f(z) ≥ a − k·diameter, which bounds the slope from below.",
    _VALUE_BRACKETS,
)

w1_continuous = _comparison(
    "Moving g_θ(z) to g_θ'(z) for every z is a coupling of the two fake measures, of cost E‖g_θ − g_θ'‖; W₁ to the "
    "real measure changes by no more than that (triangle inequality).",
    "W₁ = −V lies between its primal and dual bounds; rounding of the mean is added.",
)

parallel_lines = _comparison(
    "Every fake goes straight across, |θ| far. The divergences see densities alone: for θ ≠ 0 no point has mass of "
    "both, whatever the distance, and at θ = 0 the measures are equal: JSD, TV and KL jump where W₁ = |θ| does not.",
    "W₁ = −V lies between its primal and dual bounds; the divergences of finite measures are finite sums, up to "
    "rounding.",
)

value_derivative = _comparison(
    "V is the largest of the dual values of all plans. For one plan −C²/4λ bends downwards by M at most as x moves, M "
    "from the mass that can leave x and its distance to real points; so V(x + tu) + Mt²/2 is convex, and its "
    "difference quotients bracket its derivative: (V(0) − V(−h))/h − Mh/2 ≤ ∂V ≤ (V(h) − V(0))/h + Mh/2. The plan's "
    "k*Σγ(y − x)/d must lie between.",
    "gap/h for the values and for the plan, Mh/2 for the step; of several steps the best bracket is taken. Where the "
    "plan is not unique V has a kink, the bracket stays wide, and nothing is decided.",
)
