"""What the plots of cost and accuracy share: curves over epochs, the run before as a ghost, a readout."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QWidget

from mlp_core.snapshot import EpochStats
from mlp_viz.theme import LIGHT, UNIT, Theme
from mlp_viz.widgets.chart import Chart
from mlp_viz.widgets.panel import TEXT_POINTS, ElidedLabel, Panel, set_points
from mlp_viz.widgets.ticks import Ticks, epoch_ticks, epochs_shown

WIDTH: Final = 3.0
GHOST_WIDTH: Final = 2.0
GHOST_SHARE: Final = 0.55  # of the series' colour; the rest is the panel's
MARKER: Final = 10
X_MARGIN: Final = 0.015  # so that the last marker is drawn whole
LARGEST: Final = 1e200  # what is larger than this has diverged, and would overflow the axis

Points = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Series:
    """One curve of a plot.

    Attributes
    ----------
    name : str
        What the legend calls it.
    colour : callable
        Picks its colour from a theme.
    dash : Qt.PenStyle
        The second cue beside the colour.
    value : callable
        Picks its value from an epoch's scalars.
    """

    name: str
    colour: Callable[[Theme], str]
    dash: Qt.PenStyle
    value: Callable[[EpochStats], float]


def blend(colour: str, ground: str, share: float) -> QColor:
    """Return `colour` laid over `ground` with `share` of it, 0 to 1."""
    top, bottom = QColor(colour), QColor(ground)
    pairs = zip(top.getRgb()[:3], bottom.getRgb()[:3], strict=True)  # type: ignore[index]
    return QColor(*(round(share * a + (1 - share) * b) for a, b in pairs))


def points(stats: Sequence[EpochStats], value: Callable[[EpochStats], float]) -> Points:
    """Return epochs and values of `stats`, leaving out what is not finite."""
    x = np.array([each.epoch for each in stats], dtype=np.float64)
    y = np.array([value(each) for each in stats], dtype=np.float64)
    keep = np.abs(y) < LARGEST  # false for NaN
    return x[keep], y[keep]


class CurvePlot(Panel):
    """Curves over the epochs of a run; the run before stays as a pale ghost behind them.

    Subclasses say which series there are, what the y axis covers, and how values read. Nothing is
    drawn but when an epoch ends, the mouse moves or the theme changes.

    Parameters
    ----------
    title : str
    y_label : str
        Label of the y axis, with its unit.
    placeholder : str
        What will appear here, and how.
    series : sequence of Series
    """

    def __init__(
        self, title: str, y_label: str, placeholder: str, series: Sequence[Series], parent: QWidget | None = None
    ) -> None:
        super().__init__(title, parent)
        self._series = tuple(series)
        self._stats: list[EpochStats] = []
        self._ghost: tuple[EpochStats, ...] = ()
        self._planned = 0
        self._hovered: int | None = None
        self._ghost_heights = np.empty(0)

        self._legend = [_LegendEntry(each.name) for each in self._series]
        self._ghost_legend = _LegendEntry("")
        self.legend_row = QHBoxLayout()
        self.legend_row.setContentsMargins(0, 0, 0, 0)
        self.legend_row.setSpacing(UNIT + UNIT // 2)
        for entry in (*self._legend, self._ghost_legend):
            self.legend_row.addWidget(entry)
        self.legend_row.addStretch(1)
        self.readout = ElidedLabel(" ")
        set_points(self.readout, TEXT_POINTS)
        self.readout.setAccessibleName(f"{title}: values")

        self.plot = Chart("epoch", y_label)
        self._add_curves()
        self._placeholder = QLabel(placeholder)
        self._placeholder.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._placeholder.setWordWrap(True)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._placeholder)
        self._pages.addWidget(self.plot)
        self.body.addLayout(self.legend_row)
        self.body.addWidget(self.readout)
        self.body.addWidget(self._pages, 1)
        self.apply_theme(LIGHT)
        self.plot.viewport().installEventFilter(self)

    @property
    def stats(self) -> tuple[EpochStats, ...]:
        """The epochs of the current curve."""
        return tuple(self._stats)

    @property
    def ghost(self) -> tuple[EpochStats, ...]:
        """The epochs of the run before, drawn pale."""
        return self._ghost

    def begin(self, run_id: int, epochs: int = 0) -> None:
        """Start the curve of a new run; the current one, if it has any epoch, becomes the ghost.

        Parameters
        ----------
        run_id : int
            The new run.
        epochs : int
            How many are planned; 0 if not known.
        """
        self.run_id = run_id
        if self._stats:
            self._ghost = tuple(self._stats)
        self._stats = []
        self._planned = epochs
        self._draw()

    def continue_run(self, epochs: int = 0) -> None:
        """Go on with the current curve; `epochs` are planned in all."""
        self._planned = epochs
        self._draw()

    def extend(self, stats: Sequence[EpochStats]) -> None:
        """Add epochs to the current curve."""
        if stats:
            self._stats.extend(stats)
            self._draw(ghost=False)

    def load(self, stats: Sequence[EpochStats]) -> None:
        """Show a stored run alone: no ghost behind it."""
        self._stats = list(stats)
        self._ghost = ()
        self._planned = 0
        self._draw()

    def clear(self) -> None:
        """Forget curve and ghost."""
        self.load(())

    def apply_theme(self, theme: Theme) -> None:
        """Take all colours from `theme`."""
        super().apply_theme(theme)
        self.plot.apply_theme(theme)
        for k, each in enumerate(self._series):
            colour = QColor(each.colour(theme))
            ghost = blend(each.colour(theme), theme.panel, GHOST_SHARE)
            self._curves[k].setPen(_pen(colour, WIDTH, each.dash))
            self._ghosts[k].setPen(_pen(ghost, GHOST_WIDTH, each.dash))
            self._markers[k].setSymbolBrush(colour)
            self._markers[k].setSymbolPen(pg.mkPen(theme.panel, width=1))
            self._legend[k].set_pen(_pen(colour, WIDTH, each.dash))
        ghost = blend(self._series[0].colour(theme), theme.panel, GHOST_SHARE)
        self._ghost_legend.set_pen(_pen(ghost, GHOST_WIDTH, self._series[0].dash))
        self._placeholder.setStyleSheet(f"color: {theme.muted}; font-size: {TEXT_POINTS:g}pt;")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the mouse over the plot with the readout."""
        if event.type() == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            self._hover(self._epoch_at(event.position()))
        elif event.type() == QEvent.Type.Leave:
            self._hover(None)
        return super().eventFilter(watched, event)

    def y_view(self, low: float, high: float) -> tuple[float, float, Ticks]:
        """Return the ends of the y axis and its ticks for values from `low` to `high`, as they are drawn."""
        raise NotImplementedError

    def drawn(self, values: Points) -> Points:
        """Return where on the y axis `values` are drawn; the values themselves unless overridden."""
        return values

    def reading(self, stats: EpochStats) -> str:
        """Return the values of an epoch, as a readout."""
        raise NotImplementedError

    def short_reading(self, stats: EpochStats) -> str:
        """Return the values of an epoch, as short as they can be told apart."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draw again after what a subclass decides has changed."""
        self._draw()

    def _add_curves(self) -> None:
        self._ghosts: list[Any] = [self.plot.add_curve() for _ in self._series]
        self._curves: list[Any] = [self.plot.add_curve() for _ in self._series]
        self._markers: list[Any] = [self.plot.add_curve() for _ in self._series]
        for marker in self._markers:
            marker.setPen(None)
            marker.setSymbol("o")
            marker.setSymbolSize(MARKER)
        for curve in (*self._ghosts, *self._curves):
            curve.setDownsampling(auto=True, method="peak")

    def _draw(self, ghost: bool = True) -> None:
        """Draw the curves, and the `ghost` unless it stands as it was; fit the axes to them."""
        self._pages.setCurrentIndex(1 if self._stats or self._ghost else 0)
        if ghost:
            self._ghost_heights = self._set_curves(self._ghosts, self._ghost)
        heights = self._set_curves(self._curves, self._stats)
        self._fit(np.concatenate((self._ghost_heights, heights)))
        self._show_values()

    def _set_curves(self, curves: Sequence[Any], stats: Sequence[EpochStats]) -> NDArray[np.float64]:
        """Draw `stats` as one curve a series, and return the heights of all points."""
        heights = []
        for each, curve in zip(self._series, curves, strict=True):
            x, y = self.drawn(points(stats, each.value))
            curve.setData(x, y)
            heights.append(y)
        return np.concatenate(heights)

    def _fit(self, heights: NDArray[np.float64]) -> None:
        """Fit the axes and the grid to what is drawn."""
        last = max((stats[-1].epoch for stats in (self._stats, self._ghost) if stats), default=0)
        end = epochs_shown(last, self._planned)
        low, high = (float(heights.min()), float(heights.max())) if heights.size else (0.0, 1.0)
        bottom, top, y_ticks = self.y_view(low, high)
        self.plot.set_frame((end * (1 + X_MARGIN), bottom, top, epoch_ticks(end), y_ticks))

    def _epoch_at(self, position: QPointF) -> int | None:
        """Return the drawn epoch nearest to a place in the plot."""
        place = self.plot.place_at(position)
        if place is None:
            return None
        wanted = place.x()
        near: list[int] = []
        for stats in (self._stats, self._ghost):
            at = bisect_left(stats, wanted, key=_epoch_of)
            near += [each.epoch for each in stats[max(at - 1, 0) : at + 1]]
        return min(near, key=lambda epoch: abs(epoch - wanted), default=None)

    def _hover(self, epoch: int | None) -> None:
        if epoch != self._hovered:
            self._hovered = epoch
            self._show_values()

    def _show_values(self) -> None:
        """Tell the values of the epoch under the mouse, or else of the newest one."""
        epoch = self._hovered if self._stats or self._ghost else None
        self.plot.show_line(epoch)
        now = _find(self._stats, epoch)
        before = _find(self._ghost, epoch if epoch is not None or now is None else now.epoch) or _find(
            self._ghost, None
        )
        if now is not None:
            self.readout.set_text(f"epoch {now.epoch:,}: {self.reading(now)}")
        else:
            self.readout.set_text(" " if epoch is None else f"epoch {epoch:,}: only the run before came so far")
        self._ghost_legend.setVisible(bool(self._ghost))
        at = f" (epoch {before.epoch:,}): {self.short_reading(before)}" if before else ""
        self._ghost_legend.set_text("before" + at)
        for each, marker in zip(self._series, self._markers, strict=True):
            marker.setData(*self.drawn(points([now] if now else self._stats[-1:], each.value)))


def _epoch_of(stats: EpochStats) -> int:
    return stats.epoch


def _find(stats: Sequence[EpochStats], epoch: int | None) -> EpochStats | None:
    """Return the scalars of `epoch`, or of the newest epoch for None; None if there are none."""
    if not stats or epoch is None:
        return stats[-1] if stats else None
    at = bisect_left(stats, epoch, key=_epoch_of)
    return stats[at] if at < len(stats) and stats[at].epoch == epoch else None


def _pen(colour: QColor, width: float, dash: Qt.PenStyle) -> Any:
    pen = pg.mkPen(colour, width=width, style=dash)
    if dash == Qt.PenStyle.CustomDashLine:
        pen.setDashPattern([3.0, 1.5])
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return pen


class _LegendEntry(QWidget):
    """A sample of a line, and what it stands for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._sample = _LineSample()
        self._label = ElidedLabel(text)
        set_points(self._label, TEXT_POINTS)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(UNIT // 2)
        row.addWidget(self._sample)
        row.addWidget(self._label)

    def set_text(self, text: str) -> None:
        self._label.set_text(text)

    def text(self) -> str:
        return self._label.text()

    def set_pen(self, pen: QPen) -> None:
        self._sample.pen = pen
        self._sample.update()


class _LineSample(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.pen = QPen()
        self.setFixedSize(QSize(3 * UNIT + UNIT // 2, 2 * UNIT))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self.pen)
        painter.drawLine(QPointF(0, self.height() / 2), QPointF(self.width(), self.height() / 2))
        painter.end()
