"""Parallel coordinates: every setting of a sweep as a line across its hyperparameters to its result."""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QPushButton, QWidget

from mlp_core.sweep.results import SettingResult, SweepResults
from mlp_viz.theme import UNIT, Theme
from mlp_viz.views.curve_plot import blend
from mlp_viz.views.result_words import percent, reading
from mlp_viz.views.sweep_axis import SweepAxis, varying
from mlp_viz.views.sweep_chart import NEAR, SweepChart, SweepPanel
from mlp_viz.widgets.panel import TEXT_POINTS, set_points
from mlp_viz.widgets.ticks import linear_ticks
from mlp_viz.widgets.value_scale import ValueBar, ValueColours, ValueScale

RESULT: Final = "result"
"""The name of the last axis, beside the fields of the sweep."""

WIDTH: Final = 2.0
POINTED_WIDTH: Final = 4.0
PALE: Final = 0.25  # of the colour of lines, where they are brushed out
OVER: Final = 2.5 * UNIT  # beyond the ends of an axis a drag may begin
SNAP: Final = 3.0  # pixels from the end of an axis that still mean the end
DRAG: Final = 4.0  # pixels from which a press is a drag
KEY_STEP: Final = 0.05  # of an axis, by which a key moves the end of a range

Span = tuple[float, float]


class ParallelChart(SweepChart):
    """One axis a hyperparameter, one for the result; a range that is dragged on an axis keeps the lines through it.

    A click on an axis clears its range, Escape clears all. By the keys: up and down go through the lines that are
    kept, left and right to another axis, Shift with up and down raises the lower end of its range and lowers the
    upper one.

    Attributes
    ----------
    brushed : Signal()
        Other lines are kept now.
    """

    brushed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "Parallel coordinates", "Each setting appears here as a line once the sweep has begun.", parent
        )
        self.brushes: dict[str, Span] = {}  # by axis, in shares of it; in per cent on that of the result
        self._results: tuple[SettingResult, ...] = ()
        self._axes: tuple[SweepAxis, ...] = ()
        self.scale = ValueScale()
        self._percents = np.empty(0)  # the result of each line
        self._shares = np.empty((0, 0))  # of each line on each axis; NaN without a result
        self._x = np.empty(0)  # of each axis, in pixels
        self._y = np.empty((0, 0))  # of each line on each axis, in pixels
        self._top = self._bottom = 0.0
        self._titles: list[tuple[QRectF, str]] = []
        self._ticks: list[tuple[QRectF, float, float, str]] = []
        self._lines: dict[Hashable, tuple[list[QLineF], float]] = {}
        self._axis = 0  # that the keys brush
        self._kept_now: list[bool] = []  # `kept`, for drawing
        self._drag: tuple[int, float] | None = None  # axis, and height where it began
        self._dragged = False
        self._colours = ValueColours(self.theme)

    @property
    def names(self) -> tuple[str, ...]:
        """The axes from left to right."""
        return (*(axis.field for axis in self._axes), RESULT) if self._axes else ()

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Which settings go through all ranges, in the order of `keys`."""
        kept = np.ones(len(self._results), bool)
        for name, (low, high) in self.brushes.items():
            values = self._percents if name == RESULT else self._shares[:, self.names.index(name)]
            kept &= (values >= low - 1e-9) & (values <= high + 1e-9)
        return kept

    def show_results(self, results: SweepResults, axes: tuple[SweepAxis, ...], scale: ValueScale) -> None:
        """Show every setting of `results`; ranges stay as long as the axes are the same."""
        if axes != self._axes:
            self.brushes.clear()
            self._axis = 0
        # The best are drawn last, in front of the others.
        order = [each for each in results.settings if math.isnan(each.median)] + list(results.ranked()[::-1])
        self._results, self._axes, self.scale = tuple(order), axes, scale
        self._percents = np.array([percent(each.median) for each in order])
        self._shares = np.array(
            [
                [*(axis.share_of(each.values[axis.field]) for axis in axes), scale.share(percent(each.median))]
                for each in order
            ]
        ).reshape(len(order), len(axes) + 1)
        self.set_keys([each.setting for each in order])
        self.brushed.emit()

    def set_brush(self, name: str, span: Span | None) -> None:
        """Keep only the lines through a range of an axis: shares of it, per cent of the result; None for all."""
        if span is None:
            self.brushes.pop(name, None)
        else:
            self.brushes[name] = span
        self._brush_changed()

    def clear_brushes(self) -> None:
        """Keep all lines."""
        self.brushes.clear()
        self._brush_changed()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self._colours = ValueColours(theme)
        super().apply_theme(theme)

    def axis_x(self, name: str) -> float:
        """Return where an axis stands, in pixels."""
        return float(self._x[self.names.index(name)])

    def place_of(self, setting: int, name: str) -> QPointF:
        """Return where the line of a setting meets an axis."""
        column = self.names.index(name)
        return QPointF(self._x[column], self._y[self.keys.index(setting), column])

    # What the chart shows

    def lay_out(self, metrics: QFontMetricsF) -> None:
        """Place axes and lines."""
        line = metrics.height()
        self._top, self._bottom = line + UNIT, self.height() - 2 * line - UNIT / 2
        labels = [*(axis.label for axis in self._axes), "accuracy (%)"]
        left = metrics.horizontalAdvance(labels[0]) / 2 + UNIT
        right = max(metrics.horizontalAdvance(labels[-1]) / 2, metrics.horizontalAdvance("100.0") + UNIT) + UNIT
        self._x = np.linspace(left, max(self.width() - right, left + 1), len(labels))
        between = (self._x[1] - self._x[0]) if len(self._x) > 1 else self.width()
        self._titles = []
        for x, label in zip(self._x, labels, strict=True):
            text = metrics.elidedText(label, Qt.TextElideMode.ElideRight, between - UNIT)
            self._titles.append((QRectF(x - between / 2, UNIT / 4, between, line), text))
        scale = self.scale
        result_ticks = [(scale.share(value), text) for value, text in linear_ticks(scale.low, scale.high)]
        self._ticks = []
        for x, ticks in zip(self._x, [*(axis.shares() for axis in self._axes), result_ticks], strict=True):
            above = float(self._bottom + line)
            for share, text in sorted(ticks):
                y = self._height(share)
                if y <= above - line:
                    room = QRectF(x + UNIT / 2, y - line / 2, metrics.horizontalAdvance(text) + UNIT / 2, line)
                    self._ticks.append((room, float(x), y, text))
                    above = y
        self._y = self._bottom - self._shares * (self._bottom - self._top)
        self._y[np.isnan(self._y)] = self.height() - line / 2 - UNIT / 2  # the lane of those without a result
        points = [[QPointF(x, y) for x, y in zip(self._x, heights, strict=True)] for heights in self._y]
        self._lines = {  # single pieces: Qt takes ten times as long for a line that is joined
            result.setting: ([QLineF(*ends) for ends in itertools.pairwise(line)], float(shares[-1]))
            for result, line, shares in zip(self._results, points, self._shares, strict=True)
        }

    def draw(self, painter: QPainter) -> None:
        """Draw the lines that are brushed out, those that are kept, the one that is pointed at, and the axes."""
        theme = self.theme
        pale = blend(theme.muted, theme.panel, PALE)
        kept = dict(zip(self.keys, self._kept_now, strict=True))
        for wanted in (False, True):
            for key, (pieces, share) in self._lines.items():
                if kept[key] is wanted and key != self.pointed_at:
                    painter.setPen(self._pen(share) if wanted else QPen(pale, 1))
                    painter.drawLines(pieces)
        if self.pointed_at in self._lines:
            pieces, _ = self._lines[self.pointed_at]
            for pen in (QPen(QColor(theme.panel), POINTED_WIDTH + 4), QPen(QColor(theme.accent), POINTED_WIDTH)):
                pen.setCapStyle(Qt.PenCapStyle.RoundCap)
                painter.setPen(pen)
                painter.drawLines(pieces)
        self._draw_axes(painter)

    def key_at(self, position: QPointF) -> Hashable:
        """Return the kept line that is nearest to a position."""
        part = int(np.searchsorted(self._x, position.x())) - 1
        if not 0 <= part < len(self._x) - 1:
            return None
        width = float(self._x[part + 1] - self._x[part])
        rise = self._y[:, part + 1] - self._y[:, part]
        heights = self._y[:, part] + rise * (position.x() - self._x[part]) / width
        far = np.abs(heights - position.y()) / np.hypot(1, rise / width)  # at right angles to the line
        far[~np.array(self._kept_now, bool)] = math.inf
        nearest = len(far) - 1 - int(np.argmin(far[::-1])) if far.size else -1  # the one in front, of equal ones
        return self.keys[nearest] if nearest >= 0 and far[nearest] <= NEAR else None

    def neighbour(self, key: Hashable, right: int, down: int) -> Hashable:
        """Return the next worse or better of the lines that are kept; or go to another axis."""
        if right:
            self._axis = min(max(self._axis + right, 0), len(self.names) - 1)
            self.update()
            return key
        kept = [each for each, keep in zip(self.keys, self._kept_now, strict=True) if keep]
        if not kept:
            return key
        at = kept.index(key) - down if key in kept else len(kept) - 1
        return kept[min(max(at, 0), len(kept) - 1)]

    def set_keys(self, keys: Sequence[Hashable]) -> None:
        """Say which settings there are, the best last; the keys begin there."""
        self._kept_now = self.kept.tolist()
        if self._current is None and keys:
            self._current = keys[-1]
        super().set_keys(keys)

    # Brushing

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a range on an axis, or choose a line."""
        axis = self._axis_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and axis is not None:
            self._drag, self._dragged = (axis, event.position().y()), False
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw the range out, or tell which line is under the mouse."""
        if self._drag is None:
            super().mouseMoveEvent(event)
            if self.keys and self._axis_at(event.position()) is not None:
                self.setCursor(Qt.CursorShape.SizeVerCursor)
            return
        axis, began = self._drag
        if self._dragged or abs(event.position().y() - began) >= DRAG:
            self._dragged = True
            self._axis = axis
            low, high = sorted(self._share(y) for y in (began, event.position().y()))
            self.set_brush(self.names[axis], self._span(axis, low, high))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the range; where nothing was dragged, clear the one that is there, or else choose the line."""
        if self._drag is None or event.button() != Qt.MouseButton.LeftButton:
            super().mouseReleaseEvent(event)
            return
        name, dragged = self.names[self._drag[0]], self._dragged
        self._drag = None
        if not dragged and name in self.brushes:
            self.set_brush(name, None)
        elif not dragged and (key := self.key_at(event.position())) is not None:
            self.go_to(key)
            self.chosen.emit(key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Brush by the keys, or move on."""
        key, shift = event.key(), event.modifiers() == Qt.KeyboardModifier.ShiftModifier
        if key == Qt.Key.Key_Escape and self.brushes:
            self.clear_brushes()
        elif self.keys and shift and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            low, high = self._brush_shares(self._axis) or (0.0, 1.0)
            if key == Qt.Key.Key_Up:
                low = min(low + KEY_STEP, high)
            else:
                high = max(high - KEY_STEP, low)
            self.set_brush(self.names[self._axis], self._span(self._axis, low, high))
        else:
            super().keyPressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Tell that nothing is under the mouse."""
        super().leaveEvent(event)
        self.unsetCursor()

    def _brush_changed(self) -> None:
        self._kept_now = self.kept.tolist()
        kept = [key for key, keep in zip(self.keys, self._kept_now, strict=True) if keep]
        self.hover(self._hovered if self._hovered in kept else None)
        self.go_to(self._current if self._current in kept or not kept else kept[-1])
        self.update()
        self.brushed.emit()

    def _span(self, axis: int, low: float, high: float) -> Span:
        """Return a range in the unit in which the axis keeps it; the ends of the result's take in what is beyond."""
        if self.names[axis] != RESULT:
            return low, high
        begin, width = self.scale.low, self.scale.high - self.scale.low
        return begin + low * width if low > 0 else -math.inf, begin + high * width if high < 1 else math.inf

    def _brush_shares(self, axis: int) -> Span | None:
        """Return the range on an axis, in shares of it."""
        span = self.brushes.get(self.names[axis])
        if span is None or self.names[axis] != RESULT:
            return span
        return self.scale.share(span[0]), self.scale.share(span[1])

    def _axis_at(self, position: QPointF) -> int | None:
        if not self.keys or not self._top - OVER <= position.y() <= self._bottom + OVER:
            return None
        near = int(np.argmin(np.abs(self._x - position.x())))
        return near if abs(self._x[near] - position.x()) <= UNIT else None

    def _height(self, share: float) -> float:
        return self._bottom - share * (self._bottom - self._top)

    def _share(self, y: float) -> float:
        if y >= self._bottom - SNAP:
            return 0.0
        return (self._bottom - y) / (self._bottom - self._top) if y > self._top + SNAP else 1.0

    def _pen(self, share: float) -> QPen:
        if math.isnan(share):
            return QPen(QColor(self.theme.muted), WIDTH, Qt.PenStyle.DotLine)
        return QPen(self._colours.at(share), WIDTH)

    def _draw_axes(self, painter: QPainter) -> None:
        theme = self.theme
        ground = QColor(theme.panel)
        ground.setAlphaF(0.85)
        for k, x in enumerate(self._x.tolist()):
            painter.setPen(QPen(QColor(theme.text), 2 if k == self._axis and self.hasFocus() else 1))
            painter.drawLine(QLineF(x, self._top, x, self._bottom))
            span = self._brush_shares(k)
            if span is not None:
                top, bottom = self._height(span[1]), self._height(span[0])
                fill = QColor(theme.accent)
                fill.setAlphaF(0.35)
                painter.setBrush(fill)
                painter.setPen(QPen(QColor(theme.accent), 2))
                painter.drawRect(QRectF(x - UNIT / 2, top, UNIT, max(bottom - top, 2.0)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for room, x, y, text in self._ticks:
            painter.fillRect(room, ground)
            painter.setPen(QColor(theme.text))
            painter.drawLine(QLineF(x - 3, y, x + 3, y))
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, text)
        for room, text in self._titles:
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, text)
        if np.isnan(self._shares[:, -1]).any():
            line = QFontMetricsF(self.font()).height()
            room = QRectF(0, self.height() - line - UNIT / 2, self.width() - UNIT, line)
            wanted = painter.boundingRect(room, Qt.AlignmentFlag.AlignRight, "no result")
            painter.fillRect(wanted, ground)
            painter.setPen(QColor(theme.muted))
            painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, "no result")


class ParallelCoordinates(SweepPanel):
    """The settings of a sweep as lines; how many are kept by the ranges on the axes stands beside the title."""

    chart: ParallelChart

    def __init__(self, parent: QWidget | None = None) -> None:
        self.bar = ValueBar()
        self.clear_button = QPushButton("Clear &ranges")
        super().__init__(
            "Parallel coordinates",
            ParallelChart(),
            "Drag an axis: filter. Click: open.",
            parent,
        )
        set_points(self.clear_button, TEXT_POINTS)
        policy = self.clear_button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # the chart must not move while a range is dragged
        self.clear_button.setSizePolicy(policy)
        self.clear_button.setToolTip("Keep all lines again (Escape); a click on an axis clears its range alone")
        self.clear_button.clicked.connect(self.chart.clear_brushes)
        self.controls.addWidget(self.clear_button)
        self.put_beside_readout(self.bar)
        self.chart.brushed.connect(self._count)
        self.bar.hide()
        self.clear_button.hide()
        self._by_setting: Mapping[int, SettingResult] = {}

    def refresh(self, results: SweepResults) -> None:
        """Show every setting."""
        self._by_setting = {result.setting: result for result in results.settings}
        scale = ValueScale.of(percent(result.median) for result in results.settings)
        self.bar.set_scale(scale)
        self.bar.show()
        self.chart.show_results(results, varying(results.plan), scale)

    def reading(self, key: Hashable) -> str:
        """Return the setting and its result."""
        result = self._by_setting.get(key) if isinstance(key, int) else None
        return reading(result) if result is not None else ""

    def setting_of(self, key: Hashable) -> int | None:
        """Return the setting of a line."""
        return key if isinstance(key, int) else None

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        super().apply_theme(theme)
        self.bar.apply_theme(theme)

    @Slot()
    def _count(self) -> None:
        """Tell how many settings are kept."""
        n, kept = len(self.chart.keys), int(self.chart.kept.sum())
        settings = f"{n:,} setting{'s' * (n != 1)}"
        self.clear_button.setVisible(bool(self.chart.brushes))
        self.set_status(f"{kept:,} of {settings} left" if self.chart.brushes else settings)
