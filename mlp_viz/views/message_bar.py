"""The line under the transport bar on which messages for the user appear."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from mlp_viz.messages import Kind, Message
from mlp_viz.theme import LIGHT, UNIT, Theme
from mlp_viz.widgets.panel import set_points
from mlp_viz.widgets.plain_tip import plain_tip


class MessageBar(QFrame):
    """Shows the newest message until it is closed or another comes; hidden while there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = LIGHT
        self._kind = Kind.INFO
        self.label = QLabel()
        self.label.setTextFormat(Qt.TextFormat.PlainText)  # a path may look like HTML
        self.label.setWordWrap(True)
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.MinimumExpanding)
        set_points(self.label, 12)
        self.close_button = QToolButton()
        self.close_button.setText("✕")
        self.close_button.setToolTip("Close this message")
        self.close_button.setAccessibleName("Close this message")
        self.close_button.setAutoRaise(True)
        self.close_button.clicked.connect(self.clear)
        row = QHBoxLayout(self)
        row.setContentsMargins(UNIT, UNIT // 2, UNIT, UNIT // 2)
        row.addWidget(self.label, 1)
        row.addWidget(self.close_button)
        self.hide()

    @Slot(object)
    def show_message(self, message: Message) -> None:
        """Show `message` in place of the one before."""
        self._kind = message.kind
        sign = "⚠ " if message.kind is Kind.ERROR else ""
        self.label.setText(sign + message.text)
        self.label.setToolTip(plain_tip(message.text))  # a path without spaces may be longer than the line
        self.apply_theme(self._theme)
        self.show()

    @Slot()
    def clear(self) -> None:
        """Show nothing."""
        self.label.clear()
        self.hide()

    def clear_info(self) -> None:
        """Show nothing, unless it is an error, which stays until it is closed."""
        if self._kind is Kind.INFO:
            self.clear()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`: errors have the error colour and a sign."""
        self._theme = theme
        colour = theme.error if self._kind is Kind.ERROR else theme.accent
        self.setStyleSheet(
            f"MessageBar {{ background: {theme.panel}; border: 2px solid {colour}; border-radius: 4px; }}"
            f"MessageBar QLabel {{ color: {theme.text}; }}"
        )
