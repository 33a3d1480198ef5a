"""The points on which exact solvers are timed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from toylab import losses, zoo
from toylab.errors import InputError, unknown_name
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty


def _separated(rng: np.random.Generator, n: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    """One Gaussian against two far ones."""
    side = np.where(rng.random(m) < 0.5, -1.0, 1.0)
    centres = np.stack([np.full(m, 4.0), 2.0 * side], axis=1)
    return rng.normal(size=(n, 2)), centres + 0.5 * rng.normal(size=(m, 2))


def _overlapping(rng: np.random.Generator, n: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    """Two Gaussians that share most of their mass."""
    return rng.normal(size=(n, 2)), rng.normal(size=(m, 2)) + np.array([0.5, 0.0])


#: The arrangements of the targets.
SHAPES: dict[str, Callable[[np.random.Generator, int, int], tuple[np.ndarray, np.ndarray]]] = {
    "separated": _separated,
    "overlapping": _overlapping,
}


def check_shape(name: str) -> None:
    """Raise InputError unless the name is one of SHAPES or of a zoo problem with as many points as one likes."""
    if name in SHAPES:
        return
    if name not in zoo.names():
        raise unknown_name("shape", name, [*SHAPES, *zoo.names()])
    if zoo.get(name).default_size is None:
        raise InputError(f"{name!r} is a problem of fixed points, and the bench needs shapes of any number of them.")


def measures(shape: str, n: int, m: int, *, weighted: bool, seed: int) -> tuple[DiscreteMeasure, DiscreteMeasure]:
    """The fake and real points.

    Args:
        shape: of SHAPES or of the zoo.
        n: fake points.
        m: real points.
        weighted: exponentially distributed weights instead of equal ones.
        seed: of the points and the weights.
    """
    rng = np.random.default_rng([seed, n, m])
    if shape in SHAPES:
        fake, real = SHAPES[shape](rng, n, m)
    else:
        whole = zoo.load(shape, n=max(n, m), seed=seed)
        fake, real = (rng.permutation(side.points)[:count] for side, count in ((whole.fake, n), (whole.real, m)))
    p, q = (rng.exponential(size=len(points)) if weighted else None for points in (fake, real))
    return DiscreteMeasure(fake, p), DiscreteMeasure(real, q)


def critic_problem(fake: DiscreteMeasure, real: DiscreteMeasure, loss: str, weight: float) -> CriticProblem:
    """The problem of these points with a loss under λ k²."""
    return CriticProblem(fake, real, losses.get(loss), LipschitzPenalty(weight))
