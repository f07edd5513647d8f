from __future__ import annotations

import dataclasses
import math
from datetime import UTC, datetime
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.record import Status, SweepRecord
from mlp_core.sweep.drive import SweepProgress
from mlp_core.sweep.plan import SweepPlan
from mlp_core.sweep.results import SweepResults
from mlp_core.sweep.significance import Verdict, verdict
from mlp_viz.run.sweep_runner import WorkersChoice
from mlp_viz.theme import DARK, LIGHT
from mlp_viz.views.sweep_dialog import SweepDialog
from mlp_viz.views.sweep_page import SweepPage
from tests.mlp_viz.views.sweep_samples import DIGITS, history, plan, results

PLAN = plan("eta=0.001,0.002", "units=10,20", n_seeds=2)
FINISHED = {0: (0.90, 0.91), 1: (0.95, 0.94), 2: (0.85, 0.86), 3: (0.80, 0.81)}


@pytest.fixture
def page(qtbot: QtBot) -> SweepPage:
    page = SweepPage()
    qtbot.addWidget(page)
    page.apply_theme(LIGHT)
    page.set_dataset(DIGITS, 1197)
    page.resize(1000, 700)
    page.show()
    return page


def sweep(sweep_id: int, status: Status = Status.FINISHED, message: str = "", plan: SweepPlan = PLAN) -> SweepRecord:
    began = datetime(2026, 1, 1, 12, tzinfo=UTC)
    return SweepRecord(
        id=sweep_id,
        name="etas <b>",
        plan=plan.as_dict(),
        status=status,
        message=message,
        began=began,
        ended=None if status is Status.RUNNING else began,
        deleted=False,
        revision=1,
    )


def progress(**fields: Any) -> SweepProgress:
    values = {"sweep_id": 1, "runs_done": 3, "runs_failed": 0, "n_runs": 8, "epochs_done": 60, "n_epochs": 160}
    return SweepProgress(**{"seconds": 10.0, "seconds_left": 75.0, **values, **fields})


def dialog_of(page: SweepPage) -> SweepDialog:
    assert page.dialog is not None
    return page.dialog


def show(page: SweepPage, record: SweepRecord, found: SweepResults) -> None:
    page.show_results(record, found, verdict(found))


def test_before_the_first_sweep_it_says_what_will_be_here(page: SweepPage, qtbot: QtBot) -> None:
    assert not page.panels.isVisible()
    assert page.new_button.isEnabled()
    assert not page.delete_button.isEnabled()
    fresh = SweepPage()
    qtbot.addWidget(fresh)
    assert not fresh.new_button.isEnabled()
    assert "no data set" in fresh.new_button.toolTip()
    fresh.plan_new()
    assert fresh.dialog is None


def test_the_newest_sweep_is_shown_and_the_chosen_one_stays(page: SweepPage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.sweepChosen) as chosen:
        page.show_sweeps([sweep(2), sweep(1)])
    assert chosen.args == [2]
    with qtbot.waitSignal(page.sweepChosen) as chosen:
        page.sweep_box.setCurrentIndex(1)
    assert chosen.args == [1]
    with qtbot.assertNotEmitted(page.sweepChosen):
        page.show_sweeps([sweep(3), sweep(2), sweep(1)])
    assert page.sweep_id == 1
    page.show_sweeps([sweep(3), sweep(2)])
    assert page.sweep_id == 3
    page.show_sweeps([])
    assert page.sweep_box.currentData() is None
    assert not page.panels.isVisible()


def test_results_are_told_and_their_curves_asked_for(page: SweepPage, qtbot: QtBot) -> None:
    page.show_sweeps([sweep(1)])
    found = results(PLAN, FINISHED)
    with qtbot.waitSignal(page.historiesWanted) as wanted:
        show(page, sweep(1), found)
    assert page.verdict.text().startswith("Best: eta 0.001, 20 units, with 94.50%")
    assert page.details.text()
    assert page.verdict.textFormat() is Qt.TextFormat.PlainText
    assert set(wanted.args[0]) == {3, 4, 1, 2, 5, 6}  # the seeds of the best three
    page.show_histories({run_id: history(*[0.5] * 20) for run_id in wanted.args[0]})
    with qtbot.assertNotEmitted(page.historiesWanted):
        show(page, sweep(1), found)
    assert page.standing.isHidden()


def test_results_of_another_sweep_are_left_out(page: SweepPage) -> None:
    page.show_sweeps([sweep(2), sweep(1)])
    show(page, sweep(1), results(PLAN, FINISHED))
    assert page.verdict.text() == ""


def test_results_that_cannot_be_told_do_not_leave_those_of_another(page: SweepPage) -> None:
    page.show_sweeps([sweep(2), sweep(1)])
    show(page, sweep(2), results(PLAN, FINISHED))
    page.sweep_box.setCurrentIndex(1)
    page.show_no_results("plan: 'axes' is not understood.")
    assert page.verdict.text() == "plan: 'axes' is not understood."
    assert not page.panels.isVisible()
    assert not page.open_button.isEnabled()
    page.sweep_box.setCurrentIndex(0)
    show(page, sweep(2), results(PLAN, FINISHED))
    assert page.panels.isVisible()


def test_a_click_opens_the_best_run_of_a_setting(page: SweepPage, qtbot: QtBot) -> None:
    page.show_sweeps([sweep(1)])
    assert not page.open_button.isEnabled()
    show(page, sweep(1), results(PLAN, FINISHED))
    with qtbot.waitSignal(page.runOpenWanted) as opened:
        page.open_button.click()
    assert opened.args == [3]
    with qtbot.waitSignal(page.runOpenWanted) as opened:
        page.heat_map.settingChosen.emit(0)
    assert opened.args == [2]


def test_a_setting_without_a_result_opens_nothing(page: SweepPage, qtbot: QtBot) -> None:
    page.show_sweeps([sweep(1)])
    show(page, sweep(1), results(PLAN, {0: (Status.FAILED, Status.DIVERGED), 1: (Status.RUNNING,)}))
    assert not page.open_button.isEnabled()
    with qtbot.assertNotEmitted(page.runOpenWanted):
        page.coordinates.settingChosen.emit(0)
        page.coordinates.settingChosen.emit(1)


@pytest.mark.parametrize(
    ("status", "message", "told"),
    [
        (Status.FAILED, "scheduler: nobody answers.", "Failed: scheduler: nobody answers."),
        (Status.FAILED, "", "Failed: the reason is not known."),
        (Status.STOPPED, "", "Stopped: what it reached is kept"),
        (Status.INTERRUPTED, "", "Interrupted: the program ended first"),
        (Status.RUNNING, "", "It goes on in another window or terminal"),
    ],
)
def test_how_a_sweep_stands_is_told(page: SweepPage, status: Status, message: str, told: str) -> None:
    page.show_sweeps([sweep(1, status, message)])
    assert page.standing.text().startswith(told)
    assert page.standing.isVisible()
    assert page.resume_button.isVisible() == (status is not Status.RUNNING)
    assert page.delete_button.isEnabled() == (status is not Status.RUNNING)
    assert not page.stop_button.isVisible()
    page.apply_theme(DARK)
    assert (DARK.error in page.standing.styleSheet()) == (status is Status.FAILED)


def test_a_finished_sweep_goes_on_only_where_something_is_left(page: SweepPage) -> None:
    page.show_sweeps([sweep(1)])
    assert not page.resume_button.isVisible()
    show(page, sweep(1), results(PLAN, FINISHED))
    assert not page.resume_button.isVisible()
    show(page, sweep(1), results(PLAN, {**FINISHED, 3: (0.8, Status.FAILED)}))
    assert page.resume_button.isVisible()
    show(page, sweep(1), results(PLAN, {**FINISHED, 3: (0.8,)}))  # a run was deleted
    assert page.resume_button.isVisible()


def test_the_sweep_that_goes_on_is_followed_and_stopped(page: SweepPage, qtbot: QtBot) -> None:
    page.show_sweeps([sweep(1, Status.RUNNING)])
    page.set_running(1)
    assert page.standing.isHidden()
    assert not page.new_button.isEnabled()
    assert not page.delete_button.isEnabled()
    page.show_progress(progress(seconds_left=math.nan))
    assert page.progress_text.text() == "3 of 8 runs"
    page.show_progress(progress(runs_failed=2, message="A worker ended."))
    assert page.progress_text.text() == "3 of 8 runs · 2 failed · 1 min 15 s left · A worker ended."
    assert page.progress.value() == 375
    with qtbot.waitSignal(page.stopWanted):
        page.stop_button.click()
    assert page.progress_text.text() == "Stopping …"
    assert not page.stop_button.isEnabled()
    page.show_progress(progress())
    assert page.progress_text.text() == "Stopping … · 3 of 8 runs"
    page.set_running(None)
    page.show_sweeps([sweep(1, Status.STOPPED)])
    assert not page.progress.isVisible()
    assert page.new_button.isEnabled()
    with qtbot.waitSignal(page.resumeWanted) as resumed:
        page.resume_button.click()
    assert resumed.args[0] == 1
    page.set_running(1)
    assert page.stop_button.isEnabled()


def test_a_sweep_that_begins_is_shown_as_soon_as_it_is_known(page: SweepPage) -> None:
    page.show_sweeps([sweep(1)])
    page.set_running(2)
    assert page.sweep_id == 1
    page.show_sweeps([sweep(3, Status.RUNNING), sweep(2, Status.RUNNING), sweep(1)])
    assert page.sweep_id == 2
    page.sweep_box.setCurrentIndex(2)
    page.show_sweeps([sweep(3, Status.RUNNING), sweep(2, Status.RUNNING), sweep(1)])
    assert page.sweep_id == 1


def test_while_another_is_shown_the_progress_names_its_sweep(page: SweepPage, qtbot: QtBot) -> None:
    page.show_sweeps([sweep(1, Status.RUNNING), sweep(2, Status.STOPPED)])
    page.set_running(1)
    page.show_progress(progress(seconds_left=math.nan))
    page.sweep_box.setCurrentIndex(1)
    assert page.progress_text.text() == "Sweep 1 · 3 of 8 runs"
    assert page.resume_button.isVisible()
    assert not page.resume_button.isEnabled()
    assert page.delete_button.isEnabled()
    with qtbot.waitSignal(page.deleteWanted) as deleted:
        page.delete_button.click()
    assert deleted.args == [2]
    page.sweep_box.setCurrentIndex(0)
    assert page.progress_text.text() == "3 of 8 runs"


def test_undo_by_keyboard(page: SweepPage, qtbot: QtBot) -> None:
    page.activateWindow()
    page.new_button.setFocus()
    with qtbot.waitSignal(page.undoWanted):
        QTest.keyClick(page.new_button, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)


def test_a_plan_is_made_of_the_controls_and_the_data_set(page: SweepPage, qtbot: QtBot) -> None:
    base = Hyperparameters(n_hidden=(12,), seed=7, precision="float32")
    page.set_base(base)
    page.new_button.click()
    dialog = dialog_of(page)
    page.plan_new()  # there is one already
    assert dialog_of(page) is dialog
    dialog.local.setValue(3)
    with qtbot.waitSignal(page.startWanted) as started:
        dialog.accept()
    made, choice = started.args[:2]
    assert made.base == base.replace(epochs=made.base.epochs)
    assert (made.dataset, choice) == (DIGITS, WorkersChoice(3))
    assert page.dialog is None
    page.show_sweeps([sweep(1, Status.STOPPED)])
    with qtbot.waitSignal(page.resumeWanted) as resumed:
        page.resume_button.click()
    assert resumed.args == [1, WorkersChoice(3)]


def test_a_plan_for_another_data_set_is_dropped(page: SweepPage, qtbot: QtBot) -> None:
    page.plan_new()
    page.set_dataset(DIGITS, 1197)
    assert dialog_of(page).isVisible()
    with qtbot.assertNotEmitted(page.startWanted):
        page.set_dataset(dataclasses.replace(DIGITS, fingerprint="1" * 64), 500)
    assert page.dialog is None


def test_without_a_verdict_there_are_no_details(page: SweepPage) -> None:
    page.show_sweeps([sweep(1)])
    page.show_results(sweep(1), results(PLAN, {}), Verdict("No setting has finished yet."))
    assert page.verdict.text() == "No setting has finished yet."
    assert not page.details.isVisible()
