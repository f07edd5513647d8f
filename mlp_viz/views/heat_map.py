"""Heat map: the results of a sweep over two of its hyperparameters."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt, Slot
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QWidget

from mlp_core.sweep.results import SettingResult, SweepResults
from mlp_viz.theme import UNIT, Theme
from mlp_viz.views.result_words import LOST, NOT_BEGUN, percent, reading, state
from mlp_viz.views.sweep_axis import SweepAxis, varying
from mlp_viz.views.sweep_chart import NEAR, FieldBox, Frame, SweepChart, SweepPanel
from mlp_viz.widgets.value_scale import ValueBar, ValueColours, ValueScale

RADIUS: Final = 6.0  # of a point
BEST: Final = "★ "  # before its number
GAP: Final = 2.0  # between cells
SHORT: Final[Mapping[str, str]] = {"running": "…", "waiting": "…", "diverged": "×", "failed": "×"}
"""What is written in a cell that is too small for its state."""

Place = tuple[int, int]
"""Column and row of a cell, counted from the left and from below."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A cell, or a point, and the setting that it shows.

    Attributes
    ----------
    result : SettingResult or None
        The best that is there; None if there is none.
    others : int
        Settings that are there beside it.
    room : QRectF
        Where it is drawn, in pixels.
    """

    result: SettingResult | None
    others: int
    room: QRectF


def cells_of(results: SweepResults, x: SweepAxis, y: SweepAxis | None) -> dict[Place, list[SettingResult]]:
    """Return the settings at each pair of values, the best first."""
    cells: dict[Place, list[SettingResult]] = {}
    ranks = {result.setting: rank for rank, result in enumerate(results.ranked())}
    for result in sorted(results.settings, key=lambda result: ranks.get(result.setting, len(ranks))):
        for column in _steps(x, result):
            for row in _steps(y, result):
                cells.setdefault((column, row), []).append(result)
    return cells


def _places(x: SweepAxis, y: SweepAxis | None) -> Iterator[Place]:
    return ((column, row) for row in range(len(y.choices) if y else 1) for column in range(len(x.choices)))


def _steps(axis: SweepAxis | None, result: SettingResult) -> Sequence[int]:
    if axis is None:
        return (0,)
    if axis.field == "units" and result.values.get("layers") == 0:
        return range(len(axis.choices))  # without a hidden layer it stands for any number of units
    return (axis.choices.index(result.values[axis.field]),)


class HeatMapChart(SweepChart):
    """Cells where both hyperparameters take chosen values, and points where one takes any value of a range."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Heat map", "The result of each setting appears here once the sweep has begun.", parent)
        self.scale = ValueScale()
        self.marks: dict[Hashable, Mark] = {}
        self.best: Hashable = None
        self._results: SweepResults | None = None
        self._axes: tuple[SweepAxis, SweepAxis | None] | None = None
        self._cells: dict[Place, list[SettingResult]] = {}
        self._frame: Frame | None = None
        self._texts: dict[Hashable, str] = {}
        self._colours = ValueColours(self.theme)

    @property
    def in_cells(self) -> bool:
        """Whether there are cells, not points."""
        return self._axes is not None and all(axis is None or axis.choices for axis in self._axes)

    @property
    def texts(self) -> Mapping[Hashable, str]:
        """What is written in each cell."""
        return self._texts

    def show_results(self, results: SweepResults, x: SweepAxis, y: SweepAxis | None, scale: ValueScale) -> None:
        """Show `results` over two hyperparameters, or over one."""
        self._results, self._axes, self.scale = results, (x, y), scale
        keys: list[Hashable]
        if self.in_cells:
            self._cells = cells_of(results, x, y)
            keys = list(_places(x, y))
        else:
            self._cells = {}
            keys = [result.setting for result in results.settings]
        self.set_keys(keys)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self._colours = ValueColours(theme)
        super().apply_theme(theme)

    def lay_out(self, metrics: QFontMetricsF) -> None:
        """Place cells or points, and write what there is room for."""
        if self._results is None or self._axes is None:
            return
        x, y = self._axes
        if self.in_cells:
            self._place_cells(metrics, x, y)
        else:
            self._place_points(metrics, self._results.settings, x, y)
        best = {result.setting for result in self._results.ranked()[:1]}
        marks = self.marks.items()
        self.best = next((key for key, mark in marks if mark.result and mark.result.setting in best), None)
        self._texts = self._write(metrics) if self.in_cells else {}

    def draw(self, painter: QPainter) -> None:
        """Draw the axes, and then cells or points; the best has a frame, and so has what is pointed at."""
        if self._frame is None:
            return
        self._frame.draw(painter, self.theme, grid=not self.in_cells)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not self.in_cells)
        for key, mark in self.marks.items():
            self._draw_mark(painter, key, mark)
        for key, colour in ((self.best, self.theme.text), (self.pointed_at, self.theme.accent)):
            if key in self.marks:
                self._draw_frame(painter, self.marks[key].room, colour)

    def key_at(self, position: QPointF) -> Hashable:
        """Return the cell under a position, or the point nearest to it."""
        if self.in_cells:
            return next((key for key, mark in self.marks.items() if mark.room.contains(position)), None)
        far = {key: _distance(mark.room.center(), position) for key, mark in self.marks.items()}
        key = min(far, key=lambda key: far[key], default=None)
        return key if key is not None and far[key] <= NEAR else None

    def neighbour(self, key: Hashable, right: int, down: int) -> Hashable:
        """Return the cell beside, or the nearest point on that side."""
        if key not in self.marks:
            return key
        here = self.marks[key].room.center()
        found, least = key, math.inf
        for other, mark in self.marks.items():
            way = mark.room.center() - here
            ahead = right * way.x() + down * way.y()
            aside = abs(down * way.x()) + abs(right * way.y())
            if ahead > 0.5 and ahead + 2 * aside < least:
                found, least = other, ahead + 2 * aside
        return found

    def _place_cells(self, metrics: QFontMetricsF, x: SweepAxis, y: SweepAxis | None) -> None:
        columns, rows = len(x.choices), len(y.choices) if y else 1
        x_ticks = [((k + 0.5) / columns, text) for k, (_, text) in enumerate(x.ticks)]
        y_ticks = [((k + 0.5) / rows, text) for k, (_, text) in enumerate(y.ticks)] if y else []
        frame = Frame.fit(self.size(), metrics, (x_ticks, x.label), (y_ticks, y.label if y else ""), inset=0)
        self._frame = frame
        self.marks = {}
        for column, row in _places(x, y):
            low, high = frame.point(column / columns, row / rows), frame.point((column + 1) / columns, (row + 1) / rows)
            left, top, right, bottom = round(low.x()), round(high.y()), round(high.x()), round(low.y())
            there = self._cells.get((column, row), [])
            room = QRectF(left + GAP / 2, top + GAP / 2, max(right - left - GAP, 1), max(bottom - top - GAP, 1))
            self.marks[column, row] = Mark(there[0] if there else None, max(len(there) - 1, 0), room)

    def _place_points(
        self, metrics: QFontMetricsF, results: Sequence[SettingResult], x: SweepAxis, y: SweepAxis | None
    ) -> None:
        y_axis = (y.shares(), y.label) if y else ([], "")
        frame = self._frame = Frame.fit(self.size(), metrics, (x.shares(), x.label), y_axis)
        self.marks = {}
        for result in results:
            middle = frame.point(x.share_of(result.values[x.field]), y.share_of(result.values[y.field]) if y else 0.5)
            room = QRectF(middle.x() - RADIUS, middle.y() - RADIUS, 2 * RADIUS, 2 * RADIUS)
            self.marks[result.setting] = Mark(result, 0, room)

    def _write(self, metrics: QFontMetricsF) -> dict[Hashable, str]:
        """Return the numbers, if there is room for all of them, and the states of cells without one."""
        texts: dict[Hashable, str] = {}
        room = min((mark.room.width() for mark in self.marks.values()), default=0.0) - UNIT / 2
        low = min((mark.room.height() for mark in self.marks.values()), default=0.0) < metrics.height() - 2
        numbers = {
            key: f"{percent(mark.result.median):.2f}"
            for key, mark in self.marks.items()
            if mark.result and not math.isnan(mark.result.median)
        }
        if any(metrics.horizontalAdvance(text) > room for text in numbers.values()):
            numbers = {key: text[:-1] for key, text in numbers.items()}
        if self.best in numbers and all(
            metrics.horizontalAdvance(f"{BEST}{text}") <= room for text in numbers.values()
        ):
            numbers[self.best] = BEST + numbers[self.best]
        if not low and all(metrics.horizontalAdvance(text) <= room for text in numbers.values()):
            texts.update(numbers)
        for key, mark in self.marks.items():
            if key in numbers or mark.result is None:
                continue
            word = state(mark.result)
            if word != NOT_BEGUN and not low:
                texts[key] = word if metrics.horizontalAdvance(word) <= room else SHORT.get(word, "")
        return texts

    def _draw_frame(self, painter: QPainter, room: QRectF, colour: str) -> None:
        """Draw a frame that can be seen on any colour: a line of the ground runs inside it."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for distance, each in ((1.5, colour), (4.0, self.theme.panel)):
            painter.setPen(QPen(QColor(each), 3 if each == colour else 2))
            if self.in_cells:
                painter.drawRect(room.adjusted(distance, distance, -distance, -distance))
            elif each == colour:
                painter.drawEllipse(room.adjusted(-3, -3, 3, 3))

    def _draw_mark(self, painter: QPainter, key: Hashable, mark: Mark) -> None:
        theme, room = self.theme, mark.room
        value = percent(mark.result.median) if mark.result else math.nan
        written = QColor(theme.muted)
        painter.setPen(QColor(theme.line) if self.in_cells else QColor(theme.panel))
        if not math.isnan(value):
            colour = self._colours.at(self.scale.share(value))
            written = QColor("black" if _is_light(colour) else "white")
            painter.setBrush(colour)
            if self.in_cells:
                painter.setPen(Qt.PenStyle.NoPen)
        elif mark.result is not None and state(mark.result) in LOST:
            if not self.in_cells:
                painter.setPen(QPen(QColor(theme.error), 2))
                inside = room.adjusted(1, 1, -1, -1)
                painter.drawLine(inside.topLeft(), inside.bottomRight())
                painter.drawLine(inside.topRight(), inside.bottomLeft())
                return
            painter.setBrush(QBrush(QColor(theme.line), Qt.BrushStyle.BDiagPattern))
            written = QColor(theme.error)
        else:
            painter.setPen(QColor(theme.muted if not self.in_cells else theme.line))
            painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.in_cells:
            painter.drawRect(room)
            if key in self._texts:
                painter.setPen(written)
                painter.drawText(room, Qt.AlignmentFlag.AlignCenter, self._texts[key])
        else:
            painter.drawEllipse(room)


class HeatMap(SweepPanel):
    """The median over the seeds at each pair of values of two hyperparameters, and the best of all others there."""

    chart: HeatMapChart

    def __init__(self, parent: QWidget | None = None) -> None:
        self.x_box = FieldBox("across", "Hyperparameter that varies from left to right")
        self.y_box = FieldBox("up", "Hyperparameter that varies from below upwards")
        self.bar = ValueBar()
        super().__init__("Heat map", HeatMapChart(), "", parent)
        for box in (self.x_box, self.y_box):
            self.controls.addWidget(box.label)
            self.controls.addWidget(box)
            box.currentIndexChanged.connect(self._on_field_chosen)
        self.put_beside_readout(self.bar)
        self._fields: tuple[str | None, str | None] = (None, None)
        self._show_boxes(0)

    def refresh(self, results: SweepResults) -> None:
        """Show the results over the chosen hyperparameters."""
        axes = varying(results.plan)
        self.x_box.offer(axes, 0)
        self.y_box.offer(axes, 1)
        if len(axes) > 1 and self.x_box.field == self.y_box.field:  # one stayed from the sweep before
            self.y_box.choose(next(axis.field for axis in axes if axis.field != self.x_box.field))
        self._fields = (self.x_box.field, self.y_box.field)
        self._show_boxes(len(axes))
        by_field = {axis.field: axis for axis in axes}
        x, y = by_field[str(self.x_box.field)], by_field[str(self.y_box.field)] if len(axes) > 1 else None
        scale = ValueScale.of(percent(result.median) for result in results.settings)
        self.bar.set_scale(scale)
        self.chart.show_results(results, x, y, scale)
        seeds = f"{results.plan.n_seeds} seeds" if results.over else "the seeds so far"
        words = f"median of {seeds}" if results.plan.n_seeds > 1 else "validation accuracy"
        if any(mark.others for mark in self.chart.marks.values()):
            words += ", best of the other settings"
        self.set_hint(f"{words[0].upper()}{words[1:]}. Click to open.")
        frame = "□" if self.chart.in_cells else "○"
        self.set_status(f"{frame} best" if self.chart.best is not None else "")

    def reading(self, key: Hashable) -> str:
        """Return the setting and its result, and of how many it is the best."""
        mark = self.chart.marks.get(key)
        if mark is None or mark.result is None:
            return "no setting was tried here"
        return reading(mark.result) + (f", best of {mark.others + 1}" if mark.others else "")

    def setting_of(self, key: Hashable) -> int | None:
        """Return the setting that a cell or a point shows."""
        mark = self.chart.marks.get(key)
        return mark.result.setting if mark is not None and mark.result is not None else None

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        super().apply_theme(theme)
        self.bar.apply_theme(theme)

    def _show_boxes(self, n_axes: int) -> None:
        for widget in (self.x_box.label, self.x_box, self.y_box.label, self.y_box):
            widget.setVisible(n_axes > 1)
        self.bar.setVisible(n_axes > 0)

    @Slot()
    def _on_field_chosen(self) -> None:
        """Show other hyperparameters; the same one on both axes means that they change places."""
        x, y = self._fields
        if self.x_box.field == self.y_box.field:
            other, field = (self.y_box, x) if self.x_box.field != x else (self.x_box, y)
            other.blockSignals(True)
            other.choose(field)
            other.blockSignals(False)
        if self.results is not None:
            self.mark_stale()
            self.settle()


def _distance(a: QPointF, b: QPointF) -> float:
    return math.hypot(a.x() - b.x(), a.y() - b.y())


def _is_light(colour: QColor) -> bool:
    """Return whether black stands out more from a colour than white."""
    channels: tuple[float, ...] = (colour.redF(), colour.greenF(), colour.blueF())
    red, green, blue = (math.pow((channel + 0.055) / 1.055, 2.4) for channel in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179
