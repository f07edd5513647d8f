"""How the window feels while it trains: speed beside headless, lateness, clicks, start-up, first point, memory.

The real program runs on a virtual screen of its own, 1920×1080, with all panels live.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final

import numpy as np

from benchmarks.options import parse
from benchmarks.probe import BEAT, ROOT, ProbeError, environment, probe
from benchmarks.results import Spread, Target, save
from benchmarks.screen import HEIGHT, WIDTH, Screen, end, virtual_screen
from mlp_core.cores import n_cores
from mlp_core.datasets import find_mnist
from mlp_core.datasets.mnist import DATA_FOLDER_VARIABLE
from mlp_core.hyperparameters import Hyperparameters

LATENESS: Final = (("p95", 5.0), ("p99", 16.0), ("max", 60.0))  # ms, to be reached
PRECISIONS: Final = ("float64", "float32")
SWEEP_EPOCHS: Final = {"digits": 1000, "mnist": 20}  # of a run of the sweep: some seconds
ENDLESS: Final = 10_000  # epochs of a run that is stopped by hand
CACHES: Final = Path("/proc/sys/vm/drop_caches")
MISSING: Final = "skipped: Xvfb is missing. Install it (on Debian or Ubuntu: apt-get install xvfb), and try again."

Rows = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured.

    Attributes
    ----------
    runs, epochs : int
        Runs in one window, one after the other, and the length of each.
    pairs : int
        How many of them are timed, each beside one without a window.
    clicks : int
        On Stop, and on Pause.
    colds, warms : int
        Starts of the program.
    points : int
        Starts of the program in which the first point of a curve is awaited.
    sweep : float
        Seconds of a sweep.
    drop_caches : bool
        Whether the system may be asked to forget what it has read from the disk, before each cold start.
    """

    runs: int = 20
    epochs: int = 20
    pairs: int = 5
    clicks: int = 24
    colds: int = 3
    warms: int = 9
    points: int = 3
    sweep: float = 20.0
    drop_caches: bool = True


QUICK: Final = Size(runs=2, epochs=50, pairs=1, clicks=3, colds=1, warms=1, points=1, sweep=3.0, drop_caches=False)
WITHOUT_MNIST: Final = Size(epochs=400)  # an epoch of the embedded digits takes milliseconds


class Bench:
    """The measurements, on one screen.

    Parameters
    ----------
    screen : Screen
    scratch : Path
        For homes, settings and logs; nothing of it is kept.
    mnist : Path or None
        The folder of MNIST's files; None to measure on the embedded digits.
    size : Size
    """

    def __init__(self, screen: Screen, scratch: Path, mnist: Path | None, size: Size) -> None:
        self._screen = screen
        self._scratch = scratch
        self._mnist = mnist
        self._size = size
        self._homes = 0

    @property
    def dataset(self) -> str:
        """The data set of the runs."""
        return "mnist" if self._mnist else "digits"

    def measure(self) -> Rows:
        """Return all that was measured, told as it comes."""
        rows: Rows = {"dataset": self.dataset, "screen": [WIDTH, HEIGHT], "start": self._start()}
        names = ("digits", "mnist") if self._mnist else ("digits",)
        rows["first_point"] = {
            name: {precision: self._first_points(name, precision) for precision in PRECISIONS} for name in names
        }
        for precision in PRECISIONS:
            rows[precision] = self._runs(precision)
        rows["sweep"] = {name: self._sweep(name) for name in names}
        return rows

    def _sweep(self, dataset: str) -> Rows:
        """Measure how late the heartbeat comes while a sweep goes on, with a worker for each core."""
        with self._window(dataset) as window:
            window.ask(do="open")
            epochs = SWEEP_EPOCHS[dataset]
            answer = window.ask(do="sweep", seconds=self._size.sweep, workers=n_cores(), epochs=epochs)
        row = lateness_row(answer["late"])
        _tell(f"sweep on {dataset}, {answer['runs']} runs begun: latest heartbeat {1000 * row['max']:.0f} ms")
        return row

    def _start(self) -> Rows:
        """Measure from the start of the process to the painted window."""
        cold, dropped = [], False
        for _ in range(self._size.colds):
            env = self._environment(PYTHONPYCACHEPREFIX=str(self._scratch / f"compiled {self._homes}"))
            dropped = self._size.drop_caches and _drop_caches()
            cold.append(self._painted_after(env))
        warm = [self._painted_after(env) for _ in range(self._size.warms)]
        _tell(f"start to painted window: cold {_seconds(cold)}, warm {_seconds(warm)}")
        return {"cold_seconds": cold, "warm_seconds": warm, "disk_caches_dropped": dropped}

    def _painted_after(self, env: dict[str, str]) -> float:
        command = [sys.executable, "-m", "mlp_viz", "--size", f"{WIDTH}x{HEIGHT}"]
        with (self._scratch / "program.log").open("wb") as log:
            started = time.perf_counter()
            process = subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            try:
                self._screen.wait_until(True, process)
                seconds = time.perf_counter() - started
            finally:
                end(process)
        self._screen.wait_until(False)
        return seconds

    def _first_points(self, dataset: str, precision: str) -> list[float]:
        """Measure from a click on Train to the first point on the screen, in the first run of a window."""
        taken = []
        for _ in range(self._size.points):
            with self._window(dataset) as window:
                window.ask(do="open")
                answer = window.ask(do="first_point", precision=precision, epochs=ENDLESS)
                taken.append(answer["seconds"])
        _tell(f"Train to first point, {dataset}, {precision}: {_seconds(taken)}")
        return taken

    def _runs(self, precision: str) -> Rows:
        """Measure many runs in one window: memory, speed beside headless, lateness, and then clicks."""
        size, eta = self._size, Hyperparameters().eta
        headless_speeds, live_speeds, late = [], [], []
        errors = self._scratch / "headless.log"
        with (
            self._window(self.dataset) as window,
            probe("benchmarks.headless_probe", [self.dataset], self._environment(), errors) as headless,
        ):
            window.ask(do="open")
            memory = [window.resident_mb()]
            for run in range(size.runs):
                # As a user tries: each time a little faster. The first run makes the caches warm and is not timed.
                asked = {"precision": precision, "epochs": size.epochs, "eta": eta * (1 + run / 100)}
                timed = 1 <= run <= size.pairs
                if timed:
                    headless_speeds.append(headless.ask(**asked)["epochs_a_second"])
                answer = window.ask(do="train", heartbeat=not timed, **asked)
                memory.append(window.resident_mb())
                if timed:
                    live_speeds.append(answer["epochs_a_second"])
                    told = f"{live_speeds[-1]:.2f} epochs/s, headless {headless_speeds[-1]:.2f}"
                else:
                    late.extend(answer["late"])
                    told = f"latest heartbeat {1000 * max(answer['late']):.0f} ms"
                _tell(f"{precision} run {run + 1}/{size.runs}: {told}, {memory[-1]:.0f} MB")
            random = np.random.default_rng(0)
            epoch = 1 / float(np.median(live_speeds))
            clicks = {}
            for button in ("stop", "pause"):
                after = moments(size.clicks, 2 * epoch, random)
                answer = window.ask(do=button, after=after, precision=precision, epochs=ENDLESS)
                clicks[button] = click_row(answer["seconds"])
                _tell(f"{precision} {button}: at most {1000 * clicks[button]['max']:.0f} ms")
        return {
            "speed": speed_row(headless_speeds, live_speeds),
            "lateness": lateness_row(late),
            **clicks,
            "memory_mb": memory_row(memory),
        }

    @contextmanager
    def _window(self, dataset: str) -> Iterator[Any]:
        arguments = ["--dataset", dataset, "--size", f"{WIDTH}x{HEIGHT}"]
        errors = self._scratch / "window.log"
        with probe("benchmarks.window_probe", arguments, self._environment(), errors) as window:
            yield window
        self._screen.wait_until(False)

    def _environment(self, **more: str) -> dict[str, str]:
        """Return the environment of a user who starts the program for the first time."""
        self._homes += 1
        env = environment(self._scratch / f"home {self._homes}", DISPLAY=self._screen.display, **more)
        env.pop(DATA_FOLDER_VARIABLE, None)
        return env | {"QT_QPA_PLATFORM": "xcb"} | ({DATA_FOLDER_VARIABLE: str(self._mnist)} if self._mnist else {})


def moments(count: int, span: float, random: np.random.Generator) -> list[float]:
    """Return `count` random moments within `span`, in random order, as many early as late ones.

    No part of an epoch is left out by chance: neither its updates nor its evaluation.
    """
    return [float(x) for x in random.permutation((np.arange(count) + random.random(count)) / count * span)]


def lateness_of(late: Sequence[float], interval: float = BEAT) -> list[float]:
    """Return how late each beat came, those included that a late one swallowed.

    While the window is busy for long there is one late beat in place of many; whatever a user had done then would have
    waited for the rest of that time.

    Parameters
    ----------
    late : sequence of float
        Seconds, one for each beat that came.
    interval : float
        Seconds between two beats that are in time.
    """
    return [
        part for each in late for part in np.arange(max(each, 0.0), -interval / 1e6, -interval).tolist() if part >= 0
    ]


def lateness_row(late: Sequence[float]) -> Rows:
    """Return percentiles of `lateness_of`, in seconds."""
    values = lateness_of(late)
    p50, p95, p99 = (float(value) for value in np.percentile(values, (50, 95, 99)))
    return {"p50": p50, "p95": p95, "p99": p99, "max": max(values), "beats": len(values)}


def click_row(taken: Sequence[tuple[float, float]]) -> Rows:
    """Return what clicks took, in seconds.

    Parameters
    ----------
    taken : sequence of (float, float)
        Until the new phase was reached, and until it was seen.
    """
    reached, seen = ([float(value) for value in column] for column in zip(*taken, strict=True))
    return {
        "median": float(np.median(seen)),
        "p95": float(np.percentile(seen, 95)),
        "max": max(seen),
        "median_reached": float(np.median(reached)),
        "max_reached": max(reached),
        "values": seen,
    }


def speed_row(headless: Sequence[float], live: Sequence[float]) -> Rows:
    """Return epochs a second on both sides, and their ratio pair by pair: a pair was measured at one time."""
    ratios = [with_window / without for with_window, without in zip(live, headless, strict=True)]
    return {"headless": list(headless), "live": list(live), "ratios": ratios, "ratio": float(np.median(ratios))}


def memory_row(after: Sequence[float]) -> Rows:
    """Return memory in MB: at the start and after each run, and its growth from the second run to the last."""
    return {"start": after[0], "first_run": after[1], "last_run": after[-1], "growth": after[-1] - after[2]} | {
        "values": list(after)
    }


def targets_of(rows: Rows) -> list[Target]:
    """Return what was to be reached; of the runs only where they were on MNIST."""
    found = [
        Target("process start to painted window, warm", 1.2, True, float(np.median(rows["start"]["warm_seconds"])), "s")
    ]
    for dataset, bound in (("digits", 0.2), ("mnist", 1.0)):
        for precision, seconds in rows["first_point"].get(dataset, {}).items():
            what = f"Train to first curve point, {dataset}, {precision}"
            found.append(Target(what, bound, True, float(np.median(seconds)), "s"))
    for dataset, row in rows["sweep"].items():
        for name, bound in LATENESS:
            what = f"lateness of the heartbeat while a sweep goes on, {name}, {dataset}"
            found.append(Target(what, bound, True, 1000 * row[name], "ms"))
    if rows["dataset"] != "mnist":
        return found
    found.append(Target("epochs a second, live / headless, float32", 0.93, False, rows["float32"]["speed"]["ratio"]))
    for precision in PRECISIONS:
        row = rows[precision]
        for name, bound in LATENESS:
            what = f"lateness of the heartbeat, {name}, {precision}"
            found.append(Target(what, bound, True, 1000 * row["lateness"][name], "ms"))
        for button in ("stop", "pause"):
            what = f"click on {button.title()} to its effect on the screen, max, {precision}"
            found.append(Target(what, 50.0, True, 1000 * row[button]["max"], "ms"))
        found.append(Target(f"memory after the last run, {precision}", 600.0, True, row["memory_mb"]["last_run"], "MB"))
        found.append(
            Target(f"memory from the second run to the last, {precision}", 20.0, True, row["memory_mb"]["growth"], "MB")
        )
    return found


def table(rows: Rows, targets: Sequence[Target]) -> str:
    """Return all that was measured as text: figures, then what was to be reached."""
    lines = [f"on {rows['dataset']}, {WIDTH}×{HEIGHT}"]
    start = rows["start"]
    cold = "disk caches dropped" if start["disk_caches_dropped"] else "disk caches as they were"
    lines.append(_line("process start to painted window, warm", _seconds(start["warm_seconds"])))
    lines.append(_line(f"  cold: nothing compiled, {cold}", _seconds(start["cold_seconds"])))
    for dataset, taken in rows["first_point"].items():
        for precision, seconds in taken.items():
            lines.append(_line(f"Train to first curve point, {dataset}, {precision}", _seconds(seconds)))
    for precision in PRECISIONS:
        row = rows[precision]
        speed, late, memory = row["speed"], row["lateness"], row["memory_mb"]
        lines.append(
            _line(
                f"{precision}: epochs/s live, headless, ratio",
                f"{np.median(speed['live']):.2f}, {np.median(speed['headless']):.2f}, {speed['ratio']:.3f} "
                f"({min(speed['ratios']):.3f} to {max(speed['ratios']):.3f})",
            )
        )
        lines.append(_line("  heartbeat late, p50 / p95 / p99 / max", f"{_lateness(late)} ms"))
        for button in ("stop", "pause"):
            figures = " / ".join(f"{1000 * row[button][name]:.0f}" for name in ("median", "p95", "max"))
            lines.append(_line(f"  {button.title()}, median / p95 / max", f"{figures} ms"))
        figures = " / ".join(f"{memory[name]:.0f}" for name in ("start", "first_run", "last_run"))
        runs = len(memory["values"]) - 1
        lines.append(
            _line(f"  memory at start / after 1 / {runs} runs", f"{figures} MB ({memory['growth']:+.0f} since run 2)")
        )
    for dataset, row in rows["sweep"].items():
        lines.append(_line(f"heartbeat while a sweep goes on, {dataset}", f"{_lateness(row)} ms"))
    lines.append("")
    for target in targets:
        sign, verdict = ("≤" if target.at_most else "≥"), ("reached" if target.met else "MISSED")
        figures = f"{target.measured:.3g} {target.unit}".strip()
        lines.append(_line(target.what, f"{figures} {sign} {target.bound:g}: {verdict}"))
    return "\n".join(lines)


def _lateness(row: Rows) -> str:
    return " / ".join(f"{1000 * row[name]:.1f}" for name in ("p50", "p95", "p99", "max"))


def _line(what: str, figures: str) -> str:
    return f"{what:<60}  {figures}"


def _seconds(values: Sequence[float]) -> str:
    spread = Spread(tuple(values), "s")
    return f"{spread.median:.2f} s ({spread.low:.2f} to {spread.high:.2f})"


def _tell(text: str) -> None:
    print(text, flush=True)


def _drop_caches() -> bool:
    """Let the system forget what it has read from the disk, where this process may ask for it."""
    try:
        os.sync()
        CACHES.write_text("3\n", encoding="ascii")
    except OSError:
        return False
    return True


@contextmanager
def _ending_on_request() -> Iterator[None]:
    """Make SIGTERM leave by an exception, so that all that was started is ended."""

    def leave(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print a table, save; 1 if it could not be measured. Without Xvfb it only says so."""
    options = parse(__doc__.splitlines()[0], arguments)
    if shutil.which("Xvfb") is None:
        print(MISSING)
        return 0
    mnist = None if options.quick else find_mnist()
    size = QUICK if options.quick else Size() if mnist else WITHOUT_MNIST
    if mnist is None and not options.quick:
        print(f"MNIST was not found ({DATA_FOLDER_VARIABLE} may name its folder): measured on the embedded digits.")
    with _ending_on_request(), tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        try:
            with virtual_screen(scratch) as screen:
                rows = Bench(screen, scratch, mnist, size).measure()
        except (ProbeError, RuntimeError, TimeoutError) as error:
            print(f"failed: {error}")
            return 1
        targets = targets_of(rows)
        print(table(rows, targets))
        save("responsiveness", rows, targets, options.quick, options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
