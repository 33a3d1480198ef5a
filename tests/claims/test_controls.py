"""Every negative control must come out violated, and only because its hypothesis was waived."""

import pytest

from toylab import claims
from toylab.claims import VerdictStatus

CONTROLS = [(claim, control) for claim in claims.ALL for control in claim.controls]
NAMES = [f"{claim.id}-{control.breaks}-{i}" for i, (claim, control) in enumerate(CONTROLS)]


@pytest.mark.parametrize(("claim", "control"), CONTROLS, ids=NAMES)
def test_control_is_violated(claim, control):
    verdict = claim.check_control(control)
    assert verdict.status is VerdictStatus.VIOLATED, verdict.explain()
    assert verdict.margin < 0


@pytest.mark.parametrize(("claim", "control"), CONTROLS, ids=NAMES)
def test_control_breaks_exactly_the_hypothesis_it_names(claim, control):
    verdict = claim.check(control.subject())
    if control.breaks is None:
        assert verdict.unmet == ()
        return
    assert verdict.status is VerdictStatus.NOT_APPLICABLE
    assert [reason.split(":")[0] for reason in verdict.unmet] == [control.breaks]
