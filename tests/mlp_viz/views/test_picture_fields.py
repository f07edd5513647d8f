"""The fields for pictures say what they propose, and give what is chosen."""

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from mlp_core.datasets.picture import CONTRASTS, FITS, INKS, Conversion
from mlp_viz.views.picture_fields import PictureFields


@pytest.mark.parametrize(
    "proposed", [Conversion(), Conversion(height=8, width=64, fit="crop", ink="light", contrast="kept")]
)
def test_they_show_what_is_proposed(qtbot: Any, proposed: Conversion) -> None:
    fields = PictureFields(proposed)
    qtbot.addWidget(fields)
    assert fields.conversion() == proposed


def test_every_choice_can_be_made(qtbot: Any) -> None:
    fields = PictureFields(Conversion())
    qtbot.addWidget(fields)
    for combo, field, keys in (
        (fields.fit, "fit", FITS),
        (fields.ink, "ink", INKS),
        (fields.contrast, "contrast", CONTRASTS),
    ):
        for index, key in enumerate(keys):
            combo.setCurrentIndex(index)
            assert getattr(fields.conversion(), field) == key


def test_a_size_is_told_when_it_is_typed_in_full(qtbot: Any) -> None:
    fields = PictureFields(Conversion())
    qtbot.addWidget(fields)
    sizes: list[int] = []
    fields.changed.connect(lambda: sizes.append(fields.conversion().width))
    fields.width_box.selectAll()
    QTest.keyClicks(fields.width_box, "128")
    assert sizes == []
    QTest.keyClick(fields.width_box, Qt.Key.Key_Return)
    assert sizes == [128]
