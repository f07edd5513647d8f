"""The lecture's 200-epoch run in float64 and float32, beside the published figures."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from mlp_core import Hyperparameters, Trainer, TrainingData
from mlp_core.blas import use_one_thread
from mlp_core.datasets import open_dataset
from mlp_core.errors import DataError
from mlp_core.evaluation import accuracy
from mlp_core.snapshot import EpochSnapshot

PUBLISHED = "5065.78 99.28 97.98 97.54"


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, and print one row for each precision: cost, train %, validation %, test %."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    use_one_thread()
    try:
        data_dir = os.environ.get("MLP_VIZ_DATA")
        dataset = open_dataset("mnist", Path(data_dir) if data_dir else None)
    except DataError as error:
        print(f"skipped: {error}")
        return 0
    rows = {}
    print(f"published after 200 epochs  {PUBLISHED}")
    for precision in ("float64", "float32"):
        hyperparameters = Hyperparameters(precision=precision, epochs=options.epochs)
        started = time.perf_counter()
        trainer = Trainer.fresh(TrainingData.of(dataset, precision), hyperparameters)
        for step in trainer.steps():
            if isinstance(step, EpochSnapshot):
                last = step.stats
        test = accuracy(trainer.network, dataset.scaled(dataset.test.X, precision), dataset.test.y)
        shares = [last.train_accuracy * 100, last.valid_accuracy * 100, test * 100]
        seconds = time.perf_counter() - started
        rows[precision] = {"epochs": last.epoch, "cost": last.cost, "accuracies": shares, "seconds": seconds}
        figures = " ".join(f"{share:.2f}" for share in shares)
        print(f"{precision} after {last.epoch} epochs  {last.cost:.2f} {figures}  ({seconds:.0f} s)", flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
