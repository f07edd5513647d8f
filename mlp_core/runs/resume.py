"""A stored run goes on where it was, and ends as if it had never stopped."""

from __future__ import annotations

from mlp_core.runs.store import RunStore
from mlp_core.trainer import Trainer, TrainingData


def resumed_trainer(store: RunStore, run_id: int, data: TrainingData) -> Trainer:
    """Return a trainer that goes on from the last epoch of a stored run; from the start if none has ended.

    Where the weights of that epoch are not stored, those of one a moment before are, and the updates between are made
    again here, for up to a quarter of a second or one epoch: they give the same weights, to the bit in float64.

    Parameters
    ----------
    store : RunStore
    run_id : int
        Not reopened yet.
    data : TrainingData
        Of the data set that the run began with, in its precision.

    Raises
    ------
    NotResumableError
        If it goes on already, is deleted, or is over for good.
    StoreError
        If there is no such run, or it cannot be read.
    DataError
        If the data do not fit it.
    """
    run = store.run(run_id)
    store.check_resumable(run_id)
    if not store.checkpoints(run_id):
        return Trainer.fresh(data, run.hyperparameters)
    last = store.checkpoint(run_id)
    trainer = Trainer.resumed(data, run.hyperparameters, last.weights, last.generator, last.epoch)
    while trainer.epochs_done < run.epochs_done:
        for _ in trainer.updates():
            pass
    return trainer
