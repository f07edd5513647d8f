"""From what the user chose to an open data set: dialogs, downloads and drawing, offscreen, in the whole program."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QMessageBox

from mlp_core.datasets import Preparation, generated, read_collection
from mlp_core.datasets.catalogue import remote_dataset
from mlp_core.errors import DataError, TooLargeError
from mlp_core.progress import Progress
from mlp_viz import data_opening, fetching
from mlp_viz.__main__ import _parser
from mlp_viz.app import App
from mlp_viz.run.state import Phase
from mlp_viz.views.data_dialog import DataDialog

Start = Callable[..., App]
SMALL = ("--epochs", "2", "--hidden", "5", "--eta", "0.01")
LONG = ("--epochs", "10000", "--hidden", "5")


@pytest.fixture
def start(
    qapp: QApplication, qtbot: Any, caplog: pytest.LogCaptureFixture, few_generated_digits: None
) -> Iterator[Start]:
    palette, style = qapp.palette(), qapp.style().objectName()
    apps: list[App] = []

    def start(*arguments: str) -> App:
        app = App(qapp, _parser().parse_args(arguments))
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
    assert not [record for record in caplog.get_records("call") if record.getMessage() == "uncaught"]


def key(app: App) -> str:
    return app.controller.dataset.key if app.controller.dataset else ""


def phase(app: App) -> Phase:
    return app.controller.phase


def dialog(app: App) -> DataDialog | None:
    return app.opener.dialog


def opened(qtbot: Any, app: App) -> DataDialog:
    """Return the dialog when it has opened."""
    qtbot.waitUntil(lambda: dialog(app) is not None)
    found = dialog(app)
    assert found is not None
    return found


def message(app: App) -> str:
    return "" if app.window.message_bar.isHidden() else app.window.message_bar.label.text()


def accept(qtbot: Any, app: App, shown: DataDialog) -> None:
    with qtbot.waitSignal(app.controller.datasetChanged):
        shown.buttons.button(QDialogButtonBox.StandardButton.Open).click()
    qtbot.waitUntil(lambda: not app.tasks.busy)


def asked(qtbot: Any, app: App) -> QMessageBox:
    """Return the question that is open."""
    boxes: list[QMessageBox] = []

    def found() -> bool:
        boxes[:] = [box for box in app.window.findChildren(QMessageBox) if box.isVisible()]
        return bool(boxes)

    qtbot.waitUntil(found)
    return boxes[0]


def press(box: QMessageBox, text: str) -> None:
    next(button for button in box.buttons() if button.text().replace("&", "") == text).click()


def slow_download(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Let downloads end when the event is set."""
    may_end = threading.Event()

    def download(name: str, progress: Progress) -> None:
        progress("Downloading from mirror: 3 of 12 MB", 0.25)
        assert may_end.wait(20)
        write_idx_folder(remote_dataset(name).folder)

    monkeypatch.setattr(fetching, "download", download)
    return may_end


def slow_drawing(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Let the drawing of the generated digits begin when the event is set."""
    may_draw = threading.Event()

    def waits(progress: Progress) -> Any:
        assert may_draw.wait(20)
        return generated.generated_collection(progress)

    monkeypatch.setattr(fetching, "generated_collection", waits)
    return may_draw


def npz(path: Path, n: int = 120) -> Path:
    random = np.random.RandomState(0)
    np.savez(path, X=random.randint(0, 256, (n, 5, 4)).astype(np.uint8), y=np.arange(n) % 3)
    return path


def drawings(folder: Path) -> Path:
    for name, box in (("left", (0, 0, 8, 20)), ("right", (12, 0, 20, 20))):
        (folder / name).mkdir(parents=True)
        for number in range(30):
            picture = Image.new("L", (20, 20), 255)
            picture.paste(number, box)
            picture.save(folder / name / f"{number}.png")
    return folder


def test_the_first_start_shows_the_embedded_digits_and_then_the_generated_ones(qtbot: Any, start: Start) -> None:
    app = start()
    qtbot.waitUntil(lambda: key(app) == "generated", timeout=20_000)
    assert app.controller.dataset is not None
    assert app.controller.dataset.image_shape == (28, 28)
    assert "Generated digits" in app.window.windowTitle()
    qtbot.waitUntil(lambda: app.window.activity.isHidden())
    app.close()
    assert key(start()) == "generated"  # kept: nothing is drawn again


def test_a_run_that_has_begun_is_not_disturbed_by_the_drawing(
    qtbot: Any, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_draw = slow_drawing(monkeypatch)
    app = start(*LONG)
    assert key(app) == "digits"
    assert "generated digits" in app.window.activity.label.text()
    app.window.train()
    qtbot.waitUntil(lambda: len(app.controller.history) > 0)
    may_draw.set()
    qtbot.waitUntil(lambda: "Ctrl+2" in message(app), timeout=20_000)
    assert phase(app) is Phase.RUNNING
    assert key(app) == "digits"
    app.window.actions_by_name["stop"].trigger()
    qtbot.waitUntil(lambda: phase(app) is Phase.STOPPED)
    with qtbot.waitSignal(app.controller.datasetChanged):
        app.window.actions_by_name["generated"].trigger()
    assert key(app) == "generated"


def test_a_run_asked_for_on_the_command_line_waits_for_the_generated_digits(qtbot: Any, start: Start) -> None:
    app = start("--train", *SMALL)
    assert key(app) == "generated"
    qtbot.waitUntil(lambda: phase(app) is Phase.FINISHED, timeout=20_000)


def test_the_drawing_can_be_called_off(qtbot: Any, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(progress: Progress) -> None:
        while True:
            progress("Drawing digits", 0.5)

    monkeypatch.setattr(fetching, "generated_collection", endless)
    app = start()
    qtbot.waitUntil(lambda: app.window.activity.progress.value() > 0)
    app.window.activity.cancel_button.click()
    qtbot.waitUntil(lambda: not app.opener.fetcher.tasks.busy)
    assert app.window.activity.isHidden()
    assert key(app) == "digits"
    assert not app.window.actions_by_name["cancel_work"].isEnabled()


def test_a_file_is_shown_before_it_is_used(qtbot: Any, start: Start, tmp_path: Path) -> None:
    app = start("--dataset", "digits", "--minibatch-size", "10", *SMALL)
    app.window.datasetWanted.emit(str(npz(tmp_path / "mine.npz")))
    shown = opened(qtbot, app)
    assert key(app) == "digits"
    shown.reject()
    assert dialog(app) is None
    assert key(app) == "digits"
    app.window.datasetWanted.emit(str(tmp_path / "mine.npz"))
    shown = opened(qtbot, app)
    shown.only.setChecked(True)
    shown.subset.setValue(60)
    shown.scaling.setCurrentIndex(shown.scaling.findData("unit"))
    accept(qtbot, app, shown)
    dataset = app.controller.dataset
    assert dataset is not None
    assert dataset.name == "mine · 60 samples · 0 to 1"
    assert dataset.scaled(dataset.train.X).min() >= 0
    with qtbot.waitSignal(app.controller.runEnded, timeout=20_000):
        app.window.train()
    assert phase(app) is Phase.FINISHED


def test_the_open_data_set_can_be_prepared_in_another_way(qtbot: Any, start: Start) -> None:
    app = start("--dataset", "digits")
    app.window.actions_by_name["prepare"].trigger()
    shown = opened(qtbot, app)
    shown.scaling.setCurrentIndex(shown.scaling.findData("standardised"))
    accept(qtbot, app, shown)
    assert app.controller.dataset is not None
    assert app.controller.dataset.scaling.name == "standardised"
    with qtbot.waitSignal(app.controller.datasetChanged):
        app.window.actions_by_name["digits"].trigger()  # and back
    assert app.controller.dataset.scaling.name == "lecture"


def test_a_folder_of_drawings_is_dropped_and_learned(qtbot: Any, start: Start, tmp_path: Path) -> None:
    app = start("--dataset", "digits", "--epochs", "30", "--hidden", "5", "--eta", "0.01", "--minibatch-size", "10")
    drop(app, drawings(tmp_path / "drawings"))
    accept(qtbot, app, opened(qtbot, app))
    dataset = app.controller.dataset
    assert dataset is not None
    assert dataset.class_names == ("left", "right")
    with qtbot.waitSignal(app.controller.runEnded, timeout=20_000):
        app.window.train()
    assert app.window.transport.test.text() == "test 100.00 %"


def test_pictures_that_are_left_out_are_told(qtbot: Any, start: Start, tmp_path: Path) -> None:
    app = start("--dataset", "digits")
    folder = drawings(tmp_path / "drawings")
    (folder / "left" / "broken.png").write_bytes(b"no picture")
    drop(app, folder)
    accept(qtbot, app, opened(qtbot, app))
    assert "1 of 61 pictures" in message(app)
    assert "broken.png" in message(app)


def test_files_that_are_dropped_together_are_opened_as_their_folder(
    qtbot: Any, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = start("--dataset", "digits")
    wanted: list[str] = []
    app.window.datasetWanted.disconnect()
    app.window.datasetWanted.connect(wanted.append)
    drop(app, tmp_path / "X.npy", tmp_path / "y.npy")
    assert wanted == [str(tmp_path)]


def test_nothing_is_dropped_into_a_run(qtbot: Any, start: Start, tmp_path: Path) -> None:
    app = start("--dataset", "digits", *LONG)
    app.window.train()
    drop(app, npz(tmp_path / "mine.npz"))
    assert "stop it first" in message(app)
    assert dialog(app) is None
    assert phase(app) is Phase.RUNNING


def drop(app: App, *paths: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    where, buttons, keys = QPointF(300, 300), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(where.toPoint(), Qt.DropAction.CopyAction, mime, buttons, keys)
    QApplication.sendEvent(app.window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(app.window, QDropEvent(where, Qt.DropAction.CopyAction, mime, buttons, keys))


def test_what_does_not_fit_into_memory_is_offered_in_part(
    qtbot: Any, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, path = start("--dataset", "digits"), npz(tmp_path / "huge.npz")
    real = read_collection

    def read(path: Path, *_: Any, at_most: int | None, progress: Progress) -> Any:
        if at_most is None:
            raise TooLargeError(path, "it needs 90 GB, and 3 GB are free.", 40)
        return real(path, at_most=at_most, progress=progress)

    monkeypatch.setattr(data_opening, "read_collection", read)
    app.window.datasetWanted.emit(str(path))
    box = asked(qtbot, app)
    assert "90 GB" in box.text()
    assert "Read 40 of them" in box.text()
    press(box, "Read")
    accept(qtbot, app, opened(qtbot, app))
    dataset = app.controller.dataset
    assert dataset is not None
    assert sum(map(len, (dataset.train, dataset.valid, dataset.test))) <= 40


def test_a_data_set_that_is_not_here_is_downloaded_with_one_click(
    qtbot: Any, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = start("--dataset", "digits")
    may_end = slow_download(monkeypatch)
    app.window.actions_by_name["mnist"].trigger()
    app.window.actions_by_name["mnist"].trigger()
    assert "on the way already" in message(app)
    assert app.window.actions_by_name["train"].isEnabled()  # on what is there, meanwhile
    may_end.set()
    qtbot.waitUntil(lambda: key(app) == "mnist", timeout=20_000)


def test_a_download_that_ends_in_a_run_waits_for_its_end(
    qtbot: Any, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = start("--dataset", "digits", *LONG)
    may_end = slow_download(monkeypatch)
    app.window.actions_by_name["fashion-mnist"].trigger()
    app.window.train()
    may_end.set()
    qtbot.waitUntil(lambda: "Ctrl+4 opens it" in message(app))
    assert key(app) == "digits"
    assert phase(app) is Phase.RUNNING


def test_a_failed_download_leaves_everything_and_says_why(
    qtbot: Any, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = start("--dataset", "digits", *SMALL)
    with qtbot.waitSignal(app.controller.runEnded, timeout=20_000):
        app.window.train()
    history = app.controller.history

    def download(_name: str, _progress: Progress) -> None:
        raise DataError("kmnist", "host.example: answers 403. Choose a folder, or go on with what is there.")

    monkeypatch.setattr(fetching, "download", download)
    app.window.actions_by_name["kmnist"].trigger()
    qtbot.waitUntil(lambda: "403" in message(app))
    assert key(app) == "digits"
    assert app.controller.history == history


def test_a_large_download_is_asked_about(qtbot: Any, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    app = start("--dataset", "digits")
    names: list[str] = []

    def download(name: str, _progress: Progress) -> None:
        names.append(name)
        write_idx_folder(remote_dataset(name).folder, 26)

    monkeypatch.setattr(fetching, "download", download)
    app.window.actions_by_name["emnist-letters"].trigger()
    box = asked(qtbot, app)
    assert "561.8 MB" in box.text()
    press(box, "Not now")
    qtbot.waitUntil(lambda: not app.window.findChildren(QMessageBox))
    assert names == []
    app.window.actions_by_name["emnist-letters"].trigger()
    press(asked(qtbot, app), "Download")
    qtbot.waitUntil(lambda: names == ["emnist-letters"])
    qtbot.waitUntil(lambda: not app.opener.fetcher.tasks.busy and not app.tasks.busy)


def test_a_download_takes_no_run_that_has_ended_meanwhile(
    qtbot: Any, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, may_end = start("--dataset", "digits", *SMALL), slow_download(monkeypatch)
    app.window.actions_by_name["fashion-mnist"].trigger()
    with qtbot.waitSignal(app.controller.runEnded, timeout=20_000):
        app.window.train()
    history = app.controller.history
    may_end.set()
    qtbot.waitUntil(lambda: "Ctrl+4 opens it" in message(app))
    assert (key(app), app.controller.history) == ("digits", history)


def test_a_download_that_is_asked_for_again_opens_by_itself(
    qtbot: Any, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, may_end = start("--dataset", "digits", *SMALL), slow_download(monkeypatch)
    app.window.actions_by_name["kmnist"].trigger()
    with qtbot.waitSignal(app.controller.runEnded, timeout=20_000):
        app.window.train()
    app.window.actions_by_name["kmnist"].trigger()
    may_end.set()
    qtbot.waitUntil(lambda: key(app) == "kmnist", timeout=20_000)


def test_the_drawing_takes_no_place_of_what_was_prepared_meanwhile(
    qtbot: Any, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_draw = slow_drawing(monkeypatch)
    app = start()
    app.window.actions_by_name["prepare"].trigger()
    shown = opened(qtbot, app)
    shown.scaling.setCurrentIndex(shown.scaling.findData("unit"))
    accept(qtbot, app, shown)
    may_draw.set()
    qtbot.waitUntil(lambda: "Ctrl+2 opens it" in message(app), timeout=20_000)
    assert app.controller.dataset is not None
    assert app.controller.dataset.name.endswith("0 to 1")


def test_the_drawing_waits_behind_an_open_dialog(qtbot: Any, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    may_draw = slow_drawing(monkeypatch)
    app = start()
    app.window.actions_by_name["prepare"].trigger()
    shown = opened(qtbot, app)
    may_draw.set()
    qtbot.waitUntil(lambda: not app.opener.fetcher.tasks.busy, timeout=20_000)
    assert key(app) == "digits"
    shown.reject()


def test_the_generated_digits_are_drawn_once_however_often_they_are_asked_for(
    qtbot: Any, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_draw = slow_drawing(monkeypatch)
    app = start()
    app.window.actions_by_name["generated"].trigger()
    assert app.opener.fetcher.tasks.titles == ("Drawing the generated digits",)
    assert not app.tasks.busy
    assert app.window.actions_by_name["train"].isEnabled()
    may_draw.set()
    qtbot.waitUntil(lambda: key(app) == "generated", timeout=20_000)
    assert not app.opener.fetcher.tasks.busy


def test_cancelling_the_first_reading_trains_on_nothing_else(
    qtbot: Any, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, at_work = read_collection, threading.Event()

    def read(name: Any, *arguments: Any, **options: Any) -> Any:
        while name == "mnist":
            at_work.set()
            options["progress"]("Reading", 0.5)
        return real(name, *arguments, **options)

    monkeypatch.setattr(data_opening, "read_collection", read)

    def cancel() -> None:
        assert at_work.wait(20)
        app.window.cancelWanted.emit()

    app = App(QApplication.instance(), _parser().parse_args(["--dataset", "mnist", "--train", *SMALL]))  # type: ignore[arg-type]
    try:
        app.show()
        cancel()
        qtbot.waitUntil(lambda: key(app) == "digits" and not app.tasks.busy)
        assert phase(app) is Phase.IDLE
        assert "called off" in message(app)
    finally:
        app.close()
        app.window.deleteLater()


def test_a_damaged_download_can_be_downloaded_again(qtbot: Any, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    write_idx_folder(remote_dataset("kmnist").folder)
    (remote_dataset("kmnist").folder / "train-labels-idx1-ubyte").write_bytes(b"damaged")
    app, may_end = start("--dataset", "digits"), slow_download(monkeypatch)
    may_end.set()
    app.window.actions_by_name["kmnist"].trigger()
    press(asked(qtbot, app), "Not now")
    qtbot.waitUntil(lambda: "train-labels-idx1-ubyte" in message(app))
    app.window.actions_by_name["kmnist"].trigger()
    press(asked(qtbot, app), "Download")
    qtbot.waitUntil(lambda: key(app) == "kmnist", timeout=20_000)


def test_a_named_data_set_that_does_not_fit_is_offered_in_part(
    qtbot: Any, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = start("--dataset", "digits")
    write_idx_folder(remote_dataset("kmnist").folder)
    real = read_collection

    def read(name: Any, *arguments: Any, at_most: int | None, progress: Progress) -> Any:
        if at_most is None:
            raise TooLargeError(name, "it needs 90 GB, and 3 GB are free.", 200)
        return real(name, *arguments, at_most=at_most, progress=progress)

    monkeypatch.setattr(data_opening, "read_collection", read)
    app.window.actions_by_name["kmnist"].trigger()
    press(asked(qtbot, app), "Read")
    qtbot.waitUntil(lambda: key(app) == "kmnist")
    assert app.controller.dataset is not None
    assert "samples" in app.controller.dataset.name


def test_preparing_twice_begins_from_the_whole_and_from_what_was_chosen(qtbot: Any, start: Start) -> None:
    app = start("--dataset", "digits")
    app.window.actions_by_name["prepare"].trigger()
    shown = opened(qtbot, app)
    shown.scaling.setCurrentIndex(shown.scaling.findData("unit"))
    shown.only.setChecked(True)
    shown.subset.setValue(900)
    accept(qtbot, app, shown)
    assert app.controller.dataset is not None
    name = app.controller.dataset.name
    assert name.endswith("900 samples · 0 to 1")
    app.window.actions_by_name["prepare"].trigger()
    shown = opened(qtbot, app)
    assert (shown.scaling.currentData(), shown.subset.value(), shown.only.isChecked()) == ("unit", 900, True)
    assert "1,797 samples" in shown.subset.text()
    accept(qtbot, app, shown)
    assert app.controller.dataset.name == name
    app.window.actions_by_name["prepare"].trigger()
    shown = opened(qtbot, app)
    shown.only.setChecked(False)
    shown.scaling.setCurrentIndex(shown.scaling.findData("lecture"))
    accept(qtbot, app, shown)
    assert app.controller.dataset.fingerprint() == read_as_it_is("digits")


def read_as_it_is(name: str) -> str:
    return Preparation().apply(read_collection(name)).fingerprint()


def test_an_untouched_dialog_opens_what_the_command_line_opens(qtbot: Any, start: Start, tmp_path: Path) -> None:
    app, path = start("--dataset", "digits"), npz(tmp_path / "mine.npz", 6000)
    app.window.datasetWanted.emit(str(path))
    accept(qtbot, app, opened(qtbot, app))
    assert app.controller.dataset is not None
    assert app.controller.dataset.fingerprint() == Preparation().apply(read_collection(str(path))).fingerprint()


def test_window_and_command_line_understand_a_mixed_folder_alike(qtbot: Any, start: Start, tmp_path: Path) -> None:
    app = start("--dataset", "digits")
    write_idx_folder(drawings(tmp_path / "mixed"))
    app.window.datasetWanted.emit(str(tmp_path / "mixed"))
    shown = opened(qtbot, app)
    found = read_collection(tmp_path / "mixed")
    assert shown.windowTitle().endswith(found.name)
    shown.reject()


def test_a_small_data_set_gets_a_minibatch_that_it_fills(qtbot: Any, start: Start, tmp_path: Path) -> None:
    app = start("--dataset", "digits", *SMALL)
    app.window.datasetWanted.emit(str(npz(tmp_path / "mine.npz", 90)))
    accept(qtbot, app, opened(qtbot, app))
    assert "minibatch size is 3 now, instead of 100" in message(app)
    with qtbot.waitSignal(app.controller.runEnded, timeout=20_000):
        app.window.train()
    assert phase(app) is Phase.FINISHED
    assert app.settings.hyperparameters.minibatch_size == 100
    with qtbot.waitSignal(app.controller.datasetChanged):
        app.window.actions_by_name["digits"].trigger()
    assert app.window.controls.hyperparameters().minibatch_size == 100


def test_what_is_open_already_is_not_read_again(qtbot: Any, start: Start) -> None:
    app = start("--dataset", "digits")
    with qtbot.assertNotEmitted(app.controller.datasetChanged):
        app.window.actions_by_name["digits"].trigger()
    assert "open already" in message(app)


def write_idx_folder(folder: Path, n_classes: int = 10) -> None:
    """Write four small files in MNIST's form."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.RandomState(0)
    for part, n in (("train", 260), ("t10k", 52)):
        images = random.randint(0, 256, (n, 28, 28)).astype(np.uint8)
        labels = (np.arange(n) % n_classes).astype(np.uint8)
        for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
            header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
            (folder / f"{part}-{kind}-ubyte").write_bytes(header + array.tobytes())
