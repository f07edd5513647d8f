from __future__ import annotations

import pytest

from mlp_viz.widgets.ticks import epoch_ticks, epochs_shown, linear_ticks, linear_view, log_view, percent_view


def test_the_epoch_axis_grows_by_steps_up_to_what_is_planned() -> None:
    seen = [epochs_shown(done, 200) for done in range(201)]
    assert seen == sorted(seen)
    assert set(seen) == {5, 10, 20, 50, 100, 200}
    assert all(end >= done for done, end in enumerate(seen))
    assert epochs_shown(21, 30) == 30
    assert epochs_shown(21, 0) == 50
    assert epochs_shown(1, 1) == 5
    assert epochs_shown(40, 30) == 50


def test_ticks_are_round_and_plain() -> None:
    assert epoch_ticks(5) == [(k, str(k)) for k in range(6)]
    assert [text for _, text in epoch_ticks(10_000)][-1] == "10,000"
    assert [text for _, text in linear_ticks(0, 30_000)] == ["0", "10,000", "20,000", "30,000"]
    assert [text for _, text in linear_ticks(0, 0.2)] == ["0", "0.05", "0.10", "0.15", "0.20"]
    assert [text for _, text in linear_ticks(0.001, 0.003)] == ["0.0010", "0.0015", "0.0020", "0.0025", "0.0030"]


def test_a_linear_axis_covers_the_values_and_starts_at_zero_if_they_come_close() -> None:
    bottom, top, ticks = linear_view(300.0, 9000.0)
    assert bottom == 0
    assert top > 9000
    assert [text for _, text in ticks] == ["0", "5,000"]
    bottom, top, _ = linear_view(8000.0, 9000.0)
    assert 7500 <= bottom <= 8000
    assert top > 9000


def test_percent_reach_from_below_the_lowest_to_100() -> None:
    bottom, top, ticks = percent_view(93.0)
    assert 90 < bottom < 93
    assert top > 100
    assert [text for _, text in ticks][-1] == "100"
    assert percent_view(100.0)[0] < 99


@pytest.mark.parametrize(("low", "high"), [(0.0, 6.0), (3.0, 4.2), (3.0, 3.1), (2.0, 2.0)])
def test_a_logarithmic_axis_has_ticks_at_the_powers_that_they_name(low: float, high: float) -> None:
    bottom, top, ticks = log_view(low, high)
    assert bottom <= low <= high <= top
    assert len(ticks) >= 2
    for place, text in ticks:
        assert bottom <= place <= top
        assert float(text.replace(",", "")) == pytest.approx(10**place)
