"""Recordings read in pieces: the same samples, the same refusals, little memory."""

import tracemalloc
import wave

import numpy as np
import pytest
from scipy.io import wavfile

from ecmkit.data import load, scan
from ecmkit.errors import DataError
from tests.data.test_readers import FORMAT, FS, X, index, npz, pa, pq, write_csv


def write_24_bits(path, values):
    """Channels in columns, integers below 2^23."""
    with wave.open(str(path), "wb") as stream:
        stream.setnchannels(values.shape[1])
        stream.setsampwidth(3)
        stream.setframerate(int(FS))
        four = values.astype("<i4").reshape(-1, 1).view(np.uint8)
        stream.writeframes(four[:, :3].tobytes())


def make(folder, kind):
    if kind == "csv":
        write_csv(folder / "a.csv")
        index(folder, "a.csv", time="t", scale=2.0)
    elif kind == "parquet":
        table = pa.table({"t": np.arange(len(X)) / FS, "acc": X})
        pq.write_table(table, folder / "a.parquet", row_group_size=70)
        index(folder, "a.parquet", time="t")
    elif kind == "wav":
        stored = np.stack([X, -X], axis=1).astype(np.float32)
        wavfile.write(folder / "a.wav", int(FS), stored)
        index(folder, "a.wav", channels="{DE = 2}")
    elif kind == "wav24":
        values = np.rint(np.stack([X, -X], axis=1) * 2**22).astype(int)
        write_24_bits(folder / "a.wav", values)
        index(folder, "a.wav", channels="{DE = 2}")
    else:
        npz(folder)


KINDS = ("csv", "parquet", "wav", "wav24", "npz")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n_samples", [1, 7, 64, 400, 10_000])
def test_pieces_are_the_whole(tmp_path, kind, n_samples):
    make(tmp_path, kind)
    (recording,) = load(tmp_path, channel="DE")
    (source,) = scan(tmp_path, channel="DE")
    pieces = list(source.pieces(n_samples))
    lengths = [piece.x.shape[1] for piece in pieces]
    assert sum(lengths) == 400
    assert all(length == n_samples for length in lengths[:-1])
    np.testing.assert_array_equal(
        np.concatenate([piece.x for piece in pieces], axis=1), recording.x
    )
    assert all(piece.info == recording.info for piece in pieces)


def test_24_bits_are_fractions_of_full_scale(tmp_path):
    make(tmp_path, "wav24")
    (recording,) = load(tmp_path, channel="DE")
    np.testing.assert_allclose(recording.x[0], -X / 2, atol=2.0**-23)


def test_24_bits_that_end_early_are_refused(tmp_path):
    make(tmp_path, "wav24")
    path = tmp_path / "a.wav"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match=r"a\.wav"):
        load(tmp_path, channel="DE")


def test_scan_reads_no_samples(tmp_path):
    write_csv(tmp_path / "a.csv", header="t,other")
    index(tmp_path, "a.csv")
    (source,) = scan(tmp_path, channel="DE")
    assert source.info.id == "a"
    with pytest.raises(DataError, match="acc"):
        next(source.pieces(10))


def test_a_bad_sample_is_named_by_its_place_in_the_whole(tmp_path):
    x = X.copy()
    x[333] = np.nan
    pq.write_table(pa.table({"acc": x}), tmp_path / "a.parquet")
    index(tmp_path, "a.parquet")
    (source,) = scan(tmp_path, channel="DE")
    with pytest.raises(DataError, match="first at sample 333"):
        list(source.pieces(100))
    (source,) = scan(tmp_path, channel="DE", nonfinite="keep")
    assert np.isnan(np.concatenate([p.x[0] for p in source.pieces(100)])[333])


@pytest.mark.parametrize("at", [10, 99, 100, 101, 250])
def test_a_gap_in_time_is_found_in_any_piece(tmp_path, at):
    t = np.arange(len(X)) / FS
    t[at:] += 1 / FS
    pq.write_table(pa.table({"t": t, "acc": X}), tmp_path / "a.parquet")
    index(tmp_path, "a.parquet", time="t")
    (source,) = scan(tmp_path, channel="DE")
    with pytest.raises(DataError, match=f"row {at}: found a step of 0.002"):
        list(source.pieces(100))


def test_a_slow_clock_is_found_at_last(tmp_path):
    t = np.arange(len(X)) / FS * 1.01
    pq.write_table(pa.table({"t": t, "acc": X}), tmp_path / "a.parquet")
    index(tmp_path, "a.parquet", time="t")
    (source,) = scan(tmp_path, channel="DE")
    with pytest.raises(DataError, match=r"990\.099 samples per second"):
        list(source.pieces(50))


@pytest.mark.parametrize("kind", ["wav", "wav24", "parquet"])
def test_memory_is_that_of_a_piece(tmp_path, kind):
    n = 1_000_000
    values = (np.arange(2 * n).reshape(n, 2) % 30_011).astype(np.int16)
    if kind == "parquet":
        table = pa.table({"acc": values[:, 0]})
        pq.write_table(table, tmp_path / "a.parquet", row_group_size=100_000)
        index(tmp_path, "a.parquet")
    else:
        if kind == "wav":
            wavfile.write(tmp_path / "a.wav", int(FS), values)
        else:
            write_24_bits(tmp_path / "a.wav", values)
        index(tmp_path, "a.wav", channels="{DE = 1}")
    (source,) = scan(tmp_path, channel="DE", format=FORMAT[kind.removesuffix("24")])
    total = sum(piece.x.shape[1] for piece in source.pieces(10_000))  # imports
    tracemalloc.start()
    assert sum(piece.x.shape[1] for piece in source.pieces(10_000)) == total == n
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000  # bytes: a tenth of what the whole takes as float64


def test_a_piece_has_a_sample(tmp_path):
    make(tmp_path, "csv")
    (source,) = scan(tmp_path, channel="DE")
    with pytest.raises(ValueError, match="n_samples: found 0"):
        next(source.pieces(0))
