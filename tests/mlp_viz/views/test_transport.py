from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMainWindow

from mlp_core.datasets import open_dataset
from mlp_viz.run.news import Progress
from mlp_viz.run.state import Phase
from mlp_viz.theme import DARK
from mlp_viz.views.actions import make_actions, set_reason
from mlp_viz.views.transport import LONGEST_NAME, TransportView, duration, shortened, speed


@pytest.fixture
def view(qtbot: Any) -> TransportView:
    window = QMainWindow()
    qtbot.addWidget(window)
    view = TransportView(make_actions(window))
    window.setCentralWidget(view)
    window.resize(1300, 60)
    with qtbot.waitExposed(window):
        window.show()
    view.window_kept = window  # type: ignore[attr-defined]
    return view


def progress(epoch: int = 3, done: int = 5, seconds: float = 2.0) -> Progress:
    return Progress(1, epoch, 10, done, 10, seconds, epoch - 1 + done / 10)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0 s"), (0.4, "0 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(("rate", "text"), [(250.4, "250 epochs/s"), (4.21, "4.2 epochs/s"), (0.5, "2.0 s/epoch")])
def test_speeds(rate: float, text: str) -> None:
    assert speed(rate) == text


def test_the_first_button_says_what_it_does(view: TransportView) -> None:
    want = {Phase.RUNNING: "Pause", Phase.PAUSED: "Resume"}
    for phase in Phase:
        view.show_phase(phase)
        assert view.buttons["train"].text() == want.get(phase, "Train")
        assert [view.buttons[name].text() for name in ("step_minibatch", "step_epoch", "stop")] == [
            "Step",
            "Epoch",
            "Stop",
        ]


def test_progress_in_a_bar_and_in_words(view: TransportView) -> None:
    view.show_phase(Phase.RUNNING)
    view.begin(10)
    assert view.progress.value() == 0
    assert "epoch 1/10" in view.text.text()
    view.show_progress(progress())
    assert view.progress.value() == view.progress.maximum() / 4
    text = view.text.text()
    assert text.startswith("Training · epoch 3/10")
    assert "6 s left" in text
    assert "1.2 epochs/s" in text or "1.3 epochs/s" in text
    assert "minibatch 5 of 10" in view.text.toolTip()


def test_progress_before_anything_is_known(view: TransportView) -> None:
    view.show_phase(Phase.RUNNING)
    view.show_progress(Progress(1, 1, 10, 0, 1, 0.0, 0.0))
    assert "left" not in view.text.text()
    assert "epochs/s" not in view.text.text()


def test_a_pause_tells_the_minibatch(view: TransportView) -> None:
    view.show_phase(Phase.PAUSED)
    view.show_progress(progress())
    assert "epoch 3/10" in view.text.text()
    assert "minibatch 5/10" in view.text.text()


def test_a_pause_told_after_its_progress_still_tells_where(view: TransportView) -> None:
    view.show_phase(Phase.RUNNING)
    view.show_progress(progress())
    view.show_phase(Phase.PAUSED)
    assert view.text.text().startswith("Paused")
    assert "epoch 3/10" in view.text.text()


def test_the_data_set_and_the_test_accuracy(view: TransportView) -> None:
    view.show_dataset(open_dataset("digits"))
    assert view.dataset_button.text().startswith("Handwritten digits 8×8")
    assert "1,197 train" in view.dataset_button.toolTip()
    assert "CC BY 4.0" in view.dataset_button.toolTip()
    view.show_test_accuracy(0.97543)
    assert view.test.text() == "test 97.54 %"
    view.show_test_accuracy(float("nan"))
    assert view.test.text() == ""


def test_a_click_is_the_action(view: TransportView, qtbot: Any) -> None:
    action = view.buttons["stop"].defaultAction()
    with qtbot.waitSignal(action.triggered):
        QTest.mouseClick(view.buttons["stop"], Qt.MouseButton.LeftButton)
    set_reason(action, "Nothing is training.")
    with qtbot.assertNotEmitted(action.triggered):
        QTest.mouseClick(view.buttons["stop"], Qt.MouseButton.LeftButton)
    assert "Nothing is training." in view.buttons["stop"].toolTip()
    assert view.buttons["stop"].text() == "Stop"


def test_theme(view: TransportView) -> None:
    view.apply_theme(DARK)
    assert DARK.accent in view.styleSheet()


def test_a_long_name_is_cut_but_not_how_it_was_prepared() -> None:
    assert shortened("MNIST") == "MNIST"
    long = shortened("MNIST handwritten digits · 6,000 samples · 0 to 1")
    assert long == "MNIST hand… · 6,000 samples · 0 to 1"
    assert len(long) == LONGEST_NAME
    assert shortened("x" * 50) == "x" * (LONGEST_NAME - 1) + "…"
