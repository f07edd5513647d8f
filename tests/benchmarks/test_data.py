from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.data import Source, find_source


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_random_data_has_mnists_shape_and_range(precision: str) -> None:
    data = Source(mnist=False, n_train=300, n_valid=40).load(precision)
    assert data.X_train.shape == (300, 784)
    assert data.X_valid.shape == (40, 784)
    assert data.X_train.dtype == data.X_valid.dtype == precision
    assert -1 <= data.X_train.min() < data.X_train.max() <= 1
    assert set(data.y_train) == set(range(10)) == set(range(data.n_classes))


def test_a_part_keeps_the_proportion_and_holds_nothing_else() -> None:
    source = Source(mnist=False, n_train=300, n_valid=60)
    whole, part = source.load("float32"), source.load("float32", n_train=100)
    assert (len(part.y_train), len(part.y_valid)) == (100, 20)
    np.testing.assert_array_equal(part.X_train, whole.X_train[:100])
    assert part.X_train.base is None


def test_mnist_is_taken_where_it_is_found(mnist_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLP_VIZ_DATA", str(mnist_folder))
    source = find_source()
    assert str(source) == "MNIST, 55,000 training and 5,000 validation samples"
    assert source.load("float32", n_train=11).X_valid.shape == (1, 784)
    assert not find_source(quick=True).mnist


def test_says_that_random_data_takes_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    assert str(find_source()) == "random data, 55,000 training and 5,000 validation samples"
    assert "MNIST was not found" in capsys.readouterr().out
