"""A user's own functions: what is found out about them, what is refused, and that they are the loss they describe."""

import json
import math

import mpmath
import numpy as np
import pytest
import torch
from scipy.special import expit

from toylab import losses
from toylab.errors import InputError
from toylab.losses import Custom, Kink, LossPair, SlopeRange

EPS = float(np.finfo(float).eps)
T = np.linspace(-8.0, 8.0, 65) + 0.01


def merely_convex(t):
    """φ' = exp(t + 1), 1, t on t < −1, [−1, 1], t > 1 (THEORY, LGAN section 5.3)."""
    return np.where(t < -1, np.exp(np.minimum(t, 0.0) + 1), np.where(t < 1, t + 2, 0.5 * t * t + 2.5))


def merely_convex_slope(t):
    return np.where(t < -1, np.exp(np.minimum(t, 0.0) + 1), np.where(t < 1, 1.0, t))


OWN = {
    "logistic": (
        Custom.from_functions("own softplus", value=lambda t: np.logaddexp(0, t), slope=expit),
        losses.Softplus(),
    ),
    "square": (Custom.from_functions("own square", value=lambda t: (t - 0.5) ** 2), losses.Square(0.5)),
    "exponential": (Custom.from_functions("own exp", value=np.exp, slope=np.exp), losses.Exponential()),
    "hinge": (
        Custom.from_functions("own hinge", value=lambda t: np.maximum(0, 1 + t), slope=lambda t: 1.0 * (t >= -1)),
        losses.Hinge(),
    ),
    "torch": (
        Custom.from_functions("own torch", value=lambda t: torch.logaddexp(t, torch.zeros_like(t))),
        losses.Softplus(),
    ),
}
each = pytest.mark.parametrize("name", OWN)


@each
def test_it_is_the_loss_it_describes(name):
    own, known = OWN[name]
    for method in ("value", "slope"):
        np.testing.assert_allclose(getattr(own, method)(T), getattr(known, method)(T), rtol=1e-13, atol=1e-15)
    # difference quotients over 1e-5 (1 + |t|): h² φ''''/6 relative, and 2 roundings of the slope over h
    np.testing.assert_allclose(own.curvature(T), known.curvature(T), rtol=1e-7, atol=4e-10)
    assert own.slope_range == known.slope_range
    assert own.kinks == known.kinks
    assert own.strictly_convex == known.strictly_convex
    np.testing.assert_allclose(own.minimisers, known.minimisers, rtol=4 * EPS)


@each
def test_its_conjugate_is_found_by_inversion(name):
    own, known = OWN[name]
    u = known.slope(T)
    scale = 64 * EPS * (1 + np.abs(u * T) + np.abs(known.value(T)))
    assert (np.abs(own.conjugate(u) - known.conjugate(u)) <= scale).all()
    assert np.isinf(own.conjugate(np.array([-np.inf]))).all()


@each
def test_it_takes_tensors_scalars_and_stacks(name):
    own, _ = OWN[name]
    np.testing.assert_array_equal(own.value(torch.tensor(T)).numpy(), own.value(T))
    np.testing.assert_array_equal(own.slope(T.reshape(5, 13)), own.slope(T).reshape(5, 13))
    assert own.value(np.array(0.25)).shape == ()


def test_torch_can_train_through_it():
    t = torch.tensor(T, requires_grad=True)
    own, known = OWN["logistic"]
    (gradient,) = torch.autograd.grad(own.value(t).sum(), t)
    np.testing.assert_allclose(gradient.numpy(), known.slope(T), rtol=1e-14)


def test_a_merely_convex_pair_keeps_condition_11():
    pair = LossPair.from_functions("merely convex", fake=merely_convex, fake_slope=merely_convex_slope)
    assert pair.condition_11()
    assert pair.compact_form()
    assert not pair.strictly_convex
    assert pair.fake_loss.kinks == ()
    assert pair.fake_loss.slope_range == SlopeRange(lower=0.0, upper=np.inf)
    t = np.linspace(-0.99, 0.99, 9)
    assert (pair.fake_loss.slope(t) + pair.real_loss.slope(t) == 0).all()  # "the offset is free"


def test_kinks_are_found_wherever_they_lie():
    places, jumps = (
        np.array([-300.5, -0.3, 0.0, 0.1, 0.1005, 1.0, 77.7]),
        np.array([1.0, 0.5, 2.0, 1e-3, 3.0, 1.0, 0.25]),
    )
    loss = Custom.from_functions(
        "seven kinks",
        value=lambda t: (jumps * np.maximum(t[:, None] - places, 0)).sum(axis=1),
        slope=lambda t: (jumps * (t[:, None] > places)).sum(axis=1),
    )
    np.testing.assert_allclose([kink.at for kink in loss.kinks], places, rtol=4 * EPS, atol=1e-15)
    np.testing.assert_allclose([kink.jump for kink in loss.kinks], jumps, rtol=1e-9)


@pytest.mark.parametrize("sign", [lambda t: 1.0 * (t > 0) - 1.0 * (t <= 0), lambda t: 2.0 * (t >= 0) - 1, np.sign])
def test_any_slope_will_do_at_a_kink(sign):
    loss = Custom.from_functions("modulus", value=np.abs, slope=sign)
    assert loss.kinks == (Kink(at=0.0, jump=2.0),)
    assert loss.slope(np.array([-1e-300, 0.0, 1e-300])).tolist() == [-1.0, -1.0, 1.0]
    assert loss.slope_range == SlopeRange(lower=-1.0, upper=1.0, lower_attained=True, upper_attained=True)


def test_steep_but_smooth_is_no_kink():
    loss = Custom.from_functions(
        "steep", value=lambda t: np.logaddexp(0, 1e6 * t) / 1e6, slope=lambda t: expit(1e6 * t)
    )
    assert loss.kinks == ()


@pytest.mark.parametrize(
    ("value", "slope", "ends"),
    [
        # the slopes round to their ends beyond 40, and beyond 1e8: what no one can see there is added
        (lambda t: t + np.logaddexp(0, t), lambda t: 1 + expit(t), {1.0: 40.0, 2.0: 40.0}),
        (lambda t: np.hypot(t, 1), lambda t: t / np.hypot(t, 1), {-1.0: 1e8, 1.0: 1e8}),
        (lambda t: 2.0 * t, lambda t: np.full_like(t, 2.0), {2.0: 0.0}),
    ],
)
def test_the_conjugate_at_the_ends_of_the_slopes(value, slope, ends):
    loss = Custom.from_functions("own", value=value, slope=slope)
    for u, rounded in ends.items():
        # 0 exactly; an integral of the slope to ±∞ by scipy, whose error is added, so that bounds stay bounds
        assert 0.0 <= loss.conjugate(np.array([u]))[0] <= 1e-11 + 8 * EPS * rounded


def test_a_conjugate_that_does_not_exist_is_infinite():
    # φ(t) = −log(1 − t) for t < 0, falling for ever at a slope that tends to 0
    loss = Custom.from_functions(
        "logarithm",
        value=lambda t: np.where(t < 0, -np.log1p(np.maximum(-t, 0)), t),
        slope=lambda t: np.where(t < 0, 1 / (1 + np.maximum(-t, 0)), 1.0),
    )
    assert np.isinf(loss.conjugate(np.array([0.0])))[0]


def test_a_conjugate_against_fifty_digits():
    loss = Custom.from_functions(
        "log cosh and a line", value=lambda t: 0.3 * t + np.logaddexp(t, -t), slope=lambda t: 0.3 + np.tanh(t)
    )
    u = np.array([-0.6999, -0.5, 0.0, 0.3, 0.31, 1.2])
    with mpmath.workdps(50):

        def exact(slope):
            t = mpmath.atanh(mpmath.mpf(slope) - mpmath.mpf(0.3))
            return slope * t - 0.3 * t - mpmath.log(mpmath.exp(t) + mpmath.exp(-t))

        expected = np.array([float(exact(slope)) for slope in u])
    np.testing.assert_allclose(loss.conjugate(u), expected, rtol=0, atol=64 * EPS)


def test_what_the_user_knows_is_used():
    loss = Custom.from_functions(
        "own",
        value=lambda t: np.logaddexp(0, t),
        slope=expit,
        curvature=lambda t: expit(t) * expit(-t),
        conjugate=losses.Softplus().conjugate,
        slope_range=SlopeRange(lower=0.0, upper=1.0),
        kinks=(),
        strictly_convex=True,
        analytic_within=1.0,
    )
    np.testing.assert_array_equal(loss.curvature(T), expit(T) * expit(-T))
    np.testing.assert_array_equal(loss.conjugate(expit(T)), losses.Softplus().conjugate(expit(T)))
    assert loss.analytic


BAD = {
    "a math function": ({"value": math.exp}, "must take NumPy arrays"),
    "an if": ({"value": lambda t: t if t > 0 else 0 * t, "slope": np.sign}, "must take NumPy arrays"),
    "no function": ({"value": 3.0}, "must be a function of an array"),
    "one number": ({"value": lambda t: t.sum(), "slope": np.exp}, r"returned shape \(\) for \(5,\)"),
    "mixed numbers": ({"value": lambda t: t / t.max(), "slope": np.exp}, "act on every number by itself"),
    "text": ({"value": lambda t: t.astype(str), "slope": np.exp}, "must return float64 numbers"),
    "half precision": (
        {"value": lambda t: t**2, "slope": lambda t: (2 * t).astype(np.float32)},
        "must return float64 numbers, got float32",
    ),
    "no slope": ({"value": np.exp}, "torch cannot differentiate the function: pass slope="),
    "concave": ({"value": lambda t: -(t**2)}, "not convex: its slope falls"),
    "wavy": ({"value": np.sin, "slope": np.cos}, r"not convex: its slope falls from 1 at t = 0 to"),
    "half a line": ({"value": np.log, "slope": lambda t: 1 / t}, "not a number at t = -0.0"),
    "overflow": ({"value": lambda t: np.log(1 + np.exp(t)), "slope": expit}, "inf at t = 710.* where its slope is 1"),
    "overflowing slope": (
        {"value": lambda t: np.logaddexp(0, t), "slope": lambda t: np.exp(t) / (1 + np.exp(t))},
        "slope of 'bad' is not a number at t = 710",
    ),
    "wrong slope": ({"value": lambda t: t**2, "slope": lambda t: t}, "does not fit its values"),
    "slightly wrong slope": ({"value": np.exp, "slope": lambda t: 1.0001 * np.exp(t)}, "does not fit its values"),
    "a step": ({"value": lambda t: t + (t > 5.0), "slope": np.ones_like}, "does not fit its values"),
    "torch's cut softplus": ({"value": torch.nn.functional.softplus}, "does not fit its values: from t = 19.9"),
    "wrong conjugate": ({"value": lambda t: t**2, "conjugate": lambda u: u * u / 2}, "conjugate of 'bad' does not fit"),
    "wrong curvature": ({"value": lambda t: t**2, "curvature": np.ones_like}, "curvature of 'bad' does not fit"),
    "hidden kink": ({"value": np.abs, "slope": np.sign, "kinks": ()}, "jumps by 2 at t = 0"),
    "wrong range": (
        {"value": lambda t: t**2, "slope_range": SlopeRange(lower=0.0, upper=1.0)},
        "outside the slope_range",
    ),
    "no name": ({"name": "", "value": np.exp, "slope": np.exp}, "needs a name"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_functions_are_refused_with_the_place(case):
    arguments, words = BAD[case]
    with pytest.raises(InputError, match=words):
        Custom.from_functions(**{"name": "bad", **arguments})


def test_whole_numbers_are_numbers():
    loss = Custom.from_functions("own", value=lambda t: np.maximum(t, 0), slope=lambda t: np.where(t > 0, 1, 0))
    assert loss.slope(T).dtype == np.float64


def test_a_pair_names_its_missing_slope_and_a_real_slope_needs_a_real_loss():
    with pytest.raises(InputError, match="pass real_slope="):
        LossPair.from_functions("own", fake=lambda t: t**2, real=np.exp)
    with pytest.raises(InputError, match="has a real_slope but no real"):
        LossPair.from_functions("own", fake=lambda t: t**2, real_slope=np.exp)


def test_functions_are_written_as_a_registered_name():
    pair = LossPair.from_functions("test-loss", fake=lambda t: (t + 1) ** 2)
    mixed = 2.0 * pair + losses.logistic()
    with pytest.raises(InputError, match=r"made of Python functions.*register\(pair\)"):
        mixed.to_json()
    losses.register(pair)
    try:
        assert losses.get("2*test-loss + logistic") == mixed
        assert "test-loss" in losses.names()
        assert losses.from_json(json.loads(json.dumps(mixed.to_json()))) == mixed
        assert losses.register(pair) is pair
        other = LossPair.from_functions("test-loss", fake=lambda t: (t + 2) ** 2)
        with pytest.raises(InputError, match="another loss named 'test-loss'"):
            losses.register(other)
        assert losses.get(losses.register(other, replace=True).name) == other
    finally:
        losses.unregister("test-loss")
    with pytest.raises(InputError, match="must be registered before it is read"):
        losses.from_json({"name": "x", "fake_loss": {"kind": "registered", "name": "test-loss"}, "real_loss": "x"})
    with pytest.raises(InputError, match="unknown registered loss"):
        losses.unregister("test-loss")


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        (losses.logistic(), "name of one of toylab's"),
        (LossPair("a b", losses.Linear(), losses.Linear()), "letters, digits"),
        ("logistic", "only a LossPair"),
    ],
)
def test_bad_registrations_are_named(pair, words):
    with pytest.raises(InputError, match=words):
        losses.register(pair)
