"""The window: puts the views on one screen and turns the user's actions into intents."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import cast

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QMainWindow,
    QVBoxLayout,
    QWidget,
)

from mlp_core.datasets.dataset import Dataset
from mlp_core.errors import MlpError
from mlp_core.history_csv import write_history
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.model_file import Model
from mlp_viz.messages import LOCKED, Messages
from mlp_viz.run.controller import RunController
from mlp_viz.run.news import EpochsEnded, Progress, RunEnd, RunStart, TestErrors
from mlp_viz.run.state import Phase
from mlp_viz.theme import LIGHT, UNIT, Theme
from mlp_viz.views.actions import NAMED_DATA, fill_menus, make_actions, set_reason
from mlp_viz.views.activity import ActivityBar
from mlp_viz.views.availability import Moment, why_not
from mlp_viz.views.compare_page import ComparePage
from mlp_viz.views.controls import ControlsView
from mlp_viz.views.data_page import DataPage
from mlp_viz.views.message_bar import MessageBar
from mlp_viz.views.pages import Pages
from mlp_viz.views.runs_page import RunsPage
from mlp_viz.views.sample import SampleDialog
from mlp_viz.views.shortcut_sheet import ShortcutSheet
from mlp_viz.views.sweep_page import SweepPage
from mlp_viz.views.training_page import TrainingPage
from mlp_viz.views.transport import TransportView
from mlp_viz.widgets.panel import Panel
from mlp_viz.widgets.save_dialog import ask_file_to_save

SMALLEST = QSize(1180, 680)  # below it captions and readouts are cut
DATA_FILES = "Data sets (*.npz *.npy *.csv *.tsv *.txt *.gz *ubyte *.idx);;All files (*)"


class MainWindow(QMainWindow):
    """All views on one screen.

    Parameters
    ----------
    controller : RunController
    messages : Messages

    Signals
    -------
    datasetWanted(str)
        The user chose a data set, by name or path.
    preparationWanted()
        The user wants to split, scale or cut down the open data set in another way.
    overviewWanted(Dataset)
        The data page is shown, and has no overview of this data set yet.
    cancelWanted()
        The user wants the work in the background to end.
    modelWanted(Path)
        The user chose a model file to open.
    saveWanted(Path)
        The user chose a file to save the model to.
    settingsCopied(Hyperparameters), settingsPasted()
        The user wants what is set copied as text, and what was copied to be set.
    themeStepped()
        The user wants the next theme.
    closing()
        The window is about to close.
    """

    datasetWanted = Signal(str)
    preparationWanted = Signal()
    overviewWanted = Signal(object)
    cancelWanted = Signal()
    modelWanted = Signal(object)
    saveWanted = Signal(object)
    settingsCopied = Signal(object)
    settingsPasted = Signal()
    themeStepped = Signal()
    closing = Signal()

    def __init__(self, controller: RunController, messages: Messages) -> None:
        super().__init__()
        self.setWindowTitle("mlp-viz")
        self._controller = controller
        self._messages = messages
        self._busy = ""
        self._fetching = ""
        self._theme = LIGHT
        self._overview_of: Dataset | None = None  # the data set whose overview was asked for
        self.actions_by_name = make_actions(self)
        fill_menus(self.menuBar(), self.actions_by_name)
        self.transport = TransportView(self.actions_by_name)
        self.message_bar = MessageBar()
        self.activity = ActivityBar()
        self.controls = ControlsView()
        self.training_page = TrainingPage()
        self.data_page = DataPage()
        self.runs_page = RunsPage()
        self.compare_page = ComparePage()
        self.sweep_page = SweepPage()
        self.pages = Pages(
            self.actions_by_name,
            {
                "see_training": self.training_page,
                "see_data": self.data_page,
                "see_runs": self.runs_page,
                "see_sweeps": self.sweep_page,
            },
        )
        self._has_store = False
        self.sample: SampleDialog | None = None
        page = self.training_page
        self.cost, self.accuracy, self.weights, self.errors = page.cost, page.accuracy, page.weights, page.errors
        self._lay_out()
        self._connect_actions()
        self._connect_controller()
        self.controls.changed.connect(self.message_bar.clear)
        for combo in self.findChildren(QComboBox):
            combo.installEventFilter(self)
        for button in self.findChildren(QAbstractButton):
            button.installEventFilter(self)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click, Space trains as before
        self.setAcceptDrops(True)
        self.setMinimumSize(SMALLEST)
        self._show_phase(Phase.IDLE)

    def apply_theme(self, theme: Theme) -> None:
        """Give every view the colours of `theme`."""
        self._theme = theme
        if self.sample is not None:
            self.sample.apply_theme(theme)
        self.transport.apply_theme(theme)
        self.message_bar.apply_theme(theme)
        self.activity.apply_theme(theme)
        self.training_page.apply_theme(theme)
        for page in (self.data_page, self.runs_page, self.compare_page, self.sweep_page):
            page.apply_theme(theme)
        self.controls.apply_theme(theme)

    @Slot(str)
    def show_busy(self, what: str) -> None:
        """Tell that something is being read or written; an empty text says that it is done."""
        self._busy = what
        self._enable_actions()
        if not what:
            self.activity.show_busy(self._fetching)
        if not self._controller.phase.active:
            if what:
                self.transport.show_text(f"{what} …")
            else:
                self.transport.show_phase(self._controller.phase)

    @Slot(str)
    def show_fetching(self, what: str) -> None:
        """Tell that something is being downloaded or drawn, beside which training goes on; empty when it is done."""
        self._fetching = what
        self.activity.show_busy(what)
        self._enable_actions()

    @Slot()
    def train(self) -> None:
        """Begin a run, pause it, or go on: what the first button says."""
        if self._controller.phase is Phase.RUNNING:
            self._controller.pause()
        else:
            self._with_hyperparameters(self._controller.train)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let Space press the button that has the focus, rather than train, and letters choose in an open list."""
        if event.type() == QEvent.Type.ShortcutOverride:
            key = cast(QKeyEvent, event)
            letter = isinstance(watched, QComboBox) and key.text().isalnum()
            if key.key() == Qt.Key.Key_Space or (letter and not key.modifiers()):
                event.accept()
                return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Say why an action cannot be taken whose key was pressed."""
        pressed = QKeySequence(event.keyCombination())
        for action in self.actions_by_name.values():
            if not action.isEnabled() and action.shortcut() == pressed:
                self._messages.info(action.statusTip())
                return
        super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """End the run, and only then close."""
        self.closing.emit()
        self._controller.shutdown()
        super().closeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files and folders."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped: a file, a folder, or the folder of several files."""
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        action = self.actions_by_name["data_file"]
        if not paths:
            return
        event.acceptProposedAction()
        if action.isEnabled():
            self.datasetWanted.emit(str(paths[0] if len(paths) == 1 else paths[0].parent))
        else:
            self._messages.error(action.statusTip())

    def _lay_out(self) -> None:
        row_of_all = QHBoxLayout()
        row_of_all.setSpacing(UNIT)
        row_of_all.setContentsMargins(UNIT, UNIT, UNIT, UNIT)
        row_of_all.addWidget(self.controls)
        row_of_all.addWidget(self.pages, 1)
        page = QVBoxLayout()
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(0)
        page.addWidget(self.transport)
        bar = QVBoxLayout()
        bar.setContentsMargins(UNIT, UNIT, UNIT, 0)
        bar.setSpacing(UNIT)
        bar.addWidget(self.message_bar)
        bar.addWidget(self.activity)
        page.addLayout(bar)
        page.addLayout(row_of_all, 1)
        self._page = QWidget()
        self._page.setLayout(page)
        self._page.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setCentralWidget(self._page)
        self._page.setFocus()  # else the first button has it, and Space opens its menu

    def _connect_actions(self) -> None:
        controller = self._controller
        handlers: dict[str, Callable[[], object]] = {
            "train": self.train,
            "step_minibatch": lambda: self._with_hyperparameters(controller.step_minibatch),
            "step_epoch": lambda: self._with_hyperparameters(controller.step_epoch),
            "stop": controller.stop,
            "lecture": lambda: self.controls.set_hyperparameters(Hyperparameters()),
            "prepare": self.preparationWanted.emit,
            "cancel_work": self.cancelWanted.emit,
            "data_folder": self._choose_data_folder,
            "data_file": self._choose_data_file,
            "open_model": self._choose_model,
            "save_model": self._choose_model_to_save,
            "copy_settings": lambda: self._with_hyperparameters(self.settingsCopied.emit),
            "paste_settings": self.settingsPasted.emit,
            "export_curves": self._export_curves,
            "export_window": self._export_window,
            "export_cost": self.cost.ask_and_save,
            "export_accuracy": self.accuracy.ask_and_save,
            "export_weights": self.weights.ask_and_save,
            "export_errors": self.errors.ask_and_save,
            "quit": self.close,
            "next_errors": self.errors.pager.next_page,
            "previous_errors": self.errors.pager.previous_page,
            "next_theme": self.themeStepped.emit,
            "shortcuts": self._show_shortcuts,
        }
        handlers.update({name: partial(self.datasetWanted.emit, name) for name in NAMED_DATA})
        for name, handler in handlers.items():
            self.actions_by_name[name].triggered.connect(lambda _checked=False, handler=handler: handler())
        log = self.actions_by_name["log_cost"]
        log.toggled.connect(self.cost.set_log)
        self.cost.log_button.toggled.connect(log.setChecked)
        self.pages.turned.connect(self._on_page_turned)
        self.compare_page.closeWanted.connect(self.show_runs)
        self.activity.cancelWanted.connect(self.cancelWanted)
        self.data_page.sampleChosen.connect(self.show_sample)
        self.errors.sampleChosen.connect(self._show_error)
        self.compare_page.sampleChosen.connect(self._show_error)
        for panel in self.findChildren(Panel):
            panel.saved.connect(self._on_saved)
            panel.saveFailed.connect(self._messages.error)

    def _connect_controller(self) -> None:
        controller = self._controller
        controller.phaseChanged.connect(self._show_phase)
        controller.datasetChanged.connect(self._show_dataset)
        controller.runStarted.connect(self._begin)
        controller.progressed.connect(self._show_progress)
        controller.epochsEnded.connect(self._extend)
        controller.weightsPictured.connect(self.weights.show_picture)
        controller.errorsFound.connect(self._show_errors)
        controller.runEnded.connect(self._end)
        controller.modelShown.connect(self._show_model)
        self._messages.posted.connect(self.message_bar.show_message)

    @Slot(object)
    def _show_phase(self, phase: Phase) -> None:
        self.transport.show_phase(phase)
        self.controls.set_locked(LOCKED if phase.active else None)
        self._enable_actions()

    def _enable_actions(self) -> None:
        controller = self._controller
        now = Moment(
            phase=controller.phase,
            has_data=controller.dataset is not None,
            can_save=controller.can_save,
            has_curves=bool(self.cost.stats),
            has_store=self._has_store,
            busy=self._busy,
            fetching=self._fetching,
        )
        for name, reason in why_not(now).items():
            set_reason(self.actions_by_name[name], reason)
        self.transport.show_train_text(controller.phase)

    @Slot(object)
    def _show_dataset(self, dataset: Dataset) -> None:
        self.transport.show_dataset(dataset)
        self.errors.set_dataset(dataset)
        self.data_page.set_dataset(dataset)
        self.compare_page.set_dataset(dataset)
        self._overview_of = None
        if self.sample is not None:
            self.sample.close()
        self._ask_for_overview()
        self.setWindowTitle(f"{dataset.name} – mlp-viz")
        self.cost.clear()
        self.accuracy.clear()
        self.weights.clear()
        self.errors.clear()
        self.transport.begin_idle()
        self._enable_actions()

    @Slot()
    def show_training(self) -> None:
        """Turn to the page of the training."""
        self.pages.turn_to("see_training")

    @Slot()
    def show_runs(self) -> None:
        """Turn to the page of the runs."""
        self.pages.turn_to("see_runs")

    @Slot()
    def show_comparison(self) -> None:
        """Turn to the page of two runs side by side."""
        self.pages.show_behind("see_runs", self.compare_page)

    @Slot()
    def show_store(self) -> None:
        """Offer the stored runs: the store is open."""
        self._has_store = True
        self._enable_actions()

    @Slot()
    def _on_page_turned(self) -> None:
        self.message_bar.clear_info()  # it told of what was done on the page before
        self._ask_for_overview()

    def _ask_for_overview(self) -> None:
        dataset = self._controller.dataset
        if self.pages.currentWidget() is self.data_page and dataset is not self._overview_of:
            self._overview_of = dataset
            self.overviewWanted.emit(dataset)

    @Slot(str, int)
    def show_sample(self, split: str, index: int, predicted: int | None = None) -> None:
        """Show one sample of the open data set large; `predicted` is the class that the network gives it."""
        dataset = self._controller.dataset
        if dataset is None:
            return
        if self.sample is None:
            self.sample = SampleDialog(self)
        self.sample.apply_theme(self._theme)
        self.sample.show_sample(dataset, split, index, predicted)

    @Slot(int, int)
    def _show_error(self, index: int, predicted: int) -> None:
        self.show_sample("test", index, predicted)

    @Slot(object)
    def _begin(self, start: RunStart) -> None:
        self.message_bar.clear()
        self.errors.first_page()
        for view in (self.cost, self.accuracy):
            view.begin(start.run_id, start.hyperparameters.epochs)
            view.extend(start.earlier)
        self._set_layer(start.hyperparameters)
        self.transport.begin(start.hyperparameters.epochs)

    def _set_layer(self, hyperparameters: Hyperparameters) -> None:
        names = self._controller.dataset.class_names if self._controller.dataset else ()
        self.weights.set_layer(bool(hyperparameters.n_hidden), names)

    @Slot(object)
    def _show_progress(self, progress: Progress) -> None:
        self.transport.show_progress(progress)

    @Slot(object)
    def _extend(self, ended: EpochsEnded) -> None:
        self.cost.extend(ended.stats)
        self.accuracy.extend(ended.stats)
        if not self.actions_by_name["export_curves"].isEnabled():
            self._enable_actions()

    @Slot(object)
    def _show_errors(self, errors: TestErrors) -> None:
        self.errors.show_errors(errors)
        self.transport.show_test_accuracy(errors.accuracy)
        if self.actions_by_name["save_model"].isEnabled() != self._controller.can_save:
            self._enable_actions()

    @Slot(object)
    def _end(self, end: RunEnd) -> None:
        self._enable_actions()
        if end.message:
            self._messages.error(end.message)

    @Slot(object)
    def _show_model(self, model: Model) -> None:
        self.controls.set_hyperparameters(model.hyperparameters)
        self._set_layer(model.hyperparameters)
        self.cost.load(model.history)
        self.accuracy.load(model.history)
        self.transport.begin_idle()
        self._enable_actions()

    @Slot(str)
    def _on_saved(self, path: str) -> None:
        self._messages.info(f"Saved {path}")

    def _with_hyperparameters(self, intent: Callable[[Hyperparameters], None]) -> None:
        try:
            intent(self.controls.hyperparameters())
        except MlpError as error:
            self._messages.error(str(error))

    def _choose_data_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Open a folder of data files, or of class-named folders")
        if folder:
            self.datasetWanted.emit(folder)

    def _choose_data_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Open a data set", "", DATA_FILES)
        if path:
            self.datasetWanted.emit(path)

    def _choose_model(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Open a model", "", "Trained model (*.npz)")
        if path:
            self.modelWanted.emit(Path(path))

    def _choose_model_to_save(self) -> None:
        path = ask_file_to_save(self, "Save the model", "model.npz", "Trained model (*.npz)")
        if path:
            self.saveWanted.emit(path)

    def _export_curves(self) -> None:
        path = ask_file_to_save(self, "Export the curves", "curves.csv", "Comma-separated values (*.csv)")
        if path:
            try:
                write_history(path, self.cost.stats)
            except MlpError as error:
                self._messages.error(str(error))
            else:
                self._on_saved(str(path))

    def _export_window(self) -> None:
        path = ask_file_to_save(self, "Save a picture of the window", "mlp-viz.png", "PNG picture (*.png)")
        if path:
            if self.grab().save(str(path), "PNG"):
                self._on_saved(str(path))
            else:
                self._messages.error(f"{path}: the picture cannot be written. Choose another folder.")

    def _show_shortcuts(self) -> None:
        ShortcutSheet(self).open()
