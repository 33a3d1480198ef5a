"""Exact solvers for points on one line, in time proportional to their number."""

from toylab.solvers.line.interior_point import LineInteriorPoint
from toylab.solvers.line.transport import LineTransport

__all__ = ["LineInteriorPoint", "LineTransport"]
