"""Every claim on its quick cases, one test a claim: what `toylab verify` does in one piece, in pieces to choose from.

For the campaign alone, which asks a mutant's own claims; tests/verification/test_run.py decides all of them at once.
"""

import pytest

from toylab import claims
from toylab.claims import Budget
from toylab.verification import verify


@pytest.mark.parametrize("name", claims.names())
def test_the_quick_cases_end_as_expected(name):
    assert verify(name, Budget.QUICK).as_expected
