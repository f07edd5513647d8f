"""Where equal tiles go in a grid: as large as the room allows, with or without a caption beneath each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlp_viz.theme import UNIT

# Height of a caption's line: a share of the cell, within bounds, in pixels.
_CAPTION_SHARE: Final = 0.33
_CAPTION_MIN: Final = 19.0  # 11 points
_CAPTION_MAX: Final = 24.0
_CAPTION_SPACE: Final = 2 * UNIT  # between the captions of two neighbours
_CAPTION_CLEAR: Final = 2  # between a caption and the tile below it
_SMALLER: Final = 0.97  # the tiles are made so much smaller until the captions have their room,
_TRIES: Final = 40  # but no oftener, where there is none

Shape: TypeAlias = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class TileGrid:
    """Where the tiles are within the image, in image pixels, and how the image is scaled."""

    columns: int
    rows: int
    scale: float  # device pixels for one image pixel
    gap: int
    cell_width: int
    cell_height: int
    left: int  # of the first tile
    top: int
    width: int  # of the image
    height: int
    caption_height: float = 0.0  # device pixels; 0 without captions

    def corner(self, tile: int) -> tuple[int, int]:
        """Return the row and the column of the tile's first pixel."""
        row, column = divmod(tile, self.columns)
        return self.top + row * self.cell_height, self.left + column * self.cell_width


def plain_grid(tiles: Shape, fixed: tuple[int, int] | None, width: int, height: int) -> TileGrid:
    """Return the grid with the largest tiles; neighbours share a gap.

    Parameters
    ----------
    tiles : tuple of int
        How many tiles there are, and their height and width.
    fixed : tuple of int or None
        The columns and rows to keep room for; None chooses the best.
    width, height : int
        The room, in device pixels.
    """
    n, tile_height, tile_width = tiles

    def fit(gap: int) -> tuple[int, int, float]:
        columns, rows = _candidates(n, fixed)
        across = width / (columns * (tile_width + gap) + gap)
        down = height / (rows * (tile_height + gap) + gap)
        return _largest(columns, rows, np.minimum(across, down))

    gap = 1
    columns, rows, scale = fit(gap)
    if scale < 1:  # a gap of one image pixel would fall between the pixels of the screen
        gap = math.ceil(1 / scale)
        columns, rows, scale = fit(gap)
    cell_width, cell_height = tile_width + gap, tile_height + gap
    image_width, image_height = columns * cell_width + gap, rows * cell_height + gap
    return TileGrid(columns, rows, scale, gap, cell_width, cell_height, gap, gap, image_width, image_height)


def captioned_grid(
    tiles: Shape, fixed: tuple[int, int] | None, width: int, height: int, widest: float, ratio: float
) -> TileGrid:
    """Return the grid with the largest tiles that leaves a line of text beneath each.

    Parameters
    ----------
    tiles, fixed, width, height
        As for `plain_grid`.
    widest : float
        Width of the widest caption for a line of height 1.
    ratio : float
        Device pixels for one pixel of the widget.
    """
    n, tile_height, tile_width = tiles
    gap = 1
    columns, rows = _candidates(n, fixed)
    line = np.clip(_CAPTION_SHARE * height / rows, _CAPTION_MIN * ratio, _CAPTION_MAX * ratio)
    space = _CAPTION_SPACE * ratio
    fitting = np.maximum(width / columns - space, 1) / max(widest, 1e-6)
    line = np.maximum(np.minimum(line, fitting), _CAPTION_MIN * ratio)
    across = width / (columns * (tile_width + 2 * gap))
    down = np.maximum(height / rows - line - _CAPTION_CLEAR * ratio, 1) / (tile_height + 2 * gap)
    best_columns, best_rows, scale = _largest(columns, rows, np.minimum(across, down), whole=False)
    caption = float(line[np.flatnonzero((columns == best_columns) & (rows == best_rows))[0]])
    high = tile_height + 2 * gap
    for _ in range(_TRIES):  # a caption takes whole pixels of the image, which may be large
        if (high + math.ceil(caption / scale)) * scale <= height / best_rows:
            break
        scale *= _SMALLER
    # Tiles stand as far apart as their captions need, and no farther than the widget allows.
    wanted = max(1.5 * tile_width * scale, widest * caption + space)
    most = int(width / best_columns / scale)
    cell_width = max(tile_width + 2 * gap, min(most, math.ceil(wanted / scale)))
    most = int(height / best_rows / scale)
    cell_height = max(high, min(most, high + math.ceil((caption + UNIT * ratio) / scale)))
    left, top = (cell_width - tile_width) // 2, gap
    return TileGrid(
        best_columns,
        best_rows,
        scale,
        gap,
        cell_width,
        cell_height,
        left,
        top,
        best_columns * cell_width,
        best_rows * cell_height,
        caption,
    )


def _candidates(n: int, fixed: tuple[int, int] | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if fixed:
        columns, rows = fixed
        rows = max(rows, -(-n // columns))
        return np.array([columns]), np.array([rows])
    columns_each = np.arange(1, n + 1)
    return columns_each, -(-n // columns_each)


def _largest(
    columns: NDArray[np.int64], rows: NDArray[np.int64], scale: NDArray[np.float64], whole: bool = True
) -> tuple[int, int, float]:
    """Return columns, rows and scale of the largest tiles; the fullest grid of several that are equally good.

    With `whole`, a scale of 2 or more is rounded down to a whole number, so that all pixels are of one size.
    """
    drawn = np.where(scale >= 2, np.floor(scale), scale) if whole else scale
    best = np.lexsort((scale, -columns * rows, drawn))[-1]
    return int(columns[best]), int(rows[best]), float(drawn[best])
