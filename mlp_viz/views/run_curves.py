"""The curves of many runs in one plot: each in the look of its chip, its values beside them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from PySide6.QtCore import QEvent, QObject, QPointF, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QSlider, QStackedWidget, QToolButton, QWidget

from mlp_core.runs.record import RunRecord, Status
from mlp_core.snapshot import EpochStats
from mlp_viz.theme import LIGHT, UNIT, Theme
from mlp_viz.views.curve_plot import X_MARGIN
from mlp_viz.views.curve_shaping import robust_range
from mlp_viz.views.quantity import COST, QUANTITIES, Quantity
from mlp_viz.views.run_curve import RunCurve
from mlp_viz.views.run_legend import RunLegend
from mlp_viz.views.run_style import RunStyle
from mlp_viz.widgets.chart import Chart, Frame
from mlp_viz.widgets.elided_combo_box import ElidedComboBox
from mlp_viz.widgets.panel import TEXT_POINTS, TITLE_POINTS, Panel, set_points
from mlp_viz.widgets.ticks import (
    Ticks,
    epoch_ticks,
    epochs_shown,
    linear_ticks,
    linear_view,
    log_view,
    nice_step,
    percent_view,
)

NEAR: Final = 3 * UNIT  # pixels between the mouse and a curve that is pointed at
LEGEND_SHARE: Final = 0.4  # of the panel's width
LEGEND_WIDTHS: Final = (22 * UNIT, 40 * UNIT)
AXIS_WIDTH: Final = 15 * UNIT  # pixels beside the curves and the legend
TICK_WIDTH: Final = 6 * UNIT  # pixels for the text of a tick at the x axis
MOST_TICKS: Final = 5
SMOOTHEST: Final = 0.99
PLACEHOLDER: Final = "Select runs in the table: their curves are drawn here."
NOTHING_YET: Final = "The selected runs have no such values yet: the first appear when an epoch has ended."


class RunCurves(Panel):
    """Overlays the curves of many runs, over epochs or seconds.

    Values are always those that were measured, smoothed or not. The axis covers what most points of most runs need;
    an arrow at its end, in the run's look, stands for what is cut off.

    Parameters
    ----------
    quantity : Quantity
        What is drawn at first.

    Attributes
    ----------
    plot : Chart
    legend : RunLegend
        Where the values are read.
    quantity_box, axis_box, log_button, smoothing_slider
        The controls.

    Signals
    -------
    runChosen(int)
        The user wants to see a run: a click at its curve, a double click or Enter in the legend.
    pointed(float or None)
        The user has moved the line to another place on the x axis; None when it is gone.
    quantityChanged(str)
        Another quantity is drawn, by its key.
    axisChanged(bool)
        The x axis shows seconds, or else epochs.
    """

    runChosen = Signal(int)
    pointed = Signal(object)
    quantityChanged = Signal(str)
    axisChanged = Signal(bool)

    def __init__(self, quantity: Quantity = COST, parent: QWidget | None = None) -> None:
        super().__init__(quantity.name, parent)
        self._quantity = quantity
        self._seconds = False
        self._log = False
        self._smoothing = 0.0
        self._runs: dict[int, RunCurve] = {}
        self._planned: tuple[int, ...] = ()
        self._x: float | None = None  # where the line stands
        self._marked: int | None = None
        self._view = (0.0, 1.0)  # ends of the y axis

        self.plot = Chart("epoch", quantity.label)
        self.plot.setAccessibleName(f"{quantity.name} of the selected runs")
        self.plot.setAccessibleDescription(
            "Left and Right move the line that reads the values, with Shift by ten epochs; Esc hides it"
        )
        self.legend = RunLegend()
        self._placeholder = QLabel(PLACEHOLDER)
        self._placeholder.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._placeholder.setWordWrap(True)
        drawn = QWidget()
        row = QHBoxLayout(drawn)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(UNIT // 2)
        row.addWidget(self.plot, 1)
        row.addWidget(self.legend)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._placeholder)
        self._pages.addWidget(drawn)
        self._build_controls()
        self.body.addWidget(self._pages, 1)
        self.apply_theme(LIGHT)
        self.plot.installEventFilter(self)
        self.plot.viewport().installEventFilter(self)
        self.legend.pointed.connect(self._mark)
        self.legend.chosen.connect(self.runChosen)

    @property
    def quantity(self) -> Quantity:
        """What is drawn."""
        return self._quantity

    @property
    def seconds(self) -> bool:
        """Whether the x axis shows seconds of training, or else epochs."""
        return self._seconds

    @property
    def log(self) -> bool:
        """Whether the y axis is logarithmic, for quantities that allow it."""
        return self._log

    @property
    def smoothing(self) -> float:
        """Weight of what came before, 0 to `SMOOTHEST`; see `smoothed`."""
        return self._smoothing

    @property
    def ids(self) -> tuple[int, ...]:
        """The runs that are shown."""
        return tuple(self._runs)

    def show_runs(
        self,
        records: Sequence[RunRecord],
        histories: Mapping[int, Sequence[EpochStats]],
        styles: Mapping[int, RunStyle],
    ) -> None:
        """Show these runs instead of those before.

        Parameters
        ----------
        records : sequence of RunRecord
            In the order of the legend.
        histories : mapping of int to sequence of EpochStats
            By run; one that is missing has no epoch yet, and can be extended later.
        styles : mapping of int to RunStyle
            By run.
        """
        for run in self._runs.values():
            run.remove_from(self.plot)
        self._runs = {
            record.id: RunCurve(record, styles[record.id], histories.get(record.id, ()), self.plot)
            for record in records
        }
        self._planned = tuple(record.hyperparameters.epochs for record in records)
        self.legend.show_runs(records, styles)
        self._marked = None
        self._set_pens()
        self._redraw()

    def extend(self, run_id: int, stats: Sequence[EpochStats]) -> None:
        """Add epochs to a run; nothing happens if it is not shown."""
        run = self._runs.get(run_id)
        if run is None or not stats:
            return
        run.extend(stats)
        run.measure(self._quantity, self._seconds, self._log)
        self._fit(changed=[run])

    def clear(self) -> None:
        """Show no run."""
        self.show_runs((), {}, {})

    def set_quantity(self, key: str) -> None:
        """Draw another quantity: one of `QUANTITIES`."""
        if key == self._quantity.key:
            return
        self._quantity = QUANTITIES[key]
        with QSignalBlocker(self.quantity_box):
            self.quantity_box.setCurrentIndex(self.quantity_box.findData(key))
        self.set_title(self._quantity.name)
        self.plot.setAccessibleName(f"{self._quantity.name} of the selected runs")
        self._set_labels()
        self._redraw()
        self.quantityChanged.emit(key)

    @Slot(bool)
    def set_seconds(self, seconds: bool) -> None:
        """Draw over seconds of training, or over epochs."""
        if seconds == self._seconds:
            return
        self._seconds = seconds
        self._x = None
        with QSignalBlocker(self.axis_box):
            self.axis_box.setCurrentIndex(int(seconds))
        self._set_labels()
        self._redraw()
        self.axisChanged.emit(seconds)

    @Slot(bool)
    def set_log(self, log: bool) -> None:
        """Make the y axis logarithmic or linear."""
        if log != self._log:
            self._log = log
            self.log_button.setChecked(log)
            self._redraw()

    def set_smoothing(self, weight: float) -> None:
        """Smooth the curves, and draw what was measured pale behind them; 0 does not."""
        weight = min(max(weight, 0.0), SMOOTHEST)
        if weight != self._smoothing:
            self._smoothing = weight
            with QSignalBlocker(self.smoothing_slider):
                self.smoothing_slider.setValue(round(100 * weight))
            self._tell_smoothing()
            self._fit(changed=self._runs.values())

    @Slot(object)
    def point_at(self, x: float | None) -> None:
        """Stand the line at `x` epochs or seconds, and read the values there; None takes it away."""
        last = self._last_x()
        if x is not None and last is not None:
            x = min(max(x, 0.0), last) if self._seconds else float(round(min(max(x, 1.0), last)))
        else:
            x = None
        if x != self._x:
            self._x = x
            self._show_values()

    def link(self, other: RunCurves) -> None:
        """Let this panel and the `other` share their x axis, and the line that reads the values."""
        for one, two in ((self, other), (other, self)):
            one.axisChanged.connect(two.set_seconds)
            one.pointed.connect(two.point_at)

    def apply_theme(self, theme: Theme) -> None:
        """Take all colours from `theme`."""
        super().apply_theme(theme)
        self.plot.apply_theme(theme)
        self.legend.apply_theme(theme)
        self._placeholder.setStyleSheet(f"color: {theme.muted}; font-size: {TEXT_POINTS:g}pt;")
        self._set_pens()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the mouse and the arrow keys with the line."""
        if isinstance(event, QMouseEvent) and watched is self.plot.viewport():
            if event.type() == QEvent.Type.MouseMove:
                self._follow(event.position())
            elif event.type() == QEvent.Type.MouseButtonRelease and event.button() == Qt.MouseButton.LeftButton:
                self._follow(event.position())
                if self._marked is not None:
                    self.runChosen.emit(self._marked)
        elif event.type() == QEvent.Type.Leave and watched is self.plot.viewport():
            self._mark(None)
            self._move_line(None)
        elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and watched is self.plot:
            return self._step_line(event)
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the legend its share of the width."""
        super().resizeEvent(event)
        least, most = LEGEND_WIDTHS
        self.legend.setFixedWidth(min(max(round(LEGEND_SHARE * self.width()), least), most))
        self._fit(changed=())

    def _build_controls(self) -> None:
        self.quantity_box = ElidedComboBox()
        for each in QUANTITIES.values():
            self.quantity_box.addItem(each.name, each.key)
        self.quantity_box.setCurrentIndex(self.quantity_box.findData(self._quantity.key))
        self.quantity_box.setAccessibleName("quantity")
        self.quantity_box.setToolTip("What is drawn of each run")
        set_points(self.quantity_box, TITLE_POINTS, bold=True)
        self.axis_box = ElidedComboBox()
        self.axis_box.addItems(["epochs", "seconds"])
        self.axis_box.setAccessibleName("x axis")
        self.axis_box.setToolTip("Epochs tell who learns most from the same data, seconds who learns fastest")
        self.log_button = QToolButton()
        self.log_button.setText("log")
        self.log_button.setCheckable(True)
        self.log_button.setAccessibleName("logarithmic axis")
        smooth = QLabel("smooth")
        self.smoothing_slider = QSlider(Qt.Orientation.Horizontal)
        self.smoothing_slider.setRange(0, round(100 * SMOOTHEST))
        self.smoothing_slider.setAccessibleName("smoothing")
        self.smoothing_slider.setFixedWidth(8 * UNIT)
        self._tell_smoothing()
        self.quantity_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.quantity_box.setMinimumContentsLength(6)
        self.quantity_box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        texts: tuple[QWidget, ...] = (self.axis_box, self.log_button, smooth)
        for text in texts:
            set_points(text, TEXT_POINTS)
        self._title.hide()  # the box of quantities is the title
        self._status.hide()  # and needs its room
        controls = (self.quantity_box, self.axis_box, self.log_button, smooth, self.smoothing_slider)
        for place, control in enumerate(controls):
            self.header.insertWidget(place, control)
        self.quantity_box.currentIndexChanged.connect(self._on_quantity)
        self.axis_box.currentIndexChanged.connect(self._on_axis)
        self.log_button.toggled.connect(self.set_log)
        self.smoothing_slider.valueChanged.connect(self._on_smoothing)
        self._set_labels()

    @Slot(int)
    def _on_quantity(self, index: int) -> None:
        self.set_quantity(self.quantity_box.itemData(index))

    @Slot(int)
    def _on_axis(self, index: int) -> None:
        self.set_seconds(bool(index))

    @Slot(int)
    def _on_smoothing(self, hundredths: int) -> None:
        self.set_smoothing(hundredths / 100)

    def _tell_smoothing(self) -> None:
        self.smoothing_slider.setToolTip(
            f"{self._smoothing:.2f}: weight of the epochs before in a moving average;\n"
            "what was measured stays pale behind it"
        )

    def _set_labels(self) -> None:
        self.plot.set_labels("seconds of training" if self._seconds else "epoch", self._quantity.label)
        can_be_log = not self._quantity.high_is_good
        self.log_button.setEnabled(can_be_log)
        self.log_button.setToolTip(
            "Equal factors are equal heights" if can_be_log else "Accuracies are never logarithmic: errors can be"
        )

    def _redraw(self) -> None:
        """Measure and draw all runs anew."""
        log = self._log and not self._quantity.high_is_good
        for run in self._runs.values():
            run.measure(self._quantity, self._seconds, log)
        self._fit(changed=self._runs.values())

    def _fit(self, changed: Iterable[RunCurve]) -> None:
        """Fit the axes to all runs, and draw those that `changed`; all, if the y axis did."""
        any_values = any(run.heights.size for run in self._runs.values())
        self._placeholder.setText(NOTHING_YET if self._runs else PLACEHOLDER)
        self._pages.setCurrentIndex(int(any_values))
        if any_values:
            right, bottom, top, x_ticks, y_ticks = self._frame()
            self.plot.set_frame((right, bottom, top, x_ticks, y_ticks))
            if (bottom, top) != self._view:
                self._view = bottom, top
                changed = self._runs.values()
        last = self._last_x()
        if self._x is not None and (last is None or self._x > last):
            self._x = None
        for run in changed:
            run.draw(self._view, self._smoothing)
        self._tell_cut()
        self._show_values()

    def _frame(self) -> Frame:
        """Return the axes that the runs need."""
        runs = self._runs.values()
        sound = [run.heights for run in runs if run.record.status is not Status.DIVERGED]
        if not any(heights.size for heights in sound):
            sound = [run.heights for run in runs]
        low, high = robust_range(sound, worse_above=not self._quantity.high_is_good)
        bottom, top, y_ticks = self._y_view(low, high)
        last = self._last_x() or 0.0
        n_ticks = min(max(self._room() // TICK_WIDTH, 1), MOST_TICKS)
        x_ticks: Ticks
        if self._seconds:
            step = nice_step(last or 1.0, n_ticks)
            end = step * math.ceil((last or 1.0) / step)
            x_ticks = linear_ticks(0, end, n_ticks)
        else:
            end = epochs_shown(round(last), min((n for n in self._planned if n >= last), default=0))
            x_ticks = epoch_ticks(round(end), n_ticks)
        return end * (1 + X_MARGIN), bottom, top, x_ticks, y_ticks

    def _room(self) -> int:
        """Return about how many pixels wide the curves are."""
        return self.width() - self.legend.width() - AXIS_WIDTH

    def _y_view(self, low: float, high: float) -> tuple[float, float, Ticks]:
        if self._quantity.high_is_good:
            return percent_view(low)
        return log_view(low, high) if self._log else linear_view(low, high)

    def _tell_cut(self) -> None:
        """Name the runs that are cut off."""
        above = [run.record.name for run in self._runs.values() if run.cut_above]
        below = [run.record.name for run in self._runs.values() if run.cut_below]
        arrow, names = ("↓", below) if below else ("↑", above)
        text = names[0] if len(names) == 1 else f"{len(names)} runs"
        self.legend.show_cut(f"{arrow} {text}" if names else "")

    def _set_pens(self) -> None:
        for run_id, run in self._runs.items():
            run.set_pens(self.theme, run_id == self._marked)

    @Slot(object)
    def _mark(self, run_id: int | None) -> None:
        """Draw the curve of a run wide and in front of the others."""
        if run_id == self._marked:
            return
        before, self._marked = self._marked, run_id
        for each in (before, run_id):
            if each is not None and each in self._runs:
                self._runs[each].set_pens(self.theme, each == run_id)
        self.legend.mark(run_id)

    def _follow(self, position: QPointF) -> None:
        """Stand the line where the mouse is, and mark the curve that is nearest to it."""
        place = self.plot.place_at(position)
        if place is None:
            self._mark(None)
            self._move_line(None)
            return
        self._move_line(place.x())
        pixel = (self._view[1] - self._view[0]) / max(self.plot.getPlotItem().vb.height(), 1)
        away = {run_id: abs(run.height_at(place.x()) - place.y()) for run_id, run in self._runs.items()}
        near = {run_id: distance for run_id, distance in away.items() if distance <= NEAR * pixel}
        self._mark(min(near, key=lambda run_id: near[run_id], default=None))

    def _move_line(self, x: float | None) -> None:
        """Stand the line where the user wants it, and tell."""
        before = self._x
        self.point_at(x)
        if self._x != before:
            self.pointed.emit(self._x)

    def _last_x(self) -> float | None:
        """Return the right end of the longest curve; None if there is none."""
        return max((float(run.x[-1]) for run in self._runs.values() if run.x.size), default=None)

    def _step_line(self, event: QKeyEvent) -> bool:
        steps = {Qt.Key.Key_Left.value: -1, Qt.Key.Key_Right.value: 1}
        if event.key() == Qt.Key.Key_Escape and self._x is not None:
            self._move_line(None)
            return True
        last = self._last_x()
        if event.key() not in steps or last is None:
            return False
        step = steps[event.key()] * (10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        unit = last / 100 if self._seconds else 1.0
        self._move_line(last if self._x is None else self._x + step * unit)
        return True

    def _show_values(self) -> None:
        """Tell the value of each run at the line, or else its last."""
        self.plot.show_line(self._x)
        if self._x is None:
            place, values = "at the end", [run.last() for run in self._runs.values()]
        elif self._seconds:
            place, values = f"{self._x:,.2f} s", [run.value_at(self._x) for run in self._runs.values()]
        else:
            place, values = f"epoch {self._x:,.0f}", [run.value_at(self._x) for run in self._runs.values()]
        texts = ["–" if value is None else self._quantity.text(value) for value in values]
        self.legend.show_values(place, texts)
