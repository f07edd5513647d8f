from __future__ import annotations

import gc
import itertools

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mlp_viz.theme import DARK, LIGHT, Theme
from mlp_viz.widgets.caption import Caption
from mlp_viz.widgets.mosaic import Mosaic

RAINBOW = np.array([0xFF000000 | (i * 2654435761) & 0xFFFFFF for i in range(256)], np.uint32)


@pytest.fixture
def mosaic(qtbot: QtBot) -> Mosaic:
    mosaic = Mosaic()
    qtbot.addWidget(mosaic)
    mosaic.set_lut(RAINBOW)
    mosaic.resize(420, 300)
    mosaic.show()
    return mosaic


def tiles(n: int, height: int = 8, width: int = 8, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.RandomState(seed).randint(0, 256, (n, height, width)).astype(np.uint8)


def plain(n: int, size: int = 8) -> NDArray[np.uint8]:
    """Return tiles of one entry each: 1, 2, 3 ..."""
    return np.tile((np.arange(n) % 255 + 1).astype(np.uint8)[:, None, None], (1, size, size))


def point(mosaic: Mosaic, tile: int, row: int, column: int, shape: tuple[int, int] = (8, 8)) -> QPointF:
    """Return the middle of a pixel of a tile, in pixels of the widget."""
    rect = mosaic.tile_rect(tile)
    return QPointF(
        rect.x() + (column + 0.5) * rect.width() / shape[1], rect.y() + (row + 0.5) * rect.height() / shape[0]
    )


def test_every_pixel_of_every_tile_has_its_colour_on_the_screen(mosaic: Mosaic) -> None:
    values = tiles(12)
    mosaic.set_tiles(values)
    image = mosaic.grab().toImage()
    for (tile, row, column), value in np.ndenumerate(values):
        assert image.pixel(point(mosaic, tile, row, column).toPoint()) == RAINBOW[value]


def test_the_image_keeps_its_memory(mosaic: Mosaic) -> None:
    values = tiles(12)
    mosaic.set_tiles(values)
    before = mosaic.grab().toImage()
    values[:] = 0
    del values
    gc.collect()
    np.zeros((300, 420), np.uint32)
    assert mosaic.grab().toImage() == before


def test_new_values_and_a_new_table_change_the_picture(mosaic: Mosaic) -> None:
    mosaic.set_tiles(plain(6))
    mosaic.set_tiles(plain(6)[::-1])
    at = point(mosaic, 0, 4, 4).toPoint()
    assert mosaic.grab().toImage().pixel(at) == RAINBOW[6]
    mosaic.set_lut(RAINBOW[::-1].copy())
    assert mosaic.grab().toImage().pixel(at) == RAINBOW[::-1][6]


@pytest.mark.parametrize(
    ("n", "captioned"), [(n, False) for n in (1, 2, 7, 30, 100, 1000)] + [(n, True) for n in (1, 2, 7, 30)]
)
@pytest.mark.parametrize("shape", [(8, 8), (28, 28), (64, 64), (10, 20)])
def test_tiles_lie_inside_apart_and_in_proportion(
    mosaic: Mosaic, n: int, shape: tuple[int, int], captioned: bool
) -> None:
    mosaic.resize(900, 600)
    mosaic.set_tiles(tiles(n, *shape), ["t: 5  p: 3"] * n if captioned else [])
    assert mosaic.columns * mosaic.rows >= n > mosaic.columns * (mosaic.rows - 1)
    rects = [mosaic.tile_rect(tile) for tile in range(n)]
    assert all(mosaic.rect().toRectF().contains(rect) for rect in rects)
    assert rects[0].width() / rects[0].height() == pytest.approx(shape[1] / shape[0], rel=0.02)
    for left, right in itertools.pairwise(rects):
        assert left.right() < right.left() or left.bottom() < right.top()
    scale = rects[0].width() / shape[1]
    if scale >= 2 and not captioned:
        assert scale == pytest.approx(round(scale))
    for tile in range(n):
        assert mosaic.tile_at(rects[tile].center()) == tile


def test_columns_follow_the_shape_of_the_widget(mosaic: Mosaic) -> None:
    mosaic.set_tiles(tiles(12))
    mosaic.resize(1200, 110)
    assert (mosaic.columns, mosaic.rows) == (12, 1)
    mosaic.resize(110, 1200)
    assert (mosaic.columns, mosaic.rows) == (1, 12)
    mosaic.resize(400, 300)
    assert (mosaic.columns, mosaic.rows) == (4, 3)


def test_no_other_number_of_columns_gives_larger_tiles(mosaic: Mosaic) -> None:
    mosaic.resize(470, 250)
    mosaic.set_tiles(tiles(100, 28, 28))
    best = mosaic.tile_rect(0).width()
    for columns in range(1, 101):
        mosaic.set_grid(columns, 1)
        assert mosaic.tile_rect(0).width() <= best + 0.5


def test_the_gap_is_visible_even_when_tiles_shrink(mosaic: Mosaic) -> None:
    mosaic.resize(420, 300)
    mosaic.set_lut(np.full(256, 0xFFFFFFFF, np.uint32))
    mosaic.set_tiles(tiles(1000, 28, 28))
    image = mosaic.grab().toImage()
    for tile in range(mosaic.columns - 1):
        left, right = mosaic.tile_rect(tile), mosaic.tile_rect(tile + 1)
        between = range(int(left.center().x()), int(right.center().x()))
        assert any(image.pixel(x, int(left.center().y())) != 0xFFFFFFFF for x in between)


def test_gaps_have_the_colour_of_the_theme(mosaic: Mosaic) -> None:
    mosaic.set_tiles(plain(4))
    shades = []
    for theme in (LIGHT, DARK):
        mosaic.apply_theme(theme)
        rect = mosaic.tile_rect(0)
        shades.append(mosaic.grab().toImage().pixel(int(rect.right() + 1), int(rect.center().y())))
    assert shades == [QColor(LIGHT.muted).rgb(), QColor(DARK.line).rgb()]


def test_a_fixed_grid_keeps_its_places(mosaic: Mosaic) -> None:
    mosaic.set_grid(5, 5)
    mosaic.set_tiles(tiles(25, 28, 28), ["x"] * 25)
    full = mosaic.tile_rect(0)
    mosaic.set_tiles(tiles(3, 28, 28), ["x"] * 3)
    assert (mosaic.columns, mosaic.rows) == (5, 5)
    assert mosaic.tile_rect(0) == full
    mosaic.set_grid(0, 0)
    assert mosaic.columns == 3


def test_captions_are_written_beneath_in_their_colours(mosaic: Mosaic) -> None:
    caption = Caption((("t: 5", "accent"), ("  ", "text"), ("p: 3", "error")))
    mosaic.set_tiles(np.zeros((2, 28, 28), np.uint8), [caption, "plain"])
    assert mosaic.captions() == ("t: 5  p: 3", "plain")
    image = mosaic.grab().toImage()
    below = int(mosaic.tile_rect(0).bottom()) + 1
    seen = {image.pixel(x, y) for y in range(below, below + 24) for x in range(image.width() // 2)}
    assert QColor(LIGHT.accent).rgb() in seen
    assert QColor(LIGHT.error).rgb() in seen


def test_long_captions_stay_in_their_cell(mosaic: Mosaic) -> None:
    mosaic.set_grid(5, 5)
    long = Caption((("t: a very long class name", "accent"), ("  ", "text"), ("p: another long one", "error")))
    mosaic.set_tiles(np.zeros((5, 28, 28), np.uint8), [long] * 5)
    image = mosaic.grab().toImage()
    first, second = mosaic.tile_rect(0), mosaic.tile_rect(1)
    border = round((first.center().x() + second.center().x()) / 2)
    panel = QColor(LIGHT.panel).rgb()
    assert all(image.pixel(border, y) == panel for y in range(int(first.bottom()) + 3, int(first.bottom()) + 14))


def test_the_empty_state_is_written_and_goes_away(mosaic: Mosaic) -> None:
    blank = mosaic.grab().toImage()
    mosaic.set_placeholder("Weights appear here when you press Train.")
    written = mosaic.grab().toImage()
    assert written != blank
    assert (mosaic.columns, mosaic.rows, mosaic.n_tiles) == (0, 0, 0)
    mosaic.set_tiles(plain(4))
    assert mosaic.grab().toImage() != written
    mosaic.clear()
    assert mosaic.grab().toImage() == written
    assert mosaic.tile_at(QPointF(200, 150)) == -1
    assert mosaic.tile_rect(0).isEmpty()


def test_hover_tells_tile_and_pixel_once_each(qtbot: QtBot, mosaic: Mosaic) -> None:
    mosaic.set_tiles(tiles(4))
    hovered: list[int] = []
    pixels: list[tuple[int, int, int]] = []
    mosaic.tileHovered.connect(hovered.append)
    mosaic.pixelHovered.connect(lambda *at: pixels.append(at))
    for where in (point(mosaic, 2, 3, 5), point(mosaic, 2, 3, 5), point(mosaic, 2, 4, 5), point(mosaic, 3, 0, 0)):
        QTest.mouseMove(mosaic, where.toPoint())
    QApplication.sendEvent(mosaic, QEvent(QEvent.Type.Leave))
    assert hovered == [2, 3, -1]
    assert pixels == [(2, 3, 5), (2, 4, 5), (3, 0, 0), (-1, -1, -1)]


def test_tiles_that_go_away_are_no_longer_hovered(qtbot: QtBot, mosaic: Mosaic) -> None:
    mosaic.set_tiles(tiles(4))
    QTest.mouseMove(mosaic, mosaic.tile_rect(1).center().toPoint())
    with qtbot.waitSignal(mosaic.tileHovered) as told:
        mosaic.clear()
    assert told.args == [-1]


def test_a_click_tells_the_tile_and_the_gap_tells_nothing(qtbot: QtBot, mosaic: Mosaic) -> None:
    mosaic.set_tiles(tiles(4))
    clicked: list[int] = []
    mosaic.tileClicked.connect(clicked.append)
    QTest.mouseClick(mosaic, Qt.MouseButton.LeftButton, pos=mosaic.tile_rect(3).center().toPoint())
    rect = mosaic.tile_rect(0)
    gap = QPointF(rect.right() + rect.width() / 16, rect.center().y()).toPoint()
    assert mosaic.tile_at(gap.toPointF()) == -1
    QTest.mouseClick(mosaic, Qt.MouseButton.LeftButton, pos=gap)
    QTest.mouseClick(mosaic, Qt.MouseButton.MiddleButton, pos=rect.center().toPoint())
    assert clicked == [3]


def test_pixels_of_tiny_tiles_are_large_and_their_gaps_are_not(mosaic: Mosaic) -> None:
    mosaic.set_tiles(np.array([[[1, 2]], [[3, 4]]], np.uint8))
    first, second = mosaic.tile_rect(0), mosaic.tile_rect(1)
    gap = max(second.left() - first.right(), second.top() - first.bottom())
    assert 0 < gap < first.height() / 3
    image = mosaic.grab().toImage()
    for column in range(2):
        at = point(mosaic, 1, 0, column, (1, 2))
        assert mosaic.pixel_at(at) == (1, 0, column)
        assert image.pixel(at.toPoint()) == RAINBOW[3 + column]


@pytest.fixture
def navigable(qtbot: QtBot, mosaic: Mosaic) -> Mosaic:
    mosaic.set_navigable(True)
    mosaic.set_grid(4, 3)
    mosaic.set_tiles(plain(10))
    mosaic.activateWindow()
    mosaic.setFocus()
    qtbot.waitUntil(mosaic.hasFocus)
    return mosaic


def test_keys_move_the_current_tile_within_the_grid(navigable: Mosaic) -> None:
    keys = Qt.Key
    visited = []
    for key in (
        *(keys.Key_Left, keys.Key_Up, keys.Key_Right, keys.Key_Down, keys.Key_Down, keys.Key_Down, keys.Key_Right),
        *(keys.Key_Up, keys.Key_Down, keys.Key_Home, keys.Key_End),
    ):
        QTest.keyClick(navigable, key)
        visited.append(navigable.current)
    assert visited == [0, 0, 1, 5, 9, 9, 9, 5, 9, 0, 9]


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_enter_activates_the_current_tile(qtbot: QtBot, navigable: Mosaic, key: Qt.Key) -> None:
    QTest.keyClick(navigable, Qt.Key.Key_Down)
    with qtbot.waitSignal(navigable.tileActivated) as activated:
        QTest.keyClick(navigable, key)
    assert activated.args == [4]


def test_a_click_makes_a_tile_the_current_one(navigable: Mosaic) -> None:
    QTest.mouseClick(navigable, Qt.MouseButton.LeftButton, pos=navigable.tile_rect(6).center().toPoint())
    assert navigable.current == 6
    navigable.set_tiles(plain(3))
    assert navigable.current == 2


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_the_current_tile_has_a_frame_while_there_is_focus(qtbot: QtBot, navigable: Mosaic, theme: Theme) -> None:
    def framed() -> list[int]:
        image = navigable.grab().toImage()
        rects = [navigable.tile_rect(tile) for tile in range(navigable.n_tiles)]
        at = [(int(rect.left()) - 1, int(rect.center().y())) for rect in rects]
        return [tile for tile, (x, y) in enumerate(at) if image.pixel(x, y) == QColor(theme.accent).rgb()]

    navigable.apply_theme(theme)
    navigable.set_current(5)
    assert framed() == [5]
    navigable.clearFocus()
    assert framed() == []


def test_a_mosaic_that_is_not_navigable_leaves_the_keys_to_others(mosaic: Mosaic) -> None:
    mosaic.set_tiles(plain(4))
    QTest.keyClick(mosaic, Qt.Key.Key_Right)
    assert mosaic.current == 0
    assert mosaic.focusPolicy() == Qt.FocusPolicy.NoFocus


def test_wrong_arrays_are_refused(mosaic: Mosaic) -> None:
    with pytest.raises(ValueError, match="uint8"):
        mosaic.set_tiles(np.zeros((2, 8, 8)))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="shape"):
        mosaic.set_tiles(np.zeros((8, 8), np.uint8))
    with pytest.raises(ValueError, match="1 captions for 2 tiles"):
        mosaic.set_tiles(tiles(2), ["one"])
    with pytest.raises(ValueError, match="256"):
        mosaic.set_lut(np.zeros(255, np.uint32))
