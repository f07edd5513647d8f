"""`RunController`: the only owner of a run's state. Views send it intents and learn by signal."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from mlp_core.datasets.dataset import Dataset
from mlp_core.errors import DataError
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.model_file import Model
from mlp_core.snapshot import EpochStats, Weights
from mlp_core.trainer import check_minibatch
from mlp_viz.run.job import Job, PreparedData
from mlp_viz.run.news import (
    EpochsEnded,
    Kept,
    LatestWeights,
    Paused,
    Progress,
    RunEnd,
    RunStart,
    StoreNews,
    TestErrors,
    WeightsPicture,
)
from mlp_viz.run.run_control import Mode, RunControl
from mlp_viz.run.state import Phase, checked_move
from mlp_viz.run.stored import StoredRun
from mlp_viz.run.training_thread import TrainingThread


class RunController(QObject):
    """Starts, steers and ends runs, and keeps what the last one reached.

    Attributes
    ----------
    phase : Phase
    dataset : Dataset or None
    hyperparameters : Hyperparameters or None
        Of the current or last run.
    history : tuple of EpochStats
        Of the current or last run.
    weights : Weights or None
        The newest ones, of the current or last run.
    store : Path or None
        Where runs are kept; None keeps them nowhere.
    stored_id : int or None
        The current or last run's id in the store; None if it is not there.

    Signals
    -------
    phaseChanged(Phase), datasetChanged(Dataset), runStarted(RunStart), progressed(Progress),
    epochsEnded(EpochsEnded), weightsPictured(WeightsPicture), errorsFound(TestErrors),
    runEnded(RunEnd), modelShown(Model), kept(int), storeTold(str)
        The last two: the run is in the store, under that id; something the user should know of its keeping.
    """

    phaseChanged = Signal(object)
    datasetChanged = Signal(object)
    runStarted = Signal(object)
    progressed = Signal(object)
    epochsEnded = Signal(object)
    weightsPictured = Signal(object)
    errorsFound = Signal(object)
    runEnded = Signal(object)
    modelShown = Signal(object)
    kept = Signal(int)
    storeTold = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.phase = Phase.IDLE
        self.dataset: Dataset | None = None
        self.hyperparameters: Hyperparameters | None = None
        self.weights: Weights | None = None
        self.store: Path | None = None
        self.stored_id: int | None = None
        self._history: list[EpochStats] = []
        self._prepared: PreparedData | None = None
        self._thread: TrainingThread | None = None
        self._run_id = 0
        self._closed = False

    @property
    def history(self) -> tuple[EpochStats, ...]:
        """Every epoch of the current or last run."""
        return tuple(self._history)

    @property
    def can_save(self) -> bool:
        """Whether there are weights worth a model file: not while they change, nor when they diverged."""
        return self.weights is not None and self.phase not in (Phase.RUNNING, Phase.DIVERGED)

    def set_dataset(self, dataset: Dataset) -> None:
        """Use another data set from now on; what the last run reached was about the old one and goes.

        Ignored while a run is active, as a view offers it only between runs, and after `shutdown`.
        """
        if self.phase.active or self._closed:
            return
        self._let_go()
        self.dataset = dataset
        self._forget()
        self._prepared = None
        self._set_phase(Phase.IDLE)
        self.datasetChanged.emit(dataset)

    def train(self, hyperparameters: Hyperparameters) -> None:
        """Begin a new run, or go on with the paused one.

        Raises
        ------
        DataError
            If the training set does not fill one minibatch; the earlier run stays.
        """
        self._go(Mode.RUN, hyperparameters)

    def step_minibatch(self, hyperparameters: Hyperparameters) -> None:
        """Make one weight update and pause; begins a run if none is active."""
        self._go(Mode.MINIBATCH, hyperparameters)

    def step_epoch(self, hyperparameters: Hyperparameters) -> None:
        """Train to the end of the epoch and pause; begins a run if none is active."""
        self._go(Mode.EPOCH, hyperparameters)

    def resume(self, stored: StoredRun) -> None:
        """Let a stored run go on from its last checkpoint; it stays one run in the store.

        Ignored while a run is active.

        Raises
        ------
        DataError
            If the data set that is open is not the one that the run was trained on.
        """
        if self.phase.active or self._closed or self.dataset is None:
            return
        if self.dataset.fingerprint() != stored.record.dataset.fingerprint:
            raise DataError(
                self.dataset.name,
                f"“{stored.record.name}” was trained on another data set, “{stored.record.dataset.name}”. "
                "Open that one first.",
            )
        self._begin(self.dataset, stored.record.hyperparameters, Mode.RUN, stored)

    def pause(self) -> None:
        """Wait after the current minibatch."""
        if self._thread is not None and self.phase is Phase.RUNNING:
            self._thread.control.go(Mode.PAUSE)

    def stop(self) -> None:
        """End the run after the current minibatch; what it reached stays."""
        if self._thread is not None and self.phase.active:
            self._thread.control.stop()

    def shutdown(self) -> None:
        """Stop whatever runs, wait for its thread, and begin nothing any more: for the window's end."""
        self._closed = True
        if self._thread is not None:
            thread = self._thread
            thread.control.abandon()
            thread.wait()
            self._fetch(thread)
            self._let_go()

    def show_model(
        self, model: Model, picture: WeightsPicture, errors: TestErrors, stored_id: int | None = None
    ) -> None:
        """Show a model from a file, or a stored run, in place of the last run.

        Parameters
        ----------
        model : Model
        picture : WeightsPicture
        errors : TestErrors
            What the model's network gets wrong on the open data set.
        stored_id : int, optional
            Of a stored run.
        """
        if self.phase.active or self._closed:
            return
        self._let_go()
        self._forget()
        self._run_id += 1
        self.hyperparameters, self.weights = model.hyperparameters, model.weights
        self._history = list(model.history)
        self.stored_id = stored_id
        self._set_phase(Phase.IDLE)
        self.modelShown.emit(model)
        self.weightsPictured.emit(picture)
        self.errorsFound.emit(errors)

    def _go(self, mode: Mode, hyperparameters: Hyperparameters) -> None:
        if self._thread is not None and self.phase.active:
            if self.phase is Phase.PAUSED:
                self._thread.control.go(mode)
                if mode is not Mode.MINIBATCH:
                    self._set_phase(Phase.RUNNING)
            return
        if self.dataset is not None and not self._closed:
            self._begin(self.dataset, hyperparameters, mode)

    def _begin(
        self, dataset: Dataset, hyperparameters: Hyperparameters, mode: Mode, resumed: StoredRun | None = None
    ) -> None:
        check_minibatch(hyperparameters, len(dataset.train))  # before the earlier run goes
        self._let_go()
        self._forget()
        hyperparameters = hyperparameters.settled()
        earlier = resumed.resumable_history if resumed is not None else ()
        self._history = list(earlier)
        self._run_id += 1
        self.hyperparameters = hyperparameters
        prepared = self._prepared
        if prepared is not None and prepared.precision != hyperparameters.precision:
            prepared = self._prepared = None
        job = Job(self._run_id, dataset, hyperparameters, prepared, self.store, resumed)
        self._thread = TrainingThread(job, RunControl(mode), self)
        self._thread.mailArrived.connect(self._on_mail)
        self._thread.finished.connect(self._on_thread_finished)
        self._set_phase(Phase.PAUSED if mode is Mode.MINIBATCH else Phase.RUNNING)
        self.runStarted.emit(RunStart(self._run_id, hyperparameters, earlier))
        self._thread.start()

    def _forget(self) -> None:
        self._history = []
        self.weights = None
        self.stored_id = None

    def _set_phase(self, phase: Phase) -> None:
        if phase is not self.phase:
            self.phase = checked_move(self.phase, phase)
            self.phaseChanged.emit(phase)

    @Slot()
    def _on_mail(self) -> None:
        if self._thread is not None:
            self._fetch(self._thread)

    def _fetch(self, thread: TrainingThread) -> None:
        mail = thread.mailbox.take()
        if thread.job.run_id != self._run_id:
            return  # news of an old run
        if mail.stats:
            self._history.extend(mail.stats)
            self.epochsEnded.emit(EpochsEnded(self._run_id, mail.stats))
        for news in mail.latest:
            match news:
                case PreparedData():
                    self._prepared = news
                case LatestWeights():
                    self.weights = news.weights
                case WeightsPicture():
                    self.weightsPictured.emit(news)
                case TestErrors():
                    self.errorsFound.emit(news)
                case Progress():
                    self.progressed.emit(news)
                case Paused():
                    if self.phase is Phase.RUNNING and thread.control.pausing:
                        self._set_phase(Phase.PAUSED)
                case Kept():
                    self.stored_id = news.stored_id
                    self.kept.emit(news.stored_id)
                case StoreNews():
                    self.storeTold.emit(news.message)
                case RunEnd():
                    self._set_phase(news.phase)
                    self.runEnded.emit(news)

    @Slot()
    def _on_thread_finished(self) -> None:
        if self._thread is not None and self._thread.isFinished():
            self._fetch(self._thread)
            self._let_go()

    def _let_go(self) -> None:
        """Part with the thread of a run that has ended, which may still be looking at what it reached."""
        if self._thread is not None:
            self._thread.control.abandon()
            self._thread.wait()
            for news in self._thread.mailbox.take().latest:
                if isinstance(news, StoreNews):  # that its end could not be kept is told whatever comes next
                    self.storeTold.emit(news.message)
            self._thread.deleteLater()
            self._thread = None
