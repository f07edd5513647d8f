from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mlp_core.datasets.array_names import Layout, Pair
from mlp_core.datasets.npy_format import Header
from mlp_core.datasets.stored_arrays import read_labelled
from mlp_core.errors import DataError
from mlp_core.progress import Progress, untold

HERE = Path("here")
IMAGES = np.arange(60 * 4, dtype=np.uint8).reshape(60, 2, 2)
LABELS = np.arange(60) % 3


class Arrays:
    """Arrays in memory that tell the order in which they are asked for."""

    def __init__(self, **arrays: NDArray[Any]) -> None:
        self.arrays = arrays
        self.asked: list[str] = []

    def header(self, name: str, *, texts: bool = False) -> Header:
        self.asked.append(f"header of {name}")
        return Header(self.arrays[name].shape, False, self.arrays[name].dtype)

    def read(
        self, name: str, rows: NDArray[np.intp] | None = None, progress: Progress = untold, *, texts: bool = False
    ) -> NDArray[Any]:
        self.asked.append(name)
        return self.arrays[name] if rows is None else self.arrays[name][rows]


LAYOUT = Layout({"train": Pair("X", "y"), "valid": Pair("Xv", "yv"), "test": Pair("Xt", "yt")}, "names")


def arrays(**changed: Any) -> Arrays:
    parts = {"X": IMAGES, "y": LABELS, "Xv": IMAGES[:10], "yv": LABELS[:10], "Xt": IMAGES[:20], "yt": LABELS[:20]}
    return Arrays(**{**parts, "names": np.array(["a", "b", "c"]), **changed})


def test_headers_come_first_and_each_split_is_kept_apart() -> None:
    stored = arrays()
    parts, names = read_labelled(HERE, stored, LAYOUT, None, untold)
    assert list(parts) == ["train", "valid", "test"]
    for part, n in zip(parts.values(), (60, 10, 20), strict=True):
        np.testing.assert_array_equal(part.images, IMAGES[:n])
        np.testing.assert_array_equal(part.labels, LABELS[:n])
    assert names == ["a", "b", "c"]
    assert all(asked.startswith("header") for asked in stored.asked[:6])


def test_each_lot_gets_its_share() -> None:
    parts, _ = read_labelled(HERE, arrays(), LAYOUT, 9, untold)
    assert [len(part.images) for part in parts.values()] == [6, 1, 2]
    for part in parts.values():
        np.testing.assert_array_equal(part.images, IMAGES[part.rows])


@pytest.mark.parametrize("names", [np.arange(3), np.array([["a", "b"]]), np.array([], str)])
def test_names_that_are_none_are_passed_over(names: NDArray[Any]) -> None:
    assert read_labelled(HERE, arrays(names=names), LAYOUT, None, untold)[1] is None


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"yt": LABELS[:19]}, "yt holds 19 labels, but Xt holds 20 images"),
        ({"y": np.int64(3)}, "y holds 1 labels"),
        ({"X": np.zeros((60, 5))}, "5 features"),
        ({"Xv": np.zeros((10, 3, 2))}, "images of X are 2×2 pixels, those of Xv 2×3"),
    ],
)
def test_nothing_is_read_where_headers_do_not_fit(changed: dict[str, Any], message: str) -> None:
    stored = arrays(**changed)
    with pytest.raises(DataError, match=message):
        read_labelled(HERE, stored, LAYOUT, None, untold)
    assert all(asked.startswith("header") for asked in stored.asked)
