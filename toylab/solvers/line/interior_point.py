from toylab.solvers.line.transport import LineTransport as LineInteriorPoint
