"""For other projects: Hypothesis strategies of small critic problems, and claims as assertions about one's own critic.

    from hypothesis import given
    from toylab.testing import assert_claim, problems

    @given(problem=problems(overlap=False, dimension=2))
    def test_my_critic(problem):
        assert_claim("lgan.theorem-2b", problem, train_my_critic(problem), waive="certified optimal", tolerance=0.05)

`strategies` draws, `assertion` decides, `examined` looks at a critic before anything is decided on it.
"""

from toylab.testing.assertion import ClaimUndecidedError, ClaimViolatedError, assert_claim
from toylab.testing.strategies import candidates, measures, problems

__all__ = ["ClaimUndecidedError", "ClaimViolatedError", "assert_claim", "candidates", "measures", "problems"]
