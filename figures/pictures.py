"""Pictures as points of R^3072: photographs that Python packages ship, CIFAR-10 if it is there, and noise.

The photographs are scikit-image's sample images (nine crops) and matplotlib's portrait of Grace Hopper. Only their
files are read, with Pillow; scikit-image itself is not imported.
"""

from __future__ import annotations

import importlib.util
import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from toylab.errors import InputError

#: Height and width of a picture, and its channels.
SIDE, CHANNELS = 32, 3

#: File, left, top and side in pixels of each crop.
_CROPS = (
    ("astronaut.png", 130, 0, 190),
    ("chelsea.png", 120, 0, 300),
    ("coffee.png", 90, 0, 400),
    ("rocket.jpg", 170, 80, 320),
    ("motorcycle_left.png", 130, 0, 500),
    ("grace_hopper.jpg", 110, 40, 310),
    ("retina.jpg", 0, 0, 1411),
    ("astronaut.png", 312, 0, 200),
    ("ihc.png", 0, 0, 320),
    ("astronaut.png", 270, 320, 192),
)
_FROM_MATPLOTLIB = ("grace_hopper.jpg",)
_CIFAR_BATCHES = tuple(f"data_batch_{number}" for number in range(1, 6))


def photograph_files() -> list[Path]:
    """The files of the photographs.

    Raises:
        InputError: scikit-image, or one of its files, is not there.
    """
    import matplotlib

    found = importlib.util.find_spec("skimage")
    if found is None or not found.submodule_search_locations:
        raise InputError(
            "the photographs of this figure are those of scikit-image, which is not installed: "
            "pip install 'toylab[figures]', or give a folder of CIFAR-10 with --cifar."
        )
    own = Path(next(iter(found.submodule_search_locations))) / "data"
    other = Path(matplotlib.get_data_path()) / "sample_data"
    files = [(other if name in _FROM_MATPLOTLIB else own) / name for name, *_ in _CROPS]
    for file in files:
        if not file.is_file():
            raise InputError(
                f"the photograph {str(file)!r} is missing: this installation does not have its sample data."
            )
    return files


def photographs(count: int) -> np.ndarray:
    """The first so many photographs, (count, 3072) in [−1, 1], in the order height, width, channel.

    Raises:
        InputError: more than there are, or a file that is missing or damaged.
    """
    from PIL import Image, UnidentifiedImageError

    if count > len(_CROPS):
        raise InputError(f"there are {len(_CROPS)} photographs, {count} were asked for.")
    pictures = []
    for file, (_, left, top, side) in list(zip(photograph_files(), _CROPS, strict=True))[:count]:
        try:
            with Image.open(file) as image:
                crop = image.convert("RGB").crop((left, top, left + side, top + side))
        except (UnidentifiedImageError, OSError) as error:
            raise InputError(f"the photograph {str(file)!r} cannot be read ({error}).") from None
        pictures.append(np.asarray(crop.resize((SIDE, SIDE), Image.Resampling.BOX), dtype=np.float64))
    return np.stack(pictures).reshape(count, -1) / 127.5 - 1.0


def cifar_files(folder: str) -> list[Path]:
    """The five batches of CIFAR-10's python version in a folder, or in the folder that its archive unpacks to.

    Raises:
        InputError: the folder, or a batch, is not there.
    """
    place = Path(folder).expanduser()
    if not place.is_dir():
        raise InputError(f"the CIFAR-10 folder {folder!r} does not exist; give the one that holds data_batch_1.")
    inner = place / "cifar-10-batches-py"
    place = inner if inner.is_dir() else place
    missing = [name for name in _CIFAR_BATCHES if not (place / name).is_file()]
    if missing:
        raise InputError(
            f"the folder {folder!r} holds no {missing[0]}: it is not the unpacked python version of CIFAR-10 "
            "(cifar-10-python.tar.gz)."
        )
    return [place / name for name in _CIFAR_BATCHES]


class _Arrays(pickle.Unpickler):
    """Reads arrays and nothing else: a pickle could run any code."""

    def find_class(self, module: str, name: str) -> Any:
        if module in {"numpy", "numpy.core.multiarray", "numpy._core.multiarray"} and name in {
            "_reconstruct",
            "ndarray",
            "dtype",
        }:
            return np._core.multiarray._reconstruct if name == "_reconstruct" else getattr(np, name)  # type: ignore[attr-defined]
        if (module, name) == ("_codecs", "encode"):
            import codecs

            return codecs.encode
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a batch of pictures")


def cifar(folder: str, count: int) -> np.ndarray:
    """The first picture of each of the first so many classes of CIFAR-10's first batch, as `photographs`.

    Raises:
        InputError: the folder is missing or damaged, or does not have so many classes.
    """
    file = cifar_files(folder)[0]
    try:
        with file.open("rb") as stream:
            batch = _Arrays(stream, encoding="bytes").load()
        pictures, labels = np.asarray(batch[b"data"]), np.asarray(batch[b"labels"])
        if pictures.dtype != np.uint8 or pictures.shape != (len(labels), SIDE * SIDE * CHANNELS):
            raise ValueError(f"data of shape {pictures.shape} and type {pictures.dtype}")
    except (
        pickle.UnpicklingError,
        OSError,
        EOFError,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        AttributeError,
    ) as error:
        raise InputError(
            f"{str(file)!r} is no batch of CIFAR-10, or is damaged ({type(error).__name__}: {error}); unpack the "
            "archive again."
        ) from None
    classes = np.unique(labels)
    if count > len(classes):
        raise InputError(f"{str(file)!r} holds pictures of {len(classes)} classes, {count} were asked for.")
    first = pictures[[int(np.flatnonzero(labels == label)[0]) for label in classes[:count]]]
    upright = np.moveaxis(first.reshape(count, CHANNELS, SIDE, SIDE), 1, -1)
    return upright.reshape(count, -1) / 127.5 - 1.0


def noise(count: int, rng: np.random.Generator) -> np.ndarray:
    """Pictures of uniform noise, (count, 3072) in [−1, 1]."""
    return rng.uniform(-1.0, 1.0, size=(count, SIDE * SIDE * CHANNELS))


def real_files(parameters: Mapping[str, Any]) -> list[Path]:
    """Which files the real pictures of these parameters come from."""
    return cifar_files(parameters["cifar"]) if parameters["cifar"] else photograph_files()


def real_pictures(parameters: Mapping[str, Any]) -> np.ndarray:
    """The real pictures: CIFAR-10 where `cifar` names a folder, else photographs; `n` of them."""
    if parameters["cifar"]:
        return cifar(parameters["cifar"], parameters["n"])
    return photographs(parameters["n"])


# --- drawing ---


def shown(picture: np.ndarray) -> np.ndarray:
    """A point (3072,) as colours (32, 32, 3) in [0, 1]."""
    return np.clip(0.5 * (picture.reshape(SIDE, SIDE, CHANNELS) + 1.0), 0.0, 1.0)


def as_gradient(gradient: np.ndarray) -> np.ndarray:
    """A gradient as a picture: 0 is grey, three standard deviations of its entries are black or white."""
    size = 3.0 * float(gradient.std())
    return gradient / size if size > 0 else gradient


def draw_strip(axes: Axes, pictures: Sequence[np.ndarray]) -> None:
    """Pictures side by side in one panel, a pixel apart; the centre of picture c is at c."""
    gap = np.ones((SIDE, 2, CHANNELS))
    parts = [part for picture in pictures for part in (shown(picture), gap)][:-1]
    image = np.concatenate(parts, axis=1)
    step = SIDE + gap.shape[1]
    edge = 0.5 * SIDE / step
    axes.imshow(
        image, extent=(-edge, len(pictures) - 1 + edge, 0.0, SIDE / step), interpolation="nearest", aspect="equal"
    )
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)
