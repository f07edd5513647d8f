"""Misclassified view: the test digits that the network gets wrong, a page of them at a time."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from mlp_core.datasets.dataset import Dataset
from mlp_core.datasets.thumbnail import thumbnails
from mlp_viz.run.news import TestErrors
from mlp_viz.theme import UNIT, Theme
from mlp_viz.widgets.colour_scale import grey_lut
from mlp_viz.widgets.mosaic import Caption, Mosaic
from mlp_viz.widgets.pager import Pager
from mlp_viz.widgets.panel import TEXT_POINTS, ElidedLabel, Panel, set_points

COLUMNS: Final = 5
ROWS: Final = 5
PAGE: Final = COLUMNS * ROWS

_WAITING: Final = (
    "Test digits that the network gets wrong appear here when you press Train.\nt: the true class. p: what it predicts."
)
_NO_DATA: Final = "Choose a data set. The test digits that the network gets wrong then appear here."
_NO_TEST: Final = "This data set has no test digits, so there is nothing to misclassify here."
_NO_ERRORS: Final = "No test digit is misclassified."


class MisclassifiedView(Panel):
    """A page of 5×5 misclassified test digits, each with its true and its predicted class.

    News of the same run keeps the page, as far as there are that many errors. The other signals are those of
    `Panel`.

    Signals
    -------
    sampleChosen(int, int)
        A digit was clicked: its place in the test set, and the class that the network gives it.
    """

    sampleChosen = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Misclassified test digits", parent)
        self._dataset: Dataset | None = None
        self._errors: TestErrors | None = None
        self.mosaic = Mosaic()
        self.mosaic.set_lut(grey_lut())
        self.mosaic.set_grid(COLUMNS, ROWS)
        self.mosaic.set_navigable(True)
        self.mosaic.setAccessibleName("Misclassified test digits")
        self._count = ElidedLabel()
        set_points(self._count, TEXT_POINTS)
        self.pager = Pager("misclassified digits")
        row = QHBoxLayout()
        row.setSpacing(UNIT // 2)
        row.addWidget(self._count, 1)
        row.addWidget(self.pager)
        self.body.addWidget(self.mosaic, 1)
        self.body.addLayout(row)
        self.pager.turned.connect(self._show_page)
        self.mosaic.tileHovered.connect(self._hover)
        self.mosaic.tileClicked.connect(self._choose)
        self.mosaic.tileActivated.connect(self._choose)
        self._refresh()

    @property
    def count_text(self) -> str:
        """How many are wrong: ``246 of 10,000 wrong (2.46 %)``."""
        return self._count.text()

    def set_dataset(self, dataset: Dataset | None) -> None:
        """Take the test digits of `dataset`, and show none of them yet."""
        self._dataset = dataset
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

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Turn the page."""
        if not self.pager.turn_by_key(event):
            super().keyPressEvent(event)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`; the digits stay white on black."""
        super().apply_theme(theme)
        self.mosaic.apply_theme(theme)

    @property
    def _n_errors(self) -> int:
        return 0 if self._errors is None or self._dataset is None else len(self._errors.indices)

    def _refresh(self, *, keep_page: bool = True) -> None:
        self.pager.set_count(self._n_errors, PAGE, keep_page=keep_page)
        self.pager.setVisible(self._n_errors > 0)
        self._show_page()
        self._show_texts()

    @Slot()
    def _show_page(self) -> None:
        errors, dataset = self._errors, self._dataset
        if errors is None or dataset is None or not self._n_errors:
            self.mosaic.set_placeholder(self._why_empty())
            self.mosaic.clear()
            return
        shown = slice(self.pager.shown.start, self.pager.shown.stop)
        names = dataset.class_names
        captions = [
            Caption(((f"t: {names[true]}", "accent"), ("  ", "text"), (f"p: {names[predicted]}", "error")))
            for true, predicted in zip(errors.true[shown], errors.predicted[shown], strict=True)
        ]
        indices = errors.indices[shown]
        self.mosaic.set_tiles(thumbnails(dataset.test.X, indices, dataset.image_shape, dataset.pixel_range), captions)

    def _why_empty(self) -> str:
        if self._dataset is None:
            return _NO_DATA
        if not len(self._dataset.test):
            return _NO_TEST
        return _WAITING if self._errors is None else _NO_ERRORS

    def _show_texts(self) -> None:
        errors, n_errors = self._errors, self._n_errors
        if errors is None or self._dataset is None or not errors.n_test:
            self.set_status("")
            self._count.set_text("")
        else:
            self.set_status(f"epoch {errors.epoch:,} · test accuracy {_percent(errors.accuracy)}")
            wrong = _percent(n_errors / errors.n_test)
            self._count.set_text(f"{n_errors:,} of {errors.n_test:,} wrong ({wrong})")

    @Slot(int)
    def _hover(self, tile: int) -> None:
        errors, dataset = self._errors, self._dataset
        at = self.pager.shown.start + tile
        if tile < 0 or errors is None or dataset is None or at >= self._n_errors:
            self.mosaic.setToolTip("")
            return
        true, predicted = (dataset.class_names[classes[at]] for classes in (errors.true, errors.predicted))
        number = int(errors.indices[at]) + 1
        self.mosaic.setToolTip(f"Test digit {number:,}\ntrue class: {true}\npredicted: {predicted}")

    @Slot(int)
    def _choose(self, tile: int) -> None:
        at = self.pager.shown.start + tile
        if self._errors is not None and at < self._n_errors:
            self.sampleChosen.emit(int(self._errors.indices[at]), int(self._errors.predicted[at]))


def _percent(share: float) -> str:
    return f"{100 * share:.2f}\N{NO-BREAK SPACE}%"
