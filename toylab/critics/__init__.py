"""Critics as value-and-gradient objects in NumPy: McShane-Whitney extensions, funnels, nearest points, closed forms."""

from toylab.critics.base import Critic, row_blocks, unit_vectors
from toylab.critics.bumps import HermiteCritic, hermite
from toylab.critics.chords import Rises, steepest_chord, tabulated
from toylab.critics.extensions import LowerExtension, UpperExtension
from toylab.critics.formulas import FormulaCritic, NearestPoint, QuadraticForm

__all__ = [
    "Critic",
    "FormulaCritic",
    "HermiteCritic",
    "LowerExtension",
    "NearestPoint",
    "QuadraticForm",
    "Rises",
    "UpperExtension",
    "hermite",
    "row_blocks",
    "steepest_chord",
    "tabulated",
    "unit_vectors",
]
