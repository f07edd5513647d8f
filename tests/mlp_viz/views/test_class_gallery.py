from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from mlp_core.datasets.dataset import Dataset, Split
from mlp_core.datasets.overview import Overview
from mlp_viz.theme import DARK
from mlp_viz.views.class_gallery import MISSING, ClassGallery, page_of
from mlp_viz.views.class_means import ClassMeans


def dataset(
    n_classes: int, missing: tuple[int, ...] = (), shape: tuple[int, int] = (8, 8), letters: int = 0
) -> Dataset:
    """Return a data set with one training image a class, all of grey label % 256, but none of the classes `missing`."""
    y = np.array([label for label in range(n_classes) if label not in missing])
    X = np.tile((y % 256).astype(np.uint8)[:, None], (1, shape[0] * shape[1]))
    train, none = Split(X, y), Split(X[:0], y[:0])
    names = tuple(f"{label:0{letters}d}" for label in range(n_classes))
    return Dataset("d", "D", "made up", shape, names, (0, 255), train, none, none)


def greys(gallery: ClassGallery) -> list[int]:
    image = gallery.mosaic.grab().toImage()
    centres = [gallery.mosaic.tile_rect(tile).center().toPoint() for tile in range(gallery.mosaic.n_tiles)]
    return [image.pixelColor(at).green() for at in centres]


@pytest.fixture
def gallery(qtbot: QtBot) -> ClassGallery:
    gallery = ClassMeans()
    qtbot.addWidget(gallery)
    gallery.resize(530, 285)
    gallery.show()
    return gallery


def show(gallery: ClassGallery, data: Dataset) -> None:
    gallery.show_overview(data, Overview.of(data))


@pytest.mark.parametrize(
    ("n", "letters", "page"), [(10, 1, (5, 2)), (10, 40, (5, 2)), (26, 1, (8, 4)), (1000, 4, (8, 4)), (60, 40, (5, 4))]
)
def test_a_page_suits_the_number_of_classes_and_their_names(n: int, letters: int, page: tuple[int, int]) -> None:
    assert page_of(["x" * letters] * n) == page


def test_few_classes_have_large_tiles(gallery: ClassGallery) -> None:
    show(gallery, dataset(32))
    of_many = gallery.mosaic.tile_rect(0).height()
    show(gallery, dataset(12))
    assert gallery.mosaic.tile_rect(0).height() > 1.2 * of_many
    show(gallery, dataset(2))
    assert gallery.mosaic.tile_rect(0).height() > 3 * of_many


def test_ten_classes_are_on_one_page_of_two_rows(gallery: ClassGallery) -> None:
    show(gallery, dataset(10))
    assert (gallery.mosaic.columns, gallery.mosaic.rows) == (5, 2)
    assert gallery.mosaic.captions() == tuple("0123456789")
    assert greys(gallery) == list(range(10))
    assert gallery.status() == "10 classes"
    assert not gallery.pager.isVisible()


def test_a_thousand_classes_are_on_pages(gallery: ClassGallery) -> None:
    show(gallery, dataset(1000))
    assert (gallery.mosaic.n_tiles, gallery.pager.text) == (32, "1–32 of 1,000")
    gallery.mosaic.setFocus()
    QTest.keyClick(gallery.mosaic, Qt.Key.Key_PageDown)
    assert gallery.mosaic.captions()[0] == "32"
    assert greys(gallery) == list(range(32, 64))
    for _ in range(40):
        QTest.keyClick(gallery.mosaic, Qt.Key.Key_PageDown)
    assert gallery.mosaic.captions() == tuple(map(str, range(992, 1000)))
    QTest.keyClick(gallery.mosaic, Qt.Key.Key_PageUp)
    assert gallery.pager.text == "961–992 of 1,000"
    show(gallery, dataset(10))
    assert greys(gallery) == list(range(10))


def test_a_tile_chooses_its_class_by_click_and_by_enter(gallery: ClassGallery) -> None:
    show(gallery, dataset(100))
    gallery.pager.next_page()
    chosen: list[int] = []
    gallery.classChosen.connect(chosen.append)
    QTest.mouseClick(gallery.mosaic, Qt.MouseButton.LeftButton, pos=gallery.mosaic.tile_rect(3).center().toPoint())
    QTest.keyClick(gallery.mosaic, Qt.Key.Key_Down)
    QTest.keyClick(gallery.mosaic, Qt.Key.Key_Return)
    assert chosen == [32 + 3, 32 + 3 + 8]


def test_a_class_without_training_images_has_a_plain_tile(gallery: ClassGallery) -> None:
    show(gallery, dataset(5, missing=(1, 4)))
    assert greys(gallery) == [0, MISSING, 2, 3, MISSING]
    QTest.mouseMove(gallery.mosaic, gallery.mosaic.tile_rect(1).center().toPoint())
    assert "no training image" in gallery.mosaic.toolTip()


@pytest.mark.parametrize("shape", [(1, 2), (200, 150), (1024, 1024)])
def test_images_of_any_size_are_shown(gallery: ClassGallery, shape: tuple[int, int]) -> None:
    show(gallery, dataset(2, shape=shape))
    assert greys(gallery) == [0, 1]


def test_long_names_leave_room_for_the_images(gallery: ClassGallery) -> None:
    show(gallery, dataset(20, shape=(28, 28), letters=40))
    assert greys(gallery) == list(range(20))
    assert gallery.mosaic.tile_rect(0).height() >= 28
    assert len(gallery.mosaic.captions()[19]) == 40


def test_it_says_what_will_come(gallery: ClassGallery) -> None:
    assert "Choose a data set" in gallery.mosaic.placeholder
    gallery.show_overview(dataset(3), None)
    assert "in a moment" in gallery.mosaic.placeholder
    assert (gallery.mosaic.n_tiles, gallery.status()) == (0, "")
    show(gallery, dataset(3))
    gallery.show_overview(None, None)
    assert gallery.mosaic.n_tiles == 0


def test_the_theme_does_not_change_the_images(gallery: ClassGallery) -> None:
    show(gallery, dataset(10))
    gallery.apply_theme(DARK)
    assert greys(gallery) == list(range(10))
