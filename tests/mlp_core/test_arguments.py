from __future__ import annotations

import argparse

import pytest

from mlp_core.arguments import (
    add_data_arguments,
    add_hyperparameter_arguments,
    add_picture_arguments,
    hidden_layers,
    hyperparameters_of,
    preparation_of,
    recipe_of,
)
from mlp_core.datasets import Preparation
from mlp_core.datasets.picture import Conversion
from mlp_core.errors import DataError
from mlp_core.hyperparameters import Hyperparameters


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_data_arguments(parser)
    add_picture_arguments(parser)
    add_hyperparameter_arguments(parser)
    return parser.parse_args(arguments)


def test_the_defaults_are_the_lectures() -> None:
    options = parsed()
    assert hyperparameters_of(options) == Hyperparameters()
    assert hyperparameters_of(options, Hyperparameters(eta=0.5)).eta == 0.5
    assert preparation_of(options) == Preparation()
    assert recipe_of(options, "digits").conversion is None


def test_a_new_seed_in_each_run_can_be_asked_for() -> None:
    assert hyperparameters_of(parsed("--seed", "new")).seed is None
    assert hyperparameters_of(parsed("--seed", "7")).seed == 7
    with pytest.raises(SystemExit):
        parsed("--seed", "old")


def test_splits_and_pictures_are_as_asked_for() -> None:
    recipe = recipe_of(parsed("--valid-share", "0.2", "--test-share", "0", "--split-seed", "4"), "x/")
    assert recipe.preparation == Preparation(valid_share=0.2, test_share=0, seed=4)
    assert recipe_of(parsed("--picture-size", "20x30", "--ink", "dark"), "x/").conversion == Conversion(
        height=30, width=20, ink="dark"
    )
    with pytest.raises(DataError, match="test_share"):
        preparation_of(parsed("--test-share", "2"))
    with pytest.raises(SystemExit):
        parsed("--picture-size", "20")


@pytest.mark.parametrize(
    ("text", "layers"), [("100", (100,)), ("100,50", (100, 50)), ("0", ()), ("none", ()), (" 3 , 4 ", (3, 4))]
)
def test_hidden_layers(text: str, layers: tuple[int, ...]) -> None:
    assert hidden_layers(text) == layers
