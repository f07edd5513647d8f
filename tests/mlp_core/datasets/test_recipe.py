from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mlp_core.datasets import Preparation, open_dataset
from mlp_core.datasets.image_folder import survey_image_folder
from mlp_core.datasets.picture import Conversion
from mlp_core.datasets.recipe import Recipe
from mlp_core.errors import DataError


def again(recipe: Recipe | None) -> Recipe:
    assert recipe is not None
    return Recipe.from_dict(json.loads(json.dumps(recipe.as_dict())))


def test_a_named_data_set_opens_again_as_it_was_prepared() -> None:
    data = open_dataset("digits", preparation=Preparation(valid_share=0.2, subset=300, scaling="standardised"))
    recipe = again(data.recipe)
    assert recipe == data.recipe
    assert recipe.open().fingerprint() == data.fingerprint() != open_dataset("digits").fingerprint()
    assert recipe.absolute() == recipe


def test_a_path_opens_again_from_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    X = np.arange(40 * 16, dtype=np.uint8).reshape(40, 4, 4)
    np.savez(tmp_path / "mine.npz", X=X, y=np.arange(40) % 2)
    monkeypatch.chdir(tmp_path)
    data = open_dataset("mine.npz")
    assert data.recipe is not None
    monkeypatch.chdir("/")
    with pytest.raises(DataError, match=r"mine\.npz"):
        data.recipe.open()
    monkeypatch.chdir(tmp_path)
    absolute = data.recipe.absolute()
    monkeypatch.chdir("/")
    assert absolute.open().fingerprint() == data.fingerprint()


def test_pictures_are_converted_again_as_they_were(tmp_path: Path) -> None:
    random = np.random.RandomState(1)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for k in range(12):
            Image.fromarray(random.randint(0, 255, (9, 12), np.uint8)).save(tmp_path / name / f"{k}.png")
    collection = survey_image_folder(tmp_path).read(Conversion(6, 5, fit="stretch", ink="light"))
    data = Preparation().apply(collection)
    assert again(data.recipe).open().fingerprint() == data.fingerprint()
    assert data.image_shape == (6, 5)


def test_what_is_no_recipe_is_refused() -> None:
    with pytest.raises(DataError, match="recipe: 'conversion' is not understood"):
        Recipe.from_dict({"key": "digits"})
    with pytest.raises(DataError, match=r"recipe: .*unexpected.* is not understood"):
        Recipe.from_dict({"key": "digits", "preparation": {"colour": 1}, "conversion": None})
