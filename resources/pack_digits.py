"""Pack the digits that scikit-learn carries into digits/digits.npz; needed only to make that file anew."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits


def pack(folder: Path) -> None:
    """Write digits.npz into `folder`: X of uint8, shape (1797, 64), 0 to 16; y of uint8, shape (1797,), 0 to 9."""
    X, y = load_digits(return_X_y=True)
    np.savez_compressed(folder / "digits.npz", X=X.astype(np.uint8), y=y.astype(np.uint8))


if __name__ == "__main__":
    pack(Path(__file__).resolve().parent / "digits")
