"""``python -m benchmarks``: every benchmark, one after the other."""

from __future__ import annotations

import sys

from benchmarks import fidelity

if __name__ == "__main__":
    sys.exit(fidelity.main())
