"""Which trial of a sweep trains next, and until which epoch: every seed of a setting, rung by rung of halving."""

from __future__ import annotations

import math
import statistics
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.record import Checkpoint, RunRecord, Status
from mlp_core.snapshot import EpochStats
from mlp_core.sweep.axes import Setting
from mlp_core.sweep.halving import goes_on, survivors
from mlp_core.sweep.plan import SweepPlan
from mlp_core.sweep.results import one_a_seed
from mlp_core.sweep.tpe import TpeChooser

OVER: Final = (Status.FINISHED, Status.PRUNED, Status.DIVERGED, Status.FAILED)
History = Callable[[int], Sequence[EpochStats]]


@dataclass(slots=True, eq=False)
class Trial:
    """A setting with a seed, and how far it is.

    Attributes
    ----------
    setting : int
        Number of its setting in the sweep.
    hyperparameters : Hyperparameters
    until_epoch : int
        The end of the rung that it trains for.
    run_id : int or None
        In the store; None before it has begun.
    status : Status
    epochs_done : int
    best_valid_accuracy : float
        NaN before there is one.
    checkpoint : Checkpoint or None
        Where it stands, while it is at hand; the store has it in any case.
    deaths : int
        How many workers ended over its present task.
    """

    setting: int
    hyperparameters: Hyperparameters
    until_epoch: int
    run_id: int | None = None
    status: Status = Status.WAITING
    epochs_done: int = 0
    best_valid_accuracy: float = math.nan
    checkpoint: Checkpoint | None = None
    deaths: int = 0
    _best_after: dict[int, float] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Whether it will never train again."""
        return self.status in OVER

    @property
    def arrived(self) -> bool:
        """Whether it has nothing more to train for in its rung."""
        return self.over or self.epochs_done >= self.until_epoch

    def note(self, stats: Iterable[EpochStats], rungs: Sequence[int]) -> None:
        """Take note of epochs that have ended."""
        for epoch in stats:
            self.epochs_done = epoch.epoch
            if math.isnan(self.best_valid_accuracy) or epoch.valid_accuracy > self.best_valid_accuracy:
                self.best_valid_accuracy = epoch.valid_accuracy
            if epoch.epoch in rungs:
                self._best_after[epoch.epoch] = self.best_valid_accuracy

    def value_after(self, epoch: int) -> float:
        """Return the best validation accuracy up to the end of a rung; NaN if it diverged or failed."""
        failed = self.status in (Status.DIVERGED, Status.FAILED)
        return math.nan if failed else self._best_after.get(epoch, math.nan)


@dataclass(slots=True, eq=False)
class _Group:
    """The trials of one setting, which are compared with others', and go on, together."""

    values: Setting
    trials: list[Trial]
    rung: int = 0
    told: bool = False

    @property
    def over(self) -> bool:
        return all(trial.over for trial in self.trials)

    @property
    def arrived(self) -> bool:
        return all(trial.arrived for trial in self.trials)

    def values_after(self, epoch: int) -> tuple[float, ...]:
        return tuple(trial.value_after(epoch) for trial in self.trials)

    def result(self) -> float | None:
        """Return what TPE is told: the median over the seeds; NaN if one diverged, None if all failed."""
        if any(trial.status is Status.DIVERGED for trial in self.trials):
            return math.nan
        values = [trial.best_valid_accuracy for trial in self.trials if trial.status is not Status.FAILED]
        return statistics.median(values) if values else None


class Schedule:
    """Hands out the trials of a sweep; what was done before a restart is not done again, but what failed is.

    Whether a setting goes on from a rung follows from the figures of its runs alone, so that it is decided anew after a
    restart, and in the same way.

    Parameters
    ----------
    plan : SweepPlan
    runs : iterable of RunRecord
        Those of the sweep that are in the store.
    history : callable
        Gives the epochs of a run, by its id, up to its last checkpoint.

    Attributes
    ----------
    trials : tuple of Trial
        Of all settings that are known so far.

    Raises
    ------
    SweepError
        If settings are to be chosen by Optuna, and it is not installed.
    """

    def __init__(self, plan: SweepPlan, runs: Iterable[RunRecord], history: History) -> None:
        self.plan = plan
        self._rungs = plan.rungs
        self._ready: deque[Trial] = deque()
        self._groups: dict[int, _Group] = {}
        self._chooser = TpeChooser(plan) if plan.method == "tpe" else None
        by_setting: dict[int, list[RunRecord]] = {number: [] for number in range(len(plan.settings()))}
        for run in runs:
            if run.setting is not None and (self._chooser or run.setting in by_setting):
                by_setting.setdefault(run.setting, []).append(run)
        for number, its_runs in sorted(by_setting.items()):
            values = plan.settings()[number] if plan.settings() else plan.setting_of(its_runs[0].hyperparameters)
            self._groups[number] = self._group(number, values, its_runs, history)
        if self._chooser:
            for group in self._groups.values():
                self._chooser.begin(group.values)
        # All settings with the first seed come before any with the second; but first what has begun.
        waiting = [trial for seed in range(plan.n_seeds) for trial in (g.trials[seed] for g in self._groups.values())]
        self._hand_out(sorted(waiting, key=lambda trial: trial.run_id is None))

    @property
    def trials(self) -> tuple[Trial, ...]:
        """See the class."""
        return tuple(trial for group in self._groups.values() for trial in group.trials)

    @property
    def n_epochs(self) -> int:
        """Epochs of the whole sweep, those done included, as far as can be foreseen."""
        trials, plan = self.trials, self.plan
        if self._chooser:  # which of the settings still to be chosen will go on cannot be known: as many as usual
            known = sum(trial.epochs_done if trial.over else trial.until_epoch for trial in trials)
            return known + plan.n_epochs * (plan.n_settings - len(self._groups)) // plan.n_settings
        failed = (trial for trial in trials if trial.status in (Status.DIVERGED, Status.FAILED))
        return plan.n_epochs - sum(max(trial.until_epoch - trial.epochs_done, 0) for trial in failed)

    def next(self) -> Trial | None:
        """Return a trial to train now; None while there is none, or for good once nothing is under way."""
        if not self._ready and self._chooser and len(self._groups) < self.plan.n_settings:
            number = max(self._groups, default=-1) + 1
            self._groups[number] = self._group(number, self._chooser.ask(), (), lambda _: ())
            self._ready.extend(self._groups[number].trials)
        return self._ready.popleft() if self._ready else None

    def go_on(self, trial: Trial) -> None:
        """Hand a trial out again, before all others: it is not at the end of its rung."""
        self._ready.appendleft(trial)

    def settle(self) -> tuple[Trial, ...]:
        """Decide which settings go on, where all that are to be compared have arrived; return the trials that do not.

        To be called when a trial has arrived, and again once those that it returned have the status PRUNED.
        """
        if self._chooser is None and len(self._rungs) == 1:
            return ()
        groups = [group for group in self._groups.values() if not group.over]
        if self._chooser is None:
            return self._settle_together(groups)
        for group in self._groups.values():
            if group.over and not group.told:
                group.told = True
                self._chooser.tell(group.values, group.result())
        return self._settle_one_by_one(groups)

    def _settle_together(self, groups: Sequence[_Group]) -> tuple[Trial, ...]:
        last = len(self._rungs) - 1
        pruned: tuple[Trial, ...] = ()
        while not pruned and (rung := min((group.rung for group in groups), default=last)) < last:
            level = {number: group for number, group in self._groups.items() if group.rung == rung}
            if not all(group.arrived for group in level.values()):
                break
            values = {number: group.values_after(self._rungs[rung]) for number, group in level.items()}
            best = survivors(values, self._factor)
            for number in sorted(best):
                self._climb(level[number])
            pruned = tuple(t for number in level if number not in best for t in level[number].trials if not t.over)
        return pruned

    def _settle_one_by_one(self, groups: Sequence[_Group]) -> tuple[Trial, ...]:
        pruned: list[Trial] = []
        for group in groups:
            while group.rung < len(self._rungs) - 1 and group.arrived:
                if not self._goes_on(group):
                    pruned += [trial for trial in group.trials if not trial.over]
                    break
                self._climb(group)
        return tuple(pruned)

    def _goes_on(self, group: _Group) -> bool:
        epoch = self._rungs[group.rung]
        if any(trial.epochs_done > epoch for trial in group.trials):
            return True  # decided before a restart, when fewer had arrived
        reached = [
            other.values_after(epoch)
            for other in self._groups.values()
            if other is not group and (other.rung > group.rung or (other.rung == group.rung and other.arrived))
        ]
        return goes_on(group.values_after(epoch), reached, self._factor)

    @property
    def _factor(self) -> int:
        return self.plan.halving.factor if self.plan.halving else 1

    def _climb(self, group: _Group) -> None:
        group.rung += 1
        for trial in group.trials:
            trial.until_epoch = self._rungs[group.rung]
        self._hand_out(group.trials)

    def _hand_out(self, trials: Iterable[Trial]) -> None:
        last = self._rungs[-1]  # a trial that has all its epochs, but is not over, still is to be tested
        self._ready.extend(t for t in trials if not t.over and (not t.arrived or t.until_epoch == last))

    def _group(self, number: int, values: Setting, runs: Iterable[RunRecord], history: History) -> _Group:
        by_seed = {run.hyperparameters.seed: run for run in one_a_seed(runs)}
        trials = []
        for seed in self.plan.seeds:
            trial = Trial(number, self.plan.hyperparameters_at(values, seed), self._rungs[0])
            if run := by_seed.get(seed):
                trial.run_id, trial.status = run.id, run.status
                if run.status is Status.FAILED:  # what was in its way then may be gone
                    trial.status = Status.WAITING
                trial.note(history(run.id), self._rungs)
            trials.append(trial)
        return _Group(values, trials)
