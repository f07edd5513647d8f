from __future__ import annotations

import itertools

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from mlp_core.runs.record import Status
from mlp_core.sweep.results import SweepResults
from mlp_viz.theme import DARK, LIGHT, Theme
from mlp_viz.views.parallel_coordinates import RESULT, ParallelCoordinates
from tests.mlp_viz.views.sweep_samples import plan, results


@pytest.fixture
def panel(qtbot: QtBot) -> ParallelCoordinates:
    panel = ParallelCoordinates()
    qtbot.addWidget(panel)
    panel.resize(720, 360)
    panel.show()
    qtbot.waitUntil(panel.isActiveWindow)
    panel.chart.clearFocus()
    return panel


def show(panel: ParallelCoordinates, shown: SweepResults) -> None:
    panel.show_results(shown)
    panel.settle()
    panel.grab()  # lays out what appeared beside the chart


def six() -> SweepResults:
    """Return 3 eta × 2 activations: settings 0 to 4 from 90 to 94 per cent, the last diverged."""
    outcomes = {k: [0.90 + k / 100] * 3 for k in range(5)}
    return results(plan("eta=0.01,0.1,1", "activation=relu,sigmoid"), {**outcomes, 5: [Status.DIVERGED]})


def at(panel: ParallelCoordinates, name: str, share: float) -> QPoint:
    """Return a place on an axis, from its lower end to its upper."""
    chart = panel.chart
    bottom, top = chart._bottom, chart._top
    return QPoint(round(chart.axis_x(name)), round(bottom - share * (bottom - top)))


def drag(panel: ParallelCoordinates, name: str, begin: float, end: float) -> None:
    QTest.mousePress(panel.chart, Qt.MouseButton.LeftButton, pos=at(panel, name, begin))
    QTest.mouseMove(panel.chart, at(panel, name, (begin + end) / 2))
    QTest.mouseMove(panel.chart, at(panel, name, end))
    QTest.mouseRelease(panel.chart, Qt.MouseButton.LeftButton, pos=at(panel, name, end))


def kept(panel: ParallelCoordinates) -> set[object]:
    return {key for key, keep in zip(panel.chart.keys, panel.chart.kept, strict=True) if keep}


def test_there_is_an_axis_for_all_that_varies_and_one_for_the_result(panel: ParallelCoordinates) -> None:
    show(panel, results(plan("eta=0.01,0.1", "l2=0", "units=5,10"), {0: [0.9]}))
    assert panel.chart.names == ("eta", "units", RESULT)
    assert panel.status() == "4 settings"
    xs = [panel.chart.axis_x(name) for name in panel.chart.names]
    assert all(left + 100 < right for left, right in itertools.pairwise(xs))


def test_lines_go_through_their_values(panel: ParallelCoordinates) -> None:
    show(panel, six())
    heights = {k: panel.chart.place_of(k, "eta").y() for k in range(6)}
    assert heights[0] == heights[1] > heights[2] > heights[4]
    assert heights[2] == pytest.approx((heights[0] + heights[4]) / 2), "eta is logarithmic"
    assert {round(panel.chart.place_of(k, "activation").y()) for k in (0, 2, 4)} == {at(panel, "activation", 0).y()}
    results_at = [panel.chart.place_of(k, RESULT).y() for k in range(5)]
    assert results_at == sorted(results_at, reverse=True)
    assert panel.chart.place_of(5, RESULT).y() > results_at[0] + 10, "without a result it ends below the axis"


def test_a_range_on_an_axis_keeps_the_lines_through_it(panel: ParallelCoordinates) -> None:
    show(panel, six())
    drag(panel, "eta", 0.3, 0.7)
    assert kept(panel) == {2, 3}
    assert panel.status() == "2 of 6 settings left"


def test_ranges_of_several_axes_combine(panel: ParallelCoordinates) -> None:
    show(panel, six())
    drag(panel, "eta", 0.3, 1.0)
    drag(panel, "activation", -0.05, 0.2)
    assert kept(panel) == {2, 4}
    drag(panel, RESULT, 0.9, 1.0)
    assert kept(panel) == {4}


def test_a_range_of_results_leaves_out_those_without_one(panel: ParallelCoordinates) -> None:
    show(panel, six())
    drag(panel, RESULT, 0, 1)
    assert kept(panel) == {0, 1, 2, 3, 4}


def test_a_click_clears_the_range_of_its_axis_and_the_button_all(panel: ParallelCoordinates) -> None:
    show(panel, six())
    drag(panel, "eta", 0.3, 1.0)
    drag(panel, "activation", -0.05, 0.2)
    QTest.mouseClick(panel.chart, Qt.MouseButton.LeftButton, pos=at(panel, "eta", 0.1))
    assert kept(panel) == {0, 2, 4}
    panel.clear_button.click()
    assert len(kept(panel)) == 6
    assert panel.status() == "6 settings"
    assert not panel.clear_button.isVisible()


def test_ranges_stay_when_results_come_and_go_with_another_sweep(panel: ParallelCoordinates) -> None:
    show(panel, six())
    drag(panel, RESULT, 0.4, 1.0)
    assert kept(panel) == {2, 3, 4}
    better = {k: [0.90 + k / 100] * 3 for k in range(5)} | {0: [0.99] * 3}
    show(panel, results(six().plan, better))
    assert kept(panel) == {0, 2, 3, 4}, "the range is one of accuracies, not of places"
    show(panel, results(plan("eta=0.01,0.1", "units=5,10"), {0: [0.9]}))
    assert len(kept(panel)) == 4


def test_the_line_under_the_mouse_is_read_and_a_click_opens_it(panel: ParallelCoordinates) -> None:
    show(panel, six())
    opened: list[int] = []
    panel.settingChosen.connect(opened.append)
    middle = (panel.chart.place_of(3, "activation") + panel.chart.place_of(3, RESULT)) / 2
    QTest.mouseMove(panel.chart, middle.toPoint())
    assert panel.chart.pointed_at == 3
    assert panel.readout().startswith("eta 0.1, sigmoid: 93.00 %")
    QTest.mouseClick(panel.chart, Qt.MouseButton.LeftButton, pos=middle.toPoint())
    assert opened == [3]
    drag(panel, "activation", -0.05, 0.2)
    QTest.mouseMove(panel.chart, middle.toPoint())
    assert panel.chart.pointed_at != 3, "a line that is brushed out is not there"


def test_keys_go_through_the_lines_that_are_kept_and_brush(qtbot: QtBot, panel: ParallelCoordinates) -> None:
    show(panel, six())
    opened: list[int] = []
    panel.settingChosen.connect(opened.append)
    panel.activateWindow()
    panel.chart.setFocus()
    qtbot.waitUntil(panel.chart.hasFocus)
    assert panel.chart.pointed_at == 4, "the best comes first"
    QTest.keyClick(panel.chart, Qt.Key.Key_Down)
    QTest.keyClick(panel.chart, Qt.Key.Key_Return)
    assert opened == [3]
    for _ in range(2):
        QTest.keyClick(panel.chart, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert kept(panel) == {0, 1, 2, 3}, "the upper end of the range on the first axis was lowered"
    QTest.keyClick(panel.chart, Qt.Key.Key_Right)
    QTest.keyClick(panel.chart, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert kept(panel) == {1, 3}
    QTest.keyClick(panel.chart, Qt.Key.Key_Up)
    QTest.keyClick(panel.chart, Qt.Key.Key_Escape)
    assert len(kept(panel)) == 6


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_what_is_brushed_out_goes_pale(panel: ParallelCoordinates, theme: Theme) -> None:
    panel.apply_theme(theme)
    show(panel, six())
    place = (panel.chart.place_of(4, "eta") * 3 + panel.chart.place_of(4, "activation")) / 4
    middle = panel.chart.mapTo(panel, place.toPoint())

    def contrast() -> int:
        image = panel.grab().toImage()
        ground = QColor(theme.panel).lightness()
        near = [image.pixelColor(middle + QPoint(0, dy)).lightness() for dy in range(-2, 3)]
        return max(abs(lightness - ground) for lightness in near)

    strong = contrast()
    panel.chart.set_brush("eta", (0.0, 0.5))
    assert 0 < contrast() < strong / 2


def test_results_that_are_not_numbers_break_nothing(panel: ParallelCoordinates) -> None:
    shown = results(plan("eta=0.1,0.2", "units=5,10"), {k: [Status.FAILED] for k in range(4)})
    show(panel, shown)
    panel.chart.set_brush(RESULT, (10.0, 90.0))
    assert not kept(panel)
    assert panel.chart.key_at(panel.chart.rect().center().toPointF()) is None
    assert np.isfinite(panel.chart._y).all()
    panel.grab()


def test_ranges_of_a_random_sweep_have_axes_of_their_own(panel: ParallelCoordinates) -> None:
    drawn = plan("eta=1e-5..1", "units=5..300", "layers=0..3", method="random", n_settings=30, n_seeds=1)
    show(panel, results(drawn, {k: [k / 30] for k in range(30)}))
    assert panel.chart.names == ("eta", "units", "layers", RESULT)
    assert ((panel.chart._shares >= 0) & (panel.chart._shares <= 1)).all()
    panel.grab()
