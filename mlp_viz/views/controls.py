"""The hyperparameters of the next run, to be chosen by slider or by typing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from mlp_core.activations import ACTIVATIONS
from mlp_core.errors import HyperparameterError
from mlp_core.hyperparameters import BOUNDS, MAX_HIDDEN_LAYERS, PRECISIONS, Hyperparameters
from mlp_viz.theme import LIGHT, UNIT, Theme
from mlp_viz.widgets.log_slider import CheckedEdit, NumberBox, NumberSlider
from mlp_viz.widgets.panel import TEXT_POINTS, set_points

WIDTH: Final = 34 * UNIT
LOCKED: Final = "Locked while a run goes on: Stop to change."
NO_LAYER: Final = "none"
NO_LAYER_REASON: Final = (
    "The network has no hidden layer. To add one, type its number of units under more, hidden layers."
)
LAYERS_MEANING: Final = (
    "Units in each hidden layer, first layer first.\n"
    f"Numbers with commas between, as 100 or 100, 50, at most {MAX_HIDDEN_LAYERS} of them; or none."
)
CHOICE_MEANING: Final = {
    "activation": "Activation function of the hidden units.",
    "precision": "float64 gives the lecture's figures to the digit; float32 takes about half the time.",
    "shuffle": "Draw the order of the samples anew in each epoch.",
}
UPDATES: Final = 20  # an epoch, about, where a minibatch size has to be proposed
SEED_EMPTY: Final = "new each run"


def parse_layers(value: str | Sequence[int]) -> tuple[int, ...]:
    """Return the hidden layers that ``100``, ``100, 50`` or ``none`` stands for.

    Raises
    ------
    HyperparameterError
        If a part is no allowed number of units, or there are too many.
    """
    if not isinstance(value, str):
        return Hyperparameters(n_hidden=tuple(value)).n_hidden
    text = value.strip().lower()
    if text in ("", NO_LAYER, "0"):
        return ()
    parts: Any = [part.strip() for part in text.strip("()[]").rstrip(", ").split(",")]
    return Hyperparameters(n_hidden=tuple(parts)).n_hidden


def layers_text(layers: Sequence[int]) -> str:
    """Return the text for which `parse_layers` gives `layers`."""
    return ", ".join(str(units) for units in layers) or NO_LAYER


class ControlsView(QWidget):
    """Every hyperparameter with its range: three sliders, and the rest under "more".

    The hidden units slider is the first hidden layer; the line "hidden layers" under "more" shows all.

    Signals
    -------
    changed(object)
        The new `Hyperparameters`, whenever an allowed value has changed and no field is in error.
    """

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_points(self, TEXT_POINTS)
        lecture = Hyperparameters()
        self._last = lecture
        self._setting = False
        self._lock_reason: str | None = None
        self._proposal: tuple[int, int] | None = None  # a minibatch size, and the user's own that was too large
        self._theme = LIGHT
        self._tips: dict[QWidget, str] = {}

        self.eta = NumberSlider("eta", "&eta (learning rate)", BOUNDS["eta"], lecture.eta)
        self.l2 = NumberSlider("l2", "&l2 (penalty)", BOUNDS["l2"], lecture.l2)
        self.units = NumberSlider("n_hidden", "hidden &units", BOUNDS["n_hidden"], lecture.n_hidden[0])
        self.layers = CheckedEdit(lecture.n_hidden, parse_layers, layers_text, LAYERS_MEANING)
        self.epochs = NumberBox("epochs", BOUNDS["epochs"], lecture.epochs)
        self.minibatch_size = NumberBox("minibatch_size", BOUNDS["minibatch_size"], lecture.minibatch_size)
        self.seed = NumberBox("seed", BOUNDS["seed"], lecture.seed, optional=True)
        self.seed.setPlaceholderText(SEED_EMPTY)
        self.activation = self._choice("activation", tuple(ACTIVATIONS))
        self.precision = self._choice("precision", PRECISIONS)
        self.shuffle = QCheckBox("shu&ffle")
        self._tip(self.shuffle, CHOICE_MEANING["shuffle"])
        self.lecture_button = QPushButton("Lecture's &values")
        self._tip(self.lecture_button, "Set every hyperparameter to the lecture's value.")
        self.more = QToolButton()
        self.more.setText("&more")
        self.more.setCheckable(True)
        self.more.setAutoRaise(True)
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._tip(self.more, "Layers, epochs, minibatch size, seed, activation, precision.")
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setAccessibleName("note on the hyperparameters")

        self._edits: tuple[CheckedEdit, ...] = (self.layers, self.epochs, self.minibatch_size, self.seed)
        self._sliders = (self.eta, self.l2, self.units)
        self._typed: tuple[NumberSlider | CheckedEdit, ...] = (*self._sliders, *self._edits)
        self._fields = QWidget()
        self._more_box = self._build_more()
        self._build()
        self.set_hyperparameters(lecture)
        self._connect()
        self._show_more(False)
        self.apply_theme(LIGHT)

    def hyperparameters(self) -> Hyperparameters:
        """Return what is chosen, taking first what is typed but not yet entered.

        Raises
        ------
        HyperparameterError
            If the text of a field is not allowed; the field shows it.
        """
        for field in self._typed:
            field.commit()
        self._raise_error()
        return self._collect()

    def set_hyperparameters(self, hyperparameters: Hyperparameters) -> None:
        """Show `hyperparameters` in every field."""
        self._setting = True
        try:
            self.eta.setValue(hyperparameters.eta)
            self.l2.setValue(hyperparameters.l2)
            self.layers.setValue(hyperparameters.n_hidden)
            self.units.setValue(hyperparameters.n_hidden[0] if hyperparameters.n_hidden else self.units.value())
            self.epochs.setValue(hyperparameters.epochs)
            self.minibatch_size.setValue(hyperparameters.minibatch_size)
            self.seed.setValue(hyperparameters.seed)
            self.shuffle.setChecked(hyperparameters.shuffle)
            self.activation.setCurrentText(hyperparameters.activation)
            self.precision.setCurrentText(hyperparameters.precision)
        finally:
            self._setting = False
        self._on_change()

    def fit_samples(self, n: int) -> str:
        """Propose a minibatch that `n` samples fill, and bring the user's own back where they fill it again.

        Parameters
        ----------
        n : int
            Samples to train on.

        Returns
        -------
        str
            What was changed, in words for the user; empty if nothing was.
        """
        size: int = self.minibatch_size.value()
        own = self._proposal[1] if self._proposal is not None and size == self._proposal[0] else size
        proposed = own if own <= n else max(1, n // UPDATES)
        self._proposal = None if proposed == own else (proposed, own)
        if proposed == size:
            return ""
        self.minibatch_size.setValue(proposed)
        if proposed == own:
            return f"The minibatch size is {own:,} again."
        return f"There are only {n:,} samples to train on: the minibatch size is {proposed:,} now, instead of {own:,}."

    def remembered(self) -> Hyperparameters:
        """Return what is chosen, with the user's own minibatch size in place of a proposed one.

        Raises
        ------
        HyperparameterError
            As from `hyperparameters`.
        """
        chosen = self.hyperparameters()
        if self._proposal is not None and chosen.minibatch_size == self._proposal[0]:
            return chosen.replace(minibatch_size=self._proposal[1])
        return chosen

    def set_locked(self, reason: str | None) -> None:
        """Disable every field, with `reason` in each tooltip; None unlocks them."""
        self._lock_reason = reason
        self._fields.setEnabled(reason is None)
        for field in self._typed:
            field.set_locked(reason)
        for widget, tip in self._tips.items():
            widget.setToolTip("\n".join(line for line in (reason, tip) if line))
        self.setToolTip(reason or "")
        self._follow_layers()
        self._show_note()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of errors and notes from `theme`."""
        self._theme = theme
        for field in self._typed:
            field.apply_theme(theme)
        self._show_note()

    def sizeHint(self) -> QSize:
        """Return the width of a side column, and the height of what is shown."""
        note = 3 * self.fontMetrics().height()
        return QSize(WIDTH, self._fields.sizeHint().height() + note + 3 * UNIT)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the mouse wheel from changing a choice that has not the focus."""
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QComboBox) and not watched.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def _choice(self, field: str, names: Sequence[str]) -> QComboBox:
        combo = QComboBox()
        combo.addItems(list(names))
        combo.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        combo.installEventFilter(self)
        self._tip(combo, CHOICE_MEANING[field])
        return combo

    def _tip(self, widget: QWidget, text: str) -> None:
        self._tips[widget] = text
        widget.setToolTip(text)

    def _build_more(self) -> QWidget:
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(UNIT)
        grid.setVerticalSpacing(UNIT // 2)
        grid.setColumnStretch(0, 1)
        rows: tuple[tuple[str, QWidget], ...] = (
            ("hidden la&yers", self.layers),
            ("e&pochs", self.epochs),
            ("mini&batch size", self.minibatch_size),
            ("see&d", self.seed),
            ("&activation", self.activation),
            ("p&recision", self.precision),
        )
        for row, (text, widget) in enumerate(rows):
            label = QLabel(text)
            label.setBuddy(widget)
            self._tip(label, widget.toolTip())
            widget.setAccessibleName(text.replace("&", ""))
            widget.setFixedWidth(14 * UNIT)
            grid.addWidget(label, row, 0)
            grid.addWidget(widget, row, 1)
        grid.addWidget(self.shuffle, len(rows), 0, 1, 2)
        return box

    def _build(self) -> None:
        fields = QVBoxLayout(self._fields)
        fields.setContentsMargins(0, 0, 0, 0)
        fields.setSpacing(UNIT)
        for slider in self._sliders:
            fields.addWidget(slider)
        fields.addWidget(self.more)
        fields.addWidget(self._more_box)
        fields.addWidget(self.lecture_button)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(UNIT, UNIT, UNIT, 0)
        column.setSpacing(UNIT)
        column.addWidget(self._fields)
        column.addWidget(self.note)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(content)
        content.setAutoFillBackground(False)
        scroll.viewport().setAutoFillBackground(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)
        self.setMinimumWidth(31 * UNIT)

    def _connect(self) -> None:
        self.eta.valueChanged.connect(self._on_change)
        self.l2.valueChanged.connect(self._on_change)
        self.units.valueChanged.connect(self._on_units)
        self.layers.valueChanged.connect(self._on_change)
        for edit in self._edits[1:]:
            edit.valueChanged.connect(self._on_change)
        for field in self._typed:
            field.invalid.connect(self._on_invalid)
        self.activation.currentIndexChanged.connect(self._on_change)
        self.precision.currentIndexChanged.connect(self._on_change)
        self.shuffle.toggled.connect(self._on_change)
        self.more.toggled.connect(self._show_more)
        self.lecture_button.clicked.connect(self._on_lecture)

    def _on_units(self, units: object) -> None:
        """Make the slider's value the first hidden layer."""
        layers: tuple[int, ...] = self.layers.value()
        if layers and layers[0] != units:
            self.layers.setValue((units, *layers[1:]))

    def _on_invalid(self, _error: str) -> None:
        self._show_note()
        self._on_change()

    def _on_lecture(self) -> None:
        self.set_hyperparameters(Hyperparameters())

    def _on_change(self, _value: object = None) -> None:
        if self._setting:
            return
        self._follow_layers()
        if self._first_error():
            return
        chosen = self._collect()
        if chosen != self._last:
            self._last = chosen
            self.changed.emit(chosen)

    def _follow_layers(self) -> None:
        """Show the first hidden layer in its slider, or lock the slider where there is none."""
        layers: tuple[int, ...] = self.layers.value()
        self.units.setEnabled(bool(layers))
        self.units.set_locked(self._lock_reason or (None if layers else NO_LAYER_REASON))
        if not layers:
            self.units.setValue(self.units.value())  # what was typed there does not count any more
        elif self.units.value() != layers[0]:
            self.units.setValue(layers[0])

    def _collect(self) -> Hyperparameters:
        return Hyperparameters(
            n_hidden=self.layers.value(),
            eta=float(self.eta.value()),
            l2=float(self.l2.value()),
            epochs=self.epochs.value(),
            minibatch_size=self.minibatch_size.value(),
            seed=self.seed.value(),
            shuffle=self.shuffle.isChecked(),
            activation=self.activation.currentText(),
            precision=self.precision.currentText(),
        )

    def _first_error(self) -> str:
        return next((field.error() for field in self._typed if field.error()), "")

    def _raise_error(self) -> None:
        error = self._first_error()
        if error:
            field, _, message = error.partition(": ")
            raise HyperparameterError(field, message)

    def _show_more(self, shown: bool) -> None:
        self.more.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)
        self._more_box.setVisible(shown)
        self.updateGeometry()

    def _show_note(self) -> None:
        error = self._first_error()
        colour = self._theme.error if error else self._theme.muted
        self.note.setStyleSheet(f"color: {colour}; font-size: {TEXT_POINTS:g}pt;")
        self.note.setText(error or (LOCKED if self._lock_reason else ""))
