from __future__ import annotations

import numpy as np
import pytest

from mlp_core.activations import ACTIVATIONS, relu, relu_derivative, sigmoid, tanh

NAMES = ("sigmoid", "tanh", "relu")


def test_the_registry_holds_each_under_its_name() -> None:
    assert tuple(ACTIVATIONS) == NAMES
    assert all(activation.name == name for name, activation in ACTIVATIONS.items())


def test_known_values() -> None:
    z = np.array([-2.0, 0.0, np.log(3)])
    np.testing.assert_allclose(sigmoid(z), [1 / (1 + np.e**2), 0.5, 0.75], rtol=1e-15)
    np.testing.assert_allclose(tanh(z), [-0.9640275800758169, 0.0, 0.8], rtol=1e-15)
    np.testing.assert_array_equal(relu(z), [0, 0, np.log(3)])


@pytest.mark.parametrize("name", NAMES)
def test_the_derivative_agrees_with_central_differences(name: str) -> None:
    activation = ACTIVATIONS[name]
    z = np.concatenate([np.linspace(-6, -0.05, 60), np.linspace(0.05, 6, 60)])  # relu has a kink at 0
    h = 1e-5
    numeric = (activation.function(z + h) - activation.function(z - h)) / (2 * h)
    np.testing.assert_allclose(activation.derivative(activation.function(z)), numeric, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", NAMES)
def test_precision_is_kept_and_out_may_be_the_input(name: str, dtype: str) -> None:
    activation = ACTIVATIONS[name]
    z = np.linspace(-3, 3, 12).astype(dtype).reshape(3, 4)
    before = z.copy()
    a = activation.function(z)
    assert a.dtype == dtype
    assert activation.derivative(a).dtype == dtype
    np.testing.assert_array_equal(z, before)
    assert activation.function(z, out=z) is z
    np.testing.assert_array_equal(z, a)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_sigmoid_of_huge_net_inputs_gives_0_and_1_without_a_warning(dtype: str) -> None:
    huge = np.finfo(dtype).max
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        a = sigmoid(np.array([-np.inf, -huge, -1e4, 1e4, huge, np.inf], dtype))
    assert np.isfinite(a).all()
    np.testing.assert_allclose(a, [0, 0, 0, 1, 1, 1], atol=1e-38)


def test_relu_is_flat_at_its_kink() -> None:
    np.testing.assert_array_equal(relu_derivative(relu(np.array([-1.0, 0.0, 1.0]))), [0, 0, 1])
