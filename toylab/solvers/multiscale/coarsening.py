"""Coarser and coarser copies of a weighted point cloud: cells of a kd-tree, each a point at its centre of mass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Points of a cell that become one point of the next coarser level.
_CHILDREN = 4


@dataclass(frozen=True, eq=False)
class Level:
    """One copy of a cloud.

    Attributes:
        points: (c, d), centres of mass of the cells.
        weights: (c,), their masses.
        parents: (c,), the cell of the next coarser level that holds each cell; the cell itself at the coarsest.
    """

    points: np.ndarray
    weights: np.ndarray
    parents: np.ndarray


def levels(points: np.ndarray, weights: np.ndarray, coarsest: int) -> list[Level]:
    """The cloud and its coarser copies, finest first, until at most `coarsest` cells are left.

    Args:
        points: (n, d).
        weights: (n,), positive.
        coarsest: cells of the coarsest copy at most, at least 1.
    """
    position = np.empty(len(points), dtype=np.intp)
    position[kd_order(points)] = np.arange(len(points))
    result, size, own = [], 1, position
    centres, masses = points, weights
    while len(centres) > coarsest:
        size *= _CHILDREN
        result.append(Level(centres, masses, own // _CHILDREN))
        cell = position // size
        masses = np.bincount(cell, weights=weights)
        sums = [np.bincount(cell, weights=weights * column) for column in points.T]
        centres = np.stack(sums, axis=1) / masses[:, None]
        own = np.arange(len(centres))
    result.append(Level(centres, masses, np.arange(len(centres))))
    return result


def on_level(cloud: list[Level], number: int) -> Level:
    """A level of a cloud; one with fewer levels stays as it is above its coarsest."""
    if number < len(cloud):
        return cloud[number]
    return Level(cloud[-1].points, cloud[-1].weights, np.arange(len(cloud[-1].points)))


def kd_order(points: np.ndarray) -> np.ndarray:
    """An order (n,) of points (n, d) in which every aligned block of 2^j is one cell of a kd-tree."""
    order = np.arange(len(points))
    block = 1 << (len(points) - 1).bit_length()
    while block > 1:
        cell = np.arange(len(points)) // block
        placed, starts = points[order], np.arange(0, len(points), block)
        extent = np.maximum.reduceat(placed, starts) - np.minimum.reduceat(placed, starts)
        axis = extent.argmax(axis=1)[cell]
        order = order[np.lexsort((placed[np.arange(len(points)), axis], cell))]
        block //= 2
    return order
