"""Losses of the critic: φ on fake values, ϕ on real values, and condition (11) on the pair.

`elementary` holds the convex functions of one critic value, `composite` what is built from them,
`pairs` the two losses of an objective together with condition (11) and the registry of names.
"""

from toylab.losses.base import Kink, Loss, SlopeRange
from toylab.losses.composite import Reflected, Scaled, Shifted, Total
from toylab.losses.elementary import Exponential, Hinge, Linear, Softplus, Square, SquareRoot
from toylab.losses.pairs import (
    LossPair,
    combination,
    exponential,
    from_json,
    get,
    hinge,
    logistic,
    names,
    quadratic,
    sqrt,
    wasserstein,
)

__all__ = [
    "Exponential",
    "Hinge",
    "Kink",
    "Linear",
    "Loss",
    "LossPair",
    "Reflected",
    "Scaled",
    "Shifted",
    "SlopeRange",
    "Softplus",
    "Square",
    "SquareRoot",
    "Total",
    "combination",
    "exponential",
    "from_json",
    "get",
    "hinge",
    "logistic",
    "names",
    "quadratic",
    "sqrt",
    "wasserstein",
]
