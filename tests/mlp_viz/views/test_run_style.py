from __future__ import annotations

import pytest
from PySide6.QtGui import QColor

from mlp_viz.theme import DARK, LIGHT, Theme
from mlp_viz.views.run_style import CHIP, N_COLOURS, N_LOOKS, RunStyle, RunStyles, chip_icon, own_style


def test_a_run_has_the_look_of_its_id_beside_one_of_another_look() -> None:
    assert RunStyles().assign([4, 6]) == {4: own_style(4), 6: own_style(6)}


def test_of_two_with_the_same_look_the_later_takes_a_free_one() -> None:
    styles = RunStyles().assign([1, 1 + N_LOOKS])
    assert styles[1] == own_style(1)
    assert styles[1].colour(LIGHT) != styles[1 + N_LOOKS].colour(LIGHT)
    assert styles[1].dash != styles[1 + N_LOOKS].dash


@pytest.mark.parametrize("step", [1, 5, 7, N_LOOKS])
def test_as_many_runs_as_there_are_colours_differ_in_colour(step: int) -> None:
    styles = RunStyles().assign(range(0, N_COLOURS * step, step))
    assert len({style.colour(LIGHT) for style in styles.values()}) == N_COLOURS


def test_no_two_look_alike_until_all_looks_are_taken() -> None:
    styles = RunStyles().assign(range(0, 7 * (N_LOOKS + 1), 7))
    assert len(styles) == N_LOOKS + 1
    assert len(set(styles.values())) == N_LOOKS


def test_a_run_keeps_its_look_whatever_comes_and_goes_beside_it() -> None:
    styles = RunStyles()
    before = styles.assign([1, 1 + N_LOOKS])
    assert styles.assign([2, 1 + N_LOOKS])[1 + N_LOOKS] == before[1 + N_LOOKS]
    styles.assign([])
    assert styles.assign([1 + N_LOOKS]) == {1 + N_LOOKS: own_style(1)}


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_every_colour_stands_out_from_the_panel(theme: Theme) -> None:
    ground = _luminance(theme.panel)
    for number in range(N_COLOURS):
        colour = _luminance(RunStyle(number).colour(theme))
        assert (max(ground, colour) + 0.05) / (min(ground, colour) + 0.05) >= 3  # WCAG's for graphics


@pytest.mark.parametrize("number", range(7))
def test_a_chip_is_drawn_in_the_colour_of_its_run(qapp: object, number: int) -> None:
    style = RunStyle(number)
    icon = chip_icon(style, LIGHT).pixmap(CHIP).toImage()
    assert icon.pixelColor(icon.rect().center()) == QColor(style.colour(LIGHT))


def _luminance(colour: str) -> float:
    parts = [QColor(colour).redF(), QColor(colour).greenF(), QColor(colour).blueF()]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
