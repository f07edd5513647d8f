from __future__ import annotations

import statistics
import sys
import time

import pytest

from mlp_core.blas import use_one_thread
from mlp_core.datasets import open_dataset
from mlp_core.errors import SweepError
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.sweep import estimate as module
from mlp_core.sweep.estimate import Estimate, duration_words, estimate, seconds_an_epoch
from mlp_core.sweep.halving import Halving
from mlp_core.trainer import Trainer, TrainingData
from tests.mlp_core.sweep.made_sweep import plan_of


@pytest.mark.parametrize("changes", [{}, {"minibatch_size": 10, "n_hidden": (50, 50)}, {"precision": "float32"}])
def test_an_epoch_takes_about_as_long_as_estimated(changes: dict[str, object]) -> None:
    dataset, hyperparameters = open_dataset("digits"), Hyperparameters(epochs=20).replace(**changes)
    with use_one_thread():
        ratios = []
        for _ in range(3):
            told = seconds_an_epoch(dataset, hyperparameters, budget=0.05)
            trainer = Trainer.fresh(TrainingData.of(dataset), hyperparameters)
            started = time.perf_counter()
            for _ in trainer.steps(lambda: False):
                pass
            ratios.append(told * 20 / (time.perf_counter() - started))
    assert 1 / 5 < statistics.median(ratios) < 5


def test_the_estimate_counts_what_one_worker_does_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "seconds_an_epoch", lambda dataset, hyperparameters, budget: 2.0)
    dataset = open_dataset("digits")
    plan = plan_of("eta=0.1,0.2,0.3", n_seeds=3)
    assert estimate(plan, dataset, 1).seconds == 9 * 30 * 2
    assert estimate(plan, dataset, 2).seconds == 5 * 30 * 2  # the second has nothing left to do
    assert estimate(plan, dataset, 50).seconds == 30 * 2
    early = estimate(plan_of("eta=0.1,0.2,0.3", n_seeds=3, halving=Halving(10)), dataset, 3)
    assert early.seconds == (10 * 3 + 20 * 1) * 2
    assert (early.n_runs, early.n_epochs) == (9, 9 * 10 + 3 * 20)


def test_larger_networks_count_with_their_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        module, "seconds_an_epoch", lambda dataset, hyperparameters, budget: hyperparameters.n_hidden[0]
    )
    dataset = open_dataset("digits")
    assert estimate(plan_of("units=10,20,60", "eta=0.1"), dataset, 1).seconds == 30 * (10 + 20 + 60)
    even = estimate(plan_of(f"units={','.join(map(str, range(1, 101)))}"), dataset, 1)
    assert even.seconds == pytest.approx(30 * 5050, rel=0.02)
    drawn = estimate(plan_of("units=10..1000", method="tpe", n_settings=20), dataset, 1)
    assert 30 * 20 * 10 < drawn.seconds < 30 * 20 * 1000


def test_a_plan_that_does_not_fit_the_data_is_refused() -> None:
    with pytest.raises(SweepError, match="do not fill one minibatch"):
        estimate(plan_of("minibatch_size=100,50000"), open_dataset("digits"), 2)


def test_a_plan_that_needs_what_is_not_installed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(SweepError, match="needs Optuna"):
        estimate(plan_of("eta=1e-4..1e-2", method="tpe", n_settings=3), open_dataset("digits"), 1)


def test_whoever_diverges_is_timed_without_a_word() -> None:
    assert seconds_an_epoch(open_dataset("digits"), Hyperparameters(eta=10, activation="relu"), budget=0.01) > 0


def test_the_estimate_is_told_in_words() -> None:
    told = Estimate(12, 36, 3600, 118, 2, halving=False)
    assert told.text() == "12 settings × 3 seeds = 36 runs, about 2 minutes with 2 workers"
    alone = Estimate(1, 1, 30, 1, 1, halving=True)
    assert alone.text() == "1 setting × 1 seed = 1 run, hopeless ones ended early, a few seconds with 1 worker"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "a few seconds"),
        (7.4, "about 7 seconds"),
        (42, "about 40 seconds"),
        (100, "about 2 minutes"),
        (47 * 60, "about 45 minutes"),
        (2 * 3600, "about 2 hours"),
        (3 * 86400, "about 3 days"),
    ],
)
def test_a_time_is_said_about(seconds: float, words: str) -> None:
    assert duration_words(seconds) == words
