"""The dialog before a file or folder is used: what was understood of it, and what is to be made of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from mlp_core.datasets.collection import Collection
from mlp_core.datasets.image_folder import ImageFolder
from mlp_core.datasets.picture import Conversion
from mlp_core.datasets.preparation import Preparation
from mlp_core.datasets.scaling import SCALINGS
from mlp_core.progress import Progress
from mlp_viz.run.background import Tasks
from mlp_viz.theme import UNIT, Theme
from mlp_viz.views.picture_fields import PictureFields, add_row, fill_choice, labelled_form
from mlp_viz.widgets.colour_scale import grey_lut
from mlp_viz.widgets.mosaic import Mosaic
from mlp_viz.widgets.panel import TEXT_POINTS, ElidedLabel, Panel, set_points

Found = Collection | ImageFolder

MOST_SHOWN: Final = 20  # classes whose first image is shown
MOST_NAMED: Final = 12  # classes that are named in a line
QUICK: Final = 6000  # samples for a quick look
SIZE: Final = QSize(140 * UNIT, 72 * UNIT)


@dataclass(frozen=True, slots=True)
class DataChoice:
    """What the user wants to be made of what was found.

    Attributes
    ----------
    preparation : Preparation
    conversion : Conversion or None
        How pictures become images of one size; None where they are that already.
    """

    preparation: Preparation
    conversion: Conversion | None


class DataDialog(QDialog):
    """Shows what was found, and asks how it is to be split, scaled and cut down.

    Parameters
    ----------
    found : Collection or ImageFolder
    preparation : Preparation
        What is proposed.
    theme : Theme

    Signals
    -------
    chosen(DataChoice)
        The user wants to use the data.
    """

    chosen = Signal(object)

    def __init__(self, found: Found, preparation: Preparation, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"Use {name_of(found)}")
        self._found = found
        self._preparation = preparation
        self._sizes = sizes_of(found)
        self._edited: set[QDoubleSpinBox] = set()  # shares that are no longer the proposed ones
        self._tasks = Tasks(self)
        self._understood = labelled_form()
        self.valid = _percent_box("Part of the training images that is kept to validate")
        self.test = _percent_box("Part of all images that is kept to test")
        self.scaling = QComboBox()
        self.only = QCheckBox("&Only")
        self.subset = QSpinBox()
        self.outcome = QLabel()
        self.outcome.setWordWrap(True)
        self.pictures = PictureFields(found.suggested()) if isinstance(found, ImageFolder) else None
        self.first = Panel("First of each class")
        self.mosaic = Mosaic()
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel)
        self._build()
        self._connect()
        self._show_understood()
        self._show_outcome()
        self._show_first()
        self.apply_theme(theme)

    def choice(self) -> DataChoice:
        """Return what is chosen in the fields."""
        preparation = replace(
            self._preparation,
            scaling=str(self.scaling.currentData()),
            subset=self.subset.value() if self.only.isChecked() else None,
        )
        if self.valid in self._edited:
            preparation = replace(preparation, valid_share=self.valid.value() / 100)
        if self.test in self._edited:
            preparation = replace(preparation, test_share=self.test.value() / 100)
        return DataChoice(preparation, self.pictures.conversion() if self.pictures else None)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self.first.apply_theme(theme)
        self.mosaic.apply_theme(theme)
        self.outcome.setStyleSheet(f"color: {theme.accent};")

    def done(self, result: int) -> None:
        """Close, when no preview is being made any more."""
        self._tasks.shutdown()
        super().done(result)

    def _build(self) -> None:
        set_points(self, TEXT_POINTS)
        fill_choice(self.scaling, "scaling", SCALINGS, self._preparation.scaling)
        total = sum(n for n in self._sizes if n is not None)
        self.subset.setRange(min(10, total), total)
        self.subset.setValue(min(self._preparation.subset or QUICK, total))
        self.only.setChecked(self._preparation.subset is not None)
        self.subset.setSingleStep(max(total // 50, 1))
        self.subset.setGroupSeparatorShown(True)
        self.subset.setSuffix(f" of {total:,} samples")
        self.subset.setEnabled(self.only.isChecked())
        self.subset.setAccessibleName("samples to use")
        self.only.setToolTip("For a quick look: each class in its share")
        for box, n, name in ((self.valid, self._sizes[1], "validation"), (self.test, self._sizes[2], "test")):
            if n is not None:
                box.setEnabled(False)
                box.setToolTip(f"The data has a {name} set of its own, which is used as it is.")
        quick = QHBoxLayout()
        quick.addWidget(self.only)
        quick.addWidget(self.subset, 1)
        fields = labelled_form(
            ("to &validate", self.valid), ("to &test", self.test), ("&scaling", self.scaling), ("quick look", quick)
        )
        left = QVBoxLayout()
        left.setSpacing(2 * UNIT)
        left.setContentsMargins(0, 0, UNIT, 0)
        left.addLayout(self._understood)
        if self.pictures:
            left.addWidget(self.pictures)
        left.addLayout(fields)
        left.addWidget(self.outcome)
        left.addStretch(1)
        column = QWidget()
        column.setLayout(left)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(column)
        self.mosaic.set_lut(grey_lut())
        self.mosaic.set_placeholder("The first image of each class appears here.")
        self.first.body.addWidget(self.mosaic, 1)
        row = QHBoxLayout()
        row.setSpacing(2 * UNIT)
        row.addWidget(area, 6)
        row.addWidget(self.first, 5)
        page = QVBoxLayout(self)
        page.setContentsMargins(2 * UNIT, 2 * UNIT, 2 * UNIT, 2 * UNIT)
        page.addLayout(row, 1)
        page.addWidget(self.buttons)
        self.buttons.button(QDialogButtonBox.StandardButton.Open).setText("&Use it")
        self.buttons.button(QDialogButtonBox.StandardButton.Open).setDefault(True)
        self.resize(SIZE)

    def _connect(self) -> None:
        self.buttons.accepted.connect(self._on_accepted)
        self.buttons.rejected.connect(self.reject)
        self.only.toggled.connect(self.subset.setEnabled)
        self.only.toggled.connect(self._show_outcome)
        for box in (self.valid, self.test):
            box.valueChanged.connect(partial(self._on_share, box))
        self.subset.valueChanged.connect(self._show_outcome)
        if self.pictures:
            self.pictures.changed.connect(self._show_first)

    def _show_understood(self) -> None:
        for name, text in understood(self._found):
            long = name in ("classes", "remarks")
            label = QLabel(text) if long else ElidedLabel(text)
            label.setTextFormat(Qt.TextFormat.PlainText)  # a name in a file may look like HTML
            label.setWordWrap(long)
            add_row(self._understood, name, label)

    def _on_share(self, box: QDoubleSpinBox, _value: float) -> None:
        self._edited.add(box)
        self._show_outcome()

    @Slot()
    def _show_outcome(self) -> None:
        preparation = self.choice().preparation
        train, valid, test = preparation.sizes(*self._sizes)
        self.outcome.setText(f"{train:,} to train, {valid:,} to validate, {test:,} to test.")
        self.buttons.button(QDialogButtonBox.StandardButton.Open).setEnabled(train >= 2)
        train, valid, test = replace(preparation, subset=None).sizes(*self._sizes)
        for box, part, whole in ((self.valid, valid, train + valid), (self.test, test, train + valid + test)):
            if box not in self._edited:  # it says what is proposed
                with QSignalBlocker(box):
                    box.setValue(100 * part / max(whole, 1))

    @Slot()
    def _show_first(self) -> None:
        if isinstance(self._found, Collection):
            self._on_first(self._found.first_of_each(MOST_SHOWN))
            return
        folder, conversion = self._found, self.choice().conversion
        if conversion is not None:
            self._tasks.cancel_all()  # those before show what is no longer chosen
            self._tasks.add(
                "Preview",
                lambda progress: _preview(folder, conversion, progress),
                self._on_first,
                self._on_preview_failed,
            )

    @Slot(object)
    def _on_first(self, first: tuple[NDArray[np.uint8], tuple[str, ...]]) -> None:
        tiles, names = first
        self.mosaic.set_tiles(tiles, names)
        n_classes = len(self._found.class_names)
        self.first.set_status("" if n_classes <= len(names) else f"{len(names)} of {n_classes:,}")

    @Slot(str)
    def _on_preview_failed(self, message: str) -> None:
        self.mosaic.clear()
        self.mosaic.set_placeholder(message)

    @Slot()
    def _on_accepted(self) -> None:
        self.chosen.emit(self.choice())
        self.accept()


def name_of(found: Found) -> str:
    """Return what the user calls it: the name of the file or folder, or of the data set."""
    return found.name if isinstance(found, Collection) else found.path.name


def sizes_of(found: Found) -> tuple[int, int | None, int | None]:
    """Return how many images there are to train, to validate, to test; None for a split that is yet to be made."""
    return found.sizes if isinstance(found, Collection) else found.split_sizes


def understood(found: Found) -> tuple[tuple[str, str], ...]:
    """Return in words what was found, line by line: what it is about, and what is so."""
    kinds = ("train", "validate", "test")
    sizes = [f"{n:,} to {kind}" for n, kind in zip(sizes_of(found), kinds, strict=True) if n is not None]
    counts = found.class_counts()
    names = [f"{name} ({n:,})" for name, n in zip(found.class_names[:MOST_NAMED], counts.tolist(), strict=False)]
    more = len(found.class_names) - len(names)
    images = ", ".join(sizes) if len(sizes) > 1 else f"{len(found):,}"
    lines = [("from", found.source if isinstance(found, Collection) else str(found.path)), ("images", images)]
    if isinstance(found, Collection):
        height, width = found.image_shape
        low, high = found.value_range()
        lines.append(("size", f"{width}\N{MULTIPLICATION SIGN}{height} pixels"))
        lines.append(("values", f"{low:g} to {high:g}"))
    else:
        lines.append(("sizes", _sizes(found)))
    classes = f"{len(found.class_names):,}: {', '.join(names)}{f' and {more:,} more' if more else ''}"
    if isinstance(found, Collection) and found.remarks:
        lines.append(("remarks", found.remarks))
    return (*lines, ("classes", classes))


def _sizes(folder: ImageFolder) -> str:
    if not folder.sizes:
        return "no picture could be read"
    ((height, width), _), *others = folder.sizes
    rest = f", {len(others):,} other sizes too" if len(others) > 1 else ", another size too" if others else ""
    return f"{width}\N{MULTIPLICATION SIGN}{height} pixels{rest}"


def _preview(
    folder: ImageFolder, conversion: Conversion, progress: Progress
) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    return folder.preview(conversion, MOST_SHOWN, progress)


def _percent_box(meaning: str) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(0, 90)
    box.setDecimals(1)
    box.setSuffix(" %")
    box.setFixedWidth(14 * UNIT)
    box.setToolTip(meaning)
    box.setAccessibleName(meaning)
    return box
