"""Feature tables in Parquet: what was written comes back, and nothing half of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from ecmkit.errors import FormatError
from ecmkit.features import (
    FeatureTable,
    load_features,
    load_plan,
    save_features,
    storage,
    table_writer,
)
from tests.features.tables import machines

CONTRACT = load_plan("bearing").contract()


def table(seed: int = 0) -> FeatureTable:
    return replace(
        machines(seed), contract_id=CONTRACT.id, units=("g", "1", "Hz", *"1" * 4)
    )


def test_what_was_written_comes_back(tmp_path: Path) -> None:
    written = table()
    x = written.x.copy()
    x[3, 1], x[4, 1], x[5, 1] = np.nan, np.inf, -0.0
    written = replace(written, x=x)
    save_features(tmp_path / "a.parquet", written, CONTRACT)
    read = load_features(tmp_path / "a.parquet")
    assert read.hash == written.hash
    assert read.x.tobytes() == written.x.tobytes()
    assert [p.name for p in tmp_path.iterdir()] == ["a.parquet"]


def test_parts_are_the_whole(tmp_path: Path) -> None:
    whole = table()
    at = np.arange(len(whole.x))
    with table_writer(tmp_path / "a.parquet", CONTRACT) as writer:
        for first, last in ((0, 1), (1, 1), (1, 100), (100, 240)):
            writer.write(whole.rows((at >= first) & (at < last)))
        assert writer.n_windows == 240
    assert load_features(tmp_path / "a.parquet").hash == whole.hash
    assert pq.ParquetFile(tmp_path / "a.parquet").num_row_groups == 1


def test_row_groups_have_a_least_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "_GROUP", 50)
    whole = table()
    at = np.arange(len(whole.x))
    with table_writer(tmp_path / "a.parquet", CONTRACT) as writer:
        for first in range(0, 240, 20):
            writer.write(whole.rows((at >= first) & (at < first + 20)))
    found = pq.ParquetFile(tmp_path / "a.parquet")
    groups = [found.metadata.row_group(i).num_rows for i in range(4)]
    assert groups == [60, 60, 60, 60]
    assert load_features(tmp_path / "a.parquet").hash == whole.hash


def test_other_programs_find_units_and_contract(tmp_path: Path) -> None:
    save_features(tmp_path / "a.parquet", table(), CONTRACT)
    schema = pq.read_schema(tmp_path / "a.parquet")
    assert schema.names[:5] == ["recording", "start", "label", "group", "x0"]
    assert schema.field("x2").metadata == {b"unit": b"Hz"}
    assert CONTRACT.id.encode() in schema.metadata[b"ecmkit.features"]


def test_a_failure_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    save_features(path, table(), CONTRACT)
    old = path.read_bytes()

    def interrupted() -> None:
        with table_writer(path, CONTRACT) as writer:
            writer.write(table(1))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_bytes() == old
    assert [p.name for p in tmp_path.iterdir()] == ["a.parquet"]


def test_tables_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    def write(*tables: FeatureTable) -> None:
        with table_writer(tmp_path / "a.parquet", CONTRACT) as writer:
            for part in tables:
                writer.write(part)

    with pytest.raises(ValueError, match=r"features x1.*expected x0"):
        write(table(), table().columns(["x1"]))
    with pytest.raises(ValueError, match="contract 000000000000"):
        write(machines(0))
    for more in ({"target": table().x[:, 0]}, {"shape": (7, 1)}):
        with pytest.raises(ValueError, match="a target or a shape"):
            write(replace(table(), **more))
    assert not list(tmp_path.iterdir())


def test_what_is_no_feature_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1 and nothing else")
    with pytest.raises(FormatError, match=r"a\.parquet.*cannot be read"):
        load_features(path)
    pq.write_table(pa.table({"x": [1.0]}), path)
    with pytest.raises(FormatError, match="expected a feature table"):
        load_features(path)
    save_features(path, table(), CONTRACT)
    stored = pq.read_table(path)
    pq.write_table(stored.drop_columns(["x3"]), path)
    with pytest.raises(FormatError, match="10 columns, expected recording"):
        load_features(path)
    meta = stored.schema.metadata[b"ecmkit.features"]
    for old, new, words in (
        (b'"version":1', b'"version":9', "version: found 9"),
        (b'"names"', b'"nomes"', "ecmkit.features"),
    ):
        changed = {b"ecmkit.features": meta.replace(old, new, 1)}
        pq.write_table(stored.replace_schema_metadata(changed), path)
        with pytest.raises(FormatError, match=words):
            load_features(path)
    with pytest.raises(FormatError, match=r"none\.parquet: no such file"):
        load_features(tmp_path / "none.parquet")
    with pytest.raises(FormatError, match="found a folder, expected a Parquet file"):
        load_features(tmp_path)
    with pytest.raises(FormatError, match=r"b\.parquet: found no folder .*none, exp"):
        save_features(tmp_path / "none" / "b.parquet", table(), CONTRACT)


def test_damaged_bytes_give_format_errors_only(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    save_features(path, table(), CONTRACT)
    whole, random = path.read_bytes(), np.random.default_rng(5)
    refused = 0
    for trial in range(150):
        data = bytearray(whole)
        if trial % 3 == 0:
            data = data[: random.integers(0, len(data))]
        else:
            for at in random.integers(0, len(data), 1 + trial % 4):
                data[at] ^= 1 << int(random.integers(0, 8))
        path.write_bytes(bytes(data))
        try:
            load_features(path)
        except FormatError as error:
            refused += str(path) in str(error)
    assert refused > 50
