"""The training page: a run in four panels."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from mlp_viz.views.accuracy import AccuracyView
from mlp_viz.views.cost import CostView
from mlp_viz.views.misclassified import MisclassifiedView
from mlp_viz.views.weights import WeightsView
from mlp_viz.widgets.panel_grid import PanelGrid


class TrainingPage(PanelGrid):
    """Cost, accuracy, hidden weights and misclassified test digits.

    Attributes
    ----------
    cost, accuracy, weights, errors : Panel
        Also in `panels`, by these names.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        self.cost = CostView()
        self.accuracy = AccuracyView()
        self.weights = WeightsView()
        self.errors = MisclassifiedView()
        panels = {"cost": self.cost, "accuracy": self.accuracy, "weights": self.weights, "errors": self.errors}
        super().__init__(panels, parent)
