"""The first training image of each class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from mlp_core.datasets.dataset import Dataset
from mlp_core.datasets.overview import Overview
from mlp_core.datasets.thumbnail import thumbnails
from mlp_viz.views.class_gallery import ClassGallery


class ClassExamples(ClassGallery):
    """The first training image of each class; it is opened by a click, or by Enter.

    Attributes
    ----------
    sampleChosen : Signal(str, int)
        The split, ``train``, and the index in it of the image that was clicked.
    """

    sampleChosen = Signal(str, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("First of each class", "The first image of each class appears here in a moment.", parent)
        self.classChosen.connect(self._open)

    def images(self, dataset: Dataset, overview: Overview, classes: NDArray[np.intp]) -> NDArray[np.uint8]:
        """Return the first training image of each of `classes`."""
        return thumbnails(dataset.train.X, overview.first[classes], dataset.image_shape, dataset.pixel_range)

    def about(self, dataset: Dataset, overview: Overview, label: int) -> str:
        """Return the class's name and the image's number."""
        return f"{dataset.class_names[label]}\ntraining image {overview.first[label] + 1:,}: click to see it large"

    @Slot(int)
    def _open(self, label: int) -> None:
        if self._overview is not None and self._overview.first[label] >= 0:
            self.sampleChosen.emit("train", int(self._overview.first[label]))
