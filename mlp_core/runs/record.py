"""What the run store holds, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import Any, Final

from mlp_core.datasets.dataset import Dataset
from mlp_core.datasets.preparation import Preparation
from mlp_core.datasets.recipe import Recipe
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.snapshot import GeneratorState, Weights


class Status(Enum):
    """Where a stored run stands; the value is the word shown to the user."""

    RUNNING = "Running"
    WAITING = "Waiting"  # a trial of a sweep between two tasks
    FINISHED = "Finished"
    STOPPED = "Stopped"
    PRUNED = "Pruned"  # a trial that successive halving ended early
    DIVERGED = "Diverged"
    FAILED = "Failed"
    INTERRUPTED = "Interrupted"  # the program ended before the run did

    @property
    def resumable(self) -> bool:
        """Whether the run can go on from its last checkpoint."""
        return self in (Status.STOPPED, Status.INTERRUPTED)


ORIGINS: Final = ("window", "command", "sweep")


@dataclass(frozen=True, slots=True)
class DatasetReference:
    """A data set by name, by fingerprint, and by how it is opened again; never the data themselves.

    Attributes
    ----------
    name : str
        What it is called on the screen.
    fingerprint : str
        See `Dataset.fingerprint`.
    recipe : Recipe
    """

    name: str
    fingerprint: str
    recipe: Recipe

    @classmethod
    def of(cls, dataset: Dataset) -> DatasetReference:
        """Return the reference of a data set; one made of arrays cannot be opened again from it."""
        recipe = dataset.recipe or Recipe(dataset.key, Preparation())
        return cls(dataset.name, dataset.fingerprint(), recipe.absolute())

    def as_dict(self) -> dict[str, Any]:
        """Return the reference as plain values that JSON can hold."""
        return {"name": self.name, "fingerprint": self.fingerprint, "recipe": self.recipe.as_dict()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> DatasetReference:
        """Return the reference that `as_dict` gave."""
        return cls(str(values["name"]), str(values["fingerprint"]), Recipe.from_dict(values["recipe"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """A run that is about to begin.

    Attributes
    ----------
    hyperparameters : Hyperparameters
        With a seed: see `Hyperparameters.settled`.
    dataset : DatasetReference
    origin : str
        One of `ORIGINS`.
    name : str
        Empty to have the store name it.
    sweep_id, setting : int or None
        The sweep that it is a trial of, and the number of its setting there, counted from 0.
    """

    hyperparameters: Hyperparameters
    dataset: DatasetReference
    origin: str
    name: str = ""
    sweep_id: int | None = None
    setting: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A stored run, without its curves and weights.

    Attributes
    ----------
    id : int
        Unique in its store, and never used again.
    name, note : str
        Both the user's to change.
    hyperparameters, dataset, origin, sweep_id, setting
        As in `NewRun`.
    status : Status
    message : str
        Why it failed or diverged, for the user; else empty.
    began : datetime
        In UTC.
    ended : datetime or None
        None as long as it goes on.
    starred, deleted : bool
        A deleted run can be restored until it is purged.
    epochs_done : int
        Epochs that have ended.
    seconds : float
        Time trained.
    cost, train_accuracy, valid_accuracy : float
        At the last epoch; NaN before there is one, and for a split without samples.
    best_valid_accuracy : float
        The highest of all epochs; NaN if there is none.
    best_epoch : int
        The first epoch that reached it; 0 if there is none.
    test_accuracy : float
        At the end of the run; NaN as long as it is not known.
    versions : mapping of str to str
        Of Python, NumPy and this program, when the run began.
    revision : int
        Grows with every change in the store: what changed since is what has a larger one.
    """

    id: int
    name: str
    note: str
    hyperparameters: Hyperparameters
    dataset: DatasetReference
    origin: str
    sweep_id: int | None
    setting: int | None
    status: Status
    message: str
    began: datetime
    ended: datetime | None
    starred: bool
    deleted: bool
    epochs_done: int
    seconds: float
    cost: float
    train_accuracy: float
    valid_accuracy: float
    best_valid_accuracy: float
    best_epoch: int
    test_accuracy: float
    versions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    revision: int

    @property
    def seconds_an_epoch(self) -> float:
        """Mean time of an epoch; NaN before there is one."""
        return self.seconds / self.epochs_done if self.epochs_done else float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """A run at the end of an epoch: all that is needed to go on from there.

    Attributes
    ----------
    epoch : int
    weights : Weights
    generator : GeneratorState
    """

    epoch: int
    weights: Weights
    generator: GeneratorState


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepRecord:
    """A stored sweep.

    Attributes
    ----------
    id : int
    name : str
    plan : mapping
        What `SweepPlan.as_dict` gave.
    status : Status
        RUNNING, FINISHED, STOPPED, FAILED or INTERRUPTED.
    message : str
        Why it failed; else empty.
    began : datetime
        In UTC.
    ended : datetime or None
    deleted : bool
    revision : int
        As of a run.
    """

    id: int
    name: str
    plan: Mapping[str, Any]
    status: Status
    message: str
    began: datetime
    ended: datetime | None
    deleted: bool
    revision: int
