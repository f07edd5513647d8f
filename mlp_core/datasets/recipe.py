"""How a data set is opened again: by a later start, by a script, or by a worker on another machine."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlp_core.datasets.picture import Conversion
from mlp_core.errors import DataError
from mlp_core.progress import Progress, untold

if TYPE_CHECKING:
    from mlp_core.datasets.collection import Collection
    from mlp_core.datasets.dataset import Dataset
    from mlp_core.datasets.preparation import Preparation


@dataclass(frozen=True, slots=True)
class Recipe:
    """Where the images come from, and what is made of them.

    Attributes
    ----------
    key : str
        The name or path that the data set was asked for by.
    preparation : Preparation
        How the images are split, scaled and cut down.
    conversion : Conversion or None
        How pictures become images of one size; None where there is nothing to convert.
    """

    key: str
    preparation: Preparation
    conversion: Conversion | None = None

    def absolute(self) -> Recipe:
        """Return the same, of use in another working folder too."""
        from mlp_core.datasets import names

        return self if self.key in names() else dataclasses.replace(self, key=str(Path(self.key).absolute()))

    def open(self, data_dir: Path | None = None, progress: Progress = untold) -> Dataset:
        """Return the data set: what `read` gives, prepared as before; it raises as `read` does."""
        return self.preparation.apply(self.read(data_dir, progress))

    def read(self, data_dir: Path | None = None, progress: Progress = untold) -> Collection:
        """Return the images as they are; nothing is downloaded for it.

        Parameters
        ----------
        data_dir : Path, optional
            Folder to look in first for a data set that is asked for by name.
        progress : callable
            See `mlp_core.progress`.

        Raises
        ------
        DataError
            If it is not here, or cannot be read.
        """
        from mlp_core.datasets import read_collection
        from mlp_core.datasets.image_folder import survey_image_folder

        at_most = self.preparation.subset
        if self.conversion is None:
            return read_collection(self.key, data_dir, at_most=at_most, progress=progress)
        folder = survey_image_folder(self.key, progress)
        return folder.read(self.conversion, self.key, at_most=at_most, progress=progress)

    def as_dict(self) -> dict[str, Any]:
        """Return the recipe as plain values that JSON can hold."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Recipe:
        """Return the recipe that `as_dict` gave.

        Raises
        ------
        DataError
            If it is none.
        """
        from mlp_core.datasets.preparation import Preparation

        try:
            conversion = values["conversion"]
            return cls(
                str(values["key"]),
                Preparation(**values["preparation"]),
                None if conversion is None else Conversion(**conversion),
            )
        except (KeyError, TypeError) as error:
            raise DataError("recipe", f"{error} is not understood. Choose the data set anew.") from error
