"""Bars of how many images each class has: one lane for each split, the classes at the same places in all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from mlp_core.datasets.overview import SPLITS
from mlp_viz.theme import LIGHT, UNIT, Theme
from mlp_viz.views.curve_plot import blend
from mlp_viz.widgets.panel import TEXT_POINTS
from mlp_viz.widgets.ticks import nice_step

BAR_SHARE: Final = 0.7  # of the room a class has; the rest is the gap
LABEL_ROOM: Final = 5 * UNIT  # with so much room, each class has its name beneath it, shortened if need be
PALE: Final = 0.5  # of the colour, where some classes that share a pixel have that many images and some do not
LONGEST_LABEL: Final = 12 * UNIT
COLOURS: Final = {"train": "train", "valid": "valid", "test": "cost"}
"""The colour of each split, by its name in `Theme`: those of the accuracy curves, and a third."""


@dataclass(frozen=True, slots=True)
class Lane:
    """Where the bars of one split are drawn, in pixels of the chart.

    Attributes
    ----------
    title : str
        ``train: 55,000 images``.
    colour : str
        Name of the `Theme` colour.
    area : QRectF
        From the axis to the top of the highest bar.
    bars : tuple of QRectF
        One for each class; where several share a pixel, one for them all, as high as their smallest.
    peaks : tuple of QRectF
        On top of `bars`, up to their largest.
    ticks : tuple of (float, str)
        Height and text of the marks on the axis.
    even : float
        The height that all bars have if all classes are equally frequent.
    """

    title: str
    colour: str
    area: QRectF
    bars: tuple[QRectF, ...]
    peaks: tuple[QRectF, ...]
    ticks: tuple[tuple[float, str], ...]
    even: float


class BalanceChart(QWidget):
    """Three lanes of bars: a class with few images stands out as a gap, in one split or in all.

    Bars and labels are computed when the counts or the size change. Tab reaches the chart; the arrow keys, Home, End,
    PgUp and PgDown move to other classes, and Enter chooses one.

    Attributes
    ----------
    pointed : Signal(int)
        The class under the mouse, or else the one the keys moved to; -1 for none.
    classChosen : Signal(int)
        A class was clicked, or Enter was pressed on it.
    """

    pointed = Signal(int)
    classChosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = LIGHT
        self._counts: NDArray[np.int64] = np.zeros((len(SPLITS), 0), np.int64)
        self._names: tuple[str, ...] = ()
        self._placeholder = ""
        self._lanes: tuple[Lane, ...] = ()
        self._labels: tuple[tuple[QRectF, str], ...] = ()
        self._current = 0
        self._hovered = -1
        self._pointed = -1
        font = QFont(self.font())
        font.setPointSizeF(max(font.pointSizeF(), TEXT_POINTS))
        self.setFont(font)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Class balance")

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """What is drawn for each split."""
        return self._lanes

    @property
    def pointed_at(self) -> int:
        """The class that `pointed` told of last."""
        return self._pointed

    @property
    def labels(self) -> tuple[str, ...]:
        """The texts beneath the bars."""
        return tuple(text for _, text in self._labels)

    def show_counts(self, counts: NDArray[np.int64], names: Sequence[str]) -> None:
        """Show how many samples each class has.

        Parameters
        ----------
        counts : ndarray of int64, shape (3, n_classes)
            By split, in the order of `SPLITS`. No class at all brings the placeholder back.
        names : sequence of str
            One for each class.
        """
        self._counts, self._names = counts, tuple(names)
        self._current = 0
        self._hovered = -1
        self._lay_out()
        self._tell()

    def set_placeholder(self, text: str) -> None:
        """Say what will appear here, as long as there is no class."""
        self._placeholder = text
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self._theme = theme
        self.update()

    def class_rect(self, label: int) -> QRectF:
        """Return the room of a class from the top of the first lane to the foot of the last."""
        area = self._area()
        left, right = (area.left() + edge * area.width() / len(self._names) for edge in (label, label + 1))
        return QRectF(left, area.top(), right - left, area.height())

    def class_at(self, position: QPointF) -> int:
        """Return the class at a position in this widget; -1 beside the lanes."""
        area = self._area()
        if not self._lanes or not area.contains(position):
            return -1
        n = len(self._names)
        return min(int((position.x() - area.left()) / area.width() * n), n - 1)

    def sizeHint(self) -> QSize:
        """Return a size at which ten classes are easy to compare."""
        return QSize(50 * UNIT, 30 * UNIT)

    def minimumSizeHint(self) -> QSize:
        """Return the size below which there is nothing to see."""
        return QSize(20 * UNIT, 20 * UNIT)

    # Qt events

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw lanes, axes and labels, or the placeholder."""
        painter = QPainter(self)
        theme = self._theme
        if not self._lanes:
            painter.setPen(QColor(theme.muted))
            inside = self.rect().adjusted(UNIT, UNIT, -UNIT, -UNIT)
            painter.drawText(inside, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._placeholder)
        else:
            if self._pointed >= 0:
                band = self.class_rect(self._pointed)
                band.setWidth(max(band.width(), 2.0))
                painter.fillRect(band, blend(theme.accent, theme.panel, 0.3))
            for lane in self._lanes:
                self._draw_lane(painter, lane)
            painter.setPen(QColor(theme.text))
            for room, text in self._labels:
                painter.drawText(room, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, text)
            self._draw_axis_titles(painter)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place everything anew."""
        super().resizeEvent(event)
        self._lay_out()

    def changeEvent(self, event: QEvent) -> None:
        """Place everything anew when the font changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._lay_out()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell which class is under the mouse."""
        self._hovered = self.class_at(event.position())
        self._tell()

    def leaveEvent(self, event: QEvent) -> None:
        """Tell that no class is under the mouse."""
        self._hovered = -1
        self._tell()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the class that was clicked."""
        label = self.class_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and label >= 0:
            self._current = label
            self.classChosen.emit(label)
        else:
            super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move to another class, or choose it."""
        n = len(self._names)
        page = max(n // 10, 1)
        places = {
            Qt.Key.Key_Left: self._current - 1,
            Qt.Key.Key_Right: self._current + 1,
            Qt.Key.Key_PageUp: self._current - page,
            Qt.Key.Key_PageDown: self._current + page,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: n - 1,
        }
        key = Qt.Key(event.key())
        if not n or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
        elif key in places:
            self._current = min(max(places[key], 0), n - 1)
            self._hovered = -1
            self._tell()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.classChosen.emit(self._current)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Tell the class that the keys move from."""
        super().focusInEvent(event)
        self._tell()
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Tell that the keys move nothing any more."""
        super().focusOutEvent(event)
        self._tell()
        self.update()

    # How it gets there

    def _tell(self) -> None:
        pointed = self._hovered
        if pointed < 0 and self.hasFocus() and self._names:
            pointed = self._current
        if pointed != self._pointed:
            self._pointed = pointed
            self.pointed.emit(pointed)
            self.update()

    def _area(self) -> QRectF:
        """Return what all lanes cover."""
        return self._lanes[0].area.united(self._lanes[-1].area) if self._lanes else QRectF()

    def _lay_out(self) -> None:
        """Place lanes, bars and labels for the size of the widget."""
        n = len(self._names)
        metrics = QFontMetricsF(self.font())
        line = metrics.height()
        all_ticks = [_ticks(int(counts.max(initial=0))) for counts in self._counts]
        widest = max(metrics.horizontalAdvance(text) for ticks in all_ticks for _, text in ticks)
        left = round(line + widest + 2 * UNIT)
        width = int(self.width() - left - UNIT)
        height = (self.height() - 2 * line - 2 * UNIT) / len(
            SPLITS
        )  # of a lane; two lines are for labels and axis title
        if not n or width < 1 or height < 1:
            self._lanes, self._labels = (), ()
            self.update()
            return
        lanes = []
        for k, (key, name) in enumerate(SPLITS.items()):
            top = round(UNIT / 2 + k * height + line)
            area = QRectF(left, top, width, max(round((k + 1) * height) - top, 1))
            lanes.append(_lane(self._counts[k], name, COLOURS[key], area, all_ticks[k]))
        self._lanes = tuple(lanes)
        self._labels = self._place_labels(metrics)
        self.update()

    def _place_labels(self, metrics: QFontMetricsF) -> tuple[tuple[QRectF, str], ...]:
        """Return the names of as many classes as there is room for, and where they are written."""
        n, area = len(self._names), self._area()
        each = area.width() / n
        widest = min(max(metrics.horizontalAdvance(name) for name in self._names), LONGEST_LABEL) + UNIT
        every = 1 if each >= min(LABEL_ROOM, widest) else int(max(nice_step(widest / each, 1), 1))
        labels: list[tuple[QRectF, str]] = []
        for label in range(0, n, every):
            text = metrics.elidedText(self._names[label], Qt.TextElideMode.ElideRight, every * each - UNIT / 2)
            half = metrics.horizontalAdvance(text) / 2 + 1
            middle = area.left() + (label + 0.5) * each
            middle = min(max(middle, area.left() + half), self.width() - half)
            room = QRectF(middle - half, area.bottom() + UNIT / 2, 2 * half, metrics.height())
            if not labels or room.left() > labels[-1][0].right():
                labels.append((room, text))
        return tuple(labels)

    def _draw_lane(self, painter: QPainter, lane: Lane) -> None:
        theme, area = self._theme, lane.area
        line = QFontMetricsF(self.font()).height()
        colour = getattr(theme, lane.colour)
        painter.setPen(QColor(colour))
        painter.drawText(
            QRectF(area.left(), area.top() - line, area.width(), line), Qt.AlignmentFlag.AlignLeft, lane.title
        )
        painter.setPen(QColor(theme.line))
        painter.drawLines([QLineF(area.left(), y, area.right(), y) for y, _ in lane.ticks])
        painter.setPen(Qt.PenStyle.NoPen)
        for rects, brush in ((lane.bars, QColor(colour)), (lane.peaks, blend(colour, theme.panel, PALE))):
            painter.setBrush(brush)
            painter.drawRects(rects)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QColor(theme.text))
        for y, text in lane.ticks:
            room = QRectF(0, y - line / 2, area.left() - UNIT / 2, line)
            painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        if lane.bars:
            painter.setPen(QPen(QColor(theme.text), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QLineF(area.left(), lane.even, area.right(), lane.even))

    def _draw_axis_titles(self, painter: QPainter) -> None:
        area, line = self._area(), QFontMetricsF(self.font()).height()
        beneath = QRectF(area.left(), self.height() - line - UNIT / 2, area.width(), line)
        painter.drawText(beneath, Qt.AlignmentFlag.AlignCenter, "class")
        painter.save()
        painter.translate(0, area.center().y())
        painter.rotate(-90)
        painter.drawText(QRectF(-100, UNIT / 2, 200, line), Qt.AlignmentFlag.AlignCenter, "images")
        painter.restore()


def _ticks(largest: int) -> list[tuple[int, str]]:
    """Return 0 and one or two round numbers up to `largest`: multiples of 1, 2 or 5 times a power of ten."""
    power = 10 ** (len(str(largest)) - 1)
    step = next(factor * power for factor in (5, 2, 1) if factor * power <= max(largest, 1))
    return [(value, f"{value:,}") for value in range(0, largest + 1, step)]


def _lane(counts: NDArray[np.int64], name: str, colour: str, area: QRectF, ticks: Sequence[tuple[int, str]]) -> Lane:
    """Place the bars of one split in `area`; edges fall on whole pixels, so that equal bars look equal."""
    n, total, largest = len(counts), int(counts.sum()), max(int(counts.max()), 1)
    if not total:
        return Lane(f"{name}: no images", colour, area, (), (), (), area.bottom())
    columns = min(n, int(area.width()))
    starts = np.arange(columns) * n // columns
    low, high = np.minimum.reduceat(counts, starts), np.maximum.reduceat(counts, starts)
    each = area.width() / columns
    bar = max(int(BAR_SHARE * each), 1) if each >= 2 else each
    lefts = np.floor(area.left() + np.arange(columns) * each + (each - bar) / 2)
    rights = lefts + bar if each >= 2 else np.floor(area.left() + np.arange(1, columns + 1) * each)

    def heights(values: NDArray[np.int64]) -> NDArray[np.float64]:
        exact = values * area.height() / largest
        return np.where(values > 0, np.maximum(np.rint(exact), 1), 0.0)

    lows, highs = heights(low), heights(high)
    places = list(zip(lefts.tolist(), (rights - lefts).tolist(), lows.tolist(), highs.tolist(), strict=True))
    foot = area.bottom()
    return Lane(
        f"{name}: {total:,} image{'s' * (total != 1)}",
        colour,
        area,
        tuple(QRectF(x, foot - low, width, low) for x, width, low, _ in places),
        tuple(QRectF(x, foot - high, width, high - low) for x, width, low, high in places if high > low),
        tuple((foot - value * area.height() / largest, text) for value, text in ticks),
        foot - total / n * area.height() / largest,
    )
