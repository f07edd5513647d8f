import gc
import threading
import weakref
from typing import Any

from mlp_viz.run.garbage import INTERVAL_MS, GuiGarbageCollector


class Node:
    """Part of a circle that only the cyclic collector can free."""

    def __init__(self) -> None:
        self.itself = self


def test_circles_are_freed_in_the_gui_thread_only(qtbot: Any) -> None:
    collector = GuiGarbageCollector()
    freed_in: list[threading.Thread] = []
    try:
        assert not gc.isenabled()

        def litter() -> None:
            for _ in range(5000):
                node = Node()
                weakref.finalize(node, lambda: freed_in.append(threading.current_thread()))

        worker = threading.Thread(target=litter)
        worker.start()
        worker.join()
        assert not freed_in
        qtbot.waitUntil(lambda: bool(freed_in), timeout=20 * INTERVAL_MS)
    finally:
        collector.close()
    assert set(freed_in) == {threading.current_thread()}
    assert gc.isenabled()
