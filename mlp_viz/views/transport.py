"""The bar at the top: data set, Train, Pause, Step, Stop, how far the run has come, and which page is shown."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QProgressBar, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from mlp_core.datasets.dataset import Dataset
from mlp_viz.run.news import Progress
from mlp_viz.run.state import Phase
from mlp_viz.theme import UNIT, Theme
from mlp_viz.views.actions import NAMED_DATA
from mlp_viz.widgets.panel import TEXT_POINTS, ElidedLabel, set_points
from mlp_viz.widgets.plain_tip import plain_tip

LONGEST_NAME = 36  # letters; the tooltip has the rest
DATA_MENU = (*NAMED_DATA, "data_file", "data_folder", "prepare")
PAGES = {"see_training": "Training", "see_data": "Data", "see_runs": "Runs", "see_sweeps": "Sweeps"}
BUTTONS = {"train": "Train", "step_minibatch": "Step", "step_epoch": "Epoch", "stop": "Stop"} | PAGES
TRAIN_TEXTS = {Phase.RUNNING: "Pause", Phase.PAUSED: "Resume"}


class TransportView(QWidget):
    """Buttons for the run's actions, and its progress in a bar and in words.

    Parameters
    ----------
    actions : mapping of str to QAction
        By the names in `mlp_viz.views.actions.ENTRIES`.
    """

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self._progress: Progress | None = None
        self.dataset_button = QToolButton()
        self.dataset_button.setText("Data")
        self.dataset_button.setToolTip("Choose the data set")
        self.dataset_button.setAccessibleName("Data set")
        self.dataset_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        set_points(menu, TEXT_POINTS)
        for name in DATA_MENU:
            if name == "data_file":
                menu.addSeparator()
            menu.addAction(actions[name])
        self.dataset_button.setMenu(menu)
        self.buttons = {name: self._button(actions[name], text) for name, text in BUTTONS.items()}
        self.progress = QProgressBar()
        self.progress.setRange(0, 200)  # each new value is painted at once
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Progress of the run")
        self.text = ElidedLabel("")
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.test = QLabel("")
        self.test.setToolTip("Share of the test set that the network classifies rightly")
        self.progress.setFixedHeight(UNIT)
        row = QHBoxLayout()
        row.setSpacing(UNIT)
        row.addWidget(self.dataset_button)
        for name in [name for name in BUTTONS if name not in PAGES]:
            row.addWidget(self.buttons[name])
        row.addStretch(1)
        row.addWidget(self.test)
        row.addSpacing(UNIT)
        pages = QHBoxLayout()
        pages.setSpacing(0)
        for name in PAGES:
            pages.addWidget(self.buttons[name])
        row.addLayout(pages)
        column = QVBoxLayout(self)
        column.setContentsMargins(UNIT, UNIT, UNIT, 0)
        column.setSpacing(UNIT // 2)
        column.addLayout(row)
        told = QHBoxLayout()
        told.setSpacing(2 * UNIT)
        told.addWidget(self.progress, 3)
        told.addWidget(self.text, 2)
        column.addLayout(told)
        for widget in (self.dataset_button, *self.buttons.values()):
            set_points(widget, 12)
        set_points(self.text, 12)
        set_points(self.test, 15, bold=True)
        self.show_phase(Phase.IDLE)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self.setStyleSheet(
            f"QToolButton {{ border: 1px solid {theme.line}; border-radius: 4px; padding: 5px 12px;"
            f" background: {theme.panel}; color: {theme.text}; }}"
            f"QToolButton:disabled {{ color: {theme.muted}; background: {theme.window}; }}"
            f"QToolButton:checked {{ border: 2px solid {theme.accent}; padding: 4px 11px; }}"
            f"QToolButton:hover:enabled, QToolButton:focus {{ border-color: {theme.accent}; }}"
            f"QToolButton#train:enabled {{ background: {theme.accent}; color: {theme.on_accent}; font-weight: bold; }}"
            f"QToolButton::menu-indicator {{ image: none; }}"
            f"QProgressBar {{ border: 1px solid {theme.line}; border-radius: 4px; background: {theme.panel}; }}"
            f"QProgressBar::chunk {{ background: {theme.accent}; border-radius: 3px; }}"
        )

    def show_dataset(self, dataset: Dataset) -> None:
        """Name the data set; its counts and source are in the tooltip."""
        self.dataset_button.setText(f"{shortened(dataset.name)} ▾")
        self.dataset_button.setToolTip(plain_tip(f"{dataset.description()}\nSource: {dataset.source}"))

    def show_phase(self, phase: Phase) -> None:
        """Name the first button after what it does now, and tell the phase."""
        self._phase = phase
        self.show_train_text(phase)
        if self._progress is None:
            self.text.setText(phase.value)
        else:
            self.show_progress(self._progress)

    def show_train_text(self, phase: Phase) -> None:
        """Name the first button after what it does in `phase`."""
        text = TRAIN_TEXTS.get(phase, "Train")
        self._actions["train"].setText(text)
        self.buttons["train"].setText(text)

    def begin_idle(self) -> None:
        """Show that no run has begun on this data set."""
        self._progress = None
        self.progress.setValue(0)
        self.test.setText("")
        self.text.setText(self._phase.value)

    def begin(self, epochs: int) -> None:
        """Show a run that has not told anything yet."""
        self._progress = None
        self.progress.setValue(0)
        self.test.setText("")
        self.text.setText(f"{self._phase.value} · epoch 1/{epochs} · preparing the data")

    def show_progress(self, progress: Progress) -> None:
        """Tell how far the run has come, how fast it goes and how long it will take."""
        self._progress = progress
        self.progress.setValue(round(200 * progress.epochs_done / progress.epochs))
        parts = [self._phase.value, f"epoch {progress.epoch}/{progress.epochs}"]
        if self._phase is Phase.PAUSED:
            parts.append(f"minibatch {progress.done}/{progress.total}")
        else:
            if not self._phase.active:
                parts.append(duration(progress.seconds))
            elif progress.seconds_left is not None:
                parts.append(f"{duration(progress.seconds_left)} left")
            if progress.epochs_a_second:
                parts.append(speed(progress.epochs_a_second))
        self.text.setText(" · ".join(parts))
        self.text.setToolTip(f"minibatch {progress.done} of {progress.total}; {duration(progress.seconds)} trained")

    def show_text(self, text: str) -> None:
        """Tell something else in the place of the progress."""
        self.text.setText(text)

    def show_test_accuracy(self, accuracy: float) -> None:
        """Show the test accuracy, a fraction; nothing where there is no test set."""
        self.test.setText("" if accuracy != accuracy else f"test {accuracy * 100:.2f} %")

    def _button(self, action: QAction, text: str) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(action)
        button.setObjectName(action.objectName())
        button.setText(text)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setMinimumSize(QSize(8 * UNIT, 4 * UNIT))
        action.changed.connect(self._keep_texts)
        return button

    def _keep_texts(self) -> None:
        # A button takes its action's text at every change; here the words are shorter than in the menu.
        for name, text in BUTTONS.items():
            if name != "train" and hasattr(self, "buttons") and self.buttons[name].text() != text:
                self.buttons[name].setText(text)


def shortened(name: str) -> str:
    """Return a data set's name with no more than `LONGEST_NAME` letters: how it was prepared is told in full."""
    what, *notes = name.split(" · ")
    room = max(LONGEST_NAME - sum(len(note) + 3 for note in notes), 8)
    return " · ".join([what if len(what) <= room else what[: room - 1] + "…", *notes])


def duration(seconds: float) -> str:
    """Return a time in words: ``12 s``, ``3 min 20 s``, ``2 h 5 min``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def speed(epochs_a_second: float) -> str:
    """Return a speed in words: ``4.2 epochs/s``, or ``1.3 s/epoch`` where that reads better."""
    if epochs_a_second < 1:
        return f"{1 / epochs_a_second:.1f} s/epoch"
    return f"{epochs_a_second:.1f} epochs/s" if epochs_a_second < 100 else f"{epochs_a_second:.0f} epochs/s"
