from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from mlp_core.datasets import open_dataset
from mlp_core.errors import SweepError
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.record import DatasetReference
from mlp_core.sweep.axes import Axis, Range, parse_axis
from mlp_core.sweep.halving import Halving
from mlp_core.sweep.plan import SweepPlan
from mlp_viz.run.sweep_runner import WorkersChoice
from mlp_viz.theme import DARK, LIGHT
from mlp_viz.views.sweep_dialog import SweepDialog, proposals

BASE = Hyperparameters(seed=5)


@pytest.fixture(scope="module")
def digits() -> DatasetReference:
    return DatasetReference.of(open_dataset("digits"))


@pytest.fixture
def dialog(qtbot: QtBot, digits: DatasetReference) -> SweepDialog:
    dialog = SweepDialog(BASE, digits, 1372, LIGHT)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def choose(dialog: SweepDialog, method: str) -> None:
    dialog.method.setCurrentIndex(dialog.method.findData(method))


def write(dialog: SweepDialog, field: str, text: str) -> None:
    edit = dialog.values[field]
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, text)


def test_twelve_settings_of_eta_and_hidden_units_are_proposed(dialog: SweepDialog, digits: DatasetReference) -> None:
    plan = dialog.plan()
    assert plan.fields == ("eta", "units")
    assert len(plan.settings()) == 12
    assert (plan.method, plan.n_seeds, plan.n_runs, plan.halving) == ("grid", 5, 60, None)
    assert plan.base == BASE.replace(epochs=100)  # a small data set
    assert plan.dataset == digits
    assert plan.name == "eta × hidden units"
    assert dialog.settings.value() == 12
    values = {axis.field: axis.values for axis in plan.axes if isinstance(axis, Axis)}
    assert values == {"eta": (0.0002, 0.0005, 0.001, 0.002), "units": (20, 50, 100)}


@pytest.mark.parametrize(
    "base",
    [
        Hyperparameters(),
        Hyperparameters(eta=1e-6, l2=0, n_hidden=(), minibatch_size=1),
        Hyperparameters(eta=10, l2=100, n_hidden=(1000, 3), minibatch_size=100_000),
        Hyperparameters(n_hidden=(1,)),
    ],
)
def test_whatever_is_proposed_can_be_planned(base: Hyperparameters) -> None:
    for field, proposed in proposals(base).items():
        for text in (proposed.values, proposed.range):
            axis = parse_axis(f"{field}={text}")
            assert axis.field == field
            assert axis.size >= 1


def test_the_other_methods_propose_ranges_and_keep_what_was_typed(dialog: SweepDialog) -> None:
    write(dialog, "units", "30, 60")
    choose(dialog, "random")
    plan = dialog.plan()
    assert plan.n_settings == dialog.settings.value() == 20
    dialog.settings.setValue(8)
    assert dialog.plan().n_settings == 8
    eta, units = plan.axes
    assert isinstance(eta, Range)
    assert (eta.low, eta.high) == (2.5e-05, 0.01)
    assert isinstance(units, Axis)
    assert units.values == (30, 60)
    choose(dialog, "grid")
    assert dialog.values["eta"].text() == "0.0002, 0.0005, 0.001, 0.002"
    assert dialog.values["units"].text() == "30, 60"


def test_seeds_epochs_halving_and_where_it_runs(dialog: SweepDialog) -> None:
    dialog.seeds.setValue(4)
    dialog.epochs.setValue(27)
    dialog.halving.setChecked(True)
    dialog.local.setValue(3)
    plan = dialog.plan()
    assert (plan.n_seeds, plan.base.epochs, plan.halving) == (4, 27, Halving(3))
    assert plan.rungs == (3, 9, 27)
    assert dialog.workers() == WorkersChoice(3)
    QTest.keyClicks(dialog.scheduler, " tcp://10.0.0.5:8786 ")
    assert dialog.workers() == WorkersChoice(3, "tcp://10.0.0.5:8786")
    assert not dialog.local.isEnabled()


@pytest.mark.parametrize(
    ("field", "text", "told"),
    [("eta", "fast", "eta: 'fast' is not a number"), ("units", "0", "n_hidden|units"), ("eta", "1..2", "a grid needs")],
)
def test_what_cannot_be_is_told_beside_the_fields(dialog: SweepDialog, field: str, text: str, told: str) -> None:
    write(dialog, field, text)
    with pytest.raises(Exception, match=told):
        dialog.plan()
    assert not dialog.start_button.isEnabled()
    assert field in dialog.outcome.text()
    write(dialog, field, "5")
    assert dialog.start_button.isEnabled()


def test_something_has_to_vary(dialog: SweepDialog) -> None:
    for box in dialog.varied.values():
        box.setChecked(False)
    with pytest.raises(SweepError, match="Nothing is varied"):
        dialog.plan()
    assert not dialog.start_button.isEnabled()
    assert not dialog.values["eta"].isEnabled()


def test_an_estimate_is_asked_for_when_the_plan_has_settled(dialog: SweepDialog, qtbot: QtBot) -> None:
    with qtbot.waitSignal(dialog.estimateWanted, timeout=5000) as asked:
        dialog.seeds.setValue(1)
    plan: Any = asked.args[0]
    assert isinstance(plan, SweepPlan)
    assert plan.n_runs == 12
    assert "12 runs" in dialog.outcome.text()
    dialog.show_estimate("12 runs, about 5 s")
    assert dialog.outcome.text() == "12 runs, about 5 s"
    dialog.show_estimate_failed("no scheduler there")
    assert LIGHT.error in dialog.outcome.styleSheet()
    dialog.apply_theme(DARK)
    assert DARK.error not in dialog.outcome.styleSheet()


def test_start_gives_the_plan_and_closes(dialog: SweepDialog, qtbot: QtBot) -> None:
    with qtbot.waitSignal(dialog.startWanted) as started:
        QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert started.args[0] == dialog.plan()
    assert not dialog.isVisible()


def test_escape_starts_nothing(dialog: SweepDialog, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(dialog.startWanted), qtbot.waitSignal(dialog.rejected):
        QTest.keyClick(dialog, Qt.Key.Key_Escape)


def test_an_estimate_of_an_earlier_plan_is_not_told(dialog: SweepDialog, qtbot: QtBot) -> None:
    with qtbot.waitSignal(dialog.estimateWanted, timeout=5000):
        dialog.seeds.setValue(1)
    write(dialog, "eta", "fast")
    dialog.show_estimate("12 runs, about 5 s")
    assert "'fast' is not a number" in dialog.outcome.text()
    write(dialog, "eta", "0.01")
    dialog.show_estimate_failed("no scheduler there")
    assert dialog.outcome.text() == "3 runs …"


def test_without_a_hidden_layer_no_units_are_varied_at_first(qtbot: QtBot, digits: DatasetReference) -> None:
    dialog = SweepDialog(Hyperparameters(n_hidden=()), digits, 1372, LIGHT)
    qtbot.addWidget(dialog)
    assert dialog.plan().fields == ("eta",)
    assert dialog.start_button.isEnabled()
    dialog.close()
