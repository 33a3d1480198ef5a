"""The torch device a solver runs on."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TypeVar

import torch

from toylab.errors import InputError, SolverError

T = TypeVar("T")


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


class DeviceMemoryError(SolverError):
    """A device has too little memory for the work."""


def run_on(name: str, work: Callable[[torch.device], T]) -> T:
    """Do the work on the device of this name; on the CPU where "auto" found a GPU that is too small.

    Raises:
        InputError: as `find_device`.
        DeviceMemoryError: the device ran out of memory and was asked for by name, or is the CPU.
    """
    device = find_device(name)
    try:
        return work(device)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        reason = str(error).split(". ")[0]
        if name != "auto" or device.type == "cpu":
            raise DeviceMemoryError(
                f"device {str(device)!r} ran out of memory ({reason}); take fewer points, a smaller network or "
                "fewer problems at once, or another device."
            ) from None
    torch.cuda.empty_cache()
    warnings.warn(f"{device} ran out of memory ({reason}); starting again on the CPU.", RuntimeWarning, stacklevel=2)
    return work(torch.device("cpu"))


def memory_gib(device: torch.device) -> float:
    """Memory that dense arrays may take, in GiB: what is free on a GPU, 16 on the CPU."""
    return torch.cuda.mem_get_info(device)[0] / 2**30 if device.type == "cuda" else 16.0


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error says that there is not enough memory, on a GPU or on the CPU."""
    kinds = (torch.cuda.OutOfMemoryError, MemoryError)  # torch says of the CPU's memory only in words
    return isinstance(error, kinds) or "DefaultCPUAllocator" in str(error)


__all__ = ["DeviceMemoryError", "find_device", "is_out_of_memory", "memory_gib", "run_on"]
