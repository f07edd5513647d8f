from __future__ import annotations

import dataclasses
import gc
import weakref

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from mlp_core.datasets.dataset import Dataset, Split
from mlp_core.datasets.digits import digits_dataset
from mlp_core.datasets.preparation import Preparation
from mlp_core.datasets.recipe import Recipe
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.network import Network
from mlp_core.runs.record import Checkpoint, DatasetReference
from mlp_core.snapshot import GeneratorState
from mlp_viz.run.comparison import Comparison
from mlp_viz.run.stored import StoredRun
from mlp_viz.theme import DARK
from mlp_viz.views.compare_page import ComparePage
from mlp_viz.views.run_style import RunStyle
from tests.mlp_viz.views.run_samples import record as sample

GENERATOR = GeneratorState.of(np.random.RandomState(1))
STYLES = {1: RunStyle(1), 2: RunStyle(2)}


def stored(data: Dataset, run_id: int, n_hidden: tuple[int, ...] = (30,), *, begun: bool = True) -> StoredRun:
    """Return a run with random weights, or one of which no epoch has ended."""
    reference = DatasetReference(data.name, data.fingerprint(), Recipe(data.key, Preparation()))
    record = sample(run_id, 0.9798, hyperparameters=Hyperparameters(n_hidden=n_hidden), dataset=reference)
    network = Network.random((data.n_features, *n_hidden, data.n_classes), np.random.RandomState(run_id))
    return StoredRun(record, (), Checkpoint(200, network.weights(), GENERATOR) if begun else None)


def made_up(seed: int = 1, n_test: int = 40) -> Dataset:
    random = np.random.RandomState(seed)
    X, y = random.randint(0, 256, (n_test, 16)).astype(np.uint8), random.randint(0, 3, n_test)
    test, few = Split(X, y), Split(X[:0], y[:0])
    return Dataset("m", "Made up", "made up", (4, 4), ("a", "b", "c"), (0, 255), few, few, test)


@pytest.fixture
def page(qtbot: QtBot) -> ComparePage:
    page = ComparePage()
    qtbot.addWidget(page)
    page.resize(1080, 600)
    page.show()
    return page


@pytest.fixture
def full(page: ComparePage) -> ComparePage:
    data = digits_dataset()
    page.show_comparison(Comparison.of(stored(data, 1), stored(data, 2, (20, 10)), data), STYLES)
    return page


def counts(page: ComparePage) -> list[str]:
    return [panel.title() for panel in (page.fixed, page.introduced, page.both_wrong)]


def test_both_runs_are_shown_side_by_side(full: ComparePage) -> None:
    comparison = full.comparison
    assert comparison is not None
    changes = comparison.changes
    assert changes is not None
    assert [name.text for name in full.names] == ["Run 1", "Run 2"]
    assert (full.first_weights.mosaic.n_tiles, full.second_weights.mosaic.n_tiles) == (30, 20)
    assert full.first_weights.limit == full.second_weights.limit
    assert full.first_weights.status() == "Run 1 · epoch 200 · 30 units"
    assert ("hidden units", "30", "20, 10") in full.differences.texts()
    assert counts(full) == [
        f"Fixed: {len(changes.fixed)}",
        f"Introduced: {len(changes.introduced)}",
        f"Both wrong: {len(changes.both_wrong)}",
    ]
    assert full.fixed.mosaic.n_tiles > 0
    assert full.differences.verdict


def test_swap_turns_everything_around(full: ComparePage, monkeypatch: pytest.MonkeyPatch) -> None:
    before = counts(full)
    captions = full.fixed.mosaic.captions()
    monkeypatch.setattr(Comparison, "of", None)  # nothing is computed for it
    QTest.mouseClick(full.swap_button, Qt.MouseButton.LeftButton)
    assert [name.text for name in full.names] == ["Run 2", "Run 1"]
    assert (full.first_weights.mosaic.n_tiles, full.second_weights.mosaic.n_tiles) == (20, 30)
    assert ("hidden units", "20, 10", "30") in full.differences.texts()
    after = counts(full)
    assert [title.split()[-1] for title in after] == [before[k].split()[-1] for k in (1, 0, 2)]
    assert full.introduced.mosaic.captions() == tuple("".join(reversed(c)) for c in captions)
    QTest.mouseClick(full.swap_button, Qt.MouseButton.LeftButton)
    assert counts(full) == before


def test_escape_and_the_button_ask_to_close(full: ComparePage, qtbot: QtBot) -> None:
    full.activateWindow()
    full.fixed.mosaic.setFocus()
    qtbot.waitUntil(full.fixed.mosaic.hasFocus)
    with qtbot.waitSignal(full.closeWanted):
        QTest.keyClick(full.fixed.mosaic, Qt.Key.Key_Escape)
    with qtbot.waitSignal(full.closeWanted):
        QTest.mouseClick(full.close_button, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize("name", ["fixed", "introduced", "both_wrong"])
def test_a_click_on_a_digit_tells_which_and_what_the_second_run_says(
    full: ComparePage, qtbot: QtBot, name: str
) -> None:
    assert full.comparison is not None
    mosaic, samples = full.panels[name].mosaic, getattr(full.comparison.changes, name)  # type: ignore[attr-defined]
    with qtbot.waitSignal(full.sampleChosen) as chosen:
        QTest.mouseClick(mosaic, Qt.MouseButton.LeftButton, pos=mosaic.tile_rect(1).center().toPoint())
    assert chosen.args == [samples.indices[1], samples.second[1]]


def test_identical_runs_differ_in_nothing(page: ComparePage) -> None:
    data = digits_dataset()
    run = stored(data, 1)
    page.show_comparison(Comparison.of(run, run, data), STYLES)
    assert counts(page)[:2] == ["Fixed: 0", "Introduced: 0"]
    assert page.differences.verdict == "Both runs get the same test digits right."
    assert page.fixed.mosaic.placeholder.startswith("None of the test digits")


def test_other_data_sets_leave_the_weights_and_figures(page: ComparePage) -> None:
    data, other = digits_dataset(), made_up()
    page.show_comparison(Comparison.of(stored(data, 1), stored(other, 2), data), STYLES)
    assert (page.first_weights.mosaic.n_tiles, page.second_weights.mosaic.n_tiles) == (30, 30)
    assert ("data set", data.name, "Made up") in page.differences.texts()
    assert counts(page) == ["Fixed", "Introduced", "Both wrong"]
    assert "different data sets" in page.both_wrong.mosaic.placeholder


def test_without_a_hidden_layer_the_output_weights_are_shown(page: ComparePage) -> None:
    data = digits_dataset()
    page.show_comparison(Comparison.of(stored(data, 1, ()), stored(data, 2), data), STYLES)
    assert (page.first_weights.title(), page.second_weights.title()) == ("Output weights", "Hidden weights")
    assert page.first_weights.mosaic.captions() == data.class_names


def test_a_run_without_weights_says_so(page: ComparePage) -> None:
    data = digits_dataset()
    page.show_comparison(Comparison.of(stored(data, 1), stored(data, 2, begun=False), data), STYLES)
    assert page.second_weights.mosaic.n_tiles == 0
    assert "no weights yet" in page.second_weights.mosaic.placeholder
    assert page.second_weights.status() == "Run 2"
    assert "No epoch of Run 2" in page.fixed.mosaic.placeholder


def test_another_data_set_takes_the_digits_away_and_lets_go_of_them(page: ComparePage) -> None:
    data = made_up()
    page.show_comparison(Comparison.of(stored(data, 1), stored(data, 2), data), STYLES)
    page.set_dataset(data)
    assert page.both_wrong.mosaic.n_tiles > 0
    pixels = weakref.ref(data.test.X)
    del data
    page.set_dataset(digits_dataset())
    assert page.both_wrong.mosaic.n_tiles == 0
    assert page.both_wrong.mosaic.placeholder.startswith("Open the data set Made up")
    assert page.first_weights.mosaic.n_tiles == 30
    gc.collect()
    assert pixels() is None


def test_the_empty_page_says_how_it_is_filled(page: ComparePage, full: ComparePage) -> None:
    full.clear()
    assert full.comparison is None
    assert not full.swap_button.isEnabled()
    for mosaic in (full.first_weights.mosaic, full.second_weights.mosaic, full.fixed.mosaic, full.both_wrong.mosaic):
        assert mosaic.n_tiles == 0
        assert "Choose two runs" in mosaic.placeholder


def test_it_fits_beside_the_controls_of_a_small_screen(full: ComparePage) -> None:
    assert full.comparison is not None
    second = full.comparison.second
    record = dataclasses.replace(second.record, name="W" * 200)
    long = dataclasses.replace(second, run=dataclasses.replace(second.run, record=record))
    full.show_comparison(dataclasses.replace(full.comparison, second=long), STYLES)
    hint = full.minimumSizeHint()
    assert hint.width() <= 880
    assert hint.height() <= 560


def test_every_panel_takes_the_theme(full: ComparePage) -> None:
    full.apply_theme(DARK)
    for panel in full.panels.values():
        assert panel.grab().toImage().pixelColor(panel.width() - 4, panel.height() // 2) == QColor(DARK.panel)
    chip = full.names[0].grab().toImage()
    seen = {chip.pixel(x, y) for x in range(chip.width()) for y in range(chip.height())}
    assert QColor(STYLES[1].colour(DARK)).rgb() in seen
