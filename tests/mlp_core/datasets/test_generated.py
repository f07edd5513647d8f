from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mlp_core import Hyperparameters, Trainer, TrainingData
from mlp_core.blas import use_one_thread
from mlp_core.datasets import generated, open_dataset
from mlp_core.datasets.dataset import Dataset
from mlp_core.datasets.generated import build, generate_set, generated_dataset, generated_folder, is_built
from mlp_core.datasets.idx import read_images, read_labels
from mlp_core.datasets.mnist import FILE_NAMES, load_mnist, mnist_dataset
from mlp_core.datasets.stroke_styles import digit_strokes_path
from mlp_core.errors import DataError
from mlp_core.evaluation import accuracy
from mlp_core.progress import Cancelled

Bytes = NDArray[np.uint8]


@pytest.fixture(scope="module")
def images_and_labels() -> tuple[Bytes, Bytes]:
    return generate_set(7000)


@pytest.mark.parametrize("n", [0, 1, 999, 1000, 1234])
def test_the_first_of_many_are_the_same_as_those_of_few(n: int, images_and_labels: tuple[Bytes, Bytes]) -> None:
    images, labels = generate_set(n)
    assert images.shape == (n, 28, 28)
    assert images.dtype == labels.dtype == np.uint8
    np.testing.assert_array_equal(images, images_and_labels[0][:n])
    np.testing.assert_array_equal(labels, images_and_labels[1][:n])


def test_another_seed_gives_other_images(images_and_labels: tuple[Bytes, Bytes]) -> None:
    images, labels = generate_set(1000, seed=2)
    assert (labels != images_and_labels[1][:1000]).mean() > 0.8
    assert (images != images_and_labels[0][:1000]).any(axis=(1, 2)).all()


def test_no_image_comes_twice(images_and_labels: tuple[Bytes, Bytes]) -> None:
    images, _ = images_and_labels
    assert len(np.unique(images.reshape(len(images), -1), axis=0)) == len(images)


def test_each_thousand_has_a_hundred_of_each_digit_in_random_order(images_and_labels: tuple[Bytes, Bytes]) -> None:
    _, labels = images_and_labels
    for start in range(0, 7000, 1000):
        assert np.bincount(labels[start : start + 1000]).tolist() == [100] * 10
    assert 0.05 < (labels[1:] == labels[:-1]).mean() < 0.15


def test_they_are_normalised_as_mnist_is(images_and_labels: tuple[Bytes, Bytes]) -> None:
    images, _ = images_and_labels
    ink, pixels = images / 255, np.arange(28)
    mass = ink.sum(axis=(1, 2))
    for axis in (1, 2):
        centre = ink.sum(axis=axis) @ pixels / mass
        assert centre.mean() == pytest.approx(14, abs=0.05)
        assert (np.abs(centre - 14) < 0.51).mean() > 0.99  # else the ink would not be in the frame
    height, width = ((images.max(axis=axis) > 0).sum(axis=1) for axis in (2, 1))
    larger = np.maximum(height, width)
    assert (larger <= 20).mean() > 0.99
    assert (larger == 20).mean() > 0.9


def test_their_greys_are_like_a_scan(images_and_labels: tuple[Bytes, Bytes]) -> None:
    images, _ = images_and_labels
    peaks = images.max(axis=(1, 2))
    assert (peaks == 255).mean() > 0.8
    assert peaks.min() > 150
    assert images.mean() / 255 == pytest.approx(0.13, abs=0.02)  # as MNIST's
    between = (images > 0) & (images < 255)
    assert 0.05 < between.mean() < 0.15
    assert between.any(axis=(1, 2)).all()


@pytest.mark.parametrize(("n", "seed", "field"), [(-1, 1, "n"), (1, -1, "seed")])
def test_numbers_below_0_are_refused(n: int, seed: int, field: str) -> None:
    with pytest.raises(DataError, match=f"^{field}: it is -1"):
        generate_set(n, seed)


def test_progress_is_told_and_ends_at_1() -> None:
    told: list[float] = []
    generate_set(2500, progress=lambda what, share: told.append(share))
    assert told == pytest.approx([0, 0.4, 0.8, 1])


def trained_on(images: Bytes, labels: Bytes) -> Trainer:
    X, y = images.reshape(len(images), -1) / np.float32(127.5) - 1, labels.astype(np.int64)
    data = TrainingData(X, y, X[:100], y[:100], n_classes=10)
    trainer = Trainer.fresh(data, Hyperparameters(precision="float32", eta=0.002, minibatch_size=50))
    with use_one_thread():
        for _ in range(15):
            for _ in trainer.updates():
                pass
    return trainer


def test_what_is_learned_from_them_holds_for_others_and_for_real_digits(
    images_and_labels: tuple[Bytes, Bytes], mnist_folder: Path
) -> None:
    images, labels = images_and_labels
    network = trained_on(images[:6000], labels[:6000]).network
    unseen = images[6000:].reshape(1000, -1) / np.float32(127.5) - 1
    assert accuracy(network, unseen, labels[6000:].astype(np.int64)) > 0.85
    X, y = load_mnist(mnist_folder)
    assert accuracy(network, X[:5000].astype(np.float32), y[:5000]) > 0.83


# The cache


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the kept set be small, so that it is drawn at once."""
    for name, value in (("BLOCK", 50), ("N_TRAIN", 150), ("N_VALID", 20), ("N_TEST", 30)):
        monkeypatch.setattr(generated, name, value)


class Drawn:
    """Counts how often digits are drawn."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, what: str, share: float) -> None:
        self.times += share == 1


def names_in_cache() -> set[str]:
    return {path.name for path in generated_folder().parent.iterdir()}


@pytest.mark.usefixtures("small")
def test_what_it_says_of_itself() -> None:
    data = open_dataset("generated")
    assert (data.key, data.name) == ("generated", "Generated digits")
    for part in ("no photographs or scans", "no licence is needed"):
        assert part in data.source
    assert (data.image_shape, data.pixel_range) == ((28, 28), (0, 255))
    assert data.class_names == tuple("0123456789")
    assert [len(split) for split in (data.train, data.valid, data.test)] == [150, 20, 30]
    images, labels = generate_set(200)
    splits = (data.train, data.valid, data.test)
    np.testing.assert_array_equal(np.concatenate([split.X for split in splits]), images.reshape(200, 784))
    np.testing.assert_array_equal(np.concatenate([split.y for split in splits]), labels)
    assert all(split.y.dtype == np.int64 and not split.X.flags.writeable for split in splits)


def test_its_sizes_are_mnists() -> None:
    assert (generated.N_TRAIN, generated.N_VALID, generated.N_TEST) == (55_000, 5_000, 10_000)


@pytest.mark.usefixtures("small")
def test_it_is_drawn_once_and_then_kept() -> None:
    drawn = Drawn()
    assert not is_built()
    first = generated_dataset(drawn)
    assert is_built()
    assert generated_dataset(drawn).fingerprint() == first.fingerprint()
    assert build(drawn) == generated_folder()
    assert drawn.times == 1
    assert names_in_cache() == {"generated"}


@pytest.mark.usefixtures("small")
def test_other_programs_can_read_the_files() -> None:
    folder = build()
    assert read_images(folder / FILE_NAMES[0]).shape == (170, 28, 28)
    assert read_labels(folder / FILE_NAMES[3]).shape == (30,)
    np.testing.assert_array_equal(mnist_dataset(folder).test.X, generated_dataset().test.X)


def cut_short(folder: Path) -> None:
    path = folder / FILE_NAMES[0]
    path.write_bytes(path.read_bytes()[:-1])


def change_a_pixel(folder: Path) -> None:
    path = folder / FILE_NAMES[2]
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def change_the_shape(folder: Path) -> None:
    path = folder / FILE_NAMES[2]
    content = bytearray(path.read_bytes())
    content[8:16] = bytes([0, 0, 0, 14, 0, 0, 0, 56])
    path.write_bytes(content)


def lose_a_file(folder: Path) -> None:
    (folder / FILE_NAMES[1]).unlink()


def lose_the_manifest(folder: Path) -> None:
    (folder / generated.MANIFEST).unlink()


def be_of_another_version(folder: Path) -> None:
    path = folder / generated.MANIFEST
    path.write_text(path.read_text().replace("recipe ", "recipe 0"))


def be_no_text(folder: Path) -> None:
    (folder / generated.MANIFEST).write_bytes(b"\xff" * 1000)


def be_a_file(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    folder.write_text("mine")


def be_empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


@pytest.mark.parametrize(
    "harm",
    [
        cut_short,
        change_a_pixel,
        change_the_shape,
        lose_a_file,
        lose_the_manifest,
        be_of_another_version,
        be_no_text,
        be_a_file,
        be_empty,
    ],
)
@pytest.mark.usefixtures("small")
def test_a_set_that_is_damaged_foreign_or_outdated_is_drawn_anew(harm: object) -> None:
    expected = generated_dataset().fingerprint()
    assert callable(harm)
    harm(generated_folder())
    drawn = Drawn()
    assert generated_dataset(drawn).fingerprint() == expected
    assert drawn.times == 1
    assert generated_dataset(drawn).fingerprint() == expected
    assert drawn.times == 1
    assert names_in_cache() == {"generated"}


@pytest.mark.usefixtures("small")
def test_other_strokes_make_it_outdated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build()
    path = tmp_path / "digits.txt"
    path.write_bytes(digit_strokes_path().read_bytes() + b"# changed\n")
    monkeypatch.setattr(generated, "digit_strokes_path", lambda: path)
    assert not is_built()


@pytest.mark.usefixtures("small")
def test_a_cancelled_build_leaves_nothing() -> None:
    def cancel(what: str, share: float) -> None:
        if share > 0.5:
            raise Cancelled

    for work in (build, generated_dataset):
        with pytest.raises(Cancelled):
            work(cancel)
        assert not is_built()
        assert not generated_folder().parent.exists() or not names_in_cache()


@pytest.mark.usefixtures("small")
def test_what_a_killed_program_left_is_not_taken_for_the_set_and_goes_in_time() -> None:
    parent = generated_folder().parent
    old, new = parent / "generated-old", parent / "generated-new"
    for folder in (old, new):
        (folder / "new").mkdir(parents=True)
        (folder / "new" / FILE_NAMES[0]).write_bytes(b"half")
    long_ago = time.time() - 2 * generated.FORSAKEN
    os.utime(old, (long_ago, long_ago))
    assert not is_built()
    build()
    assert names_in_cache() == {"generated", "generated-new"}


@pytest.mark.usefixtures("small")
def test_where_the_cache_cannot_be_written_it_is_drawn_each_time() -> None:
    generated_folder().parent.parent.mkdir(parents=True, exist_ok=True)
    generated_folder().parent.write_text("a file where the folder should be")
    drawn = Drawn()
    assert generated_dataset(drawn).fingerprint() == generated_dataset(drawn).fingerprint()
    assert drawn.times == 2
    assert not is_built()
    with pytest.raises(DataError, match="cannot be kept here") as caught:
        build()
    assert caught.value.source == str(generated_folder())


@pytest.mark.usefixtures("small")
def test_a_full_disk_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    header = generated._header

    def fill(shape: tuple[int, ...]) -> bytes:
        if not is_built() and any(generated_folder().parent.glob(f"*/new/{FILE_NAMES[2]}")):
            raise OSError(28, "No space left on device")  # when the third file is to be written
        return header(shape)

    monkeypatch.setattr(generated, "_header", fill)
    assert isinstance(generated_dataset(), Dataset)
    with pytest.raises(DataError, match="No space left on device"):
        build()
    assert not is_built()
    assert names_in_cache() == set()


@pytest.mark.usefixtures("small")
def test_programs_that_build_at_once_do_not_break_one_another() -> None:
    n = 3
    together = threading.Barrier(n)
    found: list[str] = []

    def wait_at_the_end(what: str, share: float) -> None:
        if share == 1:
            together.wait()

    def work() -> None:
        found.append(generated_dataset(wait_at_the_end).fingerprint())

    threads = [threading.Thread(target=work) for _ in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == n
    assert len(set(found)) == 1
    assert is_built()
    assert names_in_cache() == {"generated"}
    drawn = Drawn()
    assert generated_dataset(drawn).fingerprint() == found[0]
    assert drawn.times == 0


@pytest.mark.usefixtures("small")
def test_a_set_that_another_program_has_put_there_meanwhile_is_left() -> None:
    arrays = generated._drawn(lambda what, share: None)
    generated._keep(arrays)
    begun = (generated_folder() / generated.MANIFEST).stat().st_mtime_ns
    generated._keep(arrays)
    assert (generated_folder() / generated.MANIFEST).stat().st_mtime_ns == begun
    assert names_in_cache() == {"generated"}
