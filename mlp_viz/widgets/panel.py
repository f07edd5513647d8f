"""A panel: a frame with a title, a status at its right, and a body."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import QBuffer, QIODevice, QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QContextMenuEvent, QFont, QPainter, QPaintEvent
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QSizePolicy, QVBoxLayout, QWidget

from mlp_viz.theme import LIGHT, UNIT, Theme
from mlp_viz.widgets.plain_tip import plain_tip
from mlp_viz.widgets.save_dialog import ask_file_to_save

TITLE_POINTS: Final = 12.0
TEXT_POINTS: Final = 11.0
PICTURES: Final = "PNG picture (*.png);;SVG drawing (*.svg)"
SVG_RESOLUTION: Final = 96  # dots an inch: CSS pixels


class ElidedLabel(QLabel):
    """A line of plain text that ends in an ellipsis where there is no room, and then tells all in its tooltip."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        """Return the height of a line, and hardly any width."""
        return QSize(4 * UNIT, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw as much of the text as there is room for."""
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), self.alignment() | Qt.TextFlag.TextSingleLine, shown)
        painter.end()

    def set_text(self, text: str) -> None:
        """Show `text`."""
        if text != self.text():
            self.setText(text)
            self.setToolTip(plain_tip(text))


class Panel(QFrame):
    """A titled panel; its context menu saves it as a picture, PNG or SVG.

    Parameters
    ----------
    title : str

    Attributes
    ----------
    header : QHBoxLayout
        Title and status.
    body : QVBoxLayout
        Where the content goes.
    theme : Theme
        The colours in use.
    saved : Signal(str)
        The panel was saved from its menu; the file's path.
    saveFailed : Signal(str)
        The panel could not be saved from its menu; what happened and what to do.
    """

    saved = Signal(str)
    saveFailed = Signal(str)

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.theme = LIGHT
        self._title = QLabel(title)
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._title.setObjectName("panelTitle")
        self._status = ElidedLabel()
        self._status.setObjectName("panelStatus")
        self._status.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        set_points(self._title, TITLE_POINTS, bold=True)
        set_points(self._status, TEXT_POINTS)
        self.setAccessibleName(title)

        self.header = QHBoxLayout()
        self.header.setSpacing(UNIT)
        self.header.addWidget(self._title)
        self.header.addWidget(self._status, 1)
        self.body = QVBoxLayout()
        self.body.setSpacing(UNIT // 2)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(UNIT, UNIT // 2, UNIT, UNIT // 2)
        outer.setSpacing(UNIT // 2)
        outer.addLayout(self.header)
        outer.addLayout(self.body, 1)
        Panel.apply_theme(self, LIGHT)

    def title(self) -> str:
        """Return the title."""
        return self._title.text()

    def set_title(self, title: str) -> None:
        """Change the title."""
        self._title.setText(title)
        self.setAccessibleName(title)

    def status(self) -> str:
        """Return the text at the right of the title."""
        return self._status.text()

    def set_status(self, text: str) -> None:
        """Show `text` at the right of the title."""
        self._status.set_text(text)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self.theme = theme
        self.setStyleSheet(
            f"#panel {{ background: {theme.panel}; border: 1px solid {theme.line}; border-radius: {UNIT // 2}px; }}"
            f"#panel QLabel {{ color: {theme.text}; background: transparent; }}"
            f"#panel #panelStatus, #panel #panelReadout {{ color: {theme.muted}; }}"
        )

    def save_picture(self, path: Path | str) -> None:
        """Save the panel as it looks now: as an SVG drawing if the name ends so, else as a PNG picture.

        Raises
        ------
        OSError
            If the file cannot be written; its `filename` is the path.
        """
        path = Path(path)
        picture = self._svg() if path.suffix.lower() == ".svg" else self._png()
        try:
            path.write_bytes(picture)
        except OSError as error:  # a full disk names no file
            raise OSError(error.errno, error.strerror, str(path)) from error

    def _png(self) -> bytes:
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        if not self.grab().save(buffer, "PNG"):
            raise OSError(f"{self.title()} could not be turned into a PNG picture")
        return bytes(buffer.data().data())

    def _svg(self) -> bytes:
        """Return the panel as drawing commands: curves and letters stay sharp, images stay pixels."""
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        # The default, SVG Tiny, cannot clip: curves would run out of their plots.
        generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
        generator.setOutputDevice(buffer)
        generator.setResolution(SVG_RESOLUTION)
        generator.setSize(self.size())
        generator.setViewBox(self.rect())
        generator.setTitle(self.title())
        painter = QPainter(generator)
        self.render(painter, QPoint())
        painter.end()
        return bytes(buffer.data().data())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer to save the panel."""
        menu = self.context_menu()
        menu.popup(event.globalPos())

    def context_menu(self) -> QMenu:
        """Return a menu that deletes itself once it is closed."""
        menu = QMenu(self)
        set_points(menu, TEXT_POINTS)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Save as picture\N{HORIZONTAL ELLIPSIS}").triggered.connect(self.ask_and_save)
        return menu

    @Slot()
    def ask_and_save(self) -> None:
        """Ask for a file, and save the panel to it."""
        proposal = f"{self.title().lower().replace(' ', '-')}.png"
        path = ask_file_to_save(self, f"Save {self.title()}", proposal, PICTURES)
        if path is None:
            return
        try:
            self.save_picture(path)
        except OSError as error:
            reason = error.strerror or str(error)
            self.saveFailed.emit(f"The picture could not be saved to {path}: {reason}. Choose another folder.")
        else:
            self.saved.emit(str(path))


def set_points(widget: QWidget, points: float, bold: bool = False) -> None:
    """Give `widget` a font of at least so many points."""
    font = QFont(widget.font())
    font.setPointSizeF(max(font.pointSizeF(), points))
    font.setBold(bold)
    widget.setFont(font)
