from __future__ import annotations

import dataclasses
import gc
import weakref
from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from mlp_core.datasets.dataset import Dataset, Split
from mlp_core.datasets.digits import digits_dataset
from mlp_core.datasets.scaling import scaling_of
from mlp_viz.theme import DARK, LIGHT, Theme
from mlp_viz.views.sample import SampleDialog


@pytest.fixture
def dialog(qtbot: QtBot) -> SampleDialog:
    dialog = SampleDialog()
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(dialog.isActiveWindow)  # else its shortcuts are not at work
    return dialog


def made_up(shape: tuple[int, int], white: float = 255) -> Dataset:
    """Return a data set of six samples, 0 to `white` in even steps, of the classes a, b, a, b, a, b."""
    X = np.linspace(0, white, 6)[:, None] * np.ones((1, shape[0] * shape[1]))
    split = Split(X.astype(np.uint8 if white > 1 else np.float32), np.arange(6) % 2)
    return Dataset("d", "D", "made up", shape, ("a", "b"), (0, white), split, split, split)


def point_at(dialog: SampleDialog, row: int, column: int, shape: tuple[int, int]) -> QPointF:
    rect = dialog.image.tile_rect(0)
    at = QPointF(rect.x() + (column + 0.5) * rect.width() / shape[1], rect.y() + (row + 0.5) * rect.height() / shape[0])
    QTest.mouseMove(dialog.image, at.toPoint())
    return at


def test_which_it_is_and_its_class(dialog: SampleDialog) -> None:
    data = digits_dataset()
    dialog.show_sample(data, "valid", 7)
    assert dialog.texts() == ("validation image 8 of 200", f"class: {data.valid.y[7]}", "")
    assert dialog.windowTitle() == "validation image 8 – Handwritten digits 8×8 (UCI)"
    assert not dialog.isModal()
    dialog.show_sample(data, "test", 1, predicted=5)
    assert dialog.texts()[2] == "predicted: 5"
    assert dialog.shown == ("test", 1)


def test_every_pixel_is_drawn_and_read(dialog: SampleDialog) -> None:
    data = digits_dataset()
    dialog.show_sample(data, "train", 3)
    image = dialog.image.grab().toImage()
    pixels = data.train.X[3].reshape(8, 8)
    for row, column in ((0, 3), (4, 4), (7, 5)):
        at = point_at(dialog, row, column, (8, 8))
        stored = int(pixels[row, column])
        assert image.pixelColor(at.toPoint()).green() == round(stored / 16 * 255)
        scaled = f"{(stored / 16 - 0.5) * 2:.3f}".replace("-", "−")
        assert dialog.readout() == f"row {row + 1}, column {column + 1}: stored {stored}, the network sees {scaled}"


def test_the_value_that_the_network_sees_follows_the_scaling(dialog: SampleDialog) -> None:
    data = made_up((4, 4))
    scaling = scaling_of("standardised", data.train.X, data.pixel_range)
    dialog.show_sample(dataclasses.replace(data, scaling=scaling), "train", 5)
    point_at(dialog, 2, 2, (4, 4))
    assert dialog.readout().endswith(f"stored 255, the network sees {scaling(np.array([255]), 0, 255)[0]:.3f}")


def test_keys_go_to_the_neighbours_and_stop_at_the_ends(dialog: SampleDialog) -> None:
    dialog.show_sample(made_up((8, 8)), "test", 4, predicted=0)
    keys = Qt.Key
    visited = []
    for key in (keys.Key_Right, keys.Key_Right, keys.Key_Left, keys.Key_Home, keys.Key_Left, keys.Key_End):
        QTest.keyClick(dialog.through_box, key)  # it has the focus at first, and leaves these keys alone
        visited.append(dialog.shown[1])
    assert visited == [5, 5, 4, 0, 0, 5]
    assert dialog.texts() == ("test image 6 of 6", "class: b", "")


def test_the_way_leads_through_one_class(dialog: SampleDialog) -> None:
    dialog.show_sample(made_up((8, 8)), "train", 2)
    QTest.keyClick(dialog.through_box, Qt.Key.Key_Down)
    for way in (dialog.next_button, dialog.previous_button, dialog.previous_button):
        QTest.mouseClick(way, Qt.MouseButton.LeftButton)
    assert dialog.texts() == ("train image 1 of 6", "class: a", "")
    assert (dialog.previous_button.isEnabled(), dialog.next_button.isEnabled()) == (False, True)
    QTest.keyClick(dialog, Qt.Key.Key_End)
    assert dialog.shown == ("train", 4)
    dialog.show_sample(made_up((8, 8)), "train", 3)
    QTest.keyClick(dialog, Qt.Key.Key_End)
    assert dialog.shown == ("train", 5)


def test_the_pixel_under_a_mouse_that_rests_is_read_of_each_sample(dialog: SampleDialog) -> None:
    dialog.show_sample(made_up((8, 8)), "train", 0)
    point_at(dialog, 1, 1, (8, 8))
    QTest.keyClick(dialog, Qt.Key.Key_Right)
    assert "stored 51," in dialog.readout()


@pytest.mark.parametrize("shape", [(1, 2), (200, 150), (1024, 1024)])
def test_images_of_any_size(dialog: SampleDialog, shape: tuple[int, int]) -> None:
    dialog.show_sample(made_up(shape, 1), "train", 1)
    image = dialog.image.grab().toImage()
    assert image.pixelColor(dialog.image.tile_rect(0).center().toPoint()).green() == 51
    assert dialog.image.tile_rect(0).width() > 300 or shape[1] == 150
    row, column = shape[0] // 2, shape[1] // 2
    point_at(dialog, row, column, shape)
    assert f"row {row + 1}, column {column + 1}: " in dialog.readout()
    assert "stored 0.2, the network sees −0.600" in dialog.readout()


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_the_theme_colours_the_window(dialog: SampleDialog, theme: Theme) -> None:
    dialog.show_sample(made_up((8, 8)), "train", 1, predicted=0)
    dialog.apply_theme(theme)
    image = dialog.grab().toImage()
    assert image.pixelColor(2, 2) == QColor(theme.panel)
    seen = {image.pixel(x, y) for x in range(16, 200) for y in range(80)}
    assert {QColor(colour).rgb() for colour in (theme.text, theme.accent, theme.error)} <= seen


def test_escape_closes_it(dialog: SampleDialog) -> None:
    dialog.show_sample(made_up((8, 8)), "train", 1)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


@pytest.mark.parametrize("close", [SampleDialog.close, SampleDialog.reject, SampleDialog.hide])
def test_once_closed_it_holds_no_data_set(dialog: SampleDialog, close: Callable[[SampleDialog], object]) -> None:
    pixels = []
    for _ in range(2):
        data = made_up((8, 8))
        pixels.append(weakref.ref(data.train.X))
        dialog.show_sample(data, "train", 1)
    close(dialog)
    del data
    gc.collect()
    assert [pixel() for pixel in pixels] == [None, None]
    for key in (Qt.Key.Key_Right, Qt.Key.Key_End):  # comes too late, and does no harm
        QTest.keyClick(dialog, key)
    dialog.show_sample(made_up((8, 8)), "train", 2)
    QTest.mouseClick(dialog.next_button, Qt.MouseButton.LeftButton)
    assert dialog.shown == ("train", 3)
