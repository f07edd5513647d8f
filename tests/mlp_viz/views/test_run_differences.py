from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from mlp_core.datasets.dataset import Dataset, Split
from mlp_core.datasets.preparation import Preparation
from mlp_core.datasets.recipe import Recipe
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.record import DatasetReference, RunRecord
from mlp_viz.run.comparison import Comparison, Side, TestChanges, TwicePredicted
from mlp_viz.run.stored import StoredRun
from mlp_viz.views.run_differences import RunDifferences, verdict
from mlp_viz.views.run_style import RunStyle
from tests.mlp_viz.views.run_samples import record as sample

DIGITS = DatasetReference("Digits", "f1", Recipe("digits", Preparation()))
LETTERS = DatasetReference("Letters", "f2", Recipe("letters", Preparation()))


def record(run_id: int, reference: DatasetReference = DIGITS, **hyperparameters: Any) -> RunRecord:
    figures: dict[str, Any] = {"best_epoch": 180, "cost": 5065.78, "test_accuracy": 0.9754}
    chosen = Hyperparameters(**hyperparameters)
    return sample(run_id, 0.9798, hyperparameters=chosen, dataset=reference, epochs_done=200, **figures)


def changes(fixed: int, introduced: int, both_wrong: int = 10) -> TestChanges:
    """Return so many changes of a test set of 1,000 images."""
    X = np.zeros((1000, 1), np.uint8)
    y = np.zeros(1000, np.int64)
    test, few = Split(X, y), Split(X[:0], y[:0])
    dataset = Dataset("d", "D", "made up", (1, 1), tuple("0123456789"), (0, 255), few, few, test)

    def some(n: int) -> TwicePredicted:
        return TwicePredicted(np.arange(n), y[:n], y[:n], y[:n])

    return TestChanges(dataset, 200, 200, some(fixed), some(introduced), some(both_wrong))


def comparison(first: RunRecord, second: RunRecord, of_test: TestChanges | None = None) -> Comparison:
    one, other = (Side(StoredRun(run, (), None), None, "", ()) for run in (first, second))
    return Comparison(one, other, of_test, "" if of_test is not None else "not open")


@pytest.fixture
def view(qtbot: QtBot) -> RunDifferences:
    view = RunDifferences()
    qtbot.addWidget(view)
    view.resize(350, 270)
    view.show()
    return view


def table(view: RunDifferences) -> dict[str, tuple[str, str]]:
    return {
        what: (first.replace("\N{NO-BREAK SPACE}", " "), second.replace("\N{NO-BREAK SPACE}", " "))
        for what, first, second in view.texts()
    }


def test_only_the_hyperparameters_that_differ_are_told(view: RunDifferences) -> None:
    second = dataclasses.replace(record(2, eta=0.001, n_hidden=()), best_valid_accuracy=0.98, best_epoch=7, cost=1.5)
    view.show_comparison(comparison(record(1), second), {1: RunStyle(1), 2: RunStyle(2)})
    assert table(view) == {
        "hidden units": ("100", "none"),
        "eta": ("0.0005", "0.001"),
        "best validation": ("97.98 %", "98.00 %"),
        "in epoch": ("180", "7"),
        "test accuracy": ("97.54 %", "97.54 %"),
        "cost J": ("5,065.78", "1.50"),
    }
    assert not view.verdict


def test_the_test_accuracy_is_that_of_the_digits_shown(view: RunDifferences) -> None:
    view.show_comparison(comparison(record(1), record(2), changes(61, 23, 100)), {})
    assert table(view)["test accuracy"] == ("83.90 %", "87.70 %")


def test_the_same_settings_and_other_data_are_told(view: RunDifferences) -> None:
    view.show_comparison(comparison(record(1), record(2)), {})
    assert table(view)["settings"] == ("the same", "the same")
    view.show_comparison(comparison(record(1), record(2, LETTERS)), {})
    assert table(view)["data set"] == ("Digits", "Letters")
    assert "settings" not in table(view)


@pytest.mark.parametrize(("reference", "bold"), [(DIGITS, ["98.00 %"]), (LETTERS, [])])
def test_the_better_accuracy_is_bold_on_the_same_data(
    view: RunDifferences, reference: DatasetReference, bold: list[str]
) -> None:
    second = dataclasses.replace(record(2, reference), best_valid_accuracy=0.98)
    view.show_comparison(comparison(record(1), second), {})
    cells = [cell for cell in view.cells() if cell.font().bold()]
    assert [cell.text().replace("\N{NO-BREAK SPACE}", " ") for cell in cells] == bold


def test_what_is_not_known_is_a_dash(view: RunDifferences) -> None:
    nan = math.nan
    new = dataclasses.replace(
        record(2), epochs_done=0, cost=nan, best_valid_accuracy=nan, best_epoch=0, test_accuracy=nan
    )
    view.show_comparison(comparison(record(1), new), {})
    assert {second for what, (_, second) in table(view).items() if what != "settings"} == {"–"}


@pytest.mark.parametrize(
    ("fixed", "introduced", "sentence"),
    [
        (61, 23, "Run 2 is better on the test set by more than chance (p < 0.001)."),
        (5, 20, "Run 1 is better on the test set by more than chance (p = 0.0041)."),
        (12, 9, "The difference on the test set may be chance (p = 0.66)."),
        (9, 9, "Neither is better on the test set: 9 fixed, as many introduced."),
        (0, 0, "Both runs get the same test digits right."),
    ],
)
def test_it_is_told_whether_it_may_be_chance(fixed: int, introduced: int, sentence: str) -> None:
    text = verdict(changes(fixed, introduced), "Run 1", "Run 2")
    assert text.replace("\N{NO-BREAK SPACE}", " ") == sentence


def test_long_names_leave_the_panel_as_it_is(view: RunDifferences) -> None:
    width = view.minimumSizeHint().width()
    long = dataclasses.replace(record(2, seed=2), name="<b>a very long name</b> " * 9)
    view.show_comparison(comparison(record(1), long, changes(61, 23)), {})
    assert view.minimumSizeHint().width() <= max(width, 300)
    assert len(view.verdict) < 100


def test_the_empty_state_says_how_it_is_filled(view: RunDifferences) -> None:
    view.show_comparison(comparison(record(1), record(2), changes(6, 2)), {})
    view.clear()
    assert view.texts() == []
    assert "choose two" in view.verdict
