"""Time and memory of training against hidden units, minibatch, training set and layers, each beside its floor."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Final

from benchmarks.data import Source, find_source
from benchmarks.measure import Entry, Seconds, Turn, measure
from benchmarks.options import parse
from benchmarks.results import Spread, Target, save
from benchmarks.tables import number, table
from mlp_core import Hyperparameters

REPEATS: Final = 3
SETTLE: Final = 0.02  # seconds; no thread spins here, for every product is made by one

HIDDEN: Final[tuple[int, ...]] = (25, 50, 100, 200, 500, 1000)
MINIBATCH: Final[tuple[int, ...]] = (1, 10, 100, 1000)
TRAINING_SET: Final[tuple[int, ...]] = (1_000, 5_000, 20_000, 55_000)
LAYERS: Final[tuple[int, ...]] = (0, 1, 2, 3)

ENOUGH: Final = 5_500  # training samples where an epoch of all takes long; a multiple of the minibatches


@dataclass(frozen=True, slots=True)
class Costs:
    """What training takes at one setting: our engine, and its matrix products alone on one core.

    Attributes
    ----------
    epoch, training, floor : tuple of float
        Seconds of an epoch with evaluation, of its training alone, and of the products in that; in each repeat.
    memory, floor_memory : float or None
        MB beyond the data at most; None where the system does not tell.
    """

    epoch: Seconds
    training: Seconds
    floor: Seconds
    memory: float | None
    floor_memory: float | None


@dataclass(frozen=True, slots=True)
class Point:
    """One setting of one series, and what was found there.

    Attributes
    ----------
    against : str
        What the series goes through.
    value : int
        How many of it.
    precision : str
    n_train : int
        Training samples of an epoch.
    n_measured : int
        Training samples that were measured, where not all; the times are those of an epoch all the same.
    costs : Costs
    """

    against: str
    value: int
    precision: str
    n_train: int
    n_measured: int
    costs: Costs


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure series by series, print a table, and save it."""
    options = parse(__doc__, arguments)
    source = find_source(options.quick)
    print(f"{source}; 784-100-10, minibatches of 100 but where told", flush=True)
    points = list(measure_series(source, options.quick))
    found = [asdict(point) for point in points]
    print(scaling_table(found))
    save("scaling", {"data": str(source), "points": found}, targets(points), options.quick, options.out)
    return 0


def measure_series(source: Source, quick: bool) -> Iterator[Point]:
    """Yield the points of all series; for a quick try only the first of each."""
    first = slice(1 if quick else None)

    def point(against: str, value: int, precision: str = "float32", few: bool = False, **chosen: Any) -> Point:
        n_train = chosen.pop("n_train", source.n_train)
        n_measured = min(n_train, ENOUGH) if few else n_train
        costs = measure_costs(source, Hyperparameters(precision=precision, **chosen), n_measured, n_train, quick)
        return Point(against, value, precision, n_train, n_measured, costs)

    for precision in ("float32", "float64"):
        for units in HIDDEN[first]:
            yield point("hidden units", units, precision, few=units >= 500, n_hidden=(units,))
    for size in MINIBATCH[first]:
        yield point("minibatch", size, few=size <= 10, minibatch_size=size)
    for n_train in (source.n_train,) if quick else TRAINING_SET:
        yield point("training samples", n_train, n_train=n_train)
    for layers in LAYERS[first]:
        yield point("hidden layers of 100", layers, n_hidden=(100,) * layers)


@cache  # the lecture's setting is a point of every series
def measure_costs(source: Source, chosen: Hyperparameters, n_measured: int, n_train: int, quick: bool) -> Costs:
    """Measure our engine and the floor, each in a new process, with `n_measured` samples for `n_train`."""
    epochs = 1 if quick else max(2, 2 * ENOUGH // n_measured)
    ours, floor = (Entry(name, chosen.replace(epochs=epochs), 1, n_measured) for name in ("ours", "floor"))
    epoch, training, products = Turn(ours, "train_and_evaluate"), Turn(ours, "train"), Turn(floor, "train")
    found = measure(source, [epoch, training, products], 1 if quick else REPEATS, SETTLE)

    def whole(turn: Turn) -> Seconds:
        return tuple(seconds * n_train / n_measured for seconds in found.seconds[turn])

    return Costs(whole(epoch), whole(training), whole(products), found.memory.get(ours), found.memory.get(floor))


def over_floor(training: Sequence[float], floor: Sequence[float]) -> float:
    """Return how many times as long as its floor the training takes: the median of the repeats' ratios."""
    return Spread(tuple(ours / least for ours, least in zip(training, floor, strict=True)), "").median


def targets(points: Sequence[Point]) -> list[Target]:
    """Return what was to be reached."""
    return [
        Target(
            what="stretch: 1,000 hidden units, training only, over the one-core floor",
            bound=1.15,
            at_most=True,
            measured=over_floor(point.costs.training, point.costs.floor),
        )
        for point in points
        if (point.against, point.value, point.precision) == ("hidden units", 1000, "float32")
    ]


def scaling_table(points: Sequence[Mapping[str, Any]]) -> str:
    """Return the points, as JSON has them, as a table."""
    header = ("", "epoch with evaluation, s", "training only, s", "its floor, s", "", "memory, MB", "floor's, MB")
    lines = []
    for point in points:
        costs, part = point["costs"], point["n_measured"] < point["n_train"]
        name = f"{point['against']}: {point['value']:,}, {point['precision']}"
        lines.append(
            [
                f"{name}, of {point['n_measured']:,} samples" if part else name,
                *(f"{Spread(tuple(costs[kind]), 's').median:.3f}" for kind in ("epoch", "training", "floor")),
                f"{over_floor(costs['training'], costs['floor']):.2f} ×",
                *("" if costs[kind] is None else number(costs[kind]) for kind in ("memory", "floor_memory")),
            ]
        )
    return table(header, lines)


if __name__ == "__main__":
    sys.exit(main())
