"""The sheet that says what every key does."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QLabel, QScrollArea, QVBoxLayout, QWidget

from mlp_viz.theme import UNIT
from mlp_viz.views.actions import ENTRIES, MENUS
from mlp_viz.views.run_entries import RUN_ENTRIES
from mlp_viz.widgets.panel import set_points

ELSEWHERE: Final = (
    ("Arrows, PgUp, PgDown", "Slider: move it"),
    ("Left, Right, Shift, Esc", "Curves of runs: move the line that reads the values, ten at a time; take it away"),
    ("Arrows, Home, End, Enter", "Images: go through them, and see one large"),
    ("PgUp, PgDown", "Images: turn the page"),
    ("Ctrl+F", "Runs: go to the filter"),
    ("Left, Right, Home, End, Esc", "One image large: go to the next one, the first, the last; close"),
)


class ShortcutSheet(QDialog):
    """Lists all actions and their keys; no larger than the window that it belongs to."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Keyboard shortcuts")
        label = QLabel(shortcut_table())
        set_points(label, 12)
        label.setContentsMargins(2 * UNIT, UNIT, 2 * UNIT, 2 * UNIT)
        area = QScrollArea()
        area.setWidget(label)
        area.setWidgetResizable(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)
        wanted = label.sizeHint()
        self.resize(min(wanted.width() + 4 * UNIT, parent.width()), min(wanted.height() + UNIT, parent.height()))


def shortcut_table() -> str:
    """Return all actions and their keys as an HTML table."""
    rows = []
    for title in MENUS:
        rows.append(f'<tr><td colspan="2"><h3>{title.replace("&", "")}</h3></td></tr>')
        for entry in ENTRIES:
            if entry.menu == title:
                rows.append(_row(entry.keys, f"{_plain(entry.text)}: {entry.tip}"))
    rows.append('<tr><td colspan="2"><h3>On the page of the runs</h3></td></tr>')
    for run_entry in RUN_ENTRIES:
        if run_entry.keys:
            rows.append(_row(run_entry.keys, f"{_plain(run_entry.text)}: {run_entry.tip}"))
    rows.append('<tr><td colspan="2"><h3>Where the focus is</h3></td></tr>')
    for keys, text in ELSEWHERE:
        rows.append(f"<tr><td><b>{keys}</b>&nbsp;&nbsp;&nbsp;</td><td>{text}</td></tr>")
    return f"<table>{''.join(rows)}</table>"


def _row(keys: str, text: str) -> str:
    keys = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
    return f"<tr><td><b>{keys}</b>&nbsp;&nbsp;&nbsp;</td><td>{text}</td></tr>"


def _plain(text: str) -> str:
    return text.replace("&", "").rstrip("…")
