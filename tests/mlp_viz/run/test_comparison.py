from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from mlp_core.datasets.dataset import Dataset, Split
from mlp_core.datasets.picture import Conversion
from mlp_core.datasets.preparation import Preparation
from mlp_core.datasets.recipe import Recipe
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.network import Network
from mlp_core.progress import Cancelled
from mlp_core.runs.record import Checkpoint, DatasetReference
from mlp_core.snapshot import GeneratorState, Weights
from mlp_viz.run.comparison import Comparison
from mlp_viz.run.stored import StoredRun
from tests.mlp_viz.views.run_samples import record as sample

GENERATOR = GeneratorState.of(np.random.RandomState(1))


def dataset(n_test: int = 600, shape: tuple[int, int] = (4, 4), name: str = "Dots") -> Dataset:
    """Return images of noise in three classes."""
    random = np.random.RandomState(1)

    def split(n: int) -> Split:
        return Split(random.randint(0, 256, (n, shape[0] * shape[1])).astype(np.uint8), random.randint(0, 3, n))

    return Dataset("dots", name, "made up", shape, ("a", "b", "c"), (0, 255), split(6), split(3), split(n_test))


def stored(
    data: Dataset, seed: int | None, n_hidden: tuple[int, ...] = (5,), run_id: int = 1, **of_record: Any
) -> StoredRun:
    """Return a run with random weights drawn by `seed`; None leaves it without a checkpoint."""
    values: dict[str, Any] = {
        "hyperparameters": Hyperparameters(n_hidden=n_hidden, epochs=10),
        "dataset": DatasetReference(data.name, data.fingerprint(), Recipe(data.key, Preparation())),
        "epochs_done": 10,
    }
    record = sample(run_id, 0.85, **values | of_record)
    if seed is None:
        return StoredRun(record, (), None)
    layers = (data.n_features, *n_hidden, data.n_classes)
    network = Network.random(layers, np.random.RandomState(seed))
    return StoredRun(record, (), Checkpoint(10 + seed, network.weights(), GENERATOR))


def predictions(run: StoredRun, data: Dataset) -> Any:
    network = run.network()
    assert network is not None
    return network.predict(data.scaled(data.test.X))


def test_each_test_sample_is_where_it_belongs() -> None:
    data = dataset()
    first, second = stored(data, 1), stored(data, 2, (3, 4))
    one, other, true = predictions(first, data), predictions(second, data), data.test.y
    changes = Comparison.of(first, second, data).changes
    assert changes is not None
    expected = {
        "fixed": (one != true) & (other == true),
        "introduced": (one == true) & (other != true),
        "both_wrong": (one != true) & (other != true),
    }
    for name, where in expected.items():
        samples = getattr(changes, name)
        assert 0 < len(samples) == np.count_nonzero(where)
        assert np.array_equal(samples.indices, np.flatnonzero(where))
        assert np.array_equal(samples.true, true[where])
        assert np.array_equal(samples.first, one[where])
        assert np.array_equal(samples.second, other[where])
    assert changes.first_accuracy == pytest.approx(np.mean(one == true))
    assert changes.second_accuracy == pytest.approx(np.mean(other == true))
    assert (changes.first_epoch, changes.second_epoch) == (11, 12)


def test_swapped_is_what_the_other_order_would_have_given() -> None:
    data = dataset()
    first, second = stored(data, 1), stored(data, 2, run_id=2)
    swapped, expected = Comparison.of(first, second, data).swapped(), Comparison.of(second, first, data)
    assert (swapped.first.run, swapped.second.run) == (second, first)
    assert swapped.changes is not None
    assert expected.changes is not None
    assert swapped.changes.first_epoch == expected.changes.first_epoch
    assert swapped.changes.p == expected.changes.p
    for name in ("fixed", "introduced", "both_wrong"):
        got, wanted = getattr(swapped.changes, name), getattr(expected.changes, name)
        for field in ("indices", "true", "first", "second"):
            assert np.array_equal(getattr(got, field), getattr(wanted, field))


def test_identical_runs_change_nothing() -> None:
    data = dataset()
    changes = Comparison.of(stored(data, 1), stored(data, 1, run_id=2), data).changes
    assert changes is not None
    assert (len(changes.fixed), len(changes.introduced), changes.p) == (0, 0, 1)
    assert len(changes.both_wrong) > 0


def test_the_arrays_may_cross_threads() -> None:
    data = dataset()
    comparison = Comparison.of(stored(data, 1), stored(data, 2), data)
    assert comparison.changes is not None
    assert comparison.first.weights is not None
    fixed = comparison.changes.fixed
    for array in (fixed.indices, fixed.true, fixed.first, fixed.second, comparison.first.weights.w):
        assert not array.flags.writeable


def test_weights_are_images_of_the_data_set() -> None:
    data = dataset(shape=(2, 3))
    comparison = Comparison.of(stored(data, 1, (5,)), stored(data, 2, ()), data)
    first, second = comparison.first.weights, comparison.second.weights
    assert first is not None
    assert second is not None
    assert (first.w.shape, first.epoch) == ((5, 2, 3), 11)
    assert (second.w.shape, second.epoch) == ((3, 2, 3), 12)
    assert comparison.second.class_names == ("a", "b", "c")


def test_runs_of_different_data_sets_have_weights_but_no_test_samples() -> None:
    data, other = dataset(), dataset(shape=(5, 5), name="Lines")
    comparison = Comparison.of(stored(data, 1), stored(other, 2), data)
    assert comparison.changes is None
    assert "Dots and Lines" in comparison.why_no_changes
    for side, shape in ((comparison.first, (5, 4, 4)), (comparison.second, (5, 5, 5))):
        assert side.weights is not None
        assert side.weights.w.shape == shape
    assert (comparison.first.class_names, comparison.second.class_names) == (("a", "b", "c"), ())


@pytest.mark.parametrize("is_open", [None, dataset(name="Lines", shape=(5, 5))])
def test_a_data_set_that_is_not_open_is_asked_for(is_open: Dataset | None) -> None:
    data = dataset()
    comparison = Comparison.of(stored(data, 1), stored(data, 2), is_open)
    assert comparison.changes is None
    assert comparison.why_no_changes.startswith("Open the data set Dots")
    assert comparison.first.weights is not None
    assert comparison.first.weights.w.shape == (5, 4, 4)


def test_images_of_unknown_shape_are_not_guessed() -> None:
    data = dataset(shape=(2, 3))
    comparison = Comparison.of(stored(data, 1), stored(data, 2), None)
    assert comparison.first.weights is None
    assert "Dots" in comparison.first.why_no_weights
    converted = DatasetReference("Dots", data.fingerprint(), Recipe("/dots", Preparation(), Conversion(2, 3)))
    side = Comparison.of(stored(data, 1, dataset=converted), stored(data, 2), None).first
    assert side.weights is not None
    assert side.weights.w.shape == (5, 2, 3)


def test_a_run_without_a_checkpoint_is_named() -> None:
    data = dataset()
    comparison = Comparison.of(stored(data, 1), stored(data, None, run_id=2), data)
    assert comparison.changes is None
    assert comparison.why_no_changes.startswith("No epoch of Run 2 has ended")
    assert comparison.first.weights is not None
    assert comparison.second.weights is None
    assert "no weights" in comparison.second.why_no_weights


def test_a_data_set_without_test_samples_is_told() -> None:
    data = dataset(n_test=0)
    comparison = Comparison.of(stored(data, 1), stored(data, 2), data)
    assert comparison.changes is None
    assert "no test images" in comparison.why_no_changes


def test_progress_is_told_and_can_end_it() -> None:
    data = dataset()
    shares: list[float] = []
    Comparison.of(stored(data, 1), stored(data, 2), data, lambda _, share: shares.append(share))
    assert shares == [0, 0, 1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6]

    def call_off(what: str, share: float) -> None:
        if share > 0.4:
            raise Cancelled

    with pytest.raises(Cancelled):
        Comparison.of(stored(data, 1), stored(data, 2), data, call_off)


def test_weights_that_do_not_fit_float32_are_shown_as_far_as_they_go() -> None:
    data = dataset()
    run = stored(data, 1)
    assert run.checkpoint is not None
    w = tuple(array * 1e300 for array in run.checkpoint.weights.w)
    huge = dataclasses.replace(run.checkpoint, weights=Weights(w, run.checkpoint.weights.b))
    comparison = Comparison.of(dataclasses.replace(run, checkpoint=huge), run, data)
    assert comparison.changes is not None
    assert comparison.first.weights is not None
