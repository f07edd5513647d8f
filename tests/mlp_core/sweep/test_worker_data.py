from __future__ import annotations

import dataclasses
import os
import pickle
import platform
from pathlib import Path

import numpy as np
import pytest

from mlp_core import open_dataset
from mlp_core.datasets.preparation import Preparation
from mlp_core.runs.record import DatasetReference
from mlp_core.sweep.worker_data import DataCache, MissingDataError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write(tmp_path / "mine.npz", 1)
    return tmp_path / "mine.npz"


def write(path: Path, seed: int) -> None:
    random = np.random.default_rng(seed)
    np.savez(path, X=random.integers(0, 256, (60, 16), np.uint8), y=np.arange(60) % 3)


def test_data_are_opened_once_for_each_precision() -> None:
    data, reference = DataCache(), DatasetReference.of(open_dataset("digits"))
    first = data(reference, "float32", None)
    assert data(reference, "float32", None) is first
    assert data(reference, "float64", None).training.X_train.dtype == np.float64
    assert first.X_test.dtype == np.float32
    assert len(first.X_test) == len(first.y_test)


def test_only_so_much_is_kept() -> None:
    references = [
        DatasetReference.of(open_dataset("digits", preparation=Preparation(scaling=scaling)))
        for scaling in ("lecture", "unit")
    ]
    roomy, narrow = DataCache(), DataCache(most_bytes=0)
    for cache, kept in ((roomy, True), (narrow, False)):
        first = cache(references[0], "float32", None)
        cache(references[1], "float32", None)
        assert (cache(references[0], "float32", None) is first) == kept


def test_a_worker_without_the_data_says_who_it_is_and_what_to_do(file: Path) -> None:
    reference = DatasetReference.of(open_dataset(file))
    file.unlink()
    with pytest.raises(MissingDataError, match=r"no such file") as raised:
        DataCache()(reference, "float64", None)
    told = str(raised.value)
    assert told.startswith(f"{reference.name}: ")
    assert all(word in told for word in (platform.node(), str(os.getpid()), str(file), "resume the sweep"))
    copy = pickle.loads(pickle.dumps(raised.value))
    assert (str(copy), copy.source) == (told, raised.value.source)


def test_a_data_set_of_ours_is_to_be_downloaded_there() -> None:
    digits = DatasetReference.of(open_dataset("digits"))
    mnist = dataclasses.replace(digits, name="MNIST", recipe=dataclasses.replace(digits.recipe, key="mnist"))
    with pytest.raises(MissingDataError, match=r"mlp-core data get mnist` on that machine"):
        DataCache()(mnist, "float64", None)


def test_other_data_under_the_same_name_are_refused(file: Path) -> None:
    reference = DatasetReference.of(open_dataset(file))
    write(file, 2)
    with pytest.raises(MissingDataError, match=f"other data under this name.*{reference.fingerprint[:12]}"):
        DataCache()(reference, "float64", None)
