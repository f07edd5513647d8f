from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mlp_core.datasets import digits, open_dataset
from mlp_core.datasets.digits import digits_dataset
from mlp_core.datasets.npz import read_arrays
from mlp_core.errors import DataError
from mlp_core.resources import resource_path


def test_the_file_is_what_scikit_learn_carries() -> None:
    load_digits = pytest.importorskip("sklearn.datasets").load_digits
    arrays = read_arrays(resource_path("digits/digits.npz"), ("X", "y"))
    X, y = load_digits(return_X_y=True)
    assert arrays["X"].dtype == np.uint8
    np.testing.assert_array_equal(arrays["X"], X)
    np.testing.assert_array_equal(arrays["y"], y)


def test_splits_hold_every_image_once() -> None:
    data = digits_dataset()
    arrays = read_arrays(resource_path("digits/digits.npz"), ("X", "y"))
    splits = (data.train, data.valid, data.test)
    assert [len(split) for split in splits] == [1197, 200, 400]
    rows = np.concatenate([np.column_stack([split.X, split.y]) for split in splits])
    whole = np.column_stack([arrays["X"], arrays["y"]])
    np.testing.assert_array_equal(rows[np.lexsort(rows.T)], whole[np.lexsort(whole.T)])


def test_each_split_has_each_digit_in_its_share() -> None:
    data = digits_dataset()
    counts = np.array([np.bincount(split.y, minlength=10) for split in (data.train, data.valid, data.test)])
    shares = counts.sum(axis=0) * np.array([[1197], [200], [400]]) / 1797
    assert np.abs(counts - shares).max() <= 1.5


def test_what_it_says_of_itself() -> None:
    data = digits_dataset()
    assert (data.key, data.name) == ("digits", "Handwritten digits 8×8 (UCI)")
    for part in ("UCI", "Alpaydin", "Kaynak", "CC BY 4.0"):
        assert part in data.source
    assert data.image_shape == (8, 8)
    assert data.pixel_range == (0.0, 16.0)
    assert data.class_names == tuple("0123456789")
    assert (data.scaled(data.train.X).min(), data.scaled(data.train.X).max()) == (-1, 1)
    for split in (data.train, data.valid, data.test):
        assert split.y.dtype.name == "int64"
        assert not split.X.flags.writeable
        assert not split.y.flags.writeable


def test_the_same_splits_every_time() -> None:
    assert digits_dataset().fingerprint() == digits_dataset().fingerprint()
    np.testing.assert_array_equal(digits_dataset().train.y[:12], TRAIN_BEGINS)


TRAIN_BEGINS = [3, 1, 5, 6, 4, 9, 7, 0, 2, 8, 3, 1]


def test_a_wrong_file_says_to_install_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digits, "resource_path", lambda name: tmp_path / name)
    with pytest.raises(DataError, match="no such file"):
        digits_dataset()
    (tmp_path / "digits").mkdir()
    np.savez(tmp_path / "digits/digits.npz", X=np.zeros((3, 64)), y=np.zeros(3))
    with pytest.raises(DataError, match="Install mlp-viz again"):
        digits_dataset()


@pytest.mark.parametrize("second_core", [True, False])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_many_rows_are_scaled_as_few_are(dtype: str, second_core: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlp_core.datasets.dataset.has_second_core", lambda: second_core)
    data = open_dataset("digits")
    few, many = data.train.X[:500], np.tile(data.train.X[:500], (13, 1))[:6400]
    scaled = data.scaled(many, dtype)
    assert scaled.dtype == dtype
    np.testing.assert_array_equal(scaled, np.tile(data.scaled(few, dtype), (13, 1))[:6400])
