from collections.abc import Iterator
from dataclasses import fields

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QCheckBox

from mlp_viz.theme import DARK, LIGHT, THEMES, Theme, apply_theme, system_theme


@pytest.fixture
def look(qapp: QApplication) -> Iterator[QApplication]:
    palette, style = qapp.palette(), qapp.style().objectName()
    yield qapp
    qapp.setStyle(style)
    qapp.setPalette(palette)


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2 defines it."""
    parts = [part / 255 for part in QColor(colour).getRgb()[:3]]  # type: ignore[index]
    red, green, blue = (float(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4) for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_every_colour_is_one(theme: Theme) -> None:
    for field in fields(theme):
        if field.name != "name":
            assert QColor(getattr(theme, field.name)).isValid()
    assert THEMES[theme.name] is theme


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("ground", ["panel", "window"])
def test_text_can_be_read(theme: Theme, ground: str) -> None:
    for name in ("text", "muted", "error"):
        assert contrast(getattr(theme, name), getattr(theme, ground)) >= 4.5
    assert contrast(theme.on_accent, theme.accent) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_curves_can_be_seen(theme: Theme) -> None:
    for name in ("cost", "train", "valid", "accent"):
        assert contrast(getattr(theme, name), theme.panel) >= 3


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_the_application_takes_the_colours(look: QApplication, theme: Theme) -> None:
    apply_theme(look, theme)
    assert look.palette().color(QPalette.ColorRole.Window).name() == theme.window
    assert look.palette().color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text).name() == theme.muted
    assert look.style().objectName() == "fusion"


def test_the_systems_theme_is_one_of_ours(look: QApplication) -> None:
    assert system_theme() in (LIGHT, DARK)


def test_tooltips_are_large_enough_for_a_projector(look: QApplication) -> None:
    apply_theme(look, LIGHT)
    assert QApplication.font("QTipLabel").pointSizeF() == 11  # type: ignore[call-overload]


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_the_frame_of_an_empty_box_is_seen(look: QApplication, theme: Theme) -> None:
    apply_theme(look, theme)
    box = QCheckBox("vary it")
    image = box.grab().toImage()
    colours = {image.pixelColor(x, image.height() // 2).name() for x in range(16)}
    assert max(contrast(colour, theme.window) for colour in colours) >= 3
