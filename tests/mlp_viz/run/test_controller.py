"""The controller, with the real worker thread, on the embedded digits."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QObject

from mlp_core.datasets import Preparation, open_dataset
from mlp_core.datasets.dataset import Dataset
from mlp_core.errors import DataError
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.model_file import Model
from mlp_core.runs.store import RunStore
from mlp_core.snapshot import EpochSnapshot, EpochStats, MinibatchStep
from mlp_core.trainer import Trainer, TrainingData
from mlp_viz.run.controller import RunController
from mlp_viz.run.job import Job
from mlp_viz.run.library import stored_run
from mlp_viz.run.news import RunEnd, StoreNews, TestErrors, WeightsPicture
from mlp_viz.run.run_control import RunControl
from mlp_viz.run.state import Phase
from mlp_viz.run.stored import StoredRun
from mlp_viz.run.training_thread import TrainingThread

SMALL = Hyperparameters(n_hidden=(12,), epochs=3, eta=0.01)  # 11 minibatches an epoch
LONG = SMALL.replace(epochs=10_000)  # ends only when it is told to
WILD = SMALL.replace(eta=10, l2=1, activation="relu", epochs=500)
SIGNALS = (
    "phaseChanged",
    "datasetChanged",
    "runStarted",
    "progressed",
    "epochsEnded",
    "weightsPictured",
    "errorsFound",
    "runEnded",
    "modelShown",
)


class Log:
    """All signals of a controller, in order."""

    def __init__(self, controller: QObject) -> None:
        self.entries: list[tuple[str, Any]] = []
        for name in SIGNALS:
            getattr(controller, name).connect(lambda value, name=name: self.entries.append((name, value)))

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.entries]

    def of(self, name: str) -> list[Any]:
        return [value for each, value in self.entries if each == name]

    def moment(self) -> tuple[int, int]:
        progress = self.of("progressed")
        return (progress[-1].epoch, progress[-1].done) if progress else (0, 0)


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return open_dataset("digits")


@pytest.fixture
def controller(qtbot: Any, digits: Dataset) -> Iterator[RunController]:
    controller = RunController()
    controller.set_dataset(digits)
    yield controller
    controller.shutdown()
    assert not controller.phase.active


@pytest.fixture
def log(controller: RunController) -> Log:
    return Log(controller)


def figures(history: tuple[EpochStats, ...]) -> list[tuple[float, ...]]:
    return [(s.epoch, s.data_cost, s.penalty, s.train_accuracy, s.valid_accuracy) for s in history]


def headless(dataset: Dataset, hyperparameters: Hyperparameters) -> tuple[list[tuple[float, ...]], Trainer]:
    trainer = Trainer.fresh(TrainingData.of(dataset, hyperparameters.precision), hyperparameters)
    stats = tuple(step.stats for step in trainer.steps() if isinstance(step, EpochSnapshot))
    return figures(stats), trainer


def run(qtbot: Any, controller: RunController, hyperparameters: Hyperparameters) -> RunEnd:
    with qtbot.waitSignal(controller.runEnded, timeout=20_000) as ended:
        controller.train(hyperparameters)
    end: RunEnd = ended.args[0]
    return end


def until_epoch(qtbot: Any, controller: RunController, epoch: int) -> None:
    qtbot.waitUntil(lambda: len(controller.history) >= epoch, timeout=10_000)


def test_a_run_from_start_to_end(qtbot: Any, controller: RunController, log: Log, digits: Dataset) -> None:
    end = run(qtbot, controller, SMALL)
    assert end.phase is controller.phase is Phase.FINISHED
    assert log.names[:2] == ["phaseChanged", "runStarted"]
    assert log.names[-2:] == ["phaseChanged", "runEnded"]
    assert log.of("phaseChanged") == [Phase.RUNNING, Phase.FINISHED]
    assert len(log.of("runStarted")) == len(log.of("runEnded")) == 1
    assert log.of("runStarted")[0].hyperparameters == controller.hyperparameters == SMALL
    told = tuple(stats for ended in log.of("epochsEnded") for stats in ended.stats)
    want, trainer = headless(digits, SMALL)
    assert figures(told) == figures(controller.history) == want
    assert controller.weights is not None
    for ours, theirs in zip(controller.weights.w, trainer.network.w, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    predicted = trainer.network.predict(digits.scaled(digits.test.X))
    np.testing.assert_array_equal(log.of("errorsFound")[-1].indices, np.flatnonzero(predicted != digits.test.y))
    np.testing.assert_array_equal(
        log.of("weightsPictured")[-1].w, trainer.network.w[0].T.reshape(-1, 8, 8).astype(np.float32)
    )
    assert log.of("progressed")[-1].epochs_done == 3
    assert controller.can_save
    ids = {value.run_id for name, value in log.entries if name not in ("phaseChanged", "datasetChanged")}
    assert ids == {end.run_id}


def test_nothing_starts_without_data(qtbot: Any) -> None:
    controller = RunController()
    log = Log(controller)
    controller.train(SMALL)
    controller.step_minibatch(SMALL)
    controller.step_epoch(SMALL)
    controller.pause()
    controller.stop()
    controller.shutdown()
    assert controller.phase is Phase.IDLE
    assert log.entries == []


@pytest.mark.parametrize("pauses", [1, 3])
def test_pauses_change_no_figure(qtbot: Any, controller: RunController, digits: Dataset, pauses: int) -> None:
    hyperparameters = SMALL.replace(epochs=60)
    with qtbot.waitSignal(controller.runEnded, timeout=20_000):
        controller.train(hyperparameters)
        for pause in range(1, pauses + 1):
            until_epoch(qtbot, controller, 5 * pause)
            controller.pause()
            qtbot.waitUntil(lambda: controller.phase is Phase.PAUSED)
            reached = len(controller.history)
            assert reached < 60, "it was to pause in the middle"
            assert controller.can_save
            controller.train(SMALL.replace(eta=1))  # what the sliders say does not matter in a pause
            assert controller.phase is Phase.RUNNING
    assert controller.hyperparameters == hyperparameters
    assert figures(controller.history) == headless(digits, hyperparameters)[0]


def test_nothing_comes_during_a_pause(qtbot: Any, controller: RunController, log: Log) -> None:
    controller.train(LONG)
    until_epoch(qtbot, controller, 1)
    controller.pause()
    qtbot.waitUntil(lambda: controller.phase is Phase.PAUSED)
    before = len(log.entries)
    qtbot.wait(100)
    # What was posted together with the pause may still come, but no figure that was not there.
    assert "epochsEnded" not in log.names[before:]
    assert len(log.of("runEnded")) == 0


def test_stop_keeps_history_and_weights(qtbot: Any, controller: RunController, log: Log, digits: Dataset) -> None:
    controller.train(LONG)
    until_epoch(qtbot, controller, 2)
    with qtbot.waitSignal(controller.runEnded) as ended:
        controller.stop()
    assert ended.args[0].phase is controller.phase is Phase.STOPPED
    history = controller.history
    assert len(history) >= 2
    assert controller.weights is not None
    assert controller.can_save
    assert figures(history) == headless(digits, SMALL.replace(epochs=len(history)))[0]
    assert np.isfinite(log.of("errorsFound")[-1].accuracy)
    assert run(qtbot, controller, SMALL).phase is Phase.FINISHED
    assert len(controller.history) == 3


def test_stop_while_paused(qtbot: Any, controller: RunController) -> None:
    controller.train(LONG)
    until_epoch(qtbot, controller, 1)
    controller.pause()
    qtbot.waitUntil(lambda: controller.phase is Phase.PAUSED)
    with qtbot.waitSignal(controller.runEnded):
        controller.stop()
    assert controller.phase is Phase.STOPPED
    assert controller.history


def test_stop_at_once(qtbot: Any, controller: RunController, log: Log) -> None:
    with qtbot.waitSignal(controller.runEnded):
        controller.train(LONG)
        controller.stop()
        controller.stop()
    assert controller.phase is Phase.STOPPED
    assert controller.history == ()
    assert len(log.of("runEnded")) == 1


def test_after_divergence_one_can_train_again(qtbot: Any, controller: RunController, digits: Dataset) -> None:
    end = run(qtbot, controller, WILD)
    assert end.phase is controller.phase is Phase.DIVERGED
    assert "smaller eta" in end.message
    assert controller.history
    assert not controller.can_save
    assert run(qtbot, controller, SMALL).phase is Phase.FINISHED
    assert figures(controller.history) == headless(digits, SMALL)[0]


def test_a_minibatch_that_the_data_do_not_fill_leaves_the_earlier_run(qtbot: Any, controller: RunController) -> None:
    run(qtbot, controller, SMALL)
    history, weights = controller.history, controller.weights
    with pytest.raises(DataError, match="1,198"):
        controller.train(SMALL.replace(minibatch_size=1198))
    assert controller.phase is Phase.FINISHED
    assert (controller.history, controller.weights) == (history, weights)
    assert run(qtbot, controller, SMALL).phase is Phase.FINISHED


def test_each_run_has_an_id_of_its_own(qtbot: Any, controller: RunController, log: Log) -> None:
    ends = [run(qtbot, controller, SMALL) for _ in range(3)]
    assert len({end.run_id for end in ends}) == 3
    assert [start.run_id for start in log.of("runStarted")] == [end.run_id for end in ends]
    assert [ended.stats[0].epoch for ended in log.of("epochsEnded")].count(1) == 3


def test_a_change_of_precision_prepares_the_data_anew(qtbot: Any, controller: RunController, digits: Dataset) -> None:
    run(qtbot, controller, SMALL)
    single = SMALL.replace(precision="float32")
    run(qtbot, controller, single)
    assert controller.weights is not None
    assert {w.dtype for w in controller.weights.w} == {np.dtype(np.float32)}
    assert figures(controller.history) == headless(digits, single)[0]


def test_late_news_of_an_old_run_is_dropped(qtbot: Any, controller: RunController, digits: Dataset, log: Log) -> None:
    run(qtbot, controller, SMALL)
    late = TrainingThread(Job(0, digits, SMALL), RunControl())
    late.mailbox.post(EpochStats(99, 1.0, 0.0, 0.5, 0.5, 0.1))
    late.mailbox.post(RunEnd(0, Phase.FAILED, "late"))
    before, history, phase = len(log.entries), controller.history, controller.phase
    controller._fetch(late)
    assert (len(log.entries), controller.history, controller.phase) == (before, history, phase)


def test_shutdown_in_mid_run_leaves_no_thread(qtbot: Any, controller: RunController, log: Log) -> None:
    controller.train(LONG)
    thread = controller._thread
    assert thread is not None
    until_epoch(qtbot, controller, 1)
    controller.shutdown()
    assert thread.isFinished()
    assert controller.phase is Phase.STOPPED
    assert len(log.of("runEnded")) == 1
    controller.shutdown()
    assert len(log.of("runEnded")) == 1


@pytest.mark.parametrize("start", ["train", "step_minibatch", "step_epoch"])
def test_shutdown_at_the_very_start_and_in_a_pause(qtbot: Any, controller: RunController, start: str) -> None:
    getattr(controller, start)(LONG)
    controller.shutdown()
    assert controller.phase is Phase.STOPPED


def test_another_data_set_between_runs_only(qtbot: Any, controller: RunController, log: Log, digits: Dataset) -> None:
    controller.train(LONG)
    controller.set_dataset(open_dataset("digits"))
    assert controller.dataset is digits
    assert log.of("datasetChanged") == []
    with qtbot.waitSignal(controller.runEnded):
        controller.stop()
    other = open_dataset("digits")
    controller.set_dataset(other)
    assert controller.dataset is other
    assert log.of("datasetChanged") == [other]
    assert controller.phase is Phase.IDLE
    assert (controller.history, controller.weights, controller.can_save) == ((), None, False)
    assert run(qtbot, controller, SMALL).phase is Phase.FINISHED


def test_steps_from_idle(qtbot: Any, controller: RunController, log: Log, digits: Dataset) -> None:
    for minibatch in range(1, 13):
        controller.step_minibatch(LONG)
        assert controller.phase is Phase.PAUSED
        want = (1, minibatch) if minibatch <= 11 else (2, 1)
        qtbot.waitUntil(lambda want=want: log.moment() == want)
        assert len(controller.history) == (minibatch >= 11)
    trainer = Trainer.fresh(TrainingData.of(digits), LONG)
    with closing(trainer.steps()) as steps:  # the first epoch's snapshot comes before or after the last of these
        for _ in zip(range(12), (step for step in steps if isinstance(step, MinibatchStep)), strict=False):
            pass
    assert controller.weights is not None
    np.testing.assert_array_equal(controller.weights.w[0], trainer.network.w[0])
    controller.step_epoch(LONG)
    qtbot.waitUntil(lambda: len(controller.history) == 2)
    qtbot.waitUntil(lambda: log.moment() == (2, 11) and controller.phase is Phase.PAUSED)
    assert log.of("phaseChanged") == [Phase.PAUSED, Phase.RUNNING, Phase.PAUSED]
    assert len(log.of("runStarted")) == 1


def test_steps_to_the_end(qtbot: Any, controller: RunController, digits: Dataset) -> None:
    with qtbot.waitSignal(controller.runEnded):
        for epoch in (1, 2):
            controller.step_epoch(SMALL)
            qtbot.waitUntil(lambda epoch=epoch: len(controller.history) == epoch)
            qtbot.waitUntil(lambda: controller.phase is Phase.PAUSED)
        controller.step_epoch(SMALL)  # the last one ends the run
    assert controller.phase is Phase.FINISHED
    assert figures(controller.history) == headless(digits, SMALL)[0]


def test_steps_are_ignored_while_it_trains(qtbot: Any, controller: RunController) -> None:
    controller.train(LONG)
    controller.step_minibatch(LONG)
    controller.step_epoch(LONG)
    controller.train(LONG)
    assert controller.phase is Phase.RUNNING
    until_epoch(qtbot, controller, 3)
    assert controller.phase is Phase.RUNNING


def test_from_a_step_to_a_run(qtbot: Any, controller: RunController, digits: Dataset) -> None:
    with qtbot.waitSignal(controller.runEnded):
        controller.step_minibatch(SMALL)
        controller.train(SMALL)  # before the step is even done
    assert controller.phase is Phase.FINISHED
    assert figures(controller.history) == headless(digits, SMALL)[0]


def test_pause_and_resume_in_quick_turns(qtbot: Any, controller: RunController, digits: Dataset) -> None:
    hyperparameters = SMALL.replace(epochs=100)
    with qtbot.waitSignal(controller.runEnded, timeout=20_000):
        controller.train(hyperparameters)
        for _ in range(20):
            controller.pause()
            controller.train(hyperparameters)  # it has not paused yet: nothing to resume
            qtbot.waitUntil(lambda: controller.phase is not Phase.RUNNING)
            if controller.phase is not Phase.PAUSED:
                break
            controller.train(hyperparameters)
            controller.train(hyperparameters)
    assert controller.phase is Phase.FINISHED
    assert figures(controller.history) == headless(digits, hyperparameters)[0]


def model_of(controller: RunController, dataset: Dataset) -> Model:
    assert controller.weights is not None
    assert controller.hyperparameters is not None
    return Model(controller.hyperparameters, controller.weights, controller.history, "digits", "digits", "")


def test_a_model_is_shown_in_place_of_the_run(qtbot: Any, controller: RunController, log: Log, digits: Dataset) -> None:
    run(qtbot, controller, SMALL)
    model = model_of(controller, digits)
    picture = WeightsPicture(0, 3, 0, np.zeros((12, 8, 8), np.float32))
    nothing = np.empty(0, np.int64)
    wrong = TestErrors(0, 3, 0, nothing.astype(np.intp), nothing, nothing, 400)
    run(qtbot, controller, SMALL.replace(eta=0.02))
    log.entries.clear()
    controller.show_model(model, picture, wrong)
    assert log.entries == [
        ("phaseChanged", Phase.IDLE),
        ("modelShown", model),
        ("weightsPictured", picture),
        ("errorsFound", wrong),
    ]
    assert controller.history == model.history
    assert controller.weights is model.weights
    assert controller.hyperparameters == SMALL
    assert controller.can_save
    controller.train(LONG)
    log.entries.clear()
    controller.show_model(model, picture, wrong)
    assert log.of("modelShown") == []
    assert controller.weights is not model.weights


def test_nothing_begins_after_the_end(qtbot: Any, digits: Dataset) -> None:
    controller = RunController()
    controller.shutdown()
    controller.set_dataset(digits)
    assert controller.dataset is None
    controller.dataset = digits
    for begin in (controller.train, controller.step_epoch, controller.step_minibatch):
        begin(SMALL)
    assert controller.phase is Phase.IDLE
    assert controller.hyperparameters is None


def test_a_run_without_a_seed_gets_one_that_can_be_told(qtbot: Any, controller: RunController) -> None:
    run(qtbot, controller, SMALL.replace(seed=None))
    assert controller.hyperparameters is not None
    assert controller.hyperparameters.seed is not None


def kept(qtbot: Any, controller: RunController, path: Path) -> StoredRun:
    """Train three epochs of six, stop, and return what the store holds of it."""
    controller.store = path
    with qtbot.waitSignal(controller.kept, timeout=10_000):
        controller.step_epoch(SMALL.replace(epochs=6))
    for _ in range(2):
        qtbot.waitUntil(lambda: controller.phase is Phase.PAUSED, timeout=10_000)
        controller.step_epoch(SMALL)
    qtbot.waitUntil(lambda: controller.phase is Phase.PAUSED, timeout=10_000)
    with qtbot.waitSignal(controller.runEnded, timeout=10_000):
        controller.stop()
    controller.store = None
    assert controller.stored_id is not None
    controller.set_dataset(controller.dataset)  # type: ignore[arg-type]  # waits for the run's thread
    with RunStore(path) as store:
        return stored_run(store, 1)


def test_a_stored_run_goes_on(qtbot: Any, controller: RunController, log: Log, digits: Dataset, tmp_path: Path) -> None:
    whole, _ = headless(digits, SMALL.replace(epochs=6))
    stored = kept(qtbot, controller, tmp_path / "runs.sqlite")
    controller.store = tmp_path / "runs.sqlite"
    log.entries.clear()
    with qtbot.waitSignal(controller.runEnded, timeout=20_000):
        controller.resume(stored)
        assert len(controller.history) == 3
    start = log.of("runStarted")[0]
    assert start.earlier == stored.history
    assert start.hyperparameters == stored.record.hyperparameters
    assert controller.stored_id == 1
    assert figures(controller.history) == whole


def test_what_could_not_be_kept_is_told_even_if_it_comes_last(
    qtbot: Any, controller: RunController, digits: Dataset
) -> None:
    told: list[str] = []
    controller.storeTold.connect(told.append)

    def tell_and_part(end: RunEnd) -> None:
        thread = controller._thread
        assert thread is not None
        thread.wait()
        thread.mailbox.post(StoreNews(end.run_id, "Its last epochs are not in the store."))
        controller.set_dataset(digits)

    controller.runEnded.connect(tell_and_part)
    run(qtbot, controller, SMALL)
    assert told == ["Its last epochs are not in the store."]


def test_a_run_of_another_data_set_does_not_go_on(qtbot: Any, controller: RunController, tmp_path: Path) -> None:
    stored = kept(qtbot, controller, tmp_path / "runs.sqlite")
    controller.set_dataset(open_dataset("digits", preparation=Preparation(subset=500)))
    with pytest.raises(DataError, match=r"“Run 1” was trained on another data set"):
        controller.resume(stored)
    assert controller.phase is Phase.IDLE
