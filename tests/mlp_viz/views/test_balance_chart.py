from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mlp_viz.theme import DARK, LIGHT, Theme
from mlp_viz.views.balance_chart import BalanceChart


def counts(*lanes: list[int]) -> NDArray[np.int64]:
    return np.array(lanes, np.int64)


@pytest.fixture
def chart(qtbot: QtBot) -> BalanceChart:
    chart = BalanceChart()
    qtbot.addWidget(chart)
    chart.resize(500, 290)
    chart.show()
    return chart


def test_bars_are_as_high_as_their_counts(chart: BalanceChart) -> None:
    chart.show_counts(counts([400, 100, 0], [4, 2, 1], [0, 0, 9]), "abc")
    train, valid, test = chart.lanes
    assert [bar.height() / train.area.height() for bar in train.bars] == pytest.approx([1, 0.25, 0], abs=0.02)
    assert [bar.height() / valid.area.height() for bar in valid.bars] == pytest.approx([1, 0.5, 0.25], abs=0.02)
    assert [bar.height() > 0 for bar in test.bars] == [False, False, True]
    assert (train.area.bottom() - train.even) / train.area.height() == pytest.approx(500 / 3 / 400)


def test_lanes_stand_one_above_the_other_with_each_class_at_one_place(chart: BalanceChart) -> None:
    chart.show_counts(counts(*[[5] * 10] * 3), "0123456789")
    assert [lane.title for lane in chart.lanes] == ["train: 50 images", "validation: 50 images", "test: 50 images"]
    for above, below in itertools.pairwise(chart.lanes):
        assert above.area.bottom() < below.area.top()
        assert [bar.x() for bar in above.bars] == [bar.x() for bar in below.bars]
    assert len({bar.width() for bar in chart.lanes[0].bars}) == 1
    assert all(chart.rect().toRectF().contains(lane.area) for lane in chart.lanes)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_each_split_is_drawn_in_its_colour(chart: BalanceChart, theme: Theme) -> None:
    chart.apply_theme(theme)
    chart.show_counts(counts([9, 9], [9, 9], [9, 9]), "ab")
    image = chart.grab().toImage()
    seen = [
        image.pixel((lane.bars[1].bottomLeft().toPoint() + lane.bars[1].center().toPoint()) / 2) for lane in chart.lanes
    ]
    assert seen == [QColor(colour).rgb() for colour in (theme.train, theme.valid, theme.cost)]


def test_a_split_without_images_says_so(chart: BalanceChart) -> None:
    chart.show_counts(counts([3, 4], [0, 0], [1, 0]), "ab")
    assert [lane.title for lane in chart.lanes] == ["train: 7 images", "validation: no images", "test: 1 image"]
    assert not chart.lanes[1].bars
    chart.grab()


@pytest.mark.parametrize(("largest", "texts"), [(1, "0 1"), (4, "0 2 4"), (44, "0 20 40"), (6179, "0 5,000")])
def test_marks_are_few_whole_and_round(chart: BalanceChart, largest: int, texts: str) -> None:
    chart.show_counts(counts([largest, 1], [1, 1], [1, 1]), "ab")
    assert " ".join(text for _, text in chart.lanes[0].ticks) == texts


def test_a_thousand_classes_share_pixels_and_no_extreme_is_lost(chart: BalanceChart) -> None:
    train = np.full(1000, 50)
    train[500], train[700] = 0, 100
    chart.show_counts(np.array([train, train, train]), [f"{k:04d}" for k in range(1000)])
    lane = chart.lanes[0]
    assert len(lane.bars) <= chart.width()
    gap = [bar for bar in lane.bars if bar.height() == 0]
    assert len(gap) == 1
    assert chart.class_at(gap[0].center()) in (499, 500, 501)
    assert max(peak.height() for peak in lane.peaks) == pytest.approx(lane.area.height() / 2, abs=1)
    assert lane.bars[-1].right() <= lane.area.right()
    assert 5 <= len(chart.labels) <= 20
    assert chart.labels[0] == "0000"


@pytest.mark.parametrize(("n", "letters"), [(2, 1), (10, 1), (10, 40), (26, 2), (60, 40), (1000, 40)])
def test_labels_do_not_touch_and_stay_inside(chart: BalanceChart, n: int, letters: int) -> None:
    chart.show_counts(counts(*[[1] * n] * 3), [f"{k:0{letters}d}" for k in range(n)])
    rooms = [room for room, _ in chart._labels]
    assert all(left.right() < right.left() for left, right in itertools.pairwise(rooms))
    assert rooms[0].left() >= 0
    assert rooms[-1].right() <= chart.width()
    if n <= 10:
        assert len(rooms) == n


def test_the_class_under_the_mouse_is_told_once(chart: BalanceChart) -> None:
    chart.show_counts(counts(*[[5] * 10] * 3), "0123456789")
    chart.clearFocus()
    told: list[int] = []
    chart.pointed.connect(told.append)
    for label in (3, 3, 7):
        QTest.mouseMove(chart, chart.class_rect(label).center().toPoint())
    QApplication.sendEvent(chart, QEvent(QEvent.Type.Leave))
    assert told == [3, 7, -1]


def test_a_click_chooses_a_class(qtbot: QtBot, chart: BalanceChart) -> None:
    chart.show_counts(counts(*[[5] * 10] * 3), "0123456789")
    chosen: list[int] = []
    chart.classChosen.connect(chosen.append)
    QTest.mouseClick(chart, Qt.MouseButton.LeftButton, pos=chart.class_rect(9).center().toPoint())
    QTest.mouseClick(chart, Qt.MouseButton.LeftButton, pos=QPoint(1, 1))
    QTest.mouseClick(chart, Qt.MouseButton.RightButton, pos=chart.class_rect(2).center().toPoint())
    assert chosen == [9]


def test_keys_go_through_the_classes_and_choose(qtbot: QtBot, chart: BalanceChart) -> None:
    chart.show_counts(counts(*[[5] * 100] * 3), [str(k) for k in range(100)])
    told: list[int] = []
    chosen: list[int] = []
    chart.clearFocus()
    chart.pointed.connect(told.append)
    chart.classChosen.connect(chosen.append)
    chart.activateWindow()
    chart.setFocus()
    qtbot.waitUntil(chart.hasFocus)
    keys = Qt.Key
    for key in (keys.Key_Right, keys.Key_PageDown, keys.Key_Left, keys.Key_Return, keys.Key_End, keys.Key_Right):
        QTest.keyClick(chart, key)
    QTest.keyClick(chart, keys.Key_Home)
    chart.clearFocus()
    assert told == [0, 1, 11, 10, 99, 0, -1]
    assert chosen == [10]


def test_without_classes_there_is_the_placeholder(chart: BalanceChart) -> None:
    blank = chart.grab().toImage()
    chart.set_placeholder("Choose a data set.")
    written = chart.grab().toImage()
    assert written != blank
    chart.show_counts(counts([1, 2], [1, 1], [1, 1]), "ab")
    assert chart.grab().toImage() != written
    chart.show_counts(np.zeros((3, 0), np.int64), ())
    assert chart.grab().toImage() == written
    assert chart.class_at(chart.rect().center().toPointF()) == -1
