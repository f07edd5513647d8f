from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton, QWidget
from pytestqt.qtbot import QtBot

from mlp_core.datasets.dataset import Dataset, Split
from mlp_core.datasets.thumbnail import MOST_PIXELS, thumbnails
from mlp_viz.run.news import TestErrors
from mlp_viz.theme import DARK, LIGHT, Theme
from mlp_viz.views.misclassified import GRID_OF_WORDS, MisclassifiedView

N_TEST = 10_000


def rgb(pixel: int) -> tuple[int, int, int]:
    colour = QColor(pixel)
    return colour.red(), colour.green(), colour.blue()


def dataset(
    n_test: int = N_TEST, names: tuple[str, ...] = tuple("0123456789"), shape: tuple[int, int] = (8, 8)
) -> Dataset:
    """Return a data set whose test image i is all of grey i % 256."""
    X = np.tile((np.arange(n_test) % 256).astype(np.uint8)[:, None], (1, shape[0] * shape[1]))
    y = np.arange(n_test) % 10
    few = Split(X[:0], y[:0])
    return Dataset("d", "D", "made up", shape, names, (0, 255), few, few, Split(X, y))


def errors(n: int, n_test: int = N_TEST, epoch: int = 37) -> TestErrors:
    """Return the samples 7, 14, 21 ... as errors, each taken for the class above its own."""
    indices = 7 * np.arange(1, n + 1)
    return TestErrors(1, epoch, 0, indices, indices % 10, (indices + 1) % 10, n_test)


def greys(view: MisclassifiedView) -> list[tuple[int, int, int]]:
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
def view(room: QWidget) -> MisclassifiedView:
    view = MisclassifiedView(parent=room)
    view.resize(480, 330)
    view.set_dataset(dataset())
    room.show()
    return view


def test_the_first_25_are_shown_with_their_pictures_and_captions(view: MisclassifiedView) -> None:
    view.show_errors(errors(246))
    assert view.mosaic.captions()[:3] == ("t: 7  p: 8", "t: 4  p: 5", "t: 1  p: 2")
    assert (view.mosaic.n_tiles, view.mosaic.columns, view.mosaic.rows) == (25, 5, 5)
    assert greys(view) == [(7 * i, 7 * i, 7 * i) for i in range(1, 26)]


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_the_theme_changes_the_captions_and_not_the_digits(view: MisclassifiedView, theme: Theme) -> None:
    view.show_errors(errors(246))
    before = greys(view)
    view.apply_theme(theme)
    assert greys(view) == before
    image = view.mosaic.grab().toImage()
    seen = {image.pixel(x, y) for x in range(image.width()) for y in range(image.height())}
    assert {QColor(theme.accent).rgb(), QColor(theme.error).rgb()} <= seen


def test_count_accuracy_and_range_are_told(view: MisclassifiedView) -> None:
    view.show_errors(errors(246))
    assert view.count_text.replace("\N{NO-BREAK SPACE}", " ") == "246 of 10,000 wrong (2.46 %)"
    assert view.status().replace("\N{NO-BREAK SPACE}", " ") == "epoch 37 · test accuracy 97.54 %"
    assert view.pager.text == "1–25 of 246"


def test_classes_have_the_names_of_the_data(view: MisclassifiedView) -> None:
    view.set_dataset(dataset(names=tuple("abcdefghij")))
    view.show_errors(errors(1))
    assert view.mosaic.captions() == ("t: h  p: i",)


def test_pages_go_forth_and_back_and_stay_within_range(view: MisclassifiedView) -> None:
    view.show_errors(errors(60))
    assert view.pager.n_pages == 3
    view.pager.previous_page()
    assert view.pager.page == 0
    view.pager.next_page()
    assert (view.pager.page, view.pager.text) == (1, "26–50 of 60")
    assert greys(view)[0] == (7 * 26, 7 * 26, 7 * 26)
    view.pager.next_page()
    view.pager.next_page()
    assert (view.pager.page, view.pager.text, view.mosaic.n_tiles) == (2, "51–60 of 60", 10)
    view.pager.previous_page()
    assert view.pager.page == 1


def test_news_keep_the_page_as_far_as_there_is_one(view: MisclassifiedView) -> None:
    view.show_errors(errors(246))
    view.pager.next_page()
    view.pager.next_page()
    view.show_errors(errors(240, epoch=38))
    assert (view.pager.page, view.pager.text) == (2, "51–75 of 240")
    view.show_errors(errors(30, epoch=39))
    assert (view.pager.page, view.pager.text) == (1, "26–30 of 30")
    view.show_errors(errors(0, epoch=40))
    assert view.pager.page == 0


def test_a_full_last_page_is_not_followed_by_an_empty_one(view: MisclassifiedView) -> None:
    view.show_errors(errors(25))
    view.pager.next_page()
    assert (view.pager.page, view.pager.n_pages, view.pager.text) == (0, 1, "1–25 of 25")


def test_buttons_turn_the_page_and_are_off_at_the_ends(view: MisclassifiedView, qtbot: QtBot) -> None:
    view.show_errors(errors(30))
    back, forth = view.findChildren(QToolButton)
    assert (back.isEnabled(), forth.isEnabled()) == (False, True)
    QTest.mouseClick(forth, Qt.MouseButton.LeftButton)
    assert view.pager.page == 1
    assert (back.isEnabled(), forth.isEnabled()) == (True, False)
    QTest.mouseClick(back, Qt.MouseButton.LeftButton)
    assert view.pager.page == 0
    view.show_errors(errors(0))
    assert not back.isVisible()
    assert not forth.isVisible()


def test_no_errors_are_told(view: MisclassifiedView) -> None:
    view.show_errors(errors(0))
    assert view.mosaic.placeholder == "None of the test digits is misclassified."
    assert view.mosaic.n_tiles == 0
    assert view.count_text.startswith("0 of 10,000 wrong")
    assert "100.00" in view.status()


def test_an_empty_test_set_is_told(view: MisclassifiedView) -> None:
    view.set_dataset(dataset(0))
    assert "no test digits" in view.mosaic.placeholder
    view.show_errors(errors(0, n_test=0))
    assert "no test digits" in view.mosaic.placeholder
    assert (view.status(), view.count_text, view.pager.text) == ("", "", "")


def test_the_empty_state_says_what_will_come(view: MisclassifiedView) -> None:
    assert "press Train" in view.mosaic.placeholder
    view.set_dataset(None)
    assert "Choose a data set" in view.mosaic.placeholder
    view.show_errors(errors(5))
    assert (view.mosaic.n_tiles, view.pager.text) == (0, "")


def test_another_data_set_and_clear_take_the_old_errors_away(view: MisclassifiedView) -> None:
    view.show_errors(errors(100))
    view.pager.next_page()
    view.clear()
    assert (view.pager.page, view.mosaic.n_tiles, view.count_text) == (0, 0, "")
    view.show_errors(errors(100))
    view.pager.next_page()
    view.set_dataset(dataset(50))
    assert (view.pager.page, view.mosaic.n_tiles, view.status()) == (0, 0, "")


def test_only_the_digits_shown_are_turned_into_grey(view: MisclassifiedView, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def counted(X: NDArray[Any], indices: NDArray[np.intp], *how: Any) -> NDArray[np.uint8]:
        asked.append(len(indices))
        return thumbnails(X, indices, *how)

    monkeypatch.setattr("mlp_viz.views.misclassified.thumbnails", counted)
    view.show_errors(errors(1000))
    view.pager.next_page()
    assert asked == [25, 25]


def test_large_digits_are_shown_as_thumbnails(view: MisclassifiedView) -> None:
    view.set_dataset(dataset(50, shape=(512, 512)))
    view.show_errors(errors(7, n_test=50))
    assert greys(view) == [(7 * i, 7 * i, 7 * i) for i in range(1, 8)]
    _, row, column = view.mosaic.pixel_at(view.mosaic.tile_rect(0).bottomRight() - QPointF(0.1, 0.1))
    assert (row + 1) * (column + 1) <= MOST_PIXELS


def test_the_tooltip_tells_more_of_the_digit_under_the_mouse(view: MisclassifiedView, qtbot: QtBot) -> None:
    view.show_errors(errors(30))
    QTest.mouseMove(view.mosaic, view.mosaic.tile_rect(2).center().toPoint())
    assert view.mosaic.toolTip() == "Test image 22\ntrue class: 1\npredicted: 2"


def test_a_digit_is_chosen_by_mouse_and_by_key(view: MisclassifiedView, qtbot: QtBot) -> None:
    view.show_errors(errors(60))
    view.pager.next_page()
    with qtbot.waitSignal(view.sampleChosen) as chosen:
        QTest.mouseClick(view.mosaic, Qt.MouseButton.LeftButton, pos=view.mosaic.tile_rect(2).center().toPoint())
    assert chosen.args == [7 * 28, errors(60).predicted[27]]
    with qtbot.waitSignal(view.sampleChosen) as chosen:
        QTest.keyClick(view.mosaic, Qt.Key.Key_Right)
        QTest.keyClick(view.mosaic, Qt.Key.Key_Return)
    assert chosen.args == [7 * 29, errors(60).predicted[28]]
    QTest.keyClick(view.mosaic, Qt.Key.Key_PageDown)
    assert view.pager.page == 2


def test_words_get_more_room_than_digits(view: MisclassifiedView) -> None:
    words = ("T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
    view.set_dataset(dataset(300, words))
    assert view.title() == "Misclassified test images"
    view.show_errors(errors(40))
    columns, rows = GRID_OF_WORDS
    assert (view.mosaic.columns, view.mosaic.n_tiles) == (columns, columns * rows)
    assert view.pager.text == "1–12 of 40"
    view.set_dataset(dataset(300))
    assert view.title() == "Misclassified test digits"
    view.show_errors(errors(40))
    assert view.mosaic.n_tiles == 25
