from __future__ import annotations

import pytest

from mlp_core.datasets.array_names import Layout, Pair, layout_beside, layout_of, role_of
from mlp_core.errors import DataError


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("X_train", ("train", "images", "")),
        ("x_test", ("test", "images", "")),
        ("ytrain", ("train", "labels", "")),
        ("testX", ("test", "images", "")),
        ("trainLabels", ("train", "labels", "")),
        ("val_images", ("valid", "images", "")),
        ("data", ("", "images", "")),
        ("target", ("", "labels", "")),
        ("image_labels", ("", "labels", "")),
        ("class_names", ("", "names", "")),
        ("target_names", ("", "names", "")),
        ("feature_names", ("", "", "feature-names")),
        ("t10k-images-idx3-ubyte.gz", ("test", "images", "")),
        ("train-labels.idx1-ubyte", ("train", "labels", "")),
        ("emnist-digits-train-images-idx3-ubyte", ("train", "images", "emnist-digits")),
        ("X_train.npy", ("train", "images", "")),
        ("mnist_test", ("test", "", "mnist")),
        ("", ("", "", "")),
        ("\0…", ("", "", "\0…")),
    ],
)
def test_what_a_name_says(name: str, role: tuple[str, str, str]) -> None:
    assert role_of(name) == role


@pytest.mark.parametrize(
    ("names", "layout"),
    [
        (["X", "y"], Layout({"train": Pair("X", "y")})),
        (["X", "y", "X_test", "y_test"], Layout({"train": Pair("X", "y"), "test": Pair("X_test", "y_test")})),
        (["X", "y", "X_train", "y_train"], Layout({"train": Pair("X_train", "y_train")})),
        (["arr_0", "arr_1"], Layout({"train": Pair("arr_0", "arr_1")})),
        (
            ["data", "images", "target", "target_names", "DESCR"],
            Layout({"train": Pair("images", "target")}, "target_names"),
        ),
        (
            [f"{part}_{kind}" for part in ("train", "val", "test") for kind in ("images", "labels")],
            Layout(
                {
                    "train": Pair("train_images", "train_labels"),
                    "valid": Pair("val_images", "val_labels"),
                    "test": Pair("test_images", "test_labels"),
                }
            ),
        ),
    ],
)
def test_layouts(names: list[str], layout: Layout) -> None:
    assert layout_of("here", names) == layout
    assert layout_of("here", reversed(names)) == layout


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "found: nothing"),
        (["a", "b"], "found: a, b"),
        (["arr_0", "arr_1", "arr_2", "arr_3"], "cannot be told"),
        (["X_train"], "X_train lacks its labels"),
        (["y"], "y lacks its images"),
        (["X", "y", "y_test"], "y_test lacks its images"),
        (["X_test", "y_test"], "images and labels to train on"),
        (["X", "y", "labels"], "which are the labels: labels, y"),
        (["x_train", "X_train", "Y_TRAIN", "y_train"], "which are the labels"),
        (["a_images", "a_labels", "b_images", "b_labels"], "several data sets: a, b"),
    ],
)
def test_names_that_do_not_tell(names: list[str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        layout_of("here", names)


def test_an_error_shows_no_more_of_names_than_fits() -> None:
    with pytest.raises(DataError) as caught:
        layout_of("here", [f"\x1b[31m{at}" + "n" * 500 for at in range(50)])
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1000


def test_files_beside_one_that_was_given() -> None:
    files = ["a_X.npy", "a_y.npy", "a_X_test.npy", "a_y_test.npy", "b_X.npy", "b_y_test.npy", "notes.npy"]
    whole = Layout({"train": Pair("a_X.npy", "a_y.npy"), "test": Pair("a_X_test.npy", "a_y_test.npy")})
    for given in files[:4]:
        assert layout_beside("here", given, files) == whole
    valid = ["a_X_valid.npy", "a_y_valid.npy"]
    with_valid = Layout({**whole.pairs, "valid": Pair(*valid)})
    assert layout_beside("here", valid[0], [*files, *valid]) == layout_beside("here", "a_X.npy", [*files, *valid])
    assert layout_beside("here", valid[0], [*files, *valid]) == with_valid
    assert layout_beside("here", valid[0], valid) == Layout({"train": Pair(*valid)})
    with pytest.raises(DataError, match=r"b_X\.npy lacks its labels"):
        layout_beside("here", "b_X.npy", files)
    with pytest.raises(DataError, match="does not tell whether it holds images or labels"):
        layout_beside("here", "notes.npy", files)


def test_a_test_set_by_itself_and_one_without_labels() -> None:
    assert layout_beside("here", "X_test", ["X_test", "y_test"]) == Layout({"train": Pair("X_test", "y_test")})
    assert layout_beside("here", "X", ["X", "y", "X_test"]) == Layout({"train": Pair("X", "y")})
