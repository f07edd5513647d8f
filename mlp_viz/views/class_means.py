"""The mean training image of each class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from mlp_core.datasets.dataset import Dataset
from mlp_core.datasets.overview import Overview
from mlp_viz.views.class_gallery import ClassGallery


class ClassMeans(ClassGallery):
    """The mean of all training images of each class: sharp where they agree, blurred where they differ."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "Mean image of each class", "The mean training image of each class appears here in a moment.", parent
        )

    def images(self, dataset: Dataset, overview: Overview, classes: NDArray[np.intp]) -> NDArray[np.uint8]:
        """Return the mean images of `classes`."""
        return overview.means[classes]

    def about(self, dataset: Dataset, overview: Overview, label: int) -> str:
        """Return the class's name and how many images the mean is taken of."""
        n = int(overview.counts[0, label])
        return f"{dataset.class_names[label]}\nmean of {n:,} training image{'s' * (n != 1)}"
