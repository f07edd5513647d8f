"""The fast path against the formulas written plainly: `Network.forward`, `Network.backward`, `plain_update`."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mlp_core import fast_path
from mlp_core.fast_path import ForwardPass, WeightUpdate, decay_factors, plain_update
from mlp_core.network import Network

Floats = NDArray[np.floating[Any]]
SIZES = [(7, 3), (7, 5, 3), (7, 6, 5, 4, 3)]


def made(sizes: tuple[int, ...], rows: int, activation: str, dtype: str) -> tuple[Network, Floats, Floats]:
    random = np.random.RandomState(5)
    network = Network.random(sizes, random, activation, dtype)
    for b in network.b:
        b[...] = random.normal(size=b.shape)
    X = random.uniform(-1, 1, (rows, sizes[0])).astype(dtype)
    return network, X, np.eye(sizes[-1], dtype=dtype)[random.randint(0, sizes[-1], rows)]


@pytest.mark.parametrize("sizes", SIZES, ids=len)
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_forward_pass_is_the_plain_one(sizes: tuple[int, ...], activation: str, dtype: str) -> None:
    network, X, _ = made(sizes, 9, activation, dtype)
    forward = ForwardPass(network, 9)
    for part in (X, X[:4], X):
        z_out, activations = forward(part)
        z_plain, plain = network.forward(part)
        np.testing.assert_allclose(z_out, z_plain, rtol=1e-6)
        for mine, other in zip(activations, plain, strict=True):
            np.testing.assert_allclose(mine, other, rtol=1e-6)
            assert mine.dtype == dtype


@pytest.mark.parametrize("small_product", [1, 200, 10**6], ids=["many blocks", "some blocks", "one block"])
@pytest.mark.parametrize("rows", [1, 8])
@pytest.mark.parametrize("sizes", SIZES, ids=len)
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("cost", ["logistic", "squared error"])
def test_an_update_is_the_plain_one(
    cost: str,
    activation: str,
    sizes: tuple[int, ...],
    rows: int,
    small_product: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fast_path, "SMALL_PRODUCT", small_product)
    monkeypatch.setattr(fast_path, "FEWEST_ROWS", 2)
    monkeypatch.setattr(fast_path, "BLOCK_BYTES", 0)
    fast, X, Y = made(sizes, rows, activation, "float64")
    fast = Network(fast.w, fast.b, activation, cost)
    plain = fast.copy()
    start = fast.weights()
    update = WeightUpdate(fast, rows, eta=0.3)
    for _ in range(3):
        update(X, Y, decay=1 - 0.3 * 0.02)
        plain_update(plain, X, Y, eta=0.3, l2=0.02)
    for mine, other, before in zip((*fast.w, *fast.b), (*plain.w, *plain.b), (*start.w, *start.b), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-12, atol=1e-14)
        assert not np.array_equal(mine, before)


def test_in_float32_it_stays_close_to_the_plain_update_over_an_epoch() -> None:
    fast, X, Y = made((7, 5, 3), 8, "sigmoid", "float32")
    plain = fast.copy()
    update, factors = WeightUpdate(fast, 8, eta=0.1), decay_factors(0.1 * 0.01, fast.dtype)
    for decay in itertools.islice(factors, 500):
        update(X, Y, decay)
        plain_update(plain, X, Y, eta=0.1, l2=0.01)
    for mine, other in zip((*fast.w, *fast.b), (*plain.w, *plain.b), strict=True):
        assert mine.dtype == np.float32
        np.testing.assert_allclose(mine, other, rtol=2e-4, atol=1e-5)


@pytest.mark.parametrize("rate", [0.0, 1e-12, 1e-9, 5e-6, 0.3, 1.0, 3.0])
def test_what_rounding_takes_from_one_decay_it_gives_to_the_next(rate: float) -> None:
    for dtype, close in ((np.float32, 6.1e-8), (np.float64, 1e-15)):
        factors = list(itertools.islice(decay_factors(rate, np.dtype(dtype)), 10_000))
        assert {type(factor) for factor in factors} == {dtype}
        assert sum(1 - float(factor) for factor in factors) == pytest.approx(rate * 10_000, rel=1e-9, abs=close)


def test_a_diverged_network_is_updated_without_a_warning() -> None:
    network, X, Y = made((7, 5, 3), 8, "relu", "float64")
    network.w[0][...] = 1e300
    update = WeightUpdate(network, 8, eta=1e300)
    update(X, Y, decay=-1e300)
    update(X, Y, decay=-1e300)
    assert not np.isfinite(network.w[0]).all()


def test_a_big_layer_needs_no_array_as_big_as_its_weights() -> None:
    network = Network([np.zeros((784, 1000)), np.zeros((1000, 10))], [np.zeros(1000), np.zeros(10)])
    blocks = fast_path._gradient_blocks(network, 100)
    (arrays,) = {id(part.base): part.base for layer in blocks for _, part in layer}.values()
    assert arrays is not None
    assert arrays.nbytes < network.w[0].nbytes / 5
    for layer, w in enumerate(network.w):
        assert np.array_equal(np.concatenate([np.arange(len(w))[rows] for rows, _ in blocks[layer]]), np.arange(len(w)))
        assert all(part.shape == w[rows].shape for rows, part in blocks[layer])
