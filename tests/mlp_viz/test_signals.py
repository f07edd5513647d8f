import os
import signal
from typing import Any

import pytest

from mlp_viz.signals import EndingSignals


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send itself these signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_arrives_in_the_event_loop(qtbot: Any, number: signal.Signals) -> None:
    before = signal.getsignal(number)
    ending = EndingSignals()
    try:
        for _ in range(2):
            with qtbot.waitSignal(ending.arrived):
                os.kill(os.getpid(), number)
    finally:
        ending.close()
    assert signal.getsignal(number) is before
