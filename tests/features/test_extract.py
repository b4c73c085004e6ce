"""Extraction: the C features against NumPy and SciPy, and mismatches refused."""

import importlib

import msgspec
import numpy as np
import pytest
from scipy import stats

from ecmkit.data import (
    BearingGeometry,
    Dataset,
    Recording,
    RecordingInfo,
    Scenario,
    Selection,
    SimulatorConfig,
    load,
    require_no_leak,
    simulate,
    split,
)
from ecmkit.errors import DataError
from ecmkit.features import (
    Feature,
    FeaturePlan,
    PlanEnvelope,
    PlanFilter,
    Scaler,
    extract,
    load_plan,
)
from tests.turns import lets_go

N, HOP, FS = 1024, 512, 12000.0
PLAN = FeaturePlan(
    channel="DE",
    unit="g",
    fs_hz=FS,
    range=16.0,
    window_len=N,
    hop_len=HOP,
    features=(
        Feature(name="rms"),
        Feature(name="kurtosis"),
        Feature(name="band_fraction", lo_hz=1000.0, hi_hz=2000.0),
    ),
)


def recording(x, name="a", **more):
    fields = {"machine": "m", "label": "inner", "unit": "g", "fs_hz": FS, **more}
    info = RecordingInfo(id=name, **fields)
    return Recording(info=info, channels=("DE",), x=np.atleast_2d(x))


def noise(seed=0, n=10_000):
    return np.random.default_rng(seed).standard_normal(n).astype(np.float32)


def reference(x):
    """rms, kurtosis and Hann-tapered band fraction of one window, in float64."""
    x = x.astype(np.float64) - x.mean(dtype=np.float64)
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N) / N)
    power = np.abs(np.fft.rfft(x * taper)) ** 2
    power[1:-1] *= 2
    f = np.fft.rfftfreq(N, 1 / FS)
    band = power[(f >= 1000) & (f < 2000)].sum() / power.sum()
    return [x.std(), stats.kurtosis(x, fisher=False), band]


def test_the_table_row_by_row():
    data = Dataset((recording(noise(1), "a"), recording(noise(2, 2000), "b")))
    table = extract(data, PLAN)
    rows = [
        (r.info.id, start, reference(r.x[0, start : start + N]))
        for r in data
        for start in range(0, r.x.shape[1] - N + 1, HOP)
    ]
    assert table.recording.tolist() == [row[0] for row in rows]
    assert table.start.tolist() == [row[1] for row in rows]
    np.testing.assert_allclose(table.x, [row[2] for row in rows], rtol=3e-5)
    assert table.names == PLAN.contract().names
    assert table.contract_id == PLAN.contract().id
    assert set(table.group) == {"m"}
    assert set(table.label) == {"inner"}


def test_the_channel_is_found_by_name():
    two = np.stack([noise(1), noise(2)])
    info = recording(two[0]).info
    both = Recording(info=info, channels=("FE", "DE"), x=two)
    alone = extract(Dataset((recording(two[1]),)), PLAN)
    np.testing.assert_array_equal(extract(Dataset((both,)), PLAN).x, alone.x)


def test_progress():
    seen = []
    data = Dataset(tuple(recording(noise(i), str(i)) for i in range(3)))
    extract(data, PLAN, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


ORDERS = msgspec.structs.replace(
    PLAN,
    speed_hz=(25.0, 35.0),
    envelope=PlanEnvelope(band_hz=(2000.0, 5000.0)),
    features=(Feature(name="env_order", order=3.5),),
)


@pytest.mark.parametrize(
    ("changes", "plan", "words"),
    [
        ({"fs_hz": 48000.0}, PLAN, ["fs_hz", "48000", "12000"]),
        ({"unit": "m/s2"}, PLAN, ["DE: unit", "m/s2", "expected g"]),
        ({"range": 8.0}, PLAN, ["DE: range", "8.0", "16.0"]),
        ({"speed_hz": 0.0}, ORDERS, ["speed_hz", "orders"]),
        ({"speed_hz": 50.0}, ORDERS, ["speed_hz", "50", "25 ... 35"]),
        ({"speed_hz": 20.0}, ORDERS, ["speed_hz", "20", "would span 1", "turns"]),
    ],
)
def test_mismatches(changes, plan, words):
    with pytest.raises(DataError) as caught:
        extract(Dataset((recording(noise(n=20_000), **changes),)), plan)
    for word in ("a: ", *words):
        assert word in str(caught.value)


def test_channel_that_is_not_there_and_a_recording_too_short():
    plan = msgspec.structs.replace(PLAN, channel="DEE")
    with pytest.raises(DataError, match=r"a: channel: found DE, expected DEE; did you"):
        extract(Dataset((recording(noise()),)), plan)
    with pytest.raises(DataError, match="a: found 1023 samples, expected 1024 or more"):
        extract(Dataset((recording(noise(n=1023)),)), PLAN)
    with pytest.raises(DataError, match="no windows in 0 recordings"):
        extract(Dataset(()), PLAN)
    n = ORDERS.span_len
    short = recording(noise(n=n - 1), speed_hz=30.0)
    with pytest.raises(DataError, match=f"found {n - 1} samples.*its history takes"):
        extract(Dataset((short,)), ORDERS)
    just = recording(noise(n=n), speed_hz=30.0)
    assert extract(Dataset((just,)), ORDERS).start.tolist() == [n - N]


def test_windows_with_holes_are_refused_or_dropped_with_their_number():
    x = noise()
    x[[600, 5000]] = np.nan, np.inf
    data = Dataset((recording(x),))
    with pytest.raises(DataError, match="2 samples not finite, in 4 of 18 windows"):
        extract(data, PLAN)
    with pytest.warns(UserWarning, match="a: left out 4 of 18 windows"):
        table = extract(data, PLAN, nonfinite="drop")
    bad = [
        s for s in range(0, 10_000 - N + 1, HOP) if not np.isfinite(x[s : s + N]).all()
    ]
    assert sorted({*table.start.tolist(), *bad}) == list(range(0, 10_000 - N + 1, HOP))
    assert not set(table.start.tolist()) & set(bad)
    whole = extract(Dataset((recording(noise()),)), PLAN)
    kept = np.isin(whole.start, table.start)
    np.testing.assert_array_equal(table.x, whole.x[kept])


def test_nothing_but_holes():
    x = np.full(N, np.nan, np.float32)
    with (
        pytest.warns(UserWarning, match="left out 1 of 1"),
        pytest.raises(DataError, match="found no windows"),
    ):
        extract(Dataset((recording(x),)), PLAN, nonfinite="drop")


def test_holes_start_a_history_anew():
    x = noise(n=60_000)
    x[30_000] = np.nan
    data = Dataset((recording(x, speed_hz=30.0),))
    with pytest.warns(UserWarning, match="left out 2 of 116 windows"):
        table = extract(data, ORDERS, nonfinite="drop")
    first = 30_208  # first window behind the hole
    late = extract(Dataset((recording(x[first:], speed_hz=30.0),)), ORDERS)
    np.testing.assert_array_equal(table.x[table.start >= first], late.x)
    early = extract(Dataset((recording(x[:30_000], speed_hz=30.0),)), ORDERS)
    np.testing.assert_array_equal(table.x[table.start < first], early.x)


# ---- channels, threads ------------------------------------------------------------

BOTH = msgspec.structs.replace(
    ORDERS,
    channel=None,
    channels=("DE", "FE"),
    features=(
        "rms",
        "velocity_rms",
        Feature(name="centroid", channel="FE"),
        Feature(name="env_order", order=3.5, channel="DE"),
    ),
    filters=(PlanFilter(passes="highpass", cutoffs_hz=(50.0,)),),
    welch=3,
)


def pair(seed, n=40_000, **more):
    info = recording(noise(), str(seed), speed_hz=30.0, **more).info
    x = np.stack([noise(seed, n), noise(seed + 100, n)])
    return Recording(info=info, channels=("FE", "DE"), x=x)


def test_channels_are_computed_one_by_one():
    data = Dataset((pair(1), pair(2)))
    table = extract(data, BOTH)
    assert table.names == (
        "DE_velocity_rms", "DE_rms", "DE_env_3p5",
        "FE_velocity_rms", "FE_rms", "FE_centroid",
    )  # fmt: skip
    for channel, features in {
        "DE": ("rms", "velocity_rms", Feature(name="env_order", order=3.5)),
        "FE": ("rms", "velocity_rms", "centroid"),
    }.items():
        one = msgspec.structs.replace(
            BOTH, channel=channel, channels=(), features=features
        )
        alone = extract(data, one)
        rows = np.isin(alone.start, table.start)  # the slower history has its say
        at = [table.names.index(f"{channel}_{name}") for name in alone.names]
        np.testing.assert_array_equal(table.x[:, at], alone.x[rows])


def test_a_scaler_beside_a_channel_without_features():
    plain = msgspec.structs.replace(BOTH, columns=("DE_*",))
    n = len(plain.rows)
    halved = Scaler(kind="linear", offset=(0.0,) * n, factor=(0.5,) * n)
    scaled = msgspec.structs.replace(plain, scaler=halved)
    data = Dataset((pair(1),))
    np.testing.assert_array_equal(extract(data, scaled).x, extract(data, plain).x / 2)


def test_other_threads_go_on_meanwhile(monkeypatch):
    """The interpreter's lock is released: one call into C takes the whole recording."""
    module = importlib.import_module("ecmkit.features.extract")
    runner, free = module.runner, []

    class Watched:
        def __init__(self, *which):
            self.which = which

        def frames(self, *arrays):
            free.append(lets_go(lambda: runner(*self.which).frames(*arrays)))

    monkeypatch.setattr(module, "runner", Watched)
    long = [recording(noise(n=1_000_000))]
    table = extract(long, PLAN)
    assert free == [True]
    monkeypatch.undo()
    assert table.hash == extract(long, PLAN).hash
    values = np.random.default_rng(0).random(100_000).tolist()
    assert not lets_go(lambda: sorted(values), calls=20)  # it keeps the lock


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_give_the_same_table(threads):
    data = Dataset(tuple(pair(i) for i in range(7)))
    seen = []
    table = BOTH.extract(
        data, threads=threads, progress=lambda done, total: seen.append((done, total))
    )
    assert table.hash == extract(data, BOTH).hash
    assert seen == [(i, 7) for i in range(1, 8)]
    with pytest.raises(ValueError, match="threads: found 0, expected 1"):
        extract(data, BOTH, threads=0)


# ---- defects ----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_simulated_defects_are_told_by_their_shares(seed):
    """On most windows the largest of the three shares is that of the defect."""
    labels = {"outer": "BPFO", "inner": "BPFI", "ball": "2xBSF"}
    scenarios = tuple(Scenario(label=n, fault_size=0.5) for n in labels)
    table = extract(
        simulate(SimulatorConfig(scenario=scenarios), seed=seed), load_plan("bearing")
    )
    at = [table.names.index(f"env_share_{order}_3") for order in labels.values()]
    told = np.array(list(labels))[np.argmax(table.x[:, at], axis=1)]
    assert np.mean(told == table.label) > 0.9


def envelope_lines(x, fs, end, span, band, f_hz, halfwidth):
    """Amplitudes of the envelope by SciPy, in float64, over a span before `end`."""
    from scipy.signal import hilbert

    bins = np.fft.rfft(x)
    f = np.fft.rfftfreq(len(x), 1 / fs)
    bins[(f < band[0]) | (f >= band[1])] = 0
    part = np.abs(hilbert(np.fft.irfft(bins, len(x))))[end - span : end]
    taper = np.hanning(span + 1)[:-1]
    amplitude = 2 * np.abs(np.fft.rfft((part - part.mean()) * taper)) / taper.sum()
    off = [np.abs(np.arange(len(amplitude)) * fs / span - f) for f in f_hz]
    reach = [max(halfwidth * f, fs / span / 2) for f in f_hz]
    return [amplitude[d <= r].max() for d, r in zip(off, reach, strict=True)]


@pytest.mark.data
class TestRealRecordings:
    def test_lines_of_inner_race_defects_are_those_of_scipy(self, real_data):
        select = Selection(files=("12k_DE/*IR007*",))
        data = load(real_data / "cwru", channel="DE", format="cwru-npz", select=select)
        orders = BearingGeometry().orders
        wanted = (orders.BPFI, 2 * orders.BPFI, orders.BPFO, 1.0)
        plan = msgspec.structs.replace(
            ORDERS, features=(Feature(name="env_line", orders=wanted),)
        )
        table = extract(data, plan)
        e = plan.contract().envelope
        span, late = round(FS / e.bin_hz), len(e.taps) / 2 * e.factor * N / e.m
        compared = 0
        for recording in data:
            speed = recording.info.speed_hz
            for row in np.flatnonzero(table.recording == recording.info.id)[5::40]:
                end = table.start[row] + N // 2 - round(late)
                expected = envelope_lines(
                    recording.x[0].astype(float), FS, end, span, (2000.0, 5000.0),
                    [speed * order for order in wanted], 0.02,
                )  # fmt: skip
                near = 0.02 * max(expected)
                np.testing.assert_allclose(table.x[row], expected, atol=near, rtol=0.03)
                compared += 1
        assert compared > 15

    def test_inner_race_defects_stand_out_at_bpfi(self, real_data):
        select = Selection(files=("12k_DE/*IR0*",), fault_sizes=(0.007, 0.021))
        data = load(real_data / "cwru", channel="DE", format="cwru-npz", select=select)
        table = extract(data, load_plan("bearing"))
        inner, outer = (
            table.x[:, table.names.index(f"env_{order}")] for order in ("BPFI", "BPFO")
        )
        assert np.median(inner) > 3
        assert np.mean(inner > outer) > 0.9

    def test_held_out_fault_sizes_are_classified(self, real_data):
        """The target of the project: 0.85 on 0.007 in and on 0.021 in, bearing-wise."""
        from sklearn.ensemble import RandomForestClassifier
        from sklearn.metrics import balanced_accuracy_score

        select = Selection(files=("12k_DE/*",), fault_sizes=(0.007, 0.014, 0.021))
        data = load(real_data / "cwru", channel="DE", format="cwru-npz", select=select)
        table = extract(data, load_plan("bearing"))
        for size in (0.007, 0.021):
            fold = split(data, by="fault_size", test=(size,))
            require_no_leak(fold, data)
            train, test = fold.masks(table.recording)
            forest = RandomForestClassifier(
                40,
                max_depth=6,
                min_samples_leaf=10,
                class_weight="balanced",
                random_state=0,
            ).fit(table.x[train], table.label[train])
            told = forest.predict(table.x[test])
            assert balanced_accuracy_score(table.label[test], told) > 0.85
