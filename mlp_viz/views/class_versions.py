"""Versions of one class: how differently its images look, 25 at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QComboBox, QLabel, QSizePolicy, QWidget

from mlp_core.datasets.dataset import Dataset
from mlp_core.datasets.overview import SPLITS, samples_of_class
from mlp_core.datasets.thumbnail import thumbnails
from mlp_viz.widgets.caption import Caption
from mlp_viz.widgets.elided_combo_box import ElidedComboBox
from mlp_viz.widgets.paged_panel import PagedPanel
from mlp_viz.widgets.panel import TEXT_POINTS, set_points
from mlp_viz.widgets.plain_tip import plain_tip

COLUMNS: Final = 5
ROWS: Final = 5
LONGEST_NAME: Final = 10  # letters that the chooser of the class makes room for; its list shows all

_NO_DATA: Final = "Choose a data set. Images of one of its classes then appear here."


class ClassVersions(PagedPanel):
    """A page of 5×5 images of one class in one split; a click or Enter opens one.

    The other signals are those of `Panel`.

    Attributes
    ----------
    sampleChosen : Signal(str, int)
        The split, ``train``, ``valid`` or ``test``, and the index in it of the image that was clicked.
    """

    sampleChosen = Signal(str, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        self._dataset: Dataset | None = None
        self._indices: NDArray[np.intp] = np.empty(0, np.intp)
        label = QLabel("class")
        set_points(label, TEXT_POINTS)
        self.class_box = _chooser("Class", "The class whose images are shown")
        self.class_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.split_box = _chooser("Split", "The split whose images are shown")
        for key, name in SPLITS.items():
            self.split_box.addItem(name, key)
        super().__init__("Versions of one class", "versions", (label, self.class_box, self.split_box), parent)
        self.mosaic.set_grid(COLUMNS, ROWS)
        self.class_box.currentIndexChanged.connect(self._find)
        self.split_box.currentIndexChanged.connect(self._find)
        self.show_dataset(None)

    @property
    def label(self) -> int:
        """The class shown; -1 without a data set."""
        return self.class_box.currentIndex()

    @property
    def split(self) -> str:
        """The split shown: ``train``, ``valid`` or ``test``."""
        return str(self.split_box.currentData())

    def show_dataset(self, dataset: Dataset | None) -> None:
        """Show training images of the first class of `dataset`."""
        self._dataset = dataset
        with QSignalBlocker(self.class_box), QSignalBlocker(self.split_box):
            self.class_box.clear()
            names = dataset.class_names if dataset else ()
            self.class_box.addItems(names)
            self.class_box.setMinimumContentsLength(min(max(map(len, names), default=1), LONGEST_NAME))
            self.split_box.setCurrentIndex(0)
        for box in (self.class_box, self.split_box):
            box.setEnabled(dataset is not None)
        self._find()

    @Slot(int)
    def show_class(self, label: int) -> None:
        """Show the images of class `label` in the split that is open."""
        self.class_box.setCurrentIndex(label)

    def page(self, shown: range) -> tuple[NDArray[np.uint8], Sequence[Caption]] | None:
        """Return the images of the class with the numbers `shown`, without captions."""
        dataset = self._dataset
        if dataset is None:
            return None
        X = getattr(dataset, self.split).X
        indices = self._indices[shown.start : shown.stop]
        return thumbnails(X, indices, dataset.image_shape, dataset.pixel_range), ()

    def why_empty(self) -> str:
        """Return why there is no image here."""
        if self._dataset is None:
            return _NO_DATA
        split = SPLITS[self.split]
        if not len(getattr(self._dataset, self.split)):
            return f"This data set has no {split} images. Choose another split."
        return f"There is no {split} image of class {self.class_box.currentText()}. Choose another class or split."

    def tip(self, number: int) -> str:
        """Return which image of the split it is."""
        return f"{SPLITS[self.split]} image {int(self._indices[number]) + 1:,}: click to see it large"

    def choose(self, number: int) -> None:
        """Tell which image was chosen."""
        self.sampleChosen.emit(self.split, int(self._indices[number]))

    @Slot()
    def _find(self) -> None:
        """Show the first page of the class and the split that are chosen."""
        dataset = self._dataset
        self._indices = samples_of_class(dataset, self.split, self.label) if dataset else np.empty(0, np.intp)
        n = len(self._indices)
        self.set_status(f"{n:,} image{'s' * (n != 1)}" if dataset else "")
        self.class_box.setToolTip(plain_tip(f"The class whose images are shown: {self.class_box.currentText()}"))
        self.show_pages(n, COLUMNS * ROWS)


def _chooser(name: str, tip: str) -> ElidedComboBox:
    box = ElidedComboBox()
    box.setAccessibleName(name)
    box.setToolTip(tip)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    box.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    set_points(box, TEXT_POINTS)
    return box
