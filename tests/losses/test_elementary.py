"""Every loss against its definition: difference quotients, exact arithmetic, conjugates, torch."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from toylab import losses
from toylab.errors import InputError

SOFTPLUS, ROOT, EXP, HINGE = losses.Softplus(), losses.SquareRoot(), losses.Exponential(), losses.Hinge()
SMOOTH = [
    losses.Linear(),
    SOFTPLUS,
    ROOT,
    EXP,
    losses.Square(0.5),
    losses.Reflected(SOFTPLUS),
    losses.Scaled(ROOT, 2.5),
    losses.Shifted(EXP, -0.5),
    losses.Total((SOFTPLUS, losses.Scaled(ROOT, 0.5), losses.Linear())),
    losses.Reflected(losses.Scaled(losses.Shifted(ROOT, 1.0), 3.0)),
    losses.Affine(-0.5, 3.0),
    losses.Stretched(SOFTPLUS, 4.0),
    losses.Raised(losses.Stretched(losses.Reflected(ROOT), 2.0), -7.0),
    losses.Total((losses.Linear(), SOFTPLUS, losses.Affine(-0.25))),
    losses.FlatMiddle(),
]
KINKED = [
    HINGE,
    losses.Reflected(HINGE),
    losses.Scaled(HINGE, 2.5),
    losses.Shifted(losses.Reflected(HINGE), 0.75),
    losses.Total((HINGE, SOFTPLUS)),
    losses.Stretched(losses.Raised(HINGE, 2.0), 0.5),
    losses.Total((HINGE, losses.Scaled(losses.Reflected(HINGE), 3.0), losses.Scaled(losses.Square(0.25), 0.25))),
]
EVERY = [*SMOOTH, *KINKED]
STRICT = [loss for loss in SMOOTH if loss.strictly_convex]
GRID = np.linspace(-6.0, 6.0, 49) + 0.01  # away from the hinge's kink
EPS = float(np.finfo(float).eps)

each = pytest.mark.parametrize("loss", EVERY, ids=lambda loss: loss.formula("t"))
smooth = pytest.mark.parametrize("loss", SMOOTH, ids=lambda loss: loss.formula("t"))


@each
def test_slope_is_the_derivative_of_the_value(loss):
    h = 1e-3
    f = loss.value
    # fourth-order differences: error h⁴ φ⁗'/30, φ⁗' ≤ 3 exp(7) here, and 2 roundings of φ over h
    slope = (8 * (f(GRID + h) - f(GRID - h)) - (f(GRID + 2 * h) - f(GRID - 2 * h))) / (12 * h)
    bound = h**4 / 30 * 60 * (1 + np.abs(f(GRID + 1))) + 4 * EPS * (1 + np.abs(f(GRID))) / h
    assert (np.abs(slope - loss.slope(GRID)) <= bound).all()


@each
def test_curvature_is_the_derivative_of_the_slope(loss):
    h = 1e-3
    f = loss.slope
    curvature = (8 * (f(GRID + h) - f(GRID - h)) - (f(GRID + 2 * h) - f(GRID - 2 * h))) / (12 * h)
    bound = h**4 / 30 * 60 * (1 + np.abs(f(GRID + 1))) + 4 * EPS * (1 + np.abs(f(GRID))) / h
    assert (np.abs(curvature - loss.curvature(GRID)) <= bound).all()


@each
def test_slopes_rise_and_stay_in_their_range(loss):
    t = np.linspace(-600, 600, 2001)
    slope, interval = loss.slope(t), loss.slope_range
    assert (np.diff(slope) >= -4 * EPS * np.abs(slope[1:])).all()
    assert (slope >= interval.lower).all()
    assert (slope <= interval.upper).all()
    assert (loss.curvature(t) >= 0).all()


@pytest.mark.parametrize("loss", STRICT, ids=lambda loss: loss.formula("t"))
def test_strictly_convex_losses_have_curvature(loss):
    assert (loss.curvature(GRID) > 0).all()


def exact_slope(loss: losses.Loss, t: Decimal) -> Decimal:  # noqa: PLR0911
    match loss:
        case losses.Softplus():
            return 1 / (1 + (-t).exp())
        case losses.SquareRoot():
            return 1 + t / (t * t + 1).sqrt()
        case losses.Exponential():
            return t.exp()
        case losses.Square(target=target):
            return 2 * (t - Decimal(target))
        case losses.Reflected(loss=inner):
            return -exact_slope(inner, -t)
        case losses.Scaled(loss=inner, factor=factor):
            return Decimal(factor) * exact_slope(inner, t)
        case losses.Total(terms=terms):
            return sum((exact_slope(term, t) for term in terms), Decimal(0))
    return Decimal(1)


@pytest.mark.parametrize(
    "loss",
    [
        SOFTPLUS,
        ROOT,
        EXP,
        losses.Square(0.5),
        losses.Reflected(SOFTPLUS),
        losses.Scaled(ROOT, 2.5),
        losses.Total((SOFTPLUS, losses.Scaled(ROOT, 0.5), losses.Linear())),
    ],
    ids=lambda loss: loss.formula("t"),
)
@pytest.mark.parametrize("step", [1e-12, -1e-9, 1e-3, -0.7, 3.0, -20.0])
def test_slope_differences_are_exact_to_the_last_digits(loss, step):
    t = np.array([-30.0, -3.3, -0.4, 0.0, 0.25, 2.7, 30.0])
    found = loss.slope_difference(t, np.full(t.shape, step))
    with localcontext() as context:
        context.prec = 60
        exact = [exact_slope(loss, Decimal(float(a)) + Decimal(step)) - exact_slope(loss, Decimal(float(a))) for a in t]
    # t + step itself is rounded once, which moves the difference by |t| eps / |step| relative to itself only
    # where the step is as short as the rounding; the formulas use the step as given wherever it is short
    np.testing.assert_allclose(found, np.array(exact, dtype=float), rtol=1e-13, atol=0)


@each
@given(t=st.floats(-20, 20))
def test_fenchel_young_equality_at_the_loss_own_slope(loss, t):
    at = np.array([t])
    value, slope = loss.value(at), loss.slope(at)
    conjugate = loss.conjugate(slope)
    # a rounding of the slope moves φ* by t · eps · slope; the sums round their own terms
    scale = np.abs(value) + np.abs(conjugate) + np.abs(slope * t) + 1
    assert abs(value + conjugate - slope * at) <= 64 * EPS * scale


@each
@given(t=st.floats(-20, 20), u=st.floats(-5, 5))
def test_fenchel_young_inequality_everywhere(loss, t, u):
    value, conjugate = loss.value(np.array([t])), loss.conjugate(np.array([u]))
    assert conjugate >= u * t - value - 64 * EPS * (1 + np.abs(value) + abs(u * t))


@each
def test_conjugate_is_infinite_outside_the_slopes(loss):
    interval = loss.slope_range
    outside = [u for u in (interval.lower - 1e-9, interval.upper + 1e-9, -np.inf) if np.isfinite(u)]
    assert all(np.isinf(loss.conjugate(np.array([u])))[0] for u in outside)


@pytest.mark.parametrize(
    ("loss", "ends"),
    [
        (SOFTPLUS, {0.0: 0.0, 1.0: 0.0}),
        (ROOT, {0.0: 0.0, 2.0: 0.0}),
        (EXP, {0.0: 0.0}),
        (losses.Hinge(), {0.0: 0.0, 1.0: -1.0}),
    ],
)
def test_conjugate_at_the_ends_of_its_domain(loss, ends):
    for slope, value in ends.items():
        assert loss.conjugate(np.array([slope])) == value


@each
@pytest.mark.parametrize("name", ["value", "slope", "curvature"])
def test_numpy_and_torch_agree(loss, name):
    method = getattr(loss, name)
    np.testing.assert_allclose(method(torch.tensor(GRID)).numpy(), method(GRID), rtol=1e-14, atol=1e-300)


@each
def test_numpy_and_torch_agree_on_differences(loss):
    step = np.linspace(-1, 1, len(GRID))
    found = loss.slope_difference(torch.tensor(GRID), torch.tensor(step)).numpy()
    np.testing.assert_allclose(found, loss.slope_difference(GRID, step), rtol=1e-14, atol=1e-16)


@pytest.mark.parametrize("loss", [SOFTPLUS, ROOT, losses.Hinge(), losses.Linear(), losses.Square(0.0)])
def test_extreme_values_stay_finite(loss):
    t = np.array([-1e6, -700.0, 700.0, 1e6])
    for method in (loss.value, loss.slope, loss.curvature):
        assert np.isfinite(method(t)).all()


def test_small_tails_keep_their_digits():
    np.testing.assert_allclose(SOFTPLUS.value(np.array([-40.0])), np.exp(-40.0), rtol=4 * EPS)
    np.testing.assert_allclose(SOFTPLUS.slope(np.array([-40.0])), np.exp(-40.0), rtol=64 * EPS)
    # 1/(√(t²+1) + |t|) = 1/(2|t|) up to 1/(8|t|³)
    np.testing.assert_allclose(ROOT.value(np.array([-1e8])), 5e-9, rtol=1e-15)


@pytest.mark.parametrize("loss", KINKED, ids=lambda loss: loss.formula("t"))
def test_the_slope_jumps_at_the_kinks_and_nowhere_else(loss):
    step = 1e-9
    for kink in loss.kinks:
        left, right = loss.slope(np.array([kink.at - step, kink.at + step]))
        assert right - left == pytest.approx(kink.jump, abs=1e-8)
    grid = np.linspace(-4.0, 4.0, 10_001) + 1e-5
    rest = loss.slope(grid) - sum(kink.jump * (grid > kink.at) for kink in loss.kinks)
    assert np.abs(np.diff(rest)).max() < 1e-3


@pytest.mark.parametrize("loss", KINKED, ids=lambda loss: loss.formula("t"))
def test_the_smooth_part_is_what_the_kinks_leave(loss):
    ramps = sum(kink.jump * np.maximum(GRID - kink.at, 0.0) for kink in loss.kinks)
    jumps = sum(kink.jump * (kink.at < GRID) for kink in loss.kinks)
    size = 16 * EPS * (1 + np.abs(loss.value(GRID)) + np.abs(ramps))
    assert loss.smooth.kinks == ()
    assert (np.abs(loss.smooth.value(GRID) + ramps - loss.value(GRID)) <= size).all()
    assert (np.abs(loss.smooth.slope(GRID) + jumps - loss.slope(GRID)) <= size).all()


@pytest.mark.parametrize("loss", KINKED, ids=lambda loss: loss.formula("t"))
def test_at_a_kink_the_slope_is_the_smaller_one_and_the_conjugate_is_straight(loss):
    for kink in loss.kinks:
        at = np.array([kink.at])
        assert loss.slope(at) == pytest.approx(loss.slope(at - 1e-9), abs=1e-7)
        slopes = loss.slope(at) + kink.jump * np.linspace(0.0, 1.0, 5)
        # every slope between the one-sided ones has its maximum of u t − φ(t) at the kink
        error = np.abs(loss.conjugate(slopes) - (slopes * at - loss.value(at)))
        assert (error <= 64 * EPS * (1 + np.abs(slopes * at))).all()


@pytest.mark.parametrize(
    ("loss", "same"),
    [
        (losses.Raised(SOFTPLUS, 1e6), SOFTPLUS),
        (losses.Reflected(losses.Raised(HINGE, 2.0)), losses.Reflected(HINGE)),
        (losses.Total((losses.Affine(2.0, 5.0), losses.Raised(EXP, 1.0))), losses.Total((losses.Affine(2.0), EXP))),
        (losses.Scaled(ROOT, 2.0), losses.Scaled(ROOT, 2.0)),
    ],
)
def test_added_constants_can_be_taken_off(loss, same):
    assert loss.without_constant == same


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: losses.Scaled(SOFTPLUS, 0.0), "factor of a scaled loss must be positive"),
        (lambda: losses.Stretched(SOFTPLUS, -1.0), "unit of a stretched loss must be positive"),
        (lambda: losses.Shifted(SOFTPLUS, np.inf), "offset of a shifted loss must be finite"),
        (lambda: losses.Raised("softplus", 1.0), "made of another Loss"),  # type: ignore[arg-type]
        (lambda: losses.Total(()), "one or more losses"),
        (lambda: losses.Affine(np.nan), "rate of an affine loss must be finite"),
        (lambda: losses.Square("a"), "target of a square loss must be a number"),  # type: ignore[arg-type]
    ],
)
def test_bad_numbers_are_named(make, words):
    with pytest.raises(InputError, match=words):
        make()
