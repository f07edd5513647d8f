"""`ModelOpener`: shows a trained network, from a model file or from the run store, in place of the last run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from mlp_core.datasets import Dataset
from mlp_core.errors import ModelFileError
from mlp_core.model_file import Model, open_model, save_model
from mlp_core.progress import Progress
from mlp_viz.messages import Messages
from mlp_viz.run.background import Tasks
from mlp_viz.run.controller import RunController
from mlp_viz.run.news import TestErrors, WeightsPicture
from mlp_viz.run.reporter import find_errors, images_of
from mlp_viz.run.stored import StoredRun


@dataclass(frozen=True, slots=True, eq=False)
class TriedModel:
    """A trained network, tried on the data set that is open.

    Attributes
    ----------
    told : str
        What it is, for the user.
    stored_id : int or None
        Of a stored run.
    """

    told: str
    model: Model
    dataset: Dataset
    picture: WeightsPicture
    errors: TestErrors
    stored_id: int | None = None


class ModelOpener(QObject):
    """Opens and saves model files, and shows stored runs.

    Parameters
    ----------
    controller : RunController
    messages : Messages
    tasks : Tasks
        For what training has to wait for.

    Signals
    -------
    shown()
        A network is shown.
    """

    shown = Signal()

    def __init__(self, controller: RunController, messages: Messages, tasks: Tasks, parent: QObject) -> None:
        super().__init__(parent)
        self._controller = controller
        self._messages = messages
        self._tasks = tasks

    @Slot(object)
    def open(self, path: Path) -> None:
        """Open a model file on the data set that is open."""
        dataset = self._controller.dataset
        if dataset is not None:
            work = lambda _progress: open_on(path, dataset)  # noqa: E731
            self._tasks.add(f"Reading {path.name}", work, self._on_tried, self._messages.error)

    def show_stored(self, stored: StoredRun) -> None:
        """Show a stored run; the data set that it was trained on must be open."""
        dataset = self._controller.dataset
        if dataset is not None:
            work = lambda _progress: tried(stored, dataset)  # noqa: E731
            self._tasks.add(f"Opening {stored.record.name}", work, self._on_tried, self._messages.error)

    @Slot(object)
    def save(self, path: Path) -> None:
        """Save the network that is shown as a model file."""
        controller = self._controller
        dataset, weights, hyperparameters = controller.dataset, controller.weights, controller.hyperparameters
        if dataset is None or weights is None or hyperparameters is None:
            return
        history = controller.history

        def work(_progress: Progress) -> Path:
            model = Model(hyperparameters, weights, history, dataset.key, dataset.name, dataset.fingerprint())
            save_model(path, model)
            return path

        self._tasks.add(f"Saving {path.name}", work, self._on_saved, self._messages.error)

    @Slot(object)
    def _on_tried(self, tried: TriedModel) -> None:
        controller = self._controller
        if tried.dataset is not controller.dataset or controller.phase.active:
            self._messages.error("Another data set was opened meanwhile, or a run begun. Open it again.")
            return
        controller.show_model(tried.model, tried.picture, tried.errors, tried.stored_id)
        self.shown.emit()
        self._messages.info(tried.told)

    @Slot(object)
    def _on_saved(self, path: Path) -> None:
        self._messages.info(f"Saved {path}")


def open_on(path: Path, dataset: Dataset) -> TriedModel:
    """Read a model file and try it on the test set of `dataset`.

    Raises
    ------
    ModelFileError
        If it cannot be read, or was trained on another data set.
    """
    model = open_model(path)
    model.check_fits(dataset, path)
    told = f"Opened {path}: {len(model.history):,} epochs, shown from the file."
    return _tried(told, model, dataset, model.history[-1].epoch if model.history else 0)


def tried(stored: StoredRun, dataset: Dataset) -> TriedModel:
    """Try a stored run on the test set of `dataset`, on which it was trained.

    Raises
    ------
    ModelFileError
        If there are no weights, or they are of another data set.
    """
    record = stored.record
    if stored.checkpoint is None:
        raise ModelFileError(record.name, "it has no weights: no epoch of it has ended. Choose another run.")
    weights, fingerprint = stored.checkpoint.weights, record.dataset.fingerprint
    key, history, done = record.dataset.recipe.key, stored.resumable_history, stored.checkpoint.epoch
    model = Model(record.hyperparameters, weights, history, key, record.dataset.name, fingerprint)
    model.check_fits(dataset, Path(record.name))
    told = f"Opened {record.name}: {done:,} of {record.hyperparameters.epochs:,} epochs."
    return _tried(told, model, dataset, done, record.id)


def _tried(told: str, model: Model, dataset: Dataset, epoch: int, stored_id: int | None = None) -> TriedModel:
    picture = WeightsPicture(0, epoch, 0, images_of(model.weights.w[0], dataset.image_shape))
    errors = find_errors(model.network(), dataset, 0, epoch, 0)
    return TriedModel(told, model, dataset, picture, errors, stored_id)
