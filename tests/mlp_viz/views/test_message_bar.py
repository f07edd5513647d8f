from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from mlp_viz.messages import Kind, Message
from mlp_viz.theme import DARK, LIGHT
from mlp_viz.views.message_bar import MessageBar


@pytest.fixture
def bar(qtbot: Any) -> MessageBar:
    bar = MessageBar()
    qtbot.addWidget(bar)
    return bar


def test_it_hides_until_there_is_a_message(bar: MessageBar) -> None:
    assert bar.isHidden()
    bar.show_message(Message(Kind.INFO, "Saved x.png"))
    assert not bar.isHidden()
    assert bar.label.text() == "Saved x.png"
    assert LIGHT.accent in bar.styleSheet()


def test_an_error_has_a_sign_beside_the_colour(bar: MessageBar) -> None:
    bar.apply_theme(DARK)
    bar.show_message(Message(Kind.ERROR, "eta: 0 is out of range."))
    assert bar.label.text() == "⚠ eta: 0 is out of range."
    assert DARK.error in bar.styleSheet()
    bar.show_message(Message(Kind.INFO, "Saved"))
    assert bar.label.text() == "Saved"
    assert DARK.error not in bar.styleSheet()


def test_it_can_be_closed(bar: MessageBar) -> None:
    bar.show_message(Message(Kind.ERROR, "Something"))
    QTest.mouseClick(bar.close_button, Qt.MouseButton.LeftButton)
    assert bar.isHidden()
    assert bar.label.text() == ""


def test_a_path_is_shown_as_it_is(bar: MessageBar) -> None:
    bar.show_message(Message(Kind.ERROR, "/tmp/<b>bold</b>.npz: not found"))
    assert bar.label.textFormat() is Qt.TextFormat.PlainText


def test_only_what_is_no_error_goes_by_itself(bar: MessageBar) -> None:
    bar.show_message(Message(Kind.INFO, "Saved"))
    bar.clear_info()
    assert bar.isHidden()
    bar.show_message(Message(Kind.ERROR, "Something"))
    bar.clear_info()
    assert not bar.isHidden()
