"""The training page: a run in four panels."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QWidget

from mlp_viz.theme import UNIT, Theme
from mlp_viz.views.accuracy import AccuracyView
from mlp_viz.views.cost import CostView
from mlp_viz.views.misclassified import MisclassifiedView
from mlp_viz.views.weights import WeightsView
from mlp_viz.widgets.panel import Panel


class TrainingPage(QWidget):
    """Cost, accuracy, hidden weights and misclassified test digits.

    Attributes
    ----------
    cost, accuracy, weights, errors : Panel
    panels : dict of str to Panel
        The four, by these names.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cost = CostView()
        self.accuracy = AccuracyView()
        self.weights = WeightsView()
        self.errors = MisclassifiedView()
        self.panels: dict[str, Panel] = {
            "cost": self.cost,
            "accuracy": self.accuracy,
            "weights": self.weights,
            "errors": self.errors,
        }
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(UNIT)
        for k, panel in enumerate(self.panels.values()):
            grid.addWidget(panel, *divmod(k, 2))
        for k, stretch in enumerate((4, 5)):
            grid.setRowStretch(k, stretch)
            grid.setColumnStretch(k, 1)

    def apply_theme(self, theme: Theme) -> None:
        """Give every panel the colours of `theme`."""
        for panel in self.panels.values():
            panel.apply_theme(theme)
