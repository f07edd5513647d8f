"""Four panels that share a page, two by two."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QWidget

from mlp_viz.theme import UNIT, Theme
from mlp_viz.widgets.panel import Panel


class PanelGrid(QWidget):
    """A page of panels in two columns of one width; the lower row is a little higher.

    Parameters
    ----------
    panels : dict of str to Panel
        By name, row by row.

    Attributes
    ----------
    panels : dict of str to Panel
    """

    def __init__(self, panels: dict[str, Panel], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.panels = panels
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(UNIT)
        for k, panel in enumerate(panels.values()):
            grid.addWidget(panel, *divmod(k, 2))
        for k, stretch in enumerate((4, 5)):
            grid.setRowStretch(k, stretch)
            grid.setColumnStretch(k, 1)

    def apply_theme(self, theme: Theme) -> None:
        """Give every panel the colours of `theme`."""
        for panel in self.panels.values():
            panel.apply_theme(theme)
