"""Population and sample: how k*, V and ∇f* of n independent samples approach those of the distributions.

`populations` are pairs of distributions whose optimum is known, `rates` what theory predicts, `sampling` draws and
solves, `fitting` fits a power of n with its confidence interval. `toylab bench rates` runs it.
"""

from toylab.convergence.fitting import Fit, fit_rate
from toylab.convergence.populations import POPULATIONS, Population, get, names
from toylab.convergence.rates import Rate
from toylab.convergence.sampling import Plan, Quantity, RateStudy, measure_rates

__all__ = [
    "POPULATIONS",
    "Fit",
    "Plan",
    "Population",
    "Quantity",
    "Rate",
    "RateStudy",
    "fit_rate",
    "get",
    "measure_rates",
    "names",
]
