"""The user's own losses that are known by their names in this process."""

from __future__ import annotations

from toylab.errors import InputError, unknown_name
from toylab.losses.base import Loss

_KNOWN: dict[str, Loss] = {}


def remember(name: str, loss: Loss, *, replace: bool) -> None:
    """Let a loss be written as its name.

    Raises:
        InputError: another loss has this name and `replace` is false.
    """
    if not replace and _KNOWN.get(name, loss) != loss:
        raise InputError(f"another loss named {name!r} is registered; give yours another name, or say replace=True.")
    _KNOWN[name] = loss


def forget(name: str) -> None:
    """Drop a name, if it is there."""
    _KNOWN.pop(name, None)


def is_registered(loss: Loss) -> bool:
    """Whether exactly this loss is known by a name."""
    return loss in _KNOWN.values()


def registered(name: object) -> Loss:
    """The loss of this name.

    Raises:
        InputError: nothing is registered under it.
    """
    if not isinstance(name, str) or name not in _KNOWN:
        error = unknown_name("registered loss", name, _KNOWN) if _KNOWN else InputError(f"unknown loss {name!r};")
        raise InputError(f"{error} a loss made of Python functions must be registered before it is read.")
    return _KNOWN[name]
