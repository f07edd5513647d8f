from __future__ import annotations

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mlp_viz.views.pages import Pages


@pytest.fixture
def actions() -> dict[str, QAction]:
    made = {name: QAction(name) for name in ("home", "data", "runs")}
    for action in made.values():
        action.setCheckable(True)
    return made


@pytest.fixture
def pages(qtbot: QtBot, actions: dict[str, QAction]) -> Pages:
    pages = Pages(actions, {name: QWidget() for name in actions})
    qtbot.addWidget(pages)
    return pages


def shown(pages: Pages, actions: dict[str, QAction]) -> tuple[int, list[str]]:
    return pages.currentIndex(), [name for name, action in actions.items() if action.isChecked()]


def test_home_is_shown_first(pages: Pages, actions: dict[str, QAction]) -> None:
    assert shown(pages, actions) == (0, ["home"])


def test_an_action_goes_to_its_page_and_home_again(pages: Pages, actions: dict[str, QAction], qtbot: QtBot) -> None:
    with qtbot.waitSignal(pages.turned):
        actions["runs"].trigger()
    assert shown(pages, actions) == (2, ["runs"])
    actions["data"].trigger()
    assert shown(pages, actions) == (1, ["data"])
    actions["data"].trigger()
    assert shown(pages, actions) == (0, ["home"])
    actions["home"].trigger()
    assert shown(pages, actions) == (0, ["home"])


def test_a_page_behind_another_one_leads_back_to_it(pages: Pages, actions: dict[str, QAction]) -> None:
    behind = QWidget()
    pages.show_behind("runs", behind)
    assert pages.currentWidget() is behind
    assert shown(pages, actions)[1] == ["runs"]
    actions["runs"].trigger()
    assert shown(pages, actions) == (2, ["runs"])
    pages.show_behind("runs", behind)
    pages.turn_to("home")
    assert shown(pages, actions) == (0, ["home"])
