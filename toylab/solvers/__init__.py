"""Solvers: exact ones with a certificate at their tolerance, and trained critics.

Each name is imported when it is first used, so that `import toylab` stays light (torch, cvxpy and POT are
loaded only by the solver that needs them).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from toylab.solvers.base import AbstractSolver, Outcome
from toylab.solvers.solving import solve, solve_many

if TYPE_CHECKING:
    from toylab.solvers.averaged_penalties import LineOptimum, averaged_penalty
    from toylab.solvers.bundle import Bundle
    from toylab.solvers.closed_form import ClosedForm
    from toylab.solvers.dirac_pairs import DiracOptimum, dirac_pair, matched_pairs
    from toylab.solvers.interior_point import InteriorPoint
    from toylab.solvers.line import LineInteriorPoint, LineTransport
    from toylab.solvers.linear_programs import CompactDual, KantorovichRubinstein
    from toylab.solvers.multiscale import Multiscale
    from toylab.solvers.network import (
        CT,
        GP,
        LP,
        FunnelMaxGP,
        MaxGP,
        MeanSquare,
        NetworkSolver,
        OrthogonalGroupSort,
        SpectralNorm,
        Unrestricted,
        WeightClipping,
    )
    from toylab.solvers.reference import Reference
    from toylab.solvers.transport import Transport

_HOMES = {
    "Bundle": "toylab.solvers.bundle",
    "ClosedForm": "toylab.solvers.closed_form",
    "DiracOptimum": "toylab.solvers.dirac_pairs",
    "dirac_pair": "toylab.solvers.dirac_pairs",
    "matched_pairs": "toylab.solvers.dirac_pairs",
    "InteriorPoint": "toylab.solvers.interior_point",
    "LineInteriorPoint": "toylab.solvers.line",
    "LineTransport": "toylab.solvers.line",
    "CompactDual": "toylab.solvers.linear_programs",
    "KantorovichRubinstein": "toylab.solvers.linear_programs",
    "Multiscale": "toylab.solvers.multiscale",
    "FunnelMaxGP": "toylab.solvers.network",
    "MaxGP": "toylab.solvers.network",
    "NetworkSolver": "toylab.solvers.network",
    "CT": "toylab.solvers.network",
    "GP": "toylab.solvers.network",
    "LP": "toylab.solvers.network",
    "MeanSquare": "toylab.solvers.network",
    "OrthogonalGroupSort": "toylab.solvers.network",
    "SpectralNorm": "toylab.solvers.network",
    "Unrestricted": "toylab.solvers.network",
    "WeightClipping": "toylab.solvers.network",
    "LineOptimum": "toylab.solvers.averaged_penalties",
    "averaged_penalty": "toylab.solvers.averaged_penalties",
    "Reference": "toylab.solvers.reference",
    "Transport": "toylab.solvers.transport",
}

__all__ = [
    "CT",
    "GP",
    "LP",
    "AbstractSolver",
    "Bundle",
    "ClosedForm",
    "CompactDual",
    "DiracOptimum",
    "FunnelMaxGP",
    "InteriorPoint",
    "KantorovichRubinstein",
    "LineInteriorPoint",
    "LineOptimum",
    "LineTransport",
    "MaxGP",
    "MeanSquare",
    "Multiscale",
    "NetworkSolver",
    "OrthogonalGroupSort",
    "Outcome",
    "Reference",
    "SpectralNorm",
    "Transport",
    "Unrestricted",
    "WeightClipping",
    "averaged_penalty",
    "dirac_pair",
    "matched_pairs",
    "solve",
    "solve_many",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
