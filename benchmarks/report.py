"""``python -m benchmarks.report``: the kept results as a table in README.md and as pictures in docs."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks import results
from benchmarks.generated_digits import quality_table
from benchmarks.scaling import scaling_table
from benchmarks.tables import targets_table
from benchmarks.training_speed import speed_table
from benchmarks.update_profile import profile_table

PROJECT: Final = Path(__file__).parents[1]
BEGIN: Final = "<!-- benchmarks: begin -->"
END: Final = "<!-- benchmarks: end -->"
ORDER: Final = (
    "training_speed",
    "update_profile",
    "scaling",
    "responsiveness",
    "sweep",
    "fidelity",
    "generated_digits",
)

Results = dict[str, dict[str, Any]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Renew the table and the pictures; 1 where the README has no place for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=results.FOLDER, metavar="FOLDER")
    parser.add_argument("--project", type=Path, default=PROJECT, metavar="FOLDER", help="that has README.md and docs")
    options = parser.parse_args(arguments)
    found = read(options.results)
    if not found:
        print(f"no results in {options.results}; python -m benchmarks makes them")
        return 1
    readme = options.project / "README.md"
    try:
        text = between_markers(readme.read_text(encoding="utf-8"), markdown(found))
    except ValueError as error:
        print(f"{readme.name}: {error}")
        return 1
    draw(found, options.project / "docs")
    readme.write_text(text, encoding="utf-8")
    return 0


def read(folder: Path) -> Results:
    """Return the results of each benchmark that has some, by its name."""
    paths = {name: folder / f"{name}.json" for name in ORDER}
    return {name: json.loads(path.read_text(encoding="utf-8")) for name, path in paths.items() if path.exists()}


def draw(found: Results, folder: Path) -> None:
    """Draw what there is to be drawn."""
    from benchmarks import chart  # the table needs no matplotlib

    if "training_speed" in found:
        chart.draw_speed(found["training_speed"]["rows"], folder / "speed.png")
    if "scaling" in found:
        chart.draw_scaling(found["scaling"]["rows"], folder / "scaling.png")


def between_markers(text: str, content: str) -> str:
    """Return `text` with `content` between the two markers, and the rest as it was.

    Raises
    ------
    ValueError
        If the markers are not there once each, in their order.
    """
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise ValueError(f"there must be one line {BEGIN}, and one line {END} below it")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{content}\n{END}{after}"


def markdown(found: Results) -> str:
    """Return the machine, the tables and the pictures of the results."""
    parts = [machine(next(iter(found.values()))["machine"])]
    if "training_speed" in found:
        rows = found["training_speed"]["rows"]
        parts += [
            f"An epoch of {rows['data']} (784-100-10, minibatches of 100): seconds, median and range of the repeats, "
            "measured in turn; × is how many times as long as mlp-viz in float32 it takes. The floor is the matrix "
            "products alone. Each has the number of BLAS threads that suits it best; mlp-viz evaluates an epoch on "
            "the second core while the next one trains on the first. "
            f"Minibatches of 1 are drawn from {rows['one_by_one']:,} samples.",
            speed_table(rows["table"]),
            "![Bars: seconds of an epoch by contender](docs/speed.png)",
        ]
    targets = [target for result in found.values() for target in result["targets"]]
    parts += ["What was to be reached, and what was:", targets_table(targets)]
    if "update_profile" in found:
        parts += ["Where the time of one weight update goes, of which the floor is the products alone:"]
        parts += [profile_table(found["update_profile"]["rows"])]
    if "scaling" in found:
        figures = scaling_table(found["scaling"]["rows"]["points"])
        parts += [
            "![Curves: time and memory against hidden units, minibatch, training samples and layers](docs/scaling.png)",
            f"<details><summary>The figures of these curves</summary>\n\n{figures}\n\n</details>",
        ]
    if "generated_digits" in found:
        rows = found["generated_digits"]["rows"]
        parts += [
            "### The generated digits",
            f"The lecture's network (784-100-10, {rows['epochs']} epochs) learns {rows['n_train']:,} generated digits "
            f"and is tested on {rows['n_test']:,} others and on MNIST's test images, of which it has seen none. "
            "`make bench ARGS=generated_digits` with `MLP_VIZ_DATA` set repeats it.",
            quality_table(rows["runs"]),
        ]
    return "\n\n".join(parts)


def machine(told: Mapping[str, Any]) -> str:
    """Return one line that says what was measured on."""
    versions = ", ".join(f"{name} {told[name]}" for name in ("numpy", "scikit-learn", "torch"))
    return (
        f"Measured on: {told['processor']}, {told['cores']} cores, {told['system']}; Python {told['python']}, "
        f"{versions}; BLAS of NumPy: {told['blas']}."
    )


if __name__ == "__main__":
    sys.exit(main())
