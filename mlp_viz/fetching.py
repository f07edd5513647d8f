"""`Fetcher`: downloads data sets and draws the generated digits, while the window trains on what is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, Signal, Slot

from mlp_core.datasets import Collection
from mlp_core.datasets.catalogue import remote_dataset
from mlp_core.datasets.download import download
from mlp_core.datasets.generated import generated_collection
from mlp_core.progress import Progress
from mlp_viz.run.background import Tasks

GENERATED: Final = "generated"


@dataclass(frozen=True, slots=True, eq=False)
class Fetched:
    """A data set that has come.

    Attributes
    ----------
    name, title : str
        What it is asked for by, and what it is called on the screen.
    collection : Collection or None
        The images, where there was no need to read them from a file.
    """

    name: str
    title: str
    collection: Collection | None = None


class Fetcher(QObject):
    """Fetches one data set after the other.

    Attributes
    ----------
    tasks : Tasks

    Signals
    -------
    fetched(Fetched)
    failed(str)
        What happened and what to do.
    """

    fetched = Signal(object)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tasks = Tasks(self)

    def title(self, name: str) -> str:
        """Return what the data set `name` is called on the screen."""
        return "Generated digits" if name == GENERATED else remote_dataset(name).title

    def fetches(self, name: str) -> bool:
        """Return whether the data set is being fetched, or waits for it."""
        return self._doing(name) in self.tasks.titles

    def fetch(self, name: str) -> bool:
        """Begin to fetch a data set, unless that is under way; return whether it was not."""
        if self.fetches(name):
            return False
        title = self.title(name)

        def draw(progress: Progress) -> Fetched:
            return Fetched(name, title, generated_collection(progress))

        def download_it(progress: Progress) -> Fetched:
            download(name, progress)
            return Fetched(name, title)

        work = draw if name == GENERATED else download_it
        self.tasks.add(self._doing(name), work, self._on_fetched, self._on_failed)
        return True

    def cancel(self) -> str:
        """Call off what is under way, and return what that means; an empty text if nothing is."""
        if not self.tasks.busy:
            return ""
        drawing = self.tasks.titles[0] == self._doing(GENERATED)
        self.tasks.cancel()
        if drawing:
            return "Cancelled. The Data menu draws the generated digits again."
        return "Cancelled. What had come is kept: the next download goes on from there."

    def shutdown(self) -> None:
        """End what is under way."""
        self.tasks.shutdown()

    def _doing(self, name: str) -> str:
        return "Drawing the generated digits" if name == GENERATED else f"Downloading {self.title(name)}"

    @Slot(object)
    def _on_fetched(self, fetched: Fetched) -> None:
        self.fetched.emit(fetched)

    @Slot(str)
    def _on_failed(self, message: str) -> None:
        self.failed.emit(message)
