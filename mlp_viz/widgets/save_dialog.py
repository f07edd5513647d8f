"""Asks for the file to save something to."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget


def ask_file_to_save(parent: QWidget, title: str, proposal: str, kind: str) -> Path | None:
    """Return the file that the user chose, or None.

    A name without the proposal's suffix gets it; if such a file exists already, which the dialog
    could not know, the user is asked whether to replace it.
    """
    name, _ = QFileDialog.getSaveFileName(parent, title, proposal, kind)
    if not name:
        return None
    path, suffix = Path(name), Path(proposal).suffix
    if path.suffix.lower() == suffix:
        return path
    path = path.with_name(path.name + suffix)
    if path.exists():
        question = f"{path} exists already. Replace it?"
        if QMessageBox.question(parent, title, question) != QMessageBox.StandardButton.Yes:
            return None
    return path
