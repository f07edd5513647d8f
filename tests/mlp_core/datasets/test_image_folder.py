from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from mlp_core import NeuralNetMLP
from mlp_core.datasets import Preparation, memory, open_dataset, read_collection
from mlp_core.datasets.image_folder import image_folder_collection, survey_image_folder
from mlp_core.datasets.picture import Conversion
from mlp_core.errors import DataError, TooLargeError
from mlp_core.progress import Cancelled


def save(path: Path, pixels: NDArray[np.uint8]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def grey_folder(folder: Path, *counts: int, shape: tuple[int, int] = (4, 3)) -> Path:
    """Write `counts[c]` pictures of class c; picture i of class c has the grey 10 c + i."""
    for label, count in enumerate(counts):
        for i in range(count):
            save(folder / f"class {label}" / f"{i}.png", np.full(shape, 10 * label + i, np.uint8))
    return folder


def test_every_picture_is_read_in_order(tmp_path: Path) -> None:
    data = read_collection(grey_folder(tmp_path / "greys", 12, 3, 4))
    assert (data.key, data.name) == (str(tmp_path / "greys"), "greys")
    assert data.class_names == ("class 0", "class 1", "class 2")
    assert data.image_shape == (4, 3)
    assert data.pixel_range == (0.0, 255.0)
    assert data.test is None
    assert data.train.X.dtype == np.uint8
    assert data.train.y.tolist() == [0] * 12 + [1] * 3 + [2] * 4
    greys = [*range(12), *range(10, 13), *range(20, 24)]
    np.testing.assert_array_equal(data.train.X, np.repeat(greys, 12).reshape(-1, 12))
    assert not data.train.X.flags.writeable
    assert data.source == f"{tmp_path / 'greys'}; its licence is not stated"


def test_survey(tmp_path: Path) -> None:
    folder = survey_image_folder(grey_folder(tmp_path, 3, 2))
    save(tmp_path / "class 0" / "large.png", np.full((90, 30), 255, np.uint8))
    assert (len(folder), folder.class_counts().tolist()) == (5, [3, 2])
    assert folder.sizes == (((4, 3), 5),)
    assert folder.suggested() == Conversion(4, 3, contrast="kept")
    folder = survey_image_folder(tmp_path)
    assert folder.sizes == (((4, 3), 5), ((90, 30), 1))
    assert folder.suggested() == Conversion(28, 28, "pad", "auto", "full")


def test_survey_of_a_large_size(tmp_path: Path) -> None:
    assert survey_image_folder(grey_folder(tmp_path, 2, 2, shape=(65, 64))).suggested() == Conversion()


def test_folders_to_validate_and_to_test_stay_apart(tmp_path: Path) -> None:
    grey_folder(tmp_path / "train", 3, 2)
    grey_folder(tmp_path / "val", 0, 1)
    grey_folder(tmp_path / "test", 2, 1)
    data = read_collection(tmp_path)
    assert data.valid is not None
    assert data.test is not None
    assert data.train.y.tolist() == [0, 0, 0, 1, 1]
    assert (data.valid.y.tolist(), data.valid.X[:, 0].tolist()) == ([1], [10])
    assert (data.test.y.tolist(), data.test.X[:, 0].tolist()) == ([0, 0, 1], [0, 1, 10])
    folder = survey_image_folder(tmp_path)
    assert (folder.class_counts().tolist(), len(folder), folder.split_sizes) == ([5, 4], 9, (5, 1, 3))
    (tmp_path / "val" / "class 1" / "0.png").write_bytes(b"\x89PNG")
    with pytest.raises(DataError, match="no picture to validate can be read"):
        read_collection(tmp_path)
    assert survey_image_folder(grey_folder(tmp_path / "alone", 2, 1)).split_sizes == (3, None, None)


def test_fewer_pictures_are_shared_out_over_the_splits(tmp_path: Path) -> None:
    for split, n in (("train", 12), ("valid", 6), ("test", 3)):
        grey_folder(tmp_path / split, n, n)
    assert read_collection(tmp_path, at_most=14).sizes == (8, 4, 2)


def draw_shapes(folder: Path, n: int = 40) -> Path:
    """Write `n` pictures each of three shapes, small and anywhere on white paper of 200 by 150 pixels."""
    random = np.random.RandomState(0)
    for shape in ("circle", "cross", "triangle"):
        for i in range(n):
            drawing = Image.new("L", (200, 150), 255)
            pen, width = ImageDraw.Draw(drawing), random.randint(3, 8)
            r = random.randint(18, 38)
            x, y = random.randint(r + 5, 195 - r), random.randint(r + 5, 145 - r)
            if shape == "circle":
                pen.ellipse((x - r, y - r, x + r, y + r), outline=20, width=width)
            elif shape == "cross":
                pen.line((x - r, y - r, x + r, y + r), 20, width)
                pen.line((x - r, y + r, x + r, y - r), 20, width)
            else:
                pen.line([(x, y - r), (x - r, y + r), (x + r, y + r), (x, y - r)], 20, width)
            save(folder / shape / f"{i}.png", np.asarray(drawing))
    return folder


def accuracy(folder: Path, conversion: Conversion) -> float:
    """Return the share of the test pictures that a network tells rightly."""
    data = Preparation(valid_share=0.1).apply(survey_image_folder(folder).read(conversion))
    network = NeuralNetMLP(n_hidden=30, l2=0.01, epochs=60, eta=0.002, minibatch_size=10, seed=1)
    network.fit(data.scaled(data.train.X), data.train.y, data.scaled(data.valid.X), data.valid.y)
    return float(np.mean(network.predict(data.scaled(data.test.X)) == data.test.y))


def test_drawings_off_the_centre_are_learned_trimmed_to_their_ink(tmp_path: Path) -> None:
    folder = survey_image_folder(draw_shapes(tmp_path))
    assert folder.plain_paper
    assert folder.suggested() == Conversion(28, 28, "ink")
    trimmed, padded = accuracy(tmp_path, folder.suggested()), accuracy(tmp_path, Conversion())
    assert trimmed >= 0.95
    assert padded <= trimmed - 0.2


def test_photographs_are_not_trimmed(tmp_path: Path) -> None:
    random = np.random.RandomState(0)
    for i in range(6):
        photograph = random.randint(0, 256, (6, 8), np.uint8).repeat(20, axis=0).repeat(20, axis=1)
        save(tmp_path / f"class {i % 2}" / f"{i}.png", photograph)
    folder = survey_image_folder(tmp_path)
    assert not folder.plain_paper
    assert folder.suggested() == Conversion(28, 28, "pad")


def test_small_drawings_of_one_size_stay_as_they_are(tmp_path: Path) -> None:
    for i in range(4):
        drawing = np.full((28, 28), 255, np.uint8)
        drawing[4:9, 4 + i : 8 + i] = 0
        save(tmp_path / f"class {i % 2}" / f"{i}.png", drawing)
    folder = survey_image_folder(tmp_path)
    assert folder.plain_paper
    assert folder.suggested() == Conversion(28, 28, contrast="kept")


def test_preview_shows_the_first_readable_of_each_class(tmp_path: Path) -> None:
    grey_folder(tmp_path, 3, 3, 1)
    (tmp_path / "class 1" / "0.png").write_bytes(b"\x89PNG")
    (tmp_path / "class 2" / "0.png").write_bytes(b"\x89PNG")
    folder = survey_image_folder(tmp_path)
    images, names = folder.preview(Conversion(2, 2))
    assert names == ("class 0", "class 1")
    assert (images.shape, images.dtype, images[:, 0, 0].tolist()) == ((2, 2, 2), np.dtype(np.uint8), [0, 11])
    assert folder.preview(Conversion(5, 7), most=1)[0].shape == (1, 5, 7)


def test_a_preview_is_cancelled_before_the_next_picture(tmp_path: Path) -> None:
    grey_folder(tmp_path, 3, 3, 3, 3)
    shares: list[float] = []

    def cancel_third(what: str, share: float) -> None:
        shares.append(share)
        if len(shares) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        survey_image_folder(tmp_path).preview(Conversion(2, 2), progress=cancel_third)
    assert shares == [0, 0.25, 0.5]


def test_paper_is_judged_once_for_the_folder(tmp_path: Path) -> None:
    grey_folder(tmp_path / "dark", 5, 5)
    for label in (0, 1):
        for i in range(5):
            save(tmp_path / "light" / f"{label}" / f"{i}.png", np.full((4, 4), 255 - i, np.uint8))
    odd = np.full((4, 4), 20, np.uint8)
    save(tmp_path / "light" / "0" / "0.png", odd)
    light = image_folder_collection(tmp_path / "light")
    assert light.train.X[:, 0].tolist() == [235, 1, 2, 3, 4, 0, 1, 2, 3, 4]
    assert read_collection(tmp_path / "dark").train.X[:, 0].max() == 14


@pytest.mark.parametrize("at_most", [1, 5, 9, 30, 100])
def test_fewer_come_evenly_from_every_class(tmp_path: Path, at_most: int) -> None:
    grey_folder(tmp_path / "train", 20, 10, 1)
    grey_folder(tmp_path / "test", 5, 5, 0)
    data = image_folder_collection(tmp_path, at_most=at_most)
    assert data.test is not None
    assert abs(len(data) - min(at_most, 41)) <= 4
    assert (data.class_counts() > 0).all()
    first = data.train.X[data.train.y == 0][:, 0]
    assert first.max() == (20 * (len(first) - 1)) // len(first)
    assert data.test.y.tolist() == sorted(data.test.y.tolist())


def test_a_broken_picture_is_left_out_and_told(tmp_path: Path) -> None:
    grey_folder(tmp_path, 10, 10)
    (tmp_path / "class 1" / "3.png").write_bytes(b"\x89PNG and no more")
    (tmp_path / "class 1" / "4.png").write_bytes(b"")
    data = read_collection(tmp_path)
    assert data.train.y.tolist() == [0] * 10 + [1] * 8
    assert data.train.X[10:, 0].tolist() == [10, 11, 12, 15, 16, 17, 18, 19]
    first = re.escape(str(Path("class 1") / "3.png"))
    assert re.search(rf"^2 of 20 pictures could not be read and were left out, the first {first}\.$", data.remarks)


def test_a_folder_without_pictures_is_told(tmp_path: Path) -> None:
    (grey_folder(tmp_path, 2, 2) / "class 7").mkdir()
    assert read_collection(tmp_path).remarks == "There are no pictures in 'class 7'."


@pytest.mark.parametrize(
    ("counts", "broken", "message"),
    [
        ((5, 5), [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)], "6 of its 10 pictures cannot be read: .*0.png.*, …"),
        ((9, 2), [(1, 0), (1, 1)], r"no picture of 'class 1' can be read to train on: .*1.png\. Save"),
    ],
)
def test_too_many_broken(tmp_path: Path, counts: tuple[int, ...], broken: list[tuple[int, int]], message: str) -> None:
    grey_folder(tmp_path, *counts)
    for label, i in broken:
        (tmp_path / f"class {label}" / f"{i}.png").write_bytes(b"GIF89a")
    with pytest.raises(DataError, match=message) as raised:
        read_collection(tmp_path)
    assert str(raised.value).startswith(f"{tmp_path}: ")


def test_nothing_to_test_with(tmp_path: Path) -> None:
    grey_folder(tmp_path / "train", 2, 2)
    grey_folder(tmp_path / "test", 1)
    (tmp_path / "test" / "class 0" / "0.png").write_bytes(b"")
    with pytest.raises(DataError, match="no picture to test can be read"):
        read_collection(tmp_path)


def test_none_readable(tmp_path: Path) -> None:
    for name in ("a/1.png", "b/1.png"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"text")
    folder = survey_image_folder(tmp_path)
    assert folder.sizes == ()
    assert folder.preview(folder.suggested())[0].shape == (0, 28, 28)
    with pytest.raises(DataError, match="2 of its 2 pictures"):
        folder.read(folder.suggested())


def test_too_large_is_told_before_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = survey_image_folder(grey_folder(tmp_path, 2, 2))
    monkeypatch.setattr(memory, "KEPT_FREE", 2**60)
    with pytest.raises(TooLargeError):
        folder.read(Conversion())


@pytest.mark.parametrize("call", [1, 2, 5, 8])
def test_cancel_ends_the_reading(tmp_path: Path, call: int) -> None:
    grey_folder(tmp_path, 20, 20)
    calls = []

    def cancel_later(what: str, share: float) -> None:
        assert 0 <= share <= 1
        calls.append(what)
        if len(calls) == call:
            raise Cancelled

    with pytest.raises(Cancelled):
        survey_image_folder(tmp_path, cancel_later)
    calls.clear()
    folder = survey_image_folder(tmp_path)
    if call <= 5:  # one for every eight pictures
        with pytest.raises(Cancelled):
            folder.read(folder.suggested(), progress=cancel_later)
        assert len(calls) == call


def test_a_students_own_drawings_are_learned(tmp_path: Path) -> None:
    random = np.random.RandomState(0)
    for label, shape in enumerate(["круг", "line 2", "线 10"]):
        for i in range(40):
            drawing = Image.new("RGB", (240 + 10 * (i % 4), 200), "white")
            pen = ImageDraw.Draw(drawing)
            left, top, right, bottom = random.randint(20, 50, 4) + np.array([0, 0, 130, 100])
            if label == 0:
                pen.ellipse((left, top, right, bottom), outline=(30, 30, 80), width=4)
            else:
                pen.line((left, top, right, bottom) if label == 1 else (left, bottom, right, top), (30, 30, 80), 4)
            path = tmp_path / shape / f"{i}.{('png', 'jpg')[i % 2]}"
            path.parent.mkdir(exist_ok=True)
            drawing.save(path)
    data = open_dataset(tmp_path, preparation=Preparation(valid_share=0.2))
    assert data.class_names == ("line 2", "круг", "线 10")
    assert data.image_shape == (28, 28)
    assert (len(data.train), len(data.valid), len(data.test)) == (80, 20, 20)
    network = NeuralNetMLP(n_hidden=20, l2=0, epochs=60, eta=0.003, minibatch_size=10, seed=1)
    network.fit(data.scaled(data.train.X), data.train.y, data.scaled(data.valid.X), data.valid.y)
    assert np.mean(network.predict(data.scaled(data.test.X)) == data.test.y) >= 0.9
