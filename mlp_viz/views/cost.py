"""The cost J over the epochs of a run."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton, QWidget

from mlp_core.snapshot import EpochStats
from mlp_viz.views.curve_plot import CurvePlot, Points, Series, Ticks, linear_ticks, nice_step
from mlp_viz.widgets.panel import TEXT_POINTS, set_points

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
        if self._log:
            return _log_view(low, high)
        if 0 <= low < high / 2:
            low = 0.0
        span = (high - low) or abs(high) or 1.0
        step = nice_step(span, 4)
        bottom = low if low == 0 else max(0.0, math.floor(low / step) * step) if low > 0 else low - step
        top = bottom + 1.04 * (max(high, bottom + step) - bottom)
        return bottom, top, linear_ticks(bottom, top)

    def reading(self, stats: EpochStats) -> str:
        """Return J and its two terms."""
        return f"J {number(stats.cost)} (data {number(stats.data_cost, 1)} + penalty {number(stats.penalty, 1)})"

    def short_reading(self, stats: EpochStats) -> str:
        """Return J."""
        return number(stats.cost)


def _log_view(low: float, high: float) -> tuple[float, float, Ticks]:
    """Return ends and ticks of a logarithmic axis, both in powers of ten."""
    bottom, top = low - 0.05 * (high - low), high + 0.05 * (high - low)
    if top - bottom < 0.3:
        middle = (top + bottom) / 2
        bottom, top = middle - 0.15, middle + 0.15
    if top - bottom > 2.5:
        every = max(1, round((top - bottom) / 5))
        powers = range(math.ceil(bottom), math.floor(top) + 1, every)
        return bottom, top, [(float(power), _power_text(10.0**power)) for power in powers]
    if top - bottom > 0.8:
        values = [
            factor * 10.0**power for power in range(math.floor(bottom), math.ceil(top) + 1) for factor in (1, 2, 5)
        ]
    else:
        values = [value for value, _ in linear_ticks(10**bottom, 10**top) if value > 0]
    places = [(math.log10(value), _power_text(value)) for value in values]
    return bottom, top, [(place, text) for place, text in places if bottom <= place <= top]


def _power_text(value: float) -> str:
    return f"{value:,.10g}" if 1e-4 <= value < 1e7 else f"{value:.0e}"
