"""A run that is killed at random moments, again and again, and loses nothing but the epoch in progress.

    python -m tests.mlp_core.runs.kill_run        # 100 kills, some minutes
    python -m tests.mlp_core.runs.kill_run 5      # as many as the tests do

A process trains the embedded digits and tells of each epoch once it is in the store. It is killed (SIGKILL; on
Windows TerminateProcess) at a random moment: while it trains, or while it opens the store and goes on. Then the store
must open without a remark, hold every epoch that was told, with its figures, and show the run as interrupted; and the
run goes on in a new process. Each run that has ended must have the figures of a run that was never stopped, to the bit.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Final

from mlp_core.blas import use_one_thread
from mlp_core.datasets import open_dataset
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.record import DatasetReference, NewRun, Status
from mlp_core.runs.recorder import Recorder
from mlp_core.runs.resume import resumed_trainer
from mlp_core.runs.store import RunStore
from mlp_core.snapshot import EpochSnapshot, EpochStats, Weights
from mlp_core.trainer import Trainer, TrainingData

CHOSEN: Final = Hyperparameters(n_hidden=(20,), eta=0.005, epochs=150, minibatch_size=100, seed=3)
LONGEST_SECONDS: Final = 0.3  # after the first epoch that is told: about what a whole run takes
AT_START: Final = 0.3  # share of the kills that come before that

Figures = tuple[float, ...]


def figures(stats: EpochStats) -> Figures:
    """Return what an epoch must give again, whenever it is trained."""
    return stats.epoch, stats.data_cost, stats.penalty, stats.train_accuracy, stats.valid_accuracy


def as_line(stats: EpochStats) -> str:
    """Return figures as text that holds every bit."""
    return " ".join(float(value).hex() for value in figures(stats))


def train(path: Path) -> None:
    """Train the run that is in the store, or else a new one, and tell of each epoch once it is stored."""
    use_one_thread()
    dataset = open_dataset("digits")
    data = TrainingData.of(dataset)
    with RunStore(path) as store:
        open_runs = [run.id for run in store.runs() if run.status is Status.INTERRUPTED]
        trainer = resumed_trainer(store, open_runs[0], data) if open_runs else Trainer.fresh(data, CHOSEN)
    if open_runs:
        recorder = Recorder.resumed(path, open_runs[0], fail)
    else:
        new = NewRun(hyperparameters=CHOSEN, dataset=DatasetReference.of(dataset), origin="command")
        recorder = Recorder(path, new, fail)
    with recorder:
        for step in trainer.steps():
            if isinstance(step, EpochSnapshot):
                recorder.epoch(step)
                print(as_line(step.stats), flush=True)  # noqa: T201 - it is read by who kills
        recorder.end(Status.FINISHED)


def fail(told: str) -> None:
    """End with what the recorder had to tell: it has nothing to tell where all is well."""
    raise SystemExit(told)


def check_kills(folder: Path, n_kills: int, seed: int, told: Callable[[str], None] = print) -> None:
    """Kill a training process `n_kills` times, and check after each what is in the store.

    Raises
    ------
    AssertionError
        If anything is lost, or differs from a run that was never stopped.
    """
    path, chance = folder / "runs.sqlite", random.Random(seed)
    expected, weights = uninterrupted()
    killed = ended = 0
    for process_number in count(1):
        lines, was_killed = _train_and_kill(path, chance if killed < n_kills else None)
        killed += was_killed
        with RunStore(path) as store:
            assert not store.remark, store.remark
            runs = store.runs()
            assert len(runs) <= ended + 1, "a run was begun though one could go on"
            assert runs or not lines
            epochs = store.history(runs[-1].id) if runs else ()
            assert [figures(stats) for stats in epochs] == expected[: len(epochs)], "the figures differ"
            lost = set(lines) - {as_line(stats) for stats in epochs}
            assert not lost, f"{len(lost)} epochs that were told are lost"
            if runs:
                assert runs[-1].epochs_done == len(epochs)
                if was_killed and len(runs) > ended:
                    assert runs[-1].status in (Status.INTERRUPTED, Status.FINISHED)
                if runs[-1].status is Status.FINISHED:
                    ended = len(runs)
                    assert len(epochs) == CHOSEN.epochs
                    assert same_bits(store.checkpoint(runs[-1].id).weights, weights), "the weights differ"
        told(f"process {process_number}: {killed} kills, {len(epochs)} epochs, {ended} runs ended")
        if killed >= n_kills and ended == len(runs) > 0:
            return


def uninterrupted() -> tuple[list[Figures], Weights]:
    """Return the figures of all epochs and the last weights of a run that is never stopped."""
    steps = Trainer.fresh(TrainingData.of(open_dataset("digits")), CHOSEN).steps()
    snapshots = [step for step in steps if isinstance(step, EpochSnapshot)]
    return [figures(snapshot.stats) for snapshot in snapshots], snapshots[-1].weights


def same_bits(first: Weights, second: Weights) -> bool:
    """Return whether two networks are the same to the bit."""
    pairs = zip((*first.w, *first.b), (*second.w, *second.b), strict=True)
    return all(mine.tobytes() == theirs.tobytes() for mine, theirs in pairs)


def _train_and_kill(path: Path, chance: random.Random | None) -> tuple[list[str], bool]:
    """Return the lines that a training process told, and whether it was killed; without `chance` it is not."""
    command = [sys.executable, "-m", __spec__.name if __spec__ else __name__, "--train", str(path)]
    root = Path(__file__).resolve().parents[3]
    first = ""
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            at_start = chance is not None and chance.random() < AT_START
            first = "" if at_start else process.stdout.readline()
            rest, errors = process.communicate(timeout=chance.uniform(0.0, LONGEST_SECONDS) if chance else None)
        except subprocess.TimeoutExpired:
            process.kill()
            rest, errors = process.communicate()
            return _whole_lines(first + rest), True
    assert process.returncode == 0, errors
    return _whole_lines(first + rest), False


def _whole_lines(text: str) -> list[str]:
    return text.split("\n")[:-1]


def main(arguments: list[str]) -> None:
    """Do what the first lines of this file say."""
    if arguments[:1] == ["--train"]:
        train(Path(arguments[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        seed = random.SystemRandom().randrange(2**31)
        print(f"seed {seed}")  # noqa: T201
        check_kills(Path(folder), int(arguments[0]) if arguments else 100, seed)


if __name__ == "__main__":
    main(sys.argv[1:])
