from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mlp_core.datasets import overview as overview_module
from mlp_core.datasets.dataset import Dataset, Split
from mlp_core.datasets.digits import digits_dataset
from mlp_core.datasets.mnist import mnist_dataset
from mlp_core.datasets.overview import SPLITS, Overview, samples_of_class
from mlp_core.progress import Cancelled


def made_up(
    X: NDArray[np.generic], y: list[int], n_classes: int, shape: tuple[int, int], white: float = 255
) -> Dataset:
    """Return a data set of these training samples; the other splits are empty."""
    train = Split(X, np.array(y))
    none = Split(X[:0], train.y[:0])
    names = tuple(map(str, range(n_classes)))
    return Dataset("d", "D", "made up", shape, names, (0, white), train, none, none)


def test_each_split_is_counted() -> None:
    data = digits_dataset()
    overview = Overview.of(data)
    assert overview.counts.shape == (3, 10)
    for row, split in zip(overview.counts, SPLITS, strict=True):
        np.testing.assert_array_equal(row, [(getattr(data, split).y == label).sum() for label in range(10)])


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32])
@pytest.mark.parametrize("at_once", [1, 1000, 2**22])
def test_means_are_those_of_the_training_images(
    dtype: type[np.generic], at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview_module, "_AT_ONCE", at_once)
    X = np.random.RandomState(0).randint(0, 17, (40, 6)).astype(dtype)
    y = np.arange(40) % 3
    overview = Overview.of(made_up(X, y.tolist(), 3, (2, 3), 16))
    expected = [X[y == label].mean(axis=0) / 16 * 255 for label in range(3)]
    np.testing.assert_allclose(overview.means, np.reshape(expected, (3, 2, 3)), atol=0.5001)


def test_the_first_sample_of_each_class() -> None:
    overview = Overview.of(made_up(np.zeros((5, 1), np.uint8), [3, 1, 3, 0, 1], 5, (1, 1)))
    assert overview.first.tolist() == [3, 1, -1, 0, -1]
    assert not overview.means[[2, 4]].any()


def test_nobody_can_write_to_it() -> None:
    overview = Overview.of(digits_dataset())
    for array in (overview.counts, overview.means, overview.first):
        assert not array.flags.writeable


def test_large_images_of_many_classes_take_little_memory() -> None:
    X = np.full((20, 1024 * 1024), 100, np.uint8)
    data = made_up(X, list(range(0, 1000, 50)), 1000, (1024, 1024))
    tracemalloc.start()
    overview = Overview.of(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert overview.means.shape == (1000, 171, 171)
    assert (overview.means[50] == 100).all()
    assert peak < 60e6


def test_it_tells_how_far_it_is_and_can_be_called_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overview_module, "_AT_ONCE", 64 * 10)
    shares: list[float] = []

    def until_half(what: str, share: float) -> None:
        shares.append(share)
        if share > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        Overview.of(digits_dataset(), until_half)
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert len(shares) > 50


@pytest.mark.parametrize("split", SPLITS)
def test_samples_of_a_class(split: str) -> None:
    data = digits_dataset()
    found = [samples_of_class(data, split, label) for label in range(10)]
    for label, indices in enumerate(found):
        assert (getattr(data, split).y[indices] == label).all()
        assert (np.diff(indices) > 0).all()
    assert sum(map(len, found)) == len(getattr(data, split))


def test_mnist(mnist_folder: Path) -> None:
    overview = Overview.of(mnist_dataset(mnist_folder))
    in_all = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert overview.counts[:2].sum(axis=0).tolist() == in_all
    assert overview.counts[2].tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert overview.counts.sum(axis=1).tolist() == [55_000, 5_000, 10_000]
    assert overview.first.tolist() == [1, 3, 5, 7, 2, 0, 13, 15, 17, 4]
    assert overview.means.shape == (10, 28, 28)
    assert overview.means[0, 14, 14] < 30 < 150 < overview.means[1, 14, 14]  # a ring is dark where a stroke is bright
