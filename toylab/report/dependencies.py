"""The graph of results as a picture: which statement rests on which, in layers from left to right."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression

from toylab.claims import Claim
from toylab.claims.foundations import dependencies

#: Size of a box, and the free space around it, in pixels.
_WIDTH, _HEIGHT, _BETWEEN, _GAP = 150, 40, 44, 12
#: What a line that passes through a layer takes of its height.
_LINE = 14
_MARGIN = 4
_SWEEPS = 24
#: Letters in one line of a box.
_LETTERS = 20

Graph = Mapping[str, Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Box:
    """A result in the picture.

    Attributes:
        name: id of a claim or name of a foundation.
        lines: the name, broken to fit.
        x: left edge.
        y: upper edge.
    """

    name: str
    lines: tuple[str, ...]
    x: float
    y: float
    width: float = _WIDTH
    height: float = _HEIGHT


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line from a result to one that rests on it, or from a false one to the one in its place.

    Attributes:
        start: name of the result at its start.
        end: name of the result at its end, where the arrow is.
        path: an SVG path.
        superseded: whether `end` takes the place of `start`.
    """

    start: str
    end: str
    path: str
    superseded: bool = False


@dataclass(frozen=True, kw_only=True)
class Picture:
    """Boxes and lines, in pixels."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    width: float
    height: float


def picture(claims: Iterable[Claim]) -> Picture:
    """Lay out the results that claims rest on.

    Every result stands in the layer after the last one that it rests on, and what rests on nothing directly
    before its first use. A line passes the layers between in gaps that are kept for it; order and heights follow
    the neighbours (barycentres, then isotonic regression, which keeps the order and the distances).
    """
    chosen = list(claims)
    graph = dependencies(chosen)
    layer = _layers(graph)
    chains = [_chain(below, name, layer) for name, names in graph.items() for below in names]
    replaced = [_chain(c.id, c.superseded_by, layer) for c in chosen if c.superseded_by in graph]
    near = _neighbours([*chains, *replaced])
    columns = _ordered(layer, [*chains, *replaced], near)
    heights = _heights(columns, near)
    top = min((y - _extent(node) / 2 for node, y in heights.items()), default=0.0) - _MARGIN
    middle = {node: y - top for node, y in heights.items()}
    boxes = tuple(
        Box(name=name, lines=_broken(name), x=_left(layer[name]), y=middle[name] - _HEIGHT / 2) for name in graph
    )
    lines = [
        Line(start=str(chain[0]), end=str(chain[-1]), path=_path(chain, layer, middle), superseded=chain in replaced)
        for chain in [*chains, *replaced]
    ]
    return Picture(
        boxes=boxes,
        lines=tuple(lines),
        width=_left(max(layer.values(), default=0)) + _WIDTH + _MARGIN,
        height=max((y + _extent(node) / 2 for node, y in middle.items()), default=0.0) + _MARGIN,
    )


def _layers(graph: Graph) -> dict[str, int]:
    """The layer of each result: longest path; sources move up to their first use."""
    layer: dict[str, int] = {}
    for name, names in graph.items():  # foundations first
        layer[name] = max((layer[below] + 1 for below in names), default=0)
    for name, names in graph.items():
        uses = [layer[above] for above, below in graph.items() if name in below]
        if not names and uses:
            layer[name] = min(uses) - 1
    return layer


Node = str | tuple[str, str, int]
Chain = list[Node]


def _chain(start: str, end: str, layer: Mapping[str, int]) -> Chain:
    """The nodes a line passes: its ends, and a place in every layer between."""
    step = 1 if layer[start] < layer[end] else -1
    return [start, *((start, end, between) for between in range(layer[start] + step, layer[end], step)), end]


def _column(node: Node, layer: Mapping[str, int]) -> int:
    return layer[node] if isinstance(node, str) else node[2]


def _neighbours(chains: Sequence[Chain]) -> dict[Node, list[Node]]:
    near: dict[Node, list[Node]] = {}
    for chain in chains:
        for one, other in itertools.pairwise(chain):
            near.setdefault(one, []).append(other)
            near.setdefault(other, []).append(one)
    return near


def _ordered(
    layer: Mapping[str, int], chains: Sequence[Chain], near: Mapping[Node, Sequence[Node]]
) -> list[list[Node]]:
    """The nodes of each layer from top to bottom, few lines crossing."""
    columns: list[list[Node]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
    passing = [node for chain in chains for node in chain[1:-1]]
    for node in [*layer, *passing]:
        columns[_column(node, layer)].append(node)
    place = {node: i - len(column) / 2 for column in columns for i, node in enumerate(column)}
    for sweep in range(_SWEEPS):
        for column in columns if sweep % 2 == 0 else reversed(columns):
            column.sort(key=lambda node: np.mean([place[other] for other in near.get(node, [node])]))
            place.update({node: i - len(column) / 2 for i, node in enumerate(column)})
    return columns


def _extent(node: Node) -> float:
    return _HEIGHT + _GAP if isinstance(node, str) else _LINE


def _heights(columns: Sequence[Sequence[Node]], near: Mapping[Node, Sequence[Node]]) -> dict[Node, float]:
    """The middle of each node: as near as the order allows to the mean of its neighbours."""
    middle: dict[Node, float] = {}
    stacks = []
    for column in columns:
        extents = np.array([_extent(node) for node in column])
        stacks.append(np.cumsum(extents) - extents / 2)
        middle.update(zip(column, stacks[-1] - extents.sum() / 2, strict=True))
    for sweep in range(_SWEEPS):
        order = range(len(columns)) if sweep % 2 == 0 else reversed(range(len(columns)))
        for i in order:
            wanted = np.array([np.mean([middle[o] for o in near.get(node, [node])]) for node in columns[i]])
            placed = isotonic_regression(wanted - stacks[i]).x + stacks[i]
            middle.update({node: float(y) for node, y in zip(columns[i], placed, strict=True)})
    return middle


def _left(layer: int) -> float:
    return _MARGIN + layer * (_WIDTH + _BETWEEN)


def _path(chain: Chain, layer: Mapping[str, int], middle: Mapping[Node, float]) -> str:
    """A smooth line along a chain, from box edge to box edge, level where it passes a layer."""
    columns = [_column(node, layer) for node in chain]
    heights = [middle[node] for node in chain]
    if columns[0] == columns[-1]:  # within one layer: around, on the right
        edge = _left(columns[0]) + _WIDTH
        out = edge + _BETWEEN / 2
        start, end = heights
        return f"M{edge:.1f} {start:.1f} C{out:.1f} {start:.1f} {out:.1f} {end:.1f} {edge:.1f} {end:.1f}"
    onward = columns[0] < columns[-1]
    bend = _BETWEEN / 2 if onward else -_BETWEEN / 2
    x, y = _left(columns[0]) + (_WIDTH if onward else 0), heights[0]
    parts = [f"M{x:.1f} {y:.1f}"]
    for column, height in zip(columns[1:], heights[1:], strict=True):
        near = _left(column) + (0 if onward else _WIDTH)
        parts.append(f"C{x + bend:.1f} {y:.1f} {near - bend:.1f} {height:.1f} {near:.1f} {height:.1f}")
        x, y = near, height
        if column != columns[-1]:
            x = _left(column) + (_WIDTH if onward else 0)
            parts.append(f"H{x:.1f}")
    return " ".join(parts)


def _broken(name: str) -> tuple[str, ...]:
    """The name in at most two lines, broken after a blank or before a dot."""
    if len(name) <= _LETTERS:
        return (name,)
    places = [i + (letter == " ") for i, letter in enumerate(name) if letter in " ."]
    best = min(places, key=lambda i: max(i, len(name) - i), default=len(name) // 2)
    return name[:best].strip(), name[best:].strip()
