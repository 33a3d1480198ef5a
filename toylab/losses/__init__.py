"""Losses of the critic: φ on fake values, ϕ on real values, and the conditions on the pair.

`straight` and `elementary` hold the convex functions of one critic value, `composite` and `total` what is built from
them, `custom` what a user gives as functions, `pairs` the two losses of an objective together with condition (11)
and the compact form, `named` the losses of the literature, `expressions` the losses written as text.
"""

from toylab.losses.base import Kink, Loss, SlopeRange
from toylab.losses.composite import Raised, Reflected, Scaled, Shifted, Stretched
from toylab.losses.custom import Custom
from toylab.losses.elementary import Exponential, Softplus, Square, SquareRoot
from toylab.losses.expressions import get
from toylab.losses.flat import FlatMiddle
from toylab.losses.named import (
    aliases,
    exponential,
    hinge,
    logistic,
    names,
    quadratic,
    register,
    sqrt,
    unregister,
    wasserstein,
)
from toylab.losses.pairs import LossPair, combination
from toylab.losses.reading import from_json
from toylab.losses.straight import Affine, Hinge, Linear
from toylab.losses.total import Total

__all__ = [
    "Affine",
    "Custom",
    "Exponential",
    "FlatMiddle",
    "Hinge",
    "Kink",
    "Linear",
    "Loss",
    "LossPair",
    "Raised",
    "Reflected",
    "Scaled",
    "Shifted",
    "SlopeRange",
    "Softplus",
    "Square",
    "SquareRoot",
    "Stretched",
    "Total",
    "aliases",
    "combination",
    "exponential",
    "from_json",
    "get",
    "hinge",
    "logistic",
    "names",
    "quadratic",
    "register",
    "sqrt",
    "unregister",
    "wasserstein",
]
