"""Claims by pattern, as every command that names claims takes them."""

from __future__ import annotations

import fnmatch

from toylab import claims
from toylab.claims import Claim


def selected_claims(patterns: str) -> list[Claim]:
    """The claims whose id or alias matches one of the patterns, which commas separate.

    An unknown plain name is an error, an empty pattern match is not.
    """
    found = {claim.id for pattern in patterns.split(",") for claim in _matching(pattern.strip())}
    return [claim for claim in claims.ALL if claim.id in found]


def _matching(pattern: str) -> list[Claim]:
    chosen = [c for c in claims.ALL if any(fnmatch.fnmatchcase(name, pattern) for name in (c.id, *c.aliases))]
    if not chosen and not any(character in pattern for character in "*?["):
        claims.get(pattern)  # raises, with the nearest match
    return chosen
