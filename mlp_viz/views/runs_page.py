"""The runs page: every run that was kept in a table, a line to find some, and the curves of those selected."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QAction, QColor, QKeyEvent, QKeySequence, QPalette, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from mlp_core.errors import MlpError
from mlp_core.runs.differences import FIELDS, value_text
from mlp_core.runs.record import RunRecord
from mlp_core.runs.run_filter import parse_filter
from mlp_core.snapshot import EpochStats
from mlp_viz.theme import LIGHT, UNIT, Theme
from mlp_viz.views.quantity import COST, VALID_ACCURACY
from mlp_viz.views.run_columns import field_title
from mlp_viz.views.run_curves import RunCurves
from mlp_viz.views.run_entries import BUTTONS, EXPORTS, RUN_ENTRIES
from mlp_viz.views.run_style import RunStyles
from mlp_viz.views.run_table import ROW, RunTable
from mlp_viz.widgets.panel import TEXT_POINTS, ElidedLabel, set_points

MOST_DRAWN: Final = 8
LEAST_CURVES: Final = 54 * UNIT  # so that both fit beside the controls in the smallest window
FILTER_HINT: Final = "Filter: relu eta>0.001 acc>97 status:diverged star   (Ctrl+F)"
FILTER_TIP: Final = (
    "Show only some runs: all of what you write must hold.\n"
    "relu: a word of the name, note, data set, status or origin; -relu: without it\n"
    "eta>0.001   l2=0.01   hidden>=100   seed=3   acc>97 (best validation accuracy in per cent)\n"
    "status:diverged   star   sweep:2"
)
NO_RUNS: Final = (
    "Every run is kept here, and can be compared, opened again and resumed.\n"
    "Press Train, start a sweep, or run  mlp-core train  in a terminal."
)
NONE_FOUND: Final = "No run matches the filter.\nEsc in the line above shows all of them again."


class RunsPage(QWidget):
    """Looks at stored runs. What is to be done with them is told by signal; what then changes comes back.

    Attributes
    ----------
    table : RunTable
    cost, accuracy : RunCurves
        Of the selected runs, `MOST_DRAWN` at most; of the newest that is shown if none is selected.
    filter_line : QLineEdit
    actions_by_name : dict of str to QAction
        See `mlp_viz.views.run_entries.RUN_ENTRIES`. Their keys work where the page has the focus.

    Signals
    -------
    selectionChanged(tuple)
        Other runs are selected, or drawn: `drawn` says which.
    openWanted(int), resumeWanted(int), settingsCopyWanted(int), settingsUseWanted(int)
        The user wants this of a run.
    compareWanted(int, int)
        Two runs are to be shown side by side; the older is first.
    renameWanted(int, str), noteWanted(int, str)
        A run is to have this name or note.
    starWanted(tuple, bool), deleteWanted(tuple), undoWanted()
        Runs are to be marked with a star or no more, or deleted; the last deletion is to be undone.
    exportWanted(str)
        A file is to be written: ``runs-csv``, ``runs-json`` or ``curves-csv`` of the selected runs, or of all that
        are shown if none is selected; ``script`` of the selected one.
    """

    selectionChanged = Signal(object)
    openWanted = Signal(int)
    resumeWanted = Signal(int)
    compareWanted = Signal(int, int)
    renameWanted = Signal(int, str)
    noteWanted = Signal(int, str)
    starWanted = Signal(object, bool)
    deleteWanted = Signal(object)
    undoWanted = Signal()
    settingsCopyWanted = Signal(int)
    settingsUseWanted = Signal(int)
    exportWanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._styles = RunStyles()
        self._histories: dict[int, tuple[EpochStats, ...]] = {}
        self._told: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())  # selected and drawn
        self._curves_of: tuple[RunRecord, ...] = ()
        self._due: dict[int, RunRecord] = {}  # changes that came while the page was hidden
        self.table = RunTable()
        self.cost, self.accuracy = RunCurves(COST), RunCurves(VALID_ACCURACY)
        self.cost.link(self.accuracy)
        for curves in (self.cost, self.accuracy):
            curves.setMinimumWidth(LEAST_CURVES)
        self.filter_line = QLineEdit()
        self.filter_line.setPlaceholderText(FILTER_HINT)
        self.filter_line.setToolTip(FILTER_TIP)
        self.filter_line.setAccessibleName("Filter of the runs")
        self.filter_line.setClearButtonEnabled(True)
        self.filter_line.installEventFilter(self)
        self._count = QLabel()
        self._problem = QLabel()
        self._problem.setTextFormat(Qt.TextFormat.PlainText)
        self._problem.setWordWrap(True)
        self._problem.hide()
        self._alike = ElidedLabel()
        self._drawn_text = ElidedLabel()
        for widget in (self.filter_line, self._count, self._problem, self._alike, self._drawn_text):
            set_points(widget, TEXT_POINTS)
        self._empty = QLabel()
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        set_points(self._empty, TEXT_POINTS)
        self._make_actions()
        self._lay_out()
        self._connect()
        self.apply_theme(LIGHT)
        self._refresh()

    # What is shown

    def show_runs(self, records: Sequence[RunRecord]) -> None:
        """Show these runs and no others; deleted ones are left out."""
        self._due.clear()
        self.table.show_runs(records)
        self._refresh()

    @Slot(object)
    def update_runs(self, changed: Sequence[RunRecord]) -> None:
        """Take runs that are new or have changed; deleted ones go. A hidden page waits until it is looked at."""
        self._due.update({record.id: record for record in changed})
        if self.isVisible():
            self._catch_up()

    @Slot(object)
    def show_histories(self, histories: Mapping[int, Sequence[EpochStats]]) -> None:
        """Take the epochs of runs, of each all that are known; those that are drawn are shown."""
        for run_id, history in histories.items():
            before = self._histories.get(run_id, ())
            self._histories[run_id] = tuple(history)
            if run_id not in self.cost.ids:
                continue
            if _goes_on(before, history):
                self._extend_curves(run_id, history[len(before) :])
            else:
                self._curves_of = ()
        self._draw()

    def extend_history(self, run_id: int, stats: Sequence[EpochStats]) -> None:
        """Add epochs to the curves of a run that goes on; nothing happens if it is not drawn."""
        if run_id not in self.cost.ids:
            return
        before = self._histories.get(run_id, ())
        new = tuple(each for each in stats if not before or each.epoch > before[-1].epoch)
        self._histories[run_id] = before + new
        self._extend_curves(run_id, new)

    def shown(self) -> list[RunRecord]:
        """Return the runs that the filter accepts, from the top down."""
        self._catch_up()
        return list(self.table.runs.shown)

    def selected(self) -> tuple[int, ...]:
        """Return the runs that are selected, from the top down."""
        self._catch_up()
        return self.table.selected()

    def drawn(self) -> tuple[int, ...]:
        """Return the runs whose curves are drawn: the selected ones, or else the newest."""
        self._catch_up()
        selected = self.table.selected()
        if not selected and self.table.runs.shown:
            return (max(record.id for record in self.table.runs.shown),)
        return selected[:MOST_DRAWN]

    def select(self, ids: Sequence[int]) -> None:
        """Select these runs and no others."""
        self._catch_up()
        self.table.select(ids)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        for part in (self.table, self.cost, self.accuracy):
            part.apply_theme(theme)
        for label, colour in (
            (self._problem, theme.error),
            (self._alike, theme.muted),
            (self._drawn_text, theme.muted),
        ):
            palette = label.palette()
            palette.setColor(QPalette.ColorRole.WindowText, QColor(colour))
            label.setPalette(palette)
        self._bar.setStyleSheet(
            f"QLabel {{ color: {theme.muted}; padding-left: {UNIT // 2}px; }}"
            f"QToolButton {{ border: 1px solid {theme.line}; border-radius: 4px; padding: 4px 10px;"
            f" background: {theme.panel}; color: {theme.text}; }}"
            f"QToolButton:disabled {{ color: {theme.muted}; background: {theme.window}; }}"
            f"QToolButton:hover:enabled, QToolButton:focus {{ border-color: {theme.accent}; }}"
            f"QToolButton::menu-indicator {{ image: none; }}"
            f"QLineEdit {{ border: 1px solid {theme.line}; border-radius: 4px; padding: 4px;"
            f" background: {theme.panel}; color: {theme.text}; }}"
            f"QLineEdit:focus {{ border-color: {theme.accent}; }}"
        )
        self._empty_frame.setStyleSheet(
            f"QFrame#empty {{ background: {theme.panel}; border: 1px solid {theme.line}; }}"
            f"QLabel {{ color: {theme.muted}; }}"
        )

    def texts(self) -> dict[str, str]:
        """Return what the page says beside the table: ``count``, ``problem``, ``alike``, ``drawn`` and ``empty``."""
        labels = {
            "count": self._count,
            "problem": self._problem,
            "alike": self._alike,
            "drawn": self._drawn_text,
            "empty": self._empty,
        }
        return {name: label.text() for name, label in labels.items()}

    def menu(self) -> QMenu:
        """Return all that can be done as a menu that deletes itself once it is closed."""
        menu = QMenu(self)
        set_points(menu, TEXT_POINTS)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        for entry in RUN_ENTRIES:
            if entry.separated:
                menu.addSeparator()
            menu.addAction(self.actions_by_name[entry.name])
        return menu

    def showEvent(self, event: QShowEvent) -> None:
        """Show what has changed while the page was hidden."""
        super().showEvent(event)
        self._catch_up()
        self.selectionChanged.emit(self.drawn())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let Down and Enter lead from the filter to the table, and Esc clear it."""
        if watched is self.filter_line and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._go_to_table()
                return True
            if event.key() == Qt.Key.Key_Escape and self.filter_line.text():
                self.filter_line.clear()
                return True
        return super().eventFilter(watched, event)

    # How it is built

    def _make_actions(self) -> None:
        self.actions_by_name: dict[str, QAction] = {}
        for entry in RUN_ENTRIES:
            action = QAction(entry.text, self)
            action.setObjectName(entry.name)
            action.setShortcut(QKeySequence(entry.keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            self.actions_by_name[entry.name] = action
            if entry.name != "open":  # Enter ends an editor, or presses a button: the table alone opens with it
                self.addAction(action)

    def _lay_out(self) -> None:
        self._bar = QWidget()
        row = QHBoxLayout(self._bar)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(UNIT // 2)
        row.addWidget(self.filter_line, 1)
        row.addWidget(self._count)
        row.addSpacing(UNIT)
        for name in BUTTONS:
            row.addWidget(self._button(self.actions_by_name[name]))
        row.addWidget(self._export_button())
        self._empty_frame = QFrame()
        self._empty_frame.setObjectName("empty")
        inside = QVBoxLayout(self._empty_frame)
        inside.addWidget(self._empty)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.table)
        self._stack.addWidget(self._empty_frame)
        top = QWidget()
        upper = QVBoxLayout(top)
        upper.setContentsMargins(0, 0, 0, 0)
        upper.setSpacing(UNIT // 2)
        upper.addWidget(self._bar)
        upper.addWidget(self._problem)
        upper.addWidget(self._stack, 1)
        said = QHBoxLayout()
        said.setSpacing(2 * UNIT)
        said.addWidget(self._alike, 1)
        said.addWidget(self._drawn_text)
        upper.addLayout(said)
        bottom = QWidget()
        curves = QHBoxLayout(bottom)
        curves.setSpacing(UNIT)
        curves.addWidget(self.cost, 1)
        curves.addWidget(self.accuracy, 1)
        curves.setContentsMargins(0, 0, 0, 0)
        self._stack.setMinimumHeight(5 * ROW)
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(UNIT)
        splitter.addWidget(top)
        splitter.addWidget(bottom)
        splitter.setStretchFactor(0, 1)
        splitter.setStretchFactor(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(splitter)
        self._empty_frame.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # so that a click between its parts leaves its keys at work
        self.setFocusProxy(self.table)

    def _button(self, action: QAction) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(action)
        button.setObjectName(f"{action.objectName()}_button")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        set_points(button, TEXT_POINTS)
        return button

    def _export_button(self) -> QToolButton:
        button = QToolButton()
        button.setObjectName("export")
        button.setText("Export ▾")
        button.setToolTip("Save the table or the curves as CSV or JSON")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        menu = QMenu(button)
        set_points(menu, TEXT_POINTS)
        menu.setToolTipsVisible(True)
        for name in EXPORTS:
            menu.addAction(self.actions_by_name[name])
        button.setMenu(menu)
        set_points(button, TEXT_POINTS)
        return button

    def _connect(self) -> None:
        does: dict[str, Callable[[], None]] = {
            "open": lambda: self._of_one(self.openWanted.emit),
            "resume": lambda: self._of_one(self.resumeWanted.emit),
            "compare": self._compare,
            "use": lambda: self._of_one(self.settingsUseWanted.emit),
            "copy": lambda: self._of_one(self.settingsCopyWanted.emit),
            "rename": lambda: self._write("name"),
            "note": lambda: self._write("note"),
            "star": self._star,
            "delete": lambda: self.deleteWanted.emit(self.selected()),
            "undo": self.undoWanted.emit,
            "sort": self.table.sort_by_current,
            "script": lambda: self.exportWanted.emit("script"),
            "runs-csv": lambda: self.exportWanted.emit("runs-csv"),
            "runs-json": lambda: self.exportWanted.emit("runs-json"),
            "curves-csv": lambda: self.exportWanted.emit("curves-csv"),
        }
        for name, action in self.actions_by_name.items():
            action.triggered.connect(does[name])
        find = QShortcut(QKeySequence.StandardKey.Find, self)
        find.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.activated.connect(self._go_to_filter)
        self.filter_line.textChanged.connect(self._on_filter)
        self.table.chosenChanged.connect(self._refresh)
        self.table.openWanted.connect(self.openWanted)
        self.table.starWanted.connect(self.starWanted)
        self.table.runs.renameWanted.connect(self.renameWanted)
        self.table.runs.noteWanted.connect(self.noteWanted)
        self.table.customContextMenuRequested.connect(self._show_menu)
        for curves in (self.cost, self.accuracy):
            curves.runChosen.connect(self._on_run_chosen)

    # What the user does

    def _of_one(self, tell: Callable[[int], None]) -> None:
        if len(selected := self.selected()) == 1:
            tell(selected[0])

    def _write(self, column: str) -> None:
        if len(selected := self.selected()) == 1:
            self.table.go_to(selected[0])
            self.table.write(column)

    def _compare(self) -> None:
        older, newer = sorted(self.selected())
        self.compareWanted.emit(older, newer)

    def _star(self) -> None:
        selected = self._selected_records()
        self.starWanted.emit(self.selected(), not all(record.starred for record in selected))

    @Slot(str)
    def _on_filter(self, text: str) -> None:
        try:
            accepts = parse_filter(text)
        except MlpError as error:
            self._problem.setText(str(error))
            self._problem.show()
            return
        self._problem.setText("")
        self._problem.hide()
        self.table.set_filter(accepts)

    @Slot()
    def _go_to_filter(self) -> None:
        self.filter_line.setFocus()
        self.filter_line.selectAll()

    def _go_to_table(self) -> None:
        self.table.setFocus()
        if self.table.current() is None and self.table.runs.shown:
            self.table.go_to(self.table.runs.shown[0].id)

    @Slot(QPoint)
    def _show_menu(self, place: QPoint) -> None:
        self.menu().popup(self.table.viewport().mapToGlobal(place))

    @Slot(int)
    def _on_run_chosen(self, run_id: int) -> None:
        self.table.go_to(run_id)
        self.table.setFocus()

    # What is told

    def _selected_records(self) -> list[RunRecord]:
        rows = map(self.table.runs.row_of, self.selected())
        return [self.table.runs.shown[row] for row in rows if row is not None]

    @Slot()
    def _catch_up(self) -> None:
        if self._due:
            changed = tuple(self._due.values())
            self._due.clear()
            self.table.update_runs(changed)
            self._refresh()

    def _refresh(self) -> None:
        """Show all that follows from which runs there are, which are shown, and which are selected."""
        runs = self.table.runs
        n_shown, n_runs = len(runs.shown), runs.n_runs
        self._turn_to(self.table if n_shown else self._empty_frame)
        self._empty.setText(NONE_FOUND if n_runs else NO_RUNS)
        runs_text = "1 run" if n_runs == 1 else f"{n_runs:,} runs"
        self._count.setText(runs_text if n_shown == n_runs else f"{n_shown:,} of {runs_text}")
        self._alike.set_text(self._alike_text())
        selected = self._selected_records()
        for entry in RUN_ENTRIES:
            action = self.actions_by_name[entry.name]
            why_not = entry.why_not(selected, n_shown)
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            action.setEnabled(not why_not)
            action.setToolTip(f"{entry.tip} ({keys})" + (f"\n{why_not}" if why_not else ""))
        told = self.selected(), self.drawn()
        self._draw()
        if told != self._told:
            self._told = told
            self.selectionChanged.emit(told[0])

    def _turn_to(self, widget: QWidget) -> None:
        """Show the table or why it is empty, which has the focus then if the other had."""
        before = self._stack.currentWidget()
        if widget is before:
            return
        had_focus = before is not None and before.hasFocus()
        self._stack.setCurrentWidget(widget)
        self.setFocusProxy(widget)
        if had_focus:
            widget.setFocus()

    def _alike_text(self) -> str:
        """Return the hyperparameters that all runs that are shown share."""
        runs = self.table.runs
        if not runs.shown:
            return ""
        first = runs.shown[0].hyperparameters
        alike = [field for field in FIELDS if field not in runs.differing]
        texts = [f"{field_title(field)} {value_text(field, first)}" for field in alike]
        return f"the same in all: {' · '.join(texts)}" if texts else ""

    def _draw(self) -> None:
        """Draw the curves of the runs that are to be drawn, if they are others than those that are."""
        drawn = self.drawn()
        for run_id in self._histories.keys() - set(drawn):
            del self._histories[run_id]
        rows = map(self.table.runs.row_of, drawn)
        records = tuple(self.table.runs.shown[row] for row in rows if row is not None)
        n_selected = len(self.selected())
        if not records:
            self._drawn_text.set_text("")
        elif not n_selected:
            self._drawn_text.set_text("None is selected: these are the curves of the newest")
        elif n_selected > len(drawn):
            self._drawn_text.set_text(f"Curves of the first {len(drawn)} of the {n_selected:,} selected")
        else:
            self._drawn_text.set_text("")
        if [_drawn_as(each) for each in records] == [_drawn_as(each) for each in self._curves_of]:
            return
        self._curves_of = records
        styles = self._styles.assign(drawn)
        self.table.runs.set_styles(styles)
        for curves in (self.cost, self.accuracy):
            curves.show_runs(records, self._histories, styles)

    def _extend_curves(self, run_id: int, stats: Sequence[EpochStats]) -> None:
        for curves in (self.cost, self.accuracy):
            curves.extend(run_id, stats)


def _drawn_as(record: RunRecord) -> tuple[object, ...]:
    """Return what of a run its curves show, beside its epochs."""
    return record.id, record.name, record.status, record.hyperparameters.epochs


def _goes_on(before: Sequence[EpochStats], history: Sequence[EpochStats]) -> bool:
    """Return whether `history` begins with the epochs of `before`."""
    if not before or len(history) < len(before):
        return not before
    last, same = before[-1], history[len(before) - 1]
    return (last.epoch, last.seconds) == (same.epoch, same.seconds)
