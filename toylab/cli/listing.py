"""`toylab list`: the claims with their hypotheses and controls, and the README's table of them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from toylab.claims import Claim
from toylab.cli.selection import nothing_selected, selected_claims
from toylab.verification import ExitCode


def register(commands: Any) -> None:
    """Add the command to the parser."""
    listing = commands.add_parser("list", help="the claims: id, source, statement, hypotheses, controls")
    listing.add_argument("--claims", default="*", metavar="PATTERN")
    listing.add_argument("--markdown", action="store_true", help="as the README's table")
    listing.add_argument(
        "--necessity", action="store_true", help="as a table of claims without each hypothesis, with counterexamples"
    )
    listing.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the selected claims."""
    chosen = selected_claims(options.claims)
    if not chosen:
        return nothing_selected(options.claims)
    if options.necessity:
        from toylab.falsification import necessity

        print(necessity.markdown(chosen))
        return ExitCode.AS_EXPECTED
    if options.markdown:
        print(markdown_table(chosen))
        return ExitCode.AS_EXPECTED
    for claim in chosen:
        aliases = f" (also {', '.join(claim.aliases)})" if claim.aliases else ""
        print(f"{claim.id}{aliases} · {'; '.join(claim.sources)} · expected: {claim.expected.value}")
        print(f"  {claim.title}")
        print(f"  {claim.statement}")
        print(f"  Hypotheses: {'; '.join(f'{h.name} – {h.sentence}' for h in claim.hypotheses)}.")
        for control in claim.controls:
            broken = "as it stands" if control.breaks is None else f"without {control.breaks}"
            print(f"  Control, {broken}: {control.why}.")
        print()
    return ExitCode.AS_EXPECTED


def markdown_table(chosen: Sequence[Claim]) -> str:
    """The README's table of claims."""
    lines = ["| claim | statement | source | expected | controls |", "|---|---|---|---|---|"]
    for claim in chosen:
        cells = (f"`{claim.id}`", claim.title, claim.sources[0], claim.expected.value, str(len(claim.controls)))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)
