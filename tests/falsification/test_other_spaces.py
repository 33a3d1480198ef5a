"""Families, chains, densities, manifolds and generators' updates: what is drawn is what was asked for, and replays."""

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.strategies import examples
from toylab import claims
from toylab.claims import VerdictStatus
from toylab.claims.diracgan.hypotheses import KEPT_AWAY, NOTHING, SHORT
from toylab.claims.families import hypotheses as families
from toylab.claims.families.arrangements import CHAIN, COMMON_NOISE, MIXTURES
from toylab.claims.families.copies import ISOMETRIC, SCALED, SWAPPED
from toylab.claims.families.generator_parameter import ONE_LATENT, PARALLEL
from toylab.claims.families.moved_point import ONE_POINT_MOVES
from toylab.claims.families.same_support import TOWARDS_UNRESTRICTED
from toylab.claims.generators.continuity import LINES, LIPSCHITZ, TRANSLATIONS
from toylab.claims.kinds import (
    ChainKind,
    CriticKind,
    DensityKind,
    FamilyKind,
    FunctionKind,
    LossKind,
    ManifoldKind,
    MethodKind,
    NormKind,
    ObjectiveKind,
    PathKind,
    RegularizerKind,
    TermsKind,
)
from toylab.distributions import Gaussian, UniformBox
from toylab.divergences.quadrature import integrate, sharpened
from toylab.errors import InputError, ToylabError
from toylab.falsification import falsify
from toylab.falsification.arrangements import drawable
from toylab.falsification.chains import chain_recipes
from toylab.falsification.densities import density_recipes
from toylab.falsification.dirac_trainings import DIRAC_TRAININGS
from toylab.falsification.families import FAMILIES, family_recipes
from toylab.falsification.manifolds import manifold_recipes
from toylab.falsification.paths import path_recipes
from toylab.falsification.spaces import Selection, known_spaces
from toylab.falsification.updates import UPDATES
from toylab.functions import FunctionOnChain
from toylab.generators.averages import average, refined
from toylab.verification.replay import subject_from_json

FEW = settings(examples(8), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


def selection(space, **only):
    """Everything, but for the axes that are given."""
    chosen = {axis: tuple(axis) for axis in space.axes}
    for kinds in only.values():
        chosen[type(kinds[0])] = tuple(kinds)
    return Selection(kinds=chosen)


PLAIN = {
    "terms": [TermsKind.SAME],
    "losses": [LossKind.WASSERSTEIN, LossKind.CURVED],
    "regularizers": [RegularizerKind.PENALTY],
    "critics": [CriticKind.OPTIMAL],
}
MEETS = [
    (FamilyKind.GAME, families.ONE_GAME),
    (FamilyKind.SCALED, SCALED),
    (FamilyKind.MOVED, ISOMETRIC),
    (FamilyKind.SWAPPED, SWAPPED),
    (FamilyKind.MIXED, MIXTURES),
    (FamilyKind.NOISE, COMMON_NOISE),
    (FamilyKind.CHAIN, CHAIN),
    (FamilyKind.FAKES_MOVE, ONE_LATENT),
    (FamilyKind.LINES, PARALLEL),
    (FamilyKind.POINT, ONE_POINT_MOVES),
]


@pytest.mark.parametrize(("kind", "hypothesis"), MEETS, ids=lambda one: getattr(one, "name", ""))
@FEW
@given(data=st.data())
def test_families_belong_together_as_their_kind_says(kind, hypothesis, data):
    recipe = data.draw(family_recipes(selection(FAMILIES, kind=[kind], **PLAIN)))
    family = recipe.subject()
    assert hypothesis.test(family), hypothesis.test(family).reasons
    assert families.SAME_TERMS.test(family) or kind in {FamilyKind.GAME, FamilyKind.SCALED}
    assert families.CERTIFIED.test(family)
    again = type(family).from_json(json.loads(json.dumps(recipe.to_json(family))))
    assert again.labels == family.labels
    assert [m.value for m in again.members] == pytest.approx([m.value for m in family.members], rel=1e-9, abs=1e-9)


@FEW
@given(data=st.data())
def test_families_with_a_problem_without_restriction(data):
    chosen = {**PLAIN, "regularizers": [RegularizerKind.PENALTY, RegularizerKind.UNRESTRICTED]}
    recipe = data.draw(family_recipes(selection(FAMILIES, kind=[FamilyKind.FREE], **chosen)))
    try:
        family = recipe.subject()
    except ToylabError:  # supports that differ leave an unrestricted problem without an optimum
        return
    assert TOWARDS_UNRESTRICTED.test(family)


def test_families_without_restriction_are_left_out_where_they_cannot_be_made():
    only = selection(FAMILIES, kind=[FamilyKind.FREE, FamilyKind.GAME], regularizers=[RegularizerKind.BALL])
    assert drawable(only) == (FamilyKind.GAME,)
    with pytest.raises(InputError, match="with and without penalties"):
        drawable(selection(FAMILIES, kind=[FamilyKind.FREE], regularizers=[RegularizerKind.BALL]))


LEMMA_10 = {hypothesis.name: hypothesis for hypothesis in claims.get("lgan.lemma-10").hypotheses}


@pytest.mark.parametrize("norm", NormKind)
@pytest.mark.parametrize("way", ChainKind)
@pytest.mark.parametrize("function", FunctionKind)
@FEW
@given(data=st.data())
def test_chains_are_what_they_are_drawn_as_and_survive_json(function, way, norm, data):
    space = known_spaces()[FunctionOnChain]
    recipe = data.draw(chain_recipes(selection(space, a=[function], b=[way], c=[norm])))
    chain = recipe.subject()
    assert (chain.norm.p == 2) == (norm is NormKind.EUCLIDEAN)
    if function is FunctionKind.ALONG and (way is ChainKind.UPWARDS or norm is NormKind.EUCLIDEAN):
        assert LEMMA_10["tight steps"].test(chain)
    if function is FunctionKind.ALONG:
        assert bool(LEMMA_10["one direction"].test(chain)) == (way is ChainKind.UPWARDS)
        assert LEMMA_10["Lipschitz constant k"].test(chain)
    again = FunctionOnChain.from_json(json.loads(json.dumps(recipe.to_json(chain))))
    assert again.rises() == chain.rises()
    assert recipe.second_opinion()[0].rises() == chain.rises()


THEOREMS = {number: claims.get(f"arjovsky-bottou.theorem-2.{number}") for number in (1, 2)}
APART = {ManifoldKind.APART, ManifoldKind.BOXES_APART}
LOWER = {ManifoldKind.APART, ManifoldKind.CROSSING, ManifoldKind.TOUCHING, ManifoldKind.ALIGNED}
MEETING = {ManifoldKind.TOUCHING, ManifoldKind.ALIGNED}


@pytest.mark.parametrize("kind", ManifoldKind)
@FEW
@given(data=st.data())
def test_sets_meet_as_they_are_drawn_and_a_turn_changes_nothing(kind, data):
    recipe = data.draw(manifold_recipes(Selection(kinds={ManifoldKind: (kind,)})))
    pair, (turned, _) = recipe.subject(), recipe.second_opinion()
    (compact,), (lower, aligned) = THEOREMS[1].hypotheses, THEOREMS[2].hypotheses
    assert bool(compact.test(pair)) == (kind in APART)
    assert bool(lower.test(pair)) == (kind in LOWER)
    assert bool(aligned.test(pair)) == (kind not in MEETING)
    assert turned.separation() == pytest.approx(pair.separation(), abs=1e-12)
    for hypothesis in (compact, lower, aligned):
        assert bool(hypothesis.test(turned)) == bool(hypothesis.test(pair))


@pytest.mark.parametrize("kind", PathKind)
@FEW
@given(data=st.data())
def test_generators_go_along_their_parameter_as_they_are_drawn(kind, data):
    recipe = data.draw(path_recipes(Selection(kinds={PathKind: (kind,)})))
    path, (backwards, _) = recipe.subject(), recipe.second_opinion()
    assert bool(LIPSCHITZ.test(path)) == (kind is not PathKind.SWITCH)
    assert bool(TRANSLATIONS.test(path)) == (kind in {PathKind.TRANSLATION, PathKind.SWITCH})
    assert bool(LINES.test(path)) == (kind is PathKind.LINES)
    assert [path.to_real(i) for i in range(len(path))] == [backwards.to_real(i) for i in range(len(path))][::-1]
    assert dict(recipe.words(path))["generator"] == type(path.generator).__name__


@settings(examples(20), deadline=None)
@given(data=st.data(), method=st.sampled_from(MethodKind))
def test_dirac_gans_are_trained_as_they_are_drawn_and_opposite_starts_go_opposite_ways(data, method):
    recipe = data.draw(DIRAC_TRAININGS.recipes(selection(DIRAC_TRAININGS, a=[method])))
    training, (opposite, _) = recipe.subject(), recipe.second_opinion()
    assert bool(NOTHING.test(training)) == (method is MethodKind.NONE)
    assert bool(KEPT_AWAY.test(training)) == (method in {MethodKind.CLIPPING, MethodKind.TARGET})
    damped = method in {MethodKind.ZERO_CENTRED, MethodKind.MAX_GP, MethodKind.CONSENSUS}
    if damped or (method is MethodKind.NOISE and training.game.curvature > 0):
        assert bool(SHORT.test(training)) == (training.rule.step < 1.0)
    first = slice(0, 3)  # later rounds multiply the rounding of the averages over noise
    np.testing.assert_allclose(opposite.orbit.theta[first], -training.orbit.theta[first], rtol=1e-12, atol=1e-14)
    assert dict(recipe.words(training))["method"] == training.game.method.describe()


@FEW
@given(data=st.data())
def test_two_modes_are_arranged_as_mode_collapse_asks(data):
    chosen = {DensityKind: (DensityKind.MODES,), ObjectiveKind: tuple(ObjectiveKind)}
    space = known_spaces()[claims.get("iclr.section-4.2").subject_type]
    recipe = data.draw(density_recipes(Selection(kinds={axis: chosen.get(axis, tuple(axis)) for axis in space.axes})))
    pair = recipe.subject()
    modes = claims.get("iclr.section-4.2").hypotheses[1]
    assert modes.test(pair), modes.test(pair).reasons
    assert recipe.second_opinion()[0].to_json() == pair.to_json()


@FEW
@given(data=st.data())
def test_updates_survive_json_or_say_why_they_cannot_be_made(data):
    recipe = data.draw(UPDATES.recipes(selection(UPDATES)))
    try:
        update = recipe.subject()
    except ToylabError:
        return
    again, how = recipe.second_opinion()
    assert again.to_json() == update.to_json()
    assert "as many" in how or "times the points" in how
    assert dict(recipe.words(update))["cost"] == update.cost.formula


def test_a_confirmation_is_computed_more_finely():
    asked = []

    def wave(z):
        asked.append(len(z))
        return np.exp(-(np.abs(z[:, 0]) ** 1.5))

    def amount(more):
        asked.clear()
        with more:
            average(lambda z: wave(z)[:, None], Gaussian([0.0], 1.0))
        return sum(asked)

    assert amount(refined(2.0)) > 1.9 * amount(refined(1.0))
    plain = integrate(wave, [UniformBox([0.0], [1.0])])
    with sharpened(1e-3):
        finer = integrate(wave, [UniformBox([0.0], [1.0])])
    assert finer.error < plain.error or plain.error < 1e-14
    assert finer.value == pytest.approx(plain.value, abs=plain.error + finer.error)


FOUND = [
    pytest.param("own.scaling", "scaled copies", marks=pytest.mark.long),
    pytest.param("own.divergence", "condition (11)", marks=pytest.mark.long),
    ("lgan.lemma-10", "one direction"),
    ("arjovsky-bottou.theorem-2.3", "no perfect alignment"),
    ("arjovsky-bottou.theorem-2.5", "frozen discriminator"),
    ("arjovsky-bottou.theorem-2.6", "finite batch"),
    ("iclr.section-4.2", "local objective"),
]


@pytest.mark.parametrize(("name", "hypothesis"), FOUND)
def test_without_a_hypothesis_the_case_is_found_confirmed_and_replayed(name, hypothesis):
    result = falsify(name, without=[hypothesis], examples=60, seconds=600)
    found = result.counterexample
    assert found is not None, result.text()
    assert found.breaks == (hypothesis,)
    data = json.loads(json.dumps(found.to_json()))
    claim = claims.get(name)
    assert claim.check(subject_from_json(claim, data), waive=data["waive"]).status is VerdictStatus.VIOLATED


def test_other_draws_that_do_not_agree_confirm_nothing(monkeypatch):
    """A violation by the luck of one stream of random numbers is none."""
    from toylab.claims.generators import noisy_discriminator

    claim = claims.get("arjovsky-bottou.theorem-2.6")

    def lucky(update):
        evidence = claim.measure(update)
        unlucky = noisy_discriminator._STREAM.get() == 26
        return dataclasses.replace(evidence, residual=evidence.residual + 0.5 * unlucky)

    result = falsify(dataclasses.replace(claim, measure=lucky), examples=5, seconds=600)
    assert result.counterexample is None
    assert any("other draws" in words for words in result.unconfirmed)
