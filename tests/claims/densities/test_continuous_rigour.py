"""Error bounds of continuous claims are wide enough: on random cases a true statement never comes out violated."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from toylab import claims, losses
from toylab.claims import VerdictStatus
from toylab.distributions import Gaussian, Masses, Mixture, UniformBox
from toylab.divergences import DensityPair, FisherIPM, Uniform, UnrestrictedLoss
from toylab.generators import Affine, GeneratorUpdate, HiddenLayer, LogisticDiscriminator, Saturating, Shift
from toylab.measures import DiscreteMeasure

PLACES, SCALES = st.floats(-5.0, 5.0), st.floats(0.1, 3.0)
GAUSSIANS = st.builds(lambda mean, scale: Gaussian([mean], scale), PLACES, SCALES)
MIXTURES = st.builds(lambda a, b, w: Mixture([a, b], [w, 1.0 - w]), GAUSSIANS, GAUSSIANS, st.floats(0.05, 0.95))
DENSITIES = GAUSSIANS | MIXTURES
OBJECTIVES = st.sampled_from([losses.logistic(), losses.sqrt(), losses.exponential(), losses.quadratic(0.0, 1.0)])


def never_violated(name, subject):
    verdict = claims.get(name).check(subject)
    assert verdict.status is not VerdictStatus.VIOLATED, verdict.explain()


@given(fake=DENSITIES, real=DENSITIES, pair=OBJECTIVES)
def test_local_objectives(fake, real, pair):
    never_violated("lgan.section-3.1.densities", DensityPair(fake, real, UnrestrictedLoss(pair)))


@settings(max_examples=8)
@given(fake=GAUSSIANS, real=DENSITIES)
def test_fisher(fake, real):
    never_violated("lgan.section-3.2", DensityPair(fake, real, FisherIPM(Uniform())))


@given(
    near=PLACES,
    scale=st.floats(0.1, 1.0),
    gap=st.floats(4.5, 20.0) | st.floats(-20.0, -4.5),
    share=st.floats(0.05, 0.45),
    choice=st.tuples(OBJECTIVES, st.booleans()),
)
def test_mode_collapse(near, scale, gap, share, choice):
    pair, uniform = choice
    far, centre = near + gap * scale, near + share * gap * scale
    real = Mixture([Gaussian([near], scale), Gaussian([far], scale)])
    room = abs(0.5 * (near + far) - centre) - 2.0 * scale
    fake = UniformBox([centre], [0.9 * room]) if uniform and room > 0.1 * scale else Gaussian([centre], scale)
    never_violated("iclr.section-4.2", DensityPair(fake, real, UnrestrictedLoss(pair)))


@settings(max_examples=20)
@given(real=DENSITIES, offset=PLACES, factor=st.floats(0.2, 2.0))
def test_the_update_descends_on_kl_minus_two_jsd(real, offset, factor):
    update = GeneratorUpdate.against_the_optimum(Affine([[factor]], [offset]), Gaussian([0.0], 1.0), real)
    never_violated("arjovsky-bottou.theorem-2.5", update)


@given(seed=st.integers(0, 1000), hidden=st.integers(1, 6), offset=st.floats(-12.0, 2.0), slope=st.floats(-3.0, 3.0))
def test_the_gradient_vanishes(seed, hidden, offset, slope):
    network = HiddenLayer.random(1, hidden, 2, np.random.default_rng(seed))
    low, high = network.image(np.array([0.0]), np.array([1.0]))
    update = GeneratorUpdate(
        generator=network,
        latent=UniformBox([0.5], [0.5]),
        discriminator=LogisticDiscriminator(offset, [1.0, slope]),
        real=UniformBox(high + 1.0, 0.5),
        cost=Saturating(),
    )
    assert (low <= high).all()
    never_violated("arjovsky-bottou.theorem-2.4", update)


@settings(max_examples=20)
@given(fakes=st.lists(PLACES, min_size=1, max_size=3), reals=st.lists(PLACES, min_size=1, max_size=3), sigma=SCALES)
def test_instance_noise(fakes, reals, sigma):
    batch, real = (Masses(DiscreteMeasure(np.array(points)[:, None])) for points in (fakes, reals))
    update = GeneratorUpdate.against_the_optimum(Shift([0.0]), batch, real, cost=Saturating(), noise=sigma)
    never_violated("arjovsky-bottou.corollary-3.2", update)
