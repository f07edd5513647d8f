"""A trained network in place of the last run: from a file and from the store, off the GUI thread."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from mlp_core.datasets import Preparation, open_dataset
from mlp_core.datasets.dataset import Dataset
from mlp_core.errors import ModelFileError
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.model_file import Model, open_model, save_model
from mlp_core.runs.record import DatasetReference, NewRun, Status
from mlp_core.runs.store import RunStore
from mlp_core.snapshot import EpochSnapshot
from mlp_core.trainer import Trainer, TrainingData
from mlp_viz.messages import Messages
from mlp_viz.model_opening import ModelOpener, open_on, tried
from mlp_viz.run.background import Tasks
from mlp_viz.run.controller import RunController
from mlp_viz.run.library import stored_run
from mlp_viz.run.stored import StoredRun

SMALL = Hyperparameters(n_hidden=(12,), epochs=3, eta=0.01)
LONG = SMALL.replace(epochs=10_000)


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return open_dataset("digits")


@pytest.fixture(scope="module")
def snapshots(digits: Dataset) -> list[EpochSnapshot]:
    """Return the three epochs of a run."""
    trainer = Trainer.fresh(TrainingData.of(digits), SMALL)
    return [step for step in trainer.steps() if isinstance(step, EpochSnapshot)]


@pytest.fixture
def stored(digits: Dataset, snapshots: list[EpochSnapshot], tmp_path: Path) -> StoredRun:
    with RunStore(tmp_path / "runs.sqlite") as store:
        run_id = store.begin(NewRun(hyperparameters=SMALL, dataset=DatasetReference.of(digits), origin="window"))
        for snapshot in snapshots:
            store.add_epoch(run_id, snapshot)
        store.end(run_id, Status.FINISHED)
        return stored_run(store, run_id)


class Window(QObject):
    """What a `ModelOpener` needs about it."""

    def __init__(self, dataset: Dataset | None) -> None:
        super().__init__()
        self.told: list[str] = []
        self.messages = Messages(self)
        self.messages.posted.connect(lambda message: self.told.append(message.text))
        self.tasks = Tasks(self)
        self.controller = RunController(self)
        if dataset is not None:
            self.controller.set_dataset(dataset)
        self.models = ModelOpener(self.controller, self.messages, self.tasks, self)

    def shutdown(self) -> None:
        self.tasks.shutdown()
        self.controller.shutdown()


@pytest.fixture
def window(qtbot: QtBot, digits: Dataset) -> Iterator[Window]:
    window = Window(digits)
    yield window
    window.shutdown()


def right(digits: Dataset, snapshot: EpochSnapshot) -> int:
    network = Model(SMALL, snapshot.weights, (), "digits", "", "").network()
    return int(np.count_nonzero(network.predict(digits.scaled(digits.test.X)) == digits.test.y))


def test_a_stored_run_is_shown_with_its_curves_and_its_errors(
    qtbot: QtBot, window: Window, digits: Dataset, stored: StoredRun, snapshots: list[EpochSnapshot]
) -> None:
    found: list[int] = []
    window.controller.errorsFound.connect(lambda errors: found.append(errors.n_test - len(errors.indices)))
    with qtbot.waitSignal(window.models.shown, timeout=10_000):
        window.models.show_stored(stored)
    assert window.controller.stored_id == stored.record.id
    assert window.controller.hyperparameters == SMALL
    assert window.controller.history == stored.history
    assert window.controller.weights is not None
    np.testing.assert_array_equal(window.controller.weights.w[0], snapshots[-1].weights.w[0])
    assert found == [right(digits, snapshots[-1])]
    qtbot.waitUntil(lambda: window.told == ["Opened Run 1: 3 of 3 epochs."])


def test_of_a_run_that_was_killed_the_curves_end_where_the_weights_do(digits: Dataset, stored: StoredRun) -> None:
    longer = (*stored.history, dataclasses.replace(stored.history[-1], epoch=4))
    killed = dataclasses.replace(stored, history=longer)
    shown = tried(killed, digits)
    assert [stats.epoch for stats in shown.model.history] == [1, 2, 3]
    assert shown.picture.epoch == 3
    assert "3 of 3" in shown.told


def test_a_run_without_weights_or_on_other_data_is_refused(digits: Dataset, stored: StoredRun) -> None:
    with pytest.raises(ModelFileError, match="no epoch of it has ended"):
        tried(dataclasses.replace(stored, checkpoint=None), digits)
    with pytest.raises(ModelFileError, match="Run 1"):
        tried(stored, open_dataset("digits", preparation=Preparation(subset=500)))


def test_nothing_is_shown_over_a_run_that_has_begun_meanwhile(qtbot: QtBot, window: Window, stored: StoredRun) -> None:
    window.models.show_stored(stored)
    window.controller.train(LONG)  # before the weights have been tried
    qtbot.waitUntil(lambda: bool(window.told), timeout=10_000)
    assert "Open it again" in window.told[0]
    assert window.controller.phase.active
    assert window.controller.hyperparameters == LONG


def test_nothing_is_shown_on_another_data_set_than_it_was_tried_on(
    qtbot: QtBot, window: Window, stored: StoredRun
) -> None:
    window.models.show_stored(stored)
    window.controller.set_dataset(open_dataset("digits", preparation=Preparation(subset=500)))
    qtbot.waitUntil(lambda: bool(window.told), timeout=10_000)
    assert "Open it again" in window.told[0]
    assert window.controller.weights is None


def test_what_is_saved_is_what_is_opened(
    qtbot: QtBot, window: Window, stored: StoredRun, digits: Dataset, tmp_path: Path
) -> None:
    path = tmp_path / "model.npz"
    window.models.save(path)
    assert not window.tasks.busy  # there is nothing to save yet
    with qtbot.waitSignal(window.models.shown, timeout=10_000):
        window.models.show_stored(stored)
    window.models.save(path)
    qtbot.waitUntil(lambda: f"Saved {path}" in window.told, timeout=10_000)
    model = open_model(path)
    assert (model.hyperparameters, model.fingerprint) == (SMALL, digits.fingerprint())
    window.controller.set_dataset(digits)
    with qtbot.waitSignal(window.models.shown, timeout=10_000):
        window.models.open(path)
    assert window.controller.stored_id is None
    assert [stats.cost for stats in window.controller.history] == [stats.cost for stats in stored.history]


def test_a_file_that_is_no_model_is_told(qtbot: QtBot, window: Window, digits: Dataset, tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    path.write_bytes(b"nothing of the kind")
    window.models.open(path)
    qtbot.waitUntil(lambda: bool(window.told) and not window.tasks.busy, timeout=10_000)
    assert str(path) in window.told[0]
    with pytest.raises(ModelFileError):
        open_on(path, digits)


def test_a_model_of_other_data_is_told(
    qtbot: QtBot, window: Window, snapshots: list[EpochSnapshot], tmp_path: Path
) -> None:
    path = tmp_path / "model.npz"
    save_model(path, Model(SMALL, snapshots[-1].weights, (), "mnist", "MNIST", "f" * 64))
    window.models.open(path)
    qtbot.waitUntil(lambda: bool(window.told) and not window.tasks.busy, timeout=10_000)
    assert "MNIST" in window.told[0]


def test_without_a_data_set_nothing_is_opened(qtbot: QtBot, stored: StoredRun, tmp_path: Path) -> None:
    window = Window(None)
    window.models.open(tmp_path / "model.npz")
    window.models.show_stored(stored)
    assert not window.tasks.busy
    window.shutdown()
