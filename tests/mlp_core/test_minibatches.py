from __future__ import annotations

import numpy as np
import pytest

from mlp_core.minibatches import Minibatches


@pytest.mark.parametrize("size", [1, 5, 50, 53])
def test_every_minibatch_holds_its_samples_in_the_order_drawn(size: int) -> None:
    random = np.random.default_rng(0)
    X, Y = random.normal(size=(53, 4)), random.normal(size=(53, 3)).astype(np.float32)
    batches = Minibatches(X, Y, size)
    for _ in range(2):  # the arrays are used again
        order, seen = random.permutation(53), 0
        for X_batch, Y_batch in batches.in_order(order):
            samples = order[seen * size : (seen + 1) * size]
            np.testing.assert_array_equal(X_batch, X[samples])
            np.testing.assert_array_equal(Y_batch, Y[samples])
            assert (X_batch.dtype, Y_batch.dtype) == (X.dtype, Y.dtype)
            seen += 1
        assert seen == len(batches) == 53 // size  # an incomplete last one is left out
