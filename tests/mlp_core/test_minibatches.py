from __future__ import annotations

import threading

import numpy as np
import pytest

from mlp_core import minibatches
from mlp_core.minibatches import Minibatches


@pytest.fixture(params=["ahead", "in turn"])
def ahead(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(minibatches, "WORTH_A_THREAD", 0)
    monkeypatch.setattr(minibatches, "ROWS_AHEAD", 12)
    return bool(request.param == "ahead")


@pytest.mark.parametrize("size", [1, 5, 12, 13, 50, 53])
def test_every_minibatch_holds_its_samples_in_the_order_drawn(size: int, ahead: bool) -> None:
    random = np.random.default_rng(0)
    X, Y = random.normal(size=(53, 4)), random.normal(size=(53, 3)).astype(np.float32)
    batches = Minibatches(X, Y, size, ahead)
    for _ in range(2):  # the arrays are used again
        order, seen = random.permutation(53), 0
        for X_batch, Y_batch in batches.in_order(order):
            samples = order[seen * size : (seen + 1) * size]
            np.testing.assert_array_equal(X_batch, X[samples])
            np.testing.assert_array_equal(Y_batch, Y[samples])
            assert (X_batch.dtype, Y_batch.dtype) == (X.dtype, Y.dtype)
            seen += 1
        assert seen == len(batches) == 53 // size  # an incomplete last one is left out


def test_giving_up_in_the_middle_leaves_no_thread(ahead: bool) -> None:
    X = np.zeros((100, 4))
    batches = Minibatches(X, X, 5, ahead).in_order(np.arange(100))
    before = threading.active_count()
    next(batches)
    assert threading.active_count() == before + ahead
    del batches
    assert threading.active_count() == before


def test_a_small_set_is_not_worth_a_thread() -> None:
    X = np.zeros((100, 4))
    before = threading.active_count()
    for _ in Minibatches(X, X, 5, ahead=True).in_order(np.arange(100)):
        assert threading.active_count() == before
