"""Tables of images as CSV: a row an image, its label first or last or where the header says, as MNIST is passed on.

Which column has the labels is told, in this order,

1. by the header: the column called label, labels, class, target, y or digit, or the only one whose name is not that of
   a pixel (``1x1``, ``pixel0``, ``783``);
2. else by the cells of the first and the last column: texts are labels; so are whole numbers of which there are 2 to
   1,000 different ones, each in two rows on average, and none in more than nine rows of ten, as the pixel in a corner;
3. if both columns could be labels, the one is that has numbers beyond those of the pixels between them, else the one
   whose different numbers are more equally frequent, else the first; if neither could, the first that has two
   different whole numbers.

Where this leaves a doubt, `Collection.remarks` says which column was taken, and how a header decides it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

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
from mlp_core.datasets.wording import brief
from mlp_core.errors import DataError
from mlp_core.progress import Progress, untold

_SPLITS: Final = ("train", "valid", "test")
_SUFFIXES: Final = (".csv", ".tsv")
_LABEL: Final = ("label", "labels", "class", "target", "y", "digit")
_PIXEL: Final = re.compile(r"[a-z]*[ _.-]?(\d{1,7})(?:x(\d{1,7}))?", re.IGNORECASE)
_MOST_OF_ONE: Final = 0.9  # share of the rows

_T = TypeVar("_T")


def csv_collection(path: Path, key: str, *, at_most: int | None = None, progress: Progress = untold) -> Collection:
    """Read a table of images, and those beside it that have the other splits of the same data set.

    Parameters
    ----------
    path : Path
        Text in UTF-8 or Latin-1, cells divided by commas, semicolons or tabs. ``mnist_train.csv``, ``mnist_valid.csv``
        and ``mnist_test.csv`` are read together if they have the same columns; `remarks` tells which have not. A
        validation or test set without its training set counts as images to train on.
    key, at_most, progress
        See `mlp_core.datasets.source.Read`.

    Raises
    ------
    DataError
        If it is no table of images, or a cell is missing or no number; it names the line.
    """
    table = _survey(path, progress)
    with reading(path.parent):
        beside = _beside(path)
    tables, remarks = {_split_of(path): table}, []
    for split, partner in beside.items():
        try:
            other = _survey(partner, progress)
            difference = _difference(table, other)
        except DataError as error:
            difference = str(error).removeprefix(f"{partner}: ").rstrip(".")
        if difference:  # as Kaggle's test.csv, which has no labels
            remarks.append(f"{brief(partner.name)} beside it was not used: {brief(difference, 200)}.")
        else:
            tables[split] = other
    tables = _in_order(tables) if "train" in tables else {"train": table}
    return _read(path, tables, key, _name(path, len(tables) > 1), at_most, progress, remarks)


def csv_folder_collection(
    folder: Path, key: str, *, at_most: int | None = None, progress: Progress = untold
) -> Collection:
    """Read a folder with tables of the splits, as ``mnist_train.csv`` and ``mnist_test.csv``.

    Parameters
    ----------
    folder : Path
    key, at_most, progress
        See `mlp_core.datasets.source.Read`.

    Raises
    ------
    DataError
        As from `csv_collection`, or if the tables have not the same columns.
    """
    with reading(folder):
        paths = _splits_in(folder)
    if paths is None:
        raise DataError(folder, "a train.csv and a test.csv were expected in it. Give the path of a file.")
    tables = {split: _survey(path, progress) for split, path in paths.items()}
    for table in tables.values():
        if difference := _difference(tables["train"], table):
            raise DataError(
                folder, f"{table.path.name}: {difference}. Give the path of one of the two, to use it alone."
            )
    return _read(folder, tables, key, folder.resolve().name or str(folder), at_most, progress)


def _read(
    path: Path,
    tables: dict[str, Table],
    key: str,
    name: str,
    at_most: int | None,
    progress: Progress,
    remarks: Sequence[str] = (),
) -> Collection:
    table, told = tables["train"], list(remarks)
    height, width = _image_shape(table)
    counts = [each.n_rows for each in tables.values()]
    rows = shared_out(at_most, *counts)
    n = sum(map(n_kept, counts, rows))
    check_fits(table.path, n, (1 if table.whole else 8) * height * width, height * width)
    by_name = _label_by_name(table.header)
    apart = (0, table.n_columns - 1) if by_name is None else (by_name,)
    parts: dict[str, Labelled] = {}
    for (split, each), kept in zip(tables.items(), rows, strict=True):
        columns, pixels = read_table(each, apart, kept, partial(progress, f"Reading {each.path.name}"))
        if len(apart) > 1:
            at, certain = _label_by_cells(each.path, columns, pixels)
            if not certain:
                told.append(
                    f"The {('first', 'last')[at]} column was taken for the labels, but the {('last', 'first')[at]} one "
                    "may have them as well. Name the column of labels 'label' in a header to decide it."
                )
            pixels = _with_column(each, columns[1 - at], pixels, first=at == 1)
            label, apart = columns[at], (apart[at],)  # those of the other splits are in the same column
        else:
            (label,) = columns
        if len(label.cells) > MAX_CLASSES:
            check_class_count(each.path, len(label.cells))
        parts[split] = Labelled(
            pixels.reshape(len(pixels), height, width),
            label.values(),
            f"the table in {each.path.name}",
            f"the column of labels in {each.path.name}",
        )
    return collection_of_labelled(
        path,
        parts,
        key=key,
        name=name if rows[0] is None else with_count(name, sum(len(part.labels) for part in parts.values())),
        source=f"{' and '.join(str(each.path) for each in tables.values())}; its licence is not stated",
        remarks=" ".join(told),
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


def _label_by_cells(path: Path, columns: list[Column], pixels: NDArray[Any]) -> tuple[int, bool]:
    """Return 0 if the first column has the labels, 1 if the last has; and whether there is hardly a doubt."""
    texts = [not column.are_numbers() for column in columns]
    if any(texts):
        return texts.index(True), True
    possible = [len(column.cells) > 1 and _are_whole(column.values()) for column in columns]
    even = [can and _are_even(column) for can, column in zip(possible, columns, strict=True)]
    usual = [can and _are_few(column) for can, column in zip(even, columns, strict=True)]
    if all(usual):
        among = [_are_among(column, pixels) for column in columns]
        return min((0, 1), key=lambda at: (among[at], _largest_class(columns[at]))), among[0] != among[1]
    if any(usual):
        at = usual.index(True)
        return at, not (even[1 - at] and _count_up(columns[1 - at]))
    if any(possible):
        return possible.index(True), not all(possible)
    raise DataError(
        path,
        "it cannot be told which column has the labels: neither the first nor the last has different whole numbers or "
        "texts. Name the column 'label' in a header.",
    )


def _are_among(column: Column, pixels: NDArray[Any]) -> bool:
    values = column.values()
    return bool(pixels.size and pixels.min() <= values.min() and values.max() <= pixels.max())


def _are_few(column: Column) -> bool:
    return len(column.cells) <= min(MAX_CLASSES, len(column.numbers) // 2)


def _largest_class(column: Column) -> float:
    """Return how many times as large as the mean class the largest is."""
    counts = column.counts()
    return float(counts.max() / counts.mean())


def _count_up(column: Column) -> bool:
    values = column.values()
    return bool(values.max() - values.min() == len(np.unique(values)) - 1)


def _are_even(column: Column) -> bool:
    return int(column.counts().max()) <= _MOST_OF_ONE * len(column.numbers)


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


def _difference(table: Table, other: Table) -> str:
    """Return in words how the columns of another table differ from those of `table`; empty if they do not."""
    if table.n_columns != other.n_columns:
        return f"it has {other.n_columns:,} columns, {table.path.name} has {table.n_columns:,}"
    if table.header != other.header:
        return f"it has not the header of {table.path.name}"
    return ""


def _split_of(path: Path) -> str:
    return role_of(path.stem).part or "train"


def _in_order(splits: dict[str, _T]) -> dict[str, _T]:
    return {split: splits[split] for split in _SPLITS if split in splits}


def _beside(path: Path) -> dict[str, Path]:
    """Return the tables beside one that are called alike but for their split."""
    role = role_of(path.stem)
    found: dict[str, list[Path]] = {}
    for name in file_names(path.parent) if role.part else ():
        part = role_of(Path(name).stem).part
        alike = (role_of(Path(name).stem), Path(name).suffix.lower())
        if part not in ("", role.part) and alike == (role._replace(part=part), path.suffix.lower()):
            found.setdefault(part, []).append(path.parent / name)
    return _in_order({part: paths[0] for part, paths in found.items() if len(paths) == 1})


def _splits_in(folder: Path) -> dict[str, Path] | None:
    tables = [folder / name for name in file_names(folder) if Path(name).suffix.lower() in _SUFFIXES]
    train = [path for path in tables if role_of(path.stem).part == "train" and looks_like_a_table(path)]
    if len(train) != 1 or not (beside := _beside(train[0])):
        return None
    if not all(map(looks_like_a_table, beside.values())):
        return None
    return {"train": train[0], **beside}


def _name(path: Path, of_both: bool) -> str:
    return (of_both and role_of(path.stem).of) or path.stem


def _is_csv_file(path: Path) -> bool:
    return is_file(path) and (path.suffix.lower() in _SUFFIXES or looks_like_a_table(path))


def _is_csv_folder(path: Path) -> bool:
    return is_folder(path) and _splits_in(path) is not None


SOURCES = (
    PathSource("a CSV file", _is_csv_file, csv_collection),
    PathSource("a folder with a train.csv and a test.csv", _is_csv_folder, csv_folder_collection),
)
