"""The hyperparameters of a run, and the bound of each: sliders and command line read the same ones."""

from __future__ import annotations

import dataclasses
import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from mlp_core.activations import ACTIVATIONS
from mlp_core.errors import HyperparameterError

PRECISIONS: Final = ("float64", "float32")
MAX_HIDDEN_LAYERS: Final = 8


@dataclass(frozen=True, slots=True)
class Bound:
    """The range of a number, ends included.

    Attributes
    ----------
    low, high : float
        Smallest and largest value.
    integer : bool
        Whether only whole numbers are meant.
    log : bool
        Whether a slider over the range is logarithmic.
    zero : bool
        Whether 0 is allowed beside the range.
    meaning : str
        What the number does, in a sentence for a tooltip.
    """

    low: float
    high: float
    integer: bool
    log: bool
    zero: bool
    meaning: str

    def check(self, field: str, value: object) -> float | int:
        """Return `value` as a number inside the bound.

        Raises
        ------
        HyperparameterError
            If it is not a number, not finite, not whole where it must be, or outside.
        """
        try:
            number = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):
            raise HyperparameterError(field, f"{value!r} is not a number. {self.advice()}") from None
        if not math.isfinite(number) or isinstance(value, bool):
            raise HyperparameterError(field, f"{value!r} is not a finite number. {self.advice()}")
        if self.integer and number != int(number):
            raise HyperparameterError(field, f"{value!r} is not a whole number. {self.advice()}")
        if not (self.low <= number <= self.high or (self.zero and number == 0)):
            raise HyperparameterError(field, f"{value!r} is out of range. {self.advice()}")
        return int(number) if self.integer else number

    def advice(self) -> str:
        """Say what is allowed, as the end of an error message."""
        zero = "0 or " if self.zero else ""
        return f"Choose {zero}{self.text()}."

    def text(self) -> str:
        """Return the range in words: ``a number from 1e-06 to 10``."""
        kind = "a whole number" if self.integer else "a number"
        form = ",.0f" if self.integer else "g"
        return f"{kind} from {self.low:{form}} to {self.high:{form}}"


BOUNDS: Final[Mapping[str, Bound]] = MappingProxyType(
    {
        "eta": Bound(1e-6, 10.0, False, True, False, "Learning rate: the length of each step downhill."),
        "l2": Bound(1e-6, 100.0, False, True, True, "L2 penalty: pulls every weight towards zero."),
        "n_hidden": Bound(1, 1000, True, True, False, "Units in a hidden layer."),
        "epochs": Bound(1, 10_000, True, True, False, "Passes over the training set."),
        "minibatch_size": Bound(1, 100_000, True, True, False, "Samples between two weight updates."),
        "seed": Bound(0, 2**31 - 1, True, False, False, "Start of the random numbers; same seed, same run."),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hyperparameters:
    """Everything that is chosen before a run; the defaults are the lecture's.

    Parameters
    ----------
    n_hidden : tuple of int or int
        Units in each hidden layer, first layer first; ``()`` for none.
    eta : float
        Learning rate; multiplies the gradient *summed* over a minibatch.
    l2 : float
        Weight of the penalty ``l2 * sum(w**2)``.
    epochs : int
    minibatch_size : int
    seed : int or None
        None takes a different stream of random numbers in each run.
    shuffle : bool
        Whether the samples' order is drawn anew in each epoch.
    activation : str
        Of the hidden units; a key of `mlp_core.activations.ACTIVATIONS`.
    precision : {'float64', 'float32'}
        float64 gives the lecture's figures to the digit; float32 takes about half the time.

    Raises
    ------
    HyperparameterError
        Names the field and its range.
    """

    n_hidden: tuple[int, ...] = (100,)
    eta: float = 0.0005
    l2: float = 0.01
    epochs: int = 200
    minibatch_size: int = 100
    seed: int | None = 1
    shuffle: bool = True
    activation: str = "sigmoid"
    precision: str = "float64"

    def __post_init__(self) -> None:
        layers: Any = self.n_hidden
        layers = tuple(layers) if isinstance(layers, (tuple, list)) else (layers,)
        if len(layers) > MAX_HIDDEN_LAYERS:
            raise HyperparameterError(
                "n_hidden", f"{len(layers)} hidden layers are too many. Choose at most {MAX_HIDDEN_LAYERS}."
            )
        checked: dict[str, Any] = {
            "n_hidden": tuple(BOUNDS["n_hidden"].check("n_hidden", units) for units in layers),
            "shuffle": bool(self.shuffle),
        }
        for field in ("eta", "l2", "epochs", "minibatch_size"):
            checked[field] = BOUNDS[field].check(field, getattr(self, field))
        if self.seed is not None:
            checked["seed"] = BOUNDS["seed"].check("seed", self.seed)
        for field, value in checked.items():
            object.__setattr__(self, field, value)
        _check_choice("activation", self.activation, tuple(ACTIVATIONS))
        _check_choice("precision", self.precision, PRECISIONS)

    def replace(self, **changes: Any) -> Hyperparameters:
        """Return a copy with `changes`, checked like a new one."""
        return dataclasses.replace(self, **changes)

    def settled(self) -> Hyperparameters:
        """Return the same with a seed that can be told: where none was chosen, one drawn by the system."""
        return self if self.seed is not None else self.replace(seed=secrets.randbelow(2**31))

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as plain values that JSON can hold."""
        values = dataclasses.asdict(self)
        values["n_hidden"] = list(self.n_hidden)
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Hyperparameters:
        """Return the hyperparameters that `as_dict` gave.

        Raises
        ------
        HyperparameterError
            If a name is unknown or a value is outside its bound.
        """
        known = {field.name for field in dataclasses.fields(cls)}
        for name in values:
            if name not in known:
                raise HyperparameterError(str(name), f"no such hyperparameter. Known are {', '.join(sorted(known))}.")
        return cls(**values)


def _check_choice(field: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise HyperparameterError(field, f"{value!r} is not known. Choose one of {', '.join(choices)}.")
