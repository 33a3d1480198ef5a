"""The pair of losses of an objective, and the conditions on it.

Source: LGAN (Zhou et al., ICML 2019), Eq. 10, condition (11) and the list of losses below it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from toylab.condition import Condition
from toylab.errors import InputError, real_number
from toylab.losses.base import Loss
from toylab.losses.composite import Raised, Reflected, Scaled, Shifted, Stretched
from toylab.losses.custom import Custom
from toylab.losses.inversion import FURTHEST, invert_increasing, zero_interval
from toylab.losses.straight import Linear
from toylab.losses.total import Total
from toylab.markup import Html, Tone, badge, card, facts, number, text


@dataclass(frozen=True)
class LossPair:
    """φ and ϕ of the objective J(f) = E_fake φ(f) + E_real ϕ(f), which the critic minimises.

    Pairs are added, multiplied by positive numbers, and changed by `shifted`, `rescaled`, `weighted` and `raised`;
    their names are expressions that `toylab.losses.get` reads.

    Attributes:
        name: what the pair is called in tables.
        fake_loss: φ, applied to critic values at fake points.
        real_loss: ϕ, applied to critic values at real points.
    """

    name: str
    fake_loss: Loss
    real_loss: Loss

    def __post_init__(self) -> None:
        for what in ("fake_loss", "real_loss"):
            if not isinstance(getattr(self, what), Loss):
                raise InputError(f"{what} must be a toylab Loss such as Softplus(), got {getattr(self, what)!r}.")

    @classmethod
    def symmetric(cls, name: str, loss: Loss) -> LossPair:
        """The pair with ϕ(t) = φ(−t)."""
        return cls(name, loss, Reflected(loss))

    @classmethod
    def from_functions(
        cls,
        name: str,
        *,
        fake: Callable[..., Any],
        real: Callable[..., Any] | None = None,
        fake_slope: Callable[..., Any] | None = None,
        real_slope: Callable[..., Any] | None = None,
        analytic_within: float = 0.0,
    ) -> LossPair:
        """A pair from functions on NumPy arrays (N,) -> (N,), checked to be convex; see `Custom.from_functions`.

        Args:
            name: what the pair is called.
            fake: φ.
            real: ϕ; φ(−t) when not given.
            fake_slope: φ'; by torch's automatic differentiation of `fake` when not given.
            real_slope: ϕ', likewise.
            analytic_within: a promise that both are analytic within this distance of the real axis.

        Raises:
            InputError: the functions are not those of a convex loss, with the place.
        """
        if real is None and real_slope is not None:
            raise InputError(f"{name!r} has a real_slope but no real; without real the pair is φ(t), φ(−t).")
        loss = Custom.from_functions(
            name if real is None else f"{name} on fakes",
            value=fake,
            slope=fake_slope,
            analytic_within=analytic_within,
            argument="fake_slope",
        )
        if real is None:
            return cls.symmetric(name, loss)
        other = Custom.from_functions(
            f"{name} on reals", value=real, slope=real_slope, analytic_within=analytic_within, argument="real_slope"
        )
        return cls(name, loss, other)

    @property
    def strictly_convex(self) -> bool:
        """Whether φ or ϕ is strictly convex, the second hypothesis of LGAN Theorem 1."""
        return self.fake_loss.strictly_convex or self.real_loss.strictly_convex

    @property
    def is_wasserstein(self) -> bool:
        """Whether φ(t) = t and ϕ(t) = −t."""
        return self.fake_loss == Linear() and self.real_loss == Reflected(Linear())

    @property
    def analytic(self) -> bool:
        """Whether both losses are known to be analytic around the real axis (a user's functions are not)."""
        return self.fake_loss.analytic and self.real_loss.analytic

    @property
    def differentiable(self) -> bool:
        """Whether both losses are free of kinks."""
        return not (self.fake_loss.kinks or self.real_loss.kinks)

    def without_constants(self) -> LossPair:
        """The pair less what was added to its values: the same critics, and no rounding of large constants."""
        fake, real = self.fake_loss.without_constant, self.real_loss.without_constant
        same = fake is self.fake_loss and real is self.real_loss
        return self if same else LossPair(self.name, fake, real)

    def condition_11(self) -> Condition:
        """LGAN condition (11): φ' > 0, ϕ' < 0, both convex, and some a with φ'(a) + ϕ'(a) = 0."""
        fake, real = self.fake_loss.slope_range, self.real_loss.slope_range
        reasons = []
        if fake.lower < 0 or (fake.lower == 0 and fake.lower_attained):
            reasons.append("φ' > 0 fails: the slope of the fake loss reaches 0 or below")
        if real.upper > 0 or (real.upper == 0 and real.upper_attained):
            reasons.append("ϕ' < 0 fails: the slope of the real loss reaches 0 or above")
        for sign, loss in (("φ", self.fake_loss), ("ϕ", self.real_loss)):
            if loss.kinks:
                places = ", ".join(f"{kink.at:.6g}" for kink in loss.kinks)
                reasons.append(f"{sign}' does not exist at {places}: the loss has a kink there")
        if self.best_constant is None:
            reasons.append("no a with φ'(a) + ϕ'(a) = 0")
        return Condition(holds=not reasons, reasons=tuple(reasons))

    def _repr_html_(self) -> str:
        return card(f"LossPair {self.name}", facts(self.facts()))

    def facts(self) -> list[tuple[str, Any]]:
        """What a person wants to know at a glance: formulas, condition (11), strict convexity."""
        holds = bool(self.condition_11())
        mark = badge("holds", Tone.GOOD) if holds else badge("fails", Tone.BAD)
        convex = [n for n, loss in (("φ", self.fake_loss), ("ϕ", self.real_loss)) if loss.strictly_convex]
        return [
            ("fake loss", f"φ(t) = {self.fake_loss.formula('t')}"),
            ("real loss", f"ϕ(t) = {self.real_loss.formula('t').replace('+ −', '− ')}"),
            ("condition (11)", Html(f"{mark} {text(self.describe_condition_11())}")),
            ("strictly convex", " and ".join(convex) or "neither"),
        ]

    def describe_condition_11(self) -> str:
        """Condition (11) with its numbers where it holds, the reasons where it does not; no full stop."""
        condition = self.condition_11()
        if not condition:
            return "; ".join(condition.reasons)
        fake, real = self.fake_loss.slope_range.interval(), self.real_loss.slope_range.interval()
        return f"φ' runs through {fake}, ϕ' through {real}, and φ'(a) + ϕ'(a) = 0 at a = {number(self.best_constant)}"

    def compact_form(self) -> Condition:
        """Whether fake→real constraints are all that is needed: A ≤ B, A = inf argmin φ, B = sup argmin ϕ.

        φ then rises from A on and ϕ falls up to B. From any f and k with f(y) − f(x) ≤ k‖x − y‖ for fake x and
        real y a k-Lipschitz critic is made that costs no more, so that the fake→real program has the optimum of
        the whole problem (THEORY section 2), in three steps:

        1. Clip f into [A, B]. Clipping keeps the constraints, φ cannot rise (a value below A becomes a minimiser, a
           value above B ≥ A moves down where φ rises), and neither can ϕ.
        2. Raise the real points to min(B, min_x f(x) + k‖x − y‖): ϕ falls up to B. They are now the values of a
           k-Lipschitz function; shared points stay, since the constraints already bound them by every f(x) + k‖x − y‖.
        3. Lower the fake points to max(A, max_y f(y) − k‖x − y‖): φ rises from A on. All values are now those of
           one k-Lipschitz function, max(A, max_y f(y) − k‖· − y‖).

        Conversely, where A > B the fake→real program lets the fake point of two Diracs rise to A and the real
        point sink to B for k = 0, while the whole problem costs nearly φ(c) + ϕ(c), c the best constant, where the
        points are close; c cannot minimise both. Of A and B rounding (1e-12 of their size) is forgiven.

        Returns:
            A Condition whose reason names A and B. Whether there is an optimum at all is another question
            (`describe_missing_optimum`).
        """
        rises_from, falls_until = self.fake_loss.minimisers[0], self.real_loss.minimisers[1]
        finite = [abs(end) for end in (rises_from, falls_until) if np.isfinite(end)]
        return Condition.that(
            rises_from <= falls_until + 1e-12 * max(finite, default=0.0),
            f"the fake loss falls until {rises_from:.6g} and the real loss rises from {falls_until:.6g}, so that the "
            "critic wants to be larger on fake points, which no fake→real constraint limits (quadratic(1, 0) on two "
            "points at distance 1, λ = .1: fake→real pairs alone answer k = 0, all pairs k = .8333 with value .08333); "
            "negate the critic: t ↦ φ(−t) and t ↦ ϕ(−t)",
        )

    @cached_property
    def common_minimiser(self) -> float | None:
        """A value that minimises φ and ϕ both, None where there is none: no critic beats the constant there."""
        (low, high), (real_low, real_high) = self.fake_loss.minimisers, self.real_loss.minimisers
        low, high = max(low, real_low), min(high, real_high)
        if low > high:
            return None
        return next((float(at) for at in (low, high) if np.isfinite(at)), 0.0 if low < 0 < high else None)

    @cached_property
    def best_constant(self) -> float | None:
        """The constant c that minimises φ(c) + ϕ(c): the `a` of condition (11), None where there is none.

        Where a whole interval does, 0 if it lies inside and else the middle.
        """
        if self.common_minimiser is not None:
            return self.common_minimiser
        if float(self._total_slope(np.zeros(1))[0]) == 0.0:
            return 0.0
        if self.differentiable:
            best = float(invert_increasing(self._total_slope, np.zeros(1))[0])
            return best if np.isfinite(best) else None  # a slope of 0 at the end of the range is never attained
        jumps = Total((self.fake_loss, self.real_loss)).kinks
        for kink in jumps:
            left = float(self._total_slope(np.array([kink.at]))[0])
            if left < 0 < left + kink.jump:
                return kink.at
        low, high = zero_interval(self._total_slope)
        return 0.5 * (low + high) if np.isfinite(low) and np.isfinite(high) else None

    def _total_slope(self, c: np.ndarray) -> np.ndarray:
        return self.fake_loss.slope(c) + self.real_loss.slope(c)

    def describe_missing_optimum(self) -> str | None:
        """Why no critic attains the infimum of any problem with this pair, or None where one does."""
        if self.best_constant is not None:
            return None
        with np.errstate(over="ignore"):
            low, high = self._total_slope(np.array([-FURTHEST, FURTHEST]))
        direction = "+∞" if high <= 0 else "−∞"
        rate = abs(high if high <= 0 else low)
        fate = "is unbounded below" if rate > 1e-3 else "has an infimum that no critic attains"
        return (
            f"φ' + ϕ' never vanishes, so the objective {fate}: adding a constant to any critic improves it "
            f"for ever in the direction of {direction}"
        )

    def __add__(self, other: LossPair) -> LossPair:
        return combination((1.0, self), (1.0, other))

    def __mul__(self, factor: float) -> LossPair:
        return combination((factor, self))

    __rmul__ = __mul__

    def shifted(self, offset: float) -> LossPair:
        """The pair with another zero of the critic: φ(t − offset), ϕ(t − offset).

        Raises:
            InputError: an offset that is not finite.
        """
        offset = real_number(offset, f"the offset of {self.name}")
        name = f"shifted({self.name}, {written(offset)})"
        return LossPair(name, Shifted(self.fake_loss, offset), Shifted(self.real_loss, offset))

    def rescaled(self, unit: float) -> LossPair:
        """The pair with another unit of the critic: φ(t / unit), ϕ(t / unit).

        The optimal critic is `unit` times that of the original pair under the penalty λ · unit².

        Raises:
            InputError: a unit that is not positive and finite.
        """
        unit = _positive(unit, f"the unit of {self.name}")
        name = f"rescaled({self.name}, {written(unit)})"
        return LossPair(name, Stretched(self.fake_loss, unit), Stretched(self.real_loss, unit))

    def weighted(self, *, fake: float = 1.0, real: float = 1.0) -> LossPair:
        """The pair with a factor for each loss: fake · φ, real · ϕ, both > 0.

        Unequal factors may lose condition (11): Wasserstein's pair then has no optimum, the logistic one keeps it.

        Raises:
            InputError: a factor that is not positive and finite.
        """
        fake = _positive(fake, f"the fake factor of {self.name}")
        real = _positive(real, f"the real factor of {self.name}")
        name = f"weighted({self.name}, fake={written(fake)}, real={written(real)})"
        return LossPair(name, _scaled(self.fake_loss, fake), _scaled(self.real_loss, real))

    def raised(self, *, fake: float = 0.0, real: float = 0.0) -> LossPair:
        """The pair with constants added to its values: φ + fake, ϕ + real. The critics stay what they are.

        Raises:
            InputError: a constant that is not finite.
        """
        fake = real_number(fake, f"the fake constant of {self.name}")
        real = real_number(real, f"the real constant of {self.name}")
        name = f"raised({self.name}, fake={written(fake)}, real={written(real)})"
        return LossPair(name, Raised(self.fake_loss, fake), Raised(self.real_loss, real))

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` turns back into the same pair.

        Raises:
            InputError: the pair is made of Python functions and not registered.
        """
        return {
            "name": self.name,
            "fake_loss": self.fake_loss.to_json(),
            "real_loss": self.real_loss.to_json(),
        }


def written(number: float) -> str:
    """A number as short as it can be read back exactly."""
    return short if float(short := f"{number:g}") == number else repr(float(number))


def combination(*terms: tuple[float, LossPair]) -> LossPair:
    """Σ_r c_r (φ_r, ϕ_r) for positive c_r; condition (11) is inherited when the a's agree or one part is strict.

    Args:
        terms: pairs (coefficient, loss pair).

    Raises:
        InputError: no terms, or a coefficient that is not positive and finite.
    """
    if not terms:
        raise InputError("a combination of losses needs at least one (coefficient, loss) pair.")
    checked = [_checked_term(term) for term in terms]
    name = " + ".join(_term_name(factor, pair) for factor, pair in checked)
    fake = [_scaled(pair.fake_loss, factor) for factor, pair in checked]
    real = [_scaled(pair.real_loss, factor) for factor, pair in checked]
    if len(checked) == 1:
        return LossPair(name, fake[0], real[0])
    return LossPair(name, Total(_spliced(fake)), Total(_spliced(real)))


def _checked_term(term: Any) -> tuple[float, LossPair]:
    if not (isinstance(term, tuple) and len(term) == 2 and isinstance(term[1], LossPair)):
        raise InputError(f"a term of a combination is a pair (coefficient, loss pair), got {term!r}.")
    return _positive(term[0], f"the coefficient of {term[1].name}"), term[1]


def _positive(value: Any, what: str) -> float:
    number = real_number(value, what)
    if number <= 0:
        raise InputError(f"{what} must be positive, got {value}.")
    return number


def _term_name(factor: float, pair: LossPair) -> str:
    if factor == 1:
        return pair.name
    depth = 0
    for letter in pair.name:
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and letter in "+·*":
            return f"{written(factor)}·({pair.name})"
    return f"{written(factor)}·{pair.name}"


def _spliced(terms: list[Loss]) -> tuple[Loss, ...]:
    """The terms, with those of a sum among them in its place: (a + b) + c is a + b + c."""
    return tuple(part for term in terms for part in (term.terms if isinstance(term, Total) else (term,)))


def _scaled(loss: Loss, factor: float) -> Loss:
    return loss if factor == 1 else Scaled(loss, factor)
