"""What arrays and files are usually called: which are images and which labels, to train, to validate or to test."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from mlp_core.datasets.wording import listed
from mlp_core.errors import DataError

_PARTS: Final = {
    "train": "train",
    "training": "train",
    "val": "valid",
    "valid": "valid",
    "validation": "valid",
    "test": "test",
    "testing": "test",
    "t10k": "test",
}
_KINDS: Final = {
    "x": "images",
    "images": "images",
    "image": "images",
    "imgs": "images",
    "img": "images",
    "data": "images",
    "pixels": "images",
    "y": "labels",
    "labels": "labels",
    "label": "labels",
    "lbls": "labels",
    "targets": "labels",
    "target": "labels",
}
_OF_CLASSES: Final = {"class", "classes", "label", "labels", "target", "targets"}
_OF_THE_FORMAT: Final = {"gz", "ubyte", "idx1", "idx3", "npy", "npz", "csv", "tsv", "txt"}
_BY_NUMPY: Final = {"arr_0": "images", "arr_1": "labels"}  # numpy.savez calls arrays so that were given no name
_JOINED: Final = re.compile(r"([xy])(train|valid|val|test)|(train|valid|val|test)([xy])")
_SEPARATORS: Final = re.compile(r"[-_. ]+|(?<=[a-z])(?=[A-Z])")


class Role(NamedTuple):
    """What a name says.

    Attributes
    ----------
    part : str
        ``train``, ``valid``, ``test``, or nothing.
    kind : str
        ``images``, ``labels``, ``names`` (of the classes), or nothing.
    of : str
        What is left: the name of the data set, as ``emnist-digits`` in ``emnist-digits-train-images-idx3-ubyte``.
    """

    part: str
    kind: str
    of: str


class Pair(NamedTuple):
    """The names of two arrays that belong together."""

    images: str
    labels: str


@dataclass(frozen=True, slots=True)
class Layout:
    """How the arrays of a data set are called.

    Attributes
    ----------
    pairs : mapping of str to Pair
        By split, in the order train, valid, test; there is always one to train on.
    names : str or None
        The array of class names.
    """

    pairs: Mapping[str, Pair]
    names: str | None = None


def role_of(name: str) -> Role:
    """Return what the name of an array or a file says of it, in any letter case."""
    words: list[str] = []
    for word in filter(None, _SEPARATORS.split(name)):
        joined = _JOINED.fullmatch(word.lower())
        words += filter(None, joined.groups()) if joined else [word.lower()]
    words = [word for word in words if word not in _OF_THE_FORMAT]
    if len(words) > 1 and words[-1] == "names" and set(words[:-1]) <= _OF_CLASSES:
        return Role("", "names", "")
    parts = [_PARTS[word] for word in words if word in _PARTS]
    kinds = {_KINDS[word] for word in words if word in _KINDS}
    kind = "labels" if "labels" in kinds else "images" if kinds else ""  # the labels of images are labels
    return Role(parts[0] if parts else "", kind, "-".join(w for w in words if w not in _PARTS and w not in _KINDS))


def layout_of(source: str | Path, names: Iterable[str], of: str | None = None) -> Layout:
    """Return which arrays are the images and the labels.

    Parameters
    ----------
    source : str or Path
        What an error names.
    names : iterable of str
        What the arrays are called; those whose names say nothing are passed over.
    of : str, optional
        Only those of this data set; by default there must be one only, or one whose arrays are named after nothing.

    Raises
    ------
    DataError
        If an array lacks its partner, or it cannot be told which are meant.
    """
    names = sorted(names)
    roles = {name: role_of(name) for name in names}
    found = {name: role for name, role in roles.items() if role.kind in ("images", "labels")}
    if not found and set(_BY_NUMPY) <= set(names):
        found = {name: Role("", kind, "") for name, kind in _BY_NUMPY.items() if len(names) == len(_BY_NUMPY)}
    sets = sorted({role.of for role in found.values()})
    if of is None and sets:
        if len(sets) > 1 and "" not in sets:
            raise DataError(
                source, f"it holds several data sets: {listed(sets)}. Give a file of the one that is meant."
            )
        of = sets[0]
    by_role: dict[tuple[str, str], list[str]] = {}
    for name, role in found.items():
        if role.of == of:
            by_role.setdefault((role.part, role.kind), []).append(name)
    main = "train" if any(part == "train" for part, _ in by_role) else ""
    pairs = {
        split: _pair(source, part, by_role, names)
        for split, part in (("train", main), ("valid", "valid"), ("test", "test"))
        if {(part, "images"), (part, "labels")} & by_role.keys()
    }
    if "train" not in pairs:
        raise DataError(
            source,
            f"it cannot be told which are the images and labels to train on; found: {listed(names)}. "
            "Call them X_train and y_train (and X_test and y_test), or images and labels.",
        )
    class_names = [name for name, role in roles.items() if role.kind == "names"]
    return Layout(pairs, class_names[0] if class_names else None)


def layout_beside(source: str | Path, name: str, names: Iterable[str]) -> Layout:
    """Return how the files are called that make a data set together with the file called `name`.

    Parameters
    ----------
    source : str or Path
        What an error names.
    name : str
        The file that was given, of images or labels.
    names : iterable of str
        Files that may belong to it. A validation set or a test set is used if its images and labels are both there;
        one that was given by itself counts as images to train on.

    Raises
    ------
    DataError
        If it cannot be told what the file is, or its partner is missing.
    """
    given = role_of(name)
    if given.kind not in ("images", "labels"):
        raise DataError(
            source,
            "its name does not tell whether it holds images or labels. Call the two files that belong together "
            "images and labels, or X and y, or open an .npz file that has both.",
        )
    names = sorted({name, *names})
    by_role: dict[tuple[str, str], list[str]] = {}
    for other in names:
        role = role_of(other)
        if role.of == given.of and role.kind in ("images", "labels"):
            by_role.setdefault((role.part, role.kind), []).append(other)
    main = given.part
    if main in ("test", "valid"):
        main = next((part for part in ("train", "") if _is_whole(part, by_role)), main)
    parts = {"train": main}
    parts.update((part, part) for part in ("valid", "test") if part != main and _is_whole(part, by_role))
    return Layout({split: _pair(source, part, by_role, names) for split, part in parts.items()})


def _is_whole(part: str, by_role: dict[tuple[str, str], list[str]]) -> bool:
    return all((part, kind) in by_role for kind in ("images", "labels"))


def _pair(source: str | Path, part: str, by_role: dict[tuple[str, str], list[str]], names: list[str]) -> Pair:
    images, labels = by_role.get((part, "images"), []), by_role.get((part, "labels"), [])
    for found, there, missing in ((images, labels, "images"), (labels, images, "labels")):
        if not found:
            raise DataError(
                source, f"{listed(there)} lacks its {missing}; found: {listed(names)}. Put both in the same place."
            )
    if len(labels) > 1:
        raise DataError(source, f"it cannot be told which are the labels: {listed(labels)}. Keep one of them.")
    return Pair(min(images, key=_preference), labels[0])


def _preference(name: str) -> int:
    """Return the place of a name among those for images: some keep ``data`` and ``images``, flat and as rectangles."""
    words = [word for word in _SEPARATORS.split(name.lower()) if word in _KINDS]
    return min((list(_KINDS).index(word) for word in words), default=len(_KINDS))
