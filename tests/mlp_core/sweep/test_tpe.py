from __future__ import annotations

import math
import statistics
import sys

import pytest

from mlp_core.errors import SweepError
from mlp_core.sweep.axes import Setting
from mlp_core.sweep.plan import SweepPlan
from mlp_core.sweep.tpe import TpeChooser
from tests.mlp_core.sweep.made_sweep import plan_of

AXES = ("eta=1e-6..10", "units=1..1000")
N = 40


def worth(values: Setting) -> float:
    """Return an accuracy that is best, and 1, for eta 0.01 and 40 units."""
    off = math.log10(float(values["eta"]) / 0.01) ** 2 + math.log10(float(values["units"]) / 40) ** 2
    return 1 - off / 30


def plan_for(method: str, seed: int = 1, n: int = N) -> SweepPlan:
    return plan_of(*AXES, method=method, n_settings=n, random_seed=seed)


def choose(chooser: TpeChooser, n: int) -> list[Setting]:
    chosen = []
    for _ in range(n):
        values = chooser.ask()
        chooser.tell(values, worth(values))
        chosen.append(values)
    return chosen


def test_it_finds_a_known_optimum_better_than_chance() -> None:
    seeds = range(3)
    drawn = [max(map(worth, plan_for("random", seed).settings())) for seed in seeds]
    chosen = [max(map(worth, choose(TpeChooser(plan_for("tpe", seed)), N))) for seed in seeds]
    assert 1 - statistics.fmean(chosen) < (1 - statistics.fmean(drawn)) / 2


def test_the_same_seed_chooses_the_same() -> None:
    first, second, other = (choose(TpeChooser(plan_for("tpe", seed)), 14) for seed in (1, 1, 2))
    assert first == second
    assert first[0] != other[0]


def test_one_that_is_built_anew_goes_on_as_the_first_would_have() -> None:
    whole = choose(TpeChooser(plan_for("tpe")), 16)
    again = TpeChooser(plan_for("tpe"))
    for values in whole[:13]:
        again.tell(dict(values), worth(values))
    assert choose(again, 3) == whole[13:]


def test_what_is_under_way_is_known_after_a_restart() -> None:
    first, second = TpeChooser(plan_for("tpe")), TpeChooser(plan_for("tpe"))
    under_way = [first.ask() for _ in range(4)]
    for values in under_way:
        second.begin(dict(values))
    assert second.ask() == first.ask()
    second.tell(under_way[2], 0.5)
    first.tell(under_way[2], 0.5)
    assert second.ask() == first.ask()


def test_settings_asked_for_at_once_differ() -> None:
    chooser = TpeChooser(plan_for("tpe"))
    choose(chooser, 12)
    assert len({tuple(chooser.ask().values()) for _ in range(8)}) == 8


def test_no_setting_is_chosen_twice_as_long_as_there_are_others() -> None:
    plan = plan_of("eta=0.1,0.2,0.3", "activation=sigmoid,relu", "layers=0..1", method="tpe", n_settings=10)
    chooser = TpeChooser(plan)
    chosen = []
    for _ in range(10):
        values = chooser.ask()
        chooser.tell(values, 0.5)
        chosen.append(tuple(values.values()))
    assert len(set(chosen)) == 10


def test_values_are_those_of_the_axes() -> None:
    plan = plan_of("units=5..9", "layers=0..2", "l2=0,0.1", "activation=tanh,relu", method="tpe", n_settings=30)
    chooser = TpeChooser(plan)
    for _ in range(15):
        values = chooser.ask()
        assert list(values) == ["units", "layers", "l2", "activation"]
        assert plan.setting_of(plan.hyperparameters_at(values)) == values
        chooser.tell(values, 0.5)


def test_it_keeps_away_from_where_training_diverges() -> None:
    def diverges(values: Setting) -> bool:
        return float(values["eta"]) > 0.01

    chooser = TpeChooser(plan_for("tpe"))
    chosen = []
    for _ in range(N):
        values = chooser.ask()
        chooser.tell(values, math.nan if diverges(values) else 0.9)
        chosen.append(diverges(values))
    assert sum(chosen[-15:]) < sum(chosen[:15])


def test_all_may_fail() -> None:
    chooser = TpeChooser(plan_for("tpe"))
    for _ in range(15):
        chooser.tell(chooser.ask(), None)
    assert chooser.ask()


def test_without_optuna_it_is_told_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(SweepError, match=r'pip install "mlp-viz\[tpe\]"'):
        TpeChooser(plan_for("tpe"))


def test_it_says_nothing_of_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    choose(TpeChooser(plan_for("tpe")), 3)
    assert capfd.readouterr() == ("", "")
