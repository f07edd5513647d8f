from __future__ import annotations

import math

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from mlp_core.runs.record import Status
from mlp_core.snapshot import EpochStats
from mlp_core.sweep.results import SweepResults
from mlp_viz.views.seed_band import MeanCurve, SeedBand
from tests.mlp_viz.views.sweep_samples import history, plan, results

Histories = dict[int, tuple[EpochStats, ...]]


@pytest.fixture
def panel(qtbot: QtBot) -> SeedBand:
    panel = SeedBand()
    qtbot.addWidget(panel)
    panel.resize(640, 320)
    panel.show()
    qtbot.waitUntil(panel.isActiveWindow)
    panel.chart.clearFocus()
    return panel


def show(panel: SeedBand, shown: SweepResults, histories: Histories) -> None:
    panel.show_curves(shown, histories)
    panel.settle()


def four(n_seeds: int = 3) -> tuple[SweepResults, Histories]:
    shown = results(
        plan("eta=0.1,0.2", "units=5,10", n_seeds=n_seeds), {k: [0.90 + k / 100] * n_seeds for k in range(4)}
    )
    histories = {
        run.id: history(*(result.median - 0.1 / epoch + seed / 100 for epoch in range(1, 11)))
        for result in shown.settings
        for seed, run in enumerate(result.runs)
    }
    return shown, histories


def one(*curves: tuple[EpochStats, ...]) -> MeanCurve:
    shown = results(plan("eta=0.1", n_seeds=len(curves)), {0: [0.9] * len(curves)})
    return MeanCurve.of(shown.settings[0], dict(enumerate(curves, 1)))


def test_the_band_of_few_seeds_goes_from_the_lowest_to_the_highest() -> None:
    curve = one(history(0.5, 0.7), history(0.6, 0.9), history(0.7, 0.8))
    assert curve.epochs.tolist() == [1, 2]
    assert curve.mean == pytest.approx([60, 80])
    assert curve.low == pytest.approx([50, 70])
    assert curve.high == pytest.approx([70, 90])
    assert not curve.deviation


def test_the_band_of_many_seeds_is_the_standard_deviation() -> None:
    curve = one(*[history(0.5)] * 3, *[history(0.7)] * 3)
    spread = 10 * math.sqrt(6 / 5)
    assert curve.deviation
    assert (curve.low[0], curve.high[0]) == (pytest.approx(60 - spread), pytest.approx(60 + spread))


def test_a_seed_that_diverged_counts_as_far_as_it_came() -> None:
    curve = one(history(0.5, math.nan), history(0.6, 0.8, 0.9), history(0.7, 0.9, 0.9))
    assert curve.counts.tolist() == [3, 2, 2]
    assert curve.mean == pytest.approx([60, 85, 90])


def test_the_curve_ends_where_fewer_than_half_of_the_seeds_go_on() -> None:
    assert one(history(0.5), history(0.6), history(0.7, 0.8)).epochs.tolist() == [1]
    assert one(()).epochs.size == 0
    assert one(history(math.nan)).epochs.size == 0


def test_the_best_settings_are_drawn(panel: SeedBand) -> None:
    shown, histories = four()
    show(panel, shown, histories)
    assert panel.chart.keys == (3, 2, 1)
    assert panel.runs == tuple(run.id for k in (3, 2, 1) for run in shown.settings[k].runs)
    assert panel.status() == "the best 3 settings"
    assert "lowest to highest seed" in panel.readout()
    panel.grab()


def test_a_chosen_setting_is_drawn_alone(panel: SeedBand) -> None:
    show(panel, *four())
    panel.choose_setting(0)
    panel.settle()
    assert panel.chart.keys == (0,)
    panel.choose_setting(None)
    panel.settle()
    assert len(panel.chart.keys) == 3


@pytest.mark.parametrize(("n_seeds", "words"), [(1, "there is no band"), (6, "mean ± standard deviation")])
def test_it_says_what_the_band_is(panel: SeedBand, n_seeds: int, words: str) -> None:
    show(panel, *four(n_seeds))
    assert words in panel.readout()


def test_the_epoch_under_the_mouse_is_read_for_all_curves_and_a_curve_for_itself(panel: SeedBand) -> None:
    show(panel, *four())
    chart = panel.chart
    line = chart._lines[3][0]
    beside = line.at(4).toPoint()
    beside.setY(int(chart._frame.area.bottom()) - 3 if chart._frame else 0)
    QTest.mouseMove(chart, beside)
    assert panel.readout().startswith("epoch 5: 92.00 % (91.00 to 93.00) · 91.00 %")
    QTest.mouseMove(chart, line.at(4).toPoint())
    assert panel.readout() == "eta 0.2, 10 units: epoch 5, mean 92.00 % of 3 seeds (91.00 to 93.00)"


def test_a_click_on_a_curve_or_its_legend_opens_the_setting(panel: SeedBand) -> None:
    show(panel, *four())
    opened: list[int] = []
    panel.settingChosen.connect(opened.append)
    places = (panel.chart._lines[3][0].at(9), panel.chart._legend[1][0].center())
    for place in places:
        QTest.mouseClick(panel.chart, Qt.MouseButton.LeftButton, pos=place.toPoint())
    assert opened == [3, 2]


def test_keys_go_through_epochs_and_curves(qtbot: QtBot, panel: SeedBand) -> None:
    show(panel, *four())
    panel.activateWindow()
    panel.chart.setFocus()
    qtbot.waitUntil(panel.chart.hasFocus)
    QTest.keyClick(panel.chart, Qt.Key.Key_Down)
    QTest.keyClick(panel.chart, Qt.Key.Key_Left)
    assert panel.readout().startswith("eta 0.2, 5 units: epoch 9, mean")
    QTest.keyClick(panel.chart, Qt.Key.Key_Right)
    assert "epoch 10," in panel.readout()


def test_the_legend_leaves_out_what_is_alike(panel: SeedBand) -> None:
    shown, histories = four()
    show(panel, results(shown.plan, {0: [0.9] * 3, 1: [0.92] * 3}), histories)
    assert [text for _, text in panel.chart._legend] == ["10 units", "5 units"]


def test_without_histories_or_results_there_is_the_placeholder(panel: SeedBand) -> None:
    shown, _ = four()
    show(panel, shown, {})
    assert not panel.chart.curves
    show(panel, results(shown.plan, {0: [Status.DIVERGED]}), {1: history(math.nan)})
    assert not panel.chart.curves
    panel.grab()
    show(panel, shown, {shown.settings[3].runs[0].id: history(0.9)})
    assert list(panel.chart.curves) == [3], "one epoch of one seed is a curve"
    panel.grab()


def test_long_curves_are_thinned_and_no_extreme_of_the_band_is_lost(panel: SeedBand) -> None:
    shown = results(plan("eta=0.1", n_seeds=2), {0: [0.9, 0.92]})
    runs = [run.id for run in shown.settings[0].runs]
    steady = [0.9] * 3000
    show(panel, shown, {runs[0]: history(*steady), runs[1]: history(*steady[:1500], 0.92, *steady[1501:])})
    line, band = panel.chart._lines[0]
    assert line.size() <= 400
    heights = [point.y() for point in band.toList()]
    assert min(heights) < heights[0] - panel.chart.height() / 4
