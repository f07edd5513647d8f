from pathlib import Path

import pytest

from mlp_core.errors import MlpError
from mlp_core.output_file import check_can_be_written, writing


def test_what_cannot_be_written_is_told_before_the_work(tmp_path: Path) -> None:
    check_can_be_written(tmp_path / "new.json")
    with pytest.raises(MlpError, match="its folder does not exist"):
        check_can_be_written(tmp_path / "none" / "new.json")
    with pytest.raises(MlpError, match="this is a folder"):
        check_can_be_written(tmp_path)


def test_names_that_are_no_text_are_escaped(tmp_path: Path) -> None:
    with writing(tmp_path / "a.txt") as file:
        file.write("ä\udcff\n")
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "ä\\udcff\n"


def test_an_error_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(MlpError, match=r"none.a\.txt: cannot be written"), writing(tmp_path / "none" / "a.txt"):
        pass
