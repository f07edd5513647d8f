"""The pictures of the results: an epoch's time by contender, and how cost grows with the size of the task.

On white, whatever the page's background: so they read the same on a light and on a dark page, and on a projector.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter

from benchmarks.results import Spread
from benchmarks.training_speed import Timing

# Okabe and Ito's colours, which those who see no red or green can tell apart.
BLUE, ORANGE, GREEN, GREY, INK = "#0072B2", "#E69F00", "#009E73", "#8C8C8C", "#222222"
STYLE: Final[dict[Any, Any]] = {
    "font.size": 11.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.titlelocation": "left",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}

Rows = Sequence[Mapping[str, Any]]


def draw_speed(found: Mapping[str, Any], path: Path) -> None:
    """Draw the rows of `training_speed` as bars: an epoch with evaluation, and below its training alone."""
    rows = [row for row in found["table"] if row["minibatch_size"] == 100]
    kinds = {"epoch": "One epoch with evaluation", "training": "Its training alone"}
    shown = {
        kind: sorted((row for row in rows if row[kind]), key=lambda row: _median(row[kind]["seconds"]))
        for kind in kinds
    }
    with rc_context(STYLE):
        figure = Figure(figsize=(10, 8), layout="constrained")
        counts = [len(shown[kind]) for kind in kinds]
        panels = figure.subplots(len(kinds), 1, sharex=True, height_ratios=counts)
        for axes, (kind, title) in zip(panels, kinds.items(), strict=True):
            _bars(axes, shown[kind], kind)
            axes.set_title(title)
        panels[-1].set_xlabel("seconds: median and range of the repeats;  ×: against mlp-viz in float32")
        _title(figure, "How long an epoch takes")
        figure.supxlabel(f"784-100-10, minibatches of 100; {found['data']}", fontsize="medium")
        _save(figure, path)


def _bars(axes: Axes, rows: Rows, kind: str) -> None:
    ours = next(row[kind] for row in rows if (row["name"], row["precision"]) == ("mlp-viz", "float32"))
    for place, row in enumerate(rows):
        timing = Timing(**row[kind])
        spread = timing.spread
        is_floor = row["name"].startswith("floor")
        colour = BLUE if row["name"] == "mlp-viz" else GREY if is_floor else ORANGE
        axes.barh(place, spread.median, height=0.7, color=colour, alpha=0.55 if is_floor else 1.0)
        axes.plot([spread.low, spread.high], [place, place], color=INK, linewidth=1.5)
        told = f"{spread.median:.2f} s" + ("" if row[kind] is ours else f"   {timing.over(Timing(**ours)):.2f} ×")
        axes.annotate(told, (spread.high, place), (6, 0), textcoords="offset points", va="center")
    axes.set_yticks(range(len(rows)), [f"{row['name']}, {row['precision']}" for row in rows])
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.margins(x=0.2)
    axes.set_xlim(left=0)


def draw_scaling(found: Mapping[str, Any], path: Path) -> None:
    """Draw the series of `scaling` in float32 side by side: time above, memory below, each beside its floor."""
    points = found["points"]
    against = list(dict.fromkeys(point["against"] for point in points))
    with rc_context(STYLE):
        figure = Figure(figsize=(13, 6.6), layout=ConstrainedLayoutEngine(wspace=0.06, hspace=0.06))
        panels = figure.subplots(2, len(against), sharey="row", squeeze=False)
        for column, name in enumerate(against):
            series = [point for point in points if (point["against"], point["precision"]) == (name, "float32")]
            values = [point["value"] for point in series]
            top, bottom = panels[0][column], panels[1][column]
            for kind, label, style in (
                ("epoch", "epoch with evaluation", {"color": BLUE, "marker": "o"}),
                ("training", "its training alone", {"color": GREEN, "marker": "s", "linestyle": "--"}),
                (
                    "floor",
                    "floor: its matrix products alone",
                    {"color": GREY, "marker": "v", "linestyle": ":"},
                ),
            ):
                seconds = [_median(point["costs"][kind]) for point in series]
                top.plot(values, seconds, label=label, markersize=5, **style)
            for kind, style in (
                ("memory", {"color": BLUE, "marker": "o"}),
                ("floor_memory", {"color": GREY, "marker": "v", "linestyle": ":"}),
            ):
                bottom.plot(values, [point["costs"][kind] for point in series], markersize=5, **style)
            for axes in (top, bottom):
                axes.grid(axis="y", color="#E6E6E6")
                if name != "hidden layers of 100":
                    axes.set_xscale("log")
                axes.set_xticks(values, [f"{value:,}" for value in values])
            top.set_yscale("log")
            top.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            top.tick_params(labelbottom=False)
            for axes in (top, bottom):
                axes.minorticks_off()
            bottom.set_xlabel(name)
        panels[0][0].set_ylabel("seconds an epoch")
        panels[1][0].set_ylabel("MB beside the data")
        panels[1][0].set_ylim(bottom=0)
        handles, labels = panels[0][0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper right", ncols=3, frameon=False)
        _title(figure, "How time and memory grow")
        figure.supxlabel(
            f"784-100-10 in float32, minibatches of 100 but where told; {found['data']}", fontsize="medium"
        )
        _save(figure, path)


def _title(figure: Figure, text: str) -> None:
    figure.suptitle(text, x=0.01, ha="left", fontsize="x-large", fontweight="bold")


def _median(seconds: Sequence[float]) -> float:
    return Spread(tuple(seconds), "s").median


def _save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
