"""What is remembered from one start to the next."""

from __future__ import annotations

import json

from PySide6.QtCore import QByteArray, QSettings

from mlp_core.errors import MlpError
from mlp_core.hyperparameters import Hyperparameters
from mlp_viz.theme import THEMES


class Settings:
    """Typed access to QSettings; a value that cannot be read counts as never set."""

    def __init__(self) -> None:
        self._store = QSettings("mlp-viz", "mlp-viz")

    @property
    def geometry(self) -> QByteArray | None:
        """Position and size of the window."""
        value = self._store.value("geometry")
        return value if isinstance(value, QByteArray) else None

    @geometry.setter
    def geometry(self, value: QByteArray) -> None:
        self._store.setValue("geometry", value)

    @property
    def hyperparameters(self) -> Hyperparameters:
        """The values last set; the lecture's at first."""
        try:
            values = json.loads(str(self._store.value("hyperparameters", "{}")))
            return Hyperparameters.from_dict(values if isinstance(values, dict) else {})
        except (MlpError, ValueError, TypeError):
            return Hyperparameters()

    @hyperparameters.setter
    def hyperparameters(self, value: Hyperparameters) -> None:
        self._store.setValue("hyperparameters", json.dumps(value.as_dict()))

    @property
    def theme(self) -> str:
        """Name of the chosen theme; empty to follow the system."""
        name = str(self._store.value("theme", ""))
        return name if name in THEMES else ""

    @theme.setter
    def theme(self, name: str) -> None:
        self._store.setValue("theme", name)

    @property
    def log_cost(self) -> bool:
        """Whether the cost's axis is logarithmic."""
        return self._store.value("log_cost", "false") in (True, "true")

    @log_cost.setter
    def log_cost(self, log: bool) -> None:
        self._store.setValue("log_cost", "true" if log else "false")
