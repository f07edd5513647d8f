from __future__ import annotations

from PySide6.QtGui import QFont, QFontMetricsF
from pytestqt.qtbot import QtBot

from mlp_viz.widgets.caption import Caption, caption_font, fitted_parts, widest


def test_the_longest_parts_of_a_caption_give_way(qtbot: QtBot) -> None:
    metrics = QFontMetricsF(QFont())
    width = metrics.horizontalAdvance
    parts = (("t: Hippopotamus amphibius", "accent"), ("  ", "text"), ("p: a", "error"))
    room = width("t: Hippopotamus") + width("  ") + width("p: a")
    shown = fitted_parts(parts, metrics, room)
    assert shown[1:] == parts[1:]
    assert shown[0][0].startswith("t: Hippo")
    assert shown[0][0].endswith("…")
    assert sum(width(text) for text, _ in shown) <= room
    assert fitted_parts(parts, metrics, 10 * room) == parts


def test_a_single_caption_keeps_its_end(qtbot: QtBot) -> None:
    metrics = QFontMetricsF(QFont())
    ((shown, _),) = fitted_parts(
        (("Hippopotamus amphibius", "text"),), metrics, metrics.horizontalAdvance("Hippopotamus")
    )
    assert shown.startswith("Hi")
    assert shown.endswith("ius")


def test_a_caption_is_all_its_parts(qtbot: QtBot) -> None:
    long = Caption((("t: 5", "accent"), ("  ", "text"), ("p: 3", "error")))
    assert long.text == "t: 5  p: 3"
    short = Caption((("t: 5", "accent"),))
    assert widest((), QFont()) == 0
    assert widest((short, long), QFont()) == widest((long,), QFont()) > widest((short,), QFont())


def test_the_font_fits_into_its_line(qtbot: QtBot) -> None:
    for line in (1.0, 19.0, 24.0, 200.0):
        font = caption_font(QFont(), line)
        assert font.bold()
        assert 1 <= font.pixelSize() <= max(line, 1)
