"""The graph of results as a picture: which statement rests on which, in layers from left to right."""

from __future__ import annotations

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
    chains = {(below, name): _chain(below, name, layer) for name, names in graph.items() for below in names}
    columns = _ordered(layer, chains)
    heights = _heights(columns, chains)
    top = min((y - _extent(node) / 2 for node, y in heights.items()), default=0.0) - _MARGIN
    middle = {node: y - top for node, y in heights.items()}
    boxes = tuple(
        Box(name=name, lines=_broken(name), x=_left(layer[name]), y=middle[name] - _HEIGHT / 2) for name in graph
    )
    lines = [
        Line(start=below, end=name, path=_path([(_column(n, layer), middle[n]) for n in chain]))
        for (below, name), chain in chains.items()
    ]
    for claim in chosen:
        if claim.superseded_by in graph:
            ends = [(layer[name], middle[name]) for name in (claim.id, claim.superseded_by)]
            lines.append(Line(start=claim.id, end=claim.superseded_by, path=_path(ends), superseded=True))
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


def _chain(below: str, name: str, layer: Mapping[str, int]) -> list[Node]:
    """The nodes a line passes: its ends, and a place in every layer between."""
    return [below, *((below, name, between) for between in range(layer[below] + 1, layer[name])), name]


def _column(node: Node, layer: Mapping[str, int]) -> int:
    return layer[node] if isinstance(node, str) else node[2]


def _neighbours(chains: Mapping[tuple[str, str], list[Node]]) -> dict[Node, list[Node]]:
    near: dict[Node, list[Node]] = {}
    for chain in chains.values():
        for one, other in zip(chain[:-1], chain[1:], strict=True):
            near.setdefault(one, []).append(other)
            near.setdefault(other, []).append(one)
    return near


def _ordered(layer: Mapping[str, int], chains: Mapping[tuple[str, str], list[Node]]) -> list[list[Node]]:
    """The nodes of each layer from top to bottom, few lines crossing."""
    columns: list[list[Node]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
    passing = [node for chain in chains.values() for node in chain[1:-1]]
    for node in [*layer, *passing]:
        columns[_column(node, layer)].append(node)
    near = _neighbours(chains)
    place = {node: i - len(column) / 2 for column in columns for i, node in enumerate(column)}
    for sweep in range(_SWEEPS):
        for column in columns if sweep % 2 == 0 else reversed(columns):
            column.sort(key=lambda node: np.mean([place[other] for other in near.get(node, [node])]))
            place.update({node: i - len(column) / 2 for i, node in enumerate(column)})
    return columns


def _extent(node: Node) -> float:
    return _HEIGHT + _GAP if isinstance(node, str) else _LINE


def _heights(columns: list[list[Node]], chains: Mapping[tuple[str, str], list[Node]]) -> dict[Node, float]:
    """The middle of each node: as near as the order allows to the mean of its neighbours."""
    near = _neighbours(chains)
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


def _path(points: list[tuple[int, float]]) -> str:
    """A smooth line from the right edge of the first box to the left edge of the last, level at every layer."""
    forward = points[0][0] < points[-1][0]
    (first, y), (last, end) = points[0], points[-1]
    if not forward:  # back to an earlier layer, or within one: from left edge to right edge
        start, stop = _left(first), _left(last) + _WIDTH
        bend = max(abs(start - stop) / 2, _BETWEEN / 2)
        return f"M{start:.1f} {y:.1f} C{start - bend:.1f} {y:.1f} {stop + bend:.1f} {end:.1f} {stop:.1f} {end:.1f}"
    x = _left(first) + _WIDTH
    parts = [f"M{x:.1f} {y:.1f}"]
    for column, height in points[1:]:
        bend = _BETWEEN / 2
        edge = _left(column)
        parts.append(f"C{x + bend:.1f} {y:.1f} {edge - bend:.1f} {height:.1f} {edge:.1f} {height:.1f}")
        x, y = edge, height
        if column != last:
            x += _WIDTH
            parts.append(f"H{x:.1f}")
    return " ".join(parts)


def _broken(name: str) -> tuple[str, ...]:
    """The name in at most two lines, broken after a blank or before a dot."""
    if len(name) <= _LETTERS:
        return (name,)
    places = [i + (letter == " ") for i, letter in enumerate(name) if letter in " ."]
    best = min(places, key=lambda i: max(i, len(name) - i), default=len(name) // 2)
    return name[:best].strip(), name[best:].strip()
