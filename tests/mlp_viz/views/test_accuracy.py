from math import nan
from typing import Any

import pytest
from PySide6.QtCore import Qt

from mlp_core.snapshot import EpochStats
from mlp_viz.theme import DARK, LIGHT
from mlp_viz.views.accuracy import AccuracyView


def epoch(number: int, train: float, valid: float) -> EpochStats:
    return EpochStats(number, 10.0, 1.0, train, valid, 0.1)


@pytest.fixture
def view(qtbot: Any) -> AccuracyView:
    view = AccuracyView()
    qtbot.addWidget(view)
    view.resize(520, 300)
    return view


def y_ends(view: AccuracyView) -> tuple[float, float]:
    plot: Any = view.plot
    low, high = plot.getPlotItem().viewRange()[1]
    return low, high


def test_readout_and_ghost_tell_percent(view: AccuracyView) -> None:
    view.begin(1, 200)
    view.extend([epoch(1, 0.9, 0.85)])
    view.begin(2, 200)
    view.extend([epoch(1, 0.99284, 0.9798)])
    assert view.readout.text() == "epoch 1: train 99.28 %, valid 97.98 %"
    assert view._ghost_legend.text() == "before (epoch 1): 90.00 / 85.00 %"


def test_two_curves_in_percent(view: AccuracyView) -> None:
    view.load([epoch(1, 0.5, 0.4), epoch(2, 0.75, 0.5)])
    drawn = [list(curve.getOriginalDataset()[1]) for curve in view._curves]
    assert drawn == [[50, 75], [40, 50]]


@pytest.mark.parametrize("values", [(0.0, 0.0), (1.0, 1.0), (0.1, 0.1), (0.999, 0.98), (0.5, nan), (nan, nan)])
def test_the_axis_reaches_up_to_100(view: AccuracyView, values: tuple[float, float]) -> None:
    view.load([epoch(1, *values)])
    low, high = y_ends(view)
    assert 100 < high < 105
    assert low < 100 * min([1.0, *(value for value in values if value == value)])
    view.grab()


def test_no_validation_split(view: AccuracyView) -> None:
    view.begin(1)
    view.extend([epoch(1, 0.9, nan)])
    assert view.readout.text() == "epoch 1: train 90.00 %, valid –"
    view.begin(2)
    assert view._ghost_legend.text() == "before (epoch 1): 90.00 / –"


def test_the_second_cue_is_a_dash(view: AccuracyView) -> None:
    for theme in (LIGHT, DARK):
        view.apply_theme(theme)
        train, valid = (curve.opts["pen"] for curve in view._curves)
        assert train.color().name() == theme.train
        assert valid.color().name() == theme.valid
        assert train.style() == Qt.PenStyle.SolidLine
        assert valid.style() == Qt.PenStyle.CustomDashLine
        assert 2.5 <= train.widthF() <= 3
        assert train.isCosmetic()
