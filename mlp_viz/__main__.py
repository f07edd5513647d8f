"""The command ``mlp-viz``: reads the command line, checks the machine, and only then loads Qt."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mlp_core.arguments import (
    add_data_arguments,
    add_hyperparameter_arguments,
    add_store_argument,
    hyperparameters_of,
)
from mlp_core.errors import MlpError
from mlp_viz import preflight

if TYPE_CHECKING:
    from PySide6.QtCore import QSize


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0 done, 1 failed, 2 wrongly called."""
    options = _parser().parse_args(arguments)
    try:
        hyperparameters_of(options)
        if options.screenshot and not options.screenshot.absolute().parent.is_dir():
            raise MlpError(f"{options.screenshot}: its folder does not exist. Make it first, or choose another.")
    except MlpError as error:
        return _fail(str(error))
    machine = preflight.inspect()
    if not machine.problem and not machine.has_display:
        if options.screenshot is None:
            options.screenshot = Path("mlp-viz.png")
        sys.stderr.write(f"mlp-viz: there is no display, so it trains off screen and saves {options.screenshot}\n")
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        machine = preflight.inspect()
    if machine.problem:
        return _fail(machine.problem)
    from mlp_viz.app import run  # only now: Qt aborts where the machine lacks what it needs

    return run(options)


def _fail(message: str) -> int:
    sys.stderr.write(f"mlp-viz: {message}\n")
    return 1


def _size(text: str) -> QSize:
    from PySide6.QtCore import QSize

    width, height = text.lower().split("x")
    if not (320 <= int(width) <= 7680 and 240 <= int(height) <= 4320):
        raise ValueError(text)
    return QSize(int(width), int(height))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mlp-viz", description="Watch a neural network learn to read digits.")
    add_data_arguments(parser)
    parser.add_argument("--train", action="store_true", help="begin to train at once")
    parser.add_argument(
        "--screenshot", type=Path, metavar="FILE.png", help="train, save a picture of the window, and exit"
    )
    parser.add_argument("--theme", choices=("light", "dark"), help="(default: as the desktop has it)")
    parser.add_argument("--size", type=_size, metavar="WIDTHxHEIGHT", help="of the window in pixels, such as 1366x768")
    add_store_argument(parser)
    add_hyperparameter_arguments(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
