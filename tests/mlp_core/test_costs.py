from __future__ import annotations

import importlib

import numpy as np
import pytest

from mlp_core.activations import sigmoid
from mlp_core.costs import COSTS, l2_gradient, l2_penalty, logistic_cost, squared_error

log_loss = importlib.import_module("sklearn.metrics").log_loss
RANDOM = np.random.RandomState(7)
Z = RANDOM.normal(size=(20, 4)) * 3
Y = np.eye(4)[RANDOM.randint(0, 4, 20)]


def test_the_logistic_cost_is_the_lectures_formula() -> None:
    a = sigmoid(Z)
    expected = np.sum(-Y * np.log(a) - (1 - Y) * np.log(1 - a))
    assert logistic_cost(Z, a, Y) == pytest.approx(expected, rel=1e-13)


def test_the_logistic_cost_is_scikit_learns_log_loss_summed_over_all_output_units() -> None:
    a = sigmoid(Z)
    expected = sum(log_loss(Y[:, unit], a[:, unit], normalize=False, labels=[0, 1]) for unit in range(4))
    assert logistic_cost(Z, a, Y) == pytest.approx(expected, rel=1e-12)


def test_the_logistic_cost_never_takes_the_log_of_0() -> None:
    z = np.array([[-1000.0, 1000.0]])
    wrong, right = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])
    assert logistic_cost(z, sigmoid(z), wrong) == 2000
    assert logistic_cost(z, sigmoid(z), right) == 0


def test_the_squared_error_is_half_the_sum_of_squares() -> None:
    assert squared_error(np.zeros((1, 2)), np.array([[0.5, 0.25]]), np.array([[1.0, 0.0]])) == 0.15625


@pytest.mark.parametrize("name", ["logistic", "squared error"])
def test_delta_is_the_derivative_by_the_net_input(name: str) -> None:
    cost = COSTS[name]
    delta = cost.delta(sigmoid(Z), Y)
    h = 1e-6
    for position in np.ndindex(Z.shape):
        step = np.zeros_like(Z)
        step[position] = h
        up, down = Z + step, Z - step
        numeric = (cost.value(up, sigmoid(up), Y) - cost.value(down, sigmoid(down), Y)) / (2 * h)
        assert delta[position] == pytest.approx(numeric, rel=1e-5, abs=1e-7)


def test_the_penalty_has_no_half_and_its_gradient_no_two() -> None:
    w = [np.array([[1.0, -2.0]]), np.array([[3.0]])]
    assert l2_penalty(0.5, w) == 0.5 * (1 + 4 + 9)
    np.testing.assert_array_equal(l2_gradient(0.5, w[0]), [[0.5, -1.0]])


def test_float32_is_summed_in_float64() -> None:
    w = np.full((4000, 1000), 0.1, np.float32)  # a float32 sum of this size would be off in the fifth digit
    assert l2_penalty(1.0, [w]) == pytest.approx(4e6 * float(np.float32(0.1) ** 2), rel=1e-7)
    z = np.zeros((1000, 10), np.float32)
    assert logistic_cost(z, sigmoid(z), z) == pytest.approx(10_000 * np.log(2), rel=1e-7)


def test_the_penalty_of_huge_weights_is_infinite_without_a_warning() -> None:
    assert l2_penalty(1.0, [np.full((2, 2), 1e300)]) == np.inf
