"""What can go wrong, as types: each message names the field or file and says what to do."""

from __future__ import annotations

from pathlib import Path


class MlpError(Exception):
    """Base of every error this project raises on purpose; its text is fit to show to a user."""


class HyperparameterError(MlpError, ValueError):
    """A hyperparameter is outside its bound.

    Attributes
    ----------
    field : str
        Name of the hyperparameter, as in `mlp_core.hyperparameters.Hyperparameters`.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


class DataError(MlpError, ValueError):
    """A data set cannot be read or does not fit.

    Attributes
    ----------
    source : str
        The file, folder or array that the message is about.
    """

    def __init__(self, source: str | Path, message: str) -> None:
        super().__init__(f"{source}: {message}")
        self.source = str(source)


class TooLargeError(DataError):
    """A data set would not fit into memory; told before it is read.

    Attributes
    ----------
    fits : int
        About how many of its samples would fit.
    """

    def __init__(self, source: str | Path, message: str, fits: int) -> None:
        super().__init__(source, message)
        self.fits = fits


class ModelFileError(MlpError, ValueError):
    """A model file cannot be read, or belongs to another data set."""

    def __init__(self, path: str | Path, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = str(path)


class StoreError(MlpError):
    """The run store cannot be opened, read or written."""

    def __init__(self, path: str | Path, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = str(path)


class NotResumableError(StoreError):
    """A stored run cannot go on: it does already, is deleted, or is over for good."""


class SweepError(MlpError, ValueError):
    """A sweep cannot be planned or carried out; the message names the field or says what is missing."""


class DivergedError(MlpError, ArithmeticError):
    """The cost or a weight stopped being a finite number.

    Attributes
    ----------
    epoch : int
        The epoch, counted from 1, in which it happened.
    """

    def __init__(self, epoch: int, what: str) -> None:
        super().__init__(
            f"Training diverged in epoch {epoch}: {what} is no longer a finite number. "
            "Choose a smaller eta (or a smaller l2) and train again."
        )
        self.epoch = epoch
