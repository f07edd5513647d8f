"""Slice plot: the results of a sweep against one of its hyperparameters, run by run."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from mlp_core.runs.record import RunRecord, Status
from mlp_core.sweep.results import SettingResult, SweepResults
from mlp_viz.views.result_words import percent
from mlp_viz.views.sweep_axis import SweepAxis, varying
from mlp_viz.views.sweep_chart import NEAR, FieldBox, Frame, SweepChart, SweepPanel
from mlp_viz.widgets.ticks import linear_ticks
from mlp_viz.widgets.value_scale import ValueScale

RADIUS: Final = 4.5  # of a point
SPREAD: Final = 10.0  # pixels between the first seed of a setting and its last
LANE: Final = 0.12  # of the height, for runs without a result
GROUPS: Final = (3, 10)  # fewest and most medians along a range
LOST: Final = (Status.DIVERGED, Status.FAILED)


@dataclass(frozen=True, slots=True)
class RunPoint:
    """One run.

    Attributes
    ----------
    result : SettingResult
        Of its setting.
    run : RunRecord
    accuracy : float
        In per cent; NaN for a run that diverged or failed.
    place : float
        Of the hyperparameter's value, as `SweepAxis.place` has it.
    seed : float
        Which of the setting's seeds, from -0.5 for the first to 0.5 for the last.
    """

    result: SettingResult
    run: RunRecord
    accuracy: float
    place: float
    seed: float


def run_points(results: SweepResults, axis: SweepAxis) -> list[RunPoint]:
    """Return the runs that have a result, or will never have one."""
    points = []
    for result in results.settings:
        if axis.field == "units" and result.values.get("layers") == 0:
            continue  # there are no hidden units
        place = axis.place(result.values[axis.field])
        for k, (run, accuracy) in enumerate(zip(result.runs, result.accuracies, strict=True)):
            if not math.isnan(accuracy) or run.status in LOST:
                seed = k / (result.n_seeds - 1) - 0.5 if result.n_seeds > 1 else 0.0
                points.append(RunPoint(result, run, percent(accuracy), place, seed))
    return points


def medians(points: Sequence[RunPoint], axis: SweepAxis) -> list[tuple[float, float]]:
    """Return places and medians in per cent, from left to right.

    Of each value, or, where the values are drawn from a range, of groups of as many runs, neighbours on the axis.
    """
    known = sorted((point.place, point.accuracy) for point in points if not math.isnan(point.accuracy))
    if not known:
        return []
    values = np.array(known)
    if axis.choices:
        places = np.unique(values[:, 0])
        groups = [values[values[:, 0] == place] for place in places]
    else:
        n = min(max(round(math.sqrt(len(values))), GROUPS[0]), GROUPS[1], len(values))
        groups = np.array_split(values, n)
    return [(float(np.median(group[:, 0])), float(np.median(group[:, 1]))) for group in groups]


class SliceChart(SweepChart):
    """Every run as a point, and a line through the medians."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Slice", "Each run appears here as a point once its first epoch has ended.", parent)
        self.points: dict[Hashable, RunPoint] = {}
        self.medians: list[tuple[float, float]] = []
        self.places: dict[Hashable, QPointF] = {}
        self._line = QPolygonF()
        self._axis: SweepAxis | None = None
        self._scale = ValueScale()
        self._frame: Frame | None = None

    def show_results(self, results: SweepResults, axis: SweepAxis) -> None:
        """Show the runs of `results` against one hyperparameter."""
        points = run_points(results, axis)
        self._axis = axis
        self._scale = ValueScale.of(point.accuracy for point in points)
        self.points = {point.run.id: point for point in points}
        self.medians = medians(points, axis)
        self.set_keys(sorted(self.points, key=lambda key: (self.points[key].place, self.points[key].seed)))

    def lay_out(self, metrics: QFontMetricsF) -> None:
        """Place the points and the line."""
        if self._axis is None:
            return
        axis, scale = self._axis, self._scale
        floor = LANE if any(math.isnan(point.accuracy) for point in self.points.values()) else 0.0

        def height(accuracy: float) -> float:
            return 0.0 if math.isnan(accuracy) else floor + (1 - floor) * scale.share(accuracy)

        y_ticks = [(height(value), text) for value, text in linear_ticks(scale.low, scale.high)]
        if floor:
            y_ticks.insert(0, (0.0, "none"))
        frame = Frame.fit(self.size(), metrics, (axis.shares(), axis.label), (y_ticks, "accuracy (%)"))
        self._frame = frame
        self.places = {
            key: frame.point(axis.share(point.place), height(point.accuracy)) + QPointF(SPREAD * point.seed, 0)
            for key, point in self.points.items()
        }
        self._line = QPolygonF([frame.point(axis.share(place), height(value)) for place, value in self.medians])

    def draw(self, painter: QPainter) -> None:
        """Draw axes, points, and the line in front of them."""
        if self._frame is None:
            return
        theme = self.theme
        self._frame.draw(painter, theme)
        fill = QColor(theme.valid)
        fill.setAlphaF(0.55)
        for key, middle in self.places.items():
            self._draw_point(painter, self.points[key], middle, fill)
        painter.setPen(QPen(QColor(theme.train), 3))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(self._line)
        painter.setBrush(QColor(theme.train))
        painter.setPen(QPen(QColor(theme.panel), 1))
        for middle in self._line.toList():
            painter.drawRect(QRectF(middle.x() - RADIUS, middle.y() - RADIUS, 2 * RADIUS, 2 * RADIUS))
        if self.pointed_at in self.places:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.accent), 3))
            painter.drawEllipse(self.places[self.pointed_at], RADIUS + 4, RADIUS + 4)

    def key_at(self, position: QPointF) -> Hashable:
        """Return the run whose point is nearest to a position."""
        far = {key: math.hypot(*(position - place).toTuple()) for key, place in self.places.items()}
        key = min(far, key=lambda key: far[key], default=None)
        return key if key is not None and far[key] <= NEAR else None

    def neighbour(self, key: Hashable, right: int, down: int) -> Hashable:
        """Return the run beside, or the next better or worse one at the same value."""
        if right:
            order = list(self.keys)
        else:
            place = self.points[key].place
            order = [each for each in self.keys if self.points[each].place == place]
            order.sort(key=lambda each: -self.places[each].y(), reverse=down > 0)
            down = 1
        at = order.index(key) + (right or down)
        return order[min(max(at, 0), len(order) - 1)]

    def _draw_point(self, painter: QPainter, point: RunPoint, middle: QPointF, fill: QColor) -> None:
        theme = self.theme
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if math.isnan(point.accuracy):
            painter.setPen(QPen(QColor(theme.error), 2))
            painter.drawLine(middle + QPointF(-RADIUS, -RADIUS), middle + QPointF(RADIUS, RADIUS))
            painter.drawLine(middle + QPointF(-RADIUS, RADIUS), middle + QPointF(RADIUS, -RADIUS))
            return
        painter.setPen(QPen(QColor(theme.valid), 1))
        if point.run.status is not Status.RUNNING:
            painter.setBrush(fill)
        if point.accuracy < self._scale.low:  # further down than there is room for
            corners = [QPointF(-RADIUS, -RADIUS), QPointF(RADIUS, -RADIUS), QPointF(0, RADIUS)]
            painter.drawPolygon(QPolygonF([middle + corner for corner in corners]))
        else:
            painter.drawEllipse(middle, RADIUS, RADIUS)


class SlicePlot(SweepPanel):
    """The runs of a sweep against one hyperparameter.

    Attributes
    ----------
    runChosen : Signal(int)
        The id of the run that was clicked; `settingChosen` tells its setting at the same time.
    """

    chart: SliceChart
    runChosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        self.box = FieldBox("against", "Hyperparameter on the x axis")
        super().__init__("Slice", SliceChart(), "Each point a run. Point at one to read it; click to open it.", parent)
        self.controls.addWidget(self.box.label)
        self.controls.addWidget(self.box)
        self.box.currentIndexChanged.connect(self._on_field_chosen)
        self.chart.chosen.connect(self._choose_run)
        self._show_box(0)

    def refresh(self, results: SweepResults) -> None:
        """Show the runs against the chosen hyperparameter."""
        axes = varying(results.plan)
        self.box.offer(axes, 0)
        self._show_box(len(axes))
        axis = next(axis for axis in axes if axis.field == self.box.field)
        self.chart.show_results(results, axis)
        line = "line: median of each value" if axis.choices else "line: median of neighbours"
        self.set_status(line if self.chart.medians else "")

    def reading(self, key: Hashable) -> str:
        """Return the setting, the seed and the result of a run."""
        point = self.chart.points.get(key)
        if point is None:
            return ""
        value = f"{point.accuracy:.2f} %" if not math.isnan(point.accuracy) else "no result"
        word = point.run.status.value.lower()
        told = "" if point.run.status is Status.FINISHED else f", {word}"
        return f"{point.result.words}, seed {point.run.hyperparameters.seed}: {value}{told}"

    def setting_of(self, key: Hashable) -> int | None:
        """Return the setting of a run."""
        return self.chart.points[key].result.setting if key in self.chart.points else None

    def _show_box(self, n_axes: int) -> None:
        for widget in (self.box.label, self.box):
            widget.setVisible(n_axes > 1)

    @Slot(object)
    def _choose_run(self, key: Hashable) -> None:
        self.runChosen.emit(key)

    @Slot()
    def _on_field_chosen(self) -> None:
        if self.results is not None:
            self.mark_stale()
            self.settle()
