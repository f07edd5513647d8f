"""How many runs a sweep will be, and about how long it will take: told before it starts."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from mlp_core.blas import use_one_thread
from mlp_core.datasets.dataset import Dataset, Split
from mlp_core.evaluation import BLOCK, Score
from mlp_core.fast_path import ForwardPass
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.sweep.plan import SweepPlan
from mlp_core.sweep.tpe import check_installed
from mlp_core.trainer import Trainer, TrainingData

SAMPLES: Final = 4_000  # to time with: more than a core's cache holds, and scaled in a moment
TIMED: Final = 5  # networks of a sweep, spread from the smallest to the largest
DRAWN: Final = 50  # settings that stand for all, where TPE is still to choose them


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a sweep will be.

    Attributes
    ----------
    n_settings, n_runs, n_epochs : int
        Epochs of all runs together, where none diverges; with successive halving, of what is left at each rung.
    seconds : float
        Wall time, about.
    n_workers : int
    halving : bool
    """

    n_settings: int
    n_runs: int
    n_epochs: int
    seconds: float
    n_workers: int
    halving: bool

    def text(self) -> str:
        """Return it in words: ``12 settings × 3 seeds = 36 runs, about 2 minutes with 2 workers``."""
        n_seeds = self.n_runs // self.n_settings
        early = ", hopeless ones ended early" if self.halving else ""
        return (
            f"{_count(self.n_settings, 'setting')} × {_count(n_seeds, 'seed')} = {_count(self.n_runs, 'run')}{early}, "
            f"{duration_words(self.seconds)} with {_count(self.n_workers, 'worker')}"
        )


def estimate(plan: SweepPlan, dataset: Dataset, n_workers: int, budget: float = 1.0) -> Estimate:
    """Return how many runs a sweep will be, and about how long it will take.

    Parameters
    ----------
    plan : SweepPlan
    dataset : Dataset
    n_workers : int
        Each is supposed to have a core like this one for itself.
    budget : float
        Seconds that may go into timing, about.

    Raises
    ------
    SweepError
        If the plan does not fit the data set, or needs what is not installed.
    """
    plan.check(dataset)
    if plan.method == "tpe":
        check_installed()
    networks = _networks(plan)
    seconds = [seconds_an_epoch(dataset, network, budget / len(networks)) for network in networks]
    in_turn = 0  # epochs that one worker carries out, one after another
    for begin, end, n in zip((0, *plan.rungs), plan.rungs, plan.counts, strict=False):
        in_turn += (end - begin) * math.ceil(n * plan.n_seeds / n_workers)
    total = in_turn * sum(seconds) / len(seconds)
    return Estimate(plan.n_settings, plan.n_runs, plan.n_epochs, total, n_workers, plan.halving is not None)


def seconds_an_epoch(dataset: Dataset, hyperparameters: Hyperparameters, budget: float = 0.3) -> float:
    """Return about how long an epoch takes on one core, its evaluation included.

    Some real minibatches are trained, and some real samples evaluated, on a copy of a part of the data.

    Parameters
    ----------
    dataset : Dataset
    hyperparameters : Hyperparameters
    budget : float
        Seconds that this may take, about.
    """
    rows = min(hyperparameters.minibatch_size, SAMPLES)  # what larger ones take grows with the rows
    part = Split(dataset.train.X[:SAMPLES], dataset.train.y[:SAMPLES])
    rows = min(rows, len(part))
    X = dataset.scaled(part.X, hyperparameters.precision)
    data = TrainingData(X, part.y, X[:0], part.y[:0], dataset.n_classes)
    with use_one_thread(), np.errstate(all="ignore"):
        trainer = Trainer.fresh(data, hyperparameters.replace(minibatch_size=rows, epochs=1, seed=1))
        steps = itertools.chain.from_iterable(trainer.updates() for _ in itertools.count())
        update = _mean_seconds(lambda: next(steps), budget * 0.7)
        forward, score = ForwardPass(trainer.network, BLOCK), Score()
        block = slice(0, min(BLOCK, len(X)))
        evaluation = _mean_seconds(lambda: score.add(forward, X[block], part.y[block]), budget * 0.3)
    trained = len(dataset.train) // hyperparameters.minibatch_size * hyperparameters.minibatch_size
    evaluated = len(dataset.train) + len(dataset.valid)
    return update * trained / rows + evaluation * evaluated / block.stop


def duration_words(seconds: float) -> str:
    """Return a time in words, about: ``about 2 minutes``."""
    if seconds < 5:
        return "a few seconds"
    for unit, length, until in (("second", 1, 90), ("minute", 60, 90), ("hour", 3600, 36)):
        if seconds < until * length:
            n = seconds / length
            rounded = round(n / 5) * 5 if n >= 20 else round(n)
            return f"about {_count(rounded, unit)}"
    return f"about {_count(round(seconds / 86400), 'day')}"


def _mean_seconds(work: Callable[[], object], budget: float) -> float:
    """Return how long `work` takes, once it is warm; it is done at least twice."""
    work()
    started, n, seconds = time.perf_counter(), 0, 0.0
    while n == 0 or seconds < budget:
        work()
        n, seconds = n + 1, time.perf_counter() - started
    return seconds / n


def _networks(plan: SweepPlan) -> list[Hyperparameters]:
    """Return hyperparameters to time: those whose epochs take differently long, or some of them, evenly spread."""
    random = np.random.RandomState(plan.random_seed)
    settings = plan.settings() or tuple(plan.draw(random) for _ in range(DRAWN))
    all_of_them = sorted(map(plan.hyperparameters_at, settings), key=_work)
    if len({_work(hyperparameters) for hyperparameters in all_of_them}) == 1:
        return all_of_them[:1]
    if len(all_of_them) <= TIMED:
        return all_of_them
    places = (np.arange(TIMED) + 0.5) / TIMED * len(all_of_them)
    return [all_of_them[int(place)] for place in places]


def _work(hyperparameters: Hyperparameters) -> tuple[float, int, str]:
    """Return what decides how long an epoch takes; larger first numbers take longer."""
    n_hidden = hyperparameters.n_hidden
    weights = sum(n_hidden[:1]) * 1000 + sum(below * above for below, above in itertools.pairwise(n_hidden))
    return weights, -hyperparameters.minibatch_size, hyperparameters.activation


def _count(n: int, one: str) -> str:
    return f"{n:,} {one}{'s' * (n != 1)}"
