from __future__ import annotations

import itertools

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from mlp_viz.theme import DARK, LIGHT, Theme
from mlp_viz.widgets.colour_scale import ColourBar, even_lut, grey_lut, signed_indices, signed_lut, signed_number

WHITE = 0xFFFFFFFF


def rgb(colour: np.uint32) -> tuple[int, int, int]:
    value = QColor.fromRgb(int(colour))
    return value.red(), value.green(), value.blue()


def luminance(colour: np.uint32) -> float:
    linear = [((c / 255 + 0.055) / 1.055) ** 2.4 if c > 10 else c / 255 / 12.92 for c in rgb(colour)]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def test_zero_is_exactly_white_and_nothing_else_is_at_the_ends() -> None:
    lut = signed_lut()
    assert lut.shape == (256,)
    assert lut[128] == WHITE
    red, green, blue = rgb(lut[255])
    assert red > green > blue, "plus is orange"
    red, green, blue = rgb(lut[1])
    assert red < green < blue, "minus is blue"


def test_both_sides_darken_from_white_outwards_and_alike() -> None:
    lut = signed_lut()
    for side in (lut[128:], lut[128:0:-1]):
        shades = [luminance(colour) for colour in side]
        assert all(near > far for near, far in itertools.pairwise(shades))
    assert luminance(lut[255]) == pytest.approx(luminance(lut[1]), abs=0.06)


def test_indices_are_symmetric_saturate_and_are_linear() -> None:
    values = np.array([0, 0.5, -0.5, 0.25, -0.25, 7, -7, np.inf, -np.inf], np.float32)
    assert signed_indices(values, 0.5).tolist() == [128, 255, 1, 192, 64, 255, 1, 255, 1]


@pytest.mark.filterwarnings("error")
def test_what_is_not_a_number_has_a_colour_of_its_own() -> None:
    lut = signed_lut()
    (index,) = signed_indices(np.array([np.nan]), 0.5)
    assert np.count_nonzero(lut == lut[index]) == 1
    assert signed_indices(np.array([3e38], np.float32), 1e-3).tolist() == [255]


def test_indices_leave_the_values_alone() -> None:
    values = np.array([[0.1, -3.0]], np.float32)
    values.flags.writeable = False
    assert signed_indices(values, 1.0).shape == (1, 2)
    assert values.tolist() == [[np.float32(0.1), -3.0]]


def test_grey_goes_from_black_to_white() -> None:
    lut = grey_lut()
    assert (lut[0], lut[127], lut[255]) == (0xFF000000, 0xFF7F7F7F, WHITE)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_even_steps_look_alike_and_the_highest_stands_out_most(theme: Theme) -> None:
    lut = even_lut(theme is DARK)
    ground = luminance(np.uint32(QColor(theme.panel).rgb()))
    lightness = [116 * np.cbrt(luminance(colour)) - 16 for colour in lut[::15]]
    steps = np.diff(lightness)
    assert np.all(steps > 0) if theme is DARK else np.all(steps < 0)
    assert np.abs(steps).max() < 2 * np.abs(steps).min()
    contrasts = [(max(shade, ground) + 0.05) / (min(shade, ground) + 0.05) for shade in map(luminance, lut)]
    assert contrasts[0] > 1.6
    assert contrasts[-1] == max(contrasts) > 10


def test_numbers_have_a_true_minus() -> None:
    assert signed_number(-0.5) == "−0.5"


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_a_vertical_bar_has_orange_above_white_above_blue(qtbot: QtBot, theme: Theme) -> None:
    bar = ColourBar(0.5)
    qtbot.addWidget(bar)
    bar.apply_theme(theme)
    bar.resize(60, 300)
    image = bar.grab().toImage()
    rect = bar.bar_rect()
    x = rect.center().x()
    lut = signed_lut()
    assert image.pixel(x, rect.top() + 1) in lut[253:]  # the frame is on the last
    assert image.pixel(QPoint(x, rect.center().y())) == WHITE
    assert image.pixel(x, rect.bottom() - 1) in lut[1:4]


def test_a_horizontal_bar_has_blue_at_the_left(qtbot: QtBot) -> None:
    bar = ColourBar(0.5, Qt.Orientation.Horizontal)
    qtbot.addWidget(bar)
    bar.resize(400, 50)
    image = bar.grab().toImage()
    rect = bar.bar_rect()
    assert image.pixel(rect.left() + 1, 5) in signed_lut()[1:4]
    assert image.pixel(rect.right() - 1, 5) in signed_lut()[253:]


def test_the_labels_say_the_limit_and_are_drawn(qtbot: QtBot) -> None:
    bar = ColourBar(0.5)
    qtbot.addWidget(bar)
    bar.resize(60, 300)
    assert bar.labels() == ("−0.5", "0", "+0.5")
    before = bar.grab().toImage()
    bar.set_limit(2)
    assert bar.labels() == ("−2", "0", "+2")
    assert bar.grab().toImage() != before
