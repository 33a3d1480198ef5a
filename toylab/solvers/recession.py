"""A loss seen from far away: two straight lines that meet in a kink.

A loss whose slopes stay between l ≥ 0 and u (logistic plus a share of Wasserstein) looks, on critic values that are
large against the width of its bend, like l t + (u − l) max(0, t − τ). The critic's scale then grows like 1/λ, and
Newton's method on the bend itself sees plateaus only; the interior point follows the kinked problem instead until
its central path is as wide as the bend, and goes on from there.
"""

from __future__ import annotations

import numpy as np

from toylab.losses import Hinge, Linear, Loss, LossPair, Reflected, Scaled, Shifted, SlopeRange, Total
from toylab.losses.inversion import invert_increasing


def recession_pair(losses: LossPair) -> LossPair | None:
    """The two straight-line losses, or None where a loss does not approach two finite slopes."""
    fake, real = losses.fake_loss.slope_range, losses.real_loss.slope_range.reflected()
    if not (_bends_between_lines(fake) and _bends_between_lines(real)):
        return None
    return LossPair(
        f"{losses.name} from far away",
        _lines(losses.fake_loss, fake),
        Reflected(_lines(Reflected(losses.real_loss), real)),
    )


def _bends_between_lines(slopes: SlopeRange) -> bool:
    return 0 <= slopes.lower < slopes.upper < np.inf


def _lines(loss: Loss, slopes: SlopeRange) -> Loss:
    middle = np.array([0.5 * (slopes.lower + slopes.upper)])
    bend = float(invert_increasing(loss.slope, middle)[0])
    kink = Scaled(Shifted(Hinge(), bend + 1.0), slopes.upper - slopes.lower)  # max(0, t − bend)
    return Total((Scaled(Linear(), slopes.lower), kink)) if slopes.lower > 0 else kink
