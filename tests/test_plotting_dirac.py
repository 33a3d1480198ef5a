"""Pictures of Dirac-GANs."""

import numpy as np
import pytest
from matplotlib.quiver import Quiver

from toylab import DiracGAN, DiracTraining, losses, plot
from toylab.diracgan import Alternating, GradientPenalty, MaxGP, Orbit, WeightClipping
from toylab.errors import InputError


def lines(axes):
    return {line.get_gid(): np.stack(line.get_data(), axis=1) for line in axes.lines if line.get_gid()}


def test_a_game_has_its_field_and_its_flow():
    game = DiracGAN(method=MaxGP(weight=0.2))
    axes = plot(game)
    shown = lines(axes)
    assert shown["start"].tolist() == [[1.0, 0.0]]
    assert np.linalg.norm(shown["flow"][-1]) < 1e-2  # e^(−.2 · 20π)
    (field,) = [arrows for arrows in axes.collections if isinstance(arrows, Quiver)]
    theta, psi = np.asarray(field.X), np.asarray(field.Y)
    expected = np.array(game.vector_field(theta, psi))
    drawn = np.stack([np.asarray(field.U), np.asarray(field.V)])
    across = drawn[0] * expected[1] - drawn[1] * expected[0]
    np.testing.assert_allclose(across, 0.0, atol=1e-14)
    assert ((drawn * expected).sum(axis=0) > 0).sum() == len(theta) - 1, "all but the one at the equilibrium"
    assert "the flow converges" in axes.get_title()
    assert "−0.2 + 0.458 i" in axes.get_title()


def test_a_training_has_its_rounds_and_its_bound():
    game = DiracGAN(losses=losses.wasserstein(), method=WeightClipping(bound=0.5))
    training = DiracTraining(game=game, rule=Alternating(step=0.1), start=(1.0, 0.2), rounds=30)
    axes = plot(training, arrows=False)
    np.testing.assert_array_equal(lines(axes)["rounds"][:, 0], training.orbit.theta)
    legend = axes.get_legend()
    assert legend is not None
    assert "ψ is clipped here" in [text.get_text() for text in legend.get_texts()]
    assert not [arrows for arrows in axes.collections if isinstance(arrows, Quiver)]


def test_a_field_that_jumps_says_so_and_an_extent_is_kept():
    axes = plot(
        DiracGAN(losses=losses.wasserstein(), method=GradientPenalty(weight=1.0, target=0.3)),
        extent=(-2.0, 2.0, -1.0, 1.0),
    )
    assert "no Jacobian at the equilibrium: no linear convergence" in axes.get_title()
    assert axes.get_xlim() == (-2.0, 2.0)
    with pytest.raises(InputError, match="extent must be"):
        plot(DiracGAN(), extent=(1.0, 0.0, 0.0, 1.0))


def test_a_bare_orbit_is_drawn_from_every_start():
    starts = np.array([1.0, 0.5]), np.array([0.0, 0.5])
    orbit = DiracGAN(method=MaxGP(weight=0.2)).trajectory(starts, 49, Alternating(step=0.1))
    axes = plot(orbit)
    shown = lines(axes)
    np.testing.assert_array_equal(shown["orbit 1"], np.stack([orbit.theta[:, 1], orbit.psi[:, 1]], axis=1))
    assert shown["start"].tolist() == [[1.0, 0.0], [0.5, 0.5]]
    np.testing.assert_array_equal(shown["end"][0], [orbit.theta[-1, 0], orbit.psi[-1, 0]])
    assert "2 orbits of 50 points, to time 49" in axes.get_title()
    assert f"distance 0.707 … 1 → {orbit.radius[-1].min():.3g}" in axes.get_title()


def test_an_orbit_that_leaves_is_drawn_as_far_as_it_is_finite():
    theta = np.array([1.0, 2.0, np.inf])
    axes = plot(Orbit(time=np.arange(3.0), theta=theta, psi=np.zeros(3)))
    assert lines(axes)["end"].tolist() == [[2.0, 0.0]]
    with pytest.raises(InputError, match="none of its points is finite"):
        plot(Orbit(time=np.arange(3.0), theta=np.full(3, np.nan), psi=np.zeros(3)))
