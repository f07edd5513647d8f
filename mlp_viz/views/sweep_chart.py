"""What the charts of a sweep share: axes, a mark under the mouse or moved by the keys, and the panel around them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QWidget

from mlp_core.sweep.results import SweepResults
from mlp_viz.theme import LIGHT, UNIT, Theme
from mlp_viz.views.sweep_axis import SweepAxis
from mlp_viz.widgets.panel import TEXT_POINTS, ElidedLabel, Panel, set_points
from mlp_viz.widgets.ticks import Ticks

NEAR: Final = 1.5 * UNIT  # pixels from the mouse to what it points at
UPDATE_MS: Final = 100  # results that come closer together are drawn together
STEPS: Final = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
"""Which way an arrow key goes: right, down."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Two axes around an area, in pixels.

    Attributes
    ----------
    area : QRectF
    x_ticks, y_ticks : tuple of (float, str)
        Pixels, and texts; where texts would touch, the later one is left out.
    x_label, y_label : str
    inset : float
        Between the edges of the area and the ends of the axes, so that marks there are seen whole.
    """

    area: QRectF
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    x_label: str
    y_label: str
    inset: float

    @classmethod
    def fit(
        cls,
        size: QSize,
        metrics: QFontMetricsF,
        x: tuple[Ticks, str],
        y: tuple[Ticks, str],
        inset: float = 1.5 * UNIT,
        top: float = UNIT,
    ) -> Frame:
        """Return the axes that fill `size`.

        Parameters
        ----------
        size : QSize
        metrics : QFontMetricsF
            Of the texts.
        x, y : tuple of ticks and label
            The ticks have shares of the axis for places, 0 to 1.
        inset : float
        top : float
            Pixels above the area.
        """
        line = metrics.height()
        widest = max((metrics.horizontalAdvance(text) for _, text in y[0]), default=0.0)
        left = round((line + UNIT if y[1] else UNIT / 2) + widest + UNIT)
        bottom = round((line if x[0] else 0) + (line if x[1] else 0) + UNIT)
        half = metrics.horizontalAdvance(x[0][-1][1]) / 2 - inset if x[0] else 0.0
        right = round(max(half, UNIT))
        area = QRectF(left, top, max(size.width() - left - right, 1), max(size.height() - top - bottom, 1))
        frame = cls(area, (), (), x[1], y[1], inset)
        columns = [(frame.point(share, 0).x(), text) for share, text in x[0]]
        rows = [(frame.point(0, share).y(), text) for share, text in y[0]]
        kept_columns, end = [], float(-UNIT)
        for place, text in columns:
            reach = metrics.horizontalAdvance(text) / 2
            if place - reach >= end:
                kept_columns.append((place, text))
                end = place + reach + UNIT
        kept_rows, end = [], size.height() + line
        for place, text in rows:
            if place + line / 2 <= end + 1:
                kept_rows.append((place, text))
                end = place - line / 2
        return cls(area, tuple(kept_columns), tuple(kept_rows), x[1], y[1], inset)

    def point(self, x: float, y: float) -> QPointF:
        """Return where shares of the axes are, in pixels."""
        inside = self.area.adjusted(self.inset, self.inset, -self.inset, -self.inset)
        return QPointF(inside.left() + x * inside.width(), inside.bottom() - y * inside.height())

    def draw(self, painter: QPainter, theme: Theme, grid: bool = True) -> None:
        """Draw the grid, if it is wanted, ticks and labels."""
        metrics = QFontMetricsF(painter.font())
        line, area = metrics.height(), self.area
        if grid:
            painter.setPen(QColor(theme.line))
            painter.drawLines([QLineF(x, area.top(), x, area.bottom()) for x, _ in self.x_ticks])
            painter.drawLines([QLineF(area.left(), y, area.right(), y) for y, _ in self.y_ticks])
            painter.setPen(QColor(theme.muted))
            painter.drawLines(
                [QLineF(area.bottomLeft(), area.bottomRight()), QLineF(area.bottomLeft(), area.topLeft())]
            )
        painter.setPen(QColor(theme.text))
        beneath = area.bottom() + UNIT / 4
        for x, text in self.x_ticks:
            painter.drawText(QRectF(x - 100, beneath, 200, line), Qt.AlignmentFlag.AlignCenter, text)
        for y, text in self.y_ticks:
            room = QRectF(0, y - line / 2, area.left() - UNIT / 2, line)
            painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        if self.x_label:
            top = beneath + (line if self.x_ticks else 0)
            painter.drawText(QRectF(area.left(), top, area.width(), line), Qt.AlignmentFlag.AlignCenter, self.x_label)
        if self.y_label:
            painter.save()
            painter.translate(0, area.center().y())
            painter.rotate(-90)
            painter.drawText(QRectF(-200, UNIT / 2, 400, line), Qt.AlignmentFlag.AlignCenter, self.y_label)
            painter.restore()


class SweepChart(QWidget):
    """A chart of things that can be pointed at and chosen: by the mouse, or by the arrow keys and Enter.

    Subclasses place what they show in `lay_out`, which is called when results come and when the size changes, and
    draw it in `draw`. Everything that can be pointed at has a key, by which it is found again among new results.

    Attributes
    ----------
    pointed : Signal(object)
        The key of what is under the mouse, or else of what the arrow keys moved to; None for nothing.
    chosen : Signal(object)
        The key of what was clicked, or where Enter was pressed.
    """

    pointed = Signal(object)
    chosen = Signal(object)

    def __init__(self, name: str, placeholder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = LIGHT
        self._placeholder = placeholder
        self._keys: tuple[Hashable, ...] = ()
        self._current: Hashable = None
        self._hovered: Hashable = None
        self._pointed: Hashable = None
        set_points(self, TEXT_POINTS)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(name)

    @property
    def keys(self) -> tuple[Hashable, ...]:
        """What can be pointed at."""
        return self._keys

    @property
    def pointed_at(self) -> Hashable:
        """What `pointed` told of last."""
        return self._pointed

    def set_keys(self, keys: Sequence[Hashable]) -> None:
        """Say what can be pointed at, in the order of the keys; nothing brings the placeholder back."""
        self._keys = tuple(keys)
        if self._current not in self._keys:
            self._current = self._keys[0] if self._keys else None
        if self._hovered not in self._keys:
            self._hovered = None
        self.place()
        self._pointed = None  # what is told of it may have changed
        self._tell(again=True)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self.theme = theme
        self.update()

    def place(self) -> None:
        """Place everything anew."""
        if self._keys:
            self.lay_out(QFontMetricsF(self.font()))
        self.update()

    # What subclasses say

    def lay_out(self, metrics: QFontMetricsF) -> None:
        """Place what is shown, for the size of the widget."""
        raise NotImplementedError

    def draw(self, painter: QPainter) -> None:
        """Draw what was placed."""
        raise NotImplementedError

    def key_at(self, position: QPointF) -> Hashable:
        """Return the key of what is drawn at a position; None for nothing."""
        raise NotImplementedError

    def neighbour(self, key: Hashable, right: int, down: int) -> Hashable:
        """Return the key of what lies beside that of `key`, one step into a direction."""
        raise NotImplementedError

    # Qt events

    def sizeHint(self) -> QSize:
        """Return a size at which the values are easy to compare."""
        return QSize(50 * UNIT, 30 * UNIT)

    def minimumSizeHint(self) -> QSize:
        """Return the size below which there is nothing to see."""
        return QSize(30 * UNIT, 14 * UNIT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the chart, or the placeholder."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._keys:
            self.draw(painter)
        else:
            painter.setPen(QColor(self.theme.muted))
            inside = self.rect().adjusted(UNIT, UNIT, -UNIT, -UNIT)
            painter.drawText(inside, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._placeholder)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self.theme.accent), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place everything anew."""
        super().resizeEvent(event)
        self.place()

    def changeEvent(self, event: QEvent) -> None:
        """Place everything anew when the font changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.place()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell what is under the mouse."""
        self.hover(self.key_at(event.position()) if self._keys else None)

    def leaveEvent(self, event: QEvent) -> None:
        """Tell that nothing is under the mouse."""
        self.hover(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose what was clicked."""
        key = self.key_at(event.position()) if self._keys else None
        if event.button() == Qt.MouseButton.LeftButton and key is not None:
            self.go_to(key)
            self.chosen.emit(key)
        else:
            super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move to what lies beside, or choose where the keys are."""
        key = Qt.Key(event.key())
        if self._current is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
        elif key in STEPS:
            self._hovered = None
            self.go_to(self.neighbour(self._current, *STEPS[key]))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(self._current)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Tell what the keys move from."""
        super().focusInEvent(event)
        self._tell()
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Tell that the keys move nothing any more."""
        super().focusOutEvent(event)
        self._tell()
        self.update()

    def hover(self, key: Hashable) -> None:
        """Say what is under the mouse."""
        self._hovered = key
        self.setCursor(Qt.CursorShape.ArrowCursor if key is None else Qt.CursorShape.PointingHandCursor)
        self._tell()

    def go_to(self, key: Hashable) -> None:
        """Let the keys go on from there."""
        self._current = key
        self._tell()

    def _tell(self, again: bool = False) -> None:
        pointed = self._hovered
        if pointed is None and self.hasFocus():
            pointed = self._current
        if pointed != self._pointed or again:
            self._pointed = pointed
            self.pointed.emit(pointed)
            self.update()


class SweepPanel(Panel):
    """A panel of a sweep's results: choices beside its title, a readout, and a chart; other signals as of `Panel`.

    Results that come in quick succession are drawn together, and those that come while the panel is hidden when it is
    seen again.

    Attributes
    ----------
    chart : SweepChart
    settingChosen : Signal(int)
        The number of the setting that was clicked, or where Enter was pressed.
    """

    settingChosen = Signal(int)

    def __init__(self, title: str, chart: SweepChart, hint: str, parent: QWidget | None = None) -> None:
        self.chart = chart
        super().__init__(title, parent)
        self.results: SweepResults | None = None
        self._hint = hint
        self._stale = False
        self._beside: QWidget | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(UPDATE_MS)
        self._timer.timeout.connect(self._refresh_if_seen)
        self._readout = ElidedLabel()
        self._readout.setObjectName("panelReadout")
        self._readout.setAccessibleName(f"{title}: values")
        set_points(self._readout, TEXT_POINTS)
        self.reading_row = QHBoxLayout()
        self.reading_row.setSpacing(UNIT)
        self.reading_row.addWidget(self._readout, 1)
        self.controls = QHBoxLayout()
        self.controls.setSpacing(UNIT // 2)
        self.header.insertLayout(1, self.controls)
        self.body.addLayout(self.reading_row)
        self.body.addWidget(chart, 1)
        chart.pointed.connect(self._read)
        chart.chosen.connect(self._choose)

    def readout(self) -> str:
        """Return the line above the chart."""
        return self._readout.text()

    def show_results(self, results: SweepResults) -> None:
        """Show what the sweep has given so far."""
        self.results = results
        self.mark_stale()

    def settle(self) -> None:
        """Draw what has come and has not been drawn yet."""
        self._timer.stop()
        if self._stale and self.results is not None:
            self._stale = False
            self.refresh(self.results)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        super().apply_theme(theme)
        self.chart.apply_theme(theme)

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what came while nobody saw it."""
        super().showEvent(event)
        self.settle()

    # What subclasses say

    def refresh(self, results: SweepResults) -> None:
        """Hand the chart what it shows."""
        raise NotImplementedError

    def reading(self, key: Hashable) -> str:
        """Return what is told of what is pointed at."""
        raise NotImplementedError

    def setting_of(self, key: Hashable) -> int | None:
        """Return the setting that opens when something is chosen."""
        raise NotImplementedError

    def set_hint(self, text: str) -> None:
        """Say what stands in the place of the readout while nothing is pointed at."""
        self._hint = text
        self._read(self.chart.pointed_at)

    def put_beside_readout(self, widget: QWidget) -> None:
        """Add a widget to the row of the readout, which gives way to what is read where both have no room."""
        self._beside = widget
        self._readout.setMinimumHeight(widget.sizeHint().height())  # the chart stays where it is
        self.reading_row.addWidget(widget)

    def mark_stale(self) -> None:
        """Draw anew, soon."""
        self._stale = True
        if not self._timer.isActive():
            self._timer.start()

    @Slot()
    def _refresh_if_seen(self) -> None:
        if self.isVisible():
            self.settle()

    @Slot(object)
    def _read(self, key: Hashable) -> None:
        text = self.reading(key) if key is not None else self._hint if self.chart.keys else " "
        self._readout.set_text(text)
        if self._beside is not None and self.chart.keys:
            room = self.reading_row.geometry().width() - self._beside.sizeHint().width() - UNIT
            fits = self._readout.fontMetrics().horizontalAdvance(text) <= room
            self._beside.setVisible(key is None or fits)

    @Slot(object)
    def _choose(self, key: Hashable) -> None:
        setting = self.setting_of(key)
        if setting is not None:
            self.settingChosen.emit(setting)


class FieldBox(QComboBox):
    """A choice between the hyperparameters of a sweep, with a word before it.

    Attributes
    ----------
    label : QLabel
    """

    def __init__(self, word: str, tip: str) -> None:
        super().__init__()
        self.label = QLabel(word)
        self.label.setBuddy(self)
        for widget in (self.label, self):
            set_points(widget, TEXT_POINTS)
        self.setToolTip(tip)
        self.setAccessibleName(tip)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)

    def offer(self, axes: Sequence[SweepAxis], default: int) -> None:
        """Offer `axes`; the chosen one stays, if it is among them, or else it is the one with this number."""
        fields = [axis.field for axis in axes]
        if fields == [self.itemData(k) for k in range(self.count())]:
            return
        before = self.field
        self.blockSignals(True)
        self.clear()
        for axis in axes:
            self.addItem(axis.label, axis.field)
        self.setCurrentIndex(fields.index(before) if before in fields else min(default, len(fields) - 1))
        self.blockSignals(False)

    @property
    def field(self) -> str | None:
        """The hyperparameter that is chosen; None as long as there is none."""
        field: str | None = self.currentData()
        return field

    def choose(self, field: str | None) -> None:
        """Choose a hyperparameter that is offered."""
        self.setCurrentIndex(self.findData(field))
