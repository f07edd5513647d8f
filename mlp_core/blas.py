"""How many threads the matrix products use."""

from __future__ import annotations

from threadpoolctl import threadpool_limits


def use_one_thread() -> None:
    """Let every BLAS library in this process use one thread.

    For minibatches of 100 one thread is as fast as two, leaves a core for the window, and does
    not lose its time waiting when another process is busy. Call it after NumPy has been imported.
    """
    threadpool_limits(limits=1, user_api="blas")
