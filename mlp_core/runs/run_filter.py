"""Which runs a line of words asks for: ``relu eta>0.001 acc>=97 -status:diverged``."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final

from mlp_core.datasets.wording import brief
from mlp_core.errors import MlpError
from mlp_core.runs.differences import value_text
from mlp_core.runs.record import ORIGINS, RunRecord, Status

Holds = Callable[[RunRecord], bool]

_TERM: Final = re.compile(r'-?(?:"[^"]*"?|[^\s"])+')
_COMPARISON: Final = re.compile(r"([A-Za-z_0-9]+)(<=|>=|!=|≤|≥|≠|=|<|>|:)(.*)", re.DOTALL)
_OPERATORS: Final[MappingProxyType[str, Callable[[Any, Any], bool]]] = MappingProxyType(
    {
        "=": operator.eq,
        ":": operator.eq,
        "!=": operator.ne,
        "≠": operator.ne,
        "<": operator.lt,
        "<=": operator.le,
        "≤": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
        "≥": operator.ge,
    }
)

_NUMBERS: Final[MappingProxyType[str, Callable[[RunRecord], float | None]]] = MappingProxyType(
    {
        "eta": lambda run: run.hyperparameters.eta,
        "l2": lambda run: run.hyperparameters.l2,
        "hidden": lambda run: sum(run.hyperparameters.n_hidden),
        "layers": lambda run: len(run.hyperparameters.n_hidden),
        "minibatch": lambda run: run.hyperparameters.minibatch_size,
        "epochs": lambda run: run.hyperparameters.epochs,
        "seed": lambda run: run.hyperparameters.seed,
        "acc": lambda run: _percent(run.best_valid_accuracy),
        "test": lambda run: _percent(run.test_accuracy),
        "cost": lambda run: run.cost,
        "done": lambda run: run.epochs_done,
        "best": lambda run: run.best_epoch or None,
        "seconds": lambda run: run.seconds,
        "id": lambda run: run.id,
        "sweep": lambda run: run.sweep_id,
    }
)
_WORDS: Final[MappingProxyType[str, Callable[[RunRecord], str]]] = MappingProxyType(
    {
        "name": lambda run: run.name,
        "note": lambda run: run.note,
        "data": lambda run: run.dataset.name,
        "status": lambda run: run.status.value,
        "origin": lambda run: run.origin,
        "activation": lambda run: run.hyperparameters.activation,
        "precision": lambda run: run.hyperparameters.precision,
        "shuffle": lambda run: value_text("shuffle", run.hyperparameters),
    }
)
_CHOICES: Final[MappingProxyType[str, tuple[str, ...]]] = MappingProxyType(
    {"status": tuple(status.value.casefold() for status in Status), "origin": ORIGINS}
)

_EXAMPLES: Final = MappingProxyType(
    {
        "eta": "eta>0.001",
        "l2": "l2=0.01",
        "hidden": "hidden>=100 or hidden=100,50",
        "layers": "layers=2",
        "seed": "seed=3",
        "acc": "acc>97 (per cent)",
        "test": "test>97 (per cent)",
        "sweep": "sweep:2",
    }
)

HELP: Final = (
    "Words that occur in the name, note, data set, status or origin; a quantity and its value, such as eta>0.001, "
    "hidden=100,50, acc>=97 (best validation accuracy in per cent), seed=3, sweep:2; status:diverged; star; a minus "
    f'before what is not wanted; "quoted words". Quantities: {", ".join((*_NUMBERS, *_WORDS))}.'
)


def parse_filter(text: str) -> Holds:
    """Return what tells whether a run is one that `text` asks for: every term of it has to hold.

    Parameters
    ----------
    text : str
        Terms as `HELP` tells, parted by blanks; without any, all runs are meant.

    Raises
    ------
    MlpError
        If a term is not understood, with what is expected.
    """
    said = [term for term in _TERM.findall(text) if term.strip('-"')]  # one that is being typed may have only begun
    terms = [_negated(term[1:]) if term.startswith("-") else _term(term) for term in said]
    return lambda run: all(holds(run) for holds in terms)


def _negated(term: str) -> Holds:
    holds = _term(term)
    return lambda run: not holds(run)


def _term(term: str) -> Holds:
    if term in ("star", "starred", "★"):
        return lambda run: run.starred
    comparison = _COMPARISON.fullmatch(term)
    if comparison is None:
        return _occurs(term)
    name, sign, value = comparison[1].casefold(), comparison[2], comparison[3].replace('"', "")
    if name in _WORDS:
        return _has_word(name, sign, value)
    if name == "hidden" and "," in value:
        return _has_layers(sign, value)
    if name in _NUMBERS:
        return _has_number(name, sign, value)
    known = ", ".join((*_NUMBERS, *_WORDS))
    raise MlpError(
        f"{brief(name)}: there is no such quantity. Known are {known}. Put {brief(term)} into quotation marks to "
        "look for it as it stands."
    )


def _occurs(term: str) -> Holds:
    wanted = term.replace('"', "").casefold()
    return lambda run: wanted in _said_of(run)


def _said_of(run: RunRecord) -> str:
    sweep = "" if run.sweep_id is None else f"sweep {run.sweep_id}"
    return "\n".join((*(word(run) for word in _WORDS.values()), sweep)).casefold()


def _has_word(name: str, sign: str, value: str) -> Holds:
    word, wanted = _WORDS[name], value.casefold()
    if sign not in ("=", ":", "!=", "≠"):
        raise MlpError(f"{name}{sign}: {name} is no number. Write {name}:… for what it has, -{name}:… for what not.")
    choices = _CHOICES.get(name, (wanted,))
    if not any(wanted in choice for choice in choices):
        raise MlpError(f"{name}: {brief(value)!r} is not known. Choose one of {', '.join(choices)}.")
    is_wanted = sign in ("=", ":")
    return lambda run: (wanted in word(run).casefold()) == is_wanted


def _has_layers(sign: str, value: str) -> Holds:
    compare = _OPERATORS[sign]
    if compare not in (operator.eq, operator.ne):
        raise MlpError(f"hidden{sign}{brief(value)}: write one number, of all hidden units together, or hidden=100,50.")
    layers = tuple(_number("hidden", part) for part in value.split(",") if part.strip())
    return lambda run: compare(run.hyperparameters.n_hidden, layers)


def _has_number(name: str, sign: str, value: str) -> Holds:
    number, compare, wanted = _NUMBERS[name], _OPERATORS[sign], _number(name, value.removesuffix("%"))

    def holds(run: RunRecord) -> bool:
        has = number(run)
        return has is not None and has == has and compare(has, wanted)  # nothing holds of a figure that is not there

    return holds


def _number(name: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        what = f"{brief(value)!r} is not a number" if value.strip() else "a number is missing"
        raise MlpError(f"{name}: {what}. Write for example {_EXAMPLES.get(name, f'{name}>10')}.") from None


def _percent(accuracy: float) -> float:
    return round(accuracy * 100, 2)  # as it is shown
