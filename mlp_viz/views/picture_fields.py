"""How pictures of a folder become images of one size: the fields that ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLayoutItem,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from mlp_core.datasets.picture import CONTRASTS, FITS, INKS, MAX_SIDE, Conversion
from mlp_viz.theme import UNIT

LABEL_WIDTH: Final = 12 * UNIT


class PictureFields(QWidget):
    """Asks for a `Conversion`.

    Parameters
    ----------
    conversion : Conversion
        What is proposed.

    Signals
    -------
    changed()
        Another conversion is chosen.
    """

    changed = Signal()

    def __init__(self, conversion: Conversion, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.width_box = _side_box("width of the images", conversion.width)
        self.height_box = _side_box("height of the images", conversion.height)
        self.fit, self.ink, self.contrast = QComboBox(), QComboBox(), QComboBox()
        fill_choice(self.fit, "fit", FITS, conversion.fit)
        fill_choice(self.ink, "ink", INKS, conversion.ink)
        fill_choice(self.contrast, "contrast", CONTRASTS, conversion.contrast)
        size = QHBoxLayout()
        size.addWidget(self.width_box)
        size.addWidget(QLabel("\N{MULTIPLICATION SIGN}"))
        size.addWidget(self.height_box)
        size.addWidget(QLabel("pixels"))
        size.addStretch(1)
        form = labelled_form(("si&ze", size), ("&fit", self.fit), ("&ink", self.ink), ("&contrast", self.contrast))
        form.setContentsMargins(0, 0, 0, 0)
        self.setLayout(form)
        for box in (self.width_box, self.height_box):
            box.valueChanged.connect(self.changed)
        for combo in (self.fit, self.ink, self.contrast):
            combo.currentIndexChanged.connect(self.changed)

    def conversion(self) -> Conversion:
        """Return what is chosen."""
        return Conversion(
            height=self.height_box.value(),
            width=self.width_box.value(),
            fit=str(self.fit.currentData()),
            ink=str(self.ink.currentData()),
            contrast=str(self.contrast.currentData()),
        )


def _side_box(name: str, value: int) -> QSpinBox:
    box = QSpinBox()
    box.setRange(1, MAX_SIDE)
    box.setValue(value)
    box.setKeyboardTracking(False)  # 1 on the way to 128 would be previewed too
    box.setAccessibleName(name)
    box.setToolTip(f"{name}, 1 to {MAX_SIDE:,} pixels")
    return box


def fill_choice(combo: QComboBox, name: str, choices: Mapping[str, str], chosen: str) -> None:
    """Let `combo` offer the keys of `choices`, each by its meaning, however little room there is."""
    combo.setAccessibleName(name)
    combo.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    for key, meaning in choices.items():
        combo.addItem(meaning, key)
        combo.setItemData(combo.count() - 1, meaning, Qt.ItemDataRole.ToolTipRole)
    combo.setCurrentIndex(combo.findData(chosen))
    combo.view().setTextElideMode(Qt.TextElideMode.ElideNone)
    combo.view().setMinimumWidth(combo.view().sizeHintForColumn(0) + 4 * UNIT)


def labelled_form(*rows: tuple[str, QWidget | QLayout]) -> QFormLayout:
    """Return a form of `rows`; the labels of all such forms are equally wide."""
    form = QFormLayout()
    form.setHorizontalSpacing(2 * UNIT)
    form.setVerticalSpacing(UNIT)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    for name, field in rows:
        add_row(form, name, field)
    return form


def add_row(form: QFormLayout, name: str, field: QWidget | QLayout) -> None:
    """Add `field` to a `labelled_form`; the key after & in its name leads to it."""
    label = QLabel(name)
    label.setMinimumWidth(LABEL_WIDTH)
    first = field if isinstance(field, QWidget) else cast(QLayoutItem, field.itemAt(0)).widget()
    if first is not None:
        label.setBuddy(first)
    form.addRow(label, field)  # type: ignore[call-overload,unused-ignore]
