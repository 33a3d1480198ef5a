"""Which pairs are worth listing, read off the plan and the slacks of an iterate.

Connectivity matters, not slack alone: the pairs that are nearly tight lie along the same rays, and potentials of
points that no listed pair joins drift apart. The maximum spanning forest of the plan joins them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

_TINY = 1e-300


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


def ranks(group: np.ndarray, by_key: np.ndarray) -> np.ndarray:
    """Ranks (E,) of the entries by their keys within their group, from 0.

    Args:
        group: (E,), of each entry.
        by_key: (E,), the entries in the order of their keys.
    """
    numbers = np.arange(len(by_key))
    ordered = sparse.coo_array((by_key, (group[by_key], numbers))).tocsr()  # sorts by group and keeps the order
    rank = np.empty(len(by_key), dtype=np.intp)
    places: np.ndarray = ordered.data
    rank[places] = numbers - np.repeat(ordered.indptr[:-1], np.diff(ordered.indptr))
    return rank


def smallest(groups: Sequence[np.ndarray], key: np.ndarray, count: int) -> np.ndarray:
    """Mask (E,) of the entries with the `count` smallest keys of their group, of any of the groups (E,) they are in."""
    mask = np.zeros(len(key), dtype=bool)
    if len(key):
        by_key: np.ndarray = np.argsort(key)
        for group in groups:
            mask |= ranks(group, by_key) < count
    return mask


def smallest_apart(group: np.ndarray, cell: np.ndarray, key: np.ndarray, count: int) -> np.ndarray:
    """Mask (E,) of the entries with the `count` smallest keys of their group, no two of them of one cell.

    Args:
        group: (E,), of each entry.
        cell: (E,), another division of the entries.
        key: (E,).
        count: entries of every group at most.
    """
    mask = np.zeros(len(key), dtype=bool)
    if len(key):
        by_key = np.argsort(key)
        places = group * (np.int64(cell.max()) + 1) + cell
        first = by_key[np.unique(places[by_key], return_index=True)[1]]
        mask[first] = smallest((group[first],), key[first], count)
    return mask


def to_refine(  # noqa: PLR0917 - the arrays of the pairs
    rows: np.ndarray, columns: np.ndarray, gamma: np.ndarray, slack: np.ndarray, shape: tuple[int, int], count: int
) -> np.ndarray:
    """Mask (E,) of the pairs whose children a finer level begins with.

    The forest, and of every row and column the `count` smallest slacks and the `count` smallest slacks for their mass.
    """
    ratio = slack / np.maximum(gamma, _TINY)
    kept = forest(rows, columns, gamma, shape)
    return kept | smallest((rows, columns), ratio, count) | smallest((rows, columns), slack, count)


def to_keep(  # noqa: PLR0917 - the arrays of the pairs
    rows: np.ndarray,
    columns: np.ndarray,
    gamma: np.ndarray,
    slack: np.ndarray,
    shape: tuple[int, int],
    count: int,
    band: float,
) -> np.ndarray:
    """Mask (E,) of the pairs that stay listed.

    Of every row and column up to `count` pairs with the smallest slack for their mass whose slack is at most `band`
    times what is typical there; two in any case; and the forest.
    """
    ratio = slack / np.maximum(gamma, _TINY)
    by_ratio: np.ndarray = np.argsort(ratio)
    rank = np.minimum(ranks(rows, by_ratio), ranks(columns, by_ratio))
    typical = _mean(rows, gamma, slack, shape[0])[rows] + _mean(columns, gamma, slack, shape[1])[columns]
    kept = (rank < count) & (slack < band * typical)
    return kept | (rank < 2) | forest(rows, columns, gamma, shape)


def _mean(group: np.ndarray, gamma: np.ndarray, slack: np.ndarray, size: int) -> np.ndarray:
    """The mean slack of every group, weighted by mass."""
    total = np.bincount(group, weights=gamma, minlength=size)
    return np.bincount(group, weights=gamma * slack, minlength=size) / np.maximum(total, _TINY)


def children(
    rows: np.ndarray, columns: np.ndarray, row_parents: np.ndarray, column_parents: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every pair of a child of a pair's row and a child of its column, and the pair that each comes from."""
    row_order, row_start, row_count = _grouped(row_parents)
    column_order, column_start, column_count = _grouped(column_parents)
    each = row_count[rows] * column_count[columns]
    pair = np.repeat(np.arange(len(rows)), each)
    within = np.arange(len(pair)) - np.repeat(np.cumsum(each) - each, each)
    width = column_count[columns[pair]]
    return (
        row_order[row_start[rows[pair]] + within // width],
        column_order[column_start[columns[pair]] + within % width],
        pair,
    )


def _grouped(parents: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Children in the order of their parents, where those of each parent begin, and how many they are."""
    count = np.bincount(parents)
    return np.argsort(parents, kind="stable"), np.cumsum(count) - count, count
