"""Tooltips of plain text: Qt guesses whether a tooltip is rich text, and class names and paths may look like it."""

from __future__ import annotations

from PySide6.QtGui import Qt


def plain_tip(text: str) -> str:
    """Return what a tooltip must be so that it shows the whole of `text` as it is, line breaks included.

    That is `text` itself, unless Qt would take it for rich text: it may hold ``<b>`` or an image to load.
    """
    return Qt.convertFromPlainText(text) if Qt.mightBeRichText(text) else text
