"""The losses of the Lipschitz-GAN literature by name, and a user's own beside them.

Source: the list of losses below LGAN Eq. 11; Lim and Ye (2017) for the hinge; Mao et al. (2017) for least squares.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from toylab.errors import InputError, real_number, unknown_name
from toylab.losses import registry
from toylab.losses.base import Loss
from toylab.losses.custom import Custom
from toylab.losses.elementary import Exponential, Softplus, Square, SquareRoot
from toylab.losses.pairs import LossPair, written
from toylab.losses.straight import Hinge, Linear


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
            f"quadratic(alpha={alpha:g}, beta={beta:g}) wants a critic that is larger on fake points, which no "
            "fake→real constraint limits (alpha = 1, beta = 0, two points at distance 1, lambda = .1: those alone "
            "answer k = 0, all pairs k = .8333 with value .08333); use alpha <= beta, "
            f"which quadratic({0.0 - alpha:g}, {0.0 - beta:g}) is: the same problem for the critic −f."
        )
    return LossPair(f"quadratic({written(alpha)}, {written(beta)})", Square(alpha), Square(beta))


_BY_NAME: dict[str, Callable[..., LossPair]] = {
    "wasserstein": wasserstein,
    "logistic": logistic,
    "sqrt": sqrt,
    "exponential": exponential,
    "hinge": hinge,
    "quadratic": quadratic,
}
_ALIASES = {
    "wgan": "wasserstein",
    "linear": "wasserstein",
    "vanilla": "logistic",
    "gan": "logistic",
    "softplus": "logistic",
    "square-root": "sqrt",
    "exp": "exponential",
    "least-squares": "quadratic",
    "lsgan": "quadratic",
}
_REGISTERED: dict[str, LossPair] = {}


def names() -> list[str]:
    """The names that `get` knows, a user's registered ones last; `aliases` are further names for the same."""
    return [*_BY_NAME, *_REGISTERED]


def aliases() -> dict[str, str]:
    """Other names of the same losses: alias -> name."""
    return dict(_ALIASES)


def named(name: str) -> LossPair:
    """The pair of this name or alias.

    Raises:
        InputError: unknown name; the nearest match is suggested.
    """
    if name in _REGISTERED:
        return _REGISTERED[name]
    known = _ALIASES.get(name, name)
    if known not in _BY_NAME:
        raise unknown_name("loss", name, [*names(), *_ALIASES])
    return _BY_NAME[known]()


def register(pair: LossPair, *, replace: bool = False) -> LossPair:
    """Let `get`, expressions and JSON know a pair by its name, in this process.

    A loss made of Python functions is written to JSON as its name; whoever reads it registers it first.

    Args:
        pair: the pair; its name is made of letters, digits, - and _.
        replace: whether a pair of the same name may be replaced.

    Returns:
        The pair, so that a definition can be registered as it is made.

    Raises:
        InputError: a name that is taken, or that an expression could not hold.
    """
    if not isinstance(pair, LossPair):
        raise InputError(f"only a LossPair can be registered, got {pair!r}.")
    name = pair.name
    if not re.fullmatch(r"[A-Za-z_]\w*(-[A-Za-z_]\w*)*", name):
        raise InputError(f"{name!r} cannot be registered: a name is made of letters, digits, - and _.")
    if name in _BY_NAME or name in _ALIASES:
        raise InputError(f"{name!r} is the name of one of toylab's losses; give yours another one.")
    if not replace and _REGISTERED.get(name, pair) != pair:
        raise InputError(f"another loss named {name!r} is registered; give yours another name, or say replace=True.")
    for loss in _customs(pair.fake_loss) + _customs(pair.real_loss):
        registry.remember(loss.name, loss, replace=replace)
    _REGISTERED[name] = pair
    return pair


def unregister(name: str) -> None:
    """Forget a registered pair.

    Raises:
        InputError: no such pair.
    """
    if name not in _REGISTERED:
        raise unknown_name("registered loss", name, _REGISTERED)
    pair = _REGISTERED.pop(name)
    for loss in _customs(pair.fake_loss) + _customs(pair.real_loss):
        registry.forget(loss.name)


def _customs(loss: Loss) -> list[Custom]:
    """The losses made of Python functions inside a loss."""
    own = [loss] if isinstance(loss, Custom) else []
    return own + [inner for part in loss.parts for inner in _customs(part)]
