"""Jacobians at the equilibrium as they are measured: from the field and from a round of training, by differences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from toylab.claims.base import Evidence
from toylab.claims.families.intervals import Interval
from toylab.claims.families.readings import compare
from toylab.claims.rounding import ROUNDING
from toylab.diracgan import DiracTraining

#: Step of the central differences.
_STEP = 1e-4
#: Radii and directions in which a field is looked at, and where trainings near the equilibrium start.
_RADII, _DIRECTIONS, _NEAR = (0.1, 0.5, 1.0, 2.0), 16, 1e-3
#: The share of the distance to which the linear map has come, rounds at most until then, and for maps that never do.
_QUARTER, _MOST, _FALLBACK = 0.25, 4096, 1024

Map = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
Matrix = tuple[tuple[Interval, Interval], tuple[Interval, Interval]]


def entry(kind: str, evidence: Evidence) -> Evidence:
    """An entry that says of which kind it is."""
    return replace(evidence, arrays=MappingProxyType({**evidence.arrays, "kind": np.array([kind], dtype=object)}))


def differences(of: Map) -> Matrix:
    """The derivatives of a map of the plane at 0, with bounds.

    Central differences over h and 2h: that over 2h is off by four times as much, so that the difference of the two is
    three times the error of the finer one, up to the fourth order in h; their rounding is added.
    """
    one, none = np.array([1.0, -1.0]), np.zeros(2)

    def quotients(step: float) -> np.ndarray:
        by_theta, by_psi = of(step * one, none), of(none, step * one)
        return np.array([[(part[0] - part[1]) / (2.0 * step) for part in (by_theta[i], by_psi[i])] for i in (0, 1)])

    fine, coarse = quotients(_STEP), quotients(2.0 * _STEP)
    error = np.abs(fine - coarse) + ROUNDING * (np.abs(fine) + 1.0) + np.finfo(np.float64).eps / _STEP
    found = [[Interval.of(fine[i, j], error[i, j]) for j in (0, 1)] for i in (0, 1)]
    return (found[0][0], found[0][1]), (found[1][0], found[1][1])


def field_matrix(training: DiracTraining) -> Matrix:
    """The Jacobian of the field."""
    return differences(training.game.vector_field)


def round_matrix(training: DiracTraining) -> Matrix:
    """The Jacobian of one round."""
    game, rule = training.game, training.rule
    return differences(lambda theta, psi: rule.advance(game.vector_field, game.method.projected, theta, psi))


def eigenvalue_entries(what: str, matrix: Matrix, trace: float, determinant: float) -> list[Evidence]:
    """Trace and determinant, which are the eigenvalues' sum and product, against what a statement says of them."""
    (a, b), (c, d) = matrix
    found = {"sum": (a + d, trace), "product": (a * d - b * c, determinant)}
    unit = {"sum": 2.0 * np.sqrt(abs(determinant)) + abs(trace), "product": abs(determinant) + trace**2}
    return [
        entry(
            "eigenvalues",
            compare(
                f"{name} of the eigenvalues of {what}", left, "=", Interval.of(right, ROUNDING * unit[name]), unit[name]
            ),
        )
        for name, (left, right) in found.items()
    ]


def radial_entries(training: DiracTraining, relation: str) -> list[Evidence]:
    """The rate of θ² + ψ² along the field, ⟨x, v⟩/(‖x‖ ‖v‖), the worst of every radius, against 0."""
    angle = 2.0 * np.pi * (np.arange(_DIRECTIONS) + 0.5) / _DIRECTIONS
    parts = []
    for radius in _RADII:
        theta, psi = radius * np.cos(angle), radius * np.sin(angle)
        to_theta, to_psi = training.game.vector_field(theta, psi)
        share = (theta * to_theta + psi * to_psi) / (radius * np.hypot(to_theta, to_psi))
        worst = float(share[np.argmax(np.abs(share) if relation == "=" else share)])
        label = f"0 {relation} how far v points outwards at distance {radius:g}, worst of {_DIRECTIONS} directions"
        parts.append(entry("radial", compare(label, Interval.of(0.0), relation, Interval.of(worst, ROUNDING), 1.0)))
    return parts


def rounds_to_a_quarter(training: DiracTraining) -> int:
    """After how many rounds the linear map has brought every start to a quarter of its distance: a power of two."""
    jacobian = training.game.jacobian()
    if jacobian is None:
        return _FALLBACK
    power, rounds = training.rule.operator(jacobian), 1
    while np.linalg.norm(power, 2) > _QUARTER:
        power, rounds = power @ power, 2 * rounds
        if rounds > _MOST:
            return _FALLBACK
    return rounds


def contraction_entry(training: DiracTraining) -> Evidence:
    """Eight starts near the equilibrium: at most half of the distance is left where the linear map leaves a quarter."""
    angle = np.pi * np.arange(8) / 4.0
    rounds = rounds_to_a_quarter(training)
    start = _NEAR * np.stack([np.cos(angle), np.sin(angle)])
    with np.errstate(over="ignore", invalid="ignore"):
        radius = training.game.trajectory(start, rounds, training.rule).radius[-1]
    left = float(np.nan_to_num(radius / _NEAR, nan=1e6, posinf=1e6).max())
    label = f"1/2 ≥ share of the distance {_NEAR:g} that is left after {rounds} rounds, most of 8 starts"
    return entry("rounds", compare(label, Interval.of(0.5), "≥", Interval.of(min(left, 1e6), ROUNDING), 1.0))
