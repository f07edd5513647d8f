from itertools import pairwise
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from mlp_core.snapshot import EpochStats
from mlp_viz.theme import DARK
from mlp_viz.views.cost import CostView

# what the offscreen platform says of every window with a smallest size
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


def history(costs: list[float], first: int = 1) -> list[EpochStats]:
    return [EpochStats(first + k, cost - 1, 1.0, 0.9, 0.8, 0.1) for k, cost in enumerate(costs)]


def ends(view: CostView) -> tuple[list[float], list[float]]:
    plot: Any = view.plot
    x, y = plot.getPlotItem().viewRange()
    return x, y


def curve(item: Any) -> tuple[list[float], list[float]]:
    x, y = item.getOriginalDataset()
    return ([], []) if x is None else (list(x), list(y))


def point_at(view: CostView, epoch: float) -> QPoint:
    plot: Any = view.plot
    box = plot.getPlotItem().vb
    middle = sum(box.viewRange()[1]) / 2
    place: QPoint = plot.mapFromScene(box.mapViewToScene(QPointF(epoch, middle)))
    return place


@pytest.fixture
def view(qtbot: Any) -> CostView:
    view = CostView()
    qtbot.addWidget(view)
    view.resize(520, 300)
    with qtbot.waitExposed(view):
        view.show()
    return view


def test_it_says_what_will_appear(view: CostView) -> None:
    assert not view.plot.isVisible()
    view.begin(1, 200)
    assert not view.plot.isVisible()
    view.extend(history([5.0]))
    assert view.plot.isVisible()
    assert curve(view._markers[0]) == ([1], [5])


def test_readout_tells_the_newest_epoch(view: CostView) -> None:
    view.begin(1)
    view.extend([EpochStats(37, 4900.1, 165.68, 0.9, 0.8, 0.1)])
    assert view.readout.text() == "epoch 37: J 5,065.78 (data 4,900.1 + penalty 165.7)"


def test_the_run_before_becomes_the_ghost(view: CostView) -> None:
    first, second = history([9.0, 8.0]), history([7.0])
    view.begin(1)
    view.extend(first)
    view.begin(2)
    assert view.stats == ()
    assert view.ghost == tuple(first)
    assert view.plot.isVisible()
    view.begin(3)
    assert view.ghost == tuple(first), "a run without an epoch leaves the ghost alone"
    view.extend(second)
    assert curve(view._ghosts[0]) == ([1, 2], [9, 8])
    assert curve(view._curves[0]) == ([1], [7])
    assert view._ghost_legend.text() == "before (epoch 1): 9.00"
    view.begin(4)
    assert view.ghost == tuple(second)
    view.clear()
    assert view.stats == view.ghost == ()
    assert not view.plot.isVisible()


def test_a_resumed_run_goes_on(view: CostView) -> None:
    view.begin(1, 2)
    view.extend(history([9.0, 8.0]))
    view.continue_run(10)
    view.extend(history([7.0], first=3))
    assert [each.epoch for each in view.stats] == [1, 2, 3]


def test_a_stored_run_is_shown_alone(view: CostView) -> None:
    view.begin(1)
    view.extend(history([9.0]))
    view.begin(2)
    stored = history([4.0, 3.0])
    view.load(stored)
    assert view.stats == tuple(stored)
    assert view.ghost == ()
    assert not view._ghost_legend.isVisible()


def test_the_mouse_reads_values(qtbot: Any, view: CostView) -> None:
    view.load(history([9.0, 8.0, 7.0, 6.0, 5.0]))
    view.begin(2, 5)
    view.extend(history([5.0, 4.0, 3.0]))
    viewport = view.plot.viewport()
    qtbot.mouseMove(viewport, point_at(view, 2.2))
    qtbot.waitUntil(lambda: view.readout.text().startswith("epoch 2: J 4.00"))
    assert view._ghost_legend.text() == "before (epoch 2): 8.00"
    assert view.plot.line.isVisible()
    assert view.plot.line.value() == 2
    assert curve(view._markers[0]) == ([2], [4])
    qtbot.mouseMove(viewport, point_at(view, 4.9))
    qtbot.waitUntil(lambda: view.readout.text() == "epoch 5: only the run before came so far")
    assert view._ghost_legend.text() == "before (epoch 5): 5.00"
    QApplication.sendEvent(viewport, QEvent(QEvent.Type.Leave))
    assert view.readout.text().startswith("epoch 3: J 3.00")
    assert not view.plot.line.isVisible()


def test_log_axis(qtbot: Any, view: CostView) -> None:
    view.load(history([10_000.0, 1000.0, 0.0, -5.0]))
    qtbot.mouseClick(view.log_button, Qt.MouseButton.LeftButton)
    assert view.log
    x, y = curve(view._curves[0])
    assert x == [1, 2]
    assert y == pytest.approx([4, 3])
    view.set_log(False)
    assert not view.log_button.isChecked()
    assert curve(view._curves[0])[1] == [10_000, 1000, 0, -5]


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize(
    "costs",
    [[nan], [inf, nan], [5.0, nan, inf, 4.0], [1e305, 3.0], [0.0], [1e-9, 2e-9], [5.0, 5.0], [-3.0, -3.0], [1e30, 1e3]],
)
def test_any_cost_can_be_drawn(view: CostView, costs: list[float], log: bool) -> None:
    view.set_log(log)
    view.begin(1)
    view.extend(history(costs))
    _, (low, high) = ends(view)
    assert np.isfinite([low, high]).all()
    assert low < high
    assert np.isfinite(curve(view._curves[0])[1]).all()
    assert all(low <= value <= high for value in curve(view._curves[0])[1])
    view.grab()


def test_the_epoch_axis_does_not_jump(view: CostView) -> None:
    view.begin(1, 200)
    rights = []
    for epoch in range(1, 60):
        view.extend(history([100.0 / epoch + 1], first=epoch))
        rights.append(ends(view)[0][1])
    assert sum(a != b for a, b in pairwise(rights)) == 4


def test_wheel_and_drag_change_nothing(qtbot: Any, view: CostView) -> None:
    view.load(history([9.0, 8.0]))
    before = ends(view)
    qtbot.mousePress(view.plot.viewport(), Qt.MouseButton.LeftButton, pos=point_at(view, 1))
    qtbot.mouseMove(view.plot.viewport(), point_at(view, 3))
    qtbot.mouseRelease(view.plot.viewport(), Qt.MouseButton.LeftButton, pos=point_at(view, 3))
    place = QPointF(point_at(view, 1))
    turn = QPoint(0, 120)
    no_button, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
    wheel = QWheelEvent(place, place, QPoint(), turn, no_button, Qt.KeyboardModifier.NoModifier, phase, False)
    QApplication.sendEvent(view.plot.viewport(), wheel)
    assert ends(view) == before


def test_theme_colours_every_curve(view: CostView) -> None:
    view.load(history([9.0, 8.0]))
    view.apply_theme(DARK)
    assert view._curves[0].opts["pen"].color().name() == DARK.cost
    assert view._ghosts[0].opts["pen"].color().name() not in (DARK.cost, DARK.panel)
    view.grab()
