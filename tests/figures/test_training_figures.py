"""What the arrays of the particle flow, of the pictures, of the trainings and of the bench must satisfy."""

import json

import numpy as np
import pytest

from figures import fig_methods
from figures.building.scripts import Script
from toylab import losses, zoo
from toylab.divergences import wasserstein1
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure


@pytest.mark.xdist_group("fig_convergence")
def test_particles_start_at_the_zoo_s_points_and_only_lipschitz_critics_have_constants(data_of):
    data = data_of("fig_convergence")
    own, names = data["lipschitz"], list(data["names"])
    assert (data["gaps"][own] <= 1e-6).all()
    assert np.isnan(data["gaps"][~own]).all()
    assert np.isnan(data["constants"][~own]).all()
    problem = zoo.load("case4", n=len(data["real"]), seed=0)
    assert data["w1"][:, 0, 0] == pytest.approx(wasserstein1(problem.fake, problem.real), rel=1e-12)
    # of the Wasserstein loss k* = W₁/(2λ), λ = 0.1, at every step
    row = names.index("wasserstein")
    assert data["constants"][row] == pytest.approx(data["w1"][row] / 0.2, rel=1e-6)
    # no fake goes farther than the step in one step
    moves = np.linalg.norm(np.diff(data["paths"], axis=1), axis=3)
    assert moves.max() <= 0.12 * (1 + 1e-9)
    ends = DiscreteMeasure(data["paths"][0, -1])
    assert wasserstein1(ends, DiscreteMeasure(data["real"])) == pytest.approx(data["w1"][0, data["worst"][1], -1])


@pytest.mark.xdist_group("fig_convergence")
def test_certified_flows_get_nearer_and_the_points_alone_move_nothing(data_of):
    data = data_of("fig_convergence")
    left = data["w1"][:, :, -1] / data["w1"][:, :, 0]
    assert (left[data["lipschitz"]] < 0.5).all()
    row = list(data["names"]).index("on the points")
    assert (left[row] == 1.0).all()
    assert (data["ended"][row] == 0).all()
    assert (data["stops"][row] == "standstill").all()
    # vanilla and least squares give the same directions (ICLR §4.2)
    vanilla, squares = (list(data["names"]).index(name) for name in ("vanilla", "least squares"))
    assert data["w1"][vanilla] == pytest.approx(data["w1"][squares], rel=1e-6)


@pytest.mark.xdist_group("fig03_high_dimension")
def test_certified_gradients_end_on_their_partner(data_of):
    data = data_of("fig03_high_dimension")
    assert (data["gaps"] <= 1e-8).all()
    # the gradient has length k*, so that ε* = ‖y − x‖/k* goes as far as the partner is
    lengths = np.linalg.norm(data["gradients"].astype(float), axis=1)
    assert lengths == pytest.approx(np.full(len(lengths), data["k_star"][0]), rel=1e-5)
    ends = data["fake"] + (data["distances"] / lengths)[:, None] * data["gradients"]
    assert ends == pytest.approx(data["partner"], abs=1e-3)
    assert (data["angles"] <= 1e-3).all()
    row = list(data["names"]).index("wasserstein")
    # k* = W₁/(2λ), λ = 0.1, which lies between the least and the largest distance
    assert data["spread"][0] <= 0.2 * data["constants"][row] <= data["spread"][1]


@pytest.mark.xdist_group("fig12_gp_against_maxgp")
def test_the_certified_critic_is_the_best_and_straight(data_of):
    data = data_of("fig12_gp_against_maxgp")
    assert list(data["methods"]) == ["certified", "maxgp", "gp", "mean_square"]
    assert data["gaps"][0] <= 1e-8
    assert (data["gaps"][1:] > data["gaps"][0]).all()
    assert np.nanmax(data["angles"][0]) <= 1e-3
    assert data["lengths"][0] == pytest.approx(np.full(data["lengths"].shape[1], data["constants"][0]), rel=1e-9)


@pytest.mark.xdist_group("fig06_stable_critic")
def test_the_certified_means_are_those_of_their_closed_form(data_of):
    """Wasserstein: E_real f* − E_fake f* = k* W₁ = W₁²/(2λ); the series are as long as they say."""
    data = data_of("fig06_stable_critic")
    assert data["fake"].shape == data["real"].shape == (2, 1, len(data["steps"]))
    assert (data["real"][:, :, -1] > data["fake"][:, :, -1]).all()
    seed = int(np.random.default_rng(Script.load("fig06_stable_critic").spec.seed).integers(2**31))
    problem = zoo.load("case3", n=10, seed=seed, losses=losses.wasserstein())
    distance = wasserstein1(problem.fake, problem.real)
    low, high = data["certified"][0]
    assert high - low == pytest.approx(distance**2 / 0.2, rel=1e-6)


@pytest.mark.xdist_group("fig07_11_hyperparameters")
def test_five_settings_give_five_surfaces_of_one_problem(data_of):
    data = data_of("fig07_11_hyperparameters")
    arrangements, settings = data["surfaces"].shape[:2]
    assert (arrangements, settings) == (1, 5)
    assert np.isfinite(data["surfaces"]).all()
    flat = data["surfaces"].reshape(5, -1)
    assert all(np.abs(flat[i] - flat[j]).max() > 1e-3 for i in range(5) for j in range(i))
    # f* lies in [0, 1], and the constant 1/2 is within 1/2 of it
    assert data["errors"].min() < 0.5
    assert ((data["angles"] >= 0) & (data["angles"] <= 180)).all()


@pytest.mark.xdist_group("fig_gan_toys")
def test_no_method_is_better_than_the_certified_critic(data_of):
    data = data_of("fig_gan_toys")
    last = list(data["methods"]).index("certified")
    assert (data["gaps"][:, last] <= 1e-8).all()
    assert (data["gaps"] >= data["gaps"][:, last : last + 1]).all()
    assert np.nanmax(data["angles"][:, last]) <= 1e-3
    # its surface is as steep as k* at most
    side = float(data["extents"][0][1] - data["extents"][0][0]) / data["surfaces"].shape[-1]
    steepest = np.abs(np.diff(data["surfaces"][0, last], axis=1)).max() / side
    assert steepest <= data["constants"][0, last] * (1 + 1e-4)


@pytest.mark.xdist_group("fig_methods")
def test_times_to_gaps_are_those_of_the_trainings(data_of):
    data = data_of("fig_methods")
    raw = json.loads(fig_methods.inputs({"bench": ""})[0].read_text(encoding="utf-8"))["trainings"]
    for row, loss in enumerate(data["losses"]):
        for column, method in enumerate(data["methods"]):
            own = [t for t in raw if (t["key"]["loss"], t["key"]["method"], t["key"]["n"]) == (loss, method, 10)]
            assert own
            if len(own) == 1:
                series = own[0]["series"]
                hits = [s for s, g in zip(series["cpu"], series["gap"], strict=True) if g is not None and g <= 0.1]
                assert data["times"][row, column, 0] == (pytest.approx(hits[0]) if hits else np.inf)
    # times grow as gaps shrink, and the funnel, of the optimum's own shape, is the fastest
    with np.errstate(invalid="ignore"):
        assert not (np.diff(data["times"], axis=2) < 0).any()
    fastest = data["times"][:, list(data["methods"]).index("FunnelMaxGP"), 1]
    assert (fastest[:, None] <= data["times"][:, :, 1]).all()


def test_other_trainings_can_be_drawn_and_damaged_ones_are_one_sentence(tmp_path):
    parameters = {**fig_methods.SPEC.parameters, "bench": str(tmp_path / "critic.json")}
    with pytest.raises(InputError, match="toylab bench critic"):
        fig_methods.compute(parameters, np.random.default_rng(0))
    (tmp_path / "critic.json").write_text("[]")
    with pytest.raises(InputError, match=r"is no critic\.json"):
        fig_methods.compute(parameters, np.random.default_rng(0))
    (tmp_path / "critic.json").write_text('{"trainings": []}')
    with pytest.raises(InputError, match="holds none"):
        fig_methods.compute(parameters, np.random.default_rng(0))
