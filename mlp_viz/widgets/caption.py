"""The line under a tile: its parts, its font, and how much of it there is room for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetricsF

_FONT_SHARE: Final = 0.82  # a font of this share of the line's height fits into the line


@dataclass(frozen=True, slots=True)
class Caption:
    """The line under a tile, in parts of different colours.

    Attributes
    ----------
    parts : tuple of (str, str)
        Text, and the name of the `Theme` colour it is written in: ``("t: 5", "accent")``.
    """

    parts: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """The whole line."""
        return "".join(text for text, _ in self.parts)


def caption_font(base: QFont, line: float) -> QFont:
    """Return the font of a caption whose line is `line` pixels high."""
    font = QFont(base)
    font.setPixelSize(max(int(line * _FONT_SHARE), 1))
    font.setBold(True)
    return font


def widest(captions: tuple[Caption, ...], base: QFont) -> float:
    """Return the width of the widest caption, for a line of height 1."""
    line = 100.0
    metrics = QFontMetricsF(caption_font(base, line))
    return max((metrics.horizontalAdvance(caption.text) / line for caption in captions), default=0.0)


def fitted_parts(
    parts: tuple[tuple[str, str], ...], metrics: QFontMetricsF, room: float
) -> tuple[tuple[str, str], ...]:
    """Return the parts of a caption, the longest of them shortened so that all fit into `room` pixels.

    A single name keeps its beginning and its end, since many may begin alike; of several each keeps its beginning.
    """
    mode = Qt.TextElideMode.ElideRight if len(parts) > 1 else Qt.TextElideMode.ElideMiddle
    widths = sorted(metrics.horizontalAdvance(text) for text, _ in parts)
    for k, width in enumerate(widths):
        most = room / (len(widths) - k)
        if width > most:  # and so are those that follow
            return tuple((metrics.elidedText(text, mode, most), role) for text, role in parts)
        room -= width
    return parts
