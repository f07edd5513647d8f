"""Where the files are that come with the project: in the wheel, or in the repository it is run from."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource_path(name: str) -> Path:
    """Return the path of a file or folder that comes with the project.

    Parameters
    ----------
    name : str
        Path inside the resources, with forward slashes: ``digits/digits.npz``.

    Returns
    -------
    Path
        The path in the installed package if it carries resources, else in the repository. It need not exist.
    """
    packed = _PACKAGE / "_resources"
    return (packed if packed.is_dir() else _PACKAGE.parent / "resources") / name
