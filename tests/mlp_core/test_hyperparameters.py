from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlp_core.errors import HyperparameterError, MlpError
from mlp_core.hyperparameters import BOUNDS, MAX_HIDDEN_LAYERS, Hyperparameters

NOT_NUMBERS: tuple[Any, ...] = ("abc", {}, object(), float("nan"), float("inf"), -float("inf"), True, 1j, 10**400)
BAD: dict[str, tuple[Any, ...]] = {
    "eta": (*NOT_NUMBERS, [], None, 0, -0.1, 9e-7, 10.01),
    "l2": (*NOT_NUMBERS, [], None, -1e-9, 1e-7, 100.5),
    "n_hidden": (*NOT_NUMBERS, [[]], None, 0, -1, 1001, 1.5, (100, 0), (0,), "10,5"),
    "epochs": (*NOT_NUMBERS, [], None, 0, -1, 1.5, 10_001),
    "minibatch_size": (*NOT_NUMBERS, [], None, 0, -100, 0.5, 100_001),
    "seed": (*NOT_NUMBERS, [], -1, 2**31, 0.5),
    "activation": ("", "Sigmoid", "softmax", None, 3, []),
    "precision": ("float16", "double", None, np.float64, []),
}


def test_the_defaults_are_the_lectures() -> None:
    assert Hyperparameters().as_dict() == {
        "n_hidden": [100],
        "eta": 0.0005,
        "l2": 0.01,
        "epochs": 200,
        "minibatch_size": 100,
        "seed": 1,
        "shuffle": True,
        "activation": "sigmoid",
        "precision": "float64",
    }


@pytest.mark.parametrize(("field", "bad"), [(field, value) for field, values in BAD.items() for value in values])
def test_a_bad_value_names_its_field_and_says_what_to_choose(field: str, bad: Any) -> None:
    with pytest.raises(HyperparameterError, match=rf"^{field}: .*Choose ") as caught:
        Hyperparameters(**{field: bad})
    assert caught.value.field == field
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, MlpError)
    assert "\n" not in str(caught.value)


def test_what_to_choose_is_the_range() -> None:
    with pytest.raises(HyperparameterError, match="Choose 0 or a number from 1e-06 to 100"):
        Hyperparameters(l2=-1)
    with pytest.raises(HyperparameterError, match="Choose a whole number from 1 to 1,000"):
        Hyperparameters(n_hidden=(0,))


@pytest.mark.parametrize("field", list(BOUNDS))
def test_the_ends_of_each_range_are_inside(field: str) -> None:
    bound = BOUNDS[field]
    for value in (bound.low, bound.high, *([0] if bound.zero else [])):
        given_value: dict[str, Any] = {field: value}
        kept = getattr(Hyperparameters(**given_value), field)
        assert kept == ((value,) if field == "n_hidden" else value)
        assert isinstance(kept if field != "n_hidden" else kept[0], int if bound.integer else float)


def test_values_take_their_plain_type() -> None:
    kept = Hyperparameters(
        n_hidden=[np.int64(5), 4.0],  # type: ignore[arg-type]
        eta=np.float32(0.5),  # type: ignore[arg-type]
        epochs=np.int64(3),  # type: ignore[arg-type]
        l2=0,
        seed=None,
    )
    assert kept.n_hidden == (5, 4)
    assert {type(units) for units in kept.n_hidden} == {int}
    assert (type(kept.eta), type(kept.epochs), type(kept.l2), kept.seed) == (float, int, float, None)


def test_one_layer_may_be_given_as_a_number_and_none_as_an_empty_tuple() -> None:
    assert Hyperparameters(n_hidden=7).n_hidden == (7,)  # type: ignore[arg-type]
    assert Hyperparameters(n_hidden=()).n_hidden == ()


def test_too_many_layers() -> None:
    assert len(Hyperparameters(n_hidden=(2,) * MAX_HIDDEN_LAYERS).n_hidden) == MAX_HIDDEN_LAYERS
    with pytest.raises(HyperparameterError, match=r"^n_hidden: 9 hidden layers.*Choose at most 8"):
        Hyperparameters(n_hidden=(2,) * 9)


def test_replace_is_checked_and_leaves_the_first_alone() -> None:
    first = Hyperparameters()
    assert first.replace(eta=0.1).eta == 0.1
    assert first.eta == 0.0005
    with pytest.raises(HyperparameterError, match="eta"):
        first.replace(eta=0)
    with pytest.raises(AttributeError):
        first.eta = 1.0  # type: ignore[misc]


@given(
    n_hidden=st.lists(st.integers(1, 1000), max_size=8),
    eta=st.floats(1e-6, 10),
    l2=st.just(0.0) | st.floats(1e-6, 100),
    seed=st.none() | st.integers(0, 2**31 - 1),
    shuffle=st.booleans(),
)
def test_as_dict_survives_json(n_hidden: list[int], eta: float, l2: float, seed: int | None, shuffle: bool) -> None:
    first = Hyperparameters(n_hidden=tuple(n_hidden), eta=eta, l2=l2, seed=seed, shuffle=shuffle)
    assert Hyperparameters.from_dict(json.loads(json.dumps(first.as_dict()))) == first


def test_an_unknown_name_is_told() -> None:
    with pytest.raises(HyperparameterError, match=r"^momentum: no such hyperparameter. Known are activation, "):
        Hyperparameters.from_dict({"momentum": 0.9})


def test_a_seed_is_drawn_where_none_was_chosen_and_only_there() -> None:
    chosen = Hyperparameters(seed=None, eta=0.5)
    first, second = chosen.settled(), chosen.settled()
    assert first.seed is not None
    assert first.seed != second.seed  # but once in two thousand million
    assert first.replace(seed=None) == chosen
    assert Hyperparameters(seed=0).settled() == Hyperparameters(seed=0)
