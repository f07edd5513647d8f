from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mlp_core.blas import use_one_thread
from mlp_core.datasets import Preparation, names, open_dataset
from mlp_core.datasets.image_folder import survey_image_folder
from mlp_core.datasets.picture import Conversion
from mlp_core.datasets.recipe import Recipe
from mlp_core.evaluation import accuracy
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.record import DatasetReference, RunRecord, Status
from mlp_core.runs.script import script_of
from mlp_core.snapshot import EpochSnapshot, EpochStats
from mlp_core.trainer import Trainer, TrainingData

REPOSITORY = Path(__file__).resolve().parents[3]
FEW = {"epochs": 2, "n_hidden": (10,), "eta": 0.01}
AS_JSON = """
import json, sys
figures = nn.eval_ if "nn" in globals() else {
    "cost": [stats.cost for stats in history],
    "train_acc": [stats.train_accuracy for stats in history],
    "valid_acc": [stats.valid_accuracy for stats in history],
}
print(json.dumps(figures))
"""

MakeRecord = Callable[..., RunRecord]


def trained(recipe: Recipe, hyperparameters: Hyperparameters) -> tuple[list[EpochStats], float]:
    dataset = recipe.open()
    with use_one_thread():
        trainer = Trainer.fresh(TrainingData.of(dataset, hyperparameters.precision), hyperparameters)
        history = [step.stats for step in trainer.steps() if isinstance(step, EpochSnapshot)]
        X_test = dataset.scaled(dataset.test.X, hyperparameters.precision)
        return history, accuracy(trainer.network, X_test, dataset.test.y) if len(X_test) else math.nan


def run_script(script: str, folder: Path) -> list[str]:
    (folder / "script.py").write_text(script + AS_JSON, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONWARNINGS": "error", "PYTHONUTF8": "1"}
    command = [sys.executable, "script.py"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def own_file(folder: Path) -> Recipe:
    """Return a file whose last class is in the test set alone: an output unit that `NeuralNetMLP` would not make."""
    random = np.random.RandomState(1)
    X, y = random.randint(0, 256, (90, 4, 4)).astype(np.uint8), np.arange(90) % 2
    path = folder / "my own digits.npz"
    np.savez(path, X_train=X, y_train=y, X_test=X[:9], y_test=np.arange(9) % 3)
    return Recipe(str(path), Preparation())


def own_pictures(folder: Path) -> Recipe:
    random = np.random.RandomState(1)
    for name in ("a", "b"):
        (folder / name).mkdir()
        for k in range(40):
            Image.fromarray(random.randint(0, 255, (9, 12), np.uint8)).save(folder / name / f"{k}.png")
    recipe = Preparation().apply(survey_image_folder(folder).read(Conversion(6, 5, "stretch", "light"))).recipe
    assert recipe is not None
    return recipe


@pytest.mark.parametrize(
    ("recipe", "chosen"),
    [
        (Recipe("digits", Preparation()), {}),
        (Recipe("digits", Preparation()), {"n_hidden": (12, 7), "activation": "tanh", "precision": "float32"}),
        (Recipe("digits", Preparation()), {"n_hidden": (), "shuffle": False, "l2": 0.0}),
        (Recipe("digits", Preparation(scaling="standardised", subset=700, valid_share=0.2)), {"minibatch_size": 7}),
        (own_file, {"minibatch_size": 10, "precision": "float32", "n_hidden": (5, 4)}),
        (own_pictures, {"minibatch_size": 10, "activation": "relu"}),
    ],
)
def test_it_gives_the_same_figures_to_the_bit(
    recipe: Any, chosen: dict[str, Any], tmp_path: Path, make_record: MakeRecord
) -> None:
    if not isinstance(recipe, Recipe):
        (tmp_path / "data").mkdir()
        recipe = recipe(tmp_path / "data")
    run = make_record(**{**FEW, **chosen}, dataset=DatasetReference("mine", "f", recipe), epochs_done=2)
    history, test_accuracy = trained(recipe, run.hyperparameters)
    *told, as_json = run_script(script_of(run), tmp_path)
    figures = json.loads(as_json)
    assert figures["cost"] == [stats.cost for stats in history]
    assert figures["train_acc"] == [stats.train_accuracy for stats in history]
    assert figures["valid_acc"] == [stats.valid_accuracy for stats in history]
    assert told[-4:] == [
        f"Cost: {history[-1].cost:.2f}",
        f"Train accuracy: {history[-1].train_accuracy:.2%}",
        f"Best validation accuracy: {max(stats.valid_accuracy for stats in history):.2%}",
        f"Test accuracy: {test_accuracy:.2%}",
    ]


def test_it_reads_like_the_lecture(make_record: MakeRecord) -> None:
    assert (
        script_of(make_record(epochs=50, epochs_done=50, best_epoch=38))
        == """\
# Run 12: Handwritten digits
# Epoch 50: cost 812.34, train accuracy 99.28%, best validation accuracy 98.00% in epoch 38, test accuracy 97.54%

import numpy as np

from mlp_core import NeuralNetMLP, open_dataset

dataset = open_dataset("digits")
X_train, y_train = dataset.scaled(dataset.train.X), dataset.train.y
X_valid, y_valid = dataset.scaled(dataset.valid.X), dataset.valid.y
X_test, y_test = dataset.scaled(dataset.test.X), dataset.test.y

nn = NeuralNetMLP(
    n_hidden=100,
    l2=0.01,
    epochs=50,
    eta=0.0005,
    minibatch_size=100,
    shuffle=True,
    seed=1,
)
nn.fit(X_train, y_train, X_valid, y_valid)

print(f"Cost: {nn.eval_['cost'][-1]:.2f}")
print(f"Train accuracy: {nn.eval_['train_acc'][-1]:.2%}")
print(f"Best validation accuracy: {max(nn.eval_['valid_acc']):.2%}")
print(f"Test accuracy: {np.mean(nn.predict(X_test) == y_test):.2%}")
"""
    )


def test_a_run_that_was_stopped_ends_where_it_was(tmp_path: Path, make_record: MakeRecord) -> None:
    stopped = make_record(
        **{**FEW, "epochs": 9},
        status=Status.STOPPED,
        epochs_done=2,
        test_accuracy=math.nan,
        dataset=DatasetReference("digits", "f", Recipe("digits", Preparation(valid_share=0))),
        best_valid_accuracy=math.nan,
        valid_accuracy=math.nan,
    )
    history, _ = trained(stopped.dataset.recipe, stopped.hyperparameters.replace(epochs=2))
    *told, as_json = run_script(script_of(stopped), tmp_path)
    assert json.loads(as_json)["cost"] == [stats.cost for stats in history]
    assert told == [f"Cost: {history[-1].cost:.2f}", f"Train accuracy: {history[-1].train_accuracy:.2%}"]
    assert "numpy" not in script_of(stopped)
    assert "epochs=9," in script_of(make_record(epochs=9, epochs_done=0, status=Status.INTERRUPTED))
    assert "epochs=9," in script_of(make_record(epochs=9, epochs_done=3, status=Status.DIVERGED))


def test_names_cannot_break_out_of_the_script(make_record: MakeRecord) -> None:
    bad = 'a"\\\n\r\x1b]import os\u2028"""'
    run = make_record(name=bad, message=bad, dataset=DatasetReference(bad, "f", Recipe(bad, Preparation())))
    script = script_of(run)
    compile(script, "script", "exec")
    assert "\x1b" not in script
    assert not any(line.startswith("]import") for line in script.splitlines())
    opened = next(line for line in script.splitlines() if line.startswith("dataset = "))
    assert eval(opened.removeprefix("dataset = open_dataset"), {}) == bad


@pytest.mark.parametrize("name", ["digits", "generated"])
def test_the_lectures_class_makes_an_output_unit_for_each_class_of_a_named_data_set(
    name: str, few_generated_digits: None
) -> None:
    assert name in names()
    dataset = open_dataset(name)
    assert max(dataset.train.y.max(), dataset.valid.y.max()) + 1 == dataset.n_classes
