from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlp_core import DataError, DivergedError, HyperparameterError, NeuralNetMLP, Trainer, TrainingData, load_mnist
from mlp_core.estimator import progress_line
from mlp_core.snapshot import EpochSnapshot, EpochStats

REPOSITORY = Path(__file__).resolve().parents[2]
RANDOM = np.random.RandomState(5)
X, y = RANDOM.uniform(-1, 1, (40, 4)), np.arange(40) % 3
SMALL: dict[str, Any] = {"n_hidden": 5, "epochs": 3, "eta": 0.05, "minibatch_size": 10, "seed": 1}

# The lecture's own lines, Raschka's ch. 12; only the epochs are fewer.
SCRIPT = """\
import numpy as np
from mlp_core import NeuralNetMLP, load_mnist

X_train, y_train = load_mnist('', kind='train')
print('Rows: %d, columns: %d' % (X_train.shape[0], X_train.shape[1]))
X_test, y_test = load_mnist('', kind='t10k')
print('Rows: %d, columns: %d' % (X_test.shape[0], X_test.shape[1]))

np.savez_compressed('mnist_scaled.npz',
                    X_train=X_train,
                    y_train=y_train,
                    X_test=X_test,
                    y_test=y_test)

mnist = np.load('mnist_scaled.npz')
X_train, y_train, X_test, y_test = [mnist[f] for f in ['X_train', 'y_train', 'X_test', 'y_test']]

n_epochs = 1
nn = NeuralNetMLP(n_hidden=100,
                  l2=0.01,
                  epochs=n_epochs,
                  eta=0.0005,
                  minibatch_size=100,
                  shuffle=True,
                  seed=1)

nn.fit(X_train=X_train[:55000],
       y_train=y_train[:55000],
       X_valid=X_train[55000:],
       y_valid=y_train[55000:])

print('%.2f' % nn.eval_['cost'][0], len(range(nn.epochs)))
y_test_pred = nn.predict(X_test)
acc = (np.sum(y_test == y_test_pred).astype(np.float64) / X_test.shape[0])
print('Test accuracy: %.2f%%' % (acc * 100))
miscl_img = X_test[y_test != y_test_pred][:25]
print(miscl_img.shape, nn.eval_['train_acc'], nn.eval_['valid_acc'])
"""


def test_the_slides_script_runs_unchanged(mnist_folder: Path, tmp_path: Path) -> None:
    for file in mnist_folder.glob("*ubyte*"):
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONWARNINGS": "error"}
    command = [sys.executable, "script.py"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
    error = done.stderr.decode()  # as text, \r would become \n
    assert done.returncode == 0, error
    assert error == "\r1/1 | Cost: 66739.71 | Train/Valid Acc.: 84.53%/88.86% \n"
    lines = done.stdout.decode().splitlines()
    assert lines[:3] == ["Rows: 60000, columns: 784", "Rows: 10000, columns: 784", "66739.71 1"]
    assert re.fullmatch(r"Test accuracy: 8\d\.\d\d%", lines[3])
    assert lines[4].startswith("(25, 784) [0.84")


def test_the_lectures_first_epochs_to_the_digit(mnist_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    X_train, y_train = load_mnist(mnist_folder, kind="train")
    nn = NeuralNetMLP(n_hidden=100, l2=0.01, epochs=3, eta=0.0005, minibatch_size=100, shuffle=True, seed=1)
    nn.fit(X_train[:55000], y_train[:55000], X_train[55000:], y_train[55000:])
    assert [f"{cost:.2f}" for cost in nn.eval_["cost"]] == ["66739.71", "47830.40", "40336.64"]
    assert [f"{acc * 100:.2f}" for acc in nn.eval_["train_acc"]] == ["84.53", "88.34", "89.64"]
    assert [f"{acc * 100:.2f}" for acc in nn.eval_["valid_acc"]] == ["88.86", "91.74", "92.70"]
    assert capsys.readouterr().err.endswith("\r3/3 | Cost: 40336.64 | Train/Valid Acc.: 89.64%/92.70% \n")


@pytest.mark.parametrize(("epoch", "epochs"), [(200, 200), (7, 200), (7, 9), (10, 10), (1, 1000)])
def test_the_progress_line_is_the_lectures(epoch: int, epochs: int) -> None:
    stats = EpochStats(epoch, 5000.0, 65.777, 0.99281, 0.9798, 1.0)
    lectures = "%0*d/%d | Cost: %.2f | Train/Valid Acc.: %.2f%%/%.2f%% "
    expected = lectures % (len(str(epochs)), epoch, epochs, 5065.777, 99.281, 97.98)
    assert progress_line(stats, epochs) == expected
    if epoch == 200:
        assert progress_line(stats, epochs).strip() == "200/200 | Cost: 5065.78 | Train/Valid Acc.: 99.28%/97.98%"


def test_the_defaults_are_the_slides() -> None:
    chosen = NeuralNetMLP().hyperparameters
    assert (chosen.n_hidden, chosen.l2, chosen.epochs, chosen.eta) == ((30,), 0.0, 100, 0.001)
    assert (chosen.shuffle, chosen.minibatch_size, chosen.seed) == (True, 1, None)
    in_order = NeuralNetMLP(10, 0.1, 50, 0.01, False, 20, 3).hyperparameters
    assert (in_order.n_hidden, in_order.l2, in_order.epochs, in_order.eta) == ((10,), 0.1, 50, 0.01)
    assert (in_order.shuffle, in_order.minibatch_size, in_order.seed) == (False, 20, 3)


def test_it_is_a_thin_face_on_the_trainer() -> None:
    nn = NeuralNetMLP(**SMALL)
    assert nn.fit(X[:30], y[:30], X[30:], y[30:]) is nn
    data = TrainingData(X[:30], y[:30], X[30:], y[30:], 3)
    trainer = Trainer.fresh(data, nn.hyperparameters)
    stats = [step.stats for step in trainer.steps() if isinstance(step, EpochSnapshot)]
    assert nn.eval_["cost"] == [s.cost for s in stats]
    assert nn.eval_["train_acc"] == [s.train_accuracy for s in stats]
    assert nn.eval_["valid_acc"] == [s.valid_accuracy for s in stats]
    np.testing.assert_array_equal(nn.predict(X), trainer.network.predict(X))


def test_fitting_again_starts_anew() -> None:
    nn = NeuralNetMLP(**SMALL)
    first = nn.fit(X, y, X, y).eval_
    second = nn.fit(X, y, X, y).eval_
    assert first == second
    assert first is not second


def test_lists_integers_and_float32_are_taken() -> None:
    expected = NeuralNetMLP(**SMALL).fit(X.round(), y, X.round(), y)
    lists = NeuralNetMLP(**SMALL).fit(X.round().astype(int).tolist(), y.tolist(), X.round(), y.astype(float))
    assert lists.eval_ == expected.eval_
    narrow = NeuralNetMLP(**SMALL, precision="float32", activation="tanh").fit(X, y, X, y)
    assert narrow.network_.dtype == np.float32
    assert narrow.predict(X.tolist()).dtype == np.int64


def test_several_hidden_layers_or_none() -> None:
    for n_hidden in ((), (4, 3), np.int64(4)):
        nn = NeuralNetMLP(**{**SMALL, "n_hidden": n_hidden}).fit(X, y, X, y)
        assert nn.network_.layer_sizes[0::10] == (4,)
    assert NeuralNetMLP(**{**SMALL, "n_hidden": (4, 3)}).fit(X, y, X, y).network_.layer_sizes == (4, 4, 3, 3)


def test_an_empty_validation_set(capsys: pytest.CaptureFixture[str]) -> None:
    nn = NeuralNetMLP(**SMALL).fit(X, y, X[:0], [])
    assert np.isnan(nn.eval_["valid_acc"]).all()
    assert capsys.readouterr().err.endswith("%/nan% \n")


def test_a_class_that_only_the_validation_samples_show_is_never_told() -> None:
    nn = NeuralNetMLP(**SMALL).fit(X, y, X[:4], [0, 1, 2, 5])
    assert nn.network_.layer_sizes[-1] == 6
    assert nn.eval_["valid_acc"][-1] <= 0.75


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("n_hidden", 0),
        ("n_hidden", True),
        ("n_hidden", None),
        ("eta", 0),
        ("l2", -1),
        ("epochs", 0),
        ("seed", -1),
        ("minibatch_size", 0),
        ("activation", "swish"),
        ("precision", "float16"),
    ],
)
def test_a_bad_hyperparameter_is_told_at_once(field: str, bad: Any) -> None:
    with pytest.raises(HyperparameterError, match=f"^{field}: "):
        NeuralNetMLP(**{field: bad})


WITH_NAN, WITH_INF = X.copy(), X.copy()
WITH_NAN[3, 2], WITH_INF[3, 2] = np.nan, -np.inf
BAD_X: dict[str, Any] = {
    "one row": X[0],
    "a number": 1.0,
    "three dimensions": X.reshape(40, 2, 2),
    "no columns": X[:, :0],
    "strings": [["a"] * 4] * 40,
    "objects": np.full((40, 4), None),
    "complex": X.astype(complex),
    "ragged": [[1.0, 2.0], [1.0]],
    "NaN": WITH_NAN,
    "infinite": WITH_INF,
    "None": None,
    "empty": [],
}
BAD_Y: dict[str, Any] = {
    "NaN": np.where(y == 0, np.nan, y),
    "infinite": np.where(y == 0, np.inf, y),
    "negative": y - 1,
    "fractions": y + 0.5,
    "strings": np.array(["a", "b"])[y % 2],
    "numbers as strings": y.astype(str),
    "objects": y.astype(object),
    "complex": y.astype(complex),
    "one-hot": np.eye(3)[y],
    "a number": 1,
    "None": None,
    "ragged": [[1], [1, 2]],
    "huge": np.where(y == 0, 10**12, y),
    "huge unsigned": np.where(y == 0, 2**63, y.astype(np.uint64)),
}


@pytest.mark.parametrize("which", ["X_train", "X_valid"])
@pytest.mark.parametrize("bad", list(BAD_X))
def test_bad_samples_are_told_by_name(which: str, bad: str) -> None:
    arrays: dict[str, Any] = {"X_train": X, "y_train": y, "X_valid": X, "y_valid": y, which: BAD_X[bad]}
    with pytest.raises(DataError, match=rf"^{which}: .*\. [A-Z]") as caught:
        NeuralNetMLP(**SMALL).fit(**arrays)
    assert caught.value.source == which


@pytest.mark.parametrize("which", ["y_train", "y_valid"])
@pytest.mark.parametrize("bad", list(BAD_Y))
def test_bad_labels_are_told_by_name(which: str, bad: str) -> None:
    arrays: dict[str, Any] = {"X_train": X, "y_train": y, "X_valid": X, "y_valid": y, which: BAD_Y[bad]}
    with pytest.raises(DataError, match=rf"^{which}: .*\. [A-Z]"):
        NeuralNetMLP(**SMALL).fit(**arrays)


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"X_train": X[:30]}, "X_train"),
        ({"y_train": y[:30]}, "X_train"),
        ({"X_valid": X[:, :3]}, "X_valid"),
        ({"y_valid": y[:3]}, "X_valid"),
        ({"y_train": np.ones(40)}, "y_train"),
        ({"X_train": X[:0], "y_train": y[:0]}, "y_train"),
        ({"X_train": X[:9], "y_train": y[:9]}, "training set"),
    ],
)
def test_arrays_that_do_not_fit_are_told(changed: dict[str, Any], name: str) -> None:
    nn = NeuralNetMLP(**SMALL).fit(X, y, X, y)
    kept, network = nn.eval_, nn.network_
    arrays: dict[str, Any] = {"X_train": X, "y_train": y, "X_valid": X, "y_valid": y, **changed}
    with pytest.raises(DataError, match=f"^{name}: "):
        nn.fit(**arrays)
    assert nn.eval_ is kept  # the earlier run is still there
    assert nn.network_ is network


def test_pixels_too_large_for_float32_are_told() -> None:
    with pytest.raises(DataError, match=r"X_train: .*infinite as float32"):
        NeuralNetMLP(**SMALL, precision="float32").fit(X * 1e300, y, X, y)


def test_predicting() -> None:
    nn = NeuralNetMLP(**SMALL)
    with pytest.raises(RuntimeError, match="Call fit first"):
        nn.predict(X)
    nn.fit(X, y, X, y)
    assert nn.predict(X[:0]).shape == (0,)
    for bad in (X[0], X[:, :3], WITH_NAN, [["a"] * 4]):
        with pytest.raises(DataError, match=r"^X: "):
            nn.predict(bad)


def test_a_diverging_run_keeps_what_it_reached_and_ends_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    nn = NeuralNetMLP(n_hidden=5, eta=10, l2=1, epochs=1000, seed=1)
    with pytest.raises(DivergedError) as caught:
        nn.fit(X, y, X, y)
    assert len(nn.eval_["cost"]) == caught.value.epoch - 1
    assert np.isfinite(nn.eval_["cost"]).all()
    assert capsys.readouterr().err.endswith("\n")
    assert nn.predict(X).shape == (40,)
