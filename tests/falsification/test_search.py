"""The falsifier finds what is false, shrinks it, has it confirmed, and says no more than it knows."""

import dataclasses
import itertools
import json
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from toylab import claims
from toylab.claims import Control, Evidence, VerdictStatus
from toylab.critics import FormulaCritic
from toylab.errors import InputError, SolverError
from toylab.falsification import Ending, search
from toylab.falsification import falsify as package_falsify
from toylab.falsification.candidates import CandidateRecipe
from toylab.falsification.files import file_stem, replay_line
from toylab.solution import Candidate
from toylab.verification import ExitCode
from toylab.verification.replay import subject_from_json

THEOREM_3 = claims.get("lgan.theorem-3")
#: The budget of examples ends these searches, however slow the machine is.
falsify = partial(package_falsify, seconds=600.0)


def replayed(counterexample):
    """The verdict on what was written down, read as `toylab check` reads it."""
    claim, data = counterexample.verdict.claim, json.loads(json.dumps(counterexample.to_json()))
    return claim.check(subject_from_json(claim, data), waive=data["waive"])


def test_the_earlier_bounding_theorem_is_refuted_on_two_points():
    result = falsify("iclr.theorem-2")
    found = result.counterexample
    assert found is not None
    assert result.ending is Ending.FOUND
    assert result.exit_code is ExitCode.AS_EXPECTED
    support = found.subject.problem.support
    assert len(support.points) == 2
    assert (support.in_fake & support.in_real).any()  # it is true for disjoint supports
    assert found.breaks == ()
    assert "Clarabel" in found.confirmed_by
    assert replayed(found).status is VerdictStatus.VIOLATED
    rows = dict(found.rows())
    assert "1/2 at (0)" in rows["fake"]
    assert replay_line(found, "x.json") == "toylab check iclr.theorem-2 x.json"


def test_a_search_that_finds_nothing_reports_what_it_tried_and_proves_nothing():
    result = falsify("lgan.theorem-3", examples=25)
    assert result.counterexample is None
    assert result.ending is Ending.EXAMPLES
    assert result.exit_code is ExitCode.AS_EXPECTED
    coverage = result.coverage
    assert coverage.tried == 25
    assert sum(coverage.statuses.values()) == 25
    kinds = coverage.by_axis()
    assert sum(kinds["supports"].values()) == coverage.decided > 0
    assert "hinge" not in kinds["losses"]  # fails condition (11), which is in force
    assert "unrestricted" not in kinds["regulariser"]
    assert {"λ", "K"} & set(coverage.ranges)
    assert "This is a search, not a proof." in result.text()
    assert "25 tried" in result.text()


WITHOUT = [
    pytest.param("lgan.theorem-2b", "condition (11)", marks=pytest.mark.long),
    pytest.param("lgan.theorem-2c", "penalised constant", marks=pytest.mark.long),
    ("lgan.theorem-2c", "different measures"),
    ("lgan.theorem-1", "strict convexity"),
    ("lgan.theorem-1.existence", "restricted constant"),
    pytest.param("iclr.theorem-2.disjoint", "disjoint supports", marks=pytest.mark.long),
    ("lgan.proposition-1", "Lipschitz extension"),
    pytest.param("lgan.proposition-1", "certified optimal", marks=pytest.mark.long),
    ("lgan.theorem-5", "compact-dual optimum"),
    ("lgan.theorem-4", "Euclidean norm"),
    ("lgan.theorem-4", "Lipschitz constant k"),
    ("lgan.theorem-4", "tight pair"),
]


@pytest.mark.parametrize(("name", "hypothesis"), WITHOUT)
def test_without_a_hypothesis_the_case_is_found_that_shows_it_was_needed(name, hypothesis):
    result = falsify(name, without=[hypothesis], examples=150)
    found = result.counterexample
    assert found is not None, result.text()
    assert found.breaks == (hypothesis,)
    assert result.exit_code is ExitCode.AS_EXPECTED
    assert claims.get(name).check(found.subject).status is VerdictStatus.NOT_APPLICABLE
    again = replayed(found)
    assert again.status is VerdictStatus.VIOLATED, again.explain()
    assert f"--waive '{hypothesis}'" in replay_line(found, "x.json")


def test_the_same_seed_gives_the_same_result_and_another_seed_another():
    runs = [falsify("lgan.theorem-2a", examples=8, seed=seed).to_json() for seed in (3, 3, 4)]
    assert runs[0] == runs[1]
    assert runs[0]["coverage"] != runs[2]["coverage"]
    found = [falsify("lgan.theorem-4", without="Euclidean norm", seed=5).to_json() for _ in range(2)]
    assert found[0] == found[1]


def largest_constant(candidate: Candidate) -> Evidence:
    k = candidate.lipschitz_constant
    return Evidence.of(max(k - 0.3, 0.0), 0.0, resolution=1.0, scale=1.0, labels=["k at most 0.3"])


FALSE_CLAIM = dataclasses.replace(THEOREM_3, id="own.small-constants", measure=largest_constant, argument=None)


def test_a_false_statement_that_is_held_to_be_true_is_not_as_expected():
    result = falsify(FALSE_CLAIM)
    assert result.counterexample is not None
    assert result.counterexample.breaks == ()
    assert result.exit_code is ExitCode.NOT_AS_EXPECTED
    assert len(result.counterexample.subject.problem.support.points) == 2
    assert "NOT as expected" in result.text()


def test_what_the_reference_solver_does_not_confirm_is_no_counterexample(monkeypatch):
    def idle(recipe):
        problem = recipe.problem
        zero = FormulaCritic(lambda z: np.zeros(len(z)), np.zeros_like, 0.0)
        return Candidate.of(problem, zero), "a second opinion that disagrees"

    monkeypatch.setattr(CandidateRecipe, "second_opinion", idle)
    result = falsify(FALSE_CLAIM, examples=20)
    assert result.counterexample is None
    assert any("a second opinion that disagrees" in words for words in result.unconfirmed)
    assert result.exit_code is ExitCode.INCONCLUSIVE
    assert "not confirmed" in result.text()


def test_a_second_opinion_that_fails_confirms_nothing(monkeypatch):
    def failing(recipe):
        raise SolverError("Clarabel has the flu.")

    monkeypatch.setattr(CandidateRecipe, "second_opinion", failing)
    result = falsify(FALSE_CLAIM, examples=20)
    assert result.counterexample is None
    assert result.unconfirmed == ("Clarabel has the flu.",)


def test_a_hypothesis_that_holds_anyway_is_not_waived():
    """Taken at its word, an optimal critic would be off by more than rounding: a violation made by the waiver."""
    result = falsify("lgan.theorem-2d", without=["certified optimal"], examples=40)
    assert result.counterexample is not None
    assert result.counterexample.subject.certificate.relative_gap > 1e-6


def test_several_waived_hypotheses_need_not_all_be_broken():
    result = falsify("lgan.theorem-4", without=["Euclidean norm", "tight pair"], examples=50)
    assert result.counterexample is not None
    assert 1 <= len(result.counterexample.breaks) <= 2
    assert file_stem(result) == "lgan.theorem-4-without-Euclidean-norm-tight-pair"


def interrupting(claim, after, error):
    seen = []

    def measure(subject):
        seen.append(subject)
        if len(seen) == after + 1:
            raise error
        return claim.measure(subject)

    return dataclasses.replace(claim, measure=measure)


def test_an_interruption_ends_the_search_cleanly():
    result = falsify(interrupting(claims.get("lgan.theorem-4"), 5, KeyboardInterrupt()))
    assert result.ending is Ending.INTERRUPTED
    assert result.coverage.tried == 5
    assert result.counterexample is None


def test_an_interruption_while_shrinking_keeps_what_was_found():
    claim = claims.get("lgan.theorem-4")
    broken = interrupting(claim, 6, KeyboardInterrupt())
    result = falsify(broken, without=["Euclidean norm"])
    assert result.ending is Ending.INTERRUPTED
    assert result.shrink_steps > 0
    assert result.counterexample is not None


def test_progress_is_told():
    told = []
    falsify("lgan.theorem-4", examples=10, progress=lambda *what: told.append(what))
    assert told[0] == (0, 10, "searching")
    assert all(done <= total == 10 for done, total, _ in told)
    falsify("lgan.theorem-4", without="Euclidean norm", progress=lambda *what: told.append(what))
    assert told[-1][2] == "shrinking"


def test_a_result_shows_itself_in_a_notebook():
    page = falsify("lgan.theorem-4", without="Euclidean norm")._repr_html_()
    assert "SearchResult lgan.theorem-4" in page
    assert "contradiction" in page
    assert "SearchResult(lgan.theorem-4: Verdict(lgan.theorem-4: violated" in repr(
        falsify("lgan.theorem-4", without="Euclidean norm")
    )


def test_seconds_bound_the_search(monkeypatch):
    clock = itertools.count()  # a second between any two looks at it: at the start, before every subject, at the end
    monkeypatch.setattr(search, "time", SimpleNamespace(perf_counter=lambda: float(next(clock))))
    result = falsify("lgan.theorem-3", examples=100_000, seconds=5.0)
    assert result.ending is Ending.SECONDS
    assert 1 <= result.coverage.tried <= 5
    assert result.seconds <= 10.0


def test_where_nothing_is_decided_nothing_is_claimed():
    result = falsify("lgan.theorem-2b", without=["restricted constant"], examples=10)
    assert result.counterexample is None
    assert result.coverage.decided == 0
    assert result.exit_code is ExitCode.INCONCLUSIVE


BAD = [
    ({"claim": "lgan.theorm-3"}, "did you mean 'lgan.theorem-3'"),
    ({"without": ["condition 11"]}, r"did you mean 'condition \(11\)'"),
    ({"without": [3]}, "unknown hypothesis"),
    ({"examples": 0}, "budget of examples must be a positive whole number"),
    ({"examples": 1.5}, "budget of examples"),
    ({"seconds": -1}, "seconds must be positive"),
    ({"seconds": float("nan")}, "must be finite"),
    ({"seed": -1}, "the seed must be a whole number of at least 0"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_bad_input_is_refused_before_anything_is_tried(arguments, message, monkeypatch):
    monkeypatch.setattr(search, "_run", lambda *rest: pytest.fail("it searched"))
    with pytest.raises(InputError, match=message):
        falsify(arguments.pop("claim", "lgan.theorem-3"), **arguments)


def test_a_subject_type_without_a_search_space_is_named():
    strange = dataclasses.replace(THEOREM_3, id="own.strange", subject_type=Control)
    with pytest.raises(InputError, match="no search space for Control yet"):
        falsify(strange)
