from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlp_core.runs.checkpoints import SERIES, is_due, kept, packed, unpacked
from mlp_core.runs.record import Checkpoint
from mlp_core.snapshot import GeneratorState, Weights
from tests.mlp_core.runs.made_runs import checkpoint_of, same, snapshot


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_checkpoint_comes_back_to_the_bit(dtype: str) -> None:
    ended = snapshot(3, dtype=dtype)
    back = unpacked(3, packed(checkpoint_of(ended)))
    assert same(back, ended)
    assert not any(array.flags.writeable for array in (*back.weights.w, *back.weights.b))
    drawn = [state.generator().random_sample() for state in (back.generator, ended.generator)]
    assert drawn[0] == drawn[1]


def test_weights_that_are_stored_column_by_column_come_back_the_same() -> None:
    w = np.asfortranarray(np.random.RandomState(1).normal(size=(5, 3)))
    weights = Weights.copy_of([w], [np.zeros(3)])
    generator = GeneratorState.of(np.random.RandomState(1))
    back = unpacked(1, packed(Checkpoint(1, weights, generator)))
    np.testing.assert_array_equal(back.weights.w[0], w)


@pytest.mark.parametrize(
    ("column", "value"),
    [(0, "<f4"), (1, "[6, 4]"), (1, "[6]"), (1, "[]"), (1, "no json"), (2, b"few"), (3, b"x" * 2496), (7, 0)],
)
def test_damaged_values_are_refused(column: int, value: object) -> None:
    values: Sequence[Any] = packed(checkpoint_of(snapshot(1)))
    damaged = [value if k == column else right for k, right in enumerate(values)]
    with pytest.raises((ValueError, IndexError)):
        unpacked(1, damaged)


@given(st.lists(st.booleans(), min_size=1, max_size=300))
def test_the_last_and_the_best_are_kept_and_few_others(better: list[bool]) -> None:
    there: set[int] = set()
    best = 1
    for epoch, is_better in enumerate(better, 1):
        best = epoch if is_better else best
        there = kept(there | {epoch}, best)
        assert {epoch, best} <= there
        assert len(there) <= SERIES + 2


def test_what_is_kept_to_look_back_to_spans_the_run_evenly() -> None:
    there: set[int] = set()
    for epoch in range(1, 1001):
        there = kept(there | {epoch}, best_epoch=3)
    assert there == {3, 1000, *range(128, 1000, 128)}


def test_weights_are_due_at_the_best_in_the_series_and_after_a_while() -> None:
    assert is_due(7, best_epoch=2, seconds=0.0)
    assert is_due(512, best_epoch=2, seconds=0.0)
    assert is_due(513, best_epoch=513, seconds=0.0)
    assert is_due(513, best_epoch=2, seconds=1.0)
    assert not is_due(513, best_epoch=2, seconds=0.001)
