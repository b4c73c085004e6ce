"""Loading: selection, order, rates, and messages; then the same on real recordings."""

import msgspec
import numpy as np
import pytest
from scipy import signal

from ecmkit.data import Dataset, Recording, RecordingInfo, Selection, decimate, load
from ecmkit.data.resample import decimation_filter
from ecmkit.errors import DataError, FormatError
from ecmkit.formats import convert


def make(folder, number, *, label="IR", size=0.007, load_hp=0, fs=12000, channels="DE"):
    x = (1000 * np.sin(np.arange(3000) * 0.2 + number)).astype(np.int16)
    columns = {name: x for name in channels.split()}
    scales = {f"scale_{name}": 0.001 for name in columns}
    np.savez(
        folder / f"{number}.npz",
        fs=fs,
        rpm=1800.0,
        load_hp=load_hp,
        label=label,
        fault_in=size,
        position="",
        **columns,
        **scales,
    )


@pytest.fixture
def folder(tmp_path):
    make(tmp_path, 1, channels="DE FE")
    make(tmp_path, 2, load_hp=1, channels="DE FE")
    make(tmp_path, 3, label="B", size=0.014, channels="DE FE")
    make(tmp_path, 4, label="normal", size=0.0, fs=48000)
    return tmp_path


def ids(dataset):
    return [r.info.id for r in dataset]


def test_everything_in_a_fixed_order(folder):
    first, again = load(folder, channel="DE"), load(folder, channel="DE")
    assert ids(first) == ["1_IR007_0", "2_IR007_1", "3_B014_0", "4_normal_0"]
    assert first.hash == again.hash


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"labels": ["inner"]}, ["1_IR007_0", "2_IR007_1"]),
        ({"labels": ["inner"], "loads": [1]}, ["2_IR007_1"]),
        ({"fault_sizes": [0.014, 0.0]}, ["3_B014_0", "4_normal_0"]),
        ({"ids": ["3_B014_0"]}, ["3_B014_0"]),
        ({"machines": ["normal"]}, ["4_normal_0"]),
        ({"files": ["[12].npz"]}, ["1_IR007_0", "2_IR007_1"]),
    ],
)
def test_selection_as_a_settings_file_gives_it(folder, fields, expected):
    select = convert(fields, Selection, where="project.toml")
    assert ids(load(folder, channel="DE", select=select)) == expected


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"labels": ("iner",)}, ["select.labels", "'iner'", "did you mean inner"]),
        ({"fault_sizes": (0.07,)}, ["select.fault_sizes", "0.07", "0.014"]),
        ({"labels": ("ball",), "loads": (1.0,)}, ["none of 4 recordings"]),
        ({"files": ("48k/*",)}, ["48k/*", "no recordings"]),
    ],
)
def test_selection_of_nothing(folder, fields, words):
    with pytest.raises(DataError) as caught:
        load(folder, channel="DE", select=Selection(**fields))
    for word in words:
        assert word in str(caught.value)


def test_a_misspelt_selection():
    with pytest.raises(FormatError, match="did you mean `labels`"):
        convert({"label": ["inner"]}, Selection, where="project.toml")


def test_channels_are_kept_in_the_order_asked_for(folder):
    select = Selection(files=("[123].npz",))
    dataset = load(folder, channel=("FE", "DE"), select=select)
    assert {r.channels for r in dataset} == {("FE", "DE")}
    with pytest.raises(DataError, match=r"4\.npz: channel: found DE, expected FE"):
        load(folder, channel="FE")
    with pytest.raises(DataError, match=r"expected DEE; did you mean 'DE'\?"):
        load(folder, channel="DEE", select=select)


def test_empty_and_missing_folder(tmp_path):
    with pytest.raises(DataError, match="no recordings"):
        load(tmp_path, channel="DE")
    with pytest.raises(DataError, match="no such folder"):
        load(tmp_path / "nowhere", channel="DE")
    with pytest.raises(ValueError, match=r"format: found 'cvs'.*'csv'"):
        load(tmp_path, channel="DE", format="cvs")


def test_two_formats_or_two_files_of_one_recording(folder):
    (folder / "again").mkdir()
    make(folder / "again", 1)
    with pytest.raises(DataError, match=r"1_IR007_0.*1\.npz.*select files"):
        load(folder, channel="DE")
    (folder / "105.mat").write_bytes(b"")
    with pytest.raises(DataError, match="expected one; name it"):
        load(folder, channel="DE")


def test_rates_are_brought_to_one_or_refused(folder):
    dataset = load(folder, channel="DE", fs_hz=12000.0)
    assert {r.info.fs_hz for r in dataset} == {12000.0}
    with pytest.raises(DataError, match=r"1\.npz: fs_hz: found 12000 Hz.*48000"):
        load(folder, channel="DE", fs_hz=48000.0)
    with pytest.raises(DataError, match="integer multiple"):
        load(folder, channel="DE", fs_hz=5000.0)


def test_non_finite_samples_are_refused_or_kept_on_request(tmp_path):
    (tmp_path / "a.csv").write_text("acc\n" + "nan\n" * 3 + "1\n" * 7)
    (tmp_path / "recordings.toml").write_text(
        '[[recording]]\nfile = "a.csv"\nchannels = {DE = "acc"}\nfs_hz = 10.0\n'
        'unit = "g"\nmachine = "m"'
    )
    with pytest.raises(DataError, match=r"a\.csv: DE: found 3 of 10 samples"):
        load(tmp_path, channel="DE")
    (kept,) = load(tmp_path, channel="DE", nonfinite="keep")
    assert np.isnan(kept.x).sum() == 3


def tone(f_hz, fs_hz=48000.0, n=24000):
    info = RecordingInfo(id="a", machine="m", label="", unit="g", fs_hz=fs_hz)
    x = np.cos(2 * np.pi * f_hz * np.arange(n) / fs_hz).astype(np.float32)
    return Recording(info=info, channels=("DE",), x=x[np.newaxis])


@pytest.mark.parametrize("factor", [2, 3, 4, 10])
def test_filter_meets_what_it_promises(factor):
    h = decimation_filter(factor)
    f, response = signal.freqz(h, worN=1 << 16, fs=2 * factor)  # new Nyquist is 1
    gain = np.abs(response)
    assert np.abs(gain[f <= 0.8] - 1).max() < 1e-4
    assert gain[f >= 1.0].max() < 1.05e-4
    np.testing.assert_allclose(h, h[::-1], atol=1e-15)
    assert (len(h) - 1) % (2 * factor) == 0


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_a_tone_keeps_amplitude_and_phase(factor):
    slow = decimate(tone(1000.0), fs_hz=48000 / factor)
    first = len(decimation_filter(factor)) // 2
    t = (first + factor * np.arange(slow.x.shape[1])) / 48000
    np.testing.assert_allclose(slow.x[0], np.cos(2 * np.pi * 1000 * t), atol=2e-4)
    assert slow.info.fs_hz == 48000 / factor


def test_what_would_alias_is_gone():
    slow = decimate(tone(7000.0), fs_hz=12000.0)
    assert np.abs(slow.x).max() < 2e-4


def test_a_nan_spoils_its_neighbours_only():
    recording = tone(100.0)
    recording.x[0, 12000] = np.nan
    slow = decimate(recording, fs_hz=12000.0)
    half = len(decimation_filter(4)) // 2
    bad = np.flatnonzero(~np.isfinite(slow.x[0])) * 4 + half
    assert 0 < len(bad) <= half / 2 + 1
    assert np.abs(bad - 12000).max() <= half


def test_too_short_to_decimate():
    with pytest.raises(DataError, match="found 100 samples"):
        decimate(tone(100.0, n=100), fs_hz=12000.0)
    assert decimate(tone(100.0), fs_hz=48000.0).info.fs_hz == 48000


@pytest.mark.data
class TestRealRecordings:
    def test_originals_equal_the_integer_form(self, real_data):
        originals = load(real_data / "cwru" / "mat_samples", channel="DE")
        numbers = tuple(r.info.id.split("_")[0] for r in originals)
        select = Selection(
            files=tuple(f"*/{number}_*" for number in numbers),
        )
        others = load(
            real_data / "cwru", channel="DE", format="cwru-npz", select=select
        )
        by_id = {r.info.id: r for r in others}
        assert len(originals) == len(by_id) == 4
        for recording in originals:
            twin = by_id[recording.info.id]
            assert np.abs(recording.x - twin.x).max() <= 2e-6
            same = msgspec.structs.replace(twin.info, source=recording.info.source)
            assert same == recording.info

    def test_the_table_agrees_with_all_files(self, real_data):
        from ecmkit.data.readers import cwru, cwru_npz

        sources = cwru_npz.find(real_data / "cwru", ())
        assert len(sources) == 74
        for source in sources:
            entry = cwru.entry(source.path)
            rpm = source.info.speed_hz * 60
            told = cwru.info(entry, rpm=rpm, source=source.info.source)
            assert told == msgspec.structs.replace(source.info, speed_hz=told.speed_hz)
            assert abs(rpm - cwru.NOMINAL_RPM[entry.load_hp]) < 13

    def test_the_baseline_shows_its_shaft_at_12_khz(self, real_data):
        dataset = load(real_data / "cwru" / "normal", channel="DE", fs_hz=12000.0)
        (recording,) = dataset
        assert recording.x.shape[1] == pytest.approx(243938 / 4, abs=60)
        f, power = signal.welch(recording.x[0], 12000.0, nperseg=16384)
        for k in (1, 2, 3, 4):
            near = np.abs(f - 29.93 * k) < 1.5
            around = (np.abs(f - 29.93 * k) < 12) & ~near
            assert power[near].max() > 5 * np.median(power[around])

    def test_the_whole_collection_is_quick_and_clean(self, real_data):
        from ecmkit.data import Expectations, check

        select = Selection(files=("12k_DE/*", "normal/*"))
        dataset = load(
            real_data / "cwru",
            channel="DE",
            format="cwru-npz",
            fs_hz=12000.0,
            select=select,
        )
        assert isinstance(dataset, Dataset)
        assert len(dataset) == 61
        expect = Expectations(fs_hz=12000.0, unit="g", speed=True, label=True)
        assert not check(dataset, expect=expect).dropped
