"""Where the time of a weight update goes: what is left between the engine and its floor, part by part."""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from statistics import median
from types import SimpleNamespace
from typing import Any, Final
from unittest import mock

import numpy as np

from benchmarks.data import find_source
from benchmarks.options import parse
from benchmarks.results import save
from benchmarks.tables import table
from mlp_core import Hyperparameters, Trainer, activations, costs, fast_path
from mlp_core.blas import use_one_thread
from mlp_core.minibatches import Minibatches

REPEATS: Final = 5
NAMES: Final = ("add", "exp", "matmul", "maximum", "multiply", "negative", "reciprocal", "subtract")

GATHER: Final = "samples gathered from their drawn order"
FORWARD: Final = "product X @ w of the hidden layer"
GRADIENT: Final = "product Xᵀ @ δ of the hidden layer"
WEIGHTS: Final = "weights multiplied by the decay, less the gradient"
UNITS: Final = "bias, sigmoid and slope of the hidden units"
OUTPUT: Final = "output layer, and δ sent back from it"
PYTHON: Final = "between the calls of NumPy"
PARTS: Final = (FORWARD, GRADIENT, GATHER, UNITS, WEIGHTS, OUTPUT, PYTHON)

Seconds = dict[str, float]


def main(arguments: Sequence[str] | None = None) -> int:
    """Profile the updates of an epoch, in both precisions."""
    options = parse(__doc__, arguments)
    source = find_source(options.quick)
    print(f"{source}; 784-100-10, minibatches of 100; microseconds of an update, medians of the repeats")
    rows: dict[str, Seconds] = {}
    for precision in ("float32", "float64"):
        data = source.load(precision)
        hyperparameters = Hyperparameters(precision=precision, epochs=1)
        with use_one_thread():
            rows[precision] = profile(lambda: Trainer.fresh(data, hyperparameters), 1 if options.quick else REPEATS)  # noqa: B023
    print(profile_table(rows))
    save("update_profile", rows, [], options.quick, options.out)
    return 0


def profile(fresh: Callable[[], Trainer], repeats: int) -> Seconds:
    """Return the microseconds of each part of an update, its share of measuring left out as far as is known.

    The calls that the engine makes of NumPy are timed one by one, and sorted by the shapes that they write.

    Parameters
    ----------
    fresh : callable
        Makes a trainer with one hidden layer.
    """
    found: dict[str, list[float]] = defaultdict(list)
    for _ in range(repeats):
        trainer = fresh()
        updates, started = 0, time.perf_counter()
        with _timed(trainer) as parts:
            for _ in trainer.updates():
                updates += 1
        whole = time.perf_counter() - started
        parts[PYTHON] = whole - sum(parts.values())
        for part in PARTS:
            found[part].append(parts[part] / updates * 1e6)
    return {part: median(found[part]) for part in PARTS}


def profile_table(rows: dict[str, Seconds]) -> str:
    """Return the parts beside each other."""
    lines = [(part, *(f"{parts[part]:.0f}" for parts in rows.values())) for part in PARTS]
    total = ("together", *(f"{sum(parts.values()):.0f}" for parts in rows.values()))
    return table(("part of an update", *(f"{precision}, µs" for precision in rows)), [*lines, total])


class _timed:  # noqa: N801 - reads as what it does
    """Time the calls of NumPy within a ``with`` block, by part."""

    def __init__(self, trainer: Trainer) -> None:
        self._rows = trainer.hyperparameters.minibatch_size
        self._w = trainer.network.w[0]
        self._hidden = self._w.shape[1]
        self._stack = ExitStack()
        self._parts: Seconds = dict.fromkeys(PARTS, 0.0)

    def __enter__(self) -> Seconds:
        timed = SimpleNamespace(**{name: getattr(np, name) for name in dir(np) if not name.startswith("_")})
        for name in NAMES:
            setattr(timed, name, self._time(getattr(np, name)))
        for module in (fast_path, activations, costs):
            self._stack.enter_context(mock.patch.object(module, "np", timed))
        in_order = Minibatches.in_order

        def timed_in_order(batches: Minibatches, order: Any) -> Iterator[Any]:
            iterator = in_order(batches, order)
            while True:
                started = time.perf_counter()
                batch = next(iterator, None)
                self._parts[GATHER] += time.perf_counter() - started
                if batch is None:
                    return
                yield batch

        self._stack.enter_context(mock.patch.object(Minibatches, "in_order", timed_in_order))
        return self._parts

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def _time(self, function: Callable[..., Any]) -> Callable[..., Any]:
        parts, product = self._parts, function is np.matmul

        def timed(*arguments: Any, out: Any) -> Any:
            started = time.perf_counter()
            function(*arguments, out=out)
            seconds = time.perf_counter() - started
            parts[self._part(arguments, out, product)] += seconds
            return out

        return timed

    def _part(self, arguments: Sequence[Any], out: Any, product: bool) -> str:
        if np.may_share_memory(out, self._w):
            return WEIGHTS
        if out.shape[-1] != self._hidden:
            return OUTPUT
        if product and out.ndim == 2:
            return {self._w.shape[0]: FORWARD, self._rows: GRADIENT}.get(arguments[0].shape[1], OUTPUT)
        return UNITS


if __name__ == "__main__":
    sys.exit(main())
