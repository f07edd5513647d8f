from __future__ import annotations

import numpy as np
import pytest

from mlp_core.minibatches import Minibatches


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("size", [1, 5, 50, 53])
def test_every_minibatch_holds_its_samples_in_the_order_drawn(size: int, dtype: str) -> None:
    random = np.random.default_rng(0)
    X, y = random.normal(size=(53, 4)).astype(dtype), random.integers(0, 3, 53)
    batches = Minibatches(X, y, 3, size)
    for _ in range(2):  # the arrays are used again
        order, seen = random.permutation(53), 0
        for X_batch, Y_batch in batches.in_order(order):
            samples = order[seen * size : (seen + 1) * size]
            np.testing.assert_array_equal(X_batch, X[samples])
            np.testing.assert_array_equal(Y_batch, np.eye(3)[y[samples]])
            assert X_batch.dtype == Y_batch.dtype == dtype
            seen += 1
        assert seen == len(batches) == 53 // size  # an incomplete last one is left out
