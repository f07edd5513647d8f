"""A folder of class-named folders of pictures: looked through first, then converted to images of one size."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mlp_core.cores import has_second_core
from mlp_core.datasets.class_folders import ClassFolders, find_class_folders, has_class_folders
from mlp_core.datasets.collection import Collection
from mlp_core.datasets.dataset import Split
from mlp_core.datasets.files import reading
from mlp_core.datasets.memory import check_fits
from mlp_core.datasets.picture import Conversion, Paper, converted, paper_of, picture_size
from mlp_core.datasets.source import PathSource
from mlp_core.datasets.splits import read_only_split
from mlp_core.datasets.wording import tidy_name
from mlp_core.errors import DataError
from mlp_core.progress import Progress, untold

SMALL: Final = 64  # pixels a side: pictures of one such size are taken as they are
_HEADERS: Final = 200  # pictures that are asked for their size
_GLANCES: Final = 32  # pictures whose paper is looked at
_TRIES: Final = 5  # pictures of a class that are tried for a preview
_BLOCK: Final = 8  # pictures that are given to a thread at once
_NAMED: Final = 3  # files that an error names


@dataclass(frozen=True, slots=True, eq=False)
class ImageFolder:
    """What `survey_image_folder` found.

    Attributes
    ----------
    path : Path
    folders : ClassFolders
        The class names and the files of each.
    sizes : tuple of ((int, int), int)
        Height and width of pictures, and how many of the sample that was looked at have it, the most usual first;
        empty if none could be read.
    light_paper : bool
        Whether most pictures show dark ink on light paper.
    plain_paper : bool
        Whether most pictures are drawings on plain paper.
    """

    path: Path
    folders: ClassFolders
    sizes: tuple[tuple[tuple[int, int], int], ...]
    light_paper: bool
    plain_paper: bool

    @property
    def class_names(self) -> tuple[str, ...]:
        """What each class is called."""
        return self.folders.class_names

    def __len__(self) -> int:
        return int(self.class_counts().sum())

    def class_counts(self) -> NDArray[np.int64]:
        """Return how many pictures each class has, all splits together, shape (n_classes,)."""
        counts = [[len(files) for files in classes] for classes in self.folders.splits.values()]
        total: NDArray[np.int64] = np.sum(counts, axis=0, dtype=np.int64)
        return total

    @property
    def split_sizes(self) -> tuple[int, int | None, int | None]:
        """Number of pictures to train, to validate and to test; None for a split that has no folder of its own."""
        folders = self.folders
        valid, test = (None if split is None else sum(map(len, split)) for split in (folders.valid, folders.test))
        return sum(map(len, folders.train)), valid, test

    def suggested(self) -> Conversion:
        """Return what suits: one small size stays as it is, others become as in MNIST, 28×28 from black to white.

        Drawings are trimmed to their ink, wherever on the paper it is; of photographs nothing is taken away.
        """
        if len(self.sizes) == 1 and max(self.sizes[0][0]) <= SMALL:
            (height, width), _ = self.sizes[0]
            return Conversion(height, width, contrast="kept")
        return Conversion(fit="ink" if self.plain_paper else "pad")

    def preview(
        self, conversion: Conversion, most: int = 20, progress: Progress = untold
    ) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
        """Return the first readable picture of each class, for the first `most` classes.

        Parameters
        ----------
        conversion : Conversion
        most : int
        progress : callable
            See `mlp_core.progress`; called before each picture.

        Returns
        -------
        images : ndarray of uint8, shape (n, height, width)
        names : tuple of str
            What the class of each is called; a class whose first few pictures are unreadable is left out.
        """
        images, names = [], []
        classes = list(zip(self.class_names, self.folders.train, strict=True))[:most]
        for done, (name, files) in enumerate(classes):
            for file in files[:_TRIES]:
                progress("reading pictures", done / len(classes))
                try:
                    images.append(converted(file, conversion, dark_ink=self.light_paper))
                except DataError:
                    continue
                names.append(name)
                break
        shape = (len(images), conversion.height, conversion.width)
        return np.array(images, np.uint8).reshape(shape), tuple(names)

    def read(
        self,
        conversion: Conversion,
        key: str | None = None,
        *,
        at_most: int | None = None,
        progress: Progress = untold,
    ) -> Collection:
        """Convert the pictures.

        Parameters
        ----------
        conversion : Conversion
        key : str, optional
            The key of the collection; the path by default.
        at_most : int, optional
            Read about this number of pictures, evenly spaced in each class, at least one of each.
        progress : callable
            See `mlp_core.progress`.

        Returns
        -------
        Collection
            Pixels uint8, 0 paper to 255 ink. Pictures that cannot be read are left out, and `remarks` says so.

        Raises
        ------
        DataError
            If more than half of the pictures cannot be read, or none of a class to train on, or none to validate or
            to test.
        TooLargeError
            If the images would not fit into memory.
        """
        splits = {split: _fewer(classes, at_most, len(self)) for split, classes in self.folders.splits.items()}
        files = [file for classes in splits.values() for of_class in classes for file in of_class]
        y = np.array([label for split in splits.values() for label, some in enumerate(split) for _ in some], np.int64)
        ends = np.cumsum([sum(map(len, classes)) for classes in splits.values()]).tolist()
        places = {split: slice(*ends) for split, ends in zip(splits, pairwise([0, *ends]), strict=True)}
        n_pixels = conversion.height * conversion.width
        with reading(self.path):
            check_fits(self.path, len(files), n_pixels, n_pixels)
            X, readable = _convert_all(files, conversion, self.light_paper, progress)
        left_out = [file for file, kept in zip(files, readable.tolist(), strict=True) if not kept]
        self._check(y, places, readable, left_out)
        made = {split: _split(X[place], y[place], readable[place]) for split, place in places.items()}
        return Collection(
            key=str(self.path) if key is None else key,
            name=tidy_name(self.path.resolve().name),
            source=f"{self.path}; its licence is not stated",
            image_shape=(conversion.height, conversion.width),
            class_names=self.class_names,
            pixel_range=(0.0, 255.0),
            train=made["train"],
            valid=made.get("valid"),
            test=made.get("test"),
            remarks=self._remarks(left_out, len(files)),
            conversion=conversion,
        )

    def _check(
        self, y: NDArray[np.int64], places: dict[str, slice], readable: NDArray[np.bool_], left_out: list[Path]
    ) -> None:
        """Refuse to go on where too little is left."""
        if not left_out:
            return
        to_train = places["train"]
        counts = np.bincount(y[to_train][readable[to_train]], minlength=len(self.class_names))
        unreadable = [split for split, place in places.items() if not readable[place].any()]
        if len(left_out) * 2 > len(y):
            problem = f"{len(left_out):,} of its {len(y):,} pictures cannot be read"
        elif not counts.all():
            problem = f"no picture of {self.class_names[int(np.argmin(counts))]!r} can be read to train on"
        elif unreadable:
            problem = f"no picture to {'test' if 'test' in unreadable else 'validate'} can be read"
        else:
            return
        names = ", ".join(self._short_name(file) for file in left_out[:_NAMED])
        raise DataError(
            self.path, f"{problem}: {names}{', …' if len(left_out) > _NAMED else ''}. Save them again as PNG or JPEG."
        )

    def _remarks(self, left_out: list[Path], n: int) -> str:
        remarks = []
        if left_out:
            remarks.append(
                f"{len(left_out):,} of {n:,} pictures could not be read and were left out, the first "
                f"{self._short_name(left_out[0])}."
            )
        if self.folders.empty:
            remarks.append(f"There are no pictures in {', '.join(map(repr, self.folders.empty[:_NAMED]))}.")
        return " ".join(remarks)

    def _short_name(self, file: Path) -> str:
        return tidy_name(file.relative_to(self.path))


def survey_image_folder(path: str | Path, progress: Progress = untold) -> ImageFolder:
    """Look through a folder of pictures, and read a sample of them to see what they are like.

    Parameters
    ----------
    path : str or Path
        See `mlp_core.datasets.class_folders.find_class_folders`.
    progress : callable
        See `mlp_core.progress`.

    Raises
    ------
    DataError
        If the folder cannot be read, or does not hold pictures of 2 to 1,000 classes.
    """
    path = Path(path)
    folders = find_class_folders(path, progress)
    sample = [file for files in _fewer(folders.train, _HEADERS, sum(map(len, folders.train))) for file in files]
    sizes: Counter[tuple[int, int]] = Counter()
    for done, file in enumerate(sample):
        progress("looking at the pictures", done / len(sample))
        with suppress(DataError):
            sizes[picture_size(file)] += 1
    papers: list[Paper] = []
    for file in sample[:: math.ceil(len(sample) / _GLANCES)]:
        progress("looking at the paper", len(papers) / _GLANCES)
        with suppress(DataError):
            papers.append(paper_of(file))
    return ImageFolder(
        path,
        folders,
        tuple(sizes.most_common()),
        light_paper=sum(paper.light for paper in papers) * 2 > len(papers),
        plain_paper=sum(paper.plain for paper in papers) * 2 > len(papers),
    )


def image_folder_collection(
    path: str | Path, key: str | None = None, *, at_most: int | None = None, progress: Progress = untold
) -> Collection:
    """Read a folder of class-named folders of pictures with the conversion that suits them.

    Parameters
    ----------
    path : str or Path
        See `survey_image_folder`.
    key : str, optional
        The key of the collection; the path by default.
    at_most, progress
        See `mlp_core.datasets.source.Read`.

    Raises
    ------
    DataError
        As from `survey_image_folder` and `ImageFolder.read`.
    """
    folder = survey_image_folder(path, progress)
    return folder.read(folder.suggested(), key, at_most=at_most, progress=progress)


def _fewer(classes: tuple[tuple[Path, ...], ...], at_most: int | None, total: int) -> list[tuple[Path, ...]]:
    """Return evenly spaced files of each class, in its share of `at_most` of `total`, but one at least."""
    if at_most is None or at_most >= total:
        return list(classes)
    fewer = []
    for files in classes:
        n = min(len(files), max(1, round(len(files) * at_most / total)))
        fewer.append(tuple(files[i * len(files) // n] for i in range(n)))
    return fewer


def _convert_all(
    files: Sequence[Path], conversion: Conversion, light_paper: bool, progress: Progress
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Return the pixels of each file, shape (n, height * width), and whether it could be read, shape (n,)."""
    X = np.zeros((len(files), conversion.height * conversion.width), np.uint8)
    readable = np.zeros(len(files), np.bool_)

    def convert(start: int) -> None:
        for row in range(start, min(start + _BLOCK, len(files))):
            with suppress(DataError):
                X[row] = converted(files[row], conversion, dark_ink=light_paper).reshape(-1)
                readable[row] = True

    starts = range(0, len(files), _BLOCK)
    with ThreadPoolExecutor(2 if has_second_core() else 1, "pictures") as threads:
        try:
            for done, _ in enumerate(threads.map(convert, starts), 1):
                progress("reading pictures", done / len(starts))
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise
    return X, readable


def _split(X: NDArray[np.uint8], y: NDArray[np.int64], readable: NDArray[np.bool_]) -> Split:
    return read_only_split(X, y) if readable.all() else read_only_split(X[readable], y[readable])


SOURCES = (PathSource("a folder of class-named folders of images", has_class_folders, image_folder_collection),)
