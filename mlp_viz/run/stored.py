"""A run as it was read from the store."""

from __future__ import annotations

from dataclasses import dataclass

from mlp_core.network import Network
from mlp_core.runs.record import Checkpoint, RunRecord
from mlp_core.snapshot import EpochStats


@dataclass(frozen=True, slots=True, eq=False)
class StoredRun:
    """A stored run with its curves, and the weights it has come to.

    Attributes
    ----------
    record : RunRecord
    history : tuple of EpochStats
        Every epoch, in order.
    checkpoint : Checkpoint or None
        The last one; None if no epoch has ended.
    """

    record: RunRecord
    history: tuple[EpochStats, ...]
    checkpoint: Checkpoint | None

    @property
    def resumable_history(self) -> tuple[EpochStats, ...]:
        """The epochs up to the checkpoint: what a run that goes on from there begins with."""
        done = self.checkpoint.epoch if self.checkpoint is not None else 0
        return tuple(stats for stats in self.history if stats.epoch <= done)

    def network(self) -> Network | None:
        """Return a network with the checkpoint's weights; None where there is none."""
        if self.checkpoint is None:
            return None
        w, b = ([array.copy() for array in arrays] for arrays in (self.checkpoint.weights.w, self.checkpoint.weights.b))
        return Network(w, b, self.record.hyperparameters.activation)
