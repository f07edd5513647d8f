"""NumPy's .npz files with X_train, y_train, X_test and y_test, as the lecture's mnist_scaled.npz."""

from __future__ import annotations

import math
import os
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any, NoReturn

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from mlp_core.datasets.classes import classes_of
from mlp_core.datasets.collection import Collection
from mlp_core.datasets.files import is_file, open_file, reading, unpacked_limit
from mlp_core.datasets.source import PathSource
from mlp_core.datasets.splits import check_image_shape, read_only_split
from mlp_core.errors import DataError
from mlp_core.progress import Progress, untold

_ARRAYS = ("X_train", "y_train", "X_test", "y_test")
_ZIP = b"PK"
_FARTHEST = 1e6  # times the range of X_train; scaled pixels beyond would overflow in the network


def npz_collection(
    path: str | Path, key: str | None = None, *, at_most: int | None = None, progress: Progress = untold
) -> Collection:
    """Read labelled images from an .npz file.

    Parameters
    ----------
    path : str or Path
        File with the arrays X_train, y_train, X_test and y_test. X has shape (n, height, width), or (n, n_features)
        with a square number of features; y has shape (n,).
    key : str, optional
        The key of the collection; the path by default.
    at_most, progress
        See `mlp_core.datasets.source.Read`.

    Returns
    -------
    Collection
        Black and white are 0 and 255 for integers in that range, -1 and 1 for floats in that range of which some are
        negative, 0 and 1 for floats in that range, else the least and greatest value in X_train.

    Raises
    ------
    DataError
        If the file cannot be read or is no .npz file, or an array is missing or does not fit.
    """
    path = Path(path)
    arrays = read_arrays(path, _ARRAYS)
    X, image_shape = _pixels(path, "X_train", arrays["X_train"])
    test_X, test_image_shape = _pixels(path, "X_test", arrays["X_test"])
    if image_shape != test_image_shape:
        _refuse(
            path,
            f"the images of X_train are {image_shape[1]}×{image_shape[0]} pixels, those of X_test "
            f"{test_image_shape[1]}×{test_image_shape[0]}. Store images of one size.",
        )
    if X.dtype.kind != test_X.dtype.kind and "f" in (X.dtype.kind, test_X.dtype.kind):
        _refuse(
            path, f"X_train is {X.dtype}, X_test is {test_X.dtype}. Scale both in the same way before storing them."
        )
    y, test_y = (_labels(path, name, arrays[name], n) for name, n in (("y_train", len(X)), ("y_test", len(test_X))))
    class_names, (y, test_y) = classes_of(path, y, test_y)
    return Collection(
        key=str(path) if key is None else key,
        name=path.stem,
        source=f"{path}; its licence is not stated",
        image_shape=image_shape,
        class_names=class_names,
        pixel_range=_pixel_range(path, X, test_X),
        train=read_only_split(X, y),
        test=read_only_split(test_X, test_y),
    )


def read_arrays(path: str | Path, names: Iterable[str]) -> dict[str, NDArray[Any]]:
    """Read arrays of numbers from an .npz file that need not be trusted.

    Nothing is unpickled, and sizes are compared with the file before memory is taken.

    Parameters
    ----------
    path : str or Path
        The file.
    names : iterable of str
        The arrays wanted.

    Returns
    -------
    dict of str to ndarray
        The arrays, read-only, of booleans, integers or floats in the machine's byte order.

    Raises
    ------
    DataError
        If the file cannot be read or is damaged, or an array is missing or holds anything but numbers.
    """
    path = Path(path)
    with reading(path), open_file(path) as file:
        size = os.fstat(file.fileno()).st_size
        if file.read(2) != _ZIP:
            _refuse(
                path,
                "this is no .npz file (a zip archive of arrays). Make it with numpy.savez_compressed; "
                "for IDX files, give the folder that holds them.",
            )
        try:
            with zipfile.ZipFile(file) as archive:
                members = _members(path, archive, list(names), size)
                return {name: _read_member(path, archive, member, name) for name, member in members.items()}
        except (DataError, OSError, MemoryError):
            raise
        except Exception as error:  # zipfile fails on damaged bytes in a dozen ways, most not documented
            raise DataError(
                path, f"the archive is damaged ({type(error).__name__}: {error}). Make or download the file again."
            ) from error


def _members(path: Path, archive: zipfile.ZipFile, names: list[str], size: int) -> dict[str, zipfile.ZipInfo]:
    present = {info.filename: info for info in archive.infolist()}
    missing = [name for name in names if f"{name}.npy" not in present]
    if missing:
        found = ", ".join(sorted(name.removesuffix(".npy") for name in present)[:10]) or "nothing"
        _refuse(
            path,
            f"the array {', '.join(missing)} is missing; the file holds {found}. "
            f"Store the arrays under the names {', '.join(names)}.",
        )
    members = {name: present[f"{name}.npy"] for name in names}
    claimed = sum(info.file_size for info in members.values())
    if claimed > unpacked_limit(size):
        _refuse(
            path,
            f"its arrays claim {claimed:,} bytes, but the file has only {size:,}: it cannot be right. "
            "Make or download the file again.",
        )
    return members


def _read_member(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> NDArray[Any]:
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or info.flag_bits & 1:
        _refuse(
            path, f"{name} is encrypted or packed in a way NumPy does not use. Make it with numpy.savez_compressed."
        )
    with archive.open(info) as member:
        shape, fortran_order, dtype = _read_header(path, name, member)
        if dtype.hasobject:
            _refuse(path, f"{name} holds Python objects, which could run code. Store it as an array of numbers.")
        if dtype.kind not in "biuf":
            _refuse(path, f"{name} holds {dtype}, numbers were expected. Store it as integers or floats.")
        expected = math.prod(shape) * dtype.itemsize
        found = info.file_size - member.tell()
        if any(length < 0 for length in shape) or expected != found:
            _refuse(
                path,
                f"{name} says it has shape {shape} of {dtype}, {expected:,} bytes, but {found:,} are there. "
                "Make or download the file again.",
            )
        data = member.read()  # to the end, so that the checksum is compared
    if len(data) != expected:
        _refuse(path, f"{name} is cut short: {expected:,} bytes expected, {len(data):,} found. Make the file again.")
    array: NDArray[Any] = np.frombuffer(data, dtype).reshape(shape, order="F" if fortran_order else "C")
    with np.errstate(all="ignore"):
        if dtype.itemsize > 8:  # long doubles
            array = array.astype(np.float64)
        elif not dtype.isnative:
            array = array.astype(dtype.newbyteorder("="))
    array.flags.writeable = False
    return array


def _read_header(path: Path, name: str, member: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    try:
        version = npy.read_magic(member)  # type: ignore[no-untyped-call,unused-ignore]
        if version not in ((1, 0), (2, 0)):
            raise ValueError(f"version {version}")
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran_order, dtype = read(member)  # type: ignore[no-untyped-call,unused-ignore]
    except (OSError, MemoryError, zipfile.BadZipFile):
        raise
    except Exception as error:  # the header is a Python literal, and parsing one fails in many ways
        raise DataError(
            path, f"{name} has no readable NumPy header ({error}). Make it with numpy.savez_compressed."
        ) from error
    return shape, fortran_order, dtype


def _pixels(path: Path, name: str, X: NDArray[Any]) -> tuple[NDArray[Any], tuple[int, int]]:
    if X.ndim not in (2, 3):
        _refuse(
            path, f"{name} has shape {X.shape}; (n, height, width) or (n, height * width) was expected. Reshape it."
        )
    if len(X) == 0:
        _refuse(path, f"{name} holds no images. At least one was expected; store some.")
    n_pixels = math.prod(X.shape[1:])
    height, width = X.shape[1:] if X.ndim == 3 else (math.isqrt(n_pixels), math.isqrt(n_pixels))
    if height * width != n_pixels:
        _refuse(
            path,
            f"{name} has {n_pixels:,} features, which is not the square of a number, so the image's height and width "
            "cannot be told. Store it with shape (n, height, width).",
        )
    check_image_shape(path, height, width)
    if X.dtype.kind == "f" and not (np.isfinite(X.min()) and np.isfinite(X.max())):
        _refuse(path, f"{name} holds NaN or infinite pixels. Remove those images, or set the pixels to a number.")
    if X.dtype.kind == "b":
        X = X.astype(np.float32)
    return np.ascontiguousarray(X.reshape(len(X), n_pixels)), (height, width)


def _labels(path: Path, name: str, y: NDArray[Any], n_images: int) -> NDArray[Any]:
    if y.ndim != 1:
        hint = "For one-hot rows, use y.argmax(axis=1)." if y.ndim == 2 else "Store one number an image."
        _refuse(path, f"{name} has shape {y.shape}; ({n_images},) was expected. {hint}")
    if len(y) != n_images:
        _refuse(
            path,
            f"{name} holds {len(y):,} labels, but X{name[1:]} holds {n_images:,} images. Store one label an image.",
        )
    return y


def _pixel_range(path: Path, X: NDArray[Any], test_X: NDArray[Any]) -> tuple[float, float]:
    train_low, train_high = float(X.min()), float(X.max())
    low, high = min(train_low, float(test_X.min())), max(train_high, float(test_X.max()))
    if X.dtype.kind == "f":
        if low >= 0 and high <= 1:
            return 0.0, 1.0
        if low >= -1 and high <= 1:
            return -1.0, 1.0
    elif low >= 0 and high <= 255:
        return 0.0, 255.0
    span = train_high - train_low
    if not 0 < span < math.inf or high - low > _FARTHEST * span:
        _refuse(
            path,
            f"the pixels of X_train go from {train_low:g} to {train_high:g} and those of X_test reach to "
            f"{test_X.max() if high > train_high else test_X.min():g}, which cannot be scaled. "
            "Store pixels from 0 to 255 or from -1 to 1.",
        )
    return train_low, train_high


def _refuse(path: Path, message: str) -> NoReturn:
    raise DataError(path, message)


def _is_npz(path: Path) -> bool:
    if not is_file(path):
        return False
    if path.suffix.lower() == ".npz":
        return True
    with path.open("rb") as file:
        return file.read(2) == _ZIP


SOURCES = (PathSource("an .npz file", _is_npz, npz_collection),)
