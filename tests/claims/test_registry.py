import pytest

from toylab import claims
from toylab.claims import VerdictStatus
from toylab.errors import InputError


def test_ids_and_aliases_are_unique():
    every = [name for claim in claims.ALL for name in (claim.id, *claim.aliases)]
    assert len(every) == len(set(every))


@pytest.mark.parametrize("claim", claims.ALL, ids=lambda claim: claim.id)
def test_every_claim_comes_complete(claim):
    assert claim.controls
    assert claim.hypotheses
    assert claim.sources
    assert claim.rationale
    assert claim.statement.endswith(".")
    assert claims.get(claim.id) is claim


@pytest.mark.parametrize("claim", claims.ALL, ids=lambda claim: claim.id)
def test_only_false_statements_have_controls_that_break_nothing(claim):
    breaks_nothing = any(control.breaks is None for control in claim.controls)
    assert breaks_nothing == (claim.expected is VerdictStatus.VIOLATED)


def test_aliases_lead_to_the_claim():
    assert claims.get("iclr.theorem-7").id == "lgan.theorem-5"


def test_unknown_names_are_answered_with_the_nearest():
    with pytest.raises(InputError, match=r"unknown claim 'lgan\.theorm-3'; did you mean 'lgan\.theorem-3'"):
        claims.get("lgan.theorm-3")
