"""A chart: two axes with plain round ticks, a hairline grid behind the curves, and a line under the mouse."""

from __future__ import annotations

from typing import Any, Final

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QFont, QFontMetricsF
from PySide6.QtWidgets import QGraphicsView, QWidget

from mlp_viz.theme import LIGHT, UNIT, Theme
from mlp_viz.widgets.panel import TEXT_POINTS
from mlp_viz.widgets.ticks import Ticks

SMALLEST: Final = QSize(20 * UNIT, 12 * UNIT)
BEYOND: Final = 3 * UNIT  # pixels that the label of the last tick may reach beyond the axis

Frame = tuple[float, float, float, Ticks, Ticks]
"""Right end of the x axis, which begins at 0; both ends of the y axis; ticks of x and of y."""


class Chart(pg.PlotWidget):
    """Where curves are drawn; the wheel and dragging leave it as it is.

    Parameters
    ----------
    x_label, y_label : str
        Labels of the axes, with their units.
    """

    def __init__(self, x_label: str, y_label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, antialias=True)
        self._labels = {"bottom": x_label, "left": y_label}
        self._theme = LIGHT
        self._frame: Frame | None = None
        item = self.getPlotItem()
        item.setMenuEnabled(False)
        item.hideButtons()
        item.setMouseEnabled(x=False, y=False)
        item.disableAutoRange()
        item.setContentsMargins(0, UNIT, BEYOND, 0)
        self.setMinimumSize(SMALLEST)
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)  # one colour, that a drawing should hold no picture of
        font = QFont(self.font())
        font.setPointSizeF(TEXT_POINTS)
        for side in ("bottom", "left"):
            axis = item.getAxis(side)
            axis.enableAutoSIPrefix(False)
            axis.setStyle(tickFont=font, tickLength=-4, maxTickLevel=0, hideOverlappingLabels=BEYOND)
        self._metrics = QFontMetricsF(font)
        item.getAxis("bottom").setHeight(round(2 * self._metrics.height()) + UNIT)
        # pyqtgraph's own grid hides the labels at both ends of an axis, and lies over the curves
        self._grid: Any = item.plot(connect="pairs")
        self.line: Any = pg.InfiniteLine(angle=90, movable=False)
        self.line.setVisible(False)
        item.addItem(self.line, ignoreBounds=True)
        self.apply_theme(LIGHT)

    def add_curve(self) -> Any:
        """Return a new curve, in front of those that are there."""
        return self.getPlotItem().plot(antialias=True)

    def set_labels(self, x_label: str, y_label: str) -> None:
        """Change the labels of the axes."""
        self._labels = {"bottom": x_label, "left": y_label}
        for side, label in self._labels.items():
            self.getPlotItem().setLabel(side, label, **{"color": self._theme.text, "font-size": f"{TEXT_POINTS:g}pt"})

    def set_frame(self, frame: Frame) -> None:
        """Fit the axes and the grid to `frame`."""
        if frame == self._frame:
            return  # pyqtgraph would lay out and paint all of it again
        self._frame = frame
        right, bottom, top, x_ticks, y_ticks = frame
        item = self.getPlotItem()
        item.setXRange(0, right, padding=0)
        item.setYRange(bottom, top, padding=0)
        item.getAxis("bottom").setTicks([x_ticks])
        item.getAxis("left").setTicks([y_ticks])
        width = max((self._metrics.horizontalAdvance(text) for _, text in y_ticks), default=0.0)
        item.getAxis("left").setWidth(round(width + self._metrics.height()) + 2 * UNIT)
        lines = [((x, x), (bottom, top)) for x, _ in x_ticks] + [((0.0, right), (y, y)) for y, _ in y_ticks]
        self._grid.setData([x for xs, _ in lines for x in xs], [y for _, ys in lines for y in ys])

    def show_line(self, x: float | None) -> None:
        """Stand a vertical line at `x`, or none."""
        self.line.setVisible(x is not None)
        if x is not None:
            self.line.setValue(x)

    def place_at(self, position: QPointF) -> QPointF | None:
        """Return what the axes say at a `position` of the widget; None outside of them."""
        view = self.getPlotItem().vb
        scene = self.mapToScene(position.toPoint())
        if not view.sceneBoundingRect().contains(scene):
            return None
        place: QPointF = view.mapSceneToView(scene)
        return place

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`; the curves are not the chart's."""
        self._theme = theme
        self.setBackground(theme.panel)
        for side in self._labels:
            axis = self.getPlotItem().getAxis(side)
            axis.setPen(pg.mkPen(theme.muted, width=1))
            axis.setTextPen(pg.mkPen(theme.text))
        self.set_labels(self._labels["bottom"], self._labels["left"])
        self._grid.setPen(pg.mkPen(theme.line, width=1))
        self.line.setPen(pg.mkPen(theme.muted, width=1))
