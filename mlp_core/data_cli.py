"""The command ``mlp-core data``: list the data sets, download one, check any, make the generated one."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mlp_core.datasets import open_dataset, sources
from mlp_core.datasets.catalogue import REMOTE_DATASETS, remote_dataset
from mlp_core.datasets.dataset import Dataset
from mlp_core.datasets.download import download
from mlp_core.datasets.generated import build
from mlp_core.datasets.wording import for_terminal
from mlp_core.progress import Progress

if TYPE_CHECKING:
    from argparse import _SubParsersAction


def add_data_command(commands: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``data`` with its own commands; each sets ``run``, which takes the options and returns the exit status."""
    parser = commands.add_parser("data", help="list, download, check and make data sets")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("list", help="tell which data sets there are, and where")
    command.add_argument("--data-dir", type=Path, metavar="DIR", help="a folder to look in first")
    command.set_defaults(run=list_names)

    command = commands.add_parser("get", help="download a data set into the user's cache")
    command.add_argument("name", metavar="NAME", help=", ".join(remote.name for remote in REMOTE_DATASETS))
    command.set_defaults(run=get)

    command = commands.add_parser("check", help="open a data set and tell what was understood")
    command.add_argument("dataset", metavar="NAME|PATH", help="a name from the list, or a file or folder")
    command.add_argument("--data-dir", type=Path, metavar="DIR", help="a folder to look in first for a name")
    command.set_defaults(run=check)

    command = commands.add_parser("make", help="make a data set, so that it is there when it is wanted")
    command.add_argument("name", choices=("generated",), help="the digits that this program draws")
    command.set_defaults(run=make)


def list_names(options: argparse.Namespace) -> int:
    """Carry out ``mlp-core data list`` and return its exit status."""
    for source in sources():
        tell(f"{source.name:16}{source.description}")
        tell(f"{'':16}{source.where(options.data_dir)}")
    return 0


def get(options: argparse.Namespace) -> int:
    """Carry out ``mlp-core data get`` and return its exit status."""
    remote = remote_dataset(options.name)
    try:
        with on_one_line() as progress:
            folder = download(remote.name, progress)
    except KeyboardInterrupt:
        tell_aside(
            f"mlp-core: interrupted. What has come is kept: `mlp-core data get {remote.name}` goes on from there."
        )
        return 130
    tell(str(folder))
    return 0


def check(options: argparse.Namespace) -> int:
    """Carry out ``mlp-core data check`` and return its exit status."""
    with on_one_line() as progress:
        dataset = open_dataset(options.dataset, options.data_dir, progress=progress)
    for line in _understood(dataset):
        tell(line)
    return 0


def make(_options: argparse.Namespace) -> int:
    """Carry out ``mlp-core data make`` and return its exit status."""
    with on_one_line() as progress:
        folder = build(progress)
    tell(str(folder))
    return 0


def _understood(dataset: Dataset) -> Iterator[str]:
    splits = {"train": dataset.train, "validation": dataset.valid, "test": dataset.test}
    height, width = dataset.image_shape
    filled = [split.X for split in splits.values() if len(split)]
    low, high = min(X.min() for X in filled), max(X.max() for X in filled)
    black, white = dataset.pixel_range
    yield f"name         {dataset.name}"
    yield f"source       {dataset.source}"
    if dataset.remarks:
        yield f"remarks      {dataset.remarks}"
    yield f"image size   {width}×{height} pixels"
    yield "samples      " + ", ".join(f"{len(split):,} {what}" for what, split in splits.items())
    yield f"values       {dataset.train.X.dtype}, {low:g} to {high:g}; black is {black:g}, white is {white:g}"
    yield f"classes      {dataset.n_classes:,}"
    counts = [np.bincount(split.y, minlength=dataset.n_classes) for split in splits.values()]
    for name, *of_class in zip(dataset.class_names, *counts, strict=True):
        each = ", ".join(f"{count:,} {what}" for count, what in zip(of_class, splits, strict=True))
        yield f"  {name:20} {each}"
    yield f"fingerprint  {dataset.fingerprint()}"


@contextmanager
def on_one_line() -> Iterator[Progress]:
    """Give a `Progress` that tells on stderr, on one line that is written over, for the time of the block."""
    line = _ProgressLine()
    try:
        yield line
    finally:
        line.end()


class _ProgressLine:
    def __init__(self) -> None:
        self._text = ""

    def __call__(self, what: str, share: float) -> None:
        text = for_terminal(f"{what} ({share:.0%})", sys.stderr.encoding)
        if text != self._text:
            print("\r" + text.ljust(len(self._text)), end="", file=sys.stderr, flush=True)
            self._text = text

    def end(self) -> None:
        """Leave the line as it is, and begin the next."""
        if self._text:
            print(file=sys.stderr)


def tell(line: str) -> None:
    """Print a line, with names from files or not."""
    print(for_terminal(line, sys.stdout.encoding))


def tell_aside(line: str) -> None:
    """Print a line on stderr, with names from files or not."""
    print(for_terminal(line, sys.stderr.encoding), file=sys.stderr)
