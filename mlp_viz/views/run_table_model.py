"""The runs as the table shows them: which, in what order, and which of their hyperparameters differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QBrush, QColor

from mlp_core.runs.differences import differing
from mlp_core.runs.record import RunRecord, Status
from mlp_viz.theme import LIGHT, Theme
from mlp_viz.views.run_columns import COLUMN, COLUMNS
from mlp_viz.views.run_style import RunStyle
from mlp_viz.widgets.plain_tip import plain_tip

Index: TypeAlias = QModelIndex | QPersistentModelIndex
Accepts: TypeAlias = Callable[[RunRecord], bool]

RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
CENTRE: Final = Qt.AlignmentFlag.AlignCenter

# As numbers: Qt asks for them thousands of times in a painting, and looking up a member of an enum takes as long as
# the answer.
_DISPLAY: Final = Qt.ItemDataRole.DisplayRole.value
_EDIT: Final = Qt.ItemDataRole.EditRole.value
_TIP: Final = Qt.ItemDataRole.ToolTipRole.value
_ALIGNMENT: Final = Qt.ItemDataRole.TextAlignmentRole.value
_FOREGROUND: Final = Qt.ItemDataRole.ForegroundRole.value
_SPOKEN: Final = Qt.ItemDataRole.AccessibleTextRole.value
_ROLES: Final = frozenset((_DISPLAY, _EDIT, _TIP, _ALIGNMENT, _FOREGROUND, _SPOKEN))
_NOWHERE: Final = QModelIndex()
_READ: Final = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
_WRITTEN: Final = _READ | Qt.ItemFlag.ItemIsEditable


def everything(record: RunRecord) -> bool:
    """Accept every run."""
    return True


class RunTableModel(QAbstractTableModel):
    """The runs that a filter accepts, sorted by one column: one row a run.

    Every hyperparameter has its column; `differing` says which of them are worth to be seen. What changes keeps the
    rows that stay, and with them a selection and an editor that is open. Nothing that the user writes is kept here:
    it is told, and comes back as a changed run.

    Attributes
    ----------
    differing : tuple of str
        Hyperparameters that are not the same in all runs that are shown.
    styles : mapping of int to RunStyle
        The looks of the runs whose curves are drawn.

    Signals
    -------
    differingChanged()
    renameWanted(int, str), noteWanted(int, str)
        The user wrote a name or a note.
    """

    differingChanged = Signal()
    renameWanted = Signal(int, str)
    noteWanted = Signal(int, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.differing: tuple[str, ...] = ()
        self.styles: Mapping[int, RunStyle] = {}
        self._records: dict[int, RunRecord] = {}
        self._shown: list[RunRecord] = []
        self._rows: dict[int, int] = {}  # by the run's id
        self._accepts: Accepts = everything
        self._column = COLUMN["when"]
        self._descending = True
        self._theme = LIGHT
        self._brushes: dict[Status, QBrush] = {}
        self.apply_theme(LIGHT)

    # What is shown

    @property
    def shown(self) -> Sequence[RunRecord]:
        """The runs that are shown, row by row."""
        return self._shown

    @property
    def n_runs(self) -> int:
        """How many there are, those included that the filter hides."""
        return len(self._records)

    def row_of(self, run_id: int) -> int | None:
        """Return the row of a run; None if it is not shown."""
        return self._rows.get(run_id)

    def has(self, run_id: int) -> bool:
        """Return whether the run is there, shown or hidden by the filter."""
        return run_id in self._records

    # What changes

    def set_runs(self, records: Iterable[RunRecord]) -> None:
        """Hold these runs and no others; deleted ones are left out."""
        self._records = {record.id: record for record in records if not record.deleted}
        self._arrange()

    def replace_in_place(self, changed: Sequence[RunRecord]) -> bool:
        """Take runs that have changed if all of them keep their rows; return whether they do."""
        order = COLUMNS[self._column].order
        for record in changed:
            before, is_shown = self._records.get(record.id), record.id in self._rows
            if before is None or record.deleted or self._accepts(record) != is_shown:
                return False
            if is_shown and (order(record), record.hyperparameters) != (order(before), before.hyperparameters):
                return False
        for record in changed:
            self._records[record.id] = record
            row = self._rows.get(record.id)
            if row is not None:
                self._shown[row] = record
                self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))
        return True

    def update_runs(self, changed: Iterable[RunRecord]) -> None:
        """Take runs that are new or have changed, and leave out those that are deleted."""
        for record in changed:
            if record.deleted:
                self._records.pop(record.id, None)
            else:
                self._records[record.id] = record
        self._arrange()

    def set_filter(self, accepts: Accepts) -> None:
        """Show only the runs that `accepts` returns true for."""
        self._accepts = accepts
        self._arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; runs that have nothing there come last, and equal ones newest first."""
        self._column, self._descending = column, order == Qt.SortOrder.DescendingOrder
        self._arrange()

    def set_styles(self, styles: Mapping[int, RunStyle]) -> None:
        """Take the looks of the runs whose curves are drawn."""
        before, self.styles = self.styles, styles
        for run_id in before.keys() | styles.keys():
            if before.get(run_id) != styles.get(run_id) and run_id in self._rows:
                index = self.index(self._rows[run_id], COLUMN["look"])
                self.dataChanged.emit(index, index)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self._theme = theme
        plain, muted = QBrush(QColor(theme.text)), QBrush(QColor(theme.muted))
        self._brushes = dict.fromkeys(Status, muted) | {
            Status.FINISHED: plain,
            Status.RUNNING: QBrush(QColor(theme.accent)),
            Status.DIVERGED: QBrush(QColor(theme.error)),
            Status.FAILED: QBrush(QColor(theme.error)),
        }
        if self._shown:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._shown) - 1, len(COLUMNS) - 1))

    # What Qt asks

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """Return how many runs are shown."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        """Return how many columns there are, hidden ones included."""
        return 0 if parent.isValid() else len(COLUMNS)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Return what can be done with a cell."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        return _WRITTEN if COLUMNS[index.column()].editable else _READ

    def data(self, index: Index, role: int = _DISPLAY) -> Any:
        """Return what a cell says, and how."""
        if role not in _ROLES or not index.isValid():
            return None
        column = COLUMNS[index.column()]
        if role == _ALIGNMENT:
            return RIGHT if column.number else CENTRE if column.name == "star" else LEFT
        record = self._shown[index.row()]
        if role == _DISPLAY:
            return column.text(record)
        if role == _FOREGROUND:
            return self._brushes[record.status] if column.name == "status" else None
        if role == _EDIT:
            return record.note if column.name == "note" else record.name
        if role == _TIP:
            return plain_tip((column.more or column.text)(record))
        return ("starred" if record.starred else "not starred") if column.name == "star" else None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Tell what the user wrote in a cell; an empty name is none."""
        if role != Qt.ItemDataRole.EditRole:
            return False
        record, name, text = self._shown[index.row()], COLUMNS[index.column()].name, str(value).strip()
        if name == "name" and text and text != record.name:
            self.renameWanted.emit(record.id, text)
        elif name == "note" and text != record.note:
            self.noteWanted.emit(record.id, text)
        return True

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the title of a column, what it means, and which way it is sorted first."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        column = COLUMNS[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{column.tip}\nClick: sort by it"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return RIGHT if column.number else CENTRE if column.name == "star" else LEFT
        if role == Qt.ItemDataRole.InitialSortOrderRole:
            order = Qt.SortOrder.DescendingOrder if column.high_first else Qt.SortOrder.AscendingOrder
            return order.value
        return None

    # How it gets there

    def _ranked(self) -> list[RunRecord]:
        """Return the runs that the filter accepts, in their order."""
        order = COLUMNS[self._column].order
        newest_first = sorted(self._records, reverse=True)
        accepted = [record for run_id in newest_first if self._accepts(record := self._records[run_id])]
        keyed = [(order(record), record) for record in accepted]
        ranked = sorted((pair for pair in keyed if pair[0] is not None), key=_key, reverse=self._descending)
        return [record for _, record in ranked] + [record for key, record in keyed if key is None]

    def _arrange(self) -> None:
        """Show what is to be shown: first the rows that stay are sorted, then others go, then new ones come."""
        wanted = self._ranked()
        ids = {record.id for record in wanted}
        kept = [record for record in wanted if record.id in self._rows]
        gone = [record for record in self._shown if record.id not in ids]
        new = [record for record in wanted if record.id not in self._rows]
        self._reorder(kept + gone)
        if gone:
            self.beginRemoveRows(_NOWHERE, len(kept), len(kept) + len(gone) - 1)
            self._set_shown(kept)
            self.endRemoveRows()
        if new:
            self.beginInsertRows(_NOWHERE, len(kept), len(wanted) - 1)
            self._set_shown(kept + new)
            self.endInsertRows()
        self._reorder(wanted)
        if wanted:
            self.dataChanged.emit(self.index(0, 0), self.index(len(wanted) - 1, len(COLUMNS) - 1))
        if (differences := differing(wanted)) != self.differing:
            self.differing = differences
            self.differingChanged.emit()

    def _reorder(self, records: list[RunRecord]) -> None:
        """Put the rows that are there into the order of `records`."""
        before = self._shown
        if all(old.id == new.id for old, new in zip(before, records, strict=True)):
            self._shown = records
            return
        self.layoutAboutToBeChanged.emit()
        self._set_shown(records)
        old = self.persistentIndexList()
        self.changePersistentIndexList(old, [self.index(self._rows[before[i.row()].id], i.column()) for i in old])
        self.layoutChanged.emit()

    def _set_shown(self, records: list[RunRecord]) -> None:
        self._shown = records
        self._rows = {record.id: row for row, record in enumerate(records)}


def _key(pair: tuple[Any, RunRecord]) -> Any:
    return pair[0]
