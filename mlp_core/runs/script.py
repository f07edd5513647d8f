"""A run as a short Python script, which gives the same figures."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

from mlp_core.datasets import names
from mlp_core.datasets.preparation import Preparation
from mlp_core.datasets.recipe import Recipe
from mlp_core.datasets.wording import brief
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.differences import number_text
from mlp_core.runs.record import RunRecord, Status


def script_of(run: RunRecord) -> str:
    """Return a script that trains as `run` did: to the epoch that it reached, from the same random numbers.

    It fits `NeuralNetMLP`, which counts the classes in the samples that it is given. Where some class may be missing
    there, in a file of the user's own or in a part of a data set, it drives a `Trainer` instead.
    """
    recipe = run.dataset.recipe
    every_class = recipe.key in names() and recipe.preparation.subset is None
    lines = (_with_network if every_class else _with_trainer)(run)
    return "\n".join([*_heading(run), "", *lines]) + "\n"


def _heading(run: RunRecord) -> Iterator[str]:
    yield f"# {brief(run.name)}: {brief(run.dataset.name)}"
    if run.epochs_done:
        figures = [f"cost {run.cost:.2f}", *_percent("train", run.train_accuracy)]
        figures += _percent("best validation", run.best_valid_accuracy, f" in epoch {run.best_epoch}")
        figures += _percent("test", run.test_accuracy)
        yield f"# Epoch {run.epochs_done}: {', '.join(figures)}"
    if run.message:
        yield f"# {run.status.value}: {brief(run.message)}"


def _percent(what: str, accuracy: float, where: str = "") -> list[str]:
    return [] if math.isnan(accuracy) else [f"{what} accuracy {accuracy * 100:.2f}%{where}"]


def _with_network(run: RunRecord) -> Iterator[str]:
    has_test, valid = not math.isnan(run.test_accuracy), not math.isnan(run.best_valid_accuracy)
    if has_test:
        yield from ("import numpy as np", "")
    yield from (*_imports(run.dataset.recipe, "NeuralNetMLP"), "", *_dataset(run.dataset.recipe))
    for split in ("train", "valid", "test") if has_test else ("train", "valid"):
        yield f"X_{split}, y_{split} = dataset.scaled(dataset.{split}.X), dataset.{split}.y"
    yield from ("", "nn = NeuralNetMLP(", *_arguments(run), ")", "nn.fit(X_train, y_train, X_valid, y_valid)", "")
    yield _print("Cost", "nn.eval_['cost'][-1]", ":.2f")
    yield _print("Train accuracy", "nn.eval_['train_acc'][-1]", ":.2%")
    if valid:
        yield _print("Best validation accuracy", "max(nn.eval_['valid_acc'])", ":.2%")
    if has_test:
        yield _print("Test accuracy", "np.mean(nn.predict(X_test) == y_test)", ":.2%")


def _with_trainer(run: RunRecord) -> Iterator[str]:
    has_test, valid = not math.isnan(run.test_accuracy), not math.isnan(run.best_valid_accuracy)
    if has_test:
        yield from ("import numpy as np", "")
    yield from _imports(run.dataset.recipe, "EpochSnapshot", "Hyperparameters", "Trainer", "TrainingData")
    yield from ("", *_dataset(run.dataset.recipe), "", "hyperparameters = Hyperparameters(", *_arguments(run), ")")
    yield "trainer = Trainer.fresh(TrainingData.of(dataset, hyperparameters.precision), hyperparameters)"
    yield from ("", "use_one_thread()  # so that sums are rounded as they were", "history = []")
    yield from ("for step in trainer.steps():", "    if isinstance(step, EpochSnapshot):")
    yield from ("        history.append(step.stats)", '        print(f"{step.epoch}: {step.stats.cost:.2f}")', "")
    yield _print("Cost", "history[-1].cost", ":.2f")
    yield _print("Train accuracy", "history[-1].train_accuracy", ":.2%")
    if valid:
        yield _print("Best validation accuracy", "max(stats.valid_accuracy for stats in history)", ":.2%")
    if has_test:
        yield "X_test = dataset.scaled(dataset.test.X, hyperparameters.precision)"
        yield _print("Test accuracy", "np.mean(trainer.network.predict(X_test) == dataset.test.y)", ":.2%")


def _imports(recipe: Recipe, *used: str) -> Iterator[str]:
    special = recipe.preparation != Preparation()
    if recipe.conversion is None and not special:
        used = (*used, "open_dataset")
    yield f"from mlp_core import {', '.join(used)}"
    if "Trainer" in used:
        yield "from mlp_core.blas import use_one_thread"
    if recipe.conversion is not None:
        yield "from mlp_core.datasets import Preparation"
        yield "from mlp_core.datasets.picture import Conversion"
        yield "from mlp_core.datasets.recipe import Recipe"
    elif special:
        yield "from mlp_core.datasets import Preparation, open_dataset"


def _dataset(recipe: Recipe) -> Iterator[str]:
    preparation = _call(recipe.preparation)
    if recipe.conversion is not None:
        yield f"pictures = {_call(recipe.conversion, in_full=True)}"
        yield f"dataset = Recipe({_literal(recipe.key)}, {preparation}, pictures).open()"
    elif recipe.preparation != Preparation():
        yield f"dataset = open_dataset({_literal(recipe.key)}, preparation={preparation})"
    else:
        yield f"dataset = open_dataset({_literal(recipe.key)})"


def _arguments(run: RunRecord) -> Iterator[str]:
    chosen, usual = run.hyperparameters, Hyperparameters()
    layers = chosen.n_hidden
    yield f"    n_hidden={layers[0] if len(layers) == 1 else layers},"
    yield f"    l2={_literal(chosen.l2)},"
    ended_early = 0 < run.epochs_done < chosen.epochs and run.status is not Status.DIVERGED
    yield f"    epochs={run.epochs_done},  # of {chosen.epochs}" if ended_early else f"    epochs={chosen.epochs},"
    for field in ("eta", "minibatch_size", "shuffle", "seed"):
        yield f"    {field}={_literal(getattr(chosen, field))},"
    for field in ("activation", "precision"):
        if getattr(chosen, field) != getattr(usual, field):
            yield f"    {field}={_literal(getattr(chosen, field))},"


def _print(what: str, value: str, form: str) -> str:
    return f'print(f"{what}: {{{value}{form}}}")'


def _call(thing: Any, in_full: bool = False) -> str:
    """Return the expression that makes `thing`, a dataclass; what is as usual is left out unless `in_full`."""
    usual = type(thing)()
    fields = [field.name for field in dataclasses.fields(thing)]
    given = [name for name in fields if in_full or getattr(thing, name) != getattr(usual, name)]
    return f"{type(thing).__name__}({', '.join(f'{name}={_literal(getattr(thing, name))}' for name in given)})"


def _literal(value: object) -> str:
    if isinstance(value, float):
        return number_text(value)
    plain = isinstance(value, str) and value.isprintable() and not set('"\\') & set(value)
    return f'"{value}"' if plain else repr(value)
