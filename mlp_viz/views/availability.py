"""Which actions can be taken at a moment, and why the others cannot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mlp_viz.run.state import Phase
from mlp_viz.views.actions import NAMED_DATA

NO_DATA: Final = "There is no data set yet."
NO_RUN: Final = "There is nothing yet: train a network first."
RUNS: Final = "Not while a run goes on: stop it first."
TRAINS: Final = "It trains: pause it first."
WHY_NOT_SAVED: Final = {
    Phase.RUNNING: "Not while it trains: pause it first.",
    Phase.DIVERGED: "The weights of a run that diverged are no numbers to save.",
}
NO_STORE: Final = "The run store is not open, so there are no runs to see."
BETWEEN_RUNS: Final = ("lecture", "paste_settings", "open_model", *NAMED_DATA, "data_folder", "data_file", "prepare")


@dataclass(frozen=True, slots=True)
class Moment:
    """What the window knows.

    Attributes
    ----------
    phase : Phase
    has_data, can_save, has_curves, has_store : bool
        Whether a data set is open, there are weights to save, there are epochs to export, and runs are kept.
    busy : str
        What training has to wait for; empty if nothing.
    fetching : str
        What goes on beside training; empty if nothing.
    """

    phase: Phase
    has_data: bool
    can_save: bool
    has_curves: bool
    has_store: bool
    busy: str
    fetching: str


def why_not(now: Moment) -> dict[str, str]:
    """Return, by the name of an action, why it cannot be taken now; an empty text where it can."""
    active, running = now.phase.active, now.phase is Phase.RUNNING
    busy = f"{now.busy} …" if now.busy else ""
    no_data = "" if now.has_data else NO_DATA
    start = "" if active else busy or no_data
    reasons = dict.fromkeys(BETWEEN_RUNS, RUNS if active else busy)
    return reasons | {
        "train": start,
        "step_minibatch": TRAINS if running else start,
        "step_epoch": TRAINS if running else start,
        "stop": "" if active else "Nothing is training.",
        "save_model": "" if now.can_save else WHY_NOT_SAVED.get(now.phase, NO_RUN),
        "export_curves": "" if now.has_curves else NO_RUN,
        "prepare": reasons["prepare"] or no_data,
        "see_data": no_data,
        "see_runs": "" if now.has_store else NO_STORE,
        "see_sweeps": "" if now.has_store else NO_STORE,
        "cancel_work": "" if now.busy or now.fetching else "Nothing goes on in the background.",
    }
