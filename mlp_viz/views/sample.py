"""One sample, large: which it is, its class, and the pixel under the mouse as stored and as the network sees it."""

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QColor, QHideEvent, QKeySequence, QPalette, QShortcut
from PySide6.QtWidgets import QApplication, QComboBox, QDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from mlp_core.datasets.dataset import Dataset, Split
from mlp_core.datasets.overview import SPLITS, samples_of_class
from mlp_viz.theme import LIGHT, UNIT, Theme
from mlp_viz.widgets.colour_scale import grey_lut, signed_number
from mlp_viz.widgets.mosaic import Mosaic
from mlp_viz.widgets.panel import TEXT_POINTS, TITLE_POINTS, ElidedLabel, set_points
from mlp_viz.widgets.step_button import step_button

SIZE: Final = QSize(560, 680)
SMALLEST: Final = 64  # pixels: in a smaller image each is drawn as several, so that the frame is thin

_HINT: Final = "Point at a pixel to read its value."


class SampleDialog(QDialog):
    """A window beside the main one that shows a sample, and leads to its neighbours.

    Left and Right, Home and End go through the split, or through one class of it; Esc closes. Once it is closed, it
    holds no data set.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._dataset: Dataset | None = None
        self._split = "train"
        self._index = 0
        self._predicted: int | None = None
        self._neighbours = np.empty(0, np.intp)  # the samples that the keys go through
        self.image = Mosaic(smallest=SMALLEST)
        self.image.set_lut(grey_lut())
        self.image.setCursor(Qt.CursorShape.CrossCursor)
        self._which = ElidedLabel()
        self._class = ElidedLabel()
        self._prediction = ElidedLabel()
        self._prediction.hide()
        self._readout = ElidedLabel()
        self.through_box = QComboBox()
        self.through_box.addItems(("all images of the split", "images of this class"))
        self.through_box.setToolTip("Where the sample before and the next one are looked for")
        self.through_box.setAccessibleName("Go through")
        self.previous_button = step_button("◀", "The sample before (Left)")
        self.next_button = step_button("▶", "The next sample (Right)")
        set_points(self._which, TITLE_POINTS, bold=True)
        for widget in (self._class, self._prediction, self._readout, self.through_box):
            set_points(widget, TEXT_POINTS)
        self._lay_out()
        self._connect()
        self.apply_theme(LIGHT)
        self.resize(SIZE)

    @property
    def shown(self) -> tuple[str, int]:
        """The split and the index of the sample that is shown."""
        return self._split, self._index

    def texts(self) -> tuple[str, str, str]:
        """Return what is told of the sample: which it is, its class, and the prediction or an empty text."""
        return self._which.text(), self._class.text(), self._prediction.text()

    def readout(self) -> str:
        """Return the line beneath the image: the pixel under the mouse."""
        return self._readout.text()

    def show_sample(self, dataset: Dataset, split: str, index: int, predicted: int | None = None) -> None:
        """Open the window, or use the one that is open, for a sample.

        Parameters
        ----------
        dataset : Dataset
        split : {'train', 'valid', 'test'}
        index : int
            Which of the split's samples, counted from 0.
        predicted : int, optional
            The class that a network takes it for.
        """
        self._dataset = dataset
        self._split = split
        self._go_to(index, predicted)
        self.show()
        self.activateWindow()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`; the image stays white on black."""
        self.image.apply_theme(theme)
        palette = QPalette(QApplication.palette())
        palette.setColor(QPalette.ColorRole.Window, QColor(theme.panel))
        palette.setColor(QPalette.ColorRole.WindowText, QColor(theme.text))
        self.setPalette(palette)
        for label, colour in (
            (self._which, theme.text),
            (self._class, theme.accent),
            (self._prediction, theme.error),
            (self._readout, theme.muted),
        ):
            palette.setColor(QPalette.ColorRole.WindowText, QColor(colour))
            label.setPalette(palette)

    def hideEvent(self, event: QHideEvent) -> None:
        """Let go of the data set, so that it need not stay in memory; not where the window is only minimised."""
        super().hideEvent(event)
        if not event.spontaneous():
            self._dataset = None
            self._neighbours = np.empty(0, np.intp)

    # Where it leads

    @Slot()
    def next_sample(self) -> None:
        """Show the next sample; the last one stays."""
        self._step(self._place() + 1)

    @Slot()
    def previous_sample(self) -> None:
        """Show the sample before; the first one stays."""
        self._step(self._place() - 1)

    @Slot()
    def first_sample(self) -> None:
        """Show the first sample of the split, or of the class."""
        self._step(0)

    @Slot()
    def last_sample(self) -> None:
        """Show the last sample of the split, or of the class."""
        self._step(len(self._neighbours) - 1)

    # How it gets there

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(UNIT // 2)
        label = QLabel("go &through")
        label.setBuddy(self.through_box)
        set_points(label, TEXT_POINTS)
        row.addWidget(label)
        row.addWidget(self.through_box)
        row.addStretch(1)
        row.addWidget(self.previous_button)
        row.addWidget(self.next_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * UNIT, UNIT, 2 * UNIT, UNIT)
        column.setSpacing(UNIT // 2)
        for line in (self._which, self._class, self._prediction):
            column.addWidget(line)
        column.addWidget(self.image, 1)
        column.addWidget(self._readout)
        column.addLayout(row)

    def _connect(self) -> None:
        self.previous_button.clicked.connect(self.previous_sample)
        self.next_button.clicked.connect(self.next_sample)
        self.through_box.currentIndexChanged.connect(self._find_neighbours)
        self.image.pixelHovered.connect(self._read)
        for key, go in (
            (Qt.Key.Key_Left, self.previous_sample),
            (Qt.Key.Key_Right, self.next_sample),
            (Qt.Key.Key_Home, self.first_sample),
            (Qt.Key.Key_End, self.last_sample),
        ):
            QShortcut(QKeySequence(key), self).activated.connect(go)

    def _samples(self) -> Split | None:
        return None if self._dataset is None else getattr(self._dataset, self._split)

    def _place(self) -> int:
        return int(np.searchsorted(self._neighbours, self._index))

    def _step(self, place: int) -> None:
        if 0 <= place < len(self._neighbours) and self._neighbours[place] != self._index:
            self._go_to(int(self._neighbours[place]), None)

    def _go_to(self, index: int, predicted: int | None) -> None:
        dataset, samples = self._dataset, self._samples()
        if dataset is None or samples is None:
            return
        self._index, self._predicted = index, predicted
        label = int(samples.y[index])
        self.image.set_tiles(dataset.grey(samples.X[index : index + 1]))
        split = SPLITS[self._split]
        self._which.set_text(f"{split} image {index + 1:,} of {len(samples):,}")
        self._class.set_text(f"class: {dataset.class_names[label]}")
        self._prediction.setVisible(predicted is not None)
        self._prediction.set_text("" if predicted is None else f"predicted: {dataset.class_names[predicted]}")
        self.setWindowTitle(f"{split} image {index + 1:,} – {dataset.name}")
        self._find_neighbours()
        self._read(*self.image.hovered)

    @Slot()
    def _find_neighbours(self) -> None:
        dataset, samples = self._dataset, self._samples()
        if dataset is None or samples is None:
            return
        if self.through_box.currentIndex():
            self._neighbours = samples_of_class(dataset, self._split, int(samples.y[self._index]))
        else:
            self._neighbours = np.arange(len(samples))
        place = self._place()
        self.previous_button.setEnabled(place > 0)
        self.next_button.setEnabled(place < len(self._neighbours) - 1)

    @Slot(int, int, int)
    def _read(self, tile: int, row: int, column: int) -> None:
        dataset, samples = self._dataset, self._samples()
        if tile < 0 or dataset is None or samples is None:
            self._readout.set_text(_HINT)
            return
        at = row * dataset.image_shape[1] + column
        pixel = samples.X[self._index : self._index + 1, at : at + 1]
        stored, scaled = signed_number(float(pixel[0, 0])), signed_number(float(dataset.scaled(pixel)[0, 0]), ".3f")
        self._readout.set_text(f"row {row + 1}, column {column + 1}: stored {stored}, the network sees {scaled}")
