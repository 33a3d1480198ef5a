"""Finding a case again: from its plain data, by its name, or by the number of a control."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from toylab.claims import Budget, Case, Claim, Control
from toylab.errors import InputError, unknown_name
from toylab.functions import FunctionOnPair


def subject_from_json(claim: Claim, data: Any) -> Any:
    """The subject of a claim from what `to_json` wrote of one.

    Candidates are rebuilt and certified anew. What is known by its name only (some functions of LGAN Theorem 4)
    is looked up among the claim's cases and controls.

    Args:
        claim: decides which type of subject is asked for.
        data: plain data; keys beyond those of `to_json` are ignored.

    Raises:
        InputError: no such data, or nothing in the claim's cases and controls matches it.
    """
    if not isinstance(data, Mapping):
        raise InputError(f"a subject in JSON is an object with named fields, got {type(data).__name__}.")
    kind, wanted = data.get("subject"), _kind(claim.subject_type)
    if kind != wanted:
        raise InputError(f"{claim.id} is decided on a {wanted} in JSON (its field 'subject' says so), got {kind!r}.")
    build = getattr(claim.subject_type, "from_json", None)
    if build is not None and (not issubclass(claim.subject_type, FunctionOnPair) or "function" in data):
        return build(data)
    found = next((subject for subject in _named_subjects(claim) if _matches(subject.to_json(), data)), None)
    if found is None:
        raise InputError(
            f"{claim.id} is decided on a {claim.subject_type.__name__}, known in JSON by its name and points, and none "
            f"of its cases and controls is {data.get('name')!r} with the points given; replay it with --case or "
            "--control instead."
        )
    return found


def _kind(subject_type: type) -> str:
    """What `to_json` calls a type of subject: its name in small letters, words joined by hyphens."""
    return re.sub("(?<!^)(?=[A-Z])", "-", subject_type.__name__).lower()


def _named_subjects(claim: Claim) -> Iterator[Any]:
    for budget in (Budget.FULL, Budget.QUICK):
        yield from (case.subject for case in claim.cases(budget) if case.subject is not None)
    yield from (control.subject() for control in claim.controls)


def _matches(known: Mapping[str, Any], data: Mapping[str, Any]) -> bool:
    """Whether the data say what is known; numbers that are not finite are not written in JSON."""
    finite = {key: value for key, value in known.items() if not (isinstance(value, float) and not math.isfinite(value))}
    return all(data.get(key) == value for key, value in finite.items())


def find_case(claim: Claim, name: str, budget: Budget, engine: str | None = None) -> Case:
    """The case of a claim by its name, and by its engine where several engines solve it.

    Raises:
        InputError: no case of this name, or an engine that is missing or does not solve it.
    """
    cases = list(claim.cases(budget))
    named = {case.engine.name.lower(): case for case in cases if case.name == name}
    if not named:
        raise unknown_name(f"case of {claim.id} ({budget.value} budget)", name, {case.name for case in cases})
    if engine is None and len(named) > 1:
        raise InputError(f"the case {name!r} is solved by {', '.join(named)}; choose one with --engine.")
    if engine is not None and engine not in named:
        raise unknown_name(f"engine of the case {name!r}", engine, named)
    return next(iter(named.values())) if engine is None else named[engine]


def find_control(claim: Claim, number: int) -> Control:
    """The control of this number, counted from 1.

    Raises:
        InputError: the claim has no such control.
    """
    if not 1 <= number <= len(claim.controls):
        raise InputError(f"{claim.id} has controls 1 to {len(claim.controls)}, got {number}.")
    return claim.controls[number - 1]
