"""Who is measured beside whom: each file has one way of training the same network on the same minibatches.

A class is imported only in the process that measures it: the libraries of the others, and their threads, stay away.
"""

from __future__ import annotations

import pkgutil
from types import MappingProxyType
from typing import Final

from benchmarks.contenders.contender import Contender

NAMES: Final = MappingProxyType(
    {
        "ours": "benchmarks.contenders.ours:Ours",
        "lecture": "benchmarks.contenders.lecture:Lecture",
        "scikit-learn": "benchmarks.contenders.scikit_learn:ScikitLearn",
        "PyTorch": "benchmarks.contenders.pytorch:PyTorch",
        "floor": "benchmarks.contenders.floor:Floor",
    }
)


def contender(name: str) -> type[Contender]:
    """Return the contender called `name`.

    Raises
    ------
    ImportError
        If a library that it measures is not installed.
    """
    found: type[Contender] = pkgutil.resolve_name(NAMES[name])
    return found
