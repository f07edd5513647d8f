"""Writes digits as hands do: each sample is a mixture of a style's masters with a shape, slant and pen of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mlp_core.datasets import pen
from mlp_core.datasets.pen import Floats
from mlp_core.datasets.stroke_styles import Style

LINES: Final = 32  # that a digit is drawn with, whatever its style: so that all are drawn at once
AT_ONCE: Final = 250  # images: what is computed of them stays in the cache of a core
CHORD_POWER: Final = 0.7  # between 1/2, the centripetal parametrisation of a curve, and 1, the chordal one


@dataclass(frozen=True, slots=True)
class Hand:
    """How much handwriting varies.

    Lengths are in heights of a digit, angles in radians; what is called a spread is the standard deviation of a normal
    variate, and of its logarithm where it is a factor.

    Attributes
    ----------
    mixing : float
        Shape of the gamma variates that masters are mixed by: near 0 one master alone, large all alike.
    care : float
        Spread of the factor that makes all points of one sample more or less exact.
    wandering : float
        Spread of the points where neighbours move together.
    reach : float
        How far along the strokes points count as neighbours.
    trembling : float
        Spread of the points, each by itself.
    bending : float
        Spread of the six coefficients of a quadratic map of the plane.
    stretching : float
        Spread of the ratio of width to height, a factor.
    slant, slant_spread : float
        Mean and spread of the shear, to the right at the top.
    turning : float
        Spread of the rotation.
    radius, radius_spread : float
        Median of half the pen's width in pixels, and its spread, a factor.
    thinnest, thickest : float
        Bounds of it, in pixels.
    pressing : float
        Spread of a slow wave in the pen's width along the strokes, a share of it.
    nib : float
        Spread of what the stroke's direction does to the pen's width, a share of it.
    roughness : float
        Spread of the pen's width from line to line, a share of it.
    finest : float
        The least that may be left of half the pen's width, in pixels.
    raggedness, raggedness_spread : float
        Median of the spread of the ink's edge, in pixels, where only the next pixels move together; and its own
        spread, a factor.
    """

    mixing: float = 0.4
    care: float = 0.25
    wandering: float = 0.048
    reach: float = 0.45
    trembling: float = 0.01
    bending: float = 0.05
    stretching: float = 0.17
    slant: float = 0.11
    slant_spread: float = 0.25
    turning: float = 0.08
    radius: float = 1.18
    radius_spread: float = 0.28
    thinnest: float = 0.7
    thickest: float = 3.6
    pressing: float = 0.2
    nib: float = 0.12
    roughness: float = 0.05
    finest: float = 0.55
    raggedness: float = 0.1
    raggedness_spread: float = 0.35


HAND: Final = Hand()


@dataclass(frozen=True, slots=True, eq=False)
class _Skeleton:
    """What all samples of a style share.

    Attributes
    ----------
    masters : ndarray, shape (n_masters, n_points, 2)
    ends : ndarray, shape (2 * LINES, n_points)
        Makes points into the starts of the lines, then their stops, on smooth curves through the points.
    together : ndarray, shape (n_points, n_points)
        Makes independent variates into ones of the same spread that neighbouring points share.
    """

    masters: Floats
    ends: Floats
    together: Floats

    @classmethod
    def of(cls, style: Style, reach: float) -> _Skeleton:
        first = style.masters[0]
        chords = np.hypot(*np.diff(first, axis=0).T)
        arc = np.concatenate([[0], np.cumsum(chords)])
        together = np.exp(-(((arc[:, None] - arc) / reach) ** 2))
        together /= np.sqrt((together**2).sum(axis=1, keepdims=True))
        lengths = [arc[last] - arc[first] for first, last in style.pieces]
        curves = []
        for (start, stop), n_lines in zip(style.pieces, shares(lengths, LINES), strict=True):
            weights = np.zeros((n_lines + 1, len(first)))
            knots = np.concatenate([[0], np.cumsum(chords[start:stop] ** CHORD_POWER)])
            weights[:, start : stop + 1] = curve_weights(knots, np.linspace(0, knots[-1], n_lines + 1))
            curves.append(weights)
        ends = np.concatenate([curve[:-1] for curve in curves] + [curve[1:] for curve in curves])
        return cls(*(array.astype(np.float32) for array in (style.masters, ends, together)))


def shares(lengths: Sequence[float], total: int) -> list[int]:
    """Return whole numbers, at least 1 each, that add up to `total` and are about in proportion to `lengths`."""
    bounds = np.rint(np.cumsum([0, *lengths]) / np.sum(lengths) * (total - len(lengths))).astype(int)
    return [int(stop - start) + 1 for start, stop in pairwise(bounds)]


def curve_weights(knots: NDArray[np.float64], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much each point counts at each place of a smooth curve through all of them.

    Parameters
    ----------
    knots : ndarray, shape (n_points,)
        The parameter of the curve at each point, ascending.
    at : ndarray, shape (n_places,)
        Where on the curve, from the first knot to the last.

    Returns
    -------
    ndarray, shape (n_places, n_points)
        ``weights @ points`` are the places. The curve is a cubic Hermite spline whose tangents are central differences,
        one-sided at its ends.
    """
    n = len(knots)
    point = np.eye(n)
    before, after = np.maximum(np.arange(n) - 1, 0), np.minimum(np.arange(n) + 1, n - 1)
    tangent = (point[after] - point[before]) / (knots[after] - knots[before])[:, None]
    left = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, n - 2)
    gap = (knots[left + 1] - knots[left])[:, None]
    u = (at - knots[left])[:, None] / gap
    return np.asarray(
        (1 + 2 * u) * (1 - u) ** 2 * point[left]
        + u * (1 - u) ** 2 * gap * tangent[left]
        + u**2 * (3 - 2 * u) * point[left + 1]
        + u**2 * (u - 1) * gap * tangent[left + 1]
    )


class Writer:
    """Writes digits in some styles.

    Parameters
    ----------
    styles : sequence of Style
    hand : Hand
    """

    def __init__(self, styles: Sequence[Style], hand: Hand = HAND) -> None:
        self.styles = tuple(styles)
        self.hand = hand
        self._skeletons = [_Skeleton.of(style, hand.reach) for style in styles]

    def choose(self, labels: NDArray[np.integer], random: np.random.Generator) -> NDArray[np.intp]:
        """Return the place in `styles` of a style for each label, shape (n,), by their weights."""
        chosen = np.empty(len(labels), np.intp)
        for digit in np.unique(labels):
            places = [place for place, style in enumerate(self.styles) if style.digit == digit]
            weights = np.array([self.styles[place].weight for place in places])
            of_digit = np.flatnonzero(labels == digit)
            chosen[of_digit] = random.choice(places, len(of_digit), p=weights / weights.sum())
        return chosen

    def write(self, chosen: NDArray[np.intp], random: np.random.Generator) -> NDArray[np.uint8]:
        """Write one digit in each of the styles.

        Parameters
        ----------
        chosen : ndarray of int, shape (n,)
            Places in `styles`.
        random : Generator
            What every variation is drawn from.

        Returns
        -------
        ndarray of uint8, shape (n, 28, 28)
            0 paper to 255 ink.
        """
        care = np.exp(self.hand.care * _normal(random, len(chosen), 1, 1))
        ends = self._deformed(self._ends(chosen, care, random), care, random)
        starts, stops = ends[:, :LINES], ends[:, LINES:]
        radii = self._radii(stops - starts, random)
        starts, stops = pen.fitted(starts, stops, radii)
        images = np.empty((len(chosen), pen.SIZE, pen.SIZE), np.uint8)
        by_width = np.argsort(radii.max(axis=1), kind="stable")  # thin pens are drawn faster
        for some in np.array_split(by_width, max(1, len(chosen) // AT_ONCE)):
            depth = pen.depth(starts[some], stops[some], radii[some])
            self._fray(depth, random)
            images[some] = pen.centred(pen.coverage(depth))
        return images

    def _ends(self, chosen: NDArray[np.intp], care: Floats, random: np.random.Generator) -> Floats:
        """Return mixed and moved masters as the ends of lines, shape (n, 2 * LINES, 2), centred."""
        hand = self.hand
        ends = np.empty((len(chosen), 2 * LINES, 2), np.float32)
        for style in np.unique(chosen):
            skeleton = self._skeletons[style]
            places = np.flatnonzero(chosen == style)
            n_masters, n_points, _ = skeleton.masters.shape
            mixture = random.standard_gamma(hand.mixing, (len(places), n_masters), np.float32) + np.float32(1e-6)
            mixture /= mixture.sum(axis=1, keepdims=True)
            points = np.tensordot(mixture, skeleton.masters, 1)
            moved = hand.wandering * (skeleton.together @ _normal(random, len(places), n_points, 2))
            moved += hand.trembling * _normal(random, len(places), n_points, 2)
            ends[places] = skeleton.ends @ (points + care[places] * moved)
        ends -= ends.mean(axis=1, keepdims=True)
        return ends

    def _deformed(self, ends: Floats, care: Floats, random: np.random.Generator) -> Floats:
        """Return the ends after a quadratic map, then stretched, slanted and turned."""
        hand, n = self.hand, len(ends)
        x, y = ends[..., :1], ends[..., 1:]
        squares = np.concatenate([x * x, y * y, x * y], axis=-1)
        ends = ends + squares @ (2 * hand.bending * care * _normal(random, n, 3, 2))
        stretch = np.exp(hand.stretching * _normal(random, n))
        slant = hand.slant + hand.slant_spread * _normal(random, n)
        angle = hand.turning * _normal(random, n)
        cos, sin = np.cos(angle), np.sin(angle)
        # rows: what x and what y of a point become
        linear = np.array([[cos * stretch, sin * stretch], [-sin - cos * slant, cos - sin * slant]], np.float32)
        deformed: Floats = ends @ np.moveaxis(linear, -1, 0)
        return deformed

    def _radii(self, along: Floats, random: np.random.Generator) -> Floats:
        """Return half the pen's width on each line, shape (n, LINES), in pixels."""
        hand, n = self.hand, len(along)
        place = np.linspace(0, 2 * np.pi, LINES, dtype=np.float32)
        waves, phase = random.random((2, n, 1), np.float32)
        share = 1 + hand.pressing * _normal(random, n, 1) * np.sin((0.3 + waves) * place + 2 * np.pi * phase)
        direction = np.arctan2(along[..., 1], along[..., 0])
        share += hand.nib * _normal(random, n, 1) * np.cos(2 * (direction - _normal(random, n, 1)))
        share += hand.roughness * _normal(random, n, LINES)
        radius = hand.radius * np.exp(hand.radius_spread * _normal(random, n, 1))
        radii: Floats = np.maximum(share * np.clip(radius, hand.thinnest, hand.thickest), hand.finest)
        return radii

    def _fray(self, depth: Floats, random: np.random.Generator) -> None:
        """Make the edges of the ink ragged, in place."""
        n = len(depth)
        spread = self.hand.raggedness * np.exp(self.hand.raggedness_spread * _normal(random, n, 1, 1))
        noise = _normal(random, n, pen.BOX + 1, pen.BOX + 1)
        beside = noise[:, :, 1:] + noise[:, :, :-1]
        depth[:, pen.IN_BOX, pen.IN_BOX] += spread / 2 * (beside[:, 1:] + beside[:, :-1])


def _normal(random: np.random.Generator, *shape: int) -> Floats:
    return random.standard_normal(shape, np.float32)
