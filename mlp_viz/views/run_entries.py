"""What can be done with stored runs, as data: buttons, menu, keys and the reasons why not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from mlp_core.runs.record import RunRecord

_NONE: Final = "Select a run first"
_ONE: Final = "Select one run only"
_NOTHING: Final = "There is no run yet"


@dataclass(frozen=True, slots=True)
class RunEntry:
    """One thing to do with the runs of the table.

    Attributes
    ----------
    name, text, keys, tip : str
    why_not : callable
        Returns why it cannot be done with the selected runs, given also how many are shown; empty if it can.
    separated : bool
        Whether a line in the menu parts it from what is above.
    """

    name: str
    text: str
    keys: str
    tip: str
    why_not: Callable[[Sequence[RunRecord], int], str]
    separated: bool = False


def _any(selected: Sequence[RunRecord], n_shown: int) -> str:
    return "" if selected else _NONE


def _one(selected: Sequence[RunRecord], n_shown: int) -> str:
    return "" if len(selected) == 1 else _ONE if selected else _NONE


def _two(selected: Sequence[RunRecord], n_shown: int) -> str:
    return "" if len(selected) == 2 else "Select two runs: click one, and the other with Ctrl"


def _resumable(selected: Sequence[RunRecord], n_shown: int) -> str:
    if why_not := _one(selected, n_shown):
        return why_not
    status = selected[0].status
    return "" if status.resumable else f"Only a stopped or interrupted run can go on; this one: {status.value.lower()}"


def _shown(selected: Sequence[RunRecord], n_shown: int) -> str:
    return "" if n_shown else _NOTHING


def _always(selected: Sequence[RunRecord], n_shown: int) -> str:
    return ""


_WHICH: Final = "the selected runs, or of all that are shown if none is selected"
RUN_ENTRIES: Final = (
    RunEntry("open", "&Open", "Return", "Show the curves and weights of the run, as it ended", _one),
    RunEntry("resume", "Resu&me", "Shift+R", "Let a stopped or interrupted run go on to its end", _resumable),
    RunEntry("compare", "&Compare", "C", "Show two runs side by side: weights, and digits fixed and introduced", _two),
    RunEntry("use", "&Use settings", "U", "Set the hyperparameters of the next run to those of this one", _one),
    RunEntry("copy", "Copy se&ttings", "Ctrl+C", "Copy the settings as text, for another window or a terminal", _one),
    RunEntry("rename", "&Rename", "F2", "Change the name in its cell", _one, separated=True),
    RunEntry("note", "&Note", "N", "Write down in its cell what you think of the run", _one),
    RunEntry("star", "&Star", "S", "Mark the selected runs with a star, or take it away if all have one", _any),
    RunEntry("delete", "&Delete", "Del", "Delete the selected runs; Ctrl+Z brings them back", _any),
    RunEntry("undo", "U&ndo delete", "Ctrl+Z", "Bring back what was deleted last", _always),
    RunEntry("sort", "S&ort by this column", "O", "Sort by the column of the cell that Left and Right go to", _shown),
    RunEntry(
        "script", "Scr&ipt…", "P", "Save a short Python script that gives the run's figures", _one, separated=True
    ),
    RunEntry("runs-csv", "&Table as CSV…", "Ctrl+Shift+T", f"Save one row a run of {_WHICH}", _shown),
    RunEntry("runs-json", "Runs and curves as &JSON…", "Ctrl+Shift+J", f"Save everything of {_WHICH}", _shown),
    RunEntry("curves-csv", "Curves as CS&V…", "Ctrl+Shift+E", f"Save one row an epoch of {_WHICH}", _shown),
)
BUTTONS: Final = ("open", "resume", "compare", "use", "script")
EXPORTS: Final = ("runs-csv", "runs-json", "curves-csv")
