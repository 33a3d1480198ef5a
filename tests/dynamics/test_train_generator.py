"""Generators that learn, that collapse, that stand still, that are lost; and interruptions that leave no trace."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from typing_extensions import override

from toylab import LipschitzPenalty, losses
from toylab.distributions import Gaussian, Mixture
from toylab.dynamics import (
    Answer,
    CriticInTraining,
    CriticPull,
    GeneratorRun,
    GeneratorTraining,
    LipschitzCritic,
    MinMaxPull,
    PointwiseOptimum,
    RealLossPull,
    Scoring,
    train_generator,
)
from toylab.dynamics.networks import GaussianModes, RunStop
from toylab.dynamics.networks.generator import GeneratorNetwork
from toylab.dynamics.networks.trainer import Trainer
from toylab.dynamics.objectives import AbstractObjective
from toylab.errors import InputError
from toylab.solvers.network import MLP, MaxGP

SMALL = GeneratorTraining(
    width=24,
    depth=2,
    batch=24,
    steps=40,
    evaluations=2,
    learning_rate=5e-3,
    scoring=Scoring(samples=200, least=5, w1_points=60),
    kept=50,
)
FEW = replace(SMALL, steps=6, evaluations=3, scoring=replace(SMALL.scoring, samples=60, w1_points=20))
EXACT = LipschitzCritic(losses=losses.wasserstein(), regularizer=LipschitzPenalty(0.1))


def two_modes():
    return GaussianModes(name="two", distribution=Mixture([Gaussian([-1.0, 0.5], 0.2), Gaussian([1.0, 0.5], 0.2)]))


def in_training(solver):
    return CriticInTraining(
        losses=losses.logistic(), regularizer=LipschitzPenalty(0.1), solver=solver, n_critic=2, first=3
    )


class TowardsOnePlace(AbstractObjective):
    """A critic that wants every fake at one place: what collapse is."""

    @property
    @override
    def name(self):
        return "one place"

    def __init__(self, place):
        self.place = np.asarray(place)

    @override
    def answer(self, fake, real):
        ways = self.place - fake.points
        return Answer(gradients=ways, directions=ways)


def test_a_generator_learns_from_the_exact_critic():
    run = train_generator(two_modes(), EXACT, training=SMALL, seed=0)
    assert run.stop is RunStop.FINISHED
    assert run.steps.tolist() == [0, 20, 40]
    # W₁ to the reals that samples of the reals themselves have is the least there is to reach
    assert run.w1[-1] - run.floor.w1 < 0.4 * (run.w1[0] - run.floor.w1)
    assert run.quality[-1] > run.quality[0]
    assert run.scores.covered == 2
    assert np.nanmax(run.gaps) <= EXACT.rtol
    again = train_generator(two_modes(), EXACT, training=FEW, seed=1)
    np.testing.assert_array_equal(again.samples, train_generator(two_modes(), EXACT, training=FEW, seed=1).samples)
    assert not np.array_equal(again.samples[0], run.samples[0])


def test_a_collapsed_generator_scores_one_mode():
    training = replace(SMALL, steps=120, learning_rate=1e-2)
    run = train_generator(two_modes(), TowardsOnePlace([1.0, 0.5]), training=training)
    assert run.scores.covered == 1
    assert run.scores.quality > 0.9
    # half of the mass is a distance of 2 away from where it should be
    assert run.scores.w1 == pytest.approx(1.0, abs=0.3)


def test_a_critic_that_says_nothing_moves_no_sample():
    """LGAN §3.1: the optimal unrestricted critic of finite measures has no gradient at the fakes."""
    run = train_generator(two_modes(), PointwiseOptimum.of(losses.logistic()), training=FEW)
    np.testing.assert_array_equal(run.samples[-1], run.samples[0])
    assert run.stop is RunStop.FINISHED


@pytest.mark.parametrize("place", [np.nan, 1e30])
def test_a_lost_generator_says_so_and_keeps_its_last_scores(place):
    run = train_generator(two_modes(), TowardsOnePlace([place, 0.0]), training=replace(FEW, learning_rate=1e38))
    assert run.stop is RunStop.LOST
    assert np.isfinite(run.samples).all()
    assert len(run.w1) == len(run.samples) >= 1
    assert "no longer finite" in repr(run)


@pytest.mark.parametrize(
    "make",
    [
        lambda: EXACT,
        lambda: in_training(MaxGP(seed=0, device="cpu", architecture=MLP(width=16))),
    ],
    ids=["exact", "Muon"],
)
def test_an_interruption_leaves_no_trace(make, tmp_path):
    whole = train_generator(two_modes(), make(), training=FEW, seed=3)
    state = tmp_path / "run.state"

    def stop_at_five(done, total, words):
        if done == 5:
            raise KeyboardInterrupt

    half = train_generator(two_modes(), make(), training=FEW, seed=3, state=state, progress=stop_at_five)
    assert half.stop is RunStop.INTERRUPTED
    assert half.steps.tolist() == [0, 2, 4]
    np.testing.assert_array_equal(half.samples, whole.samples[:3])
    seen = []
    rest = train_generator(
        two_modes(), make(), training=FEW, seed=3, state=state, progress=lambda done, *_: seen.append(done)
    )
    assert seen == [5, 6]
    np.testing.assert_array_equal(rest.samples, whole.samples)
    np.testing.assert_array_equal(rest.w1, whole.w1)
    np.testing.assert_array_equal(rest.gaps, whole.gaps)
    assert [path.name for path in tmp_path.iterdir()] == ["run.state"]
    with pytest.raises(InputError, match="another training"):
        train_generator(two_modes(), make(), training=FEW, seed=4, state=state)
    state.write_bytes(b"PK\x03\x04 half a file")
    with pytest.raises(InputError, match="not the state"):
        train_generator(two_modes(), make(), training=FEW, seed=3, state=state)


def test_between_evaluations_the_state_is_written_after_a_while(tmp_path, monkeypatch):
    from toylab.dynamics.networks import trainer

    monkeypatch.setattr(trainer, "_WRITE_EVERY", 0.0)
    state, seen = tmp_path / "run.state", []

    def stop_at_three(done, total, words):
        if done == 3:
            raise KeyboardInterrupt

    train_generator(two_modes(), EXACT, training=FEW, state=state, progress=stop_at_three)
    rest = train_generator(two_modes(), EXACT, training=FEW, state=state, progress=lambda done, *_: seen.append(done))
    assert seen == [4, 5, 6]
    np.testing.assert_array_equal(rest.samples, train_generator(two_modes(), EXACT, training=FEW).samples)


def test_a_training_that_is_stopped_before_its_first_score_has_no_result(monkeypatch):
    def stop(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(Trainer, "_score", stop)
    with pytest.raises(KeyboardInterrupt):
        train_generator(two_modes(), EXACT, training=FEW)


def test_a_run_survives_json_and_a_target_of_ones_own_does_not():
    run = train_generator("8-gaussians", EXACT, training=replace(FEW, steps=1, evaluations=1))
    again = GeneratorRun.from_json(json.loads(json.dumps(run.to_json())))
    for name in ("samples", "reals", "steps", "covered", "quality", "near", "w1", "gaps", "cpu_seconds"):
        np.testing.assert_array_equal(getattr(again, name), getattr(run, name))
    assert again.describe() == run.describe()
    assert again.scores == run.scores
    assert "modes covered" in run._repr_html_()
    with pytest.raises(InputError, match="unknown target"):
        GeneratorRun.from_json({**run.to_json(), "target": "two"})
    with pytest.raises(InputError, match="to_json"):
        GeneratorRun.from_json({**run.to_json(), "w1": [1.0]})


def test_the_pull_is_the_derivative_of_the_generators_loss():
    """−ψ'(f) ∇f against closed forms of the logistic pair: σ(−f) for −log D, σ(f) for log(1 − D)."""
    values, gradients = np.array([-2.0, 0.0, 3.0]), np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    answer = Answer(gradients=gradients, directions=gradients, fake_values=values)
    sigma = 1.0 / (1.0 + np.exp(-values))
    np.testing.assert_array_equal(CriticPull().of(answer), gradients)
    expected = (1.0 - sigma)[:, None] * gradients
    np.testing.assert_allclose(RealLossPull(losses.logistic()).of(answer), expected, rtol=1e-12)
    np.testing.assert_allclose(MinMaxPull(losses.logistic()).of(answer), sigma[:, None] * gradients, rtol=1e-12)


def test_a_step_goes_up_the_pull_at_the_rate_of_adams_first_step():
    """Adam's first step moves every parameter by the rate, so ⟨pull, G⟩/n rises by rate · ‖its gradient‖₁."""
    network = GeneratorNetwork(SMALL, 2, seed=0)
    before = [parameter.detach().clone() for parameter in network.parameters]
    fakes = network.draw()
    pull = np.random.default_rng(0).normal(size=fakes.shape)
    rise = (torch.as_tensor(pull, dtype=torch.float32) * fakes).sum() / len(fakes)
    slopes = torch.autograd.grad(rise, network.parameters, retain_graph=True)
    network.ascend(fakes, pull, 1e-4)
    for old, new, slope in zip(before, network.parameters, slopes, strict=True):
        clear = slope.abs() > 1e-4  # ε = 1e-8 of Adam is nothing beside these
        np.testing.assert_allclose((new - old)[clear].detach(), 1e-4 * slope.sign()[clear], rtol=2e-2)


@pytest.mark.gpu
def test_a_generator_on_a_gpu_draws_the_same_numbers():
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    there = train_generator(two_modes(), EXACT, training=replace(FEW, device="cuda"))
    here = train_generator(two_modes(), EXACT, training=FEW)
    np.testing.assert_allclose(there.samples[0], here.samples[0], atol=1e-5)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: train_generator("9-gaussians", EXACT), "8-gaussians"),
        (lambda: train_generator(3, EXACT), "learns a target"),  # type: ignore[arg-type]
        (lambda: train_generator("swiss-roll", losses.logistic()), "follows an objective"),  # type: ignore[arg-type]
        (lambda: train_generator("swiss-roll", EXACT, seed=-1), "seed of a generator"),
        (lambda: GeneratorTraining(width=0), "width"),
        (lambda: GeneratorTraining(learning_rate=0.0), "must be positive"),
        (lambda: GeneratorTraining(final_share=2.0), r"\[0, 1\]"),
        (lambda: GeneratorTraining(betas=(1.0, 0.9)), "betas"),
        (lambda: GeneratorTraining(kept=10_000), "can be kept"),
        (
            lambda: train_generator(
                two_modes(), TowardsOnePlace([0.0, 0.0]), pull=MinMaxPull(losses.logistic()), training=FEW
            ),
            "critic's values",
        ),
        (lambda: train_generator("swiss-roll", EXACT, training=replace(FEW, device="tpu")), "device"),
    ],
)
def test_bad_input_is_one_sentence(build, words):
    with pytest.raises(InputError, match=words):
        build()
