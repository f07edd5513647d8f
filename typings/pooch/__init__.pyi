from collections.abc import Callable
from logging import Logger
from pathlib import Path

def retrieve(
    url: str,
    known_hash: str | None,
    fname: str | None = None,
    path: str | Path | None = None,
    *,
    downloader: Callable[[str, str, object], None] | None = None,
) -> str: ...
def get_logger() -> Logger: ...
