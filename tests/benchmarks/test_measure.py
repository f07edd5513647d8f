from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection
from typing import Any

import pytest

from benchmarks import contenders
from benchmarks.contenders import NAMES
from benchmarks.data import Source
from benchmarks.measure import Entry, Turn, _compete, measure
from mlp_core import Hyperparameters

SMALL = Source(mnist=False, n_train=200, n_valid=20)
FLOOR = Entry("floor", Hyperparameters(epochs=2))


def test_measures_every_turn_in_every_repeat() -> None:
    other = Entry("lecture", Hyperparameters(epochs=1), n_train=100)
    turns = [Turn(FLOOR, "train"), Turn(other, "train_and_evaluate"), Turn(FLOOR, "evaluate")]
    found = measure(SMALL, turns, repeats=3, settle=0)
    assert list(found.seconds) == turns
    assert all(len(seconds) == 3 and min(seconds) > 0 for seconds in found.seconds.values())
    assert not found.absent
    assert not multiprocessing.active_children()


def test_tells_what_went_wrong_in_a_contender() -> None:
    with pytest.raises(RuntimeError, match=r"a contender failed(.|\n)*NotImplementedError"):
        measure(SMALL, [Turn(FLOOR, "train_and_evaluate")], repeats=1, settle=0)
    assert not multiprocessing.active_children()


def test_goes_on_without_a_library_that_is_not_installed() -> None:
    missing = Entry("missing", FLOOR.hyperparameters)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("benchmarks.measure._compete", _compete_without_the_library)
        found = measure(SMALL, [Turn(missing, "train"), Turn(FLOOR, "train")], repeats=1, settle=0)
    assert list(found.seconds) == [Turn(FLOOR, "train")]
    assert "no_such_library" in found.absent["missing"]


def _compete_without_the_library(pipe: Connection[Any, Any], entry: Entry, source: Source) -> None:
    pytest.MonkeyPatch().setattr(contenders, "NAMES", {**NAMES, "missing": "no_such_library:Contender"})
    _compete(pipe, entry, source)
