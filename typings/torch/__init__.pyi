"""PyTorch need not be installed where the types are checked: everything in it is Any."""

from typing import Any

Tensor = Any

def __getattr__(name: str) -> Any: ...
