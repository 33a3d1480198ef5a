"""The table of extreme problems: a row for each shape, a column for each loss."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from toylab.bench.extremes import ExtremeCase


def markdown(cases: Sequence[ExtremeCase]) -> str:
    """Certified of all regularisers and the worst relative gap, in every cell; below it, what was missed and why."""
    columns = list(dict.fromkeys(case.loss for case in cases))
    cells: dict[tuple[str, str], list[ExtremeCase]] = defaultdict(list)
    for case in cases:
        cells[case.shape, case.loss].append(case)
    lines = [f"| shape | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    rows = dict.fromkeys(case.shape for case in cases)
    lines += [f"| {shape} | {' | '.join(_cell(cells[shape, loss]) for loss in columns)} |" for shape in rows]
    missed = [case for case in cases if not case.certified]
    lines += ["", f"{len(cases) - len(missed)} of {len(cases)} certified at 1e-8."]
    lines += [
        f"- {case.shape}, {case.loss}, {case.regularizer}: {case.relative_gap:.1e}: {case.reason}" for case in missed
    ]
    return "\n".join(lines)


def _cell(cases: Sequence[ExtremeCase]) -> str:
    certified = sum(case.certified for case in cases)
    worst = np.nanmax([case.relative_gap for case in cases]) if cases else np.nan
    return f"{certified}/{len(cases)}, {worst:.0e}"
