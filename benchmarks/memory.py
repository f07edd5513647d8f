"""How much memory this process holds, and held at most."""

from __future__ import annotations

from pathlib import Path
from typing import Final

PROCESS: Final = Path("/proc/self")


def memory() -> float | None:
    """Return the resident memory in MB; None where the system does not tell."""
    return _status("VmRSS")


def peak_memory() -> float | None:
    """Return the most resident memory since `forget_peak`, in MB; None where the system does not tell."""
    return _status("VmHWM")


def forget_peak() -> None:
    """Let the peak be what is held now, where the system can do that."""
    try:
        (PROCESS / "clear_refs").write_text("5")
    except OSError:
        return


def _status(field: str) -> float | None:
    try:
        lines = (PROCESS / "status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith(f"{field}:")), None)
