"""Readers of every format: the truth read back, and each kind of bad input refused."""

import importlib
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat, wavfile

from ecmkit.data import Recording, Selection, load
from ecmkit.data.readers import READERS, cwru, reader
from ecmkit.errors import DataError

pa = importlib.import_module("pyarrow")
pq = importlib.import_module("pyarrow.parquet")

FS = 1000.0
# Naming the format saves the look at every installed package, trial by trial.
FORMAT = {"mat": "cwru-mat", "npz": "cwru-npz"} | {
    name: name for name in ("csv", "parquet", "wav")
}
X = np.round(np.sin(np.arange(400) * 0.3), 6)


def index(folder: Path, file: str, *, channels: str = '{DE = "acc"}', **more: object):
    lines = [f'file = "{file}"', f"channels = {channels}"]
    fields = {"fs_hz": FS, "unit": "g", "machine": "pump", "label": "normal", **more}
    for name, value in fields.items():
        lines.append(f"{name} = {value!r}".replace("'", '"'))
    (folder / "recordings.toml").write_text("[[recording]]\n" + "\n".join(lines))


def write_csv(path: Path, x: np.ndarray = X, header: str = "t,acc") -> None:
    rows = [f"{i / FS:.6f},{value:.6f}" for i, value in enumerate(x)]
    path.write_text("\n".join([header, *rows]) + "\n")


def one(folder: Path, **options: object) -> Recording:
    (recording,) = load(folder, channel="DE", **options)
    return recording


def npz(folder: Path, **changes: object) -> Path:
    """A small file in the CWRU integer form; a change of None leaves the key out."""
    content = {
        "DE": np.rint(1000 * X).astype(np.int16),
        "scale_DE": 0.001,
        "fs": 12000,
        "rpm": 1797.0,
        "load_hp": 0,
        "label": "IR",
        "fault_in": 0.007,
        "position": "",
    }
    content = {k: v for k, v in {**content, **changes}.items() if v is not None}
    path = folder / "105_IR007_0.npz"
    np.savez_compressed(path, **content)
    return path


def mat(folder: Path, name: str = "105_0.mat", number: str = "105", **more: object):
    content = {f"X{number}_DE_time": X[:, np.newaxis], f"X{number}RPM": [[1797]]}
    savemat(folder / name, {**content, **more}, do_compression=True)
    return folder / name


class TestIndexed:
    def test_csv(self, tmp_path):
        write_csv(tmp_path / "a.csv")
        index(tmp_path, "a.csv", time="t", rpm=1800.0, load=0.5, range=16.0)
        recording = one(tmp_path)
        np.testing.assert_array_equal(recording.x[0], X.astype(np.float32))
        info = recording.info
        assert (info.id, info.machine, info.label, info.unit) == (
            "a",
            "pump",
            "normal",
            "g",
        )
        assert (info.fs_hz, info.speed_hz, info.range) == (FS, 30.0, 16.0)

    def test_parquet(self, tmp_path):
        table = pa.table({"t": np.arange(len(X)) / FS, "acc": X})
        pq.write_table(table, tmp_path / "a.parquet")
        index(tmp_path, "a.parquet", time="t", scale=2.0)
        np.testing.assert_array_equal(one(tmp_path).x[0], (2 * X).astype(np.float32))

    @pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float32])
    def test_wav(self, tmp_path, dtype):
        half = 0.5 * X
        bits = 8 * np.dtype(dtype).itemsize
        stored = {
            "f": half,
            "u": np.rint(128 + 128 * half),
            "i": np.rint(half * 2.0 ** (bits - 1)),
        }[np.dtype(dtype).kind].astype(dtype)
        both = np.stack([np.zeros_like(stored), stored], axis=1)
        wavfile.write(tmp_path / "a.wav", int(FS), both)
        index(tmp_path, "a.wav", channels="{DE = 2}", scale=16.0)
        step = max(16 * 2.0 ** (1 - bits), 2e-6)  # float32 at 16
        assert np.abs(one(tmp_path).x[0] - 16 * half).max() <= step

    def test_several_formats_and_subfolders_in_one_index(self, tmp_path):
        (tmp_path / "sub").mkdir()
        write_csv(tmp_path / "sub" / "a.csv")
        wavfile.write(tmp_path / "b.wav", int(FS), X.astype(np.float32))
        entry = '[[recording]]\nfile = "{}"\nchannels = {}\nfs_hz = 1000.0\n'
        rest = 'unit = "g"\nmachine = "m"\n'
        (tmp_path / "recordings.toml").write_text(
            entry.format("sub/a.csv", '{DE = "acc"}')
            + rest
            + entry.format("b.wav", "{DE = 1}")
            + rest
        )
        ids = [r.info.id for r in load(tmp_path, channel="DE")]
        assert sorted(ids) == ["b", "sub/a"]

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            ({"channels": '{DE = "accel"}'}, ["accel", "t, acc", "a.csv"]),
            ({"fs_hz": 500.0, "time": "t"}, ["t: found 1000 samples", "fs_hz = 500"]),
            ({"fs_hz": -1.0}, ["fs_hz", "-1.0", "above 0"]),
            ({"fs_hz": "fast"}, ["fs_hz", "expected a number"]),
            ({"rpm": 1800.0, "speed_hz": 30.0}, ["rpm", "speed_hz"]),
            ({"delimiter": ";"}, ["acc", "a.csv"]),
            ({"lable": "x"}, ["lable", "did you mean `label`"]),
            ({"file": "b.csv"}, ["b.csv", "file"]),
            ({"file": "../a.csv"}, ["../a.csv"]),
            ({"unit": ""}, ["unit", "nothing"]),
        ],
    )
    def test_bad_index(self, tmp_path, more, words):
        folder = tmp_path / "in"
        folder.mkdir()
        write_csv(folder / "a.csv")
        write_csv(tmp_path / "a.csv")
        index(folder, str(more.pop("file", "a.csv")), **more)
        with pytest.raises(DataError) as caught:
            load(folder, channel="DE")
        for word in words:
            assert word in str(caught.value)

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("", ["acc", "empty file"]),
            ("t,acc\n", ["header only"]),
            ("t,acc\n0,1\n0.001,abc\n", ["acc", "row 3", "'abc'", "a number"]),
            ("t,acc\n0,1\n0.001,\n", ["acc", "row 3", "''"]),
            ("t,acc\n0,1\n0.001\n", ["row 3", "1 cells", "2"]),
            ("acc,acc\n0,1\n", ["2 such columns"]),
            ("t,acc\n0,nan\n1,2\n", ["DE", "1 of 2", "sample 0", "finite"]),
            ("t,acc\n0,1e999\n1,2\n", ["not finite"]),
        ],
    )
    def test_bad_csv(self, tmp_path, text, words):
        (tmp_path / "a.csv").write_text(text)
        index(tmp_path, "a.csv")
        with pytest.raises(DataError) as caught:
            load(tmp_path, channel="DE")
        for word in ("a.csv", *words):
            assert word in str(caught.value)

    def test_clock_with_a_lost_sample_and_with_a_drift(self, tmp_path):
        index(tmp_path, "a.csv", time="t")
        t = np.arange(400) / FS
        for bad, words in (
            (np.where(np.arange(400) > 200, t + 1 / FS, t), ["row 203", "0.002 s"]),
            (t * 1.01, ["990.099", "1000"]),
        ):
            rows = [f"{a:.9f},0.5" for a in bad]
            (tmp_path / "a.csv").write_text("\n".join(["t,acc", *rows]))
            with pytest.raises(DataError) as caught:
                load(tmp_path, channel="DE")
            for word in words:
                assert word in str(caught.value)

    def test_jitter_of_a_fifth_of_a_step_is_no_gap(self, tmp_path):
        rng = np.random.default_rng(0)
        t = np.arange(400) / FS + rng.uniform(-1e-4, 1e-4, 400)
        rows = [f"{a:.9f},{b:.6f}" for a, b in zip(t, X, strict=True)]
        (tmp_path / "a.csv").write_text("\n".join(["t,acc", *rows]))
        index(tmp_path, "a.csv", time="t")
        assert one(tmp_path).x.shape == (1, 400)

    def test_wav_of_another_rate_is_refused(self, tmp_path):
        wavfile.write(tmp_path / "a.wav", 44100, X.astype(np.float32))
        index(tmp_path, "a.wav", channels="{DE = 1}")
        with pytest.raises(DataError, match=r"a\.wav.*44100.*fs_hz = 1000"):
            load(tmp_path, channel="DE")

    def test_wav_channel_that_is_not_there(self, tmp_path):
        wavfile.write(tmp_path / "a.wav", int(FS), X.astype(np.float32))
        index(tmp_path, "a.wav", channels="{DE = 2}")
        with pytest.raises(DataError, match=r"channels\.DE.*found 2.*from 1 to 1"):
            load(tmp_path, channel="DE")

    def test_parquet_with_nulls_text_or_no_column(self, tmp_path):
        index(tmp_path, "a.parquet")
        for column, words in (
            ({"acc": [1.0, None]}, "1 nulls"),
            ({"acc": ["x", "y"]}, "expected real"),
            ({"other": [1.0]}, "found 0 such columns in other"),
        ):
            pq.write_table(pa.table(column), tmp_path / "a.parquet")
            with pytest.raises(DataError, match=words):
                load(tmp_path, channel="DE")

    def test_a_suffix_that_no_reader_knows(self, tmp_path):
        (tmp_path / "a.tdms").write_bytes(b"TDSm")
        index(tmp_path, "a.tdms")
        with pytest.raises(DataError, match=r"a\.tdms"):
            load(tmp_path, channel="DE")


class TestCwru:
    def test_the_table_of_files(self):
        assert len(cwru._TABLE) == 4 * len(cwru._ROWS)
        entry = cwru.entry(Path("130@6_0.mat"))
        assert entry.id == "130_OR007@6_0"
        info = cwru.info(entry, rpm=1796, source="")
        assert (info.label, info.machine) == ("outer", "outer-0.007-6")
        assert cwru.entry(Path("97_Normal_0.mat")).fs_hz == 48000

    def test_mat_and_npz_say_the_same(self, tmp_path):
        (tmp_path / "mat").mkdir()
        (tmp_path / "npz").mkdir()
        mat(tmp_path / "mat")
        npz(tmp_path / "npz")
        a, b = one(tmp_path / "mat"), one(tmp_path / "npz")
        assert np.abs(a.x - b.x).max() <= 0.0005
        assert a.info.id == b.info.id == "105_IR007_0"
        assert a.info.speed_hz == b.info.speed_hz == 1797 / 60
        assert a.info.machine == b.info.machine == "inner-0.007"

    @pytest.mark.filterwarnings("error")
    def test_a_number_that_is_too_large_is_infinite_and_no_warning(self, tmp_path):
        mat(tmp_path, X105_DE_time=np.array([[1e300]] * 9))
        with pytest.raises(DataError, match="found 9 of 9 samples not finite"):
            load(tmp_path, channel="DE")

    def test_variables_with_the_number_of_another_file(self, tmp_path):
        mat(tmp_path, "174_0.mat", "173")
        assert one(tmp_path).info.id == "174_IR014_0"

    def test_own_variables_win_over_those_of_a_neighbour(self, tmp_path):
        mat(tmp_path, "99_0.mat", "099", X098_DE_time=np.zeros((9, 1)))
        assert one(tmp_path).x.shape == (1, len(X))

    def test_nominal_speed_where_none_was_measured(self, tmp_path):
        savemat(tmp_path / "3002_1.mat", {"X3002_DE_time": X[:, np.newaxis]})
        assert one(tmp_path).info.speed_hz == 1772 / 60

    @pytest.mark.parametrize(
        ("name", "content", "words"),
        [
            ("notes.mat", {"a": 1}, ["notes.mat", "starts with"]),
            ("7777.mat", {"a": 1}, ["7777", "expected"]),
            ("105.mat", {"a": 1}, ["found a", "X105_DE_time"]),
            ("105.mat", {"X105_DE_time": np.ones((9, 2))}, ["X105_DE_time", "(9, 2)"]),
            ("105.mat", {"X105_DE_time": "text"}, ["X105_DE_time", "real"]),
            ("105.mat", {"X105_DE_time": [1.0], "X105RPM": 9.0}, ["X105RPM", "1750"]),
        ],
    )
    def test_bad_mat(self, tmp_path, name, content, words):
        savemat(tmp_path / name, content)
        with pytest.raises(DataError) as caught:
            load(tmp_path, channel="DE")
        for word in words:
            assert word in str(caught.value)

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"fs": None}, ["fs", "expected this key"]),
            ({"DE": None, "scale_DE": None}, ["no samples", "DE"]),
            ({"DE": X}, ["DE", "float64", "int16"]),
            ({"scale_DE": -1.0}, ["scale_DE", "-1.0"]),
            ({"label": "XX"}, ["label", "'XX'", "normal"]),
            ({"rpm": "fast"}, ["rpm", "one number"]),
            ({"rpm": np.nan}, ["rpm", "nan"]),
            ({"FE": np.zeros(3, np.int16), "scale_FE": 0.1}, ["FE", "equal"]),
            ({"label": np.array([{}], dtype=object)}, ["105_IR007_0.npz"]),
        ],
    )
    def test_bad_npz(self, tmp_path, changes, words):
        npz(tmp_path, **changes)
        with pytest.raises(DataError) as caught:
            load(tmp_path, channel="DE")
        for word in words:
            assert word in str(caught.value)


class TestDamage:
    """Bytes from outside: whatever they are, only DataError may come out."""

    @staticmethod
    def files(folder: Path) -> dict[str, Path]:
        made = {name: folder / name for name in ("mat", "npz", "csv", "parquet", "wav")}
        for path in made.values():
            path.mkdir()
        write_csv(made["csv"] / "a.csv")
        pq.write_table(pa.table({"acc": X}), made["parquet"] / "a.parquet")
        wavfile.write(made["wav"] / "a.wav", int(FS), X.astype(np.float32))
        for name in ("csv", "parquet"):
            index(made[name], f"a.{name}")
        index(made["wav"], "a.wav", channels="{DE = 1}")
        return {
            "mat": mat(made["mat"]),
            "npz": npz(made["npz"]),
            "csv": made["csv"] / "a.csv",
            "parquet": made["parquet"] / "a.parquet",
            "wav": made["wav"] / "a.wav",
        }

    @pytest.mark.parametrize("kind", ["mat", "npz", "csv", "parquet", "wav"])
    def test_only_data_errors(self, tmp_path, kind):
        path = self.files(tmp_path)[kind]
        whole, rng = path.read_bytes(), np.random.default_rng(7)
        messages = []
        for trial in range(120):
            data = bytearray(whole)
            if trial % 3 == 0:
                data = data[: rng.integers(0, len(data))]
            else:
                for at in rng.integers(0, len(data), 1 + trial % 5):
                    data[at] ^= 1 << int(rng.integers(0, 8))
            path.write_bytes(bytes(data))
            try:
                recording = one(path.parent, format=FORMAT[kind])
            except DataError as error:
                messages.append(str(error))
            else:
                assert np.isfinite(recording.x).all()
        assert len(messages) > 30
        assert all(str(path.parent) in message for message in messages)

    @pytest.mark.parametrize("kind", ["mat", "npz", "parquet", "wav"])
    def test_every_truncation_is_noticed(self, tmp_path, kind):
        path = self.files(tmp_path)[kind]
        whole = path.read_bytes()
        for length in np.linspace(0, len(whole) - 1, 25).astype(int):
            path.write_bytes(whole[:length])
            with pytest.raises(DataError):
                one(path.parent, format=FORMAT[kind])


def test_every_reader_is_there():
    for name in READERS:
        assert callable(reader(name))
    with pytest.raises(ValueError, match=r"'cwru_mat'.*did you mean 'cwru-mat'"):
        reader("cwru_mat")


def test_a_reader_of_another_package(monkeypatch, tmp_path):
    from importlib.metadata import EntryPoint, EntryPoints

    from ecmkit.data import readers

    point = EntryPoint("npz2", "ecmkit.data.readers.cwru_npz:find", "ecmkit.readers")
    monkeypatch.setattr(readers, "entry_points", lambda group: EntryPoints([point]))
    npz(tmp_path)
    assert "npz2" in readers.readers()
    assert one(tmp_path, format="npz2").info.id == "105_IR007_0"


def test_selection_by_file(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        npz(tmp_path / name)
    recording = one(tmp_path, select=Selection(files=("b/*",)))
    assert recording.info.source == "b/105_IR007_0.npz"
