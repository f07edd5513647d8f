from __future__ import annotations

import dataclasses
import json
import math
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlp_core.datasets import Dataset, Split, open_dataset
from mlp_core.errors import ModelFileError
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.model_file import FORMAT, Model, open_model, save_model
from mlp_core.network import Network
from mlp_core.snapshot import EpochStats

LAYERS: tuple[tuple[int, ...], ...] = ((), (5,), (5, 4))


def made(n_hidden: tuple[int, ...] = (5,), precision: str = "float64", n_epochs: int = 2) -> Model:
    chosen = Hyperparameters(n_hidden=n_hidden, precision=precision, activation="tanh", eta=0.1, seed=None)
    network = Network.random((4, *n_hidden, 3), np.random.RandomState(3), "tanh", precision)
    for b in network.b:
        b += 1 / 3
    history = tuple(EpochStats(e, 10 / 3 / e, 0.1, 1 / e, math.nan, 0.5) for e in range(1, n_epochs + 1))
    return Model(chosen, network.weights(), history, "./my digits.npz", "Zahlen „9“", "abc123")


def saved(folder: Path, **changes: Any) -> Path:
    """Return a model file in which arrays have been changed, or left out if None."""
    path = folder / "model.npz"
    save_model(path, made())
    with np.load(path) as file:
        arrays: dict[str, Any] = dict(file)
    arrays.update(changes)
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return path


def meta(**changes: Any) -> Any:
    values: dict[str, Any] = {
        "format": FORMAT,
        "hyperparameters": made().hyperparameters.as_dict(),
        "dataset_key": "a",
        "dataset_name": "b",
        "fingerprint": "c",
    }
    values.update(changes)
    return np.array(json.dumps({name: value for name, value in values.items() if value is not None}))


def assert_same(one: Model, other: Model) -> None:
    for field in ("hyperparameters", "dataset_key", "dataset_name", "fingerprint"):
        assert getattr(one, field) == getattr(other, field)
    for a, b in zip((*one.weights.w, *one.weights.b), (*other.weights.w, *other.weights.b), strict=True):
        assert a.dtype == b.dtype
        assert a.tobytes() == b.tobytes()
    assert repr([dataclasses.astuple(s) for s in one.history]) == repr([dataclasses.astuple(s) for s in other.history])


@pytest.mark.parametrize("n_hidden", LAYERS, ids=len)
@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("n_epochs", [0, 2])
def test_a_model_comes_back_bit_by_bit(
    tmp_path: Path, n_hidden: tuple[int, ...], precision: str, n_epochs: int
) -> None:
    first = made(n_hidden, precision, n_epochs)
    save_model(tmp_path / "m.npz", first)
    back = open_model(tmp_path / "m.npz")
    assert_same(first, back)
    assert not back.weights.w[0].flags.writeable
    X = np.random.RandomState(0).normal(size=(9, 4)).astype(precision)
    assert (back.network().forward(X)[0] == first.network().forward(X)[0]).all()
    assert [p.name for p in tmp_path.iterdir()] == ["m.npz"]


def test_a_models_network_can_be_trained_on_and_leaves_the_model_alone() -> None:
    model = made()
    network = model.network()
    network.w[0] += 1
    network.b[0] += 1
    assert network.activation.name == "tanh"
    assert (model.weights.w[0] != network.w[0]).all()


def test_the_name_need_not_end_in_npz_and_may_be_long(tmp_path: Path) -> None:
    path = tmp_path / ("ü" * 120)
    save_model(path, made())
    assert_same(open_model(path), made())


def test_the_file_has_the_users_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    save_model(tmp_path / "m.npz", made())
    assert (tmp_path / "m.npz").stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.parametrize("where", ["savez_compressed", "replace"])
def test_an_earlier_file_stays_if_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    path = tmp_path / "m.npz"
    save_model(path, made())
    before = path.read_bytes()

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np if where == "savez_compressed" else os, where, full)
    with pytest.raises(ModelFileError, match=r"m\.npz: cannot be written \(No space left on device\). Choose"):
        save_model(path, made((5, 4)))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_left_behind_if_saving_is_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez_compressed", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save_model(tmp_path / "m.npz", made())
    assert list(tmp_path.iterdir()) == []


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "none" / "m.npz", tmp_path / "file" / "m.npz", tmp_path / "folder"):
        with pytest.raises(ModelFileError, match="cannot be written") as caught:
            save_model(path, made())
        assert caught.value.path == str(path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ModelFileError, match="Permission denied"):
        save_model(tmp_path / "m.npz", made())
    tmp_path.chmod(0o700)


def test_places_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "none.npz", tmp_path, Path("nul\0.npz"), tmp_path / ("n" * 300)):
        with pytest.raises(ModelFileError, match="Choose") as caught:
            open_model(path)
        assert caught.value.path == str(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.npz")
    with pytest.raises(ModelFileError, match="a folder or a device"):
        open_model(tmp_path / "pipe.npz")


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"hello world", b"\x93NUMPY", b"\x80\x04\x95", b"PK\x05\x06" + bytes(18)]
)
def test_files_of_another_kind(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.npz").write_bytes(content)
    with pytest.raises(ModelFileError, match=r"m\.npz: .*Choose one that this program saved"):
        open_model(tmp_path / "m.npz")


def test_a_single_array_and_a_data_set_are_no_models(tmp_path: Path) -> None:
    np.save(tmp_path / "array.npy", np.zeros(3))
    np.savez(tmp_path / "mnist_scaled.npz", X_train=np.zeros((3, 4)), y_train=np.zeros(3))
    for name in ("array.npy", "mnist_scaled.npz"):
        with pytest.raises(ModelFileError, match="Choose one that this program saved"):
            open_model(tmp_path / name)


def test_a_member_that_is_no_array(tmp_path: Path) -> None:
    path = saved(tmp_path, w0=None)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("w0.npy", b"not an array")
    with pytest.raises(ModelFileError):
        open_model(path)


def test_an_array_that_claims_more_than_the_memory(tmp_path: Path) -> None:
    path = saved(tmp_path, w0=None)
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 100), }"
    header += b" " * (117 - len(header)) + b"\n"
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("w0.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    with pytest.raises(ModelFileError):
        open_model(path)


def test_pickled_objects_are_not_loaded(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "sprung",))

    with pytest.raises(ModelFileError):
        open_model(saved(tmp_path, w0=np.array([Trap()], dtype=object)))
    assert not (tmp_path / "sprung").exists()


def test_cut_short_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "m.npz"
    save_model(path, made())
    whole = path.read_bytes()
    for length in range(0, len(whole), 23):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelFileError):
            open_model(path)


@pytest.mark.parametrize("compressed", [True, False])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_changed_bytes_give_a_model_or_the_error(tmp_path: Path, compressed: bool, data: st.DataObject) -> None:
    path = tmp_path / "m.npz"
    if compressed:
        save_model(path, made())
    else:
        saved(tmp_path).replace(path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        assert isinstance(open_model(path), Model)
    except ModelFileError as error:
        assert "Choose" in str(error)  # noqa: PT017 - either may happen


F = np.float64
ONES = np.ones((4, 5))
BAD: dict[str, dict[str, Any]] = {
    **{f"no {name}": {name: None} for name in ("meta", "w0", "w1", "b0", "b1", "history_epoch", "history_seconds")},
    "NaN weight": {"w0": np.where(ONES == 1, np.nan, 0)},
    "infinite bias": {"b0": np.full(5, np.inf)},
    "float32 weight": {"w0": ONES.astype(np.float32)},
    "integer weight": {"w0": ONES.astype(int)},
    "text weight": {"w0": np.full((4, 5), "a")},
    "complex weight": {"w0": ONES.astype(complex)},
    "rows do not fit": {"w1": np.zeros((4, 3))},
    "other sizes": {"w0": np.zeros((4, 6)), "b0": np.zeros(6), "w1": np.zeros((6, 3))},
    "biases": {"b0": np.zeros(4)},
    "w1 is a vector": {"w1": np.zeros(5)},
    "w0 is a vector": {"w0": np.zeros(5), "b0": np.zeros(())},
    "w1 is a number": {"w1": np.zeros(())},
    "w0 is a number": {"w0": np.zeros(())},
    "w1 is three-dimensional": {"w1": np.zeros((5, 3, 2)), "b1": np.zeros((3, 2))},
    "no inputs": {"w0": np.zeros((0, 5))},
    "no outputs": {"w1": np.zeros((5, 0)), "b1": np.zeros(0)},
    "history of text": {"history_epoch": np.array(["1", "2"])},
    "complex history": {"history_data_cost": np.array([1j, 2j])},
    "history lengths": {"history_penalty": np.zeros(3)},
    "history is a number": {"history_epoch": np.zeros(())},
    "NaN epoch": {"history_epoch": np.array([1, np.nan])},
    "infinite epoch": {"history_epoch": np.array([1, np.inf])},
    "meta is an array": {"meta": np.array(["{}", "{}"])},
    "meta is a number": {"meta": np.array(3)},
    "meta is no JSON": {"meta": np.array("{")},
    "meta is a list": {"meta": np.array("[]")},
    "meta is deep": {"meta": np.array("[" * 100_000)},
    "another format": {"meta": meta(format="mlp-viz model 2")},
    "no format": {"meta": meta(format=None)},
    "no fingerprint": {"meta": meta(fingerprint=None)},
    "no hyperparameters": {"meta": meta(hyperparameters=None)},
    "hyperparameters are a list": {"meta": meta(hyperparameters=[])},
    "unknown hyperparameter": {"meta": meta(hyperparameters={"momentum": 1})},
    "bad eta": {"meta": meta(hyperparameters={**made().hyperparameters.as_dict(), "eta": 0})},
    "bad activation": {"meta": meta(hyperparameters={**made().hyperparameters.as_dict(), "activation": {}})},
    "bad layers": {"meta": meta(hyperparameters={**made().hyperparameters.as_dict(), "n_hidden": {"a": 1}})},
    "more layers": {"meta": meta(hyperparameters={**made().hyperparameters.as_dict(), "n_hidden": [5, 3]})},
    "another precision": {"meta": meta(hyperparameters={**made().hyperparameters.as_dict(), "precision": "float32"})},
}


@pytest.mark.parametrize("case", list(BAD))
def test_a_file_whose_parts_are_wrong_is_refused(tmp_path: Path, case: str) -> None:
    with pytest.raises(ModelFileError, match=r"(?s)model\.npz: .*(Choose one that|Choose another file)") as caught:
        open_model(saved(tmp_path, **BAD[case]))
    assert "\n" not in str(caught.value)


def test_what_is_unchanged_is_accepted(tmp_path: Path) -> None:
    assert_same(open_model(saved(tmp_path)), made())
    assert open_model(saved(tmp_path, meta=meta())).dataset_name == "b"


def test_a_bad_hyperparameter_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"holds a bad hyperparameter \(eta: 0 is out of range"):
        open_model(saved(tmp_path, **BAD["bad eta"]))


def test_a_model_of_another_data_set_names_both(tmp_path: Path) -> None:
    digits = open_dataset("digits")
    model = dataclasses.replace(made(), fingerprint=digits.fingerprint())
    model.check_fits(digits, tmp_path / "m.npz")
    other = dataclasses.replace(digits, name="Others", valid=Split(digits.valid.X[1:], digits.valid.y[1:]))
    assert isinstance(other, Dataset)
    with pytest.raises(ModelFileError, match=r"m\.npz: .*Zahlen „9“.*my digits\.npz.*Others.*Open that data set first"):
        model.check_fits(other, tmp_path / "m.npz")
