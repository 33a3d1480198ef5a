"""Pictures of densities, sets of lower dimension, and a generator's update: what is in them is what is the case."""

from typing import Any

import numpy as np
import pytest

from toylab import losses
from toylab.distributions import Gaussian, Masses, Mixture, Segment, UniformBox
from toylab.divergences import DensityPair, UnrestrictedLoss, WassersteinOnLine
from toylab.errors import InputError
from toylab.generators import GeneratorPath, GeneratorUpdate, ParallelLine, Saturating, Shift, WhiteNoise
from toylab.manifolds import ManifoldPair
from toylab.measures import DiscreteMeasure
from toylab.plotting import plot, save

VANILLA = UnrestrictedLoss(losses.logistic())
REAL = Mixture([Gaussian([-1.25], 0.15), Gaussian([1.0], 0.15)])


def by_gid(axes, gid) -> list[Any]:
    return [artist for artist in axes.get_children() if artist.get_gid() == gid]


def test_densities_on_the_line_are_drawn_as_they_are():
    axes = plot(DensityPair(Gaussian([-0.75], 0.15), REAL, VANILLA), resolution=50)
    x, y = by_gid(axes, "fake density")[0].get_data()
    assert y == pytest.approx(Gaussian([-0.75], 0.15).density(x[:, None]))
    x, y = by_gid(axes, "real density")[0].get_data()
    assert y == pytest.approx(REAL.density(x[:, None]))
    arrows = by_gid(axes, "arrows")[0]
    assert (arrows.U < 0).all()  # all fakes within 98 % of the mass are drawn to the mode at −1.25
    assert "unrestricted logistic" in axes.get_title()


def test_the_wasserstein_critic_sends_fakes_both_ways():
    arrows = by_gid(plot(DensityPair(Gaussian([-0.75], 0.15), REAL, WassersteinOnLine())), "arrows")[0]
    assert {-1.0, 1.0} == set(np.sign(arrows.U))


def test_along_parallel_lines_the_distance_falls_and_the_divergence_jumps():
    """Figure 1 of WGAN: curves show what happens next to a θ, dots what happens at it."""
    line = Segment([0.0, 0.0], [0.0, 1.0])
    path = GeneratorPath.along(ParallelLine(0.0), [-1.0, 0.0, 1.0], latent=UniformBox([0.5], [0.5]), real=line)
    axes = plot(path)
    theta, w1 = by_gid(axes, "W₁")[0].get_data()
    assert w1 == pytest.approx(np.abs(theta))
    right = next(other for other in axes.figure.axes if other is not axes)
    assert by_gid(right, "JSD")[0].get_data()[1] == pytest.approx(np.log(2.0))
    assert by_gid(right, "JSD at θ")[0].get_data()[1] == pytest.approx([np.log(2.0), 0.0, np.log(2.0)])
    assert by_gid(right, "TV at θ")[0].get_data()[1] == pytest.approx([1.0, 0.0, 1.0])


def test_curves_between_densities_are_those_of_the_quadrature():
    from toylab.divergences import JensenShannon

    path = GeneratorPath.along(Shift([0.0]), [-1.0, 2.0], latent=Gaussian([0.0], 0.3), real=REAL)
    axes = plot(path)
    right = next(other for other in axes.figure.axes if other is not axes)
    theta, jsd = by_gid(right, "JSD")[0].get_data()
    again = GeneratorPath.along(Shift([0.0]), theta[[3, 20, 40]], latent=path.latent, real=REAL)
    exact = [again.divergence(JensenShannon(), index).value for index in range(3)]
    assert jsd[[3, 20, 40]] == pytest.approx(exact, abs=1e-4)


@pytest.mark.parametrize(
    "subject",
    [
        DensityPair(Gaussian([-0.75], 0.15), REAL),
        DensityPair(Gaussian([0.3, 0.0], 1.0), UniformBox([1.0, 0.0], 1.0)),
        DensityPair(UniformBox([0.0], [1.0]), UniformBox([3.0], [1.0]), VANILLA),  # f* is infinite
        DensityPair(Gaussian([0.3, 0.0], 1.0), Gaussian([1.0, 0.0], 1.0), VANILLA),
        ManifoldPair(Segment([0.0, 0.0], [0.0, 1.0]), Masses(DiscreteMeasure([[0.5, 0.5], [1.0, 0.0]]))),
        ManifoldPair(UniformBox([0.0], 0.5), UniformBox([2.0], 0.5)),
        ManifoldPair(Gaussian([0.0, 0.0], 1.0), UniformBox([2.0, 0.0], 0.5)),
        GeneratorUpdate.against_the_optimum(Shift([1.3]), Gaussian([0.0], 1.0), Gaussian([0.0], 1.5)),
        GeneratorUpdate.against_the_optimum(
            ParallelLine(0.0),
            Masses(DiscreteMeasure([[0.0], [1.0]])),
            Masses(DiscreteMeasure([[0.6, 0.0], [0.6, 1.0]])),
            cost=Saturating(),
            noise=0.5,
        ),
        GeneratorUpdate(
            generator=ParallelLine(0.0),
            latent=UniformBox([0.5], [0.5]),
            discriminator=WhiteNoise(dimension=2, value_noise=0.1, gradient_noise=0.1),
            real=UniformBox([3.0, 0.5], 0.5),
        ),
    ],
    ids=lambda subject: type(subject).__name__,
)
def test_every_subject_has_a_picture(subject, tmp_path):
    for number, choices in enumerate(({}, {"arrows": False, "resolution": 20})):
        path = save(plot(subject, **choices).figure, tmp_path / f"{number}.png")  # type: ignore[arg-type]
        assert path.stat().st_size > 3000


def test_arrows_of_an_update_are_the_pull():
    update = GeneratorUpdate.against_the_optimum(
        Shift([0.0, 0.0]),
        Masses(DiscreteMeasure([[0.0, 0.0], [0.0, 1.0]])),
        Masses(DiscreteMeasure([[1.0, 0.0]])),
        cost=Saturating(),
        noise=0.5,
    )
    arrows = by_gid(plot(update, resolution=20), "arrows")[0]
    pull = update.pull(np.array([[0.0, 0.0], [0.0, 1.0]]))
    drawn = np.stack([arrows.U, arrows.V], axis=1)
    assert drawn / np.linalg.norm(drawn) == pytest.approx(pull / np.linalg.norm(pull))


def test_beyond_the_plane_there_is_no_picture():
    space = Gaussian([0.0, 0.0, 0.0], 1.0)
    box = UniformBox([0.0, 0.0, 0.0], 1.0)
    for subject in (
        DensityPair(space, space),
        ManifoldPair(box, box),
        GeneratorUpdate.against_the_optimum(Shift([0.0, 0.0, 0.0]), space, space),
    ):
        with pytest.raises(InputError, match="on the line and in the plane, not in dimension 3"):
            plot(subject)
