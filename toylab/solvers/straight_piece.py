"""Where both losses are straight lines the problem is Wasserstein's, as long as the critic fits on them.

On an interval of critic values with φ' = s and ϕ' = −s the objective is s (E_fake f − E_real f). If k* times a
Kantorovich potential fits into the interval, it is optimal there, and by convexity everywhere: the hinge equals
Wasserstein once the margin holds the critic (THEORY section 2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toylab.losses import Loss, LossPair


@dataclass(frozen=True, kw_only=True)
class StraightPiece:
    """The interval of critic values on which φ' = slope and ϕ' = −slope.

    Attributes:
        low: its lower end, a kink or −∞.
        high: its upper end, a kink or ∞.
        slope: s > 0.
    """

    low: float
    high: float
    slope: float

    def shift(self, values: np.ndarray) -> float | None:
        """What to add to critic values so that they fit, as far from both ends as can be; None where they do not."""
        least, most = float(values.min()), float(values.max())
        if most - least > self.high - self.low:
            return None
        if np.isinf(self.low) and np.isinf(self.high):
            return 0.0
        if np.isinf(self.low):
            return self.high - most - (most - least)
        if np.isinf(self.high):
            return self.low - least + (most - least)
        return 0.5 * (self.low + self.high - least - most)


def straight_piece(losses: LossPair) -> StraightPiece | None:
    """The straight piece around the best constant, or None where a loss bends there."""
    centre = losses.best_constant
    if centre is None or not (is_straight(losses.fake_loss) and is_straight(losses.real_loss)):
        return None
    kinks = [kink.at for loss in (losses.fake_loss, losses.real_loss) for kink in loss.kinks]
    if centre in kinks:
        return None
    low = max((at for at in kinks if at < centre), default=-np.inf)
    high = min((at for at in kinks if at > centre), default=np.inf)
    at = np.array([centre])
    slope, opposite = float(losses.fake_loss.slope(at)[0]), -float(losses.real_loss.slope(at)[0])
    same = abs(slope - opposite) <= 1e-15 * slope
    return StraightPiece(low=low, high=high, slope=slope) if slope > 0 and same else None


def is_straight(loss: Loss) -> bool:
    """Whether a loss has one slope between its kinks."""
    slopes = loss.slope_range
    jumps = sum(kink.jump for kink in loss.kinks)
    return abs(slopes.upper - slopes.lower - jumps) <= 1e-12 * jumps
