from typing import NamedTuple

class _VirtualMemory(NamedTuple):
    total: int
    available: int

def virtual_memory() -> _VirtualMemory: ...
