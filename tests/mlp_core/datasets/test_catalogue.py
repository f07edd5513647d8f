from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from platformdirs import user_cache_path

from mlp_core.datasets.catalogue import REMOTE_DATASETS, RemoteDataset, megabytes, remote_dataset
from mlp_core.datasets.mnist import FILE_NAMES, mnist_cache_folder
from mlp_core.errors import DataError

each = pytest.mark.parametrize("remote", REMOTE_DATASETS, ids=lambda remote: remote.name)


def test_the_names() -> None:
    names = [remote.name for remote in REMOTE_DATASETS]
    assert names == ["mnist", "fashion-mnist", "kmnist", "emnist-digits", "emnist-letters"]
    assert [remote_dataset(name).name for name in names] == names


@each
def test_what_a_data_set_says_of_itself(remote: RemoteDataset) -> None:
    assert all((remote.title, remote.description, remote.source))
    assert len(set(remote.class_names)) == len(remote.class_names) == (26 if remote.name == "emnist-letters" else 10)
    for file in remote.files:
        assert re.fullmatch("[0-9a-f]{64}", file.sha256)
        assert file.n_bytes > 0
    assert remote.n_bytes == sum(file.n_bytes for file in remote.files)
    if not remote.archive:
        assert [file.name for file in remote.files] == [f"{name}.gz" for name in FILE_NAMES]


@each
def test_mirrors_are_the_addresses_of_folders(remote: RemoteDataset) -> None:
    assert remote.mirrors
    for mirror in remote.mirrors:
        address = urlsplit(mirror)
        assert address.scheme in ("http", "https")
        assert address.netloc
        assert mirror.endswith("/")
        assert "lecun" not in address.netloc  # answers 403


def test_sums_differ_from_file_to_file() -> None:
    sums = {(file.name, file.sha256) for remote in REMOTE_DATASETS for file in remote.files}
    assert len({total for _, total in sums}) == len(sums) == 13


def test_the_folders() -> None:
    assert remote_dataset("mnist").folder == remote_dataset("mnist").download_folder == mnist_cache_folder()
    letters, digits = remote_dataset("emnist-letters"), remote_dataset("emnist-digits")
    assert letters.folder == user_cache_path("mlp-viz") / "emnist-letters"
    assert letters.download_folder == digits.download_folder == user_cache_path("mlp-viz") / "emnist"


def test_another_name() -> None:
    with pytest.raises(DataError, match=r"'cifar': no data set of this name can be downloaded\. These can: mnist, "):
        remote_dataset("cifar")


def test_megabytes() -> None:
    assert megabytes(remote_dataset("mnist").n_bytes) == "11.6"
    assert megabytes(1_234_567_890) == "1,234.6"
