"""Colour scales as look-up tables of 256 entries, and the bar that explains one."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from mlp_viz.theme import LIGHT, UNIT, Theme

ZERO: Final = 128  # the entry of the signed table that stands for 0
STEPS: Final = 127  # entries on each side of it
NOT_A_NUMBER: Final = 0  # the entry left over; NaN must not pass for a weight

# Position on one side of zero, red, green, blue. Both sides darken alike, so that neither sign looks the stronger.
_POSITIVE: Final = ((0.0, 255, 255, 255), (0.5, 246, 166, 74), (1.0, 200, 82, 0))
_NEGATIVE: Final = ((0.0, 255, 255, 255), (0.5, 98, 176, 234), (1.0, 0, 104, 184))
_GREY_FOR_NAN: Final = 0xFF808080

# Matplotlib's viridis (CC0) at nine even places: equal steps look equal, with any colour vision.
_EVEN: Final = (0x440154, 0x472D7B, 0x3B528B, 0x2C728E, 0x21908C, 0x27AD81, 0x5DC863, 0xAADC32, 0xFDE725)
_EVEN_ON_LIGHT: Final = (0.82, 0.0)  # the part of it in use, from the lowest value to the highest: the lowest can
_EVEN_ON_DARK: Final = (0.25, 1.0)  # still be told from the ground, and the highest stands out most

_BAR: Final = 2 * UNIT  # thickness in pixels
_GAP: Final = UNIT // 2  # between bar and labels


def signed_lut() -> NDArray[np.uint32]:
    """Return the blue-white-orange table, shape (256,), as 0xffRRGGBB.

    Entry 128 is zero and exactly white, 255 is plus the limit (orange), 1 is minus the limit (blue), and 0 is grey, for
    what is not a number.
    """
    lut = np.full(256, _GREY_FOR_NAN, np.uint32)
    share = np.arange(STEPS + 1) / STEPS
    for stops, entries in ((_POSITIVE, ZERO + np.arange(STEPS + 1)), (_NEGATIVE, ZERO - np.arange(STEPS + 1))):
        where, *channels = zip(*stops, strict=True)
        red, green, blue = (np.rint(np.interp(share, where, channel)).astype(np.uint32) for channel in channels)
        lut[entries] = 0xFF000000 | red << 16 | green << 8 | blue
    return lut


def grey_lut() -> NDArray[np.uint32]:
    """Return the table from black (entry 0) to white (entry 255), shape (256,), as 0xffRRGGBB."""
    return np.arange(256, dtype=np.uint32) * 0x010101 + 0xFF000000


def even_lut(dark: bool) -> NDArray[np.uint32]:
    """Return the table for values from low (entry 0) to high (entry 255), shape (256,), as 0xffRRGGBB.

    Perceptually even: violet, blue, green, yellow. The highest is the darkest on a light ground and the lightest on a
    dark one.
    """
    places = np.linspace(*(_EVEN_ON_DARK if dark else _EVEN_ON_LIGHT), 256) * (len(_EVEN) - 1)
    stops = np.array(_EVEN)
    lut = np.full(256, 0xFF000000, np.uint32)
    for shift in (16, 8, 0):
        channel = np.interp(places, np.arange(len(_EVEN)), stops >> shift & 0xFF)
        lut |= np.rint(channel).astype(np.uint32) << shift
    return lut


def signed_indices(values: NDArray[Any], limit: float) -> NDArray[np.uint8]:
    """Return the entries of the signed table that stand for `values`.

    Parameters
    ----------
    values : ndarray
        Of any shape; values beyond the limit, infinite ones too, take the colour of the limit.
    limit : float
        The value, above 0, that takes the last colour.

    Returns
    -------
    ndarray of uint8, of the same shape
    """
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.asarray(values, np.float32) * np.float32(STEPS / limit)
    np.rint(scaled, out=scaled)
    np.clip(scaled, -STEPS, STEPS, out=scaled)
    scaled += ZERO
    if math.isnan(scaled.sum()):
        np.copyto(scaled, NOT_A_NUMBER, where=np.isnan(scaled))
    return scaled.astype(np.uint8)


def signed_number(value: float, form: str = "g") -> str:
    """Return `value` as text with a true minus sign."""
    return f"{value:{form}}".replace("-", "\N{MINUS SIGN}")


class ColourBar(QWidget):
    """The signed colour scale with the numbers −limit, 0 and +limit beside it.

    Parameters
    ----------
    limit : float
        The value of the last colour.
    orientation : Qt.Orientation
        A vertical bar has +limit at the top, a horizontal one at the right.

    Attributes
    ----------
    limit : float
    """

    def __init__(
        self,
        limit: float,
        orientation: Qt.Orientation = Qt.Orientation.Vertical,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._vertical = orientation == Qt.Orientation.Vertical
        colours = signed_lut()[1:]  # without the entry for NaN
        row = colours[::-1, None] if self._vertical else colours[None, :]
        self._pixels = np.ascontiguousarray(row)  # the image borrows this memory
        height, width = self._pixels.shape
        self._image = QImage(self._pixels.data, width, height, self._pixels.strides[0], QImage.Format.Format_RGB32)
        self._theme = LIGHT
        if self._vertical:
            self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        else:
            self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_limit(limit)

    def labels(self) -> tuple[str, str, str]:
        """Return the texts at the lower end, at zero and at the upper end."""
        return signed_number(-self.limit), "0", f"+{self.limit:g}"

    def set_limit(self, limit: float) -> None:
        """Say that the last colour stands for `limit`."""
        self.limit = limit
        low, _, high = self.labels()
        self.setToolTip(f"Blue: down to {low}. White: 0. Orange: up to {high}.\nWeights beyond keep the last colour.")
        self.setAccessibleName(f"Colour scale from {low}, blue, through 0, white, to {high}, orange")
        self.updateGeometry()
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Draw the labels and the frame in the colours of `theme`."""
        self._theme = theme
        self.update()

    def bar_rect(self) -> QRect:
        """Return where the colours are drawn, in pixels of this widget."""
        metrics = self._metrics()
        if self._vertical:  # room for half a label above and below
            half = metrics.height() // 2
            return QRect(0, half, _BAR, max(self.height() - 2 * half, 1))
        left, right = (metrics.horizontalAdvance(text) // 2 + 1 for text in (self.labels()[0], self.labels()[2]))
        return QRect(left, 0, max(self.width() - left - right, 1), _BAR)

    def sizeHint(self) -> QSize:
        """Return room for the bar and its labels."""
        metrics = self._metrics()
        widest = max(metrics.horizontalAdvance(text) for text in self.labels())
        if self._vertical:
            return QSize(_BAR + _GAP + widest, 12 * UNIT)
        return QSize(4 * widest, _BAR + _GAP + metrics.height())

    def minimumSizeHint(self) -> QSize:
        """Return the least room in which the labels do not touch."""
        hint = self.sizeHint()
        return QSize(hint.width(), 3 * self._metrics().height()) if self._vertical else hint

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the bar, its frame and three labels."""
        painter = QPainter(self)
        painter.setFont(self._font())
        bar = self.bar_rect()
        painter.drawImage(bar, self._image)
        painter.setPen(QColor(self._theme.muted))
        painter.drawRect(bar.adjusted(0, 0, -1, -1))
        painter.setPen(QColor(self._theme.text))
        height = self._metrics().height()
        for share, text in zip((0.0, 0.5, 1.0), self.labels(), strict=True):
            if self._vertical:
                y = bar.bottom() - round(share * (bar.height() - 1))
                room = QRect(bar.right() + 1 + _GAP, y - height // 2, self.width(), height)
                painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
            else:
                x = bar.left() + round(share * (bar.width() - 1))
                room = QRect(x - 100, bar.bottom() + 1 + _GAP, 200, height)
                painter.drawText(room, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, text)
        painter.end()

    def _font(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(max(font.pointSizeF(), 11.0))
        return font

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(self._font())
