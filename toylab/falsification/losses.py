"""Strategies of losses and regularisers, by kind; everything drawn can be written as JSON and read again."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from toylab import losses
from toylab.claims.kinds import LossKind, RegularizerKind
from toylab.losses import LossPair
from toylab.regularizers import LipschitzBall, LipschitzPenalty, Regularizer, Unrestricted

_CURVED = (losses.logistic(), losses.sqrt(), losses.exponential())
_FACTORS = (1.0, 0.5, 2.0)
_STRAIGHT = losses.wasserstein()
_FLAT = LossPair.symmetric("flat in the middle", losses.FlatMiddle())

_curved = st.sampled_from(_CURVED)
_factors = st.sampled_from(_FACTORS)

_FIXED: dict[LossKind, Sequence[LossPair]] = {
    LossKind.WASSERSTEIN: (_STRAIGHT,),
    LossKind.CURVED: _CURVED,
    LossKind.COMPOSED: (
        losses.logistic().shifted(0.5),
        losses.logistic().weighted(fake=2.0),
        losses.sqrt().rescaled(2.0),
        losses.exponential().weighted(real=3.0),
        LossPair("t against exp(-t)", losses.Linear(), losses.Reflected(losses.Exponential())),
    ),
    LossKind.HINGE: (losses.hinge(),),
    LossKind.LEAST_SQUARES: (losses.quadratic(0.0, 1.0), losses.quadratic(-1.0, 1.0), losses.quadratic(0.0, 0.0)),
    LossKind.FLAT: (
        _FLAT,
        *(_FLAT.rescaled(width) for width in (2.0, 4.0, 8.0)),  # straight on |t| ≤ 2, 4, 8
        *(losses.combination((a, _FLAT), (1.0, _STRAIGHT)) for a in _FACTORS[:2]),
        losses.combination((1.0, _FLAT), (0.5, _FLAT.rescaled(4.0))),
    ),
    LossKind.UNATTAINED: (
        LossPair("t against -2t", losses.Linear(), losses.Scaled(losses.Reflected(losses.Linear()), 2.0)),
        LossPair(
            "softplus(t) + t against softplus(-t)",
            losses.Total((losses.Softplus(), losses.Linear())),
            losses.Reflected(losses.Softplus()),
        ),
    ),
}


def loss_pairs(kind: LossKind) -> st.SearchStrategy[LossPair]:
    """Pairs of losses of one kind, the simplest first."""
    if kind is LossKind.COMBINED:
        two = st.sampled_from([(a, b) for i, a in enumerate(_CURVED) for b in _CURVED[i + 1 :]])
        return st.builds(lambda pair, a, b: losses.combination((a, pair[0]), (b, pair[1])), two, _factors, _factors)
    if kind is LossKind.MIXED:
        return st.builds(lambda pair, a: losses.combination((a, _STRAIGHT), (1.0, pair)), _curved, _factors)
    return st.sampled_from(_FIXED[kind])


_WEIGHTS = (1.0, 0.5, 0.1, 0.25, 2.0, 10.0, 0.01)
_RADII = (1.0, 0.5, 2.0, 0.25, 4.0)


def regularizers(kind: RegularizerKind) -> st.SearchStrategy[Regularizer]:
    """Regularisers of one kind, the simplest first."""
    weights = st.sampled_from(_WEIGHTS)
    match kind:
        case RegularizerKind.PENALTY:
            return weights.map(LipschitzPenalty)
        case RegularizerKind.TARGET:
            return st.builds(LipschitzPenalty, weights, st.sampled_from([1.0, 0.5, 0.25]))
        case RegularizerKind.BALL:
            return st.sampled_from(_RADII).map(LipschitzBall)
    return st.just(Unrestricted())
