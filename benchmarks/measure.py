"""Measure contenders in turn, each in a process of its own that sleeps while the others are measured.

So neither thread pools nor memory mix, and whatever else the machine does meets all of them alike: a ratio is taken
within a repeat, where both were measured within seconds.
"""

from __future__ import annotations

import gc
import signal
import sys
import time
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import NamedTuple, TypeVar

from benchmarks.contenders import contender
from benchmarks.data import Source
from benchmarks.memory import forget_peak, memory, peak_memory
from mlp_core import Hyperparameters

Seconds = tuple[float, ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry:
    """A contender and all that makes up its process.

    Attributes
    ----------
    contender : str
        A key of `benchmarks.contenders.NAMES`.
    hyperparameters : Hyperparameters
        `epochs` is how many a measurement goes through.
    threads : int
        Of its matrix products.
    n_train : int, optional
        Training samples, if not all.
    """

    contender: str
    hyperparameters: Hyperparameters
    threads: int = 1
    n_train: int | None = None


class Turn(NamedTuple):
    """What is measured once in each repeat: a method of the contender."""

    entry: Entry
    method: str


@dataclass(slots=True)
class Measured:
    """What was found.

    Attributes
    ----------
    seconds : dict of Turn to tuple of float
        An epoch's, in the order of the repeats.
    memory : dict of Entry to float
        MB by which the process grew beyond its data, at most; without those for which the system did not tell.
    absent : dict of str to str
        The contenders whose library is not installed, and what the import said.
    """

    seconds: dict[Turn, Seconds] = field(default_factory=dict)
    memory: dict[Entry, float] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)


def measure(source: Source, turns: Sequence[Turn], repeats: int, settle: float) -> Measured:
    """Go through `turns` `repeats` times, after a first time that warms up and does not count.

    Parameters
    ----------
    settle : float
        Seconds of silence before each turn.

    Raises
    ------
    RuntimeError
        If a contender fails; it holds the traceback from the contender's process.
    """
    found = Measured()
    with _processes(source, dict.fromkeys(turn.entry for turn in turns)) as processes:
        for entry in list(processes):
            if absent := processes[entry].receive(_Ready).absent:
                found.absent[entry.contender] = absent
                del processes[entry]
        seconds: dict[Turn, list[float]] = {turn: [] for turn in turns if turn.entry in processes}
        for repeat in range(repeats + 1):
            for turn in seconds:
                time.sleep(settle)
                done = processes[turn.entry].run(turn.method)
                if repeat > 0:
                    seconds[turn].append(done.seconds / turn.entry.hyperparameters.epochs)
                if done.memory is not None:
                    found.memory[turn.entry] = done.memory
    found.seconds = {turn: tuple(values) for turn, values in seconds.items()}
    return found


class _Ready(NamedTuple):
    absent: str  # empty where it is not


class _Done(NamedTuple):
    seconds: float
    memory: float | None


class _Process:
    """The far end of a pipe at which a contender waits for the name of a method to run."""

    def __init__(self, entry: Entry, source: Source) -> None:
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_compete, args=(theirs, entry, source), daemon=True)
        self._process.start()
        theirs.close()

    def run(self, method: str) -> _Done:
        self._pipe.send(method)
        return self.receive(_Done)

    def receive(self, kind: type[T]) -> T:
        answer = self._pipe.recv()
        if not isinstance(answer, kind):
            raise RuntimeError(f"a contender failed:\n{answer}")
        return answer

    def close(self) -> None:
        self._pipe.close()  # which it takes for the end
        self._process.join()
        self._process.close()


@contextmanager
def _processes(source: Source, entries: Iterable[Entry]) -> Iterator[dict[Entry, _Process]]:
    processes: dict[Entry, _Process] = {}
    try:
        for entry in entries:
            processes[entry] = _Process(entry, source)
        yield dict(processes)
    finally:
        for process in processes.values():
            process.close()


def _compete(pipe: Connection, entry: Entry, source: Source) -> None:
    """Load the data, then run what the pipe asks for, until it closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends this process
    try:
        kind = contender(entry.contender)
    except ImportError as error:
        pipe.send(_Ready(str(error)))
        return
    try:
        kind.use_threads(entry.threads)
        data = source.load(entry.hyperparameters.precision, entry.n_train)
        gc.collect()
        forget_peak()
        held = memory()
        pipe.send(_Ready(""))
        while True:
            method = pipe.recv()
            run = getattr(kind(data, entry.hyperparameters), method)
            started = time.perf_counter()
            run()
            seconds = time.perf_counter() - started
            del run
            peak = peak_memory()
            pipe.send(_Done(seconds, None if peak is None or held is None else peak - held))
    except (EOFError, BrokenPipeError):
        sys.exit()
    except Exception:
        pipe.send(traceback.format_exc())
