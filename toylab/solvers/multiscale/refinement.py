"""Which pairs of a finer level are worth listing, read off the plan and the slacks of the level above.

Connectivity matters, not slack alone: the pairs that are nearly tight lie along the same rays, and potentials of
points that no listed pair joins drift apart. The maximum spanning forest of the plan joins them.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph


def forest(rows: np.ndarray, columns: np.ndarray, mass: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Mask (E,) of a maximum-mass spanning forest of the bipartite graph of distinct pairs."""
    order = np.argsort(-mass, kind="stable")
    rank = np.empty(len(mass))
    rank[order] = np.arange(1, len(mass) + 1)
    size = shape[0] + shape[1]
    graph = sparse.csr_array((rank, (rows, shape[0] + columns)), shape=(size, size))
    tree = csgraph.minimum_spanning_tree(graph)
    kept = np.zeros(len(mass), dtype=bool)
    kept[order[tree.data.astype(np.intp) - 1]] = True
    return kept


def smallest(group: np.ndarray, key: np.ndarray, count: int) -> np.ndarray:
    """Mask (E,) of the entries with the `count` smallest keys of their group."""
    order = np.lexsort((key, group))
    ordered = group[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    mask = np.zeros(len(key), dtype=bool)
    mask[order[rank < count]] = True
    return mask


def children(
    rows: np.ndarray, columns: np.ndarray, row_parents: np.ndarray, column_parents: np.ndarray, which: bool = False
) -> tuple[np.ndarray, ...]:
    """Every pair of a child of a pair's row and a child of its column."""
    row_order, row_start, row_count = _grouped(row_parents)
    column_order, column_start, column_count = _grouped(column_parents)
    each = row_count[rows] * column_count[columns]
    pair = np.repeat(np.arange(len(rows)), each)
    within = np.arange(len(pair)) - np.repeat(np.cumsum(each) - each, each)
    width = column_count[columns[pair]]
    ends = (
        row_order[row_start[rows[pair]] + within // width],
        column_order[column_start[columns[pair]] + within % width],
    )
    return (*ends, pair) if which else ends


def _grouped(parents: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Children in the order of their parents, where those of each parent begin, and how many they are."""
    count = np.bincount(parents)
    return np.argsort(parents, kind="stable"), np.cumsum(count) - count, count
