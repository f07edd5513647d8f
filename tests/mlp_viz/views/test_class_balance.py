from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from mlp_core.datasets.dataset import Dataset, Split
from mlp_core.datasets.overview import Overview
from mlp_viz.views.class_balance import ClassBalance


def split(*labels: int) -> Split:
    return Split(np.zeros((len(labels), 1), np.uint8), np.array(labels, np.int64))


def dataset(*names: str) -> Dataset:
    return Dataset("d", "D", "made up", (1, 1), names, (0, 255), split(*[0] * 1200, 1, 1), split(1), split())


@pytest.fixture
def view(qtbot: QtBot) -> ClassBalance:
    view = ClassBalance()
    qtbot.addWidget(view)
    view.resize(530, 355)
    view.show()
    return view


def test_the_counts_of_the_class_under_the_mouse_are_read(view: ClassBalance) -> None:
    data = dataset("sand", "rock")
    view.show_overview(data, Overview.of(data))
    view.chart.clearFocus()
    assert "Point at a class" in view.readout()
    QTest.mouseMove(view.chart, view.chart.class_rect(0).center().toPoint())
    assert view.readout() == "sand: 1,200 train, 0 validation, 0 test"
    QTest.mouseMove(view.chart, view.chart.class_rect(1).center().toPoint())
    assert view.readout() == "rock: 2 train, 1 validation, 0 test"
    assert view.status() == "dashed: an even share"


def test_the_counts_of_the_class_that_the_keys_reached_are_read(view: ClassBalance, qtbot: QtBot) -> None:
    view.activateWindow()
    view.chart.setFocus()
    qtbot.waitUntil(view.chart.hasFocus)
    data = dataset("sand", "rock")
    view.show_overview(data, Overview.of(data))
    assert view.readout().startswith("sand: 1,200 train")
    QTest.keyClick(view.chart, Qt.Key.Key_Right)
    assert view.readout().startswith("rock: 2 train")


def test_a_long_name_leaves_room_for_the_counts(view: ClassBalance) -> None:
    data = dataset("x" * 40, "y")
    view.show_overview(data, Overview.of(data))
    QTest.mouseMove(view.chart, view.chart.class_rect(0).center().toPoint())
    assert view.readout() == f"{'x' * 19}…: 1,200 train, 0 validation, 0 test"


def test_a_click_chooses_the_class(view: ClassBalance, qtbot: QtBot) -> None:
    data = dataset("sand", "rock")
    view.show_overview(data, Overview.of(data))
    with qtbot.waitSignal(view.classChosen) as chosen:
        QTest.mouseClick(view.chart, Qt.MouseButton.LeftButton, pos=view.chart.class_rect(1).center().toPoint())
    assert chosen.args == [1]


def test_without_an_overview_nothing_is_told(view: ClassBalance) -> None:
    data = dataset("sand", "rock")
    view.show_overview(data, Overview.of(data))
    for nothing in (data, None):
        view.show_overview(nothing, None)
        assert (view.readout(), view.status(), view.chart.lanes) == ("", "", ())
