"""Where the interior point starts: the best critic of one shape, with a plan that fits its slopes.

The shape is f(z) = m + t · ψ(z), ψ = half the distance to the reals, negative, on the fakes and half the distance to
the fakes on the reals; since both are at most ‖x − y‖, f has the constant t. Its scale t is chosen by the value on a
grid of decades, m so that both measures pull alike. The plan is the product of the reweighted marginals, so that
its outflow is the slope of the objective (dual feasible for disjoint supports) and a far outlier whose slope has
died away costs nothing; where less than a small share of the slope is left, the value is brought back to it, which
raises fakes and lowers reals and so stays feasible.
"""

from __future__ import annotations

import numpy as np
import torch

from toylab.errors import InputError
from toylab.losses.inversion import invert_increasing
from toylab.problem import LipschitzBall, LipschitzPenalty, Regularizer
from toylab.solvers.normalised_program import Iterate, NormalisedProgram

#: Scales t that are tried: half decades around 1.
_SCALES = 10.0 ** np.arange(-24.0, 24.25, 0.5)
#: Share of its slope at the best constant that a point keeps at least, so that the plan is positive.
_LEAST_SHARE = 1e-8
#: Sections of the interval of levels, and how often it is divided: to 2⁻⁴⁰ of its length.
_SECTIONS, _ROUNDS = 32, 8


def starting_point(program: NormalisedProgram) -> Iterate:
    """A strictly feasible iterate."""
    shape = _shape(program)
    t = _best_scale(program, shape)
    values = _brought_back(program, _level(program, t * shape) + t * shape)
    gamma = _plan(program, values)
    k = _constant(program.regularizer, t, float((gamma * program.distance).sum()))
    slack = k * program.distance + program.pairs.drop(values)
    slack = torch.where(program.moving, slack, torch.ones_like(slack))
    return Iterate(values, k, gamma, slack, program.kinks.start(values, 1.0))


def constant_start(program: NormalisedProgram) -> Iterate:
    """A constant critic with the plan φ'(c) p ⊗ q: feasible for the primal and, for disjoint supports, for the dual."""
    values = torch.full_like(program.fake_weights, program.best_constant)
    gamma = _plan(program, values)
    k = _constant(program.regularizer, 0.0, float((gamma * program.distance).sum()))
    slack = torch.where(program.moving, k * program.distance, torch.ones_like(program.distance))
    return Iterate(values, k, gamma, slack, program.kinks.start(values, 1.0))


def _shape(program: NormalisedProgram) -> torch.Tensor:
    """Ψ of the module's docstring, (N,); 0 at shared points."""
    near_reals, near_fakes = program.pairs.least(program.distance)
    shape = torch.zeros_like(program.fake_weights)
    shape[program.pairs.fakes] -= 0.5 * near_reals
    shape[program.pairs.reals] += 0.5 * near_fakes
    return shape


def _best_scale(program: NormalisedProgram, shape: torch.Tensor) -> float:
    """The t of the grid with the least J + R, 0 where no t beats the constant critic."""
    scales = _SCALES
    if isinstance(program.regularizer, LipschitzBall):
        scales = scales[scales <= 0.5 * program.regularizer.radius]
    values = program.best_constant + torch.as_tensor(scales, device=shape.device)[:, None] * shape
    totals = program.objective(values).cpu().numpy()
    with np.errstate(over="ignore"):
        totals = totals + np.array([program.regularizer.value(t) for t in scales])
    totals = np.nan_to_num(totals, nan=np.inf)
    best = int(np.argmin(totals)) if len(totals) else -1
    return float(scales[best]) if best >= 0 and totals[best] < program.constant_value else 0.0


def _level(program: NormalisedProgram, shape: torch.Tensor) -> float:
    """The m at which the slopes of m + shape sum to 0, near enough, by sections."""
    centre = program.best_constant
    reach = float(shape.abs().max())
    low, high = centre - reach, centre + reach
    grid = torch.arange(1, _SECTIONS, dtype=shape.dtype, device=shape.device)
    for _ in range(_ROUNDS if reach > 0 else 0):
        width = (high - low) / _SECTIONS
        slopes = program.plain_slope((low + width * grid)[:, None] + shape).sum(-1)
        # they grow with the level, up to rounding on a plateau; no number where both sides overflow
        below = int(torch.where(slopes > 0, 0.0, grid).max())
        low, high = low + width * below, low + width * (below + 1)
    return 0.5 * (low + high)


def _brought_back(program: NormalisedProgram, values: torch.Tensor) -> torch.Tensor:
    """The values with fakes raised, and reals lowered, to where the least share of their slope is left."""
    least = _LEAST_SHARE * program.slope_at_constant
    p, q, result = program.fake_weights, program.real_weights, values
    fake, real = program.losses.fake_loss, program.losses.real_loss
    if bool((fake.slope(values[p > 0]) < least).any()):
        lowest = float(invert_increasing(fake.slope, np.array([least]))[0])
        result = torch.where((p > 0) & (q == 0), result.clamp(min=lowest), result)
    if bool((real.slope(values[q > 0]) > -least).any()):
        highest = float(invert_increasing(real.slope, np.array([-least]))[0])
        result = torch.where((q > 0) & (p == 0), result.clamp(max=highest), result)
    return result


def _plan(program: NormalisedProgram, values: torch.Tensor) -> torch.Tensor:
    """Reweighted marginals, multiplied; kept above a small share of their slope at the best constant."""
    fakes, reals, least = program.pairs.fakes, program.pairs.reals, _LEAST_SHARE * program.slope_at_constant
    a = program.fake_weights[fakes] * torch.clamp(program.losses.fake_loss.slope(values[fakes]), min=least)
    b = program.real_weights[reals] * torch.clamp(-program.losses.real_loss.slope(values[reals]), min=least)
    mass = program.pairs.products(a, b / torch.maximum(a.sum(), b.sum()))
    return torch.where(program.moving, mass, 0.0 * mass)


def _constant(regularizer: Regularizer, t: float, cost: float) -> float:
    """A constant with room above t, and with R'(k) = C where that is larger."""
    match regularizer:
        case LipschitzBall(radius=radius):
            return radius
        case LipschitzPenalty(weight=weight, target=target):
            return max(2.0 * t, target + cost / (2.0 * weight))
    raise InputError(f"the interior point does not know the regulariser {type(regularizer).__name__}.")
