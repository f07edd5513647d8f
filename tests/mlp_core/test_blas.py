from __future__ import annotations

import importlib

import numpy as np

from mlp_core.blas import use_one_thread


def test_every_blas_library_is_left_one_thread() -> None:
    np.ones((2, 2)) @ np.ones((2, 2))
    threadpoolctl = importlib.import_module("threadpoolctl")
    with threadpoolctl.threadpool_limits(limits=2, user_api="blas"):  # gives back the earlier numbers at the end
        use_one_thread()
        found = [library["num_threads"] for library in threadpoolctl.threadpool_info() if library["user_api"] == "blas"]
        assert set(found) <= {1}
