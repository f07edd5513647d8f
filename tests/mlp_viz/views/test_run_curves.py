from __future__ import annotations

from dataclasses import replace
from math import inf, nan
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication

from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.record import RunRecord, Status
from mlp_core.snapshot import EpochStats
from mlp_viz.theme import DARK
from mlp_viz.views.quantity import VALID_ACCURACY
from mlp_viz.views.run_curve import N_BINS
from mlp_viz.views.run_curves import NOTHING_YET, PLACEHOLDER, RunCurves
from mlp_viz.views.run_style import RunStyles
from tests.mlp_viz.views.run_samples import record as sample

# what the offscreen platform says of every window with a smallest size
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

FALLING = [100.0, 60.0, 40.0, 30.0, 25.0, 22.0, 21.0, 20.0]


def record(run_id: int, status: Status = Status.FINISHED, epochs: int = 8) -> RunRecord:
    return sample(run_id, status=status, hyperparameters=Hyperparameters(epochs=epochs, seed=1))


def history(costs: list[float], seconds: float = 0.5, first: int = 1) -> list[EpochStats]:
    return [EpochStats(first + k, cost, 0.0, 0.9, 0.1 * (k + 1), seconds) for k, cost in enumerate(costs)]


def show(view: RunCurves, *histories: list[EpochStats], records: list[RunRecord] | None = None) -> None:
    records = records or [record(k + 1) for k in range(len(histories))]
    ids = [each.id for each in records]
    view.show_runs(records, dict(zip(ids, histories, strict=True)), RunStyles().assign(ids))


def drawn(item: Any) -> tuple[list[float], list[float]]:
    x, y = item.getData()
    return list(x), list(y)


def ends(view: RunCurves) -> tuple[list[float], list[float]]:
    x, y = view.plot.getPlotItem().viewRange()
    return x, y


def values(view: RunCurves) -> list[str]:
    return [view.legend.value(run_id) for run_id in view.legend.ids]


def point(view: RunCurves, x: float, y: float) -> QPoint:
    box = view.plot.getPlotItem().vb
    place: QPoint = view.plot.mapFromScene(box.mapViewToScene(QPointF(x, y)))
    return place


@pytest.fixture
def view(qtbot: Any) -> RunCurves:
    view = RunCurves()
    qtbot.addWidget(view)
    view.resize(640, 280)
    with qtbot.waitExposed(view):
        view.show()
    return view


def test_it_says_what_will_appear(view: RunCurves) -> None:
    assert view._placeholder.text() == PLACEHOLDER
    show(view, [])
    assert view._placeholder.text() == NOTHING_YET
    assert not view.plot.isVisible()
    view.extend(1, history([5.0]))
    assert view.plot.isVisible()
    view.clear()
    assert view.ids == ()
    assert not view.plot.isVisible()


def test_each_run_has_its_curve_in_the_colour_and_dash_of_its_chip(view: RunCurves) -> None:
    show(view, history(FALLING), history(FALLING[:3]))
    styles = RunStyles().assign([1, 2])
    for run_id, n in ((1, 8), (2, 3)):
        run = view._runs[run_id]
        assert drawn(run._curve) == (list(range(1, n + 1)), FALLING[:n])
        pen = run._curve.opts["pen"]
        assert pen.color().name() == styles[run_id].colour(view.theme)
        assert run._markers.opts["symbol"] == styles[run_id].marker
    view.apply_theme(DARK)
    assert view._runs[1]._curve.opts["pen"].color().name() == styles[1].colour(DARK)
    show(view, history(FALLING))
    assert view.legend.ids == (1,)
    assert len(view.plot.getPlotItem().listDataItems()) < 10, "the curves of runs before are gone"


def test_the_legend_tells_the_last_values_and_those_at_the_line(view: RunCurves) -> None:
    show(view, history(FALLING), history(FALLING[:3]), [])
    assert view.legend.place() == "at the end"
    assert values(view) == ["20.00", "40.00", "–"]
    view.point_at(2.2)
    assert view.legend.place() == "epoch 2"
    assert values(view) == ["60.00", "60.00", "–"]
    view.point_at(4)
    assert values(view) == ["30.00", "–", "–"]
    view.set_smoothing(0.9)
    assert values(view) == ["30.00", "–", "–"], "what is read was measured"
    view.point_at(None)
    assert values(view) == ["20.00", "40.00", "–"]


def test_by_seconds_values_are_read_between_epochs(view: RunCurves) -> None:
    show(view, history(FALLING[:3], seconds=2.0), history(FALLING[:3], seconds=4.0))
    view.set_seconds(True)
    assert view.axis_box.currentIndex() == 1
    assert drawn(view._runs[1]._curve)[0] == [2, 4, 6]
    assert drawn(view._runs[2]._curve)[0] == [4, 8, 12]
    view.point_at(5.0)
    assert view.legend.place() == "5.00 s"
    assert values(view) == ["50.00", "90.00"]
    view.point_at(9.0)
    assert values(view) == ["–", "55.00"]
    view.extend(1, history([30.0], seconds=4.0, first=4))
    assert values(view) == ["32.50", "55.00"]


def test_the_mouse_reads_all_runs_and_marks_the_nearest(qtbot: Any, view: RunCurves) -> None:
    show(view, history(FALLING), history([3 * cost for cost in FALLING]))
    viewport = view.plot.viewport()
    qtbot.mouseMove(viewport, point(view, 3.1, 125))
    qtbot.waitUntil(lambda: view.legend.place() == "epoch 3")
    assert values(view) == ["40.00", "120.00"]
    assert view.plot.line.value() == 3
    one, two = view._runs[1]._curve, view._runs[2]._curve
    assert two.opts["pen"].widthF() > one.opts["pen"].widthF()
    with qtbot.waitSignal(view.runChosen) as chosen:
        qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=point(view, 3.1, 40))
    assert chosen.args == [1]
    QApplication.sendEvent(viewport, QEvent(QEvent.Type.Leave))
    assert not view.plot.line.isVisible()
    assert two.opts["pen"].widthF() == one.opts["pen"].widthF()
    assert view.legend.place() == "at the end"


def test_a_click_away_from_all_curves_chooses_none(qtbot: Any, view: RunCurves) -> None:
    show(view, history(FALLING))
    with qtbot.assertNotEmitted(view.runChosen):
        qtbot.mouseClick(view.plot.viewport(), Qt.MouseButton.LeftButton, pos=point(view, 6, 90))


def test_arrow_keys_move_the_line(qtbot: Any, view: RunCurves) -> None:
    show(view, history(FALLING))
    for key, place in (
        (Qt.Key.Key_Right, "epoch 8"),
        (Qt.Key.Key_Left, "epoch 7"),
        (Qt.Key.Key_Left, "epoch 6"),
        (Qt.Key.Key_Right, "epoch 7"),
        (Qt.Key.Key_Escape, "at the end"),
    ):
        qtbot.keyClick(view.plot, key)
        assert view.legend.place() == place
    qtbot.keyClick(view.plot, Qt.Key.Key_Left)
    qtbot.keyClick(view.plot, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert view.legend.place() == "epoch 1"


def test_the_line_leaves_where_no_run_is(view: RunCurves) -> None:
    show(view, history(FALLING))
    view.point_at(7)
    show(view, history(FALLING[:7]))
    assert view.legend.place() == "epoch 7"
    show(view, history(FALLING[:3]))
    assert view.legend.place() == "at the end"
    assert not view.plot.line.isVisible()


def test_epochs_are_added_to_a_run_alone(view: RunCurves) -> None:
    show(view, history(FALLING[:4]), history(FALLING))
    untouched = view._runs[2]._curve.getData()[1]
    view.extend(1, history(FALLING[4:6], first=5))
    assert drawn(view._runs[1]._curve) == (list(range(1, 7)), FALLING[:6])
    assert view._runs[2]._curve.getData()[1] is untouched, "the axes are as they were: this one is not drawn again"
    assert values(view) == ["22.00", "20.00"]
    view.extend(99, history(FALLING))
    view.extend(1, [])
    assert view.ids == (1, 2)


def test_another_quantity_is_drawn(qtbot: Any, view: RunCurves) -> None:
    show(view, history(FALLING))
    view.set_log(True)
    with qtbot.waitSignal(view.quantityChanged) as changed:
        view.quantity_box.setCurrentIndex(view.quantity_box.findData("valid_accuracy"))
    assert changed.args == ["valid_accuracy"]
    assert view.quantity == VALID_ACCURACY
    assert view.title() == view.accessibleName() == "Validation accuracy"
    assert drawn(view._runs[1]._curve)[1] == pytest.approx([10 * k for k in range(1, 9)])
    assert values(view) == ["80.00 %"]
    assert ends(view)[1][1] > 100
    assert not view.log_button.isEnabled()
    view.set_quantity("valid_error")
    assert values(view) == ["20.00 %"]
    assert view.log_button.isEnabled()
    assert drawn(view._runs[1]._curve)[1] == pytest.approx(np.log10([10 * k for k in range(9, 1, -1)]))


def test_smoothing_keeps_what_was_measured_behind(qtbot: Any, view: RunCurves) -> None:
    show(view, history(FALLING))
    run = view._runs[1]
    assert not run._raw.isVisible()
    view.smoothing_slider.setValue(50)
    assert view.smoothing == 0.5
    assert run._raw.isVisible()
    assert drawn(run._raw)[1] == FALLING
    assert drawn(run._curve)[1][1] == pytest.approx((0.5 * 60 + 0.25 * 100) / 0.75)
    assert run._raw.opts["pen"].color() != run._curve.opts["pen"].color()
    view.set_smoothing(0)
    assert view.smoothing_slider.value() == 0
    assert not run._raw.isVisible()


def test_a_diverged_run_does_not_ruin_the_scale(view: RunCurves) -> None:
    show(
        view,
        history(FALLING),
        history([200.0, 1e5, 1e30, inf, nan]),
        records=[record(1), record(2, Status.DIVERGED)],
    )
    assert ends(view)[1][1] < 150
    assert view._runs[2]._arrow.isVisible()
    assert drawn(view._runs[2]._arrow)[0] == [3]
    assert not view._runs[1]._arrow.isVisible()
    assert view.legend.cut == "↑ Run 2"
    assert values(view) == ["20.00", "not finite"]
    assert max(drawn(view._runs[2]._curve)[1]) < 1000
    view.grab()


def test_a_huge_first_epoch_does_not_ruin_the_scale(view: RunCurves) -> None:
    show(view, history([1e7, *FALLING]))
    assert ends(view)[1][1] < 150
    assert view.legend.cut == "↑ Run 1"
    view.set_smoothing(0.5)
    assert drawn(view._runs[1]._curve)[1][-1] < 50, "nor is it seen in the mean for long"
    view.set_log(True)
    assert ends(view)[1][1] < 3


def test_a_narrow_panel_has_fewer_ticks(view: RunCurves) -> None:
    show(view, history([1e7, *FALLING * 300]), records=[record(1, epochs=2000)])
    for width, most in ((900, 6), (440, 3)):
        view.resize(width, 230)
        view.grab()
        assert len(view.plot.getAxis("bottom")._tickLevels[0]) <= most


def test_many_runs_that_are_cut_off_are_counted(view: RunCurves) -> None:
    show(view, *[history([1e7, *FALLING]) for _ in range(3)])
    assert view.legend.cut == "↑ 3 runs"
    show(view, history(FALLING))
    assert not view.legend.cut


def test_a_diverged_run_alone_is_shown(view: RunCurves) -> None:
    show(view, history(FALLING), records=[record(1, Status.DIVERGED)])
    assert ends(view)[1][1] >= 100


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("costs", [[nan], [inf, nan], [1e305, 3.0], [0.0], [5.0, 5.0], [-3.0, -3.0], [1e30, 1e3]])
def test_any_cost_can_be_drawn(view: RunCurves, costs: list[float], log: bool) -> None:
    view.set_log(log)
    show(view, history(costs), history(costs))
    view.set_seconds(True)
    view.point_at(0.5)
    view.set_smoothing(0.9)
    _, (low, high) = ends(view)
    assert np.isfinite([low, high]).all()
    assert low < high
    view.grab()


def test_ten_thousand_epochs_are_thinned(view: RunCurves) -> None:
    costs = (100 / np.sqrt(np.arange(1, 10_000))).tolist()
    costs[5000] = 8.0
    show(view, history(costs), records=[record(1, epochs=10_000)])
    view.extend(1, history([1.0], first=10_000))
    x, y = drawn(view._runs[1]._curve)
    assert len(x) <= 2 * N_BINS + 2
    assert x[-1] == 10_000
    assert y[x.index(5001)] == 8, "peaks stay"


def test_linked_panels_share_the_axis_and_the_line(qtbot: Any, view: RunCurves) -> None:
    other = RunCurves(VALID_ACCURACY)
    qtbot.addWidget(other)
    view.link(other)
    for each in (view, other):
        show(each, history(FALLING))
    qtbot.keyClick(view.plot, Qt.Key.Key_Right)
    qtbot.keyClick(view.plot, Qt.Key.Key_Left)
    assert other.legend.place() == "epoch 7"
    assert values(other) == ["70.00 %"]
    qtbot.keyClick(other.plot, Qt.Key.Key_Escape)
    assert view.legend.place() == "at the end"
    other.set_seconds(True)
    assert view.seconds
    without_validation = [EpochStats(k, 10.0, 0.0, 0.9, nan, 0.1) for k in range(1, 4)]
    for each in (view, other):
        show(each, without_validation)
    qtbot.keyClick(view.plot, Qt.Key.Key_Right)
    assert view.legend.place() == "0.30 s"
    assert values(other) == ["–"]


def test_the_axis_ends_where_the_runs_do(view: RunCurves) -> None:
    show(view, history(FALLING), records=[record(1, epochs=8)])
    assert ends(view)[0][1] == pytest.approx(8, rel=0.02)
    show(view, history(FALLING), records=[record(1, Status.STOPPED, epochs=500)])
    assert ends(view)[0][1] == pytest.approx(10, rel=0.02)


def test_long_names_leave_the_plot_its_room(view: RunCurves) -> None:
    show(view, history(FALLING), records=[replace(record(1), name="a very long name " * 20)])
    assert view.plot.width() > view.width() / 2
    view.resize(1200, 500)
    assert view.legend.width() > 250


def test_the_drawing_has_a_line_for_each_run(view: RunCurves, tmp_path: Path) -> None:
    show(view, history(FALLING), history([2 * cost for cost in FALLING]))
    view.save_picture(tmp_path / "cost.svg")
    root = ElementTree.parse(tmp_path / "cost.svg").getroot()
    svg = "{http://www.w3.org/2000/svg}"
    strokes = {
        group.get("stroke")
        for group in root.iter(f"{svg}g")
        if list(group.iter(f"{svg}path")) or list(group.iter(f"{svg}polyline"))
    }
    assert {style.colour(view.theme) for style in RunStyles().assign([1, 2]).values()} <= strokes
    texts = {"".join(text.itertext()).strip() for text in root.iter(f"{svg}text")}
    assert {"Run 1", "Run 2", "20.00", "40.00", "cost J"} <= texts
