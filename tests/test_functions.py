import numpy as np
import pytest

from toylab.critics import LowerExtension
from toylab.errors import InputError
from toylab.functions import FunctionOnPair, Norm


@pytest.mark.parametrize("p", [1.0, 1.5, 2.0, 3.0, np.inf])
def test_dual_norm_is_attained_in_hoelders_inequality(p):
    norm, rng = Norm(p), np.random.default_rng(0)
    gradient = rng.normal(size=3)
    sphere = rng.normal(size=(20000, 3))
    sphere /= norm(sphere)[:, None]
    reached = (sphere @ gradient).max()
    assert reached <= norm.dual(gradient) * (1 + 1e-12)
    assert reached >= 0.97 * norm.dual(gradient)  # the densest of 20,000 random directions in space


def test_norms_below_one_are_refused():
    with pytest.raises(InputError, match="p >= 1"):
        Norm(0.5)


def test_rise_and_description():
    cone = LowerExtension(np.array([[1.0, 0.0]]), np.array([2.0]), 2.0)
    pair = FunctionOnPair(name="cone", f=cone, k=2.0, x=np.zeros(2), y=np.array([1.0, 0.0]))
    assert pair.rise() == 2.0
    assert pair.describe() == "cone from [0.0, 0.0] to [1.0, 0.0]"
    assert pair.to_json()["norm"] == 2.0
