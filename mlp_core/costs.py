"""The costs and the L2 penalty: each value beside its gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Cost:
    """A cost of sigmoid output units, and the error it sends back.

    Attributes
    ----------
    name : str
    value : callable
        ``value(z, a, y)``: sum over all samples and output units, from the net input z, the
        activation a and the one-hot target y, each of shape (n_samples, n_output).
    delta : callable
        ``delta(a, y, out=None)``: its derivative by the net input z, of the same shape; `out` must be
        another array than a and y.
    """

    name: str
    value: Callable[[Floats, Floats, Floats], float]
    delta: Callable[..., Floats]


def logistic_cost(z: Floats, a: Floats, y: Floats) -> float:
    """Return the logistic cost Σ -y log a - (1 - y) log(1 - a), for a = sigmoid(z).

    Written in terms of z as Σ log(1 + exp(z)) - y z, which is the same and never takes log(0).
    """
    return float(np.sum(np.logaddexp(0, z) - y * z, dtype=np.float64))


def logistic_delta(a: Floats, y: Floats, out: Floats | None = None) -> Floats:
    """Return δ = a - y: the logistic cost's slope by the net input of a sigmoid unit."""
    return np.subtract(a, y, out=out)


def squared_error(z: Floats, a: Floats, y: Floats) -> float:
    """Return ½ Σ (y - a)²."""
    return float(0.5 * np.sum((y - a) ** 2, dtype=np.float64))


def squared_error_delta(a: Floats, y: Floats, out: Floats | None = None) -> Floats:
    """Return δ = (a - y) a (1 - a), by the chain rule through the sigmoid."""
    return np.multiply(a - y, a * (1 - a), out=out)


COSTS: Final = MappingProxyType(
    {
        cost.name: cost
        for cost in (
            Cost("logistic", logistic_cost, logistic_delta),
            Cost("squared error", squared_error, squared_error_delta),
        )
    }
)


@np.errstate(over="ignore")  # of a diverged network the penalty is inf
def l2_penalty(l2: float, w: Iterable[Floats]) -> float:
    """Return l2 Σ w² over all weight matrices; without a factor ½, as in the lecture."""
    return l2 * sum(float(np.sum(np.square(layer), dtype=np.float64)) for layer in w)


def l2_gradient(l2: float, w: Floats) -> Floats:
    """Return the gradient the lecture uses for the penalty: l2 w.

    It is half the derivative of `l2_penalty`: the lecture's update has no factor 2.
    """
    return l2 * w
