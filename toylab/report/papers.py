"""The papers whose statements are decided, and which claim belongs to which."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from toylab.claims import Claim
from toylab.verification import ClaimReport


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A paper.

    Attributes:
        short: how sources call it.
        citation: title, year, where.
    """

    short: str
    citation: str


PAPERS = (
    Paper(short="LGAN", citation="Lipschitz Generative Adversarial Nets. ICML 2019, arXiv:1902.05687"),
    Paper(
        short="ICLR",
        citation=(
            "Understanding the Effectiveness of Lipschitz-Continuity in Generative Adversarial Nets. "
            "Submission to ICLR 2019, arXiv:1807.00751"
        ),
    ),
    Paper(
        short="Arjovsky–Bottou",
        citation="Towards Principled Methods for Training Generative Adversarial Networks. ICLR 2017, arXiv:1701.04862",
    ),
    Paper(short="WGAN-GP", citation="Improved Training of Wasserstein GANs. NeurIPS 2017, arXiv:1704.00028"),
    Paper(short="own", citation="Facts beside the papers, each with its proof in the claim's argument"),
    Paper(
        short="Mescheder",
        citation="Which Training Methods for GANs do actually Converge? ICML 2018, arXiv:1801.04406",
    ),
    Paper(short="WGAN", citation="Wasserstein Generative Adversarial Networks. ICML 2017, arXiv:1701.07875"),
)


def paper_of(claim: Claim) -> Paper:
    """The paper that the claim's first source names first; else the one its id begins with."""
    found = [(match.start(), paper) for paper in PAPERS if (match := _named(paper, claim.sources[0]))]
    if found:
        return min(found, key=lambda pair: pair[0])[1]
    prefix = claim.id.split(".")[0]
    known = {paper.short.lower(): paper for paper in PAPERS}
    return known.get(prefix, Paper(short=prefix, citation=""))


def _named(paper: Paper, source: str) -> re.Match[str] | None:
    return re.search(rf"(?<![\w-]){re.escape(paper.short)}(?![\w-])", source)


def by_paper(reports: Iterable[ClaimReport]) -> list[tuple[Paper, list[ClaimReport]]]:
    """Claim reports grouped by paper, papers in the order in which they first appear."""
    groups: dict[Paper, list[ClaimReport]] = {}
    for report in reports:
        groups.setdefault(paper_of(report.claim), []).append(report)
    return list(groups.items())
