from __future__ import annotations

import math

from mlp_core.runs.summary import Summary
from tests.mlp_core.runs.made_runs import snapshot


def test_before_there_is_an_epoch() -> None:
    summary = Summary()
    assert (summary.epochs_done, summary.seconds, summary.best_epoch) == (0, 0.0, 0)
    assert math.isnan(summary.cost)


def test_epochs_one_by_one_give_what_they_give_together() -> None:
    epochs = [snapshot(epoch, accuracy, 0.1).stats for epoch, accuracy in enumerate((0.2, 0.9, 0.9, 0.5), 1)]
    summary = Summary()
    for stats in epochs:
        summary = summary.after([stats])
    assert summary == Summary().after(epochs)
    assert summary == Summary(4, 0.4, epochs[-1].cost, 0.75, 0.5, 0.9, 2)


def test_an_epoch_without_validation_is_never_the_best() -> None:
    nan = float("nan")
    assert Summary().after([snapshot(1, nan).stats]).best_epoch == 0
    assert Summary().after([snapshot(1, nan).stats, snapshot(2, 0.0).stats, snapshot(3, nan).stats]).best_epoch == 2
