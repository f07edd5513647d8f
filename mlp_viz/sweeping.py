"""`Sweeping`: joins the page of the sweeps to the store, and to what carries sweeps out."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Slot

from mlp_core.datasets import Dataset
from mlp_core.errors import MlpError
from mlp_core.progress import Progress
from mlp_core.runs.record import DatasetReference, RunRecord, Status, SweepRecord
from mlp_core.snapshot import EpochStats
from mlp_core.sweep.drive import SweepProgress
from mlp_core.sweep.estimate import estimate
from mlp_core.sweep.plan import SweepPlan
from mlp_core.sweep.results import SweepResults
from mlp_core.sweep.significance import Verdict, verdict
from mlp_viz.messages import Messages
from mlp_viz.run.background import Tasks
from mlp_viz.run.controller import RunController
from mlp_viz.run.library import RunLibrary
from mlp_viz.run.sweep_runner import SweepEnd, SweepRunner, WorkersChoice
from mlp_viz.run_browsing import RunBrowser
from mlp_viz.views.sweep_page import SweepPage

Found = tuple[SweepRecord, SweepResults, Verdict]


class Sweeping(QObject):
    """Plans, starts, follows and stops sweeps as the user wants.

    Parameters
    ----------
    page : SweepPage
    library : RunLibrary
    runner : SweepRunner
    browser : RunBrowser
        Opens a run, and brings back what was deleted.
    controller : RunController
    messages : Messages
    data_dir : Path or None
        Folder to look in first for a data set that is asked for by name.

    Attributes
    ----------
    tasks, estimates : Tasks
        Results and estimates, computed off the GUI thread.
    """

    def __init__(
        self,
        page: SweepPage,
        library: RunLibrary,
        runner: SweepRunner,
        browser: RunBrowser,
        controller: RunController,
        messages: Messages,
        data_dir: Path | None,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._page = page
        self._library = library
        self._runner = runner
        self._browser = browser
        self._controller = controller
        self._messages = messages
        self._data_dir = data_dir
        self._sweeps: dict[int, SweepRecord] = {}
        self._chosen: int | None = None
        self._stale = False  # results are being computed of runs that have changed since
        self.tasks = Tasks(self)
        self.tasks.busyChanged.connect(self._on_busy)
        self.estimates = Tasks(self)
        controller.datasetChanged.connect(self._on_dataset_changed)
        library.sweepsChanged.connect(self._on_sweeps_changed)
        library.runsChanged.connect(self._on_runs_changed)
        library.historiesRead.connect(self._on_histories_read)
        runner.runningChanged.connect(page.set_running)
        runner.progressed.connect(self._on_progress)
        runner.ended.connect(self._on_ended)
        page.estimateWanted.connect(self._estimate)
        page.startWanted.connect(self._start)
        page.resumeWanted.connect(self._resume)
        page.stopWanted.connect(runner.stop)
        page.sweepChosen.connect(self._choose)
        page.runOpenWanted.connect(browser.open)
        page.historiesWanted.connect(library.read_histories)
        page.deleteWanted.connect(self._delete)
        page.undoWanted.connect(browser.undo)

    # Before

    @Slot(object)
    def _on_dataset_changed(self, dataset: Dataset) -> None:
        self._page.set_dataset(DatasetReference.of(dataset), len(dataset.train))

    @Slot(object, object)
    def _estimate(self, plan: SweepPlan, choice: WorkersChoice) -> None:
        dataset = self._controller.dataset
        if dataset is None:
            return

        def work(_progress: Progress) -> str:
            if not choice.scheduler:
                return estimate(plan, dataset, choice.n_local).text()
            workers = choice.workers()
            try:
                return estimate(plan, dataset, workers.count).text()
            finally:
                workers.close()

        self.estimates.cancel_all()  # of a plan that has been changed
        self.estimates.add("Estimating", work, self._page.show_estimate, self._page.show_estimate_failed)

    @Slot(object, object)
    def _start(self, plan: SweepPlan, choice: WorkersChoice) -> None:
        dataset = self._controller.dataset
        if dataset is None or not self._may_start():
            return
        try:
            plan.check(dataset)
        except MlpError as error:
            self._messages.error(str(error))
            return
        self._library.do(
            lambda store: store.add_sweep(plan.name, plan.as_dict()), lambda sweep_id: self._begin(sweep_id, choice)
        )

    @Slot(int, object)
    def _resume(self, sweep_id: int, choice: WorkersChoice) -> None:
        if self._may_start():
            self._begin(sweep_id, choice)

    def _begin(self, sweep_id: int, choice: WorkersChoice) -> None:
        store = self._library.path
        if self._runner.sweep_id is not None:  # another was started while this one was being written down
            self._library.edit(lambda store: store.end_sweep(sweep_id, Status.STOPPED))
        elif store is not None:
            self._runner.start(store, sweep_id, choice, self._data_dir)
            self._library.poll()

    def _may_start(self) -> bool:
        if self._runner.sweep_id is not None:
            self._messages.error("A sweep goes on already: stop it first, or wait for its end.")
        return self._runner.sweep_id is None

    # Meanwhile

    @Slot(object)
    def _on_progress(self, progress: SweepProgress) -> None:
        self._page.show_progress(progress)

    @Slot(object)
    def _on_ended(self, end: SweepEnd) -> None:
        record = self._sweeps.get(end.sweep_id)
        name = record.name if record is not None else f"Sweep {end.sweep_id}"
        if end.status is Status.FAILED:
            self._messages.error(f"{name}: {end.message}")
        elif not self._page.isVisible():  # else it says so itself
            self._messages.info(f"{name}: {end.status.value.lower()}. Everything it reached is kept.")
        self._library.poll()

    # What is in the store

    @Slot(object)
    def _on_sweeps_changed(self, changed: tuple[SweepRecord, ...]) -> None:
        for record in changed:
            if record.deleted:
                self._sweeps.pop(record.id, None)
            else:
                self._sweeps[record.id] = record
        self._page.show_sweeps(sorted(self._sweeps.values(), key=lambda record: -record.id))
        if any(record.id == self._chosen for record in changed):
            self._find_results()

    @Slot(object)
    def _on_runs_changed(self, changed: tuple[RunRecord, ...]) -> None:
        if any(record.sweep_id is not None and record.sweep_id == self._chosen for record in changed):
            self._find_results()

    @Slot(int)
    def _choose(self, sweep_id: int) -> None:
        self._chosen = sweep_id
        self._find_results()

    def _find_results(self) -> None:
        record = self._sweeps.get(self._chosen) if self._chosen is not None else None
        if record is None:
            return
        runs = [run for run in self._browser.records.values() if run.sweep_id == record.id]

        def work(_progress: Progress) -> Found:
            results = SweepResults.of(SweepPlan.from_dict(record.plan), runs)
            return record, results, verdict(results)

        if self.tasks.busy:
            self._stale = True
        else:
            self.tasks.add("Results", work, self._on_results, self._page.show_no_results)

    @Slot(object)
    def _on_results(self, found: Found) -> None:
        record, results, words = found
        if record.id == self._chosen:
            self._page.show_results(record, results, words)

    @Slot(str)
    def _on_busy(self, what: str) -> None:
        if self._stale and not what:
            self._stale = False
            self._find_results()

    @Slot(object)
    def _on_histories_read(self, histories: dict[int, tuple[EpochStats, ...]]) -> None:
        records = self._browser.records
        mine = {
            run_id: history
            for run_id, history in histories.items()
            if run_id in records and records[run_id].sweep_id is not None and records[run_id].sweep_id == self._chosen
        }
        if mine:
            self._page.show_histories(mine)

    @Slot(int)
    def _delete(self, sweep_id: int) -> None:
        record = self._sweeps.get(sweep_id)
        if sweep_id == self._runner.sweep_id or (record is not None and record.status is Status.RUNNING):
            self._messages.error("A sweep that goes on is not deleted: stop it first.")
        elif record is not None:
            self._library.do(lambda store: store.delete_sweep(sweep_id), lambda _nothing: self._on_deleted(record))

    def _on_deleted(self, record: SweepRecord) -> None:
        self._browser.note_deletion(record.name, lambda store: store.restore_sweep(record.id))
        self._library.poll()
