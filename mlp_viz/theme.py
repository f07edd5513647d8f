"""Colours and the look of the window, light and dark, from one palette."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

UNIT: Final = 8  # pixels of the layout grid
TIP_POINTS: Final = 11.0  # of tooltips: Qt's own are too small for a projector


@dataclass(frozen=True, slots=True)
class Theme:
    """One set of colours, as ``#rrggbb``.

    Attributes
    ----------
    window, panel, text, muted, line, accent : str
        Background, background of panels, text, secondary text, hairlines and grid, the one accent.
    cost, train, valid : str
        Series of the curves (Okabe-Ito); each also has a dash of its own.
    error : str
        What went wrong.
    """

    name: str
    window: str
    panel: str
    text: str
    muted: str
    line: str
    accent: str
    on_accent: str
    cost: str
    train: str
    valid: str
    error: str


LIGHT: Final = Theme(
    name="light",
    window="#f3f4f6",
    panel="#ffffff",
    text="#16181d",
    muted="#50565f",
    line="#c9ced6",
    accent="#0060a8",
    on_accent="#ffffff",
    cost="#0072b2",
    train="#b34700",
    valid="#00785a",
    error="#a61b1b",
)
DARK: Final = Theme(
    name="dark",
    window="#15181d",
    panel="#1e2228",
    text="#f0f2f5",
    muted="#a9b1bc",
    line="#3a414b",
    accent="#56b4e9",
    on_accent="#0b0d10",
    cost="#56b4e9",
    train="#e69f00",
    valid="#2fc79a",
    error="#ff8a80",
)
THEMES: Final = {theme.name: theme for theme in (LIGHT, DARK)}


def system_theme() -> Theme:
    """Return the theme that the desktop asks for."""
    return DARK if QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark else LIGHT


def apply_theme(app: QApplication, theme: Theme) -> None:
    """Give the whole application the colours of `theme`."""
    app.setStyle("Fusion")
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: theme.window,
        QPalette.ColorRole.WindowText: theme.text,
        QPalette.ColorRole.Base: theme.panel,
        QPalette.ColorRole.AlternateBase: theme.window,
        QPalette.ColorRole.Text: theme.text,
        QPalette.ColorRole.Button: theme.panel,
        QPalette.ColorRole.ButtonText: theme.text,
        QPalette.ColorRole.BrightText: theme.error,
        QPalette.ColorRole.Highlight: theme.accent,
        QPalette.ColorRole.HighlightedText: theme.on_accent,
        QPalette.ColorRole.ToolTipBase: theme.panel,
        QPalette.ColorRole.ToolTipText: theme.text,
        QPalette.ColorRole.PlaceholderText: theme.muted,
        QPalette.ColorRole.Link: theme.accent,
        QPalette.ColorRole.Mid: theme.line,
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.muted))
    app.setPalette(palette)
    boxes = QPalette(palette)
    boxes.setColor(QPalette.ColorRole.Window, QColor(theme.muted))  # Fusion's frame of a box is a darker window
    app.setPalette(boxes, "QCheckBox")  # type: ignore[arg-type]  # as below
    tip = QFont(app.font())
    tip.setPointSizeF(TIP_POINTS)
    app.setFont(tip, "QTipLabel")  # type: ignore[arg-type]  # it refuses the bytes that its type asks for
