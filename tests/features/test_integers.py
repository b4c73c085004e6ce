"""The integer profile of plans: the bits of the C code in any use, close to f32."""

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecmkit import data, features
from ecmkit._core import feat, feat_q15
from ecmkit.data import Dataset, Recording, RecordingInfo
from ecmkit.errors import DataError, FormatError
from ecmkit.features import Feature, FeaturePlan, Stream, extract_files, load_plan
from tests.cli.runner import ecmkit

FS, RANGE = 12_000.0, 16.0
BASIC = load_plan("vibration-basic")
BANDS = ((0, 500), (500, 1000), (1000, 2500), (2500, 5000), (5000, 6000))
# the ready plan at the rate of the recordings
PLAN = msgspec.structs.replace(
    BASIC,
    channel="DE",
    fs_hz=FS,
    profile="q15",
    features=(
        *(name for name in BASIC.features if isinstance(name, str)),
        Feature(name="band_rms", bands_hz=BANDS),
    ),
)
SHORT = msgspec.structs.replace(
    PLAN,
    window_len=256,
    hop_len=100,
    features=(
        *(
            name
            for number, name, *_ in feat.table()
            if number in feat_q15.table()
            and name not in ("velocity_rms", "band_rms", "band_fraction")
        ),
        Feature(name="band_rms", bands_hz=((0, 500), (500, 6000))),
        Feature(name="band_fraction", bands_hz=((0, 500), (500, 6000))),
    ),
)
BOTH = msgspec.structs.replace(SHORT, channel=None, channels=("DE", "FE"))
RANDOM = np.random.default_rng(5)
CODES = RANDOM.normal(0, 4000, (2, 20_000)).clip(-32768, 32767).astype(np.int16)
SIGNAL = features.units_of(CODES, RANGE)


def recording(x, plan, name="a"):
    info = RecordingInfo(
        id=name, machine="m", label="", unit=plan.unit, fs_hz=plan.fs_hz, range=RANGE
    )
    return Recording(info=info, channels=plan.all_channels, x=np.atleast_2d(x))


def whole(plan, x, **options):
    return features.extract(Dataset((recording(x, plan),)), plan, **options).x


def same_bits(a, b):
    assert a.shape == b.shape
    assert a.tobytes() == b.tobytes()


# ---- the bits ----------------------------------------------------------------------


def test_a_table_holds_the_integers_of_the_device():
    """Against the integers themselves, by the formula of the header."""
    found = whole(SHORT, SIGNAL[0])
    plan = features.device_plan(SHORT.contract())
    n = (CODES.shape[1] - 256) // 100 + 1
    rows = np.empty((n, plan.n_features), np.int32)
    assert plan.extract(CODES[0], np.zeros(0, np.uint32), rows) == 0
    formats = [feat_q15.table()[row.id] for row in SHORT.rows]
    scale = [RANGE / 2**30 if f == 30 else 1 / 2**16 for f in formats]
    assert set(formats) == {16, 30}
    exact = rows.astype(np.float32) * np.array(scale, np.float32)
    same_bits(found, exact)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), most=st.integers(1, 3000), codes=st.booleans())
def test_any_pieces_give_the_rows_of_the_whole(seed, most, codes):
    expected = whole(BOTH, SIGNAL)
    rng, stream, rows, at = np.random.default_rng(seed), Stream(BOTH), [], 0
    while at < SIGNAL.shape[1]:
        n = int(rng.integers(0, most + 1))
        # what the sensor gives, or the same in its unit
        source = CODES if codes else SIGNAL
        rows.append(stream.push(source[:, at : at + n]))
        at += n
    same_bits(np.concatenate(rows), expected)


def test_pieces_of_the_ready_plan_with_its_velocity():
    x = features.units_of(RANDOM.normal(0, 3000, 40_000).astype(np.int16), RANGE)
    expected = whole(PLAN, x)
    assert len(expected) == (x.size - PLAN.span_len) // PLAN.hop_len + 1
    stream, rows, at = Stream(PLAN), [], 0
    while at < x.size:
        n = int(RANDOM.integers(0, 2000))
        rows.append(stream.push(x[at : at + n]))
        at += n
    same_bits(np.concatenate(rows), expected)


def test_threads_give_the_same_table():
    many = Dataset(
        tuple(
            recording(RANDOM.normal(size=(2, 9000)).astype(np.float32), BOTH, str(i))
            for i in range(5)
        )
    )
    one = features.extract(many, BOTH)
    assert features.extract(many, BOTH, threads=3).hash == one.hash


def test_a_cluster_gives_the_same_file(tmp_path: Path):
    import pyarrow as pa
    from pyarrow import parquet as pq

    lines = []
    for i in range(3):
        x = RANDOM.normal(size=30_000).astype(np.float32)
        pq.write_table(pa.table({"a": x}), tmp_path / f"{i}.parquet")
        lines.append(
            f'[[recording]]\nfile = "{i}.parquet"\nchannels = {{DE = "a"}}\n'
            f'fs_hz = {FS}\nunit = "g"\nmachine = "m{i}"\nlabel = "l"\n'
        )
    (tmp_path / "recordings.toml").write_text("\n".join(lines))
    out = {name: tmp_path / f"{name}.out" for name in ("local", "dask", "threads")}
    sources = data.scan(tmp_path, channel="DE")
    extract_files(sources, PLAN, out["local"])
    extract_files(sources, PLAN, out["dask"], engine="dask")
    extract_files(sources, PLAN, out["threads"], threads=2)
    assert out["local"].read_bytes() == out["dask"].read_bytes()
    assert out["local"].read_bytes() == out["threads"].read_bytes()
    table = features.load_features(out["local"])
    assert table.contract_id == PLAN.contract().id
    assert table.hash == PLAN.extract(data.load(tmp_path, channel="DE")).hash


def test_a_gap_starts_anew():
    x = SIGNAL[:1].copy()
    x[0, 10_000:10_003] = np.nan
    with pytest.raises(DataError, match="3 samples not finite"):
        whole(SHORT, x)
    with pytest.warns(UserWarning, match="left out"):
        found = whole(SHORT, x, nonfinite="drop")
    stream = Stream(SHORT, nonfinite="drop")
    parts = [stream.push(x[:, i : i + 777]) for i in range(0, x.shape[1], 777)]
    same_bits(np.concatenate(parts), found)


# ---- units -------------------------------------------------------------------------


@pytest.mark.parametrize("full", [1.0, 16.0, 3.3, 1e-3, 19.999, 2e6])
def test_every_integer_comes_back_from_its_unit(full):
    every = np.arange(-32768, 32768).astype(np.int16)
    back = np.empty_like(every)
    feat_q15.samples_f32(features.units_of(every, full), full, back)
    np.testing.assert_array_equal(back, every)


def test_samples_saturate_at_the_range():
    x = (40 * np.sin(np.arange(1000) / 10)).astype(np.float32)
    names = list(SHORT.contract().names)
    row = whole(SHORT, x)[0]
    assert row[names.index("maximum")] == np.float32(RANGE * 32767 / 32768)
    assert row[names.index("minimum")] == -RANGE
    clipped = np.clip(x, -RANGE, RANGE)
    same_bits(whole(SHORT, clipped), whole(SHORT, x))


def test_integers_of_a_stream_must_be_those_of_a_sensor():
    stream = Stream(SHORT)
    with pytest.raises(ValueError, match="expected -32768"):
        stream.push(np.array([0, 40_000]))
    assert stream.push([1, -32768, 32767]).shape == (0, len(SHORT.rows))
    assert stream.samples == 3


def test_the_range_of_a_recording_must_be_that_of_the_plan():
    other = msgspec.structs.replace(SHORT, range=8.0)
    with pytest.raises(DataError, match=r"range: found 16\.0, expected 8\.0"):
        features.extract(Dataset((recording(SIGNAL[0], SHORT),)), other)


@pytest.mark.parametrize("full", [2.0, 16.0, 100.0])
def test_amplitudes_scale_with_the_range_and_ratios_do_not(full):
    """The same integers of another sensor."""
    plan = msgspec.structs.replace(SHORT, range=full)
    found, base = Stream(plan).push(CODES[0]), Stream(SHORT).push(CODES[0])
    for i, unit in enumerate(plan.contract().units):
        times = np.float32(full / RANGE) if unit == "g" else np.float32(1)
        np.testing.assert_allclose(found[:, i], base[:, i] * times, rtol=3e-7)


def test_a_scaler_comes_last():
    info = recording(SIGNAL, BOTH)
    table = BOTH.extract(Dataset((info,)))
    scaler = features.fit_scaler(table)
    scaled = msgspec.structs.replace(BOTH, scaler=scaler)
    offset, factor = (np.array(v, np.float32) for v in (scaler.offset, scaler.factor))
    found = scaled.extract(Dataset((info,)))
    same_bits(found.x, (table.x - offset) * factor)
    assert set(found.units) == {"1"}


# ---- near the profile f32 ----------------------------------------------------------

# Relative, and absolute in steps of the sensor (amplitudes) or in ratios: skewness is
# near 0. A peak is off by half a step, its ratio to a small RMS by that.
NEAR, STEPS, NEAR_ZERO = 2e-3, 1.0, 2e-3


def require_near(found, exact, plan):
    step = STEPS * plan.range / 2**15
    for i, (name, unit) in enumerate(
        zip(plan.contract().names, plan.contract().units, strict=True)
    ):
        least = step if unit == plan.unit else NEAR_ZERO
        np.testing.assert_allclose(
            found[:, i], exact[:, i], rtol=NEAR, atol=least, err_msg=name
        )


def test_near_single_precision_on_a_made_up_machine():
    t = np.arange(60_000) / FS
    x = 0.5 * np.sin(2 * np.pi * 30 * t) + 0.2 * np.sin(2 * np.pi * 3000 * t)
    x = (x + 0.1 * np.random.default_rng(2).standard_normal(t.size)).astype(np.float32)
    single = msgspec.structs.replace(PLAN, profile="f32")
    require_near(whole(PLAN, x), whole(single, x), PLAN)


@pytest.mark.data
def test_near_single_precision_on_real_bearings(real_data: Path):
    select = data.Selection(files=("*12k_DE/*",), fault_sizes=(0.007, 0.021))
    found = data.load(
        real_data / "cwru", channel="DE", fs_hz=FS, format="cwru-npz", select=select
    )
    assert len(found) >= 30
    single = msgspec.structs.replace(PLAN, profile="f32")
    table, exact = PLAN.extract(found), single.extract(found)
    np.testing.assert_array_equal(table.start, exact.start)
    require_near(table.x, exact.x, PLAN)


# ---- the plan ----------------------------------------------------------------------


def test_the_profile_is_part_of_the_contract():
    single = msgspec.structs.replace(PLAN, profile="f32")
    a, b = PLAN.contract(), single.contract()
    assert a.id != b.id
    assert (a.names, a.units, a.features) == (b.names, b.units, b.features)
    assert (a.velocity, b.velocity_q15) == (None, None)
    assert a.velocity_q15 is not None
    back = msgspec.json.decode(msgspec.json.encode(a), type=type(a))
    assert back == a
    with pytest.raises(FormatError, match="`profile`: found 'f32', expected 'q15'"):
        a.require(b, where="model")


def test_steps_end_in_physical_units():
    names = [step.name for step in features.steps_of(PLAN.contract())]
    assert names == ["velocity", "time", "transform", "power", "bands", "real"]
    modules = {step.module for step in features.steps_of(PLAN.contract())}
    assert modules == {"feat_q15_time", "feat_q15_spectrum", "feat_integer"}
    scaler = features.Scaler(kind="linear", offset=(0.0,) * 15, factor=(1.0,) * 15)
    scaled = msgspec.structs.replace(PLAN, scaler=scaler).contract()
    assert [s.name for s in features.steps_of(scaled)] == [*names, "scale"]
    assert [s.name for s in features.integer_steps(scaled)] == names[:-1]
    plan = features.device_plan(PLAN.contract())
    assert plan.work_len == feat_q15.work_len(1024)
    assert plan.warm_len == (PLAN.span_len - 1024) // 512


def test_the_ready_plan_has_an_integer_form():
    plan = load_plan("vibration-basic", profile="q15")
    assert plan == msgspec.structs.replace(BASIC, profile="q15")
    assert load_plan("vibration-basic", profile="f32") == BASIC
    with pytest.raises(FormatError, match=r"bearing: .*in profile q15"):
        load_plan("bearing", profile="q15")


def test_a_file_names_its_profile(tmp_path: Path):
    path = tmp_path / "p.toml"
    path.write_text(
        'channel = "a"\nunit = "g"\nfs_hz = 8000.0\nrange = 4.0\nwindow_len = 128\n'
        'hop_len = 128\nprofile = "q15"\nfeatures = ["rms", "median"]\n'
    )
    with pytest.raises(FormatError) as caught:
        load_plan(path)
    words = [
        "p.toml",
        "features[1].name",
        "'median'",
        "kurtosis",
        "did you mean 'mean'",
    ]
    assert [w for w in words if w not in str(caught.value)] == []
    path.write_text(path.read_text().replace('"median"', '"mean"'))
    assert load_plan(path).profile == "q15"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"features": ("rms", "hjorth_mobility")}, ["features[1]", "velocity_rms"]),
        ({"features": (Feature(name="rolloff", share=0.5),)}, ["rolloff", "centroid"]),
        ({"window_len": 768, "hop_len": 768}, ["window_len", "768", "power of two"]),
        ({"window_len": 8192}, ["window_len", "8192", "64 ... 4096"]),
        ({"detrend": "none"}, ["detrend", "none", "mean"]),
        ({"detrend": "line"}, ["detrend", "line", "mean"]),
        ({"taper": "hamming"}, ["taper", "hamming", "hann"]),
        ({"welch": 4}, ["welch", "4", "expected 1"]),
        (
            {"filters": ({"passes": "highpass", "cutoffs_hz": (10.0,)},)},
            ["filters", "1 of them", "none"],
        ),
        (
            {"features": (Feature(name="band_rms", lo_hz=50.0, hi_hz=55.0),)},
            ["band_rms_50_55", "without a bin", "11.7188 Hz"],
        ),
        ({"unit": "V"}, ["unit: found 'V'", "velocity_rms"]),
        ({"range": 1e9}, ["velocity", "range", "1e+09"]),
        ({"profile": "q7"}, ["profile", "q7"]),
    ],
)  # fmt: skip
def test_what_the_profile_lacks_is_refused(changes, words):
    record = msgspec.to_builtins(PLAN) | msgspec.to_builtins(changes)
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(record, FeaturePlan)
    assert [w for w in words if w not in str(caught.value)] == []


# ---- the commands ------------------------------------------------------------------


def test_a_plan_is_described_in_another_profile():
    command = ("features", "describe", "vibration-basic", "--profile", "q15")
    done = ecmkit(*command, "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["profile"] == "q15"
    assert [r["name"] for r in found["features"]] == list(BASIC.contract().names)
    assert "profile q15" in ecmkit(*command).out
    bad = ecmkit("features", "describe", "bearing", "--profile", "q15")
    assert bad.code == 2
    assert "spectral_entropy" in bad.err
    assert ecmkit("features", "describe", "bearing", "--profile", "q7").code == 2


def test_features_of_another_profile_go_into_a_file(tmp_path: Path):
    from scipy.io import wavfile

    path, out = tmp_path / "p.toml", tmp_path / "out.parquet"
    path.write_text(
        'channel = "a"\nunit = "g"\nfs_hz = 8000.0\nrange = 1.0\nwindow_len = 128\n'
        'hop_len = 128\nfeatures = ["rms", "kurtosis"]\n'
    )
    x = RANDOM.integers(-20_000, 20_000, 4000).astype(np.int16)
    wavfile.write(tmp_path / "a.wav", 8000, x)
    (tmp_path / "recordings.toml").write_text(
        '[[recording]]\nfile = "a.wav"\nchannels = {a = 1}\nfs_hz = 8000.0\n'
        'unit = "g"\nmachine = "m"\n'
    )
    done = ecmkit(
        "features", "extract", path, "--data", tmp_path, "--out", out,
        "--profile", "q15",
    )  # fmt: skip
    assert done.code == 0, done.err
    plan = load_plan(path, profile="q15")
    table = features.load_features(out)
    assert table.contract_id == plan.contract().id
    same_bits(table.x, Stream(plan).push(x))
