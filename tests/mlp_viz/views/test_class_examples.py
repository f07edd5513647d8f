from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from mlp_core.datasets.dataset import Dataset, Split
from mlp_core.datasets.overview import Overview
from mlp_viz.views.class_examples import ClassExamples

Y = [2, 0, 2, 0, 3]  # class 1 has no training image


@pytest.fixture
def view(qtbot: QtBot) -> ClassExamples:
    X = np.repeat(np.arange(10, 60, 10, dtype=np.uint8)[:, None], 64, axis=1)
    train = Split(X, np.array(Y))
    data = Dataset("d", "D", "made up", (8, 8), tuple("abcd"), (0, 255), train, train, train)
    view = ClassExamples()
    qtbot.addWidget(view)
    view.resize(500, 200)
    view.show()
    view.show_overview(data, Overview.of(data))
    return view


def test_the_first_image_of_each_class_is_shown(view: ClassExamples) -> None:
    image = view.mosaic.grab().toImage()
    for tile, grey in ((0, 20), (2, 10), (3, 50)):
        assert image.pixelColor(view.mosaic.tile_rect(tile).center().toPoint()).green() == grey
    QTest.mouseMove(view.mosaic, view.mosaic.tile_rect(3).center().toPoint())
    assert view.mosaic.toolTip() == "d\ntraining image 5: click to see it large"


def test_a_click_and_enter_open_it_and_choose_its_class(view: ClassExamples) -> None:
    opened: list[tuple[str, int]] = []
    chosen: list[int] = []
    view.sampleChosen.connect(lambda *sample: opened.append(sample))
    view.classChosen.connect(chosen.append)
    for tile in (0, 1, 2):
        QTest.mouseClick(view.mosaic, Qt.MouseButton.LeftButton, pos=view.mosaic.tile_rect(tile).center().toPoint())
    QTest.keyClick(view.mosaic, Qt.Key.Key_Right)
    QTest.keyClick(view.mosaic, Qt.Key.Key_Enter)
    assert opened == [("train", 1), ("train", 0), ("train", 4)]
    assert chosen == [0, 1, 2, 3]
