"""Results of stages as files: what comes back is what went in; damage is named."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from ecmkit.data import Dataset, Recording, RecordingInfo
from ecmkit.errors import FormatError
from ecmkit.flow import store
from ecmkit.flow.learn import Learnt
from ecmkit.flow.records import Fold
from ecmkit.train import fit_autoencoder, fit_kmeans
from tests.synthetic import table

FOLD = Fold(
    protocol="leave one machine out",
    held_out="m0",
    windows=3,
    balanced_accuracy=1 / 3,
    leaky=False,
)


def dataset() -> Dataset:
    rng = np.random.default_rng(0)

    def one(name: str, channels: tuple[str, ...], n: int) -> Recording:
        x = rng.normal(size=(len(channels), n)).astype(np.float32)
        x[0, 0] = np.nan
        info = RecordingInfo(
            id=name, machine="m", label="inner", unit="g", fs_hz=12e3, speed_hz=0.1
        )
        return Recording(info=info, channels=channels, x=x)

    return Dataset((one("sub/ä b", ("DE", "FE"), 5), one("b", ("DE",), 7)))


@pytest.fixture(scope="module")
def learnt() -> list[Learnt]:
    rows = table(n=60)
    models = fit_autoencoder(rows, epochs=2, seed=1), fit_kmeans(rows, seed=1)
    return [Learnt(model=m, compiled=m.compile()) for m in models]


def test_records(tmp_path: Path) -> None:
    store.save_record(tmp_path / "r.json", [FOLD])
    assert store.load_record(tmp_path / "r.json", list[Fold]) == [FOLD]
    store.save_record(tmp_path / "b.json", [b"\x00\xff", b""])
    assert store.load_record(tmp_path / "b.json", list[bytes]) == [b"\x00\xff", b""]


def test_datasets(tmp_path: Path) -> None:
    made = dataset()
    store.save_dataset(tmp_path, made)
    back = store.load_dataset(tmp_path)
    assert back.hash == made.hash
    assert [r.info for r in back] == [r.info for r in made]
    assert [r.x.shape for r in back] == [(2, 5), (1, 7)]


def test_tables(tmp_path: Path) -> None:
    made = table(n=20)
    store.save_table(tmp_path / "t.npz", made)
    back = store.load_table(tmp_path / "t.npz")
    assert back.hash == made.hash
    for field in dataclasses.fields(made):
        a, b = getattr(made, field.name), getattr(back, field.name)
        np.testing.assert_array_equal(a, b)
        assert getattr(a, "dtype", None) == getattr(b, "dtype", None)


def test_models_with_and_without_calibration(
    tmp_path: Path, learnt: list[Learnt]
) -> None:
    for one in learnt:
        folder = tmp_path / one.model.name
        store.save_model(folder, one.model, one.compiled)
        model, compiled = store.load_model(folder)
        assert compiled == one.compiled
        assert model.hash == one.model.hash
        assert (model.calibration is None) == (one.model.calibration is None)
        assert (folder / f"{compiled.symbol}.c").read_text() == compiled.source


def _fill(folder: Path, learnt: Learnt) -> dict[str, Callable[[], object]]:
    """Everything that is stored, with what reads it."""
    store.save_record(folder / "record.json", FOLD)
    store.save_dataset(folder, dataset())
    store.save_table(folder / "table.npz", table(n=20))
    store.save_model(folder / "model", learnt.model, learnt.compiled)
    return {
        "record.json": lambda: store.load_record(folder / "record.json", Fold),
        "recordings.json": lambda: store.load_dataset(folder),
        "samples.npz": lambda: store.load_dataset(folder),
        "table.npz": lambda: store.load_table(folder / "table.npz"),
        "model/model.json": lambda: store.load_model(folder / "model"),
        "model/compiled.json": lambda: store.load_model(folder / "model"),
        "model/calibration.npy": lambda: store.load_model(folder / "model"),
    }


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "cut": lambda data: data[: len(data) // 2],
    "zeros": lambda data: bytes(len(data)),
    "other": lambda data: b'{"version": 2}',
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_the_damaged_file_is_named(
    tmp_path: Path, learnt: list[Learnt], damage: str
) -> None:
    readers = _fill(tmp_path, learnt[0])
    for name, read in readers.items():
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(DAMAGE[damage](whole))
        with pytest.raises(FormatError) as caught:
            read()
        assert str(tmp_path / name) in str(caught.value)
        assert "--fresh" in str(caught.value)
        (tmp_path / name).write_bytes(whole)
        read()


def test_a_missing_file_is_named(tmp_path: Path, learnt: list[Learnt]) -> None:
    readers = _fill(tmp_path, learnt[0])
    readers["model/model.onnx"] = readers["model/model.json"]
    for name, read in readers.items():
        if name.endswith(".npy"):
            continue  # a model without calibration has none
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).unlink()
        with pytest.raises(FormatError, match=Path(name).name):
            read()
        (tmp_path / name).write_bytes(whole)


def test_nothing_that_could_run_is_loaded(tmp_path: Path) -> None:
    np.savez(tmp_path / "samples.npz", x0=np.array([{"a": 1}], dtype=object))
    rows = [(dataset().recordings[0].info, ("DE",))]
    (tmp_path / "recordings.json").write_bytes(msgspec.json.encode(rows))
    with pytest.raises(FormatError, match=r"samples\.npz.*allow_pickle"):
        store.load_dataset(tmp_path)
