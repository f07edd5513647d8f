from __future__ import annotations

import pytest

from mlp_core.datasets.wording import brief


@pytest.mark.parametrize(
    ("thing", "text"),
    [
        ((1, 2), "(1, 2)"),
        (ValueError("a\nb\x1b\ud800"), "a?b??"),
        (b"ab\x00\x00\xffc", "b'ab…c'"),
        (f"no node: {object()}", "no node: …"),
        ("x" * 100, "x" * 100),
        ("x" * 101, "x" * 99 + "…"),
        ("", ""),
    ],
)
def test_one_short_line(thing: object, text: str) -> None:
    assert brief(thing) == text
