from __future__ import annotations

import pytest

from mlp_core.datasets.wording import LONGEST_NAME, brief, for_terminal, listed, tidy_name


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


@pytest.mark.parametrize(
    ("label", "name"),
    [(7, "7"), ("a\nb\t c\x1b[31m", "a b c [31m"), ("  ", "(empty)"), ("\ud800x", "x"), ("é" * 50, "é" * 39 + "…")],
)
def test_names_are_fit_to_show(label: object, name: str) -> None:
    assert tidy_name(label) == name
    assert len(name) <= LONGEST_NAME


def test_a_list_of_names() -> None:
    assert listed([]) == "nothing"
    assert listed(["a\nb", "c" * 61]) == "a?b, " + "c" * 59 + "…"
    assert listed([str(n) for n in range(11)]) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …"


@pytest.mark.parametrize(
    ("text", "encoding", "shown"),
    [
        ("ev\x1b[2Jil\r\n.csv", "utf-8", r"ev\x1b[2Jil\r\n.csv"),
        ("é\ud800", None, r"é\ud800"),
        ("ü人", "latin-1", r"ü\u4eba"),
        ("x" * 500, "ascii", "x" * 500),
    ],
)
def test_what_a_terminal_gets(text: str, encoding: str | None, shown: str) -> None:
    assert for_terminal(text, encoding) == shown
