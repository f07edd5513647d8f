"""Runs to put into a store, and ends of epochs that no two have alike."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlp_core.datasets.preparation import Preparation
from mlp_core.datasets.recipe import Recipe
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.record import Checkpoint, DatasetReference, NewRun
from mlp_core.snapshot import EpochSnapshot, EpochStats, GeneratorState, Weights


def new_run(hyperparameters: Hyperparameters | None = None, **fields: Any) -> NewRun:
    """Return a run that is about to begin, on the embedded digits."""
    values: dict[str, Any] = {
        "hyperparameters": hyperparameters or Hyperparameters(),
        "dataset": DatasetReference("Digits", "f" * 64, Recipe("digits", Preparation())),
        "origin": "command",
    }
    return NewRun(**values | fields)


def snapshot(epoch: int, valid_accuracy: float = 0.5, seconds: float = 0.25, dtype: str = "float64") -> EpochSnapshot:
    """Return the end of an epoch of a 6-4-3 network, with weights that only this epoch has."""
    random = np.random.RandomState(epoch)
    w = [random.normal(size=shape).astype(dtype) for shape in ((6, 4), (4, 3))]
    b = [random.normal(size=units).astype(dtype) for units in (4, 3)]
    stats = EpochStats(epoch, 100.0 / epoch, 0.1, 0.75, valid_accuracy, seconds)
    return EpochSnapshot(stats, Weights.copy_of(w, b), GeneratorState.of(random))


def checkpoint_of(snapshot: EpochSnapshot) -> Checkpoint:
    """Return all of a snapshot that training goes on from."""
    return Checkpoint(snapshot.epoch, snapshot.weights, snapshot.generator)


def same_weights(first: Weights, second: Weights) -> bool:
    """Return whether two networks are the same to the bit, their precision included."""
    mine, theirs = (*first.w, *first.b), (*second.w, *second.b)
    return [(a.dtype, a.shape, a.tobytes()) for a in mine] == [(a.dtype, a.shape, a.tobytes()) for a in theirs]


def same(checkpoint: Checkpoint, snapshot: EpochSnapshot) -> bool:
    """Return whether a checkpoint is a snapshot's, to the bit."""
    return (
        checkpoint.epoch == snapshot.epoch
        and checkpoint.generator == snapshot.generator
        and same_weights(checkpoint.weights, snapshot.weights)
    )
