"""The cases of the papers' toy experiments (LGAN and ICLR, Figures 1 and 2, and their released toy code)."""

from __future__ import annotations

import numpy as np
from scipy.integrate import quad
from scipy.special import ndtr

from toylab.distributions import Gaussian, Mixture, SwissRoll, Translated, UniformBox, gaussian_mixture, square_boundary
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem
from toylab.zoo.entry import Entry, Pair, Parameter
from toylab.zoo.known_optimum import KnownOptimum, equidistant, from_assignment, from_pairs

#: Standard deviation of the Gaussians of the papers' cases, and half the side of their squares.
PAPER_SCALE, PAPER_HALF_SIDE = 0.15, 0.5
_LEFT, _RIGHT = UniformBox([-1.0, 0.0], PAPER_HALF_SIDE), UniformBox([1.0, 0.0], PAPER_HALF_SIDE)


def _case1(n: int, rng: np.random.Generator) -> Pair:
    outliers, core = square_boundary([-1.0, 0.0], PAPER_HALF_SIDE, 20), UniformBox([-1.0, 0.0], 0.25)
    return Mixture([outliers, core], [0.2, 0.8]).sample(n, rng), _RIGHT.sample(n, rng)


def _case1_1(n: int, rng: np.random.Generator) -> Pair:
    return _LEFT.sample(n, rng), _RIGHT.sample(n, rng)


def _case2(n: int, rng: np.random.Generator) -> Pair:
    return Mixture([_LEFT, _RIGHT], [0.8, 0.2]).sample(n, rng), Mixture([_LEFT, _RIGHT], [0.2, 0.8]).sample(n, rng)


def _case3(n: int, rng: np.random.Generator) -> Pair:
    fake = Gaussian([-0.75, 0.0], PAPER_SCALE)
    real = gaussian_mixture([[1.0, 0.0], [-1.25, 0.0]], PAPER_SCALE)
    return fake.sample(n, rng), real.sample(n, rng)


def _mode_collapse(n: int, rng: np.random.Generator) -> Pair:
    return Gaussian([-0.75], PAPER_SCALE).sample(n, rng), gaussian_mixture([[1.0], [-1.25]], PAPER_SCALE).sample(n, rng)


def _case3_w1() -> float:
    """Fake and real are products with one common second factor: W₁ is that of the first coordinates."""

    def difference(t: float) -> float:
        below_fake, *below_real = ndtr((t - np.array([-0.75, 1.0, -1.25])) / PAPER_SCALE)
        return abs(float(below_fake) - 0.5 * float(sum(below_real)))

    return float(quad(difference, -3.0, 3.0, points=[-1.25, -0.75, 1.0], limit=400, epsrel=1e-9)[0])


def _two_gaussians(n: int, rng: np.random.Generator) -> Pair:
    return Gaussian([-1.0, 0.0], PAPER_SCALE).sample(n, rng), Gaussian([1.0, 0.0], PAPER_SCALE).sample(n, rng)


def _translated(n: int, rng: np.random.Generator, shift: float, dimension: int) -> Pair:
    fake = Gaussian(np.zeros(dimension), PAPER_SCALE).sample(n, rng)
    return fake, DiscreteMeasure(fake.points + shift * np.eye(dimension)[0])


def _translated_square(n: int, rng: np.random.Generator, shift: float) -> Pair:
    fake = UniformBox([0.0, 0.0], PAPER_HALF_SIDE)
    return fake.sample(n, rng), Translated(fake, [shift, 0.0]).sample(n, rng)


def _case4(n: int, rng: np.random.Generator) -> Pair:
    if n == 2:
        return (
            DiscreteMeasure(np.array([[-0.8, 0.5], [0.8, -0.5]])),
            DiscreteMeasure(np.array([[0.8, 0.5], [-0.8, -0.5]])),
        )
    square = UniformBox([0.0, 0.0], 1.0)
    return square.sample(n, rng), square.sample(n, rng)


def _case4_known_optimum(problem: CriticProblem) -> KnownOptimum:
    return equidistant(problem, 1.0) if len(problem.fake) == 2 else from_assignment(problem)


def _case5(n: int, rng: np.random.Generator, noise: float) -> Pair:
    return SwissRoll(noise).sample(n, rng), SwissRoll(0.0).sample(n, rng)


def _case6(n: int, rng: np.random.Generator) -> Pair:
    return (
        DiscreteMeasure(np.array([[-0.5, 0.5], [0.5, -0.5]])),
        DiscreteMeasure(np.array([[0.5, 0.5], [-0.5, -0.5]])),
    )


def _shifted(shift: float, **_: float) -> float:
    return abs(shift)


_SHIFT = Parameter(name="shift", default=2.0, meaning="how far the fakes are moved along the first axis")

ENTRIES = (
    Entry(
        name="case1",
        summary="a square of fakes inside a frame of twenty fake atoms, against a square of reals",
        known="population W1 is more than 2, the distance of the centres, since the second coordinates differ in law",
        build=_case1,
        default_size=100,
    ),
    Entry(
        name="case1.1",
        summary="a square of fakes, the same square of reals to the right of it (LGAN Fig. 1a)",
        known="population W1 = 2, moving everything straight across",
        build=_case1_1,
        default_size=100,
        population_w1=lambda: 2.0,
    ),
    Entry(
        name="case2",
        summary="fake and real share two squares with densities 0.8 / 0.2 and 0.2 / 0.8 (LGAN Fig. 1b)",
        known="population W1 = 1.2; without restriction f* is constant on each square, so its gradient is 0 inside",
        build=_case2,
        default_size=100,
        population_w1=lambda: 1.2,
    ),
    Entry(
        name="case3",
        summary="one Gaussian of fakes between two Gaussians of reals, one near, one far (LGAN Fig. 1c, 2)",
        known="locality sends every fake to the near mode; a Lipschitz critic sends half of the mass to the far one",
        build=_case3,
        default_size=100,
        population_w1=_case3_w1,
    ),
    Entry(
        name="two-gaussians",
        summary="one Gaussian of fakes, one of reals, well separated",
        known="population W1 is the distance of the means, 2",
        build=_two_gaussians,
        default_size=100,
        aliases=("case3.3",),
        population_w1=lambda: 2.0,
    ),
    Entry(
        name="case4",
        summary="n equal point masses a side; for n = 2 the rectangle, else uniform in the square",
        known="n = 2: W1 = 1, each fake goes to the real point straight above or below it; "
        "else W1 by the cheapest assignment",
        build=_case4,
        default_size=10,
        known_optimum=_case4_known_optimum,
    ),
    Entry(
        name="case5",
        summary="a swiss roll with noise (fake) against the clean one (real)",
        known="W1 is at most the mean length of the noise, noise/7.5 · sqrt(pi/2) in the population",
        build=_case5,
        default_size=100,
        parameters=(Parameter(name="noise", default=1.0, meaning="its scale before the division by 7.5", least=0.0),),
    ),
    Entry(
        name="case6",
        summary="two fakes and two reals on the corners of a square: all four distances are equal",
        known="W1 = 1; the coupling is not unique, so at every fake the critic has two partners and a kink",
        build=_case6,
        default_size=None,
        known_optimum=lambda problem: equidistant(problem, 1.0),
    ),
    Entry(
        name="mode-collapse",
        summary="case3 on the line: fakes at -0.75 between reals at -1.25 and 1 (ICLR Fig. 2)",
        known="vanilla and least squares send 99.955 % of the fakes to the near mode, Wasserstein half of them to each",
        build=_mode_collapse,
        default_size=50,
        population_w1=_case3_w1,
    ),
    Entry(
        name="translated-sample",
        summary="a Gaussian sample of fakes, the very same sample moved by `shift` as reals",
        known="W1 = |shift| exactly, at every n: the critic z_1 is optimal for Wasserstein; a curved loss has at least "
        "the value of two Diracs at that distance",
        build=_translated,
        default_size=50,
        parameters=(_SHIFT, Parameter(name="dimension", default=2, meaning="of the space", least=1)),
        known_optimum=from_pairs,
        population_w1=_shifted,
    ),
    Entry(
        name="translated-square",
        summary="uniform fakes in a square, reals in the square moved by `shift`, drawn independently",
        known="population W1 = |shift|: the squares may overlap; samples have more, by sampling error alone",
        build=_translated_square,
        default_size=100,
        parameters=(_SHIFT,),
        population_w1=_shifted,
    ),
)
