import json

import numpy as np
import pytest

from toylab import losses
from toylab.errors import InputError
from toylab.losses import LossPair

KEEPING = [
    losses.wasserstein(),
    losses.logistic(),
    losses.sqrt(),
    losses.exponential(),
    losses.logistic().shifted(2.0),
    2.0 * losses.sqrt(),
    losses.logistic() + losses.wasserstein(),
    losses.combination((0.1, losses.exponential()), (3.0, losses.sqrt())),
    losses.logistic().weighted(fake=3.0),
    losses.sqrt().rescaled(0.1),
    losses.exponential().raised(fake=1e6, real=-3.0),
    losses.wasserstein().rescaled(2.0).shifted(1.0),
]
LOSING = [
    losses.hinge(),
    losses.quadratic(),
    losses.quadratic(-1.0, -1.0),
    losses.hinge() + losses.quadratic(),
    losses.hinge().weighted(fake=1.0, real=3.0),
    2.0 * losses.quadratic(-1.0, 1.0).rescaled(3.0).shifted(0.5),
]
NO_OPTIMUM = {
    "unbounded": LossPair("t and −2t", losses.Linear(), losses.Scaled(losses.Reflected(losses.Linear()), 2.0)),
    "never attained": LossPair(
        "softplus + t and softplus",
        losses.Total((losses.Softplus(), losses.Linear())),
        losses.Reflected(losses.Softplus()),
    ),
}


def named(pair: LossPair) -> str:
    return pair.name


@pytest.mark.parametrize("pair", KEEPING, ids=named)
def test_condition_11_holds(pair):
    assert pair.condition_11()
    assert pair.condition_11().reasons == ()
    assert pair.describe_missing_optimum() is None


@pytest.mark.parametrize("pair", LOSING, ids=named)
def test_condition_11_fails_with_a_reason_for_each_side(pair):
    condition = pair.condition_11()
    assert not condition
    assert any("φ' > 0 fails" in reason for reason in condition.reasons)
    assert any("ϕ' < 0 fails" in reason for reason in condition.reasons)
    assert pair.describe_missing_optimum() is None


@pytest.mark.parametrize("pair", [*KEEPING, *LOSING], ids=named)
def test_best_constant_minimises_the_sum(pair):
    c = pair.best_constant
    assert c is not None
    at = c + np.array([-1.0, -0.1, 0.0, 0.1, 1.0])
    total = pair.fake_loss.value(at) + pair.real_loss.value(at)
    assert (total >= total[2] * (1 - 4e-16)).all()


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        (losses.logistic(), 0.0),
        (losses.logistic().shifted(2.0), 2.0),
        (losses.quadratic(0.0, 1.0), 0.5),
        # 3 σ(a) = σ(−a) at a = −ln 3: "scaling one loss of a logistic pair moves a to −ln c"
        (losses.logistic().weighted(fake=3.0), -np.log(3.0)),
        (losses.quadratic(0.0, 1.0).rescaled(4.0).shifted(1.0), 3.0),
        (losses.hinge().weighted(real=3.0), 1.0),  # the slope jumps from −2 to 1 at the kink of ϕ
        (losses.hinge().weighted(fake=3.0), -1.0),
        (losses.hinge().shifted(5.0), 5.0),  # any of [4, 6]: the middle
    ],
)
def test_best_constant_has_its_closed_form(pair, expected):
    np.testing.assert_allclose(pair.best_constant, expected, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("kind", NO_OPTIMUM)
def test_a_pair_without_an_optimum_says_why(kind):
    reason = NO_OPTIMUM[kind].describe_missing_optimum()
    assert reason is not None
    assert {"unbounded": "unbounded below", "never attained": "no critic attains"}[kind] in reason
    assert {"unbounded": "+∞", "never attained": "−∞"}[kind] in reason
    assert "no a with φ'(a) + ϕ'(a) = 0" in NO_OPTIMUM[kind].condition_11().reasons


def test_strict_convexity_needs_one_strict_part():
    assert not losses.wasserstein().strictly_convex
    assert not losses.hinge().strictly_convex
    assert (losses.wasserstein() + losses.logistic()).strictly_convex
    assert LossPair("one side", losses.Softplus(), losses.Reflected(losses.Linear())).strictly_convex


REVERSED = [
    LossPair("quadratic(1, 0)", losses.Square(1.0), losses.Square(0.0)),
    LossPair.symmetric("reversed hinge", losses.Reflected(losses.Hinge())),
    LossPair("rising apart", losses.Reflected(losses.Exponential()), losses.Square(3.0)),
]


@pytest.mark.parametrize("pair", [*KEEPING, *LOSING, *NO_OPTIMUM.values()], ids=named)
def test_fake_to_real_pairs_are_enough(pair):
    assert pair.compact_form()


@pytest.mark.parametrize("pair", REVERSED, ids=named)
def test_fake_to_real_pairs_are_not_enough(pair):
    condition = pair.compact_form()
    assert not condition
    assert "larger on fake points" in condition.reasons[0]


@pytest.mark.parametrize(
    ("pair", "ends"),
    [
        (losses.hinge(), (-np.inf, -1.0, 1.0, np.inf)),
        (losses.quadratic(-2.0, 0.5), (-2.0, -2.0, 0.5, 0.5)),
        (losses.quadratic(0.3, 0.3) + 2.0 * losses.quadratic(0.1, 0.3), (0.5 / 3.0, 0.5 / 3.0, 0.3, 0.3)),
        (losses.hinge() + losses.hinge().shifted(0.5), (-np.inf, -1.0, 1.5, np.inf)),
        (losses.wasserstein() + losses.quadratic(0.0, 1.0), (-0.5, -0.5, 1.5, 1.5)),
    ],
    ids=str,
)
def test_minimisers_have_their_closed_form(pair, ends):
    np.testing.assert_allclose((*pair.fake_loss.minimisers, *pair.real_loss.minimisers), ends, rtol=1e-15)


def test_kinks_are_known():
    assert losses.logistic().analytic
    assert losses.logistic().differentiable
    assert not losses.hinge().analytic
    assert not (losses.hinge() + losses.logistic()).differentiable
    assert any("kink there" in reason for reason in losses.hinge().condition_11().reasons)


def test_scaling_one_loss_of_wassersteins_pair_leaves_no_optimum():
    assert losses.wasserstein().weighted(fake=2.0).describe_missing_optimum() is not None


@pytest.mark.parametrize("pair", [losses.logistic(), losses.hinge(), losses.quadratic(-1.0, 2.0)], ids=named)
def test_changes_of_a_pair_are_what_they_say(pair):
    t = np.linspace(-3.0, 3.0, 13)
    np.testing.assert_allclose(pair.rescaled(4.0).fake_loss.value(t), pair.fake_loss.value(t / 4.0), rtol=1e-15)
    np.testing.assert_allclose(pair.rescaled(4.0).real_loss.slope(t), pair.real_loss.slope(t / 4.0) / 4.0, rtol=1e-15)
    np.testing.assert_allclose(pair.weighted(fake=3.0).fake_loss.value(t), 3.0 * pair.fake_loss.value(t), rtol=1e-15)
    assert pair.weighted(fake=3.0).real_loss == pair.real_loss
    raised = pair.raised(fake=2.0, real=-1.0)
    np.testing.assert_allclose(raised.real_loss.value(t), pair.real_loss.value(t) - 1.0, rtol=1e-15)
    assert (raised.fake_loss.slope(t) == pair.fake_loss.slope(t)).all()
    assert raised.without_constants().fake_loss == pair.fake_loss


def test_sums_of_sums_are_one_sum():
    one, two, three = losses.logistic(), losses.sqrt(), losses.hinge()
    assert (one + two) + three == losses.combination((1.0, one), (1.0, two), (1.0, three))
    assert (2.0 * (one + two)).name == "2·(logistic + sqrt)"
    assert one * 2.0 == 2.0 * one


@pytest.mark.parametrize("pair", [*KEEPING, *LOSING], ids=named)
def test_json_round_trip(pair):
    assert losses.from_json(json.loads(json.dumps(pair.to_json()))) == pair


@pytest.mark.parametrize("name", losses.names())
def test_every_name_is_known(name):
    assert losses.get(name) == losses.from_json(name)


def test_combination_names_its_parts():
    pair = losses.combination((1.0, losses.logistic()), (0.5, losses.wasserstein()))
    assert pair.name == "logistic + 0.5·wasserstein"


def test_symmetric_pairs_mirror_the_fake_loss():
    t = np.linspace(-3, 3, 13)
    for pair in (losses.logistic(), losses.sqrt(), losses.exponential(), losses.wasserstein(), losses.hinge()):
        assert (pair.real_loss.value(t) == pair.fake_loss.value(-t)).all()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: losses.get("logistc"), "unknown loss 'logistc'; did you mean 'logistic'"),
        (lambda: losses.get("zzz"), "unknown loss 'zzz'; known: .*wasserstein"),
        (losses.combination, "at least one"),
        (lambda: losses.combination((0.0, losses.sqrt())), "coefficient of sqrt must be positive"),
        (lambda: -1.0 * losses.sqrt(), "coefficient of sqrt must be positive"),
        (lambda: np.nan * losses.sqrt(), "coefficient of sqrt must be finite"),
        (
            lambda: losses.quadratic(1.0, 0.0),
            r"larger on fake points.*k = 0.*k = .8333.*alpha <= beta.*quadratic\(-1, 0\)",
        ),
        (lambda: losses.sqrt().rescaled(0.0), "unit of sqrt must be positive"),
        (lambda: losses.sqrt().weighted(real=-1.0), "real factor of sqrt must be positive"),
        (lambda: losses.sqrt().raised(fake=np.inf), "fake constant of sqrt must be finite"),
        (lambda: losses.quadratic(np.nan, 0.0), "must be finite"),
        (lambda: losses.from_json({"name": "x"}), "missing 'fake_loss'"),
        (
            lambda: losses.from_json({"name": "x", "fake_loss": {"kind": "softpls"}, "real_loss": {}}),
            "did you mean 'softplus'",
        ),
        (lambda: losses.logistic().shifted(np.nan), "offset"),
    ],
)
def test_bad_input_is_named(make, words):
    with pytest.raises(InputError, match=words):
        make()
