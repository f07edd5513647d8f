"""How a run looks wherever it is drawn: its colour, and its dash and marker as a second cue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pyqtgraph.graphicsItems.ScatterPlotItem import Symbols
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap

from mlp_viz.theme import LIGHT, UNIT, Theme

CHIP: Final = QSize(4 * UNIT, 2 * UNIT)
CHIP_WIDTH: Final = 2.5  # of its line
CHIP_MARKER: Final = 9.0

# Okabe and Ito's colours but yellow, which nobody sees on a projector's white: blue, vermilion, green, purple, black,
# orange and sky blue, each darker on white and lighter on black until it stands out there.
_LIGHT: Final = ("#0060a8", "#c23b00", "#00785a", "#b8508c", "#16181d", "#c18a00", "#2e97d0")
_DARK: Final = ("#4a9be0", "#ff7033", "#2fc79a", "#e59ac4", "#f0f2f5", "#f5bd3d", "#8fd3ff")
# In widths of the line; an empty pattern is a solid line. pyqtgraph's names of markers.
_CUES: Final[tuple[tuple[tuple[float, ...], str], ...]] = (
    ((), "o"),
    ((4.0, 2.0), "s"),
    ((1.0, 1.5), "t1"),
    ((5.0, 1.5, 1.0, 1.5), "d"),
    ((8.0, 2.0), "star"),
)
N_COLOURS: Final = len(_LIGHT)
N_LOOKS: Final = N_COLOURS * len(_CUES)


@dataclass(frozen=True, slots=True)
class RunStyle:
    """One of the looks that a run can have.

    Attributes
    ----------
    number : int
        0 to `N_LOOKS` - 1. Neighbours differ in colour and cue.
    """

    number: int

    def colour(self, theme: Theme) -> str:
        """Return the colour on the panels of `theme`, as ``#rrggbb``."""
        return (_LIGHT if theme == LIGHT else _DARK)[self.number % N_COLOURS]

    @property
    def dash(self) -> tuple[float, ...]:
        """Lengths of strokes and gaps in widths of the line; empty for a solid line."""
        return _CUES[self.number % len(_CUES)][0]

    @property
    def marker(self) -> str:
        """What pyqtgraph calls the symbol."""
        return _CUES[self.number % len(_CUES)][1]

    def pen(self, theme: Theme, width: float, colour: QColor | None = None) -> QPen:
        """Return the pen of its line, in its own colour unless another is given."""
        pen = QPen(QColor(self.colour(theme)) if colour is None else colour, width)
        pen.setCosmetic(True)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        if self.dash:
            pen.setDashPattern(self.dash)
        return pen


def own_style(run_id: int) -> RunStyle:
    """Return the look that a run has if no other stands in its way."""
    return RunStyle(run_id % N_LOOKS)


class RunStyles:
    """The looks of the runs that are drawn together: no two alike as long as there are looks enough.

    A run has the colour and cue of its id where these are free, and else the next that are least used. It keeps them
    as long as it is drawn, whatever comes and goes beside it.
    """

    def __init__(self) -> None:
        self._styles: dict[int, RunStyle] = {}

    def assign(self, ids: Iterable[int]) -> Mapping[int, RunStyle]:
        """Return a look for each of the runs, in their order; those not named lose theirs."""
        wanted = tuple(dict.fromkeys(ids))
        kept = {run_id: self._styles[run_id] for run_id in wanted if run_id in self._styles}
        numbers = [style.number for style in kept.values()]
        for run_id in wanted:
            if run_id not in kept:
                kept[run_id] = RunStyle(_free_number(own_style(run_id).number, numbers))
                numbers.append(kept[run_id].number)
        self._styles = {run_id: kept[run_id] for run_id in wanted}
        return dict(self._styles)


def _free_number(own: int, taken: Iterable[int]) -> int:
    """Return the look nearest to `own` that is used least: first as a whole, then its colour, then its cue."""
    looks = Counter(taken)
    colours, cues = Counter[int](), Counter[int]()
    for number, n in looks.items():
        colours[number % N_COLOURS] += n
        cues[number % len(_CUES)] += n

    def unsuitable(number: int) -> tuple[int, int, bool, int, int]:
        colour, cue = number % N_COLOURS, number % len(_CUES)
        away = (number - own) % N_LOOKS
        return looks[number], colours[colour], colour != own % N_COLOURS, cues[cue], away

    return min(range(N_LOOKS), key=unsuitable)


def paint_chip(painter: QPainter, place: QRectF, style: RunStyle, theme: Theme, colour: QColor | None = None) -> None:
    """Draw a piece of the run's line with its marker in the middle of `place`."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    middle, reach = place.center(), QPointF(min(place.width(), CHIP.width()) / 2, 0)
    painter.setPen(style.pen(theme, CHIP_WIDTH, colour))
    painter.drawLine(QLineF(middle - reach, middle + reach))
    painter.translate(middle)
    painter.scale(CHIP_MARKER, CHIP_MARKER)  # pyqtgraph's symbols are one unit large
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(style.colour(theme)) if colour is None else colour)
    painter.drawPath(Symbols[style.marker])
    painter.restore()


def chip_icon(style: RunStyle, theme: Theme, ratio: float = 1.0) -> QIcon:
    """Return the chip as an icon of the size `CHIP`, for a screen with so many pixels to a point."""
    pixmap = QPixmap(CHIP * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    paint_chip(painter, QRectF(QPointF(), CHIP.toSizeF()), style, theme)
    painter.end()
    return QIcon(pixmap)
