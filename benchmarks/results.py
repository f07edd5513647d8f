"""What a benchmark found: rows for people, targets, and the machine it ran on; kept as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.machine import describe_machine

FOLDER: Final = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Spread:
    """Repeated measurements of one thing, in the unit that `unit` names.

    Attributes
    ----------
    values : tuple of float
        In the order measured.
    unit : str
    """

    values: tuple[float, ...]
    unit: str

    @property
    def median(self) -> float:
        """The middle value."""
        return median(self.values)

    @property
    def low(self) -> float:
        """The smallest value."""
        return min(self.values)

    @property
    def high(self) -> float:
        """The largest value."""
        return max(self.values)


@dataclass(frozen=True, slots=True)
class Target:
    """What was to be reached, beside what was.

    Attributes
    ----------
    what : str
    bound : float
    at_most : bool
        Whether the bound is an upper one; else a lower one.
    measured : float
    unit : str
        Empty for a ratio.
    """

    what: str
    bound: float
    at_most: bool
    measured: float
    unit: str = ""

    @property
    def met(self) -> bool:
        """Whether the measured value is on the right side of the bound."""
        return self.measured <= self.bound if self.at_most else self.measured >= self.bound


def save(name: str, rows: dict[str, Any], targets: Sequence[Target], quick: bool, folder: Path | None = None) -> Path:
    """Write the results of the benchmark `name` as JSON, with the machine described; return the file.

    Parameters
    ----------
    rows : dict
        Whatever JSON can hold; the benchmark itself reads it again to draw and print.
    quick : bool
        Whether it only tried that the benchmark works: such figures mean nothing.
    folder : Path, optional
        By default `FOLDER`.
    """
    folder = folder or FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    told = [{**asdict(target), "met": target.met} for target in targets]
    content = {"benchmark": name, "quick": quick, "machine": describe_machine(), "targets": told, "rows": rows}
    path = folder / f"{name}.json"
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
