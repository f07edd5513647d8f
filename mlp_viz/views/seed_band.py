"""Mean curve of settings over their seeds, with the band in which the seeds lie."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from mlp_core.snapshot import EpochStats
from mlp_core.sweep.axes import setting_words
from mlp_core.sweep.results import SettingResult, SweepResults
from mlp_viz.theme import UNIT, Theme
from mlp_viz.views.result_words import percent
from mlp_viz.views.sweep_chart import NEAR, Frame, SweepChart, SweepPanel
from mlp_viz.widgets.ticks import epoch_ticks, epochs_shown, linear_ticks
from mlp_viz.widgets.value_scale import ValueScale

BEST: Final = 3  # settings that are drawn
FEW: Final = 6  # seeds; with fewer, a deviation says less than the lowest and the highest do
BAND: Final = 0.22  # of the colour of the curve
POINTS: Final = 300  # of a curve that are drawn at most
SAMPLE: Final = 3 * UNIT  # of a line, in the legend
DASHES: Final = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine)

Histories = Mapping[int, tuple[EpochStats, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class MeanCurve:
    """The validation accuracy of a setting, over its seeds.

    Attributes
    ----------
    result : SettingResult
    epochs, mean, low, high : ndarray, shape (n_epochs,)
        Accuracies in per cent; `low` and `high` are the ends of the band.
    counts : ndarray of int, shape (n_epochs,)
        Seeds that came so far.
    deviation : bool
        Whether the band is the standard deviation on both sides of the mean, or goes from the lowest to the highest.
    """

    result: SettingResult
    epochs: NDArray[np.float64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    counts: NDArray[np.int64]
    deviation: bool

    @classmethod
    def of(cls, result: SettingResult, histories: Histories) -> MeanCurve:
        """Return the mean over the seeds whose history is there.

        At each epoch it takes in the seeds that have a finite accuracy there: one that diverged counts as far as it
        came. It goes on as long as half of the seeds do.
        """
        curves = [
            {each.epoch: percent(each.valid_accuracy) for each in histories.get(run.id, ())} for run in result.runs
        ]
        curves = [curve for curve in curves if curve]
        last = max((epoch for curve in curves for epoch in curve), default=0)
        values = np.full((len(curves), last), np.nan)
        for row, curve in zip(values, curves, strict=True):
            row[np.array(list(curve)) - 1] = list(curve.values())
        values[~np.isfinite(values)] = np.nan
        counts = np.count_nonzero(~np.isnan(values), axis=0)
        kept = (counts > 0) & (2 * counts >= len(curves))
        values, counts = values[:, kept], counts[kept]
        deviation = len(curves) >= FEW
        if not counts.size:
            nothing = np.empty(0)
            return cls(result, nothing, nothing, nothing, nothing, np.empty(0, np.int64), deviation)
        mean = np.nansum(values, axis=0) / counts
        if deviation:
            spread = np.sqrt(np.nansum((values - mean) ** 2, axis=0) / np.maximum(counts - 1, 1))
            low, high = mean - spread, mean + spread
        else:
            low, high = np.nanmin(values, axis=0), np.nanmax(values, axis=0)
        return cls(result, np.flatnonzero(kept).astype(np.float64) + 1, mean, low, high, counts, deviation)

    def at(self, epoch: int) -> int | None:
        """Return the position of an epoch; None if the curve does not have it."""
        place = int(np.searchsorted(self.epochs, epoch))
        return place if place < len(self.epochs) and self.epochs[place] == epoch else None


def best_settings(results: SweepResults, chosen: int | None = None) -> tuple[SettingResult, ...]:
    """Return the settings whose curves are drawn: the chosen one, or the best."""
    if chosen is not None:
        return tuple(result for result in results.settings if result.setting == chosen)
    return results.ranked()[:BEST]


class BandChart(SweepChart):
    """Curves over the epochs, each in its band; left and right go through the epochs, up and down to other curves.

    Attributes
    ----------
    epochPointed : Signal()
        Another epoch, or none, is pointed at.
    """

    epochPointed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "Mean over seeds", "The mean curve of the best settings appears here once one has a result.", parent
        )
        self.curves: dict[Hashable, MeanCurve] = {}
        self.epoch: int | None = None  # that is pointed at
        self._end = 1
        self._scale = ValueScale()
        self._frame: Frame | None = None
        self._lines: dict[Hashable, tuple[QPolygonF, QPolygonF]] = {}
        self._legend: list[tuple[QRectF, str]] = []

    def show_curves(self, curves: Sequence[MeanCurve], epochs: int) -> None:
        """Show curves of runs of so many epochs; the first has the first colour."""
        self.curves = {curve.result.setting: curve for curve in curves}
        values = np.concatenate(
            [each for curve in curves for each in (curve.mean, curve.low, curve.high)] or [np.empty(0)]
        )
        self._scale = ValueScale.of(values.tolist())
        self._end = epochs_shown(int(max((curve.epochs[-1] for curve in curves), default=1)), epochs)
        self.set_keys(tuple(self.curves))

    def lay_out(self, metrics: QFontMetricsF) -> None:
        """Place curves, bands and legend."""
        scale, end = self._scale, self._end
        x_ticks = [(epoch / end, text) for epoch, text in epoch_ticks(end)]
        y_ticks = [(scale.share(value), text) for value, text in linear_ticks(scale.low, scale.high)]
        top = self._lay_out_legend(metrics)
        frame = Frame.fit(self.size(), metrics, (x_ticks, "epoch"), (y_ticks, "accuracy (%)"), UNIT, top)
        self._frame = frame
        width = scale.high - scale.low

        def places(epochs: NDArray[np.float64], values: NDArray[np.float64]) -> list[QPointF]:
            # Not the share of the scale: what is below it runs out of the chart, and is cut off there.
            return [
                frame.point(epoch / end, max((value - scale.low) / width, -1.0))
                for epoch, value in zip(epochs.tolist(), values.tolist(), strict=True)
            ]

        self._lines = {}
        for key, curve in self.curves.items():
            epochs, mean, low, high = _thinned(curve)
            self._lines[key] = (
                QPolygonF(places(epochs, mean)),
                QPolygonF(places(epochs, high) + places(epochs, low)[::-1]),
            )

    def _lay_out_legend(self, metrics: QFontMetricsF) -> float:
        """Place the legend, in more rows where one is too narrow for its words; return where it ends."""
        line, n = metrics.height(), max(len(self.curves), 1)
        alike = _alike([curve.result for curve in self.curves.values()])
        names = [_name(curve, alike) for curve in self.curves.values()]
        need = max(map(metrics.horizontalAdvance, names), default=0.0) + SAMPLE + 2 * UNIT
        columns = min(max(int(self.width() / need), 1), n)
        each = self.width() / columns
        self._legend = []
        for k, name in enumerate(names):
            row, column = divmod(k, columns)
            room = QRectF(column * each + UNIT / 2, UNIT / 2 + row * line, each - UNIT, line)
            text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, room.width() - SAMPLE - UNIT)
            self._legend.append((room, text))
        return math.ceil(n / columns) * line + UNIT

    def draw(self, painter: QPainter) -> None:
        """Draw the axes, the bands behind all curves, the curves, and the legend."""
        if self._frame is None:
            return
        theme, area = self.theme, self._frame.area
        self._frame.draw(painter, theme)
        painter.setClipRect(area)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)  # takes long, and pale edges need none
        for k, (_, band) in reversed(list(enumerate(self._lines.values()))):
            fill = QColor(_colour(theme, k))
            fill.setAlphaF(BAND)
            painter.setBrush(fill)
            painter.drawPolygon(band)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for k, (key, (line, _)) in reversed(list(enumerate(self._lines.items()))):
            painter.setPen(self._pen(k, key == self.pointed_at))
            if line.size() > 1:
                painter.drawPolyline(line)
            else:
                painter.drawEllipse(line.first(), 3, 3)
        if self.epoch is not None:
            x = self._frame.point(self.epoch / self._end, 0).x()
            painter.setPen(QPen(QColor(theme.muted), 1))
            painter.drawLine(QLineF(x, area.top(), x, area.bottom()))
        painter.setClipping(False)
        for k, (room, text) in enumerate(self._legend):
            painter.setPen(self._pen(k, False))
            middle = room.center().y()
            painter.drawLine(QLineF(room.left(), middle, room.left() + SAMPLE, middle))
            painter.setPen(QColor(theme.text))
            painter.drawText(room.adjusted(SAMPLE + UNIT, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, text)

    def key_at(self, position: QPointF) -> Hashable:
        """Return the curve that is nearest to a position, or whose legend is there."""
        for key, (room, _) in zip(self.curves, self._legend, strict=True):
            if room.contains(position):
                return key
        epoch, found, least = self._epoch_at(position), None, NEAR
        for key, curve in self.curves.items():
            at = curve.at(epoch) if epoch is not None else None
            if at is None or self._frame is None:
                continue
            share = (float(curve.mean[at]) - self._scale.low) / (self._scale.high - self._scale.low)
            far = abs(self._frame.point(0, share).y() - position.y())
            if far <= least:
                found, least = key, far
        return found

    def neighbour(self, key: Hashable, right: int, down: int) -> Hashable:
        """Go to another epoch, or return the curve beside in the legend."""
        if right:
            last = int(max(curve.epochs[-1] for curve in self.curves.values()))
            self._point_at(min(max((self.epoch or last) + right, 1), last))
            return key
        order = list(self.keys)
        return order[min(max(order.index(key) + down, 0), len(order) - 1)]

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell which epoch and which curve are under the mouse."""
        super().mouseMoveEvent(event)
        self._point_at(self._epoch_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Tell that nothing is under the mouse."""
        super().leaveEvent(event)
        self._point_at(None)

    def _point_at(self, epoch: int | None) -> None:
        if epoch != self.epoch:
            self.epoch = epoch
            self.epochPointed.emit()
            self.update()

    def _epoch_at(self, position: QPointF) -> int | None:
        """Return the drawn epoch nearest to a position in the chart."""
        if self._frame is None or not self.keys or not self._frame.area.contains(position):
            return None
        first, last = self._frame.point(0, 0).x(), self._frame.point(1, 0).x()
        epoch = round((position.x() - first) / max(last - first, 1) * self._end)
        return min(max(epoch, 1), int(max(curve.epochs[-1] for curve in self.curves.values())))

    def _pen(self, number: int, wide: bool) -> QPen:
        return QPen(QColor(_colour(self.theme, number)), 4.0 if wide else 2.5, DASHES[number % len(DASHES)])


class SeedBand(SweepPanel):
    """The mean validation accuracy of the best settings over their seeds, or of a chosen one."""

    chart: BandChart

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Mean over seeds", BandChart(), "", parent)
        self._histories: Histories = MappingProxyType({})
        self._chosen: int | None = None
        self.chart.epochPointed.connect(self._read_again)

    @property
    def runs(self) -> tuple[int, ...]:
        """The runs whose histories are drawn, if they are there."""
        if self.results is None:
            return ()
        return tuple(run.id for result in best_settings(self.results, self._chosen) for run in result.runs)

    def show_curves(self, results: SweepResults, histories: Histories) -> None:
        """Show the curves of `results`.

        Parameters
        ----------
        results : SweepResults
        histories : mapping of int to tuple of EpochStats
            By run. Those that are missing are left out.
        """
        self._histories = histories
        self.show_results(results)

    def choose_setting(self, setting: int | None) -> None:
        """Show one setting alone; None shows the best ones."""
        self._chosen = setting
        self.mark_stale()

    def refresh(self, results: SweepResults) -> None:
        """Compute the mean curves and show them."""
        curves = [MeanCurve.of(result, self._histories) for result in best_settings(results, self._chosen)]
        curves = [curve for curve in curves if curve.epochs.size]
        self.chart.show_curves(curves, results.plan.base.epochs)
        which = f"the best {len(curves)} settings" if len(curves) > 1 else "one setting"
        if not curves:
            self.set_status("")
            self.set_hint("")
        elif results.plan.n_seeds == 1:
            self.set_status(which)
            self.set_hint("One seed: there is no band. Point at an epoch to read it.")
        else:
            self.set_status(which)
            band = "mean ± standard deviation" if curves[0].deviation else "lowest to highest seed"
            self.set_hint(f"Band: {band}. Point at an epoch to read it.")

    def reading(self, key: Hashable) -> str:
        """Return mean and band of a curve, at the epoch under the mouse or at its last."""
        curve = self.chart.curves.get(key)
        return f"{curve.result.words}: {self._values(curve, self.chart.epoch)}" if curve is not None else ""

    def setting_of(self, key: Hashable) -> int | None:
        """Return the setting of a curve."""
        return key if isinstance(key, int) else None

    def _read(self, key: Hashable) -> None:
        """Read the curve that is pointed at, or else all of them at the epoch under the mouse."""
        epoch = self.chart.epoch
        if key is not None or epoch is None:
            super()._read(key)
            return
        values = " · ".join(self._values(curve, epoch, short=True) for curve in self.chart.curves.values())
        self._readout.set_text(f"epoch {epoch:,}: {values}")

    def _read_again(self) -> None:
        self._read(self.chart.pointed_at)

    def _values(self, curve: MeanCurve, epoch: int | None, short: bool = False) -> str:
        at = len(curve.epochs) - 1 if epoch is None else curve.at(epoch)
        if at is None:
            return "–"
        mean, low, high, n = curve.mean[at], curve.low[at], curve.high[at], curve.counts[at]
        if short:
            return f"{mean:.2f} % ({low:.2f} to {high:.2f})" if n > 1 else f"{mean:.2f} %"
        told = f"epoch {int(curve.epochs[at]):,}, mean {mean:.2f} %"
        return f"{told} of {n} seeds ({low:.2f} to {high:.2f})" if n > 1 else told


def _thinned(curve: MeanCurve) -> tuple[NDArray[np.float64], ...]:
    """Return epochs, means and both ends of the band, of neighbours together where there are more than `POINTS`."""
    n = len(curve.epochs)
    if n <= POINTS:
        return curve.epochs, curve.mean, curve.low, curve.high
    starts = np.arange(POINTS) * n // POINTS
    counts = np.diff(np.append(starts, n))
    epochs, mean = (np.add.reduceat(values, starts) / counts for values in (curve.epochs, curve.mean))
    return epochs, mean, np.minimum.reduceat(curve.low, starts), np.maximum.reduceat(curve.high, starts)


def _alike(results: Sequence[SettingResult]) -> frozenset[str]:
    """Return the fields that have the same value in all of several settings."""
    if len(results) < 2:
        return frozenset()
    return frozenset(field for field in results[0].values if len({result.values[field] for result in results}) == 1)


def _name(curve: MeanCurve, alike: frozenset[str]) -> str:
    """Return in words what tells a setting from the others that are drawn."""
    return setting_words({field: value for field, value in curve.result.values.items() if field not in alike})


def _colour(theme: Theme, number: int) -> str:
    return (theme.valid, theme.train, theme.cost)[number % 3]
