"""Misclassified view: the test digits that the network gets wrong, a page of them at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from mlp_core.datasets.dataset import Dataset
from mlp_core.datasets.thumbnail import thumbnails
from mlp_viz.run.news import TestErrors
from mlp_viz.views.class_words import all_short, image_word, percent
from mlp_viz.widgets.caption import Caption
from mlp_viz.widgets.paged_panel import PagedPanel
from mlp_viz.widgets.panel import TEXT_POINTS, ElidedLabel, set_points

GRID: Final = (5, 5)  # columns and rows
GRID_OF_WORDS: Final = (3, 4)  # where two class names do not fit under a tile of the other

_WAITING: Final = (
    "Test {what} that the network gets wrong appear here when you press Train.\nt: the true class. p: what it predicts."
)
_NO_DATA: Final = "Choose a data set. The test images that the network gets wrong then appear here."
_NO_TEST: Final = "This data set has no test {what}, so there is nothing to misclassify here."
_NO_ERRORS: Final = "None of the test {what} is misclassified."


class MisclassifiedView(PagedPanel):
    """A page of 5×5 misclassified test images, each with its true and its predicted class; 3×4 if these are words.

    News of the same run keeps the page, as far as there are that many errors. The other signals are those of
    `Panel`.

    Signals
    -------
    sampleChosen(int, int)
        A digit was clicked: its place in the test set, and the class that the network gives it.
    """

    sampleChosen = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        self._dataset: Dataset | None = None
        self._errors: TestErrors | None = None
        self._count = ElidedLabel()
        set_points(self._count, TEXT_POINTS)
        super().__init__("Misclassified test images", "misclassified images", (self._count,), parent)
        self.set_dataset(None)

    @property
    def count_text(self) -> str:
        """How many are wrong: ``246 of 10,000 wrong (2.46 %)``."""
        return self._count.text()

    def set_dataset(self, dataset: Dataset | None) -> None:
        """Take the test images of `dataset`, and show none of them yet."""
        self._dataset = dataset
        self.mosaic.set_grid(*self._grid)
        self.set_title(f"Misclassified test {self._what}")
        self.clear()

    @Slot(object)
    def show_errors(self, errors: TestErrors) -> None:
        """Show what is wrong at a moment, on the page that is open."""
        self._errors = errors
        self._refresh()

    def clear(self) -> None:
        """Show no digits, go to the first page, and say how they will come."""
        self._errors = None
        self.first_page()

    @Slot()
    def first_page(self) -> None:
        """Go back to the first page."""
        self._refresh(keep_page=False)

    def page(self, shown: range) -> tuple[NDArray[np.uint8], Sequence[Caption]] | None:
        """Return the errors with the numbers `shown`, each with its true and its predicted class."""
        errors, dataset = self._errors, self._dataset
        if errors is None or dataset is None:
            return None
        some, names = slice(shown.start, shown.stop), dataset.class_names
        captions = [
            Caption(((f"t: {names[true]}", "accent"), ("  ", "text"), (f"p: {names[predicted]}", "error")))
            for true, predicted in zip(errors.true[some], errors.predicted[some], strict=True)
        ]
        tiles = thumbnails(dataset.test.X, errors.indices[some], dataset.image_shape, dataset.pixel_range)
        return tiles, captions

    def why_empty(self) -> str:
        """Return why there is no digit here."""
        if self._dataset is None:
            return _NO_DATA
        if not len(self._dataset.test):
            return _NO_TEST.format(what=self._what)
        return (_WAITING if self._errors is None else _NO_ERRORS).format(what=self._what)

    def tip(self, number: int) -> str:
        """Return which test digit it is, and its classes."""
        errors, dataset = self._errors, self._dataset
        if errors is None or dataset is None:
            return ""
        true, predicted = (dataset.class_names[classes[number]] for classes in (errors.true, errors.predicted))
        return f"Test image {int(errors.indices[number]) + 1:,}\ntrue class: {true}\npredicted: {predicted}"

    def choose(self, number: int) -> None:
        """Tell which digit was chosen."""
        if self._errors is not None:
            self.sampleChosen.emit(int(self._errors.indices[number]), int(self._errors.predicted[number]))

    @property
    def _names(self) -> tuple[str, ...]:
        return () if self._dataset is None else self._dataset.class_names

    @property
    def _what(self) -> str:
        return image_word(self._names)

    @property
    def _grid(self) -> tuple[int, int]:
        return GRID if all_short(self._names) else GRID_OF_WORDS

    @property
    def _n_errors(self) -> int:
        return 0 if self._errors is None or self._dataset is None else len(self._errors.indices)

    def _refresh(self, *, keep_page: bool = True) -> None:
        columns, rows = self._grid
        self.show_pages(self._n_errors, columns * rows, keep_page=keep_page)
        self._show_texts()

    def _show_texts(self) -> None:
        errors, n_errors = self._errors, self._n_errors
        if errors is None or self._dataset is None or not errors.n_test:
            self.set_status("")
            self._count.set_text("")
        else:
            self.set_status(f"epoch {errors.epoch:,} · test accuracy {percent(errors.accuracy)}")
            wrong = percent(n_errors / errors.n_test)
            self._count.set_text(f"{n_errors:,} of {errors.n_test:,} wrong ({wrong})")
