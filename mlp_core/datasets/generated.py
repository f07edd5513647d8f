"""The digits that the program draws itself: any number of them from a seed, and the data set kept in the user's cache.

The kept set is four IDX files with the names of MNIST's, so that other programs can read it too, beside a file that
says what they were made of and what is in them.
"""

from __future__ import annotations

import hashlib
import shutil
import struct
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from mlp_core.datasets.collection import Collection
from mlp_core.datasets.dataset import Dataset
from mlp_core.datasets.files import reading
from mlp_core.datasets.handwriting import HAND, Writer
from mlp_core.datasets.idx import read_images, read_labels
from mlp_core.datasets.mnist import FILE_NAMES
from mlp_core.datasets.pen import SIZE
from mlp_core.datasets.preparation import Preparation
from mlp_core.datasets.source import NamedSource
from mlp_core.datasets.splits import read_only_split
from mlp_core.datasets.stroke_styles import digit_strokes_path, read_styles
from mlp_core.errors import DataError
from mlp_core.progress import Progress, untold

N_TRAIN: Final = 55_000
N_VALID: Final = 5_000
N_TEST: Final = 10_000
SEED: Final = 1
BLOCK: Final = 1000  # images drawn at once, from a generator of their own
VERSION: Final = 1  # of the drawing: to be raised when other images come of the same strokes, hand and seed
MANIFEST: Final = "generated.txt"
BEGUN: Final = "generated-"
TRIES: Final = 3  # to take the place of a set that another program may be replacing too
FORSAKEN: Final = 24 * 60 * 60  # seconds after which what was begun is taken to be of a program that died

Bytes = NDArray[np.uint8]


def generate_set(n: int, seed: int = SEED, progress: Progress = untold) -> tuple[Bytes, Bytes]:
    """Draw digits; the first ones of many are the same as those of few.

    Parameters
    ----------
    n : int
        Number of images, 0 or more.
    seed : int
        0 or more; the same seed gives the same images and labels.
    progress : callable
        Told after every thousand images; see `mlp_core.progress`.

    Returns
    -------
    images : ndarray of uint8, shape (n, 28, 28)
        0 paper to 255 ink.
    labels : ndarray of uint8, shape (n,)
        The digits, in random order; each thousand has a hundred of each.

    Raises
    ------
    DataError
        If `n` or `seed` is negative, or the strokes that come with the project are missing or damaged.
    """
    for name, value in (("n", n), ("seed", seed)):
        if value < 0:
            raise DataError(name, f"it is {value}; 0 or more was expected. Choose another.")
    writer = Writer(read_styles())
    images, labels = np.empty((n, SIZE, SIZE), np.uint8), np.empty(n, np.uint8)
    for start in range(0, n, BLOCK):
        progress("Drawing the generated digits", start / n)
        random = np.random.default_rng((seed, start // BLOCK))
        digits = random.permutation(np.arange(BLOCK) % 10).astype(np.uint8)
        drawn = writer.write(writer.choose(digits, random), random)
        images[start : start + BLOCK], labels[start : start + BLOCK] = drawn[: n - start], digits[: n - start]
    progress("Drawing the generated digits", 1.0)
    return images, labels


def generated_dataset(progress: Progress = untold) -> Dataset:
    """Return `generated_collection` as a data set."""
    return Preparation().apply(generated_collection(progress))


def generated_collection(progress: Progress = untold) -> Collection:
    """Open the generated digits, and draw and keep them first where that has not been done.

    Where the user's cache cannot be written to, they are drawn each time.

    Parameters
    ----------
    progress : callable
        Told of the drawing; see `mlp_core.progress`.

    Returns
    -------
    Collection
        Pixels uint8, 0 to 255: 55,000 images to train, 5,000 to validate, 10,000 to test.

    Raises
    ------
    DataError
        If the strokes that come with the project are missing or damaged.
    """
    arrays = _kept()
    if arrays is None:
        arrays = _drawn(progress)
        with suppress(OSError):
            _keep(arrays)
    X, y, test_X, test_y = (array.reshape(len(array), -1) if array.ndim > 1 else array for array in arrays.values())
    return Collection(
        key="generated",
        name="Generated digits",
        source=(
            "Drawn by this program from strokes that were made for it: no photographs or scans, and nobody's "
            "handwriting; no licence is needed"
        ),
        image_shape=(SIZE, SIZE),
        class_names=tuple("0123456789"),
        pixel_range=(0.0, 255.0),
        train=read_only_split(X[:N_TRAIN], y[:N_TRAIN]),
        valid=read_only_split(X[N_TRAIN:], y[N_TRAIN:]),
        test=read_only_split(test_X, test_y),
    )


def generated_folder() -> Path:
    """Return the folder in the user's cache where the generated digits are kept."""
    return user_cache_path("mlp-viz") / "generated"


def is_built() -> bool:
    """Return whether the set is kept, as this version of the program draws it.

    Only opening it tells whether its files are undamaged.
    """
    folder = generated_folder()
    try:
        with (folder / MANIFEST).open(encoding="utf-8") as manifest:
            begins_right = manifest.readline(200).rstrip("\n") == _recipe()
        return begins_right and all((folder / name).stat().st_size == size for name, size in _sizes())
    except (OSError, UnicodeDecodeError):
        return False


def build(progress: Progress = untold) -> Path:
    """Draw the set and keep it in the user's cache, unless it is there undamaged.

    Parameters
    ----------
    progress : callable
        Told of the drawing; see `mlp_core.progress`.

    Returns
    -------
    Path
        The folder that it is kept in.

    Raises
    ------
    DataError
        If the folder cannot be written.
    """
    folder = generated_folder()
    if _kept() is None:
        arrays = _drawn(progress)
        try:
            _keep(arrays)
        except OSError as error:
            raise DataError(
                folder,
                f"the generated digits cannot be kept here ({error.strerror or error}). Make room on the disk and see "
                "that you may write to the folder; without it they are drawn each time.",
            ) from error
    return folder


def _drawn(progress: Progress) -> dict[str, Bytes]:
    """Return what is in each file of the set."""
    n = N_TRAIN + N_VALID
    images, labels = generate_set(n + N_TEST, SEED, progress)
    return dict(zip(FILE_NAMES, (images[:n], labels[:n], images[n:], labels[n:]), strict=True))


def _kept() -> dict[str, Bytes] | None:
    """Return what is in each file of the kept set; None where it is not there, outdated, damaged or not ours."""
    if not is_built():
        return None
    folder = generated_folder()
    try:
        arrays = {name: (read_images if "images" in name else read_labels)(folder / name) for name in FILE_NAMES}
        manifest = (folder / MANIFEST).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, DataError):
        return None
    return arrays if manifest == _manifest(arrays) else None


def _keep(arrays: Mapping[str, Bytes]) -> None:
    """Put the files into the cache all at once: another program sees the old set, the new one or none."""
    folder = generated_folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    _remove_forsaken(folder.parent)
    with tempfile.TemporaryDirectory(prefix=BEGUN, dir=folder.parent, ignore_cleanup_errors=True) as begun:
        new = Path(begun) / "new"
        new.mkdir()
        for name, array in arrays.items():
            with (new / name).open("wb") as file:
                file.write(_header(array.shape))
                file.write(array.data)
        (new / MANIFEST).write_text(_manifest(arrays), encoding="utf-8", newline="\n")
        for attempt in range(TRIES):
            try:
                new.replace(folder)
                return
            except OSError:  # there is something already
                if _kept() is not None:  # another program was faster
                    return
                if attempt == TRIES - 1:
                    raise
                with suppress(FileNotFoundError):
                    folder.replace(Path(begun) / f"old-{attempt}")


def _remove_forsaken(parent: Path) -> None:
    for begun in parent.glob(f"{BEGUN}*"):
        with suppress(OSError):
            if begun.stat().st_mtime < time.time() - FORSAKEN:
                shutil.rmtree(begun)


def _recipe() -> str:
    """Return a line that differs where other images would be drawn."""
    path = digit_strokes_path()
    with reading(path):
        strokes = path.read_bytes()
    digest = hashlib.sha256(repr((VERSION, SEED, BLOCK, N_TRAIN, N_VALID, N_TEST, HAND)).encode() + strokes)
    return f"mlp-viz generated digits, recipe {digest.hexdigest()}"


def _manifest(arrays: Mapping[str, Bytes]) -> str:
    """Return what the file beside the others says: the recipe, then shape and SHA-256 of each file's values."""
    lines = (f"{name} {array.shape} {hashlib.sha256(array.data).hexdigest()}" for name, array in arrays.items())
    return "\n".join((_recipe(), *lines, ""))


def _sizes() -> Iterator[tuple[str, int]]:
    """Yield the name of each file, and how many bytes it has."""
    for name in FILE_NAMES:
        n = N_TRAIN + N_VALID if name.startswith("train") else N_TEST
        shape = (n, SIZE, SIZE) if "images" in name else (n,)
        yield name, len(_header(shape)) + int(np.prod(shape))


def _header(shape: tuple[int, ...]) -> bytes:
    """Return the header of an IDX file of unsigned bytes."""
    return struct.pack(f">4B{len(shape)}I", 0, 0, 8, len(shape), *shape)


def _read(_data_dir: Path | None, *, at_most: int | None, progress: Progress) -> Collection:
    return generated_collection(progress)


def _where(_data_dir: Path | None) -> str:
    return f"here: {generated_folder()}" if is_built() else "drawn when it is first used: mlp-core data make generated"


SOURCES = (NamedSource("generated", "70,000 digits of 28×28 pixels, drawn by this program", _read, _where),)
