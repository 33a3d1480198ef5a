"""The pair of losses of an objective, condition (11), and the losses by name.

Source: LGAN (Zhou et al., ICML 2019), Eq. 10, condition (11) and the list of losses below it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from toylab.condition import Condition
from toylab.errors import InputError, real_number, unknown_name
from toylab.losses.base import Loss
from toylab.losses.composite import Reflected, Scaled, Shifted, Total
from toylab.losses.elementary import Exponential, Hinge, Linear, Softplus, Square, SquareRoot
from toylab.losses.inversion import FURTHEST, invert_increasing
from toylab.markup import Html, Tone, badge, card, facts, number, text


@dataclass(frozen=True)
class LossPair:
    """φ and ϕ of the objective J(f) = E_fake φ(f) + E_real ϕ(f), which the critic minimises.

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
        """Whether both losses are free of kinks."""
        return self.fake_loss.analytic and self.real_loss.analytic

    def condition_11(self) -> Condition:
        """LGAN condition (11): φ' > 0, ϕ' < 0, both convex, and some a with φ'(a) + ϕ'(a) = 0."""
        fake, real = self.fake_loss.slope_range, self.real_loss.slope_range
        reasons = []
        if fake.lower < 0 or (fake.lower == 0 and fake.lower_attained):
            reasons.append("φ' > 0 fails: the slope of the fake loss reaches 0 or below")
        if real.upper > 0 or (real.upper == 0 and real.upper_attained):
            reasons.append("ϕ' < 0 fails: the slope of the real loss reaches 0 or above")
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
    def best_constant(self) -> float | None:
        """The constant c that minimises φ(c) + ϕ(c): the `a` of condition (11), None where there is none."""
        if float(self._total_slope(np.zeros(1))[0]) == 0.0:
            return 0.0
        best = float(invert_increasing(self._total_slope, np.zeros(1))[0])
        return best if np.isfinite(best) else None  # a slope of 0 at the end of the range is never attained

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

    def __rmul__(self, factor: float) -> LossPair:
        return combination((factor, self))

    def shifted(self, offset: float) -> LossPair:
        """The pair on a shifted axis: φ(t − offset), ϕ(t − offset).

        Raises:
            InputError: an offset that is not finite.
        """
        offset = real_number(offset, f"the offset of {self.name}")
        return LossPair(
            f"{self.name} shifted by {offset:g}",
            Shifted(self.fake_loss, float(offset)),
            Shifted(self.real_loss, float(offset)),
        )

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` turns back into the same pair."""
        return {
            "name": self.name,
            "fake_loss": self.fake_loss.to_json(),
            "real_loss": self.real_loss.to_json(),
        }


def wasserstein() -> LossPair:
    """φ(t) = t, ϕ(t) = −t. Not strictly convex: f* is free by more than a constant."""
    return LossPair.symmetric("wasserstein", Linear())


def logistic() -> LossPair:
    """φ(t) = −ln σ(−t), ϕ(t) = −ln σ(t): the vanilla GAN."""
    return LossPair.symmetric("logistic", Softplus())


def sqrt() -> LossPair:
    """φ(t) = t + √(t²+1), ϕ(t) = φ(−t)."""
    return LossPair.symmetric("sqrt", SquareRoot())


def exponential() -> LossPair:
    """φ(t) = exp t, ϕ(t) = exp(−t)."""
    return LossPair.symmetric("exponential", Exponential())


def hinge() -> LossPair:
    """φ(t) = max(0, 1 + t), ϕ(t) = φ(−t). Fails condition (11)."""
    return LossPair.symmetric("hinge", Hinge())


def quadratic(alpha: float = 0.0, beta: float = 1.0) -> LossPair:
    """φ(t) = (t − α)², ϕ(t) = (t − β)², the least-squares GAN. Fails condition (11).

    Raises:
        InputError: α > β, where the fake→real constraints no longer describe the problem (the critic would
            have to be larger on fake points), or values that are not finite.
    """
    alpha, beta = real_number(alpha, "alpha"), real_number(beta, "beta")
    if alpha > beta:
        raise InputError(
            f"quadratic(alpha={alpha:g}, beta={beta:g}) wants a critic that is larger on fake points, which no fake→real "
            "constraint limits (alpha = 1, beta = 0, two points at distance 1, lambda = .1: those constraints alone "
            "answer k = 0, all pairs k = .8333 with value .08333); use alpha <= beta, "
            f"which quadratic({-alpha:g}, {-beta:g}) is: the same problem for the critic −f."
        )
    return LossPair(f"quadratic({alpha:g}, {beta:g})", Square(float(alpha)), Square(float(beta)))


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
    name = " + ".join(pair.name if factor == 1 else f"{factor:g}·{pair.name}" for factor, pair in checked)
    fake = [_scaled(pair.fake_loss, factor) for factor, pair in checked]
    real = [_scaled(pair.real_loss, factor) for factor, pair in checked]
    if len(checked) == 1:
        return LossPair(name, fake[0], real[0])
    return LossPair(name, Total(tuple(fake)), Total(tuple(real)))


def _checked_term(term: Any) -> tuple[float, LossPair]:
    if not (isinstance(term, tuple) and len(term) == 2 and isinstance(term[1], LossPair)):
        raise InputError(f"a term of a combination is a pair (coefficient, loss pair), got {term!r}.")
    factor = real_number(term[0], f"the coefficient of {term[1].name}")
    if factor <= 0:
        raise InputError(f"the coefficient of {term[1].name} must be positive, got {term[0]}.")
    return factor, term[1]


def _scaled(loss: Loss, factor: float) -> Loss:
    return loss if factor == 1 else Scaled(loss, float(factor))


_BY_NAME: dict[str, Callable[[], LossPair]] = {
    "wasserstein": wasserstein,
    "logistic": logistic,
    "sqrt": sqrt,
    "exponential": exponential,
    "hinge": hinge,
    "quadratic": quadratic,
}


def names() -> list[str]:
    """The names that `get` knows."""
    return list(_BY_NAME)


def get(name: str) -> LossPair:
    """The loss pair of this name.

    Raises:
        InputError: unknown name; the nearest match is suggested.
    """
    if not isinstance(name, str) or name not in _BY_NAME:
        raise unknown_name("loss", name, _BY_NAME)
    return _BY_NAME[name]()


def _loss_from_json(data: dict[str, Any]) -> Loss:
    plain: dict[str, Callable[[], Loss]] = {
        "linear": Linear,
        "softplus": Softplus,
        "square-root": SquareRoot,
        "exponential": Exponential,
        "hinge": Hinge,
    }
    kind = data.get("kind")
    if kind in plain:
        return plain[kind]()
    match kind:
        case "square":
            return Square(real_number(data["target"], "the target of a square loss"))
        case "reflected":
            return Reflected(_loss_from_json(data["loss"]))
        case "scaled":
            return Scaled(_loss_from_json(data["loss"]), real_number(data["factor"], "the factor of a scaled loss"))
        case "shifted":
            return Shifted(_loss_from_json(data["loss"]), real_number(data["offset"], "the offset of a shifted loss"))
        case "total":
            return Total(tuple(_loss_from_json(term) for term in data["terms"]))
    raise unknown_name("kind of loss", kind, [*plain, "square", "reflected", "scaled", "shifted", "total"])


def from_json(data: str | dict[str, Any]) -> LossPair:
    """The pair described by `LossPair.to_json`, or by a bare name."""
    if isinstance(data, str):
        return get(data)
    try:
        return LossPair(str(data["name"]), _loss_from_json(data["fake_loss"]), _loss_from_json(data["real_loss"]))
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"a loss in JSON is a name or what LossPair.to_json() wrote; missing {error}.") from None
