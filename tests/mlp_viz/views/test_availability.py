"""What can be done when, and why not."""

from dataclasses import replace

import pytest

from mlp_viz.run.state import Phase
from mlp_viz.views.actions import ENTRIES
from mlp_viz.views.availability import BETWEEN_RUNS, NO_DATA, NO_RUN, RUNS, Moment, why_not

READY = Moment(Phase.IDLE, has_data=True, can_save=False, has_curves=False, has_store=True, busy="", fetching="")


def can(now: Moment, name: str) -> bool:
    return not why_not(now)[name]


def test_only_actions_that_there_are_get_a_reason() -> None:
    assert set(why_not(READY)) <= {entry.name for entry in ENTRIES}


def test_without_data_one_can_only_open_some() -> None:
    empty = replace(READY, has_data=False)
    for name in ("train", "step_minibatch", "step_epoch", "prepare", "see_data"):
        assert why_not(empty)[name] == NO_DATA
    for name in ("mnist", "data_file", "data_folder"):
        assert can(empty, name)


@pytest.mark.parametrize("phase", [Phase.RUNNING, Phase.PAUSED])
def test_a_run_keeps_its_data_and_its_hyperparameters(phase: Phase) -> None:
    now = replace(READY, phase=phase)
    for name in BETWEEN_RUNS:
        assert why_not(now)[name] == RUNS
    assert can(now, "stop")
    assert can(now, "see_data")
    assert can(now, "step_epoch") == (phase is Phase.PAUSED)


def test_reading_keeps_from_training_but_fetching_does_not() -> None:
    reading = replace(READY, busy="Reading mnist")
    assert why_not(reading)["train"] == why_not(reading)["mnist"] == "Reading mnist …"
    fetching = replace(READY, fetching="Downloading MNIST")
    assert can(fetching, "train")
    assert can(fetching, "digits")
    for now in (reading, fetching):
        assert can(now, "cancel_work")
    assert not can(READY, "cancel_work")


def test_there_is_something_to_save_only_after_a_run() -> None:
    assert why_not(READY)["save_model"] == why_not(READY)["export_curves"] == NO_RUN
    ended = replace(READY, phase=Phase.FINISHED, can_save=True, has_curves=True)
    assert can(ended, "save_model")
    assert can(ended, "export_curves")
    assert "no numbers" in why_not(replace(READY, phase=Phase.DIVERGED))["save_model"]


def test_stored_runs_are_seen_where_there_is_a_store() -> None:
    assert can(READY, "see_runs")
    assert can(READY, "see_sweeps")
    without = replace(READY, has_store=False)
    assert "store is not open" in why_not(without)["see_runs"]
    assert why_not(without)["see_sweeps"]


def test_settings_are_pasted_between_runs_only() -> None:
    assert can(READY, "paste_settings")
    assert not can(replace(READY, phase=Phase.RUNNING), "paste_settings")
