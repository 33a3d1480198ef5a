"""The kinks of the losses on a shortlist of pairs: their slacks on the central path.

`kinked_terms` has what a kink is. Of a kink at τ of jump c, the slacks a, b > 0 and multipliers α + β = c with
a − b = t − τ and α a = β b = π are a formula of the critic value t. So whatever is done to the values between
two steps (a finer level, other pairs), their kinks stay on the central path.
"""

from __future__ import annotations

import numpy as np
import torch

from toylab.solvers.kinked_terms import KinkAim, KinkedTerms, KinkSlacks

#: Share of all products on the central path that belongs to the kinks, where there are any.
_SHARE = 0.5
_TINY = 1e-300


def on_path(terms: KinkedTerms, values: np.ndarray, products: float) -> KinkSlacks:
    """Slacks and multipliers on the central path for these critic values.

    Args:
        terms: the kinks.
        values: (N,).
        products: Σ α a + β b, not negative.
    """
    beyond = torch.from_numpy(values)[terms.points] - terms.at
    if not len(terms):
        return KinkSlacks(beyond, beyond, beyond, beyond)
    aim = path(terms, products).above
    # c a b = π (a + b): of both roots of a quadratic the one without cancellation, and the other from their product
    reach, width = torch.hypot(beyond, 2.0 * aim / terms.jumps), 2.0 * aim / terms.jumps
    larger = 0.5 * (beyond.abs() + width + reach)
    smaller = 0.5 * width * (1.0 + width / (reach + beyond.abs()).clamp(min=_TINY))
    above, below = torch.where(beyond > 0, larger, smaller), torch.where(beyond > 0, smaller, larger)
    total = (above + below).clamp(min=_TINY)
    return KinkSlacks(above, below, terms.jumps * (below / total), terms.jumps * (above / total))


def path(terms: KinkedTerms, products: float) -> KinkAim:
    """The products of every kink on the central path, by its jump, when all of them sum to this."""
    half = terms.jumps * (0.5 * products / float(terms.jumps.sum())) if len(terms) else terms.jumps
    return KinkAim(half, half)


def tight(terms: KinkedTerms, slacks: KinkSlacks, values: np.ndarray) -> KinkSlacks:
    """The same multipliers with the least slacks that these values have."""
    beyond = torch.from_numpy(values)[terms.points] - terms.at
    return KinkSlacks(beyond.clamp(min=0.0), (-beyond).clamp(min=0.0), slacks.alpha, slacks.beta)


def share(terms: KinkedTerms) -> float:
    """Share of all products on the central path that belongs to the kinks."""
    return _SHARE if len(terms) else 0.0


def beside(terms: KinkedTerms, values: np.ndarray, products: float) -> KinkSlacks:
    """Slacks on the central path for critic values (N,), beside products of the pairs that sum to this."""
    of_all = share(terms)
    return on_path(terms, values, products * of_all / (1.0 - of_all))
