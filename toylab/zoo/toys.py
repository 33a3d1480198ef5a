"""Toy sets of the literature beyond LGAN's own: WGAN-GP's, rings, pictures, and pairs with a known potential."""

from __future__ import annotations

import numpy as np

from toylab.distributions import (
    Distribution,
    MinFunnels,
    Ring,
    SmoothImages,
    SwissRoll,
    UniformBox,
    gaussians_on_circle,
    gaussians_on_grid,
    random_funnels,
)
from toylab.measures import DiscreteMeasure
from toylab.zoo.entry import Entry, Pair, Parameter
from toylab.zoo.known_optimum import from_assignment, from_pairs

#: The seed of the funnels themselves; the seed of `zoo.load` draws points from them.
FUNNEL_SEED = 987


def _with_noise(real: Distribution, n: int, rng: np.random.Generator, noise: float) -> Pair:
    """Fakes are the very reals plus N(0, noise² I), as in WGAN-GP's toys when the generator is held fixed."""
    points = real.sample(n, rng)
    return DiscreteMeasure(points.points + rng.normal(0.0, noise, size=points.points.shape)), points


def _eight_gaussians(n: int, rng: np.random.Generator, noise: float) -> Pair:
    return _with_noise(gaussians_on_circle(), n, rng, noise)


def _twenty_five_gaussians(n: int, rng: np.random.Generator, noise: float) -> Pair:
    return _with_noise(gaussians_on_grid(), n, rng, noise)


def _swiss_roll(n: int, rng: np.random.Generator, noise: float) -> Pair:
    return _with_noise(SwissRoll(), n, rng, noise)


def _rings(n: int, rng: np.random.Generator, inner: float, outer: float, noise: float) -> Pair:
    centre = [0.0, 0.0]
    return Ring(centre, inner, noise).sample(n, rng), Ring(centre, outer, noise).sample(n, rng)


def _images(n: int, rng: np.random.Generator, side: int) -> Pair:
    pictures = SmoothImages(side)
    return UniformBox(np.zeros(pictures.dimension), 1.0).sample(n, rng), pictures.sample(n, rng)


def funnels(dimension: int, funnels: int, degree: float) -> MinFunnels:
    """The min-funnel pair behind the entries of that name: its `potential` is an optimal Wasserstein critic.

    Args:
        dimension: of the space.
        funnels: how many.
        degree: how strongly the fakes are drawn to the tips, more than 1.
    """
    return random_funnels(dimension, funnels, np.random.default_rng(FUNNEL_SEED), degree=degree)


def _funnels(n: int, rng: np.random.Generator, **shape: float) -> Pair:
    x, y = funnels(**shape).sample_pairs(n, rng)  # type: ignore[arg-type]
    return DiscreteMeasure(x), DiscreteMeasure(y)


def _noise(default: float = 1.0) -> Parameter:
    return Parameter(name="noise", default=default, meaning="standard deviation of what is added", least=0.0)


_BELOW = "W1 is at most the mean distance of fake i and real i, sqrt(pi/2) · noise = 1.253 · noise in the population"


def _funnel_parameters(dimension: int) -> tuple[Parameter, ...]:
    return (
        Parameter(name="dimension", default=dimension, meaning="of the space", least=1),
        Parameter(name="funnels", default=4, meaning="how many", least=1),
        Parameter(name="degree", default=2.0, meaning="how strongly fakes are drawn to the tips, more than 1"),
    )


ENTRIES = (
    Entry(
        name="8-gaussians",
        summary="eight narrow Gaussians on a circle (real), the same points plus N(0, 1) (fake): a toy of WGAN-GP",
        known=_BELOW,
        build=_eight_gaussians,
        default_size=100,
        parameters=(_noise(),),
    ),
    Entry(
        name="25-gaussians",
        summary="twenty-five narrow Gaussians on a grid (real), the same points plus N(0, 1) (fake): a toy of WGAN-GP",
        known=_BELOW,
        build=_twenty_five_gaussians,
        default_size=100,
        parameters=(_noise(),),
    ),
    Entry(
        name="swiss-roll",
        summary="a slightly noisy swiss roll (real), the same points plus N(0, 1) (fake): a toy of WGAN-GP",
        known=_BELOW,
        build=_swiss_roll,
        default_size=100,
        parameters=(_noise(),),
    ),
    Entry(
        name="rings",
        summary="a ring of fakes inside a ring of reals",
        known="without noise population W1 = |outer - inner| and the distance from the centre, with the sign of "
        "outer - inner, is optimal for Wasserstein",
        build=_rings,
        default_size=100,
        parameters=(
            Parameter(name="inner", default=0.5, meaning="radius of the ring of fakes", least=1e-3),
            Parameter(name="outer", default=1.0, meaning="radius of the ring of reals", least=1e-3),
            Parameter(name="noise", default=0.0, meaning="standard deviation of what is added to both", least=0.0),
        ),
        population_w1=lambda inner, outer, noise: abs(outer - inner) if noise == 0 else None,
    ),
    Entry(
        name="images",
        summary="ten noise pictures against ten smooth ones, 32 x 32 x 3 = 3072 coordinates (LGAN Fig. 3, 12); smooth "
        "random fields with the 1/f spectrum of photographs stand in for CIFAR-10, so that nothing is downloaded",
        known="W1 by the cheapest assignment; every fake is nearly equally far from all reals (33.7 to 36.3 at seed 0)",
        build=_images,
        default_size=10,
        aliases=("high-dimension",),
        parameters=(Parameter(name="side", default=32, meaning="height and width of a picture in pixels", least=2),),
        known_optimum=from_assignment,
    ),
    Entry(
        name="min-funnels",
        summary="pairs (fake, real) along the rays of four funnels in the plane: the coupling and the critic are known",
        known="W1 = mean |x_i - y_i| exactly, at every n; u(z) = min_n (|z - a_n| + b_n) is optimal for Wasserstein",
        build=_funnels,
        default_size=100,
        parameters=_funnel_parameters(2),
        known_optimum=from_pairs,
        population_w1=lambda **shape: funnels(**shape).population_w1 if shape["dimension"] == 2 else None,
    ),
    Entry(
        name="min-funnels-16",
        summary="the same in sixteen dimensions, where samples are far from their population",
        known="as min-funnels",
        build=_funnels,
        default_size=100,
        parameters=_funnel_parameters(16),
        known_optimum=from_pairs,
        population_w1=lambda **shape: funnels(**shape).population_w1 if shape["dimension"] == 2 else None,
    ),
)
