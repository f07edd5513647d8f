from __future__ import annotations

import numpy as np

from mlp_core.datasets.known import _MNIST_CLASSES, name_and_source


def test_mnist_is_told_by_its_classes() -> None:
    train, test = (np.repeat(np.arange(10, dtype=np.uint8), counts) for counts in _MNIST_CLASSES)
    known = name_and_source((28, 28), [train, test])
    assert known is not None
    assert known[0] == "MNIST handwritten digits"
    assert "LeCun" in known[1]
    assert name_and_source((28, 29), [train, test]) is None
    assert name_and_source((28, 28), [train[:-1], test]) is None
    assert name_and_source((28, 28), [train]) is None
