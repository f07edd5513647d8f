"""`DataOpener`: from a name, a file or a folder that the user chose to a data set that the network can learn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QMessageBox, QWidget

from mlp_core.datasets import (
    Collection,
    Dataset,
    Preparation,
    default_dataset,
    find_mnist,
    names,
    open_dataset,
    read_collection,
)
from mlp_core.datasets.catalogue import REMOTE_DATASETS, megabytes, remote_dataset
from mlp_core.datasets.class_folders import has_class_folders
from mlp_core.datasets.download import download
from mlp_core.datasets.family import find_downloaded
from mlp_core.datasets.files import exists, reading
from mlp_core.datasets.generated import generated_dataset, is_built
from mlp_core.datasets.image_folder import ImageFolder, survey_image_folder
from mlp_core.errors import TooLargeError
from mlp_core.progress import Progress
from mlp_viz.messages import Messages
from mlp_viz.run.background import Tasks
from mlp_viz.run.controller import RunController
from mlp_viz.theme import LIGHT, Theme
from mlp_viz.views.data_dialog import DataChoice, DataDialog, Found, name_of

DOWNLOADABLE: Final = tuple(remote.name for remote in REMOTE_DATASETS)
ASK_ABOVE: Final = 100_000_000  # bytes: a larger download is asked about first


@dataclass(frozen=True, slots=True)
class TooLarge:
    """What was found would not fit into memory."""

    path: str
    message: str
    fits: int


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A data set has come."""

    name: str
    title: str


class DataOpener(QObject):
    """Reads, downloads and draws data sets off the GUI thread, and asks the user what has to be asked.

    Parameters
    ----------
    controller : RunController
        Gets each data set that was opened.
    messages : Messages
    reading : Tasks
        For what training has to wait for.
    data_dir : Path or None
        Folder to look in first for a data set that is asked for by name.
    window : QWidget
        Over which the dialogs open.

    Attributes
    ----------
    fetching : Tasks
        Downloads, and draws the generated digits; training goes on beside it.
    dialog : DataDialog or None
        The one that is open.

    Signals
    -------
    opened(Dataset)
        The controller has this data set now.
    failed(str)
        A data set could not be opened; what happened and what to do.
    """

    opened = Signal(object)
    failed = Signal(str)

    def __init__(
        self,
        controller: RunController,
        messages: Messages,
        reading: Tasks,
        data_dir: Path | None,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._controller = controller
        self._messages = messages
        self._data_dir = data_dir
        self._window = window
        self._theme = LIGHT
        self._closed = False
        self._asked = False  # whether the user has chosen a data set
        self._as_it_is: Dataset | None = None  # the last one opened by name, prepared in no other way
        self.dialog: DataDialog | None = None
        self._reading = reading
        self.fetching = Tasks(self)

    def open_first(self, name: str | None, preparation: Preparation, *, wait: bool) -> None:
        """Open the data set that the program starts with.

        Parameters
        ----------
        name : str or None
            Name or path; None opens MNIST if it is here, and else the generated digits.
        preparation : Preparation
            How it is to be used.
        wait : bool
            Whether to wait for the generated digits where they have to be drawn first: a run is to begin at once.
            Otherwise the embedded digits are opened until they are there.
        """
        folder = self._data_dir
        as_it_is = preparation == Preparation()
        done = self._on_read if as_it_is else self._on_prepared
        if name:
            self._asked = True
            self._read(name, lambda progress: open_dataset(name, folder, preparation, progress), done)
        elif wait or not as_it_is:
            self._read("data", lambda progress: default_dataset(folder, preparation, progress), done)
        else:
            self._read("data", lambda progress: _at_hand(folder, progress), self._on_first_read)

    @Slot(str)
    def open(self, name_or_path: str) -> None:
        """Open a data set by name, after a download if it needs one, or look at a path and ask how to use it."""
        self._asked = True
        now = self._controller.dataset
        if name_or_path not in names():
            path = Path(name_or_path)
            self._read(path.name, lambda progress: _look_at(path, progress), self._on_looked_at)
        elif now is not None and now is self._as_it_is and now.key == name_or_path:
            self._messages.info(f"{now.name} is open already.")
        elif name_or_path in DOWNLOADABLE and find_downloaded(name_or_path, self._data_dir) is None:
            self._ask_and_download(name_or_path)
        else:
            self._open_named(name_or_path)

    @Slot()
    def prepare_again(self) -> None:
        """Ask how the open data set is to be split, scaled and cut down."""
        dataset = self._controller.dataset
        if dataset is not None:
            self._ask(Collection.of(dataset))

    @Slot()
    def open_embedded(self) -> None:
        """Open the data set that is always there."""
        self._open_named("digits")

    @Slot()
    def cancel(self) -> None:
        """Call off what is being read, downloaded or drawn."""
        if self._reading.busy:
            self._reading.cancel()
            if self._controller.dataset is None:
                self.open_embedded()
        elif self.fetching.busy:
            self.fetching.cancel()
            self._messages.info("Cancelled. What had come of a download is kept: the next one goes on from there.")

    def shutdown(self) -> None:
        """Begin nothing any more, and end what is being downloaded or drawn: the window closes."""
        self._closed = True
        self.fetching.shutdown()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme` for dialogs."""
        self._theme = theme
        if self.dialog is not None:
            self.dialog.apply_theme(theme)

    def _open_named(self, name: str) -> None:
        folder = self._data_dir
        self._read(name, lambda progress: open_dataset(name, folder, progress=progress), self._on_read)

    def _read(self, what: str, work: Callable[[Progress], object], succeeded: Callable[[Any], None]) -> None:
        self._reading.add(f"Reading {what}", work, succeeded, self._on_failed)

    @Slot(object)
    def _on_read(self, dataset: Dataset) -> None:
        self._as_it_is = dataset
        self._on_prepared(dataset)

    @Slot(object)
    def _on_prepared(self, dataset: Dataset) -> None:
        if not self._closed:  # it was under way when the window closed: nothing may begin any more
            self._controller.set_dataset(dataset)
            self.opened.emit(dataset)

    @Slot(object)
    def _on_first_read(self, dataset: Dataset) -> None:
        self._on_read(dataset)
        if dataset.key == "digits" and not self._closed:
            self.fetching.add("Drawing the generated digits", generated_dataset, self._on_drawn, self._on_failed)

    @Slot(object)
    def _on_drawn(self, dataset: Dataset) -> None:
        untouched = not self._asked and not self._controller.phase.active and not self._controller.history
        if untouched and not self._controller.weights:
            self._on_read(dataset)
        else:
            self._messages.info("The generated digits are drawn: Ctrl+2 opens them.")

    @Slot(str)
    def _on_failed(self, message: str) -> None:
        if not self._closed:
            self.failed.emit(message)

    # A path

    @Slot(object)
    def _on_looked_at(self, found: Found | TooLarge) -> None:
        if self._closed:
            return
        if isinstance(found, TooLarge):
            self._ask_for_fewer(found)
        else:
            self._ask(found)

    def _ask(self, found: Found) -> None:
        if self.dialog is not None:
            self.dialog.reject()
        dialog = DataDialog(found, self._theme, self._window)
        self.dialog = dialog
        dialog.finished.connect(self._on_dialog_closed)
        dialog.chosen.connect(lambda choice: self._use(found, choice))
        dialog.open()

    @Slot()
    def _on_dialog_closed(self) -> None:
        self.dialog = None

    def _use(self, found: Found, choice: DataChoice) -> None:
        self._read(name_of(found), lambda progress: _made(found, choice, progress), self._on_prepared)

    def _ask_for_fewer(self, found: TooLarge) -> None:
        question = f"{found.message}\n\nRead {found.fits:,} of them, evenly spaced?"
        self._question(question, lambda: self._read_fewer(found)) if found.fits else self._on_failed(found.message)

    def _read_fewer(self, found: TooLarge) -> None:
        path, fits = Path(found.path), found.fits
        self._read(path.name, lambda progress: _look_at(path, progress, fits), self._on_looked_at)

    # A download

    def _ask_and_download(self, name: str) -> None:
        remote = remote_dataset(name)
        if _downloading(remote.title) in self.fetching.titles:
            self._messages.info(f"{remote.title} is being downloaded already.")
        elif remote.n_bytes > ASK_ABOVE:
            size = megabytes(remote.n_bytes)
            self._question(f"{remote.title} is a download of {size} MB. Begin?", lambda: self._download(name))
        else:
            self._download(name)

    def _download(self, name: str) -> None:
        title = remote_dataset(name).title

        def work(progress: Progress) -> Downloaded:
            download(name, progress)
            return Downloaded(name, title)

        self.fetching.add(_downloading(title), work, self._on_downloaded, self._on_failed)

    @Slot(object)
    def _on_downloaded(self, downloaded: Downloaded) -> None:
        if self._closed:
            return
        if self._controller.phase.active:
            self._messages.info(f"{downloaded.title} is here. Open it from the Data menu when the run has ended.")
        else:
            self._open_named(downloaded.name)

    def _question(self, text: str, agreed: Callable[[], None]) -> None:
        box = QMessageBox(QMessageBox.Icon.Question, "mlp-viz", text, parent=self._window)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setStandardButtons(QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No)
        box.accepted.connect(agreed)
        box.open()


def _downloading(title: str) -> str:
    return f"Downloading {title}"


def _at_hand(data_dir: Path | None, progress: Progress) -> Dataset:
    """Return the data set to start with, as far as nothing has to be drawn first."""
    if data_dir is None and find_mnist() is None and not is_built():
        return open_dataset("digits")
    return default_dataset(data_dir, progress=progress)


def _look_at(path: Path, progress: Progress, at_most: int | None = None) -> Found | TooLarge:
    """Return what is at `path`, pictures not yet converted."""
    with reading(path):
        if exists(path) and has_class_folders(path):
            return survey_image_folder(path, progress)
    try:
        return read_collection(path, at_most=at_most, progress=progress)
    except TooLargeError as error:
        return TooLarge(str(path), str(error), error.fits)


def _made(found: Found, choice: DataChoice, progress: Progress) -> Dataset:
    """Return the data set that the user wants to be made of `found`."""
    if isinstance(found, ImageFolder):
        conversion = choice.conversion or found.suggested()
        found = found.read(conversion, at_most=choice.preparation.subset, progress=progress)
    return choice.preparation.apply(found)
