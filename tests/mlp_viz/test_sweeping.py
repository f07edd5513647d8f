"""Sweeps in the window, with the real store, real workers and the embedded digits."""

from __future__ import annotations

import dataclasses
import functools
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from mlp_core.datasets import open_dataset
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.record import DatasetReference, NewRun, Status
from mlp_core.runs.store import RunStore, default_store_path
from mlp_core.sweep import cluster, drive
from mlp_core.sweep.axes import parse_axis
from mlp_core.sweep.plan import SweepPlan
from mlp_core.sweep.task import Task
from mlp_viz.app import App
from mlp_viz.run.state import Phase
from mlp_viz.run.sweep_runner import SweepEnd, WorkersChoice
from mlp_viz.views.sweep_page import SweepPage

BASE = Hyperparameters(n_hidden=(8,), epochs=3, eta=0.01, seed=1)
ENDLESS = BASE.replace(epochs=10_000)
HERE = WorkersChoice(1)
UNREACHABLE = WorkersChoice(1, "tcp://127.0.0.1:9")

Start = Callable[..., App]


@pytest.fixture
def start(start_on_digits: Start) -> Start:
    def start(*arguments: str) -> App:
        app = start_on_digits(*arguments)
        app.window.actions_by_name["see_sweeps"].trigger()
        return app

    return start


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "CONNECT", 0.5)


def plan(*axes: str, base: Hyperparameters = BASE, n_seeds: int = 1) -> SweepPlan:
    reference = DatasetReference.of(open_dataset("digits"))
    parsed = tuple(map(parse_axis, axes or ("eta=0.001,0.01",)))
    return SweepPlan("etas", base, parsed, "grid", 1, n_seeds, None, reference)


def page(app: App) -> SweepPage:
    return app.window.sweep_page


def wait_for(qtbot: Any, app: App, what: Callable[[], bool]) -> None:
    def look() -> bool:
        app.library.poll()
        return what()

    qtbot.waitUntil(look, timeout=30_000)


def sweep_to_its_end(qtbot: Any, app: App, plan: SweepPlan, choice: WorkersChoice = HERE) -> None:
    with qtbot.waitSignal(app.sweeps.ended, timeout=30_000):
        page(app).startWanted.emit(plan, choice)


def begin(qtbot: Any, app: App, plan: SweepPlan) -> int:
    """Start a sweep, and wait until an epoch of it has ended."""
    with qtbot.waitSignal(app.sweeps.runningChanged, timeout=30_000) as running:
        page(app).startWanted.emit(plan, HERE)
    sweep_id: Any = running.args[0]
    wait_for(qtbot, app, lambda: any(run.epochs_done for run in runs(app) if run.sweep_id == sweep_id))
    return int(sweep_id)


def planned_base(app: App) -> Hyperparameters:
    page(app).plan_new()
    dialog = page(app).dialog
    assert dialog is not None
    base = dialog.plan().base
    dialog.reject()
    return base


def stop(qtbot: Any, app: App) -> None:
    with qtbot.waitSignal(app.sweeps.ended, timeout=30_000):
        page(app).stop_button.click()


def runs(app: App) -> list[Any]:
    return [run for run in app.browser.records.values() if run.sweep_id is not None]


def message(app: App) -> str:
    return "" if app.window.message_bar.isHidden() else app.window.message_bar.label.text()


def figures(sweep_id: int) -> dict[tuple[int | None, int | None], object]:
    with RunStore(default_store_path()) as store:
        return {
            (run.setting, run.hyperparameters.seed): (
                run.status,
                run.test_accuracy,
                [(e.epoch, e.cost, e.train_accuracy, e.valid_accuracy) for e in store.history(run.id)],
                [w.tobytes() for w in store.checkpoint(run.id).weights.w],
            )
            for run in store.sweep_runs(sweep_id)
        }


def test_a_sweep_from_its_plan_to_its_verdict(start: Start, qtbot: Any) -> None:
    app = start()
    app.window.controls.set_hyperparameters(BASE)
    page(app).new_button.click()
    dialog = page(app).dialog
    assert dialog is not None
    with qtbot.waitSignal(dialog.estimateWanted, timeout=10_000):
        dialog.values["eta"].setText("0.001, 0.01")
        dialog.varied["units"].setChecked(False)
        dialog.seeds.setValue(4)
        dialog.epochs.setValue(3)
    qtbot.waitUntil(lambda: "2 settings × 4 seeds = 8 runs, " in dialog.outcome.text(), timeout=20_000)
    with qtbot.waitSignal(app.sweeps.ended, timeout=30_000):
        dialog.accept()
    wait_for(qtbot, app, lambda: page(app).verdict.text().startswith("Best: eta 0.01, with"))
    wait_for(qtbot, app, lambda: "more than luck" in page(app).verdict.text() + page(app).details.text())
    assert "not done yet" not in page(app).details.text()
    assert len(runs(app)) == 8
    assert {run.status for run in runs(app)} == {Status.FINISHED}
    assert message(app) == "", "the page itself says so"
    assert page(app).standing.isHidden()
    app.window.show_training()
    app.sweeps.ended.emit(SweepEnd(1, Status.FINISHED))
    assert message(app) == "eta: finished. Everything it reached is kept."


def test_the_base_is_what_the_controls_say_from_the_start(start: Start) -> None:
    app = start("--hidden", "7", "--eta", "0.02", "--seed", "5")
    base = planned_base(app)
    assert (base.n_hidden, base.eta, base.seed) == ((7,), 0.02, 5)
    app.window.controls.set_hyperparameters(BASE.replace(seed=None))
    base = planned_base(app)
    assert base.n_hidden == (8,)
    assert base.seed is not None


def test_a_sweep_goes_on_after_the_window_was_closed_and_gives_the_same(
    start: Start, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drive, "Task", functools.partial(Task, seconds=0.1))
    long = plan(base=BASE.replace(epochs=1000))
    app = start()
    sweep_id = begin(qtbot, app, long)
    app.close()
    with RunStore(default_store_path()) as store:
        assert store.sweep(sweep_id).status is Status.STOPPED
        assert 0 < sum(run.epochs_done for run in store.sweep_runs(sweep_id)) < 2000
    again = start()
    wait_for(qtbot, again, lambda: page(again).sweep_id == sweep_id)
    assert page(again).standing.text().startswith("Stopped")
    with qtbot.waitSignal(again.sweeps.ended, timeout=60_000):
        page(again).resume_button.click()
    with qtbot.waitSignal(again.sweeps.ended, timeout=60_000):
        page(again).startWanted.emit(long, HERE)
    wait_for(qtbot, again, lambda: len(runs(again)) == 4 and again.sweeping._sweeps[2].status is Status.FINISHED)
    assert {run.status for run in runs(again)} == {Status.FINISHED}
    assert figures(sweep_id) == figures(sweep_id + 1)


def test_the_results_at_the_end_are_those_of_all_runs(start: Start, qtbot: Any) -> None:
    app = start()
    sweep_to_its_end(qtbot, app, plan(n_seeds=5))

    def complete() -> bool:
        found = page(app)._results
        return found is not None and found.over and found.n_finished == 10

    qtbot.waitUntil(complete, timeout=10_000)  # by the window's own polling
    qtbot.waitUntil(lambda: len(page(app)._histories) == 10, timeout=10_000)
    assert {len(history) for history in page(app)._histories.values()} == {3}


@pytest.mark.usefixtures("_impatient")
def test_a_scheduler_that_cannot_be_reached_is_told(start: Start, qtbot: Any) -> None:
    app = start()
    sweep_to_its_end(qtbot, app, plan(), UNREACHABLE)
    assert "etas: scheduler: nobody answers" in message(app) or "Sweep 1: scheduler: nobody answers" in message(app)
    wait_for(qtbot, app, lambda: page(app).standing.text().startswith("Failed: scheduler: nobody answers"))
    assert app.sweeps.sweep_id is None
    with qtbot.waitSignal(app.sweeps.ended, timeout=30_000):
        page(app).resumeWanted.emit(1, HERE)
    wait_for(qtbot, app, lambda: page(app).standing.isHidden() and page(app).verdict.text().startswith("Best"))


@pytest.mark.usefixtures("_impatient")
def test_an_estimate_for_a_scheduler_that_is_not_there(start: Start, qtbot: Any) -> None:
    app = start()
    page(app).plan_new()
    dialog = page(app).dialog
    assert dialog is not None
    dialog.scheduler.setText(UNREACHABLE.scheduler)
    qtbot.waitUntil(lambda: "nobody answers" in dialog.outcome.text(), timeout=20_000)
    dialog.reject()


def test_estimates_do_not_pile_up(start: Start, qtbot: Any) -> None:
    app = start()
    for _ in range(20):
        page(app).estimateWanted.emit(plan(), HERE)
    assert len(app.sweeping.estimates.titles) <= 2
    qtbot.waitUntil(lambda: not app.sweeping.estimates.busy, timeout=20_000)


def test_a_plan_that_does_not_fit_the_data_is_told_and_not_kept(start: Start, qtbot: Any) -> None:
    app = start()
    page(app).startWanted.emit(plan("minibatch_size=10,5000"), HERE)
    assert "do not fill one minibatch" in message(app)
    app.library.poll()
    assert app.sweeps.sweep_id is None
    with RunStore(default_store_path()) as store:
        assert store.sweeps() == ()


def test_meanwhile_the_window_trains_opens_data_and_shows_other_sweeps(start: Start, qtbot: Any) -> None:
    app = start("--subset", "600")
    sweep_to_its_end(qtbot, app, plan())
    wait_for(qtbot, app, lambda: page(app).verdict.text().startswith("Best"))
    second = begin(qtbot, app, plan(base=ENDLESS))
    wait_for(qtbot, app, lambda: page(app).sweep_id == second)
    assert page(app).verdict.text() == "" or "No setting has finished" in page(app).verdict.text()
    app.window.controls.set_hyperparameters(BASE)
    with qtbot.waitSignal(app.controller.runEnded, timeout=20_000):
        app.window.train()
    assert app.controller.phase is Phase.FINISHED
    fewer = app.controller.dataset
    app.opener.open("digits")
    qtbot.waitUntil(lambda: app.controller.dataset is not fewer and not app.tasks.busy, timeout=10_000)
    page(app).sweep_box.setCurrentIndex(page(app).sweep_box.findData(1))
    wait_for(qtbot, app, lambda: page(app).verdict.text().startswith("Best"))
    page(app).resumeWanted.emit(1, HERE)
    assert "A sweep goes on already" in message(app)
    assert app.sweeps.sweep_id == second
    stop(qtbot, app)
    page(app).sweep_box.setCurrentIndex(page(app).sweep_box.findData(second))
    wait_for(qtbot, app, lambda: page(app).standing.text().startswith("Stopped"))


def test_a_sweep_is_deleted_with_its_runs_and_comes_back(start: Start, qtbot: Any) -> None:
    app = start()
    sweep_to_its_end(qtbot, app, plan())
    wait_for(qtbot, app, lambda: page(app).verdict.text().startswith("Best"))
    verdict = page(app).verdict.text()
    page(app).delete_button.click()
    wait_for(qtbot, app, lambda: page(app).sweep_id is None and not runs(app))
    assert message(app) == "Deleted etas. Ctrl+Z undoes it."
    page(app).undoWanted.emit()
    wait_for(qtbot, app, lambda: page(app).verdict.text() == verdict)
    assert len(runs(app)) == 2
    assert message(app) == "etas is back."


def test_a_deleted_trial_is_left_out_and_trained_again(start: Start, qtbot: Any) -> None:
    app = start()
    sweep_to_its_end(qtbot, app, plan())
    wait_for(qtbot, app, lambda: "Second: eta 0.001" in page(app).verdict.text())
    app.window.runs_page.deleteWanted.emit((1,))
    wait_for(qtbot, app, lambda: "Second" not in page(app).verdict.text())
    assert page(app).resume_button.isVisibleTo(page(app))
    with qtbot.waitSignal(app.sweeps.ended, timeout=30_000):
        page(app).resume_button.click()
    wait_for(qtbot, app, lambda: "Second: eta 0.001" in page(app).verdict.text())
    page(app).undoWanted.emit()  # there are two runs with that seed now
    wait_for(qtbot, app, lambda: 1 in app.browser.records)
    wait_for(qtbot, app, lambda: not app.sweeping.tasks.busy)
    found = page(app)._results
    assert found is not None
    assert [len(result.runs) for result in found.settings] == [1, 1]


def test_the_sweep_at_work_is_not_deleted(start: Start, qtbot: Any) -> None:
    app = start()
    sweep_id = begin(qtbot, app, plan(base=ENDLESS))
    page(app).deleteWanted.emit(sweep_id)
    assert "not deleted: stop it first" in message(app)
    stop(qtbot, app)
    with RunStore(default_store_path()) as store:
        assert not store.sweep(sweep_id).deleted


def test_the_sweep_of_another_window_is_shown_and_left_alone(start: Start, qtbot: Any) -> None:
    app = start()
    with RunStore(default_store_path()) as store:
        sweep_id = store.add_sweep("theirs", plan().as_dict())
        run = NewRun(hyperparameters=BASE.replace(eta=0.001), dataset=plan().dataset, origin="sweep", sweep_id=sweep_id)
        store.begin(dataclasses.replace(run, setting=0))
    with closing(sqlite3.connect(default_store_path())) as connection, connection:
        connection.execute("UPDATE sweeps SET owner_host = 'elsewhere'")
        connection.execute("UPDATE runs SET owner_host = 'elsewhere'")
    wait_for(qtbot, app, lambda: page(app).standing.text().startswith("It goes on in another window"))
    assert not page(app).resume_button.isVisibleTo(page(app))
    assert not page(app).delete_button.isEnabled()
    page(app).deleteWanted.emit(sweep_id)
    assert "stop it first" in message(app)
    with qtbot.waitSignal(app.sweeps.ended, timeout=30_000):
        page(app).resumeWanted.emit(sweep_id, HERE)
    assert "goes on already, in another window or terminal" in message(app)
    with RunStore(default_store_path()) as store:
        assert store.sweep(sweep_id).status is Status.RUNNING


def test_two_starts_at_once_leave_no_sweep_that_seems_to_go_on(start: Start, qtbot: Any) -> None:
    app = start()
    page(app).startWanted.emit(plan(base=ENDLESS), HERE)
    page(app).startWanted.emit(plan(base=ENDLESS), HERE)
    wait_for(qtbot, app, lambda: app.sweeps.sweep_id == 1 and page(app).sweep_box.count() == 2)
    wait_for(qtbot, app, lambda: app.sweeping._sweeps[2].status is Status.STOPPED)
    stop(qtbot, app)


def test_a_stored_plan_that_is_not_understood_is_told(start: Start, qtbot: Any) -> None:
    app = start()
    with RunStore(default_store_path()) as store:
        store.end_sweep(store.add_sweep("odd", {"axes": "none"}), Status.FINISHED)
    wait_for(qtbot, app, lambda: "is not understood" in page(app).verdict.text())
