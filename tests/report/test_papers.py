import dataclasses

import pytest

from toylab import claims
from toylab.report.papers import paper_of


@pytest.mark.parametrize(
    ("id", "source", "short"),
    [
        ("lgan.x", "LGAN Theorem 3", "LGAN"),
        ("lgan.x", "a loose reading of LGAN Theorem 1", "LGAN"),
        ("iclr.x", "ICLR Theorem 2, with disjoint supports", "ICLR"),
        ("wgan.x", "WGAN-GP Proposition 1", "WGAN-GP"),
        ("wgan.x", "WGAN Theorem 1, also in WGAN-GP", "WGAN"),
        ("iclr.x", "said nowhere", "ICLR"),
        ("own.x", "toylab", "own"),
    ],
)
def test_a_claim_belongs_to_the_paper_its_first_source_names(id, source, short):
    claim = dataclasses.replace(claims.ALL[0], id=id, sources=(source, "ICLR Theorem 9"))
    assert paper_of(claim).short == short
