from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from mlp_viz.theme import DARK, LIGHT
from mlp_viz.widgets.chart import Chart
from mlp_viz.widgets.panel import ElidedLabel, Panel

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def panel(qtbot: QtBot) -> Panel:
    panel = Panel("Hidden weights")
    qtbot.addWidget(panel)
    panel.body.addWidget(QLabel("body"))
    panel.resize(300, 200)
    return panel


def test_title_and_status_are_shown_and_readable(panel: Panel) -> None:
    panel.set_status("epoch 37 · 100 units")
    assert (panel.title(), panel.status()) == ("Hidden weights", "epoch 37 · 100 units")
    title = panel.findChild(QLabel, "panelTitle")
    assert isinstance(title, QLabel)
    assert title.font().bold()
    assert title.font().pointSizeF() >= 11
    panel.set_title("Output weights")
    assert panel.accessibleName() == title.text() == "Output weights"


def test_a_long_status_does_not_widen_the_panel(panel: Panel) -> None:
    before = panel.minimumSizeHint().width()
    panel.set_status("a very long status " * 20)
    assert panel.minimumSizeHint().width() == before


def test_a_label_without_room_tells_all_in_its_tooltip(qtbot: QtBot) -> None:
    label = ElidedLabel()
    qtbot.addWidget(label)
    label.set_text("min −0.31  max 0.42")
    assert label.text() == label.toolTip() == "min −0.31  max 0.42"
    label.set_text("class: <b>cat</b>")
    assert label.text() == "class: <b>cat</b>"
    assert "&lt;b&gt;cat&lt;/b&gt;" in label.toolTip()


def test_the_theme_colours_the_panel(panel: Panel) -> None:
    for theme in (LIGHT, DARK):
        panel.apply_theme(theme)
        assert panel.grab().toImage().pixel(150, 150) == QColor(theme.panel).rgb()


def test_the_saved_picture_is_the_panel(panel: Panel, tmp_path: Path) -> None:
    path = tmp_path / "weights.png"
    panel.save_picture(path)
    assert QImage(str(path)).convertToFormat(QImage.Format.Format_RGB32) == panel.grab().toImage().convertToFormat(
        QImage.Format.Format_RGB32
    )


def test_the_saved_drawing_has_letters_as_text_and_its_own_size(panel: Panel, tmp_path: Path) -> None:
    panel.save_picture(tmp_path / "weights.SVG")
    root = ElementTree.parse(tmp_path / "weights.SVG").getroot()
    assert root.attrib["viewBox"] == "0 0 300 200"
    texts = {"".join(text.itertext()).strip() for text in root.iter(f"{SVG}text")}
    assert {"Hidden weights", "body"} <= texts


def test_curves_are_drawn_as_lines_and_stay_within_their_plot(qtbot: QtBot, tmp_path: Path) -> None:
    panel, chart = Panel("Cost J"), Chart("epoch", "cost J")
    qtbot.addWidget(panel)
    panel.body.addWidget(chart)
    panel.resize(400, 300)
    chart.set_frame((100.0, 0.0, 1.0, [], []))
    curve = chart.add_curve()
    curve.setPen("#c94f00", width=2)
    x = np.arange(101.0)
    curve.setData(x, np.where(x < 50, 0.5 + 0.1 * np.sin(x), 1000))
    with qtbot.waitExposed(panel):
        panel.show()
    panel.save_picture(tmp_path / "cost.svg")
    root = ElementTree.parse(tmp_path / "cost.svg").getroot()
    assert not list(root.iter(f"{SVG}image"))
    clipped = [group for group in root.iter(f"{SVG}g") if group.get("clip-path")]
    colours = [
        group.get("stroke")
        for clip in clipped
        for group in clip.iter(f"{SVG}g")
        if list(group.iter(f"{SVG}path")) or list(group.iter(f"{SVG}polyline"))
    ]
    assert "#c94f00" in colours


def test_a_folder_that_does_not_exist_is_named(panel: Panel, tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "weights.png"
    with pytest.raises(OSError, match="nowhere") as caught:
        panel.save_picture(path)
    assert caught.value.filename == str(path)


def test_the_menu_saves_and_adds_the_suffix(
    panel: Panel, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    menu = panel.context_menu()
    with qtbot.waitSignal(panel.saved) as saved:
        menu.actions()[0].trigger()
    assert saved.args == [str(tmp_path / "mine.png")]
    assert not QImage(str(tmp_path / "mine.png")).isNull()
    menu.close()


def test_a_failure_is_told_with_the_path(
    panel: Panel, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "nowhere" / "mine.png")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (path, ""))
    with qtbot.waitSignal(panel.saveFailed) as failed:
        panel.ask_and_save()
    assert failed.args is not None
    assert path in failed.args[0]
    assert "Choose another folder" in failed.args[0]


def test_a_dialog_that_was_cancelled_saves_nothing(panel: Panel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    with qtbot.assertNotEmitted(panel.saved), qtbot.assertNotEmitted(panel.saveFailed):
        panel.ask_and_save()
