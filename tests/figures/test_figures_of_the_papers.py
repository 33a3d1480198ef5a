"""The arrays behind the figures against closed forms, certificates and independent solvers."""

from typing import cast

import numpy as np
import pytest
from scipy.optimize import brentq, linear_sum_assignment
from scipy.spatial.distance import cdist
from scipy.special import expit, ndtr
from scipy.stats import multivariate_normal

from toylab import claims
from toylab.claims import VerdictStatus
from toylab.falsification import necessity

#: What the exact solvers promise, as a relative gap.
CERTIFIED = 1e-8
FLOAT32 = float(np.finfo(np.float32).eps)


def group(name):
    return pytest.mark.xdist_group(name)


def slopes(surface, extent):
    """Difference quotients between neighbouring cells, and how far rounding to float32 moves them."""
    rows, columns = surface.shape
    steps = (extent[3] - extent[2]) / rows, (extent[1] - extent[0]) / columns
    values = surface.astype(np.float64)
    quotients = max(float(np.abs(np.diff(values, axis=axis)).max()) / steps[axis] for axis in (0, 1))
    return quotients, 2.0 * FLOAT32 * float(np.abs(values).max()) / min(steps)


@group("fig02_gradient_directions")
def test_figure_2_certified_critics_are_lipschitz_and_point_to_their_partners(data_of):
    data = data_of("fig02_gradient_directions")
    for name in data["names"]:
        own = {key.split(".")[1]: array for key, array in data.items() if key.startswith(f"{name}.")}
        k = float(own["k_star"][0])
        assert own["exact_gap"][0] <= CERTIFIED
        assert own["gap"][0] >= 0.0
        steepest, rounding = slopes(own["exact_surface"], own["extent"])
        assert steepest <= k + rounding
        assert np.linalg.norm(own["exact_gradients"], axis=1) == pytest.approx(k, rel=1e-9)
        for index, gradient in enumerate(own["exact_gradients"]):
            directions = own["partner_direction"][own["partner_of"] == index]
            assert len(directions), "disjoint supports: every fake has a partner"
            assert np.linalg.norm(directions, axis=1) == pytest.approx(1.0)
            if name != "wasserstein":  # whose bounding partners are more than those of one plan
                assert float((directions @ gradient).max()) == pytest.approx(k, rel=1e-9)
        single = np.flatnonzero(np.bincount(own["partner_of"]) == 1)
        for index in single:
            direction = own["partner_direction"][own["partner_of"] == index][0]
            trained = own["trained_gradients"][index]
            cosine = trained @ direction / np.linalg.norm(trained)
            assert own["angles"][index] == pytest.approx(np.degrees(np.arccos(np.clip(cosine, -1, 1))), abs=1e-5)


@group("fig01_uninformative_gradient")
def test_figure_1_without_restriction_has_its_closed_form(data_of):
    data = data_of("fig01_uninformative_gradient")
    left, right, bottom, top = data["extent"]
    rows, columns = data["c.unrestricted"].shape
    x = left + (right - left) * (np.arange(columns) + 0.5) / columns
    y = bottom + (top - bottom) * (np.arange(rows) + 0.5) / rows
    z = np.stack(np.meshgrid(x, y), axis=-1)
    p, *reals = (multivariate_normal([m, 0.0], 0.15**2 * np.eye(2)).logpdf(z) for m in (-0.75, 1.0, -1.25))  # type: ignore
    q = np.logaddexp(*reals) - np.log(2.0)
    assert data["c.unrestricted"] == pytest.approx(expit(q - p), rel=4 * FLOAT32, abs=1e-12)
    for name, inside in (("a", {0.0, 1.0}), ("b", {0.2, 0.8})):
        surface = data[f"{name}.unrestricted"]
        values = np.unique(surface[~np.isnan(surface)])
        assert values == pytest.approx(sorted(inside), abs=4 * FLOAT32)
        assert np.isnan(surface).any(), "nothing is said where there is no density"
        assert not data[f"{name}.unrestricted_gradients"].any()


@group("fig01_uninformative_gradient")
def test_figure_1_lipschitz_critics_are_certified_and_point_to_partners(data_of):
    data = data_of("fig01_uninformative_gradient")
    for name in data["names"]:
        assert data[f"{name}.certified_gap"][0] <= CERTIFIED
        angles = data[f"{name}.lipschitz_angles"]
        assert np.nanmax(angles) <= 1e-5
        assert not np.isnan(angles).any(), "disjoint samples: every fake has a partner"
        steepest, rounding = slopes(data[f"{name}.lipschitz"], data["extent"])
        assert steepest <= data[f"{name}.k_star"][0] + rounding
        for critic in ("trained", "unrestricted"):
            assert np.isfinite(data[f"{name}.{critic}_gradients"]).all()


@group("fig_iclr1_parallel_lines")
def test_iclr_figure_1_both_critics_are_optimal_and_only_one_is_forced(data_of):
    data = data_of("fig_iclr1_parallel_lines")
    assert data["w1"][0] == pytest.approx(0.6, rel=1e-12)
    for name in ("compact", "lipschitz"):
        assert data[f"{name}_gap"][0] <= CERTIFIED
    assert data["compact_angles"] == pytest.approx(90.0)
    assert data["lipschitz_angles"] == pytest.approx(0.0, abs=1e-6)
    assert data["discriminator"].tolist() == [0.0, 1.0]
    steepest, rounding = slopes(data["lipschitz"], data["extent"])
    assert steepest <= 1.0 + rounding
    assert slopes(data["compact"], data["extent"])[0] > 1.0


@group("fig_iclr2_mode_collapse")
def test_iclr_figure_2_shares_have_closed_forms(data_of):
    data = data_of("fig_iclr2_mode_collapse")
    share = dict(zip(data["names"], data["to_near"], strict=True))
    far = dict(zip(data["names"], data["to_far"], strict=True))
    error = float(data["error"].max()) + 1e-12
    # locality: all fakes to the right of A go there, but for the few beyond the switch between the modes
    switch = -0.125 + 0.15**2 * np.log(0.5 / 1.75) / 2.25
    expected = ndtr(0.5 / 0.15) - ndtr(-(switch + 0.75) / 0.15)
    assert share["vanilla"] == pytest.approx(expected, abs=error)
    assert share["quadratic"] == pytest.approx(expected, abs=error)

    def ahead(z):  # F_fake − F_real: where it is positive the Wasserstein critic rises
        return ndtr((z + 0.75) / 0.15) - 0.5 * (ndtr((z - 1.0) / 0.15) + ndtr((z + 1.25) / 0.15))

    turn = cast(float, brentq(ahead, -1.2, -0.3, xtol=1e-14))
    assert far["wasserstein"] == pytest.approx(ndtr(-(turn + 0.75) / 0.15), abs=error + 1e-12)
    assert 0.49 < far["fisher"] < 0.5
    z = data["z"]
    ratio = np.logaddexp(-0.5 * ((z - 1.0) / 0.15) ** 2, -0.5 * ((z + 1.25) / 0.15) ** 2) - np.log(2.0)
    assert data["f"][0] == pytest.approx(ratio + 0.5 * ((z + 0.75) / 0.15) ** 2, abs=1e-9)


@group("fig_wgan1_parallel_lines")
def test_wgan_figure_1_is_example_1(data_of):
    data = data_of("fig_wgan1_parallel_lines")
    theta, apart = data["theta"], data["theta"] != 0.0
    assert data["w1"] == pytest.approx(np.abs(theta), abs=1e-12)
    for key, value in (("jsd", np.log(2.0)), ("kl", np.inf), ("tv", 1.0)):
        assert data[key][apart] == pytest.approx(value)
        assert data[key][~apart] == pytest.approx(0.0, abs=1e-14)
    assert (data["independent"] >= np.abs(theta) - 1e-12).all()
    assert (data["independent"][:, ~apart] > 0).all()


@group("fig_wgan2_critic_against_discriminator")
def test_wgan_figure_2_one_saturates_and_one_stays_linear(data_of):
    data = data_of("fig_wgan2_critic_against_discriminator")
    z = data["z"]
    assert data["discriminator"] == pytest.approx(expit(-6.0 * z), rel=1e-12)  # ln(q/p) = −6z
    assert data["slope_discriminator"] == pytest.approx(-6.0 * expit(6.0 * z) * expit(-6.0 * z), rel=1e-9)
    assert data["slope_saturating"] == pytest.approx(-6.0 * expit(-6.0 * z), rel=1e-9)
    assert (data["slope_wasserstein"] == -1.0).all()
    assert data["certified_gap"][0] <= CERTIFIED
    assert data["median_logistic"][0] == pytest.approx(data["k_star"][0], rel=1e-9)
    assert np.abs(np.diff(data["logistic"]) / np.diff(z)).max() <= data["k_star"][0] * (1 + 1e-9)


@group("fig_necessity")
def test_the_table_of_necessity_is_the_kept_one(data_of):
    data = data_of("fig_necessity")
    rows = necessity.rows(claims.ALL)
    assert len(data["outcome"]) == len(rows)
    assert sorted(data["outcome"]) == sorted(row.cell.found.name for row in rows)
    assert sorted(data["claims"]) == sorted(claim.id for claim in claims.ALL)
    assert data["others"].sum() == len({row.hypothesis for row in rows})
    shown = {(data["claims"][c], data["hypotheses"][h]) for c, h in zip(data["claim"], data["column"], strict=True)}
    stands = next(name for name in data["hypotheses"] if "as it stands" in name)
    false = {claim.id for claim in claims.ALL if claim.expected is VerdictStatus.VIOLATED}
    assert {claim for claim, hypothesis in shown if hypothesis == stands} == false


@group("fig_transport")
def test_plans_follow_the_known_laws_of_the_penalty(data_of):
    data = data_of("fig_transport")
    cost = cdist(data["fake"], data["real"])
    assert data["w1"][0] == pytest.approx(cost[linear_sum_assignment(cost)].mean(), rel=1e-9)
    assert data["gap"].max() <= CERTIFIED
    assert ((data["moved"] >= 0) & (data["moved"] <= 1) & (data["reweighted"] >= -1e-12)).all()
    slope_at_a = {"logistic": 0.5, "sqrt": 1.0, "exponential": 1.0}
    for name, constants in zip(data["names"], data["k_star"], strict=True):
        # V(k) + λk² is λ-strongly convex: an absolute gap g moves k by √(g/λ) at most, and g ≤ 2 · relative gap here
        error = np.sqrt(data["gap"].max() * 2.0 / data["penalties"])
        assert (np.diff(constants) <= error[:-1] + error[1:]).all()
        product = data["penalties"] * constants
        assert (np.diff(product) >= -(data["penalties"] * error)[:-1] - (data["penalties"] * error)[1:]).all()
        assert (constants <= slope_at_a[name] * data["w1"][0] / (2.0 * data["penalties"]) + error).all()
        assert data["moved"][list(data["names"]).index(name)][0] > data["moved"][list(data["names"]).index(name)][-1]
    for name in data["names"]:
        for index in range(len(data["shown"])):
            assert len(data[f"{name}.{index}.pairs"]) == len(data[f"{name}.{index}.mass"])


@group("fig_dirac_gan")
def test_the_dirac_gans_are_those_of_the_papers_update_formulas(data_of):
    """WGAN-GP, clipping and MaxGP round by round as the paper writes them; circles; the lemmas' eigenvalues."""
    data = data_of("fig_dirac_gan")
    names, h = list(data["names"]), 0.2
    pulls = {
        "clipping": lambda psi: 0.0,
        "wgan_gp": lambda psi: np.sign(psi) * (abs(psi) - 0.5),
        "maxgp": lambda psi: 2.0 * 0.3 * psi,
    }
    for name, pull in pulls.items():
        theta, psi, rounds = 1.0, 0.0, data["rounds"][names.index(name)]
        for expected in rounds.T:
            assert (theta, psi) == pytest.approx(tuple(expected), abs=1e-12)
            theta = theta - h * psi
            psi = psi + h * (theta - pull(psi))
            psi = np.clip(psi, -0.5, 0.5) if name == "clipping" else psi
    circle = np.hypot(*data["flow"][names.index("gan")])
    assert circle == pytest.approx(np.ones(len(circle)), rel=1e-6)
    known = {"gan": (0.0, 0.5), "noise": (-0.25, 0.1875**0.5), "r1": (-0.2, 0.21**0.5), "consensus": (-0.15, 0.5)}
    for name, parts in {**known, "maxgp": (-0.3, 0.91**0.5)}.items():
        found = data["eigenvalues"][names.index(name)]
        assert np.sort(found[:, 1]) == pytest.approx([-parts[1], parts[1]])
        assert found[:, 0] == pytest.approx(parts[0])
    below = {name for name, radii in zip(names, data["radii"], strict=True) if (radii < 1.0 - 1e-9).all()}
    assert below == {"noise", "r1", "consensus", "maxgp"}
