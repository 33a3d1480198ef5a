"""Generators: Jacobians against differences, laws against samples, images that hold what they say."""

import json

import numpy as np
import pytest
from scipy import stats

from toylab.distributions import Gaussian, Masses, Segment, UniformBox
from toylab.divergences import log_density
from toylab.errors import InputError
from toylab.generators import Affine, HiddenLayer, ParallelLine, Shift, Switch, from_json
from toylab.measures import DiscreteMeasure

GENERATORS = [
    ParallelLine(0.3),
    Shift([1.0, -2.0]),
    Affine([[1.0, 2.0], [0.5, 1.0], [0.0, -1.0]], [0.0, 1.0, 2.0]),
    HiddenLayer.random(2, 5, 2, np.random.default_rng(0)),
    Switch(0.3),
]
each = pytest.mark.parametrize("generator", GENERATORS, ids=lambda g: type(g).__name__)


@each
def test_jacobians_are_derivatives(generator):
    z = np.random.default_rng(1).normal(size=(7, generator.latent_dimension))
    theta, step = generator.parameters, 1e-6
    columns = [
        (generator.with_parameters(theta + step * e)(z) - generator.with_parameters(theta - step * e)(z)) / (2 * step)
        for e in np.eye(len(theta))
    ]
    difference = generator.jacobian(z) - np.stack(columns, axis=2)
    assert np.abs(difference).max() < 1e-8  # rounding 1e-16/1e-6, and the third derivative times 1e-12
    assert generator.jacobian(z).shape == (7, generator.dimension, len(theta))
    assert len(generator.parameter_names) == len(theta)


@each
def test_the_image_holds_every_fake(generator):
    low, high = np.full(generator.latent_dimension, -0.7), np.full(generator.latent_dimension, 1.2)
    z = np.random.default_rng(2).uniform(low, high, size=(2000, generator.latent_dimension))
    start, end = generator.image(low, high)
    fakes = generator(z)
    assert (fakes >= start - 1e-12).all()
    assert (fakes <= end + 1e-12).all()


@each
def test_generators_survive_json_and_a_change_of_parameters(generator):
    again = from_json(json.loads(json.dumps(generator.to_json())))
    z = np.random.default_rng(3).normal(size=(4, generator.latent_dimension))
    assert (again(z) == generator(z)).all()
    assert (generator.with_parameters(generator.parameters).parameters == generator.parameters).all()
    with pytest.raises(InputError, match="parameters, got"):
        generator.with_parameters(np.zeros(len(generator.parameters) + 1))
    with pytest.raises(InputError, match="latent points must have shape"):
        generator(np.zeros((3, generator.latent_dimension + 1)))


def test_laws_are_those_of_the_samples():
    law = Affine([[-0.8]], [0.5]).law(Gaussian([0.2], 1.5))
    assert isinstance(law, Gaussian)
    assert law.mean == pytest.approx([0.5 - 0.16])
    assert law.scale == pytest.approx(1.2)
    turned = Affine([[3.0, -4.0], [4.0, 3.0]], [0.0, 0.0]).law(Gaussian([0.0, 0.0], 1.0))
    assert isinstance(turned, Gaussian)
    assert turned.scale == 5.0
    assert Affine([[1.0, 0.5], [0.0, 1.0]], [0.0, 0.0]).law(Gaussian([0.0, 0.0], 1.0)) is None
    line = ParallelLine(0.3).law(UniformBox([0.5], [0.5]))
    assert isinstance(line, Segment)
    assert (line.start == [0.3, 0.0]).all()
    assert (line.end == [0.3, 1.0]).all()
    batch = GENERATORS[3].law(Masses(DiscreteMeasure([[0.0, 1.0], [1.0, 0.0]], [0.3, 0.7])))
    assert isinstance(batch, Masses)
    assert (batch.measure.points == GENERATORS[3](np.array([[0.0, 1.0], [1.0, 0.0]]))).all()


@pytest.mark.parametrize(
    ("generator", "latent"),
    [
        (Shift([0.7, -0.2]), Gaussian([0.1, 0.0], 1.3)),
        (Affine([[-0.8]], [0.5]), Gaussian([0.2], 1.5)),
        (Affine([[3.0, -4.0], [4.0, 3.0]], [0.1, 0.0]), Gaussian([0.3, -0.1], 0.7)),
    ],
)
def test_law_scores_are_derivatives_of_the_log_density(generator, latent):
    """∂ ln p/∂θ against differences of SciPy's multivariate normal law of A z + b."""
    x = np.random.default_rng(4).normal(size=(5, generator.dimension)) * 2.0

    def log_law(parameters):
        moved = generator.with_parameters(parameters)
        matrix = getattr(moved, "matrix", np.eye(moved.dimension))
        mean = matrix @ latent.mean + moved.offset
        return stats.multivariate_normal(mean, latent.scale**2 * matrix @ matrix.T).logpdf(x)

    theta, step = generator.parameters, 1e-6
    columns = [(log_law(theta + step * e) - log_law(theta - step * e)) / (2 * step) for e in np.eye(len(theta))]
    found = generator.law_score(latent, x)
    assert found == pytest.approx(np.stack(columns, axis=1), abs=1e-7, rel=1e-7)  # rounding of ln p over the step
    law = generator.law(latent)
    assert law is not None
    assert log_density(law, x) == pytest.approx(log_law(theta), rel=1e-12)


@each
def test_rates_bound_every_small_move(generator):
    """‖g_{θ+t} − g_θ‖ ≤ L ‖t‖ exactly where g is affine in θ, else up to the second order; and it is attained."""
    z = np.random.default_rng(5).normal(size=(6, generator.latent_dimension))
    directions = np.random.default_rng(6).normal(size=(200, len(generator.parameters)))
    directions = np.concatenate([directions, np.linalg.svd(generator.jacobian(z))[2][:, 0]])
    step = 1e-4
    moves = np.array(
        [
            np.linalg.norm(generator.with_parameters(generator.parameters + step * e)(z) - generator(z), axis=1)
            / (step * np.linalg.norm(e))
            for e in directions
        ]
    )
    rate = generator.rate(z)
    slack = 1e-2 if isinstance(generator, HiddenLayer) else 1e-10
    assert (moves <= rate * (1 + slack) + slack).all()
    assert moves.max(axis=0) == pytest.approx(rate, rel=1e-2, abs=1e-9)


def test_a_switch_jumps_where_it_says():
    before, after = Switch(-0.5), Switch(0.0)
    assert before.jumps_to(after)
    assert not after.jumps_to(Switch(2.0))
    assert not Shift([-1.0]).jumps_to(Shift([1.0]))
    law = after.law(Gaussian([0.5], 2.0))
    assert isinstance(law, Gaussian)
    assert (law.mean[0], law.scale) == (1.5, 2.0)
    with pytest.raises(InputError, match="a switch has one parameter, got 2"):
        Switch([0.0, 1.0])


def test_a_box_is_rescaled_on_the_line():
    law = Affine([[-2.0]], [1.0]).law(UniformBox([0.5], [0.5]))
    assert isinstance(law, UniformBox)
    assert (law.centre[0], law.half_side[0]) == (0.0, 1.0)
    assert Affine([[0.0]], [1.0]).law(UniformBox([0.5], [0.5])) is None


def test_what_has_no_formula_says_so():
    with pytest.raises(InputError, match="no formula is known for how the density of HiddenLayer"):
        GENERATORS[3].law_score(Gaussian([0.0, 0.0], 1.0), np.zeros((1, 2)))
    assert GENERATORS[3].law(Gaussian([0.0, 0.0], 1.0)) is None


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ParallelLine([1.0, 2.0]), "one parameter, got 2"),
        (lambda: Shift([np.nan]), "offset must be finite"),
        (lambda: Affine([[1.0]], [1.0, 2.0]), "1 rows and the offset 2 entries"),
        (lambda: Affine([1.0], [1.0]), "matrix must be finite, with 2 axes"),
        (lambda: HiddenLayer([[1.0]], [1.0, 2.0], [[1.0]], [0.0]), "shapes of a hidden layer"),
        (lambda: Shift("far"), "offset must be numbers"),
        (lambda: from_json({"kind": "Shit", "offset": [0.0]}), "did you mean 'Shift'"),
        (lambda: from_json({"kind": "Shift"}), "the fields of this Shift do not fit"),
        (lambda: from_json([]), "an object with a field 'kind', got list"),
    ],
)
def test_bad_generators_are_refused_in_words(make, words):
    with pytest.raises(InputError, match=words):
        make()
