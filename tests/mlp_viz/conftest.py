"""The whole program, as several tests of it start it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from mlp_viz.__main__ import _parser
from mlp_viz.app import App


@pytest.fixture
def start_on_digits(qapp: QApplication, qtbot: Any, caplog: pytest.LogCaptureFixture) -> Iterator[Callable[..., App]]:
    """Start the program with arguments, on the embedded digits, and wait until its data and its store are open."""
    palette, style = qapp.palette(), qapp.style().objectName()
    apps: list[App] = []

    def start(*arguments: str) -> App:
        app = App(qapp, _parser().parse_args(["--dataset", "digits", *arguments]))
        apps.append(app)
        app.show()
        qtbot.waitUntil(lambda: app.controller.dataset is not None and not app.tasks.busy, timeout=10_000)
        qtbot.waitUntil(app.window.actions_by_name["see_runs"].isEnabled, timeout=10_000)
        return app

    yield start
    for app in apps:
        app.close()
        app.window.deleteLater()
    qapp.setStyle(style)
    qapp.setPalette(palette)
    # The program's own hook keeps pytest-qt from seeing what a slot raises.
    assert not [record for record in caplog.get_records("call") if record.getMessage() == "uncaught"]
