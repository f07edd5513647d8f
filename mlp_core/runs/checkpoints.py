"""Weights and generator as rows of the store, and the rules which epochs are kept."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mlp_core.runs.record import Checkpoint
from mlp_core.snapshot import Floats, GeneratorState, Weights

SERIES: Final = 8  # epochs at most that are kept to look back to
CATCH_UP_SECONDS: Final = 0.25  # of training at most between two checkpoints of a run, an epoch apart from it

COLUMNS: Final = (
    "dtype",
    "layer_sizes",
    "weights",
    "generator_key",
    "generator_position",
    "generator_has_gauss",
    "generator_cached",
    "checksum",
)


def stride(last: int) -> int:
    """Return how far the epochs lie apart that are kept to look back to: a power of two, `SERIES` at most up to `last`.

    What was kept for a short run is so a part of what is kept for a long one.
    """
    apart = 1
    while last // apart > SERIES:
        apart *= 2
    return apart


def is_due(epoch: int, best_epoch: int, seconds: float) -> bool:
    """Return whether the weights of `epoch` are to be stored as it ends.

    A small network's epoch takes less time than storing its weights. Between two epochs that are stored, the weights
    are known all the same: training goes on from the first of them in the same way each time.

    Parameters
    ----------
    epoch, best_epoch : int
        The epoch that has ended, and the best one so far.
    seconds : float
        Time trained since the last epoch that was stored, this one included.
    """
    return epoch == best_epoch or epoch % stride(epoch) == 0 or seconds >= CATCH_UP_SECONDS


def kept(epochs: Iterable[int], best_epoch: int) -> set[int]:
    """Return which of `epochs` stay: the last, the best, and a series that thins out as the run goes on."""
    there = set(epochs)
    last = max(there, default=0)
    return {epoch for epoch in there if epoch in (last, best_epoch) or epoch % stride(last) == 0}


def packed(checkpoint: Checkpoint) -> tuple[Any, ...]:
    """Return the values of `COLUMNS`: the weights' very bytes, least significant first."""
    w, generator = checkpoint.weights.w, checkpoint.generator
    dtype = w[0].dtype.newbyteorder("<")
    sizes = [w[0].shape[0], *(layer.shape[1] for layer in w)]
    arrays = (np.ascontiguousarray(array, dtype) for array in _in_order(checkpoint.weights))
    weights = b"".join(array.data for array in arrays)
    return (
        dtype.str,
        json.dumps(sizes),
        weights,
        generator.key,
        generator.position,
        generator.has_gauss,
        generator.cached_gaussian,
        zlib.crc32(generator.key, zlib.crc32(weights)),
    )


def unpacked(epoch: int, values: Sequence[Any]) -> Checkpoint:
    """Return the checkpoint that `packed` gave.

    Raises
    ------
    ValueError
        If the values do not fit one another: they are damaged.
    """
    dtype, layer_sizes, weights, key, position, has_gauss, cached, checksum = values
    if zlib.crc32(key, zlib.crc32(weights)) != checksum:
        raise ValueError("the checksum is wrong")
    sizes = json.loads(layer_sizes)
    rest: NDArray[Any] = np.frombuffer(weights, dtype)
    rest = rest.astype(rest.dtype.newbyteorder("="), copy=False)  # read-only: it lies in the bytes themselves
    w: list[Floats] = []
    b: list[Floats] = []
    for below, above in pairwise(sizes):
        layer, bias, rest = np.split(rest, [below * above, (below + 1) * above])
        w.append(layer.reshape(below, above))
        b.append(bias)
    if len(rest) or len(b[-1]) != sizes[-1]:
        raise ValueError(f"{len(weights)} bytes of weights for layers of {sizes} units")
    return Checkpoint(epoch, Weights(tuple(w), tuple(b)), GeneratorState(key, position, bool(has_gauss), cached))


def _in_order(weights: Weights) -> Iterable[Floats]:
    for w, b in zip(weights.w, weights.b, strict=True):
        yield w
        yield b
