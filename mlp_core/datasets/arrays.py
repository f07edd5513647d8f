"""From arrays of pixels and labels to a collection: what every format and the Python API share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mlp_core.datasets.classes import classes_of, named_classes
from mlp_core.datasets.collection import Collection
from mlp_core.datasets.splits import check_image_shape, read_only_split
from mlp_core.datasets.wording import brief
from mlp_core.errors import DataError

_FARTHEST: Final = 1e6  # times the range of the training pixels; scaled pixels beyond would overflow in the network

_WHITES: Final = (1.0, 16.0, 255.0)  # ink or none; ink counted in 4×4 blocks, as UCI's digits; a byte


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Images and their labels, as they were read.

    Attributes
    ----------
    images : ndarray
        See `pixels_shape`; only those of `rows`.
    labels : ndarray
        See `label_column`; those of all images.
    images_name, labels_name : str
        What errors call them.
    rows : ndarray of intp or None
        Which of the images are kept; None if all are.
    """

    images: NDArray[Any]
    labels: NDArray[Any]
    images_name: str
    labels_name: str
    rows: NDArray[np.intp] | None = None


def collection_of(
    data: Any,
    target: Any,
    *,
    images: Any = None,
    target_names: Sequence[Any] | None = None,
    name: str = "arrays",
    source: str | None = None,
) -> Collection:
    """Make a collection of arrays that a script or notebook has.

    Parameters
    ----------
    data : array-like
        Pixels, shape (n, height, width), (n, height * width) of square images, (n, height, width, 1) or
        (n, 1, height, width).
    target : array-like
        Labels, shape (n,): whole numbers or texts; or one-hot rows, shape (n, n_classes).
    images : array-like, optional
        The same pixels with height and width, if `data` is flat and the images are no squares.
    target_names : sequence, optional
        What the classes 0, 1, 2, … are called.
    name : str
        What the collection is called, and its key.
    source : str, optional
        Where the images come from, and under which licence.

    Returns
    -------
    Collection
        Without a test set; `Preparation` sets one aside.

    Raises
    ------
    DataError
        If the arrays do not fit; it names the array.
    """
    pixels, what = (data, "data") if images is None else (images, "images")
    return collection_of_labelled(
        name,
        {"train": Labelled(_as_array(name, what, pixels), _as_array(name, "target", target), what, "target")},
        key=name,
        name=name,
        source=source or "arrays of a script; their licence is not stated",
        class_names=None if target_names is None else [str(text) for text in target_names],
    )


def bundle_collection(bunch: Any, name: str = "bundle") -> Collection:
    """Make a collection of what scikit-learn's ``load_digits()`` or ``fetch_openml()`` returns.

    Parameters
    ----------
    bunch : object or mapping
        With `data` and `target`, perhaps `images`, `target_names` and `DESCR`, as attributes or keys.
    name : str
        What the collection is called, and its key.

    Raises
    ------
    DataError
        If a part is missing or does not fit.
    """
    data, target, images, names, description = (
        _part(bunch, part) for part in ("data", "target", "images", "target_names", "DESCR")
    )
    if data is None or target is None:
        raise DataError(name, "it has no data and target. Give a bundle as sklearn.datasets.load_digits() returns it.")
    about = str(description or "").strip().splitlines()
    # OpenML's target_names are the names of columns; its labels are texts, and name themselves.
    named = names is not None and len(names) > 1 and np.asarray(target).dtype.kind in "iu"
    return collection_of(
        data,
        target,
        images=images,
        target_names=names if named else None,
        name=name,
        source=f"a bundle: {about[0].strip()}" if about else None,
    )


def collection_of_labelled(
    where: str | Path,
    parts: Mapping[str, Labelled],
    *,
    key: str,
    name: str,
    source: str,
    class_names: Sequence[str] | None = None,
    remarks: str = "",
) -> Collection:
    """Return the collection that labelled images make.

    Parameters
    ----------
    where : str or Path
        What an error names.
    parts : mapping of str to Labelled
        Those to train, and maybe those to validate and to test, by the name that the split has in `Collection`.
    key, name, source, remarks : str
        As in `Collection`; the name is added to where only some of the images are kept.
    class_names : sequence of str, optional
        What the classes 0, 1, 2, … are called.

    Returns
    -------
    Collection
        Black is 0 and white 1, 16 or 255, the first that none exceeds, for integers from 0 to 255; they are -1 and 1
        for floats in that range of which some are negative, 0 and 1 for floats in that range, else the least and
        greatest value of the training images.

    Raises
    ------
    DataError
        If images or labels do not fit; it names the array.
    """
    pixels, shapes, labels = [], {}, []
    for part in parts.values():
        X, shapes[part.images_name] = _pixels(where, part)
        y = label_column(where, part.labels_name, part.labels)
        _check_count(where, part, y)
        pixels.append(X)
        labels.append(y)
    check_one_size(where, shapes)
    _check_one_scale(where, parts.values())
    given, classes = classes_of(where, *labels)
    made = {
        split: read_only_split(X, y if part.rows is None else y[part.rows])
        for (split, part), X, y in zip(parts.items(), pixels, classes, strict=True)
    }
    if any(part.rows is not None for part in parts.values()):
        name = with_count(name, sum(map(len, made.values())))
    return Collection(
        key=key,
        name=name,
        source=source,
        image_shape=shapes[parts["train"].images_name],
        class_names=given if class_names is None else named_classes(where, class_names, given),
        pixel_range=_pixel_range(where, parts["train"].images_name, pixels),
        train=made["train"],
        valid=made.get("valid"),
        test=made.get("test"),
        remarks=remarks,
    )


def with_count(name: str, n: int) -> str:
    """Return what `n` samples of a larger data set are called."""
    return f"{name} · {n:,} samples"


def check_one_size(where: str | Path, shapes: Mapping[str, tuple[int, int]]) -> None:
    """Refuse images of several sizes.

    Parameters
    ----------
    where : str or Path
        What an error names.
    shapes : mapping of str to tuple of int
        Height and width of the images in each array, by what it is called.

    Raises
    ------
    DataError
        With the names and sizes of two that differ.
    """
    (first, shape), *others = shapes.items()
    for other, other_shape in others:
        if other_shape != shape:
            raise DataError(
                where,
                f"the images of {first} are {shape[1]}×{shape[0]} pixels, those of {other} "
                f"{other_shape[1]}×{other_shape[0]}. Use images of one size.",
            )


def pixels_shape(where: str | Path, name: str, shape: tuple[int, ...]) -> tuple[int, int]:
    """Return height and width of the images in an array of a shape.

    Parameters
    ----------
    where : str or Path
        What an error names.
    name : str
        What the array is called.
    shape : tuple of int
        (n, height, width), (n, height * width) of square images, (n, height, width, 1) or (n, 1, height, width).

    Raises
    ------
    DataError
        If it has another shape, holds no images, or images that no network here could take.
    """
    if len(shape) not in (2, 3, 4):
        raise DataError(
            where,
            f"{name} has shape {brief(shape)}; (n, height, width) or (n, height * width) was expected. Reshape it.",
        )
    if shape[0] == 0:
        raise DataError(where, f"{name} holds no images. At least one was expected; store some.")
    n_pixels = math.prod(shape[1:])
    sides = [side for at, side in enumerate(shape[1:]) if len(shape) < 4 or at != _channel(where, name, shape)]
    height, width = sides if len(sides) == 2 else (math.isqrt(n_pixels), math.isqrt(n_pixels))
    if height * width != n_pixels:
        raise DataError(
            where,
            f"{name} has {n_pixels:,} features, which is not the square of a number, so the image's height and width "
            "cannot be told. Store it with shape (n, height, width).",
        )
    check_image_shape(where, height, width)
    return height, width


def label_column(where: str | Path, name: str, labels: NDArray[Any]) -> NDArray[Any]:
    """Return labels as one a sample.

    Parameters
    ----------
    where : str or Path
        What an error names.
    name : str
        What the array is called.
    labels : ndarray
        Shape (n,) or (n, 1); or (n, n_classes), one-hot: a single 1 in each row, else 0.

    Returns
    -------
    ndarray, shape (n,)
        The labels, or the column of each 1.

    Raises
    ------
    DataError
        If they have another shape.
    """
    if labels.ndim == 2 and labels.shape[1] == 1:
        return labels[:, 0]
    if labels.ndim == 2 and len(labels) and labels.dtype.kind in "biuf":
        ones, others = (labels == 1).sum(axis=1), (labels != 0).sum(axis=1)
        if (ones == 1).all() and (others == 1).all():
            columns: NDArray[np.intp] = np.nonzero(labels)[1]
            return columns
    if labels.ndim != 1:
        raise DataError(
            where,
            f"{name} has shape {brief(labels.shape)}; one label an image, shape (n,), or one-hot rows, a single 1 in "
            "each, were expected.",
        )
    return labels


def _channel(where: str | Path, name: str, shape: tuple[int, ...]) -> int:
    """Return which side of images with channels is the one channel of grey images."""
    if shape[3] == 1:
        return 2
    if shape[1] == 1:
        return 0
    raise DataError(
        where,
        f"{name} has shape {brief(shape)}: coloured images, it seems. Turn them into grey ones, (n, height, width).",
    )


def _pixels(where: str | Path, part: Labelled) -> tuple[NDArray[Any], tuple[int, int]]:
    X = part.images
    if X.dtype.kind not in "biuf":
        raise DataError(where, f"{part.images_name} holds {X.dtype}, numbers were expected. Store integers or floats.")
    image_shape = pixels_shape(where, part.images_name, X.shape)
    with np.errstate(all="ignore"):
        if X.dtype.kind == "f" and not (np.isfinite(X.min()) and np.isfinite(X.max())):
            raise DataError(
                where,
                f"{part.images_name} holds NaN or infinite pixels. Remove those images, or set the pixels to a number.",
            )
        if X.dtype.kind == "b" or X.dtype.itemsize > 8:  # long doubles
            X = X.astype(np.float32 if X.dtype.kind == "b" else np.float64)
        elif not X.dtype.isnative:
            X = X.astype(X.dtype.newbyteorder("="))
    return np.ascontiguousarray(X.reshape(len(X), -1)), image_shape


def _check_count(where: str | Path, part: Labelled, y: NDArray[Any]) -> None:
    if part.rows is None and len(y) != len(part.images):
        raise DataError(
            where,
            f"{part.labels_name} holds {len(y):,} labels, but {part.images_name} holds {len(part.images):,} images. "
            "Store one label an image.",
        )


def _check_one_scale(where: str | Path, parts: Iterable[Labelled]) -> None:
    first, *others = parts
    for other in others:
        dtypes = first.images.dtype, other.images.dtype
        if "f" in (kinds := {"f" if dtype.kind == "f" else "i" for dtype in dtypes}) and len(kinds) > 1:
            raise DataError(
                where,
                f"{first.images_name} is {dtypes[0]}, {other.images_name} is {dtypes[1]}. "
                "Scale both in the same way before storing them.",
            )


def _pixel_range(where: str | Path, name: str, pixels: list[NDArray[Any]]) -> tuple[float, float]:
    ranges = [(float(X.min()), float(X.max())) for X in pixels]
    low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
    if any(X.dtype.kind == "f" for X in pixels):
        if low >= 0 and high <= 1:
            return 0.0, 1.0
        if low >= -1 and high <= 1:
            return -1.0, 1.0
    elif low >= 0 and high <= _WHITES[-1]:
        return 0.0, next(white for white in _WHITES if high <= white)
    train_low, train_high = ranges[0]
    span = train_high - train_low
    if not 0 < span < math.inf or high - low > _FARTHEST * span:
        raise DataError(
            where,
            f"the pixels of {name} go from {train_low:g} to {train_high:g} and all reach from {low:g} to "
            f"{high:g}, which cannot be scaled. Store pixels from 0 to 255 or from -1 to 1.",
        )
    return train_low, train_high


def _as_array(where: str, name: str, given: Any) -> NDArray[Any]:
    """Return a copy of what a script gave; labels that came as Python objects get a type of their own."""
    try:
        array = np.array(given)
        if array.dtype == object and len({type(element) for element in array.ravel().tolist()}) == 1:
            array = np.array(array.tolist())
    except (ValueError, OverflowError) as error:
        raise DataError(where, f"{name} is no array ({brief(error)}). Give rows of one length.") from error
    if array.dtype.kind not in "biufUS":
        raise DataError(
            where, f"{name} holds {array.dtype}; numbers, or texts as labels, were expected. Use one kind for all."
        )
    return array


def _part(bunch: Any, part: str) -> Any:
    return bunch.get(part) if isinstance(bunch, Mapping) else getattr(bunch, part, None)
