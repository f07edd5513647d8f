"""The pen: draws strokes as 28×28 images, normalised as MNIST was.

MNIST's digits were fitted into a box of 20×20 pixels, keeping their aspect ratio, and put into 28×28 pixels so that
their centre of mass is in the middle (Y. LeCun et al., Gradient-based learning applied to document recognition, 1998).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlp_core.errors import DataError

Floats: TypeAlias = NDArray[np.float32]

SIZE: Final = 28  # pixels, height and width of an image
BOX: Final = 20  # pixels, height or width of what is drawn, whichever is larger
PEN_WIDTH: Final = 2.4  # pixels, as the pens of MNIST on average
MARGIN: Final = SIZE - BOX  # around the box: every image that has the whole box in it can be cut out
GRID: Final = BOX + 2 * MARGIN
IN_BOX: Final = slice(MARGIN, MARGIN + BOX)  # rows or columns of the grid
FITTINGS: Final = 4


def draw_strokes(strokes: Sequence[ArrayLike], pen_width: float = PEN_WIDTH) -> NDArray[np.uint8]:
    """Draw one image.

    Parameters
    ----------
    strokes : sequence of array_like, each of shape (n_points, 2)
        The points x, y, y down, that the pen passes on straight lines before it is lifted; in any unit, since they are
        fitted. A stroke of one point is a dot.
    pen_width : float
        Width of the pen in pixels of the image, above 0 and at most 10.

    Returns
    -------
    ndarray of uint8, shape (28, 28)
        0 paper to 255 ink; only paper if there are no points.

    Raises
    ------
    DataError
        If a stroke has another shape, a point is not finite, or the pen is too thin or too wide.
    """
    if not 0 < pen_width <= BOX / 2:
        raise DataError("pen_width", f"it is {pen_width}; above 0 and at most {BOX // 2} was expected. Choose another.")
    ends = np.concatenate([np.empty((0, 2, 2)), *map(_lines, range(len(strokes)), strokes)])
    if not len(ends):
        return np.zeros((SIZE, SIZE), np.uint8)
    ends -= (ends.min(axis=(0, 1)) + ends.max(axis=(0, 1))) / 2  # before what is far away is rounded
    ends /= np.abs(ends).max() or 1.0
    starts, stops = ends[None, :, 0].astype(np.float32), ends[None, :, 1].astype(np.float32)
    radii = np.full(starts.shape[:2], pen_width / 2, np.float32)
    starts, stops = fitted(starts, stops, radii)
    image: NDArray[np.uint8] = centred(coverage(depth(starts, stops, radii)))[0]
    return image


def _lines(number: int, stroke: ArrayLike) -> NDArray[np.float64]:
    """Return the ends of a stroke's lines, shape (n_lines, 2 ends, 2)."""
    try:
        points = np.asarray(stroke, np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"stroke {number}", f"it is no array of numbers ({error}). Give rows x, y.") from error
    if not points.size:
        return np.empty((0, 2, 2))
    if points.ndim != 2 or points.shape[1] != 2:
        raise DataError(f"stroke {number}", f"it has shape {points.shape}; (n_points, 2) was expected. Give rows x, y.")
    if not np.abs(points).max() <= np.finfo(np.float64).max / 4:
        raise DataError(f"stroke {number}", "a point is not finite, or too far away. Leave it out.")
    if len(points) == 1:
        points = np.repeat(points, 2, axis=0)
    return np.stack([points[:-1], points[1:]], axis=1)


def fitted(starts: Floats, stops: Floats, radii: Floats) -> tuple[Floats, Floats]:
    """Scale and move lines so that what the pen makes of them fills the box.

    Parameters
    ----------
    starts, stops : ndarray of float32, shape (n_images, n_lines, 2)
        The ends of the lines, x, y, y down, in any unit.
    radii : ndarray of float32, shape (n_images, n_lines)
        Half the pen's width on each line, in pixels; less than half the box.

    Returns
    -------
    tuple of ndarray of float32, shape (n_images, n_lines, 2)
        The ends of the lines in pixels, from the box's upper left corner: the larger of height and width is the box's.
    """
    # Shape (n_images, 2, 2 * n_lines): minima along what lies together in memory are found fastest.
    ends = np.ascontiguousarray(np.concatenate([starts, stops], axis=1).transpose(0, 2, 1))
    radii = np.concatenate([radii, radii], axis=1)[:, None]
    extent = (ends.max(axis=2) - ends.min(axis=2)).max(axis=1)
    scale = (BOX - 2 * radii.mean(axis=(1, 2))) / np.maximum(extent, 1e-9)
    for _ in range(FITTINGS):  # Newton's method on what the pen adds, which is piecewise linear in the scale
        scaled = ends * scale[:, None, None]
        low, high = scaled - radii, scaled + radii
        first, last = low.argmin(axis=2)[..., None], high.argmax(axis=2)[..., None]
        length = np.take_along_axis(ends, last, 2) - np.take_along_axis(ends, first, 2)
        width = np.take_along_axis(high, last, 2) - np.take_along_axis(low, first, 2)
        slack = (BOX - width) / np.maximum(length, 1e-9)
        scale = scale + slack.min(axis=(1, 2))
    scaled = ends * scale[:, None, None]
    middle = ((scaled - radii).min(axis=2) + (scaled + radii).max(axis=2))[..., None] / 2
    scaled = (scaled + (BOX / 2 - middle)).transpose(0, 2, 1)
    n_lines = starts.shape[1]
    return scaled[:, :n_lines], scaled[:, n_lines:]


def depth(starts: Floats, stops: Floats, radii: Floats) -> Floats:
    """Return how deep each pixel is in the ink, in pixels; negative outside.

    Parameters
    ----------
    starts, stops : ndarray of float32, shape (n_images, n_lines, 2)
        The ends of the lines in pixels, from the box's upper left corner, as `fitted` returns them.
    radii : ndarray of float32, shape (n_images, n_lines)
        Half the pen's width on each line, in pixels.

    Returns
    -------
    ndarray of float32, shape (n_images, 36, 36)
        The box with a margin of 8 pixels on each side. In a line thinner than a pixel no pixel is deeper than its
        share of ink, less 1/2. Of what is far from every line only that it is below -1/2 is sure.
    """
    n_images, n_lines = radii.shape
    along = stops - starts
    half = np.sqrt((along * along).sum(axis=-1)) / 2
    along /= np.maximum(2 * half, np.float32(1e-6))[..., None]
    along[half == 0] = 1, 0  # a dot has no direction: any will do
    middle = (starts + stops) / 2 + np.float32(MARGIN - 0.5)  # in the grid, where pixels' centres are whole numbers
    deepest = np.minimum(radii, 2 * radii - np.float32(0.5))
    # Each line is drawn into a square window around its middle, as large as the largest line needs.
    side = min(GRID, int(np.ceil(2 * (half + radii).max())) + 2)
    corner = np.clip(np.rint(middle - (side - 1) / 2), 0, GRID - side).astype(np.intp)
    pixels = np.arange(side)
    window = (pixels[:, None] * GRID + pixels).ravel()
    place = (np.arange(n_images)[:, None] * GRID + corner[..., 1]) * GRID + corner[..., 0]
    offset = corner - middle
    found = np.full(n_images * GRID * GRID, -9, np.float32)
    for line in range(n_lines):
        dx = (offset[:, line, 0, None] + pixels.astype(np.float32))[:, None, :]
        dy = (offset[:, line, 1, None] + pixels.astype(np.float32))[:, :, None]
        ex, ey = along[:, line, 0, None, None], along[:, line, 1, None, None]
        beyond = ex * dx + ey * dy
        np.abs(beyond, out=beyond)
        beyond -= half[:, line, None, None]
        np.maximum(beyond, 0, out=beyond)
        beyond *= beyond
        aside = ex * dy - ey * dx
        aside *= aside
        aside += beyond
        distance = np.sqrt(aside, out=aside)
        np.subtract(radii[:, line, None, None], distance, out=distance)
        np.minimum(distance, deepest[:, line, None, None], out=distance)
        at = place[:, line, None] + window
        found[at] = np.maximum(found[at], distance.reshape(n_images, -1))
    return found.reshape(n_images, GRID, GRID)


def coverage(depths: Floats) -> Floats:
    """Return which share of each pixel is ink, 0 to 1, from how deep its centre is in it; `depths` is overwritten."""
    depths += np.float32(0.5)
    return np.clip(depths, 0, 1, out=depths)


def centred(ink: Floats, height: int = SIZE, width: int = SIZE) -> NDArray[np.uint8]:
    """Cut each image out so that its centre of mass is in the middle, to the nearest pixel, and no ink is lost.

    Parameters
    ----------
    ink : ndarray of float32, shape (n_images, 2 * height - box height, 2 * width - box width)
        0 paper to 1 ink, as `coverage` returns it: a box in the middle, and around it a margin so wide that each image
        that has the whole box in it can be cut out.
    height, width : int
        Of the images, in pixels.

    Returns
    -------
    ndarray of uint8, shape (n_images, height, width)
        0 paper to 255 ink.
    """
    rows, columns = ink.sum(axis=2), ink.sum(axis=1)
    mass = rows.sum(axis=1)
    empty = mass == 0
    mass[empty] = 1
    corners = []
    for sums, size in ((rows, height), (columns, width)):
        grid = sums.shape[1]
        centre = (sums @ np.arange(grid, dtype=np.float32)) / mass
        centre[empty] = grid // 2
        corners.append(np.clip(np.rint(centre).astype(np.intp) - size // 2, 0, grid - size))
    windows = np.lib.stride_tricks.sliding_window_view(ink, (height, width), axis=(1, 2))
    cut = windows[np.arange(len(ink)), corners[0], corners[1]]
    images: NDArray[np.uint8] = np.rint(cut * np.float32(255)).astype(np.uint8)
    return images
