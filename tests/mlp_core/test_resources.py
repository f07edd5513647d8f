from __future__ import annotations

from pathlib import Path

import pytest

from mlp_core import resources
from mlp_core.resources import resource_path


def test_from_the_repository() -> None:
    assert resource_path("digits/digits.npz").is_file()
    assert resource_path("digits/SOURCE.md").is_file()


def test_from_the_wheel_if_it_carries_resources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "mlp_core")
    assert resource_path("a/b") == tmp_path / "resources" / "a" / "b"
    (tmp_path / "mlp_core" / "_resources").mkdir(parents=True)
    assert resource_path("a/b") == tmp_path / "mlp_core" / "_resources" / "a" / "b"
