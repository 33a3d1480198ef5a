"""A training as a subject: it replays from its plain data, and says what it is."""

import json

import numpy as np
import pytest

from toylab import DiracGAN, DiracTraining, losses
from toylab.diracgan import Alternating, MaxGP, Simultaneous, WeightClipping
from toylab.errors import InputError

SUBJECT = DiracTraining(
    game=DiracGAN(losses=losses.wasserstein(), method=MaxGP(weight=0.25)),
    rule=Alternating(step=0.1, critic_steps=2),
    start=(0.5, -1.0),
    rounds=20,
)


def test_a_training_survives_json_bit_by_bit():
    again = DiracTraining.from_json(json.loads(json.dumps(SUBJECT.to_json())))
    assert again.to_json() == SUBJECT.to_json()
    assert np.array_equal(again.orbit.theta, SUBJECT.orbit.theta)
    assert np.array_equal(again.orbit.psi, SUBJECT.orbit.psi)


def test_a_training_speaks():
    words = (
        "Dirac-GAN, wasserstein, MaxGP (weight 0.25); alternating, h = 0.1, 1 generator and 2 critic steps, 20 rounds"
    )
    assert SUBJECT.describe() == f"{words} from (0.5, -1)"
    assert "converges linearly" in SUBJECT._repr_html_()
    assert len(SUBJECT.orbit.time) == 21


def test_a_start_beyond_the_bound_is_clipped():
    game = DiracGAN(losses=losses.wasserstein(), method=WeightClipping(bound=0.5))
    training = DiracTraining(game=game, rule=Simultaneous(step=0.1), start=(0.0, 2.0), rounds=1)
    assert training.orbit.psi[0] == 0.5


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"start": (0.0, 0.0)}, "off the equilibrium"),
        ({"start": (1.0,)}, "off the equilibrium"),
        ({"start": (1.0, float("inf"))}, "must be finite"),
        ({"rounds": 0}, "number of rounds"),
        ({"rule": 0.1}, "rule of a Dirac training"),
        ({"game": "GAN"}, "game of a Dirac training"),
    ],
)
def test_bad_input_is_one_sentence(changes, words):
    good = {"game": SUBJECT.game, "rule": SUBJECT.rule}
    with pytest.raises(InputError, match=words):
        DiracTraining(**{**good, **changes})
    with pytest.raises(InputError, match="to_json"):
        DiracTraining.from_json({"game": {}})
