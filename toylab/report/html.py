"""The report as one HTML page: styles and pictures inside, nothing to load, nothing to run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from toylab.claims import foundations
from toylab.report import dependencies, replay, words
from toylab.report.drawings import Drawings, draw
from toylab.report.papers import by_paper
from toylab.report.versions import versions
from toylab.report.views import claim_view
from toylab.verification import VerificationReport


def render(report: VerificationReport, *, folder: Path | None = None, drawings: Drawings | None = None) -> str:
    """The whole page.

    Args:
        report: what a verification found.
        folder: where `write_report` puts the worst cases, as it is to appear in the lines that replay them;
            when not given, cases are replayed by name.
        drawings: what `drawings.draw` made of the report; drawn here, in this process, when not given.
    """
    drawings = draw(report) if drawings is None else drawings
    graph = foundations.dependencies(row.claim for row in report.claims)
    cases = drawings.cases
    views = {row.claim.id: claim_view(row, report.budget, folder, cases[row.claim.id], graph) for row in report.claims}
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
        training=[(row, words.training_rows(row), drawings.training.get(row.case.name)) for row in report.training],
        reproduce=replay.verify_line(report),
        versions=versions(),
        words=words,
        tones=list(words.Tone),
    )


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
