"""The report as one HTML page: styles and pictures inside, nothing to load, nothing to run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from toylab import claims as _claims
from toylab.claims import foundations
from toylab.falsification import necessity
from toylab.report import dependencies, replay, words
from toylab.report.papers import by_paper
from toylab.report.pictures import Pair, training_picture
from toylab.report.versions import versions
from toylab.report.views import claim_view, worst_pictures
from toylab.verification import ClaimReport, VerificationReport

#: Fewer claims than this are drawn before other processes have started.
_FEW = 4


def render(report: VerificationReport, *, folder: Path | None = None, workers: int = 1) -> str:
    """The whole page.

    Worst cases are made anew from their plain data: certified and decided again, never solved again.

    Args:
        report: what a verification found.
        folder: where `write_report` puts the worst cases, as it is to appear in the lines that replay them;
            when not given, cases are replayed by name.
        workers: processes that draw.
    """
    graph = foundations.dependencies(row.claim for row in report.claims)
    drawn = dict(zip((row.claim.id for row in report.claims), _drawn(report.claims, workers), strict=True))
    views = {row.claim.id: claim_view(row, report.budget, folder, drawn[row.claim.id], graph) for row in report.claims}
    kept = necessity.kept()
    papers = [(paper, [views[row.claim.id] for row in rows]) for paper, rows in by_paper(report.claims)]
    return _template().render(
        report=report,
        conclusion=words.conclusion(report),
        papers=papers,
        shown={view.report.claim.id for view in views.values()},
        anchors=_anchors(graph),
        foundations=[foundations.get(name) for name in graph if name not in views],
        used_by={name: [above for above, below in graph.items() if name in below] for name in graph},
        graph=dependencies.picture([row.claim for row in report.claims]),
        refuted={view.report.claim.id for view in views.values() if view.false},
        training=[(row, words.training_rows(row), _training(row)) for row in report.training],
        necessity=kept,
        necessity_rows=[
            (row, words.search_outcome(row.cell)) for row in necessity.rows((row.claim for row in report.claims), kept)
        ],
        reproduce=replay.verify_line(report),
        versions=versions(),
        words=words,
        tones=list(words.Tone),
    )


def _drawn(reports: Sequence[ClaimReport], workers: int) -> list[Pair]:
    """The pictures of every claim, in order; claims of one's own stay in this process."""
    if workers == 1 or len(reports) < _FEW or any(row.claim not in _claims.ALL for row in reports):
        return [worst_pictures(row) for row in reports]
    from joblib import Parallel, delayed

    drawn: Any = Parallel(n_jobs=workers)(delayed(_draw)(row.claim.id, row.worst) for row in reports)
    return list(drawn)


def _draw(name: str, worst: Any) -> Pair:
    verdicts = () if worst is None else (worst,)
    return worst_pictures(ClaimReport(claim=_claims.get(name), verdicts=verdicts, controls=()))


def _training(report: Any) -> Any:
    return None if report.trained is None else training_picture(report)


def _anchors(graph: Any) -> dict[str, str]:
    """Where each result stands on the page: claims under their id, foundations under their words."""
    return {name: "".join(c if c.isalnum() or c in ".-" else "-" for c in name).lower() for name in graph}


def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("toylab.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")
