import pytest
from PySide6.QtCore import QByteArray, QSettings

from mlp_core.hyperparameters import Hyperparameters
from mlp_viz.settings import Settings


def test_at_first_nothing_is_remembered() -> None:
    settings = Settings()
    assert settings.hyperparameters == Hyperparameters()
    assert settings.geometry is None
    assert settings.theme == ""
    assert settings.log_cost is False


def test_what_is_set_is_there_at_the_next_start() -> None:
    chosen = Hyperparameters(n_hidden=(5, 4), eta=0.1, l2=0, seed=None, shuffle=False, activation="tanh")
    settings = Settings()
    settings.hyperparameters = chosen
    settings.geometry = QByteArray(b"somewhere")
    settings.theme = "dark"
    settings.log_cost = True
    settings._store.sync()
    again = Settings()
    assert again.hyperparameters == chosen
    assert again.geometry == QByteArray(b"somewhere")
    assert again.theme == "dark"
    assert again.log_cost is True
    again.log_cost = False
    assert Settings().log_cost is False


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "{",
        "[]",
        "3",
        "null",
        '"x"',
        '{"eta": 0}',
        '{"eta": "much"}',
        '{"colour": 1}',
        '{"n_hidden": [0]}',
        '{"eta": NaN}',
        '{"seed": {}}',
        '{"activation": ["tanh"]}',
        '{"epochs": 1e999}',
        '{"n_hidden": null}',
    ],
)
def test_hyperparameters_that_cannot_be_read_count_as_never_set(stored: str) -> None:
    QSettings("mlp-viz", "mlp-viz").setValue("hyperparameters", stored)
    assert Settings().hyperparameters == Hyperparameters()


def test_other_values_that_cannot_be_read_count_as_never_set() -> None:
    store = QSettings("mlp-viz", "mlp-viz")
    store.setValue("geometry", "nowhere")
    store.setValue("theme", "pink")
    store.setValue("log_cost", "perhaps")
    settings = Settings()
    assert settings.geometry is None
    assert settings.theme == ""
    assert settings.log_cost is False
