"""The styles in which digits are written, as ``strokes/digits.txt`` has them; the file explains its format."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final, NoReturn

import numpy as np
from numpy.typing import NDArray

from mlp_core.datasets.files import reading
from mlp_core.errors import DataError
from mlp_core.resources import resource_path

UNIT: Final = 100  # of the file, for the height of a digit
FARTHEST: Final = 2 * UNIT  # from the upper left corner, to either side
CORNER: Final = "!"
PEN_UP: Final = "|"


@dataclass(frozen=True, slots=True, eq=False)
class Style:
    """One way to write one digit.

    Attributes
    ----------
    digit : int
        0 to 9.
    name : str
        What tells it from the digit's other styles: "with bar", "open".
    weight : float
        How often it is chosen, in proportion to the digit's other styles.
    masters : ndarray of float64, shape (n_masters, n_points, 2)
        Points x, y that the pen passes, y down, in heights of the digit; read-only.
    pieces : tuple of (int, int)
        First and last point of each smooth piece. One piece begins where another ended: a corner; or at the next
        point: the pen was lifted.
    """

    digit: int
    name: str
    weight: float
    masters: NDArray[np.float64]
    pieces: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Master:
    points: tuple[tuple[float, float], ...]
    pieces: tuple[tuple[int, int], ...]


def digit_strokes_path() -> Path:
    """Return the path of the file that `read_styles` reads by default."""
    return resource_path("strokes/digits.txt")


def read_styles(path: Path | None = None) -> tuple[Style, ...]:
    """Read the styles of all digits.

    Parameters
    ----------
    path : Path, optional
        By default the file that comes with the project.

    Returns
    -------
    tuple of Style
        In the order of the file; at least one of each digit.

    Raises
    ------
    DataError
        If the file is missing, or a line is not as the format wants it; it names the line.
    """
    path = path or digit_strokes_path()
    with reading(path):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise DataError(path, f"it is no text in UTF-8 ({error.reason}). Restore the file.") from error
    styles = tuple(_Reader(path).styles(text))
    missing = sorted(set(range(10)) - {style.digit for style in styles})
    if missing:
        raise DataError(path, f"it has no style of the digit {missing[0]}. Add one, or restore the file.")
    return styles


class _Reader:
    """Reads one file, and knows the line that an error is about."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._line = 0

    def styles(self, text: str) -> Iterator[Style]:
        digit: int | None = None
        head: tuple[str, float] | None = None
        masters: list[_Master] = []
        names: set[tuple[int, str]] = set()
        for self._line, line in enumerate(text.splitlines(), start=1):
            words = line.partition("#")[0].split()
            if not words:
                continue
            if words[0] not in ("digit", "style"):
                if head is None:
                    self._refuse("points belong below a style. Begin one above this line: style WEIGHT NAME")
                masters.append(self._like(masters, self._master(words)))
                continue
            if digit is not None and head is not None:
                yield self._style(digit, head, masters)
            head, masters = None, []
            if words[0] == "digit":
                digit = self._digit(words[1:])
            elif digit is None:
                self._refuse("a style belongs below its digit. Begin one above this line: digit 0")
            else:
                head = self._head(words[1:])
                if (digit, head[0]) in names:
                    self._refuse(f"the digit {digit} has a style {head[0]!r} already. Give this one another name.")
                names.add((digit, head[0]))
        if digit is not None and head is not None:
            yield self._style(digit, head, masters)

    def _style(self, digit: int, head: tuple[str, float], masters: list[_Master]) -> Style:
        name, weight = head
        if not masters:
            self._refuse(f"the style {name!r} of the digit {digit} ends without points. Add a master above this line.")
        points = np.array([master.points for master in masters])
        points.flags.writeable = False
        return Style(digit, name, weight, points, masters[0].pieces)

    def _digit(self, words: list[str]) -> int:
        if len(words) != 1 or words[0] not in tuple("0123456789"):
            self._refuse(f"one digit was expected, but there is {' '.join(words)!r}. Write: digit 0")
        return int(words[0])

    def _head(self, words: list[str]) -> tuple[str, float]:
        weight = self._number(words[0]) if words else 0.0
        if weight <= 0 or len(words) < 2:
            self._refuse("a weight above 0 and a name were expected. Write: style 2 with bar")
        return " ".join(words[1:]), weight

    def _master(self, words: list[str]) -> _Master:
        points: list[tuple[float, float]] = []
        pieces: list[tuple[int, int]] = []
        for stroke in " ".join(words).split(PEN_UP):
            texts = stroke.split()
            if len(texts) < 2:
                self._refuse(f"a stroke has {len(texts)} points; 2 or more were expected. Add some.")
            first = len(points)
            for text in texts:
                points.append(self._point(text.removesuffix(CORNER)))
            corners = [first + place for place, text in enumerate(texts) if text.endswith(CORNER)]
            ends = [first, *corners, len(points) - 1]
            if sorted(set(ends)) != ends:
                self._refuse(f"the first and the last point of a stroke cannot be corners. Remove {CORNER!r} there.")
            pieces.extend(pairwise(ends))
        for first, last in pieces:
            if any(points[place] == points[place + 1] for place in range(first, last)):
                self._refuse("a point is the same as the one before it. Remove one of the two.")
        return _Master(tuple(points), tuple(pieces))

    def _like(self, masters: list[_Master], master: _Master) -> _Master:
        if masters and master.pieces != masters[0].pieces:
            self._refuse(
                f"this master has other points, corners or strokes ({master.pieces}) than the first one of its style "
                f"({masters[0].pieces}). Give them the same structure, or begin a new style."
            )
        return master

    def _point(self, text: str) -> tuple[float, float]:
        coordinates = text.split(",")
        if len(coordinates) != 2:
            self._refuse(f"{text!r} is no point. Write it as x,y without blanks: 50,12.5")
        x, y = (self._number(coordinate) / UNIT for coordinate in coordinates)
        return x, y

    def _number(self, text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not -FARTHEST <= number <= FARTHEST:
            self._refuse(f"{text!r} is no number from -{FARTHEST} to {FARTHEST}. Write one.")
        return number

    def _refuse(self, what: str) -> NoReturn:
        raise DataError(self._path, f"line {self._line}: {what}")
