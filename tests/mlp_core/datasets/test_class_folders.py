from __future__ import annotations

import os
from pathlib import Path

import pytest

from mlp_core.datasets.class_folders import find_class_folders, has_class_folders, why_no_class_folders
from mlp_core.errors import DataError
from mlp_core.progress import Cancelled


def make(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def found(folder: Path) -> dict[str, list[list[str]]]:
    folders = find_class_folders(folder)
    return {
        name: [[file.relative_to(folder).as_posix() for file in split[label]] for split in folders.splits.values()]
        for label, name in enumerate(folders.class_names)
    }


def test_a_folder_for_each_class(tmp_path: Path) -> None:
    make(tmp_path, "cat/2.png", "cat/10.PNG", "cat/1.JPeG", "dog/more/deep/a.webp", "dog/b.tif")
    assert has_class_folders(tmp_path)
    assert found(tmp_path) == {
        "cat": [["cat/1.JPeG", "cat/2.png", "cat/10.PNG"]],
        "dog": [["dog/b.tif", "dog/more/deep/a.webp"]],
    }


def test_names_sort_as_people_do(tmp_path: Path) -> None:
    names = ["0", "2", "10", "a", "A1", "a2", "a10", "b", "é", "ж", "人", "٣"]
    make(tmp_path, *(f"{name}/a.png" for name in names))
    assert find_class_folders(tmp_path).class_names == (
        "0",
        "2",
        "٣",
        "10",
        "a",
        "A1",
        "a2",
        "a10",
        "b",
        "é",
        "ж",
        "人",
    )


def test_what_is_no_picture_is_passed_over(tmp_path: Path) -> None:
    make(
        tmp_path,
        *("cat/a.png", "cat/Thumbs.db", "cat/.DS_Store", "cat/._a.png", "cat/notes.txt", "cat/.cache/b.png"),
        *("dog/a.png", "dog/__MACOSX/a.png", ".git/a.png", "__MACOSX/cat/a.png", "docs/readme.txt", "loose.png"),
    )
    (tmp_path / "dog" / "folder.png").mkdir()
    assert found(tmp_path) == {"cat": [["cat/a.png"]], "dog": [["dog/a.png"]]}
    assert find_class_folders(tmp_path).empty == ("docs",)


@pytest.mark.parametrize("train", ["train", "Training"])
@pytest.mark.parametrize("valid", ["valid", "val", "validation"])
def test_folders_for_the_splits(tmp_path: Path, train: str, valid: str) -> None:
    make(tmp_path, f"{train}/cat/a.png", f"{train}/dog/a.png", f"{valid}/dog/b.png", "test/cat/c.png", "docs/a.txt")
    assert has_class_folders(tmp_path)
    assert found(tmp_path) == {
        "cat": [[f"{train}/cat/a.png"], [], ["test/cat/c.png"]],
        "dog": [[f"{train}/dog/a.png"], [f"{valid}/dog/b.png"], []],
    }


def test_folders_for_the_splits_without_test(tmp_path: Path) -> None:
    make(tmp_path, "train/cat/a.png", "train/dog/a.png")
    assert list(find_class_folders(tmp_path).splits) == ["train"]


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    make(tmp_path, "train/a.png", "train/old/a.png", "bus/a.png")
    assert found(tmp_path) == {"bus": [["bus/a.png"]], "train": [["train/a.png", "train/old/a.png"]]}
    make(tmp_path / "two", "train/a.png", "test/a.png")
    assert find_class_folders(tmp_path / "two").class_names == ("test", "train")


def test_an_accent_is_the_same_in_both_spellings(tmp_path: Path) -> None:
    make(tmp_path, "train/caf\u00e9/a.png", "train/b/a.png", "test/cafe\u0301/b.png")
    assert list(found(tmp_path)) == ["b", "caf\u00e9"]


def test_links_are_followed_but_not_round_in_circles(tmp_path: Path) -> None:
    outside = make(tmp_path / "outside", "a.png", "b.png")
    folder = make(tmp_path / "in", "cat/a.png", "dog/a.png")
    try:
        (folder / "cat" / "file.png").symlink_to(outside / "a.png")
    except OSError:
        pytest.skip("this system has no links")
    (folder / "dog" / "up").symlink_to(folder, target_is_directory=True)
    (folder / "dog" / "self.png").symlink_to("self.png")
    (folder / "dog" / "gone.png").symlink_to("nowhere.png")
    (folder / "owl").symlink_to(outside, target_is_directory=True)
    assert find_class_folders(folder).class_names == ("cat", "dog", "owl")
    files = found(folder)
    assert files["cat"] == [["cat/a.png", "cat/file.png"]]
    assert files["owl"] == [["owl/a.png", "owl/b.png"]]
    assert len(files["dog"][0]) < 10


@pytest.mark.parametrize(
    "names",
    [
        ["a.png", "b.png"],
        ["cat/a.png", "b.png"],
        ["cat/a.png", "dog/notes.txt"],
        ["train/cat/a.png", "test/cat/a.png"],
        ["0/train-images-idx3-ubyte"],
        [],
    ],
)
def test_other_folders(tmp_path: Path, names: list[str]) -> None:
    make(tmp_path, *names)
    assert not has_class_folders(tmp_path)
    with pytest.raises(DataError, match="class"):
        find_class_folders(tmp_path)


def test_a_folder_of_all_sorts_of_things_is_not_taken_for_one(tmp_path: Path) -> None:
    make(tmp_path, "cat/a.png", "dog/a.png", "etc/a.txt", "usr/a.txt")
    assert has_class_folders(tmp_path)
    make(tmp_path, "var/a.txt")
    assert not has_class_folders(tmp_path)
    assert find_class_folders(tmp_path).class_names == ("cat", "dog")  # if it is asked for


TO_DO = "put each class's pictures in a folder named after it"


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (
            [f"cats/{i}.png" for i in range(5)],
            f"only one class folder, cats (5 pictures); at least two are needed: {TO_DO}.",
        ),
        (["cats/a.png", "b.png"], f"only one class folder, cats (1 picture); at least two are needed: {TO_DO}."),
        (
            ["train/cats/a.png", "test/cats/a.png"],
            f"only one class folder, train/cats (1 picture); at least two are needed: {TO_DO}.",
        ),
        (
            ["cats/deep/a.png", "cats/a.txt", "dogs/a.txt", "owls/a.txt"],
            f"only one of its 3 folders has pictures, cats (1 picture); at least two are needed: {TO_DO}.",
        ),
        (["all/cats/a.png", "all/dogs/a.png", "a.txt"], "its class folders lie deeper, in all. Choose that folder."),
        (
            ["1.png", "2.png", "3.tif", "a.txt", ".b.png", "docs/a.txt"],
            f"3 pictures lie directly in it: {TO_DO}.",
        ),
        (["a.JPEG"], f"1 picture lies directly in it: {TO_DO}."),
        (
            ["cat/a.png", "dog/a.png", "etc/a.txt", "usr/a.txt", "var/a.txt"],
            "only 2 of its 5 folders hold pictures: put those of the classes, and no others, into one folder.",
        ),
        ([], f"it is empty: {TO_DO}, or choose another."),
        ([".DS_Store"], f"it is empty: {TO_DO}, or choose another."),
        (["notes.txt", "docs/b.txt"], None),
    ],
)
def test_why_a_folder_is_none(tmp_path: Path, names: list[str], why: str | None) -> None:
    make(tmp_path, *names)
    assert not has_class_folders(tmp_path)
    assert why_no_class_folders(tmp_path) == why


def test_why_not_is_told_after_a_glance(tmp_path: Path) -> None:
    make(tmp_path / "loose", *(f"{i}.png" for i in range(600)))
    assert str(why_no_class_folders(tmp_path / "loose")).startswith("at least 500 pictures lie")
    make(tmp_path / "one", *(f"cats/{i}.png" for i in range(600)))
    assert "cats (at least 500 pictures)" in str(why_no_class_folders(tmp_path / "one"))
    assert why_no_class_folders(tmp_path / "loose" / "1.png") is None
    assert why_no_class_folders(tmp_path / "none") is None


@pytest.mark.skipif(os.name == "nt", reason="names there have no such letters")
def test_why_not_tells_names_fit_to_show(tmp_path: Path) -> None:
    make(tmp_path, f"cats\x1b[2J\n\u202e{'x' * 99}/a.png")
    why = str(why_no_class_folders(tmp_path))
    assert why.isprintable()
    assert len(why) < 200


def test_no_folder(tmp_path: Path) -> None:
    assert not has_class_folders(tmp_path / "none")
    assert not has_class_folders(make(tmp_path, "a.png") / "a.png")
    with pytest.raises(DataError, match="no such file or folder"):
        find_class_folders(tmp_path / "none")


def test_too_many_classes(tmp_path: Path) -> None:
    make(tmp_path, *(f"{n}/a.png" for n in range(1001)))
    with pytest.raises(DataError, match="1,001 classes"):
        find_class_folders(tmp_path)


def test_a_class_only_to_test(tmp_path: Path) -> None:
    make(tmp_path, "train/cat/a.png", "train/dog/a.png", "val/Cat/b.png")
    with pytest.raises(DataError, match="'Cat' to validate, but none to train on"):
        find_class_folders(tmp_path)
    make(tmp_path, "test/Cat/b.png")
    with pytest.raises(DataError, match="'Cat' to test, but none to train on"):
        find_class_folders(tmp_path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="may read everything")
def test_a_locked_folder(tmp_path: Path) -> None:
    make(tmp_path, "cat/a.png", "dog/a.png", "owl/a.png")
    (tmp_path / "owl").chmod(0)
    with pytest.raises(DataError, match="may not read"):
        find_class_folders(tmp_path)
    (tmp_path / "owl").chmod(0o700)


def test_cancel(tmp_path: Path) -> None:
    def cancel(_what: str, _share: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        find_class_folders(make(tmp_path, "cat/a.png", "dog/a.png"), cancel)
