"""The torch device a solver runs on."""

from __future__ import annotations

import torch

from toylab.errors import InputError


def find_device(name: str) -> torch.device:
    """The device of this name: "cpu", "cuda", "cuda:1", or "auto" for CUDA where there is one and the CPU elsewhere.

    Raises:
        InputError: unknown name, or a device that this machine does not have.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError):
        raise InputError(f"unknown device {name!r}; use 'auto', 'cpu', 'cuda' or 'cuda:<number>'.") from None
    if device.type not in {"cpu", "cuda"}:
        raise InputError(f"device {device.type!r} is not supported; use 'auto', 'cpu' or 'cuda'.")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise InputError(
            f"device {name!r} is not available here ({torch.cuda.device_count()} CUDA devices); use 'auto' or 'cpu'."
        )
    return device


__all__ = ["find_device"]
