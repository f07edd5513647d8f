"""The compare page: two stored runs beside one another, and the test digits on which they differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from mlp_core.datasets.dataset import Dataset
from mlp_core.datasets.wording import brief
from mlp_viz.run.comparison import Comparison, Side
from mlp_viz.theme import UNIT, Theme
from mlp_viz.views.changed_digits import ChangedDigits
from mlp_viz.views.run_differences import RunDifferences
from mlp_viz.views.run_name import RunName
from mlp_viz.views.run_style import RunStyle
from mlp_viz.views.weights import WeightsView
from mlp_viz.widgets.panel import TEXT_POINTS, TITLE_POINTS, Panel, set_points

COLUMNS: Final = 3
LONGEST_TITLE: Final = 12  # letters of a run's name beside the title of its weights

_NO_RUNS: Final = "Choose two runs in the table of runs, and compare them."


class ComparePage(QWidget):
    """What differs between two runs, the first weights of both, and the test digits fixed, introduced, wrong in both.

    Attributes
    ----------
    differences, first_weights, second_weights, fixed, introduced, both_wrong : Panel
        Also in `panels`, by these names.

    Signals
    -------
    closeWanted()
        The user has seen enough: Close or Esc.
    sampleChosen(int, int)
        A digit was clicked, or Enter was pressed on it: its place in the test set, and what the second run takes it
        for.
    """

    closeWanted = Signal()
    sampleChosen = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._comparison: Comparison | None = None
        self._styles: Mapping[int, RunStyle] = {}
        self.differences = RunDifferences()
        self.first_weights = WeightsView()
        self.second_weights = WeightsView()
        self.fixed = ChangedDigits(
            "Fixed", "None of the test {what} that the first run gets wrong is right in the second."
        )
        self.introduced = ChangedDigits(
            "Introduced", "None of the test {what} that the first run gets right is wrong in the second."
        )
        self.both_wrong = ChangedDigits("Both wrong", "None of the test {what} is wrong in both runs.")
        self.panels: dict[str, Panel] = {
            "differences": self.differences,
            "first_weights": self.first_weights,
            "second_weights": self.second_weights,
            "fixed": self.fixed,
            "introduced": self.introduced,
            "both_wrong": self.both_wrong,
        }
        self.names = RunName(TITLE_POINTS), RunName(TITLE_POINTS)
        self.swap_button = _button("⇄ Swap", "Take the second run as the first")
        self.close_button = _button("✕ Close", "Back to the table of runs (Esc)")
        self._lay_out()
        self.swap_button.clicked.connect(self.swap)
        self.close_button.clicked.connect(self.closeWanted)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # so that a click between the panels leaves Esc at work
        escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        escape.activated.connect(self.closeWanted)
        for panel in (self.fixed, self.introduced, self.both_wrong):
            panel.sampleChosen.connect(self.sampleChosen)
        self.clear()

    @property
    def comparison(self) -> Comparison | None:
        """What is shown, in the order in which it is."""
        return self._comparison

    @Slot(object, object)
    def show_comparison(self, comparison: Comparison, styles: Mapping[int, RunStyle]) -> None:
        """Show two runs.

        Parameters
        ----------
        comparison : Comparison
        styles : mapping of int to RunStyle
            How each of the two looks, by its id.
        """
        self._comparison, self._styles = comparison, styles
        sides = comparison.first, comparison.second
        for name, side in zip(self.names, sides, strict=True):
            name.show_run(side.record.name, styles.get(side.record.id))
        self.differences.show_comparison(comparison, styles)
        for view, side in zip((self.first_weights, self.second_weights), sides, strict=True):
            _show_weights(view, side)
        self._show_samples(comparison)
        self.swap_button.setEnabled(True)

    @Slot(object)
    def set_dataset(self, dataset: Dataset | None) -> None:
        """Let go of the test digits, unless they are those of `dataset`: a click would lead to others."""
        comparison = self._comparison
        if comparison is not None and comparison.changes is not None and comparison.changes.dataset is not dataset:
            self.show_comparison(comparison.without_samples(), self._styles)

    @Slot()
    def swap(self) -> None:
        """Take the second run as the first."""
        if self._comparison is not None:
            self.show_comparison(self._comparison.swapped(), self._styles)

    @Slot()
    def clear(self) -> None:
        """Show no runs, and say how they will come."""
        self._comparison, self._styles = None, {}
        for name in self.names:
            name.show_run("", None)
        self.differences.clear()
        for view in (self.first_weights, self.second_weights):
            view.set_layer(True)
            view.mosaic.set_placeholder(_NO_RUNS)
        for panel in (self.fixed, self.introduced, self.both_wrong):
            panel.show_nothing(_NO_RUNS)
        self.swap_button.setEnabled(False)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        for name in self.names:
            name.apply_theme(theme)
        for panel in self.panels.values():
            panel.apply_theme(theme)

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(UNIT, 0, 0, 0)
        bar.setSpacing(2 * UNIT)
        first, second = self.names
        for widget in (first, self.swap_button, second):
            bar.addWidget(widget)
        bar.addStretch(1)
        bar.addWidget(self.close_button)
        grid = QGridLayout()
        grid.setSpacing(UNIT)
        for k, panel in enumerate(self.panels.values()):
            grid.addWidget(panel, *divmod(k, COLUMNS))
        for column in range(COLUMNS):
            grid.setColumnStretch(column, 1)
        for row in range(2):
            grid.setRowStretch(row, 1)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(UNIT)
        page.addLayout(bar)
        page.addLayout(grid, 1)

    def _show_samples(self, comparison: Comparison) -> None:
        changes = comparison.changes
        if changes is None:
            for panel in (self.fixed, self.introduced, self.both_wrong):
                panel.show_nothing(comparison.why_no_changes)
            return
        self.fixed.show_samples(changes.dataset, changes.fixed, "wrong → right")
        self.introduced.show_samples(changes.dataset, changes.introduced, "right → wrong")
        self.both_wrong.show_samples(changes.dataset, changes.both_wrong, "true: wrong → wrong")


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    set_points(button, TEXT_POINTS)
    return button


def _show_weights(view: WeightsView, side: Side) -> None:
    view.set_layer(bool(side.record.hyperparameters.n_hidden), side.class_names)
    if side.weights is None:
        view.mosaic.set_placeholder(side.why_no_weights)
    else:
        view.show_picture(side.weights)
    view.set_status(" · ".join(filter(None, (brief(side.record.name, LONGEST_TITLE), view.status()))))
