"""Asks for the file to save something to."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget


def ask_file_to_save(parent: QWidget, title: str, proposal: str, kinds: str) -> Path | None:
    """Return the file that the user chose, or None.

    A name without a suffix of `kinds` gets that of the chosen kind, or else the proposal's; if such a file exists
    already, which the dialog could not know, the user is asked whether to replace it.

    Parameters
    ----------
    parent : QWidget
    title, proposal : str
        Of the dialog, and the name that it begins with.
    kinds : str
        As Qt has them: ``PNG picture (*.png);;SVG drawing (*.svg)``.
    """
    name, kind = QFileDialog.getSaveFileName(parent, title, proposal, kinds)
    if not name:
        return None
    path = Path(name)
    if path.suffix.lower() in _suffixes(kinds):
        return path
    path = path.with_name(path.name + (_suffixes(kind) or [Path(proposal).suffix])[0])
    if path.exists():
        question = f"{path} exists already. Replace it?"
        if QMessageBox.question(parent, title, question) != QMessageBox.StandardButton.Yes:
            return None
    return path


def _suffixes(kinds: str) -> list[str]:
    return re.findall(r"\*(\.\w+)", kinds)
