from __future__ import annotations

import math

import pytest
from pytestqt.qtbot import QtBot

from mlp_viz.theme import DARK, LIGHT, Theme
from mlp_viz.widgets.colour_scale import even_lut
from mlp_viz.widgets.value_scale import ValueBar, ValueScale


def test_the_scale_covers_all_values() -> None:
    scale = ValueScale.of([91.23, 97.98, 94.0])
    assert (scale.low, scale.high, scale.clipped) == (91.2, 98.0, False)
    assert scale.share(91.2) == 0
    assert scale.share(98.0) == 1
    assert scale.share(94.6) == pytest.approx(0.5)


def test_a_few_that_learned_nothing_do_not_press_the_others_together() -> None:
    scale = ValueScale.of([9.8, 95.0, 95.5, 96.0, 96.5, 97.0])
    assert scale.clipped
    assert 90 < scale.low < 95
    assert scale.share(9.8) == 0
    assert scale.labels() == (f"≤ {scale.low:.1f}", "97.0 %")


@pytest.mark.parametrize("values", [[], [math.nan], [math.nan, math.inf]])
def test_without_a_value_there_is_a_scale_all_the_same(values: list[float]) -> None:
    assert ValueScale.of(values) == ValueScale(0.0, 100.0)


@pytest.mark.parametrize("values", [[0.0], [100.0], [97.3, 97.3], [97.31, 97.32, math.nan]])
def test_equal_values_do_not_make_a_scale_without_width(values: list[float]) -> None:
    scale = ValueScale.of(values)
    assert scale.high - scale.low >= 0.99
    assert all(0 <= scale.share(value) <= 1 for value in values if not math.isnan(value))
    assert math.isnan(scale.share(math.nan))


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_the_bar_goes_from_the_lowest_colour_to_the_highest(qtbot: QtBot, theme: Theme) -> None:
    bar = ValueBar()
    qtbot.addWidget(bar)
    bar.apply_theme(theme)
    bar.set_scale(ValueScale(90, 98))
    bar.resize(bar.sizeHint())
    image = bar.grab().toImage()
    rect = bar.bar_rect()
    lut = even_lut(theme is DARK)
    assert image.pixel(rect.left() + 1, rect.center().y()) in lut[:8]
    assert image.pixel(rect.right() - 1, rect.center().y()) in lut[-8:]
    bar.set_scale(ValueScale(80, 98))
    assert bar.grab().toImage() != image
