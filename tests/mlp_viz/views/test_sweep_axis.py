from __future__ import annotations

import itertools

import pytest

from mlp_core.sweep.axes import FIELDS, parse_axis
from mlp_viz.views.sweep_axis import LABELS, SweepAxis, value_text, varying
from tests.mlp_viz.views.sweep_samples import plan


def axis(text: str) -> SweepAxis:
    return SweepAxis.of(parse_axis(text))


def test_every_field_of_a_sweep_has_a_label() -> None:
    assert set(LABELS) == set(FIELDS)


@pytest.mark.parametrize("text", ["eta=0.001,0.01,0.1", "eta=0.001..0.1", "units=10,100,1000", "units=10..1000"])
def test_equal_factors_are_equal_steps_where_the_quantity_is_logarithmic(text: str) -> None:
    each = axis(text)
    low, middle, high = (0.001, 0.01, 0.1) if "eta" in text else (10, 100, 1000)
    assert each.share_of(middle) == pytest.approx((each.share_of(low) + each.share_of(high)) / 2)


def test_zero_has_a_place_of_its_own_below_the_smallest_value() -> None:
    each = axis("l2=0.1,0,0.01")
    assert each.choices == (0, 0.01, 0.1)
    assert each.share_of(0) == 0
    assert 0.2 < each.share_of(0.01) < 0.5
    assert axis("l2=0").share_of(0) == 0.5


def test_layers_are_linear_and_activations_one_step_after_another() -> None:
    assert [axis("layers=0,1,2").share_of(n) for n in (0, 1, 2)] == [0, 0.5, 1]
    assert [text for _, text in axis("layers=0..3").ticks] == ["0", "1", "2", "3"]
    each = axis("activation=relu,sigmoid")
    assert each.shares() == [(0.0, "relu"), (1.0, "sigmoid")]


@pytest.mark.parametrize("text", ["eta=1e-5..1", "units=5..300", "l2=0.02..0.03", "layers=0..8", "eta=0.1,0.2"])
def test_ticks_ascend_within_the_axis(text: str) -> None:
    shares = [share for share, _ in axis(text).shares()]
    assert len(shares) >= 2
    assert all(low < high for low, high in itertools.pairwise(shares))
    assert 0 <= shares[0] < shares[-1] <= 1


def test_only_what_takes_more_than_one_value_varies() -> None:
    assert [each.field for each in varying(plan("eta=0.1,0.2", "l2=0", "units=5,10"))] == ["eta", "units"]
    assert [each.field for each in varying(plan("eta=0.1"))] == ["eta"]


def test_values_are_written_as_they_are() -> None:
    assert [value_text(value) for value in (0.0005, 1000, "relu")] == ["0.0005", "1,000", "relu"]
