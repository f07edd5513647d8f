"""The legend of the runs' curves, which is their readout too: look, name and value of each run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFocusEvent, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from mlp_core.runs.record import RunRecord
from mlp_viz.theme import LIGHT, UNIT, Theme
from mlp_viz.views.run_style import CHIP, RunStyle, paint_chip
from mlp_viz.widgets.panel import TEXT_POINTS, set_points
from mlp_viz.widgets.plain_tip import plain_tip

LOOK, NAME, VALUE = range(3)
ROW: Final = 2 * UNIT + UNIT // 2
LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class RunLegend(QTableWidget):
    """One row a run, in the order given.

    Signals
    -------
    pointed(int or None)
        The mouse is on the row of a run, or the keyboard went there; None when it has left.
    chosen(int)
        A row was double-clicked, or Enter pressed on it.
    """

    pointed = Signal(object)
    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 3, parent)
        self._ids: tuple[int, ...] = ()
        self._chips = _Chips(self)
        self.setItemDelegateForColumn(LOOK, self._chips)
        set_points(self, TEXT_POINTS)
        bold = QFont(self.font())
        bold.setBold(True)
        self._bold = QFontMetrics(bold)
        self.setAccessibleName("Runs and their values")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setToolTip("Each run's value at the place of the line, or at its last epoch; double-click opens the run")
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(max(ROW, self.fontMetrics().height() + 2))
        header = self._place = _Place(self)
        self.setHorizontalHeader(header)
        set_points(header, TEXT_POINTS)
        header.setMinimumSectionSize(UNIT)
        header.setSectionResizeMode(LOOK, QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(VALUE, QHeaderView.ResizeMode.Fixed)
        self.setColumnWidth(LOOK, CHIP.width() + UNIT)
        self.cellEntered.connect(self._on_cell)
        self.currentCellChanged.connect(self._on_cell)
        self.cellActivated.connect(self._on_activated)

    @property
    def ids(self) -> tuple[int, ...]:
        """The runs, from top to bottom."""
        return self._ids

    def show_runs(self, records: Sequence[RunRecord], styles: Mapping[int, RunStyle]) -> None:
        """List these runs instead."""
        self._ids = tuple(record.id for record in records)
        self._chips.styles = tuple(styles[record.id] for record in records)
        self.setRowCount(len(records))
        for row, record in enumerate(records):
            name = QTableWidgetItem(record.name)
            name.setToolTip(plain_tip(record.name))
            value = QTableWidgetItem()
            value.setTextAlignment(RIGHT)
            for column, item in ((LOOK, QTableWidgetItem()), (NAME, name), (VALUE, value)):
                self.setItem(row, column, item)
        self.viewport().update()

    def show_values(self, place: str, texts: Sequence[str]) -> None:
        """Show the value of each run, in the order of the rows, and above them where: ``epoch 37``."""
        self._place.set_texts(self._place.cut, place)
        for row, text in enumerate(texts):
            self._item(row, VALUE).setText(text)
        room = max((self._bold.horizontalAdvance(text) for text in texts), default=0)
        self.setColumnWidth(VALUE, room + UNIT)

    def show_cut(self, text: str) -> None:
        """Tell at the left of the place which runs the y axis cuts off: ``↑ Run 7``; empty for none."""
        self._place.set_texts(text, self._place.place)

    @property
    def cut(self) -> str:
        """What is told of runs that are cut off."""
        return self._place.cut

    def value(self, run_id: int) -> str:
        """Return the text beside a run."""
        return self._item(self._ids.index(run_id), VALUE).text()

    def place(self) -> str:
        """Return where the values are."""
        return self._place.place

    def mark(self, run_id: int | None) -> None:
        """Write the name and the value of a run bold, and scroll to it."""
        for row, each in enumerate(self._ids):
            for column in (NAME, VALUE):
                item = self._item(row, column)
                font = item.font()
                if font.bold() != (each == run_id):
                    font.setBold(each == run_id)
                    item.setFont(font)
            if each == run_id:
                self.scrollToItem(self._item(row, NAME))

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self._chips.theme = self._place.theme = theme
        self.setStyleSheet(
            f"QTableWidget {{ background: {theme.panel}; color: {theme.text}; }}"
            f"QTableWidget::item:selected {{ background: {theme.window}; color: {theme.text}; }}"
            f"QHeaderView {{ background: {theme.panel}; }}"
        )

    def leaveEvent(self, event: object) -> None:
        """Point at no run any more."""
        self.pointed.emit(None)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Point at no run any more."""
        super().focusOutEvent(event)
        self.pointed.emit(None)

    def _item(self, row: int, column: int) -> QTableWidgetItem:
        item = self.item(row, column)
        if item is None:  # never: `show_runs` fills every cell
            raise LookupError(f"row {row}, column {column} of the legend is empty")
        return item

    @Slot(int)
    def _on_cell(self, row: int, *_: int) -> None:
        if 0 <= row < len(self._ids):
            self.pointed.emit(self._ids[row])

    @Slot(int, int)
    def _on_activated(self, row: int, column: int) -> None:
        self.chosen.emit(self._ids[row])


class _Place(QHeaderView):
    """Says above all columns where the values are, and which runs are cut off."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.cut = self.place = ""
        self.theme = LIGHT

    def set_texts(self, cut: str, place: str) -> None:
        """Say something else."""
        self.cut, self.place = cut, place
        self.setToolTip(plain_tip(f"{cut}: the curve goes on beyond the end of the axis") if cut else "")
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Write both over the whole width, the place above the ends of the values."""
        painter = QPainter(self.viewport())
        painter.setPen(QColor(self.theme.muted))
        line, metrics = self.viewport().rect().adjusted(UNIT // 2, 0, -UNIT // 2, 0), painter.fontMetrics()
        painter.drawText(line, RIGHT, self.place)
        room = line.width() - metrics.horizontalAdvance(self.place) - UNIT
        painter.drawText(line, LEFT, metrics.elidedText(self.cut, Qt.TextElideMode.ElideRight, room))
        painter.end()


class _Chips(QStyledItemDelegate):
    """Draws the look of each run."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.styles: tuple[RunStyle, ...] = ()
        self.theme = LIGHT

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        paint_chip(painter, QRectF(option.rect), self.styles[index.row()], self.theme)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return CHIP
