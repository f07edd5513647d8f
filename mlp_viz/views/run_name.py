"""A run's name with its chip, as in the table of runs."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from mlp_viz.theme import LIGHT, UNIT, Theme
from mlp_viz.views.run_style import CHIP, RunStyle, chip_icon
from mlp_viz.widgets.panel import TEXT_POINTS, ElidedLabel, set_points


class RunName(QWidget):
    """The chip of a run, and its name as far as there is room."""

    def __init__(self, points: float = TEXT_POINTS, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._style: RunStyle | None = None
        self._theme = LIGHT
        self._chip = QLabel()
        self._chip.setFixedSize(CHIP)
        self._name = ElidedLabel()
        set_points(self._name, points, bold=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(UNIT)
        row.addWidget(self._chip)
        row.addWidget(self._name, 1)
        self.show_run("", None)

    @property
    def text(self) -> str:
        """The whole name."""
        return self._name.text()

    def show_run(self, name: str, style: RunStyle | None) -> None:
        """Show a run; without a style its chip is left out."""
        self._style = style
        self._name.set_text(name)
        self._paint()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self._theme = theme
        self._paint()

    def _paint(self) -> None:
        self._chip.setVisible(self._style is not None)
        if self._style is not None:
            ratio = self.devicePixelRatioF()
            self._chip.setPixmap(chip_icon(self._style, self._theme, ratio).pixmap(CHIP, ratio))
