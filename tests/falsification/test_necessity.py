"""The kept table of necessity: complete, replayable, and shown beside the hand-made controls."""

import dataclasses
import json

import pytest

from toylab import claims
from toylab.claims import VerdictStatus
from toylab.errors import InputError
from toylab.falsification import necessity
from toylab.falsification.necessity import Found, Necessity
from toylab.falsification.spaces import known_spaces
from toylab.verification.replay import subject_from_json

KEPT = necessity.kept()
FOUND = [cell for cell in KEPT.cells if cell.counterexample is not None]


@pytest.mark.parametrize("cell", FOUND, ids=lambda cell: f"{cell.claim}-{cell.hypothesis}")
def test_kept_counterexamples_are_still_violated(cell):
    claim = claims.get(cell.claim)
    subject = subject_from_json(claim, cell.counterexample)
    waive = cell.counterexample["waive"]
    assert waive == ([] if cell.hypothesis is None else [cell.hypothesis])
    verdict = claim.check(subject, waive=waive)
    assert verdict.status is VerdictStatus.VIOLATED, verdict.explain()
    if cell.hypothesis is not None:
        unmet = claim.check(subject).unmet
        assert [reason.split(":")[0] for reason in unmet] == [cell.hypothesis]


def test_the_table_has_every_claim_without_each_hypothesis():
    """A new claim, or a new hypothesis, needs `make necessity`."""
    kept = {(cell.claim, cell.hypothesis) for cell in KEPT.cells}
    searchable = [claim for claim in claims.ALL if claim.subject_type in known_spaces()]
    wanted = {(claim.id, name) for claim, name in necessity.questions(searchable)}
    assert wanted <= kept, f"run `make necessity`: {sorted(map(str, wanted - kept))}"
    known = {(claim.id, name) for claim, name in necessity.questions(claims.ALL)}
    assert kept <= known, f"run `make necessity`: {sorted(map(str, kept - known))} are gone"


def test_what_is_false_as_it_stands_was_found_and_nothing_true_was_refuted():
    for claim in claims.ALL:
        if claim.expected is VerdictStatus.VIOLATED and claim.subject_type in known_spaces():
            assert KEPT.cell(claim, None).found is Found.COUNTEREXAMPLE, claim.id
    assert necessity.refuted(claims.ALL, KEPT) == []


def test_the_table_survives_json_and_refuses_what_is_none():
    again = Necessity.from_json(json.loads(json.dumps(KEPT.to_json())))
    assert again.to_json() == KEPT.to_json()
    with pytest.raises(InputError, match="no table of necessity"):
        Necessity.from_json({"seed": 0})


def test_some_rows_can_be_renewed():
    lemma, theorem = claims.get("lgan.lemma-10"), claims.get("lgan.theorem-4")
    newer = necessity.search_table([lemma], examples=3)
    gone = dataclasses.replace(newer.cells[0], claim="lgan.theorem-99")
    older = dataclasses.replace(KEPT, cells=(gone, *KEPT.cells))
    renewed = older.renewed(newer)
    assert [renewed.cell(lemma, h.name) for h in lemma.hypotheses] == list(newer.cells)
    assert renewed.cell(theorem, "tight pair") == KEPT.cell(theorem, "tight pair")
    assert gone not in renewed.cells
    order = [(claim.id, name) for claim, name in necessity.questions(claims.ALL)]
    places = [order.index((cell.claim, cell.hypothesis)) for cell in renewed.cells]
    assert places == sorted(places)


def test_a_cell_is_what_falsify_finds():
    claim = claims.get("lgan.theorem-4")
    table = necessity.search_table([claim], examples=40)
    assert [cell.hypothesis for cell in table.cells] == [h.name for h in claim.hypotheses]
    assert all(cell.found is Found.COUNTEREXAMPLE for cell in table.cells)
    lines = necessity.markdown([claim], table).splitlines()
    assert len(lines) == 2 + len(table.cells)
    assert "| Euclidean norm | found: function plane" in lines[-1]
    assert "control 1: ℓ₁" in lines[-1]


def test_controls_made_by_hand_stand_beside_the_search():
    rows = necessity.rows([claims.get("lgan.theorem-2b")])
    by_name = {row.hypothesis: row for row in rows}
    assert by_name["condition (11)"].by_hand().startswith("control 1: the least-squares loss")
    assert by_name["restricted constant"].by_hand() == "none"
    empty = Necessity(seed=0, examples=0, versions={}, cells=())
    assert all(row.cell.found is Found.NOT_SEARCHED for row in necessity.rows([claims.get("lgan.theorem-2b")], empty))
