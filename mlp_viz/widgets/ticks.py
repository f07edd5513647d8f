"""Where the axes of a plot end, and their ticks: round numbers, in plain digits."""

from __future__ import annotations

import math

Ticks = list[tuple[float, str]]
"""Places on an axis, and what is written there."""


def nice_step(span: float, parts: int) -> float:
    """Return 1, 2 or 5 times a power of ten, so that about `parts` of it make up `span`."""
    raw = span / parts
    power = 10.0 ** math.floor(math.log10(raw))
    return power * next(factor for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)


def epochs_shown(done: int, planned: int) -> int:
    """Return the right end of the epoch axis: it grows by steps, never past what is planned.

    Parameters
    ----------
    done : int
        Largest epoch that is drawn.
    planned : int
        Epochs of the run under way; 0 if not known.
    """
    end: int = next(
        factor * 10**power for power in range(19) for factor in (1, 2, 5) if factor * 10**power >= max(done, 5)
    )
    return min(end, max(planned, 5)) if planned >= done else end


def epoch_ticks(end: int, parts: int = 5) -> Ticks:
    """Return whole-numbered ticks from 0 to `end`, with about `parts` steps between them."""
    step = max(1, int(nice_step(end, parts)))
    return [(float(epoch), f"{epoch:,}") for epoch in range(0, end + 1, step)]


def linear_ticks(low: float, high: float, parts: int = 4) -> Ticks:
    """Return round ticks between `low` and `high`, ends included, without prefix or common factor."""
    step = nice_step(high - low, parts)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [(k * step, _tick_text(k * step, digits)) for k in range(first, last + 1)]


def linear_view(low: float, high: float) -> tuple[float, float, Ticks]:
    """Return ends and ticks of an axis that covers `low` to `high`, and starts at 0 if they come close to it."""
    if 0 <= low < high / 2:
        low = 0.0
    span = (high - low) or abs(high) or 1.0
    step = nice_step(span, 4)
    bottom = low if low == 0 else max(0.0, math.floor(low / step) * step) if low > 0 else low - step
    top = bottom + 1.04 * (max(high, bottom + step) - bottom)
    return bottom, top, linear_ticks(bottom, top)


def percent_view(low: float) -> tuple[float, float, Ticks]:
    """Return ends and ticks of an axis in percent, from below `low` up to 100."""
    step = nice_step(max(100 - low, 1.0), 4)
    bottom = max(0.0, math.floor(low / step) * step)
    if bottom >= 100:
        bottom = 100 - 4 * step
    ticks = linear_ticks(bottom, 100)
    margin = 0.03 * (100 - bottom)
    return bottom - margin, 100 + margin, ticks


def log_view(low: float, high: float) -> tuple[float, float, Ticks]:
    """Return ends and places of the ticks of a logarithmic axis; these, `low` and `high` are powers of ten.

    The ticks' texts are the numbers themselves.
    """
    bottom, top = low - 0.05 * (high - low), high + 0.05 * (high - low)
    if top - bottom < 0.3:
        middle = (top + bottom) / 2
        bottom, top = middle - 0.15, middle + 0.15
    if top - bottom > 2.5:
        every = max(1, round((top - bottom) / 5))
        powers = range(math.ceil(bottom), math.floor(top) + 1, every)
        return bottom, top, [(float(power), _power_text(10.0**power)) for power in powers]
    if top - bottom > 0.8:
        values = [
            factor * 10.0**power for power in range(math.floor(bottom), math.ceil(top) + 1) for factor in (1, 2, 5)
        ]
    else:
        values = [value for value, _ in linear_ticks(10**bottom, 10**top) if value > 0]
    places = [(math.log10(value), _power_text(value)) for value in values]
    return bottom, top, [(place, text) for place, text in places if bottom <= place <= top]


def _tick_text(value: float, digits: int) -> str:
    return f"{value:.0e}" if abs(value) >= 1e7 else f"{value:,.{digits}f}" if value else "0"


def _power_text(value: float) -> str:
    return f"{value:,.10g}" if 1e-4 <= value < 1e7 else f"{value:.0e}"
