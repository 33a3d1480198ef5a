"""Claims by pattern, as every command that names claims takes them."""

from __future__ import annotations

import difflib
import fnmatch
import sys

from toylab import claims
from toylab.claims import Claim
from toylab.verification import ExitCode


def selected_claims(patterns: str) -> list[Claim]:
    """The claims whose id or alias matches one of the patterns, which commas separate.

    An unknown plain name is an error, an empty pattern match is not.
    """
    found = {claim.id for pattern in patterns.split(",") for claim in _matching(pattern.strip())}
    return [claim for claim in claims.ALL if claim.id in found]


def nothing_selected(patterns: str) -> ExitCode:
    """Say that no claim matches, with the nearest names, and end with the exit code for that."""
    known = [name for claim in claims.ALL for name in (claim.id, *claim.aliases)]
    plain = [pattern.strip().strip("*?") for pattern in patterns.split(",")]
    near = dict.fromkeys(name for one in plain for name in difflib.get_close_matches(one, known, n=2, cutoff=0.5))
    hint = f"did you mean {' or '.join(near)}?" if near else "`toylab list` shows them all."
    print(f"toylab: no claim matches {patterns!r}; {hint}", file=sys.stderr)
    return ExitCode.NOTHING_SELECTED


def _matching(pattern: str) -> list[Claim]:
    chosen = [c for c in claims.ALL if any(fnmatch.fnmatchcase(name, pattern) for name in (c.id, *c.aliases))]
    if not chosen and not any(character in pattern for character in "*?["):
        claims.get(pattern)  # raises, with the nearest match
    return chosen
