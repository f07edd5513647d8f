"""The tables of the run store, and how a file of an older version becomes one of this version."""

from __future__ import annotations

import sqlite3
from typing import Final

APPLICATION_ID: Final = 0x6D6C7076  # "mlpv": in the file's header, so that no other program's file is taken for ours

_VERSION_1: Final = (
    f"PRAGMA application_id = {APPLICATION_ID}",
    # One row: the number of the last change. What changed carries it, so that a reader can ask for what is new.
    "CREATE TABLE changes (revision INTEGER NOT NULL)",
    "INSERT INTO changes VALUES (0)",
    """
    CREATE TABLE sweeps (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        plan TEXT NOT NULL,
        status TEXT NOT NULL,
        message TEXT NOT NULL DEFAULT '',
        began REAL NOT NULL,
        ended REAL,
        deleted REAL,
        owner_host TEXT NOT NULL,
        owner_pid INTEGER NOT NULL,
        owner_started REAL NOT NULL,
        revision INTEGER NOT NULL
    )
    """,
    "CREATE INDEX sweeps_open ON sweeps (owner_pid) WHERE status IN ('RUNNING', 'WAITING')",
    """
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        note TEXT NOT NULL DEFAULT '',
        hyperparameters TEXT NOT NULL,
        dataset TEXT NOT NULL,
        origin TEXT NOT NULL,
        sweep_id INTEGER REFERENCES sweeps (id),
        setting INTEGER,
        status TEXT NOT NULL,
        message TEXT NOT NULL DEFAULT '',
        began REAL NOT NULL,
        ended REAL,
        starred INTEGER NOT NULL DEFAULT 0,
        deleted REAL,
        epochs_done INTEGER NOT NULL DEFAULT 0,
        seconds REAL NOT NULL DEFAULT 0,
        cost REAL,
        train_accuracy REAL,
        valid_accuracy REAL,
        best_valid_accuracy REAL,
        best_epoch INTEGER NOT NULL DEFAULT 0,
        test_accuracy REAL,
        versions TEXT NOT NULL,
        owner_host TEXT NOT NULL,
        owner_pid INTEGER NOT NULL,
        owner_started REAL NOT NULL,
        revision INTEGER NOT NULL
    )
    """,
    "CREATE INDEX runs_revision ON runs (revision)",
    "CREATE INDEX runs_sweep ON runs (sweep_id) WHERE sweep_id IS NOT NULL",
    "CREATE INDEX runs_open ON runs (owner_pid) WHERE status IN ('RUNNING', 'WAITING')",
    """
    CREATE TABLE epochs (
        run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        epoch INTEGER NOT NULL,
        data_cost REAL,
        penalty REAL,
        train_accuracy REAL,
        valid_accuracy REAL,
        seconds REAL,
        PRIMARY KEY (run_id, epoch)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE checkpoints (
        run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        epoch INTEGER NOT NULL,
        dtype TEXT NOT NULL,
        layer_sizes TEXT NOT NULL,
        weights BLOB NOT NULL,
        generator_key BLOB NOT NULL,
        generator_position INTEGER NOT NULL,
        generator_has_gauss INTEGER NOT NULL,
        generator_cached REAL NOT NULL,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (run_id, epoch)
    )
    """,
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_VERSION_1,)
"""The statements that make version n + 1 of version n; version 0 is an empty file. What is released never changes."""


def latest_version() -> int:
    """Return the version that this program reads and writes."""
    return len(MIGRATIONS)


def version_of(connection: sqlite3.Connection) -> int:
    """Return the version of an open file; 0 if it is empty."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection) -> None:
    """Bring an open file to the latest version: wholly, or not at all.

    Raises
    ------
    sqlite3.Error
        If a statement fails; the file is as it was.
    """
    connection.execute("BEGIN IMMEDIATE")  # another process may be at it: the version is read once it has finished
    try:
        for statements in MIGRATIONS[version_of(connection) :]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {latest_version()}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
