from __future__ import annotations

import dataclasses
import itertools

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from mlp_core.runs.record import Status
from mlp_core.sweep.results import SweepResults
from mlp_viz.theme import DARK, LIGHT, Theme
from mlp_viz.views.heat_map import HeatMap
from mlp_viz.widgets.colour_scale import even_lut
from tests.mlp_viz.views.sweep_samples import plan, results


@pytest.fixture
def panel(qtbot: QtBot) -> HeatMap:
    panel = HeatMap()
    qtbot.addWidget(panel)
    panel.resize(640, 320)
    panel.show()
    qtbot.waitUntil(panel.isActiveWindow)
    panel.chart.clearFocus()
    return panel


def show(panel: HeatMap, shown: SweepResults) -> None:
    panel.show_results(shown)
    panel.settle()


def grid() -> SweepResults:
    """Return 2 eta × 3 units × 2 l2; setting 4 * eta + 2 * ... counts in that order."""
    outcomes = {k: [0.90 + k / 100, 0.91 + k / 100, 0.95 + k / 100] for k in range(9)}
    return results(
        plan("eta=0.1,0.2", "units=5,10,20", "l2=0,0.1"),
        {**outcomes, 9: [Status.DIVERGED], 8: [Status.DIVERGED], 10: [Status.RUNNING]},
    )


def test_the_first_two_that_vary_make_columns_and_rows(panel: HeatMap) -> None:
    show(panel, results(plan("minibatch_size=50", "eta=0.1,0.2", "units=5,10,20"), {}))
    assert (panel.x_box.field, panel.y_box.field) == ("eta", "units")
    assert len(panel.chart.marks) == 6
    rooms = [mark.room for mark in panel.chart.marks.values()]
    assert all(not a.intersects(b) for a, b in itertools.combinations(rooms, 2))
    assert panel.chart.marks[0, 0].room.bottom() > panel.chart.marks[0, 2].room.bottom(), "larger values lie higher"


def test_a_cell_shows_the_median_of_the_best_of_the_other_settings(panel: HeatMap) -> None:
    show(panel, grid())
    assert panel.chart.texts[0, 0] == "92.00"  # of settings 0 and 1, the median of 91, 92, 96
    mark = panel.chart.marks[0, 0]
    assert mark.result is not None
    assert (mark.result.setting, mark.others) == (1, 1)
    assert panel.reading((0, 0)) == "eta 0.1, 5 units, l2 0.1: 92.00 % (3 seeds: 91.00 to 96.00), best of 2"
    assert "median of the seeds so far, best of the other settings" in panel.readout().lower()


def test_only_a_sweep_that_is_over_has_all_its_seeds(panel: HeatMap) -> None:
    two = plan("eta=0.1,0.2", n_seeds=2)
    show(panel, results(two, {0: [0.8, 0.9], 1: [0.7]}))
    assert "Median of the seeds so far" in panel.readout()
    show(panel, results(two, {0: [0.8, 0.9], 1: [0.7, 0.8]}))
    assert "Median of 2 seeds" in panel.readout()


def test_the_colour_scale_gives_way_to_what_is_read(panel: HeatMap) -> None:
    panel.resize(420, 320)
    show(panel, grid())
    height = panel.chart.height()
    panel.chart.hover((0, 0))
    assert panel.bar.isHidden()
    assert panel.chart.height() == height
    panel.chart.hover(None)
    assert panel.bar.isVisible()
    panel.resize(1200, 320)
    panel.chart.hover((0, 0))
    assert panel.bar.isVisible()


def test_cells_without_a_number_say_why(panel: HeatMap) -> None:
    show(panel, grid())
    assert panel.chart.texts[1, 1] == "diverged"
    assert panel.chart.texts[1, 2] == "running"
    show(panel, results(plan("eta=0.1,0.2", "units=5,10"), {0: [Status.FAILED] * 3, 1: [0.9]}))
    assert panel.chart.texts == {(0, 0): "failed", (0, 1): "★ 90.00"}


def test_the_best_cell_is_marked(panel: HeatMap) -> None:
    show(panel, grid())
    assert panel.chart.best == (1, 0)  # of settings 6 and 7, the last with a number
    assert panel.chart.texts[1, 0].startswith("★")
    assert panel.status() == "□ best"


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_cells_have_the_colours_of_the_scale(panel: HeatMap, theme: Theme) -> None:
    panel.apply_theme(theme)
    show(panel, grid())
    image = panel.grab().toImage()
    lut = even_lut(theme is DARK)

    def colour(cell: tuple[int, int]) -> int:
        corner = panel.chart.marks[cell].room.topLeft().toPoint() + QPoint(9, 9)
        return image.pixel(panel.chart.mapTo(panel, corner))

    low, high = (panel.bar.scale.share(value) for value in (92.0, 98.0))
    assert colour((0, 0)) == lut[round(255 * low)]
    assert colour((1, 0)) == lut[round(255 * high)]
    assert colour((1, 2)) == QColor(theme.panel).rgb(), "the cell that runs has no colour"


def test_numbers_are_left_out_where_there_is_no_room(panel: HeatMap) -> None:
    shown = results(
        plan("eta=" + ",".join(f"{k / 1000}" for k in range(1, 31)), "units=5,10"), {0: [0.9], 5: [Status.RUNNING]}
    )
    show(panel, shown)
    assert panel.chart.texts == {(2, 1): "…"}


def test_one_hyperparameter_makes_a_row(panel: HeatMap) -> None:
    show(panel, results(plan("eta=0.1,0.2,0.3", "l2=0"), {0: [0.9], 2: [0.8]}))
    assert list(panel.chart.marks) == [(0, 0), (1, 0), (2, 0)]
    assert not panel.y_box.isVisible()
    panel.grab()


def test_ranges_make_points_on_logarithmic_axes(panel: HeatMap) -> None:
    drawn = plan("eta=0.001..1", "activation=sigmoid,relu", method="random", n_settings=20, n_seeds=1)
    show(panel, results(drawn, {**{k: [k / 20] for k in range(18)}, 18: [Status.DIVERGED]}))
    assert not panel.chart.in_cells
    assert panel.chart.best == 17
    by_eta = sorted(panel.chart.marks.values(), key=lambda mark: float(mark.result.values["eta"]))  # type: ignore[union-attr]
    xs = [mark.room.center().x() for mark in by_eta]
    assert xs == sorted(xs)
    assert len({round(mark.room.center().y()) for mark in by_eta}) == 2, "one height for each activation"
    panel.grab()


def test_a_click_opens_the_setting_and_an_empty_cell_nothing(panel: HeatMap) -> None:
    show(panel, grid())
    opened: list[int] = []
    panel.settingChosen.connect(opened.append)
    for cell in ((1, 0), (0, 0)):
        QTest.mouseClick(panel.chart, Qt.MouseButton.LeftButton, pos=panel.chart.marks[cell].room.center().toPoint())
    assert opened == [7, 1]
    show(panel, results(plan("eta=0.1,0.2", "units=5,10"), {}))
    panel.chart.chosen.emit((7, 7))
    assert opened == [7, 1]


def test_arrows_move_and_enter_opens(qtbot: QtBot, panel: HeatMap) -> None:
    show(panel, grid())
    opened: list[int] = []
    panel.settingChosen.connect(opened.append)
    panel.activateWindow()
    panel.chart.setFocus()
    qtbot.waitUntil(panel.chart.hasFocus)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Return):
        QTest.keyClick(panel.chart, key)
    assert panel.chart.pointed_at == (0, 1)
    assert opened == [3]
    assert panel.readout().startswith("eta 0.1, 10 units, l2 0.1: 94.00 %")


def test_the_readout_follows_the_mouse_and_the_results(panel: HeatMap) -> None:
    show(panel, grid())
    QTest.mouseMove(panel.chart, panel.chart.marks[1, 2].room.center().toPoint())
    assert panel.readout() == "eta 0.2, 20 units, l2 0: running, best of 2"
    show(panel, results(grid().plan, {10: [0.99] * 3}))
    assert panel.readout().startswith("eta 0.2, 20 units, l2 0: 99.00 %")


def test_the_same_field_twice_changes_places(panel: HeatMap) -> None:
    show(panel, grid())
    panel.y_box.choose("eta")
    assert (panel.x_box.field, panel.y_box.field) == ("units", "eta")
    panel.x_box.choose("l2")
    assert (panel.x_box.field, panel.y_box.field) == ("l2", "eta")
    assert len(panel.chart.marks) == 4
    show(panel, grid())
    assert (panel.x_box.field, panel.y_box.field) == ("l2", "eta"), "what is chosen stays"
    show(panel, results(plan("eta=0.1,0.2", "units=5,10"), {}))
    assert {panel.x_box.field, panel.y_box.field} == {"eta", "units"}


def test_without_hidden_layers_a_setting_stands_for_any_number_of_units(panel: HeatMap) -> None:
    show(panel, results(plan("units=5,10", "layers=0,1"), {0: [0.9]}))
    assert [panel.chart.texts.get((column, 0), "").split()[-1] for column in (0, 1)] == ["90.00", "90.00"]


def test_results_that_nothing_came_of_break_no_scale(panel: HeatMap) -> None:
    show(panel, results(plan("eta=0.1,0.2", "units=5,10"), {k: [Status.DIVERGED] for k in range(4)}))
    assert panel.chart.best is None
    panel.grab()


def test_what_comes_while_hidden_is_drawn_when_it_is_seen(qtbot: QtBot, panel: HeatMap) -> None:
    panel.hide()
    panel.show_results(grid())
    assert not panel.chart.marks
    panel.show()
    assert panel.chart.marks


def test_results_in_quick_succession_are_drawn_together(
    qtbot: QtBot, panel: HeatMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[SweepResults] = []
    monkeypatch.setattr(panel, "refresh", drawn.append)
    last = grid()
    for shown in (grid(), grid(), last):
        panel.show_results(shown)
    qtbot.waitUntil(lambda: bool(drawn))
    assert drawn == [last]


def test_a_setting_that_was_ended_early_does_not_stand_for_one_that_was_not(panel: HeatMap) -> None:
    shown = results(plan("eta=0.1,0.2", "units=5,10", "l2=0,0.1", n_seeds=1), {0: [0.9], 1: [0.99], 2: [0.8]})
    runs = [
        dataclasses.replace(run, status=Status.PRUNED if run.setting == 1 else run.status)
        for result in shown.settings
        for run in result.runs
    ]
    show(panel, SweepResults.of(shown.plan, runs))
    assert panel.chart.texts[0, 0] == "★ 90.00"
    assert panel.chart.best == (0, 0)
