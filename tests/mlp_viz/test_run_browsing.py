"""Stored runs in the window, with the real store, the real controller and the embedded digits."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.record import NewRun, Status
from mlp_core.runs.store import RunStore, default_store_path
from mlp_viz.__main__ import _parser
from mlp_viz.app import App
from mlp_viz.run.state import Phase

SMALL = Hyperparameters(n_hidden=(12,), epochs=3, eta=0.01)
LONG = SMALL.replace(epochs=10_000)

Start = Callable[..., App]


@pytest.fixture
def start(start_on_digits: Start) -> Start:
    def start(*arguments: str) -> App:
        app = start_on_digits(*arguments)
        app.window.controls.set_hyperparameters(SMALL)
        app.window.activateWindow()
        return app

    return start


def train(qtbot: Any, app: App, hyperparameters: Hyperparameters = SMALL) -> None:
    """Train to the end, and wait until the window knows that the store has it."""
    app.window.controls.set_hyperparameters(hyperparameters)
    with qtbot.waitSignal(app.controller.runEnded, timeout=20_000):
        app.window.train()
    wait_for(qtbot, app, lambda: app.controller.stored_id in app.browser.records)
    stored_id = app.controller.stored_id
    assert stored_id is not None
    wait_for(qtbot, app, lambda: app.browser.records[stored_id].status is Status.FINISHED)


def wait_for(qtbot: Any, app: App, what: Callable[[], bool]) -> None:
    def look() -> bool:
        app.library.poll()
        return what()

    qtbot.waitUntil(look, timeout=20_000)


def message(app: App) -> str:
    return "" if app.window.message_bar.isHidden() else app.window.message_bar.label.text()


def phase(app: App) -> Phase:
    return app.controller.phase


def saves_to(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))


def test_every_run_of_the_window_is_kept_and_listed(start: Start, qtbot: Any) -> None:
    app = start()
    train(qtbot, app)
    train(qtbot, app, SMALL.replace(eta=0.02))
    QTest.keyClick(app.window, Qt.Key.Key_R)
    assert app.window.pages.currentWidget() is app.window.runs_page
    first, second = sorted(app.browser.records.values(), key=lambda record: record.id)
    assert (first.hyperparameters, second.hyperparameters.eta) == (SMALL, 0.02)
    assert second.test_accuracy == pytest.approx(app.controller.runEnded and second.test_accuracy)
    assert {record.id for record in app.window.runs_page.shown()} == {first.id, second.id}
    assert default_store_path().is_file()


def test_the_next_start_has_them_all(start: Start, qtbot: Any) -> None:
    app = start()
    train(qtbot, app)
    app.close()
    again = start()
    wait_for(qtbot, again, lambda: len(again.browser.records) == 1)


def test_a_chosen_store_keeps_them_elsewhere(start: Start, qtbot: Any, tmp_path: Path) -> None:
    app = start("--store", str(tmp_path / "mine.sqlite"))
    train(qtbot, app)
    assert (tmp_path / "mine.sqlite").is_file()
    assert not default_store_path().exists()


def test_a_store_that_cannot_be_opened_is_told_and_training_goes_on(
    start: Any, qapp: QApplication, qtbot: Any, tmp_path: Path
) -> None:
    app = App(qapp, _parser().parse_args(["--dataset", "digits", "--store", str(tmp_path)]))
    try:
        with qtbot.waitSignal(app.library.notOpened, timeout=10_000):
            app.show()
        qtbot.waitUntil(lambda: app.controller.dataset is not None and not app.tasks.busy, timeout=10_000)
        assert "Runs are not kept meanwhile" in message(app)
        app.window.controls.set_hyperparameters(SMALL)
        with qtbot.waitSignal(app.controller.runEnded, timeout=20_000):
            app.window.train()
        assert phase(app) is Phase.FINISHED
        assert not app.window.actions_by_name["see_runs"].isEnabled()
    finally:
        app.close()
        app.window.deleteLater()


def test_a_stored_run_is_opened_on_its_own_data_set(start: Start, qtbot: Any) -> None:
    app = start("--subset", "600")
    train(qtbot, app)
    history = app.controller.history
    fewer = app.controller.dataset
    app.opener.open("digits")
    qtbot.waitUntil(lambda: app.controller.dataset is not fewer and not app.tasks.busy, timeout=10_000)
    app.window.show_runs()
    with qtbot.waitSignal(app.controller.modelShown, timeout=10_000):
        app.window.runs_page.openWanted.emit(1)
    assert app.controller.dataset is not None
    assert fewer is not None
    assert app.controller.dataset.fingerprint() == fewer.fingerprint()
    assert app.controller.history == history or [s.cost for s in app.controller.history] == [s.cost for s in history]
    assert app.controller.stored_id == 1
    assert app.window.pages.currentWidget() is app.window.training_page
    assert [s.epoch for s in app.window.cost.stats] == [1, 2, 3]
    assert "Opened Run 1: 3 of 3 epochs" in message(app)


def test_nothing_is_opened_while_a_run_goes_on(start: Start, qtbot: Any) -> None:
    app = start()
    train(qtbot, app)
    app.window.controls.set_hyperparameters(LONG)
    app.window.train()
    app.window.runs_page.openWanted.emit(1)
    assert "stop it first" in message(app)
    app.window.runs_page.resumeWanted.emit(1)
    app.window.runs_page.settingsUseWanted.emit(1)
    assert phase(app) is Phase.RUNNING
    app.controller.stop()


def test_a_stopped_run_goes_on_after_a_restart(start: Start, qtbot: Any) -> None:
    app = start()
    app.window.controls.set_hyperparameters(LONG.replace(epochs=400))
    app.window.train()
    qtbot.waitUntil(lambda: len(app.controller.history) >= 3, timeout=10_000)
    app.controller.stop()
    app.close()
    again = start()
    wait_for(qtbot, again, lambda: 1 in again.browser.records)
    stopped = again.browser.records[1]
    assert stopped.status is Status.STOPPED
    assert 3 <= stopped.epochs_done < 400
    with qtbot.waitSignal(again.controller.runStarted, timeout=10_000):
        again.window.runs_page.resumeWanted.emit(1)
    assert len(again.controller.history) == stopped.epochs_done
    assert again.window.controls.hyperparameters().epochs == 400
    qtbot.waitUntil(lambda: len(again.controller.history) > stopped.epochs_done, timeout=10_000)
    assert [s.epoch for s in again.window.cost.stats][: stopped.epochs_done + 1] == list(
        range(1, stopped.epochs_done + 2)
    )
    again.controller.stop()


def test_two_runs_are_compared(start: Start, qtbot: Any) -> None:
    app = start()
    train(qtbot, app)
    train(qtbot, app, SMALL.replace(epochs=1))
    with qtbot.waitSignal(app.browser.comparing, timeout=10_000):
        app.window.runs_page.compareWanted.emit(1, 2)
    assert app.window.pages.currentWidget() is app.window.compare_page
    assert app.window.actions_by_name["see_runs"].isChecked()
    app.window.compare_page.closeWanted.emit()
    assert app.window.pages.currentWidget() is app.window.runs_page


def test_deleted_runs_come_back_the_last_first(start: Start, qtbot: Any) -> None:
    app = start()
    for _ in range(3):
        train(qtbot, app)
    page = app.window.runs_page
    page.deleteWanted.emit((1, 2))
    wait_for(qtbot, app, lambda: app.browser.records.keys() == {3})
    assert message(app) == "Deleted 2 runs. Ctrl+Z undoes it."
    page.deleteWanted.emit((3,))
    wait_for(qtbot, app, lambda: not app.browser.records)
    assert page.shown() == []
    page.undoWanted.emit()
    wait_for(qtbot, app, lambda: app.browser.records.keys() == {3})
    page.undoWanted.emit()
    wait_for(qtbot, app, lambda: app.browser.records.keys() == {1, 2, 3})
    page.undoWanted.emit()
    assert message(app) == "There is nothing to bring back."


def test_the_run_that_goes_on_is_not_deleted(start: Start, qtbot: Any) -> None:
    app = start()
    app.window.controls.set_hyperparameters(LONG)
    with qtbot.waitSignal(app.controller.kept, timeout=10_000) as kept:
        app.window.train()
    app.window.runs_page.deleteWanted.emit((kept.args[0],))
    qtbot.waitUntil(lambda: "stop it first" in message(app), timeout=10_000)
    app.controller.stop()
    with RunStore(default_store_path()) as store:
        assert not store.run(kept.args[0]).deleted


def test_a_run_that_goes_on_in_another_program_is_neither_deleted_nor_resumed(start: Start, qtbot: Any) -> None:
    app = start()
    train(qtbot, app)
    with RunStore(default_store_path()) as store:
        new = NewRun(hyperparameters=SMALL, dataset=app.browser.records[1].dataset, origin="command")
        going_on = store.begin(new)
        page = app.window.runs_page
        page.deleteWanted.emit((1, going_on))
        qtbot.waitUntil(lambda: "stop it first" in message(app), timeout=10_000)
        assert [run.deleted for run in store.runs()] == [True, False]
        page.resumeWanted.emit(going_on)
        qtbot.waitUntil(lambda: "“Run 2” is running" in message(app), timeout=10_000)
        assert phase(app) is not Phase.RUNNING
    page.undoWanted.emit()
    wait_for(qtbot, app, lambda: 1 in app.browser.records)


def test_a_run_resumed_twice_goes_on_once(start: Start, qtbot: Any) -> None:
    app = start()
    app.window.controls.set_hyperparameters(LONG)
    app.window.train()
    qtbot.waitUntil(lambda: len(app.controller.history) >= 3, timeout=10_000)
    with qtbot.waitSignal(app.controller.runEnded, timeout=10_000):
        app.controller.stop()
    wait_for(qtbot, app, lambda: 1 in app.browser.records and app.browser.records[1].status is Status.STOPPED)
    starts: list[object] = []
    app.controller.runStarted.connect(starts.append)
    app.window.runs_page.resumeWanted.emit(1)
    app.window.runs_page.resumeWanted.emit(1)
    qtbot.waitUntil(lambda: "stop it first" in message(app), timeout=10_000)
    assert len(starts) == 1
    app.controller.stop()


def test_a_run_without_an_epoch_goes_on_from_its_start(start: Start, qtbot: Any) -> None:
    app = start()
    app.controller.step_minibatch(SMALL)
    with qtbot.waitSignal(app.controller.runEnded, timeout=10_000):
        app.controller.stop()
    wait_for(qtbot, app, lambda: 1 in app.browser.records and app.browser.records[1].status is Status.STOPPED)
    app.window.runs_page.openWanted.emit(1)
    qtbot.waitUntil(lambda: "no epoch of it has ended" in message(app), timeout=10_000)
    with qtbot.waitSignal(app.controller.runEnded, timeout=20_000):
        app.window.runs_page.resumeWanted.emit(1)
    resumed = [stats.cost for stats in app.controller.history]
    train(qtbot, app)
    assert [stats.cost for stats in app.controller.history] == resumed
    assert len(resumed) == 3


def test_a_run_on_data_that_are_gone_or_changed_is_told(start: Start, qtbot: Any, tmp_path: Path) -> None:
    path = tmp_path / "mine.npz"

    def write(seed: int) -> None:
        X = np.random.RandomState(seed).randint(0, 256, (300, 64)).astype(np.uint8)
        np.savez(path, X_train=X[:200], y_train=np.arange(200) % 10, X_test=X[200:], y_test=np.arange(100) % 10)

    write(1)
    app = start("--dataset", str(path))
    train(qtbot, app)
    app.opener.open("digits")
    qtbot.waitUntil(lambda: app.controller.dataset.key == "digits" and not app.tasks.busy, timeout=10_000)  # type: ignore[union-attr]
    write(2)
    app.window.runs_page.openWanted.emit(1)
    qtbot.waitUntil(lambda: "does not hold the same images" in message(app), timeout=10_000)
    path.unlink()
    app.window.message_bar.clear()
    app.window.runs_page.openWanted.emit(1)
    qtbot.waitUntil(lambda: str(path) in message(app), timeout=10_000)
    assert app.controller.dataset is not None
    assert app.controller.dataset.key == "digits"


def test_name_note_and_star(start: Start, qtbot: Any) -> None:
    app = start()
    train(qtbot, app)
    page = app.window.runs_page
    page.renameWanted.emit(1, "narrow")
    page.noteWanted.emit(1, "good for a start")
    page.starWanted.emit((1,), True)
    wait_for(qtbot, app, lambda: app.browser.records[1].starred)
    record = app.browser.records[1]
    assert (record.name, record.note) == ("narrow", "good for a start")


def test_settings_go_from_one_window_to_another_as_text(start: Start, qtbot: Any) -> None:
    app = start()
    wide = SMALL.replace(n_hidden=(30, 20), eta=0.003, activation="tanh", seed=9)
    train(qtbot, app, wide.replace(epochs=1))
    app.window.runs_page.settingsCopyWanted.emit(1)
    text = QGuiApplication.clipboard().text()
    assert text.startswith("mlp-core train --dataset digits")
    app.window.controls.set_hyperparameters(SMALL)
    app.window.actions_by_name["paste_settings"].trigger()
    assert app.window.controls.hyperparameters() == wide.replace(epochs=1)
    app.window.controls.set_hyperparameters(SMALL)
    app.window.actions_by_name["copy_settings"].trigger()
    app.window.runs_page.settingsUseWanted.emit(1)
    assert app.window.controls.hyperparameters() == wide.replace(epochs=1)
    app.window.actions_by_name["paste_settings"].trigger()
    assert app.window.controls.hyperparameters() == SMALL
    QGuiApplication.clipboard().setText("good morning")
    app.window.actions_by_name["paste_settings"].trigger()
    assert app.window.controls.hyperparameters() == SMALL
    assert message(app)


def test_pasted_settings_bring_their_data_set(start: Start, qtbot: Any) -> None:
    app = start("--subset", "600")
    fewer = app.controller.dataset
    app.window.actions_by_name["copy_settings"].trigger()
    app.opener.open("digits")
    qtbot.waitUntil(lambda: app.controller.dataset is not fewer and not app.tasks.busy, timeout=10_000)
    app.window.actions_by_name["paste_settings"].trigger()
    qtbot.waitUntil(lambda: app.controller.dataset.fingerprint() == fewer.fingerprint(), timeout=10_000)  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["runs-csv", "runs-json", "curves-csv", "script"])
def test_runs_are_exported(
    start: Start, qtbot: Any, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = start()
    train(qtbot, app)
    path = tmp_path / f"out.{'py' if kind == 'script' else kind.rpartition('-')[2]}"
    saves_to(monkeypatch, path)
    app.window.runs_page.exportWanted.emit(kind)
    qtbot.waitUntil(lambda: message(app) == f"Saved {path}", timeout=10_000)
    text = path.read_text(encoding="utf-8")
    if kind == "runs-json":
        assert len(json.loads(text)[0]["epochs"]) == 3
    elif kind == "script":
        compile(text, str(path), "exec")
        assert "mlp_core" in text
    else:
        assert len(list(csv.reader(text.splitlines()))) == (2 if kind == "runs-csv" else 4)
    saves_to(monkeypatch, tmp_path / "not" / path.name)
    app.window.runs_page.exportWanted.emit(kind)
    qtbot.waitUntil(lambda: "Choose another" in message(app), timeout=10_000)
