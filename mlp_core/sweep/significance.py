"""Whether the best setting of a sweep is better by more than luck, in words for people without statistics."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from mlp_core.runs.record import Status
from mlp_core.sweep.axes import BOUNDS_OF, Range
from mlp_core.sweep.results import SettingResult, SweepResults

ALPHA: Final = 0.05  # a difference that luck gives more rarely than this counts as real
ENOUGH_SEEDS: Final = next(n for n in range(1, 10) if 2 / math.comb(2 * n, n) < ALPHA)
SIDES: Final = 3  # values of a list, from which on its ends are worth a word
MANY: Final = 5  # settings, from which on the best one's luck is worth a word
MOST_SEEDS: Final = 100  # more are not advised
LISTED: Final = 4  # settings told by name
RAREST: Final = 1e-6  # chance; what is rarer is only told to be so
FINEST: Final = 1_000_000  # validation samples: an accuracy is a whole number of them
DETECTED: Final = 1.96 + 0.84  # standard errors that a difference must have to be seen at ALPHA in 80 % of cases

NUMBERS: Final[Mapping[str, str]] = {
    "eta": "eta",
    "l2": "l2",
    "units": "number of hidden units",
    "layers": "number of hidden layers",
    "minibatch_size": "minibatch",
}
"""What the numbers of each field are called in a sentence."""


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """What a sweep says.

    Attributes
    ----------
    text : str
        In sentences, for the screen.
    best, second : SettingResult or None
        By the median over seeds; None as long as there are not so many.
    p : float
        How often luck alone would part these two as far, in [0, 1]; NaN without a second.
    settled : bool
        Whether the best is better than each other setting by more than luck.
    alike : tuple of SettingResult
        Those that cannot be told from the best, best first.
    seeds_needed : int or None
        About how many seeds a setting would show that the best two differ; None where they need no more, or where
        more than `MOST_SEEDS` would not do.
    """

    text: str
    best: SettingResult | None = None
    second: SettingResult | None = None
    p: float = math.nan
    settled: bool = False
    alike: tuple[SettingResult, ...] = ()
    seeds_needed: int | None = None


def verdict(results: SweepResults) -> Verdict:
    """Return what the results say of the best setting.

    Two settings are compared by the exact permutation test on the mean over seeds (Fisher, 1935), which supposes
    nothing of how accuracies are distributed. The best is called better only where it passes the test against each
    other setting: an intersection-union test (Berger, 1982), which needs no correction for how many there are.
    """
    ranked = tuple(result for result in results.ranked() if result.finished)
    others = " ".join(_words_on_the_others(results))
    if not ranked:
        return Verdict(_lines(_words_on_nothing(results), others))
    best = ranked[0]
    if len(ranked) == 1:
        alone = "There is no other to compare it with" + ("." if results.over else " yet.")
        return Verdict(_lines(_words_on_the_best(best, _left(results)), _words_on_the_range(best), alone, others), best)
    second = ranked[1]
    p = permutation_p(_known(best), _known(second))
    alike = tuple(result for result in ranked[1:] if _is_alike(best, result))
    settled = not alike and p < ALPHA
    needed = None if settled else seeds_needed(_known(best), _known(second))
    tied = [result for result in ranked[1:] if not _points(best.median - result.median)]
    luck, why = _words_on_luck(best, second, p, settled, len(ranked), needed)
    text = _lines(
        f"{_words_on_the_best(best, _left(results))} {_words_on_the_second(best, second, tied)} {luck}",
        f"{why} {_words_on_alike(alike, second, tied, ranked)}",
        f"{_words_on_the_range(best)} {_words_on_new_samples(best, len(ranked))} {_words_on_the_edge(best, results)}",
        others,
    )
    return Verdict(text, best, second, p, settled, alike, needed)


def permutation_p(first: Sequence[float], second: Sequence[float]) -> float:
    """Return how often the means would be as far apart, either way, if the values were dealt out by chance.

    Every way of dealing them is counted, none is drawn.

    Parameters
    ----------
    first, second : sequence of float
        Accuracies, in [0, 1]; multiples of one over the number of samples, at most `FINEST`.

    Returns
    -------
    float
        In ]0, 1]; 1 where either is empty.
    """
    n, n_all = len(first), len(first) + len(second)
    if not 0 < n < n_all:
        return 1.0
    values = _whole_numbers((*first, *second))
    most = sum(sorted(values)[-n:])
    ways = np.zeros((n + 1, most + 1))  # by how many were taken, and their sum; counts below 2**53 are exact
    ways[0, 0] = 1
    for value in values:
        taken = ways[:-1, : most + 1 - value].copy()
        ways[1:, value:] += taken
    apart = np.abs(n_all * np.arange(most + 1) - n * sum(values))  # of the means, times a constant
    observed = abs(n_all * sum(values[:n]) - n * sum(values))
    return float(ways[n, apart >= observed].sum() / ways[n].sum())


def least_p(n: int, m: int) -> float:
    """Return the smallest p that the test can give with `n` and `m` seeds."""
    return (2 if n == m else 1) / math.comb(n + m, n)


def seeds_needed(first: Sequence[float], second: Sequence[float]) -> int | None:
    """Return about how many seeds a setting would show that the first is better, if it is by as much as it seems.

    Four times in five, at `ALPHA`; by the usual formula for two means. None where it is more than `MOST_SEEDS`, or
    where the first is not better.
    """
    if min(len(first), len(second)) < 2:
        return ENOUGH_SEEDS
    apart = statistics.fmean(first) - statistics.fmean(second)
    variance = (statistics.variance(first) + statistics.variance(second)) / 2
    if apart <= 0:
        return None
    n = max(ENOUGH_SEEDS, math.ceil(2 * variance * (DETECTED / apart) ** 2))
    if n <= max(len(first), len(second)):  # the formula is about right, the test is exact
        n = max(len(first), len(second)) + 1
    return n if n <= MOST_SEEDS else None


def _whole_numbers(accuracies: Sequence[float]) -> list[int]:
    """Return accuracies as numbers of samples, less those that all have: equal sums are then equal."""
    fractions = [Fraction(accuracy).limit_denominator(FINEST) for accuracy in accuracies]
    samples = min(math.lcm(*(fraction.denominator for fraction in fractions)), FINEST)
    numbers = [round(fraction * samples) for fraction in fractions]
    return [number - min(numbers) for number in numbers]


def _known(result: SettingResult) -> tuple[float, ...]:
    return tuple(accuracy for accuracy in result.accuracies if not math.isnan(accuracy))


def _is_better(best: SettingResult, other: SettingResult) -> bool:
    return statistics.fmean(_known(best)) > statistics.fmean(_known(other))


def _is_alike(best: SettingResult, other: SettingResult) -> bool:
    """Return whether two cannot be told apart; with seeds too few for `ALPHA`, whether any of them overlap."""
    first, second = _known(best), _known(other)
    threshold = max(ALPHA, least_p(len(first), len(second)) * (1 + 1e-9))
    return not _is_better(best, other) or permutation_p(first, second) > threshold


def _left(results: SweepResults) -> int:
    """Return how many settings are still to be trained, or further."""
    return results.plan.n_settings - sum(result.over or result.diverged for result in results.settings)


def _words_on_the_best(best: SettingResult, left: int) -> str:
    lead = "Best so far" if left > 0 else "Best"
    return f"{lead}: {best.words}, with {_percent(best.median)} of the validation samples right."


def _words_on_the_range(best: SettingResult) -> str:
    n = len(_known(best))
    if n == 1:
        return ""
    if not _points(best.high - best.low):
        return f"All {n} seeds of the best come to that."
    return f"The {n} seeds of the best range from {_percent(best.low)} to {_percent(best.high)}; their median counts."


def _words_on_the_edge(best: SettingResult, results: SweepResults) -> str:
    """Say where the best has the smallest or the largest number of a list, and there are others beyond it."""
    words = []
    for axis in results.plan.axes:
        if isinstance(axis, Range) or axis.field not in BOUNDS_OF or len(axis.values) < SIDES:
            continue
        value, bound = float(best.values[axis.field]), BOUNDS_OF[axis.field]
        numbers = tuple(map(float, axis.values))
        if value == max(numbers) and value < bound.high:
            words.append(f"Its {NUMBERS[axis.field]} is the largest tried: try larger ones, too.")
        elif value == min(numbers) and value > bound.low:
            words.append(f"Its {NUMBERS[axis.field]} is the smallest tried: try smaller ones, too.")
    return " ".join(words)


def _words_on_the_second(best: SettingResult, second: SettingResult, tied: Sequence[SettingResult]) -> str:
    if tied:
        return f"Just as good: {_named(tied)}."
    return f"Second: {second.words}, {_points(best.median - second.median)} less."


def _words_on_luck(
    best: SettingResult, second: SettingResult, p: float, settled: bool, n_settings: int, needed: int | None
) -> tuple[str, str]:
    """Return whether luck may have made the best, and why that is said."""
    sizes = len(_known(best)), len(_known(second))
    least, n = least_p(*sizes), min(sizes)
    if n == 1:
        why = f"With one seed nobody knows how much of it is luck. Run at least {ENOUGH_SEEDS} seeds a setting."
        return "Whether that is luck cannot be said.", why
    lead = "What parts these two" if not _points(best.median - second.median) else "That lead"
    if not _is_better(best, second):
        if not _is_better(second, best):
            return "On average over the seeds these two are equally good.", ""
        return f"{lead} may well be luck.", "On average over its seeds the second is better."
    often = f"{_often(p)} two equally good settings would differ as much by luck."
    if settled:
        also = ", and so is the lead over each of the others" if n_settings > 2 else ""
        return f"{lead} is more than luck{also}.", often
    if p < ALPHA:
        return f"{lead} is more than luck.", often
    if least >= ALPHA and p <= least * (1 + 1e-9):
        why = f"Every seed of the best beats every seed of the second, but {n} seeds are too few to rule luck out."
        return "That may still be luck.", f"{why} {often} Run at least {ENOUGH_SEEDS} seeds a setting."
    if needed is None:
        more = f"Even {MOST_SEEDS} seeds a setting would hardly part them: take whichever you like."
    else:
        more = f"If the difference is real, about {needed} seeds a setting would show it."
    return f"{lead} may well be luck.", f"{often} {more}"


def _words_on_alike(
    alike: Sequence[SettingResult],
    second: SettingResult,
    tied: Sequence[SettingResult],
    ranked: Sequence[SettingResult],
) -> str:
    rest = [result for result in alike if result is not second and result not in tied]
    n = len(_known(ranked[0]))
    if n == 1 or not rest:
        return ""
    if len(alike) == len(ranked) - 1:
        return f"None of the other {len(alike)} settings can be told from the best."
    if n < ENOUGH_SEEDS:
        return f"Other settings whose seeds overlap with those of the best: {_named(rest)}."
    return f"Other settings that cannot be told from the best: {_named(rest)}."


def _words_on_new_samples(best: SettingResult, n_settings: int) -> str:
    lucky = f"To be the best of {n_settings} takes some luck, too" if n_settings >= MANY else ""
    if math.isnan(best.test_accuracy):
        return f"{lucky}: expect a little less on new samples." if lucky else ""
    tested = f"the test samples, which had no say in the choice, it has {_percent(best.test_accuracy)} right."
    return f"{lucky}: on {tested}" if lucky else f"On {tested}"


def _words_on_nothing(results: SweepResults) -> str:
    if not results.over:
        return "No setting has finished yet. What is best, and whether by luck, is told here as soon as two have."
    advice = " Choose smaller values of eta." if any(result.diverged for result in results.settings) else ""
    return f"No setting reached the end of training with all its seeds.{advice}"


def _words_on_the_others(results: SweepResults) -> list[str]:
    diverged = [result for result in results.settings if result.diverged]
    pruned = sum(result.pruned and not result.diverged for result in results.settings)
    failed = results.counts.get(Status.FAILED, 0)
    left = _left(results)
    words = []
    if left > 0 and any(result.finished for result in results.settings):
        words.append(f"{_count(left, 'setting is', 'settings are')} not done yet: this may change.")
    if diverged:
        words.append(f"No good choice, because training diverged with a seed or more: {_named(diverged)}.")
    if pruned:
        words.append(f"{_count(pruned, 'setting was', 'settings were')} ended early, because others were ahead.")
    if failed:
        words.append(f"{_count(failed, 'run', 'runs')} failed and {'is' if failed == 1 else 'are'} left out.")
    return words


def _percent(accuracy: float) -> str:
    return f"{accuracy * 100:.2f}%"


def _points(difference: float) -> str:
    """Return a difference of accuracies in words; empty where none would be seen."""
    said = f"{difference * 100:.2f}"
    return "" if float(said) == 0 else f"{said} percentage points"


def _often(p: float) -> str:
    if p >= 0.95:
        return "Nearly always"
    if p > 0.4:
        return f"In {round(p * 10)} of 10 cases"
    return f"In 1 of {round(1 / p):,} cases" if p > RAREST else f"In less than 1 of {round(1 / RAREST):,} cases"


def _named(results: Sequence[SettingResult]) -> str:
    named = "; ".join(result.words for result in results[:LISTED])
    return f"{named}; and {len(results) - LISTED:,} more" if len(results) > LISTED else named


def _count(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"


def _lines(*lines: str) -> str:
    return "\n".join(" ".join(line.split()) for line in lines if line.strip())
