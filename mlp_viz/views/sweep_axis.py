"""How the values of a swept hyperparameter lie along an axis: in logarithms, linear, or one step after another."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mlp_core.sweep.axes import BOUNDS_OF, Axis, Range, Value
from mlp_core.sweep.plan import SweepPlan
from mlp_viz.widgets.ticks import Ticks, log_view

LABELS: Final[Mapping[str, str]] = {
    "eta": "eta",
    "l2": "l2",
    "units": "hidden units",
    "layers": "hidden layers",
    "minibatch_size": "minibatch",
    "activation": "activation",
}
"""What each field of a sweep is called on the screen."""

ZERO_GAP: Final = 0.5  # decades between 0, which has no logarithm, and the smallest value above it


@dataclass(frozen=True, slots=True)
class SweepAxis:
    """The axis of one hyperparameter, as its plan says: it does not change while results come.

    Attributes
    ----------
    field : str
        Of the sweep: ``units``.
    choices : tuple
        The values that are tried, numbers ascending; empty for a range.
    low, high : float
        The places at the ends; logarithms to the base 10 on a logarithmic axis.
    ticks : list of (float, str)
        Places, and what is written there.
    """

    field: str
    choices: tuple[Value, ...]
    low: float
    high: float
    ticks: Ticks

    @classmethod
    def of(cls, axis: Axis | Range) -> SweepAxis:
        """Return how the values of `axis` are drawn."""
        if isinstance(axis, Range):
            if axis.log:
                return cls(axis.field, (), *log_view(math.log10(axis.low), math.log10(axis.high)))
            whole = range(math.ceil(axis.low), math.floor(axis.high) + 1)
            return cls(axis.field, (), axis.low, axis.high, [(float(value), f"{value:,}") for value in whole])
        choices = tuple(sorted(axis.values, key=float)) if axis.field in BOUNDS_OF else axis.values
        places = [_place(axis.field, choices, value) for value in choices]
        ticks = [(place, value_text(value)) for place, value in zip(places, choices, strict=True)]
        return cls(axis.field, choices, min(places), max(places), ticks)

    @property
    def label(self) -> str:
        """What the axis is called on the screen."""
        return LABELS[self.field]

    @property
    def varies(self) -> bool:
        """Whether more than one value is tried."""
        return len(self.choices) != 1

    def place(self, value: Value) -> float:
        """Return where `value` lies between `low` and `high`."""
        return _place(self.field, self.choices, value)

    def share(self, place: float) -> float:
        """Return how far along the axis a place is, 0 to 1; the middle of an axis of one value."""
        return (place - self.low) / (self.high - self.low) if self.high > self.low else 0.5

    def share_of(self, value: Value) -> float:
        """Return how far along the axis `value` is, 0 to 1."""
        return self.share(self.place(value))

    def shares(self) -> Ticks:
        """Return the ticks with shares for places."""
        return [(self.share(place), text) for place, text in self.ticks]


def varying(plan: SweepPlan) -> tuple[SweepAxis, ...]:
    """Return the axes of what takes more than one value; all axes if nothing does."""
    axes = tuple(SweepAxis.of(axis) for axis in plan.axes)
    return tuple(axis for axis in axes if axis.varies) or axes


def value_text(value: Value) -> str:
    """Return a value as text, without the field's name: ``0.0005``, ``1,000``, ``relu``."""
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:g}" if isinstance(value, float) else value


def _place(field: str, choices: tuple[Value, ...], value: Value) -> float:
    if isinstance(value, str):
        return float(choices.index(value))
    if not BOUNDS_OF[field].log:
        return float(value)
    if value > 0:
        return math.log10(value)
    return math.log10(min((each for each in map(float, choices) if each > 0), default=1.0)) - ZERO_GAP
