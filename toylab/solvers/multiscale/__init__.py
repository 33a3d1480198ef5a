"""The exact critic at scale: an interior point on a shortlist of pairs, found from coarse to fine."""

from toylab.solvers.multiscale.solver import Multiscale

__all__ = ["Multiscale"]
