"""The Wasserstein-1 distance of finite measures: the IPM over 1-Lipschitz critics, and the one that is not local."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist

from toylab.errors import InputError
from toylab.measures import DiscreteMeasure


def wasserstein1(fake: DiscreteMeasure, real: DiscreteMeasure) -> float:
    """W₁ = min over couplings of E ‖x − y‖ = max over 1-Lipschitz f of E_real f − E_fake f, by POT's network simplex.

    Raises:
        InputError: not two finite measures in one space, or POT stopped early.
    """
    import ot

    for name, measure in (("fake", fake), ("real", real)):
        if not isinstance(measure, DiscreteMeasure):
            raise InputError(
                f"{name} must be a DiscreteMeasure for W1, got {type(measure).__name__}; sample the distribution first."
            )
    if fake.dimension != real.dimension:
        raise InputError(
            f"fake and real must live in one space, got {fake.dimension} and {real.dimension} coordinates."
        )
    p, q = fake.weights > 0, real.weights > 0
    distance = cdist(fake.points[p], real.points[q])
    weights = fake.weights[p] / fake.weights[p].sum(), real.weights[q] / real.weights[q].sum()
    moving = distance[distance > 0]
    unit = float(np.median(moving)) if len(moving) else 1.0  # the simplex has absolute tolerances
    value, log = ot.emd2(*weights, distance / unit, numItermax=10_000_000, log=True)
    if log["warning"] is not None:
        raise InputError(f"POT did not finish: {log['warning']}")
    return unit * float(value)
