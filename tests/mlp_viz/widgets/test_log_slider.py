from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from mlp_core.errors import HyperparameterError
from mlp_core.hyperparameters import BOUNDS
from mlp_core.runs.differences import number_text
from mlp_viz.widgets.log_slider import NumberBox, NumberSlider, slider_stops

# what the offscreen platform says of every window with a smallest size
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


def eta(qtbot: Any) -> NumberSlider:
    slider = NumberSlider("eta", "&eta", BOUNDS["eta"], 0.0005)
    qtbot.addWidget(slider)
    return slider


def retype(qtbot: Any, box: NumberBox, text: str) -> None:
    box.selectAll()
    qtbot.keyClicks(box, text)
    qtbot.keyClick(box, Qt.Key.Key_Return)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0005, "0.0005"), (1e-6, "0.000001"), (10.0, "10"), (0.0, "0"), (100, "100"), (1.23456789e-6, "1.23456789e-06")],
)
def test_numbers_are_shown_without_exponent_while_short(value: float, text: str) -> None:
    assert number_text(value) == text


@pytest.mark.parametrize("field", list(BOUNDS))
def test_the_stops_ascend_within_the_bound_and_hold_its_ends(field: str) -> None:
    bound = BOUNDS[field]
    stops = slider_stops(bound)
    assert list(stops) == sorted(set(stops))
    assert stops[-1] == bound.high
    assert stops[1 if bound.zero and bound.low > 0 else 0] == bound.low
    assert (stops[0] == 0) == (bound.zero or bound.low == 0)
    assert all(bound.check(field, stop) == stop for stop in stops)


def test_a_typed_number_is_kept_to_the_digit(qtbot: Any) -> None:
    slider = eta(qtbot)
    with qtbot.waitSignal(slider.valueChanged) as news:
        retype(qtbot, slider.box, "5.1234e-4")
    assert news.args == [0.00051234]
    assert slider.value() == 0.00051234
    assert slider.box.text() == "0.00051234"
    before = slider.slider.value()
    retype(qtbot, slider.box, "5e-4")
    assert slider.value() == 0.0005
    assert slider.slider.value() == before


@pytest.mark.parametrize("text", ["abc", "", "50", "-1", "nan", "0,5", "0"])
def test_bad_text_stays_to_be_mended_and_the_value_does_not_change(qtbot: Any, text: str) -> None:
    slider = eta(qtbot)
    slider.box.selectAll()
    with qtbot.assertNotEmitted(slider.valueChanged), qtbot.waitSignal(slider.invalid) as news:
        qtbot.keyClick(slider.box, Qt.Key.Key_Delete)
        retype(qtbot, slider.box, text)
    assert news.args is not None
    assert "Choose a number from 1e-06 to 10" in news.args[0]
    assert slider.value() == 0.0005
    assert slider.box.text() == text
    assert "Choose a number" in slider.box.toolTip()
    assert "border" in slider.box.styleSheet()
    with qtbot.waitSignal(slider.invalid) as mended:
        qtbot.keyClick(slider.box, Qt.Key.Key_Escape)
    assert mended.args == [""]
    assert slider.box.text() == "0.0005"
    assert slider.box.styleSheet() == ""
    assert slider.error() == ""


def test_leaving_the_box_takes_what_was_typed(qtbot: Any) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    layout = QVBoxLayout(window)
    first = NumberSlider("eta", "&eta", BOUNDS["eta"], 0.0005)
    layout.addWidget(first)
    window.show()
    window.activateWindow()
    first.box.setFocus()
    qtbot.waitUntil(first.box.hasFocus)
    first.box.selectAll()
    qtbot.keyClicks(first.box, "0.3")
    assert first.value() == 0.0005
    qtbot.keyClick(first.box, Qt.Key.Key_Tab)
    assert first.slider.hasFocus()
    assert first.value() == 0.3


def test_arrows_go_one_stop_and_pages_one_decade(qtbot: Any) -> None:
    slider = eta(qtbot)
    qtbot.keyClick(slider.slider, Qt.Key.Key_PageUp)
    assert slider.value() == 0.005
    qtbot.keyClick(slider.slider, Qt.Key.Key_Right)
    assert slider.value() == 0.0056
    qtbot.keyClick(slider.slider, Qt.Key.Key_End)
    assert slider.value() == 10
    qtbot.keyClick(slider.slider, Qt.Key.Key_Home)
    assert slider.value() == 1e-6


def test_every_arrow_changes_a_whole_number(qtbot: Any) -> None:
    slider = NumberSlider("n_hidden", "hidden units", BOUNDS["n_hidden"], 1)
    qtbot.addWidget(slider)
    seen = [slider.value()]
    for _ in range(9):
        qtbot.keyClick(slider.slider, Qt.Key.Key_Right)
        seen.append(slider.value())
    assert seen == list(range(1, 11))
    assert all(isinstance(value, int) for value in seen)


def test_the_leftmost_notch_is_zero_where_zero_is_allowed(qtbot: Any) -> None:
    slider = NumberSlider("l2", "l2", BOUNDS["l2"], 0.01)
    qtbot.addWidget(slider)
    qtbot.keyClick(slider.slider, Qt.Key.Key_Home)
    assert slider.value() == 0
    qtbot.keyClick(slider.slider, Qt.Key.Key_Right)
    assert slider.value() == 1e-6
    slider.setValue(0)
    assert slider.slider.value() == 0


def test_set_value_refuses_what_is_out_of_range(qtbot: Any) -> None:
    slider = eta(qtbot)
    with pytest.raises(HyperparameterError, match=r"^eta: 11 is out of range"):
        slider.setValue(11)
    assert slider.value() == 0.0005


def test_tooltip_tells_meaning_range_and_lock(qtbot: Any) -> None:
    slider = eta(qtbot)
    for widget in (slider, slider.label, slider.box, slider.slider):
        assert BOUNDS["eta"].meaning in widget.toolTip()
        assert "from 1e-06 to 10" in widget.toolTip()
    slider.set_locked("A run uses it.")
    assert slider.slider.toolTip().startswith("A run uses it.\n")
    slider.set_locked(None)
    assert "A run" not in slider.box.toolTip()
    assert slider.box.accessibleName() == "eta"
    assert slider.slider.accessibleName() == "eta, slider"
    assert slider.label.buddy() is slider.box


def test_an_optional_box_may_be_empty(qtbot: Any) -> None:
    box = NumberBox("seed", BOUNDS["seed"], 1, optional=True)
    qtbot.addWidget(box)
    box.selectAll()
    qtbot.keyClick(box, Qt.Key.Key_Delete)
    with qtbot.waitSignal(box.valueChanged) as news:
        qtbot.keyClick(box, Qt.Key.Key_Return)
    assert news.args == [None]
    assert box.value() is None
    retype(qtbot, box, "0")
    assert box.value() == 0
