"""A combo box that ends a long text in an ellipsis while it is closed; Qt's own cuts it off."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox

from mlp_viz.theme import UNIT


class ElidedComboBox(QComboBox):
    """A combo box for texts that may be longer than it is wide; its list tells them in full."""

    def initStyleOption(self, option: QStyleOptionComboBox) -> None:
        """Describe the closed box, with as much of its text as there is room for."""
        super().initStyleOption(option)
        field = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        room = field.width() - UNIT // 2  # less the margin that styles leave at both sides of the text
        option.currentText = self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, room)
