from __future__ import annotations

import math

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from mlp_core.runs.record import Status
from mlp_core.sweep.results import SweepResults
from mlp_viz.views.slice_plot import SlicePlot
from tests.mlp_viz.views.sweep_samples import plan, results


@pytest.fixture
def panel(qtbot: QtBot) -> SlicePlot:
    panel = SlicePlot()
    qtbot.addWidget(panel)
    panel.resize(640, 320)
    panel.show()
    qtbot.waitUntil(panel.isActiveWindow)
    panel.chart.clearFocus()
    return panel


def show(panel: SlicePlot, shown: SweepResults) -> None:
    panel.show_results(shown)
    panel.settle()


def grid() -> SweepResults:
    """Return 3 eta × 2 units of 3 seeds: the runs have the ids 1 to 18, those of a setting in a row."""
    outcomes = {k: [0.90 + k / 100, 0.91 + k / 100, 0.95 + k / 100] for k in range(4)}
    return results(plan("eta=0.01,0.1,1", "units=5,10"), {**outcomes, 4: [0.5], 5: [Status.DIVERGED]})


def test_each_run_is_a_point_at_its_value_and_accuracy(panel: SlicePlot) -> None:
    show(panel, grid())
    assert set(panel.chart.places) == {*range(1, 14), 16}
    xs = [panel.chart.places[run].x() for run in (2, 8, 13)]
    assert xs == sorted(xs)
    assert panel.chart.places[1].y() > panel.chart.places[2].y() > panel.chart.places[3].y()
    assert panel.chart.places[1].x() < panel.chart.places[2].x(), "seeds stand beside one another"
    assert panel.chart.places[2].x() == panel.chart.places[5].x()
    assert math.isnan(panel.chart.points[16].accuracy)
    assert panel.chart.places[16].y() == max(place.y() for place in panel.chart.places.values())


def test_the_line_goes_through_the_median_of_each_value(panel: SlicePlot) -> None:
    show(panel, grid())
    places, values = zip(*panel.chart.medians, strict=True)
    assert places == pytest.approx([-2, -1, 0])
    assert values == pytest.approx([91.5, 93.5, 50])  # the first of 90, 91, 91, 92, 95, 96
    assert panel.status() == "line: median of each value"
    panel.box.choose("units")
    assert len(panel.chart.medians) == 2


def test_along_a_range_the_medians_are_those_of_neighbours(panel: SlicePlot) -> None:
    drawn = plan("eta=0.001..1", method="random", n_settings=36, n_seeds=1)
    show(panel, results(drawn, {k: [k / 36] for k in range(36)}))
    assert len(panel.chart.medians) == 6
    assert panel.chart.medians == sorted(panel.chart.medians)
    assert panel.status() == "line: median of neighbours"


def test_a_point_is_read_and_opened(panel: SlicePlot) -> None:
    show(panel, grid())
    opened: list[int] = []
    runs: list[int] = []
    panel.settingChosen.connect(opened.append)
    panel.runChosen.connect(runs.append)
    place = panel.chart.places[6].toPoint()
    QTest.mouseMove(panel.chart, place)
    assert panel.readout() == "eta 0.01, 10 units, seed 3: 96.00 %"
    QTest.mouseClick(panel.chart, Qt.MouseButton.LeftButton, pos=place)
    assert (opened, runs) == ([1], [6])
    QTest.mouseMove(panel.chart, panel.chart.places[16].toPoint())
    assert panel.readout() == "eta 1, 10 units, seed 1: no result, diverged"


def test_arrows_go_along_the_axis_and_up_and_down(qtbot: QtBot, panel: SlicePlot) -> None:
    show(panel, grid())
    panel.activateWindow()
    panel.chart.setFocus()
    qtbot.waitUntil(panel.chart.hasFocus)
    assert panel.chart.pointed_at == 1
    for key, run in ((Qt.Key.Key_Up, 91), (Qt.Key.Key_Up, 91), (Qt.Key.Key_Up, 92), (Qt.Key.Key_Down, 91)):
        QTest.keyClick(panel.chart, key)
        assert panel.chart.points[panel.chart.pointed_at].accuracy == pytest.approx(run)
    seen = []
    for _ in range(14):
        QTest.keyClick(panel.chart, Qt.Key.Key_Right)
        seen.append(panel.chart.pointed_at)
    assert panel.chart.pointed_at in (13, 16), "at the right end"


def test_a_run_far_below_does_not_press_the_others_together(panel: SlicePlot) -> None:
    outcomes = {k: [0.95 + k / 100] * 3 for k in range(4)}
    show(panel, results(plan("eta=0.1,0.2", "units=5,10"), {**outcomes, 0: [0.1, 0.95, 0.96]}))
    heights = [panel.chart.places[run].y() for run in (2, 12)]
    assert heights[0] - heights[1] > panel.chart.height() / 4
    panel.grab()


def test_runs_without_hidden_units_are_not_drawn_against_them(panel: SlicePlot) -> None:
    shown = results(plan("units=5,10", "layers=0,1"), {k: [0.9] for k in range(3)})
    show(panel, shown)
    drawn = {point.result.values["layers"] for point in panel.chart.points.values()}
    assert drawn == {1}


def test_without_any_result_there_is_the_placeholder(panel: SlicePlot) -> None:
    show(panel, results(plan("eta=0.1,0.2"), {0: [Status.RUNNING]}))
    assert panel.chart.keys == ()
    panel.grab()
    show(panel, results(plan("eta=0.1,0.2"), {0: [Status.DIVERGED]}))
    assert panel.chart.medians == []
    panel.grab()
