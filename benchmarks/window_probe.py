"""The program itself, measured from within: one JSON line for each JSON line that it is given.

``python -m benchmarks.window_probe`` takes the arguments of ``mlp-viz`` and starts it as that does; what measures sits
in its event loop and uses the window as a user would.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from array import array
from collections.abc import Callable
from typing import Any, Final

from PySide6.QtCore import QEvent, QEventLoop, QObject, QSocketNotifier, Qt, QTimer, Signal, SignalInstance, Slot
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

import mlp_viz.app
from benchmarks.probe import BEAT, speed_of
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.record import DatasetReference
from mlp_core.sweep.axes import Axis
from mlp_core.sweep.plan import SweepPlan
from mlp_viz.__main__ import main
from mlp_viz.app import App
from mlp_viz.run.news import EpochsEnded, RunEnd
from mlp_viz.run.state import Phase
from mlp_viz.run.sweep_runner import WorkersChoice

PATIENCE: Final = 120.0  # seconds that anything may take; many times what it does take


class Heartbeat(QObject):
    """A timer in the window's thread that notes how much too late it comes.

    Attributes
    ----------
    late : array of float
        Seconds, one for each beat.
    """

    def __init__(self) -> None:
        super().__init__()
        self.late = array("d")
        self._due = 0.0
        self._timer = precise_timer()
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        """Beat until stopped."""
        self._set(time.perf_counter())

    def stop(self) -> None:
        """Beat no more."""
        self._timer.stop()

    @Slot()
    def _beat(self) -> None:
        now = time.perf_counter()
        self.late.append(now - self._due)
        self._set(now)

    def _set(self, now: float) -> None:
        # Anew for each beat: when it is due is then known, and not left to how Qt makes up for a late one.
        self._due = now + BEAT
        self._timer.start(round(BEAT * 1000))


class Sight(QObject):
    """Notes when a signal comes, and when the picture that follows from it is on the screen.

    Parameters
    ----------
    signal : SignalInstance
        With one argument.
    widget : QWidget
        A part of the window that is painted anew because of it.
    wanted : object, optional
        The argument that is waited for; by default any.

    Attributes
    ----------
    reached, seen : float
        Both times in seconds, as `time.perf_counter` gives them.

    Signals
    -------
    done
        It has been seen.
    """

    done = Signal()

    def __init__(self, signal: SignalInstance, widget: QWidget, wanted: object = None) -> None:
        super().__init__()
        self.reached = self.seen = 0.0
        self._widget = widget
        self._wanted = wanted
        signal.connect(self._note)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  # Qt's name
        """Await the end of the turn in which the widget is painted: the window is on the screen by then."""
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self._finish)
        return False

    @Slot(object)
    def _note(self, argument: object) -> None:
        if not self.reached and self._wanted in (None, argument):
            self.reached = time.perf_counter()
            self._widget.installEventFilter(self)

    @Slot()
    def _finish(self) -> None:
        self.seen = time.perf_counter()
        self.done.emit()


class Epochs(QObject):
    """Notes when epochs' figures reach the window.

    Attributes
    ----------
    ends : list of (int, float)
        The newest epoch of each arrival, and the time in seconds.
    """

    def __init__(self) -> None:
        super().__init__()
        self.ends: list[tuple[int, float]] = []

    @Slot(object)
    def note(self, ended: EpochsEnded) -> None:
        """Note one arrival."""
        self.ends.append((ended.stats[-1].epoch, time.perf_counter()))


class Session(QObject):
    """Carries out the orders that come through standard input; at its end the window is closed.

    Parameters
    ----------
    app : App
        The program, its window shown.
    """

    def __init__(self, app: App) -> None:
        super().__init__(app)
        self._app = app
        self._controller = app.controller
        self._buttons = app.window.transport.buttons
        self._message = ""
        self._controller.runEnded.connect(self._note_end)
        self._orders: dict[str, Callable[..., dict[str, Any]]] = {
            "open": self._open,
            "train": self._train,
            "first_point": self._first_point,
            "stop": self._stop,
            "pause": self._pause,
            "sweep": self._sweep,
        }
        self._input = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read, self)
        self._input.activated.connect(self._obey)

    @Slot()
    def _obey(self) -> None:
        line = sys.stdin.readline()
        if not line:
            self._input.setEnabled(False)
            self._app.window.close()
            return
        order = json.loads(line)
        try:
            answer = self._orders[order.pop("do")](**order)
        except Exception:
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), flush=True)

    @Slot(object)
    def _note_end(self, end: RunEnd) -> None:
        self._message = end.message

    def _open(self) -> dict[str, Any]:
        """Wait for the data set; tell its name."""
        while self._controller.dataset is None or self._app.tasks.busy:
            wait(self._app.tasks.busyChanged)
        QTest.qWait(200)  # what the window does after it is out of the way
        return {"dataset": self._controller.dataset.name}

    def _train(self, heartbeat: bool, **hyperparameters: Any) -> dict[str, Any]:
        """Train a whole run; tell its speed, or how late the heartbeat came."""
        epochs, beats = Epochs(), Heartbeat()
        self._controller.epochsEnded.connect(epochs.note)
        self._begin(**hyperparameters)
        if heartbeat:
            beats.start()
        wait(self._controller.runEnded)
        beats.stop()
        self._controller.epochsEnded.disconnect(epochs.note)
        self._expect(Phase.FINISHED)
        QTest.qWait(100)
        return {"epochs_a_second": speed_of(epochs.ends), "late": beats.late.tolist()}

    def _first_point(self, **hyperparameters: Any) -> dict[str, Any]:
        """Tell the seconds from a click on Train until the first point of a curve is on the screen."""
        sight = Sight(self._controller.epochsEnded, self._app.window.cost.plot.viewport())
        started = self._begin(**hyperparameters)
        wait(sight.done)
        click(self._buttons["stop"])
        self._await(Phase.STOPPED)
        return {"seconds": sight.seen - started}

    def _stop(self, after: list[float], **hyperparameters: Any) -> dict[str, Any]:
        """Tell the seconds from a click on Stop until the run has stopped and the buttons show it.

        Parameters
        ----------
        after : list of float
            For each click: how many seconds after the run's begin it comes.
        """
        taken = []
        for seconds in after:
            self._begin(**hyperparameters)
            taken.append(self._click_and_wait("stop", seconds, Phase.STOPPED))
            if self._buttons["stop"].isEnabled() or self._buttons["train"].text() != "Train":
                raise RuntimeError("the buttons do not show that the run has stopped")
            QTest.qWait(50)
        return {"seconds": taken}

    def _pause(self, after: list[float], **hyperparameters: Any) -> dict[str, Any]:
        """Tell the seconds from a click on Pause until the run waits; as `_stop`, but all in one run."""
        taken = []
        self._begin(**hyperparameters)
        for seconds in after:
            taken.append(self._click_and_wait("train", seconds, Phase.PAUSED))
            if self._buttons["train"].text() != "Resume":
                raise RuntimeError("the buttons do not show that the run waits")
            QTest.qWait(50)
            click(self._buttons["train"])
            self._await(Phase.RUNNING)
        click(self._buttons["stop"])
        self._await(Phase.STOPPED)
        return {"seconds": taken}

    def _sweep(self, seconds: float, workers: int, **hyperparameters: Any) -> dict[str, Any]:
        """Tell how late the heartbeat comes while a sweep goes on, its page shown and its results drawn."""
        app, dataset = self._app, self._controller.dataset
        if dataset is None:
            raise RuntimeError("there is no data set")
        axes = (Axis("eta", (0.0005, 0.001, 0.002)), Axis("units", (25, 50, 100)))
        base = Hyperparameters(**hyperparameters)
        plan = SweepPlan("measured", base, axes, "grid", 1, 5, None, DatasetReference.of(dataset))
        app.window.actions_by_name["see_sweeps"].trigger()
        app.window.sweep_page.startWanted.emit(plan, WorkersChoice(workers))
        wait(app.sweeps.progressed)
        beats, timer = Heartbeat(), precise_timer()
        timer.start(round(seconds * 1000))
        beats.start()
        wait(timer.timeout)
        beats.stop()
        if app.sweeps.sweep_id is None:
            raise RuntimeError("the sweep ended before it was measured")
        app.sweeps.stop()
        wait(app.sweeps.ended)
        app.window.show_training()
        return {"late": beats.late.tolist(), "runs": len(app.browser.records)}

    def _begin(self, **hyperparameters: Any) -> float:
        """Set hyperparameters and click Train; return the time before the click."""
        self._app.window.controls.set_hyperparameters(Hyperparameters(**hyperparameters))
        started = time.perf_counter()
        click(self._buttons["train"])
        self._expect(Phase.RUNNING)
        return started

    def _click_and_wait(self, button: str, seconds: float, phase: Phase) -> tuple[float, float]:
        """Click a button in some seconds; return those from then to `phase`, and to the picture of it."""
        timer = precise_timer()
        timer.start(round(seconds * 1000))
        # From when it was due: where the window is busy then, the click of a user waits too.
        due = time.perf_counter() + round(seconds * 1000) / 1000
        wait(timer.timeout)
        self._expect(Phase.RUNNING)
        sight = Sight(self._controller.phaseChanged, self._buttons["train"], phase)
        click(self._buttons[button])
        wait(sight.done)
        return sight.reached - due, sight.seen - due

    def _await(self, phase: Phase) -> None:
        while self._controller.phase is not phase:
            wait(self._controller.phaseChanged)

    def _expect(self, phase: Phase) -> None:
        if self._controller.phase is not phase:
            raise RuntimeError(f"the run is {self._controller.phase.name}, not {phase.name}. {self._message}")


class MeasuredApp(App):
    """The program, which answers orders once its window is shown."""

    def show(self) -> None:
        """Show the window, and listen."""
        super().show()
        Session(self)
        print(json.dumps({"ready": True}), flush=True)


def precise_timer() -> QTimer:
    """Return a timer that rings once, to the millisecond."""
    timer = QTimer()
    timer.setSingleShot(True)
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    return timer


def click(widget: QWidget) -> None:
    """Press and release the left mouse button in the middle of a widget."""
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def wait(signal: SignalInstance) -> None:
    """Let the window live until `signal` has come, and all that was connected to it before was called."""
    loop = QEventLoop()
    patience = precise_timer()
    patience.timeout.connect(loop.quit)
    signal.connect(loop.quit)
    patience.start(round(PATIENCE * 1000))
    loop.exec()
    signal.disconnect(loop.quit)
    if not patience.isActive():
        raise TimeoutError(f"waited {PATIENCE:.0f} s in vain for {signal}")


if __name__ == "__main__":
    mlp_viz.app.App = MeasuredApp  # type: ignore[misc]  # all else is as the user has it
    sys.exit(main())
