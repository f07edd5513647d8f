"""A mosaic: many small images of one size in a grid, drawn as one image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from mlp_viz.theme import LIGHT, UNIT, Theme
from mlp_viz.widgets.caption import Caption, caption_font, fitted_parts, widest
from mlp_viz.widgets.colour_scale import grey_lut
from mlp_viz.widgets.tile_grid import TileGrid, captioned_grid, plain_grid

_FRAME: Final = 3  # thickness of the frame around the current tile

# How far each key moves the current tile, as columns and rows.
_MOVES: Final = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class Mosaic(QWidget):
    """Equal tiles in a grid that fills the widget, coloured by a look-up table.

    Everything is computed when the tiles, the table, the theme or the size change; painting is one `drawImage`, without
    smoothing, and the captions. From a scale of 2 on, the scale is a whole number: all pixels are equally large.

    Parameters
    ----------
    smallest : int
        In tiles of fewer pixels than that, in width and height, each pixel is drawn as several; else the gap of one
        would be a broad band beside so few.

    Attributes
    ----------
    tileHovered : Signal(int)
        The tile under the mouse has changed; -1 for none.
    pixelHovered : Signal(int, int, int)
        Tile, row and column within the tile under the mouse have changed; -1, -1, -1 for none.
    tileClicked : Signal(int)
        A tile was clicked with the left button.
    tileActivated : Signal(int)
        Enter was pressed on the current tile; only with `set_navigable`.
    """

    tileHovered = Signal(int)
    pixelHovered = Signal(int, int, int)
    tileClicked = Signal(int)
    tileActivated = Signal(int)

    def __init__(self, parent: QWidget | None = None, smallest: int = 8) -> None:
        super().__init__(parent)
        self._smallest = smallest
        self._tiles: NDArray[np.uint8] = np.zeros((0, 1, 1), np.uint8)
        self._zoom = 1  # each pixel of a tile that was given is so many wide and high in `_tiles`
        self._captions: tuple[Caption, ...] = ()
        self._caption_ratio = 0.0  # width of the widest caption for a line of height 1
        self._lut = grey_lut()
        self._theme = LIGHT
        self._placeholder = ""
        self._fixed: tuple[int, int] | None = None
        self._grid: TileGrid | None = None
        self._pixels = np.zeros((1, 1), np.uint32)  # the image borrows this memory
        self._image = QImage()
        self._target = QRectF()
        self._mouse: QPointF | None = None
        self._hovered = (-1, -1, -1)
        self._current = 0
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    # What it shows

    def set_tiles(self, tiles: NDArray[np.uint8], captions: Sequence[Caption | str] = ()) -> None:
        """Show these tiles instead of the ones before.

        Parameters
        ----------
        tiles : ndarray of uint8, shape (n, height, width)
            Entries of the look-up table; copied. No tile at all brings the placeholder back.
        captions : sequence of Caption or str
            One for each tile, or none at all.

        Raises
        ------
        ValueError
            If the array is not of that kind, or the captions are not as many as the tiles.
        """
        if tiles.ndim != 3 or tiles.dtype != np.uint8 or 0 in tiles.shape[1:]:
            raise ValueError(f"tiles must be uint8 of shape (n, height, width), not {tiles.dtype} of {tiles.shape}")
        if captions and len(captions) != len(tiles):
            raise ValueError(f"{len(captions)} captions for {len(tiles)} tiles")
        new = tuple(text if isinstance(text, Caption) else Caption(((text, "text"),)) for text in captions)
        self._zoom = -(-self._smallest // max(tiles.shape[1:]))
        if self._zoom > 1:
            tiles = tiles.repeat(self._zoom, axis=1).repeat(self._zoom, axis=2)
        same_layout = tiles.shape == self._tiles.shape and new == self._captions and self._grid is not None
        self._tiles = np.array(tiles, order="C")
        self._captions = new
        self._current = min(self._current, max(len(tiles) - 1, 0))
        if same_layout:
            self._colour()
            self.update()
        else:
            self._caption_ratio = widest(self._captions, self.font())
            self._lay_out()

    def clear(self) -> None:
        """Show the placeholder."""
        self.set_tiles(np.zeros((0, 1, 1), np.uint8))

    def set_lut(self, lut: NDArray[Any]) -> None:
        """Colour the tiles by `lut`, 256 colours as 0xffRRGGBB.

        Raises
        ------
        ValueError
            If there are not 256 entries.
        """
        if lut.shape != (256,):
            raise ValueError(f"a look-up table has 256 entries, not the shape {lut.shape}")
        self._lut = np.array(lut, np.uint32)
        self._colour()
        self.update()

    def set_placeholder(self, text: str) -> None:
        """Say what will appear here, and how, as long as there is no tile."""
        self._placeholder = text
        self.setAccessibleDescription(text)
        self.update()

    def set_grid(self, columns: int, rows: int) -> None:
        """Keep room for so many tiles, however few there are; 0 columns let the mosaic choose."""
        self._fixed = (columns, rows) if columns > 0 else None
        self._lay_out()

    def set_navigable(self, navigable: bool) -> None:
        """Let Tab reach the mosaic, the arrow keys, Home and End move its current tile, and Enter activate it."""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if navigable else Qt.FocusPolicy.NoFocus)

    def set_current(self, tile: int) -> None:
        """Make `tile`, or the nearest that there is, the current one; it has a frame while the mosaic has the focus."""
        tile = min(max(tile, 0), max(self.n_tiles - 1, 0))
        if tile != self._current:
            self._current = tile
            self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Draw gaps, captions and the placeholder in the colours of `theme`."""
        self._theme = theme
        self._lay_out()

    # What can be asked of it

    @property
    def n_tiles(self) -> int:
        """Number of tiles."""
        return len(self._tiles)

    @property
    def columns(self) -> int:
        """Tiles in a row; 0 in the empty state."""
        return self._grid.columns if self._grid else 0

    @property
    def rows(self) -> int:
        """Rows of tiles; 0 in the empty state."""
        return self._grid.rows if self._grid else 0

    @property
    def hovered(self) -> tuple[int, int, int]:
        """Tile, row and column under the mouse; -1, -1, -1 for none."""
        return self._hovered

    @property
    def current(self) -> int:
        """The tile that the arrow keys move."""
        return self._current

    @property
    def placeholder(self) -> str:
        """The text of the empty state."""
        return self._placeholder

    def captions(self) -> tuple[str, ...]:
        """Return the text under each tile."""
        return tuple(caption.text for caption in self._captions)

    def tile_rect(self, tile: int) -> QRectF:
        """Return where a tile is drawn, in pixels of this widget; empty if there is no such tile."""
        if self._grid is None or not 0 <= tile < self.n_tiles:
            return QRectF()
        y, x = self._grid.corner(tile)
        _, height, width = self._tiles.shape
        along, down = self._steps()
        return QRectF(self._target.x() + x * along, self._target.y() + y * down, width * along, height * down)

    def pixel_at(self, position: QPointF) -> tuple[int, int, int]:
        """Return tile, row and column at a position in this widget; -1, -1, -1 beside the tiles."""
        grid = self._grid
        if grid is None or not self._target.contains(position):
            return -1, -1, -1
        along, down = self._steps()
        x = int((position.x() - self._target.x()) / along) - grid.left
        y = int((position.y() - self._target.y()) / down) - grid.top
        column, x = divmod(x, grid.cell_width)
        row, y = divmod(y, grid.cell_height)
        tile = row * grid.columns + column
        _, height, width = self._tiles.shape
        if x >= width or y >= height or not 0 <= column < grid.columns or not 0 <= tile < self.n_tiles:
            return -1, -1, -1
        return tile, y // self._zoom, x // self._zoom

    def tile_at(self, position: QPointF) -> int:
        """Return the tile at a position in this widget; -1 beside the tiles."""
        return self.pixel_at(position)[0]

    def sizeHint(self) -> QSize:
        """Return a size at which a hundred small tiles can be told apart."""
        return QSize(40 * UNIT, 30 * UNIT)

    def minimumSizeHint(self) -> QSize:
        """Return the size below which there is nothing to see."""
        return QSize(12 * UNIT, 12 * UNIT)

    # Qt events

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the image and the captions, or the placeholder."""
        painter = QPainter(self)
        if self._grid is None:
            font = QFont(self.font())
            font.setPointSizeF(max(font.pointSizeF(), 11.0))
            painter.setFont(font)
            painter.setPen(QColor(self._theme.muted))
            room = self.rect().adjusted(UNIT, UNIT, -UNIT, -UNIT)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._placeholder)
        else:
            if self._grid.scale % 1 and self._grid.scale < 3:  # uneven pixels would distort a digit
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(self._target, self._image)
            if self._captions:
                self._draw_captions(painter, self._grid)
        if self.hasFocus():
            self._draw_focus(painter)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange the tiles anew."""
        super().resizeEvent(event)
        self._lay_out()

    def event(self, event: QEvent) -> bool:
        """Arrange the tiles anew when the screen or the font changes."""
        handled = super().event(event)
        if event.type() == QEvent.Type.FontChange:
            self._caption_ratio = widest(self._captions, self.font())
            self._lay_out()
        elif event.type() == QEvent.Type.DevicePixelRatioChange:
            self._lay_out()
        return handled

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell which tile is under the mouse."""
        self._mouse = event.position()
        self._tell_hovered()

    def leaveEvent(self, event: QEvent) -> None:
        """Tell that no tile is under the mouse."""
        self._mouse = None
        self._tell_hovered()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tell which tile was clicked."""
        tile = self.tile_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and tile >= 0:
            self.set_current(tile)
            self.tileClicked.emit(tile)
        else:
            super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the current tile, or activate it."""
        key = Qt.Key(event.key())
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if self._grid is None or self.focusPolicy() == Qt.FocusPolicy.NoFocus or not plain:
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.tileActivated.emit(self._current)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.set_current(0 if key == Qt.Key.Key_Home else self.n_tiles - 1)
        elif key in _MOVES:
            along, down = _MOVES[key]
            tile = self._current + along + down * self._grid.columns
            self.set_current(tile if 0 <= tile < self.n_tiles else self._current)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the frame of the current tile."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide the frame of the current tile."""
        super().focusOutEvent(event)
        self.update()

    # How it gets there

    def _steps(self) -> tuple[float, float]:
        """Return the width and height of an image pixel, in pixels of this widget."""
        return self._target.width() / self._image.width(), self._target.height() / self._image.height()

    def _tell_hovered(self) -> None:
        now = (-1, -1, -1) if self._mouse is None else self.pixel_at(self._mouse)
        before, self._hovered = self._hovered, now
        if now[0] != before[0]:
            self.tileHovered.emit(now[0])
        if now != before:
            self.pixelHovered.emit(*now)

    def _lay_out(self) -> None:
        """Arrange the tiles for the size of the widget, and make the image."""
        ratio = self.devicePixelRatioF()
        width, height = int(self.width() * ratio), int(self.height() * ratio)
        if not self.n_tiles or width < 1 or height < 1:
            self._grid = None
            self._image = QImage()
        else:
            n, tile_height, tile_width = self._tiles.shape
            tiles = (n, tile_height, tile_width)
            if self._captions:
                self._grid = captioned_grid(tiles, self._fixed, width, height, self._caption_ratio, ratio)
            else:
                self._grid = plain_grid(tiles, self._fixed, width, height)
            self._make_image(self._grid)
            scaled = QSize(
                max(round(self._grid.width * self._grid.scale), 1), max(round(self._grid.height * self._grid.scale), 1)
            )
            left, top = max((width - scaled.width()) // 2, 0), max((height - scaled.height()) // 2, 0)
            self._target = QRectF(left / ratio, top / ratio, scaled.width() / ratio, scaled.height() / ratio)
        self._tell_hovered()
        self.update()

    def _make_image(self, grid: TileGrid) -> None:
        """Make the image with its gaps; the tiles come into it in `_colour`."""
        _, height, width = self._tiles.shape
        self._pixels = np.full((grid.height, grid.width), _rgb(self._theme.panel), np.uint32)
        # The darker of the two greys: the gaps must show between tiles that are white where there is nothing.
        gap_colour = min(_rgb(self._theme.line), _rgb(self._theme.muted))
        for tile in range(self.n_tiles):
            y, x = grid.corner(tile)
            self._pixels[y - grid.gap : y + height + grid.gap, x - grid.gap : x + width + grid.gap] = gap_colour
        self._image = QImage(
            self._pixels.data, grid.width, grid.height, self._pixels.strides[0], QImage.Format.Format_RGB32
        )
        self._colour()

    def _colour(self) -> None:
        """Write the tiles' colours into the image."""
        grid = self._grid
        if grid is None:
            return
        n, height, width = self._tiles.shape
        colours = np.take(self._lut, self._tiles, mode="clip")
        full, rest = divmod(n, grid.columns)
        y, x = grid.corner(0)
        down, along = self._pixels.strides
        cells = np.lib.stride_tricks.as_strided(  # every tile at once: the gaps are stepped over
            self._pixels[y:, x:],
            (full + (rest > 0), grid.columns, height, width),
            (grid.cell_height * down, grid.cell_width * along, down, along),
        )
        cells[:full] = colours[: full * grid.columns].reshape(full, grid.columns, height, width)
        if rest:
            cells[full, :rest] = colours[full * grid.columns :]

    def _draw_focus(self, painter: QPainter) -> None:
        """Draw a frame around the current tile, or around the placeholder."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        half = _FRAME / 2
        inside = self.rect().toRectF().adjusted(half, half, -half, -half)
        around = self.tile_rect(self._current).adjusted(-half, -half, half, half)
        for colour, width in ((self._theme.panel, _FRAME + 2), (self._theme.accent, _FRAME)):  # seen on any tile
            painter.setPen(QPen(QColor(colour), width, j=Qt.PenJoinStyle.MiterJoin))
            painter.drawRect(around & inside if self._grid else inside)

    def _draw_captions(self, painter: QPainter, grid: TileGrid) -> None:
        along, down = self._steps()
        ratio = self.devicePixelRatioF()
        line = grid.caption_height / ratio
        font = caption_font(self.font(), line)
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        most = grid.cell_width * along - UNIT / 2
        for tile, caption in enumerate(self._captions):
            rect = self.tile_rect(tile)
            parts = fitted_parts(caption.parts, metrics, most)
            x = rect.center().x() - sum(metrics.horizontalAdvance(text) for text, _ in parts) / 2
            y = rect.bottom() + down * grid.gap
            for text, role in parts:
                advance = metrics.horizontalAdvance(text)
                painter.setPen(QColor(getattr(self._theme, role)))
                room = QRectF(x, y, advance + 1, line)
                painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
                x += advance


def _rgb(colour: str) -> int:
    return QColor(colour).rgb()
