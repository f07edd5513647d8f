"""Tables that read well both in a terminal and as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; the first column is for words, the others are set to the right."""
    lines = [list(header), *map(list, rows)]
    widths = [max(3, *map(len, column)) for column in zip(*lines, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    padded = [[line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in [padded[0], rule, *padded[1:]])


def targets_table(targets: Iterable[Mapping[str, Any]]) -> str:
    """Return what was to be reached beside what was, from targets as `results.save` keeps them."""
    return table(
        ("what", "to reach", "measured", "met"),
        (
            (
                target["what"],
                f"{'≤' if target['at_most'] else '≥'} {number(target['bound'])} {target['unit'] or '×'}",
                f"{number(target['measured'])} {target['unit'] or '×'}",
                "yes" if target["met"] else "no",
            )
            for target in targets
        ),
    )


def number(value: float) -> str:
    """Return a number with three digits that count: 0.0312, 1.25, 40.1, 512."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
