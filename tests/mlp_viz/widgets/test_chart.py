from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QPainter, QPicture
from pytestqt.qtbot import QtBot

from mlp_viz.theme import DARK
from mlp_viz.widgets.chart import Chart
from mlp_viz.widgets.ticks import epoch_ticks, linear_ticks

FRAME = (10.0, 0.0, 4.0, epoch_ticks(10), linear_ticks(0, 4))


@pytest.fixture
def chart(qtbot: QtBot) -> Chart:
    chart = Chart("epoch", "cost J")
    qtbot.addWidget(chart)
    chart.resize(400, 200)
    with qtbot.waitExposed(chart):
        chart.show()
    chart.set_frame(FRAME)
    return chart


def test_the_axes_are_as_the_frame_says(chart: Chart) -> None:
    item: Any = chart.getPlotItem()
    assert item.viewRange() == [[0, 10], [0, 4]]
    assert item.getAxis("left").tickValues(0, 4, 100)[0][1] == [0, 1, 2, 3, 4]
    assert item.getAxis("bottom").labelText == "epoch"
    chart.set_labels("seconds", "error (%)")
    chart.apply_theme(DARK)
    assert (item.getAxis("bottom").labelText, item.getAxis("left").labelText) == ("seconds", "error (%)")


def test_the_last_label_is_drawn_in_full(chart: Chart) -> None:
    chart.set_frame((10_150.0, 0.0, 4.0, epoch_ticks(10_000), linear_ticks(0, 4)))
    chart.grab()
    axis: Any = chart.getPlotItem().getAxis("bottom")
    picture = QPicture()
    painter = QPainter(picture)
    spots = {text: rect for rect, _, text in axis.generateDrawSpecs(painter)[2]}
    painter.end()
    assert chart.mapFromScene(axis.mapToScene(spots["10,000"].topRight())).x() <= chart.width()


def test_the_same_frame_is_not_drawn_again(chart: Chart, qtbot: QtBot) -> None:
    item: Any = chart.getPlotItem()
    with qtbot.assertNotEmitted(item.vb.sigRangeChanged):
        chart.set_frame(FRAME)
    with qtbot.waitSignal(item.vb.sigRangeChanged):
        chart.set_frame((20.0, *FRAME[1:]))


def test_a_place_on_the_screen_is_one_on_the_axes(chart: Chart) -> None:
    box: Any = chart.getPlotItem().vb
    position = chart.mapFromScene(box.mapViewToScene(QPointF(5, 2)))
    place = chart.place_at(QPointF(position))
    assert place is not None
    assert place.x() == pytest.approx(5, abs=0.1)
    assert place.y() == pytest.approx(2, abs=0.1)
    assert chart.place_at(QPointF(QPoint(1, 1))) is None


def test_the_line_stands_where_it_is_told(chart: Chart) -> None:
    assert not chart.line.isVisible()
    chart.show_line(3)
    assert chart.line.isVisible()
    assert chart.line.value() == 3
    chart.show_line(None)
    assert not chart.line.isVisible()
