from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from mlp_core.datasets.dataset import Dataset, Split
from mlp_viz.run.comparison import TwicePredicted
from mlp_viz.theme import LIGHT
from mlp_viz.views.changed_digits import GRID, GRID_OF_WORDS, THIN, ChangedDigits

DIGITS = tuple("0123456789")
WORDS = ("T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")


def dataset(names: tuple[str, ...] = DIGITS) -> Dataset:
    """Return a data set whose test image i is all of grey i."""
    X = np.tile(np.arange(250, dtype=np.uint8)[:, None], (1, 64))
    y = np.arange(250) % 10
    few = Split(X[:0], y[:0])
    return Dataset("d", "D", "made up", (8, 8), names, (0, 255), few, few, Split(X, y))


def samples(n: int, *, first: int = 1, second: int = 0) -> TwicePredicted:
    """Return the samples 3, 6, 9 ..., each taken for a class that is so much above its own."""
    indices = 3 * np.arange(1, n + 1)
    true = indices % 10
    return TwicePredicted(indices, true, (true + first) % 10, (true + second) % 10)


@pytest.fixture
def view(qtbot: QtBot) -> ChangedDigits:
    view = ChangedDigits("Fixed", "None of the test {what} is fixed.")
    qtbot.addWidget(view)
    view.resize(360, 280)
    view.show()
    return view


def test_each_image_has_what_both_runs_say(view: ChangedDigits) -> None:
    view.show_samples(dataset(), samples(61), "wrong → right")
    assert (view.title(), view.status(), view.pager.text) == ("Fixed: 61", "wrong → right", "1–12 of 61")
    assert view.mosaic.captions()[:2] == (f"4{THIN}→{THIN}3", f"7{THIN}→{THIN}6")
    image = view.mosaic.grab().toImage()
    greys = [image.pixelColor(view.mosaic.tile_rect(tile).center().toPoint()).red() for tile in range(12)]
    assert greys == [3 * k for k in range(1, 13)]


def test_the_true_class_stands_before_where_both_are_wrong(view: ChangedDigits) -> None:
    view.show_samples(dataset(), samples(2, first=2, second=5), "")
    assert view.mosaic.captions() == (f"3:{THIN}5{THIN}→{THIN}8", f"6:{THIN}8{THIN}→{THIN}1")


def test_right_and_wrong_have_colours_of_their_own(view: ChangedDigits) -> None:
    view.show_samples(dataset(), samples(1), "")
    image = view.mosaic.grab().toImage()
    under = int(view.mosaic.tile_rect(0).bottom()) + 5  # and clear of the frame of the current tile
    columns = {
        colour: [
            x
            for x in range(image.width())
            for y in range(under, image.height())
            if image.pixelColor(x, y) == QColor(getattr(LIGHT, colour))
        ]
        for colour in ("error", "accent")
    }
    assert max(columns["error"]) < min(columns["accent"])


def test_names_get_more_room_than_digits(view: ChangedDigits) -> None:
    view.show_samples(dataset(WORDS), samples(40), "")
    assert (view.mosaic.columns, view.mosaic.rows) == GRID_OF_WORDS
    view.show_samples(dataset(), samples(40), "")
    assert (view.mosaic.columns, view.mosaic.rows) == GRID


def test_the_tooltip_tells_who_says_what(view: ChangedDigits) -> None:
    view.show_samples(dataset(WORDS), samples(5), "")
    QTest.mouseMove(view.mosaic, view.mosaic.tile_rect(1).center().toPoint())
    assert view.mosaic.toolTip() == "Test image 7\ntrue class: Shirt\nfirst run: Sneaker\nsecond run: Shirt"


def test_a_digit_is_chosen_by_mouse_and_by_key(view: ChangedDigits, qtbot: QtBot) -> None:
    view.show_samples(dataset(), samples(30, first=0, second=1), "")
    view.pager.next_page()
    with qtbot.waitSignal(view.sampleChosen) as chosen:
        QTest.mouseClick(view.mosaic, Qt.MouseButton.LeftButton, pos=view.mosaic.tile_rect(2).center().toPoint())
    assert chosen.args == [3 * 15, 6]
    with qtbot.waitSignal(view.sampleChosen) as chosen:
        QTest.keyClick(view.mosaic, Qt.Key.Key_Right)
        QTest.keyClick(view.mosaic, Qt.Key.Key_Return)
    assert chosen.args == [3 * 16, 9]


def test_where_there_is_none_it_says_so(view: ChangedDigits) -> None:
    view.show_samples(dataset(), samples(0), "wrong → right")
    assert (view.title(), view.mosaic.n_tiles) == ("Fixed: 0", 0)
    assert view.mosaic.placeholder == "None of the test digits is fixed."


def test_nothing_takes_the_images_away_and_says_why(view: ChangedDigits) -> None:
    view.show_samples(dataset(), samples(40), "wrong → right")
    view.show_nothing("There is no test set.")
    assert (view.title(), view.status(), view.mosaic.n_tiles, view.pager.text) == ("Fixed", "", 0, "")
    assert view.mosaic.placeholder == "There is no test set."
