"""The legal moves between a run's phases are exactly these."""

import itertools

import pytest

from mlp_viz.run.state import ENDS, IllegalMoveError, Phase, checked_move

LEGAL = {
    (Phase.IDLE, Phase.RUNNING),
    (Phase.IDLE, Phase.PAUSED),
    (Phase.RUNNING, Phase.PAUSED),
    (Phase.PAUSED, Phase.RUNNING),
    *itertools.product((Phase.RUNNING, Phase.PAUSED), ENDS),
    *itertools.product(ENDS, (Phase.RUNNING, Phase.PAUSED, Phase.IDLE)),
}


@pytest.mark.parametrize(("old", "new"), sorted(LEGAL, key=str))
def test_legal_moves(old: Phase, new: Phase) -> None:
    assert checked_move(old, new) is new


@pytest.mark.parametrize(("old", "new"), sorted(set(itertools.product(Phase, Phase)) - LEGAL, key=str))
def test_illegal_moves(old: Phase, new: Phase) -> None:
    with pytest.raises(IllegalMoveError, match=f"no move from {old.name} to {new.name}"):
        checked_move(old, new)


def test_a_run_is_active_between_start_and_end() -> None:
    assert {phase for phase in Phase if phase.active} == {Phase.RUNNING, Phase.PAUSED}
    assert not any(phase.active for phase in ENDS)
