"""WGAN Theorem 1 for continuous measures: the numbers of the literature, wrong numbers that must be caught."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import erf

from tests.strategies import examples
from toylab import claims
from toylab.claims import VerdictStatus
from toylab.claims.generators.continuity import on_lines, spread
from toylab.distributions import Gaussian, Mixture, Segment, UniformBox
from toylab.divergences import JensenShannon, TotalVariation
from toylab.generators import Affine, GeneratorPath, ParallelLine, Shift

W1, GAUSSIANS, LINES = (
    claims.get(name) for name in ("wgan.theorem-1.densities", "wgan.theorem-1.gaussians", "wgan.example-1.lines")
)
NORMAL, UNIT = Gaussian([0.0], 1.0), UniformBox([0.5], [0.5])
PLACES, WIDTHS = st.floats(-4.0, 4.0), st.floats(0.1, 3.0)
GAUSSIAN = st.builds(lambda at, width: Gaussian([at], width), PLACES, WIDTHS)
BOX = st.builds(lambda at, width: UniformBox([at], width), PLACES, WIDTHS)
REALS = GAUSSIAN | BOX | st.builds(lambda one, other: Mixture([one, other]), GAUSSIAN, BOX)


def lines(*thetas, real=0.0, heights=(0.0, 1.0)):
    line = Segment([real, heights[0]], [real, heights[1]])
    return GeneratorPath.along(ParallelLine(0.0), thetas, latent=UNIT, real=line)


def moved(*thetas, latent=NORMAL, real=NORMAL):
    return GeneratorPath.along(Shift([0.0]), thetas, latent=latent, real=real)


@given(
    latent=GAUSSIAN | BOX,
    real=REALS,
    factors=st.tuples(st.floats(0.1, 2.0), st.floats(-2.0, -0.1)),
    places=st.tuples(PLACES, PLACES),
    step=st.sampled_from([1.0, 1e-3, 1e-7]),
)
@examples(12)
def test_w1_is_never_found_to_move_too_far(latent, real, factors, places, step):
    thetas = [*zip(factors, places, strict=True), (factors[1], places[1] + step)]
    path = GeneratorPath.along(Affine([[1.0]], [0.0]), thetas, latent=latent, real=real)
    verdict = W1.check(path)
    assert verdict.status is not VerdictStatus.VIOLATED, verdict.explain()


@given(latent=GAUSSIAN, real=GAUSSIAN, at=PLACES, step=st.sampled_from([1.0, 1e-2, 1e-5]))
@examples(4)
def test_divergences_of_gaussians_are_never_found_to_move_too_far(latent, real, at, step):
    verdict = GAUSSIANS.check(moved(at, at + step, latent=latent, real=real))
    assert verdict.status is not VerdictStatus.VIOLATED, verdict.explain()


def test_the_bound_of_total_variation_is_reached_by_small_moves():
    """TV = erf(δ/(2√2 σ)), of slope 1/(σ√2π) at 0: nothing smaller would do."""
    verdict = GAUSSIANS.check(moved(0.0, 1e-2))
    assert verdict.evidence is not None
    arrays = verdict.evidence.arrays
    (index,) = np.flatnonzero(arrays["kind"] == "TV")
    assert arrays["right"][index] == pytest.approx(erf(1e-2 / (2.0 * np.sqrt(2.0))), abs=1e-10)
    assert arrays["right"][index] == pytest.approx(arrays["left"][index], rel=1e-4)


def test_the_numbers_of_the_lines():
    path = lines(-0.5, 0.0, 1e-9)
    assert [path.to_real(i).value for i in range(3)] == [0.5, 0.0, 1e-9]
    assert [on_lines(JensenShannon(), path, i).value for i in range(3)] == pytest.approx([np.log(2), 0.0, np.log(2)])
    assert [on_lines(TotalVariation(), path, i).value for i in range(3)] == pytest.approx([1.0, 0.0, 1.0])
    assert LINES.check(path).status is VerdictStatus.HOLDS


@pytest.mark.parametrize("heights", [(0.25, 1.25), (1.0, 2.0)])
def test_lines_of_other_heights_are_another_case(heights):
    path = lines(0.0, 0.5, heights=heights)
    assert "do not have the same heights" in LINES.check(path).unmet[0]
    assert LINES.check(path, waive=[LINES.hypotheses[0].name]).status is VerdictStatus.VIOLATED


class TooFar(GeneratorPath):
    """W₁ to the reals that is a thousandth too large."""

    def to_real(self, index):
        found = super().to_real(index)
        return replace(found, value=1.001 * found.value)


class TooShort(GeneratorPath):
    """A mean move that is a thousandth too short."""

    def moved(self, first, second):
        found = super().moved(first, second)
        return replace(found, value=0.999 * found.value)


@pytest.mark.parametrize("wrong", [TooFar, TooShort])
def test_wrong_numbers_are_caught(wrong):
    good = moved(1.0, 2.0)
    path = wrong(generator=good.generator, thetas=good.thetas, latent=good.latent, real=good.real)
    assert W1.check(good).status is VerdictStatus.HOLDS
    assert W1.check(path).status is VerdictStatus.VIOLATED


def test_a_loose_integral_decides_nothing():
    class Loose(GeneratorPath):
        def to_real(self, index):
            return replace(super().to_real(index), error=0.1)

    good = moved(1.0, 2.0)
    path = Loose(generator=good.generator, thetas=good.thetas, latent=good.latent, real=good.real)
    assert W1.check(path).status is VerdictStatus.INCONCLUSIVE


def test_what_stands_for_the_width():
    assert spread(Gaussian([0.0, 1.0], 0.7)) == 0.7
    assert spread(UniformBox([0.0, 0.0], [1.0, 3.0])) == 3.0
    assert spread(Segment([0.0, 0.0], [3.0, 4.0])) == 2.5
    assert spread(Mixture([NORMAL, Gaussian([0.0], 0.2)])) == 0.2
