"""The table of rates, in words and numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from toylab.convergence.fitting import Fit
from toylab.convergence.rates import Rate
from toylab.convergence.sampling import RateStudy
from toylab.markup import number

HEADER = (
    "population",
    "error of",
    "n",
    "mean error, first n",
    "mean error, last n",
    "n^…",
    "interval",
    "theory",
    "in band",
)


def rows(studies: Sequence[RateStudy]) -> Iterator[tuple[str, ...]]:
    """A row for each quantity of each population."""
    for study in studies:
        for name, fit in study.fits.items():
            mean, half = fit.means()
            low, high = fit.interval
            yield (
                study.population,
                name,
                f"{fit.sizes[0]:.0f} … {fit.sizes[-1]:.0f}",
                f"{number(float(mean[0]), 3)} ± {number(float(half[0]), 2)}",
                f"{number(float(mean[-1]), 3)} ± {number(float(half[-1]), 2)}",
                f"{fit.exponent:.3f}",
                f"[{low:.3f}, {high:.3f}]",
                _theory(fit),
                {True: "yes", False: "no", None: "–"}[fit.in_band],
            )


def _theory(fit: Fit) -> str:
    if fit.prediction is None:
        return "none known"
    return f"{fit.prediction.name} (here n^{fit.predicted_exponent:.3f})"


def legend(studies: Sequence[RateStudy]) -> list[str]:
    """What the columns mean, and where the predictions come from."""
    level = next(iter(studies[0].fits.values())).level
    lines = [
        f"Mean errors with t intervals over independent samples; n^… is the fitted power of n with its interval, all "
        f"at level {level:.0%}. In band: whether errors may be proportional to what theory says, log factors included. "
        f"With many rows a few predictions fall outside by chance, and laws for large n may not have set in at small n."
    ]
    asked: dict[Rate, list[str]] = {}
    for study in studies:
        for name, fit in study.fits.items():
            if fit.prediction is not None:
                asked.setdefault(fit.prediction, []).append(f"{name} of {study.population}")
    return [*lines, *(f"{rate.name} for {', '.join(who)}: {rate.why}." for rate, who in asked.items())]
