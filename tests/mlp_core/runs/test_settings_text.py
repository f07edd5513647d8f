from __future__ import annotations

import argparse
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlp_core.activations import ACTIVATIONS
from mlp_core.datasets import Preparation
from mlp_core.datasets.picture import CONTRASTS, FITS, INKS, Conversion
from mlp_core.datasets.recipe import Recipe
from mlp_core.datasets.scaling import SCALINGS
from mlp_core.errors import DataError, HyperparameterError, MlpError
from mlp_core.hyperparameters import BOUNDS, PRECISIONS, Hyperparameters
from mlp_core.runs.record import DatasetReference
from mlp_core.runs.settings_text import Settings, parse_settings, settings_text
from mlp_core.train_cli import add_train_command

LINE = "mlp-core train --dataset digits --hidden 100,50 --eta 0.1"
MEANT = Settings(Hyperparameters(n_hidden=(100, 50), eta=0.1), Recipe("digits", Preparation()))


def whole(field: str) -> st.SearchStrategy[int]:
    return st.integers(int(BOUNDS[field].low), int(BOUNDS[field].high))


def number(field: str) -> st.SearchStrategy[float]:
    return st.floats(BOUNDS[field].low, BOUNDS[field].high)


HYPERPARAMETERS = st.builds(
    Hyperparameters,
    n_hidden=st.lists(whole("n_hidden"), max_size=8).map(tuple),
    eta=number("eta"),
    l2=st.just(0.0) | number("l2"),
    epochs=whole("epochs"),
    minibatch_size=whole("minibatch_size"),
    seed=st.none() | whole("seed"),
    shuffle=st.booleans(),
    activation=st.sampled_from(tuple(ACTIVATIONS)),
    precision=st.sampled_from(PRECISIONS),
)
RECIPES = st.builds(
    Recipe,
    key=st.sampled_from(("digits", '/my data/it\'s "these"', "/a\\b $HOME `x` ~", "-x", "/ä·–é", "/a#b;&|"))
    | st.text(st.characters(min_codepoint=32, exclude_categories=("C", "Z")), min_size=1).map("/{}".format),
    preparation=st.builds(
        Preparation,
        valid_share=st.none() | st.floats(0, 0.9),
        test_share=st.floats(0, 0.9),
        scaling=st.sampled_from(tuple(SCALINGS)),
        subset=st.none() | st.integers(1, 10**6),
        seed=st.integers(0, 2**31),
    ),
    conversion=st.none()
    | st.builds(
        Conversion,
        height=st.integers(1, 1024),
        width=st.integers(1, 1024),
        fit=st.sampled_from(tuple(FITS)),
        ink=st.sampled_from(tuple(INKS)),
        contrast=st.sampled_from(tuple(CONTRASTS)),
    ),
)


@given(HYPERPARAMETERS, RECIPES)
def test_what_is_copied_comes_back(hyperparameters: Hyperparameters, recipe: Recipe) -> None:
    text = settings_text(hyperparameters, DatasetReference("any", "f", recipe))
    assert len(text.splitlines()) == 1
    assert parse_settings(text) == Settings(hyperparameters, recipe)
    assert parse_settings(settings_text(hyperparameters, None)) == Settings(hyperparameters, None)


def test_the_command_itself_takes_the_line() -> None:
    parser = argparse.ArgumentParser()
    add_train_command(parser.add_subparsers())
    recipe = Recipe("/my data/x", Preparation(0.1, 0.2, "unit", 700, 3), Conversion(8, 9, "ink", "dark", "kept"))
    text = settings_text(Hyperparameters(shuffle=False, seed=None), DatasetReference("any", "f", recipe))
    options = parser.parse_args(shlex.split(text)[1:])
    assert options.dataset == "/my data/x"
    assert options.picture_size == (9, 8)
    assert options.seed is None


@pytest.mark.parametrize(
    "text",
    [
        LINE,
        f"  {LINE}\n",
        f"$ {LINE}",
        f"user@host:~/mlp-viz$ {LINE}",
        LINE.replace(" --", " \\\n  --"),
        LINE.replace(" --", " ^\r\n  --"),
        LINE.replace(" --", " `\n  --"),
        "> " + LINE.replace(" --", "\n> --"),
        LINE.replace("--", "—"),
        LINE.replace("mlp-core train", "mlp-viz"),
        LINE.replace("mlp-core train", "mlp-viz --train --screenshot 'my picture.png'"),
        LINE.replace("mlp-core", ".venv/bin/mlp-core"),
        LINE.replace("mlp-core", "python3 -m mlp_core.cli"),
        LINE.removeprefix("mlp-core train "),
        f"{LINE} --json run.json --save model.npz --store runs.sqlite --data-dir /data",
    ],
)
def test_it_is_read_however_it_was_copied(text: str) -> None:
    assert parse_settings(text) == MEANT


def test_what_is_left_out_is_the_lectures() -> None:
    assert parse_settings("mlp-core train") == Settings(Hyperparameters(), None)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "an empty text"),
        ("Dear all, don't forget", "quotation mark"),
        ("see you tomorrow", "see you tomorrow: these are no settings. Expected is a line such as `mlp-core train"),
        ("rm --recursive /", "these are no settings"),
        ("mlp-core train --eta fast", "--eta: invalid float value: 'fast'. Expected is"),
        ("mlp-core train --hidden 5,x", "not a list of whole numbers"),
        ("mlp-core train --seed old", "new for another one in each run"),
        ("mlp-core train --picture-size 28", "such as 28x28"),
        ("mlp-core train --speed 3", "unrecognized arguments: --speed 3"),
        ("mlp-core train --et 3", "unrecognized arguments"),
        ("mlp-core train --eta", "expected one argument"),
        ("x" * 20_000, "20,000 letters"),
    ],
)
def test_other_text_is_refused_in_words(text: str, told: str) -> None:
    with pytest.raises(MlpError) as caught:
        parse_settings(text)
    assert told in str(caught.value)
    assert len(str(caught.value)) < 300


def test_values_out_of_range_are_told_with_their_range() -> None:
    with pytest.raises(HyperparameterError, match=r"eta: 11\.0 is out of range\. Choose"):
        parse_settings("mlp-core train --eta 11")
    with pytest.raises(DataError, match="subset: 0 is out of range"):
        parse_settings("mlp-core train --dataset digits --subset 0")
