"""Class balance: how many images of each class there are in each split."""

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from mlp_core.datasets.dataset import Dataset
from mlp_core.datasets.overview import SPLITS, Overview
from mlp_viz.theme import Theme
from mlp_viz.views.balance_chart import BalanceChart
from mlp_viz.widgets.panel import TEXT_POINTS, ElidedLabel, Panel, set_points

LONGEST_NAME: Final = 20  # letters; the counts behind it must be seen too

_NO_DATA: Final = "Choose a data set. How many images each class has appears here."
_WAITING: Final = "How many images each class has appears here in a moment."
_HINT: Final = "Point at a class to read its counts."


class ClassBalance(Panel):
    """Bars of the classes in each split, with a readout; the other signals are those of `Panel`.

    Attributes
    ----------
    classChosen : Signal(int)
        A class was clicked, or Enter was pressed on it.
    """

    classChosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Class balance", parent)
        self._names: tuple[str, ...] = ()
        self._counts = np.zeros((len(SPLITS), 0), np.int64)
        self.chart = BalanceChart()
        self._readout = ElidedLabel()
        self._readout.setObjectName("panelReadout")
        set_points(self._readout, TEXT_POINTS)
        self.body.addWidget(self._readout)
        self.body.addWidget(self.chart, 1)
        self.chart.pointed.connect(self._read)
        self.chart.classChosen.connect(self.classChosen)
        self.show_overview(None, None)

    def readout(self) -> str:
        """Return the line above the bars: the counts of the class that is pointed at."""
        return self._readout.text()

    def show_overview(self, dataset: Dataset | None, overview: Overview | None) -> None:
        """Show the counts of `overview`, that of `dataset`; without one, say what will come."""
        self._names = dataset.class_names if dataset and overview else ()
        self._counts = overview.counts if overview else np.zeros((len(SPLITS), 0), np.int64)
        self.chart.set_placeholder(_WAITING if dataset else _NO_DATA)
        self.chart.show_counts(self._counts, self._names)
        self.set_status("dashed: an even share" if self._names else "")
        self._read(self.chart.pointed_at)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        super().apply_theme(theme)
        self.chart.apply_theme(theme)

    @Slot(int)
    def _read(self, label: int) -> None:
        if not 0 <= label < len(self._names):
            self._readout.set_text(_HINT if self._names else "")
            return
        name = self._names[label]
        name = name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
        counts = (f"{n:,} {split}" for n, split in zip(self._counts[:, label], SPLITS.values(), strict=True))
        self._readout.set_text(f"{name}: {', '.join(counts)}")
