"""What comes out of a solver: a candidate critic with its certificate, and how it went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any

import numpy as np
from scipy import sparse
from scipy.spatial.distance import cdist

from toylab.certificate import Certificate, as_critic, certify
from toylab.critics import HermiteCritic, LowerExtension, NearestPoint, hermite, row_blocks, tabulated, unit_vectors
from toylab.errors import InputError, real_number
from toylab.markup import Tone, badge, card, facts, number, quiet
from toylab.problem import CriticProblem
from toylab.regularizers import Unrestricted


class Status(Enum):
    """How a solver ended; the value is a sentence with advice."""

    OPTIMAL = "the relative gap is within the tolerance, over every fake→real pair"
    CONVERGED = "training met its stopping rule"
    INACCURATE = (
        "no further progress was possible in float64; loosen rtol, or rescale weights that differ by many orders"
    )
    ITERATION_LIMIT = "the iteration limit was reached; raise it, or loosen rtol"
    DIVERGED = "values too large for float32, or not finite, appeared; lower the learning rate, or rescale the data"
    INTERRUPTED = "stopped by the user; the best critic so far is kept"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Candidate:
    """A critic for a problem, with the certificate that bounds how far its values are from optimal.

    Attributes:
        problem: the critic problem.
        critic: points (m, d) -> values (m,), usually with `gradient`.
        certificate: its certificate.
    """

    problem: CriticProblem
    critic: Any
    certificate: Certificate

    @classmethod
    def of(cls, problem: CriticProblem, critic: Any, plan: Any = None) -> Candidate:
        """The candidate for any critic (a user's torch module included), certified here."""
        function = as_critic(critic)
        return cls(problem=problem, critic=function, certificate=certify(problem, function, plan))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.describe()})"

    @property
    def fake_values(self) -> np.ndarray:
        """(n_fake,), certified critic values at the fake points, in the caller's order."""
        return self.certificate.values[self.certificate.fake_owner]

    @property
    def real_values(self) -> np.ndarray:
        """(n_real,), certified critic values at the real points, in the caller's order."""
        return self.certificate.values[self.certificate.real_owner]

    @property
    def lipschitz_constant(self) -> float:
        """The constant k of the certified values; the radius for a ball."""
        return self.certificate.constant

    @property
    def value(self) -> float:
        """J(f) + R(k)."""
        return self.certificate.primal

    def slack(self) -> np.ndarray:
        """(n_fake, n_real): k‖x − y‖ − (f(y) − f(x)); a pair with slack 0 and x ≠ y is bounding."""
        distance = cdist(self.problem.fake.points, self.problem.real.points)
        return self.lipschitz_constant * distance - (self.real_values - self.fake_values[:, None])

    def bounding_directions(self, tolerance: float | None = None) -> list[np.ndarray]:
        """For each fake point the unit vectors (c, d) to its real bounding partners.

        Args:
            tolerance: slack up to which a pair counts as bounding, in loss units; 1e-6 · k · diameter when not
                given. Contact is an equality, so a numerical answer needs a tolerance.
        """
        if tolerance is None:
            tolerance = 1e-6 * self.lipschitz_constant * self.problem.support.diameter
        fake, real = self.problem.fake.points, self.problem.real.points
        massive, fake_values, real_values = self.problem.real.weights > 0, self.fake_values, self.real_values
        result = []
        for rows in row_blocks(len(fake), len(real)):
            distance = cdist(fake[rows], real)
            slack = self.lipschitz_constant * distance - (real_values - fake_values[rows, None])
            contact = (slack <= tolerance) & (distance > 0) & massive
            result += [unit_vectors(real[row] - point) for point, row in zip(fake[rows], contact, strict=True)]
        return result

    def reference_directions(self) -> np.ndarray:
        """(n_fake, d): ∂V/∂x_i = k Σ_j γ_ij (y_j − x_i)/‖y_j − x_i‖, the derivative of the optimal value.

        Where f* has a kink this is what a smooth critic's weighted gradient is to be compared with: a convex
        combination of the one-sided gradients, times φ'(f(x_i)) p_i (THEORY section 2).
        """
        moves = self.certificate.plan.tocoo()
        rows, columns = moves.coords
        directions = unit_vectors(self.problem.real.points[columns] - self.problem.fake.points[rows])
        result = np.zeros(self.problem.fake.points.shape)
        np.add.at(result, rows, self.lipschitz_constant * moves.data[:, None] * directions)
        return result

    def describe(self) -> str:
        """One line: the problem, its constant and its gap."""
        return (
            f"{self.problem.describe()}: k = {self.lipschitz_constant:.6g}, "
            f"value {number(self.value, 9)}, relative gap {number(self.certificate.relative_gap, 2)}"
        )

    def _repr_html_(self) -> str:
        return card(type(self).__name__, facts(self.facts()), quiet("toylab.plot(…) draws it"))

    def facts(self) -> list[tuple[str, Any]]:
        """What a person wants to know at a glance: the problem, the bounds, the constant."""
        certificate = self.certificate
        low, high = self.problem.regularizer.constant_interval(certificate.cost, certificate.gap)
        known = dict(certificate.facts())
        interval = f", k* in [{number(low, 8)}, {number(high, 8)}]" if np.isfinite(certificate.gap) else ""
        if isinstance(self.problem.regularizer, Unrestricted):
            interval = ", the steepest rise from a fake to a real point: it costs nothing here"
        return [
            ("problem", self.problem.describe()),
            *((name, known[name]) for name in ("value", "dual bound", "gap", "relative gap")),
            ("constant k", f"{number(self.lipschitz_constant, 8)}{interval}"),
            ("excess", known["excess"]),
        ]

    def to_json(self) -> dict[str, Any]:
        """The problem with the critic's certified values and its plan: enough to check everything again."""
        moves = self.certificate.plan.tocoo()
        return {
            "subject": "candidate",
            "problem": self.problem.to_json(),
            "fake_values": self.fake_values.tolist(),
            "real_values": self.real_values.tolist(),
            "lipschitz_constant": self.lipschitz_constant,
            "plan": {
                "rows": moves.coords[0].tolist(),
                "columns": moves.coords[1].tolist(),
                "masses": moves.data.tolist(),
            },
            "relative_gap": self.certificate.relative_gap,
        }

    @staticmethod
    def from_json(data: dict[str, Any]) -> Candidate:
        """The candidate of `to_json`, certified anew; its critic is the extension of the stored values.

        Of a Solution, too, this is a Candidate: how it was found is not part of what can be checked again.
        """
        try:
            problem = CriticProblem.from_json(data["problem"])
            ends = tuple(np.array(data["plan"][name], dtype=np.intp) for name in ("rows", "columns"))
            masses = np.array(data["plan"]["masses"], dtype=np.float64)
            plan = sparse.coo_array((masses, ends), shape=(len(problem.fake), len(problem.real)))
            points = np.concatenate([problem.fake.points, problem.real.points])
            values = np.concatenate([data["fake_values"], data["real_values"]]).astype(np.float64)
            constant = float(data["lipschitz_constant"])
        except (KeyError, IndexError, TypeError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(
                f"a candidate in JSON is what Candidate.to_json() wrote; this one does not fit ({error!r})."
            ) from None
        if values.shape != (len(points),):
            raise InputError(f"a candidate in JSON needs {len(points)} fake and real values, got {len(values)}.")
        if isinstance(problem.regularizer, Unrestricted):  # no constant holds these values together
            return Candidate.of(problem, NearestPoint(points, values), plan)
        if "gradients" in data:  # a smooth critic with gradients of its own at the merged points
            critic: Any = _steered(problem, values, data["gradients"])
        else:
            critic = LowerExtension(points, values, constant)
            off = np.abs(critic(points) - values).max()
            if off > 1e-9 * (np.ptp(values) + constant * problem.support.diameter):
                critic = tabulated(points, values)  # of a critic that is steeper than from fake to real points
        found = Candidate.of(problem, critic, plan)
        return AtConstant.beside(found, real_number(data["a"], "a")) if "a" in data else found


def _steered(problem: CriticProblem, values: np.ndarray, gradients: Any) -> HermiteCritic:
    """The smooth critic with these values at the caller's points and these gradients at the merged ones."""
    support = problem.support
    merged = np.zeros(len(support.points))
    merged[np.concatenate([support.fake_owner, support.real_owner])] = values
    try:
        slopes = np.array(gradients, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"the gradients of a candidate in JSON are no numbers ({error}).") from None
    if slopes.shape != support.points.shape or not np.isfinite(slopes).all():
        raise InputError(f"a candidate in JSON needs finite gradients {support.points.shape}, got {slopes.shape}.")
    return hermite(support.points, merged, slopes)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class AtConstant(Candidate):
    """A candidate beside a number a that is claimed to be the a of condition (11), φ'(a) + ϕ'(a) = 0.

    Attributes:
        a: the number.
    """

    a: float

    @classmethod
    def beside(cls, candidate: Candidate, a: float) -> AtConstant:
        """The candidate with this a."""
        return cls(problem=candidate.problem, critic=candidate.critic, certificate=candidate.certificate, a=a)

    def describe(self) -> str:
        """One line."""
        return f"{super().describe()}, a = {self.a:g}"

    def to_json(self) -> dict[str, Any]:
        """The candidate's, with a."""
        return {**super().to_json(), "a": self.a}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Solution(Candidate):
    """A candidate with the story of its making.

    Attributes:
        status: how the solver ended.
        rtol: the relative gap that was asked for.
        stats: solver name, seconds, iterations and what else the solver counts.
        history: named series recorded on the way, each (steps,).
    """

    status: Status
    rtol: float
    stats: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    history: Mapping[str, np.ndarray] = field(default_factory=lambda: MappingProxyType({}))

    def _repr_html_(self) -> str:
        good = self.status in {Status.OPTIMAL, Status.CONVERGED}
        status = badge(self.status.name.lower().replace("_", " "), Tone.GOOD if good else Tone.OPEN)
        return card("Solution", facts(self.facts()), quiet("toylab.plot(solution) draws it"), status=status)

    def facts(self) -> list[tuple[str, Any]]:
        """What a person wants to know at a glance: as of a candidate, and how it was found."""
        problem, *rest = super().facts()
        counts = [f"{number(self.stats[key])} {key}" for key in ("iterations", "steps") if key in self.stats]
        seconds = [f"{number(float(self.stats['seconds']), 3)} s"] if "seconds" in self.stats else []
        solver = ", ".join([str(self.stats.get("solver", "")), *counts, *seconds]).strip(", ")
        status = f"{self.status.value} (asked for {number(self.rtol, 2)})"
        return [problem, ("status", status), *rest, ("solver", solver)]

    def __repr__(self) -> str:
        return f"Solution({self.status.name.lower()}: {self.describe()})"
