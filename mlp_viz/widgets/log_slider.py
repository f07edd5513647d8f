"""A number chosen by slider or by typing: a box that keeps what is typed exactly, and a slider beside it."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from typing import Any, Final, cast

from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QSlider, QWidget

from mlp_core.errors import HyperparameterError
from mlp_core.hyperparameters import Bound
from mlp_core.runs.differences import number_text
from mlp_viz.theme import LIGHT, UNIT, Theme

Number = int | float

STOPS_A_DECADE: Final = 20
LINEAR_STOPS: Final = 100
BOX_WIDTH: Final = 12 * UNIT


def slider_stops(bound: Bound) -> tuple[Number, ...]:
    """Return the values at which a slider over `bound` stops, ascending.

    They are round numbers of two digits, twenty to each decade if the bound is logarithmic, each
    once, so that every arrow key changes the value. Both ends are among them, and 0 if it is allowed.
    """
    if bound.log:
        first = math.floor(math.log10(bound.low) * STOPS_A_DECADE)
        last = math.ceil(math.log10(bound.high) * STOPS_A_DECADE)
        raw = [float(f"{10 ** (power / STOPS_A_DECADE):.1e}") for power in range(first, last + 1)]
    else:
        raw = [bound.low + (bound.high - bound.low) * step / LINEAR_STOPS for step in range(LINEAR_STOPS + 1)]
    values = {min(max(value, bound.low), bound.high) for value in raw} | {float(bound.low), float(bound.high)}
    if bound.zero:
        values.add(0.0)
    if bound.integer:
        return tuple(sorted({round(value) for value in values}))
    return tuple(sorted(values))


class CheckedEdit(QLineEdit):
    """A line of text that stands for a value, and that holds on to the value while the text does not.

    Enter or leaving the line takes what was typed; Escape brings back the value before. Text that is
    not allowed stays to be mended, in a red frame with the advice as tooltip, while `value` keeps the
    one before it.

    Parameters
    ----------
    value : object
        Must be what `parse` can return.
    parse : callable
        Gives the value for a text or for a value; raises HyperparameterError with advice.
    text_of : callable
        Gives the text for a value.
    meaning : str
        What the value does and which are allowed: the tooltip.

    Signals
    -------
    valueChanged(object)
        The new value; from typing and from `setValue`.
    invalid(str)
        What is wrong with the text, and what is allowed; empty when it has been mended.
    """

    valueChanged = Signal(object)
    invalid = Signal(str)

    def __init__(
        self,
        value: Any,
        parse: Callable[[Any], Any],
        text_of: Callable[[Any], str],
        meaning: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._parse = parse
        self._text_of = text_of
        self._meaning = meaning
        self._error = ""
        self._lock_reason: str | None = None
        self._theme = LIGHT
        self._value = parse(value)
        self.setText(text_of(self._value))
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setAccessibleDescription(meaning)
        self._decorate()
        self.editingFinished.connect(self.commit)

    def value(self) -> Any:
        """Return the last allowed value."""
        return self._value

    def setValue(self, value: Any) -> None:
        """Show `value`, and take back text that was not allowed.

        Raises
        ------
        HyperparameterError
            If it is not allowed; everything stays as it is.
        """
        self._take(self._parse(value))

    def error(self) -> str:
        """Return what is wrong with the text; empty if nothing is."""
        return self._error

    def commit(self) -> None:
        """Take the text as the value if it is allowed, else mark it."""
        text = self.text().strip()
        if text == self._text_of(self._value) and not self._error:
            return
        try:
            value = self._parse(text)
        except HyperparameterError as error:
            self._mark(str(error))
        else:
            self._take(value)

    def set_locked(self, reason: str | None) -> None:
        """Put `reason` first in the tooltip; None takes it away."""
        self._lock_reason = reason
        self._decorate()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colour of errors from `theme`."""
        self._theme = theme
        self._decorate()

    def sizeHint(self) -> QSize:
        """Return room for the longest usual number."""
        return QSize(BOX_WIDTH, super().sizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Bring back the value on Escape if something else is in the line."""
        if event.key() == Qt.Key.Key_Escape and (self._error or self.text() != self._text_of(self._value)):
            self._take(self._value)
            self.selectAll()
            event.accept()
            return
        super().keyPressEvent(event)

    def _take(self, value: Any) -> None:
        changed, mended = value != self._value, bool(self._error)
        self._value = value
        self._error = ""
        self.setText(self._text_of(value))
        self._decorate()
        if changed:
            self.valueChanged.emit(value)
        if mended:
            self.invalid.emit("")

    def _mark(self, error: str) -> None:
        if error == self._error:
            return
        self._error = error
        self._decorate()
        self.invalid.emit(error)

    def _decorate(self) -> None:
        lines = [self._lock_reason, self._error or self._meaning]
        self.setToolTip("\n".join(line for line in lines if line))
        red = f"QLineEdit {{ border: 2px solid {self._theme.error}; border-radius: 3px; }}" if self._error else ""
        if self.styleSheet() != red:
            font = self.font()
            self.setStyleSheet(red)
            self.setFont(font)  # a style sheet that goes takes the font with it


class NumberBox(CheckedEdit):
    """A box for one number, in the C format whatever the locale: ``0.0005`` or ``5e-4``.

    Parameters
    ----------
    field : str
        Name of the hyperparameter, for error messages.
    bound : Bound
    value : int, float or None
    optional : bool
        Whether an empty box is allowed; its value is None.
    """

    def __init__(
        self, field: str, bound: Bound, value: Number | None, *, optional: bool = False, parent: QWidget | None = None
    ) -> None:
        def parse(value: Any) -> Number | None:
            return None if optional and value in (None, "") else bound.check(field, value)

        def text_of(value: Number | None) -> str:
            return "" if value is None else number_text(value)

        zero = "0 or " if bound.zero else ""
        empty = ", or empty" if optional else ""
        allowed = f"{zero}{bound.text()}{empty}."
        super().__init__(value, parse, text_of, f"{bound.meaning}\n{allowed[0].upper()}{allowed[1:]}", parent)

    def event(self, event: QEvent) -> bool:
        """Leave Space, which no number needs, to whatever the window does with it."""
        if event.type() == QEvent.Type.ShortcutOverride and cast(QKeyEvent, event).key() == Qt.Key.Key_Space:
            event.ignore()
            return False
        return super().event(event)


class NumberSlider(QWidget):
    """A labelled slider with a number box; logarithmic where the bound is, with a notch for 0 where 0 is allowed.

    The value is the number that was set or typed, to the digit; the slider stands at the stop nearest
    to it. Arrow keys go one stop, Page Up and Page Down one decade.

    Parameters
    ----------
    field : str
        Name of the hyperparameter, for error messages.
    label : str
        What stands above the slider; ``&`` marks the mnemonic, which leads to the box.
    bound : Bound
    value : int or float

    Signals
    -------
    valueChanged(object)
        The new value, int or float; from slider, typing and `setValue`.
    invalid(str)
        What is wrong with the typed text, and what is allowed; empty when it has been mended.
    """

    valueChanged = Signal(object)
    invalid = Signal(str)

    def __init__(self, field: str, label: str, bound: Bound, value: Number, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bound = bound
        self._stops = slider_stops(bound)
        self.label = QLabel(label)
        self.box = NumberBox(field, bound, value)
        self.slider = _Slider(Qt.Orientation.Horizontal)
        self.label.setBuddy(self.box)
        name = label.replace("&", "")
        self.box.setAccessibleName(name)
        self.slider.setAccessibleName(f"{name}, slider")
        self.slider.setAccessibleDescription(self.box.accessibleDescription())
        self.slider.setRange(0, len(self._stops) - 1)
        self.slider.setSingleStep(1)
        self.slider.setPageStep(STOPS_A_DECADE if bound.log else LINEAR_STOPS // 10)

        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(UNIT)
        layout.setVerticalSpacing(UNIT // 4)
        layout.addWidget(self.label, 0, 0)
        layout.addWidget(self.box, 0, 1)
        layout.addWidget(self.slider, 1, 0, 1, 2)
        layout.setColumnStretch(0, 1)

        self._place_slider()
        self._copy_tooltip()
        self.slider.valueChanged.connect(self._on_slider)
        self.box.valueChanged.connect(self._on_box)
        self.box.invalid.connect(self._on_invalid)

    def value(self) -> Number:
        """Return the value, to the digit as it was set or typed."""
        value: Number = self.box.value()
        return value

    def setValue(self, value: Number) -> None:
        """Show `value`.

        Raises
        ------
        HyperparameterError
            If it is outside the bound; the widget stays as it is.
        """
        self.box.setValue(value)

    def error(self) -> str:
        """Return what is wrong with the typed text; empty if nothing is."""
        return self.box.error()

    def commit(self) -> None:
        """Take what is typed in the box, as Enter does."""
        self.box.commit()

    def set_locked(self, reason: str | None) -> None:
        """Put `reason` first in the tooltip of each part; None takes it away."""
        self.box.set_locked(reason)
        self._copy_tooltip()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colour of errors from `theme`."""
        self.box.apply_theme(theme)

    def _on_slider(self, position: int) -> None:
        self.box.setValue(self._stops[position])

    def _on_box(self, value: object) -> None:
        self._place_slider()
        self.valueChanged.emit(value)

    def _on_invalid(self, error: str) -> None:
        self._copy_tooltip()
        self.invalid.emit(error)

    def _copy_tooltip(self) -> None:
        for widget in (self, self.label, self.slider):
            widget.setToolTip(self.box.toolTip())

    def _place_slider(self) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(self._nearest(self.value()))

    def _nearest(self, value: Number) -> int:
        after = min(bisect_left(self._stops, value), len(self._stops) - 1)
        before = max(after - 1, 0)
        low, high = self._stops[before], self._stops[after]
        if low <= 0 < value < high:
            return after  # 0 is a notch of its own, not the neighbour of a small number
        middle = math.sqrt(low * high) if self._bound.log else (low + high) / 2
        return before if value < middle else after


class _Slider(QSlider):
    """A slider that the mouse wheel moves only when it has the focus, so that scrolling past changes nothing."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
