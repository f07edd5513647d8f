from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from mlp_core.errors import StoreError
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs import schema
from mlp_core.runs.record import Status
from mlp_core.runs.store import RunStore
from tests.mlp_core.runs.made_runs import new_run, snapshot

# A file as version 1 wrote it, its tables in the words of that version: never to be changed.
VERSION_1: Final = """
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
PRAGMA application_id = 1835823222;
PRAGMA user_version = 1;
CREATE TABLE changes (revision INTEGER NOT NULL);
INSERT INTO changes VALUES (4);
CREATE TABLE sweeps (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, plan TEXT NOT NULL, status TEXT NOT NULL,
    message TEXT NOT NULL DEFAULT '', began REAL NOT NULL, ended REAL, deleted REAL, owner_host TEXT NOT NULL,
    owner_pid INTEGER NOT NULL, owner_started REAL NOT NULL, revision INTEGER NOT NULL
);
CREATE INDEX sweeps_open ON sweeps (owner_pid) WHERE status IN ('RUNNING', 'WAITING');
CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, note TEXT NOT NULL DEFAULT '',
    hyperparameters TEXT NOT NULL, dataset TEXT NOT NULL, origin TEXT NOT NULL,
    sweep_id INTEGER REFERENCES sweeps (id), setting INTEGER, status TEXT NOT NULL, message TEXT NOT NULL DEFAULT '',
    began REAL NOT NULL, ended REAL, starred INTEGER NOT NULL DEFAULT 0, deleted REAL,
    epochs_done INTEGER NOT NULL DEFAULT 0, seconds REAL NOT NULL DEFAULT 0, cost REAL, train_accuracy REAL,
    valid_accuracy REAL, best_valid_accuracy REAL, best_epoch INTEGER NOT NULL DEFAULT 0, test_accuracy REAL,
    versions TEXT NOT NULL, owner_host TEXT NOT NULL, owner_pid INTEGER NOT NULL, owner_started REAL NOT NULL,
    revision INTEGER NOT NULL
);
CREATE INDEX runs_revision ON runs (revision);
CREATE INDEX runs_sweep ON runs (sweep_id) WHERE sweep_id IS NOT NULL;
CREATE INDEX runs_open ON runs (owner_pid) WHERE status IN ('RUNNING', 'WAITING');
CREATE TABLE epochs (
    run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, epoch INTEGER NOT NULL, data_cost REAL,
    penalty REAL, train_accuracy REAL, valid_accuracy REAL, seconds REAL, PRIMARY KEY (run_id, epoch)
) WITHOUT ROWID;
CREATE TABLE checkpoints (
    run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, epoch INTEGER NOT NULL, dtype TEXT NOT NULL,
    layer_sizes TEXT NOT NULL, weights BLOB NOT NULL, generator_key BLOB NOT NULL,
    generator_position INTEGER NOT NULL, generator_has_gauss INTEGER NOT NULL, generator_cached REAL NOT NULL,
    checksum INTEGER NOT NULL, PRIMARY KEY (run_id, epoch)
);
INSERT INTO sweeps VALUES (1, 'etas', '{"n_seeds": 3}', 'FINISHED', '', 1.7e9, 1.7e9, NULL, 'host', 7, 1.5, 1);
INSERT INTO runs VALUES (
    1, 'wide', 'a note',
    '{"activation": "relu", "epochs": 2, "eta": 0.1, "l2": 0.0, "minibatch_size": 50, "n_hidden": [], "precision":'
    || ' "float64", "seed": 7, "shuffle": true}',
    '{"fingerprint": "f1", "name": "Digits", "recipe": {"conversion": null, "key": "digits", "preparation":'
    || ' {"scaling": "lecture", "seed": 1, "subset": null, "test_share": 0.2, "valid_share": null}}}',
    'sweep', 1, 0, 'FINISHED', '', 1.7e9, 1.7e9, 1, NULL, 1, 0.5, 10.5, 0.75, NULL, NULL, 0, 0.9,
    '{"numpy": "2.0.0"}', 'host', 7, 1.5, 4
);
INSERT INTO epochs VALUES (1, 1, 10.0, 0.5, 0.75, NULL, 0.5);
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.sqlite"


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def tables(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with opened(path) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master ORDER BY name")]
        return {name: connection.execute(f"PRAGMA table_xinfo({name})").fetchall() for name in names}


def test_a_file_of_version_1_is_read(path: Path) -> None:
    with opened(path) as connection:
        connection.executescript(VERSION_1)
        zeros = np.zeros(4 * 3 + 3).tobytes()
        key = bytes(624 * 4)
        values = (1, 1, "<f8", "[4, 3]", zeros, key, 5, 1, 0.25, 2792585893)
        connection.execute("INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
    with RunStore(path) as store:
        assert store.remark == ""
        run = store.run(1)
        assert (run.name, run.note, run.status, run.starred) == ("wide", "a note", Status.FINISHED, True)
        assert run.hyperparameters == Hyperparameters(
            n_hidden=(), activation="relu", epochs=2, eta=0.1, l2=0, minibatch_size=50, seed=7
        )
        assert run.dataset.recipe.preparation.test_share == 0.2
        (stats,) = store.history(1)
        assert (stats.data_cost, stats.penalty, stats.seconds) == (10.0, 0.5, 0.5)
        checkpoint = store.checkpoint(1)
        assert checkpoint.weights.w[0].shape == (4, 3)
        assert (checkpoint.generator.position, checkpoint.generator.cached_gaussian) == (5, 0.25)
        assert [sweep.plan for sweep in store.sweeps()] == [{"n_seeds": 3}]
        assert store.revision() == 4
        assert store.begin(new_run()) == 2  # and it is written to


def test_a_file_of_version_1_becomes_one_like_a_new_one(tmp_path: Path) -> None:
    old, new = tmp_path / "old.sqlite", tmp_path / "new.sqlite"
    with opened(old) as connection:
        connection.executescript(VERSION_1)
    for path in (old, new):
        with RunStore(path):
            pass
    assert tables(old) == tables(new)
    with opened(old) as connection:
        assert schema.version_of(connection) == schema.latest_version()


def test_a_migration_keeps_what_is_there(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with RunStore(path) as store:
        store.add_epoch(store.begin(new_run(name="wide")), snapshot(1))
    further = ("ALTER TABLE runs ADD COLUMN colour TEXT NOT NULL DEFAULT 'grey'",)
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, further))
    with RunStore(path) as store:
        assert store.run(1).name == "wide"
        assert len(store.history(1)) == 1
    with opened(path) as connection:
        assert connection.execute("SELECT colour FROM runs").fetchall() == [("grey",)]
        assert schema.version_of(connection) == schema.latest_version()


def test_a_migration_that_fails_leaves_the_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with RunStore(path) as store:
        store.begin(new_run(name="wide"))
    before = tables(path)
    further = ("ALTER TABLE runs ADD COLUMN colour TEXT", "no SQL at all")
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, further))
        with pytest.raises(StoreError):
            RunStore(path)
    assert tables(path) == before
    with RunStore(path) as store:
        assert store.run(1).name == "wide"


def test_a_file_of_a_newer_version_is_refused_and_left_alone(path: Path) -> None:
    with RunStore(path) as store:
        store.begin(new_run())
    with opened(path) as connection:
        connection.execute(f"PRAGMA user_version = {schema.latest_version() + 1}")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="newer version"):
        RunStore(path)
    assert path.read_bytes() == before
