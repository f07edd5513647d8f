"""What a sweep is to try: a base, what varies, how settings are chosen, with how many seeds, on which data."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from mlp_core.datasets.dataset import Dataset
from mlp_core.errors import SweepError
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.record import DatasetReference
from mlp_core.sweep.axes import Axis, Range, Setting, Value, axis_from_dict
from mlp_core.sweep.halving import Halving

METHODS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "grid": "every combination of the values",
        "random": "combinations drawn at random",
        "tpe": "each chosen from what those before it gave, by Optuna's TPE",
    }
)
MAX_RUNS: Final = 10_000
MAX_SEEDS: Final = 100
MISSES: Final = 1_000  # draws in a row that were there before, after which there are fewer settings


@dataclass(frozen=True, slots=True)
class SweepPlan:
    """All that is decided before a sweep begins; checked at once.

    Parameters
    ----------
    name : str
    base : Hyperparameters
        What does not vary; its seed is that of each setting's first run. Where it has none, one is drawn.
    axes : tuple of Axis or Range
        What varies; a grid takes no ranges.
    method : str
        A key of `METHODS`.
    n_settings : int
        Settings to try. A grid has as many as it has; and where there are fewer different ones, it is fewer.
    n_seeds : int
        Runs of each setting: with the base's seed, that plus 1, and so on.
    halving : Halving or None
    dataset : DatasetReference
    random_seed : int
        Of the choice of settings.

    Raises
    ------
    SweepError, HyperparameterError
        If it cannot be carried out; the message names the field.
    """

    name: str
    base: Hyperparameters
    axes: tuple[Axis | Range, ...]
    method: str
    n_settings: int
    n_seeds: int
    halving: Halving | None
    dataset: DatasetReference
    random_seed: int = 1
    _settings: tuple[Setting, ...] = field(default=(), init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.method not in tuple(METHODS):
            raise SweepError(f"method: {self.method!r} is not known. Choose one of {', '.join(METHODS)}.")
        _check_count("seeds", self.n_seeds, MAX_SEEDS)
        _check_count("settings", self.n_settings, MAX_RUNS)
        _check_count("random seed", self.random_seed, 2**31 - 1, low=0)
        object.__setattr__(self, "axes", tuple(self.axes))
        object.__setattr__(self, "base", self.base.settled())
        self._check_axes()
        self.base.replace(seed=self.seeds[-1])
        if self.halving is not None and self.halving.first_epochs >= self.base.epochs:
            raise SweepError(
                f"halving: the first comparison, after {self.halving.first_epochs:,} epochs, is not before the end of "
                f"training, after {self.base.epochs:,}. Choose fewer epochs for it, or train for more."
            )
        size = math.prod(axis.size for axis in self.axes)
        n_settings = int(size) if self.method == "grid" else self.n_settings
        every = self._grid() if size <= MAX_RUNS else None
        if every is not None and (self.method == "grid" or len(every) <= n_settings):
            n_settings = len(every)
        elif self.method == "random":
            every = self._drawn(n_settings)
            n_settings = len(every)
        _check_count("runs", n_settings * self.n_seeds, MAX_RUNS)
        object.__setattr__(self, "n_settings", n_settings)
        object.__setattr__(self, "_settings", () if self.method == "tpe" or every is None else every)

    @property
    def fields(self) -> tuple[str, ...]:
        """The hyperparameters that vary."""
        return tuple(axis.field for axis in self.axes)

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of a setting's runs."""
        first = self.base.seed or 0
        return tuple(range(first, first + self.n_seeds))

    @property
    def n_runs(self) -> int:
        """Runs of the whole sweep."""
        return self.n_settings * self.n_seeds

    @property
    def rungs(self) -> tuple[int, ...]:
        """After how many epochs settings are compared; the last one is the end of training."""
        return self.halving.rungs(self.base.epochs) if self.halving else (self.base.epochs,)

    @property
    def counts(self) -> tuple[int, ...]:
        """How many settings train in each rung, if none fails; of TPE with halving, about."""
        return self.halving.counts(self.n_settings, self.base.epochs) if self.halving else (self.n_settings,)

    @property
    def n_epochs(self) -> int:
        """Epochs of all runs together, as `counts` has it."""
        steps = (end - begin for begin, end in itertools.pairwise((0, *self.rungs)))
        return self.n_seeds * sum(step * n for step, n in zip(steps, self.counts, strict=True))

    def settings(self) -> tuple[Setting, ...]:
        """Return the settings of a grid or a random sweep, always the same; TPE chooses its own as it goes."""
        return self._settings

    def hyperparameters_at(self, values: Setting, seed: int | None = None) -> Hyperparameters:
        """Return the hyperparameters of a setting with a seed, by default the base's.

        Units and layers make hidden layers of the same size. Where only one of them varies, the other is the base's:
        its number of layers, or the units of its first.
        """
        changes: dict[str, Any] = {name: value for name, value in values.items() if name not in ("units", "layers")}
        if "units" in values or "layers" in values:
            n_hidden = self.base.n_hidden
            units = values.get("units", (n_hidden or Hyperparameters().n_hidden)[0])
            changes["n_hidden"] = (units,) * int(values.get("layers", len(n_hidden)))
        return self.base.replace(seed=self.base.seed if seed is None else seed, **changes)

    def setting_of(self, hyperparameters: Hyperparameters) -> Setting:
        """Return the setting that a run with these hyperparameters is of: the inverse of `hyperparameters_at`."""
        n_hidden = hyperparameters.n_hidden
        shape: dict[str, Value] = {"layers": len(n_hidden), "units": n_hidden[0] if n_hidden else 0}
        values = {name: shape[name] if name in shape else getattr(hyperparameters, name) for name in self.fields}
        return self.canonical(values)

    def draw(self, random: np.random.RandomState) -> Setting:
        """Return a setting drawn at random."""
        return self.canonical({axis.field: axis.value_at(random.random_sample()) for axis in self.axes})

    def canonical(self, values: Setting) -> Setting:
        """Return the setting in the order of the axes; without a hidden layer its units are the axis' first."""
        values = {name: values[name] for name in self.fields}
        if values.get("layers") == 0 and "units" in values:
            units = self.axes[self.fields.index("units")]
            values["units"] = units.values[0] if isinstance(units, Axis) else units.low
        return MappingProxyType(values)

    def check(self, dataset: Dataset) -> None:
        """Raise `SweepError` unless every setting can be trained on the data set, and compared."""
        if not len(dataset.valid):
            raise SweepError(
                f"data set: {dataset.name} has no validation samples, by which settings are compared. Set some aside "
                "when you open it (validation share), or choose another."
            )
        if dataset.recipe is None:
            raise SweepError(
                f"data set: {dataset.name} was made of arrays, which the worker processes cannot open. Save it as "
                ".npz, and open that."
            )
        largest = max(self._minibatch_sizes())
        if largest > len(dataset.train):
            raise SweepError(
                f"minibatch_size: the {len(dataset.train):,} training samples do not fill one minibatch of "
                f"{largest:,}. Choose at most {len(dataset.train):,}."
            )

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as plain values that JSON can hold."""
        return {
            "name": self.name,
            "base": self.base.as_dict(),
            "axes": [axis.as_dict() for axis in self.axes],
            "method": self.method,
            "n_settings": self.n_settings,
            "n_seeds": self.n_seeds,
            "halving": None if self.halving is None else asdict(self.halving),
            "dataset": self.dataset.as_dict(),
            "random_seed": self.random_seed,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> SweepPlan:
        """Return the plan that `as_dict` gave.

        Raises
        ------
        MlpError
            If it is none.
        """
        try:
            halving = values["halving"]
            return cls(
                name=str(values["name"]),
                base=Hyperparameters.from_dict(values["base"]),
                axes=tuple(map(axis_from_dict, values["axes"])),
                method=values["method"],
                n_settings=values["n_settings"],
                n_seeds=values["n_seeds"],
                halving=None if halving is None else Halving(**halving),
                dataset=DatasetReference.from_dict(values["dataset"]),
                random_seed=values["random_seed"],
            )
        except (KeyError, TypeError) as error:
            raise SweepError(f"plan: {error} is not understood. Plan the sweep anew.") from error

    def _check_axes(self) -> None:
        if not self.axes:
            raise SweepError("axes: nothing varies. Choose at least one hyperparameter to vary.")
        for name in self.fields:
            if self.fields.count(name) > 1:
                raise SweepError(f"{name}: it is there twice. Name it once, with all its values.")
        for axis in self.axes:
            if self.method == "grid" and isinstance(axis, Range):
                raise SweepError(
                    f"{axis.field}: a grid needs single values, not the range {axis.text()}. Name some, or choose "
                    "the method random or tpe."
                )
        if "units" in self.fields and "layers" not in self.fields and not self.base.n_hidden:
            raise SweepError("units: there is no hidden layer that could have them. Vary the layers too, or add one.")

    def _minibatch_sizes(self) -> tuple[int, ...]:
        for axis in self.axes:
            if axis.field == "minibatch_size":
                return tuple(map(int, axis.values if isinstance(axis, Axis) else (axis.low, axis.high)))
        return (self.base.minibatch_size,)

    def _grid(self) -> tuple[Setting, ...]:
        combinations = itertools.product(*(axis.parts(MAX_RUNS) for axis in self.axes))
        settings = (self.canonical(dict(zip(self.fields, values, strict=True))) for values in combinations)
        return tuple({tuple(setting.values()): setting for setting in settings}.values())

    def _drawn(self, n: int) -> tuple[Setting, ...]:
        random, drawn, misses = np.random.RandomState(self.random_seed), dict[tuple[Value, ...], Setting](), 0
        while len(drawn) < n and misses < MISSES:
            setting = self.draw(random)
            misses = misses + 1 if drawn.setdefault(tuple(setting.values()), setting) is not setting else 0
        return tuple(drawn.values())


def _check_count(field: str, value: object, high: int, low: int = 1) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        said = f"{value:,}" if isinstance(value, int) else repr(value)
        raise SweepError(f"{field}: {said} is out of range. Choose a whole number from {low} to {high:,}.")
