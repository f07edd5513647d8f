from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QWidget

from mlp_core.errors import HyperparameterError
from mlp_core.hyperparameters import BOUNDS, Hyperparameters
from mlp_viz.theme import DARK
from mlp_viz.views.controls import LOCKED, ControlsView, layers_text, parse_layers


@pytest.fixture
def controls(qtbot: Any) -> ControlsView:
    view = ControlsView()
    qtbot.addWidget(view)
    return view


def retype(qtbot: Any, line: QLineEdit, text: str, enter: bool = True) -> None:
    line.selectAll()
    qtbot.keyClicks(line, text)
    if enter:
        qtbot.keyClick(line, Qt.Key.Key_Return)


@pytest.mark.parametrize(
    ("text", "layers"),
    [("100", (100,)), ("100, 50", (100, 50)), ("none", ()), (" None ", ()), ("(100,)", (100,)), ("3,2,1", (3, 2, 1))],
)
def test_layers_are_read_and_shown(text: str, layers: tuple[int, ...]) -> None:
    assert parse_layers(text) == layers
    assert parse_layers(layers_text(layers)) == layers


@pytest.mark.parametrize("text", ["a", "100 50", "1,,2", "0, 5", "1001", "1,1,1,1,1,1,1,1,1"])
def test_bad_layers_are_refused(text: str) -> None:
    with pytest.raises(HyperparameterError, match=r"^n_hidden: .*Choose"):
        parse_layers(text)


def test_it_begins_with_the_lectures_values(controls: ControlsView) -> None:
    assert controls.hyperparameters() == Hyperparameters()


@pytest.mark.parametrize("layers", [(), (7,), (100, 50), (9, 8, 7)])
def test_it_gives_back_what_it_was_set_to(qtbot: Any, controls: ControlsView, layers: tuple[int, ...]) -> None:
    chosen = Hyperparameters(
        n_hidden=layers,
        eta=0.00123,
        l2=0,
        epochs=7,
        minibatch_size=33,
        seed=None,
        shuffle=False,
        activation="tanh",
        precision="float32",
    )
    with qtbot.waitSignal(controls.changed) as news:
        controls.set_hyperparameters(chosen)
    assert news.args == [chosen]
    assert controls.hyperparameters() == chosen
    with qtbot.assertNotEmitted(controls.changed):
        controls.set_hyperparameters(chosen)


def test_typing_changes_the_hyperparameters(qtbot: Any, controls: ControlsView) -> None:
    heard: list[Any] = []
    controls.changed.connect(heard.append)
    retype(qtbot, controls.eta.box, "2e-3")
    retype(qtbot, controls.epochs, "3")
    qtbot.keyClick(controls.activation, Qt.Key.Key_Down)
    qtbot.keyClick(controls.shuffle, Qt.Key.Key_Space)
    want = Hyperparameters(eta=0.002, epochs=3, shuffle=False, activation=controls.activation.itemText(1))
    assert heard[-1] == want
    assert len(heard) == 4
    assert controls.hyperparameters() == want


def test_units_slider_and_layers_agree(qtbot: Any, controls: ControlsView) -> None:
    retype(qtbot, controls.layers, "30, 20")
    assert controls.units.value() == 30
    qtbot.keyClick(controls.units.slider, Qt.Key.Key_End)
    assert controls.layers.text() == "1000, 20"
    retype(qtbot, controls.layers, "none")
    assert not controls.units.isEnabled()
    assert "no hidden layer" in controls.units.slider.toolTip()
    assert controls.hyperparameters().n_hidden == ()
    retype(qtbot, controls.layers, "5")
    assert controls.units.isEnabled()
    assert controls.units.value() == 5


def test_a_mended_units_box_reaches_the_layers(qtbot: Any, controls: ControlsView) -> None:
    retype(qtbot, controls.units.box, "0")
    retype(qtbot, controls.units.box, "12")
    assert controls.hyperparameters().n_hidden == (12,)


def test_bad_text_is_told_and_refused(qtbot: Any, controls: ControlsView) -> None:
    with qtbot.assertNotEmitted(controls.changed):
        retype(qtbot, controls.eta.box, "99")
    assert controls.note.text().startswith("eta: '99' is out of range.")
    with pytest.raises(HyperparameterError, match=r"^eta: '99' is out of range") as caught:
        controls.hyperparameters()
    assert caught.value.field == "eta"
    retype(qtbot, controls.eta.box, "0.1")
    assert controls.note.text() == ""
    assert controls.hyperparameters().eta == 0.1


def test_text_not_yet_entered_counts(qtbot: Any, controls: ControlsView) -> None:
    retype(qtbot, controls.minibatch_size, "50", enter=False)
    assert controls.hyperparameters().minibatch_size == 50
    retype(qtbot, controls.minibatch_size, "0", enter=False)
    with pytest.raises(HyperparameterError, match="minibatch_size"):
        controls.hyperparameters()


def test_the_lectures_values_come_back(qtbot: Any, controls: ControlsView) -> None:
    controls.set_hyperparameters(Hyperparameters(eta=0.1, n_hidden=(), seed=None))
    retype(qtbot, controls.l2.box, "bad")
    qtbot.mouseClick(controls.lecture_button, Qt.MouseButton.LeftButton)
    assert controls.hyperparameters() == Hyperparameters()
    assert controls.note.text() == ""


def test_locked_fields_tell_why(qtbot: Any, controls: ControlsView) -> None:
    controls.set_locked("Run 3 goes on.")
    assert controls.note.text() == LOCKED
    for widget in (controls.eta.slider, controls.eta.box, controls.layers, controls.seed, controls.activation):
        assert not widget.isEnabled()
        assert widget.toolTip().startswith("Run 3 goes on.")
    assert controls.toolTip() == "Run 3 goes on."
    qtbot.keyClicks(controls.eta.box, "9")
    qtbot.keyClick(controls.eta.slider, Qt.Key.Key_Right)
    assert controls.hyperparameters() == Hyperparameters()
    controls.set_locked(None)
    assert controls.note.text() == ""
    assert controls.toolTip() == ""
    assert controls.activation.isEnabled()
    assert controls.eta.slider.toolTip().startswith(BOUNDS["eta"].meaning)


def test_no_layer_stays_locked_after_a_run(controls: ControlsView) -> None:
    controls.set_hyperparameters(Hyperparameters(n_hidden=()))
    controls.set_locked("Run 3 goes on.")
    assert controls.units.box.toolTip().startswith("Run 3 goes on.")
    controls.set_locked(None)
    assert not controls.units.isEnabled()
    assert "no hidden layer" in controls.units.box.toolTip()


def test_more_opens_and_all_fits(qtbot: Any, controls: ControlsView) -> None:
    assert not controls.layers.isVisibleTo(controls)
    qtbot.mouseClick(controls.more, Qt.MouseButton.LeftButton)
    assert controls.layers.isVisibleTo(controls)
    controls.set_locked("Run 3 goes on.")
    assert controls.sizeHint().height() <= 620
    assert 250 <= controls.sizeHint().width() <= 300


def test_every_field_has_a_name_and_a_tooltip(controls: ControlsView) -> None:
    fields: list[QWidget] = [controls.layers, controls.epochs, controls.minibatch_size, controls.seed]
    for widget in [*fields, controls.activation, controls.precision, controls.eta.slider, controls.l2.box]:
        assert widget.accessibleName()
        assert widget.toolTip()


def test_theme(qtbot: Any, controls: ControlsView) -> None:
    retype(qtbot, controls.eta.box, "x")
    controls.apply_theme(DARK)
    assert DARK.error in controls.eta.box.styleSheet()
    assert DARK.error in controls.note.styleSheet()


def test_few_samples_get_a_minibatch_that_they_fill_and_many_the_old_one(controls: ControlsView) -> None:
    assert controls.fit_samples(1000) == ""
    assert "only 92 samples" in controls.fit_samples(92)
    assert controls.hyperparameters().minibatch_size == 4
    assert controls.remembered().minibatch_size == 100
    assert controls.fit_samples(10) != ""
    assert (controls.hyperparameters().minibatch_size, controls.remembered().minibatch_size) == (1, 100)
    assert controls.fit_samples(100) == "The minibatch size is 100 again."
    assert controls.hyperparameters().minibatch_size == controls.remembered().minibatch_size == 100


def test_a_minibatch_that_was_chosen_after_the_proposal_stays(controls: ControlsView) -> None:
    controls.fit_samples(92)
    controls.minibatch_size.setValue(10)
    assert controls.remembered().minibatch_size == 10
    assert controls.fit_samples(60_000) == ""
    assert controls.hyperparameters().minibatch_size == 10
