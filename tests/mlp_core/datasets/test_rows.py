from __future__ import annotations

import io

import numpy as np
import pytest

from mlp_core.datasets.rows import n_kept, read_rows, shared_out, spaced
from mlp_core.progress import Cancelled


@pytest.mark.parametrize(("n", "at_most"), [(1, 1), (10, 1), (10, 3), (10, 10), (10, 99), (1_000_003, 1000)])
def test_one_sample_of_each_stretch(n: int, at_most: int) -> None:
    rows = spaced(n, at_most)
    k = min(n, at_most)
    assert len(rows) == k
    borders = [at * n // k for at in range(k + 1)]
    assert (borders[:-1] <= rows).all()
    assert (rows < borders[1:]).all()
    np.testing.assert_array_equal(rows, spaced(n, at_most))


def test_the_draw_is_the_same_on_every_system() -> None:
    assert spaced(100, 8).tolist() == [5, 23, 33, 46, 61, 67, 75, 87]
    rows = spaced(70_000, 60_000)  # their product is beyond 32 bits
    assert rows.dtype == np.dtype(np.intp)
    assert rows.sum() == 2_099_944_994


def test_labels_that_count_over_and_over_keep_their_classes() -> None:
    labels = np.arange(10_000) % 10
    assert np.bincount(labels[spaced(10_000, 1000)], minlength=10).min() > 50


def test_splits_are_shared_out() -> None:
    assert shared_out(None, 60, 10) == (None, None)
    assert shared_out(70, 60, 10) == (None, None)
    train, test = shared_out(14, 60, 10)
    assert (n_kept(60, train), n_kept(10, test)) == (12, 2)
    train, test = shared_out(2, 1000, 1)
    assert (n_kept(1000, train), n_kept(1, test)) == (1, 1)


@pytest.mark.parametrize("passes_over", [False, True])
@pytest.mark.parametrize("rows", [None, [0, 5, 6, 699_999], [123_456]])
def test_rows_that_are_kept(rows: list[int] | None, passes_over: bool) -> None:
    data = np.arange(700_000, dtype="<u4")
    stream = io.BytesIO(data.tobytes() + b"after")
    wanted = None if rows is None else np.array(rows)
    shares: list[float] = []
    kept, found = read_rows(stream, len(data), 4, wanted, shares.append, passes_over=passes_over)
    np.testing.assert_array_equal(np.frombuffer(kept, "<u4"), data if rows is None else data[rows])
    assert found == data.nbytes
    assert stream.read() == b"after"
    assert shares == sorted(shares)
    assert shares[-1] == 1 or passes_over


def test_a_stream_that_ends_early_takes_no_memory_for_what_is_not_there() -> None:
    kept, found = read_rows(io.BytesIO(bytes(10)), 2**40, 4, None, lambda _: None)
    assert (len(kept), found) == (10, 10)


def test_cancelled_while_reading() -> None:
    def cancel(share: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        read_rows(io.BytesIO(bytes(10)), 10, 1, None, cancel)
