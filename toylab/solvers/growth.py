"""How far a Newton step may move a value into the direction in which its loss grows.

Far out a quadratic model says nothing about an exponential, and too much about a straight line: a value lands a little
beyond its best constant where the loss explodes, and moves by a few units, or as far as others are, where it does not.
"""

from __future__ import annotations

from typing import Any

from array_api_compat import array_namespace

from toylab.losses import SlopeRange

#: Critic units that a point may move in one step beyond what its size suggests.
LARGEST_GROWTH = 4.0
#: A value may move by this share of the farthest one where its loss grows linearly.
_SHARE_OF_FARTHEST = 0.1
#: Where a loss grows without bound a value lands no further than this beyond its best constant, in critic units.
_LANDING = 0.3


def growth_room(slopes: SlopeRange, above: Any, farthest: float) -> Any:
    """How far values may go up in one step; None where they may go as far as they like.

    Args:
        slopes: of a loss that grows upwards.
        above: NumPy or torch array, how far the values are above their best constant.
        farthest: the largest distance of any value from it.

    Returns:
        An array like `above`, positive, or None.
    """
    if slopes.lower == slopes.upper:
        return None
    xp = array_namespace(above)
    none = xp.zeros_like(above)
    below = xp.maximum(-above, none)
    if slopes.upper == float("inf"):
        return xp.where(above > _LANDING, none + LARGEST_GROWTH, below + _LANDING)
    # a loss that grows like a straight line does no harm further out, or as far out as others are
    return below + xp.abs(above) + (LARGEST_GROWTH + _SHARE_OF_FARTHEST * farthest)
