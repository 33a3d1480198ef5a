"""The power of n that errors follow, with a confidence interval from independent repetitions.

Errors of m repetitions at each of s sizes are independent. If the error at size n is ρ(n) times a random factor whose
law does not depend on n, log error = const + slope · log ρ(n) + noise of one law: least squares, with Student's t for
the slope. The prediction is in the band if the slope against log ρ may be 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from toylab.convergence.rates import Rate
from toylab.errors import InputError


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """A fitted rate.

    Attributes:
        sizes: (s,), n.
        errors: (s, m), positive.
        level: of the confidence intervals, 0.95 for instance.
        exponent: the fitted power of n.
        interval: its confidence interval.
        prediction: what theory says, None where nothing is known.
        predicted_exponent: the power of n that the prediction looks like over these sizes; NaN without one.
        in_band: whether the prediction is compatible with the errors at this level; None without one.
    """

    sizes: np.ndarray
    errors: np.ndarray
    level: float
    exponent: float
    interval: tuple[float, float]
    prediction: Rate | None
    predicted_exponent: float
    in_band: bool | None

    def means(self) -> tuple[np.ndarray, np.ndarray]:
        """(s,), (s,): the mean error at each size, and half the width of its t interval over the repetitions."""
        count = self.errors.shape[1]
        quantile = float(stats.t.ppf(0.5 + 0.5 * self.level, count - 1))
        return self.errors.mean(axis=1), quantile * self.errors.std(axis=1, ddof=1) / np.sqrt(count)

    def band(self, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The fitted line and both ends of its confidence band, as geometric means of errors; each (c,)."""
        count = self.errors.shape[1]
        x, y = np.repeat(np.log(self.sizes), count), np.log(self.errors).ravel()
        line: Any = stats.linregress(x, y)
        at = np.log(np.asarray(sizes, dtype=np.float64))
        rest = y - line.intercept - line.slope * x
        spread = ((x - x.mean()) ** 2).sum()
        error = np.sqrt((rest**2).sum() / (len(x) - 2) * (1.0 / len(x) + (at - x.mean()) ** 2 / spread))
        width = float(stats.t.ppf(0.5 + 0.5 * self.level, len(x) - 2)) * error
        middle = line.intercept + line.slope * at
        return np.exp(middle), np.exp(middle - width), np.exp(middle + width)

    def to_json(self) -> dict[str, Any]:
        """Plain data: errors, means and the fit."""
        mean, half = self.means()
        return {
            "sizes": self.sizes.tolist(),
            "errors": self.errors.tolist(),
            "mean": mean.tolist(),
            "mean_half_width": half.tolist(),
            "level": self.level,
            "exponent": self.exponent,
            "interval": list(self.interval),
            "prediction": None if self.prediction is None else self.prediction.name,
            "predicted_exponent": None if self.prediction is None else self.predicted_exponent,
            "why": None if self.prediction is None else self.prediction.why,
            "in_band": self.in_band,
        }


def fit_rate(sizes: np.ndarray, errors: np.ndarray, prediction: Rate | None = None, *, level: float = 0.95) -> Fit:
    """The power of n that errors follow.

    Args:
        sizes: (s,), different values of n, s ≥ 2.
        errors: (s, m), one row a size, m ≥ 2 independent repetitions; positive.
        prediction: what they should follow.
        level: of the intervals.

    Raises:
        InputError: too few sizes or repetitions, errors that are not positive and finite, or a level outside (0, 1).
    """
    sizes, errors = np.asarray(sizes, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    if errors.ndim != 2 or errors.shape[0] != len(sizes) or errors.shape[1] < 2 or len(np.unique(sizes)) < 2:
        raise InputError(
            f"a rate needs two sizes and two repetitions at least, a row of errors for each size; got {len(sizes)} "
            f"sizes and errors of shape {errors.shape}."
        )
    if not (np.isfinite(errors).all() and (errors > 0).all()):
        raise InputError("errors must be positive and finite for a power of n to be fitted.")
    if not 0.0 < level < 1.0:
        raise InputError(f"the confidence level must lie between 0 and 1, got {level}.")
    exponent, interval = _slope(np.log(sizes), errors, level)
    in_band = None
    if prediction is not None:
        _, (low, high) = _slope(np.log(prediction.of(sizes)), errors, level)
        in_band = bool(low <= 1.0 <= high)
    return Fit(
        sizes=sizes,
        errors=errors,
        level=level,
        exponent=exponent,
        interval=interval,
        prediction=prediction,
        predicted_exponent=float("nan") if prediction is None else prediction.exponent(sizes),
        in_band=in_band,
    )


def _slope(abscissa: np.ndarray, errors: np.ndarray, level: float) -> tuple[float, tuple[float, float]]:
    """The least-squares slope of log errors, and its t interval."""
    count = errors.shape[1]
    line: Any = stats.linregress(np.repeat(abscissa, count), np.log(errors).ravel())
    half = float(stats.t.ppf(0.5 + 0.5 * level, errors.size - 2)) * float(line.stderr)
    slope = float(line.slope)
    return slope, (slope - half, slope + half)
