"""The options that every benchmark takes."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import results


@dataclass(frozen=True, slots=True)
class Options:
    """What to do, and where to.

    Attributes
    ----------
    quick : bool
        Only try, within seconds, that the benchmark works: its figures mean nothing.
    out : Path
        The folder of the results.
    """

    quick: bool
    out: Path

    def arguments(self) -> list[str]:
        """Return the options as a command line has them."""
        return [*(["--quick"] if self.quick else []), "--out", str(self.out)]


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser of the options."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="only see that it works: little data, one repeat")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="for the results; a temporary one with --quick")
    return parser


def options(parsed: argparse.Namespace) -> Options:
    """Return what was parsed. A quick try is never left where the results are kept, unless asked to."""
    out = parsed.out or (Path(tempfile.mkdtemp(prefix="benchmarks-")) if parsed.quick else results.FOLDER)
    return Options(parsed.quick, out)


def parse(description: str | None, arguments: Sequence[str] | None) -> Options:
    """Return the options of a benchmark that has no others."""
    return options(parser(description).parse_args(arguments))
