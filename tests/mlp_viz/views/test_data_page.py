from __future__ import annotations

import dataclasses
import gc
import weakref

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from mlp_core.datasets.dataset import Dataset, Split
from mlp_core.datasets.digits import digits_dataset
from mlp_core.datasets.overview import Overview
from mlp_viz.theme import DARK
from mlp_viz.views.data_page import DataPage


@pytest.fixture
def page(qtbot: QtBot) -> DataPage:
    page = DataPage()
    qtbot.addWidget(page)
    page.resize(1070, 650)
    return page


@pytest.fixture
def full(page: DataPage) -> DataPage:
    page.show()
    data = digits_dataset()
    page.set_dataset(data)
    page.show_overview(Overview.of(data))
    return page


def made_up() -> Dataset:
    """Return a data set of two images of each of two classes."""
    train = Split(np.arange(4 * 64, dtype=np.uint8).reshape(4, 64), np.array([0, 1, 0, 1]))
    return Dataset("d", "D", "made up", (8, 8), ("a", "b"), (0, 255), train, train, train)


def click_tile(page: DataPage, panel: str, tile: int) -> None:
    mosaic = getattr(page, panel).mosaic
    QTest.mouseClick(mosaic, Qt.MouseButton.LeftButton, pos=mosaic.tile_rect(tile).center().toPoint())


def test_a_data_set_is_shown_at_once_and_its_overview_when_it_comes(page: DataPage) -> None:
    page.show()
    data = digits_dataset()
    page.set_dataset(data)
    assert page.versions.mosaic.n_tiles == 25
    assert (page.examples.mosaic.n_tiles, page.means.mosaic.n_tiles, page.balance.chart.lanes) == (0, 0, ())
    page.show_overview(Overview.of(data))
    assert (page.examples.mosaic.n_tiles, page.means.mosaic.n_tiles, len(page.balance.chart.lanes)) == (10, 10, 3)


def test_another_data_set_takes_the_old_overview_away(full: DataPage) -> None:
    full.set_dataset(dataclasses.replace(digits_dataset(), class_names=tuple("abcdefghij")))
    assert full.versions.class_box.currentText() == "a"
    assert (full.examples.mosaic.n_tiles, full.means.mosaic.n_tiles, full.balance.chart.lanes) == (0, 0, ())
    full.set_dataset(None)
    assert full.versions.mosaic.n_tiles == 0


def test_a_hidden_page_does_nothing_until_it_is_shown(page: DataPage, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    for panel in (page.examples, page.means, page.balance):
        monkeypatch.setattr(panel, "show_overview", lambda *_: looks.append("overview"))
    monkeypatch.setattr(page.versions, "show_dataset", lambda *_: looks.append("dataset"))
    data = digits_dataset()
    for _ in range(3):
        page.set_dataset(data)
        page.show_overview(Overview.of(data))
    assert not looks
    page.show()
    assert looks == ["dataset", "overview", "overview", "overview"]
    page.hide()
    page.show()
    assert len(looks) == 4


def test_a_hidden_page_lets_go_of_the_data_set_before(page: DataPage) -> None:
    page.show()
    data = [made_up(), made_up(), made_up()]
    pixels = [weakref.ref(one.train.X) for one in data]
    for shown in (True, False, False):
        page.setVisible(shown)
        page.set_dataset(data[0])
        page.show_overview(Overview.of(data.pop(0)))
    gc.collect()
    assert [pixel() is not None for pixel in pixels] == [False, False, True]
    page.show()
    assert page.versions.mosaic.n_tiles == page.examples.mosaic.n_tiles == page.means.mosaic.n_tiles == 2


def test_a_hidden_page_is_emptied_once(full: DataPage, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[object] = []
    monkeypatch.setattr(full.versions, "show_dataset", looks.append)
    full.hide()
    for _ in range(3):
        full.set_dataset(digits_dataset())
    assert looks == [None]


def test_a_class_chosen_elsewhere_is_the_one_whose_versions_are_shown(full: DataPage) -> None:
    chosen = []
    click_tile(full, "examples", 3)
    chosen.append(full.versions.label)
    click_tile(full, "means", 7)
    chosen.append(full.versions.label)
    chart = full.balance.chart
    QTest.mouseClick(chart, Qt.MouseButton.LeftButton, pos=chart.class_rect(9).center().toPoint())
    chosen.append(full.versions.label)
    assert chosen == [3, 7, 9]


def test_a_click_on_a_sample_tells_which(full: DataPage) -> None:
    data = digits_dataset()
    samples: list[tuple[str, int]] = []
    full.sampleChosen.connect(lambda *sample: samples.append(sample))
    click_tile(full, "examples", 4)
    click_tile(full, "means", 5)
    full.versions.split_box.setCurrentIndex(2)
    click_tile(full, "versions", 1)
    assert samples == [
        ("train", int(np.flatnonzero(data.train.y == 4)[0])),
        ("test", int(np.flatnonzero(data.test.y == 5)[1])),
    ]


def test_tab_reaches_everything_in_the_order_of_the_screen(full: DataPage, qtbot: QtBot) -> None:
    full.activateWindow()
    full.examples.mosaic.setFocus()
    qtbot.waitUntil(full.examples.mosaic.hasFocus)
    reached: list[QWidget | None] = [QApplication.focusWidget()]
    for _ in range(6):
        QTest.keyClick(reached[-1] or full, Qt.Key.Key_Tab)
        reached.append(QApplication.focusWidget())
    versions = full.versions
    assert reached[:5] == [
        full.examples.mosaic,
        full.means.mosaic,
        versions.mosaic,
        versions.class_box,
        versions.split_box,
    ]
    assert full.balance.chart in reached


def test_it_fits_beside_the_controls_of_a_small_screen(full: DataPage) -> None:
    hint = full.minimumSizeHint()
    assert hint.width() <= 880
    assert hint.height() <= 560


def test_every_panel_takes_the_theme(full: DataPage) -> None:
    full.apply_theme(DARK)
    for panel in full.panels.values():
        assert panel.grab().toImage().pixelColor(panel.width() - 4, panel.height() // 2) == QColor(DARK.panel)


@pytest.mark.parametrize(("n_classes", "shape"), [(2, (1, 2)), (1000, (3, 3)), (40, (200, 150))])
def test_any_number_of_classes_and_any_image_size(page: DataPage, n_classes: int, shape: tuple[int, int]) -> None:
    train = Split(np.full((n_classes, shape[0] * shape[1]), 77, np.uint8), np.arange(n_classes))
    none = Split(train.X[:0], train.y[:0])
    names = tuple(f"{label:040d}" for label in range(n_classes))
    data = Dataset("d", "D", "made up", shape, names, (0, 255), train, none, none)
    page.show()
    page.set_dataset(data)
    page.show_overview(Overview.of(data))
    for mosaic in (page.examples.mosaic, page.means.mosaic, page.versions.mosaic):
        image = mosaic.grab().toImage()
        for tile in range(mosaic.n_tiles):
            assert image.pixelColor(mosaic.tile_rect(tile).center().toPoint()).green() == 77
            assert mosaic.rect().toRectF().contains(mosaic.tile_rect(tile))
    page.grab()
