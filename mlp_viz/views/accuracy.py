"""Training and validation accuracy over the epochs of a run."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from mlp_core.snapshot import EpochStats
from mlp_viz.views.curve_plot import CurvePlot, Series
from mlp_viz.widgets.ticks import Ticks, percent_view

SERIES = (
    Series("train", lambda theme: theme.train, Qt.PenStyle.SolidLine, lambda stats: 100 * stats.train_accuracy),
    Series(
        "validation", lambda theme: theme.valid, Qt.PenStyle.CustomDashLine, lambda stats: 100 * stats.valid_accuracy
    ),
)


def percent(fraction: float) -> str:
    """Return a fraction as text: ``97.98 %``; an en dash for a split without samples."""
    return f"{100 * fraction:.2f} %" if math.isfinite(fraction) else "–"


class AccuracyView(CurvePlot):
    """Accuracy on the training and the validation split, in percent."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "Accuracy",
            "accuracy (%)",
            "Press Train: the accuracy of each epoch appears here.",
            SERIES,
            parent,
        )

    def y_view(self, low: float, high: float) -> tuple[float, float, Ticks]:
        """Reach from below the lowest accuracy up to 100 %."""
        return percent_view(low)

    def reading(self, stats: EpochStats) -> str:
        """Return both accuracies."""
        return f"train {percent(stats.train_accuracy)}, valid {percent(stats.valid_accuracy)}"

    def short_reading(self, stats: EpochStats) -> str:
        """Return both accuracies, without names."""
        return f"{percent(stats.train_accuracy)[:-2] or '–'} / {percent(stats.valid_accuracy)}"
