from __future__ import annotations

import os
import platform
import subprocess
import sys

from mlp_core.runs.owner import Owner, this_process


def test_this_process_is_there() -> None:
    owner = Owner(*this_process())
    assert (owner.host, owner.pid) == (platform.node(), os.getpid())
    assert not owner.is_gone()


def test_a_process_that_has_ended_is_gone() -> None:
    code = "from mlp_core.runs.owner import this_process; print(*this_process()[1:], flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        pid, started = process.stdout.readline().split()
        owner = Owner(platform.node(), int(pid), float(started))
        assert not owner.is_gone()
        assert Owner(owner.host, owner.pid, owner.started - 100).is_gone()  # an earlier process had the same number
        process.communicate("\n")
    assert owner.is_gone()


def test_of_a_process_on_another_machine_nothing_is_known() -> None:
    host, pid, started = this_process()
    assert not Owner(f"not-{host}", pid, started - 100).is_gone()
