"""The real program on a real X display, by keyboard and mouse; and what it does where there is no display."""

from __future__ import annotations

import csv
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtGui import QImage

from mlp_core.datasets import open_dataset
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.snapshot import EpochSnapshot
from mlp_core.trainer import Trainer, TrainingData
from mlp_viz.theme import LIGHT

if TYPE_CHECKING:  # pytest loads conftest.py in a way of its own
    from tests.desktop.conftest import Pixels, Program

    Start = Callable[..., Program]
    RunWithoutScreen = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = pytest.mark.desktop

STILL: Final = 1.0  # seconds without a change, where a run would change something many times
FOREVER: Final = ("--dataset", "digits", "--epochs", "10000")

# Parts of the window, as fractions of its height and width: top, bottom, left, right.
TRANSPORT: Final = (0.03, 0.14, 0.0, 1.0)
CONTROLS: Final = (0.14, 0.45, 0.0, 0.20)
COST: Final = (0.14, 0.48, 0.22, 0.59)
ACCURACY: Final = (0.14, 0.48, 0.61, 0.99)
MOSAIC: Final = (0.55, 0.97, 0.22, 0.53)  # without its colour bar
ERRORS: Final = (0.55, 0.95, 0.61, 0.99)


def part(picture: Pixels, where: tuple[float, float, float, float]) -> Pixels:
    height, width, _ = picture.shape
    top, bottom, left, right = where
    return picture[int(top * height) : int(bottom * height), int(left * width) : int(right * width)]


def is_colour(picture: Pixels, colour: str) -> NDArray[np.bool_]:
    rgb = np.frombuffer(bytes.fromhex(colour[1:]), np.uint8)
    return np.asarray((picture == rgb).all(axis=2))


def count(picture: Pixels, where: tuple[float, float, float, float], colour: str) -> int:
    return int(is_colour(part(picture, where), colour).sum())


def filled(picture: Pixels) -> NDArray[np.bool_]:
    """Say where the accent fills an area: borders and letters are left out."""
    mask = is_colour(picture, LIGHT.accent)
    top, bottom, left, right = (int(f * n) for f, n in zip(TRANSPORT, np.repeat(picture.shape[:2], 2), strict=True))
    inner = np.zeros_like(mask)
    inner[1:-1, 1:-1] = mask[1:-1, 1:-1] & mask[:-2, 1:-1] & mask[2:, 1:-1] & mask[1:-1, :-2] & mask[1:-1, 2:]
    inner[:top] = inner[bottom:] = False
    inner[:, :left] = inner[:, right:] = False
    return inner


def train_button(picture: Pixels) -> tuple[int, int, int, int] | None:
    """Return top, bottom, left and right of the one button in the accent colour; None while it is disabled."""
    mask = filled(picture)
    tall = np.flatnonzero(mask.sum(axis=0) >= 18)  # the progress bar is not
    if not len(tall):
        return None
    left, right = int(tall[0]), int(tall[-1])
    column = mask[:, left + 4]  # past the round corner, before the letters
    top = bottom = int(np.median(np.flatnonzero(column)))
    while column[top - 1]:
        top -= 1
    while column[bottom + 1]:
        bottom += 1
    return top, bottom, left, right


def progress(picture: Pixels) -> float:
    """Return how much of the progress bar is filled."""
    mask = filled(picture)
    if button := train_button(picture):
        top, bottom, left, right = button
        mask[top - 3 : bottom + 4, max(left - 6, 0) : right + 7] = False
    row = int(mask.sum(axis=1).argmax())
    columns = np.flatnonzero(mask[row])
    if not len(columns):
        return 0.0
    accent, empty = is_colour(picture, LIGHT.accent)[row], is_colour(picture, LIGHT.panel)[row]
    end = int(columns[-1])
    while accent[end]:
        end += 1
    begin, fill_end = int(columns[0]), end
    end += 2  # where fill and ground blend
    while end < len(empty) and empty[end]:
        end += 1
    rest = end - fill_end - 2
    return (fill_end - begin) / (fill_end - begin + rest)


def locked(picture: Pixels) -> bool:
    """Say whether the hyperparameters are greyed out, as while a run goes on."""
    return count(picture, CONTROLS, LIGHT.text) == 0


def orange_and_blue(picture: Pixels) -> tuple[float, float]:
    """Return the shares of the weights' picture that are clearly positive, and clearly negative."""
    tiles = part(picture, MOSAIC).astype(np.int16)
    warmth = tiles[..., 0] - tiles[..., 2]
    return float((warmth > 40).mean()), float((warmth < -40).mean())


def assert_shows_a_run(picture: Pixels) -> None:
    orange, blue = orange_and_blue(picture)
    assert orange > 0.02
    assert blue > 0.02
    assert count(picture, COST, LIGHT.cost) > 150
    assert count(picture, ACCURACY, LIGHT.train) > 100
    assert count(picture, ACCURACY, LIGHT.valid) > 100
    digits = part(picture, ERRORS)
    assert (digits.max(axis=2) < 30).mean() > 0.01, "no misclassified digit is seen"


def wait_until_ready(program: Program) -> tuple[int, int, int, int]:
    """Wait for the data; return where the Train button is."""
    program.wait_for(lambda: "8×8" in program.title(), "the name of the data set in the title")
    program.wait_for(lambda: train_button(program.picture()), "the Train button to be enabled")
    button = train_button(program.picture())
    assert button is not None
    return button


def wait_until_it_trains(program: Program) -> None:
    program.wait_for(lambda: locked(program.picture()), "the hyperparameters to be locked")
    before = program.picture()
    program.wait_for(lambda: changed(program, before, MOSAIC) and changed(program, before, COST), "a change")


def wait_for_change(program: Program, before: Pixels, what: str) -> None:
    program.wait_for(lambda: not np.array_equal(before, program.picture()), what)


def changed(program: Program, before: Pixels, where: tuple[float, float, float, float]) -> bool:
    return not np.array_equal(part(before, where), part(program.picture(), where))


def still_picture(program: Program) -> Pixels:
    """Wait until nothing changes any more, and return what is seen then."""
    last, since = program.picture(), time.monotonic()

    def still() -> bool:
        nonlocal last, since
        now = program.picture()
        if not np.array_equal(now, last):
            last, since = now, time.monotonic()
        return time.monotonic() - since > STILL

    program.wait_for(still, "the picture to stand still")
    return last


def quit_by_keyboard(program: Program) -> None:
    program.press("ctrl+q")
    assert program.ended() == 0
    assert program.stderr() == ""


def png(path: Path) -> Pixels:
    image = QImage(str(path)).convertToFormat(QImage.Format.Format_RGB888)
    assert not image.isNull()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def test_space_trains_to_the_end_and_the_curves_are_those_of_the_run(start: Start, tmp_path: Path) -> None:
    program = start("--dataset", "digits", "--epochs", "30")
    wait_until_ready(program)
    before = program.picture()
    assert not locked(before)
    assert progress(before) == 0
    assert max(orange_and_blue(before)) < 0.005

    program.press("space")
    wait_until_it_trains(program)
    program.wait_for(lambda: not locked(program.picture()), "the end of the run")
    after = still_picture(program)
    assert progress(after) > 0.99
    assert_shows_a_run(after)
    for where in (COST, ACCURACY, MOSAIC, ERRORS):
        assert not np.array_equal(part(before, where), part(after, where))

    program.press("ctrl+e")
    program.find_window("Export the curves")
    program.press("Return")
    saved = tmp_path / "curves.csv"
    rows = program.wait_for(lambda: rows_of(saved, 30), "curves.csv")
    assert [float(row["cost"]) for row in rows] == pytest.approx(costs_of_a_run(30))

    program.window = program.find_window("8×8")
    quit_by_keyboard(program)


def rows_of(path: Path, n: int) -> list[dict[str, str]]:
    """Return the rows of a CSV file once it has `n` of them."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return rows if len(rows) == n else []


def costs_of_a_run(epochs: int) -> list[float]:
    """Train without the window."""
    hyperparameters = Hyperparameters(epochs=epochs)
    data = TrainingData.of(open_dataset("digits"), hyperparameters.precision)
    steps = Trainer.fresh(data, hyperparameters).steps()
    return [step.stats.cost for step in steps if isinstance(step, EpochSnapshot)]


def test_mouse_trains_and_keys_pause_step_and_stop(start: Start) -> None:
    program = start(*FOREVER)
    top, bottom, left, right = wait_until_ready(program)
    program.click((left + right) // 2, (top + bottom) // 2)
    wait_until_it_trains(program)

    program.press("space")
    paused = still_picture(program)
    assert locked(paused), "paused, not ended"
    assert_shows_a_run(paused)

    seen = paused
    for key in ("m", "m", "e"):  # one minibatch, another, and to the end of the epoch
        program.press(key)
        wait_for_change(program, seen, f"a step by {key}")  # one minibatch may move no weight by a whole colour
        seen = still_picture(program)
        assert locked(seen)
    assert not np.array_equal(part(paused, MOSAIC), part(seen, MOSAIC))

    program.press("space")
    wait_until_it_trains(program)
    program.press("ctrl+period")
    program.wait_for(lambda: not locked(program.picture()), "the run to stop")
    stopped = still_picture(program)
    assert_shows_a_run(stopped)
    assert progress(stopped) < 0.9
    quit_by_keyboard(program)


def test_it_quits_in_the_middle_of_a_run(start: Start) -> None:
    program = start(*FOREVER, "--train")
    wait_until_it_trains(program)
    quit_by_keyboard(program)


def test_it_quits_in_a_pause(start: Start) -> None:
    program = start(*FOREVER)
    wait_until_ready(program)
    program.press("m")
    program.wait_for(lambda: locked(program.picture()), "the step")
    still_picture(program)
    quit_by_keyboard(program)


@pytest.mark.parametrize(
    "sign",
    [
        signal.SIGTERM,
        signal.SIGINT,
    ],
)
def test_a_signal_ends_it_in_the_middle_of_a_run(start: Start, sign: signal.Signals) -> None:
    program = start(*FOREVER, "--train")
    wait_until_it_trains(program)
    program.process.send_signal(sign)
    assert program.ended(10) == 0
    assert program.stderr() == ""


def check_picture(path: Path) -> None:
    picture = png(path)
    assert picture.shape == (768, 1366, 3)
    assert progress(picture) > 0.99
    orange, blue = orange_and_blue(picture)
    assert min(orange, blue) > 0.02
    assert count(picture, ACCURACY, LIGHT.train) > 50
    assert picture.mean() > 100, "the light theme is light"


def lines_of(done: subprocess.CompletedProcess[str]) -> list[str]:
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return [line for line in done.stderr.splitlines() if line]


def test_without_a_display_it_trains_and_saves_the_picture(
    run_without_screen: RunWithoutScreen, tmp_path: Path
) -> None:
    path = tmp_path / "out.png"
    done = run_without_screen(["--theme", "light", "--dataset", "digits", "--epochs", "3", "--screenshot", str(path)])
    assert done.returncode == 0, done.stderr
    lines = lines_of(done)
    assert lines[0] == f"mlp-viz: there is no display, so it trains off screen and saves {path}"
    assert lines[-1] == f"mlp-viz: the picture of the window is in {path}"
    assert lines[-2].startswith("3/3 | Cost: ")
    check_picture(path)


def test_without_a_display_and_a_name_the_picture_is_in_the_current_folder(
    run_without_screen: RunWithoutScreen, tmp_path: Path
) -> None:
    done = run_without_screen(["--theme", "light", "--dataset", "digits", "--epochs", "2"])
    assert done.returncode == 0, done.stderr
    assert lines_of(done)[0] == "mlp-viz: there is no display, so it trains off screen and saves mlp-viz.png"
    assert [path.name for path in tmp_path.iterdir()] == ["mlp-viz.png"]
    check_picture(tmp_path / "mlp-viz.png")


@pytest.mark.parametrize("platform", [{}, {"QT_QPA_PLATFORM": "xcb"}])
def test_a_dead_display_is_told_in_one_sentence(
    run_without_screen: RunWithoutScreen, tmp_path: Path, platform: dict[str, str]
) -> None:
    done = run_without_screen(["--dataset", "digits", "--epochs", "2"], {"DISPLAY": ":987"} | platform)
    assert done.returncode == 1, "negative: Qt aborted"
    (line,) = lines_of(done)
    assert line.startswith("mlp-viz: No X server answers at DISPLAY=:987: ")
    assert not list(tmp_path.iterdir())


def test_the_first_start_draws_the_generated_digits_and_the_next_one_has_them(start: Start) -> None:
    program = start("--epochs", "3")
    wait_until_ready(program)  # the embedded digits, meanwhile
    program.wait_for(lambda: "Generated digits" in program.title(), "the generated digits")
    program.press("d")
    before = still_picture(program)
    assert (part(before, (0.14, 0.5, 0.22, 0.59)).max(axis=2) < 30).mean() > 0.2, "no first digits of the classes"
    assert count(before, (0.55, 0.97, 0.61, 0.99), LIGHT.train) > 1000, "no bars of the class balance"
    program.press("d", "space")
    program.wait_for(lambda: locked(program.picture()), "the hyperparameters to be locked")
    program.wait_for(lambda: not locked(program.picture()), "the end of the run")
    assert_shows_a_run(still_picture(program))
    quit_by_keyboard(program)

    again = start()
    again.wait_for(lambda: "Generated digits" in again.title(), "the generated digits")
    quit_by_keyboard(again)


def test_a_folder_of_pictures_is_looked_at_and_learned(start: Start, tmp_path: Path) -> None:
    for name, box in (("left", (0, 0, 8, 20)), ("right", (12, 0, 20, 20))):
        (tmp_path / "drawings" / name).mkdir(parents=True)
        for number in range(60):
            picture = Image.new("L", (20, 20), 255)
            picture.paste(number, box)
            picture.save(tmp_path / "drawings" / name / f"{number}.png")
    program = start("--dataset", "digits", "--epochs", "20", "--minibatch-size", "10")
    wait_until_ready(program)
    program.press("ctrl+shift+d")
    program.find_window("Open a folder")
    program.screen.xdotool("type", str(tmp_path / "drawings"))
    program.press("Return")
    program.find_window("Use drawings")
    program.press("Return")
    program.wait_for(lambda: "drawings" in program.title(), "the drawings to be open")
    program.window = program.find_window("drawings")
    program.press("space")
    wait_until_it_trains(program)
    program.wait_for(lambda: not locked(program.picture()), "the end of the run")
    quit_by_keyboard(program)
