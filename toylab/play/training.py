"""A critic that is trained on the same problem, to stand beside the certified one."""

from __future__ import annotations

import numpy as np

from toylab.play.answer import View, picture
from toylab.solution import Candidate, Solution
from toylab.solvers.solving import solve

_STEPS = 1500


def trained_beside(exact: Solution, view: View) -> tuple[tuple[np.ndarray, np.ndarray], str]:
    """Surface and arrows of a MaxGP critic, in the certified one's units, and a sentence on how near it came.

    Raises:
        ToylabError: the training failed, with the reason.
    """
    from toylab.solvers.network import MaxGP

    trained = solve(exact.problem, MaxGP(seed=0, steps=_STEPS))
    drawn = picture(trained, view, unit=exact.lipschitz_constant)
    return drawn, f"Trained: k = {trained.lipschitz_constant:.4g}, relative gap {_gap(trained, exact):.2g}."


def _gap(trained: Candidate, exact: Candidate) -> float:
    from toylab.certificate import certify

    plan = exact.certificate.plan
    return min(trained.certificate.relative_gap, certify(trained.problem, trained.critic, plan).relative_gap)
