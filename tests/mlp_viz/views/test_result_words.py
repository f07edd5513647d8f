from __future__ import annotations

import pytest

from mlp_core.runs.record import Status
from mlp_viz.views.result_words import reading, state
from tests.mlp_viz.views.sweep_samples import Outcome, plan, results


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ([0.96, 0.97, 0.98], "eta 0.1: 97.00 % (3 seeds: 96.00 to 98.00)"),
        ([0.96, Status.RUNNING], "eta 0.1: 96.00 % (1 of 3 seeds: 96.00 to 96.00), running"),
        ([Status.RUNNING], "eta 0.1: running"),
        ([0.96, 0.97, Status.DIVERGED], "eta 0.1: no result, diverged"),
        ([Status.FAILED] * 3, "eta 0.1: no result, failed"),
        ([], "eta 0.1: not begun"),
    ],
)
def test_a_setting_reads_with_its_seeds_or_with_why_there_is_no_number(outcome: Outcome, words: str) -> None:
    assert reading(results(plan("eta=0.1,0.2"), {0: outcome}).settings[0]) == words


def test_with_one_seed_there_is_no_range() -> None:
    result = results(plan("eta=0.1,0.2", n_seeds=1), {0: [0.96]}).settings[0]
    assert reading(result) == "eta 0.1: 96.00 %"
    assert state(result) == ""
