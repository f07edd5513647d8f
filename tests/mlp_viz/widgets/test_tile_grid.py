from __future__ import annotations

import pytest

from mlp_viz.widgets.tile_grid import TileGrid, captioned_grid, plain_grid


def drawn(grid: TileGrid) -> tuple[float, float]:
    return grid.width * grid.scale, grid.height * grid.scale


@pytest.mark.parametrize("tiles", [(1, 28, 28), (100, 28, 28), (10, 1, 2), (1000, 80, 100), (7, 1024, 3)])
@pytest.mark.parametrize("room", [(500, 300), (300, 900)])
def test_all_tiles_are_within_the_room(tiles: tuple[int, int, int], room: tuple[int, int]) -> None:
    n, height, width = tiles
    for grid in (plain_grid(tiles, None, *room), captioned_grid(tiles, None, *room, widest=2.0, ratio=1.0)):
        assert grid.columns * grid.rows >= n
        across, down = drawn(grid)
        assert across <= room[0] + 1
        assert down <= room[1] + 1
        y, x = grid.corner(n - 1)
        assert x + width <= grid.width
        assert y + height <= grid.height


def test_the_tiles_are_as_large_as_they_can_be() -> None:
    grid = plain_grid((10, 28, 28), None, 600, 250)
    assert (grid.columns, grid.rows) == (5, 2)
    assert grid.scale == int(grid.scale)


def test_a_fixed_grid_keeps_its_columns_and_grows_rows_where_it_must() -> None:
    few, many = (plain_grid((n, 8, 8), (5, 5), 400, 400) for n in (3, 31))
    assert (few.columns, few.rows) == (5, 5)
    assert (many.columns, many.rows) == (5, 7)


@pytest.mark.parametrize("tile", [(28, 28), (8, 8), (1, 2), (200, 150)])
@pytest.mark.parametrize("room", [(500, 400), (510, 251), (790, 370), (600, 362)])
def test_a_caption_has_its_line_under_each_tile(tile: tuple[int, int], room: tuple[int, int]) -> None:
    for n, fixed in ((10, (5, 2)), (25, (5, 5)), (10, None)):
        grid = captioned_grid((n, *tile), fixed, *room, widest=2.0, ratio=1.0)
        assert 19 <= grid.caption_height <= 24
        assert (grid.cell_height - tile[0] - 2 * grid.gap) * grid.scale >= grid.caption_height - 1e-6
