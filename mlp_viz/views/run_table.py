"""The table of runs: rows that keep their place and their selection whatever changes, and cells to write in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QRectF,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from mlp_core.runs.differences import FIELDS
from mlp_core.runs.record import RunRecord
from mlp_viz.theme import LIGHT, UNIT, Theme
from mlp_viz.views.curve_plot import blend
from mlp_viz.views.run_columns import COLUMN, COLUMNS
from mlp_viz.views.run_style import CHIP, own_style, paint_chip
from mlp_viz.views.run_table_model import Accepts, Index, RunTableModel
from mlp_viz.widgets.panel import TEXT_POINTS, set_points

ROW: Final = 7 * UNIT // 2  # pixels
SELECTED_SHARE: Final = 0.22  # of the accent in the ground of a selected row: chips and marks keep their colours
PALE_SHARE: Final = 0.35  # of the colour in the chip of a run that is not drawn

_ROWS: Final = QItemSelectionModel.SelectionFlag.Rows
_FILLED: Final = "filled"


class RunTable(QTableView):
    """Shows the runs, one a row, sorted by a click on a title.

    The selection belongs to the runs, not to the rows: it stays with them when they are sorted, and those that a
    filter hides are selected again when it shows them. A change of a run moves neither the view nor an open editor.

    Attributes
    ----------
    runs : RunTableModel
        What is shown; it is changed only through this view.
    theme : Theme
        The colours in use.

    Signals
    -------
    chosenChanged()
        Other runs are selected, or shown.
    openWanted(int)
        A double click on a run, or Enter.
    starWanted(tuple, bool)
        A click on the star of a run: to be marked, or no more.
    """

    chosenChanged = Signal()
    openWanted = Signal(int)
    starWanted = Signal(object, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.runs = RunTableModel(self)
        self._chosen: frozenset[int] = frozenset()  # selected by the user, those included that the filter hides
        self._keeping = False
        self.theme = LIGHT
        set_points(self, TEXT_POINTS)
        self.setAccessibleName("Runs")
        self.setModel(self.runs)
        self.setItemDelegate(_Cells(self))
        self.setItemDelegateForColumn(COLUMN["look"], _Looks(self))
        self.setItemDelegateForColumn(COLUMN["status"], _Statuses(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._set_headers()
        self._hide_columns()
        self.runs.differingChanged.connect(self._hide_columns)
        self.selectionModel().selectionChanged.connect(self._on_selected)
        self.doubleClicked.connect(self._on_double_click)
        self.clicked.connect(self._on_click)
        self.apply_theme(LIGHT)

    # What is selected

    def selected(self) -> tuple[int, ...]:
        """Return the runs that are selected and shown, from the top down."""
        if len(self._chosen) > len(self.runs.shown) // 8:
            return tuple(record.id for record in self.runs.shown if record.id in self._chosen)
        rows = sorted(row for row in map(self.runs.row_of, self._chosen) if row is not None)
        return tuple(self.runs.shown[row].id for row in rows)

    def current(self) -> int | None:
        """Return the run of the row that the keyboard is at; None if there is none."""
        index = self.currentIndex()
        return self.runs.shown[index.row()].id if index.isValid() else None

    def select(self, ids: Iterable[int]) -> None:
        """Select these runs and no others, and bring the first that is shown into view."""
        self._chosen = frozenset(run_id for run_id in ids if self.runs.has(run_id))
        self._select_chosen()
        if selected := self.selected():
            self.go_to(selected[0])
        self.chosenChanged.emit()

    def go_to(self, run_id: int) -> None:
        """Bring the keyboard to the row of a run, and the row into view; the selection stays."""
        row = self.runs.row_of(run_id)
        if row is not None:
            index = self.runs.index(row, COLUMN["name"])
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.scrollTo(index)

    # What is shown

    def show_runs(self, records: Iterable[RunRecord]) -> None:
        """Show these runs and no others; deleted ones are left out."""
        with self._place_kept():
            self.runs.set_runs(records)

    def update_runs(self, changed: Sequence[RunRecord]) -> None:
        """Take runs that are new or have changed, and leave out those that are deleted."""
        news = [record for record in changed if not record.deleted or self.runs.has(record.id)]
        if not self.runs.replace_in_place(news):
            with self._place_kept():
                self.runs.update_runs(news)

    def set_filter(self, accepts: Accepts) -> None:
        """Show only the runs that `accepts` returns true for."""
        with self._place_kept():
            self.runs.set_filter(accepts)
        self._show_current()

    def sort_by(self, column: int, order: Qt.SortOrder) -> None:
        """Sort by a column."""
        header = self.horizontalHeader()
        header.setSortIndicator(column, order)
        with self._place_kept():
            self.runs.sort(column, order)
        self._show_current()

    def sort_by_current(self) -> None:
        """Sort by the column that the keyboard is at; once more turns the order round."""
        header, column = self.horizontalHeader(), self.currentIndex().column()
        if column < 0:
            return
        order = Qt.SortOrder(self.runs.headerData(column, header.orientation(), Qt.ItemDataRole.InitialSortOrderRole))
        if column == header.sortIndicatorSection():
            descending = header.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder
            order = Qt.SortOrder.AscendingOrder if descending else Qt.SortOrder.DescendingOrder
        self.sort_by(column, order)

    # What can be done

    def write(self, column: str) -> None:
        """Open an editor for the name or the note of the run that the keyboard is at."""
        index = self.currentIndex()
        if index.isValid() and not self.writing():
            there = index.siblingAtColumn(COLUMN[column])
            self.selectionModel().setCurrentIndex(there, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.setFocus()
            self.scrollTo(there)
            self.edit(there)

    def writing(self) -> bool:
        """Return whether an editor is open."""
        return self.state() == QAbstractItemView.State.EditingState

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self.theme = theme
        self.runs.apply_theme(theme)
        selected = blend(theme.accent, theme.panel, SELECTED_SHARE).name()
        self.setStyleSheet(
            f"QTableView {{ border: 1px solid {theme.line}; background: {theme.panel}; color: {theme.text};"
            f" alternate-background-color: {theme.window};"
            f" selection-background-color: {selected}; selection-color: {theme.text}; }}"
            f"QTableView::item {{ padding: 0 {UNIT // 2}px; }}"
            f"QHeaderView {{ background: {theme.window}; }}"
            f"QHeaderView::up-arrow, QHeaderView::down-arrow {{ subcontrol-position: top center;"
            f" width: {UNIT}px; height: {UNIT}px; }}"  # above the title, where it needs no room of its own
            f"QHeaderView::section {{ background: {theme.window}; color: {theme.text}; border: none;"
            f" border-bottom: 1px solid {theme.line}; padding: {UNIT // 2}px {UNIT - 1}px; font-weight: bold; }}"
            f"QHeaderView::section:hover {{ color: {theme.accent}; }}"
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open a run with Enter."""
        current = self.current()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not self.writing() and current is not None:
            self.openWanted.emit(current)
            event.accept()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Let the keyboard begin at the name of the first run."""
        by_mouse = event.reason() == Qt.FocusReason.MouseFocusReason  # it points at a row, which must stay there
        if self.current() is None and self.runs.shown and not by_mouse:
            self.go_to(self.runs.shown[0].id)
        super().focusInEvent(event)

    # How it gets there

    def _set_headers(self) -> None:
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setMinimumSectionSize(ROW)
        rows.setDefaultSectionSize(ROW)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(3 * UNIT)
        header.setSectionsMovable(False)
        header.setStretchLastSection(True)
        set_points(header, TEXT_POINTS, bold=True)
        titles, texts = header.fontMetrics(), self.fontMetrics()
        for k, column in enumerate(COLUMNS):
            widest = max(titles.horizontalAdvance(column.title), texts.horizontalAdvance(column.sample))
            header.resizeSection(k, widest + 2 * UNIT)
        header.resizeSection(COLUMN["look"], CHIP.width() + UNIT)
        header.setSortIndicator(COLUMN["when"], Qt.SortOrder.DescendingOrder)
        header.setSortIndicatorShown(True)
        header.setSectionsClickable(True)
        header.sectionClicked.connect(self._on_title)
        # Else each painting of a title asks of every row whether it is selected.
        header.setSelectionModel(QItemSelectionModel(self.runs, header))

    @Slot()
    def _hide_columns(self) -> None:
        for field in FIELDS:
            self.setColumnHidden(COLUMN[field], field not in self.runs.differing)

    @Slot(int)
    def _on_title(self, column: int) -> None:
        self.sort_by(column, self.horizontalHeader().sortIndicatorOrder())

    @Slot(QModelIndex)
    def _on_double_click(self, index: QModelIndex) -> None:
        if index.column() != COLUMN["star"]:
            self.openWanted.emit(self.runs.shown[index.row()].id)

    @Slot(QModelIndex)
    def _on_click(self, index: QModelIndex) -> None:
        if index.column() == COLUMN["star"]:
            record = self.runs.shown[index.row()]
            self.starWanted.emit((record.id,), not record.starred)

    @Slot(QItemSelection, QItemSelection)
    def _on_selected(self, _selected: QItemSelection, _deselected: QItemSelection) -> None:
        if not self._keeping:
            self._chosen = self._marked()
            self.chosenChanged.emit()

    def _marked(self) -> frozenset[int]:
        """Return the runs whose rows are selected."""
        shown = self.runs.shown
        selection = self.selectionModel().selection()
        ranges = (selection.at(k) for k in range(selection.count()))
        return frozenset(shown[row].id for each in ranges for row in range(each.top(), each.bottom() + 1))

    def _select_chosen(self) -> None:
        """Select the rows of the chosen runs."""
        wanted = self.selected()
        if self._marked() == frozenset(wanted):
            return
        selection = QItemSelection()
        for top, bottom in _stretches(row for row in map(self.runs.row_of, wanted) if row is not None):
            selection.select(self.runs.index(top, 0), self.runs.index(bottom, len(COLUMNS) - 1))
        was, self._keeping = self._keeping, True
        self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect | _ROWS)
        self._keeping = was

    @contextmanager
    def _place_kept(self) -> Iterator[None]:
        """Let selection, keyboard and view stay with their runs while the model changes."""
        before = [record.id for record in self.runs.shown]
        current = self.current()
        scrolled = self.verticalScrollBar().value()
        row = self.currentIndex().row() if self.writing() else min(scrolled // ROW, len(before) - 1)
        self._keeping = True
        try:
            yield
            if current is not None and self.runs.row_of(current) is None:
                current = self._neighbour(before, before.index(current))
                if self._chosen and not any(map(self.runs.has, self._chosen)) and current is not None:
                    self._chosen = frozenset((current,))  # so that one run after another can be deleted by key
            self._chosen = frozenset(filter(self.runs.has, self._chosen))
            if current is not None and current != self.current():
                index = self.runs.index(self.runs.row_of(current) or 0, COLUMN["name"])
                self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
            self._select_chosen()
        finally:
            self._keeping = False
        self.executeDelayedItemsLayout()
        self.updateGeometries()  # else the scroll bar still ends where the rows did
        if (scrolled or self.writing()) and row >= 0:
            anchor = self._neighbour(before, row)
            there = self.runs.row_of(anchor) if anchor is not None else None
            self.verticalScrollBar().setValue(scrolled + ((there or 0) - row) * ROW)
        self.chosenChanged.emit()

    def _neighbour(self, before: Sequence[int], row: int) -> int | None:
        """Return the run that stood at or next below `row`, or else above it, and is still shown."""
        order = (*before[row:], *reversed(before[:row]))
        return next((run_id for run_id in order if self.runs.row_of(run_id) is not None), None)

    def _show_current(self) -> None:
        """Bring what is selected into view after the rows were put into another order; else their beginning."""
        selected = self.selected()
        if selected:
            current = self.current()
            row = self.runs.row_of(current if current in selected and current is not None else selected[0]) or 0
            self.scrollTo(self.runs.index(row, COLUMN["name"]))
        else:
            self.scrollToTop()


def _stretches(rows: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Return the first and the last of each stretch of rows without a gap."""
    first = last = None
    for row in rows:
        if first is None or last is None:
            first = row
        elif row != last + 1:
            yield first, last
            first = row
        last = row
    if first is not None and last is not None:
        yield first, last


class _Cells(QStyledItemDelegate):
    """Draws most cells, and edits them."""

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """Fill an editor when it opens; when its run changes later, what is typed stays."""
        if not editor.property(_FILLED):
            editor.setProperty(_FILLED, True)
            super().setEditorData(editor, index)


class _Statuses(QStyledItemDelegate):
    """Draws where the runs stand, in a colour that stays when a row is selected."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        """Describe a cell."""
        super().initStyleOption(option, index)
        option.palette.setBrush(QPalette.ColorRole.HighlightedText, index.data(Qt.ItemDataRole.ForegroundRole))


class _Looks(QStyledItemDelegate):
    """Draws how each run looks in the curves: pale, unless it is drawn there."""

    def __init__(self, table: RunTable) -> None:
        super().__init__(table)
        self._table = table

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw a chip on the ground of the cell."""
        super().paint(painter, option, index)
        runs, theme = self._table.runs, self._table.theme
        run_id = runs.shown[index.row()].id
        style = runs.styles.get(run_id)
        if style is not None:
            paint_chip(painter, QRectF(option.rect), style, theme)
        else:
            style = own_style(run_id)
            pale = blend(style.colour(theme), theme.panel, PALE_SHARE)
            paint_chip(painter, QRectF(option.rect), style, theme, pale)
