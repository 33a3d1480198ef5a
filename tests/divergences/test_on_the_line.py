"""The Wasserstein critic of densities on the line, against closed forms and SciPy's quantile coupling."""

import json

import numpy as np
import pytest
from scipy import stats

from toylab import divergences, losses
from toylab.distributions import Gaussian, Masses, Mixture, Segment, UniformBox, gaussian_mixture
from toylab.divergences import (
    DensityPair,
    FisherIPM,
    Uniform,
    UnrestrictedLoss,
    WassersteinOnLine,
    cumulative,
    integrate,
)
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure

FAKE, REAL = Gaussian([-0.75], 0.15), Mixture([Gaussian([-1.25], 0.15), Gaussian([1.0], 0.15)])


def test_distribution_functions_are_those_of_scipy():
    z = np.linspace(-3.0, 3.0, 41)
    assert cumulative(Gaussian([0.3], 0.7), z) == pytest.approx(stats.norm.cdf(z, 0.3, 0.7), abs=1e-15)
    assert cumulative(UniformBox([0.5], [1.0]), z) == pytest.approx(stats.uniform.cdf(z, -0.5, 2.0), abs=1e-15)
    mixed = cumulative(gaussian_mixture([[-1.0], [1.0]], 0.5, [1.0, 3.0]), z)
    assert mixed == pytest.approx(0.25 * stats.norm.cdf(z, -1, 0.5) + 0.75 * stats.norm.cdf(z, 1, 0.5), abs=1e-15)
    with pytest.raises(InputError, match="for Gaussian, UniformBox and Mixture on the line"):
        cumulative(Masses(DiscreteMeasure([[0.0]])), z)
    with pytest.raises(InputError, match="this has 2 coordinates"):
        cumulative(Gaussian([0.0, 0.0], 1.0), z)


@pytest.mark.parametrize(
    ("fake", "real"),
    [(FAKE, REAL), (Gaussian([0.0], 1.0), Gaussian([2.0], 1.0)), (UniformBox([0.0], [1.0]), Gaussian([0.0], 1.0))],
)
def test_the_critic_reaches_w1(fake, real):
    """E_real f − E_fake f by quadrature against W₁ of 40,000 quantiles on either side."""
    critic = WassersteinOnLine().critic(fake, real)
    pair = DensityPair(fake, real)

    def gain(z):
        p, q = (np.exp(log) for log in pair.log_densities(z))
        return critic(z) * (q - p)

    reached = integrate(gain, (fake, real), level=lambda z: critic.gradient(z)[:, 0] + 0.5)
    grid = np.linspace(-10.0, 10.0, 400_001)
    distance = np.abs(cumulative(fake, grid) - cumulative(real, grid)).sum() * (grid[1] - grid[0])
    assert reached.value == pytest.approx(distance, abs=1e-6)  # the integrand of the sum has kinks: h² = 2.5e-9 each
    slopes = critic.gradient(grid[::1000, None])[:, 0]
    assert set(np.abs(slopes)) <= {0.0, 1.0}


def test_values_and_slopes_belong_together():
    critic = WassersteinOnLine().critic(FAKE, REAL)
    z = np.linspace(-3.0, 3.0, 50)[:, None]
    rise = (critic(z + 1e-6) - critic(z - 1e-6)) / 2e-6
    assert rise == pytest.approx(critic.gradient(z)[:, 0], abs=1e-8)  # cancellation: 1e-16/1e-6


def test_only_on_the_line():
    with pytest.raises(InputError, match="closed form on the line, not in dimension 2"):
        WassersteinOnLine().critic(Gaussian([0.0, 0.0], 1.0), Gaussian([1.0, 0.0], 1.0))


OBJECTIVES = [
    None,
    UnrestrictedLoss(losses.logistic()),
    UnrestrictedLoss(losses.get("0.1 * wasserstein + logistic")),
    WassersteinOnLine(),
    FisherIPM(),
    FisherIPM(Uniform()),
    FisherIPM(Gaussian([0.1], 3.0)),
    *(divergences.get(name) for name in divergences.names()),
]


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: "none" if o is None else o.name)
def test_pairs_survive_json_bit_by_bit(objective):
    pair = DensityPair(Gaussian([1 / 3], 0.1), Mixture([REAL, UniformBox([0.1], [0.7])], [1.0, 2.0]), objective)
    again = DensityPair.from_json(json.loads(json.dumps(pair.to_json())))
    assert again.to_json() == pair.to_json()
    z = np.linspace(-2.0, 2.0, 21)[:, None]
    for before, after in zip(pair.log_densities(z), again.log_densities(z), strict=True):
        assert (before == after).all()
    if objective is not None:
        assert np.array_equal(pair.critic(z), again.critic(z), equal_nan=True)
        assert np.array_equal(pair.critic.gradient(z), again.critic.gradient(z), equal_nan=True)


def test_bad_pairs_are_refused_in_words():
    with pytest.raises(InputError, match="this pair has no objective"):
        _ = DensityPair(FAKE, REAL).critic
    with pytest.raises(InputError, match=r"objective must be one of toylab\.divergences"):
        DensityPair(FAKE, REAL, "vanilla")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"did you mean 'gaussian'"):
        DensityPair.from_json({"fake": {"kind": "gausian"}, "real": {}})
    with pytest.raises(InputError, match="lacks its field 'scale'"):
        DensityPair.from_json({"fake": {"kind": "gaussian", "mean": [0.0]}, "real": {}})
    with pytest.raises(InputError, match="with 'fake' and 'real'"):
        DensityPair.from_json([])
    data = DensityPair(FAKE, REAL).to_json()
    with pytest.raises(InputError, match="unknown kind of objective"):
        DensityPair.from_json({**data, "objective": {"kind": "hinge"}})
    with pytest.raises(InputError, match="Segment"):
        DensityPair(Segment([0.0, 0.0], [1.0, 0.0]), Gaussian([0.0, 0.0], 1.0))


def test_a_pair_shows_itself():
    html = DensityPair(FAKE, REAL, WassersteinOnLine())._repr_html_()
    assert "N(-0.75, 0.15²)" in html
    assert "wasserstein" in html
