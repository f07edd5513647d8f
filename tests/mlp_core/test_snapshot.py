from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from mlp_core.snapshot import EpochSnapshot, EpochStats, GeneratorState, Weights, frozen_copy


def test_the_cost_is_data_term_plus_penalty() -> None:
    stats = EpochStats(3, 10.25, 0.5, 0.9, 0.8, 1.0)
    assert stats.cost == 10.75
    assert EpochSnapshot(stats, Weights((), ()), GeneratorState.of(np.random.RandomState(1))).epoch == 3
    with pytest.raises(dataclasses.FrozenInstanceError):
        stats.epoch = 4  # type: ignore[misc]


def test_a_frozen_copy_is_independent_and_not_writeable() -> None:
    array = np.arange(6.0).reshape(2, 3).T
    copy = frozen_copy(array)
    array[0, 0] = 99
    assert copy[0, 0] == 0
    assert not copy.flags.writeable
    assert frozen_copy(array.astype(np.float32)).dtype == np.float32


def test_weights_are_read_only_copies() -> None:
    w, b = [np.ones((2, 3))], [np.zeros(3)]
    weights = Weights.copy_of(w, b)
    w[0][:] = 5
    b[0][:] = 5
    assert (weights.w[0] == 1).all()
    assert (weights.b[0] == 0).all()
    for array in (*weights.w, *weights.b):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_a_generator_goes_on_from_its_state() -> None:
    random = np.random.RandomState(3)
    random.normal(size=7)  # an odd number: one is drawn in advance
    state = GeneratorState.of(random)
    again = state.generator()
    np.testing.assert_array_equal(again.normal(size=5), random.normal(size=5))
    np.testing.assert_array_equal(again.permutation(50), random.permutation(50))
    assert GeneratorState.of(again) == GeneratorState.of(random) != state


def test_what_is_no_state_is_refused() -> None:
    state = GeneratorState.of(np.random.RandomState(3))
    with pytest.raises(ValueError, match="624"):
        dataclasses.replace(state, key=state.key[:-4]).generator()
