from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from mlp_core.costs import l2_penalty
from mlp_core.epoch_evaluation import EpochEvaluation
from mlp_core.errors import DivergedError
from mlp_core.evaluation import Score, accuracy
from mlp_core.network import Network
from mlp_core.snapshot import EpochSnapshot, GeneratorState
from mlp_core.trainer import TrainingData

RANDOM = np.random.RandomState(1)
X, y = RANDOM.uniform(-1, 1, (2500, 4)), RANDOM.randint(0, 3, 2500)
STATE = GeneratorState.of(RANDOM)
DATA = TrainingData(X[:2000], y[:2000], X[2000:], y[2000:], 3)


def network(seed: int = 0) -> Network:
    return Network.random((4, 5, 3), np.random.RandomState(seed))


def fetched(evaluation: EpochEvaluation) -> EpochSnapshot:
    snapshot = evaluation.fetch(60)
    assert snapshot is not None
    return snapshot


def test_its_figures_are_those_of_the_weights_it_was_given() -> None:
    trained, l2 = network(1), 0.25
    with EpochEvaluation(network(), DATA, l2) as evaluation:
        weights = trained.weights()
        evaluation.begin(7, weights, STATE, 1.5)
        trained.w[0][...] = 9  # training goes on meanwhile
        assert evaluation.epoch == 7
        snapshot = fetched(evaluation)
        assert evaluation.fetch() is None
    then = network(1)
    z, activations = then.forward(DATA.X_train)
    cost = then.cost.value(z, activations[-1], np.eye(3)[DATA.y_train])
    stats = snapshot.stats
    assert snapshot.weights is weights
    assert snapshot.generator is STATE
    assert stats.epoch == 7
    assert stats.data_cost == pytest.approx(cost, rel=1e-12)
    assert stats.penalty == l2_penalty(l2, then.w)
    assert stats.train_accuracy == accuracy(then, DATA.X_train, DATA.y_train)
    assert stats.valid_accuracy == accuracy(then, DATA.X_valid, DATA.y_valid)
    assert stats.seconds >= 1.5


def test_one_epoch_at_a_time() -> None:
    with EpochEvaluation(network(), DATA, 0) as evaluation:
        evaluation.begin(1, network().weights(), STATE, 0)
        with pytest.raises(RuntimeError, match="epoch 1 has not been fetched"):
            evaluation.begin(2, network().weights(), STATE, 0)
        fetched(evaluation)
        evaluation.begin(2, network().weights(), STATE, 0)
        assert fetched(evaluation).epoch == 2


@pytest.mark.parametrize(
    ("spoil", "what"), [(lambda n: n.w[0].fill(np.nan), "cost"), (lambda n: n.b[0].fill(-np.inf), "weight")]
)
def test_divergence_is_told_when_it_is_fetched(spoil: Any, what: str) -> None:
    diverged = Network.random((4, 5, 3), np.random.RandomState(0), "relu")
    spoil(diverged)
    with EpochEvaluation(diverged, DATA, 0.1) as evaluation:
        evaluation.begin(3, diverged.weights(), STATE, 0)
        with pytest.raises(DivergedError, match=rf"epoch 3.*{what}"):
            evaluation.fetch(60)


def test_its_end_calls_off_what_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, blocks = threading.Event(), []

    def add(score: Score, *_: Any) -> None:
        blocks.append(score)
        begun.set()
        evaluation._called_off.wait(60)

    monkeypatch.setattr(Score, "add", add)
    before = threading.active_count()
    with EpochEvaluation(network(), DATA, 0) as evaluation:
        evaluation.begin(1, network().weights(), STATE, 0)
        assert begun.wait(60)
        assert evaluation.fetch(0.001) is None
    assert len(blocks) == 1
    assert threading.active_count() == before
