from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLineEdit

from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.record import RunRecord
from mlp_viz.theme import DARK, LIGHT, Theme
from mlp_viz.views.run_columns import COLUMN
from mlp_viz.views.run_style import own_style
from mlp_viz.views.run_table import ROW, RunTable
from tests.mlp_viz.views.run_samples import record

UP, DOWN = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
N = 60  # more than the view has room for


@pytest.fixture
def table(qtbot: Any) -> RunTable:
    table = RunTable()
    qtbot.addWidget(table)
    table.resize(900, 12 * ROW)
    table.show_runs([record(k, k / 100) for k in range(1, N + 1)])
    table.show()
    table.activateWindow()
    table.setFocus()
    qtbot.waitExposed(table)
    return table


def place(table: RunTable, run_id: int, column: str = "name") -> QPoint:
    row = table.runs.row_of(run_id)
    assert row is not None
    return table.visualRect(table.runs.index(row, COLUMN[column])).center()


def click(qtbot: Any, table: RunTable, run_id: int, *, ctrl: bool = False, column: str = "name") -> None:
    modifier = Qt.KeyboardModifier.ControlModifier if ctrl else Qt.KeyboardModifier.NoModifier
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, modifier, place(table, run_id, column))


def editor(table: RunTable) -> QLineEdit:
    (found,) = table.viewport().findChildren(QLineEdit)
    return found


def test_runs_are_selected_by_mouse_and_by_keyboard(table: RunTable, qtbot: Any) -> None:
    click(qtbot, table, N)
    assert table.selected() == (N,)
    click(qtbot, table, N - 3, ctrl=True)
    assert table.selected() == (N, N - 3)
    qtbot.keyClick(table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert table.selected() == (N, N - 3, N - 4)
    with qtbot.waitSignal(table.chosenChanged):
        qtbot.keyClick(table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(table.selected()) == N


def test_the_selection_stays_with_its_runs_when_they_are_sorted_and_filtered(table: RunTable) -> None:
    table.select([10, 20])
    table.sort_by(COLUMN["best"], UP)
    assert table.selected() == (10, 20)
    table.set_filter(lambda run: run.id != 20)
    assert table.selected() == (10,)
    table.set_filter(lambda run: True)
    assert table.selected() == (10, 20)
    assert {index.row() for index in table.selectionModel().selectedRows()} == {9, 19}


def test_the_selection_stays_with_its_runs_when_others_come_and_go(table: RunTable) -> None:
    table.select([10, 20])
    table.update_runs([record(N + 1), replace(record(15), deleted=True), record(20, 0.3)])
    assert table.selected() == (20, 10)
    assert table.runs.row_of(N + 1) == 0
    assert table.runs.row_of(15) is None


def test_after_the_selected_run_is_deleted_the_next_is_selected(table: RunTable) -> None:
    table.select([20])
    table.update_runs([replace(record(20), deleted=True)])
    assert (table.selected(), table.current()) == ((19,), 19)
    table.select([1])
    table.update_runs([replace(record(1), deleted=True)])
    assert table.selected() == (2,)


def test_a_click_on_a_title_sorts_best_first_and_the_next_click_turns_it_round(table: RunTable, qtbot: Any) -> None:
    header = table.horizontalHeader()
    table.update_runs([record(5, 0.99)])
    section = COLUMN["best"]
    there = QPoint(header.sectionViewportPosition(section) + header.sectionSize(section) // 2, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=there)
    assert table.runs.shown[0].id == 5
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=there)
    assert table.runs.shown[0].id == 1
    assert table.selected() == ()


def test_a_new_run_does_not_move_what_is_looked_at(table: RunTable) -> None:
    table.verticalScrollBar().setValue(20 * ROW + 5)
    seen = place(table, 35)
    table.update_runs([record(N + 1), record(N + 2)])
    assert table.verticalScrollBar().value() == 22 * ROW + 5
    assert place(table, 35) == seen


def test_at_the_top_a_new_run_is_seen(table: RunTable) -> None:
    table.update_runs([record(N + 1)])
    assert table.verticalScrollBar().value() == 0
    assert table.viewport().rect().contains(place(table, N + 1))


def test_an_open_editor_keeps_what_is_typed_and_its_place_whatever_changes(table: RunTable, qtbot: Any) -> None:
    table.select([55])
    table.write("name")
    line = editor(table)
    line.setText("half typ")
    seen = place(table, 55)
    table.update_runs([record(55, 0.9, epochs_done=3)])
    table.update_runs([record(N + 1), replace(record(57), deleted=True)])
    table.sort_by(COLUMN["when"], DOWN)
    QApplication.processEvents()
    assert editor(table) is line
    assert line.text() == "half typ"
    assert place(table, 55) == seen
    with qtbot.waitSignal(table.runs.renameWanted) as renamed:
        qtbot.keyClicks(line, "ed")
        qtbot.keyClick(line, Qt.Key.Key_Return)
    assert renamed.args == [55, "half typed"]


def test_escape_leaves_a_name_as_it_was(table: RunTable, qtbot: Any) -> None:
    table.select([55])
    table.write("name")
    editor(table).setText("something else")
    with qtbot.assertNotEmitted(table.runs.renameWanted):
        qtbot.keyClick(editor(table), Qt.Key.Key_Escape)


def test_enter_and_a_double_click_open_a_run(table: RunTable, qtbot: Any) -> None:
    click(qtbot, table, 58)
    with qtbot.waitSignal(table.openWanted) as opened:
        qtbot.keyClick(table, Qt.Key.Key_Return)
    assert opened.args == [58]
    click(qtbot, table, 57)
    with qtbot.waitSignal(table.openWanted) as opened:
        qtbot.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place(table, 57))
    assert opened.args == [57]


def test_a_click_on_a_star_marks_a_run_and_the_next_takes_it_away(table: RunTable, qtbot: Any) -> None:
    with qtbot.waitSignal(table.starWanted) as starred:
        click(qtbot, table, 58, column="star")
    assert starred.args == [(58,), True]
    table.update_runs([record(58, 0.5, starred=True)])
    with qtbot.waitSignal(table.starWanted) as starred:
        click(qtbot, table, 58, column="star")
    assert starred.args == [(58,), False]


def test_only_hyperparameters_that_differ_have_a_column(table: RunTable) -> None:
    assert table.isColumnHidden(COLUMN["eta"])
    table.update_runs([record(N + 1, hyperparameters=Hyperparameters(eta=0.25, epochs=20))])
    assert not table.isColumnHidden(COLUMN["eta"])
    assert table.isColumnHidden(COLUMN["l2"])


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_the_chip_of_a_run_that_is_drawn_has_its_full_colour(table: RunTable, theme: Theme) -> None:
    table.apply_theme(theme)

    def colour(run: RunRecord) -> str:
        picture = table.viewport().grab().toImage()
        return picture.pixelColor(place(table, run.id, "look")).name()

    run = record(N)
    pale = colour(run)
    table.runs.set_styles({N: own_style(N)})
    assert colour(run) == own_style(N).colour(theme) != pale


def test_the_keyboard_begins_at_the_name_of_the_first_run(table: RunTable, qtbot: Any) -> None:
    table.show_runs([record(1), record(2)])
    table.clearFocus()
    table.setFocus()
    qtbot.waitUntil(table.hasFocus)
    assert (table.current(), table.currentIndex().column()) == (table.runs.shown[0].id, COLUMN["name"])
    assert table.selected() == ()
