"""Weights view: one tile for each unit of the first layer, on one colour scale that never changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from mlp_viz.run.news import WeightsPicture
from mlp_viz.theme import UNIT, Theme
from mlp_viz.widgets.colour_scale import ColourBar, signed_indices, signed_lut, signed_number
from mlp_viz.widgets.mosaic import Mosaic
from mlp_viz.widgets.panel import TEXT_POINTS, ElidedLabel, Panel, set_points

# Weights start as N(0, 0.1): 99.7 % of them within 0.3. After 80 epochs of the lecture's run on MNIST 99 % are within
# 0.3 and 99.9 % within 0.5, so that this limit shows the noise at the start and the strokes at the end.
LIMIT: Final = 0.5

_HINT: Final = "Point at a tile to read its weights."


class WeightsView(Panel):
    """The weights into each unit of the first layer, as images.

    The colour scale is −limit to +limit for every picture: a weight that does not change keeps its colour whatever the
    others do, and growth can be seen. Weights beyond take the last colour. The signals are those of `Panel`.

    Parameters
    ----------
    limit : float
        The weight that takes the last colour.
    """

    def __init__(self, limit: float = LIMIT, parent: QWidget | None = None) -> None:
        super().__init__("Hidden weights", parent)
        self._limit = limit
        self._picture: WeightsPicture | None = None
        self._class_names: tuple[str, ...] = ()
        self._hovered = (-1, -1, -1)
        self.mosaic = Mosaic()
        self.mosaic.set_lut(signed_lut())
        self.bar = ColourBar(limit)
        self._readout = ElidedLabel()
        self._readout.setObjectName("panelReadout")
        set_points(self._readout, TEXT_POINTS)
        row = QHBoxLayout()
        row.setSpacing(UNIT)
        row.addWidget(self.mosaic, 1)
        row.addWidget(self.bar)
        self.body.addLayout(row, 1)
        self.body.addWidget(self._readout)
        self.mosaic.pixelHovered.connect(self._hover)
        self.set_layer(True)

    @property
    def limit(self) -> float:
        """The weight that takes the last colour."""
        return self._limit

    @property
    def hidden(self) -> bool:
        """Whether the weights shown lead to hidden units."""
        return self._hidden

    def set_layer(self, hidden: bool, class_names: Sequence[str] = ()) -> None:
        """Say whose weights they are, and clear the view.

        Parameters
        ----------
        hidden : bool
            Whether there is a hidden layer; without one they are those of the output units.
        class_names : sequence of str
            Captions of the output units; not used for hidden units.
        """
        self._hidden = hidden
        self._class_names = () if hidden else tuple(class_names)
        self.set_title("Hidden weights" if hidden else "Output weights")
        unit = "hidden unit" if hidden else "output unit"
        self.mosaic.set_placeholder(
            f"The weights into each {unit} appear here, one tile a unit, when you press Train.\n"
            "Orange: positive. White: zero. Blue: negative."
        )
        self.clear()

    @Slot(object)
    def show_picture(self, picture: WeightsPicture) -> None:
        """Show the weights of a moment; the colours mean what they meant before."""
        self._picture = picture
        n_units = len(picture.w)
        captions = self._class_names if len(self._class_names) == n_units else ()
        self.mosaic.set_tiles(signed_indices(picture.w, self._limit), captions)
        self.set_status(f"epoch {picture.epoch:,} · {n_units:,} {'unit' if n_units == 1 else 'units'}")
        self._show_readout()

    def clear(self) -> None:
        """Show no weights, and say how they will come."""
        self._picture = None
        self.mosaic.clear()
        self.set_status("")
        self._show_readout()

    def readout(self) -> str:
        """Return the line beneath the tiles: what is under the mouse."""
        return self._readout.text()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`; those of the weights stay."""
        super().apply_theme(theme)
        self.mosaic.apply_theme(theme)
        self.bar.apply_theme(theme)

    @Slot(int, int, int)
    def _hover(self, unit: int, row: int, column: int) -> None:
        self._hovered = (unit, row, column)
        self._show_readout()

    def _show_readout(self) -> None:
        unit, row, column = self._hovered
        if self._picture is None:
            self._readout.set_text("")
        elif not 0 <= unit < len(self._picture.w):
            self._readout.set_text(_HINT)
        else:
            w = self._picture.w[unit]
            name = f" ({self._class_names[unit]})" if unit < len(self._class_names) else ""
            low, high, here = (signed_number(float(x), ".2f") for x in (w.min(), w.max(), w[row, column]))
            length = float(np.linalg.norm(w.astype(np.float64)))
            self._readout.set_text(f"unit {unit + 1}{name}: min {low}  max {high}  |w| {length:.2f} · here {here}")
