"""An epoch of our engine beside the lecture's loop, scikit-learn, PyTorch, and the floor that no NumPy gets below."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from benchmarks.data import find_source
from benchmarks.machine import cores
from benchmarks.measure import Entry, Measured, Seconds, Turn, measure
from benchmarks.options import parse
from benchmarks.results import Spread, Target, save
from benchmarks.tables import table
from mlp_core import Hyperparameters

REPEATS: Final = 5
SETTLE: Final = 0.2  # seconds for the threads of the one before to stop spinning
EPOCHS: Final = 2  # of a measurement
MORE_EPOCHS: Final = 4  # where something is done once a run: scikit-learn checks its data, our last evaluation waits
ONE_BY_ONE: Final = 5_000  # training samples that are learnt in minibatches of one

EPOCH, TRAINING, EVALUATION = "train_and_evaluate", "train", "evaluate"


@dataclass(frozen=True, slots=True)
class Timing:
    """The seconds an epoch took in each repeat, and the threads of the matrix products."""

    threads: int
    seconds: Seconds

    @property
    def spread(self) -> Spread:
        """The seconds' median and range."""
        return Spread(self.seconds, "s")

    def over(self, other: Timing) -> float:
        """Return how many times as long as `other` it takes: the median of the repeats' ratios."""
        ratios = (mine / theirs for mine, theirs in zip(self.seconds, other.seconds, strict=True))
        return Spread(tuple(ratios), "").median


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: a contender with its best number of threads.

    Attributes
    ----------
    name, precision : str
    minibatch_size : int
    epoch, training : Timing or None
        With evaluation and without; None where it is not comparable or was not measured.
    """

    name: str
    precision: str
    minibatch_size: int = 100
    epoch: Timing | None = None
    training: Timing | None = None


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, and save it."""
    options = parse(__doc__, arguments)
    source = find_source(options.quick)
    print(f"{source}; 784-100-10, minibatches of 100", flush=True)
    repeats, settle = (1, 0) if options.quick else (REPEATS, SETTLE)
    measured = measure(source, turns(options.quick), repeats, settle)
    for name, reason in measured.absent.items():
        print(f"skipped: {name} ({reason})")
    found = rows(measured)
    reached = targets(found)
    content = as_json(str(source), found, measured)
    print(speed_table(content["table"]))
    save("training_speed", content, reached, options.quick, options.out)
    return 0


def turns(quick: bool) -> list[Turn]:
    """Return what is measured, in the order in which it is."""
    counts = (1,) if quick else tuple(dict.fromkeys((1, cores())))
    few, more = (1, 1) if quick else (EPOCHS, MORE_EPOCHS)

    def entries(contender: str, precision: str, threads: Iterable[int] = counts) -> list[Entry]:
        chosen = Hyperparameters(precision=precision, epochs=more if contender in ("ours", "scikit-learn") else few)
        return [Entry(contender, chosen, count) for count in threads]

    def one_by_one(contender: str, precision: str, threads: Iterable[int] = counts) -> list[Entry]:
        chosen = Hyperparameters(precision=precision, minibatch_size=1, epochs=1)
        return [Entry(contender, chosen, count, None if quick else ONE_BY_ONE) for count in threads]

    return [
        *(Turn(entry, EPOCH) for entry in entries("ours", "float32", (1,))),
        *(Turn(entry, EPOCH) for entry in entries("PyTorch", "float32")),
        *(Turn(entry, EPOCH) for entry in entries("lecture", "float64")),
        *(Turn(entry, TRAINING) for entry in entries("floor", "float32")),
        *(Turn(entry, EVALUATION) for entry in entries("floor", "float32")),
        *(Turn(entry, TRAINING) for entry in entries("ours", "float32", (1,))),
        *(Turn(entry, TRAINING) for entry in entries("scikit-learn", "float32")),
        *(Turn(entry, TRAINING) for entry in entries("PyTorch", "float32")),
        *(Turn(entry, EPOCH) for entry in entries("ours", "float64", (1,))),
        *(Turn(entry, TRAINING) for entry in entries("ours", "float64", (1,))),
        *(Turn(entry, TRAINING) for entry in entries("floor", "float64")),
        *(Turn(entry, EVALUATION) for entry in entries("floor", "float64")),
        *(Turn(entry, EPOCH) for entry in one_by_one("ours", "float64", (1,))),
        *(Turn(entry, EPOCH) for entry in one_by_one("ours", "float32", (1,))),
        *(Turn(entry, EPOCH) for entry in one_by_one("lecture", "float64")),
    ]


def rows(measured: Measured) -> list[Row]:
    """Return the table, without those that are not installed."""

    def fastest(contender: str, precision: str, method: str, size: int = 100, threads: int = 0) -> Timing | None:
        tried = [
            Timing(turn.entry.threads, seconds)
            for turn, seconds in measured.seconds.items()
            if (turn.entry.contender, turn.method) == (contender, method)
            and turn.entry.hyperparameters.precision == precision
            and turn.entry.hyperparameters.minibatch_size == size
            and threads in (0, turn.entry.threads)
        ]
        return min(tried, key=lambda timing: timing.spread.median, default=None)

    def floor(name: str, precision: str, threads: int) -> Row:
        training = fastest("floor", precision, TRAINING, threads=threads)
        evaluation = fastest("floor", precision, EVALUATION, threads=threads)
        if training is None or evaluation is None:
            raise ValueError("the floor was not measured")
        both = tuple(map(sum, zip(training.seconds, evaluation.seconds, strict=True)))
        return Row(name, precision, 100, Timing(max(training.threads, evaluation.threads), both), training)

    found = [
        Row("mlp-viz", precision, 100, fastest("ours", precision, EPOCH), fastest("ours", precision, TRAINING))
        for precision in ("float32", "float64")
    ]
    found += [
        Row("PyTorch", "float32", 100, fastest("PyTorch", "float32", EPOCH), fastest("PyTorch", "float32", TRAINING)),
        Row("scikit-learn", "float32", 100, None, fastest("scikit-learn", "float32", TRAINING)),
        Row("lecture's loop", "float64", 100, fastest("lecture", "float64", EPOCH)),
    ]
    found += [
        floor(name, precision, threads)
        for precision in ("float32", "float64")
        for name, threads in (("floor, one core", 1), ("floor, all cores", 0))
    ]
    found += [
        Row("mlp-viz", "float32", 1, fastest("ours", "float32", EPOCH, 1)),
        Row("mlp-viz", "float64", 1, fastest("ours", "float64", EPOCH, 1)),
        Row("lecture's loop", "float64", 1, fastest("lecture", "float64", EPOCH, 1)),
    ]
    return [row for row in found if row.epoch or row.training]


def targets(rows: Sequence[Row]) -> list[Target]:
    """Return what was to be reached, as far as it was measured."""
    found = {(row.name, row.precision, row.minibatch_size): row for row in rows}
    nothing = Row("", "")

    def row(name: str, precision: str, minibatch_size: int = 100) -> Row:
        return found.get((name, precision, minibatch_size), nothing)

    ours, lecture = row("mlp-viz", "float32"), row("lecture's loop", "float64")
    one_core, all_cores = row("floor, one core", "float32"), row("floor, all cores", "float32")
    lecture_1 = row("lecture's loop", "float64", 1).epoch
    asked = [
        *_faster("epoch with evaluation, float32, against the lecture's loop", 4, ours.epoch, lecture.epoch),
        *_faster("the same against PyTorch at its best", 2, ours.epoch, row("PyTorch", "float32").epoch),
        *_faster("training only, against scikit-learn", 1.6, ours.training, row("scikit-learn", "float32").training),
        *_longer("training only, over the one-core floor", 1.2, ours.training, one_core.training),
        *_longer("stretch: epoch with evaluation, over the all-core floor", 1.6, ours.epoch, all_cores.epoch),
    ]
    for precision in ("float64", "float32"):
        ours_1 = row("mlp-viz", precision, 1).epoch
        asked += _faster(f"minibatch 1, {precision}, against the lecture's loop", 2, ours_1, lecture_1)
    return asked


def as_json(source: str, rows: Sequence[Row], measured: Measured) -> dict[str, Any]:
    """Return all that was measured, and the table that came of it."""
    tried = [
        {
            "contender": turn.entry.contender,
            "precision": turn.entry.hyperparameters.precision,
            "minibatch_size": turn.entry.hyperparameters.minibatch_size,
            "threads": turn.entry.threads,
            "method": turn.method,
            "seconds": seconds,
        }
        for turn, seconds in measured.seconds.items()
    ]
    return {
        "data": source,
        "one_by_one": ONE_BY_ONE,
        "table": [asdict(row) for row in rows],
        "tried": tried,
        "absent": sorted(measured.absent),
    }


def speed_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the rows that `as_json` made as a table, each with its ratio to our float32."""
    lines = []
    for row in rows:
        size = row["minibatch_size"]
        ours = next(r for r in rows if (r["name"], r["precision"], r["minibatch_size"]) == ("mlp-viz", "float32", size))
        threads = sorted({row[kind]["threads"] for kind in ("epoch", "training") if row[kind]})
        name = f"{row['name']}, {row['precision']}{', minibatch 1' if size == 1 else ''}"
        lines.append([name, " or ".join(map(str, threads))])
        for kind in ("epoch", "training"):
            if row[kind] is None:
                lines[-1] += ["", ""]
                continue
            timing = Timing(**row[kind])
            low, middle, high = timing.spread.low, timing.spread.median, timing.spread.high
            ratio = timing.over(Timing(**ours[kind]))
            lines[-1] += [f"{middle:.3f} ({low:.3f}–{high:.3f})", f"{ratio:.2f} ×"]
    header = ("", "BLAS threads", "epoch with evaluation, s", "", "training only, s", "")
    return table(header, lines)


def _faster(what: str, bound: float, ours: Timing | None, theirs: Timing | None) -> list[Target]:
    return [Target(what, bound, at_most=False, measured=theirs.over(ours))] if ours and theirs else []


def _longer(what: str, bound: float, ours: Timing | None, floor: Timing | None) -> list[Target]:
    return [Target(what, bound, at_most=True, measured=ours.over(floor))] if ours and floor else []


if __name__ == "__main__":
    sys.exit(main())
