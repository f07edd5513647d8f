"""The phases of a run, and the legal moves between them; no Qt here."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final


class Phase(Enum):
    """Where a run stands; the value is the word shown to the user."""

    IDLE = "Ready"
    RUNNING = "Training"
    PAUSED = "Paused"
    FINISHED = "Finished"
    STOPPED = "Stopped"
    DIVERGED = "Diverged"
    FAILED = "Failed"

    @property
    def active(self) -> bool:
        """Whether a thread is at work or waiting, so that the hyperparameters are in use."""
        return self in (Phase.RUNNING, Phase.PAUSED)


ENDS: Final = frozenset({Phase.FINISHED, Phase.STOPPED, Phase.DIVERGED, Phase.FAILED})

MOVES: Final[Mapping[Phase, frozenset[Phase]]] = MappingProxyType(
    {
        Phase.IDLE: frozenset({Phase.RUNNING, Phase.PAUSED}),
        Phase.RUNNING: frozenset({Phase.PAUSED}) | ENDS,
        Phase.PAUSED: frozenset({Phase.RUNNING}) | ENDS,
        **{end: frozenset({Phase.RUNNING, Phase.PAUSED, Phase.IDLE}) for end in ENDS},
    }
)


class IllegalMoveError(RuntimeError):
    """A run was asked to go where it cannot go from its phase: a fault in this program."""


def checked_move(old: Phase, new: Phase) -> Phase:
    """Return `new` if a run may go there from `old`.

    Raises
    ------
    IllegalMoveError
        If it may not.
    """
    if new not in MOVES[old]:
        raise IllegalMoveError(f"no move from {old.name} to {new.name}")
    return new
