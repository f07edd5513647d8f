"""The command ``mlp-core runs``: look at the runs that are kept, take them out, and let one go on."""

from __future__ import annotations

import argparse
import math
import shlex
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mlp_core.arguments import add_store_argument
from mlp_core.data_cli import on_one_line, tell, tell_aside
from mlp_core.datasets.wording import brief, tidy_name
from mlp_core.errors import DataError, MlpError
from mlp_core.output_file import check_can_be_written, writing
from mlp_core.runs.differences import FIELDS, differing, value_text
from mlp_core.runs.export import write_curves_csv, write_runs_csv, write_runs_json
from mlp_core.runs.record import RunRecord
from mlp_core.runs.recorder import Recorder
from mlp_core.runs.resume import resumed_trainer
from mlp_core.runs.run_filter import HELP, parse_filter
from mlp_core.runs.script import script_of
from mlp_core.runs.settings_text import settings_text
from mlp_core.runs.store import RunStore
from mlp_core.train_cli import add_output_arguments, check_outputs, follow, runs_command, tell_of_store
from mlp_core.trainer import TrainingData

if TYPE_CHECKING:
    from argparse import _SubParsersAction

_HEADINGS: Final = {"n_hidden": "hidden", "minibatch_size": "minibatch"}
_NOTHING: Final = "–"
_ID_HELP: Final = "number of a run, as `mlp-core runs list` tells it"


def add_runs_command(commands: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``runs`` with its own commands; each sets ``run``, which takes the options and returns the exit status."""
    parser = commands.add_parser("runs", help="list, show, export, resume and delete the runs that are kept")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Callable[[argparse.Namespace], int], told: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=told)
        add_store_argument(command)
        command.set_defaults(run=run)
        return command

    command = add("list", list_runs, "tell of all runs, with the hyperparameters that differ")
    command.add_argument(
        "--filter", default="", metavar="WORDS", help=HELP + " Write --filter=-word where a minus begins it."
    )
    command.add_argument("--deleted", action="store_true", help="list those that are deleted instead")

    command = add("show", show, "tell all of a run")
    command.add_argument("id", type=int, metavar="ID", help=_ID_HELP)

    command = add("export", export, "write runs to a file")
    command.add_argument("file", type=Path, metavar="FILE.csv|FILE.json", help="JSON has their curves too")
    command.add_argument("--filter", default="", metavar="WORDS", help="as for list")
    command.add_argument("--curves", action="store_true", help="write the curves as CSV, one row an epoch of each run")

    command = add("script", script, "tell a run as a Python script that gives the same figures")
    command.add_argument("id", type=int, metavar="ID", help=_ID_HELP)
    command.add_argument("file", type=Path, nargs="?", metavar="FILE.py", help="(default: the terminal)")

    command = add("settings", settings, "tell a run's settings as the command that trains with them")
    command.add_argument("id", type=int, metavar="ID", help=_ID_HELP)

    command = add("resume", resume, "let a run that was stopped or interrupted go on as if it had not been")
    command.add_argument("id", type=int, metavar="ID", help=_ID_HELP)
    command.add_argument("--data-dir", type=Path, metavar="DIR", help="the folder that holds MNIST's files")
    add_output_arguments(command)

    for name, run, told in (
        ("delete", delete, "delete runs; they can be restored for some time"),
        ("restore", restore, "bring deleted runs back"),
    ):
        add(name, run, told).add_argument("ids", type=int, nargs="+", metavar="ID", help=_ID_HELP)


def list_runs(options: argparse.Namespace) -> int:
    """Carry out ``mlp-core runs list`` and return its exit status."""
    wanted = parse_filter(options.filter)
    with _opened(options) as store:
        there = [run for run in store.runs() if run.deleted == options.deleted]
    runs = [run for run in there if wanted(run)]
    if runs:
        for line in _table(runs):
            tell(line)
    elif there:
        tell_aside(f"None of {len(there):,} runs is one that {brief(options.filter)!r} asks for.")
    else:
        tell_aside("No run is deleted." if options.deleted else "No run is kept yet: `mlp-core train` begins one.")
    return 0


def show(options: argparse.Namespace) -> int:
    """Carry out ``mlp-core runs show`` and return its exit status."""
    with _opened(options) as store:
        run, kept = store.run(options.id), store.checkpoints(options.id)
    for name, value in _told(run):
        tell(f"{name:16}{value}")
    tell(f"{'weights kept of':16}{', '.join(f'epoch {epoch}' for epoch in kept) or 'no epoch'}")
    tell(f"{'settings':16}{settings_text(run.hyperparameters, run.dataset)}")
    return 0


def export(options: argparse.Namespace) -> int:
    """Carry out ``mlp-core runs export`` and return its exit status."""
    path: Path = options.file
    kind = path.suffix.lower()
    if kind not in (".csv", ".json") or (options.curves and kind == ".json"):
        raise MlpError(f"{path}: CSV and JSON can be written, curves alone as CSV. End the name in .csv or .json.")
    check_can_be_written(path)
    wanted = parse_filter(options.filter)
    with _opened(options) as store:
        runs = [run for run in store.runs() if wanted(run) and not run.deleted]
        if kind == ".csv" and not options.curves:
            write_runs_csv(path, runs)
        else:
            histories = {run.id: store.history(run.id) for run in runs}
            (write_curves_csv if options.curves else write_runs_json)(path, runs, histories)
    tell_aside(f"{path}: {_count(runs)}")
    return 0


def script(options: argparse.Namespace) -> int:
    """Carry out ``mlp-core runs script`` and return its exit status."""
    with _opened(options) as store:
        text = script_of(store.run(options.id))
    if options.file is None:
        for line in text.splitlines():
            tell(line)
        return 0
    check_can_be_written(options.file)
    with writing(options.file) as file:
        file.write(text)
    tell_aside(f"{options.file}: run it with `python {shlex.quote(str(options.file))}`.")
    return 0


def settings(options: argparse.Namespace) -> int:
    """Carry out ``mlp-core runs settings`` and return its exit status."""
    with _opened(options) as store:
        run = store.run(options.id)
    tell(settings_text(run.hyperparameters, run.dataset))
    return 0


def resume(options: argparse.Namespace) -> int:
    """Carry out ``mlp-core runs resume`` and return its exit status."""
    check_outputs(options)
    with _opened(options) as store:
        run = store.run(options.id)
        if run.deleted:
            raise MlpError(
                f"Run {run.id} is deleted: `{runs_command('restore', run.id, options.store)}` brings it back."
            )
        with on_one_line() as progress:
            dataset = run.dataset.recipe.open(options.data_dir, progress)
        if dataset.fingerprint() != run.dataset.fingerprint:
            raise DataError(
                dataset.key,
                "its images are not those that the run was trained on. Put those back, or train anew: "
                + settings_text(run.hyperparameters, run.dataset),
            )
        data = TrainingData.of(dataset, run.hyperparameters.precision)
        trainer = resumed_trainer(store, run.id, data)
        earlier = store.history(run.id)[: trainer.epochs_done]
    tell_aside(dataset.description())
    with Recorder.resumed(store.path, run.id, tell_of_store) as recorder:
        return follow(options, trainer, dataset, recorder, earlier)


def delete(options: argparse.Namespace) -> int:
    """Carry out ``mlp-core runs delete`` and return its exit status."""
    with _opened(options) as store:
        store.delete(options.ids)
    where = ["--store", str(options.store)] if options.store else []
    back = shlex.join(["mlp-core", "runs", "restore", *map(str, options.ids), *where])
    tell_aside(f"{_count(options.ids)} deleted; brought back by `{back}`.")
    return 0


def restore(options: argparse.Namespace) -> int:
    """Carry out ``mlp-core runs restore`` and return its exit status."""
    with _opened(options) as store:
        store.restore(options.ids)
    tell_aside(f"{_count(options.ids)} restored.")
    return 0


def _opened(options: argparse.Namespace) -> RunStore:
    store = RunStore(options.store)
    if store.remark:
        tell_aside(f"mlp-core: {store.remark}")
    return store


def _table(runs: Sequence[RunRecord]) -> Iterator[str]:
    """Give a line for each run, with what differs, below a line of headings."""
    fields = [field for field in differing(runs) if field != "epochs"]  # which stand behind those that are done
    rows = [["id", "", "name", "status", "data set", *(_HEADINGS.get(field, field) for field in fields)]]
    rows[0] += ["epoch", "cost", "best valid", "in epoch", "test", "s/epoch"]
    for run in runs:
        row = [str(run.id), "★" * run.starred, tidy_name(run.name), run.status.value, tidy_name(run.dataset.name)]
        row += [value_text(field, run.hyperparameters) for field in fields]
        row += [f"{run.epochs_done}/{run.hyperparameters.epochs}", _figure(run.cost, ",.2f")]
        row += [_figure(run.best_valid_accuracy, ".2%"), str(run.best_epoch or _NOTHING)]
        row += [_figure(run.test_accuracy, ".2%"), _figure(run.seconds_an_epoch, ".3f")]
        rows.append(row)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _told(run: RunRecord) -> Iterator[tuple[str, str]]:
    yield "name", run.name + (" ★" if run.starred else "") + (" (deleted)" if run.deleted else "")
    yield "status", run.status.value + (f": {run.message}" if run.message else "")
    if run.note:
        yield "note", run.note
    yield "began", f"{run.began.astimezone():%Y-%m-%d %H:%M:%S}"
    sweep = "" if run.sweep_id is None else f" {run.sweep_id}"
    yield "from", f"{run.origin}{sweep}"
    yield "data set", run.dataset.name
    yield "fingerprint", run.dataset.fingerprint
    for field in FIELDS:
        yield _HEADINGS.get(field, field), value_text(field, run.hyperparameters)
    yield "epochs done", str(run.epochs_done)
    yield "cost", _figure(run.cost, ",.2f")
    yield "train accuracy", _figure(run.train_accuracy, ".2%")
    yield "valid accuracy", _figure(run.valid_accuracy, ".2%")
    yield "best of it", _figure(run.best_valid_accuracy, ".2%") + f" in epoch {run.best_epoch}" * bool(run.best_epoch)
    yield "test accuracy", _figure(run.test_accuracy, ".2%")
    yield "seconds", f"{_figure(run.seconds, ',.2f')}, {_figure(run.seconds_an_epoch, '.3f')} an epoch"
    yield "versions", ", ".join(f"{name} {version}" for name, version in run.versions.items())


def _count(runs: Sequence[object]) -> str:
    return f"{len(runs):,} run{'' if len(runs) == 1 else 's'}"


def _figure(value: float, form: str) -> str:
    return _NOTHING if math.isnan(value) else format(value, form)
