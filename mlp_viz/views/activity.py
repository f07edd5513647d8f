"""The line that tells of work in the background, such as a download: what it does, how far it is, and how to end it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QSizePolicy, QToolButton, QWidget

from mlp_viz.theme import UNIT, Theme
from mlp_viz.widgets.panel import ElidedLabel, set_points

STEPS = 1000


class ActivityBar(QFrame):
    """Shows one piece of work while it goes on; hidden while there is none.

    Signals
    -------
    cancelWanted()
        The user wants the work to end.
    """

    cancelWanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = ElidedLabel()
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.progress = QProgressBar()
        self.progress.setRange(0, STEPS)
        self.progress.setTextVisible(False)
        self.progress.setFixedSize(30 * UNIT, UNIT)
        self.progress.setAccessibleName("Progress of the work in the background")
        self.cancel_button = QToolButton()
        self.cancel_button.setText("Cancel")
        self.cancel_button.setToolTip("Call this off; what is on the screen stays")
        self.cancel_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.cancel_button.clicked.connect(self.cancelWanted)
        for widget in (self.label, self.cancel_button):
            set_points(widget, 12)
        row = QHBoxLayout(self)
        row.setContentsMargins(UNIT, UNIT // 2, UNIT, UNIT // 2)
        row.setSpacing(2 * UNIT)
        row.addWidget(self.label, 1)
        row.addWidget(self.progress)
        row.addWidget(self.cancel_button)
        self.hide()

    @Slot(str)
    def show_busy(self, what: str) -> None:
        """Show that `what` has begun; an empty text hides the line."""
        self.label.set_text(f"{what} …" if what else "")
        self.progress.setValue(0)
        self.setVisible(bool(what))

    @Slot(str, float)
    def show_progress(self, what: str, share: float) -> None:
        """Tell what is being done, and how far it is."""
        self.label.set_text(what)
        self.progress.setValue(round(STEPS * min(max(share, 0.0), 1.0)))
        self.show()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self.setStyleSheet(
            f"ActivityBar {{ background: {theme.panel}; border: 1px solid {theme.line}; border-radius: 4px; }}"
            f"QProgressBar {{ border: 1px solid {theme.line}; border-radius: 4px; background: {theme.window}; }}"
            f"QProgressBar::chunk {{ background: {theme.accent}; border-radius: 3px; }}"
        )
