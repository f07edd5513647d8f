"""The sheet of keys: complete, and no larger than the window."""

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QWidget

from mlp_viz.views.actions import ENTRIES
from mlp_viz.views.shortcut_sheet import ShortcutSheet, shortcut_table


def test_it_has_every_entry() -> None:
    sheet = shortcut_table()
    for entry in ENTRIES:
        assert f"<b>{QKeySequence(entry.keys).toString(QKeySequence.SequenceFormat.NativeText)}</b>" in sheet
        assert entry.tip in sheet
    assert "Arrows" in sheet


@pytest.mark.parametrize("side", [400, 3000])
def test_it_fits_into_the_window(qtbot: Any, side: int) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(side, side)
    sheet = ShortcutSheet(window)
    sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    assert sheet.width() <= side
    assert sheet.height() <= side
