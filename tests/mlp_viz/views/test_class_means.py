from __future__ import annotations

import numpy as np
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from mlp_core.datasets.dataset import Dataset, Split
from mlp_core.datasets.overview import Overview
from mlp_viz.views.class_means import ClassMeans


def test_the_mean_of_the_training_images_is_shown_and_its_number_told(qtbot: QtBot) -> None:
    X = np.repeat(np.array([[0], [100], [50], [200]], np.uint8), 64, axis=1)
    train = Split(X, np.array([0, 0, 0, 1]))
    other = Split(np.full((5, 64), 255, np.uint8), np.zeros(5, np.int64))
    data = Dataset("d", "D", "made up", (8, 8), ("ring", "bar"), (0, 255), train, other, other)
    view = ClassMeans()
    qtbot.addWidget(view)
    view.resize(400, 300)
    view.show()
    view.show_overview(data, Overview.of(data))
    image = view.mosaic.grab().toImage()
    tips = []
    for tile, grey in enumerate((50, 200)):
        centre = view.mosaic.tile_rect(tile).center().toPoint()
        assert image.pixelColor(centre).getRgb() == (grey, grey, grey, 255)
        QTest.mouseMove(view.mosaic, centre)
        tips.append(view.mosaic.toolTip())
    assert tips == ["ring\nmean of 3 training images", "bar\nmean of 1 training image"]
