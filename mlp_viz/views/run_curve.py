"""One run in a plot of many: its values as they are drawn, and the items that draw them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from mlp_core.runs.record import RunRecord
from mlp_core.snapshot import EpochStats
from mlp_viz.theme import Theme
from mlp_viz.views.curve_plot import LARGEST, blend
from mlp_viz.views.curve_shaping import smoothed, thinned
from mlp_viz.views.quantity import Quantity
from mlp_viz.views.run_style import RunStyle
from mlp_viz.widgets.chart import Chart

WIDTH: Final = 2.0
MARKED_WIDTH: Final = 3.5  # of the run under the mouse
RAW_WIDTH: Final = 1.0  # of what is smoothed
RAW_SHARE: Final = 0.4  # of the run's colour in it; the rest is the panel's
MARKER: Final = 8
N_MARKERS: Final = 7  # of a curve with more points
N_BINS: Final = 500  # a curve of more points than two for each is thinned: no screen shows more
STAGGERED: Final = 5  # places of the markers that differ from run to run
ARROW_SHARE: Final = 0.03  # of the height, between the arrow at what is cut off and the end of the axis
FURTHEST: Final = 2.0  # heights of the plot; what is further out counts as there: it would overflow, and spoil the mean


class RunCurve:
    """One run in the plot: its values as they are drawn, and the items that draw them.

    Attributes
    ----------
    x, heights : ndarray, shape (n,)
        Of its epochs that can be drawn, in the units of the axes as they are.
    cut_above, cut_below : bool
        Whether the y axis ends before the curve does.
    """

    def __init__(self, record: RunRecord, style: RunStyle, stats: Sequence[EpochStats], plot: Chart) -> None:
        self.record = record
        self._style = style
        self._stats = list(stats)
        self._quantity: Quantity | None = None
        self._values: list[float] = []  # of the quantity at each epoch
        self._seconds: list[float] = []  # trained until the end of each epoch
        self._by_seconds = False
        self.x = self.heights = self._measured = self._line = np.empty(0)
        self.cut_above = self.cut_below = False
        self._raw: Any = pg.PlotCurveItem(antialias=True)
        self._curve: Any = pg.PlotCurveItem(antialias=True)
        # without its cache of pixels, so that a drawing holds shapes
        self._markers: Any = pg.ScatterPlotItem(size=MARKER, symbol=style.marker, antialias=True, useCache=False)
        self._arrow: Any = pg.ScatterPlotItem(size=MARKER, antialias=True, useCache=False)
        self._items = (self._raw, self._curve, self._markers, self._arrow)
        for item in self._items:
            plot.getPlotItem().addItem(item, ignoreBounds=True)

    def remove_from(self, plot: Chart) -> None:
        """Take the items out of the plot."""
        for item in self._items:
            plot.getPlotItem().removeItem(item)

    def extend(self, stats: Sequence[EpochStats]) -> None:
        """Add epochs."""
        self._stats.extend(stats)

    def measure(self, quantity: Quantity, by_seconds: bool, log: bool) -> None:
        """Take the values of `quantity`, and where the axes have them."""
        if quantity != self._quantity:
            self._quantity = quantity
            self._values.clear()
        self._values += [quantity.value(each) for each in self._stats[len(self._values) :]]
        for each in self._stats[len(self._seconds) :]:
            self._seconds.append((self._seconds[-1] if self._seconds else 0.0) + each.seconds)
        self._by_seconds = by_seconds
        x = np.array(self._seconds if by_seconds else [each.epoch for each in self._stats], dtype=np.float64)
        values = np.array(self._values, dtype=np.float64)
        keep = np.abs(values) < LARGEST  # false for NaN
        if log:
            keep &= values > 0
        self.x, self._measured = x[keep], values[keep]
        self.heights = np.log10(self._measured) if log else self._measured

    def draw(self, view: tuple[float, float], smoothing: float) -> None:
        """Draw the run on a y axis with these ends."""
        bottom, top = view
        reach = FURTHEST * (top - bottom)
        within = np.clip(self.heights, bottom - reach, top + reach)
        self._line = smoothed(within, smoothing)
        self._curve.setData(*thinned(self.x, self._line, N_BINS))
        self._raw.setVisible(smoothing > 0)
        if smoothing > 0:
            self._raw.setData(*thinned(self.x, within, N_BINS))
        marked = _marked(len(self.x), self._style.number)
        self._markers.setData(self.x[marked], self._line[marked])
        self.cut_above = bool(np.any(self.heights > top))
        self.cut_below = bool(np.any(self.heights < bottom))
        self._arrow.setVisible(self.cut_above or self.cut_below)
        if self.cut_above or self.cut_below:
            furthest = int(np.argmax(self.heights) if self.cut_above else np.argmin(self.heights))
            inwards = ARROW_SHARE * (top - bottom)
            self._arrow.setData([self.x[furthest]], [top - inwards if self.cut_above else bottom + inwards])
            self._arrow.setSymbol("t1" if self.cut_above else "t")

    def set_pens(self, theme: Theme, marked: bool) -> None:
        """Take the run's look in `theme`, and come to the front if it is `marked`."""
        colour = QColor(self._style.colour(theme))
        raw = blend(self._style.colour(theme), theme.panel, RAW_SHARE)
        self._raw.setPen(pg.mkPen(raw, width=RAW_WIDTH))
        self._curve.setPen(self._style.pen(theme, MARKED_WIDTH if marked else WIDTH))
        for item in (self._markers, self._arrow):
            item.setBrush(colour)
            item.setPen(pg.mkPen(theme.panel, width=1))
        for item in (self._curve, self._markers):
            item.setZValue(2.0 if marked else 1.0)
        self._arrow.setZValue(3.0)

    def height_at(self, x: float) -> float:
        """Return where on the y axis the curve is at `x`; NaN where it is not."""
        return float(np.interp(x, self.x, self._line, left=np.nan, right=np.nan)) if self.x.size else np.nan

    def value_at(self, x: float) -> float | None:
        """Return the value at an epoch, or between two after so many seconds; None if there is none."""
        if self._by_seconds:
            inside = self.x.size and self.x[0] <= x <= self.x[-1]
            return float(np.interp(x, self.x, self._measured)) if inside else None
        at = bisect_left(self._stats, x, key=lambda stats: stats.epoch)
        return self._values[at] if at < len(self._stats) and self._stats[at].epoch == x else None

    def last(self) -> float | None:
        """Return the value at the last epoch; None before there is one."""
        return self._values[-1] if self._values else None


def _marked(n: int, number: int) -> NDArray[np.intp]:
    """Return which of `n` points have a marker: elsewhere than in other looks, so that curves that meet stay apart."""
    if n <= N_MARKERS:
        return np.arange(n)
    gap = n / N_MARKERS
    return np.append((gap * (np.arange(N_MARKERS) + (number % STAGGERED) / STAGGERED)).astype(np.intp), n - 1)
