from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import update_profile
from benchmarks.update_profile import PARTS, profile
from mlp_core import Hyperparameters, Trainer, TrainingData


def test_quick_mode_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert update_profile.main(["--quick", "--out", str(tmp_path)]) == 0
    content = json.loads((tmp_path / "update_profile.json").read_text())
    told = capsys.readouterr().out
    assert content["quick"]
    assert set(content["rows"]) == {"float32", "float64"}
    for parts in content["rows"].values():
        assert tuple(parts) == PARTS
        assert all(microseconds > 0 for microseconds in parts.values())
    assert all(part in told for part in PARTS)


def test_a_profiled_trainer_trains_as_ever() -> None:
    random = np.random.RandomState(0)
    X, y = random.uniform(-1, 1, (60, 20)), random.randint(0, 3, 60)
    data, chosen = TrainingData(X, y, X, y, 3), Hyperparameters(n_hidden=(6,), epochs=1, minibatch_size=10)
    made: list[Trainer] = []

    def fresh() -> Trainer:
        made.append(Trainer.fresh(data, chosen))
        return made[-1]

    profile(fresh, 1)
    plain = fresh()
    for _ in plain.updates():
        pass
    for mine, other in zip(made[0].network.w, plain.network.w, strict=True):
        np.testing.assert_array_equal(mine, other)
