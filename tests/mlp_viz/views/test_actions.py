from typing import Any

import pytest
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow

from mlp_viz.views.actions import ENTRIES, MENUS, fill_menus, make_actions, set_reason


@pytest.fixture
def window(qtbot: Any) -> QMainWindow:
    window = QMainWindow()
    qtbot.addWidget(window)
    return window


@pytest.fixture
def actions(window: QMainWindow) -> dict[str, QAction]:
    return make_actions(window)


def test_no_two_actions_share_a_name_or_keys() -> None:
    keys = [QKeySequence(entry.keys).toString() for entry in ENTRIES]
    assert all(keys)
    assert len(set(keys)) == len(keys)
    assert len({entry.name for entry in ENTRIES}) == len(ENTRIES)
    assert {entry.menu for entry in ENTRIES} == set(MENUS)


@pytest.mark.parametrize("menu", MENUS)
def test_no_two_entries_of_a_menu_share_a_mnemonic(menu: str) -> None:
    letters = [e.text[e.text.index("&") + 1].lower() for e in ENTRIES if e.menu == menu and "&" in e.text]
    assert len(set(letters)) == len(letters)


def test_every_action_shows_its_keys(actions: dict[str, QAction]) -> None:
    for entry in ENTRIES:
        action = actions[entry.name]
        assert action.isEnabled()
        assert action.isCheckable() is entry.checkable
        assert action.shortcut() == QKeySequence(entry.keys)
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        assert action.toolTip() == f"{entry.tip} ({keys})"


def test_a_disabled_action_says_why(actions: dict[str, QAction]) -> None:
    set_reason(actions["stop"], "Nothing is training.")
    assert not actions["stop"].isEnabled()
    assert actions["stop"].toolTip().endswith("\nNothing is training.")
    assert actions["stop"].statusTip() == "Nothing is training."
    set_reason(actions["stop"], "")
    assert actions["stop"].isEnabled()
    assert "Nothing" not in actions["stop"].toolTip()


def test_every_action_is_in_its_menu(window: QMainWindow, actions: dict[str, QAction]) -> None:
    fill_menus(window.menuBar(), actions)
    found = {}
    for top in window.menuBar().actions():
        menu: Any = top.menu()
        for action in menu.actions():
            if not action.isSeparator():
                found[action.objectName()] = top.text()
    assert found == {entry.name: entry.menu for entry in ENTRIES}
