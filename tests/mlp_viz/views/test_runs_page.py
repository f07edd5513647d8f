from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QLineEdit, QToolButton

from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.record import Status
from mlp_viz.theme import DARK, UNIT
from mlp_viz.views.actions import ENTRIES
from mlp_viz.views.controls import WIDTH
from mlp_viz.views.run_columns import COLUMN
from mlp_viz.views.run_entries import BUTTONS, RUN_ENTRIES
from mlp_viz.views.runs_page import MOST_DRAWN, NO_RUNS, RunsPage
from tests.mlp_viz.views.run_samples import history, record

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def page(qtbot: Any) -> RunsPage:
    page = RunsPage()
    qtbot.addWidget(page)
    page.resize(1300, 700)
    page.show()
    page.activateWindow()
    page.setFocus()
    qtbot.waitExposed(page)
    return page


def shown(page: RunsPage) -> list[int]:
    return [run.id for run in page.shown()]


def write_filter(page: RunsPage, qtbot: Any, text: str) -> None:
    page.filter_line.clear()
    page.filter_line.setFocus()
    qtbot.keyClicks(page.filter_line, text)


# What is there


def test_without_runs_the_page_says_how_they_come(page: RunsPage) -> None:
    assert page.texts()["empty"] == NO_RUNS
    assert not page.table.isVisible()
    page.update_runs([record(1)])
    assert page.table.isVisible()


def test_a_hidden_page_catches_up_when_it_is_seen(page: RunsPage, qtbot: Any) -> None:
    page.update_runs([record(1)])
    page.hide()
    page.update_runs([record(2)])
    page.update_runs([record(3), record(2, name="renamed")])
    assert page.table.runs.rowCount() == 1
    with qtbot.waitSignal(page.selectionChanged, check_params_cb=lambda drawn: drawn == (3,)):
        page.show()
    assert page.table.runs.rowCount() == 3
    page.hide()
    page.update_runs([record(2, deleted=True)])
    assert shown(page) == [3, 1], "who asks is told the truth"


def test_a_filter_works_as_it_is_typed(page: RunsPage, qtbot: Any) -> None:
    page.update_runs([record(k, name=name) for k, name in enumerate(("sun", "snow", "rain", "space 1 E"), 1)])
    write_filter(page, qtbot, "sn")
    assert shown(page) == [2]
    assert page.texts()["count"] == "1 of 4 runs"
    write_filter(page, qtbot, "space 1 E")
    assert shown(page) == [4]


def test_a_filter_that_is_none_is_explained_and_keeps_the_rows(page: RunsPage, qtbot: Any) -> None:
    page.update_runs([record(1, 0.9), record(2, 0.99)])
    write_filter(page, qtbot, "acc>95")
    page.filter_line.setText("acc>much")
    assert shown(page) == [2]
    assert "acc" in page.texts()["problem"]
    qtbot.keyClick(page.filter_line, Qt.Key.Key_Escape)
    assert (page.texts()["problem"], shown(page)) == ("", [2, 1])


def test_a_filter_that_nothing_matches_says_how_to_see_all(page: RunsPage, qtbot: Any) -> None:
    page.update_runs([record(1), record(2)])
    write_filter(page, qtbot, "snow")
    assert not page.table.isVisible()
    assert "Esc" in page.texts()["empty"]
    assert page.texts()["count"] == "0 of 2 runs"


def test_the_keyboard_goes_to_the_filter_and_back(page: RunsPage, qtbot: Any) -> None:
    page.update_runs([record(1), record(2)])
    qtbot.keyClick(page.table, Qt.Key.Key_F, CTRL)
    assert page.filter_line.hasFocus()
    qtbot.keyClick(page.filter_line, Qt.Key.Key_Down)
    assert page.table.hasFocus()
    assert page.table.current() == 2


def test_what_all_runs_share_is_said_in_a_line(page: RunsPage) -> None:
    page.update_runs([record(k, hyperparameters=Hyperparameters(eta=0.1 * k, epochs=20)) for k in (1, 2)])
    alike = page.texts()["alike"]
    assert "hidden 100" in alike
    assert "eta" not in alike


def test_the_keyboard_stays_on_the_page_while_there_is_no_run(page: RunsPage, qtbot: Any) -> None:
    assert not page.filter_line.hasFocus()
    page.update_runs([record(1)])
    assert page.table.hasFocus()
    page.update_runs([replace(record(1), deleted=True)])
    with qtbot.waitSignal(page.undoWanted):
        qtbot.keyClick(page.focusWidget(), Qt.Key.Key_Z, CTRL)


def test_the_page_fits_beside_the_controls_in_the_smallest_window(page: RunsPage) -> None:
    assert page.minimumSizeHint().width() <= 1180 - WIDTH - 3 * UNIT
    assert page.minimumSizeHint().height() <= 500


# Curves


def test_the_newest_run_is_drawn_as_long_as_none_is_selected(page: RunsPage, qtbot: Any) -> None:
    with qtbot.waitSignal(page.selectionChanged) as changed:
        page.update_runs([record(1), record(2)])
    assert (changed.args, page.drawn()) == ([()], (2,))
    page.show_histories({2: history(5)})
    assert page.cost.ids == page.accuracy.ids == (2,)
    assert "newest" in page.texts()["drawn"]
    page.update_runs([record(3)])
    assert page.cost.ids == (3,)


def test_selected_runs_are_drawn_in_looks_of_their_own_that_the_table_shows(page: RunsPage, qtbot: Any) -> None:
    page.update_runs([record(k) for k in (1, 36, 71)])  # ids of one look
    with qtbot.waitSignal(page.selectionChanged) as changed:
        page.select([1, 71])
    assert changed.args == [(71, 1)]
    assert page.cost.ids == (71, 1)
    styles = page.table.runs.styles
    assert set(styles) == {1, 71}
    assert styles[1] != styles[71]


def test_of_many_selected_runs_it_is_said_how_many_are_drawn(page: RunsPage) -> None:
    page.update_runs([record(k) for k in range(1, 13)])
    page.table.selectAll()
    assert len(page.selected()) == 12
    assert page.drawn() == page.selected()[:MOST_DRAWN] == page.cost.ids
    assert "first 8 of the 12" in page.texts()["drawn"]


def test_curves_of_a_run_that_goes_on_grow(page: RunsPage) -> None:
    epochs = history(6)
    page.update_runs([record(1, status=Status.RUNNING)])
    page.show_histories({1: epochs[:2]})
    page.extend_history(1, epochs[2:4])
    page.extend_history(1, epochs[3:5])  # one of them is known
    assert page.cost.legend.value(1) == "20.00"
    page.show_histories({1: epochs})
    assert page.cost.legend.value(1) == "16.67"


def test_a_new_name_reaches_the_curves(page: RunsPage) -> None:
    page.update_runs([record(1)])
    page.show_histories({1: history(3)})
    page.update_runs([record(1, name="Better")])
    assert any("Better" in item.text() for item in page.cost.legend.findItems("Better", Qt.MatchFlag.MatchContains))
    assert page.cost.legend.value(1) == "33.33"


# What can be done


def test_every_key_is_free_in_the_window() -> None:
    keys = [QKeySequence(entry.keys).toString() for entry in (*ENTRIES, *RUN_ENTRIES)]
    keys.append(QKeySequence(QKeySequence.StandardKey.Find).toString())
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("key", "modifier", "signal", "args"),
    [
        (Qt.Key.Key_R, SHIFT, "resumeWanted", [2]),
        (Qt.Key.Key_U, Qt.KeyboardModifier.NoModifier, "settingsUseWanted", [2]),
        (Qt.Key.Key_C, CTRL, "settingsCopyWanted", [2]),
        (Qt.Key.Key_S, Qt.KeyboardModifier.NoModifier, "starWanted", [(2,), True]),
        (Qt.Key.Key_Delete, Qt.KeyboardModifier.NoModifier, "deleteWanted", [(2,)]),
        (Qt.Key.Key_Z, CTRL, "undoWanted", []),
        (Qt.Key.Key_P, Qt.KeyboardModifier.NoModifier, "exportWanted", ["script"]),
        (Qt.Key.Key_E, CTRL | SHIFT, "exportWanted", ["curves-csv"]),
        (Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "openWanted", [2]),
    ],
)
def test_keys_tell_what_is_wanted(
    page: RunsPage, qtbot: Any, key: Qt.Key, modifier: Qt.KeyboardModifier, signal: str, args: list[Any]
) -> None:
    page.update_runs([record(k, status=Status.STOPPED) for k in (1, 2, 3)])
    page.select([2])
    with qtbot.waitSignal(getattr(page, signal)) as wanted:
        qtbot.keyClick(page.table, key, modifier)
    assert wanted.args == args


def test_two_runs_are_compared_the_older_first(page: RunsPage, qtbot: Any) -> None:
    page.update_runs([record(k) for k in (1, 2, 3)])
    page.select([3, 1])
    with qtbot.waitSignal(page.compareWanted) as wanted:
        qtbot.keyClick(page.table, Qt.Key.Key_C)
    assert wanted.args == [1, 3]


def test_keys_are_letters_in_the_filter(page: RunsPage, qtbot: Any) -> None:
    page.update_runs([record(1, name="snupc")])
    page.select([1])
    with qtbot.assertNotEmitted(page.starWanted), qtbot.assertNotEmitted(page.deleteWanted):
        write_filter(page, qtbot, "snupcx")
        qtbot.keyClick(page.filter_line, Qt.Key.Key_Backspace)
        qtbot.keyClick(page.filter_line, Qt.Key.Key_Delete)
    assert page.filter_line.text() == "snupc"


@pytest.mark.parametrize(
    ("key", "signal", "args"),
    [(Qt.Key.Key_F2, "renameWanted", [2, "sun"]), (Qt.Key.Key_N, "noteWanted", [2, "sun"])],
)
def test_name_and_note_are_written_in_their_cells(
    page: RunsPage, qtbot: Any, key: Qt.Key, signal: str, args: list[Any]
) -> None:
    page.update_runs([record(1), record(2)])
    page.select([2])
    qtbot.keyClick(page.table, key)
    (line,) = page.table.viewport().findChildren(QLineEdit)
    line.clear()
    with qtbot.assertNotEmitted(page.starWanted):
        qtbot.keyClicks(line, "sun")
    with qtbot.waitSignal(getattr(page, signal)) as wanted, qtbot.assertNotEmitted(page.openWanted):
        qtbot.keyClick(line, Qt.Key.Key_Return)
    assert wanted.args == args


def test_the_keyboard_sorts_by_the_column_it_is_at(page: RunsPage, qtbot: Any) -> None:
    page.update_runs([record(1, 0.9), record(2, 0.7), record(3, 0.8)])
    page.select([2])
    while page.table.currentIndex().column() != COLUMN["best"]:
        qtbot.keyClick(page.table, Qt.Key.Key_Right)
    qtbot.keyClick(page.table, Qt.Key.Key_O)
    assert shown(page) == [1, 3, 2]
    qtbot.keyClick(page.table, Qt.Key.Key_O)
    assert shown(page) == [2, 3, 1]
    assert (page.selected(), page.table.currentIndex().column()) == ((2,), COLUMN["best"])


def test_the_star_goes_when_all_selected_runs_have_one(page: RunsPage, qtbot: Any) -> None:
    page.update_runs([record(1, starred=True), record(2, starred=True)])
    page.select([1, 2])
    with qtbot.waitSignal(page.starWanted) as wanted:
        qtbot.keyClick(page.table, Qt.Key.Key_S)
    assert wanted.args == [(2, 1), False]


@pytest.mark.parametrize(
    ("selected", "possible"),
    [
        ((), ()),
        ((1,), ("open", "use", "script")),
        ((2,), ("open", "resume", "use", "script")),
        ((1, 2), ("compare",)),
        ((1, 2, 3), ()),
    ],
)
def test_buttons_say_why_they_cannot_be_pressed(
    page: RunsPage, selected: Sequence[int], possible: tuple[str, ...]
) -> None:
    page.update_runs([record(1), record(2, status=Status.INTERRUPTED), record(3)])
    page.select(selected)
    tips = {entry.name: entry.tip for entry in RUN_ENTRIES}
    for name in BUTTONS:
        button = page.findChild(QToolButton, f"{name}_button")
        assert button is not None
        assert button.isEnabled() == (name in possible)
        reason = button.toolTip().removeprefix(tips[name]).partition("\n")[2]
        assert bool(reason) == (name not in possible)


def test_the_menu_has_all_that_can_be_done(page: RunsPage) -> None:
    page.update_runs([record(1)])
    names = [action.objectName() for action in page.menu().actions() if not action.isSeparator()]
    assert names == [entry.name for entry in RUN_ENTRIES]


def test_a_deleted_run_goes_and_a_restored_one_comes_back(page: RunsPage) -> None:
    page.update_runs([record(1), record(2)])
    page.update_runs([replace(record(2), deleted=True)])
    assert shown(page) == [1]
    assert page.drawn() == (1,)
    page.update_runs([record(2)])
    assert shown(page) == [2, 1]


def test_all_runs_can_be_replaced(page: RunsPage) -> None:
    page.update_runs([record(1), record(2)])
    page.select([2])
    page.show_runs([record(3)])
    assert (shown(page), page.selected(), page.drawn()) == ([3], (), (3,))


def test_a_run_that_is_pointed_at_in_the_curves_is_found_in_the_table(page: RunsPage) -> None:
    page.update_runs([record(k) for k in range(1, 9)])
    page.select([1, 8])
    page.cost.runChosen.emit(1)
    assert (page.table.current(), page.selected()) == (1, (8, 1))


def test_names_are_never_rich_text(page: RunsPage) -> None:
    page.apply_theme(DARK)
    page.update_runs([record(1, name="<h1>big</h1>", note="<img src='x'>")])
    page.select([1])
    index = page.table.runs.index(0, 2)
    assert index.data() == "<h1>big</h1>"
    assert "&lt;h1&gt;" in index.data(Qt.ItemDataRole.ToolTipRole)
