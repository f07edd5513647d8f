from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from mlp_core.datasets.stroke_styles import Style, digit_strokes_path, read_styles
from mlp_core.errors import DataError

OTHERS = "".join(f"digit {digit}\nstyle 1 plain\n 0,0 50,100\n" for digit in range(1, 10))


def read(folder: Path, zero: str) -> list[Style]:
    """Read a file in which the digit 0 is as told and the others are plain."""
    path = folder / "strokes.txt"
    path.write_text(f"{zero}\n{OTHERS}", encoding="utf-8")
    return [style for style in read_styles(path) if style.digit == 0]


def test_a_style_is_read_as_it_is_written(tmp_path: Path) -> None:
    bar, plain = read(
        tmp_path,
        "# a comment\ndigit 0\nstyle 2.5 with bar  # another\n  0,0 100,-10! 50,100 | 10,50.5 90,50\n"
        "  0,1 100,0! 50,99 | 10,50 90,51\n\nstyle .5 plain\n0,0 0,100",
    )
    assert (bar.digit, bar.name, bar.weight) == (0, "with bar", 2.5)
    assert bar.pieces == ((0, 1), (1, 2), (3, 4))
    assert bar.masters.shape == (2, 5, 2)
    assert bar.masters[0].tolist() == [[0, 0], [1, -0.1], [0.5, 1], [0.1, 0.505], [0.9, 0.5]]
    assert not bar.masters.flags.writeable
    assert (plain.name, plain.weight, plain.pieces) == ("plain", 0.5, ((0, 1),))


@pytest.mark.parametrize(
    ("zero", "message"),
    [
        ("style 1 plain", "line 1: a style belongs below its digit"),
        ("0,0 1,1", "line 1: points belong below a style"),
        ("digit 0\n0,0 1,1", "line 2: points belong below a style"),
        ("digit 10", "line 1: one digit was expected, but there is '10'"),
        ("digit", "line 1: one digit was expected"),
        ("digit ²", "line 1: one digit was expected"),
        ("digit 0\nstyle plain", "line 2: 'plain' is no number"),
        ("digit 0\nstyle 1", "line 2: a weight above 0 and a name"),
        ("digit 0\nstyle", "line 2: a weight above 0 and a name"),
        ("digit 0\nstyle 0 plain", "line 2: a weight above 0 and a name"),
        ("digit 0\nstyle nan plain", "line 2: 'nan' is no number"),
        ("digit 0\nstyle 1 a\n0,0 1,1\nstyle 1 a", "line 4: the digit 0 has a style 'a' already"),
        ("digit 0\nstyle 1 a\nstyle 1 b", "line 3: the style 'a' of the digit 0 ends without points"),
        ("digit 0\nstyle 1 a\n0,0", "line 3: a stroke has 1 points"),
        ("digit 0\nstyle 1 a\n0,0 1,1 |", "line 3: a stroke has 0 points"),
        ("digit 0\nstyle 1 a\n0,0 1", "line 3: '1' is no point"),
        ("digit 0\nstyle 1 a\n0,0 1,2,3", "line 3: '1,2,3' is no point"),
        ("digit 0\nstyle 1 a\n0,0 x,2", "line 3: 'x' is no number"),
        ("digit 0\nstyle 1 a\n0,0 inf,2", "line 3: 'inf' is no number"),
        ("digit 0\nstyle 1 a\n0,0 2,1e9", "line 3: '1e9' is no number"),
        ("digit 0\nstyle 1 a\n0,0! 1,1", "line 3: the first and the last point of a stroke cannot be corners"),
        ("digit 0\nstyle 1 a\n0,0 1,1!", "line 3: the first and the last point of a stroke cannot be corners"),
        ("digit 0\nstyle 1 a\n0,0 1,1 1,1", "line 3: a point is the same as the one before it"),
        ("digit 0\nstyle 1 a\n0,0 1,1\n0,0 1,1 2,2", "line 4: this master has other points, corners or strokes"),
        ("digit 0\nstyle 1 a\n0,0 1,1! 2,2\n0,0 1,1 2,2", "line 4: this master has other points"),
        ("digit 0\nstyle 1 a\n0,0 1,1 2,2 3,3\n0,0 1,1 | 2,2 3,3", "line 4: this master has other points"),
        ("", "has no style of the digit 0"),
    ],
)
def test_the_line_that_is_wrong_is_named(tmp_path: Path, zero: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        read(tmp_path, zero)
    assert caught.value.source == str(tmp_path / "strokes.txt")


def test_a_file_that_is_missing_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_styles(tmp_path / "strokes.txt")
    (tmp_path / "strokes.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="no text in UTF-8"):
        read_styles(tmp_path / "strokes.txt")


def test_the_digits_that_come_with_the_project_have_several_styles_each() -> None:
    assert digit_strokes_path().with_name("SOURCE.md").is_file()
    styles = read_styles()
    for digit in range(10):
        assert sum(style.digit == digit for style in styles) >= 4
    named = {(style.digit, style.name) for style in styles}
    for digit, name in (
        (1, "plain"),
        (1, "with serif and base"),
        (2, "with loop"),
        (7, "with bar"),
        (9, "curled foot"),
    ):
        assert (digit, name) in named
    for style in styles:
        for start, stop in style.pieces:
            assert all((style.masters[:, a] != style.masters[:, b]).any() for a, b in pairwise(range(start, stop + 1)))
        lengths = style.masters.max(axis=1) - style.masters.min(axis=1)
        assert (lengths.max(axis=1) > 0.8).all()
