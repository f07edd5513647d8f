"""What a sweep varies: a hyperparameter beside the values, or the range of values, that it takes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from mlp_core.activations import ACTIVATIONS
from mlp_core.errors import HyperparameterError, SweepError
from mlp_core.hyperparameters import BOUNDS, MAX_HIDDEN_LAYERS, Bound

Value: TypeAlias = float | int | str
Setting: TypeAlias = Mapping[str, Value]
"""One combination of hyperparameters, by field; only of those that are varied."""

BOUNDS_OF: Final[Mapping[str, Bound]] = MappingProxyType(
    {
        "eta": BOUNDS["eta"],
        "l2": BOUNDS["l2"],
        "units": BOUNDS["n_hidden"],
        "layers": Bound(0, MAX_HIDDEN_LAYERS, True, False, False, "Hidden layers, all with as many units."),
        "minibatch_size": BOUNDS["minibatch_size"],
    }
)
FIELDS: Final = (*BOUNDS_OF, "activation")
DIGITS: Final = 3  # significant ones of a number drawn from a range: what is shown is what was used

_WORDS: Final[Mapping[str, Callable[[Any], str]]] = MappingProxyType(
    {
        "eta": "eta {:g}".format,
        "l2": "l2 {:g}".format,
        "units": lambda units: f"{units:,} unit{'s' * (units != 1)}",
        "layers": lambda layers: f"{layers} layer{'s' * (layers != 1)}" if layers else "no hidden layer",
        "minibatch_size": "minibatches of {:,}".format,
        "activation": str,
    }
)


@dataclass(frozen=True, slots=True)
class Axis:
    """A hyperparameter and the values that it takes.

    Parameters
    ----------
    field : str
        One of `FIELDS`.
    values : tuple
        In the order in which they are tried; one that is there twice is taken once.

    Raises
    ------
    HyperparameterError, SweepError
        If the field is unknown, there is no value, or one is outside its bound; the message names the field.
    """

    field: str
    values: tuple[Value, ...]

    def __post_init__(self) -> None:
        _check_field(self.field)
        if not self.values:
            raise SweepError(f"{self.field}: there is no value. Choose one or more, such as {_example(self.field)}.")
        checked = dict.fromkeys(_checked(self.field, value) for value in self.values)
        object.__setattr__(self, "values", tuple(checked))

    @property
    def size(self) -> float:
        """How many different values there are."""
        return len(self.values)

    def value_at(self, share: float) -> Value:
        """Return the value at `share`, 0 to 1, of the way: each has an equal part of it."""
        return self.values[min(int(share * len(self.values)), len(self.values) - 1)]

    def share_of(self, value: Value) -> float:
        """Return where the value stands, 0 to 1: the middle of its part."""
        return (self.values.index(value) + 0.5) / len(self.values)

    def parts(self, n: int) -> tuple[Value, ...]:
        """Return the values, however many parts are asked for."""
        return self.values

    def text(self) -> str:
        """Return the axis as `parse_axis` reads it."""
        return f"{self.field}={','.join(map(_plain, self.values))}"

    def as_dict(self) -> dict[str, Any]:
        """Return the axis as plain values that JSON can hold."""
        return {"field": self.field, "values": list(self.values)}


@dataclass(frozen=True, slots=True)
class Range:
    """A hyperparameter and the range that its values are drawn from: logarithmic where its bound is.

    Parameters
    ----------
    field : str
        One of `BOUNDS_OF`.
    low, high : float
        Both ends are included.

    Raises
    ------
    HyperparameterError, SweepError
        If the field has no range, or an end is outside its bound; the message names the field.
    """

    field: str
    low: float
    high: float

    def __post_init__(self) -> None:
        _check_field(self.field)
        if self.field not in BOUNDS_OF:
            raise SweepError(f"{self.field}: it has no range. Choose some of its values, as {_example(self.field)}.")
        bound = BOUNDS_OF[self.field]
        for end in ("low", "high"):
            number = bound.check(self.field, getattr(self, end))
            if number < bound.low:  # the zero beside a bound
                raise SweepError(
                    f"{self.field}: a logarithmic range does not reach 0. Start it at {bound.low:g} or more, or try "
                    f"chosen values: {_example(self.field)}."
                )
            object.__setattr__(self, end, number)
        if not self.low < self.high:
            raise SweepError(
                f"{self.field}: {_plain(self.low)}..{_plain(self.high)} is no range. Put the smaller number first."
            )

    @property
    def integer(self) -> bool:
        """Whether only whole numbers are drawn."""
        return BOUNDS_OF[self.field].integer

    @property
    def log(self) -> bool:
        """Whether it is the logarithm that is drawn evenly."""
        return BOUNDS_OF[self.field].log

    @property
    def size(self) -> float:
        """How many different values there are; infinite for numbers that are not whole."""
        return self.high - self.low + 1 if self.integer else math.inf

    def value_at(self, share: float) -> Value:
        """Return the value at `share`, 0 to 1, of the way; numbers that are not whole have few digits."""
        low, high = self._ends()
        return self.tidy(math.exp(low + share * (high - low)) if self.log else low + share * (high - low))

    def tidy(self, number: float) -> Value:
        """Return the nearest number of the range that is whole, or has `DIGITS` digits."""
        near = round(number) if self.integer else float(f"{number:.{DIGITS}g}")
        return min(max(near, self.low), self.high)

    def share_of(self, value: Value) -> float:
        """Return how far along the range a value stands, 0 to 1."""
        low, high = self._ends()
        number = math.log(float(value)) if self.log else float(value)
        return (number - low) / (high - low)

    def parts(self, n: int) -> tuple[Value, ...]:
        """Return the middles of `n` equal parts, or all the values where there are no more than that."""
        if self.size <= n:
            return tuple(range(int(self.low), int(self.high) + 1))
        return tuple(dict.fromkeys(self.value_at((k + 0.5) / n) for k in range(n)))

    def text(self) -> str:
        """Return the range as `parse_axis` reads it."""
        return f"{self.field}={_plain(self.low)}..{_plain(self.high)}"

    def as_dict(self) -> dict[str, Any]:
        """Return the range as plain values that JSON can hold."""
        return {"field": self.field, "low": self.low, "high": self.high}

    def _ends(self) -> tuple[float, float]:
        wider = 0.5 if self.integer else 0.0  # so that rounding gives the first and the last their full part
        low, high = self.low - wider, self.high + wider
        return (math.log(low), math.log(high)) if self.log else (low, high)


def parse_axis(text: str) -> Axis | Range:
    """Return what a text such as ``eta=0.1,0.2``, ``units=10..200`` or ``activation=sigmoid,relu`` means.

    Raises
    ------
    HyperparameterError, SweepError
        If it is not understood, or a value is outside its bound.
    """
    field, equals, values = (part.strip() for part in text.partition("="))
    field = field.replace("-", "_")
    if not equals:
        raise SweepError(f"{text!r} names no values. Write for example {_example('eta')} or eta=1e-4..1e-2.")
    _check_field(field)
    low, dots, high = values.partition("..")
    if dots:
        return Range(field, _number(field, low), _number(field, high))
    parts = [part.strip() for part in values.split(",") if part.strip()]
    return Axis(field, tuple(parts if field == "activation" else (_number(field, part) for part in parts)))


def axis_from_dict(values: Mapping[str, Any]) -> Axis | Range:
    """Return the axis or range that `as_dict` gave; it raises as these do, or KeyError."""
    if "values" in values:
        return Axis(values["field"], tuple(values["values"]))
    return Range(values["field"], values["low"], values["high"])


def value_words(field: str, value: Value) -> str:
    """Return a value as it is said: ``eta 0.001``, ``50 units``, ``minibatches of 100``, ``relu``."""
    return _WORDS[field](value)


def setting_words(setting: Setting) -> str:
    """Return a setting as it is said: ``eta 0.001, 50 units``."""
    if setting.get("layers") == 0:  # then units say nothing
        setting = {field: value for field, value in setting.items() if field != "units"}
    return ", ".join(value_words(field, value) for field, value in setting.items())


def _check_field(field: str) -> None:
    if field not in FIELDS:
        raise SweepError(f"{field!r} cannot be varied. Choose one of {', '.join(FIELDS)}.")


def _checked(field: str, value: object) -> Value:
    if field in BOUNDS_OF:
        return BOUNDS_OF[field].check(field, value)
    if value not in tuple(ACTIVATIONS):
        raise HyperparameterError(field, f"{value!r} is not known. Choose one of {', '.join(ACTIVATIONS)}.")
    return str(value)


def _number(field: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise SweepError(
            f"{field}: {text.strip()!r} is not a number. Write for example {_example(field)}"
            f"{f' or {field}=LOW..HIGH' if field in BOUNDS_OF else ''}."
        ) from None


def _example(field: str) -> str:
    examples = {"eta": "0.0005,0.001", "l2": "0,0.01,0.1", "units": "10,50,100", "layers": "0,1,2"}
    return f"{field}={examples.get(field, '50,100' if field in BOUNDS_OF else ','.join(list(ACTIVATIONS)[:2]))}"


def _plain(value: Value) -> str:
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else str(value)
