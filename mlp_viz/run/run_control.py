"""`RunControl`: the levers of a run, pulled by the window and obeyed by the worker."""

from __future__ import annotations

import threading
from enum import Enum, auto

from mlp_core.snapshot import EpochSnapshot, MinibatchStep
from mlp_core.trainer import Step


class Mode(Enum):
    """How far a worker may go on its own."""

    RUN = auto()
    MINIBATCH = auto()
    EPOCH = auto()
    PAUSE = auto()


class RunControl:
    """The levers of a run: pulled by the window, obeyed by the worker between two steps."""

    def __init__(self, mode: Mode = Mode.RUN) -> None:
        self._condition = threading.Condition()
        self._mode = mode
        self._stop = False
        self._abandoned = False
        self._orders = 0
        self._epoch = 0  # of the last update

    @property
    def stopping(self) -> bool:
        """Whether the run was told to stop."""
        return self._stop

    @property
    def abandoned(self) -> bool:
        """Whether nobody waits any more for what a stopped run still looks at."""
        return self._abandoned

    @property
    def is_free(self) -> bool:
        """Whether the run may go on as far as it likes."""
        return self._mode is Mode.RUN and not self._stop

    @property
    def pausing(self) -> bool:
        """Whether the run waits, or will at its next step."""
        return self._mode is Mode.PAUSE

    def go(self, mode: Mode) -> None:
        """Go on, or pause, as `mode` says."""
        with self._condition:
            self._mode = mode
            self._orders += 1
            self._condition.notify_all()

    def stop(self) -> None:
        """End the run at its next step, paused or not."""
        with self._condition:
            self._stop = True
            self._condition.notify_all()

    def abandon(self) -> None:
        """Stop, and leave out the last look at what was reached."""
        self._abandoned = True
        self.stop()

    def after(self, step: Step) -> None:
        """Note a step done: one step at a time ends in a pause.

        A single minibatch that completes an epoch goes on through its evaluation, so that the
        epoch's figures are seen with it. The snapshot of an epoch from which training has run ahead is no
        step of its own.
        """
        if isinstance(step, MinibatchStep):
            self._epoch = step.epoch
        if self._mode is Mode.RUN:
            return
        ends_epoch = isinstance(step, EpochSnapshot) and step.epoch >= self._epoch
        single = ends_epoch or (isinstance(step, MinibatchStep) and step.done < step.total)
        with self._condition:
            if (self._mode is Mode.MINIBATCH and single) or (self._mode is Mode.EPOCH and ends_epoch):
                self._mode = Mode.PAUSE

    @property
    def orders(self) -> int:
        """How often it was told to go on or to pause."""
        return self._orders

    def wait_while_paused(self, orders: int) -> None:
        """Block until told to stop or to go on, even if a new pause was ordered right after.

        Parameters
        ----------
        orders : int
            How many orders there were before the pause was told: a later one ends the wait, so that
            the worker tells of a second pause too.
        """
        with self._condition:
            self._condition.wait_for(lambda: self._stop or self._mode is not Mode.PAUSE or self._orders != orders)
