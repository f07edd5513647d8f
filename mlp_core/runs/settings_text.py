"""The settings of a run as one line of text: the command that trains it, to be pasted into a window or a terminal."""

from __future__ import annotations

import argparse
import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath, PureWindowsPath
from typing import Final, NoReturn

from mlp_core.arguments import (
    add_data_arguments,
    add_hyperparameter_arguments,
    add_picture_arguments,
    add_store_argument,
    hyperparameters_of,
    recipe_of,
)
from mlp_core.datasets.preparation import Preparation
from mlp_core.datasets.recipe import Recipe
from mlp_core.datasets.wording import brief
from mlp_core.errors import MlpError
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.differences import number_text
from mlp_core.runs.record import DatasetReference

EXAMPLE: Final = "mlp-core train --dataset digits --hidden 100 --eta 0.0005"
LONGEST: Final = 10_000  # letters
_COMMANDS: Final = ("mlp-core", "mlp-viz", "mlp_core.cli", "mlp_viz")
_NOT_SETTINGS: Final = ("--json", "--save", "--name", "--screenshot", "--size", "--theme")  # with a value each
_LINE_GOES_ON: Final = re.compile(r"[\\^`][ \t]*\r?\n")  # in a POSIX shell, in cmd, in PowerShell
_PROMPTS: Final = (">", "$", "%", "#", ">>")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a line of settings says.

    Attributes
    ----------
    hyperparameters : Hyperparameters
        Those that it leaves out are the lecture's.
    recipe : Recipe or None
        The data set; None if it names none.
    """

    hyperparameters: Hyperparameters
    recipe: Recipe | None


def settings_text(hyperparameters: Hyperparameters, dataset: DatasetReference | None) -> str:
    """Return the command that trains with these settings; `parse_settings` reads it back."""
    words = list(_data_words(dataset.recipe)) if dataset is not None else []
    return shlex.join(["mlp-core", "train", *words, *_hyperparameter_words(hyperparameters)])


def _data_words(recipe: Recipe) -> Iterator[str]:
    preparation, usual = recipe.preparation, Preparation()
    yield from (f"--dataset={recipe.key}",) if recipe.key.startswith("-") else ("--dataset", recipe.key)
    if preparation.scaling != usual.scaling:
        yield from ("--scaling", preparation.scaling)
    if preparation.subset is not None:
        yield from ("--subset", str(preparation.subset))
    if preparation.valid_share is not None:
        yield from ("--valid-share", number_text(preparation.valid_share))
    if preparation.test_share != usual.test_share:
        yield from ("--test-share", number_text(preparation.test_share))
    if preparation.seed != usual.seed:
        yield from ("--split-seed", str(preparation.seed))
    if recipe.conversion is not None:
        yield from ("--picture-size", f"{recipe.conversion.width}x{recipe.conversion.height}")
        for field in ("fit", "ink", "contrast"):
            yield from (f"--{field}", getattr(recipe.conversion, field))


def _hyperparameter_words(hyperparameters: Hyperparameters) -> Iterator[str]:
    yield from ("--hidden", ",".join(map(str, hyperparameters.n_hidden)) or "0")
    for field in ("eta", "l2", "epochs", "minibatch_size"):
        yield from (f"--{field.replace('_', '-')}", number_text(getattr(hyperparameters, field)))
    yield from ("--seed", "new" if hyperparameters.seed is None else str(hyperparameters.seed))
    yield from ("--activation", hyperparameters.activation, "--precision", hyperparameters.precision)
    if not hyperparameters.shuffle:
        yield "--no-shuffle"


def parse_settings(text: str) -> Settings:
    """Return what a command that was copied says; line breaks and a prompt before it do not matter.

    Raises
    ------
    MlpError
        If it is not understood, with what is expected; of a value out of range it names the field.
    """
    options = _parser().parse_args(_options_in(text))
    recipe = recipe_of(options, options.dataset) if options.dataset else None
    return Settings(hyperparameters_of(options), recipe)


def _options_in(text: str) -> list[str]:
    """Return the words from the first option on; before it must stand a command, or nothing."""
    if len(text) > LONGEST:
        _refuse(f"a text of {len(text):,} letters")
    words = _words(_LINE_GOES_ON.sub(" ", text))
    first = next((at for at, word in enumerate(words) if word.startswith("--")), len(words))
    if not (any(_program(word) in _COMMANDS for word in words[:first]) or (first == 0 and words)):
        _refuse(brief(text.strip()) or "an empty text")
    return words[first:]


def _words(text: str) -> list[str]:
    lexer = shlex.shlex(text, posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters = True, ""
    if os.name == "nt":
        lexer.escape = ""  # there it parts folders
    try:
        words = [word for word in lexer if word not in _PROMPTS]
    except ValueError:
        _refuse("a text in which a quotation mark is not closed")
    return [re.sub(r"^[–—](?=[a-z])", "--", word) for word in words]  # what word processors make of two hyphens


def _program(word: str) -> str:
    name = PureWindowsPath(word).name if os.name == "nt" else PurePath(word).name
    return name.removesuffix(".exe")


def _refuse(what: str) -> NoReturn:
    raise MlpError(f"{what}: these are no settings. Expected is a line such as `{EXAMPLE}`.")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise MlpError(f"The settings are not understood: {brief(message)}. Expected is a line such as `{EXAMPLE}`.")


def _parser() -> _Parser:
    parser = _Parser(add_help=False, allow_abbrev=False)
    add_data_arguments(parser)
    add_picture_arguments(parser)
    add_hyperparameter_arguments(parser)
    add_store_argument(parser)
    for option in _NOT_SETTINGS:
        parser.add_argument(option)
    for option in ("--train", "--no-store"):
        parser.add_argument(option, action="store_true")
    return parser
