"""The columns of the table of runs: what each says of a run, and what it is sorted by."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from PySide6.QtCore import QLocale

from mlp_core.runs.differences import FIELDS, value_text
from mlp_core.runs.record import RunRecord, Status
from mlp_viz.views.accuracy import percent
from mlp_viz.views.quantity import COST

NONE: Final = "–"
STATUS_MARKS: Final = {
    Status.RUNNING: "▶",
    Status.WAITING: "◦",
    Status.FINISHED: "✓",
    Status.STOPPED: "■",
    Status.PRUNED: "▿",
    Status.DIVERGED: "↗",
    Status.FAILED: "✕",
    Status.INTERRUPTED: "‖",
}

_ORDER_OF_STATUS: Final = {status: k for k, status in enumerate(Status)}
_TITLES: Final = {"n_hidden": "hidden", "minibatch_size": "minibatch"}
_SAMPLES: Final = {"n_hidden": "100, 100", "activation": "sigmoid", "precision": "float64"}
_ENGLISH: Final = QLocale.c()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column.

    Attributes
    ----------
    name, title, tip : str
        What the program calls it, what the user does, and what it means.
    text : callable
        What it says of a run.
    order : callable
        What it is sorted by; runs without it, None, come last in both directions.
    sample : str
        As wide as it mostly is.
    more : callable or None
        The tooltip of a run's cell; None for its text.
    number : bool
        Whether it stands at the right.
    high_first : bool
        Whether the first click on its title brings the highest to the top.
    editable : bool
        Whether the user may write in it.
    """

    name: str
    title: str
    tip: str
    text: Callable[[RunRecord], str]
    order: Callable[[RunRecord], Any]
    sample: str
    more: Callable[[RunRecord], str] | None = None
    number: bool = False
    high_first: bool = False
    editable: bool = False


def field_title(field: str) -> str:
    """Return what the table calls a hyperparameter."""
    return _TITLES.get(field, field)


def status_text(record: RunRecord) -> str:
    """Return where a run stands: a mark, a word, and how far it is as long as it has not come to its end."""
    text = f"{STATUS_MARKS[record.status]} {record.status.value}"
    if record.status in (Status.FINISHED, Status.FAILED):
        return text
    return f"{text} {record.epochs_done:,}/{record.hyperparameters.epochs:,}"


def when_text(moment: datetime, now: datetime | None = None) -> str:
    """Return a moment as short as it can be told: without the day today, without the year this year.

    Parameters
    ----------
    moment : datetime
        With its time zone.
    now : datetime, optional
        With the time zone of the user; by default the moment of the call.
    """
    now = now or datetime.now().astimezone()
    there = moment.astimezone(now.tzinfo)
    time = f"{there:%H:%M}"
    if there.date() == now.date():
        return time
    day = f"{there.day} {_ENGLISH.monthName(there.month, QLocale.FormatType.ShortFormat)}"
    return f"{day} {time}" if there.year == now.year else f"{day} {there.year}"


def natural_order(text: str) -> tuple[Any, ...]:
    """Return what puts "Run 2" before "Run 10", whatever the case of the letters."""
    return tuple(int(part) if k % 2 else part for k, part in enumerate(re.split(r"(\d+)", text.casefold())))


def one_line(text: str) -> str:
    """Return a text without line breaks."""
    return " ".join(text.split())


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _when_in_full(record: RunRecord) -> str:
    lines = [f"began {record.began.astimezone():%Y-%m-%d %H:%M:%S}"]
    if record.ended is not None:
        lines.append(f"ended {record.ended.astimezone():%Y-%m-%d %H:%M:%S}")
    return "\n".join((*lines, f"in the {record.origin}" if record.origin == "window" else f"by a {record.origin}"))


def _status_in_full(record: RunRecord) -> str:
    done = f"{record.epochs_done:,} of {record.hyperparameters.epochs:,} epochs, {record.seconds:,.1f} s"
    return "\n".join(part for part in (f"{record.status.value}: {done}", record.message) if part)


def _field_order(field: str, record: RunRecord) -> Any:
    return getattr(record.hyperparameters, field)


def _field_text(field: str, record: RunRecord) -> str:
    return value_text(field, record.hyperparameters)


COLUMNS: Final = (
    Column(
        name="look",
        title="",
        tip="How the run is drawn in the curves; pale if it is not",
        text=lambda record: "",
        order=lambda record: record.id,
        sample="",
        high_first=True,
    ),
    Column(
        name="star",
        title="☆",
        tip="Starred runs; a click in this column marks a run, or takes the mark away",
        text=lambda record: "★" if record.starred else "☆",
        order=lambda record: record.starred,
        sample="★",
        more=lambda record: "Starred" if record.starred else "Not starred",
        high_first=True,
    ),
    Column(
        name="name",
        title="Name",
        tip="What the run is called; F2 changes it",
        text=lambda record: one_line(record.name),
        order=lambda record: natural_order(record.name),
        sample="Larger steps, two layers",
        more=lambda record: "\n".join(part for part in (record.name, record.note) if part),
        editable=True,
    ),
    *(
        Column(
            name=field,
            title=field_title(field),
            tip=f"Hyperparameter {field}, which is not the same in all the runs that are shown",
            text=partial(_field_text, field),
            order=partial(_field_order, field),
            sample=_SAMPLES.get(field, "0.0005"),
            number=field not in ("activation", "precision", "shuffle"),
        )
        for field in FIELDS
    ),
    Column(
        name="best",
        title="Best valid.",
        tip="The highest validation accuracy of all epochs",
        text=lambda record: percent(record.best_valid_accuracy),
        order=lambda record: _known(record.best_valid_accuracy),
        sample="100.00 %",
        number=True,
        high_first=True,
    ),
    Column(
        name="best_epoch",
        title="at epoch",
        tip="The first epoch that reached the best validation accuracy",
        text=lambda record: f"{record.best_epoch:,}" if record.best_epoch else NONE,
        order=lambda record: record.best_epoch or None,
        sample="1,000",
        number=True,
    ),
    Column(
        name="cost",
        title="Cost J",
        tip="The cost J at the last epoch: data term plus penalty",
        text=lambda record: COST.text(record.cost) if record.epochs_done else NONE,
        order=lambda record: _known(record.cost),
        sample="4.9e+283",
        number=True,
    ),
    Column(
        name="test",
        title="Test",
        tip="The share of the test set that the network classified rightly when the run ended",
        text=lambda record: percent(record.test_accuracy),
        order=lambda record: _known(record.test_accuracy),
        sample="100.00 %",
        number=True,
        high_first=True,
    ),
    Column(
        name="status",
        title="Status",
        tip="Where the run stands",
        text=status_text,
        order=lambda record: _ORDER_OF_STATUS[record.status],
        sample="■ Interrupted 99/200",
        more=_status_in_full,
    ),
    Column(
        name="when",
        title="When",
        tip="When it began",
        text=lambda record: when_text(record.began),
        order=lambda record: record.began,
        sample="24 Nov 14:32",
        more=_when_in_full,
        high_first=True,
    ),
    Column(
        name="seconds",
        title="s/epoch",
        tip="Seconds that an epoch took, on the average",
        text=lambda record: f"{record.seconds_an_epoch:,.3f}" if record.epochs_done else NONE,
        order=lambda record: _known(record.seconds_an_epoch),
        sample="10.000",
        number=True,
    ),
    Column(
        name="dataset",
        title="Data set",
        tip="What it was trained on",
        text=lambda record: one_line(record.dataset.name),
        order=lambda record: natural_order(record.dataset.name),
        sample="Embedded 8×8 d",
    ),
    Column(
        name="note",
        title="Note",
        tip="What you think of it; N writes it",
        text=lambda record: one_line(record.note),
        order=lambda record: natural_order(record.note) if record.note else None,
        sample="Larger steps, 2 layers",
        more=lambda record: record.note,
        editable=True,
    ),
)
COLUMN: Final = {column.name: k for k, column in enumerate(COLUMNS)}
