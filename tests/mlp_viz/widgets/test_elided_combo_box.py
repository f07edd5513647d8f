from __future__ import annotations

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QComboBox, QStyleOptionComboBox
from pytestqt.qtbot import QtBot

from mlp_viz.widgets.elided_combo_box import ElidedComboBox

LONG = "Hippopotamus amphibius"


@pytest.fixture
def box(qtbot: QtBot) -> ElidedComboBox:
    box = ElidedComboBox()
    qtbot.addWidget(box)
    box.addItems(("cat", LONG))
    box.setFixedWidth(120)
    return box


def shown(box: ElidedComboBox) -> str:
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    return option.currentText


def picture(qtbot: QtBot, text: str) -> QImage:
    """Return how Qt's own box shows a text."""
    box = QComboBox()
    qtbot.addWidget(box)
    box.addItem(text)
    box.setFixedWidth(120)
    return box.grab().toImage()


def test_a_short_text_is_shown_in_full(box: ElidedComboBox, qtbot: QtBot) -> None:
    assert shown(box) == "cat"
    assert box.grab().toImage() == picture(qtbot, "cat")


def test_a_long_text_ends_in_an_ellipsis(box: ElidedComboBox, qtbot: QtBot) -> None:
    box.setCurrentIndex(1)
    assert box.currentText() == LONG
    assert shown(box).endswith("…")
    assert LONG.startswith(shown(box)[:-1])
    assert len(shown(box)) > 4
    assert box.grab().toImage() == picture(qtbot, shown(box))
    box.setFixedWidth(400)
    assert shown(box) == LONG
