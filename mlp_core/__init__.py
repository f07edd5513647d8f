"""A multilayer perceptron in plain NumPy, as the lecture builds it: usable from a script or a notebook."""

from mlp_core.datasets import open_dataset
from mlp_core.datasets.mnist import load_mnist
from mlp_core.errors import DataError, DivergedError, HyperparameterError, MlpError, ModelFileError
from mlp_core.estimator import NeuralNetMLP
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.network import Network
from mlp_core.snapshot import EpochSnapshot, EpochStats, EvaluationStep, MinibatchStep, Weights
from mlp_core.trainer import Trainer, TrainingData

__all__ = [
    "DataError",
    "DivergedError",
    "EpochSnapshot",
    "EpochStats",
    "EvaluationStep",
    "HyperparameterError",
    "Hyperparameters",
    "MinibatchStep",
    "MlpError",
    "ModelFileError",
    "Network",
    "NeuralNetMLP",
    "Trainer",
    "TrainingData",
    "Weights",
    "load_mnist",
    "open_dataset",
]
