from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from math import inf, nan

import pytest

from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.record import Status
from mlp_viz.views.run_columns import COLUMN, COLUMNS, STATUS_MARKS, natural_order, status_text, when_text
from tests.mlp_viz.views.run_samples import record

HERE = timezone(timedelta(hours=2))
NOW = datetime(2026, 11, 24, 20, 0, tzinfo=HERE)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 24, 12, 30, tzinfo=UTC), "14:30"),
        (datetime(2026, 11, 23, 22, 30, tzinfo=UTC), "00:30"),
        (datetime(2026, 3, 1, 12, 30, tzinfo=UTC), "1 Mar 14:30"),
        (datetime(2025, 3, 1, 12, 30, tzinfo=UTC), "1 Mar 2025"),
    ],
)
def test_a_moment_is_told_in_the_users_own_time_and_no_longer_than_need_be(moment: datetime, text: str) -> None:
    assert when_text(moment, NOW) == text


def test_numbers_in_names_count_as_numbers() -> None:
    assert sorted(["run 10", "Run 2", "Run", "a 3"], key=natural_order) == ["a 3", "Run", "Run 2", "run 10"]


@pytest.mark.parametrize("status", list(Status))
def test_a_status_is_told_by_a_word_and_a_mark_of_its_own(status: Status) -> None:
    assert status.value in status_text(record(1, status=status))
    assert list(STATUS_MARKS.values()).count(STATUS_MARKS[status]) == 1


def test_a_run_that_goes_on_tells_how_far_it_is() -> None:
    assert status_text(record(1, status=Status.RUNNING, epochs_done=7)).endswith("Running 7/20")


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("best", ("97.98 %", "–")),
        ("best_epoch", ("15", "–")),
        ("cost", ("1,234", "–")),
        ("test", ("96.50 %", "–")),
        ("seconds", ("0.250", "–")),
    ],
)
def test_figures_are_told_with_a_dash_where_there_is_none(name: str, texts: tuple[str, str]) -> None:
    done = record(1, 0.9798, cost=1234.4, test_accuracy=0.965, seconds=5.0)
    new = record(2, epochs_done=0, best_epoch=0, seconds=0.0, cost=nan)
    column = COLUMNS[COLUMN[name]]
    assert (column.text(done), column.text(new)) == texts
    assert column.order(done) is not None
    assert column.order(new) is None


def test_a_cost_that_is_not_finite_is_said_to_be_so() -> None:
    assert COLUMNS[COLUMN["cost"]].text(record(1, cost=inf)) == "not finite"


def test_the_cost_of_a_run_that_diverged_is_short() -> None:
    assert COLUMNS[COLUMN["cost"]].text(record(1, cost=4.92e283)) == "4.9e+283"


def test_what_the_user_wrote_in_lines_is_shown_in_one_and_told_in_all() -> None:
    column = COLUMNS[COLUMN["note"]]
    run = record(1, note="first\nsecond")
    assert column.text(run) == "first second"
    assert column.more is not None
    assert column.more(run) == "first\nsecond"


def test_layers_are_sorted_as_numbers() -> None:
    order = COLUMNS[COLUMN["n_hidden"]].order
    few, many = (record(k, hyperparameters=Hyperparameters(n_hidden=(n,))) for k, n in enumerate((9, 100)))
    assert order(few) < order(many)
