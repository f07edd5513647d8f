from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mlp_core.datasets import names, open_dataset
from mlp_core.datasets.catalogue import REMOTE_DATASETS, RemoteDataset, remote_dataset
from mlp_core.datasets.family import SOURCES, find_downloaded
from mlp_core.datasets.mnist import FILE_NAMES
from mlp_core.errors import DataError
from mlp_core.progress import Cancelled

each = pytest.mark.parametrize("remote", REMOTE_DATASETS, ids=lambda remote: remote.name)
FASHION = remote_dataset("fashion-mnist")


def idx(array: NDArray[Any]) -> bytes:
    return struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def write_folder(folder: Path, n_classes: int = 10, suffix: str = ".gz") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    images = np.zeros((120, 28, 28), np.uint8)
    labels = (np.arange(120) % n_classes).astype(np.uint8)
    for name in FILE_NAMES:
        data = idx(images if "images" in name else labels)
        (folder / f"{name}{suffix}").write_bytes(gzip.compress(data) if suffix else data)
    return folder


@each
def test_what_was_downloaded_is_opened_by_name(remote: RemoteDataset) -> None:
    assert remote.name in names()
    assert find_downloaded(remote.name) is None
    write_folder(remote.folder, len(remote.class_names))
    assert find_downloaded(remote.name)
    assert find_downloaded(remote.name) == remote.folder
    dataset = open_dataset(remote.name)
    assert dataset.key == remote.name
    assert dataset.class_names == remote.class_names
    assert (len(dataset.train), len(dataset.valid), len(dataset.test)) == (110, 10, 120)
    if remote.name != "mnist":  # which calls itself so only where it is
        assert dataset.name == remote.title
        assert dataset.source == remote.source


def test_every_data_set_of_the_catalogue_has_a_source() -> None:
    assert [source.name for source in SOURCES] == [remote.name for remote in REMOTE_DATASETS]


def test_places_are_searched_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given, environment = tmp_path / "given", tmp_path / "environment"
    monkeypatch.setenv("MLP_VIZ_DATA", str(environment))
    assert find_downloaded(FASHION.name, given) is None
    for folder in (FASHION.folder, environment / FASHION.name, given / FASHION.name):
        write_folder(folder, suffix="")
        assert find_downloaded(FASHION.name, given) == folder
    assert find_downloaded(FASHION.name) == environment / FASHION.name
    assert open_dataset(FASHION.name, given).class_names[9] == "Ankle boot"


def test_a_part_of_the_files_is_nothing() -> None:
    write_folder(FASHION.folder)
    file = FASHION.folder / f"{FILE_NAMES[3]}.gz"
    file.rename(file.with_name(f"{file.name}.part"))
    assert find_downloaded(FASHION.name) is None


def test_not_here_says_where_and_how(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        open_dataset(FASHION.name, tmp_path)
    for part in (
        "Fashion-MNIST is not here",
        str(tmp_path / FASHION.name),
        str(FASHION.folder),
        "`mlp-core data get fashion-mnist`",
        "Data menu",
        *FILE_NAMES,
    ):
        assert part in str(caught.value)


def test_files_of_another_data_set() -> None:
    write_folder(FASHION.folder, n_classes=11)
    with pytest.raises(DataError, match="labels go up to 10, but Fashion-MNIST has 10 classes"):
        open_dataset(FASHION.name)


def test_damaged_files() -> None:
    write_folder(FASHION.folder)
    (FASHION.folder / f"{FILE_NAMES[0]}.gz").write_bytes(b"damaged")
    with pytest.raises(DataError, match="no IDX file of images"):
        open_dataset(FASHION.name)


def test_cancelled() -> None:
    def progress(what: str, share: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        SOURCES[1].read(None, at_most=None, progress=progress)


def test_a_name_that_is_not_in_the_catalogue() -> None:
    with pytest.raises(DataError, match="'cifar'"):
        find_downloaded("cifar")


def test_a_place_that_may_not_be_read_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_folder(FASHION.folder)
    stat = Path.stat

    def refuse(path: Path, **options: bool) -> Any:
        if tmp_path in path.parents:
            raise PermissionError(13, "Permission denied")
        return stat(path, **options)

    monkeypatch.setattr(Path, "stat", refuse)
    assert find_downloaded(FASHION.name, tmp_path) == FASHION.folder
