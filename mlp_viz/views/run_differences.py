"""What differs between two runs, in words: hyperparameters, figures, and whether it may be chance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from mlp_core.datasets.wording import brief
from mlp_core.runs.differences import differing, value_text
from mlp_core.runs.record import RunRecord
from mlp_viz.run.comparison import Comparison, TestChanges
from mlp_viz.theme import UNIT, Theme
from mlp_viz.views.class_words import image_word, percent
from mlp_viz.views.cost import number
from mlp_viz.views.run_name import RunName
from mlp_viz.views.run_style import RunStyle
from mlp_viz.widgets.panel import TEXT_POINTS, ElidedLabel, Panel, set_points

SIGNIFICANT: Final = 0.05  # what is less likely than that is not put down to chance
UNKNOWN: Final = "–"
LONGEST_NAME: Final = 20  # letters of a run's name within a sentence or a title
EMPTY: Final = "What differs between two runs appears here: choose two in the table of runs, and compare them."
MCNEMAR_TIP: Final = (
    "McNemar's exact test on the test images that only one of the two runs gets right. Chance alone makes a\n"
    "difference as large as this with the probability p. It is a difference between these two networks:\n"
    "whether the hyperparameters make it is shown by runs with several seeds."
)
_NAMES: Final = {"n_hidden": "hidden units", "minibatch_size": "minibatch size"}

Row = tuple[str, str, str, int]
"""What it is, its value in the first and in the second run, and which is better: 1, 2, or 0 for neither."""


def difference_rows(comparison: Comparison) -> list[Row]:
    """Return what differs between two runs, and what they have come to."""
    one, other = comparison.first.record, comparison.second.record
    rows: list[Row] = []
    same_data = one.dataset.fingerprint == other.dataset.fingerprint
    if not same_data:
        rows.append(("data set", one.dataset.name, other.dataset.name, 0))
    for field in differing((one, other)):
        first, second = (value_text(field, run.hyperparameters) for run in (one, other))
        rows.append((_NAMES.get(field, field), first, second, 0))
    if not rows:
        rows.append(("settings", "the same", "the same", 0))
    first_tested, second_tested = _test_accuracies(comparison)
    better = _better(one.best_valid_accuracy, other.best_valid_accuracy) if same_data else 0
    better_tested = _better(first_tested, second_tested) if same_data else 0
    rows += [
        ("best validation", _share(one.best_valid_accuracy), _share(other.best_valid_accuracy), better),
        ("in epoch", _epoch(one.best_epoch), _epoch(other.best_epoch), 0),
        ("test accuracy", _share(first_tested), _share(second_tested), better_tested),
        ("cost J", _cost(one), _cost(other), 0),
    ]
    return rows


def verdict(changes: TestChanges, first: str, second: str) -> str:
    """Return in a sentence whether two runs differ by more than chance on the test set.

    Parameters
    ----------
    changes : TestChanges
    first, second : str
        What the runs are called.
    """
    n_fixed, n_introduced = len(changes.fixed), len(changes.introduced)
    if not n_fixed and not n_introduced:
        return f"Both runs get the same test {image_word(changes.dataset.class_names)} right."
    if n_fixed == n_introduced:
        return f"Neither is better on the test set: {n_fixed:,} fixed, as many introduced."
    p = ("p < 0.001" if changes.p < 0.001 else f"p = {changes.p:.2g}").replace(" ", "\N{NO-BREAK SPACE}")
    if changes.p < SIGNIFICANT:
        return f"{second if n_fixed > n_introduced else first} is better on the test set by more than chance ({p})."
    return f"The difference on the test set may be chance ({p})."


class RunDifferences(Panel):
    """A table of what differs between two runs, the better accuracy bold, and a sentence on the test set.

    The signals are those of `Panel`.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("What differs", parent)
        self._heads = RunName(), RunName()
        self._rows: list[Row] = []
        self._cells: list[ElidedLabel] = []
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(UNIT)
        self._grid.setVerticalSpacing(UNIT // 4)
        for column, head in enumerate(self._heads, 1):
            self._grid.addWidget(head, 0, column)
            self._grid.setColumnStretch(column, 1)
        table = QWidget()
        column_of_all = QVBoxLayout(table)
        column_of_all.setContentsMargins(0, 0, 0, 0)
        column_of_all.addLayout(self._grid)
        column_of_all.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidget(table)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setAccessibleName(self.title())
        self._scroll.viewport().setAutoFillBackground(False)
        table.setAutoFillBackground(False)
        self._verdict = QLabel()
        self._verdict.setTextFormat(Qt.TextFormat.PlainText)
        self._verdict.setWordWrap(True)
        set_points(self._verdict, TEXT_POINTS, bold=True)
        self.body.addWidget(self._scroll, 1)
        self.body.addWidget(self._verdict)
        self.clear()

    def texts(self) -> list[tuple[str, str, str]]:
        """Return the table, row by row: what it is, and its value in the first and in the second run."""
        return [row[:3] for row in self._rows]

    def cells(self) -> tuple[ElidedLabel, ...]:
        """Return what the table is drawn with, row by row."""
        return tuple(self._cells)

    @property
    def verdict(self) -> str:
        """The sentence beneath the table."""
        return self._verdict.text()

    def show_comparison(self, comparison: Comparison, styles: Mapping[int, RunStyle]) -> None:
        """Show what differs between two runs.

        Parameters
        ----------
        comparison : Comparison
        styles : mapping of int to RunStyle
            How each run looks, by its id.
        """
        for head, side in zip(self._heads, (comparison.first, comparison.second), strict=True):
            head.show_run(side.record.name, styles.get(side.record.id))
        self._show_rows(difference_rows(comparison))
        changes = comparison.changes
        names = (brief(side.record.name, LONGEST_NAME) for side in (comparison.first, comparison.second))
        self._verdict.setText("" if changes is None else verdict(changes, *names))
        self._verdict.setToolTip("" if changes is None else MCNEMAR_TIP)
        self._verdict.setVisible(changes is not None)

    def clear(self) -> None:
        """Show no runs, and say how they will come."""
        for head in self._heads:
            head.show_run("", None)
        self._show_rows([])
        self._verdict.setText(EMPTY)
        self._verdict.setToolTip("")
        self._verdict.show()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        super().apply_theme(theme)
        for head in self._heads:
            head.apply_theme(theme)

    def _show_rows(self, rows: list[Row]) -> None:
        for cell in self._cells:
            self._grid.removeWidget(cell)
            cell.hide()
            cell.deleteLater()
        self._rows, self._cells = rows, []
        for at, (*texts, better) in enumerate(rows):
            for column, text in enumerate(texts):
                cell = ElidedLabel()
                cell.set_text(text)
                set_points(cell, TEXT_POINTS, bold=bool(better) and column == better)
                if not column:
                    cell.setObjectName("panelReadout")
                    cell.setMinimumWidth(cell.sizeHint().width())
                self._grid.addWidget(cell, at + 1, column)
                self._cells.append(cell)


def _test_accuracies(comparison: Comparison) -> tuple[float, float]:
    """Return what was counted here where it was, of the weights that are shown; else what the store says."""
    if comparison.changes is not None:
        return comparison.changes.first_accuracy, comparison.changes.second_accuracy
    return comparison.first.record.test_accuracy, comparison.second.record.test_accuracy


def _epoch(epoch: int) -> str:
    return f"{epoch:,}" if epoch else UNKNOWN


def _share(share: float) -> str:
    return UNKNOWN if math.isnan(share) else percent(share)


def _cost(run: RunRecord) -> str:
    return number(run.cost) if run.epochs_done else UNKNOWN


def _better(first: float, second: float) -> int:
    """Return 1 or 2 for the one that is higher; 0 where neither is, or one is not known."""
    return 1 if first > second else 2 if second > first else 0
