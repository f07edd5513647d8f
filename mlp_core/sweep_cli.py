"""The command ``mlp-core sweep``: try many hyperparameters, and say which are best and whether that is luck."""

from __future__ import annotations

import argparse
import math
import shlex
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final

from mlp_core.arguments import (
    add_data_arguments,
    add_hyperparameter_arguments,
    add_picture_arguments,
    add_store_argument,
    hyperparameters_of,
    recipe_of,
)
from mlp_core.data_cli import on_one_line, tell, tell_aside
from mlp_core.datasets import default_name
from mlp_core.errors import SweepError
from mlp_core.progress import Progress
from mlp_core.runs.record import DatasetReference, Status
from mlp_core.runs.store import RunStore
from mlp_core.sweep.axes import parse_axis
from mlp_core.sweep.cluster import DaskWorkers
from mlp_core.sweep.drive import SweepControl, SweepProgress, drive_sweep
from mlp_core.sweep.estimate import duration_words, estimate
from mlp_core.sweep.halving import Halving
from mlp_core.sweep.plan import METHODS, SweepPlan
from mlp_core.sweep.results import SettingResult, SweepResults
from mlp_core.sweep.significance import verdict
from mlp_core.sweep.workers import MOST_LOCAL, LocalWorkers, default_workers
from mlp_core.train_cli import tell_of_store

if TYPE_CHECKING:
    from argparse import _SubParsersAction

LISTED: Final = 20  # settings, the best ones
SEEDS: Final = 5  # with fewer than 4 no difference can be told from luck
SETTINGS: Final = 20
COMPARISONS: Final = 2  # before the end of training, with successive halving

_EXIT_STATUS: Final = {Status.FINISHED: 0, Status.FAILED: 1, Status.STOPPED: 130}


def add_sweep_command(commands: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``sweep``; it sets ``run``, which takes the options and returns the exit status."""
    parser = commands.add_parser("sweep", help="try many hyperparameters, in several processes or on several machines")
    group = parser.add_argument_group("sweep")
    group.add_argument(
        "--axis",
        action="append",
        default=[],
        metavar="FIELD=VALUES",
        help="what varies, once or more: values, eta=0.0005,0.001, or, with random and tpe, a range, eta=1e-4..1e-2; "
        "also l2, units (hidden units of each layer), layers, minibatch_size, and activation=sigmoid,relu",
    )
    methods = "; ".join(f"{name}: {meaning}" for name, meaning in METHODS.items())
    group.add_argument("--method", choices=tuple(METHODS), default="grid", help=f"{methods} (grid)")
    group.add_argument(
        "--settings",
        type=int,
        default=SETTINGS,
        metavar="N",
        help=f"combinations that random and tpe try ({SETTINGS}); a grid tries all",
    )
    group.add_argument(
        "--seeds",
        type=int,
        default=SEEDS,
        metavar="N",
        help=f"runs of each combination, from other first weights ({SEEDS})",
    )
    group.add_argument(
        "--halving",
        type=int,
        nargs="?",
        const=3,
        metavar="FACTOR",
        help="compare combinations twice before the end of training, and let only the best of each FACTOR go on (3)",
    )
    group.add_argument("--random-seed", type=int, default=1, metavar="N", help="of the choice of combinations (1)")
    group.add_argument("--name", default="", help="what the sweep is called (by what varies)")
    group.add_argument("--resume", type=int, metavar="ID", help="go on with a sweep that was stopped or interrupted")
    group.add_argument("--yes", action="store_true", help="begin without a question")
    places = group.add_mutually_exclusive_group()
    cores = default_workers()
    places.add_argument(
        "--workers", type=_n_workers, default=cores, metavar="N", help=f"processes on this machine ({cores})"
    )
    places.add_argument(
        "--scheduler", default="", metavar="tcp://HOST:PORT", help="use the workers of this Dask scheduler instead"
    )
    add_store_argument(parser)
    add_data_arguments(parser)
    add_picture_arguments(parser)
    add_hyperparameter_arguments(parser)
    parser.set_defaults(run=sweep)


def sweep(options: argparse.Namespace) -> int:
    """Carry out ``mlp-core sweep`` and return its exit status."""
    with ExitStack() as stack:
        store = stack.enter_context(RunStore(options.store))
        if store.remark:
            tell_aside(f"mlp-core: {store.remark}")
        cluster = stack.enter_context(DaskWorkers(options.scheduler)) if options.scheduler else None
        sweep_id: int | None = options.resume
        plan = _planned(options, cluster) if sweep_id is None else _stored(store, sweep_id)
        if plan is None:
            return 1
        workers = cluster or stack.enter_context(LocalWorkers(options.workers))
        if sweep_id is None:
            sweep_id = store.add_sweep(plan.name, plan.as_dict())
        tell_aside(f"Sweep {sweep_id}: {plan.n_runs:,} runs, by {workers.description}")
        with on_one_line() as line, _stopped_by_ctrl_c() as control:
            status = drive_sweep(store.path, sweep_id, workers, control, _Told(line), options.data_dir)
        results = SweepResults.of(plan, store.sweep_runs(sweep_id))
    for told in _ranking(results):
        tell(told)
    for told in verdict(results).text.splitlines():
        tell(told)
    _tell_how_to_go_on(options.store, sweep_id, status)
    return _EXIT_STATUS[status]


def _planned(options: argparse.Namespace, cluster: DaskWorkers | None) -> SweepPlan | None:
    """Return what was asked for, once it has been told what that will be; None if it is not wanted after all."""
    base = hyperparameters_of(options)
    factor: int | None = options.halving
    axes = tuple(map(parse_axis, options.axis))
    if not axes:
        raise SweepError("--axis: nothing varies. Name what does, for example --axis eta=0.0005,0.001,0.002.")
    halving = None if factor is None else Halving(math.ceil(base.epochs / max(1, factor) ** COMPARISONS), factor)
    with on_one_line() as progress:
        asked = options.dataset or default_name(options.data_dir)
        dataset = recipe_of(options, asked).open(options.data_dir, progress)
    tell_aside(dataset.description())
    if dataset.remarks:
        tell_aside(dataset.remarks)
    plan = SweepPlan(
        name=options.name or " × ".join(axis.field for axis in axes),
        base=base,
        axes=axes,
        method=options.method,
        n_settings=options.settings,
        n_seeds=options.seeds,
        halving=halving,
        dataset=DatasetReference.of(dataset),
        random_seed=options.random_seed,
    )
    tell_aside(estimate(plan, dataset, cluster.count if cluster else options.workers).text())
    return plan if options.yes or not sys.stdin.isatty() or _agreed() else None


def _agreed() -> bool:
    try:
        return input("Begin? [Y/n] ").strip().lower() in ("", "y", "yes")
    except EOFError:
        return False


def _stored(store: RunStore, sweep_id: int) -> SweepPlan:
    record = store.sweep(sweep_id)
    if record.status is Status.RUNNING:
        raise SweepError(f"resume: sweep {sweep_id} goes on already, in another window or terminal. Stop it there.")
    return SweepPlan.from_dict(record.plan)


class _Told:
    """Tells how far a sweep is, on one line; what the user should know besides has its own."""

    def __init__(self, line: Progress) -> None:
        self._line = line
        self._message = ""

    def __call__(self, progress: SweepProgress) -> None:
        failed = f", {progress.runs_failed:,} of them without success" if progress.runs_failed else ""
        left = "" if math.isnan(progress.seconds_left) else f"; {duration_words(progress.seconds_left)} left"
        share = progress.epochs_done / max(progress.n_epochs, 1)
        self._line(f"{progress.runs_done:,} of {progress.n_runs:,} runs are over{failed}{left}", share)
        if progress.message and progress.message != self._message:
            tell_of_store(progress.message)
        self._message = progress.message


@contextmanager
def _stopped_by_ctrl_c() -> Iterator[SweepControl]:
    """Give what the first Ctrl+C stops; the second one ends the program at once."""
    control = SweepControl()

    def stop(number: int, frame: FrameType | None) -> None:
        if control.stopping:
            signal.default_int_handler(number, frame)
        threading.Thread(target=control.stop).start()  # here it might wait for a lock that this very thread holds

    usual = signal.getsignal(signal.SIGINT)
    if usual is not signal.default_int_handler:  # whoever started the program wants no Ctrl+C here, or another
        yield control
        return
    signal.signal(signal.SIGINT, stop)
    try:
        yield control
    finally:
        signal.signal(signal.SIGINT, usual)


def _ranking(results: SweepResults) -> Iterator[str]:
    ranked = results.ranked()
    for place, result in enumerate(ranked[:LISTED], 1):
        yield f"{place:>3}. {_figures(result)}  {result.words}"
    if len(ranked) > LISTED:
        yield f"     and {len(ranked) - LISTED:,} more"


def _figures(result: SettingResult) -> str:
    n = sum(not math.isnan(accuracy) for accuracy in result.accuracies)
    spread = f"({result.low:.2%} to {result.high:.2%}, {n} seeds)" if n > 1 else "(1 seed)"
    test = "" if math.isnan(result.test_accuracy) else f", test {result.test_accuracy:.2%}"
    early = ", ended early" if result.pruned else "" if result.over else ", not done"
    return f"validation {result.median:.2%} {spread}{test}{early}"


def _tell_how_to_go_on(store: Path | None, sweep_id: int, status: Status) -> None:
    where = ["--store", str(store)] if store else []
    command = ["runs", "list", "--filter", f"sweep:{sweep_id}"]
    what = "lists its runs"
    if status is not Status.FINISHED:
        command, what = ["sweep", "--resume", str(sweep_id)], "goes on with it"
    tell_aside(f"Sweep {sweep_id} is kept: `{shlex.join(['mlp-core', *command, *where])}` {what}.")


def _n_workers(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_LOCAL:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 to {MOST_LOCAL}")
    return int(text)
