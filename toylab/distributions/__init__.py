"""Toy distributions: samplers with explicit generators, with densities and supports where they exist.

`shapes` are Gaussians, boxes, segments and point masses, `combined` what is made of them (mixtures, translations,
added noise), `curves` rings and the swiss roll, `arrangements` the toy sets of WGAN-GP, `images` pictures, and
`funnels` pairs of measures whose optimal critic is known.
"""

from toylab.distributions.arrangements import gaussians_on_circle, gaussians_on_grid
from toylab.distributions.base import Distribution
from toylab.distributions.combined import Mixture, Noisy, Translated, gaussian_mixture
from toylab.distributions.curves import Ring, SwissRoll
from toylab.distributions.funnels import FunnelFakes, MinFunnels, published_funnels, random_funnels
from toylab.distributions.images import SmoothImages
from toylab.distributions.shapes import Gaussian, Masses, Segment, UniformBox, square_boundary

__all__ = [
    "Distribution",
    "FunnelFakes",
    "Gaussian",
    "Masses",
    "MinFunnels",
    "Mixture",
    "Noisy",
    "Ring",
    "Segment",
    "SmoothImages",
    "SwissRoll",
    "Translated",
    "UniformBox",
    "gaussian_mixture",
    "gaussians_on_circle",
    "gaussians_on_grid",
    "published_funnels",
    "random_funnels",
    "square_boundary",
]
