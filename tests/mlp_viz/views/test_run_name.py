from __future__ import annotations

from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from mlp_viz.theme import DARK, LIGHT
from mlp_viz.views.run_name import RunName
from mlp_viz.views.run_style import RunStyle


def colours(name: RunName) -> set[str]:
    image = name.grab().toImage()
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


def test_the_chip_has_the_colour_of_the_run_in_each_theme(qtbot: QtBot) -> None:
    name = RunName()
    qtbot.addWidget(name)
    name.show_run("Run 12", RunStyle(1))
    assert name.text == "Run 12"
    for theme in (LIGHT, DARK):
        name.apply_theme(theme)
        assert QColor(RunStyle(1).colour(theme)).name() in colours(name)
    name.show_run("Run 12", None)
    assert QColor(RunStyle(1).colour(DARK)).name() not in colours(name)


def test_a_long_name_takes_no_more_than_its_room(qtbot: QtBot) -> None:
    name = RunName()
    qtbot.addWidget(name)
    name.show_run("<b>a name</b> " * 20, RunStyle(0))
    assert name.minimumSizeHint().width() < 100
