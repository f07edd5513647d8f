"""The whole program in this process, offscreen: start, data, models, settings, end."""

from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QByteArray, QSettings, QSize
from PySide6.QtWidgets import QApplication, QDialogButtonBox

from mlp_core.datasets import Preparation, open_dataset, read_collection
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.model_file import open_model
from mlp_core.snapshot import EpochSnapshot
from mlp_core.trainer import Trainer, TrainingData
from mlp_viz.__main__ import _parser
from mlp_viz.app import App
from mlp_viz.data_opening import Opened
from mlp_viz.run.state import Phase
from mlp_viz.theme import DARK, LIGHT

Start = Callable[..., App]
SMALL = ("--epochs", "3", "--hidden", "12", "--eta", "0.01")


@pytest.fixture
def start(qapp: QApplication, qtbot: Any, caplog: pytest.LogCaptureFixture) -> Iterator[Start]:
    """Starts the program and waits for its data: the embedded digits, where nothing else is said."""
    palette, style = qapp.palette(), qapp.style().objectName()
    apps: list[App] = []

    def start(*arguments: str) -> App:
        if "--dataset" not in arguments:
            arguments = ("--dataset", "digits", *arguments)
        options: Namespace = _parser().parse_args(arguments)
        app = App(qapp, options)
        apps.append(app)
        app.show()
        qtbot.waitUntil(lambda: app.controller.dataset is not None and not app.tasks.busy, timeout=10_000)
        return app

    yield start
    for app in apps:
        app.close()
        app.window.deleteLater()
    qapp.setStyle(style)
    qapp.setPalette(palette)
    # The program's own hook keeps pytest-qt from seeing what a slot raises.
    assert not [record for record in caplog.get_records("call") if record.getMessage() == "uncaught"]


def run(qtbot: Any, app: App) -> None:
    with qtbot.waitSignal(app.controller.runEnded, timeout=20_000):
        app.window.actions_by_name["train"].trigger()


def message(app: App) -> str:
    return "" if app.window.message_bar.isHidden() else app.window.message_bar.label.text()


def wait_for_message(qtbot: Any, app: App, part: str) -> None:
    qtbot.waitUntil(lambda: part in message(app))
    qtbot.waitUntil(lambda: not app.tasks.busy)


def grounds(app: App) -> str:
    """Colour of the window in its corner, as it is drawn."""
    picture = app.window.grab().toImage()
    return picture.pixelColor(2, picture.height() - 3).name()


def use(qtbot: Any, app: App, path: Path) -> None:
    """Open a file, and agree to what the dialog proposes."""
    app.window.datasetWanted.emit(str(path))
    qtbot.waitUntil(lambda: app.opener.dialog is not None)
    assert app.opener.dialog is not None
    with qtbot.waitSignal(app.controller.datasetChanged):
        app.opener.dialog.buttons.button(QDialogButtonBox.StandardButton.Open).click()
    qtbot.waitUntil(lambda: not app.tasks.busy)


def small_npz(path: Path) -> Path:
    random = np.random.RandomState(0)
    X = random.randint(0, 256, (300, 64)).astype(np.uint8)
    y = np.arange(300) % 10
    np.savez(path, X_train=X[:200], y_train=y[:200], X_test=X[200:], y_test=y[200:])
    return path


def test_it_opens_what_it_is_asked_for(start: Start) -> None:
    app = start("--dataset", "digits")
    assert app.controller.dataset is not None
    assert app.controller.dataset.key == "digits"
    assert app.controller.phase is Phase.IDLE
    assert message(app) == ""
    assert "8×8" in app.window.windowTitle()
    assert app.window.controls.hyperparameters() == Hyperparameters()


def test_it_trains_by_itself_when_asked_but_only_once(qtbot: Any, start: Start) -> None:
    app = start("--train", *SMALL)
    qtbot.waitUntil(lambda: app.controller.phase is Phase.FINISHED)
    assert len(app.window.cost.stats) == 3
    app.controller.set_dataset(open_dataset("digits"))
    assert app.controller.phase is Phase.IDLE
    assert not app.window.cost.stats


def test_the_screen_shows_the_trainers_figures(qtbot: Any, start: Start) -> None:
    app = start(*SMALL)
    run(qtbot, app)
    hyperparameters, dataset = Hyperparameters(epochs=3, n_hidden=(12,), eta=0.01), open_dataset("digits")
    trainer = Trainer.fresh(TrainingData.of(dataset), hyperparameters)
    want = [step.stats for step in trainer.steps() if isinstance(step, EpochSnapshot)]
    for shown in (app.window.cost.stats, app.window.accuracy.stats):
        assert [(s.cost, s.train_accuracy, s.valid_accuracy) for s in shown] == [
            (s.cost, s.train_accuracy, s.valid_accuracy) for s in want
        ]
    right = int(np.count_nonzero(trainer.network.predict(dataset.scaled(dataset.test.X)) == dataset.test.y))
    assert app.window.errors.count_text.startswith(f"{400 - right} of 400 wrong")
    assert app.window.transport.test.text() == f"test {right / 4:.2f} %"


@pytest.mark.parametrize("wrong", ["missing.npz", "digist", "/nowhere/mnist"])
def test_a_wrong_data_set_falls_back_to_the_digits_and_says_so(start: Start, wrong: str) -> None:
    app = start("--dataset", wrong)
    assert app.controller.dataset is not None
    assert app.controller.dataset.key == "digits"
    assert wrong in message(app)
    assert app.window.actions_by_name["train"].isEnabled()


def test_nothing_begins_by_itself_on_other_data_than_were_asked_for(qtbot: Any, start: Start) -> None:
    app = start("--dataset", "missing.npz", "--train", *SMALL)
    assert app.controller.dataset is not None
    assert app.controller.dataset.key == "digits"
    assert app.controller.phase is Phase.IDLE
    assert "missing.npz" in message(app)


def test_a_bad_path_leaves_run_and_data(qtbot: Any, start: Start, tmp_path: Path) -> None:
    app = start(*SMALL)
    run(qtbot, app)
    dataset, history = app.controller.dataset, app.controller.history
    bad = tmp_path / "damaged.npz"
    bad.write_bytes(b"not a zip")
    for path in (tmp_path / "missing.npz", bad, tmp_path):
        app.window.datasetWanted.emit(str(path))
        wait_for_message(qtbot, app, str(path))
        assert app.controller.dataset is dataset
        assert app.controller.history == history == app.window.cost.stats
        assert app.controller.weights is not None
    run(qtbot, app)
    assert message(app) == ""
    assert app.controller.phase is Phase.FINISHED


def test_another_data_set_clears_the_screen(qtbot: Any, start: Start, tmp_path: Path) -> None:
    app = start(*SMALL)
    run(qtbot, app)
    use(qtbot, app, small_npz(tmp_path / "mine.npz"))
    assert app.window.cost.stats == app.window.cost.ghost == ()
    assert app.window.errors.count_text == ""
    assert not app.window.actions_by_name["save_model"].isEnabled()
    qtbot.waitUntil(lambda: not app.tasks.busy)
    run(qtbot, app)
    assert app.controller.phase is Phase.FINISHED


def test_a_saved_model_comes_back(qtbot: Any, start: Start, tmp_path: Path) -> None:
    app, path = start(*SMALL), tmp_path / "model.npz"
    run(qtbot, app)
    history, wrong = app.controller.history, app.window.errors.count_text
    test, weights = app.window.transport.test.text(), app.controller.weights
    app.window.saveWanted.emit(path)
    wait_for_message(qtbot, app, f"Saved {path}")
    app.window.controls.set_hyperparameters(Hyperparameters(epochs=2, n_hidden=(5,), eta=0.02))
    run(qtbot, app)
    assert app.window.errors.count_text != wrong
    with qtbot.waitSignal(app.controller.modelShown):
        app.window.modelWanted.emit(path)
    qtbot.waitUntil(lambda: not app.tasks.busy)

    def rows(stats: Any) -> list[tuple[float, ...]]:
        return [(s.epoch, s.cost, s.train_accuracy, s.valid_accuracy, s.seconds) for s in stats]

    assert rows(app.window.cost.stats) == rows(app.window.accuracy.stats) == rows(history)
    assert app.window.errors.count_text == wrong
    assert app.window.transport.test.text() == test
    assert app.window.controls.hyperparameters() == Hyperparameters(epochs=3, n_hidden=(12,), eta=0.01)
    assert weights is not None
    assert app.controller.weights is not None
    for ours, theirs in zip(app.controller.weights.w, weights.w, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    again = tmp_path / "again.npz"
    app.window.saveWanted.emit(again)
    wait_for_message(qtbot, app, f"Saved {again}")
    assert open_model(again).fingerprint == open_model(path).fingerprint


def test_a_model_that_cannot_be_opened_is_named(qtbot: Any, start: Start, tmp_path: Path) -> None:
    app, path = start(*SMALL), tmp_path / "model.npz"
    run(qtbot, app)
    app.window.saveWanted.emit(path)
    wait_for_message(qtbot, app, "Saved")
    use(qtbot, app, small_npz(tmp_path / "mine.npz"))
    qtbot.waitUntil(lambda: not app.tasks.busy)
    run(qtbot, app)
    history = app.controller.history
    app.window.modelWanted.emit(path)
    wait_for_message(qtbot, app, str(path))
    assert "Handwritten digits 8×8" in message(app)
    bad = tmp_path / "bad.npz"
    bad.write_bytes(path.read_bytes()[:300])
    for each in (bad, tmp_path / "missing.npz", tmp_path / "mine.npz"):
        app.window.modelWanted.emit(each)
        wait_for_message(qtbot, app, str(each))
    assert app.controller.history == history == app.window.cost.stats


def test_a_model_that_cannot_be_saved_is_named(qtbot: Any, start: Start, tmp_path: Path) -> None:
    app = start(*SMALL)
    app.window.saveWanted.emit(tmp_path / "nothing.npz")  # there are no weights yet
    assert not app.tasks.busy
    run(qtbot, app)
    path = tmp_path / "missing" / "model.npz"
    app.window.saveWanted.emit(path)
    wait_for_message(qtbot, app, str(path))
    assert not path.exists()


def test_the_next_theme_changes_the_colours(qtbot: Any, start: Start) -> None:
    app = start()
    assert grounds(app) == LIGHT.window  # as the system has it
    for theme in (LIGHT, DARK, LIGHT):
        app.window.actions_by_name["next_theme"].trigger()
        qtbot.waitUntil(lambda theme=theme: grounds(app) == theme.window)


def test_the_theme_may_be_given(start: Start) -> None:
    app = start("--theme", "dark")
    assert grounds(app) == DARK.window


def test_settings_are_remembered(qtbot: Any, start: Start) -> None:
    first = start()
    chosen = Hyperparameters(epochs=2, n_hidden=(7, 5), eta=0.02, seed=None, activation="tanh", precision="float32")
    first.window.controls.set_hyperparameters(chosen)
    first.window.actions_by_name["log_cost"].trigger()
    for _ in range(2):
        first.window.actions_by_name["next_theme"].trigger()
    first.window.resize(QSize(300, 700))  # as narrow as it gets: the offscreen screen is small
    size = first.window.size()
    first.close()
    second = start()
    assert second.window.controls.hyperparameters() == chosen
    assert second.window.cost.log
    assert second.window.actions_by_name["log_cost"].isChecked()
    assert grounds(second) == DARK.window
    assert second.window.size() == size
    second.close()
    third = start("--epochs", "9")
    assert third.window.controls.hyperparameters() == chosen.replace(epochs=9)


def test_half_typed_values_are_not_remembered(qtbot: Any, start: Start) -> None:
    first = start(*SMALL)
    run(qtbot, first)
    first.window.controls.eta.box.setText("0")
    first.close()
    assert start().window.controls.hyperparameters() == Hyperparameters(epochs=3, n_hidden=(12,), eta=0.01)


def test_corrupt_settings_are_ignored(start: Start) -> None:
    store = QSettings("mlp-viz", "mlp-viz")
    for key, value in (("hyperparameters", "{"), ("theme", "pink"), ("log_cost", "?"), ("geometry", QByteArray(b"x"))):
        store.setValue(key, value)
    app = start()
    assert app.window.controls.hyperparameters() == Hyperparameters()
    assert not app.window.cost.log
    assert app.window.isVisible()


def test_closing_in_mid_run_ends_it(qtbot: Any, start: Start) -> None:
    app = start("--epochs", "10000", "--hidden", "12")
    app.window.actions_by_name["train"].trigger()
    qtbot.waitUntil(lambda: len(app.controller.history) > 0)
    app.window.close()
    assert app.controller.phase is Phase.STOPPED
    assert app.controller._thread is None
    app.close()


def test_closing_while_it_reads(qapp: QApplication, qtbot: Any) -> None:
    palette, style = qapp.palette(), qapp.style().objectName()
    app = App(qapp, _parser().parse_args(["--train"]))
    app.show()
    app.close()
    qtbot.waitUntil(lambda: not app.tasks.busy)
    qapp.processEvents()
    assert app.controller.phase is Phase.IDLE
    digits = Opened.of(read_collection("digits"), Preparation())
    app.opener._on_opened(digits)  # as when it had been on its way already
    assert app.controller.phase is Phase.IDLE
    app.close()
    app.window.deleteLater()
    qapp.setStyle(style)
    qapp.setPalette(palette)


def test_what_was_read_as_the_window_closed_begins_nothing(qapp: QApplication, qtbot: Any) -> None:
    app = App(qapp, _parser().parse_args(["--dataset", "digits", "--train", "--epochs", "10000"]))
    app.show()
    app.tasks._waiting[0][1].wait()  # the data set is on its way to the window
    app.window.close()
    qtbot.waitUntil(lambda: not app.tasks.busy)
    assert app.controller.dataset is None
    assert app.controller.phase is Phase.IDLE
    app.close()
    app.window.deleteLater()


def test_a_model_is_not_shown_on_a_data_set_that_was_opened_meanwhile(qtbot: Any, start: Start, tmp_path: Path) -> None:
    app, path = start(*SMALL), tmp_path / "model.npz"
    run(qtbot, app)
    app.window.saveWanted.emit(path)
    wait_for_message(qtbot, app, "Saved")
    app.window.modelWanted.emit(path)
    app.controller.set_dataset(open_dataset("digits"))  # the same digits, and yet another data set
    wait_for_message(qtbot, app, "opened meanwhile")
    assert app.controller.weights is None
    assert not app.controller.can_save
