"""The sweep page: what came of many runs that differ in chosen hyperparameters, as they come."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.record import DatasetReference, RunRecord, Status, SweepRecord
from mlp_core.snapshot import EpochStats
from mlp_core.sweep.drive import SweepProgress
from mlp_core.sweep.results import SettingResult, SweepResults
from mlp_core.sweep.significance import Verdict
from mlp_core.sweep.workers import default_workers
from mlp_viz.run.sweep_runner import WorkersChoice
from mlp_viz.theme import LIGHT, UNIT, Theme
from mlp_viz.views.heat_map import HeatMap
from mlp_viz.views.parallel_coordinates import ParallelCoordinates
from mlp_viz.views.seed_band import BEST, SeedBand
from mlp_viz.views.slice_plot import SlicePlot
from mlp_viz.views.sweep_dialog import SweepDialog
from mlp_viz.views.transport import duration
from mlp_viz.widgets.panel import TEXT_POINTS, ElidedLabel, set_points
from mlp_viz.widgets.panel_grid import PanelGrid

STEPS = 1000
EMPTY = (
    "A sweep trains many networks that differ in chosen hyperparameters, each several times from other random weights "
    "(seeds), and tells which is best, and whether that is luck.\n\nPress “New sweep”."
)
NO_DATA = "There is no data set yet."
GOES_ON = "A sweep goes on: stop it first, or wait for its end."


class SweepPage(QWidget):
    """One sweep: its progress, its verdict in words, and four panels of results.

    Signals
    -------
    estimateWanted(SweepPlan, WorkersChoice), startWanted(SweepPlan, WorkersChoice)
        As in `SweepDialog`.
    stopWanted()
        The sweep that goes on is to stop.
    resumeWanted(int, WorkersChoice)
        A sweep is to go on.
    sweepChosen(int)
        Another sweep is to be shown.
    runOpenWanted(int)
        A run was clicked.
    historiesWanted(tuple of int)
        The curves of these runs are to be shown.
    deleteWanted(int), undoWanted()
        A sweep is to be deleted with its runs; what was deleted last is to come back.
    """

    estimateWanted = Signal(object, object)
    startWanted = Signal(object, object)
    stopWanted = Signal()
    resumeWanted = Signal(int, object)
    sweepChosen = Signal(int)
    runOpenWanted = Signal(int)
    historiesWanted = Signal(object)
    deleteWanted = Signal(int)
    undoWanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = LIGHT
        self._base = Hyperparameters()
        self._dataset: DatasetReference | None = None
        self._n_train = 0
        self._sweeps: dict[int, SweepRecord] = {}
        self._results: SweepResults | None = None
        self._histories: dict[int, tuple[EpochStats, ...]] = {}
        self._running: int | None = None
        self._wanted: int | None = None  # the sweep to be shown once it is known
        self._stopping = False
        self._progress: SweepProgress | None = None  # of the sweep that goes on
        self._choice = WorkersChoice(default_workers())
        self.dialog: SweepDialog | None = None
        self.sweep_box = QComboBox()
        self.new_button = QPushButton("&New sweep…")
        self.stop_button = QPushButton("S&top")
        self.resume_button = QPushButton("&Go on")
        self.delete_button = QPushButton("&Delete")
        self.open_button = QPushButton("&Open its best run")
        self.progress = QProgressBar()
        self.progress_text = ElidedLabel()
        self.standing = QLabel()
        self.verdict = QLabel()
        self.details = QLabel()
        self.heat_map = HeatMap()
        self.coordinates = ParallelCoordinates()
        self.slice = SlicePlot()
        self.band = SeedBand()
        self.panels = PanelGrid(
            {"heat_map": self.heat_map, "coordinates": self.coordinates, "slice": self.slice, "band": self.band}
        )
        self._build()
        self._connect()
        self._show_state()

    def set_dataset(self, dataset: DatasetReference, n_train: int) -> None:
        """Plan the next sweep on this data set, which has `n_train` training samples; a plan for another is dropped."""
        if self.dialog is not None and self._dataset != dataset:
            self.dialog.reject()
        self._dataset, self._n_train = dataset, n_train
        self._show_state()

    @Slot(object)
    def set_base(self, base: Hyperparameters) -> None:
        """Take what does not vary in the next sweep from `base`."""
        self._base = base

    def show_sweeps(self, sweeps: Sequence[SweepRecord]) -> None:
        """Offer these sweeps, the newest first; the one that is shown stays, if it is among them."""
        shown = self.sweep_id
        self._sweeps = {record.id: record for record in sweeps}
        wanted = self._wanted if self._wanted in self._sweeps else shown
        self.sweep_box.blockSignals(True)
        self.sweep_box.clear()
        for record in sweeps:
            began = record.began.astimezone()
            self.sweep_box.addItem(f"{record.id}: {record.name} · {began:%d %b %H:%M}", record.id)
        self.sweep_box.setCurrentIndex(max(self.sweep_box.findData(wanted), 0) if sweeps else -1)
        self.sweep_box.blockSignals(False)
        if wanted == self._wanted:
            self._wanted = None
        if self.sweep_id != shown:
            self._on_chosen()
        self._show_state()

    @property
    def sweep_id(self) -> int | None:
        """The sweep that is shown."""
        chosen = self.sweep_box.currentData()
        return None if chosen is None else int(chosen)

    def show_results(self, record: SweepRecord, results: SweepResults, verdict: Verdict) -> None:
        """Show what has come of the sweep so far."""
        if record.id != self.sweep_id:
            return
        self._results = results
        self.panels.show()
        headline, _, rest = verdict.text.partition("\n")
        self.verdict.setText(headline)
        self.details.setText(rest)
        self.details.setVisible(bool(rest))
        for panel in (self.heat_map, self.coordinates, self.slice):
            panel.show_results(results)
        self._ask_for_curves()
        self._show_state()

    @Slot(str)
    def show_no_results(self, message: str) -> None:
        """Tell why what has come of the sweep that is shown cannot be shown."""
        self._results = None
        self.verdict.setText(message)
        self.details.setText("")
        self.panels.hide()  # they show another sweep
        self._show_state()

    def show_histories(self, histories: Mapping[int, tuple[EpochStats, ...]]) -> None:
        """Draw the curves of runs of the sweep that is shown."""
        self._histories.update(histories)
        if self._results is not None:
            self.band.show_curves(self._results, self._histories)

    @Slot(object)
    def show_progress(self, progress: SweepProgress) -> None:
        """Tell how far the sweep that goes on has come."""
        self._progress = progress
        self.progress.setValue(round(STEPS * progress.epochs_done / max(progress.n_epochs, 1)))
        other = progress.sweep_id != self.sweep_id
        parts = [f"Sweep {progress.sweep_id}"] if other else []
        parts += ["Stopping …"] if self._stopping else []
        parts.append(f"{progress.runs_done:,} of {progress.n_runs:,} runs")
        if progress.runs_failed:
            parts.append(f"{progress.runs_failed:,} failed")
        if not math.isnan(progress.seconds_left) and not self._stopping:
            parts.append(f"{duration(progress.seconds_left)} left")
        if progress.message:
            parts.append(progress.message)
        self.progress_text.set_text(" · ".join(parts))

    @Slot(object)
    def set_running(self, sweep_id: int | None) -> None:
        """Say which sweep goes on in this window, and show it; None if none does."""
        self._running = sweep_id
        self._progress = None
        self._stopping = False
        self.progress.setValue(0)
        self.progress_text.set_text("Starting the workers …" if sweep_id is not None else "")
        if sweep_id in self._sweeps:
            self.sweep_box.setCurrentIndex(self.sweep_box.findData(sweep_id))
        else:  # it is chosen as soon as it is known
            self._wanted = sweep_id
        self._show_state()

    @Slot(str)
    def show_estimate(self, text: str) -> None:
        """Tell in the dialog what the plan comes to."""
        if self.dialog is not None:
            self.dialog.show_estimate(text)

    @Slot(str)
    def show_estimate_failed(self, message: str) -> None:
        """Tell in the dialog why that is not known."""
        if self.dialog is not None:
            self.dialog.show_estimate_failed(message)

    @Slot()
    def plan_new(self) -> None:
        """Ask what is to be varied."""
        if self._dataset is None or self.dialog is not None:
            return
        self.dialog = SweepDialog(self._base, self._dataset, self._n_train, self._theme, self.window())
        self.dialog.estimateWanted.connect(self.estimateWanted)
        self.dialog.startWanted.connect(self._on_start)
        self.dialog.finished.connect(self._on_dialog_closed)
        self.dialog.open()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self._theme = theme
        self.panels.apply_theme(theme)
        self._show_state()
        if self.dialog is not None:
            self.dialog.apply_theme(theme)
        self.setStyleSheet(
            f"QProgressBar {{ border: 1px solid {theme.line}; border-radius: 4px; background: {theme.panel}; }}"
            f"QProgressBar::chunk {{ background: {theme.accent}; border-radius: 3px; }}"
            f"QPushButton#new {{ background: {theme.accent}; color: {theme.on_accent}; font-weight: bold;"
            f" border: none; border-radius: 4px; padding: 6px 14px; }}"
            f"QPushButton#new:disabled {{ background: {theme.line}; color: {theme.muted}; }}"
            f"QPushButton#new:focus {{ border: 2px solid {theme.text}; padding: 4px 12px; }}"
        )

    def _build(self) -> None:
        self.new_button.setObjectName("new")
        self.sweep_box.setAccessibleName("sweep that is shown")
        self.sweep_box.setToolTip("Choose the sweep that is shown")
        self.sweep_box.setMinimumContentsLength(24)
        self.sweep_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.sweep_box.view().setTextElideMode(Qt.TextElideMode.ElideRight)
        self.open_button.setToolTip("Show the run with the best validation accuracy on the page of the training")
        self.progress.setRange(0, STEPS)
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(UNIT)
        self.progress.setAccessibleName("Progress of the sweep")
        words = {self.standing: "how it stands", self.verdict: "what the sweep tells", self.details: "how sure that is"}
        for label, what in words.items():
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setAccessibleName(what)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        buttons = (self.new_button, self.stop_button, self.resume_button, self.open_button, self.delete_button)
        for widget in (*buttons, self.sweep_box, self.progress_text):
            set_points(widget, TEXT_POINTS)
        set_points(self.verdict, TEXT_POINTS + 1, bold=True)
        for label in (self.standing, self.details):
            set_points(label, TEXT_POINTS)
        row = QHBoxLayout()
        row.setSpacing(UNIT)
        row.addWidget(self.new_button)
        row.addWidget(self.stop_button)
        row.addWidget(self.resume_button)
        row.addWidget(self.sweep_box, 1)
        row.addWidget(self.open_button)
        row.addWidget(self.delete_button)
        self._working = QWidget()
        working = QHBoxLayout(self._working)
        working.setContentsMargins(0, 0, 0, 0)
        working.setSpacing(2 * UNIT)
        working.addWidget(self.progress, 1)
        working.addWidget(self.progress_text, 1)
        self._empty = QLabel(EMPTY)
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setContentsMargins(16 * UNIT, 0, 16 * UNIT, 16 * UNIT)
        set_points(self._empty, TEXT_POINTS + 3)
        found = QWidget()
        column = QVBoxLayout(found)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT)
        column.addWidget(self.standing)
        column.addWidget(self.verdict)
        column.addWidget(self.details)
        column.addWidget(self.panels, 1)
        self._body = QStackedWidget()
        self._body.addWidget(self._empty)
        self._body.addWidget(found)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(UNIT)
        page.addLayout(row)
        page.addWidget(self._working)
        page.addWidget(self._body, 1)
        undo = QAction("Undo", self)
        undo.setShortcut(QKeySequence(QKeySequence.StandardKey.Undo))
        undo.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        undo.triggered.connect(self.undoWanted)
        self.addAction(undo)

    def _connect(self) -> None:
        self.new_button.clicked.connect(self.plan_new)
        self.stop_button.clicked.connect(self._on_stop)
        self.resume_button.clicked.connect(self._on_resume)
        self.delete_button.clicked.connect(self._on_delete)
        self.open_button.clicked.connect(self._on_open_best)
        self.sweep_box.currentIndexChanged.connect(self._on_chosen)
        for panel in (self.heat_map, self.coordinates, self.band):
            panel.settingChosen.connect(self._on_setting_chosen)
        self.slice.runChosen.connect(self.runOpenWanted)

    @Slot(object, object)
    def _on_start(self, plan: object, choice: WorkersChoice) -> None:
        self._choice = choice
        self.startWanted.emit(plan, choice)

    @Slot()
    def _on_dialog_closed(self) -> None:
        self.dialog = None

    @Slot()
    def _on_stop(self) -> None:
        self._stopping = True
        self.progress_text.set_text("Stopping …")
        self._show_state()
        self.stopWanted.emit()

    @Slot()
    def _on_resume(self) -> None:
        if self.sweep_id is not None:
            self.resumeWanted.emit(self.sweep_id, self._choice)

    @Slot()
    def _on_delete(self) -> None:
        if self.sweep_id is not None:
            self.deleteWanted.emit(self.sweep_id)

    @Slot()
    def _on_chosen(self) -> None:
        self._results = None
        self._histories.clear()
        self.verdict.setText("")
        self.details.setText("")
        if self.sweep_id is not None:
            self.sweepChosen.emit(self.sweep_id)
        if self._progress is not None:
            self.show_progress(self._progress)
        self._show_state()

    @Slot(int)
    def _on_setting_chosen(self, setting: int) -> None:
        """Open the best run of a setting: a click anywhere opens the run."""
        for result in self._results.settings if self._results is not None else ():
            if result.setting == setting and (run := best_run(result)) is not None:
                self.runOpenWanted.emit(run.id)

    @Slot()
    def _on_open_best(self) -> None:
        if self._results is not None and (ranked := self._results.ranked()):
            self._on_setting_chosen(ranked[0].setting)

    def _ask_for_curves(self) -> None:
        """Ask for the curves of the best settings, as far as they have changed."""
        if self._results is None:
            return
        runs = [run for result in self._results.ranked()[:BEST] for run in result.runs]
        due = tuple(run.id for run in runs if len(self._histories.get(run.id, ())) != run.epochs_done)
        if due:
            self.historiesWanted.emit(due)
        else:
            self.band.show_curves(self._results, self._histories)

    def _show_state(self) -> None:
        """Tell how the sweep that is shown stands, and offer what can be done with it."""
        record = self._sweeps.get(self.sweep_id) if self.sweep_id is not None else None
        running = record is not None and record.id == self._running
        self._body.setCurrentIndex(0 if record is None else 1)
        self._working.setVisible(self._running is not None)
        self._show_standing(record)
        busy = GOES_ON if self._running is not None else ""
        _offer(self.new_button, "Choose what is varied, and start", busy or (NO_DATA if self._dataset is None else ""))
        self.stop_button.setVisible(self._running is not None)
        stop = "End the sweep within seconds; all that was reached is kept, and it can go on later"
        _offer(self.stop_button, stop, "It is being stopped." if self._stopping else "")
        self.resume_button.setVisible(record is not None and not running and self._can_go_on(record))
        _offer(self.resume_button, "Go on where it stopped; no finished run is trained again", busy)
        nothing = "" if self._results is not None and self._results.ranked() else "No run of it has a result yet."
        _offer(self.open_button, "Show the run with the best validation accuracy", nothing)
        unfit = ""
        if record is None:
            unfit = "There is no sweep."
        elif running or record.status is Status.RUNNING:
            unfit = "It goes on: stop it first."
        _offer(self.delete_button, "Delete this sweep and its runs; Ctrl+Z brings them back", unfit)

    def _can_go_on(self, record: SweepRecord) -> bool:
        """Return whether there is something left to train, or to try again."""
        if record.status is Status.FINISHED and self._results is not None:
            return not self._results.over or Status.FAILED in self._results.counts  # runs may have been deleted
        return record.status.resumable or record.status is Status.FAILED

    def _show_standing(self, record: SweepRecord | None) -> None:
        """Say in words how a sweep stands that is neither finished nor this window's at work."""
        text = ""
        if record is not None and record.id != self._running:
            text = standing(record)
        self.standing.setText(text)
        self.standing.setVisible(bool(text))
        failed = record is not None and record.status is Status.FAILED
        self.standing.setStyleSheet(f"color: {self._theme.error if failed else self._theme.muted};")


def standing(record: SweepRecord) -> str:
    """Return in words how a sweep stands, and what can be done; empty if it is finished."""
    if record.status is Status.FAILED:
        return f"Failed: {record.message or 'the reason is not known.'}"
    return {
        Status.RUNNING: "It goes on in another window or terminal. What it reaches is shown here as it comes.",
        Status.STOPPED: "Stopped: what it reached is kept. “Go on” trains the rest.",
        Status.INTERRUPTED: "Interrupted: the program ended first. What it reached is kept. “Go on” trains the rest.",
    }.get(record.status, "")


def best_run(result: SettingResult) -> RunRecord | None:
    """Return the run of a setting with the best validation accuracy; None where none has any."""
    known = [
        (accuracy, run) for accuracy, run in zip(result.accuracies, result.runs, strict=True) if accuracy == accuracy
    ]
    return max(known, key=lambda pair: pair[0])[1] if known else None


def _offer(button: QPushButton, tip: str, why_not: str) -> None:
    button.setEnabled(not why_not)
    button.setToolTip(why_not or tip)
