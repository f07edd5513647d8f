"""Tables of images as CSV: a row an image, its label first or last or where the header says, as MNIST is passed on.

Which column has the labels is told, in this order,

1. by the header: the column called label, labels, class, target, y or digit, or the only one whose name is not that of
   a pixel (``1x1``, ``pixel0``, ``783``);
2. else by the cells of the first and the last column: texts are labels; so are whole numbers of which there are 2 to
   1,000 different ones, each in two rows on average, and none in more than nine rows of ten, as the pixel in a corner;
3. if both columns could be labels, the one is that has numbers beyond those of the pixels between them, else the one
   with fewer different numbers, else the first; if neither could, the first that has two different whole numbers.
"""

from __future__ import annotations

import math
import re
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mlp_core.datasets.array_names import role_of
from mlp_core.datasets.arrays import Labelled, collection_of_labelled, with_count
from mlp_core.datasets.classes import MAX_CLASSES, check_class_count
from mlp_core.datasets.collection import Collection
from mlp_core.datasets.csv_table import Column, Table, looks_like_a_table, read_table, survey
from mlp_core.datasets.files import file_names, is_file, is_folder, reading
from mlp_core.datasets.memory import check_fits
from mlp_core.datasets.rows import n_kept, shared_out
from mlp_core.datasets.source import PathSource
from mlp_core.datasets.splits import check_image_shape
from mlp_core.errors import DataError
from mlp_core.progress import Progress, untold

_SUFFIXES: Final = (".csv", ".tsv")
_LABEL: Final = ("label", "labels", "class", "target", "y", "digit")
_PIXEL: Final = re.compile(r"[a-z]*[ _.-]?(\d{1,7})(?:x(\d{1,7}))?", re.IGNORECASE)
_MOST_OF_ONE: Final = 0.9  # share of the rows


def csv_collection(path: Path, key: str, *, at_most: int | None = None, progress: Progress = untold) -> Collection:
    """Read a table of images, and the one beside it that has the test set or, if it is the test set, the training set.

    Parameters
    ----------
    path : Path
        Text in UTF-8 or Latin-1, cells divided by commas, semicolons or tabs. ``mnist_train.csv`` and
        ``mnist_test.csv`` are read together if they have the same columns.
    key, at_most, progress
        See `mlp_core.datasets.source.Read`.

    Raises
    ------
    DataError
        If it is no table of images, or a cell is missing or no number; it names the line.
    """
    table = _survey(path, progress)
    with reading(path.parent):
        partner = _partner(path)
    other = None if partner is None else _alike(table, partner, progress)
    if other is not None and role_of(path.stem).part == "test":
        table, other = other, table
    return _read(table, other, key, _name(path, other is not None), at_most, progress)


def csv_folder_collection(
    folder: Path, key: str, *, at_most: int | None = None, progress: Progress = untold
) -> Collection:
    """Read a folder with a table of images to train on and one to test, as ``mnist_train.csv`` and ``mnist_test.csv``.

    Parameters
    ----------
    folder : Path
    key, at_most, progress
        See `mlp_core.datasets.source.Read`.

    Raises
    ------
    DataError
        As from `csv_collection`, or if the two have not the same columns.
    """
    with reading(folder):
        pair = _pair_in(folder)
    if pair is None:
        raise DataError(folder, "a train.csv and a test.csv were expected in it. Give the path of a file.")
    train, test = (_survey(path, progress) for path in pair)
    if train.n_columns != test.n_columns:
        raise DataError(
            folder,
            f"{pair[0].name} has {train.n_columns:,} columns, {pair[1].name} {test.n_columns:,}. Give the path of one "
            "of them, and it is used alone.",
        )
    return _read(train, test, key, folder.resolve().name or str(folder), at_most, progress)


def _read(table: Table, test: Table | None, key: str, name: str, at_most: int | None, progress: Progress) -> Collection:
    tables = [table] if test is None else [table, test]
    height, width = _image_shape(table)
    counts = [each.n_rows for each in tables]
    rows = shared_out(at_most, *counts)
    n = sum(n_kept(count, kept) for count, kept in zip(counts, rows, strict=True))
    check_fits(table.path, n, (1 if table.whole else 8) * height * width, height * width)
    by_name = _label_by_name(table.header)
    apart = (0, table.n_columns - 1) if by_name is None else (by_name,)
    parts: list[Labelled] = []
    for each, kept in zip(tables, rows, strict=True):
        columns, pixels = read_table(each, apart, kept, partial(progress, f"Reading {each.path.name}"))
        if len(apart) > 1:
            at = _label_by_cells(each.path, columns, pixels)
            pixels = _with_column(each, columns[1 - at], pixels, first=at == 1)
            label, apart = columns[at], (apart[at],)  # the test set's are in the same column
        else:
            (label,) = columns
        if len(label.cells) > MAX_CLASSES:
            check_class_count(each.path, len(label.cells))
        parts.append(
            Labelled(
                pixels.reshape(len(pixels), height, width),
                label.values(),
                f"the table in {each.path.name}",
                f"the column of labels in {each.path.name}",
            )
        )
    return collection_of_labelled(
        table.path,
        parts[0],
        parts[1] if test is not None else None,
        key=key,
        name=name if rows[0] is None else with_count(name, sum(len(part.labels) for part in parts)),
        source=f"{' and '.join(str(each.path) for each in tables)}; its licence is not stated",
    )


def _image_shape(table: Table) -> tuple[int, int]:
    n_pixels = table.n_columns - 1
    places = [place for name in table.header or () if (place := _PIXEL.fullmatch(name)) and place[2]]
    height, width = (max((int(place[at]) for place in places), default=0) for at in (1, 2))
    if height * width != n_pixels:
        height = width = math.isqrt(max(0, n_pixels))
    if n_pixels < 1 or height * width != n_pixels:
        raise DataError(
            table.path,
            f"its rows have {table.n_columns:,} cells; a label and the pixels of a square image were expected, as 785 "
            "for 28×28. For other images name the pixels 1x1, 1x2, … in a header, or use an .npz file.",
        )
    check_image_shape(table.path, height, width)
    return height, width


def _label_by_name(header: tuple[str, ...] | None) -> int | None:
    if header is None:
        return None
    names = [name.lower() for name in header]
    for name in _LABEL:
        if name in names:
            return names.index(name)
    others = [at for at, name in enumerate(names) if not _PIXEL.fullmatch(name)]
    return others[0] if len(others) == 1 else None


def _label_by_cells(path: Path, columns: list[Column], pixels: NDArray[Any]) -> int:
    """Return 0 if the first column has the labels, 1 if the last has."""
    texts = [not column.are_numbers() for column in columns]
    if any(texts):
        return texts.index(True)
    usual = [_few_and_even(column) for column in columns]
    if all(usual):
        return min((0, 1), key=lambda at: (_are_among(columns[at], pixels), len(columns[at].cells)))
    if any(usual):
        return usual.index(True)
    possible = [len(column.cells) > 1 and _are_whole(column.values()) for column in columns]
    if any(possible):
        return possible.index(True)
    raise DataError(
        path,
        "it cannot be told which column has the labels: neither the first nor the last has different whole numbers or "
        "texts. Name the column 'label' in a header.",
    )


def _are_among(column: Column, pixels: NDArray[Any]) -> bool:
    values = column.values()
    return bool(pixels.size and pixels.min() <= values.min() and values.max() <= pixels.max())


def _few_and_even(column: Column) -> bool:
    counts = column.counts()
    n = int(counts.sum())
    few = 2 <= len(counts) <= min(MAX_CLASSES, n // 2)
    return few and int(counts.max()) <= _MOST_OF_ONE * n and _are_whole(column.values())


def _are_whole(values: NDArray[Any]) -> bool:
    return bool(np.isfinite(values).all() and (values == np.floor(values)).all())


def _with_column(table: Table, column: Column, pixels: NDArray[Any], *, first: bool) -> NDArray[Any]:
    """Return pixels with a column that turned out to be pixels too."""
    if not column.are_numbers():
        raise DataError(
            table.path, "both the first and the last column have texts. Name the column of labels 'label' in a header."
        )
    values = column.values()
    if not np.isfinite(values).all():
        raise DataError(table.path, "a number in it is too large for a pixel. Store pixels from 0 to 255.")
    if values.min() >= 0 and values.max() <= 255 and _are_whole(values):
        values = values.astype(np.uint8)
    return np.column_stack([values, pixels] if first else [pixels, values])


def _survey(path: Path, progress: Progress) -> Table:
    return survey(path, partial(progress, f"Counting the rows of {path.name}"))


def _alike(table: Table, partner: Path, progress: Progress) -> Table | None:
    """Return the table of the partner if it has the same columns: Kaggle's test.csv has no labels."""
    try:
        other = _survey(partner, progress)
    except DataError:
        return None
    return other if (other.n_columns, other.header) == (table.n_columns, table.header) else None


def _partner(path: Path) -> Path | None:
    role = role_of(path.stem)
    wanted = {"train": "test", "test": "train"}.get(role.part, "")
    found = [
        name
        for name in file_names(path.parent)
        if Path(name).suffix.lower() == path.suffix.lower() and role_of(Path(name).stem) == role._replace(part=wanted)
    ]
    return path.parent / found[0] if wanted and len(found) == 1 else None


def _pair_in(folder: Path) -> tuple[Path, Path] | None:
    tables = [folder / name for name in file_names(folder) if Path(name).suffix.lower() in _SUFFIXES]
    train = [path for path in tables if role_of(path.stem).part == "train" and looks_like_a_table(path)]
    if len(train) != 1 or (test := _partner(train[0])) is None or not looks_like_a_table(test):
        return None
    return train[0], test


def _name(path: Path, of_both: bool) -> str:
    return (of_both and role_of(path.stem).of) or path.stem


def _is_csv_file(path: Path) -> bool:
    return is_file(path) and (path.suffix.lower() in _SUFFIXES or looks_like_a_table(path))


def _is_csv_folder(path: Path) -> bool:
    return is_folder(path) and _pair_in(path) is not None


SOURCES = (
    PathSource("a CSV file", _is_csv_file, csv_collection),
    PathSource("a folder with a train.csv and a test.csv", _is_csv_folder, csv_folder_collection),
)
