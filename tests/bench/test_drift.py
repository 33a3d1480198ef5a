import numpy as np
import pytest

import toylab.losses
from toylab import zoo
from toylab.bench.drift import BLOCK, DriftPlan, DriftSeries, measure_drift
from toylab.errors import InputError


def series(fake, real):
    fake, real = np.atleast_2d(fake), np.atleast_2d(real)
    return DriftSeries(loss="any", steps=np.arange(fake.shape[1]), fake=fake, real=real)


def test_the_offset_is_in_units_of_the_rise():
    """Values −1 + c and 3 + c: rise 4, offset (1 + c)/4, whatever the first half was."""
    c = np.array([100.0, -50.0, 0.0, 4.0])
    one = series(c - 1.0, c + 3.0)
    assert one.rise == pytest.approx([4.0])
    assert one.offset[0] == pytest.approx((1.0 + c) / 4.0)
    assert one.spread == pytest.approx([0.5])
    assert one.excursion == pytest.approx([1.0])
    scaled = series(10.0 * (c - 1.0), 10.0 * (c + 3.0))
    assert scaled.spread == pytest.approx(one.spread)


def test_a_series_for_each_loss_and_seed():
    calls = []
    pairs = [toylab.losses.wasserstein(), toylab.losses.logistic()]
    plan = DriftPlan(steps=4 * BLOCK + 3, batch=4, seeds=(0, 1))
    found = measure_drift(zoo.load("case3", n=10), pairs, plan, lambda *counts: calls.append(counts))
    assert [each.loss for each in found] == ["wasserstein", "logistic"]
    assert all(each.fake.shape == each.real.shape == (2, 4) for each in found)
    assert found[0].steps.tolist() == [BLOCK * (i + 0.5) for i in range(4)]
    assert (found[1].rise > 0).all()
    assert not np.allclose(found[1].fake[0], found[1].fake[1])
    assert calls == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert found[1].to_json()["spread"] == found[1].spread.tolist()


@pytest.mark.parametrize("settings", [{"steps": 10}, {"batch": 0}, {"seeds": ()}])
def test_bad_plans_are_refused(settings):
    with pytest.raises(InputError):
        DriftPlan(**settings)
