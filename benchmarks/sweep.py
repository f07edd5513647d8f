"""A sweep with two workers beside one, and a trial in tasks with a store beside one bare: what sharing out costs."""

from __future__ import annotations

import math
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import wait
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from benchmarks.options import parse
from benchmarks.results import Spread, Target, save
from mlp_core.datasets import default_name, open_dataset
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.record import DatasetReference, Status
from mlp_core.runs.store import RunStore
from mlp_core.sweep.axes import Axis
from mlp_core.sweep.drive import SweepControl, drive_sweep
from mlp_core.sweep.plan import SweepPlan
from mlp_core.sweep.task import Task
from mlp_core.sweep.workers import LocalWorkers

TRIAL: Final = 10.0  # seconds that a trial takes, at least
TRIALS: Final = 4  # of a sweep
BARE: Final = 2  # trials without one
REPEATS: Final = 3
TIMED: Final = 3  # epochs, of which the last two tell how long one takes
MARGIN: Final = 1.1
LONG: Final = 10_000.0  # seconds of a task that nothing interrupts


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds, in each repeat.

    Attributes
    ----------
    bare : tuple of float
        A trial that is one task, whose figures go nowhere.
    one, two : tuple of float
        A sweep of `TRIALS` such trials, with one worker and with two.
    """

    bare: tuple[float, ...]
    one: tuple[float, ...]
    two: tuple[float, ...]

    def speedup(self) -> float:
        """Return how many times as many trials two workers carry out in the same time: the median of the repeats."""
        return Spread(tuple(one / two for one, two in zip(self.one, self.two, strict=True)), "").median

    def overhead(self) -> float:
        """Return what a trial takes longer in a sweep, in per cent: the median of the repeats."""
        shares = (100 * (one / TRIALS / bare - 1) for one, bare in zip(self.one, self.bare, strict=True))
        return Spread(tuple(shares), "%").median


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and save it."""
    options = parse(__doc__, arguments)
    dataset = open_dataset("digits" if options.quick else default_name())
    print(dataset.description(), flush=True)
    reference = DatasetReference.of(dataset)
    with LocalWorkers(1) as one, LocalWorkers(2) as two:
        epochs = epochs_of(reference, one, TRIAL / 50 if options.quick else TRIAL)
        warm_up(reference, two)
        measured = measure(reference, epochs, one, two, 1 if options.quick else REPEATS)
    trial = Spread(measured.bare, "s").median
    print(f"a trial of {epochs} epochs takes {trial:.1f} s; in a sweep {measured.overhead():.1f} % more")
    print(f"two workers carry out {measured.speedup():.2f} times as many as one")
    rows = {"data": dataset.name, "epochs": epochs, "trials": TRIALS, **asdict(measured)}
    save("sweep", rows, targets(measured), options.quick, options.out)
    return 0


def targets(measured: Measured) -> list[Target]:
    """Return what was to be reached."""
    return [
        Target("sweep: trials in the same time with two workers, against one", 1.8, False, measured.speedup()),
        Target("sweep: what tasks and store add to a trial of 10 s", 5.0, True, measured.overhead(), "%"),
    ]


def measure(reference: DatasetReference, epochs: int, one: LocalWorkers, two: LocalWorkers, repeats: int) -> Measured:
    """Measure each in turn, so that whatever else the machine does meets all of them alike."""
    times = []
    for _ in range(repeats):
        bare = sum(seconds_of(task_of(reference, epochs, seed), one) for seed in range(BARE)) / BARE
        times.append((bare, sweep(reference, epochs, one), sweep(reference, epochs, two)))
    return Measured(*map(tuple, zip(*times, strict=True)))


def epochs_of(reference: DatasetReference, workers: LocalWorkers, seconds: float) -> int:
    """Return how many epochs take `seconds`; the data are loaded with it."""
    result = workers.submit(task_of(reference, TIMED, 0)).result()
    epoch = sum(stats.seconds for stats in result.stats[1:]) / (TIMED - 1)
    return math.ceil(MARGIN * seconds / epoch)


def warm_up(reference: DatasetReference, workers: LocalWorkers) -> None:
    """Let each worker load the data."""
    wait([workers.submit(task_of(reference, TIMED, seed)) for seed in range(workers.count)])


def task_of(reference: DatasetReference, epochs: int, seed: int) -> Task:
    """Return a whole trial as one task."""
    hyperparameters = Hyperparameters(epochs=epochs, seed=seed)
    return Task(
        run_id=0, hyperparameters=hyperparameters, dataset=reference, start=None, until_epoch=epochs, seconds=LONG
    )


def seconds_of(task: Task, workers: LocalWorkers) -> float:
    """Carry out a task, and return how long that takes."""
    began = time.perf_counter()
    workers.submit(task).result()
    return time.perf_counter() - began


def sweep(reference: DatasetReference, epochs: int, workers: LocalWorkers) -> float:
    """Carry out a sweep with a store of its own, and return how long that takes."""
    base = Hyperparameters(epochs=epochs, seed=0)
    plan = SweepPlan("", base, (Axis("eta", (base.eta,)),), "grid", 1, TRIALS, None, reference)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "runs.sqlite"
        with RunStore(path) as store:
            sweep_id = store.add_sweep("", plan.as_dict())
        began = time.perf_counter()
        status = drive_sweep(path, sweep_id, workers, SweepControl(), lambda progress: None)
        seconds = time.perf_counter() - began
    if status is not Status.FINISHED:
        raise RuntimeError(f"the sweep came to a bad end: {status.value}")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
