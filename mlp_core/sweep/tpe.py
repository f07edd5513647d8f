"""The choice of settings by Optuna's TPE: each from what those before it gave. Nothing else here knows Optuna."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final

import numpy as np

from mlp_core.errors import SweepError
from mlp_core.sweep.axes import Axis, Range, Setting, Value
from mlp_core.sweep.plan import SweepPlan

AGAIN: Final = 20  # draws for a setting that is not there yet, before one is taken twice
WORST: Final = 0.0  # the accuracy that stands for one that diverged


@dataclass(slots=True)
class Trial:
    """A setting that was chosen; `result` is None until it is told, NaN where it diverged."""

    values: Setting
    result: float | None = None
    failed: bool = False


class TpeChooser:
    """Chooses a sweep's settings one by one (Bergstra et al., 2011).

    What it asks for follows from the plan and from what it was told alone. So one that is built anew, and told the
    same in the same order, goes on as the first would have.

    Parameters
    ----------
    plan : SweepPlan
        The first ones are drawn at random, from its `random_seed`.

    Raises
    ------
    SweepError
        If Optuna is not installed.
    """

    def __init__(self, plan: SweepPlan) -> None:
        self._plan = plan
        self._optuna = _optuna()
        self._distributions = {axis.field: self._distribution(axis) for axis in plan.axes}
        self._trials: list[Trial] = []

    def ask(self) -> Setting:
        """Return the setting to try next; it counts as under way until its result is told."""
        values = self._proposal()
        self._trials.append(Trial(values))
        return values

    def begin(self, values: Setting) -> None:
        """Take note of a setting that was asked for before a restart, and is still under way."""
        self._trials.append(Trial(self._plan.canonical(values)))

    def tell(self, values: Setting, result: float | None) -> None:
        """Take note of what a setting gave.

        Parameters
        ----------
        values : mapping of str to value
            What `ask` gave, now or before a restart.
        result : float or None
            Its median validation accuracy, in [0, 1]. NaN if it diverged: the like are then avoided. None if it
            failed for a reason that says nothing of the setting.
        """
        key = self._plan.canonical(values)
        under_way = (trial for trial in self._trials if trial.values == key and not _is_told(trial))
        trial = next(under_way, None)
        if trial is None:
            trial = Trial(key)
            self._trials.append(trial)
        trial.result, trial.failed = result, result is None

    def _proposal(self) -> Setting:
        tried = {tuple(trial.values.values()) for trial in self._trials}
        entropy = np.random.SeedSequence((self._plan.random_seed, len(self._trials)))
        random = np.random.RandomState(int(entropy.generate_state(1)[0]))
        study = self._study(int(random.randint(2**31)))
        setting = self._tidy(study.ask(self._distributions).params)
        for _ in range(AGAIN):  # TPE may come back to a setting, whose runs would be the same again
            if tuple(setting.values()) not in tried:
                break
            setting = self._plan.draw(random)
        return setting

    def _study(self, seed: int) -> Any:
        optuna = self._optuna
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            sampler = optuna.samplers.TPESampler(seed=seed, multivariate=True, constant_liar=True)
        study = optuna.create_study(direction="maximize", sampler=sampler)
        states = optuna.trial.TrialState
        for trial in self._trials:
            state = states.FAIL if trial.failed else states.RUNNING if trial.result is None else states.COMPLETE
            value = None
            if trial.result is not None:
                value = WORST if math.isnan(trial.result) else trial.result
            study.add_trial(
                optuna.trial.create_trial(
                    state=state, value=value, params=dict(trial.values), distributions=self._distributions
                )
            )
        return study

    def _tidy(self, params: dict[str, Any]) -> Setting:
        values: dict[str, Value] = {}
        for axis in self._plan.axes:
            value = params[axis.field]
            values[axis.field] = axis.tidy(value) if isinstance(axis, Range) else value
        return self._plan.canonical(values)

    def _distribution(self, axis: Axis | Range) -> Any:
        distributions = self._optuna.distributions
        if isinstance(axis, Axis):
            return distributions.CategoricalDistribution(axis.values)
        if axis.integer:
            return distributions.IntDistribution(int(axis.low), int(axis.high), log=axis.log)
        return distributions.FloatDistribution(axis.low, axis.high, log=axis.log)


def check_installed() -> None:
    """Raise `SweepError` unless Optuna is installed."""
    _optuna()


def _is_told(trial: Trial) -> bool:
    return trial.failed or trial.result is not None


def _optuna() -> ModuleType:
    try:
        import optuna
    except ImportError as error:
        raise SweepError(
            'method: tpe needs Optuna, which is not installed. Install it with pip install "mlp-viz[tpe]", or choose '
            "the method random."
        ) from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # it would tell of every study on the terminal
    return optuna
