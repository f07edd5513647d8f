from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QStyleOptionComboBox
from pytestqt.qtbot import QtBot

from mlp_core.datasets.dataset import Dataset, Split
from mlp_core.datasets.thumbnail import thumbnails
from mlp_viz.views.class_versions import ClassVersions


def split(*labels: int) -> Split:
    """Return samples of these classes, sample i all of grey i."""
    X = np.repeat(np.arange(len(labels), dtype=np.uint8)[:, None], 64, axis=1)
    return Split(X, np.array(labels, np.int64))


def dataset() -> Dataset:
    """Return a data set in which class a has 60 training images, b and c fewer, and the test split is empty."""
    train, valid = split(*[0, 0, 1] * 30, 2), split(*[1] * 4)
    return Dataset("d", "D", "made up", (8, 8), tuple("abc"), (0, 255), train, valid, split())


def greys(view: ClassVersions) -> list[int]:
    image = view.mosaic.grab().toImage()
    centres = [view.mosaic.tile_rect(tile).center().toPoint() for tile in range(view.mosaic.n_tiles)]
    return [image.pixelColor(at).green() for at in centres]


@pytest.fixture
def view(qtbot: QtBot) -> ClassVersions:
    view = ClassVersions()
    qtbot.addWidget(view)
    view.resize(530, 355)
    view.show()
    view.show_dataset(dataset())
    return view


def test_25_training_images_of_the_first_class(view: ClassVersions) -> None:
    of_a = [i for i in range(90) if i % 3 != 2]
    assert greys(view) == of_a[:25]
    assert (view.mosaic.columns, view.mosaic.rows) == (5, 5)
    assert (view.pager.text, view.status()) == ("1–25 of 60", "60 images")
    QTest.keyClick(view.mosaic, Qt.Key.Key_PageDown)
    QTest.keyClick(view.mosaic, Qt.Key.Key_PageDown)
    assert greys(view) == of_a[50:]
    QTest.keyClick(view.mosaic, Qt.Key.Key_PageUp)
    assert view.pager.text == "26–50 of 60"


def test_another_class_begins_at_its_first_page(view: ClassVersions) -> None:
    view.pager.next_page()
    view.class_box.setFocus()
    QTest.keyClick(view.class_box, Qt.Key.Key_Down)
    assert (view.label, view.pager.text) == (1, "1–25 of 30")
    assert greys(view)[:3] == [2, 5, 8]
    view.show_class(2)
    assert greys(view) == [90]
    assert (view.class_box.currentText(), view.status()) == ("c", "1 image")


def test_another_split_shows_the_same_class_there(view: ClassVersions) -> None:
    view.show_class(1)
    view.split_box.setFocus()
    QTest.keyClick(view.split_box, Qt.Key.Key_Down)
    assert (view.split, view.split_box.currentText()) == ("valid", "validation")
    assert greys(view) == [0, 1, 2, 3]


def test_where_there_is_none_it_is_said(view: ClassVersions) -> None:
    view.split_box.setCurrentIndex(1)
    assert view.mosaic.placeholder == "There is no validation image of class a. Choose another class or split."
    assert (view.mosaic.n_tiles, view.pager.isVisible(), view.status()) == (0, False, "0 images")
    view.split_box.setCurrentIndex(2)
    assert "has no test images" in view.mosaic.placeholder
    view.split_box.setCurrentIndex(0)
    assert view.mosaic.n_tiles == 25


def test_a_click_and_enter_open_the_image(view: ClassVersions) -> None:
    opened: list[tuple[str, int]] = []
    view.sampleChosen.connect(lambda *sample: opened.append(sample))
    view.pager.next_page()
    view.pager.next_page()
    QTest.mouseClick(view.mosaic, Qt.MouseButton.LeftButton, pos=view.mosaic.tile_rect(2).center().toPoint())
    QTest.keyClick(view.mosaic, Qt.Key.Key_Down)
    QTest.keyClick(view.mosaic, Qt.Key.Key_Return)
    view.show_class(1)
    view.split_box.setCurrentIndex(1)
    QTest.keyClick(view.mosaic, Qt.Key.Key_End)
    QTest.keyClick(view.mosaic, Qt.Key.Key_Return)
    assert opened == [("train", 78), ("train", 85), ("valid", 3)]


def test_the_tooltip_tells_the_number(view: ClassVersions) -> None:
    QTest.mouseMove(view.mosaic, view.mosaic.tile_rect(2).center().toPoint())
    assert view.mosaic.toolTip() == "train image 4: click to see it large"


def test_only_the_images_on_the_page_are_looked_at(view: ClassVersions, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def counted(X: NDArray[Any], indices: NDArray[np.intp], *how: Any) -> NDArray[np.uint8]:
        asked.append(len(indices))
        return thumbnails(X, indices, *how)

    monkeypatch.setattr("mlp_viz.views.class_versions.thumbnails", counted)
    view.show_dataset(dataset())
    view.pager.next_page()
    view.pager.next_page()
    assert asked == [25, 25, 10]


def test_another_data_set_begins_anew(view: ClassVersions) -> None:
    view.split_box.setCurrentIndex(1)
    view.show_class(2)
    view.show_dataset(dataset())
    assert (view.label, view.split, view.pager.text) == (0, "train", "1–25 of 60")
    view.show_dataset(None)
    assert (view.label, view.mosaic.n_tiles, view.status()) == (-1, 0, "")
    assert "Choose a data set" in view.mosaic.placeholder
    assert not view.class_box.isEnabled()


def test_a_thousand_long_names_do_not_widen_the_panel(view: ClassVersions) -> None:
    before = view.minimumSizeHint().width()
    names = tuple(f"{label:040d}" for label in range(1000))
    empty = split()
    view.show_dataset(Dataset("d", "D", "made up", (8, 8), names, (0, 255), split(3), empty, empty))
    view.show_class(3)
    assert greys(view) == [0]
    assert view.minimumSizeHint().width() <= max(before, 520)
    assert names[3] in view.class_box.toolTip()


def test_a_long_name_in_the_chooser_ends_in_an_ellipsis(view: ClassVersions) -> None:
    view.show_dataset(dataclasses.replace(dataset(), class_names=("Hippopotamus amphibius", "b", "c")))
    view.class_box.resize(view.class_box.sizeHint())
    option = QStyleOptionComboBox()
    view.class_box.initStyleOption(option)
    assert option.currentText.startswith("Hippo")
    assert option.currentText.endswith("…")


def test_a_name_that_looks_like_rich_text_is_told_as_it_is(view: ClassVersions) -> None:
    view.show_dataset(dataclasses.replace(dataset(), class_names=("<b>cat</b>", "b", "c")))
    assert view.class_box.currentText() == "<b>cat</b>"
    assert "&lt;b&gt;cat&lt;/b&gt;" in view.class_box.toolTip()
