from __future__ import annotations

from dataclasses import replace
from math import nan
from typing import Any

import pytest
from PySide6.QtCore import QAbstractItemModel, QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.record import RunRecord
from mlp_viz.views.run_columns import COLUMN
from mlp_viz.views.run_style import own_style
from mlp_viz.views.run_table_model import RunTableModel
from tests.mlp_viz.views.run_samples import record

UP, DOWN = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder


@pytest.fixture
def model() -> RunTableModel:
    model = RunTableModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Warning, model)  # a warning fails
    return model


def ids(model: RunTableModel) -> list[int]:
    return [run.id for run in model.shown]


def text(model: QAbstractItemModel, row: int, column: str) -> str:
    return str(model.index(row, COLUMN[column]).data())


def is_odd(run: RunRecord) -> bool:
    return run.id % 2 == 1


def test_the_newest_run_is_on_top(model: RunTableModel) -> None:
    model.set_runs([record(1), record(3), record(2)])
    assert ids(model) == [3, 2, 1]


def test_runs_without_a_value_come_last_in_both_directions(model: RunTableModel) -> None:
    model.set_runs([record(1, 0.9), record(2, nan), record(3, 0.8), record(4, nan), record(5, 0.95)])
    model.sort(COLUMN["best"], DOWN)
    assert ids(model) == [5, 1, 3, 4, 2]
    model.sort(COLUMN["best"], UP)
    assert ids(model) == [3, 1, 5, 4, 2]


def test_a_filter_hides_runs_and_new_ones_come_where_they_belong(model: RunTableModel) -> None:
    model.set_runs([record(k) for k in range(1, 6)])
    model.set_filter(is_odd)
    assert ids(model) == [5, 3, 1]
    model.update_runs([record(7), record(8), replace(record(3), deleted=True)])
    assert ids(model) == [7, 5, 1]
    assert model.n_runs == 6
    model.set_filter(lambda run: True)
    assert ids(model) == [8, 7, 5, 4, 2, 1]


def test_a_row_can_be_followed_through_all_that_changes(model: RunTableModel) -> None:
    model.set_runs([record(k, k / 10) for k in range(1, 6)])
    followed = QPersistentModelIndex(model.index(3, COLUMN["name"]))
    assert followed.data() == "Run 2"
    model.sort(COLUMN["best"], UP)
    model.set_filter(lambda run: run.id != 4)
    model.update_runs([record(9, 0.01), replace(record(1), deleted=True), record(2, 0.99)])
    assert ids(model) == [9, 3, 5, 2]
    assert followed.data() == "Run 2"


def test_a_change_that_moves_no_row_is_made_in_place(model: RunTableModel, qtbot: Any) -> None:
    model.set_runs([record(1), record(2)])
    with qtbot.assertNotEmitted(model.layoutChanged), qtbot.waitSignal(model.dataChanged):
        assert model.replace_in_place([record(1, 0.7)])
    assert text(model, 1, "best") == "70.00 %"


def test_a_change_that_moves_a_row_is_not_made_in_place(model: RunTableModel) -> None:
    model.set_runs([record(1, 0.5), record(2, 0.6)])
    model.sort(COLUMN["best"], DOWN)
    assert not model.replace_in_place([record(1, 0.7)])
    model.set_filter(is_odd)
    assert not model.replace_in_place([record(3)])
    assert model.replace_in_place([record(2, 0.9)])  # hidden before and after
    assert ids(model) == [1]


def test_the_hyperparameters_that_differ_are_those_of_the_runs_that_are_shown(model: RunTableModel, qtbot: Any) -> None:
    with qtbot.waitSignal(model.differingChanged):
        model.set_runs([record(k, hyperparameters=Hyperparameters(eta=0.1 * k, seed=k % 2)) for k in (1, 2, 3)])
    assert list(model.differing) == ["eta", "seed"]
    model.set_filter(is_odd)
    assert list(model.differing) == ["eta"]


def test_what_is_written_is_told_and_not_kept(model: RunTableModel, qtbot: Any) -> None:
    model.set_runs([record(1)])
    with qtbot.waitSignal(model.renameWanted) as renamed:
        model.setData(model.index(0, COLUMN["name"]), " Best so far ")
    assert renamed.args == [1, "Best so far"]
    with qtbot.waitSignal(model.noteWanted) as noted:
        model.setData(model.index(0, COLUMN["note"]), "again?")
    assert noted.args == [1, "again?"]
    assert text(model, 0, "name") == "Run 1"


@pytest.mark.parametrize("name", ["", "  ", "Run 1"])
def test_an_empty_name_or_the_same_is_not_told(model: RunTableModel, qtbot: Any, name: str) -> None:
    model.set_runs([record(1)])
    with qtbot.assertNotEmitted(model.renameWanted):
        model.setData(model.index(0, COLUMN["name"]), name)


def test_only_name_and_note_can_be_written(model: RunTableModel) -> None:
    model.set_runs([record(1)])
    editable = [name for name, k in COLUMN.items() if model.index(0, k).flags() & Qt.ItemFlag.ItemIsEditable]
    assert editable == ["name", "note"]


def test_what_the_user_wrote_is_no_rich_text_in_a_tooltip(model: RunTableModel) -> None:
    model.set_runs([record(1, note="<b>bold</b>")])
    tip = model.index(0, COLUMN["note"]).data(Qt.ItemDataRole.ToolTipRole)
    assert "&lt;b&gt;" in tip


def test_only_chips_whose_look_changes_are_drawn_again(model: RunTableModel, qtbot: Any) -> None:
    model.set_runs([record(1), record(2)])
    model.set_styles({1: own_style(1)})
    with qtbot.waitSignal(model.dataChanged) as changed:
        model.set_styles({1: own_style(1), 2: own_style(2)})
    assert changed.args is not None
    assert (changed.args[0].row(), changed.args[0].column()) == (0, COLUMN["look"])
