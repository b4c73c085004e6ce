"""Content hashes depend on content alone."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from ecmkit.errors import FormatError
from ecmkit.formats import FeatureContract, content_hash, file_hash


def contract(**changes: object) -> FeatureContract:
    values: dict[str, object] = {
        "channels": ("DE",),
        "unit": "g",
        "fs_hz": 12000.0,
        "range": 10.0,
        "window_len": 1024,
        "hop_len": 1024,
        "features": ((0, 1, 0, 0.0, 0.0),),
        "names": ("mean",),
        "units": ("g",),
    }
    return FeatureContract(**{**values, **changes})  # type: ignore[arg-type]


def test_layout_and_byte_order_do_not_count() -> None:
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    same = [np.asfortranarray(x), x.astype(">f4"), np.repeat(x, 2, axis=1)[:, ::2]]
    assert {content_hash(y) for y in same} == {content_hash(x)}


def test_content_counts() -> None:
    x = np.arange(4, dtype=np.float32)
    others: list[object] = [
        x.astype(np.float64),
        x.reshape(2, 2),
        x.astype(np.int32),
        x.tobytes(),
        -x,
    ]
    hashes = {content_hash(y) for y in [x, *others]}
    assert len(hashes) == 1 + len(others)


def test_parts_do_not_run_together() -> None:
    assert content_hash("ab", "c") != content_hash("a", "bc")
    assert content_hash(b"a") != content_hash("a")


def test_objects_without_content_are_refused() -> None:
    with pytest.raises(TypeError):
        content_hash(np.array([object()]))
    with pytest.raises(TypeError):
        content_hash(object())


def test_file_hash_is_sha256(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"abc")
    assert file_hash(path) == hashlib.sha256(b"abc").hexdigest()


def test_contract_names_the_field_that_differs() -> None:
    with pytest.raises(FormatError, match="fs_hz") as error:
        contract().require(contract(fs_hz=48000.0), where="frame")
    assert "48000" in str(error.value)
    assert "12000" in str(error.value)
    assert contract().id == contract().id
    assert contract().id != contract(fs_hz=48000.0).id
