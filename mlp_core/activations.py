"""Each activation function beside its derivative, in one registry by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Activation:
    """A function of the net input, and its slope.

    Attributes
    ----------
    name : str
    function : callable
        ``function(z, out=None)`` gives the activation a for the net input z, element by element;
        `out` may be z itself.
    derivative : callable
        ``derivative(a, out=None)`` gives da/dz *from the activation a*, which the forward pass has
        kept; `out` must be another array than a.
    """

    name: str
    function: Callable[..., Floats]
    derivative: Callable[..., Floats]


def sigmoid(z: Floats, out: Floats | None = None) -> Floats:
    """Return 1 / (1 + exp(-z)); z below -250 is clipped, as in the lecture, so that exp stays finite.

    float32 holds exp only to 88, so it is clipped there; either way a is below 1e-38. Above 250, where the
    lecture clips too, exp(-z) is lost beside the 1.
    """
    limit = -88.0 if z.dtype == np.float32 else -250.0
    a = np.maximum(z, limit, out=out)
    np.negative(a, out=a)
    np.exp(a, out=a)
    a += 1
    return np.reciprocal(a, out=a)


def sigmoid_derivative(a: Floats, out: Floats | None = None) -> Floats:
    """Return a (1 - a)."""
    slope = np.subtract(1, a, out=out)
    return np.multiply(a, slope, out=slope)


def tanh(z: Floats, out: Floats | None = None) -> Floats:
    """Return the hyperbolic tangent of z."""
    return np.tanh(z, out=out)


def tanh_derivative(a: Floats, out: Floats | None = None) -> Floats:
    """Return 1 - a²."""
    square = np.multiply(a, a, out=out)
    return np.subtract(1, square, out=square)


def relu(z: Floats, out: Floats | None = None) -> Floats:
    """Return max(0, z)."""
    return np.maximum(z, 0, out=out)


def relu_derivative(a: Floats, out: Floats | None = None) -> Floats:
    """Return 1 where the unit is active, else 0 (0 at z = 0 too)."""
    return np.greater(a, 0, out=np.empty_like(a) if out is None else out)


ACTIVATIONS: Final = MappingProxyType(
    {
        activation.name: activation
        for activation in (
            Activation("sigmoid", sigmoid, sigmoid_derivative),
            Activation("tanh", tanh, tanh_derivative),
            Activation("relu", relu, relu_derivative),
        )
    }
)
