from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mlp_core.datasets import csv_table, open_dataset, read_collection
from mlp_core.datasets.csv_file import csv_collection, csv_folder_collection
from mlp_core.datasets.idx import read_images, read_labels
from mlp_core.errors import DataError, TooLargeError
from mlp_core.progress import Cancelled

RANDOM = np.random.RandomState(0)
X = RANDOM.randint(0, 256, (40, 4)) * (RANDOM.rand(40, 4) < 0.5)
y = RANDOM.permutation(40) % 4


def rows(labels_last: bool = False, delimiter: str = ",", n: int = 40) -> list[str]:
    columns = [X, y[:, None]] if labels_last else [y[:, None], X]
    return [delimiter.join(map(str, row)) for row in np.hstack(columns)[:n].tolist()]


def written(folder: Path, lines: list[str], name: str = "my.csv", end: str = "\n") -> Path:
    path = folder / name
    path.write_bytes((end.join(lines) + end).encode())
    return path


@pytest.mark.parametrize("labels_last", [False, True], ids=["label first", "label last"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
@pytest.mark.parametrize("header", ["", "label", "kind"], ids=["no header", "header", "header with a word of its own"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_every_usual_form(tmp_path: Path, labels_last: bool, delimiter: str, header: str, end: str) -> None:
    names = [f"pixel{at}" for at in range(4)]
    names.insert(4 if labels_last else 0, header)
    lines = ([delimiter.join(names)] if header else []) + rows(labels_last, delimiter)
    collection = csv_collection(written(tmp_path, lines, end=end), "key")
    np.testing.assert_array_equal(collection.train.X, X)
    np.testing.assert_array_equal(collection.train.y, y)
    assert collection.train.X.dtype == np.uint8
    assert (collection.key, collection.name, collection.test) == ("key", "my", None)
    assert collection.class_names == ("0", "1", "2", "3")
    assert collection.image_shape == (2, 2)
    assert collection.pixel_range == (0, 255)


def test_a_label_in_the_middle_where_the_header_says_so(tmp_path: Path) -> None:
    lines = ["a1,a2,Class,a3,a4"] + [f"{a},{b},{label},{c},{d}" for (a, b, c, d), label in zip(X, y, strict=True)]
    collection = csv_collection(written(tmp_path, lines), "key")
    np.testing.assert_array_equal(collection.train.X, X)
    np.testing.assert_array_equal(collection.train.y, y)


def test_a_header_of_numbers_as_pandas_writes_it(tmp_path: Path) -> None:
    lines = [",".join(map(str, range(10)))] + [f"{label}," + ",".join(["0"] * 9) for label in y]
    np.testing.assert_array_equal(csv_collection(written(tmp_path, lines), "key").train.y, y)


def test_rectangles_by_their_header(tmp_path: Path) -> None:
    lines = ["label,1x1,1x2,1x3,2x1,2x2,2x3", "0,1,2,3,4,5,6", "1,2,3,4,5,6,7"]
    assert csv_collection(written(tmp_path, lines), "key").image_shape == (2, 3)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_labels_that_are_texts(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.csv").write_bytes('"Größe";0;1;2;3\n"b; ""c""";1;2;3;4\n é ;1;2;3;4\n'.encode(encoding))
    collection = csv_collection(tmp_path / "a.csv", "key")
    assert collection.class_names == ("Größe", 'b; "c"', "é")
    assert collection.train.y.tolist() == [0, 1, 2]


def test_quoted_numbers(tmp_path: Path) -> None:
    lines = ['"' + line.replace(",", '","') + '"' for line in rows()]
    np.testing.assert_array_equal(csv_collection(written(tmp_path, lines), "key").train.X, X)


def test_numbers_of_every_kind(tmp_path: Path) -> None:
    lines = ["label,a0,a1,a2,a3", "1.0,0.5, 1e-1,.25,1", "2.000e+00,+0,-0.5,0,00.5", "", "1, 0,1,1,0 "]
    collection = csv_collection(written(tmp_path, lines), "key")
    np.testing.assert_array_equal(collection.train.X, [[0.5, 0.1, 0.25, 1], [0, -0.5, 0, 0.5], [0, 1, 1, 0]])
    assert collection.class_names == ("1", "2")
    assert collection.pixel_range == (-1, 1)


def test_pixels_of_sixteen_bits(tmp_path: Path) -> None:
    collection = csv_collection(written(tmp_path, ["label,a0", "0,65535", "1,999", "0,0"]), "key")
    assert collection.train.X.ravel().tolist() == [65535, 999, 0]
    assert collection.pixel_range == (0, 65535)


def test_many_blocks_and_small_ones_between_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_table, "_BLOCK", 50)
    lines = rows()
    lines[17] = "3,0.5,0,0,0"
    collection = csv_collection(written(tmp_path, lines), "key")
    assert collection.train.X[17].tolist() == [0.5, 0, 0, 0]
    np.testing.assert_array_equal(np.delete(collection.train.X, 17, 0), np.delete(X, 17, 0))


def test_a_corner_that_is_almost_always_black_is_no_label(tmp_path: Path) -> None:
    corner = np.zeros(40, int)
    corner[3] = 1
    lines = [f"{a},5,5,5,{label}" for a, label in zip(corner, y, strict=True)]
    collection = csv_collection(written(tmp_path, lines), "key")
    np.testing.assert_array_equal(collection.train.y, y)
    np.testing.assert_array_equal(collection.train.X[:, 0], corner)


@pytest.mark.parametrize("labels_last", [False, True])
def test_labels_are_told_from_pixels_that_are_ink_or_none(tmp_path: Path, labels_last: bool) -> None:
    ink = RANDOM.randint(0, 2, (40, 4))
    lines = [
        ",".join(map(str, [*image, label] if labels_last else [label, *image]))
        for image, label in zip(ink, y, strict=True)
    ]
    np.testing.assert_array_equal(csv_collection(written(tmp_path, lines), "key").train.y, y)


def test_a_doubt_which_column_has_the_labels_is_told(tmp_path: Path) -> None:
    ink = RANDOM.randint(0, 2, (40, 5))
    collection = csv_collection(written(tmp_path, [",".join(map(str, row)) for row in ink.tolist()]), "key")
    assert collection.remarks.startswith("The first column was taken for the labels, but the last one may have them")
    named = ["a1,a2,a3,a4,label", *(",".join(map(str, row)) for row in ink.tolist())]
    collection = csv_collection(written(tmp_path, named), "key")
    np.testing.assert_array_equal(collection.train.y, ink[:, 4])
    assert collection.remarks == ""


@pytest.mark.parametrize(("n", "taken", "other"), [(20, "first", "last"), (19, "last", "first")])
def test_few_digits_leave_a_doubt(tmp_path: Path, n: int, taken: str, other: str) -> None:
    lines = [f"{at % 10},9,16,0,{at % 3 // 2}" for at in range(n)]
    collection = csv_collection(written(tmp_path, lines), "key")
    assert collection.remarks.startswith(f"The {taken} column was taken for the labels, but the {other} one may")
    assert "Name the column of labels 'label' in a header" in collection.remarks


def test_where_there_is_no_doubt_nothing_is_told(tmp_path: Path) -> None:
    black = [f"{label},5,5,5,{int(at == 3)}" for at, label in enumerate(y.tolist())]
    beyond = [f"{label},1,1,0,{at % 2}" for at, label in enumerate(y.tolist())]
    for lines in (black, beyond, ["cat,1", "dog,0"]):
        assert csv_collection(written(tmp_path, lines), "key").remarks == ""


def test_texts_last_of_two_columns(tmp_path: Path) -> None:
    collection = csv_collection(written(tmp_path, ["0.5,cat", "3,dog"]), "key")
    assert (collection.class_names, collection.train.X.tolist()) == (("cat", "dog"), [[0.5], [3]])


REFUSED = {
    "empty": ("", "the file is empty"),
    "blank": ("\n \n\r\n", "the file is empty"),
    "header only": ("label,a0\n", "no rows"),
    "header too long": ("label,a0,a1\n1,2\n", "line 2 has 2 cells, the header 3"),
    "short row": ("1,0,0,0,0\n\n2,0,0,0\n", "line 3 has 4 cells, the first row 5"),
    "long row": ("1,0,0,0,0\n2,0,0,0,0,\n", "line 2 has 6 cells, the first row 5"),
    "empty cell": ("1,0,0,0,0\n2,0,,0,0\n", "line 2, column 3: it is empty"),
    "blank cell": ("1,0,0,0,0\n2,0, ,0,0\n", "line 2, column 3: it is empty"),
    "text cell": ("1,0,0,0,0\n2,0,x,0,0\n", "line 2, column 3: 'x' is no number"),
    "two numbers": ("1,0,0,0,0\n2,0,1 2,0,0\n", "line 2, column 3: '1 2' is no number"),
    "underscore": ("1,0,0,0,0\n2,0,1_2,0,0\n", "'1_2' is no number"),
    "NaN": ("1,0,0,0,0\n2,0,NaN,0,0\n", "line 2, column 3: 'NaN' is no number"),
    "inf": ("1,0,0,0,0\n2,0,-inf,0,0\n", "'-inf' is no number"),
    "beyond floats": ("1,0,0,0,0\n2,0,1e999,0,0\n", "too large for a pixel"),
    "beyond floats in a corner": ("a,0,0,0,0\nb,0,0,0,1e999\n", "too large for a pixel"),
    "no label": ("label,a0\n1,0\n,0\n", "line 3: its label is empty"),
    "label NaN": ("label,a0\n1,0\nnan,0\n", "NaN or inf among its labels"),
    "label of half": ("label,a0\n1,0\n1.5,0\n", "no whole numbers"),
    "label endless": ("label,a0\n1,0\n" + "x" * 300 + ",0\n", "line 3: its label is far too long"),
    "no squares": ("1,0,0\n2,0,0\n", "3 cells; a label and the pixels of a square image were expected"),
    "one column": ("1\n2\n", "1 cells; a label and the pixels"),
    "texts first and last": ("a,0,0,0,x\nb,0,0,0,y\n", "both the first and the last column have texts"),
    "neither a label": ("0.5,0,0,0,0.1\n0.6,0,0,0,0.2\n", "cannot be told which column has the labels"),
    "a flood of blank lines": ("1,0,0,0,0\n" + "\n" * 20_000, "10,000 blank lines before line 10002"),
    "too many classes": ("".join(f"n{at},0\n" for at in range(1001)), "1,001 classes"),
    "one class": ("label,a0\n1,0\n1,0\n", "only 1 class"),
    "quote open": ('1,0,0,0,0\n"2,0,0,0,0\n', "line 2: its quotes do not match"),
    "delimiter in a pixel": ('label,a0\n1,"0,5"\n2,0\n', "line 2: a pixel with ','"),
    "UTF-16": ("1,0\n2,0\n".encode("utf-16").decode("latin-1"), "no text in UTF-8"),
    "zero byte": ("1,0,0,0,0\n2,0,\0,0,0\n", "line 2 is no text"),
    "old line ends": ("1,0\r2,0\r", "another line end inside"),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_tables_that_do_not_fit_name_the_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(DataError) as caught:
        read_collection(path)
    assert message in str(caught.value)
    assert caught.value.source == str(path)


def test_a_line_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_table, "_LONGEST_LINE", 1000)
    with pytest.raises(DataError, match="line 2 is longer than any image"):
        csv_collection(written(tmp_path, ["1,0", "2," + "0" * 1000]), "key")


@pytest.mark.parametrize("given", ["mnist_train.csv", "mnist_val.csv", "mnist_test.csv", ""])
def test_the_splits_of_a_data_set(tmp_path: Path, given: str) -> None:
    written(tmp_path, rows(), "mnist_train.csv")
    written(tmp_path, rows(n=7), "mnist_test.csv")
    written(tmp_path, rows(n=9)[5:], "mnist_val.csv")
    written(tmp_path, ["0,0,0,0,0"], "other_test.csv")
    collection = read_collection(tmp_path / given)
    np.testing.assert_array_equal(collection.train.X, X)
    assert collection.valid is not None
    assert collection.test is not None
    np.testing.assert_array_equal(collection.valid.X, X[5:9])
    np.testing.assert_array_equal(collection.test.X, X[:7])
    np.testing.assert_array_equal(collection.test.y, y[:7])
    assert (collection.name, collection.remarks) == ("mnist" if given else tmp_path.name, "")
    assert read_collection(tmp_path / given, at_most=25).sizes == (18, 2, 3)


def test_a_validation_set_without_its_training_set_is_one_to_train_on(tmp_path: Path) -> None:
    written(tmp_path, rows(n=7), "mnist_test.csv")
    assert csv_collection(written(tmp_path, rows(), "mnist_val.csv"), "key").sizes == (40, None, None)


def test_the_test_sets_labels_are_in_the_same_column(tmp_path: Path) -> None:
    written(tmp_path, rows(labels_last=True), "train.csv")
    written(tmp_path, ["1,0,0,0,3", "2,0,0,0,3"], "test.csv")
    collection = csv_folder_collection(tmp_path, "key")
    assert collection.test is not None
    assert collection.test.y.tolist() == [3, 3]
    assert collection.test.X.tolist() == [[1, 0, 0, 0], [2, 0, 0, 0]]


@pytest.mark.parametrize(
    ("test", "difference"),
    [
        (["pixel0,pixel1,pixel2,pixel3", "0,0,0,0"], "it has 4 columns, train.csv has 5"),
        (["pixel0,pixel1,pixel2,pixel3,label", "0,0,0,0,1"], "it has not the header of train.csv"),
        ([""], "the file is empty"),
    ],
)
def test_a_table_beside_that_does_not_fit_is_not_left_out_silently(
    tmp_path: Path, test: list[str], difference: str
) -> None:
    train = written(tmp_path, ["label,pixel0,pixel1,pixel2,pixel3", *rows()], "train.csv")
    written(tmp_path, test, "test.csv")
    collection = csv_collection(train, "key")
    assert collection.test is None
    assert collection.remarks.startswith("test.csv beside it was not used: ")
    assert difference in collection.remarks
    with pytest.raises(DataError, match=difference if len(test) > 1 else "were expected in it"):
        csv_folder_collection(tmp_path, "key")


def test_about_so_many_rows_and_no_more(tmp_path: Path) -> None:
    path = written(tmp_path, ["label,a0,a1,a2,a3", *rows()])
    few = csv_collection(path, "key", at_most=10)
    assert 9 <= len(few.train) <= 10
    assert few.name == f"my · {len(few.train)} samples"
    known = {(*image, label) for image, label in zip(X.tolist(), y.tolist(), strict=True)}
    names = [int(name) for name in few.class_names]
    assert {(*image, names[label]) for image, label in zip(few.train.X.tolist(), few.train.y, strict=True)} <= known
    assert len(csv_collection(path, "key", at_most=1000).train) == 40


def test_too_large_is_told_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, rows())

    def refuse(source: Path, n_samples: int, sample_bytes: int, n_features: int) -> None:
        assert (source, n_features) == (path, 4)
        if n_samples > 20:
            raise TooLargeError(source, "too large", 20)

    monkeypatch.setattr("mlp_core.datasets.csv_file.check_fits", refuse)
    with monkeypatch.context() as patch:
        patch.setattr("mlp_core.datasets.csv_file.read_table", None)
        with pytest.raises(TooLargeError):
            csv_collection(path, "key")
    assert len(csv_collection(path, "key", at_most=20).train) <= 20


def test_progress_and_cancelling(tmp_path: Path) -> None:
    path = written(tmp_path, rows())
    told: list[tuple[str, float]] = []
    csv_collection(path, "key", progress=lambda what, share: told.append((what, share)))
    assert {what for what, _ in told} == {"Counting the rows of my.csv", "Reading my.csv"}
    assert all(0 <= share <= 1 for _, share in told)

    def cancel(what: str, share: float) -> None:
        if what.startswith("Reading"):
            raise Cancelled

    with pytest.raises(Cancelled):
        csv_collection(path, "key", progress=cancel)


def test_a_table_of_mnist_is_mnist(tmp_path: Path, mnist_folder: Path) -> None:
    images = read_images(next(mnist_folder.glob("t10k-images*")))[:2000].reshape(2000, 784)
    labels = read_labels(next(mnist_folder.glob("t10k-labels*")))[:2000]
    path = tmp_path / "mnist"
    np.savetxt(path, np.column_stack([images, labels]), "%d", ",")
    data = open_dataset(path)
    together = np.vstack([np.column_stack([split.X, split.y]) for split in (data.train, data.valid, data.test)])
    expected = np.column_stack([images, labels])
    np.testing.assert_array_equal(together[np.lexsort(together.T)], expected[np.lexsort(expected.T)])
