"""The dialog before a file or folder is used: what was understood of it, and what is to be made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Signal, Slot
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
from mlp_core.datasets.splits import held_out
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
    theme : Theme

    Signals
    -------
    chosen(DataChoice)
        The user wants to use the data.
    """

    chosen = Signal(object)

    def __init__(self, found: Found, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"Use {name_of(found)}")
        self._found = found
        self._n_train, self._n_test = sizes_of(found)
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
        preparation = Preparation(
            valid_share=None if self.valid.value() == self._usual_valid else self.valid.value() / 100,
            test_share=self.test.value() / 100 if self._n_test is None else 0.0,
            scaling=str(self.scaling.currentData()),
            subset=self.subset.value() if self.only.isChecked() else None,
        )
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

    @property
    def _usual_valid(self) -> float:
        """Per cent that the lecture keeps to validate, as the field shows it."""
        n_train, _, _ = Preparation(valid_share=0.0, test_share=self.test.value() / 100).sizes(
            self._n_train, self._n_test
        )
        return round(100 * held_out(n_train) / max(n_train, 1), 1)

    def _build(self) -> None:
        set_points(self, TEXT_POINTS)
        fill_choice(self.scaling, "scaling", SCALINGS, "lecture")
        total = self._n_train + (self._n_test or 0)
        self.subset.setRange(min(10, total), total)
        self.subset.setValue(min(QUICK, total))
        self.subset.setSingleStep(max(total // 50, 1))
        self.subset.setGroupSeparatorShown(True)
        self.subset.setSuffix(f" of {total:,} samples")
        self.subset.setEnabled(False)
        self.subset.setAccessibleName("samples to use")
        self.only.setToolTip("For a quick look: each class in its share")
        self.test.setValue(100 / 6)
        if self._n_test is not None:
            self.test.setValue(0)
            self.test.setEnabled(False)
            self.test.setToolTip("The data has a test set of its own, which is used as it is.")
        self.valid.setValue(self._usual_valid)
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
        for box in (self.valid, self.test, self.subset):
            box.valueChanged.connect(self._show_outcome)
        if self.pictures:
            self.pictures.changed.connect(self._show_first)

    def _show_understood(self) -> None:
        for name, text in understood(self._found):
            label = QLabel(text) if name == "classes" else ElidedLabel(text)
            label.setTextFormat(Qt.TextFormat.PlainText)  # a name in a file may look like HTML
            label.setWordWrap(name == "classes")
            label.setToolTip(text)
            add_row(self._understood, name, label)

    @Slot()
    def _show_outcome(self) -> None:
        train, valid, test = self.choice().preparation.sizes(self._n_train, self._n_test)
        self.outcome.setText(f"{train:,} to train, {valid:,} to validate, {test:,} to test.")
        enough = train >= 2
        self.buttons.button(QDialogButtonBox.StandardButton.Open).setEnabled(enough)

    @Slot()
    def _show_first(self) -> None:
        if isinstance(self._found, Collection):
            self._on_first(self._found.first_of_each(MOST_SHOWN))
            return
        folder, conversion = self._found, self.choice().conversion
        if conversion is not None:
            self._tasks.cancel()  # the one before shows what is no longer chosen
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


def sizes_of(found: Found) -> tuple[int, int | None]:
    """Return how many images there are outside a test set of its own, and in it; None if there is no such set."""
    if isinstance(found, Collection):
        return len(found.train), None if found.test is None else len(found.test)
    test = found.folders.test
    return sum(map(len, found.folders.train)), None if test is None else sum(map(len, test))


def understood(found: Found) -> tuple[tuple[str, str], ...]:
    """Return in words what was found, line by line: what it is about, and what is so."""
    n_train, n_test = sizes_of(found)
    counts = found.class_counts()
    names = [f"{name} ({n:,})" for name, n in zip(found.class_names[:MOST_NAMED], counts.tolist(), strict=False)]
    more = len(found.class_names) - len(names)
    images = f"{n_train:,}" if n_test is None else f"{n_train:,} to train, {n_test:,} to test"
    lines = [("from", found.source if isinstance(found, Collection) else str(found.path)), ("images", images)]
    if isinstance(found, Collection):
        height, width = found.image_shape
        low, high = found.value_range()
        lines.append(("size", f"{width}\N{MULTIPLICATION SIGN}{height} pixels"))
        lines.append(("values", f"{low:g} to {high:g}"))
    else:
        lines.append(("sizes", _sizes(found)))
    classes = f"{len(found.class_names):,}: {', '.join(names)}{f' and {more:,} more' if more else ''}"
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
    progress("preview", 0.0)  # a newer one may be wanted already
    return folder.preview(conversion, MOST_SHOWN)


def _percent_box(meaning: str) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(0, 90)
    box.setDecimals(1)
    box.setSuffix(" %")
    box.setFixedWidth(14 * UNIT)
    box.setToolTip(meaning)
    box.setAccessibleName(meaning)
    return box
