"""Losses as disciplined-convex expressions of cvxpy: exact ones, and quadratic models around given values.

cvxpy is imported by whoever calls these functions; nothing here loads it before.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import numpy as np

from toylab.errors import Advice, InputError
from toylab.losses import (
    Affine,
    Custom,
    Exponential,
    FlatMiddle,
    Hinge,
    Linear,
    Loss,
    Raised,
    Reflected,
    Scaled,
    Shifted,
    Softplus,
    Square,
    SquareRoot,
    Stretched,
    Total,
)


@singledispatch
def expression(loss: Loss, t: Any) -> Any:
    """φ(t) as a cvxpy expression of a vector t.

    Raises:
        InputError: a loss for which there is none.
    """
    raise InputError(f"the reference solver has no cvxpy expression for {type(loss).__name__}.")


@expression.register
def _(loss: Custom, t: Any) -> Any:
    raise InputError(
        f"the loss {loss.name!r} is made of Python functions, which the reference solver cannot write as a conic "
        "program;",
        Advice(python="use toylab.solvers.InteriorPoint().", command="use --solver interior-point."),
    )


@expression.register
def _(loss: Linear, t: Any) -> Any:
    return t


@expression.register
def _(loss: Affine, t: Any) -> Any:
    return loss.rate * t + loss.constant


@expression.register
def _(loss: Softplus, t: Any) -> Any:
    import cvxpy as cp

    return cp.logistic(t)


@expression.register
def _(loss: SquareRoot, t: Any) -> Any:
    import cvxpy as cp

    return t + cp.norm(cp.vstack([t, np.ones(t.shape)]), axis=0)


@expression.register
def _(loss: Exponential, t: Any) -> Any:
    import cvxpy as cp

    return cp.exp(t)


@expression.register
def _(loss: Hinge, t: Any) -> Any:
    import cvxpy as cp

    return cp.pos(1.0 + t)


@expression.register
def _(loss: FlatMiddle, t: Any) -> Any:
    """exp(t + 1) up to −1 and t + 2 beyond is the least e^u + max(t + 1 − u, 0) over u; beyond 1 a square is added."""
    import cvxpy as cp

    u = cp.Variable(t.shape)
    return cp.exp(u) + cp.pos(t + 1.0 - u) + 0.5 * cp.square(cp.pos(t - 1.0))


@expression.register
def _(loss: Square, t: Any) -> Any:
    import cvxpy as cp

    return cp.square(t - loss.target)


@expression.register
def _(loss: Reflected, t: Any) -> Any:
    return expression(loss.loss, -t)


@expression.register
def _(loss: Scaled, t: Any) -> Any:
    return loss.factor * expression(loss.loss, t)


@expression.register
def _(loss: Shifted, t: Any) -> Any:
    return expression(loss.loss, t - loss.offset)


@expression.register
def _(loss: Stretched, t: Any) -> Any:
    return expression(loss.loss, t / loss.unit)


@expression.register
def _(loss: Raised, t: Any) -> Any:
    return expression(loss.loss, t)  # another value, the same optimum


@expression.register
def _(loss: Total, t: Any) -> Any:
    return sum(expression(term, t) for term in loss.terms)


def quadratic_model(
    loss: Loss, weights: np.ndarray, change: Any, values: np.ndarray, *, unit: float, centre: float, reach: float
) -> Any:
    """Σ weights · φ(centre + unit · g) / unit to second order around given values, up to a constant; kinks are exact.

    Args:
        loss: φ.
        weights: (n,).
        change: g, a cvxpy vector (n,).
        values: (n,), critic values around which the smooth part of φ is developed.
        unit: the unit of g in critic values.
        centre: the critic value of g = 0.
        reach: |g| that the model has to cover; a kink beyond it is a straight line.
    """
    import cvxpy as cp

    smooth = loss.smooth
    slope, curvature = smooth.slope(values), np.maximum(smooth.curvature(values), 0.0)
    step = change - (values - centre) / unit
    model = (weights * slope) @ change + 0.5 * unit * cp.sum_squares(cp.multiply(np.sqrt(weights * curvature), step))
    for kink in loss.kinks:
        at = (kink.at - centre) / unit
        if at <= -reach:
            model += kink.jump * (weights @ change)
        elif at < reach:
            model += kink.jump * (weights @ cp.pos(change - at))
    return model
