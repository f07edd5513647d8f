from __future__ import annotations

from pathlib import Path

import pytest

from mlp_core.datasets.files import exists, file_names, is_file, is_folder, open_file, reading, unpacked_limit
from mlp_core.errors import DataError
from mlp_core.progress import Cancelled


def test_what_is_there(tmp_path: Path) -> None:
    file, link, gone = tmp_path / "file", tmp_path / "link", tmp_path / "gone"
    file.write_bytes(b"here")
    link.symlink_to(file)
    for path in (file, link):
        assert (exists(path), is_file(path), is_folder(path)) == (True, True, False)
    assert (exists(tmp_path), is_file(tmp_path), is_folder(tmp_path)) == (True, False, True)
    for path in (gone, file / "below", Path("a\0b")):
        assert (exists(path), is_file(path), is_folder(path)) == (False, False, False)
    with open_file(link) as opened:
        assert opened.read() == b"here"


def test_names_of_files_alone_sorted_and_none_that_is_hidden(tmp_path: Path) -> None:
    for name in ("b", "a", ".hidden"):
        (tmp_path / name).touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "broken").symlink_to(tmp_path / "gone")
    (tmp_path / "c").symlink_to(tmp_path / "a")
    assert file_names(tmp_path) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (FileNotFoundError(2, "gone"), "no such file or folder"),
        (PermissionError(13, "no"), "may not read"),
        (OSError(5, "Input/output error"), r"cannot be read \(Input/output error\)"),
        (MemoryError(), "does not fit into memory"),
    ],
)
def test_what_the_system_says_becomes_an_error_that_names_the_path(error: Exception, message: str) -> None:
    with pytest.raises(DataError, match=f"^here: .*{message}"), reading(Path("here")):
        raise error


def test_everything_else_passes_through() -> None:
    with pytest.raises(Cancelled), reading(Path("here")):
        raise Cancelled
    with pytest.raises(DataError, match=r"^inside: "), reading(Path("here")):
        raise DataError("inside", "said already.")


def test_compressed_files_may_claim_so_much() -> None:
    assert unpacked_limit(10) == 64 * 2**20
    assert unpacked_limit(10**9) == 200 * 10**9
