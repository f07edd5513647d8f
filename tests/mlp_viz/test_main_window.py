"""The window by keyboard and mouse, with the real controller behind it, offscreen."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLabel, QLineEdit, QWidget

from mlp_core.datasets import Split, open_dataset
from mlp_core.hyperparameters import Hyperparameters
from mlp_viz.__main__ import _parser
from mlp_viz.app import App
from mlp_viz.main_window import MainWindow
from mlp_viz.messages import LOCKED
from mlp_viz.run.state import Phase
from mlp_viz.views.actions import ENTRIES

SMALL = Hyperparameters(n_hidden=(12,), epochs=3, eta=0.01)
LONG = SMALL.replace(epochs=10_000)
WILD = SMALL.replace(eta=10, l2=1, activation="relu", epochs=500)
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def app(qapp: QApplication, qtbot: Any, caplog: pytest.LogCaptureFixture) -> Iterator[App]:
    palette, style = qapp.palette(), qapp.style().objectName()
    app = App(qapp, _parser().parse_args(["--dataset", "digits"]))
    with qtbot.waitExposed(app.window):
        app.show()
    qtbot.waitUntil(lambda: app.controller.dataset is not None and not app.tasks.busy, timeout=10_000)
    qtbot.waitUntil(app.window.actions_by_name["see_runs"].isEnabled, timeout=10_000)
    app.window.controls.set_hyperparameters(SMALL)
    app.window.activateWindow()
    yield app
    app.close()
    app.window.deleteLater()
    qapp.setStyle(style)
    qapp.setPalette(palette)
    assert not [record for record in caplog.get_records("call") if record.getMessage() == "uncaught"]


@pytest.fixture
def window(app: App) -> MainWindow:
    return app.window


def press(window: MainWindow, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key as the user does: it goes to whatever has the focus."""
    focus: QWidget = window.focusWidget() or window
    QTest.keyClick(focus, key, modifier)


def retype(line: QLineEdit, text: str) -> None:
    line.selectAll()
    QTest.keyClicks(line, text)


def choose(monkeypatch: pytest.MonkeyPatch, path: Path | str) -> None:
    def answer(*_: object) -> tuple[str, str]:
        return str(path), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", answer)


def run(qtbot: Any, app: App) -> None:
    with qtbot.waitSignal(app.controller.runEnded, timeout=20_000):
        app.window.train()


def message(window: MainWindow) -> str:
    return "" if window.message_bar.isHidden() else window.message_bar.label.text()


def phase_of(app: App) -> Phase:
    return app.controller.phase


def enabled(window: MainWindow, name: str) -> bool:
    return window.actions_by_name[name].isEnabled()


def test_space_trains_pauses_and_goes_on(qtbot: Any, app: App, window: MainWindow) -> None:
    window.controls.set_hyperparameters(LONG)
    for phase in (Phase.RUNNING, Phase.PAUSED, Phase.RUNNING, Phase.PAUSED):
        press(window, Qt.Key.Key_Space)
        qtbot.waitUntil(lambda phase=phase: phase_of(app) is phase)
        assert window.transport.buttons["train"].text() == ("Pause" if phase is Phase.RUNNING else "Resume")
    with qtbot.waitSignal(app.controller.runEnded):
        press(window, Qt.Key.Key_Period, CONTROL)
    assert phase_of(app) is Phase.STOPPED
    assert window.transport.text.text().startswith("Stopped")


def test_m_and_e_step(qtbot: Any, app: App, window: MainWindow) -> None:
    window.controls.set_hyperparameters(LONG)
    for minibatch in (1, 2):
        press(window, Qt.Key.Key_M)
        qtbot.waitUntil(lambda minibatch=minibatch: f"minibatch {minibatch}/11" in window.transport.text.text())
    assert phase_of(app) is Phase.PAUSED
    assert window.errors.count_text.endswith("%)")
    for epoch in (1, 2):
        press(window, Qt.Key.Key_E)
        qtbot.waitUntil(lambda epoch=epoch: len(window.cost.stats) == epoch)
        qtbot.waitUntil(lambda epoch=epoch: f"epoch {epoch:,}" in window.weights.status())
        qtbot.waitUntil(lambda: phase_of(app) is Phase.PAUSED)


def test_a_model_can_be_saved_after_a_first_step(qtbot: Any, app: App, window: MainWindow) -> None:
    press(window, Qt.Key.Key_M)
    qtbot.waitUntil(lambda: "minibatch 1/11" in window.transport.text.text())
    assert app.controller.can_save
    assert enabled(window, "save_model")


def test_a_pause_tells_where_it_is(qtbot: Any, app: App, window: MainWindow) -> None:
    window.controls.set_hyperparameters(LONG)
    press(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(window.cost.stats) > 0)
    press(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: phase_of(app) is Phase.PAUSED)
    qtbot.wait(0)
    text = window.transport.text.text()
    assert text.startswith("Paused · epoch")
    assert "minibatch" in text


def test_the_buttons_do_the_same(qtbot: Any, app: App, window: MainWindow) -> None:
    window.controls.set_hyperparameters(LONG)
    QTest.mouseClick(window.transport.buttons["train"], Qt.MouseButton.LeftButton)
    assert phase_of(app) is Phase.RUNNING
    QTest.mouseClick(window.transport.buttons["train"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: phase_of(app) is Phase.PAUSED)
    with qtbot.waitSignal(app.controller.runEnded):
        QTest.mouseClick(window.transport.buttons["stop"], Qt.MouseButton.LeftButton)


def test_keys_typed_into_a_field_are_text(app: App, window: MainWindow) -> None:
    box = window.controls.eta.box
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "1e-3m")
    assert box.text() == "1e-3m"
    assert phase_of(app) is Phase.IDLE


def test_space_trains_with_the_number_just_typed(qtbot: Any, app: App, window: MainWindow) -> None:
    window.controls.set_hyperparameters(LONG)
    box = window.controls.eta.box
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "2e-3")
    with qtbot.waitSignal(app.controller.runStarted):
        QTest.keyClick(box, Qt.Key.Key_Space)
    assert app.controller.hyperparameters is not None
    assert app.controller.hyperparameters.eta == 2e-3
    window.actions_by_name["stop"].trigger()
    qtbot.waitUntil(lambda: phase_of(app) is Phase.STOPPED)


def test_space_presses_the_button_that_has_the_focus(app: App, window: MainWindow) -> None:
    shuffle = window.controls.shuffle
    window.controls.more.click()
    shuffle.setFocus(Qt.FocusReason.TabFocusReason)
    before = shuffle.isChecked()
    QTest.keyClick(shuffle, Qt.Key.Key_Space)
    assert shuffle.isChecked() is not before
    assert phase_of(app) is Phase.IDLE


def test_the_lectures_values_mend_what_was_not_allowed(window: MainWindow) -> None:
    controls = window.controls
    for box, text in ((controls.units.box, "0"), (controls.eta.box, "abc")):
        points = box.font().pointSizeF()
        box.setText(text)
        box.commit()
        assert box.error()
        window.actions_by_name["lecture"].trigger()
        assert not box.error()
        assert box.font().pointSizeF() == points
    assert controls.hyperparameters() == Hyperparameters()


def test_opening_the_open_data_again_keeps_the_run(qtbot: Any, app: App, window: MainWindow) -> None:
    run(qtbot, app)
    window.actions_by_name["digits"].trigger()
    assert "open already" in message(window)
    assert len(app.controller.history) == len(window.cost.stats) > 0


def test_everything_that_matters_is_locked_with_its_reason_during_a_run(
    qtbot: Any, app: App, window: MainWindow
) -> None:
    assert not enabled(window, "stop")
    assert window.actions_by_name["stop"].toolTip().endswith("Nothing is training.")
    window.controls.set_hyperparameters(LONG)
    window.train()
    assert not window.controls.eta.box.isEnabled()
    assert LOCKED in window.controls.eta.box.toolTip()
    for name in ("step_minibatch", "step_epoch", "save_model", "mnist", "digits", "data_folder", "data_file"):
        assert not enabled(window, name), name
        assert "\n" in window.actions_by_name[name].toolTip()
    for name in ("train", "stop", "shortcuts", "next_theme", "quit", "export_window"):
        assert enabled(window, name), name
    assert not enabled(window, "open_model")
    with qtbot.waitSignal(app.controller.runEnded):
        window.actions_by_name["stop"].trigger()
    assert window.controls.eta.box.isEnabled()
    assert LOCKED not in window.controls.eta.box.toolTip()
    for name in ("train", "step_minibatch", "step_epoch", "mnist", "digits", "open_model"):
        assert enabled(window, name), name


def test_the_lectures_values_are_not_set_during_a_run(qtbot: Any, app: App, window: MainWindow) -> None:
    """The fields would tell what the run does not use, and be remembered."""
    window.controls.set_hyperparameters(LONG)
    window.train()
    window.actions_by_name["lecture"].trigger()
    assert window.controls.hyperparameters() == LONG


def test_the_run_before_stays_as_a_ghost(qtbot: Any, app: App, window: MainWindow) -> None:
    run(qtbot, app)
    first = window.cost.stats
    assert [len(first), len(window.cost.ghost)] == [3, 0]
    window.controls.set_hyperparameters(SMALL.replace(eta=0.02))
    run(qtbot, app)
    assert window.cost.ghost == first == window.accuracy.ghost
    assert window.cost.stats != first


def test_a_bad_value_starts_nothing_and_loses_nothing(qtbot: Any, app: App, window: MainWindow) -> None:
    run(qtbot, app)
    history = app.controller.history
    for text in ("0", "-1", "much", "1e9"):
        retype(window.controls.eta.box, text)
        window.setFocus()
        window.train()
        assert message(window).startswith(f"⚠ eta: '{text}' is ")
        assert phase_of(app) is Phase.FINISHED
        assert app.controller.history == history == window.cost.stats
    retype(window.controls.units.box, "0")
    retype(window.controls.eta.box, "0.01")
    window.train()
    assert "n_hidden" in message(window)
    retype(window.controls.units.box, "8")
    run(qtbot, app)
    assert message(window) == ""
    assert phase_of(app) is Phase.FINISHED


def test_a_diverged_run_is_told_and_the_window_stays_usable(qtbot: Any, app: App, window: MainWindow) -> None:
    window.controls.set_hyperparameters(WILD)
    run(qtbot, app)
    assert phase_of(app) is Phase.DIVERGED
    assert "diverged in epoch" in message(window)
    assert "smaller eta" in message(window)
    assert window.cost.stats
    assert window.transport.text.text().startswith("Diverged")
    assert not enabled(window, "save_model")
    window.grab()
    window.controls.set_hyperparameters(SMALL)
    run(qtbot, app)
    assert phase_of(app) is Phase.FINISHED
    assert message(window) == ""


def test_too_large_a_minibatch_is_told(qtbot: Any, app: App, window: MainWindow) -> None:
    run(qtbot, app)
    history = app.controller.history
    window.controls.set_hyperparameters(SMALL.replace(minibatch_size=5000))
    window.train()
    assert app.controller.history == history == window.cost.stats
    assert "do not fill one minibatch of 5,000" in message(window)
    assert enabled(window, "train")


def test_curves_as_csv(qtbot: Any, app: App, window: MainWindow, monkeypatch: Any, tmp_path: Path) -> None:
    assert not enabled(window, "export_curves")
    run(qtbot, app)
    path = tmp_path / "curves.csv"
    choose(monkeypatch, tmp_path / "curves")  # the suffix is added
    window.actions_by_name["export_curves"].trigger()
    assert message(window) == f"Saved {path}"
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["cost"]) for row in rows] == [stats.cost for stats in app.controller.history]
    choose(monkeypatch, tmp_path / "missing" / "x.csv")
    window.actions_by_name["export_curves"].trigger()
    assert str(tmp_path / "missing" / "x.csv") in message(window)


def test_a_dialog_that_is_cancelled_does_nothing(qtbot: Any, app: App, window: MainWindow, monkeypatch: Any) -> None:
    run(qtbot, app)
    choose(monkeypatch, "")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    for name in ("export_curves", "export_window", "export_cost", "save_model", "open_model", "data_file"):
        window.actions_by_name[name].trigger()
    window.actions_by_name["data_folder"].trigger()
    assert message(window) == ""
    assert not app.tasks.busy


@pytest.mark.parametrize("name", ["window", "cost", "accuracy", "weights", "errors"])
def test_pictures(qtbot: Any, app: App, window: MainWindow, monkeypatch: Any, tmp_path: Path, name: str) -> None:
    run(qtbot, app)
    path = tmp_path / f"{name}.png"
    choose(monkeypatch, path)
    window.actions_by_name[f"export_{name}"].trigger()
    assert message(window) == f"Saved {path}"
    picture = QImage(str(path))
    shown = window if name == "window" else window.training_page.panels[name]
    assert picture.width() >= shown.width()
    colours = {picture.pixel(x, y) for x in range(0, picture.width(), 3) for y in range(0, picture.height(), 3)}
    assert len(colours) > 5
    choose(monkeypatch, tmp_path / "missing" / "x.png")
    window.actions_by_name[f"export_{name}"].trigger()
    assert "missing" in message(window)
    assert "Choose another folder" in message(window)


def test_dialogs_lead_to_what_they_choose(qtbot: Any, window: MainWindow, monkeypatch: Any, tmp_path: Path) -> None:
    choose(monkeypatch, tmp_path / "x.npz")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    window.datasetWanted.disconnect()
    window.modelWanted.disconnect()
    for name, signal, want in (
        ("data_file", window.datasetWanted, str(tmp_path / "x.npz")),
        ("data_folder", window.datasetWanted, str(tmp_path)),
        ("mnist", window.datasetWanted, "mnist"),
        ("digits", window.datasetWanted, "digits"),
        ("open_model", window.modelWanted, tmp_path / "x.npz"),
    ):
        with qtbot.waitSignal(signal) as chosen:
            window.actions_by_name[name].trigger()
        assert chosen.args == [want]


def test_f1_lists_every_shortcut(qtbot: Any, window: MainWindow) -> None:
    press(window, Qt.Key.Key_F1)
    sheet = window.findChild(QDialog)
    assert isinstance(sheet, QDialog)
    qtbot.waitUntil(sheet.isVisible)
    text = " ".join(label.text() for label in sheet.findChildren(QLabel))
    for entry in ENTRIES:
        assert QKeySequence(entry.keys).toString(QKeySequence.SequenceFormat.NativeText) in text
        assert entry.tip in text
    with qtbot.waitSignal(sheet.destroyed):
        QTest.keyClick(sheet, Qt.Key.Key_Escape)
    assert window.isEnabled()


def test_every_action_is_connected(window: MainWindow) -> None:
    for entry in ENTRIES:
        action = window.actions_by_name[entry.name]
        assert action.receivers("2triggered(bool)") + action.receivers("2toggled(bool)") > 0, entry.name


def test_the_log_axis_by_key_and_by_button(qtbot: Any, app: App, window: MainWindow) -> None:
    run(qtbot, app)
    press(window, Qt.Key.Key_L, CONTROL)
    seen = [window.cost.log]
    assert window.cost.log_button.isChecked()
    QTest.mouseClick(window.cost.log_button, Qt.MouseButton.LeftButton)
    assert [*seen, window.cost.log] == [True, False]
    assert not window.actions_by_name["log_cost"].isChecked()


def test_pages_of_errors_by_key(qtbot: Any, app: App, window: MainWindow) -> None:
    window.controls.set_hyperparameters(SMALL.replace(epochs=1, eta=1e-6))
    run(qtbot, app)
    assert window.errors.pager.n_pages > 2
    press(window, Qt.Key.Key_PageDown, CONTROL)
    press(window, Qt.Key.Key_PageDown, CONTROL)
    assert window.errors.pager.page == 2
    press(window, Qt.Key.Key_PageUp, CONTROL)
    assert window.errors.pager.page == 1


def test_the_lectures_values_by_key(window: MainWindow) -> None:
    press(window, Qt.Key.Key_0, CONTROL)
    assert window.controls.hyperparameters() == Hyperparameters()


def test_ctrl_q_in_mid_run_closes_and_ends_it(qtbot: Any, app: App, window: MainWindow) -> None:
    window.controls.set_hyperparameters(LONG)
    window.train()
    qtbot.waitUntil(lambda: len(window.cost.stats) > 0)
    with qtbot.waitSignal(window.closing):
        press(window, Qt.Key.Key_Q, CONTROL)
    assert not window.isVisible()
    assert phase_of(app) is Phase.STOPPED


def test_all_fits_on_a_small_screen(window: MainWindow) -> None:
    hint = window.minimumSizeHint()
    assert hint.width() <= 1366
    assert hint.height() <= 768


def test_d_shows_the_data_and_goes_back(qtbot: Any, app: App, window: MainWindow) -> None:
    press(window, Qt.Key.Key_D)
    assert window.data_page.isVisible()
    assert window.transport.buttons["see_data"].isChecked()
    qtbot.waitUntil(lambda: window.data_page.examples.mosaic.n_tiles == 10)
    QTest.mouseClick(window.transport.buttons["see_data"], Qt.MouseButton.LeftButton)
    assert not window.data_page.isVisible()
    assert window.cost.isVisible()


def test_the_data_can_be_seen_while_it_trains(qtbot: Any, app: App, window: MainWindow) -> None:
    window.controls.set_hyperparameters(LONG)
    press(window, Qt.Key.Key_Space)
    press(window, Qt.Key.Key_D)
    epochs = len(app.controller.history)
    qtbot.waitUntil(lambda: len(app.controller.history) > epochs)
    assert window.data_page.isVisible()
    press(window, Qt.Key.Key_D)
    assert len(window.cost.stats) >= epochs


def test_a_data_set_that_is_opened_on_the_data_page_is_shown_there(
    qtbot: Any, app: App, window: MainWindow, tmp_path: Path
) -> None:
    press(window, Qt.Key.Key_D)
    qtbot.waitUntil(lambda: window.data_page.examples.mosaic.n_tiles == 10)
    dataset = app.controller.dataset
    assert dataset is not None
    kept = dataset.train.y < 2
    two = replace(dataset, class_names=("0", "1"), train=Split(dataset.train.X[kept], dataset.train.y[kept]))
    two = replace(two, valid=two.train, test=two.train)
    app.controller.set_dataset(two)
    qtbot.waitUntil(lambda: window.data_page.examples.mosaic.n_tiles == 2)


def test_a_misclassified_digit_opens_large(qtbot: Any, app: App, window: MainWindow) -> None:
    run(qtbot, app)
    qtbot.waitUntil(lambda: window.errors.mosaic.n_tiles > 0)
    where = window.errors.mosaic.tile_rect(0).center().toPoint()
    QTest.mouseClick(window.errors.mosaic, Qt.MouseButton.LeftButton, pos=where)
    assert window.sample is not None
    assert window.sample.isVisible()
    told = " ".join(label.text() for label in window.sample.findChildren(QLabel))
    assert "test" in told
    assert "predicted" in told
    app.controller.set_dataset(open_dataset("digits"))
    assert not window.sample.isVisible()


def test_letters_choose_in_a_list_and_do_not_train(qtbot: Any, app: App, window: MainWindow) -> None:
    press(window, Qt.Key.Key_D)
    splits = window.data_page.versions.split_box
    splits.setFocus()
    QTest.keyClick(splits, Qt.Key.Key_V)
    assert splits.currentText().startswith("v")
    QTest.keyClick(splits, Qt.Key.Key_E)
    assert phase_of(app) is Phase.IDLE
    assert window.data_page.isVisible()


def test_space_trains_after_an_image_was_seen_and_the_page_was_left(qtbot: Any, app: App, window: MainWindow) -> None:
    press(window, Qt.Key.Key_D)
    tiles = window.data_page.examples.mosaic
    qtbot.waitUntil(lambda: tiles.n_tiles == 10)
    QTest.mouseClick(tiles, Qt.MouseButton.LeftButton, pos=tiles.tile_rect(3).center().toPoint())
    assert window.sample is not None
    QTest.keyClick(window.sample, Qt.Key.Key_Escape)
    press(window, Qt.Key.Key_D)
    press(window, Qt.Key.Key_Space)
    assert phase_of(app) is Phase.RUNNING


def test_a_key_that_cannot_be_used_says_why(qtbot: Any, app: App, window: MainWindow) -> None:
    press(window, Qt.Key.Key_Period, CONTROL)
    assert message(window) == "Nothing is training."
    window.controls.set_hyperparameters(LONG)
    press(window, Qt.Key.Key_Space)
    press(window, Qt.Key.Key_2, CONTROL)
    assert "stop it first" in message(window)
    assert phase_of(app) is Phase.RUNNING


def test_each_page_has_the_keyboard_as_soon_as_it_is_shown(qtbot: Any, app: App, window: MainWindow) -> None:
    for key, page in (
        (Qt.Key.Key_R, window.runs_page),
        (Qt.Key.Key_D, window.data_page),
        (Qt.Key.Key_W, window.sweep_page),
        (Qt.Key.Key_G, window.training_page),
    ):
        press(window, key)
        assert window.pages.currentWidget() is page
        focus = window.focusWidget()
        assert focus is not None
        assert focus is page or page.isAncestorOf(focus)
    press(window, Qt.Key.Key_R)
    press(window, Qt.Key.Key_F, CONTROL)
    assert window.runs_page.filter_line.hasFocus()


def test_esc_leads_from_the_comparison_to_the_runs(window: MainWindow) -> None:
    window.show_comparison()
    press(window, Qt.Key.Key_Escape)
    assert window.pages.currentWidget() is window.runs_page
