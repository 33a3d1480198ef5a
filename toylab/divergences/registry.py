"""The f-divergences by name."""

from __future__ import annotations

from collections.abc import Callable

from toylab.divergences.chi_squared import NeymanChiSquared, PearsonChiSquared
from toylab.divergences.entropies import JensenShannon, KullbackLeibler, ReverseKullbackLeibler
from toylab.divergences.f_divergence import FDivergence
from toylab.divergences.overlaps import SquaredHellinger, TotalVariation
from toylab.errors import unknown_name

_MAKERS: tuple[Callable[[], FDivergence], ...] = (
    KullbackLeibler,
    ReverseKullbackLeibler,
    JensenShannon,
    PearsonChiSquared,
    NeymanChiSquared,
    SquaredHellinger,
    TotalVariation,
)
_BY_NAME: dict[str, Callable[[], FDivergence]] = {make().name: make for make in _MAKERS}


def names() -> list[str]:
    """The names that `get` knows."""
    return list(_BY_NAME)


def get(name: str) -> FDivergence:
    """The f-divergence of this name.

    Raises:
        InputError: unknown name; the nearest match is suggested.
    """
    if not isinstance(name, str) or name not in _BY_NAME:
        raise unknown_name("divergence", name, _BY_NAME)
    return _BY_NAME[name]()
