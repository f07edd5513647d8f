"""The worker as a plain function: what it posts, and that it ends once, whatever happens."""

import dataclasses
import itertools
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlp_core.datasets import open_dataset
from mlp_core.datasets.dataset import Dataset, Split
from mlp_core.evaluation import Score, misclassified
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.network import Network
from mlp_core.runs.record import Status
from mlp_core.runs.store import RunStore
from mlp_core.snapshot import EpochSnapshot, EpochStats, EvaluationStep, GeneratorState, MinibatchStep, Weights
from mlp_core.trainer import Step, Trainer, TrainingData
from mlp_viz import messages
from mlp_viz.run.job import Job, PreparedData
from mlp_viz.run.library import stored_run
from mlp_viz.run.mailbox import Mailbox
from mlp_viz.run.news import Kept, LatestWeights, Paused, Progress, RunEnd, StoreNews, TestErrors, WeightsPicture
from mlp_viz.run.reporter import find_errors, images_of
from mlp_viz.run.run_control import Mode, RunControl
from mlp_viz.run.state import Phase
from mlp_viz.run.stored import StoredRun
from mlp_viz.run.training_thread import TrainingThread, drive

STATE = GeneratorState.of(np.random.RandomState(1))

SMALL = Hyperparameters(n_hidden=(12,), epochs=3, eta=0.01, minibatch_size=300)  # 3 minibatches an epoch
FIGURES = ("epoch", "data_cost", "penalty", "train_accuracy", "valid_accuracy")


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return open_dataset("digits")


class Heard:
    """Fetches each piece of news as it comes, in the worker's own thread, and may answer it."""

    def __init__(self, answer: Callable[[Any], None] = lambda news: None) -> None:
        self.news: list[Any] = []
        self._answer = answer
        self.mailbox = Mailbox(self._fetch)

    def of(self, kind: type) -> list[Any]:
        return [news for news in self.news if isinstance(news, kind)]

    def end(self) -> RunEnd:
        """The one and only end, after which at most what was still being evaluated comes."""
        (end,) = self.of(RunEnd)
        after = self.news[self.news.index(end) + 1 :]
        assert not after or end.phase is Phase.STOPPED
        assert all(isinstance(news, EpochStats | TestErrors) for news in after)
        return end  # type: ignore[no-any-return]

    def figures(self) -> list[tuple[float, ...]]:
        return [figures_of(stats) for stats in self.of(EpochStats)]

    def _fetch(self) -> None:
        mail = self.mailbox.take()
        for news in (*mail.stats, *mail.latest):
            self.news.append(news)
            self._answer(news)


class After(RunControl):
    """Is told something after so many minibatches."""

    def __init__(self, minibatches: int, order: Callable[[RunControl], None]) -> None:
        super().__init__()
        self._left = minibatches
        self._order = order

    def after(self, step: Step) -> None:
        super().after(step)
        if isinstance(step, MinibatchStep):
            self._left -= 1
            if not self._left:
                self._order(self)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Keep every evaluation of an epoch from ending until this is set."""
    gate, add = threading.Event(), Score.add

    def waiting_add(score: Score, *arguments: Any) -> None:
        gate.wait(60)
        add(score, *arguments)

    monkeypatch.setattr(Score, "add", waiting_add)
    return gate


def figures_of(stats: EpochStats) -> tuple[float, ...]:
    return tuple(getattr(stats, name) for name in FIGURES)


def headless(dataset: Dataset, hyperparameters: Hyperparameters) -> tuple[list[tuple[float, ...]], Network]:
    trainer = Trainer.fresh(TrainingData.of(dataset, hyperparameters.precision), hyperparameters)
    figures = [figures_of(step.stats) for step in trainer.steps() if isinstance(step, EpochSnapshot)]
    return figures, trainer.network


def same(weights: Weights, network: Network) -> bool:
    pairs = zip((*weights.w, *weights.b), (*network.w, *network.b), strict=True)
    return all(np.array_equal(ours, theirs) for ours, theirs in pairs)


@pytest.mark.parametrize(
    "hyperparameters",
    [SMALL, SMALL.replace(n_hidden=(), shuffle=False), SMALL.replace(n_hidden=(8, 6), precision="float32", l2=0)],
)
def test_a_finished_run_has_the_trainers_figures_to_the_bit(digits: Dataset, hyperparameters: Hyperparameters) -> None:
    heard = Heard()
    drive(Job(7, digits, hyperparameters), RunControl(), heard.mailbox)
    end = heard.end()
    assert (end.run_id, end.phase, end.message) == (7, Phase.FINISHED, "")
    figures, network = headless(digits, hyperparameters)
    assert heard.figures() == figures
    assert same(heard.of(LatestWeights)[-1].weights, network)
    wrong: TestErrors = heard.of(TestErrors)[-1]
    predicted = network.predict(digits.scaled(digits.test.X, hyperparameters.precision))
    np.testing.assert_array_equal(wrong.indices, misclassified(digits.test.y, predicted))
    np.testing.assert_array_equal(wrong.true, digits.test.y[wrong.indices])
    np.testing.assert_array_equal(wrong.predicted, predicted[wrong.indices])
    assert wrong.accuracy == np.mean(predicted == digits.test.y)
    assert (wrong.n_test, wrong.epoch, wrong.minibatch) == (400, 3, 3)
    picture: WeightsPicture = heard.of(WeightsPicture)[-1]
    np.testing.assert_array_equal(picture.w, network.w[0].T.reshape(-1, 8, 8).astype(np.float32))
    progress: Progress = heard.of(Progress)[-1]
    assert (progress.epoch, progress.epochs, progress.done, progress.total) == (3, 3, 3, 3)
    assert progress.epochs_done == 3
    assert progress.seconds_left == 0


def test_all_news_but_scalars_bears_the_runs_id(digits: Dataset) -> None:
    heard = Heard()
    drive(Job(5, digits, SMALL), RunControl(), heard.mailbox)
    rest = [news for news in heard.news if not isinstance(news, (EpochStats, PreparedData))]
    assert {news.run_id for news in rest} == {5}


def test_all_arrays_posted_are_read_only(digits: Dataset) -> None:
    heard = Heard()
    drive(Job(1, digits, SMALL.replace(precision="float32")), RunControl(), heard.mailbox)
    arrays: list[Any] = [picture.w for picture in heard.of(WeightsPicture)]
    for latest in heard.of(LatestWeights):
        arrays += [*latest.weights.w, *latest.weights.b]
    for wrong in heard.of(TestErrors):
        arrays += [wrong.indices, wrong.true, wrong.predicted]
    (prepared,) = heard.of(PreparedData)
    arrays += [prepared.training.X_train, prepared.training.X_valid]
    assert not any(array.flags.writeable for array in arrays)
    first: WeightsPicture = heard.of(WeightsPicture)[0]
    start = Trainer.fresh(TrainingData.of(digits, "float32"), SMALL.replace(precision="float32")).network
    np.testing.assert_array_equal(first.w, start.w[0].T.reshape(-1, 8, 8))  # a copy: training went on


def test_prepared_data_is_used_again(digits: Dataset) -> None:
    first, second = Heard(), Heard()
    drive(Job(1, digits, SMALL), RunControl(), first.mailbox)
    (prepared,) = first.of(PreparedData)
    drive(Job(2, digits, SMALL, prepared), RunControl(), second.mailbox)
    assert second.of(PreparedData) == [prepared]
    assert second.figures() == first.figures()


@pytest.mark.parametrize("minibatches", [1, 2, 3, 4, 6, 7, 8])  # three are an epoch
def test_a_stopped_run_keeps_what_it_reached(digits: Dataset, minibatches: int) -> None:
    heard = Heard()
    drive(Job(1, digits, SMALL), After(minibatches, RunControl.stop), heard.mailbox)
    assert (heard.end().phase, heard.end().message) == (Phase.STOPPED, "")
    trainer = Trainer.fresh(TrainingData.of(digits), SMALL)
    whole = [step.stats for step in Trainer.fresh(trainer.data, SMALL).steps() if isinstance(step, EpochSnapshot)]
    assert heard.figures() == [figures_of(stats) for stats in whole[: minibatches // 3]]
    for _ in itertools.islice((step for epoch in range(3) for step in trainer.updates()), minibatches):
        pass
    assert same(heard.of(LatestWeights)[-1].weights, trainer.network)
    assert heard.of(TestErrors)[-1].accuracy == np.mean(
        trainer.network.predict(digits.scaled(digits.test.X)) == digits.test.y
    )


def test_a_stop_does_not_wait_for_an_evaluation_which_is_told_afterwards(
    digits: Dataset, slow: threading.Event
) -> None:
    heard = Heard(lambda news: slow.set() if isinstance(news, RunEnd) else None)
    drive(Job(1, digits, SMALL), After(4, RunControl.stop), heard.mailbox)
    assert heard.end().phase is Phase.STOPPED
    end = heard.news.index(heard.end())
    assert [stats.epoch for stats in heard.of(EpochStats)] == [1]
    assert end < heard.news.index(heard.of(EpochStats)[0])
    assert (heard.of(Progress)[-1].epoch, heard.of(Progress)[-1].done) == (2, 1)
    assert all(heard.news.index(weights) < end for weights in heard.of(LatestWeights))


def test_nothing_more_is_looked_at_once_nobody_waits_for_it(digits: Dataset, slow: threading.Event) -> None:
    control = After(4, RunControl.stop)

    def answer(news: Any) -> None:
        if isinstance(news, RunEnd):
            control.abandon()
            slow.set()

    heard = Heard(answer)
    drive(Job(1, digits, SMALL), control, heard.mailbox)
    assert heard.end().phase is Phase.STOPPED
    assert heard.figures() == []


def test_a_pause_does_not_wait_for_an_evaluation_which_is_told_meanwhile(
    digits: Dataset, slow: threading.Event
) -> None:
    control = After(4, lambda control: control.go(Mode.PAUSE))

    def answer(news: Any) -> None:
        if isinstance(news, Paused):
            slow.set()
        if isinstance(news, EpochStats) and news.epoch == 1:
            control.go(Mode.MINIBATCH if len(heard.of(Paused)) == 1 else Mode.RUN)

    heard = Heard(answer)
    worker = threading.Thread(target=drive, args=(Job(1, digits, SMALL), control, heard.mailbox))
    worker.start()
    while len(heard.of(Paused)) < 2 and worker.is_alive():
        worker.join(0.01)
    control.stop()
    worker.join()
    paused = heard.of(Paused)
    (stats,) = heard.of(EpochStats)
    assert heard.news.index(paused[0]) < heard.news.index(stats) < heard.news.index(paused[1])
    assert moments(heard) == [(2, 1), (2, 2)]  # the late snapshot was not taken for the one step


def test_a_run_stopped_by_an_answer_to_its_news(digits: Dataset) -> None:
    control = RunControl()
    heard = Heard(lambda news: control.stop() if isinstance(news, EpochStats) and news.epoch == 2 else None)
    drive(Job(1, digits, SMALL.replace(epochs=10_000)), control, heard.mailbox)
    assert heard.end().phase is Phase.STOPPED
    assert [stats.epoch for stats in heard.of(EpochStats)] == [1, 2]


def test_a_run_told_to_stop_before_it_began(digits: Dataset) -> None:
    control = RunControl(Mode.MINIBATCH)
    control.stop()
    heard = Heard()
    drive(Job(1, digits, SMALL), control, heard.mailbox)
    assert heard.end().phase is Phase.STOPPED
    assert not heard.of(Paused)


def test_a_diverged_run_keeps_its_history(digits: Dataset) -> None:
    wild = SMALL.replace(eta=10, l2=1, activation="relu", epochs=500)
    heard = Heard()
    drive(Job(1, digits, wild), RunControl(), heard.mailbox)
    end = heard.end()
    assert end.phase is Phase.DIVERGED
    epochs = [stats.epoch for stats in heard.of(EpochStats)]
    assert epochs == list(range(1, len(epochs) + 1))
    assert epochs
    assert end.message.startswith(f"Training diverged in epoch {len(epochs) + 1}: ")
    assert "smaller eta" in end.message
    assert all(np.isfinite(stats.cost) for stats in heard.of(EpochStats))


def test_a_run_without_enough_samples_fails_by_name(digits: Dataset) -> None:
    heard = Heard()
    drive(Job(1, digits, SMALL.replace(minibatch_size=1198)), RunControl(), heard.mailbox)
    assert heard.end().phase is Phase.FAILED
    assert heard.end().message.startswith("training set: its 1,197 samples do not fill one minibatch of 1,198.")


class Broken:
    """A data set that cannot even be looked at."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Any:
        raise self._error


def test_an_unexpected_failure_ends_the_run_and_goes_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    broken: Any = Broken(RuntimeError("the roof is on fire"))
    heard = Heard()
    drive(Job(3, broken, SMALL), RunControl(), heard.mailbox)
    assert (heard.end().phase, heard.end().message) == (Phase.FAILED, messages.unexpected())
    assert "run 3 failed" in caplog.text
    assert "RuntimeError: the roof is on fire" in caplog.text


def test_a_run_without_memory_fails_in_plain_words() -> None:
    broken: Any = Broken(MemoryError())
    heard = Heard()
    drive(Job(3, broken, SMALL), RunControl(), heard.mailbox)
    assert (heard.end().phase, heard.end().message) == (Phase.FAILED, messages.OUT_OF_MEMORY)


def moments(heard: Heard) -> list[tuple[int, int]]:
    """Epoch and minibatch at each pause."""
    found: list[tuple[int, int]] = []
    progress = None
    for news in heard.news:
        if isinstance(news, Progress):
            progress = (news.epoch, news.done)
        elif isinstance(news, Paused):
            assert progress is not None
            found.append(progress)
    return found


def test_minibatch_by_minibatch_it_pauses_after_each(digits: Dataset) -> None:
    control = RunControl(Mode.MINIBATCH)
    epochs_at_pause: list[int] = []

    def answer(news: Any) -> None:
        if isinstance(news, Paused):
            assert control.pausing
            epochs_at_pause.append(len(heard.of(EpochStats)))
            control.go(Mode.MINIBATCH)

    heard = Heard(answer)
    drive(Job(1, digits, SMALL), control, heard.mailbox)
    # After the last one there is nothing to wait for: the run has finished.
    assert moments(heard) == [(epoch, minibatch) for epoch in (1, 2, 3) for minibatch in (1, 2, 3)][:-1]
    # The last minibatch of an epoch is seen with the epoch's figures.
    assert epochs_at_pause == [0, 0, 1, 1, 1, 2, 2, 2]
    assert heard.end().phase is Phase.FINISHED
    assert heard.figures() == headless(digits, SMALL)[0]


def test_epoch_by_epoch_it_pauses_after_each(digits: Dataset) -> None:
    control = RunControl(Mode.EPOCH)
    heard = Heard(lambda news: control.go(Mode.EPOCH) if isinstance(news, Paused) else None)
    drive(Job(1, digits, SMALL), control, heard.mailbox)
    assert moments(heard) == [(1, 3), (2, 3)]
    assert heard.figures() == headless(digits, SMALL)[0]


def test_an_epoch_step_from_mid_epoch_goes_to_its_end(digits: Dataset) -> None:
    control = RunControl(Mode.MINIBATCH)
    modes = iter((Mode.EPOCH, Mode.MINIBATCH, Mode.RUN))
    heard = Heard(lambda news: control.go(next(modes)) if isinstance(news, Paused) else None)
    drive(Job(1, digits, SMALL), control, heard.mailbox)
    assert moments(heard) == [(1, 1), (1, 3), (2, 1)]
    assert heard.end().phase is Phase.FINISHED


def test_stop_while_paused_ends(digits: Dataset) -> None:
    control = RunControl(Mode.MINIBATCH)
    heard = Heard()
    worker = threading.Thread(target=drive, args=(Job(1, digits, SMALL), control, heard.mailbox))
    paused = threading.Event()
    heard._answer = lambda news: paused.set() if isinstance(news, Paused) else None
    worker.start()
    assert paused.wait(10)
    control.stop()
    worker.join(10)
    assert not worker.is_alive()
    assert heard.end().phase is Phase.STOPPED
    assert moments(heard) == [(1, 1)]


def test_a_pause_ordered_right_after_a_resume_is_told_too(digits: Dataset) -> None:
    """Else the window would wait for ever for a worker that waits for the window."""
    control = RunControl(Mode.MINIBATCH)

    def answer(news: Any) -> None:
        if isinstance(news, Paused):
            control.go(Mode.RUN)
            if len(heard.of(Paused)) < 3:
                control.go(Mode.PAUSE)

    heard = Heard(answer)
    worker = threading.Thread(target=drive, args=(Job(1, digits, SMALL), control, heard.mailbox))
    worker.start()
    worker.join(10)
    control.stop()
    worker.join()
    assert heard.end().phase is Phase.FINISHED
    assert moments(heard) == [(1, 1)] * 3


def test_a_pause_does_not_count_as_training_time(digits: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("mlp_viz.run.training_thread.time.perf_counter", lambda: clock[0])
    control = RunControl(Mode.MINIBATCH)

    def answer(news: Any) -> None:
        if isinstance(news, Paused):
            clock[0] += 1000
            control.go(Mode.RUN)

    heard = Heard(answer)
    drive(Job(1, digits, SMALL), control, heard.mailbox)
    assert heard.of(Progress)[-1].seconds == 0
    assert heard.of(Progress)[-1].seconds_left is None


@pytest.mark.parametrize(
    ("mode", "step", "pauses"),
    [
        (Mode.RUN, MinibatchStep(1, 1, 3), False),
        (Mode.RUN, EvaluationStep(1), False),
        (Mode.MINIBATCH, MinibatchStep(1, 1, 3), True),
        (Mode.MINIBATCH, MinibatchStep(1, 3, 3), False),
        (Mode.MINIBATCH, EvaluationStep(1), False),
        (Mode.MINIBATCH, EpochSnapshot(EpochStats(1, 1, 0, 1, 1, 1), Weights((), ()), STATE), True),
        (Mode.EPOCH, MinibatchStep(1, 1, 3), False),
        (Mode.EPOCH, MinibatchStep(1, 3, 3), False),
        (Mode.EPOCH, EpochSnapshot(EpochStats(1, 1, 0, 1, 1, 1), Weights((), ()), STATE), True),
        (Mode.PAUSE, MinibatchStep(1, 1, 3), True),
    ],
)
def test_which_step_ends_in_a_pause(mode: Mode, step: Step, pauses: bool) -> None:
    control = RunControl(mode)
    control.after(step)
    assert control.pausing is pauses


@pytest.mark.parametrize("mode", [Mode.MINIBATCH, Mode.EPOCH])
def test_the_late_snapshot_of_an_earlier_epoch_is_no_step(mode: Mode) -> None:
    control = RunControl()
    control.after(MinibatchStep(2, 1, 3))
    control.go(mode)
    control.after(EpochSnapshot(EpochStats(1, 1, 0, 1, 1, 1), Weights((), ()), STATE))
    assert not control.pausing
    control.after(EpochSnapshot(EpochStats(2, 1, 0, 1, 1, 1), Weights((), ()), STATE))
    assert control.pausing


def test_pictures_never_share_the_networks_memory() -> None:
    for w in (np.ones((4, 1), np.float32), np.ones((4, 3), np.float32), np.ones((4, 3))):
        images = images_of(w, (2, 2))
        assert images.shape == (w.shape[1], 2, 2)
        assert not np.shares_memory(images, w)
        assert not images.flags.writeable


def test_errors_of_an_empty_test_set(digits: Dataset) -> None:
    network = Network.random((64, 10), np.random.RandomState(0))
    empty = dataclasses.replace(digits, test=Split(digits.test.X[:0], digits.test.y[:0]))
    wrong = find_errors(network, empty, 1, 2, 3)
    assert (len(wrong.indices), wrong.n_test) == (0, 0)
    assert np.isnan(wrong.accuracy)


def stored(path: Path, run_id: int = 1) -> StoredRun:
    with RunStore(path) as store:
        return stored_run(store, run_id)


def test_a_run_is_kept_with_its_figures_its_weights_and_its_test_accuracy(digits: Dataset, tmp_path: Path) -> None:
    heard, path = Heard(), tmp_path / "runs.sqlite"
    drive(Job(7, digits, SMALL, store=path), RunControl(), heard.mailbox)
    (told,) = heard.of(Kept)
    assert (told.run_id, told.stored_id) == (7, 1)
    kept = stored(path)
    assert kept.record.status is Status.FINISHED
    assert kept.record.hyperparameters == SMALL
    assert kept.record.dataset.fingerprint == digits.fingerprint()
    assert kept.record.origin == "window"
    assert [figures_of(stats) for stats in kept.history] == heard.figures()
    assert kept.record.test_accuracy == heard.of(TestErrors)[-1].accuracy
    assert kept.checkpoint is not None
    latest = heard.of(LatestWeights)[-1].weights
    for mine, theirs in zip(kept.checkpoint.weights.w, latest.w, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_each_epoch_is_kept_before_it_is_told(digits: Dataset, tmp_path: Path) -> None:
    path, seen = tmp_path / "runs.sqlite", []

    def look(news: object) -> None:
        if isinstance(news, EpochStats):
            seen.append((news.epoch, len(stored(path).history)))

    drive(Job(1, digits, SMALL, store=path), RunControl(), Heard(look).mailbox)
    assert [epoch for epoch, _ in seen] == [1, 2, 3]
    assert all(n >= epoch for epoch, n in seen)


def test_a_stopped_run_resumes_as_if_it_had_never_stopped(digits: Dataset, tmp_path: Path) -> None:
    chosen, path = SMALL.replace(epochs=6), tmp_path / "runs.sqlite"
    whole = Heard()
    drive(Job(1, digits, chosen), RunControl(), whole.mailbox)
    drive(Job(2, digits, chosen, store=path), After(8, RunControl.stop), Heard().mailbox)  # in the third epoch
    half = stored(path)
    assert half.record.status is Status.STOPPED
    assert half.checkpoint is not None
    assert half.checkpoint.epoch == half.record.epochs_done == 2
    rest = Heard()
    drive(Job(3, digits, chosen, store=path, resumed=half), RunControl(), rest.mailbox)
    assert [stats.epoch for stats in rest.of(EpochStats)] == [3, 4, 5, 6]
    assert rest.of(Progress)[0].epochs_done == 2
    assert rest.of(Kept)[0].stored_id == half.record.id
    done = stored(path)
    assert done.record.status is Status.FINISHED
    assert [figures_of(stats) for stats in done.history] == whole.figures()
    for mine, theirs in zip(rest.of(LatestWeights)[-1].weights.w, whole.of(LatestWeights)[-1].weights.w, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_a_run_that_goes_on_elsewhere_is_not_trained_twice(digits: Dataset, tmp_path: Path) -> None:
    chosen, path = SMALL.replace(epochs=6), tmp_path / "runs.sqlite"
    drive(Job(1, digits, chosen, store=path), After(8, RunControl.stop), Heard().mailbox)
    half, heard = stored(path), Heard()
    with RunStore(path) as store:
        store.reopen(half.record.id)
        drive(Job(2, digits, chosen, store=path, resumed=half), RunControl(), heard.mailbox)
        assert heard.end().phase is Phase.FAILED
        assert "“Run 1” is running" in heard.end().message
        assert heard.of(EpochStats) == []
        assert store.run(half.record.id).status is Status.RUNNING


def test_two_words_of_the_store_are_both_told(digits: Dataset, tmp_path: Path) -> None:
    mailbox = Mailbox(lambda: None)  # nobody fetches anything meanwhile
    drive(Job(1, digits, SMALL, store=tmp_path), RunControl(), mailbox)  # a folder
    (news,) = [news for news in mailbox.take().latest if isinstance(news, StoreNews)]
    assert "Training goes on" in news.message
    assert news.message.endswith("It is not in the store.")


def test_a_run_that_diverges_is_kept_with_the_reason(digits: Dataset, tmp_path: Path) -> None:
    heard, path = Heard(), tmp_path / "runs.sqlite"
    chosen = SMALL.replace(eta=10, l2=1, activation="relu", epochs=500)
    drive(Job(1, digits, chosen, store=path), RunControl(), heard.mailbox)
    record = stored(path).record
    assert record.status is Status.DIVERGED
    assert record.message == heard.end().message
    assert "diverged" in record.message


def test_training_goes_on_where_the_store_cannot_be_written(digits: Dataset, tmp_path: Path) -> None:
    heard = Heard()
    drive(Job(1, digits, SMALL, store=tmp_path), RunControl(), heard.mailbox)  # a folder
    assert heard.end().phase is Phase.FINISHED
    assert len(heard.figures()) == 3
    assert ["this is a folder" in news.message for news in heard.of(StoreNews)] == [True, True]  # and at the end
    assert heard.of(Kept) == []


def test_the_thread_carries_a_run(qtbot: Any, digits: Dataset) -> None:
    thread = TrainingThread(Job(9, digits, SMALL), RunControl())
    with qtbot.waitSignal(thread.finished):
        thread.start()
    mail = thread.mailbox.take()
    assert [figures_of(stats) for stats in mail.stats] == headless(digits, SMALL)[0]
    assert isinstance(mail.latest[-1], RunEnd)
