"""``python -m benchmarks``: all benchmarks or those named, one after the other; then what was to be reached."""

from __future__ import annotations

import importlib
import json
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks import report, results
from benchmarks.options import options, parser
from benchmarks.tables import targets_table

NAMES: Final = (
    "training_speed",
    "update_profile",
    "scaling",
    "responsiveness",
    "sweep",
    "fidelity",
    "generated_digits",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks, each of which saves its results; return 1 if one failed, whatever the others did."""
    choices = parser(__doc__)
    choices.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all by default")
    parsed = choices.parse_args(arguments)
    if unknown := set(parsed.names) - set(NAMES):
        choices.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    chosen = options(parsed)
    names = [name for name in NAMES if name in (parsed.names or NAMES)]
    failed, reached = [], []
    for name in names:
        path = chosen.out / f"{name}.json"
        old = _written(path)
        if not _run(name, chosen.arguments()):
            failed.append(name)
        elif _written(path) != old:  # else it was skipped
            reached += json.loads(path.read_text(encoding="utf-8"))["targets"]
    print(f"\n## what was to be reached{' (a quick try: the figures mean nothing)' if chosen.quick else ''}\n")
    print(targets_table(reached))
    print(f"\nresults in {chosen.out}")
    for name in failed:
        print(f"failed: {name}; what it said is above")
    if not chosen.quick and chosen.out == results.FOLDER:
        report.main([])
    return 1 if failed else 0


def _run(name: str, arguments: Sequence[str]) -> bool:
    """Run one benchmark, and say whether it came to its end."""
    print(f"\n## {name}\n", flush=True)
    try:
        benchmark = importlib.import_module(f"benchmarks.{name}")  # only now: one that is broken fails alone
        return bool(benchmark.main(arguments) == 0)
    except Exception:
        traceback.print_exc()
        return False


def _written(path: Path) -> int | None:
    return path.stat().st_mtime_ns if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
