"""The colour scale of accuracies, fitted to those that are there, and the bar that explains it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from mlp_viz.theme import LIGHT, UNIT, Theme
from mlp_viz.widgets.colour_scale import even_lut
from mlp_viz.widgets.panel import TEXT_POINTS, set_points

FAR: Final = 5.0  # times from the median to the best: what is further below is not let into the scale
KEPT: Final = 3.0  # times that distance stay in it then
LEAST: Final = 1.0  # per cent, of that distance and of the whole scale


@dataclass(frozen=True, slots=True)
class ValueScale:
    """Accuracies from the lowest colour to the highest.

    Attributes
    ----------
    low, high : float
        In per cent.
    clipped : bool
        Whether there are values below `low`: a few settings that learned nothing must not make all others look alike.
    """

    low: float = 0.0
    high: float = 100.0
    clipped: bool = False

    @classmethod
    def of(cls, values: Iterable[float]) -> ValueScale:
        """Return the scale that fits `values`, in per cent; what is not finite is left out."""
        finite = np.array([value for value in values if math.isfinite(value)])
        if not finite.size:
            return cls()
        low, high, middle = float(finite.min()), float(finite.max()), float(np.median(finite))
        reach = max(high - middle, LEAST)
        clipped = low < middle - FAR * reach
        if clipped:
            low = middle - KEPT * reach
        low, high = math.floor(10 * low) / 10, math.ceil(10 * high) / 10
        if high - low < LEAST:
            low = max(low - LEAST / 2, 0.0)
            high = low + LEAST
        return cls(low, high, clipped)

    def share(self, value: float) -> float:
        """Return where `value` lies, 0 to 1, the ends for what is beyond; NaN for NaN."""
        return value if math.isnan(value) else min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)

    def labels(self) -> tuple[str, str]:
        """Return the texts at both ends."""
        return f"{'≤ ' if self.clipped else ''}{self.low:.1f}", f"{self.high:.1f} %"


class ValueColours:
    """The colours of a scale on the ground of a theme."""

    def __init__(self, theme: Theme) -> None:
        self.lut = even_lut(QColor(theme.panel).lightness() < 128)

    def at(self, share: float) -> QColor:
        """Return the colour at a place of the scale, 0 to 1."""
        return QColor.fromRgb(int(self.lut[round(255 * share)]))


class ValueBar(QWidget):
    """A horizontal bar of the colours, between the numbers at its ends."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_points(self, TEXT_POINTS)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.apply_theme(LIGHT)
        self.set_scale(ValueScale())

    def set_scale(self, scale: ValueScale) -> None:
        """Say which accuracies the colours stand for."""
        self.scale = scale
        low, high = scale.labels()
        self.setAccessibleName(f"Colours of the validation accuracy, from {low} to {high}")
        below = "\nWhat is lower still has the first colour." if scale.clipped else ""
        self.setToolTip(f"Colour: validation accuracy, from {low} to {high}{below}")
        self.updateGeometry()
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self._theme = theme
        self._pixels = np.ascontiguousarray(ValueColours(theme).lut[None, :])  # the image borrows this memory
        stride = self._pixels.strides[0]
        self._image = QImage(self._pixels.data, self._pixels.size, 1, stride, QImage.Format.Format_RGB32)
        self.update()

    def bar_rect(self) -> QRect:
        """Return where the colours are drawn, in pixels of this widget."""
        metrics = self.fontMetrics()
        left, right = (metrics.horizontalAdvance(text) + UNIT // 2 for text in self.scale.labels())
        return QRect(left, (self.height() - 2 * UNIT) // 2, max(self.width() - left - right, 1), 2 * UNIT)

    def sizeHint(self) -> QSize:
        """Return room for the numbers and a bar on which colours can be found again."""
        return QSize(self._widths() + 14 * UNIT, self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        """Return room for the numbers and a short bar."""
        return QSize(self._widths() + 4 * UNIT, self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the bar, its frame and both numbers."""
        painter = QPainter(self)
        bar = self.bar_rect()
        painter.drawImage(bar, self._image)
        painter.setPen(QColor(self._theme.muted))
        painter.drawRect(bar.adjusted(0, 0, -1, -1))
        painter.setPen(QColor(self._theme.text))
        low, high = self.scale.labels()
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, low)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, high)
        painter.end()

    def _widths(self) -> int:
        metrics = self.fontMetrics()
        return sum(metrics.horizontalAdvance(text) + UNIT // 2 for text in self.scale.labels())
