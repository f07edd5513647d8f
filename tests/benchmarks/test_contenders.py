"""All contenders do the same work: the same weights and figures come out of it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.contenders import NAMES, contender
from benchmarks.contenders.contender import Contender
from benchmarks.data import Source
from mlp_core import Hyperparameters, Trainer, TrainingData
from mlp_core.evaluation import one_hot
from mlp_core.snapshot import EpochSnapshot, Weights

CHOSEN = Hyperparameters(n_hidden=(20,), epochs=2, eta=0.002, l2=0.3)


@pytest.fixture(scope="module")
def data() -> TrainingData:
    return Source(mnist=False, n_train=350, n_valid=50).load("float64")  # the last minibatch is incomplete


def snapshot_of_ours(data: TrainingData, chosen: Hyperparameters = CHOSEN) -> EpochSnapshot:
    snapshots = [step for step in Trainer.fresh(data, chosen).steps() if isinstance(step, EpochSnapshot)]
    return snapshots[-1]


def assert_equal_weights(found: Weights, wanted: Weights) -> None:
    for mine, theirs in zip((*found.w, *found.b), (*wanted.w, *wanted.b), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", ["ours", "lecture", "PyTorch"])
@pytest.mark.parametrize("method", ["train", "train_and_evaluate"])
def test_learns_what_our_trainer_learns(name: str, method: str, data: TrainingData) -> None:
    if name == "PyTorch":
        pytest.importorskip("torch")
    measured = contender(name)(data, CHOSEN)
    figures = getattr(measured, method)()
    wanted = snapshot_of_ours(data)
    assert_equal_weights(measured.weights(), wanted.weights)
    if method == "train_and_evaluate":
        stats = wanted.stats
        assert figures == pytest.approx((stats.cost, stats.train_accuracy, stats.valid_accuracy), rel=1e-9)


def test_scikit_learn_makes_the_same_updates_from_one_hot_targets(data: TrainingData) -> None:
    pytest.importorskip("sklearn")
    from benchmarks.contenders.scikit_learn import ScikitLearn

    # It also learns the incomplete minibatch, and goes on shuffling in the second epoch where ours sorts anew.
    data = replace(data, X_train=data.X_train[:300], y_train=data.y_train[:300])
    chosen = CHOSEN.replace(epochs=1)
    measured = ScikitLearn(data, chosen)
    measured.targets = one_hot(data.y_train, data.n_classes).astype(np.int64)
    measured.start_like_ours()
    measured.train()
    assert_equal_weights(measured.weights(), snapshot_of_ours(data, chosen).weights)


def test_scikit_learn_goes_through_all_epochs(data: TrainingData) -> None:
    pytest.importorskip("sklearn")
    from benchmarks.contenders.scikit_learn import ScikitLearn

    measured = ScikitLearn(data, CHOSEN.replace(epochs=30))
    measured.train()
    assert measured.classifier.n_iter_ == 30


@pytest.mark.parametrize("n_hidden", [(), (20,), (20, 15, 12)])
@pytest.mark.parametrize("size", [1, 100])
def test_floor_makes_the_products_of_the_network(n_hidden: tuple[int, ...], size: int, data: TrainingData) -> None:
    from benchmarks.contenders.floor import Floor

    floor = Floor(data, Hyperparameters(n_hidden=n_hidden, minibatch_size=size, epochs=1))
    error = floor.deltas[-1].copy()
    floor.train()
    floor.evaluate()
    start = len(data.X_train) // size * size - size
    below, delta = [data.X_train[start : start + size]], error
    for w in floor.w[:-1]:
        below.append(below[-1] @ w)
    for layer in reversed(range(len(floor.w))):
        np.testing.assert_allclose(floor.gradients[layer], below[layer].T @ delta, atol=1e-9)
        delta = delta @ floor.w[layer].T


def test_contenders_are_known_by_their_names() -> None:
    assert {"ours", "lecture", "floor"} <= set(NAMES)
    assert issubclass(contender("floor"), Contender)


def test_no_contender_loads_the_library_of_another() -> None:
    lines = ["import sys", "from benchmarks.contenders import contender"]
    lines += ["contender('ours'), contender('lecture'), contender('floor')"]
    lines += ["print({'torch', 'sklearn', 'matplotlib'} & set(sys.modules))"]
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
