"""Words that views of classified images share: what the images are called, and how a share of them is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

SHORT: Final = 3  # letters of a class name that fits twice under a tile


def image_word(class_names: Sequence[str]) -> str:
    """Return ``digits`` if all classes are, else ``images``."""
    return "digits" if class_names and all(name.isdigit() and len(name) == 1 for name in class_names) else "images"


def all_short(class_names: Sequence[str]) -> bool:
    """Return whether the names of two classes fit under a small tile."""
    return all(len(name) <= SHORT for name in class_names)


def percent(share: float) -> str:
    """Return a fraction in per cent: ``97.54 %``."""
    return f"{100 * share:.2f}\N{NO-BREAK SPACE}%"
