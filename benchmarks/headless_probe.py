"""Trains without a window, in a process without Qt: one JSON line for each JSON line that it is given."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from benchmarks.probe import speed_of
from mlp_core import Hyperparameters, Trainer, TrainingData
from mlp_core.blas import use_one_thread
from mlp_core.datasets import open_dataset
from mlp_core.snapshot import EpochSnapshot


def main() -> int:
    """Answer orders until there are no more."""
    use_one_thread()
    dataset = open_dataset(sys.argv[1])
    prepared: dict[str, TrainingData] = {}
    _answer({"ready": True})
    for line in sys.stdin:
        hyperparameters = Hyperparameters.from_dict(json.loads(line))
        precision = hyperparameters.precision
        if precision not in prepared:
            prepared.clear()
            prepared[precision] = TrainingData.of(dataset, precision)
        ends = []
        for step in Trainer.fresh(prepared[precision], hyperparameters).steps():
            if isinstance(step, EpochSnapshot):
                ends.append((step.epoch, time.perf_counter()))
        _answer({"epochs_a_second": speed_of(ends)})
    return 0


def _answer(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    sys.exit(main())
