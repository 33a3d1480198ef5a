"""Sets of lower dimension: distances, D*, and the mass where they meet, against geometry worked out by hand."""

import json

import numpy as np
import pytest

from toylab import divergences
from toylab.distributions import Gaussian, Masses, Mixture, Ring, Segment, UniformBox
from toylab.errors import InputError
from toylab.manifolds import ManifoldPair, parts
from toylab.measures import DiscreteMeasure

UPRIGHT = Segment([0.0, 0.0], [0.0, 1.0])


def atom(*place):
    return Masses(DiscreteMeasure([place]))


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [
        (UPRIGHT, Segment([0.5, 0.0], [0.5, 1.0]), 0.5),
        (UPRIGHT, Segment([-1.0, 0.3], [1.0, 0.6]), 0.0),
        (UPRIGHT, Segment([3.0, 5.0], [4.0, 5.0]), 5.0),
        (UPRIGHT, UniformBox([2.0, 2.0], 0.5), np.hypot(1.5, 0.5)),
        (UniformBox([0.0, 0.0], 0.5), UniformBox([2.0, 3.0], [0.5, 1.0]), np.hypot(1.0, 1.5)),
        (UniformBox([0.0], 0.5), UniformBox([0.9], 0.5), 0.0),
        (atom(1.0, 2.0), UPRIGHT, np.sqrt(2.0)),
        (atom(1.0, 1.0), atom(4.0, 5.0), 5.0),
        (Gaussian([0.0, 0.0], 1.0), atom(9.0, 9.0), 0.0),
        (Segment([0.0, 0.0, 0.0], [1.0, 0.0, 0.0]), Segment([0.5, -1.0, 2.0], [0.5, 1.0, 2.0]), 2.0),
    ],
)
def test_separation(first, second, distance):
    assert ManifoldPair(first, second).separation() == pytest.approx(distance, abs=1e-9)
    assert ManifoldPair(second, first).separation() == pytest.approx(distance, abs=1e-9)


def test_mass_near_a_crossing_is_that_of_the_geometry():
    """Within h of a line at angle α lies the length 2h/sin α of a crossing one, of 1."""
    slope = np.array([2.0, 0.3])
    pair = ManifoldPair(UPRIGHT, Segment([-1.0, 0.3], [1.0, 0.6]))
    sine = slope[0] / np.linalg.norm(slope)
    assert pair.mass_near(1e-3, real=False) == pytest.approx(2e-3 / sine, rel=1e-9)
    assert pair.mass_near(1e-3, real=True) == pytest.approx(2e-3 / sine / np.linalg.norm(slope), rel=1e-9)
    assert ManifoldPair(UPRIGHT, Segment([0.0, 0.5], [0.0, 1.5])).mass_near(1e-9, real=True) == pytest.approx(
        0.5, abs=2e-9
    )


def test_pieces_of_less_dimension_carry_more():
    """An atom of mass ¼ on a line of mass ¾ against an atom there of mass ½ and a square around both."""
    fake = Mixture([atom(0.0, 0.5), UPRIGHT], [1.0, 3.0])
    real = Mixture([atom(0.0, 0.5), UniformBox([0.0, 0.5], 1.0)])
    found = ManifoldPair(fake, real).optimal_discriminator([[0.0, 0.5], [0.0, 0.2], [0.7, 0.5], [5.0, 5.0]])
    assert found[:3] == pytest.approx([2.0 / 3.0, 0.0, 1.0])
    assert np.isnan(found[3])


def test_in_full_dimension_it_is_the_ratio_of_densities():
    fake, real = UniformBox([0.0, 0.0], 0.5), UniformBox([0.25, 0.0], [0.5, 0.75])
    z = np.random.default_rng(0).uniform(-0.25, 0.5, size=(50, 2))
    expected = divergences.optimal_discriminator(fake, real)(z)
    assert ManifoldPair(fake, real).optimal_discriminator(z) == pytest.approx(expected)


def test_probes_stand_for_all_the_mass():
    pair = ManifoldPair(Mixture([atom(0.0, 2.0), UPRIGHT], [1.0, 3.0]), UniformBox([3.0, 0.0], 0.5))
    points, mass, real = pair.probes()
    assert mass[real].sum() == pytest.approx(1.0)
    assert mass[~real].sum() == pytest.approx(1.0)
    assert (pair.distance(points[real], real=True) <= 1e-15).all()
    assert (pair.distance(points[~real], real=False) <= 1e-15).all()
    assert mass[~real] @ points[~real] == pytest.approx([0.0, 0.25 * 2 + 0.75 * 0.5], abs=0.01)  # a stratum off at most


def test_pairs_survive_json():
    pair = ManifoldPair(Mixture([atom(0.1, 2.0), UPRIGHT], [1.0, 3.0]), UniformBox([1 / 3, 0.0], 0.5))
    again = ManifoldPair.from_json(json.loads(json.dumps(pair.to_json())))
    assert again.to_json() == pair.to_json()
    assert again.describe() == pair.describe()
    assert "separation" in pair._repr_html_()


def test_bad_pairs_are_refused_in_words():
    with pytest.raises(InputError, match="supports are compared for"):
        ManifoldPair(Ring([0.0, 0.0], 1.0, 0.1), UPRIGHT)
    with pytest.raises(InputError, match="both must live in one space"):
        ManifoldPair(UniformBox([0.0], 0.5), UPRIGHT)
    with pytest.raises(InputError, match="fake must be a Distribution"):
        ManifoldPair(DiscreteMeasure([[0.0]]), UPRIGHT)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="with 'fake' and 'real'"):
        ManifoldPair.from_json({"fake": {}})
    assert len(parts(Masses(DiscreteMeasure([[0.0], [1.0]], [0.0, 1.0])))) == 1
