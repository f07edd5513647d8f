"""Stored runs, as values, for tests that need no store."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from mlp_core.datasets import Preparation
from mlp_core.datasets.recipe import Recipe
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.record import DatasetReference, RunRecord, Status

MakeRecord = Callable[..., RunRecord]

_FINISHED: Final = RunRecord(
    id=12,
    name="Run 12",
    note="",
    hyperparameters=Hyperparameters(),
    dataset=DatasetReference("Handwritten digits", "f1", Recipe("digits", Preparation())),
    origin="command",
    sweep_id=None,
    setting=None,
    status=Status.FINISHED,
    message="",
    began=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
    ended=datetime(2026, 3, 1, 9, 31, tzinfo=UTC),
    starred=False,
    deleted=False,
    epochs_done=200,
    seconds=20.0,
    cost=812.34,
    train_accuracy=0.9928,
    valid_accuracy=0.9798,
    best_valid_accuracy=0.98,
    best_epoch=150,
    test_accuracy=0.9754,
    versions={"python": "3.11.7"},
    revision=1,
)


@pytest.fixture
def make_record() -> MakeRecord:
    """Return what gives a finished run with other values for some fields, hyperparameters among them."""

    def make(**changes: Any) -> RunRecord:
        fields = {field.name for field in dataclasses.fields(Hyperparameters)}
        chosen = {name: changes.pop(name) for name in fields & set(changes)}
        chosen_or_not = _FINISHED.hyperparameters.replace(**chosen)
        return dataclasses.replace(_FINISHED, **{"hyperparameters": chosen_or_not, **changes})

    return make
