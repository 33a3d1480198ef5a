"""What a search draws from: a space for each subject type, cut down by the hypotheses that are in force."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from toylab.claims import Claim, Hypothesis
from toylab.claims.kinds import Kind
from toylab.errors import InputError, unknown_name


class AbstractRecipe(ABC):
    """How to make one subject: what a search draws and shrinks, before anything is solved."""

    #: "axis: kind" of everything that was drawn, for counting.
    labels: tuple[str, ...]

    @property
    def numbers(self) -> Mapping[str, float]:
        """Numbers whose range says how far a search went, by name."""
        return {}

    @abstractmethod
    def subject(self) -> Any:
        """Make the subject, solving what has to be solved.

        Raises:
            ToylabError: nothing can be made of it, a problem without an optimum for instance.
        """

    @abstractmethod
    def second_opinion(self) -> tuple[Any, str]:
        """The subject made independently of the first one, and how, in words.

        Raises:
            ToylabError: there is no second way, or it fails.
        """

    def confirming(self) -> AbstractContextManager[None]:
        """In force while the second subject is decided: computations that are made more exactly then."""
        return nullcontext()

    @abstractmethod
    def size(self) -> tuple[float, ...]:
        """What is to be small in a minimal counterexample, most important first."""

    @abstractmethod
    def words(self, subject: Any) -> list[tuple[str, str]]:
        """Rows (name, value) that say exactly what the subject is, with fractions."""

    def to_json(self, subject: Any) -> dict[str, Any]:
        """Plain data of the subject that `toylab check` reads."""
        return subject.to_json()


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which kinds are drawn, axis by axis.

    Attributes:
        kinds: axis -> its kinds, the simplest first; no axis is empty.
    """

    kinds: Mapping[type[Kind], tuple[Any, ...]]

    def of(self, axis: type[Kind]) -> tuple[Any, ...]:
        """The kinds of one axis."""
        return self.kinds[axis]


@dataclass(frozen=True, kw_only=True)
class SearchSpace:
    """Everything a search can draw of one subject type.

    Attributes:
        axes: the enumerations of kinds.
        recipes: selection -> strategy of recipes.
        prepare: loads what subjects are made with, before the clock starts.
        share: of the table of necessity's budget of examples that is spent here: less where subjects are dear to make.
    """

    axes: tuple[type[Kind], ...]
    recipes: Callable[[Selection], st.SearchStrategy[AbstractRecipe]]
    prepare: Callable[[], None] = lambda: None
    share: float = 1.0

    def selections(self, claim: Claim, without: Iterable[Hypothesis]) -> list[Selection]:
        """What is left when the hypotheses in force have taken away the kinds on which they fail.

        A waived hypothesis that lists kinds gets a selection of its own for each axis they are on, in which that axis
        has these kinds only: on all others it would hold, and nothing would be learnt about it.

        Raises:
            InputError: an axis on which nothing is left.
        """
        waived = list(without)
        left_out = {kind for h in claim.hypotheses if h not in waived for kind in h.relax}
        lifted = {axis: tuple(kind for kind in axis if kind not in left_out) for axis in self.axes}
        empty = [axis.__name__ for axis, kinds in lifted.items() if not kinds]
        if empty:
            raise InputError(f"{claim.id}: its hypotheses leave no {empty[0]} to draw.")
        focused = [kinds for hypothesis in waived for kinds in self._focused(lifted, hypothesis)]
        return [Selection(kinds=kinds) for kinds in focused] or [Selection(kinds=lifted)]

    @staticmethod
    def _focused(
        lifted: Mapping[type[Kind], tuple[Kind, ...]], hypothesis: Hypothesis
    ) -> list[dict[type[Kind], tuple[Kind, ...]]]:
        """The selection with one axis cut down to the kinds that a hypothesis lists, for every axis that has some."""
        cut = {axis: tuple(kind for kind in kinds if kind in hypothesis.relax) for axis, kinds in lifted.items()}
        return [{**lifted, axis: kinds} for axis, kinds in cut.items() if kinds]


def known_spaces() -> dict[type, SearchSpace]:
    """Subject type -> its search space."""
    from toylab.diracgan import DiracTraining
    from toylab.divergences import DensityPair
    from toylab.falsification.candidates import CANDIDATES
    from toylab.falsification.chains import CHAINS
    from toylab.falsification.densities import DENSITY_PAIRS
    from toylab.falsification.dirac_trainings import DIRAC_TRAININGS
    from toylab.falsification.families import FAMILIES
    from toylab.falsification.functions import FUNCTIONS
    from toylab.falsification.manifolds import MANIFOLD_PAIRS
    from toylab.falsification.paths import PATHS
    from toylab.falsification.updates import UPDATES
    from toylab.families import Family
    from toylab.functions import FunctionOnChain, FunctionOnPair
    from toylab.generators import GeneratorPath, GeneratorUpdate
    from toylab.manifolds import ManifoldPair
    from toylab.solution import Candidate

    return {
        Candidate: CANDIDATES,
        Family: FAMILIES,
        FunctionOnPair: FUNCTIONS,
        FunctionOnChain: CHAINS,
        DensityPair: DENSITY_PAIRS,
        ManifoldPair: MANIFOLD_PAIRS,
        GeneratorUpdate: UPDATES,
        GeneratorPath: PATHS,
        DiracTraining: DIRAC_TRAININGS,
    }


def space_for(claim: Claim) -> SearchSpace:
    """The space in which counterexamples to a claim are looked for.

    Raises:
        InputError: its subject type has none.
    """
    spaces = known_spaces()
    if claim.subject_type not in spaces:
        known = " and ".join(kind.__name__ for kind in spaces)
        raise InputError(
            f"no search space for {claim.subject_type.__name__} yet, on which {claim.id} is decided; "
            f"`toylab falsify` searches {known}."
        )
    return spaces[claim.subject_type]


def named_hypotheses(claim: Claim, names: Iterable[str]) -> tuple[Hypothesis, ...]:
    """The hypotheses of a claim by name.

    Raises:
        InputError: unknown name; the nearest match is suggested.
    """
    by_name = {hypothesis.name: hypothesis for hypothesis in claim.hypotheses}
    wanted = (names,) if isinstance(names, str) else tuple(names)
    for name in wanted:
        if not isinstance(name, str) or name not in by_name:
            raise unknown_name(f"hypothesis of {claim.id}", name, by_name)
    return tuple(by_name[name] for name in dict.fromkeys(wanted))
