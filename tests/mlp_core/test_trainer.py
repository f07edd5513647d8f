from __future__ import annotations

import dataclasses
import itertools
import math
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mlp_core.datasets import open_dataset
from mlp_core.errors import DataError, DivergedError
from mlp_core.evaluation import Score
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.network import Network
from mlp_core.snapshot import EpochSnapshot, EvaluationStep, MinibatchStep, Weights
from mlp_core.trainer import Trainer, TrainingData

Floats = NDArray[np.floating[Any]]


@dataclasses.dataclass
class Held:
    """Holds every evaluation up until it is told to go on."""

    go_on: Callable[[], None]


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    gate, add = threading.Event(), Score.add

    def waiting_add(score: Score, *arguments: Any) -> None:
        gate.wait(60)
        add(score, *arguments)

    monkeypatch.setattr(Score, "add", waiting_add)
    yield Held(gate.set)
    gate.set()


def small_data(n: int = 47, n_valid: int = 9, dtype: str = "float64") -> TrainingData:
    random = np.random.RandomState(11)
    X, y = random.uniform(-1, 1, (n + n_valid, 6)).astype(dtype), random.randint(0, 3, n + n_valid)
    return TrainingData(X[:n], y[:n], X[n:], y[n:], 3)


def run(trainer: Trainer) -> list[EpochSnapshot]:
    return [step for step in trainer.steps() if isinstance(step, EpochSnapshot)]


def naive(data: TrainingData, chosen: Hyperparameters) -> tuple[list[Floats], list[tuple[float, float, float]]]:
    """Return weights and figures by epoch of the slides' loop: one hidden sigmoid layer, sample by sample."""

    def sig(z: float) -> float:
        return 1.0 / (1.0 + math.exp(-z))

    random = np.random.RandomState(chosen.seed)
    (t, h, m) = (data.n_classes, chosen.n_hidden[0], data.X_train.shape[1])
    b_h, w_h = np.zeros(h), random.normal(loc=0.0, scale=0.1, size=(m, h))
    b_out, w_out = np.zeros(t), random.normal(loc=0.0, scale=0.1, size=(h, t))

    def outputs(x: Floats) -> tuple[list[float], list[float]]:
        hidden = [sig(b_h[j] + sum(x[i] * w_h[i, j] for i in range(m))) for j in range(h)]
        return hidden, [sig(b_out[k] + sum(hidden[j] * w_out[j, k] for j in range(h))) for k in range(t)]

    def right(X: Floats, y: NDArray[np.int64]) -> float:
        return float(np.mean([int(np.argmax(outputs(x)[1])) == label for x, label in zip(X, y, strict=True)]))

    figures = []
    for _ in range(chosen.epochs):
        indices = np.arange(len(data.X_train))
        if chosen.shuffle:
            random.shuffle(indices)
        for start in range(0, len(indices) - chosen.minibatch_size + 1, chosen.minibatch_size):
            g_wh, g_bh, g_wo, g_bo = (np.zeros_like(array) for array in (w_h, b_h, w_out, b_out))
            for sample in indices[start : start + chosen.minibatch_size]:
                x = data.X_train[sample]
                hidden, out = outputs(x)
                delta_out = [out[k] - (1.0 if data.y_train[sample] == k else 0.0) for k in range(t)]
                for j in range(h):
                    delta = sum(delta_out[k] * w_out[j, k] for k in range(t)) * hidden[j] * (1 - hidden[j])
                    g_bh[j] += delta
                    for i in range(m):
                        g_wh[i, j] += delta * x[i]
                    for k in range(t):
                        g_wo[j, k] += delta_out[k] * hidden[j]
                for k in range(t):
                    g_bo[k] += delta_out[k]
            w_h -= chosen.eta * (g_wh + chosen.l2 * w_h)
            b_h -= chosen.eta * g_bh
            w_out -= chosen.eta * (g_wo + chosen.l2 * w_out)
            b_out -= chosen.eta * g_bo
        cost = chosen.l2 * (float((w_h**2).sum()) + float((w_out**2).sum()))
        for x, label in zip(data.X_train, data.y_train, strict=True):
            for k, a in enumerate(outputs(x)[1]):
                cost -= math.log(a if k == label else 1 - a)
        figures.append((cost, right(data.X_train, data.y_train), right(data.X_valid, data.y_valid)))
    return [w_h, w_out, b_h, b_out], figures


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize(("minibatch_size", "l2"), [(10, 0.01), (1, 0.0), (47, 0.3), (24, 0.0)])
def test_a_run_is_that_of_the_slides_loop_written_out(minibatch_size: int, l2: float, shuffle: bool) -> None:
    data = small_data()
    chosen = Hyperparameters(
        n_hidden=(5,), eta=0.05, l2=l2, epochs=3, minibatch_size=minibatch_size, seed=3, shuffle=shuffle
    )
    weights, figures = naive(data, chosen)
    trainer = Trainer.fresh(data, chosen)
    snapshots = run(trainer)
    for mine, theirs in zip((*trainer.network.w, *trainer.network.b), weights, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-10, atol=1e-13)
    assert [snapshot.epoch for snapshot in snapshots] == [1, 2, 3]
    for snapshot, (cost, train, valid) in zip(snapshots, figures, strict=True):
        assert snapshot.stats.cost == pytest.approx(cost, rel=1e-11)
        assert snapshot.stats.train_accuracy == pytest.approx(train)
        assert snapshot.stats.valid_accuracy == pytest.approx(valid)


def test_the_cost_is_split_into_data_term_and_penalty() -> None:
    chosen = Hyperparameters(n_hidden=(5,), eta=0.05, l2=0.5, epochs=2, minibatch_size=10)
    for snapshot in run(Trainer.fresh(small_data(), chosen)):
        penalty = 0.5 * sum(float((w**2).sum()) for w in snapshot.weights.w)
        assert snapshot.stats.penalty == pytest.approx(penalty, rel=1e-12)
        assert snapshot.stats.cost == snapshot.stats.data_cost + snapshot.stats.penalty
        assert snapshot.stats.seconds > 0


def never() -> bool:
    return False


def test_the_steps_of_an_epoch_that_waits_for_its_evaluation() -> None:
    data = small_data(n=2047, n_valid=1001)
    chosen = Hyperparameters(n_hidden=(), epochs=2, minibatch_size=500)
    steps = list(Trainer.fresh(data, chosen).steps(never))
    for epoch in (1, 2):
        part = [step for step in steps if step.epoch == epoch]
        assert part == steps[: len(part)]
        del steps[: len(part)]
        done = [(step.done, step.total) for step in part[:4] if isinstance(step, MinibatchStep)]
        assert done == [(1, 4), (2, 4), (3, 4), (4, 4)]  # 47 samples are left out
        assert {type(step) for step in part[4:-1]} <= {EvaluationStep}
        assert type(part[-1]) is EpochSnapshot
    assert steps == []


def test_training_runs_ahead_of_an_evaluation_by_one_epoch_at_most(held: Held) -> None:
    trainer = Trainer.fresh(small_data(), Hyperparameters(n_hidden=(5,), epochs=3, minibatch_size=10))
    steps = trainer.steps(lambda: True)
    told = [(step.epoch, step.done) for step in itertools.islice(steps, 7) if isinstance(step, MinibatchStep)]
    assert told == [(1, 1), (1, 2), (1, 3), (1, 4), (2, 1), (2, 2), (2, 3)]
    assert trainer.evaluating
    waits = list(itertools.islice(steps, 3))  # the end of epoch 2 cannot be evaluated before that of epoch 1
    assert [(type(step), step.epoch) for step in waits] == [(EvaluationStep, 1)] * 3
    assert trainer.epochs_done == 2
    held.go_on()
    rest = list(steps)
    assert [step.epoch for step in rest if isinstance(step, EpochSnapshot)] == [1, 2, 3]
    assert not trainer.evaluating


def test_updates_wait_for_the_snapshot_where_they_may_not_run_ahead(held: Held) -> None:
    may = [True]
    trainer = Trainer.fresh(small_data(), Hyperparameters(n_hidden=(5,), epochs=3, minibatch_size=10))
    steps = trainer.steps(lambda: may[0])
    assert [step.epoch for step in itertools.islice(steps, 5)] == [1, 1, 1, 1, 2]
    before = trainer.network.weights()
    may[0] = False  # the window has been told to pause, in the middle of epoch 2
    assert {type(step) for step in itertools.islice(steps, 3)} == {EvaluationStep}
    held.go_on()
    snapshot = next(step for step in steps if not isinstance(step, EvaluationStep))
    assert isinstance(snapshot, EpochSnapshot)
    assert snapshot.epoch == 1
    np.testing.assert_array_equal(trainer.network.w[0], before.w[0])
    assert isinstance(next(steps), MinibatchStep)


def test_running_ahead_changes_no_figure() -> None:
    data, chosen = small_data(), Hyperparameters(n_hidden=(5,), eta=0.05, l2=0.1, epochs=6, minibatch_size=10)
    waiting = Trainer.fresh(data, chosen)
    expected = [step for step in waiting.steps(never) if isinstance(step, EpochSnapshot)]
    ahead = Trainer.fresh(data, chosen)
    found = [step for step in ahead.steps(lambda: True) if isinstance(step, EpochSnapshot)]
    for mine, other in zip(found, expected, strict=True):
        assert dataclasses.astuple(mine.stats)[:-1] == dataclasses.astuple(other.stats)[:-1]  # but for the seconds
        for a, b in zip((*mine.weights.w, *mine.weights.b), (*other.weights.w, *other.weights.b), strict=True):
            np.testing.assert_array_equal(a, b)


def test_an_iterator_given_up_leaves_no_thread(held: Held) -> None:
    before = threading.active_count()
    steps = Trainer.fresh(small_data(), Hyperparameters(n_hidden=(5,), epochs=3, minibatch_size=10)).steps()
    next(step for step in steps if step.epoch == 1 and isinstance(step, MinibatchStep) and step.done == 4)
    assert threading.active_count() == before + 1
    held.go_on()
    steps.close()
    assert threading.active_count() == before


def test_updates_alone_train_and_evaluate_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Score, "add", None)
    data, chosen = small_data(), Hyperparameters(n_hidden=(5,), epochs=2, minibatch_size=10)
    trainer = Trainer.fresh(data, chosen)
    assert [(step.epoch, step.done, step.total) for step in trainer.updates()] == [(1, n, 4) for n in range(1, 5)]
    assert trainer.epochs_done == 1
    assert {step.epoch for step in trainer.updates()} == {2}
    monkeypatch.undo()
    whole = Trainer.fresh(data, chosen)
    run(whole)
    np.testing.assert_array_equal(trainer.network.w[0], whole.network.w[0])


def test_stopping_between_two_minibatches_loses_nothing() -> None:
    data, chosen = small_data(), Hyperparameters(n_hidden=(5,), eta=0.05, epochs=4, minibatch_size=10)
    through = Trainer.fresh(data, chosen)
    expected = run(through)
    paused = Trainer.fresh(data, chosen)
    steps, seen = paused.steps(), []
    np.random.seed(0)
    for count, step in enumerate(steps, 1):
        if isinstance(step, EpochSnapshot):
            seen.append(step)
        if count % 3 == 0:  # whatever happens in the meantime
            paused.network.predict(data.X_valid)
            np.random.random()
    for mine, other in zip(seen, expected, strict=True):
        assert mine.stats.cost == other.stats.cost
        for a, b in zip((*mine.weights.w, *mine.weights.b), (*other.weights.w, *other.weights.b), strict=True):
            np.testing.assert_array_equal(a, b)


def test_the_iterator_can_be_given_up_and_a_new_one_goes_on_after_the_last_whole_epoch() -> None:
    chosen = Hyperparameters(n_hidden=(5,), eta=0.05, epochs=3, minibatch_size=10)
    trainer = Trainer.fresh(small_data(), chosen)
    expected = run(Trainer.fresh(small_data(), chosen))
    first = trainer.steps(never)
    for step in first:
        if isinstance(step, EpochSnapshot):
            break
    first.close()
    assert trainer.epochs_done == 1
    rest = run(trainer)
    assert [snapshot.epoch for snapshot in rest] == [2, 3]
    assert rest[-1].stats.cost == expected[-1].stats.cost
    assert run(trainer) == []


def test_counting_goes_on_from_the_epochs_done_before() -> None:
    data, chosen = small_data(), Hyperparameters(n_hidden=(5,), epochs=5, minibatch_size=10)
    network = Network.random((6, 5, 3), np.random.RandomState(0))
    assert [s.epoch for s in run(Trainer(network, data, chosen, epochs_done=3))] == [4, 5]


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("end", [1, 3, 6])
def test_a_run_resumed_from_any_epoch_ends_as_if_it_had_never_stopped(precision: str, end: int) -> None:
    chosen = Hyperparameters(n_hidden=(7, 5), epochs=6, minibatch_size=30, precision=precision)
    data = TrainingData.of(open_dataset("digits"), precision)
    whole = [step for step in Trainer.fresh(data, chosen).steps() if isinstance(step, EpochSnapshot)]
    at = whole[end - 1]
    resumed = Trainer.resumed(data, chosen, at.weights, at.generator, at.epoch)
    rest = [step for step in resumed.steps() if isinstance(step, EpochSnapshot)]
    assert [step.epoch for step in rest] == [step.epoch for step in whole[end:]]
    for mine, theirs in zip(rest, whole[end:], strict=True):
        assert dataclasses.astuple(mine.stats)[:-1] == dataclasses.astuple(theirs.stats)[:-1]  # but the seconds
        assert mine.generator == theirs.generator
        for a, b in zip((*mine.weights.w, *mine.weights.b), (*theirs.weights.w, *theirs.weights.b), strict=True):
            np.testing.assert_array_equal(a, b)


def test_pauses_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("time.perf_counter", lambda: now)
    chosen = Hyperparameters(n_hidden=(5,), epochs=1, minibatch_size=10)
    trainer = Trainer.fresh(small_data(), chosen)
    for step in trainer.steps():
        if isinstance(step, EpochSnapshot):
            assert step.stats.seconds == 0.0
        now += 100


def test_snapshots_do_not_change_with_later_training() -> None:
    trainer = Trainer.fresh(
        small_data(), Hyperparameters(n_hidden=(5, 4), eta=0.5, epochs=3, minibatch_size=10, activation="tanh")
    )
    snapshots: list[EpochSnapshot] = []
    copies: list[Weights] = []
    for step in trainer.steps():
        if isinstance(step, EpochSnapshot):
            snapshots.append(step)
            copies.append(Weights.copy_of(step.weights.w, step.weights.b))
    for snapshot, copy in zip(snapshots, copies, strict=True):
        for a, b in zip((*snapshot.weights.w, *snapshot.weights.b), (*copy.w, *copy.b), strict=True):
            np.testing.assert_array_equal(a, b)
            assert not a.flags.writeable
    assert not np.array_equal(snapshots[0].weights.w[0], snapshots[1].weights.w[0])


def test_the_data_is_not_changed() -> None:
    data = small_data()
    for array in (data.X_train, data.y_train, data.X_valid, data.y_valid):
        array.flags.writeable = False
    run(Trainer.fresh(data, Hyperparameters(epochs=1, minibatch_size=10)))


def test_same_seed_same_run_another_seed_another_run() -> None:
    def first_weights(seed: int | None) -> Floats:
        chosen = Hyperparameters(n_hidden=(5,), epochs=1, minibatch_size=10, seed=seed)
        return run(Trainer.fresh(small_data(), chosen))[-1].weights.w[0]

    np.testing.assert_array_equal(first_weights(4), first_weights(4))
    assert not np.array_equal(first_weights(4), first_weights(5))
    assert not np.array_equal(first_weights(None), first_weights(None))


def test_float32_runs_in_float32_and_comes_close_to_float64() -> None:
    def snapshots(precision: str) -> list[EpochSnapshot]:
        chosen = Hyperparameters(n_hidden=(5,), eta=0.05, epochs=3, minibatch_size=10, precision=precision)
        return run(Trainer.fresh(small_data(dtype=precision), chosen))

    narrow, wide = snapshots("float32"), snapshots("float64")
    assert {array.dtype.name for array in (*narrow[-1].weights.w, *narrow[-1].weights.b)} == {"float32"}
    assert narrow[-1].stats.cost == pytest.approx(wide[-1].stats.cost, rel=1e-5)


@pytest.mark.parametrize("n_hidden", [(), (30,), (20, 15), (20, 15, 10)], ids=len)
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_every_depth_and_activation_learns_real_digits(n_hidden: tuple[int, ...], activation: str) -> None:
    eta, epochs = (0.05, 40) if activation == "sigmoid" else (0.01, 30)
    chosen = Hyperparameters(
        n_hidden=n_hidden, activation=activation, eta=eta, l2=0.001, epochs=epochs, minibatch_size=20
    )
    last = run(Trainer.fresh(TrainingData.of(open_dataset("digits")), chosen))[-1].stats
    assert last.train_accuracy > 0.9
    assert last.valid_accuracy > 0.85


@pytest.mark.parametrize("activation", ["sigmoid", "relu"])
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_a_diverging_run_ends_with_the_epoch_named(activation: str, precision: str) -> None:
    chosen = Hyperparameters(
        n_hidden=(5,), eta=10, l2=1, epochs=1000, minibatch_size=1, activation=activation, precision=precision
    )
    trainer = Trainer.fresh(small_data(dtype=precision), chosen)
    with pytest.raises(DivergedError, match=r"diverged in epoch \d+:.*smaller eta") as caught:
        run(trainer)
    assert trainer.epochs_done - 1 <= caught.value.epoch <= trainer.epochs_done
    assert f"epoch {caught.value.epoch}:" in str(caught.value)
    assert isinstance(caught.value, ArithmeticError)


def test_a_weight_that_is_not_finite_is_found_even_if_the_cost_is() -> None:
    # A relu unit with such a bias is silent: it shows neither in the cost nor in the gradients.
    network = Network([np.full((6, 1), 0.1), np.full((1, 3), 0.1)], [np.full(1, -np.inf), np.zeros(3)], "relu")
    with pytest.raises(DivergedError, match="epoch 1: a weight"):
        run(Trainer(network, small_data(), Hyperparameters(n_hidden=(1,), epochs=1, minibatch_size=10)))


def test_a_minibatch_larger_than_the_training_set_is_refused() -> None:
    run(Trainer.fresh(small_data(), Hyperparameters(epochs=1, minibatch_size=47)))
    with pytest.raises(DataError, match=r"47 samples do not fill one minibatch of 48. Choose .* at most 47"):
        Trainer.fresh(small_data(), Hyperparameters(minibatch_size=48))


def test_data_that_does_not_fit_the_network_is_refused() -> None:
    for sizes in ((5, 3), (6, 4)):
        network = Network.random(sizes, np.random.RandomState(0))
        with pytest.raises(DataError, match=r"6 pixels and 3 classes do not fit"):
            Trainer(network, small_data(), Hyperparameters(minibatch_size=10))


def test_an_empty_validation_set_has_no_accuracy() -> None:
    stats = run(Trainer.fresh(small_data(n_valid=0), Hyperparameters(epochs=1, minibatch_size=10)))[-1].stats
    assert math.isnan(stats.valid_accuracy)
    assert not math.isnan(stats.train_accuracy)


def test_training_data_of_a_dataset_is_scaled_in_the_precision_asked_for() -> None:
    dataset = open_dataset("digits")
    data = TrainingData.of(dataset, "float32")
    assert data.X_train.dtype == data.X_valid.dtype == np.float32
    assert (data.X_train.min(), data.X_train.max()) == (-1, 1)
    assert (len(data.X_train), len(data.X_valid), data.n_classes) == (len(dataset.train), len(dataset.valid), 10)
