from __future__ import annotations

import importlib
import math

import numpy as np
import pytest

from mlp_core.evaluation import BLOCK, Score, accuracy, blocks, confusion_matrix, misclassified, one_hot
from mlp_core.fast_path import ForwardPass
from mlp_core.network import Network

metrics = importlib.import_module("sklearn.metrics")
RANDOM = np.random.RandomState(2)
NETWORK = Network.random((4, 5, 3), np.random.RandomState(0))
X, y = RANDOM.normal(size=(2 * BLOCK + 37, 4)), RANDOM.randint(0, 3, 2 * BLOCK + 37)


def test_one_hot() -> None:
    np.testing.assert_array_equal(one_hot(np.array([2, 0]), 4), [[0, 0, 1, 0], [1, 0, 0, 0]])
    assert one_hot(np.array([], np.int64), 4).shape == (0, 4)
    assert one_hot(np.array([1]), 2, np.float32).dtype == np.float32


@pytest.mark.parametrize("n", [0, 1, BLOCK, BLOCK + 1, 5 * BLOCK - 1])
def test_blocks_cover_every_sample_once(n: int) -> None:
    seen = np.concatenate([np.arange(n)[block] for block in blocks(n)] or [np.array([])])
    np.testing.assert_array_equal(seen, np.arange(n))


def test_a_score_by_blocks_is_that_of_all_samples_at_once() -> None:
    score, forward = Score(), ForwardPass(NETWORK, BLOCK)
    for block in blocks(len(X)):
        score.add(forward, X[block], y[block])
    a = NETWORK.forward(X)[1][-1]
    Y = np.eye(3)[y]
    assert score.samples == len(X)
    assert score.cost == pytest.approx(float(np.sum(-Y * np.log(a) - (1 - Y) * np.log(1 - a))), rel=1e-12)
    assert score.accuracy == metrics.accuracy_score(y, NETWORK.predict(X)) == accuracy(NETWORK, X, y)


def test_the_accuracy_of_no_samples_is_nan() -> None:
    assert math.isnan(Score().accuracy)
    assert math.isnan(accuracy(NETWORK, X[:0], y[:0]))


def test_a_diverged_network_is_evaluated_without_a_warning() -> None:
    network = Network([np.full((4, 3), np.inf)], [np.full(3, -np.inf)])
    score = Score()
    score.add(ForwardPass(network, 5), X[:5], y[:5])
    assert not math.isfinite(score.cost)
    assert network.predict(X[:5]).shape == (5,)


def test_misclassified_are_the_positions_that_differ() -> None:
    np.testing.assert_array_equal(misclassified(np.array([1, 2, 3, 4]), np.array([1, 0, 3, 0])), [1, 3])
    assert misclassified(y, y).size == 0


def test_the_confusion_matrix_is_scikit_learns() -> None:
    predicted = NETWORK.predict(X)
    mine = confusion_matrix(y, predicted, 4)
    np.testing.assert_array_equal(mine, metrics.confusion_matrix(y, predicted, labels=range(4)))
    assert mine.sum() - np.trace(mine) == misclassified(y, predicted).size
    np.testing.assert_array_equal(confusion_matrix(y[:0], y[:0], 2), np.zeros((2, 2)))
