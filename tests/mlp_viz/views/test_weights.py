from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mlp_viz.run.news import WeightsPicture
from mlp_viz.theme import DARK, LIGHT, Theme
from mlp_viz.views.weights import LIMIT, WeightsView

WHITE = (255, 255, 255)


def picture(*values: float, epoch: int = 37, size: int = 28) -> WeightsPicture:
    """Return units whose weights are all alike."""
    w = np.tile(np.array(values, np.float32)[:, None, None], (1, size, size))
    w.flags.writeable = False
    return WeightsPicture(1, epoch, 0, w)


def rgb(pixel: int) -> tuple[int, int, int]:
    colour = QColor(pixel)
    return colour.red(), colour.green(), colour.blue()


def colours(view: WeightsView) -> list[tuple[int, int, int]]:
    """Return the colour on the screen in the middle of each tile."""
    image = view.mosaic.grab().toImage()
    centres = [view.mosaic.tile_rect(tile).center().toPoint() for tile in range(view.mosaic.n_tiles)]
    return [rgb(image.pixel(at)) for at in centres]


@pytest.fixture
def room(qtbot: QtBot) -> QWidget:
    room = QWidget()
    qtbot.addWidget(room)
    room.resize(480, 330)
    return room


@pytest.fixture
def view(room: QWidget) -> WeightsView:
    view = WeightsView(parent=room)
    view.resize(480, 330)
    room.show()
    return view


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_zero_is_white_plus_orange_minus_blue(view: WeightsView, theme: Theme) -> None:
    view.apply_theme(theme)
    view.show_picture(picture(0, LIMIT, -LIMIT))
    zero, plus, minus = colours(view)
    assert zero == WHITE
    assert plus[0] > plus[1] > plus[2]
    assert minus[0] < minus[1] < minus[2]


def test_a_weight_keeps_its_colour_when_a_bigger_one_comes(view: WeightsView) -> None:
    view.show_picture(picture(0.1, -0.1, 0.2))
    before = colours(view)
    view.show_picture(picture(0.1, -0.1, 50.0, epoch=38))
    after = colours(view)
    assert after[:2] == before[:2]
    assert after[2] != before[2]
    assert len({*before, WHITE}) == 4


def test_growth_shows_until_the_limit_and_saturates_beyond(view: WeightsView) -> None:
    view.show_picture(picture(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 5.0))
    seen = colours(view)
    assert len(set(seen[:5])) == 5
    assert seen[4] == seen[5] == seen[6]


def test_a_weight_that_is_not_a_number_is_not_taken_for_a_weight(view: WeightsView) -> None:
    view.show_picture(picture(float("nan"), float("inf"), 0))
    nan, infinite, zero = colours(view)
    assert nan == (128, 128, 128)
    assert infinite[0] > infinite[2]
    assert zero == WHITE


def test_the_bar_has_the_limits_of_the_tiles(view: WeightsView) -> None:
    assert view.bar.limit == view.limit == LIMIT
    view.show_picture(picture(9.0))
    assert view.bar.limit == LIMIT


def test_title_status_and_captions_follow_the_layer(view: WeightsView) -> None:
    view.show_picture(picture(*[0.1] * 100))
    assert (view.title(), view.status(), view.mosaic.captions()) == ("Hidden weights", "epoch 37 · 100 units", ())
    view.set_layer(False, ["0", "1"])
    assert (view.title(), view.status(), view.mosaic.n_tiles) == ("Output weights", "", 0)
    assert "output unit" in view.mosaic.placeholder
    view.show_picture(picture(0.1, 0.2))
    assert view.mosaic.captions() == ("0", "1")
    view.set_layer(True)
    view.show_picture(picture(0.1, epoch=1234))
    assert (view.title(), view.status()) == ("Hidden weights", "epoch 1,234 · 1 unit")


def test_clear_brings_the_empty_state_back(view: WeightsView) -> None:
    empty = view.mosaic.grab().toImage()
    view.show_picture(picture(0.1))
    view.clear()
    assert view.mosaic.grab().toImage() == empty
    assert "press Train" in view.mosaic.placeholder
    assert (view.status(), view.readout()) == ("", "")


def gradient() -> NDArray[np.float32]:
    return np.linspace(-0.25, 0.75, 8 * 8, dtype=np.float32).reshape(1, 8, 8)


def test_the_readout_tells_the_unit_under_the_mouse_and_follows_the_news(view: WeightsView, qtbot: QtBot) -> None:
    view.show_picture(WeightsPicture(1, 1, 0, gradient()))
    assert "Point at a tile" in view.readout()
    rect = view.mosaic.tile_rect(0)
    QTest.mouseMove(view.mosaic, (rect.topLeft() + (rect.bottomRight() - rect.topLeft()) / 16).toPoint())
    length = float(np.linalg.norm(gradient()))
    assert view.readout() == f"unit 1: min −0.25  max 0.75  |w| {length:.2f} · here −0.25"
    view.show_picture(WeightsPicture(1, 2, 0, 2 * gradient()))
    assert view.readout() == f"unit 1: min −0.50  max 1.50  |w| {2 * length:.2f} · here −0.50"
