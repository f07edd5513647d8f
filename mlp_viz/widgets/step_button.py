"""A little button that goes one step back or forth, and on while it is held."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton

from mlp_viz.widgets.panel import TEXT_POINTS, set_points


def step_button(text: str, tip: str) -> QToolButton:
    """Return a button with `text`, an arrow; `tip` says where it leads, also to a screen reader."""
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setAutoRepeat(True)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the focus with what is stepped through
    set_points(button, TEXT_POINTS)
    return button
