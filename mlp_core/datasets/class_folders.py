"""Which picture files below a folder belong to which class: a folder for each class, in a folder for each split."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePath
from typing import Final

from mlp_core.datasets.classes import check_class_count
from mlp_core.datasets.files import is_folder, reading
from mlp_core.datasets.wording import tidy_name
from mlp_core.errors import DataError
from mlp_core.progress import Progress, untold

SUFFIXES: Final = frozenset({".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".webp", ".tif", ".tiff"})
_SPLITS: Final = {
    "train": "train",
    "training": "train",
    "valid": "valid",
    "val": "valid",
    "validation": "valid",
    "test": "test",
    "testing": "test",
}
_GLANCE: Final = 500  # entries of a folder that are looked at to see whether it holds pictures at all
_MOST_LOOKED_INTO: Final = 1000  # folders
_TO_DO: Final = "put each class's pictures in a folder named after it"


@dataclass(frozen=True, slots=True)
class ClassFolders:
    """Picture files by split and class.

    Attributes
    ----------
    class_names : tuple of str
        What the folders are called, fit to show, sorted so that 2 comes before 10.
    train : tuple of tuple of Path
        For each class its pictures to train on, sorted in the same way.
    valid, test : tuple of tuple of Path, or None
        For each class its pictures to validate and to test; None if no folder of its own is for them.
    empty : tuple of str
        Names of folders beside those of the classes that hold no picture.
    """

    class_names: tuple[str, ...]
    train: tuple[tuple[Path, ...], ...]
    valid: tuple[tuple[Path, ...], ...] | None
    test: tuple[tuple[Path, ...], ...] | None
    empty: tuple[str, ...]

    @property
    def splits(self) -> dict[str, tuple[tuple[Path, ...], ...]]:
        """The splits that are there, by name: for each class its pictures."""
        splits = {"train": self.train, "valid": self.valid, "test": self.test}
        return {split: classes for split, classes in splits.items() if classes is not None}


def has_class_folders(folder: Path) -> bool:
    """Return whether two folders or more in `folder`, or in its folder ``train``, and half of all, hold pictures.

    A whole disk, or someone's home, is no such folder. Only some entries of each folder are looked at.

    Raises
    ------
    OSError
        If it may not be entered.
    """
    if not is_folder(folder):
        return False
    children = [child for part in _parts(folder)["train"] for child in islice(_subfolders(part), _MOST_LOOKED_INTO)]
    n_holding = sum(map(_holds_pictures, children))
    return n_holding >= 2 and 2 * n_holding >= len(children)


def why_no_class_folders(folder: Path) -> str | None:
    """Return why `has_class_folders` refuses a folder, and what to do; None if what is there are no pictures.

    Only some entries of each folder are looked at.

    Raises
    ------
    OSError
        If it may not be entered.
    """
    if not is_folder(folder):
        return None
    children = [child for part in _parts(folder)["train"] for child in islice(_subfolders(part), _MOST_LOOKED_INTO)]
    holding = [child for child in children if _holds_pictures(child)]
    if len(holding) > 1:
        few = f"only {len(holding):,} of its {len(children):,} folders hold pictures"
        return f"{few}: put those of the classes, and no others, into one folder."
    if holding:
        name = tidy_name(holding[0].relative_to(folder).as_posix())
        if has_class_folders(holding[0]):
            return f"its class folders lie deeper, in {name}. Choose that folder."
        only = (
            "only one class folder" if len(children) == 1 else f"only one of its {len(children):,} folders has pictures"
        )
        return f"{only}, {name} ({_how_many(_entries(holding[0]))}); at least two are needed: {_TO_DO}."
    with os.scandir(folder) as entries:
        loose = _how_many(entry for entry in entries if not _is_hidden(entry.name))
    if loose:
        return f"{loose} {'lies' if loose == '1 picture' else 'lie'} directly in it: {_TO_DO}."
    return f"it is empty: {_TO_DO}, or choose another." if next(_entries(folder), None) is None else None


def find_class_folders(folder: Path, progress: Progress = untold) -> ClassFolders:
    """Find the pictures of each class.

    Parameters
    ----------
    folder : Path
        With a folder for each class; or with folders ``train`` (or ``training``) and maybe ``valid`` (``val``,
        ``validation``) and ``test`` (``testing``) that have these. Pictures may lie deeper in the folder of a class.
        Hidden files and folders, and files that are not called as pictures are, are passed over; links are followed,
        but no folder is entered twice for a class.
    progress : callable
        See `mlp_core.progress`.

    Raises
    ------
    DataError
        If the folder cannot be read, there are fewer than 2 or more than 1,000 classes, or a class has pictures to
        validate or to test but none to train on.
    """
    with reading(folder):
        parts = _parts(folder)
        classes = {split: _by_name(parts[split]) for split in parts}
    names = sorted(set().union(*classes.values()), key=_natural)
    found: dict[str, dict[str, tuple[Path, ...]]] = {}
    for done, name in enumerate(names):
        progress("looking for pictures", done / len(names))
        with reading(folder):
            found[name] = {split: _pictures(classes[split].get(name, []), progress) for split in classes}
    used = [name for name in names if any(found[name].values())]
    check_class_count(folder, len(used))
    for name in used:
        if not found[name]["train"]:
            what = "test" if found[name]["test"] else "validate"
            raise DataError(
                folder,
                f"it has pictures of {tidy_name(name)!r} to {what}, but none to train on. Add some, or remove it.",
            )
    valid, test = (
        tuple(found[name][split] for name in used) if any(found[name][split] for name in used) else None
        for split in ("valid", "test")
    )
    return ClassFolders(
        class_names=tuple(tidy_name(name) for name in used),
        train=tuple(found[name]["train"] for name in used),
        valid=valid,
        test=test,
        empty=tuple(tidy_name(name) for name in names if name not in used),
    )


def _parts(folder: Path) -> dict[str, list[Path]]:
    """Return the folders in which the folders of the classes are, by split."""
    children = list(islice(_subfolders(folder), _MOST_LOOKED_INTO + 1))
    split_of = {child: _SPLITS.get(child.name.casefold()) for child in children}
    parts: dict[str, list[Path]] = {"train": [], "valid": [], "test": []}
    for child, split in split_of.items():
        if split:
            parts[split].append(child)
    # "train" may be a class as well, beside "bus" and "tram".
    alone = all(split or not _holds_pictures(child) for child, split in split_of.items()) if parts["train"] else False
    if alone and any(_holds_pictures(child) for part in parts["train"] for child in _subfolders(part)):
        return parts
    return {"train": [folder], "valid": [], "test": []}


def _by_name(parts: list[Path]) -> dict[str, list[Path]]:
    folders: dict[str, list[Path]] = {}
    for part in parts:
        for child in _subfolders(part):
            # Systems write the same accent as one letter or as two.
            folders.setdefault(unicodedata.normalize("NFC", child.name), []).append(child)
    return folders


def _subfolders(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if not _is_hidden(entry.name) and _is_folder(entry):
                yield Path(entry.path)


def _pictures(folders: list[Path], progress: Progress) -> tuple[Path, ...]:
    files = []
    for folder in folders:
        for entry in _entries(folder):
            if _is_picture(entry):
                files.append(Path(entry.path))
                if len(files) % 1000 == 0:
                    progress(f"looking for pictures in {tidy_name(folder.name)}", 0.0)
    return tuple(sorted(files, key=lambda file: _natural(str(file))))


def _holds_pictures(folder: Path) -> bool:
    try:
        return any(_is_picture(entry) for entry in islice(_entries(folder), _GLANCE))
    except OSError:
        return False


def _how_many(entries: Iterator[os.DirEntry[str]]) -> str:
    """Return how many pictures there are, as far as is looked; an empty text if none."""
    n = sum(map(_is_picture, islice(entries, _GLANCE)))
    at_least = "" if next(entries, None) is None else "at least "
    return f"{at_least}{n:,} picture{'s' if n > 1 else ''}" if n else ""


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Yield what is in a folder and deeper, a link that leads back not taken."""
    entered = set()
    waiting = [str(folder)]
    while waiting:
        here = waiting.pop()
        real = os.path.realpath(here)
        if real in entered:
            continue
        entered.add(real)
        with os.scandir(here) as entries:
            for entry in entries:
                if not _is_hidden(entry.name):
                    if _is_folder(entry):
                        waiting.append(entry.path)
                    yield entry


def _is_picture(entry: os.DirEntry[str]) -> bool:
    try:
        return PurePath(entry.name).suffix.lower() in SUFFIXES and entry.is_file()
    except OSError:  # a link to itself
        return False


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "__MACOSX"))


def _natural(name: str) -> tuple[tuple[str | int, ...], str]:
    """Return a sort key in which numbers count by their size; texts and numbers alternate, so any two compare."""
    parts = re.split(r"(\d+)", name.casefold())
    return tuple(int(part) if odd % 2 else part for odd, part in enumerate(parts)), name
