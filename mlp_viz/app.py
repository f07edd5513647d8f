"""The composition root: builds every object, wires them, and runs; nothing else does."""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path

from PySide6.QtCore import QObject, QSize, Qt, Slot, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from mlp_core.arguments import hyperparameters_of, preparation_of
from mlp_core.blas import use_one_thread
from mlp_core.data_cli import tell_aside
from mlp_core.datasets import Dataset
from mlp_core.datasets.overview import Overview
from mlp_core.errors import MlpError
from mlp_core.estimator import progress_line
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.store import default_store_path
from mlp_viz.data_opening import DataOpener
from mlp_viz.main_window import MainWindow
from mlp_viz.messages import Messages, UncaughtExceptions, log_qt_message, write_log_file
from mlp_viz.model_opening import ModelOpener
from mlp_viz.run.background import Tasks
from mlp_viz.run.controller import RunController
from mlp_viz.run.garbage import GuiGarbageCollector
from mlp_viz.run.library import RunLibrary
from mlp_viz.run.news import EpochsEnded, RunEnd
from mlp_viz.run.state import Phase
from mlp_viz.run.sweep_runner import SweepRunner
from mlp_viz.run_browsing import RunBrowser
from mlp_viz.settings import Settings
from mlp_viz.signals import EndingSignals
from mlp_viz.sweeping import Sweeping
from mlp_viz.theme import THEMES, apply_theme, system_theme

SIZE = QSize(1366, 768)


class App(QObject):
    """Everything the program consists of, and the wires between.

    Parameters
    ----------
    qt : QApplication
    options : Namespace
        What `mlp_viz.__main__` parsed from the command line.
    """

    def __init__(self, qt: QApplication, options: argparse.Namespace) -> None:
        super().__init__()
        self._qt = qt
        self._options = options
        self._fell_back = False
        self._fitted = ""  # what was changed for the data set that has just been opened
        self._store_trouble = ""  # why runs are not kept, as long as it was not told
        self.picture_saved = False
        self._closed = False
        self.settings = Settings()
        self.messages = Messages(self)
        self.uncaught = UncaughtExceptions(self.messages)
        self.tasks = Tasks(self)
        self.overviews = Tasks(self)
        self.controller = RunController(self)
        self._theme_name = options.theme or self.settings.theme
        self._show_theme()
        self.window = MainWindow(self.controller, self.messages)
        self.opener = DataOpener(self.controller, self.messages, self.tasks, options.data_dir, self.window)
        self.models = ModelOpener(self.controller, self.messages, self.tasks, self)
        self.library = RunLibrary(self)
        self.browser = RunBrowser(
            self.window.runs_page,
            self.window.compare_page,
            self.library,
            self.controller,
            self.opener,
            self.models,
            self.messages,
            self.overviews,
            self,
        )
        self.sweeps = SweepRunner(self)
        self.sweeping = Sweeping(
            self.window.sweep_page,
            self.library,
            self.sweeps,
            self.browser,
            self.controller,
            self.messages,
            options.data_dir,
            self,
        )
        self._follow_theme()
        self.window.controls.set_hyperparameters(self._first_hyperparameters())
        self.window.actions_by_name["log_cost"].setChecked(self.settings.log_cost)
        self._wire()
        self.window.sweep_page.set_base(self.window.controls.hyperparameters())

    def show(self) -> None:
        """Show the window at once, and read the data set behind it."""
        geometry = None if self._options.size or self._options.screenshot else self.settings.geometry
        if geometry is None or not self.window.restoreGeometry(geometry):
            self.window.resize(self._options.size or SIZE)
        self.window.show()
        self.controller.store = self._options.store or default_store_path()
        self.library.open(self.controller.store)
        begins = bool(self._options.train or self._options.screenshot)
        self.opener.open_first(self._options.dataset, preparation_of(self._options), wait=begins)

    def close(self) -> None:
        """End whatever is at work; the window is gone after it."""
        self.window.close()
        self.opener.shutdown()
        for tasks in (self.tasks, self.overviews, self.sweeping.tasks, self.sweeping.estimates):
            tasks.shutdown()
        self.sweeps.shutdown()
        self.library.shutdown()
        self.uncaught.uninstall()

    def _first_hyperparameters(self) -> Hyperparameters:
        base = Hyperparameters() if self._options.screenshot else self.settings.hyperparameters
        return hyperparameters_of(self._options, base)

    def _wire(self) -> None:
        window, opener = self.window, self.opener
        self.tasks.busyChanged.connect(window.show_busy)
        self.tasks.progressed.connect(window.activity.show_progress)
        opener.fetcher.tasks.busyChanged.connect(window.show_fetching)
        opener.fetcher.tasks.progressed.connect(window.activity.show_progress)
        opener.opened.connect(self._on_opened)
        opener.failed.connect(self._on_not_opened)
        self.controller.datasetChanged.connect(self._on_dataset_changed)
        self.controller.epochsEnded.connect(self._on_epochs_ended)
        self.controller.runEnded.connect(self._on_run_ended)
        window.datasetWanted.connect(opener.open)
        window.preparationWanted.connect(opener.prepare_again)
        window.cancelWanted.connect(opener.cancel)
        window.closing.connect(opener.stop)
        window.overviewWanted.connect(self._on_overview_wanted)
        window.modelWanted.connect(self.models.open)
        window.saveWanted.connect(self.models.save)
        self.models.shown.connect(window.message_bar.clear)
        self.library.opened.connect(window.show_store)
        self.library.notOpened.connect(self._on_store_not_opened)
        self.library.remarked.connect(self.messages.info)
        self.library.failed.connect(self.messages.error)
        self.controller.kept.connect(self.library.poll)
        self.controller.storeTold.connect(self.messages.error)
        window.controls.changed.connect(window.sweep_page.set_base)
        self.browser.settingsWanted.connect(window.controls.set_hyperparameters)
        self.browser.comparing.connect(window.show_comparison)
        self.browser.trainingShown.connect(window.show_training)
        window.settingsCopied.connect(self.browser.copy)
        window.settingsPasted.connect(self.browser.paste)
        self.window.themeStepped.connect(self._on_theme_stepped)
        self.window.closing.connect(self._on_closing)
        self._qt.styleHints().colorSchemeChanged.connect(self._follow_theme)

    @Slot(object)
    def _on_opened(self, dataset: Dataset) -> None:
        if not self._fell_back:  # else the message says why these are not the data that were asked for
            self.window.message_bar.clear()
            if told := " ".join(filter(None, (dataset.remarks, self._fitted))):
                self.messages.info(told)
        if self._store_trouble:  # it may have come while the first data set was read
            self.messages.error(self._store_trouble)
            self._store_trouble = ""
        self._fell_back = False

    @Slot(str)
    def _on_not_opened(self, message: str) -> None:
        if self._options.screenshot:
            self._fail(message)
            return
        self.messages.error(message)
        if self.controller.dataset is None and not self._fell_back:
            self._fell_back = True
            self._options.train = False
            self.opener.open_embedded()

    @Slot(str)
    def _on_store_not_opened(self, message: str) -> None:
        self.controller.store = None  # else each run would tell it again
        self._store_trouble = f"{message} Runs are not kept meanwhile."
        if self.controller.dataset is not None:
            self.messages.error(self._store_trouble)

    @Slot(object)
    def _on_overview_wanted(self, dataset: Dataset) -> None:
        self.overviews.cancel_all()  # of the data set before
        self.overviews.add(
            "Looking at the data",
            lambda progress: (dataset, Overview.of(dataset, progress)),
            self._on_overview,
            self.messages.error,
        )

    @Slot(object)
    def _on_overview(self, made: tuple[Dataset, Overview]) -> None:
        dataset, overview = made
        if dataset is self.controller.dataset:  # another may have been opened since
            self.window.data_page.show_overview(overview)

    @Slot(object)
    def _on_dataset_changed(self, dataset: Dataset) -> None:
        begins = self._options.train or self._options.screenshot
        if not (begins and hasattr(self._options, "minibatch_size")):  # what was asked for is not changed
            self._fitted = self.window.controls.fit_samples(len(dataset.train))
        if begins:
            self._options.train = False  # only the first data set starts by itself
            try:
                self.controller.train(self.window.controls.hyperparameters())
            except MlpError as error:
                self._fail(str(error)) if self._options.screenshot else self.messages.error(str(error))

    @Slot(object)
    def _on_epochs_ended(self, ended: EpochsEnded) -> None:
        if self._options.screenshot and self.controller.hyperparameters:
            line = progress_line(ended.stats[-1], self.controller.hyperparameters.epochs)
            sys.stderr.write("\r" + line)
            sys.stderr.flush()

    @Slot(object)
    def _on_run_ended(self, end: RunEnd) -> None:
        if not self._options.screenshot:
            self._remember_hyperparameters()
            return
        sys.stderr.write("\n")
        if end.phase is Phase.FAILED:
            self._fail(end.message)
            return
        if end.phase is Phase.STOPPED:  # interrupted: a picture of half a run is not what was asked for
            return
        path: Path = self._options.screenshot
        if self.window.grab().save(str(path), "PNG"):
            tell_aside(f"mlp-viz: the picture of the window is in {path}")
            self.picture_saved = True
            self._qt.exit(0)
        else:
            self._fail(f"{path}: the picture cannot be written. Choose another file.")

    def _fail(self, message: str) -> None:
        tell_aside(f"mlp-viz: {message}")
        self._qt.exit(1)

    @Slot()
    def _on_theme_stepped(self) -> None:
        choices = ["", *THEMES]
        self._theme_name = choices[(choices.index(self._theme_name) + 1) % len(choices)]
        self.settings.theme = self._theme_name
        self._follow_theme()

    @Slot()
    def _on_closing(self) -> None:
        self._closed = True
        if not self._options.screenshot:
            self.settings.geometry = self.window.saveGeometry()
            self.settings.log_cost = self.window.actions_by_name["log_cost"].isChecked()
            self._remember_hyperparameters()

    def _remember_hyperparameters(self) -> None:
        with contextlib.suppress(MlpError):  # what is half typed is not remembered
            self.settings.hyperparameters = self.window.controls.remembered()

    def _show_theme(self) -> None:
        apply_theme(self._qt, THEMES.get(self._theme_name) or system_theme())

    @Slot()
    def _follow_theme(self) -> None:
        self._show_theme()
        theme = THEMES.get(self._theme_name) or system_theme()
        self.window.apply_theme(theme)
        self.opener.apply_theme(theme)


def run(options: argparse.Namespace) -> int:
    """Run the program and return its exit status."""
    use_one_thread()
    write_log_file()
    qInstallMessageHandler(log_qt_message)
    QApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    qt = QApplication(sys.argv[:1])
    qt.setApplicationName("mlp-viz")
    qt.setApplicationDisplayName("mlp-viz")
    app = App(qt, options)
    ending = EndingSignals()
    ending.arrived.connect(qt.closeAllWindows)
    collector = GuiGarbageCollector()
    app.show()
    status = qt.exec()
    app.close()
    collector.close()
    ending.close()
    interrupted = options.screenshot and not app.picture_saved
    return status or int(bool(interrupted))
