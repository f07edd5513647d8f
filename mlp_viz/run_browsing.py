"""`RunBrowser`: carries out what the user wants of stored runs: look, open, resume, compare, edit, export."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication

from mlp_core.errors import MlpError
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.progress import Progress
from mlp_core.runs.export import write_curves_csv, write_runs_csv, write_runs_json
from mlp_core.runs.record import DatasetReference, RunRecord, Status
from mlp_core.runs.script import script_of
from mlp_core.runs.settings_text import parse_settings, settings_text
from mlp_core.runs.store import RunStore
from mlp_core.snapshot import EpochStats
from mlp_viz.data_opening import DataOpener
from mlp_viz.messages import Messages
from mlp_viz.model_opening import ModelOpener
from mlp_viz.run.background import Tasks
from mlp_viz.run.comparison import Comparison
from mlp_viz.run.controller import RunController
from mlp_viz.run.library import RunLibrary, Work, stored_run
from mlp_viz.run.stored import StoredRun
from mlp_viz.views.availability import RUNS
from mlp_viz.views.compare_page import ComparePage
from mlp_viz.views.run_style import RunStyles
from mlp_viz.views.runs_page import RunsPage
from mlp_viz.widgets.save_dialog import ask_file_to_save


class RunBrowser(QObject):
    """Joins the page of the runs to the store, and to what shows a run.

    Parameters
    ----------
    page : RunsPage
    compare_page : ComparePage
    library : RunLibrary
    controller : RunController
    opener : DataOpener
    models : ModelOpener
    messages : Messages
    tasks : Tasks
        For comparing two runs.

    Signals
    -------
    comparing()
        Two runs are being shown side by side.
    trainingShown()
        A stored run is shown, or goes on, on the page of the training.
    settingsWanted(Hyperparameters)
        The settings of a stored run, or pasted ones, are to be used for the next run.
    """

    comparing = Signal()
    trainingShown = Signal()
    settingsWanted = Signal(object)

    def __init__(
        self,
        page: RunsPage,
        compare_page: ComparePage,
        library: RunLibrary,
        controller: RunController,
        opener: DataOpener,
        models: ModelOpener,
        messages: Messages,
        tasks: Tasks,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._page = page
        self._compare_page = compare_page
        self._library = library
        self._controller = controller
        self._opener = opener
        self._models = models
        self._messages = messages
        self._tasks = tasks
        self._records: dict[int, RunRecord] = {}
        self._histories: dict[int, tuple[EpochStats, ...]] = {}
        self._deleted: list[tuple[str, Work]] = []  # what Undo brings back, the newest last
        library.runsChanged.connect(self._on_runs_changed)
        library.historiesRead.connect(self._on_histories_read)
        page.selectionChanged.connect(self._read_selected)
        page.openWanted.connect(self.open)
        page.resumeWanted.connect(self._resume)
        page.compareWanted.connect(self._compare)
        page.renameWanted.connect(library.rename)
        page.noteWanted.connect(library.set_note)
        page.starWanted.connect(library.set_starred)
        page.deleteWanted.connect(self._delete)
        page.undoWanted.connect(self.undo)
        page.settingsCopyWanted.connect(self._copy_settings)
        page.settingsUseWanted.connect(self._use_settings)
        page.exportWanted.connect(self._export)
        models.shown.connect(self.trainingShown)

    @property
    def records(self) -> dict[int, RunRecord]:
        """Every run that is not deleted, by id."""
        return self._records

    @Slot(int)
    def open(self, run_id: int) -> None:
        """Show a stored run as it ended, on the data set that it was trained on."""
        if self._may_begin():
            self._library.do(partial(stored_run, run_id=run_id), self._open)

    def copy(self, hyperparameters: Hyperparameters) -> None:
        """Copy settings as text that another window, or a terminal, understands."""
        dataset = self._controller.dataset
        self._to_clipboard(hyperparameters, DatasetReference.of(dataset) if dataset is not None else None)

    def paste(self) -> None:
        """Use the settings that were copied as text, and the data set if it is another one."""
        if not self._may_begin():
            return
        try:
            settings = parse_settings(QGuiApplication.clipboard().text())
        except MlpError as error:
            self._messages.error(str(error))
            return
        self.settingsWanted.emit(settings.hyperparameters)
        dataset, recipe = self._controller.dataset, settings.recipe
        if recipe is None or (
            dataset is not None and dataset.recipe is not None and dataset.recipe.absolute() == recipe
        ):
            self._messages.info("The settings were pasted. Train begins a run with them.")
        else:
            self._opener.open_recipe(recipe)

    # What is in the store

    @Slot(object)
    def _on_runs_changed(self, changed: tuple[RunRecord, ...]) -> None:
        for record in changed:
            if record.deleted:
                self._records.pop(record.id, None)
                self._histories.pop(record.id, None)
            else:
                self._records[record.id] = record
        self._page.update_runs(changed)
        if self._page.isVisible():
            self._read_selected()

    @Slot()
    def _read_selected(self) -> None:
        """Read the curves of the selected runs, as far as they are not at hand."""
        selected = self._page.drawn()
        for run_id in self._histories.keys() - set(selected):
            del self._histories[run_id]
        due = [
            run_id
            for run_id in selected
            if run_id in self._records and self._records[run_id].epochs_done != self._epochs_read(run_id)
        ]
        self._library.read_histories(due)

    def _epochs_read(self, run_id: int) -> int:
        return len(self._histories.get(run_id, ()))

    @Slot(object)
    def _on_histories_read(self, histories: dict[int, tuple[EpochStats, ...]]) -> None:
        if not self._page.isVisible():
            return  # another page may have asked for them
        drawn = set(self._page.drawn())
        wanted = {run_id: history for run_id, history in histories.items() if run_id in drawn}
        self._histories.update(wanted)
        self._page.show_histories(self._histories)

    # Looking, resuming, comparing

    @Slot(int)
    def _resume(self, run_id: int) -> None:
        if self._may_begin():
            self._library.do(partial(_resumable_run, run_id=run_id), self._open_and_resume)

    @Slot(int, int)
    def _compare(self, first: int, second: int) -> None:
        self._library.do(
            lambda store: (stored_run(store, first), stored_run(store, second)),
            lambda runs: self._begin_comparison(*runs),
        )

    def _open(self, stored: StoredRun) -> None:
        if stored.checkpoint is None:
            self._messages.error(f"{stored.record.name} has no weights to show: no epoch of it has ended.")
        elif self._may_begin():  # a run may have been begun while it was read
            self._opener.open_again(stored.record.dataset, partial(self._models.show_stored, stored))

    def _open_and_resume(self, stored: StoredRun) -> None:
        if self._may_begin():
            self._opener.open_again(stored.record.dataset, partial(self._go_on, stored))

    def _go_on(self, stored: StoredRun) -> None:
        if not self._may_begin():  # else the settings would be shown of a run that does not go on
            return
        try:
            self._controller.resume(stored)
        except MlpError as error:
            self._messages.error(str(error))
        else:
            self.settingsWanted.emit(stored.record.hyperparameters)
            self.trainingShown.emit()

    def _begin_comparison(self, first: StoredRun, second: StoredRun) -> None:
        dataset = self._controller.dataset

        def work(progress: Progress) -> Comparison:
            return Comparison.of(first, second, dataset, progress)

        self._tasks.add("Comparing two runs", work, self._on_compared, self._messages.error)

    @Slot(object)
    def _on_compared(self, comparison: Comparison) -> None:
        styles = RunStyles().assign((comparison.first.record.id, comparison.second.record.id))
        self._compare_page.show_comparison(comparison, styles)
        self._compare_page.set_dataset(self._controller.dataset)  # another may have been opened meanwhile
        self.comparing.emit()

    # Editing

    @Slot(object)
    def _delete(self, ids: tuple[int, ...]) -> None:
        self._library.do(partial(_delete_at_rest, ids=ids), lambda gone: self._on_deleted(gone, len(ids)))

    def _on_deleted(self, gone: Sequence[RunRecord], n_wanted: int) -> None:
        if gone:
            free = tuple(record.id for record in gone)
            what = gone[0].name if len(gone) == 1 else f"{len(gone):,} runs"
            self.note_deletion(what, lambda store: store.restore(free))
        if len(gone) < n_wanted:
            self._messages.error("A run that goes on is not deleted: stop it first.")
        self._library.poll()

    def note_deletion(self, what: str, restore: Work) -> None:
        """Tell that `what` was deleted, and remember how Undo brings it back."""
        self._deleted.append((what, restore))
        self._messages.info(f"Deleted {what}. Ctrl+Z undoes it.")

    @Slot()
    def undo(self) -> None:
        """Bring back what was deleted last."""
        if not self._deleted:
            self._messages.info("There is nothing to bring back.")
            return
        what, restore = self._deleted.pop()
        told = f"{what} {'are' if what.endswith(' runs') else 'is'} back."
        self._library.do(restore, lambda _nothing: self._on_restored(told))

    def _on_restored(self, told: str) -> None:
        self._messages.info(told)
        self._library.poll()

    # Settings and files

    @Slot(int)
    def _copy_settings(self, run_id: int) -> None:
        if (record := self._records.get(run_id)) is not None:
            self._to_clipboard(record.hyperparameters, record.dataset)

    @Slot(int)
    def _use_settings(self, run_id: int) -> None:
        if self._may_begin() and (record := self._records.get(run_id)) is not None:
            self.settingsWanted.emit(record.hyperparameters)
            self._messages.info(f"The settings are those of {record.name}. Train begins a run with them.")

    def _to_clipboard(self, hyperparameters: Hyperparameters, dataset: DatasetReference | None) -> None:
        QGuiApplication.clipboard().setText(settings_text(hyperparameters, dataset))
        self._messages.info("The settings were copied. Paste them into another window, or into a terminal.")

    @Slot(str)
    def _export(self, kind: str) -> None:
        ids = self._page.selected()
        records = [self._records[run_id] for run_id in ids if run_id in self._records] or self._page.shown()
        if not records:
            return
        title, name, kinds = {
            "runs-csv": ("Export the table", "runs.csv", "Comma-separated values (*.csv)"),
            "runs-json": ("Export runs and curves", "runs.json", "JSON (*.json)"),
            "curves-csv": ("Export the curves", "curves.csv", "Comma-separated values (*.csv)"),
            "script": ("Save the run as a script", f"run_{records[0].id}.py", "Python (*.py)"),
        }[kind]
        path = ask_file_to_save(self._page.window(), title, name, kinds)
        if path is not None:
            self._library.do(_writer(kind, path, records), self._messages.info)

    def _may_begin(self) -> bool:
        if self._controller.phase.active:
            self._messages.error(RUNS)
            return False
        return True


def _resumable_run(store: RunStore, run_id: int) -> StoredRun:
    store.check_resumable(run_id)
    return stored_run(store, run_id)


def _delete_at_rest(store: RunStore, ids: tuple[int, ...]) -> list[RunRecord]:
    """Delete those of the runs that do not go on, in this window or another program, and return them."""
    wanted = set(ids)
    going_on = (Status.RUNNING, Status.WAITING)
    gone = [record for record in store.runs() if record.id in wanted and record.status not in going_on]
    store.delete(record.id for record in gone)
    return gone


def _writer(kind: str, path: Path, records: list[RunRecord]) -> Callable[[RunStore], str]:
    """Return what writes `records` to `path`, and says so."""

    def write(store: RunStore) -> str:
        if kind == "runs-csv":
            write_runs_csv(path, records)
        elif kind == "script":
            _write_script(path, records[0])
        else:
            histories = {record.id: store.history(record.id) for record in records}
            (write_runs_json if kind == "runs-json" else write_curves_csv)(path, records, histories)
        return f"Saved {path}"

    return write


def _write_script(path: Path, record: RunRecord) -> None:
    try:
        path.write_text(script_of(record), encoding="utf-8")
    except OSError as error:
        raise MlpError(f"{path}: cannot be written ({error.strerror}). Choose another folder.") from error
