"""How many threads the matrix products use."""

from __future__ import annotations

from threadpoolctl import threadpool_limits


def use_one_thread() -> threadpool_limits:
    """Let every BLAS library in this process use one thread, or only within a ``with`` block.

    For minibatches of 100 one thread is as fast as two, leaves a core for the window and for the
    evaluation, and does not lose its time waiting when another process is busy. Call it after NumPy has
    been imported.
    """
    return threadpool_limits(limits=1, user_api="blas")
