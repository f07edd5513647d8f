from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mlp_core.errors import HyperparameterError, MlpError, SweepError
from mlp_core.sweep.axes import FIELDS, Axis, Range, axis_from_dict, parse_axis, setting_words

SHARES = np.random.RandomState(1).random_sample(4000)


@pytest.mark.parametrize(
    ("text", "axis"),
    [
        ("eta=0.0005,0.001", Axis("eta", (0.0005, 0.001))),
        (" eta = 1e-4 .. 1e-2 ", Range("eta", 1e-4, 1e-2)),
        ("units=10..200", Range("units", 10, 200)),
        ("layers=0,1,2", Axis("layers", (0, 1, 2))),
        ("l2=0,0.1,0.1,0", Axis("l2", (0.0, 0.1))),
        ("minibatch-size=50,100", Axis("minibatch_size", (50, 100))),
        ("activation=sigmoid, relu", Axis("activation", ("sigmoid", "relu"))),
    ],
)
def test_a_text_becomes_an_axis_and_back(text: str, axis: Axis | Range) -> None:
    parsed = parse_axis(text)
    assert parsed == axis
    assert parse_axis(parsed.text()) == axis
    assert axis_from_dict(parsed.as_dict()) == axis


def test_whole_numbers_are_plain_ones() -> None:
    units = parse_axis("units=10,20")
    assert isinstance(units, Axis)
    assert {type(value) for value in units.values} == {int}
    assert type(Range("units", 1.0, 5.0).low) is int


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("eta", "names no values"),
        ("momentum=0.9", "'momentum' cannot be varied. Choose one of eta, "),
        ("eta=", "eta: there is no value"),
        ("eta=fast", "eta: 'fast' is not a number"),
        ("eta=0.1,20", "eta: 20.0 is out of range"),
        ("eta=nan", "eta: nan is not a finite number"),
        ("units=1.5", "units: 1.5 is not a whole number"),
        ("units=0..5", "units: 0.0 is out of range"),
        ("layers=9", "layers: 9.0 is out of range"),
        ("eta=1..0.1", "eta: 1..0.1 is no range. Put the smaller number first"),
        ("eta=1..1", "eta: .* is no range"),
        ("l2=0..1", "l2: a logarithmic range does not reach 0"),
        ("activation=1..2", "activation: it has no range"),
        ("activation=softmax", "activation: 'softmax' is not known. Choose one of sigmoid"),
    ],
)
def test_what_is_wrong_is_told_with_its_field(text: str, message: str) -> None:
    with pytest.raises(MlpError, match=message):
        parse_axis(text)


def test_values_of_the_wrong_kind_are_refused() -> None:
    wrong: Any = [[1], {}, None]
    for value in wrong:
        with pytest.raises(HyperparameterError, match=r"activation: .* is not known"):
            Axis("activation", (value,))
        with pytest.raises(MlpError, match=r"eta: "):
            Axis("eta", (value,))
    with pytest.raises(SweepError, match="no value"):
        Axis("eta", ())


def test_numbers_are_drawn_evenly_by_their_logarithm() -> None:
    axis = Range("eta", 1e-4, 1e-1)
    drawn = np.array([float(axis.value_at(share)) for share in SHARES])
    assert drawn.min() >= 1e-4
    assert drawn.max() <= 1e-1
    counts, _ = np.histogram(np.log10(drawn), bins=3, range=(-4, -1))
    np.testing.assert_allclose(counts / len(drawn), 1 / 3, atol=0.03)
    assert all(float(f"{value:.3g}") == value for value in drawn)


def test_each_whole_number_of_a_linear_range_is_as_likely() -> None:
    axis = Range("layers", 0, 3)
    counts = np.bincount([int(axis.value_at(share)) for share in SHARES])
    np.testing.assert_allclose(counts / len(SHARES), 1 / 4, atol=0.03)


def test_whole_numbers_of_a_logarithmic_range_reach_both_ends() -> None:
    axis = Range("units", 1, 1000)
    drawn = [axis.value_at(share) for share in (0.0, 0.5, 1.0)]
    assert drawn[0] == 1
    assert 15 < float(drawn[1]) < 60
    assert drawn[2] == 1000


def test_each_value_of_an_axis_is_as_likely() -> None:
    axis = Axis("activation", ("sigmoid", "tanh", "relu"))
    drawn = [axis.value_at(share) for share in SHARES]
    for value in axis.values:
        assert drawn.count(value) / len(drawn) == pytest.approx(1 / 3, abs=0.03)
    assert axis.value_at(1.0) == "relu"


@pytest.mark.parametrize("axis", [Range("eta", 1e-4, 1e-1), Range("units", 5, 400), Axis("eta", (0.1, 0.3, 0.2))])
def test_a_value_stands_where_it_was_taken_from(axis: Axis | Range) -> None:
    for share in (0.05, 0.5, 0.95):
        value = axis.value_at(share)
        assert axis.value_at(axis.share_of(value)) == value


def test_parts_of_a_range_are_its_values_where_there_are_few() -> None:
    assert Range("layers", 0, 3).parts(5) == (0, 1, 2, 3)
    assert Range("eta", 1e-4, 1e-2).parts(2) == (0.000316, 0.00316)
    assert len(Range("units", 1, 1000).parts(8)) == 8


def test_a_setting_is_said_in_words() -> None:
    assert setting_words({"eta": 0.001, "units": 50, "layers": 2}) == "eta 0.001, 50 units, 2 layers"
    assert setting_words({"units": 1, "layers": 1, "minibatch_size": 1000}) == "1 unit, 1 layer, minibatches of 1,000"
    assert setting_words({"units": 50, "layers": 0, "activation": "relu", "l2": 0.0}) == "no hidden layer, relu, l2 0"
    assert len(FIELDS) == 6
