"""The dialog before data are used: it says what was understood, and gives what is chosen."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialogButtonBox, QLabel

from mlp_core.datasets.collection import Collection
from mlp_core.datasets.image_folder import ImageFolder, survey_image_folder
from mlp_core.datasets.preparation import Preparation
from mlp_core.datasets.splits import read_only_split
from mlp_viz.theme import DARK, LIGHT
from mlp_viz.views.data_dialog import DataChoice, DataDialog, Found

PREPARATION = Preparation()


def collection(n: int = 120, n_test: int | None = 30, n_classes: int = 3) -> Collection:
    X = np.arange(n * 6, dtype=np.uint8).reshape(n, 6)
    return Collection(
        key="/data/pets.npz",
        name="pets",
        source="/data/pets.npz; its licence is not stated",
        image_shape=(2, 3),
        class_names=tuple(f"pet {label}" for label in range(n_classes)),
        pixel_range=(0.0, 255.0),
        train=read_only_split(X, np.arange(n) % n_classes),
        test=None if n_test is None else read_only_split(X[:n_test], np.arange(n_test) % n_classes),
    )


@pytest.fixture
def folder(tmp_path: Path) -> ImageFolder:
    for name, shade in (("cat", 0), ("dog", 80)):
        (tmp_path / name).mkdir()
        for number in range(6):
            picture = Image.new("L", (40, 30), 255)
            picture.paste(shade, (10, 5, 20, 25))
            picture.save(tmp_path / name / f"{number}.png")
    return survey_image_folder(tmp_path)


def shown(qtbot: Any, found: Found, preparation: Preparation = PREPARATION) -> DataDialog:
    dialog = DataDialog(found, preparation, LIGHT)
    qtbot.addWidget(dialog)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    with qtbot.waitExposed(dialog):
        dialog.open()
    return dialog


def texts(dialog: DataDialog) -> str:
    return "\n".join(label.text() for label in dialog.findChildren(QLabel))


def test_it_says_what_was_understood(qtbot: Any) -> None:
    dialog = shown(qtbot, collection())
    told = texts(dialog)
    for part in ("/data/pets.npz", "120 to train, 30 to test", "3×2 pixels", "0 to 255", "3: pet 0 (50), pet 1 (50)"):
        assert part in told
    assert dialog.mosaic.captions() == ("pet 0", "pet 1", "pet 2")
    assert dialog.outcome.text() == "110 to train, 10 to validate, 30 to test."
    assert not dialog.test.isEnabled()


def test_what_it_proposes_is_the_usual(qtbot: Any) -> None:
    with_test, without = shown(qtbot, collection()), shown(qtbot, collection(n_test=None))
    assert with_test.choice() == without.choice() == DataChoice(Preparation(), None)
    assert without.outcome.text() == "92 to train, 8 to validate, 20 to test."
    assert Preparation().sizes(120, None, None) == (92, 8, 20)


def test_what_is_chosen_is_given(qtbot: Any) -> None:
    dialog = shown(qtbot, collection(n_test=None))
    dialog.valid.setValue(25)
    dialog.test.setValue(50)
    dialog.scaling.setCurrentIndex(dialog.scaling.findData("standardised"))
    QTest.mouseClick(
        dialog.only,
        Qt.MouseButton.LeftButton,
        pos=dialog.only.rect().center() - QPoint(dialog.only.width() // 2 - 8, 0),
    )
    assert dialog.subset.isEnabled()
    dialog.subset.setValue(40)
    assert dialog.outcome.text() == "15 to train, 5 to validate, 20 to test."
    with qtbot.waitSignal(dialog.chosen) as chosen:
        QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert chosen.args == [DataChoice(Preparation(0.25, 0.5, "standardised", 40), None)]
    assert not dialog.isVisible()


def test_escape_chooses_nothing(qtbot: Any) -> None:
    dialog = shown(qtbot, collection())
    with qtbot.assertNotEmitted(dialog.chosen):
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_many_classes_are_counted_and_not_all_named(qtbot: Any) -> None:
    dialog = shown(qtbot, collection(n=2000, n_test=None, n_classes=1000))
    assert "1,000: pet 0 (2)" in texts(dialog)
    assert "and 988 more" in texts(dialog)
    assert len(dialog.mosaic.captions()) == 20
    assert dialog.first.status() == "20 of 1,000"


def test_too_few_to_train_cannot_be_used(qtbot: Any) -> None:
    dialog = shown(qtbot, collection(n=10, n_test=None))
    dialog.test.setValue(90)
    assert not dialog.buttons.button(QDialogButtonBox.StandardButton.Open).isEnabled()


def test_pictures_are_previewed_as_they_will_be(qtbot: Any, folder: ImageFolder) -> None:
    dialog = shown(qtbot, folder)
    assert dialog.pictures is not None
    assert "40×30 pixels" in texts(dialog)
    qtbot.waitUntil(lambda: dialog.mosaic.n_tiles == 2)
    assert dialog.mosaic.captions() == ("cat", "dog")
    assert dialog.choice().conversion == folder.suggested()
    dialog.pictures.width_box.setValue(16)
    dialog.pictures.height_box.setValue(8)

    def tile_is_wide() -> bool:
        tile = dialog.mosaic.tile_rect(0)
        return 1.9 < tile.width() / max(tile.height(), 1) < 2.1

    qtbot.waitUntil(tile_is_wide)
    with qtbot.waitSignal(dialog.chosen) as chosen:
        dialog.buttons.button(QDialogButtonBox.StandardButton.Open).click()
    conversion = chosen.args[0].conversion
    assert (conversion.width, conversion.height) == (16, 8)


def test_it_closes_while_a_preview_is_made(qtbot: Any, folder: ImageFolder) -> None:
    dialog = DataDialog(folder, PREPARATION, LIGHT)
    qtbot.addWidget(dialog)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    dialog.reject()


def test_it_follows_the_theme(qtbot: Any) -> None:
    dialog = shown(qtbot, collection())
    dialog.apply_theme(DARK)
    assert DARK.accent in dialog.outcome.styleSheet()
