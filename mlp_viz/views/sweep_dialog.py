"""The dialog that plans a sweep: what is varied, how the settings are chosen, and where they are trained."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from mlp_core.activations import ACTIVATIONS
from mlp_core.errors import MlpError, SweepError
from mlp_core.hyperparameters import BOUNDS, Hyperparameters
from mlp_core.runs.record import DatasetReference
from mlp_core.sweep.axes import BOUNDS_OF, Axis, Range, parse_axis
from mlp_core.sweep.halving import Halving
from mlp_core.sweep.plan import MAX_RUNS, MAX_SEEDS, METHODS, SweepPlan
from mlp_core.sweep.workers import MOST_LOCAL, default_workers
from mlp_viz.run.sweep_runner import WorkersChoice
from mlp_viz.theme import UNIT, Theme
from mlp_viz.views.picture_fields import fill_choice, labelled_form
from mlp_viz.widgets.panel import TEXT_POINTS, set_points

SIZE: Final = QSize(88 * UNIT, 76 * UNIT)
SETTLE_MS: Final = 300  # after the last change, before an estimate is asked for
N_SETTINGS: Final = 20
SEEDS: Final = 5  # with fewer than 4 no difference can be told from luck
SMALL: Final = 5000  # training samples, up to which an epoch takes a few milliseconds
EPOCHS_OF_SMALL: Final = 100
EPOCHS_OF_LARGE: Final = 10

NAMES: Final[Mapping[str, str]] = {
    "eta": "&eta (learning rate)",
    "l2": "&l2 (penalty)",
    "units": "hidden &units",
    "layers": "hidden la&yers",
    "minibatch_size": "mini&batch size",
    "activation": "&activation",
}
FIRST_VARIED: Final = ("eta", "units")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a field of the dialog proposes: values for a grid, and a range for the other methods."""

    values: str
    range: str


def proposals(base: Hyperparameters) -> dict[str, Proposal]:
    """Return for each hyperparameter that can be varied what is proposed around its value in `base`."""
    units = base.n_hidden[0] if base.n_hidden else 100
    around = {
        "eta": (base.eta, (0.4, 1, 2, 4), 20.0),
        "l2": (base.l2 or 0.01, (0, 1, 10), 100.0),
        "units": (units, (0.2, 0.5, 1), 5.0),
        "minibatch_size": (base.minibatch_size, (0.2, 0.5, 1), 5.0),
    }
    proposed = {}
    for field, (value, factors, reach) in around.items():
        bound = BOUNDS_OF[field]
        numbers = [_within(field, value * factor) for factor in factors]
        low, high = _within(field, value / reach), _within(field, value * (reach if field != "minibatch_size" else 1))
        low = max(low, bound.low)
        values = ", ".join(map(_text, dict.fromkeys(numbers)))
        proposed[field] = Proposal(values, f"{_text(low)} .. {_text(high)}" if low < high else values)
    proposed["layers"] = Proposal("1, 2", "1 .. 3")
    names = ", ".join(ACTIVATIONS)
    proposed["activation"] = Proposal(names, names)
    return proposed


def _within(field: str, number: float) -> float:
    """Return a number as its bound allows it, with two digits."""
    bound = BOUNDS_OF[field]
    if number == 0 and bound.zero:
        return 0
    tidy = float(f"{min(max(number, bound.low), bound.high):.2g}")
    return round(tidy) if bound.integer else tidy


def _text(number: float) -> str:
    return f"{number:g}"


class SweepDialog(QDialog):
    """Asks for a `SweepPlan`.

    Parameters
    ----------
    base : Hyperparameters
        The values of all that is not varied.
    dataset : DatasetReference
    n_train : int
        Its training samples.
    theme : Theme

    Signals
    -------
    estimateWanted(SweepPlan, WorkersChoice)
        The plan has been changed, and is a good one: how long would it take?
    startWanted(SweepPlan, WorkersChoice)
        The user wants to begin.
    """

    estimateWanted = Signal(object, object)
    startWanted = Signal(object, object)

    def __init__(
        self,
        base: Hyperparameters,
        dataset: DatasetReference,
        n_train: int,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"Sweep on {dataset.name}")
        self._base = base
        self._dataset = dataset
        self._theme = theme
        self._proposals = proposals(base)
        self._typed: set[str] = set()  # fields that hold the user's own text
        self._n_settings = N_SETTINGS  # of a method that is told how many to try
        self._awaits_estimate = False  # of the plan as it is
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._ask_for_estimate)
        self.varied = {field: QCheckBox(name) for field, name in NAMES.items()}
        self.values = {field: QLineEdit() for field in NAMES}
        self.method = QComboBox()
        self.settings = _box("settings to try", 1, MAX_RUNS, N_SETTINGS, " (combinations of these values)")
        self.seeds = _box(
            "seeds of each setting", 1, MAX_SEEDS, SEEDS, " × each setting, from other random first weights"
        )
        self.epochs = _box("epochs of each run", 1, int(BOUNDS["epochs"].high), _epochs(base, n_train), " in each run")
        self.halving = QCheckBox("end &hopeless settings early (successive halving)")
        self.local = _box("workers", 1, MOST_LOCAL, default_workers(), " (processes on this machine)")
        self.scheduler = QLineEdit()
        self.outcome = QLabel()
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.start_button = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        self._build()
        self._connect()
        self._show_proposals()
        self._on_change()

    def plan(self) -> SweepPlan:
        """Return what is planned.

        Raises
        ------
        MlpError
            If a field holds what cannot be; the message names it.
        """
        chosen = [field for field, box in self.varied.items() if box.isChecked()]
        if not chosen:
            raise SweepError("Nothing is varied yet. Mark one hyperparameter or more.")
        axes: list[Axis | Range] = [parse_axis(f"{field}={self.values[field].text()}") for field in chosen]
        epochs = self.epochs.value()
        return SweepPlan(
            name=" × ".join(_plain(NAMES[field]) for field in chosen),
            base=self._base.replace(epochs=epochs),
            axes=tuple(axes),
            method=str(self.method.currentData()),
            n_settings=self._n_settings,
            n_seeds=self.seeds.value(),
            halving=Halving(math.ceil(epochs / 9)) if self.halving.isChecked() else None,
            dataset=self._dataset,
        )

    def workers(self) -> WorkersChoice:
        """Return where the trials are to be trained."""
        return WorkersChoice(self.local.value(), self.scheduler.text().strip())

    @Slot(str)
    def show_estimate(self, text: str) -> None:
        """Tell how many runs it will be, and about how long they take; of an earlier plan nothing is told."""
        if self._awaits_estimate:
            self._tell(text, self._theme.text)

    @Slot(str)
    def show_estimate_failed(self, message: str) -> None:
        """Tell why it cannot be estimated."""
        if self._awaits_estimate:
            self._tell(message, self._theme.error)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self._theme = theme
        self._on_change()

    def accept(self) -> None:
        """Begin the sweep, if it is a good one."""
        try:
            plan = self.plan()
        except MlpError as error:
            self._tell(str(error), self._theme.error)
            return
        self.startWanted.emit(plan, self.workers())
        super().accept()

    def done(self, result: int) -> None:
        """Close; nothing is asked for any more."""
        self._settle.stop()
        super().done(result)

    def _build(self) -> None:
        set_points(self, TEXT_POINTS)
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * UNIT)
        grid.setVerticalSpacing(UNIT)
        for row, field in enumerate(NAMES):
            box, edit = self.varied[field], self.values[field]
            box.setChecked(field in FIRST_VARIED and (field != "units" or bool(self._base.n_hidden)))
            meaning = BOUNDS_OF[field].meaning if field in BOUNDS_OF else "Activation function of the hidden units."
            box.setToolTip(f"Vary it: {meaning}")
            edit.setAccessibleName(f"values of {_plain(NAMES[field])}")
            edit.setEnabled(box.isChecked())
            grid.addWidget(box, row, 0)
            grid.addWidget(edit, row, 1)
        grid.setColumnStretch(1, 1)
        fill_choice(self.method, "method", METHODS, "grid")
        self.settings.setToolTip("How many settings are tried; a grid tries all there are")
        self.seeds.setToolTip("Each setting is trained so often, from other first weights: what differs then is luck")
        self.epochs.setToolTip("Each run is trained so long, unless it ends early")
        self.halving.setToolTip("At a ninth and at a third of the epochs, only the best third of the settings goes on")
        self.local.setToolTip("Processes on this machine that train at the same time")
        self.scheduler.setPlaceholderText("none: this machine trains. Or a Dask scheduler: tcp://HOST:8786")
        self.scheduler.setAccessibleName("cluster, by the address of its scheduler")
        self.scheduler.setToolTip("Address of a Dask scheduler, whose workers train in place of this machine")
        form = labelled_form(
            ("&method", self.method),
            ("&settings", self.settings),
            ("see&ds", self.seeds),
            ("e&pochs", self.epochs),
            ("", self.halving),
            ("&workers", self.local),
            ("&cluster", self.scheduler),
        )
        self.outcome.setWordWrap(True)
        self.outcome.setTextFormat(Qt.TextFormat.PlainText)
        self.outcome.setAccessibleName("what the sweep comes to")
        self.outcome.setMinimumHeight(5 * self.fontMetrics().height() // 2)
        set_points(self.outcome, TEXT_POINTS + 1)
        self.start_button.setText("&Start the sweep")
        for button in self.buttons.buttons():
            button.setIcon(QIcon())
        first = "a seed drawn anew" if self._base.seed is None else f"seed {self._base.seed}"
        heading = QLabel(f"Vary these; all else, and {first} to begin with, is as in the controls at the left.")
        set_points(heading, TEXT_POINTS)
        page = QVBoxLayout(self)
        page.setContentsMargins(2 * UNIT, 2 * UNIT, 2 * UNIT, 2 * UNIT)
        page.setSpacing(2 * UNIT)
        page.addWidget(heading)
        page.addLayout(grid)
        page.addLayout(form)
        page.addStretch(1)
        page.addWidget(self.outcome)
        page.addWidget(self.buttons)
        self.resize(SIZE)

    def _connect(self) -> None:
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        for field, box in self.varied.items():
            box.toggled.connect(self.values[field].setEnabled)
            box.toggled.connect(self._on_change)
            self.values[field].textEdited.connect(lambda _text, field=field: self._typed.add(field))
            self.values[field].textChanged.connect(self._on_change)
        self.method.currentIndexChanged.connect(self._show_proposals)
        self.method.currentIndexChanged.connect(self._on_change)
        self.settings.valueChanged.connect(self._on_settings)
        for number in (self.seeds, self.epochs, self.local):
            number.valueChanged.connect(self._on_change)
        self.halving.toggled.connect(self._on_change)
        self.scheduler.textChanged.connect(self._on_change)

    @Slot()
    def _show_proposals(self) -> None:
        """Propose values for a grid and ranges for the other methods, where the user has typed nothing."""
        grid = self.method.currentData() == "grid"
        for field, proposal in self._proposals.items():
            edit = self.values[field]
            if field not in self._typed:
                edit.setText(proposal.values if grid else proposal.range)
            form = "values, with commas between" if grid or field == "activation" else "a range, LOW .. HIGH, or values"
            bound = f"\n{BOUNDS_OF[field].text().capitalize()}" if field in BOUNDS_OF else ""
            edit.setToolTip(f"{form.capitalize()}{bound}")
        self.settings.setEnabled(not grid)

    @Slot()
    def _on_change(self) -> None:
        self._awaits_estimate = False
        self.local.setEnabled(not self.scheduler.text().strip())
        try:
            plan = self.plan()
        except MlpError as error:
            self._settle.stop()
            self.start_button.setEnabled(False)
            self._tell(str(error), self._theme.error)
        else:
            self.start_button.setEnabled(True)
            self._show_settings(plan)
            n = plan.n_runs
            self._tell(f"{n:,} {'run' if n == 1 else 'runs'} …", self._theme.muted)
            self._settle.start()

    @Slot(int)
    def _on_settings(self, n: int) -> None:
        self._n_settings = n
        self._on_change()

    def _show_settings(self, plan: SweepPlan) -> None:
        """Show how many settings a grid has, or how many were asked for."""
        self.settings.blockSignals(True)
        self.settings.setValue(plan.n_settings if plan.method == "grid" else self._n_settings)
        self.settings.blockSignals(False)

    @Slot()
    def _ask_for_estimate(self) -> None:
        self._awaits_estimate = True
        self.estimateWanted.emit(self.plan(), self.workers())

    def _tell(self, text: str, colour: str) -> None:
        self.outcome.setText(text)
        self.outcome.setStyleSheet(f"color: {colour}; font-size: {TEXT_POINTS + 1:g}pt;")


def _box(name: str, low: int, high: int, value: int, meaning: str) -> QSpinBox:
    box = QSpinBox()
    box.setRange(low, high)
    box.setValue(value)
    box.setGroupSeparatorShown(True)
    box.setSuffix(meaning)
    box.setAccessibleName(name)
    return box


def _epochs(base: Hyperparameters, n_train: int) -> int:
    return min(base.epochs, EPOCHS_OF_SMALL if n_train <= SMALL else EPOCHS_OF_LARGE)


def _plain(name: str) -> str:
    return name.replace("&", "").partition(" (")[0]
