"""Named problems: the papers' cases, with what each is for and what is known about it.

    load(name, n=, seed=, losses=, regularizer=, **parameters)   a CriticProblem
    get(name)                                                    its Entry: summary, known, its optimum, parameters
    names(), entries()                                           all of them

`papers` holds LGAN's and ICLR's toy cases, `lines` WGAN's Example 1, `toys` the other toy sets and the pairs with a
known potential, `instances` the small ones that decide something; `known_optimum` what is known exactly about them.
"""

from __future__ import annotations

from toylab.errors import unknown_name
from toylab.losses import LossPair
from toylab.problem import CriticProblem, Regularizer
from toylab.zoo import instances, lines, papers, toys
from toylab.zoo.entry import Entry, Parameter
from toylab.zoo.known_optimum import KnownOptimum
from toylab.zoo.toys import funnels

__all__ = ["Entry", "KnownOptimum", "Parameter", "entries", "funnels", "get", "load", "names"]

_ENTRIES = (*papers.ENTRIES, *lines.ENTRIES, *toys.ENTRIES, *instances.ENTRIES)
_BY_NAME = {name: entry for entry in _ENTRIES for name in (entry.name, *entry.aliases)}


def names() -> list[str]:
    """The names of all problems, without aliases."""
    return [entry.name for entry in _ENTRIES]


def entries() -> tuple[Entry, ...]:
    """All problems."""
    return _ENTRIES


def get(name: str) -> Entry:
    """The entry of this name or alias.

    Raises:
        InputError: unknown name; the nearest match is suggested.
    """
    if not isinstance(name, str) or name not in _BY_NAME:
        raise unknown_name("problem", name, _BY_NAME)
    return _BY_NAME[name]


def load(
    name: str,
    *,
    n: int | None = None,
    seed: int = 0,
    losses: LossPair | None = None,
    regularizer: Regularizer | None = None,
    **parameters: float,
) -> CriticProblem:
    """A named problem.

    Args:
        name: one of `names()` or an alias.
        n: points a side; the entry's default when not given.
        seed: of the sampler.
        losses: the entry's own when not given, mostly logistic.
        regularizer: the entry's own when not given, mostly LipschitzPenalty(0.1), the papers' λ.
        **parameters: what the entry may be given besides, for instance separation=0.1 for the parallel lines.

    Raises:
        InputError: unknown name or parameter, a parameter or n that cannot be used, or n given where the number of
            points is fixed.
    """
    return get(name).load(n=n, seed=seed, losses=losses, regularizer=regularizer, **parameters)
