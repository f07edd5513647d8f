from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from mlp_core.datasets.handwriting import HAND, LINES, Hand, Writer, curve_weights, shares
from mlp_core.datasets.stroke_styles import Style, read_styles

STILL = Hand(**{field.name: 0.0 for field in fields(Hand)})
STILL = replace(STILL, mixing=1.0, reach=1.0, radius=1.2, thinnest=0.5, thickest=4.0)


@pytest.fixture(scope="module")
def styles() -> tuple[Style, ...]:
    return read_styles()


def test_a_curve_goes_through_its_points_and_a_straight_one_stays_straight() -> None:
    points = np.array([[0.0, 0], [1, 2], [3, 1], [3, 4]])
    knots = np.array([0, 1, 1.7, 3])
    np.testing.assert_allclose(curve_weights(knots, knots) @ points, points, atol=1e-12)
    places = np.linspace(0, 3, 11)
    np.testing.assert_allclose(curve_weights(knots, places) @ knots, places, atol=1e-12)
    np.testing.assert_allclose(curve_weights(knots, places).sum(axis=1), 1)


def test_a_curve_has_no_kink() -> None:
    points = np.array([[0.0, 0], [1, 2], [3, 1]])
    knots = np.array([0, 1, 1.7])
    before, at, after = curve_weights(knots, np.array([1 - 1e-6, 1, 1 + 1e-6])) @ points
    np.testing.assert_allclose(at - before, after - at, rtol=1e-4)


@pytest.mark.parametrize("lengths", [[1], [5, 1, 1], [0.001, 100], [1] * 10])
def test_lines_are_shared_out_by_length(lengths: list[float]) -> None:
    counts = shares(lengths, LINES)
    assert sum(counts) == LINES
    assert min(counts) >= 1
    wanted = np.array(lengths) / sum(lengths) * LINES
    assert np.abs(counts - wanted).max() < len(lengths)


def test_without_variation_all_samples_of_a_style_with_one_master_are_alike(styles: tuple[Style, ...]) -> None:
    single = [Style(style.digit, style.name, 1, style.masters[:1], style.pieces) for style in styles]
    writer = Writer(single, STILL)
    images = writer.write(np.repeat(np.arange(len(single)), 3), np.random.default_rng(1)).reshape(-1, 3, 28, 28)
    np.testing.assert_array_equal(images[:, 0], images[:, 2])
    assert len(np.unique(images[:, 0], axis=0)) == len(single)


@pytest.mark.parametrize(
    "changes",
    [
        {"wandering": 0.05},
        {"trembling": 0.03},
        {"bending": 0.1},
        {"stretching": 0.3},
        {"slant_spread": 0.3},
        {"turning": 0.1},
        {"radius_spread": 0.4},
        {"pressing": 0.3},
        {"nib": 0.3},
        {"roughness": 0.2},
        {"raggedness": 0.3},
    ],
)
def test_each_kind_of_variation_varies_the_images(styles: tuple[Style, ...], changes: dict[str, float]) -> None:
    single = [Style(style.digit, style.name, 1, style.masters[:1], style.pieces) for style in styles]
    writer = Writer(single, replace(STILL, **changes))
    chosen = np.zeros(20, np.intp) + 1
    images = writer.write(chosen, np.random.default_rng(1))
    assert len(np.unique(images, axis=0)) > 15


def test_masters_are_mixed(styles: tuple[Style, ...]) -> None:
    images = Writer(styles, STILL).write(np.zeros(20, np.intp), np.random.default_rng(1))
    assert len(np.unique(images, axis=0)) == 20


def test_slant_leans_to_the_right_at_the_top() -> None:
    upright = Style(1, "upright", 1, np.array([[[0, 0], [0, 1]]], float), ((0, 1),))
    (image,) = Writer([upright], replace(STILL, slant=0.5)).write(np.zeros(1, np.intp), np.random.default_rng(1))
    columns = np.arange(28)
    upper, lower = image[:14].sum(axis=0, dtype=float), image[14:].sum(axis=0, dtype=float)
    assert upper @ columns / upper.sum() > lower @ columns / lower.sum() + 3


def test_styles_are_chosen_by_their_weights(styles: tuple[Style, ...]) -> None:
    writer = Writer(styles)
    labels = np.arange(20_000) % 10
    chosen = writer.choose(labels, np.random.default_rng(1))
    assert [styles[place].digit for place in chosen] == labels.tolist()
    counts = np.bincount(chosen, minlength=len(styles))
    weights = np.array([style.weight for style in styles])
    of_digit = np.array([sum(other.weight for other in styles if other.digit == style.digit) for style in styles])
    expected = 2000 * weights / of_digit
    assert (counts > 0).all()
    assert (np.abs(counts - expected) < 5 * np.sqrt(expected)).all()


def test_every_style_is_legible_ink_in_the_frame(styles: tuple[Style, ...]) -> None:
    images = Writer(styles).write(np.repeat(np.arange(len(styles)), 10), np.random.default_rng(1))
    ink = images.mean(axis=(1, 2)) / 255
    assert ink.min() > 0.01
    assert ink.max() < 0.5
    assert HAND.thinnest < HAND.radius < HAND.thickest
