from __future__ import annotations

import pytest

from mlp_viz.views.class_words import all_short, image_word, percent


@pytest.mark.parametrize(
    ("names", "word", "short"),
    [
        (tuple("0123456789"), "digits", True),
        (("0", "1", "10"), "images", True),
        (("Shirt", "Bag"), "images", False),
        ((), "images", True),
    ],
)
def test_only_single_digits_are_called_digits(names: tuple[str, ...], word: str, short: bool) -> None:
    assert (image_word(names), all_short(names)) == (word, short)


def test_a_share_keeps_its_sign_beside_it() -> None:
    assert percent(0.97544) == "97.54\N{NO-BREAK SPACE}%"
