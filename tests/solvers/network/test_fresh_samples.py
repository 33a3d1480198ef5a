import numpy as np
import pytest
import torch

import toylab
from toylab.distributions import Gaussian, published_funnels
from toylab.errors import InputError
from toylab.solvers.network import CertifiedGap, FreshSamples, MaxGP
from toylab.solvers.network.normalisation import NormalisedProblem

FAKE, REAL = Gaussian([-1.0, 3.0], 0.5), Gaussian([4.0, 3.0], 2.0)
FRESH = FreshSamples(fake=FAKE, real=REAL, size=20_000)
CPU = torch.device("cpu")


def problem(n=50):
    rng = np.random.default_rng(0)
    return toylab.CriticProblem(
        FAKE.sample(n, rng), REAL.sample(n, rng), toylab.losses.wasserstein(), toylab.LipschitzPenalty(10.0, 1.0)
    )


def drawn(batches, seed=0):
    return batches.next(NormalisedProblem.of(problem()).batch(torch.float64, CPU), torch.Generator().manual_seed(seed))


def test_batches_have_the_moments_of_their_distributions():
    normalised, batch = NormalisedProblem.of(problem()), drawn(FRESH)
    for points, mean, scale in ((batch.fake, [-1.0, 3.0], 0.5), (batch.real, [4.0, 3.0], 2.0)):
        z = normalised.centre + normalised.length * points.numpy()
        assert np.abs(z.mean(axis=0) - mean).max() <= 5 * scale / np.sqrt(20_000)  # chance 6e-7 a coordinate
        assert np.abs(z.std(axis=0) / scale - 1).max() <= 5 / np.sqrt(2 * 20_000)
    assert batch.fake_weights.sum().item() == pytest.approx(1.0)


def test_the_objective_of_a_batch_is_unbiased():
    """The mean over batches of J(f), f a plane, against its expectation E f(x) − E f(y)."""
    normalised, losses = NormalisedProblem.of(problem()), toylab.losses.wasserstein()
    small = FreshSamples(fake=FAKE, real=REAL, size=5)
    everything, generator = normalised.batch(torch.float64, CPU), torch.Generator().manual_seed(1)
    found = []
    for _ in range(2000):
        batch = small.next(everything, generator)
        found.append(float(batch.objective(losses, batch.points[:, 0][None])))
    expected = -5.0 / normalised.length
    error = np.hypot(0.5, 2.0) / normalised.length / np.sqrt(5 * 2000)
    assert abs(np.mean(found) - expected) <= 5 * error  # chance 6e-7


def test_every_step_draws_new_points_and_a_seed_repeats_them():
    everything, generator = NormalisedProblem.of(problem()).batch(torch.float32, CPU), torch.Generator().manual_seed(3)
    one, two = FRESH.next(everything, generator), FRESH.next(everything, generator)
    assert not torch.isin(one.fake[:, 0], two.fake[:100, 0]).all()
    again = FRESH.next(everything, torch.Generator().manual_seed(3))
    assert torch.equal(one.fake, again.fake)
    assert torch.equal(one.real, again.real)
    assert one.fake.dtype == torch.float32


def test_training_is_deterministic_and_learns_the_translation():
    """W₁ of N(a, s²) and N(b, s²) is ‖a − b‖, and its critic a plane of slope 1."""
    real = Gaussian([4.0, 3.0], 0.5)
    rng = np.random.default_rng(0)
    translated = toylab.CriticProblem(
        FAKE.sample(60, rng), real.sample(60, rng), toylab.losses.wasserstein(), toylab.LipschitzPenalty(10.0, 1.0)
    )
    batches = FreshSamples(fake=FAKE, real=real, size=64)
    solver = MaxGP(steps=200, batches=batches, stopping=CertifiedGap(first=10**6), device="cpu")
    runs = [toylab.solve(translated, solver, throw=False).critic for _ in range(2)]
    z = FAKE.sample_points(200, np.random.default_rng(5))
    assert np.array_equal(runs[0](z), runs[1](z))
    gradient = runs[0].gradient(z)
    cosine = gradient[:, 0] / np.linalg.norm(gradient, axis=1)
    assert np.median(cosine) >= np.cos(np.radians(3.0))  # 200 steps: most points are right, some behind a kink are not


def test_memory_of_steep_blends_follows_the_batches():
    funnels = published_funnels(2, 4)
    rng = np.random.default_rng(0)
    sampled = toylab.CriticProblem(
        funnels.fake.sample(20, rng),
        funnels.real.sample(20, rng),
        toylab.losses.wasserstein(),
        toylab.LipschitzPenalty(10.0, 1.0),
    )
    batches = FreshSamples(fake=funnels.fake, real=funnels.real, size=32)
    solution = toylab.solve(sampled, MaxGP(steps=20, batches=batches, device="cpu"), throw=False)
    assert np.isfinite(solution.history["loss"]).all()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: FreshSamples(fake=FAKE, real=REAL, size=0), "size of a fresh sample must be a positive whole"),
        (lambda: FreshSamples(fake=problem().fake, real=REAL), "fake distribution of fresh samples must be a Distrib"),  # type: ignore[arg-type]
        (
            lambda: toylab.solve(problem(), MaxGP(batches=FreshSamples(fake=FAKE, real=Gaussian([0.0], 1.0)))),
            r"real distribution of the fresh samples lives in R\^1 and the problem in R\^2",
        ),
    ],
)
def test_bad_input_is_named(make, words):
    with pytest.raises(InputError, match=words):
        make()
