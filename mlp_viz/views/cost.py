"""The cost J over the epochs of a run."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton, QWidget

from mlp_core.snapshot import EpochStats
from mlp_viz.views.curve_plot import CurvePlot, Points, Series
from mlp_viz.widgets.panel import TEXT_POINTS, set_points
from mlp_viz.widgets.ticks import Ticks, linear_view, log_view

SERIES = (Series("this run", lambda theme: theme.cost, Qt.PenStyle.SolidLine, lambda stats: stats.cost),)


def number(value: float, digits: int = 2) -> str:
    """Return a cost as text: ``5,065.78``."""
    if not math.isfinite(value):
        return "not finite"
    return f"{value:.4g}" if abs(value) >= 1e9 or 0 < abs(value) < 0.1 else f"{value:,.{digits}f}"


class CostView(CurvePlot):
    """The cost J, data term plus penalty, on a linear or a logarithmic axis."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._log = False
        super().__init__("Cost J", "cost J", "Press Train: the cost of each epoch appears here.", SERIES, parent)
        self.log_button = QToolButton()
        self.log_button.setText("lo&g axis")
        set_points(self.log_button, TEXT_POINTS)
        self.log_button.setCheckable(True)
        self.log_button.setToolTip("Logarithmic axis: equal factors are equal heights (Alt+G)")
        self.log_button.setAccessibleName("logarithmic cost axis")
        self.log_button.toggled.connect(self.set_log)
        self.legend_row.addWidget(self.log_button)

    @property
    def log(self) -> bool:
        """Whether the axis is logarithmic."""
        return self._log

    def set_log(self, log: bool) -> None:
        """Make the axis logarithmic or linear."""
        if log != self._log:
            self._log = log
            self.log_button.setChecked(log)
            self.redraw()

    def drawn(self, values: Points) -> Points:
        """Return the logarithm of `values` on a logarithmic axis; a cost that is not positive has none."""
        if not self._log:
            return values
        x, y = values
        keep = y > 0
        return x[keep], np.log10(y[keep])

    def y_view(self, low: float, high: float) -> tuple[float, float, Ticks]:
        """Cover all costs; from 0 if they come close to it."""
        return log_view(low, high) if self._log else linear_view(low, high)

    def reading(self, stats: EpochStats) -> str:
        """Return J and its two terms."""
        return f"J {number(stats.cost)} (data {number(stats.data_cost, 1)} + penalty {number(stats.penalty, 1)})"

    def short_reading(self, stats: EpochStats) -> str:
        """Return J."""
        return number(stats.cost)
