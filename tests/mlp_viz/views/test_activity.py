"""The line that tells of work in the background."""

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from mlp_viz.views.activity import STEPS, ActivityBar


@pytest.fixture
def bar(qtbot: Any) -> ActivityBar:
    bar = ActivityBar()
    qtbot.addWidget(bar)
    return bar


def test_it_is_hidden_until_something_goes_on(bar: ActivityBar) -> None:
    assert bar.isHidden()
    bar.show_busy("Downloading MNIST")
    assert not bar.isHidden()
    assert bar.label.text() == "Downloading MNIST …"
    bar.show_progress("Downloading MNIST: 3 of 12 MB", 0.25)
    assert bar.label.text() == "Downloading MNIST: 3 of 12 MB"
    assert bar.progress.value() == STEPS // 4
    bar.show_busy("")
    assert bar.isHidden()


def test_work_that_begins_anew_begins_at_nothing(bar: ActivityBar) -> None:
    bar.show_progress("one", 1.0)
    bar.show_busy("two")
    assert bar.progress.value() == 0


def test_a_share_out_of_range_stays_on_the_bar(bar: ActivityBar) -> None:
    bar.show_progress("more than was said", 1.5)
    assert bar.progress.value() == STEPS


def test_cancel_asks_for_an_end(qtbot: Any, bar: ActivityBar) -> None:
    bar.show_busy("Downloading MNIST")
    with qtbot.waitSignal(bar.cancelWanted):
        QTest.mouseClick(bar.cancel_button, Qt.MouseButton.LeftButton)
