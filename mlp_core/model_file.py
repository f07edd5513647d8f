"""A trained model in one ``.npz`` file: weights, hyperparameters, history, the data set's fingerprint."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from mlp_core.datasets.dataset import Dataset
from mlp_core.datasets.files import open_file
from mlp_core.errors import DataError, HyperparameterError, ModelFileError
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.network import Network
from mlp_core.snapshot import EpochStats, Weights

FORMAT = "mlp-viz model 1"
STATS = ("epoch", "data_cost", "penalty", "train_accuracy", "valid_accuracy", "seconds")


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A trained network and how it came to be.

    Attributes
    ----------
    hyperparameters : Hyperparameters
    weights : Weights
    history : tuple of EpochStats
        Every epoch, in order.
    dataset_key, dataset_name, fingerprint : str
        The data set it was trained on; see `Dataset`.
    """

    hyperparameters: Hyperparameters
    weights: Weights
    history: tuple[EpochStats, ...]
    dataset_key: str
    dataset_name: str
    fingerprint: str

    def network(self) -> Network:
        """Return a new network with these weights, free to be trained on."""
        w = [array.copy() for array in self.weights.w]
        return Network(w, [array.copy() for array in self.weights.b], self.hyperparameters.activation)

    def check_fits(self, dataset: Dataset, path: Path) -> None:
        """Raise `ModelFileError` unless the model was trained on `dataset`."""
        if self.fingerprint != dataset.fingerprint():
            raise ModelFileError(
                path,
                f"this model was trained on “{self.dataset_name}” ({self.dataset_key}), and the data set that is open "
                f"is “{dataset.name}”. Open that data set first, then this model.",
            )


def save_model(path: Path, model: Model) -> None:
    """Write `model` to `path`; an earlier file there is replaced only when the new one is whole.

    Raises
    ------
    ModelFileError
        If the file cannot be written.
    """
    meta = {
        "format": FORMAT,
        "hyperparameters": model.hyperparameters.as_dict(),
        "dataset_key": model.dataset_key,
        "dataset_name": model.dataset_name,
        "fingerprint": model.fingerprint,
    }
    arrays: dict[str, Any] = {"meta": np.array(json.dumps(meta))}
    for layer, (w, b) in enumerate(zip(model.weights.w, model.weights.b, strict=True)):
        arrays[f"w{layer}"], arrays[f"b{layer}"] = w, b
    for field in STATS:
        arrays[f"history_{field}"] = np.array([getattr(stats, field) for stats in model.history], np.float64)
    partial = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix="model-", suffix=".part", delete=False) as file:
            partial = Path(file.name)
            np.savez_compressed(file, **arrays)
        partial.chmod(0o666 & ~_umask())
        os.replace(partial, path)  # noqa: PTH105 - the atomic move, by its own name
    except OSError as error:
        raise ModelFileError(path, f"cannot be written ({error.strerror or error}). Choose another folder.") from error
    finally:
        if partial is not None:
            partial.unlink(missing_ok=True)  # there only if the move was not made


def open_model(path: Path) -> Model:
    """Read a file that `save_model` wrote.

    Raises
    ------
    ModelFileError
        If it cannot be read, is not a model, or its parts do not fit one another.
    """
    try:
        with open_file(path) as file:
            arrays = _arrays(file)
    except DataError as error:
        raise ModelFileError(path, "is a folder or a device. Choose a file that this program saved.") from error
    except FileNotFoundError as error:
        raise ModelFileError(path, "there is no such file. Choose another one.") from error
    except OSError as error:  # damaged bytes may ask for a place that the file does not have
        reason = error.strerror or "it is damaged"
        raise ModelFileError(path, f"cannot be read ({reason}). Choose another file.") from error
    except MemoryError as error:
        raise ModelFileError(path, "does not fit into memory, or is damaged. Choose another file.") from error
    except Exception as error:  # zipfile and NumPy fail on damaged bytes in a dozen ways, most not documented
        raise ModelFileError(path, "is not a model file, or is damaged. Choose one that this program saved.") from error
    try:
        return _model(arrays)
    except HyperparameterError as error:
        raise ModelFileError(path, f"holds a bad hyperparameter ({error}). Choose another file.") from error
    except (KeyError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise ModelFileError(
            path, f"is not a model file of this program ({error}). Choose one that this program saved."
        ) from error


def _arrays(file: BinaryIO) -> dict[str, Any]:
    loaded = np.load(file, allow_pickle=False)
    if not isinstance(loaded, np.lib.npyio.NpzFile):
        raise ValueError("one array, not an archive of arrays")
    with loaded:
        return {name: loaded[name] for name in loaded.files}


def _model(arrays: dict[str, Any]) -> Model:
    if "meta" not in arrays:
        raise ValueError("the array “meta” is missing")
    meta = json.loads(str(arrays["meta"]))
    if meta["format"] != FORMAT:
        raise ValueError(f"format “{meta['format']}”, expected “{FORMAT}”")
    hyperparameters = Hyperparameters.from_dict(meta["hyperparameters"])
    n_layers = len(hyperparameters.n_hidden) + 1
    weights = Weights.copy_of(
        [arrays[f"w{layer}"] for layer in range(n_layers)], [arrays[f"b{layer}"] for layer in range(n_layers)]
    )
    for array in (*weights.w, *weights.b):
        if array.dtype.name != hyperparameters.precision or not np.isfinite(array).all():
            raise ValueError(f"weights that are not finite {hyperparameters.precision} numbers")
    network = Network(weights.w, weights.b)
    if network.layer_sizes[1:-1] != hyperparameters.n_hidden:
        raise ValueError("weights of other sizes than the hyperparameters say")
    columns = [arrays[f"history_{field}"] for field in STATS]
    if any(column.dtype != np.float64 or column.ndim != 1 or len(column) != len(columns[0]) for column in columns):
        raise ValueError("history columns that are not float64 of one length")
    history = tuple(EpochStats(int(row[0]), *map(float, row[1:])) for row in zip(*columns, strict=True))
    return Model(
        hyperparameters,
        weights,
        history,
        str(meta["dataset_key"]),
        str(meta["dataset_name"]),
        str(meta["fingerprint"]),
    )


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
