"""Statements that compare several solved problems; one file a theme.

`intervals` computes with bounds, `readings` says what a certificate proves about V and k* and turns comparisons into
evidence, `hypotheses` says what is asked of a family, `diracs` holds critics written down by hand for the controls.
"""

from toylab.claims.families.approach import CONSTANT_VANISHES, FALLS_MONOTONICALLY
from toylab.claims.families.balls import ATTAINED_IN_BALL, BALL_SLOPE, FALLS_IN_RADIUS, LEMMA_15
from toylab.claims.families.divergence import DIVERGENCE, DIVERGENCE_CONVEX, DIVERGENCE_NOISE, METRIC
from toylab.claims.families.generator_parameter import PARALLEL_LINES, W1_CONTINUOUS
from toylab.claims.families.moved_point import VALUE_DERIVATIVE
from toylab.claims.families.penalty_weight import CONSTANT_ALONG_WEIGHT, HINGE_PLATEAU, VALUE_ALONG_WEIGHT
from toylab.claims.families.same_support import SAME_SUPPORT_LIMIT
from toylab.claims.families.symmetries import ISOMETRIES, SCALING, SWAP

#: Every claim on families, in the order of reports.
FAMILY_CLAIMS = (
    VALUE_ALONG_WEIGHT,
    CONSTANT_ALONG_WEIGHT,
    HINGE_PLATEAU,
    SCALING,
    ISOMETRIES,
    SWAP,
    DIVERGENCE,
    DIVERGENCE_CONVEX,
    DIVERGENCE_NOISE,
    METRIC,
    SAME_SUPPORT_LIMIT,
    CONSTANT_VANISHES,
    FALLS_MONOTONICALLY,
    BALL_SLOPE,
    LEMMA_15,
    ATTAINED_IN_BALL,
    FALLS_IN_RADIUS,
    W1_CONTINUOUS,
    PARALLEL_LINES,
    VALUE_DERIVATIVE,
)

__all__ = ["FAMILY_CLAIMS"]
