"""The graph of results: every name exists, nothing rests on itself, and false statements name what is true instead."""

import dataclasses

import pytest

from toylab import claims
from toylab.claims import VerdictStatus, foundations
from toylab.claims.foundations import FOUNDATIONS, dependencies
from toylab.errors import InputError


def test_every_claim_rests_on_claims_and_foundations_that_exist():
    known = {*claims.names(), *(foundation.name for foundation in FOUNDATIONS)}
    for claim in claims.ALL:
        assert claim.rests_on, f"say what {claim.id} rests on"
        assert set(claim.rests_on) <= known, claim.id
    for foundation in FOUNDATIONS:
        assert set(foundation.rests_on) <= known, foundation.name


def test_results_come_after_what_they_rest_on():
    graph = dependencies(claims.ALL)
    order = list(graph)
    assert all(order.index(below) < order.index(name) for name, names in graph.items() for below in names)
    assert set(order) == {*claims.names(), *(foundation.name for foundation in FOUNDATIONS)}  # none is idle


@pytest.mark.parametrize("claim", claims.ALL, ids=lambda claim: claim.id)
def test_only_false_statements_are_superseded_and_by_a_true_one(claim):
    assert (claim.superseded_by is not None) == (claim.expected is VerdictStatus.VIOLATED)
    if claim.superseded_by is not None:
        assert claims.get(claim.superseded_by).expected is VerdictStatus.HOLDS


def test_claims_left_out_take_what_only_they_rest_on_with_them():
    graph = dependencies([claims.get("lgan.theorem-2b"), claims.get("lgan.theorem-4")])
    assert set(graph) == {"lgan.theorem-2b", "lgan.theorem-4", "LGAN Lemma 13", "LGAN Lemma 14"}
    assert graph["lgan.theorem-2b"] == ()


def test_a_circle_and_an_unknown_name_are_refused():
    circle = [
        dataclasses.replace(claims.get("lgan.theorem-2a"), rests_on=("lgan.theorem-2b",)),
        claims.get("lgan.theorem-2b"),
    ]
    with pytest.raises(InputError, match=r"in a circle: lgan\.theorem-2"):
        dependencies(circle)
    with pytest.raises(InputError, match="did you mean 'LGAN Lemma 7'"):
        foundations.get("LGAN Lemma 77")
