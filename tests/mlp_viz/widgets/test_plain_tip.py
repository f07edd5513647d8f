from __future__ import annotations

import pytest
from PySide6.QtGui import Qt, QTextDocument
from pytestqt.qtbot import QtBot

from mlp_viz.widgets.plain_tip import plain_tip


@pytest.mark.parametrize("text", ["", "cat", "a\nb", "0 < 1 and 2 > 1", "Tom & Jerry", "<!-- -->", "/tmp/0/1.png"])
def test_what_qt_takes_for_plain_text_stays_as_it_is(qtbot: QtBot, text: str) -> None:
    assert plain_tip(text) == text
    assert not Qt.mightBeRichText(text)


@pytest.mark.parametrize(
    "text",
    [
        "<b>cat</b>",
        "<b>cat</b>\ntrue class: <i>",
        "<img src='/etc/passwd'>",
        "/tmp/<i>x",
        "<p>  a  &amp;\n <b>",
        "&lt;",
    ],
)
def test_what_looks_like_rich_text_is_shown_as_it_is(qtbot: QtBot, text: str) -> None:
    shown = QTextDocument()
    shown.setHtml(plain_tip(text))  # as a tooltip does with text of this kind
    assert Qt.mightBeRichText(plain_tip(text))
    assert shown.toPlainText() == text
