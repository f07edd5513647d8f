from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from mlp_viz.widgets.save_dialog import ask_file_to_save

PNG, SVG = "PNG picture (*.png)", "SVG drawing (*.svg)"


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    return widget


@pytest.mark.parametrize(
    ("name", "kind", "chosen"),
    [
        ("mine.png", SVG, "mine.png"),
        ("mine.SVG", PNG, "mine.SVG"),
        ("mine", SVG, "mine.svg"),
        ("mine", "", "mine.png"),
        ("eta 0.001", PNG, "eta 0.001.png"),
    ],
)
def test_the_names_ending_chooses_and_a_missing_one_is_added(
    parent: QWidget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str, chosen: str
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / name), kind))
    assert ask_file_to_save(parent, "Save", "panel.png", f"{PNG};;{SVG}") == tmp_path / chosen


def test_a_file_that_only_the_added_ending_names_is_not_replaced_unasked(
    parent: QWidget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.svg"
    path.touch()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), SVG))
    asked: list[str] = []
    answers = iter((QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes))

    def answer(_parent: QWidget, _title: str, question: str) -> QMessageBox.StandardButton:
        asked.append(question)
        return next(answers)

    monkeypatch.setattr(QMessageBox, "question", answer)
    assert ask_file_to_save(parent, "Save", "panel.png", f"{PNG};;{SVG}") is None
    assert ask_file_to_save(parent, "Save", "panel.png", f"{PNG};;{SVG}") == path
    assert str(path) in asked[0]


def test_a_dialog_that_was_cancelled_chooses_nothing(parent: QWidget, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    assert ask_file_to_save(parent, "Save", "panel.png", PNG) is None
