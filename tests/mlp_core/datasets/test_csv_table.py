from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mlp_core.datasets.csv_table import Column, Table, looks_like_a_table, read_table, survey


def written(folder: Path, text: str) -> Path:
    path = folder / "table"
    path.write_bytes(text.encode())
    return path


def nothing(share: float) -> None:
    assert 0 <= share <= 1


@pytest.mark.parametrize(
    ("text", "delimiter", "header", "n_columns", "whole"),
    [
        ("1,2,3\n4,5,6", b",", None, 3, True),
        ("1;2.5;3\n", b";", None, 3, False),
        ("label\ta\tb\n1\t2\t3\n", b"\t", ("label", "a", "b"), 3, True),
        ("cat,2,3\n", b",", None, 3, True),
        ("2,3,cat\n", b",", None, 3, True),
        ('"a,b",2,"3"\n', b",", None, 3, True),
        ("a,\nb,1\n", b",", None, 2, True),
        ("0,1,2,3,4,5,6,7,8,9\n0,0,0,0,0,0,0,0,0,1\n", b",", tuple("0123456789"), 10, True),
        ("0,1,2,3\n0,0,0,0\n", b",", None, 4, True),
        ("1,1000,0\n", b",", None, 3, False),
    ],
)
def test_how_a_table_is_made_up(
    tmp_path: Path, text: str, delimiter: bytes, header: tuple[str, ...] | None, n_columns: int, whole: bool
) -> None:
    table = survey(written(tmp_path, text), nothing)
    assert (table.delimiter, table.header, table.n_columns, table.whole) == (delimiter, header, n_columns, whole)


def test_blank_lines_do_not_count_as_more_rows_than_there_can_be(tmp_path: Path) -> None:
    assert survey(written(tmp_path, "1,2,3\n" * 5), nothing).n_rows in (5, 6)
    assert survey(written(tmp_path, "1,2,3\n" + "\n" * 600), nothing).n_rows <= 607 // 5 + 1


@pytest.mark.parametrize("apart", [(0,), (3,), (1,), (0, 3)])
@pytest.mark.parametrize("rows", [None, np.array([0, 2])])
def test_columns_that_are_kept_apart(tmp_path: Path, apart: tuple[int, ...], rows: np.ndarray | None) -> None:
    values = np.array([[1, 20, 255, 4], [5, 6, 7, 8], [0, 0, 10, 100]])
    path = written(tmp_path, "".join(",".join(map(str, row)) + "\n\n" for row in values.tolist()))
    columns, pixels = read_table(Table(path, b",", None, 4, 6, True), apart, rows, nothing)
    kept = values if rows is None else values[rows]
    np.testing.assert_array_equal(pixels, np.delete(kept, apart, axis=1))
    for at, column in zip(apart, columns, strict=True):
        np.testing.assert_array_equal(column.values(), kept[:, at])


def test_cells_of_a_column() -> None:
    column = Column()
    for cell in (b"1", b"2.0", b"1", b" 3"):
        column.add(cell)
    assert column.are_numbers()
    assert column.values().tolist() == [1, 2, 1, 3]
    assert column.counts().tolist() == [2, 1, 1]
    column.add(b"x")
    assert column.values().tolist() == [b"1", b"2.0", b"1", b"3", b"x"]


@pytest.mark.parametrize(
    ("text", "it_is"),
    [
        ("1,2,3\n", True),
        ("label,a,b\ncat,1,2\n", True),
        ('"1";"2";"3"', True),
        ("1,2,3\n" * 20_000, True),
        ("", False),
        ("Dear reader, this, and that\n", False),
        ("1\n2\n", False),
        ("\0\0\x08\x03,1,2\n", False),
        ("{'a': 1, 'b': 2}\n", False),
    ],
)
def test_whether_it_looks_like_a_table(tmp_path: Path, text: str, it_is: bool) -> None:
    assert looks_like_a_table(written(tmp_path, text)) == it_is
