"""`DataOpener`: from a name, a file or a folder that the user chose to a data set that the network can learn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QMessageBox, QWidget

from mlp_core.datasets import Collection, Dataset, Preparation, default_name, names, path_source, read_collection
from mlp_core.datasets.catalogue import REMOTE_DATASETS, megabytes, remote_dataset
from mlp_core.datasets.family import find_downloaded
from mlp_core.datasets.generated import is_built
from mlp_core.datasets.image_folder import ImageFolder, image_folder_collection, survey_image_folder
from mlp_core.datasets.recipe import Recipe
from mlp_core.errors import DataError, TooLargeError
from mlp_core.progress import Progress
from mlp_core.runs.record import DatasetReference
from mlp_viz.fetching import Fetched, Fetcher
from mlp_viz.messages import Messages
from mlp_viz.run.background import Tasks
from mlp_viz.run.controller import RunController
from mlp_viz.theme import LIGHT, Theme
from mlp_viz.views.actions import keys_of
from mlp_viz.views.data_dialog import DataChoice, DataDialog, Found, name_of

DOWNLOADABLE: Final = tuple(remote.name for remote in REMOTE_DATASETS)
ASK_ABOVE: Final = 100_000_000  # bytes: a larger download is asked about first
AS_IT_IS: Final = Preparation()


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A data set, what it was made of, and how."""

    collection: Collection
    preparation: Preparation
    dataset: Dataset

    @classmethod
    def of(cls, collection: Collection, preparation: Preparation) -> Opened:
        """Prepare `collection`."""
        dataset = preparation.apply(collection)
        dataset.fingerprint()  # computed here, it is at hand when a run begins
        return cls(collection, preparation, dataset)


@dataclass(frozen=True, slots=True)
class TooLarge:
    """What was found would not fit into memory."""

    name_or_path: str
    message: str
    fits: int


@dataclass(frozen=True, slots=True)
class Damaged:
    """A data set that was downloaded cannot be opened."""

    name: str
    message: str


class DataOpener(QObject):
    """Reads data sets off the GUI thread, and asks the user what has to be asked.

    What was fetched opens by itself only if nothing was begun or chosen since it was asked for: nobody loses a run, and
    no set is put in the place of another that was chosen meanwhile.

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
    fetcher : Fetcher
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
        self._reading = reading
        self._data_dir = data_dir
        self._window = window
        self._theme = LIGHT
        self._closed = False
        self._deeds = 0  # what the user has begun or chosen so far
        self._wished: dict[str, int] = {}  # name of what is fetched, and the deeds when it was last asked for
        self._open: Opened | None = None
        self.dialog: DataDialog | None = None
        self.fetcher = Fetcher(self)
        self.fetcher.fetched.connect(self._on_fetched)
        self.fetcher.failed.connect(self._on_failed)
        controller.runStarted.connect(self._count_deed)
        controller.modelShown.connect(self._count_deed)

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
        folder, may_stand_in = self._data_dir, not (name or wait) and preparation == AS_IT_IS

        def work(progress: Progress) -> Opened:
            first = name or default_name(folder)
            if first == "generated" and may_stand_in and not is_built():
                first = "digits"
            return Opened.of(read_collection(first, folder, at_most=preparation.subset, progress=progress), preparation)

        self._read(name or "data", work, self._on_first_opened if may_stand_in else self._on_opened)

    @Slot(str)
    def open(self, name_or_path: str) -> None:
        """Open a data set by name, fetched first if it is not here, or look at a path and ask how to use it."""
        self._count_deed()
        if name_or_path not in names():
            self._look_at(Path(name_or_path))
        elif self._is_open(name_or_path):
            self._messages.info(f"{self._controller.dataset.name} is open already.")  # type: ignore[union-attr]
        elif name_or_path in DOWNLOADABLE and find_downloaded(name_or_path, self._data_dir) is None:
            self._ask_and_fetch(name_or_path)
        elif name_or_path == "generated" and not is_built():
            self._fetch(name_or_path)
        else:
            self._open_named(name_or_path, AS_IT_IS)

    def open_again(self, reference: DatasetReference, then: Callable[[], None]) -> None:
        """Open the data set that a stored run was trained on, and call `then` when it is open."""
        now, folder = self._controller.dataset, self._data_dir
        if now is not None and now.fingerprint() == reference.fingerprint:
            then()
            return
        self._count_deed()
        self._read(
            reference.name, lambda progress: (_read_again(reference, folder, progress), then), self._on_opened_again
        )

    def open_recipe(self, recipe: Recipe) -> None:
        """Open the data set that settings were copied with."""
        if recipe.key in names() and recipe.preparation == AS_IT_IS:
            self.open(recipe.key)  # it may have to be fetched first
            return
        self._count_deed()
        folder = self._data_dir
        self._read(
            recipe.key,
            lambda progress: Opened.of(recipe.read(folder, progress), recipe.preparation),
            self._on_opened,
        )

    @Slot()
    def prepare_again(self) -> None:
        """Ask how the open data set is to be split, scaled and cut down."""
        if self._open is not None and self._open.dataset is self._controller.dataset:
            self._count_deed()
            self._ask(self._open.collection, self._open.preparation)

    @Slot()
    def open_embedded(self) -> None:
        """Open the data set that is always there."""
        self._open_named("digits", AS_IT_IS)

    @Slot()
    def cancel(self) -> None:
        """Call off what is being read, downloaded or drawn."""
        if self._reading.busy:
            self._reading.cancel()
            if self._controller.dataset is None:
                self.failed.emit("Reading was called off. The embedded digits are open instead.")
        elif told := self.fetcher.cancel():
            self._messages.info(told)

    @Slot()
    def stop(self) -> None:
        """Begin nothing any more, whatever may still arrive: the window is about to close."""
        self._closed = True

    def shutdown(self) -> None:
        """End what is being fetched."""
        self.stop()
        self.fetcher.shutdown()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme` for dialogs."""
        self._theme = theme
        if self.dialog is not None:
            self.dialog.apply_theme(theme)

    @Slot()
    def _count_deed(self) -> None:
        self._deeds += 1

    def _is_open(self, name: str) -> bool:
        now = self._open
        return (
            now is not None
            and now.dataset is self._controller.dataset
            and (now.collection.key, now.preparation) == (name, AS_IT_IS)
        )

    # Reading

    def _read(self, what: str, work: Callable[[Progress], object], succeeded: Callable[[Any], None]) -> None:
        self._reading.add(f"Reading {what}", work, succeeded, self._on_failed)

    def _open_named(self, name: str, preparation: Preparation) -> None:
        folder = self._data_dir
        self._read(name, lambda progress: _read_named(name, folder, preparation, progress), self._on_named_read)

    @Slot(object)
    def _on_named_read(self, read: Opened | TooLarge | Damaged) -> None:
        if isinstance(read, TooLarge):
            self._ask_for_fewer(read)
        elif isinstance(read, Damaged):
            self._question(
                f"{read.message}\n\nDownload it again?", "&Download", lambda: self._fetch(read.name), read.message
            )
        else:
            self._on_opened(read)

    @Slot(object)
    def _on_opened(self, opened: Opened) -> None:
        if self._closed or self._controller.phase.active:  # it was on its way already when that began
            return
        self._open = opened
        self._controller.set_dataset(opened.dataset)
        self.opened.emit(opened.dataset)

    @Slot(object)
    def _on_opened_again(self, read: tuple[Opened, Callable[[], None]]) -> None:
        opened, then = read
        self._on_opened(opened)
        if self._controller.dataset is opened.dataset:
            then()
        elif not self._closed:
            self._messages.error("A run was begun meanwhile: stop it first.")

    @Slot(object)
    def _on_first_opened(self, opened: Opened) -> None:
        self._on_opened(opened)
        if opened.collection.key == "digits" and not self._closed:
            self._wished["generated"] = self._deeds
            self.fetcher.fetch("generated")

    @Slot(str)
    def _on_failed(self, message: str) -> None:
        if not self._closed:
            self.failed.emit(message)

    # A path

    def _look_at(self, path: Path, at_most: int | None = None) -> None:
        self._read(path.name, lambda progress: _looked_at(path, progress, at_most), self._on_looked_at)

    @Slot(object)
    def _on_looked_at(self, found: Found | TooLarge) -> None:
        if isinstance(found, TooLarge):
            self._ask_for_fewer(found)
        else:
            self._ask(found, AS_IT_IS)

    def _ask(self, found: Found, preparation: Preparation) -> None:
        if self._closed:
            return
        if self.dialog is not None:
            self.dialog.reject()
        dialog = DataDialog(found, preparation, self._theme, self._window)
        self.dialog = dialog
        dialog.finished.connect(self._on_dialog_closed)
        dialog.chosen.connect(lambda choice: self._use(found, choice))
        dialog.open()

    @Slot()
    def _on_dialog_closed(self) -> None:
        self.dialog = None

    def _use(self, found: Found, choice: DataChoice) -> None:
        self._count_deed()
        self._read(name_of(found), lambda progress: _made(found, choice, progress), self._on_opened)

    # Fetching

    def _ask_and_fetch(self, name: str) -> None:
        remote = remote_dataset(name)
        if remote.n_bytes > ASK_ABOVE and not self.fetcher.fetches(name):
            size = megabytes(remote.n_bytes)
            self._question(f"{remote.title} is a download of {size} MB.", "&Download", lambda: self._fetch(name))
        else:
            self._fetch(name)

    def _fetch(self, name: str) -> None:
        self._wished[name] = self._deeds
        if not self.fetcher.fetch(name):
            self._messages.info(f"{self.fetcher.title(name)}: on the way already. It opens when it is here.")

    @Slot(object)
    def _on_fetched(self, fetched: Fetched) -> None:
        if self._closed:
            return
        busy = self._controller.phase.active or self._reading.busy or self.dialog is not None
        if busy or self._wished.get(fetched.name) != self._deeds:
            self._messages.info(f"{fetched.title}: here now. {keys_of(fetched.name)} opens it.")
        elif fetched.collection is not None:
            collection = fetched.collection
            self._read(fetched.name, lambda _progress: Opened.of(collection, AS_IT_IS), self._on_opened)
        else:
            self._open_named(fetched.name, AS_IT_IS)

    # Questions

    def _ask_for_fewer(self, found: TooLarge) -> None:
        def read_fewer() -> None:
            if found.name_or_path in names():
                self._open_named(found.name_or_path, Preparation(subset=found.fits))
            else:
                self._look_at(Path(found.name_or_path), found.fits)

        if found.fits:
            self._question(f"{found.message}\n\nRead {found.fits:,} of them?", "&Read", read_fewer, found.message)
        else:
            self._on_failed(found.message)

    def _question(self, text: str, yes: str, agreed: Callable[[], None], refused: str = "") -> None:
        """Ask; a refusal tells `refused`, if there is nothing else to tell what is so."""
        if self._closed:
            return
        box = QMessageBox(QMessageBox.Icon.Question, "mlp-viz", text, parent=self._window)
        box.setTextFormat(Qt.TextFormat.PlainText)  # a path may look like HTML
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(box.addButton("&Not now", QMessageBox.ButtonRole.RejectRole))
        box.accepted.connect(agreed)
        if refused:
            box.rejected.connect(lambda: self._on_failed(refused))
        box.open()


def _read_named(
    name: str, data_dir: Path | None, preparation: Preparation, progress: Progress
) -> Opened | TooLarge | Damaged:
    try:
        collection = read_collection(name, data_dir, at_most=preparation.subset, progress=progress)
        return Opened.of(collection, preparation)
    except TooLargeError as error:
        return TooLarge(name, str(error), error.fits)
    except DataError as error:
        if name in DOWNLOADABLE and find_downloaded(name, data_dir) == remote_dataset(name).folder:
            return Damaged(name, str(error))
        raise


def _read_again(reference: DatasetReference, data_dir: Path | None, progress: Progress) -> Opened:
    opened = Opened.of(reference.recipe.read(data_dir, progress), reference.recipe.preparation)
    if opened.dataset.fingerprint() != reference.fingerprint:
        raise DataError(
            reference.recipe.key,
            "it does not hold the same images any more as when the run was trained on it. Its curves can still be "
            "compared, on the page of the runs.",
        )
    return opened


def _looked_at(path: Path, progress: Progress, at_most: int | None) -> Found | TooLarge:
    """Return what is at `path`, pictures not yet converted."""
    if path_source(path).read is image_folder_collection:
        return survey_image_folder(path, progress)
    try:
        return read_collection(path, at_most=at_most, progress=progress)
    except TooLargeError as error:
        return TooLarge(str(path), str(error), error.fits)


def _made(found: Found, choice: DataChoice, progress: Progress) -> Opened:
    """Return the data set that the user wants to be made of `found`."""
    if isinstance(found, ImageFolder):
        conversion = choice.conversion or found.suggested()
        found = found.read(conversion, at_most=choice.preparation.subset, progress=progress)
    return Opened.of(found, choice.preparation)
