from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication

from mlp_core.runs.record import RunRecord
from mlp_viz.theme import DARK
from mlp_viz.views.run_legend import LOOK, NAME, VALUE, RunLegend
from mlp_viz.views.run_style import RunStyles
from tests.mlp_viz.views.run_samples import record as sample

# what the offscreen platform says of every window with a smallest size
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


def record(run_id: int, name: str) -> RunRecord:
    return sample(run_id, name=name)


@pytest.fixture
def legend(qtbot: Any) -> RunLegend:
    legend = RunLegend()
    qtbot.addWidget(legend)
    legend.resize(200, 120)
    runs = [record(7, "slow"), record(3, "<b>fast</b>"), *(record(10 + k, f"more {k}") for k in range(10))]
    legend.show_runs(runs, RunStyles().assign([run.id for run in runs]))
    with qtbot.waitExposed(legend):
        legend.show()
    return legend


def bold(legend: RunLegend) -> list[int]:
    items = [legend.item(row, NAME) for row in range(legend.rowCount())]
    return [run_id for run_id, item in zip(legend.ids, items, strict=True) if item and item.font().bold()]


def test_each_run_has_a_row_with_its_value(legend: RunLegend) -> None:
    legend.show_values("epoch 37", ["97.98 %", "–", *["1"] * 10])
    assert legend.place() == "epoch 37"
    assert (legend.value(7), legend.value(3)) == ("97.98 %", "–")
    name = legend.item(1, NAME)
    assert name is not None
    assert name.text() == "<b>fast</b>"
    assert "&lt;b&gt;" in name.toolTip()


def test_what_is_cut_off_is_told_beside_the_place(legend: RunLegend) -> None:
    legend.show_values("epoch 37", ["1"] * 12)
    legend.show_cut("↑ <b>fast</b>")
    assert (legend.cut, legend.place()) == ("↑ <b>fast</b>", "epoch 37")
    legend.show_values("at the end", ["1"] * 12)
    assert legend.cut == "↑ <b>fast</b>"
    assert "&lt;b&gt;" in legend.horizontalHeader().toolTip()


def test_a_value_has_room_to_be_bold(legend: RunLegend) -> None:
    legend.show_values("epoch 1", ["100.00 %", *["1"] * 11])
    legend.mark(7)
    item = legend.item(0, VALUE)
    assert item is not None
    assert legend.columnWidth(VALUE) > legend._bold.horizontalAdvance(item.text())


def test_the_marked_run_is_bold_and_in_view(legend: RunLegend) -> None:
    legend.mark(19)
    assert bold(legend) == [19]
    item = legend.item(11, NAME)
    assert item is not None
    assert legend.viewport().rect().contains(legend.visualItemRect(item).center())
    legend.mark(None)
    assert bold(legend) == []


def test_mouse_and_keyboard_point_at_runs_and_choose_one(legend: RunLegend, qtbot: Any) -> None:
    pointed: list[Any] = []
    legend.pointed.connect(pointed.append)
    item = legend.item(1, NAME)
    assert item is not None
    qtbot.mouseMove(legend.viewport(), legend.visualItemRect(item).center())
    qtbot.waitUntil(lambda: pointed == [3])
    QApplication.sendEvent(legend, QEvent(QEvent.Type.Leave))
    assert pointed == [3, None]
    legend.setCurrentCell(1, NAME)
    with qtbot.waitSignal(legend.chosen) as chosen:
        qtbot.keyClick(legend, Qt.Key.Key_Return)
    assert chosen.args == [3]


def test_chips_have_the_colours_of_the_theme(legend: RunLegend) -> None:
    legend.apply_theme(DARK)
    item = legend.item(0, LOOK)
    assert item is not None
    place = legend.visualItemRect(item).translated(legend.viewport().pos())
    picture = legend.grab(place).toImage()
    colours = {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}
    assert legend._chips.styles[0].colour(DARK) in colours


def test_the_run_that_the_keyboard_was_at_is_not_pointed_at_when_it_has_gone(legend: RunLegend, qtbot: Any) -> None:
    legend.setFocus()
    qtbot.waitUntil(legend.hasFocus)
    legend.setCurrentCell(1, NAME)
    with qtbot.waitSignal(legend.pointed, check_params_cb=lambda run_id: run_id is None):
        legend.clearFocus()
