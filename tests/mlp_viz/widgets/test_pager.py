from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from mlp_viz.widgets.pager import Pager


@pytest.fixture
def pager(qtbot: QtBot) -> Pager:
    pager = Pager("classes")
    qtbot.addWidget(pager)
    pager.set_count(60, 25)
    pager.show()
    return pager


def test_pages_stay_within_range_and_are_told_once(pager: Pager) -> None:
    seen: list[tuple[str, list[int]]] = []
    pager.turned.connect(lambda: seen.append((pager.text, [pager.shown[0], pager.shown[-1]])))
    for turn in (pager.previous_page, pager.next_page, pager.next_page, pager.next_page, pager.previous_page):
        turn()
    assert seen == [("26–50 of 60", [25, 49]), ("51–60 of 60", [50, 59]), ("26–50 of 60", [25, 49])]


def test_buttons_turn_the_page_and_are_off_at_the_ends(pager: Pager, qtbot: QtBot) -> None:
    back, forth = pager.findChildren(QToolButton)
    assert (back.isEnabled(), forth.isEnabled()) == (False, True)
    with qtbot.waitSignal(pager.turned):
        QTest.mouseClick(forth, Qt.MouseButton.LeftButton)
    QTest.mouseClick(forth, Qt.MouseButton.LeftButton)
    assert (pager.page, back.isEnabled(), forth.isEnabled()) == (2, True, False)
    QTest.mouseClick(back, Qt.MouseButton.LeftButton)
    assert pager.page == 1


@pytest.mark.parametrize(("count", "pages", "text"), [(0, 1, ""), (25, 1, "1–25 of 25"), (26, 2, "1–25 of 26")])
def test_another_count_begins_at_the_first_page(pager: Pager, count: int, pages: int, text: str) -> None:
    pager.next_page()
    pager.set_count(count, 25)
    assert (pager.page, pager.n_pages, pager.text, len(pager.shown)) == (0, pages, text, min(count, 25))


def test_the_page_may_be_kept_as_far_as_there_is_one(qtbot: QtBot) -> None:
    pager = Pager("digits")
    qtbot.addWidget(pager)
    pager.set_count(60, 25)
    pager.next_page()
    pager.next_page()
    pager.set_count(70, 25, keep_page=True)
    assert pager.text == "51–70 of 70"
    pager.set_count(30, 25, keep_page=True)
    assert pager.text == "26–30 of 30"
    pager.set_count(0, 25, keep_page=True)
    assert (pager.page, pager.text) == (0, "")
