"""Hyperparameters in words, and which of them differ from run to run."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.record import RunRecord

FIELDS: Final = tuple(field.name for field in dataclasses.fields(Hyperparameters))
_LONGEST_PLAIN: Final = 12  # letters of a number without an exponent


def differing(runs: Iterable[RunRecord]) -> tuple[str, ...]:
    """Return the names of the hyperparameters that are not the same in all `runs`, in the order of their class."""
    chosen = {run.hyperparameters for run in runs}
    return tuple(field for field in FIELDS if len({getattr(each, field) for each in chosen}) > 1)


def value_text(field: str, hyperparameters: Hyperparameters) -> str:
    """Return the value of a hyperparameter in words: ``0.0005``, ``100, 50``, ``none``."""
    value: Any = getattr(hyperparameters, field)
    if field == "n_hidden":
        return ", ".join(map(str, value)) or "none"
    if field == "seed" and value is None:
        return "new each run"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else number_text(value)


def number_text(value: float) -> str:
    """Return a number in full, without an exponent while that stays short: ``0.0005``, not ``5e-04``."""
    if isinstance(value, int):
        return str(value)
    plain = f"{Decimal(repr(value)):f}"
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return plain if len(plain) <= _LONGEST_PLAIN else repr(value)
