"""Generators along their parameter: distances, moves and divergences against closed forms and samples of the latent."""

import json

import numpy as np
import pytest
from scipy.special import erf

from toylab.distributions import Gaussian, Masses, Mixture, Segment, UniformBox
from toylab.divergences import JensenShannon, KullbackLeibler, TotalVariation
from toylab.errors import InputError
from toylab.generators import Affine, GeneratorPath, HiddenLayer, ParallelLine, Shift, Switch
from toylab.measures import DiscreteMeasure

LINE = Segment([0.0, 0.0], [0.0, 1.0])
UNIT = UniformBox([0.5], [0.5])
NORMAL = Gaussian([0.0], 1.0)
AFFINE = GeneratorPath.along(Affine([[1.0]], [0.0]), [[1.0, 0.0], [-0.5, 0.3], [0.25, 2.0]], latent=NORMAL, real=NORMAL)


def test_moves_are_those_of_a_sample_and_rates_bound_them():
    z = np.random.default_rng(0).normal(size=(400_000, 1))
    for first, second in ((0, 1), (1, 2), (0, 2)):
        lengths = np.abs(AFFINE.generators[first](z) - AFFINE.generators[second](z))
        found = AFFINE.moved(first, second)
        assert found.value == pytest.approx(lengths.mean(), abs=5.0 * lengths.std() / np.sqrt(len(z)))
        assert found.value >= AFFINE.apart(first, second).value - found.error
        assert found.value <= AFFINE.rate().value * AFFINE.step(first, second)
    assert AFFINE.rate().value == pytest.approx(np.sqrt(1.0 + z**2).mean(), abs=1e-2)


def test_turning_a_gaussian_over_moves_every_point_and_not_the_law():
    path = GeneratorPath.along(Affine([[1.0]], [0.0]), [[1.0, 0.0], [-1.0, 0.0]], latent=NORMAL, real=NORMAL)
    assert path.apart(0, 1).value == 0.0
    assert path.moved(0, 1).value == pytest.approx(2.0 * np.sqrt(2.0 / np.pi))


def test_places_and_labels():
    assert AFFINE.at == pytest.approx([0.0, np.hypot(1.5, 0.3), np.hypot(1.5, 0.3) + np.hypot(0.75, 1.7)])
    assert AFFINE.label(1) == "θ = (-0.5, 0.3)"
    path = GeneratorPath.along(Shift([0.0]), [2.0, -1.0], latent=NORMAL, real=NORMAL)
    assert path.at.tolist() == [2.0, -1.0]
    assert (len(path), path.label(1)) == (2, "θ = -1")
    assert path.describe() == "Shift with z from N(0, 1²), 2 θ from 2 to -1, against N(0, 1²)"


@pytest.mark.parametrize("shift", [0.0, 0.25, 1.0, 3.0])
def test_segments_share_what_overlaps_along_their_line(shift):
    real = Segment([0.5, shift], [0.5, 1.0 + shift])
    path = GeneratorPath.along(ParallelLine(0.0), [0.5, 0.25], latent=UNIT, real=real)
    alone = min(shift, 1.0)
    assert path.divergence(TotalVariation(), 0).value == pytest.approx(alone)
    assert path.divergence(JensenShannon(), 0).value == pytest.approx(alone * np.log(2.0))
    assert path.divergence(KullbackLeibler(), 0).value == (np.inf if alone else 0.0)
    assert path.divergence(TotalVariation(), 1).value == 1.0  # beside it, however near
    assert path.to_real(1).value == pytest.approx(np.hypot(0.25, shift))


def test_densities_are_compared_by_quadrature():
    path = GeneratorPath.along(Shift([0.0]), [0.0, 0.5], latent=NORMAL, real=NORMAL)
    found = path.divergence(TotalVariation(), 1)
    assert abs(found.value - erf(0.5 / (2.0 * np.sqrt(2.0)))) <= found.error + 1e-12
    assert path.divergence(KullbackLeibler(), 1).value == pytest.approx(0.125, abs=1e-9)


def test_jumps_are_named():
    path = GeneratorPath.along(Switch(0.0), [-1.0, -0.5, 0.5], latent=NORMAL, real=NORMAL)
    assert path.jumps() == ["θ = -0.5 to θ = 0.5"]
    assert AFFINE.jumps() == []


@pytest.mark.parametrize("path", [AFFINE, GeneratorPath.along(ParallelLine(0.0), [0, 1], latent=UNIT, real=LINE)])
def test_paths_survive_json_and_show_themselves(path):
    again = GeneratorPath.from_json(json.loads(json.dumps(path.to_json())))
    assert again.to_json() == path.to_json()
    assert again.to_real(1) == path.to_real(1)
    assert "W₁ to the reals" in path._repr_html_()


SQUARE = Affine(np.eye(2), np.zeros(2))
BAD = [
    ({"thetas": [0.0]}, "at least two"),
    ({"thetas": [0.0, 0.0]}, "two neighbours among thetas are equal"),
    ({"thetas": [[0.0, 1.0], [1.0, 2.0]]}, "with 1 parameters each"),
    ({"thetas": [0.0, np.nan]}, "must be finite"),
    ({"thetas": ["a", "b"]}, "must be numbers"),
    ({"latent": Gaussian([0.0, 0.0], 1.0)}, "takes latent points with 1 coordinates"),
    ({"real": Gaussian([0.0, 0.0], 1.0)}, "makes points with 1 coordinates"),
    ({"latent": 3.0}, "latent must be a Distribution"),
    ({"real": Masses(DiscreteMeasure([[0.0]]))}, "no formula along this path of Shift"),
    ({"generator": HiddenLayer.random(1, 2, 1, np.random.default_rng(0)), "thetas": np.eye(2, 7)}, "no formula along"),
    (
        {
            "generator": SQUARE,
            "thetas": np.stack([SQUARE.parameters, 2.0 * SQUARE.parameters]),
            "latent": Gaussian([0.0, 0.0], 1.0),
            "real": Mixture([Gaussian([0.0, 0.0], 1.0)]),
        },
        "no formula along this path of Affine",
    ),
]


@pytest.mark.parametrize(("changes", "words"), BAD, ids=[words for _, words in BAD])
def test_bad_paths_are_refused_in_words(changes, words):
    good = {"generator": Shift([0.0]), "thetas": [0.0, 1.0], "latent": NORMAL, "real": NORMAL}
    with pytest.raises(InputError, match=words):
        GeneratorPath(**{**good, **changes})


def test_a_generator_of_ones_own_is_refused_even_where_its_law_is_known():
    """Its moves depend on z, and no rate holds at every θ."""

    class Bent(HiddenLayer):
        def law(self, latent):
            return NORMAL

    generator = Bent(**vars(HiddenLayer.random(1, 2, 1, np.random.default_rng(0))))
    thetas = np.stack([generator.parameters, 2.0 * generator.parameters])
    with pytest.raises(InputError, match="no formula along this path of Bent"):
        GeneratorPath.along(generator, thetas, latent=NORMAL, real=NORMAL)


def test_flawed_json_is_refused():
    with pytest.raises(InputError, match=r"what GeneratorPath\.to_json\(\) wrote"):
        GeneratorPath.from_json({"generator": {}})
