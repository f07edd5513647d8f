from __future__ import annotations

import importlib
import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mlp_core.activations import ACTIVATIONS
from mlp_core.costs import COSTS, l2_gradient, l2_penalty
from mlp_core.network import Network

Floats = NDArray[np.floating[Any]]
MLPClassifier = importlib.import_module("sklearn.neural_network").MLPClassifier
DEPTHS: tuple[tuple[int, ...], ...] = ((), (5,), (5, 4), (5, 4, 6))


def example(hidden: tuple[int, ...], activation: str, cost: str, seed: int = 3) -> tuple[Network, Floats, Floats]:
    """Return a network and samples whose relu units are all far from their kink."""
    for attempt in itertools.count(seed):
        random = np.random.RandomState(attempt)
        sizes = (4, *hidden, 3)
        w = [random.normal(0, 0.7, shape) for shape in itertools.pairwise(sizes)]
        b = [random.normal(0, 0.7, units) for units in sizes[1:]]
        network = Network(w, b, activation, cost)
        X, Y = random.uniform(-1, 1, (6, 4)), np.eye(3)[random.randint(0, 3, 6)]
        a: Floats = X
        nearest = 1.0
        for layer_w, layer_b in zip(w[:-1], b[:-1], strict=True):
            z = a @ layer_w + layer_b
            nearest = min(nearest, float(np.abs(z).min()))
            a = network.activation.function(z)
        if activation != "relu" or nearest > 1e-3:
            return network, X, Y
    raise AssertionError


@pytest.mark.parametrize("cost", list(COSTS))
@pytest.mark.parametrize("l2", [0.0, 0.3])
@pytest.mark.parametrize("hidden", DEPTHS, ids=len)
@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_gradients_agree_with_central_differences(
    activation: str, hidden: tuple[int, ...], l2: float, cost: str
) -> None:
    network, X, Y = example(hidden, activation, cost)

    def J() -> float:
        z, activations = network.forward(X)
        # The lecture's gradient of l2 Σw² is l2 w: the derivative of half of it.
        return network.cost.value(z, activations[-1], Y) + 0.5 * l2_penalty(l2, network.w)

    gradients = network.backward(network.forward(X)[1], Y)
    analytic = [g + l2_gradient(l2, w) for g, w in zip(gradients.w, network.w, strict=True)] + list(gradients.b)
    h = 1e-6
    for parameters, gradient in zip((*network.w, *network.b), analytic, strict=True):
        assert gradient.shape == parameters.shape
        numeric = np.empty_like(parameters)
        for position in np.ndindex(parameters.shape):
            kept = parameters[position]
            parameters[position] = kept + h
            up = J()
            parameters[position] = kept - h
            numeric[position] = (up - J()) / (2 * h)
            parameters[position] = kept
        np.testing.assert_allclose(gradient, numeric, rtol=1e-5, atol=1e-7)


def test_mazurs_worked_example() -> None:
    # https://mattmazur.com/2015/03/17/a-step-by-step-backpropagation-example/
    w = [np.array([[0.15, 0.25], [0.20, 0.30]]), np.array([[0.40, 0.50], [0.45, 0.55]])]
    network = Network(w, [np.full(2, 0.35), np.full(2, 0.60)], cost="squared error")
    X, Y = np.array([[0.05, 0.10]]), np.array([[0.01, 0.99]])
    z, activations = network.forward(X)
    np.testing.assert_allclose(activations[1], [[0.593269992, 0.596884378]], atol=5e-10)
    np.testing.assert_allclose(activations[2], [[0.75136507, 0.772928465]], atol=5e-9)
    assert network.cost.value(z, activations[-1], Y) == pytest.approx(0.298371109, abs=5e-10)
    gradients = network.backward(activations, Y)
    assert gradients.w[1][0, 0] == pytest.approx(0.082167041, abs=5e-10)
    assert gradients.w[0][0, 0] == pytest.approx(0.000438568, abs=5e-10)
    after = [layer - 0.5 * gradient for layer, gradient in zip(w, gradients.w, strict=True)]
    np.testing.assert_allclose(after[1], [[0.35891648, 0.511301270], [0.408666186, 0.561370121]], atol=5e-9)
    np.testing.assert_allclose(after[0], [[0.149780716, 0.24975114], [0.19956143, 0.29950229]], atol=5e-9)


@pytest.mark.parametrize(("ours", "theirs"), [("sigmoid", "logistic"), ("tanh", "tanh"), ("relu", "relu")])
def test_forward_and_backward_agree_with_scikit_learn(ours: str, theirs: str) -> None:
    random = np.random.RandomState(0)
    X = random.normal(size=(30, 5))
    Y = (random.uniform(size=(30, 3)) < 0.4).astype(float)  # multilabel: sigmoid outputs and a logistic cost there too
    peer = MLPClassifier((6, 4), activation=theirs, solver="sgd", alpha=0.0, random_state=1)
    peer.partial_fit(X, Y, classes=[0, 1, 2])
    network = Network([w.copy() for w in peer.coefs_], [b.copy() for b in peer.intercepts_], ours)
    _, activations = network.forward(X)
    np.testing.assert_allclose(activations[-1], peer.predict_proba(X), rtol=1e-12)
    sizes = [5, 6, 4, 3]
    theirs_activations = [X, *(np.empty((30, units)) for units in sizes[1:])]
    deltas = [np.empty_like(a) for a in theirs_activations[1:]]
    grads_w = [np.empty_like(w) for w in peer.coefs_]
    grads_b = [np.empty_like(b) for b in peer.intercepts_]
    weight: tuple[None, ...] = (None,) if "sample_weight" in peer._backprop.__code__.co_varnames else ()
    peer._backprop(X, Y, *weight, theirs_activations, deltas, grads_w, grads_b)
    gradients = network.backward(activations, Y)
    for mine, other in zip((*gradients.w, *gradients.b), (*grads_w, *grads_b), strict=True):
        np.testing.assert_allclose(mine, np.asarray(other) * len(X), rtol=1e-9, atol=1e-12)  # theirs are averaged


def test_weights_are_drawn_as_in_the_lecture_hidden_layer_first() -> None:
    network = Network.random((4, 3, 2), np.random.RandomState(1))
    random = np.random.RandomState(1)
    np.testing.assert_array_equal(network.w[0], random.normal(loc=0.0, scale=0.1, size=(4, 3)))
    np.testing.assert_array_equal(network.w[1], random.normal(loc=0.0, scale=0.1, size=(3, 2)))
    assert not any(b.any() for b in network.b)


def test_float32_starts_from_the_same_weights_and_stays_float32() -> None:
    wide = Network.random((4, 3, 2), np.random.RandomState(1))
    narrow = Network.random((4, 3, 2), np.random.RandomState(1), dtype="float32")
    for a, b in zip(wide.w, narrow.w, strict=True):
        np.testing.assert_array_equal(a.astype(np.float32), b)
    X = np.ones((5, 4), np.float32)
    z, activations = narrow.forward(X)
    gradients = narrow.backward(activations, np.zeros((5, 2), np.float32))
    assert {array.dtype.name for array in (z, *activations, *gradients.w, *gradients.b)} == {"float32"}
    assert narrow.dtype == np.float32


@pytest.mark.parametrize("hidden", DEPTHS, ids=len)
def test_layer_sizes(hidden: tuple[int, ...]) -> None:
    assert Network.random((4, *hidden, 3), np.random.RandomState(0)).layer_sizes == (4, *hidden, 3)


def test_prediction_does_not_depend_on_the_block_and_is_the_largest_output() -> None:
    network, _, _ = example((5,), "sigmoid", "logistic")
    X = np.random.RandomState(5).normal(size=(23, 4))
    expected = network.forward(X)[1][-1].argmax(axis=1)
    for block in (1, 7, 23, 1000):
        np.testing.assert_array_equal(network.predict(X, block), expected)
    assert network.predict(X[:0]).shape == (0,)


def test_prediction_tells_apart_outputs_that_the_sigmoid_saturates() -> None:
    network = Network([np.array([[500.0, 900.0]])], [np.zeros(2)])
    assert network.predict(np.array([[1.0]])).tolist() == [1]


def test_forward_and_backward_leave_their_inputs_alone() -> None:
    network, X, Y = example((5, 4), "tanh", "logistic")
    before = [array.copy() for array in (X, Y, *network.w, *network.b)]
    network.backward(network.forward(X)[1], Y)
    for array, kept in zip((X, Y, *network.w, *network.b), before, strict=True):
        np.testing.assert_array_equal(array, kept)


def test_set_weights_takes_copies() -> None:
    network, _, _ = example((5,), "sigmoid", "logistic")
    other = Network.random((4, 5, 3), np.random.RandomState(9))
    weights = other.weights()
    network.set_weights(weights)
    network.w[0][0, 0] += 1
    assert network.w[0][0, 0] == weights.w[0][0, 0] + 1
    np.testing.assert_array_equal(network.w[1], other.w[1])


def test_weights_of_another_network_are_refused_and_change_nothing() -> None:
    network = Network.random((4, 5, 3), np.random.RandomState(0))
    kept = network.w[0].copy()
    for sizes in ((4, 3), (4, 5, 4), (1, 5, 3)):  # the last would fit by broadcasting
        with pytest.raises(ValueError, match=r"layers of \(4, 5, 3\)"):
            network.set_weights(Network.random(sizes, np.random.RandomState(9)).weights())
    np.testing.assert_array_equal(network.w[0], kept)


@pytest.mark.parametrize(
    ("w_shapes", "b_shapes"),
    [
        ([], []),
        ([(2, 3)], []),
        ([(2, 3), (4, 2)], [(3,), (2,)]),
        ([(2, 3)], [(2,)]),
        ([(2, 3)], [(3, 1)]),
        ([(3,)], [()]),
        ([()], [()]),
        ([(2, 3, 4)], [(3, 4)]),
        ([(0, 3)], [(3,)]),
        ([(3, 0)], [(0,)]),
    ],
)
def test_shapes_that_make_no_network_are_refused(w_shapes: list[Any], b_shapes: list[Any]) -> None:
    with pytest.raises(ValueError, match=r"do not make a network|cannot be followed|biases|no matrix"):
        Network([np.zeros(shape) for shape in w_shapes], [np.zeros(shape) for shape in b_shapes])
