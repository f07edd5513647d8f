from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlp_core.errors import MlpError
from mlp_core.runs.record import RunRecord, Status
from mlp_core.runs.run_filter import HELP, parse_filter

MakeRecord = Callable[..., RunRecord]


@pytest.fixture
def runs(make_record: MakeRecord) -> list[RunRecord]:
    return [
        make_record(id=1, name="Lecture", note="for Monday, a=b", starred=True),
        make_record(
            id=2, n_hidden=(100, 50), eta=0.1, seed=3, sweep_id=2, setting=0, origin="sweep", test_accuracy=0.9
        ),
        make_record(id=3, n_hidden=(), activation="relu", status=Status.DIVERGED, best_valid_accuracy=math.nan),
        make_record(id=4, n_hidden=(300,), l2=0.0, best_valid_accuracy=0.9712, shuffle=False, origin="window"),
    ]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", [1, 2, 3, 4]),
        ("  ", [1, 2, 3, 4]),
        ("lecture", [1]),
        ("LECT monday", [1]),
        ('"for monday"', [1]),
        ('"a=b"', [1]),
        ("-lecture", [2, 3, 4]),
        ('-"for monday" -star', [2, 3, 4]),
        ("handwritten", [1, 2, 3, 4]),
        ("diverged", [3]),
        ("relu", [3]),
        ("star", [1]),
        ("eta>0.001", [2]),
        ("eta=5e-4", [1, 3, 4]),
        ("eta!=0.0005", [2]),
        ("l2=0", [4]),
        ("hidden>=100", [1, 2, 4]),
        ("hidden≤150 hidden>0", [1, 2]),
        ("hidden=100", [1]),
        ("hidden=100,50", [2]),
        ("hidden!=100,50", [1, 3, 4]),
        ("hidden=0", [3]),
        ("layers<1", [3]),
        ("seed=3", [2]),
        ("status:diverged", [3]),
        ("status:fin", [1, 2, 4]),
        ("-status:diverged", [1, 2, 4]),
        ("acc>97.5", [1, 2]),
        ("acc=97.12%", [4]),
        ("-acc>97", [3]),
        ("acc<100", [1, 2, 4]),
        ("test<95", [2]),
        ("sweep:2", [2]),
        ("origin:window", [4]),
        ("shuffle=no", [4]),
        ('note:"for monday"', [1]),
        ("id>=3", [3, 4]),
        ("-", [1, 2, 3, 4]),
        ('"', [1, 2, 3, 4]),
    ],
)
def test_every_term_has_to_hold(text: str, ids: list[int], runs: list[RunRecord]) -> None:
    assert [run.id for run in filter(parse_filter(text), runs)] == ids


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("eta>fast", r"eta: 'fast' is not a number\. Write for example eta>0\.001"),
        ("eta>", "eta: a number is missing"),
        ("speed=3", "speed: there is no such quantity. Known are eta, l2, hidden"),
        ("status:done", "status: 'done' is not known. Choose one of running, waiting, finished"),
        ("origin:moon", "Choose one of window, command, sweep"),
        ("hidden>100,50", "of all hidden units together"),
        ("hidden=100,x", "'x' is not a number"),
        ("name>3", "name is no number"),
    ],
)
def test_what_is_not_understood_is_told_with_what_is_expected(text: str, told: str) -> None:
    with pytest.raises(MlpError, match=told):
        parse_filter(text)


def test_the_help_names_every_quantity() -> None:
    for word in ("eta", "hidden", "acc", "status", "star", "sweep"):
        assert word in HELP


@given(st.text() | st.text(alphabet='eta>=<:-"hidn,.0123inf ≥sepw'))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    with suppress(MlpError):
        parse_filter(text)
