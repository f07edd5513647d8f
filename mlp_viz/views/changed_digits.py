"""Changed digits: the test digits that two runs get wrong in one and the same way, a page of them at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from mlp_core.datasets.dataset import Dataset
from mlp_core.datasets.thumbnail import thumbnails
from mlp_viz.run.comparison import TwicePredicted
from mlp_viz.views.class_words import all_short, image_word
from mlp_viz.widgets.caption import Caption
from mlp_viz.widgets.paged_panel import PagedPanel

THIN: Final = "\N{THIN SPACE}"  # so that three digits fit under a tile in the smallest window
GRID: Final = (4, 3)  # columns and rows
GRID_OF_WORDS: Final = (2, 2)  # where two class names do not fit under a tile of the other


class ChangedDigits(PagedPanel):
    """A page of 4×3 test images, each with what both runs take it for; 2×2 if these are words.

    ``3 → 5``: the first run says 3 and the second 5, of which the one in the error's colour is wrong. Where both are,
    the true class stands before: ``7: 3 → 5``. The other signals are those of `Panel`.

    Parameters
    ----------
    title : str
        What they have in common: ``Fixed``.
    none : str
        What is said where there are none; ``{what}`` stands for ``digits`` or ``images``.

    Signals
    -------
    sampleChosen(int, int)
        A digit was clicked: its place in the test set, and the class that the second run gives it.
    """

    sampleChosen = Signal(int, int)

    def __init__(self, title: str, none: str, parent: QWidget | None = None) -> None:
        self._name = title
        self._none = none
        self._why_empty = ""
        self._dataset: Dataset | None = None
        self._samples: TwicePredicted | None = None
        super().__init__(title, f"{title.lower()} images", (), parent)

    def show_samples(self, dataset: Dataset, samples: TwicePredicted, meaning: str) -> None:
        """Show the first page of test images.

        Parameters
        ----------
        dataset : Dataset
        samples : TwicePredicted
            Which of its test images.
        meaning : str
            What the captions say, for the line beside the title: ``wrong → right``.
        """
        self._dataset, self._samples = dataset, samples
        self._why_empty = self._none.format(what=image_word(dataset.class_names))
        columns, rows = GRID if all_short(dataset.class_names) else GRID_OF_WORDS
        self.mosaic.set_grid(columns, rows)
        self.set_title(f"{self._name}: {len(samples):,}")
        self.set_status(meaning)
        self.show_pages(len(samples), columns * rows)

    def show_nothing(self, why: str) -> None:
        """Show no images, let go of those before, and say why there are none."""
        self._dataset = self._samples = None
        self._why_empty = why
        self.set_title(self._name)
        self.set_status("")
        self.show_pages(0, 1)

    def page(self, shown: range) -> tuple[NDArray[np.uint8], Sequence[Caption]] | None:
        """Return the images with the numbers `shown`, each with its class and what the two runs take it for."""
        dataset, samples = self._dataset, self._samples
        if dataset is None or samples is None:
            return None
        some, names = slice(shown.start, shown.stop), dataset.class_names
        captions = [
            _caption(names, true, first, second)
            for true, first, second in zip(samples.true[some], samples.first[some], samples.second[some], strict=True)
        ]
        tiles = thumbnails(dataset.test.X, samples.indices[some], dataset.image_shape, dataset.pixel_range)
        return tiles, captions

    def why_empty(self) -> str:
        """Return why there is no image here."""
        return self._why_empty

    def tip(self, number: int) -> str:
        """Return which test image it is, its class, and what the two runs take it for."""
        dataset, samples = self._dataset, self._samples
        if dataset is None or samples is None:
            return ""
        true, first, second = (
            dataset.class_names[classes[number]] for classes in (samples.true, samples.first, samples.second)
        )
        index = int(samples.indices[number])
        return f"Test image {index + 1:,}\ntrue class: {true}\nfirst run: {first}\nsecond run: {second}"

    def choose(self, number: int) -> None:
        """Tell which digit was chosen."""
        if self._samples is not None:
            self.sampleChosen.emit(int(self._samples.indices[number]), int(self._samples.second[number]))


def _caption(names: Sequence[str], true: int, first: int, second: int) -> Caption:
    said = [(names[label], "accent" if label == true else "error") for label in (first, second)]
    parts = (said[0], (f"{THIN}→{THIN}", "text"), said[1])
    return Caption(parts if true in (first, second) else ((names[true], "accent"), (f":{THIN}", "text"), *parts))
