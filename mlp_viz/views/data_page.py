"""The data page: what a data set looks like, in four panels, before and between runs."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from mlp_core.datasets.dataset import Dataset
from mlp_core.datasets.overview import Overview
from mlp_viz.views.class_balance import ClassBalance
from mlp_viz.views.class_examples import ClassExamples
from mlp_viz.views.class_means import ClassMeans
from mlp_viz.views.class_versions import ClassVersions
from mlp_viz.widgets.panel_grid import PanelGrid


class DataPage(PanelGrid):
    """The first and the mean image of each class, versions of one class, and the class balance.

    A class that is chosen in one of the other panels becomes the one whose versions are shown. While the page is
    hidden it only remembers what it was given, and lets go of the data set before.

    Attributes
    ----------
    examples, means, versions, balance : Panel
        Also in `panels`, by these names.
    sampleChosen : Signal(str, int)
        An image was clicked, or Enter was pressed on it: its split, ``train``, ``valid`` or ``test``, and its index.
    """

    sampleChosen = Signal(str, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        self.examples = ClassExamples()
        self.means = ClassMeans()
        self.versions = ClassVersions()
        self.balance = ClassBalance()
        panels = {
            "examples": self.examples,
            "means": self.means,
            "versions": self.versions,
            "balance": self.balance,
        }
        super().__init__(panels, parent)
        self._dataset: Dataset | None = None
        self._overview: Overview | None = None
        self._dataset_due = self._overview_due = True  # the panels show nothing yet
        for chooser in (self.examples, self.means, self.balance):
            chooser.classChosen.connect(self.versions.show_class)
        self.examples.sampleChosen.connect(self.sampleChosen)
        self.versions.sampleChosen.connect(self.sampleChosen)

    @Slot(object)
    def set_dataset(self, dataset: Dataset | None) -> None:
        """Show versions of a class of `dataset`; the other panels wait for its overview."""
        self._dataset, self._overview = dataset, None
        if not self.isVisible() and not self._dataset_due:
            self.versions.show_dataset(None)  # else the data set before would stay in memory
            self._show_overview(None, None)
        self._dataset_due = self._overview_due = True
        self._refresh()

    @Slot(object)
    def show_overview(self, overview: Overview) -> None:
        """Show the overview of the data set that is open."""
        self._overview = overview
        self._overview_due = True
        self._refresh()

    def showEvent(self, event: QShowEvent) -> None:
        """Show what came while the page was hidden."""
        super().showEvent(event)
        self._refresh()

    def _refresh(self) -> None:
        if not self.isVisible():
            return
        if self._dataset_due:
            self._dataset_due = False
            self.versions.show_dataset(self._dataset)
        if self._overview_due:
            self._overview_due = False
            self._show_overview(self._dataset, self._overview)

    def _show_overview(self, dataset: Dataset | None, overview: Overview | None) -> None:
        for panel in (self.examples, self.means, self.balance):
            panel.show_overview(dataset, overview)
