"""What the statements rest on beyond one another: results that are used, and not claims of their own.

A claim's `rests_on` names claims and these; together they form the graph of results, which has no circles.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from toylab.claims.base import Claim
from toylab.errors import InputError, unknown_name


@dataclass(frozen=True, kw_only=True)
class Foundation:
    """A result that statements rest on.

    Attributes:
        name: how `rests_on` calls it.
        sentence: what it says.
        rests_on: ids of claims and names of foundations.
    """

    name: str
    sentence: str
    rests_on: tuple[str, ...] = ()


FOUNDATIONS: tuple[Foundation, ...] = (
    Foundation(
        name="weak duality",
        sentence=(
            "For any critic and any plan, primal − dual is a sum of terms that are never negative: the certificate, "
            "which bounds how far every value, slope and constant is from the optimal one."
        ),
    ),
    Foundation(
        name="complementary slackness",
        sentence="Σ γ·slack is at most the certified gap: what the plan moves, it moves along (nearly) tight pairs.",
        rests_on=("weak duality",),
    ),
    Foundation(
        name="comparison of problems",
        sentence=(
            "The optimal critic of one problem, handed to another, bounds that one's value from above; the optimal "
            "plan, handed on, bounds it from below."
        ),
        rests_on=("weak duality",),
    ),
    Foundation(
        name="Kantorovich–Rubinstein duality",
        sentence="W₁(P_g, P_r) is the largest E_real f − E_fake f over all functions with Lipschitz constant 1.",
    ),
    Foundation(
        name="LGAN Lemmas 1–6",
        sentence=(
            "Under condition (11) J is bounded below along bounded constants, minimising sequences stay bounded, and "
            "a limit of one attains the infimum."
        ),
    ),
    Foundation(
        name="LGAN Lemma 7",
        sentence="Two minimisers that differ on the supports have a mean that is better, if φ or ϕ is strictly convex.",
    ),
    Foundation(
        name="condition (11) at a point",
        sentence="Where only fake mass is, slope(z) = p φ'(f(z)) > 0; where only real mass is, q ϕ'(f(z)) < 0.",
    ),
    Foundation(
        name="smooth bumps",
        sentence="B(t) = exp(1 − 1/(1 − t²)) is smooth, 1 with slope 0 at t = 0, and 0 from t = 1 on.",
    ),
    Foundation(
        name="integral of the gradient",
        sentence="f(y) − f(x) is the integral of ∇f·(y − x) over the segment from x to y, where f is Lipschitz on it.",
    ),
    Foundation(
        name="triangle inequality",
        sentence=(
            "‖y − x‖ ≤ ‖m − x‖ + ‖y − m‖; for the Euclidean norm with equality only where m lies on the segment from x "
            "to y, since its balls are round."
        ),
    ),
    Foundation(
        name="LGAN Lemma 13",
        sentence="Where f rises at its full constant from x to y, it does so between any two points of the segment.",
    ),
    Foundation(
        name="LGAN Lemma 14",
        sentence="If the derivative along a unit vector v equals ‖∇f‖, then ∇f = ‖∇f‖ v.",
    ),
    Foundation(
        name="Cauchy–Schwarz inequality",
        sentence="An inner product is at most the product of the norms, and equal to it for parallel vectors only.",
    ),
    Foundation(
        name="Urysohn's lemma",
        sentence=(
            "Between two disjoint compact sets of R^d a smooth function climbs from 0 around one to 1 around the other."
        ),
    ),
    Foundation(
        name="triangle inequality of W₁",
        sentence="W₁(P, R) ≤ W₁(P, Q) + W₁(Q, R): couplings of P with Q and of Q with R are glued along Q.",
    ),
    Foundation(
        name="Rademacher's theorem",
        sentence="A function on R^p that is locally Lipschitz is differentiable almost everywhere.",
    ),
    Foundation(
        name="metrics between distributions",
        sentence="Total variation and the root of the Jensen–Shannon divergence satisfy the triangle inequality.",
    ),
    Foundation(
        name="integration by parts",
        sentence="∫ p ⟨∇f, v⟩ = −∫ f div(p v): moving the points along v changes E f as ∂p = −div(p v) does.",
    ),
    Foundation(
        name="stability of the Cauchy law",
        sentence=(
            "The quotient of independent centred Gaussians is centred Cauchy, its scale the quotient of theirs; a "
            "weighted mean of independent centred Cauchy variables is again one, its scale the weighted mean of theirs."
        ),
    ),
    Foundation(
        name="linearisation at a fixed point",
        sentence=(
            "A map whose Jacobian at a fixed point has a spectral radius below 1 converges there at a linear rate from "
            "nearby; above 1 almost no start does. Of a flow the same is true of real parts below and above 0."
        ),
    ),
    Foundation(
        name="conserved quantities",
        sentence=(
            "A function whose derivative along a field is 0 is constant along its curves; one whose derivative is "
            "never positive never rises."
        ),
    ),
    Foundation(
        name="steps of a convergent sequence",
        sentence="The steps of a sequence that converges tend to 0.",
    ),
)
_BY_NAME = {foundation.name: foundation for foundation in FOUNDATIONS}


def get(name: str) -> Foundation:
    """The foundation of this name.

    Raises:
        InputError: unknown name; the nearest match is suggested.
    """
    if name not in _BY_NAME:
        raise unknown_name("foundation", name, _BY_NAME)
    return _BY_NAME[name]


def dependencies(claims: Iterable[Claim]) -> dict[str, tuple[str, ...]]:
    """What each result rests on, for these claims and every foundation beneath them; foundations first.

    Claims that are not among the given ones are left out, with what only they rest on.

    Raises:
        InputError: a name that is neither a claim nor a foundation, or results that rest on one another in a circle.
    """
    graph: dict[str, tuple[str, ...]] = {claim.id: claim.rests_on for claim in claims}
    pending = [name for names in graph.values() for name in names]
    while pending:
        name = pending.pop()
        if name in graph or _is_claim(name):
            continue
        graph[name] = get(name).rests_on
        pending.extend(graph[name])
    kept = {name: tuple(below for below in names if below in graph) for name, names in graph.items()}
    return {name: kept[name] for name in _bottom_up(kept)}


def _is_claim(name: str) -> bool:
    """Ids of claims have a dot after the paper and no blank; names of foundations are words."""
    return "." in name and " " not in name


def _bottom_up(graph: dict[str, tuple[str, ...]]) -> Sequence[str]:
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise InputError(f"results rest on one another in a circle: {' ← '.join(error.args[1])}.") from None
