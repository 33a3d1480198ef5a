"""toylab: statements of the Lipschitz-GAN literature as executable claims, decided against certified critics.

Two measures and a pair of losses make a `CriticProblem`; `solve` finds its optimal critic with a duality-gap
certificate; `claims` decides what the papers say about it.
"""

from toylab import interrupts  # noqa: F401  before what takes seconds to load: Ctrl-C then is one sentence

# isort: split

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from toylab import claims, diracgan, distributions, divergences, dynamics, generators, losses, solvers, zoo
from toylab.certificate import Certificate, certify
from toylab.chosen_gradients import steered, uninformative
from toylab.claims import Budget, Claim, Evidence, Verdict, VerdictStatus
from toylab.comparison import Comparison, compare
from toylab.condition import Condition
from toylab.critics import Critic, FormulaCritic, LowerExtension, UpperExtension
from toylab.data_files import load_problem, read_measure, save_problem
from toylab.diracgan import DiracGAN, DiracTraining
from toylab.divergences import DensityPair
from toylab.errors import InputError, SolverError, ToylabError
from toylab.families import Family, ProblemFamily
from toylab.functions import FunctionOnChain, FunctionOnPair, Norm
from toylab.generators import GeneratorPath, GeneratorUpdate
from toylab.losses import LossPair
from toylab.manifolds import ManifoldPair
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem
from toylab.regularizers import LipschitzBall, LipschitzPenalty, Unrestricted
from toylab.solution import Candidate, Solution, Status
from toylab.solvers.solving import solve, solve_many
from toylab.verification import ClaimReport, verify

if TYPE_CHECKING:
    from toylab.exploration import explore
    from toylab.falsification import falsify
    from toylab.plotting import animate, plot

try:
    __version__ = version("toylab")
except PackageNotFoundError:  # used from a source tree that was never installed
    __version__ = "unknown"

__all__ = [
    "Budget",
    "Candidate",
    "Certificate",
    "Claim",
    "ClaimReport",
    "Comparison",
    "Condition",
    "Critic",
    "CriticProblem",
    "DensityPair",
    "DiracGAN",
    "DiracTraining",
    "DiscreteMeasure",
    "Evidence",
    "Family",
    "FormulaCritic",
    "FunctionOnChain",
    "FunctionOnPair",
    "GeneratorPath",
    "GeneratorUpdate",
    "InputError",
    "LipschitzBall",
    "LipschitzPenalty",
    "LossPair",
    "LowerExtension",
    "ManifoldPair",
    "Norm",
    "ProblemFamily",
    "Solution",
    "SolverError",
    "Status",
    "ToylabError",
    "Unrestricted",
    "UpperExtension",
    "Verdict",
    "VerdictStatus",
    "animate",
    "certify",
    "claims",
    "compare",
    "diracgan",
    "distributions",
    "divergences",
    "dynamics",
    "explore",
    "falsify",
    "generators",
    "load_problem",
    "losses",
    "plot",
    "read_measure",
    "save_problem",
    "solve",
    "solve_many",
    "solvers",
    "steered",
    "uninformative",
    "verify",
    "zoo",
]


def __getattr__(name: str) -> Any:
    """Some names are loaded on first use: importing toylab imports no matplotlib or hypothesis."""
    if name == "plot":
        from toylab.plotting import plot

        return plot
    if name == "animate":
        from toylab.plotting import animate

        return animate
    if name == "explore":
        from toylab.exploration import explore

        return explore
    if name == "falsify":
        from toylab.falsification import falsify

        return falsify
    raise AttributeError(f"module 'toylab' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
