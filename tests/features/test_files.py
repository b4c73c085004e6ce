"""From recordings to a file: the rows of `extract`, whatever the pieces and workers."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from ecmkit import data, features
from ecmkit.errors import DataError
from ecmkit.features import FeaturePlan, FeatureTable, extract_files, load_features
from ecmkit.features import files as module
from ecmkit.features.storage import TableWriter

PLAN = FeaturePlan(
    channels=("x", "y"),
    unit="g",
    fs_hz=12800.0,
    range=16.0,
    window_len=256,
    hop_len=128,
    features=("rms", "kurtosis", "velocity_rms", "centroid"),
)
COUNT = 5


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five recordings of 2 s, in Parquet."""
    lines = []
    for i in range(COUNT):
        x = np.random.default_rng(i).normal(size=(2, 25_600 + 100 * i)).clip(-15, 15)
        table = pa.table({"a": x[0].astype("f4"), "b": x[1].astype("f4")})
        pq.write_table(table, tmp_path / f"{i}.parquet", row_group_size=7000)
        lines.append(
            f'[[recording]]\nfile = "{i}.parquet"\nchannels = {{x = "a", y = "b"}}\n'
            f'fs_hz = 12800.0\nunit = "g"\nmachine = "m{i % 2}"\nlabel = "l{i % 3}"\n'
        )
    (tmp_path / "recordings.toml").write_text("\n".join(lines))
    return tmp_path


def scan(folder: Path, **options: str) -> tuple[data.Source, ...]:
    return data.scan(folder, channel=PLAN.channels, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("piece", [100, 1000, 12_345, 1 << 20])
def test_pieces_give_the_rows_of_extract(
    folder: Path, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr(module, "_PIECE", piece)
    whole = features.extract(data.load(folder, channel=PLAN.channels), PLAN)
    done: list[tuple[int, int]] = []
    out = folder / "out.parquet"
    n = extract_files(
        scan(folder), PLAN, out, progress=lambda a, b: done.append((a, b))
    )
    assert n == len(whole.x)
    assert load_features(out).hash == whole.hash
    assert done == [(i + 1, COUNT) for i in range(COUNT)]


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_give_the_same_file(folder: Path, threads: int) -> None:
    one, other = folder / "one.parquet", folder / "other.parquet"
    extract_files(scan(folder), PLAN, one)
    extract_files(scan(folder), PLAN, other, threads=threads)
    assert one.read_bytes() == other.read_bytes()


def test_a_thread_waits_for_the_writer(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a long recording would be in memory as a whole."""
    monkeypatch.setattr(module, "_WAITING", 2)
    monkeypatch.setattr(module, "_PIECE", 200)
    made, write = module._tables, TableWriter.write
    change, ahead, ended = threading.Condition(), [0], [False]
    most = 2 + 2  # one in the thread's hand, one in the writer's

    def count(step: int) -> None:
        with change:
            ahead.append(ahead[-1] + step)
            change.notify()

    def tables(*given: Any) -> Iterator[FeatureTable]:
        for table in made(*given):
            count(1)
            yield table
        ended[0] = True
        count(0)

    def slowly(self: TableWriter, table: FeatureTable) -> None:
        with change:
            change.wait_for(lambda: ahead[-1] >= most or ended[0], timeout=120)
        time.sleep(0.002)  # a thread that does not wait comes further meanwhile
        count(-1)
        write(self, table)

    monkeypatch.setattr(module, "_tables", tables)
    monkeypatch.setattr(TableWriter, "write", slowly)
    extract_files(scan(folder)[:1], PLAN, folder / "out.parquet", threads=2)
    assert len(ahead) > 2 * 30
    assert max(ahead) == most


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_are_let_go_after_an_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    monkeypatch.setattr(module, "_WAITING", 1)
    monkeypatch.setattr(module, "_PIECE", 500)
    before = set(threading.enumerate())

    def write(self: TableWriter, table: FeatureTable) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(TableWriter, "write", write)
    with pytest.raises(OSError, match="disk full"):
        extract_files(scan(folder), PLAN, folder / "out.parquet", threads=threads)
    assert set(threading.enumerate()) <= before
    assert not (folder / "out.parquet").exists()


def test_a_cluster_gives_the_same_file(folder: Path) -> None:
    one, other = folder / "one.parquet", folder / "other.parquet"
    extract_files(scan(folder), PLAN, one)
    extract_files(scan(folder), PLAN, other, engine="dask")
    assert one.read_bytes() == other.read_bytes()


def test_a_running_cluster_is_asked_by_its_address(folder: Path) -> None:
    distributed = pytest.importorskip("distributed")
    one, other = folder / "one.parquet", folder / "other.parquet"
    extract_files(scan(folder), PLAN, one)
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        extract_files(
            scan(folder),
            PLAN,
            other,
            engine="dask",
            scheduler=cluster.scheduler_address,
        )
    assert one.read_bytes() == other.read_bytes()


def test_samples_that_are_not_finite(folder: Path) -> None:
    path = folder / "2.parquet"
    table = pq.read_table(path)
    x = table.column("a").to_numpy().copy()
    x[20_000] = np.nan
    pq.write_table(table.set_column(0, "a", pa.array(x)), path)
    out = folder / "out.parquet"
    with pytest.raises(DataError, match=r"2.*sample 20000"):
        extract_files(scan(folder), PLAN, out)
    assert not out.exists()
    with pytest.raises(DataError, match=r"^2: stream: found 1 samples"):
        extract_files(scan(folder, nonfinite="keep"), PLAN, out)
    n = extract_files(scan(folder, nonfinite="keep"), PLAN, out, nonfinite="drop")
    found = load_features(out)
    with pytest.warns(UserWarning, match="left out"):
        whole = features.extract(
            data.load(folder, channel=PLAN.channels, nonfinite="keep"),
            PLAN,
            nonfinite="drop",
        )
    assert n == len(whole.x)
    assert found.hash == whole.hash


def test_what_the_plan_does_not_describe_is_refused(folder: Path) -> None:
    out = folder / "out.parquet"
    slow = FeaturePlan(
        channels=("x", "y"), unit="g", fs_hz=12000.0, range=16.0, window_len=256,
        hop_len=128, features=("rms",),
    )  # fmt: skip
    with pytest.raises(DataError, match=r"0: fs_hz: found 12800\.0, expected 12000\.0"):
        extract_files(scan(folder), slow, out)
    long = FeaturePlan(
        channels=("x", "y"), unit="g", fs_hz=12800.0, range=16.0, window_len=16384,
        hop_len=16384, welch=4, features=("centroid",),
    )  # fmt: skip
    with pytest.raises(DataError, match=r"0: found 25600 samples, expected 65536"):
        extract_files(scan(folder), long, out)
    assert not out.exists()


def test_wrong_options_are_named(folder: Path) -> None:
    out = folder / "out.parquet"
    for options, words in (
        ({"engine": "spark"}, "engine: found 'spark'"),
        ({"threads": 0}, "threads: found 0"),
        ({"scheduler": "tcp://a:1"}, "scheduler: found tcp"),
    ):
        with pytest.raises(ValueError, match=words):
            extract_files(scan(folder), PLAN, out, **options)  # type: ignore[arg-type]
