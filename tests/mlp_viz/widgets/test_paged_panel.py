from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from mlp_viz.theme import DARK
from mlp_viz.widgets.caption import Caption
from mlp_viz.widgets.paged_panel import PagedPanel


class Squares(PagedPanel):
    """Image i is all of grey i; the tooltips look like rich text."""

    def __init__(self) -> None:
        self.chosen: list[int] = []
        self.label = QLabel("beside")
        super().__init__("Squares", "squares", (self.label,))

    def page(self, shown: range) -> tuple[NDArray[np.uint8], Sequence[Caption]] | None:
        """Return squares of 8×8 pixels."""
        return np.array(shown, np.uint8)[:, None, None].repeat(8, axis=1).repeat(8, axis=2), ()

    def why_empty(self) -> str:
        """Return a word."""
        return "nothing"

    def tip(self, number: int) -> str:
        """Return the number in brackets."""
        return f"<b>{number}</b>"

    def choose(self, number: int) -> None:
        """Remember it."""
        self.chosen.append(number)


@pytest.fixture
def panel(qtbot: QtBot) -> Squares:
    panel = Squares()
    qtbot.addWidget(panel)
    panel.resize(400, 300)
    panel.show()
    panel.show_pages(60, 25)
    return panel


def greys(panel: Squares) -> list[int]:
    image = panel.mosaic.grab().toImage()
    centres = [panel.mosaic.tile_rect(tile).center().toPoint() for tile in range(panel.mosaic.n_tiles)]
    return [image.pixelColor(at).green() for at in centres]


def test_pages_are_turned_by_key_and_by_the_pager(panel: Squares) -> None:
    assert greys(panel) == list(range(25))
    QTest.keyClick(panel.mosaic, Qt.Key.Key_PageDown)
    assert greys(panel) == list(range(25, 50))
    panel.pager.next_page()
    assert greys(panel) == list(range(50, 60))
    QTest.keyClick(panel.mosaic, Qt.Key.Key_PageUp)
    assert panel.pager.text == "26–50 of 60"


def test_a_page_is_kept_if_asked_for_as_far_as_there_is_one(panel: Squares) -> None:
    panel.pager.next_page()
    panel.mosaic.set_current(7)
    panel.show_pages(40, 25, keep_page=True)
    assert (greys(panel), panel.mosaic.current) == (list(range(25, 40)), 7)
    panel.show_pages(20, 25, keep_page=True)
    assert greys(panel) == list(range(20))
    panel.show_pages(40, 25)
    assert (panel.pager.text, panel.mosaic.current) == ("1–25 of 40", 0)


def test_without_images_it_says_why(panel: Squares) -> None:
    panel.show_pages(0, 25)
    assert (panel.mosaic.n_tiles, panel.mosaic.placeholder) == (0, "nothing")
    assert not panel.pager.isVisible()
    assert panel.label.isVisible()


def test_an_image_is_chosen_by_click_and_by_enter(panel: Squares) -> None:
    panel.pager.next_page()
    QTest.mouseClick(panel.mosaic, Qt.MouseButton.LeftButton, pos=panel.mosaic.tile_rect(3).center().toPoint())
    QTest.keyClick(panel.mosaic, Qt.Key.Key_Right)
    QTest.keyClick(panel.mosaic, Qt.Key.Key_Return)
    panel.show_pages(0, 25)
    QTest.keyClick(panel.mosaic, Qt.Key.Key_Return)
    assert panel.chosen == [28, 29]


def test_the_tooltip_is_that_of_the_image_under_a_mouse_that_rests(panel: Squares) -> None:
    QTest.mouseMove(panel.mosaic, panel.mosaic.tile_rect(12).center().toPoint())
    assert "&lt;b&gt;12&lt;/b&gt;" in panel.mosaic.toolTip()
    assert panel.mosaic.cursor().shape() == Qt.CursorShape.PointingHandCursor
    panel.pager.next_page()
    assert "37" in panel.mosaic.toolTip()
    panel.show_pages(0, 25)
    assert panel.mosaic.toolTip() == ""
    assert panel.mosaic.cursor().shape() == Qt.CursorShape.ArrowCursor


def test_the_theme_does_not_change_the_images(panel: Squares) -> None:
    panel.apply_theme(DARK)
    assert greys(panel) == list(range(25))
    assert panel.grab().toImage().pixelColor(4, 150) == QColor(DARK.panel)
