"""Extraction: the C features against NumPy and SciPy, and mismatches refused."""

import msgspec
import numpy as np
import pytest
from scipy import stats

from ecmkit.data import (
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
from ecmkit.features import Feature, FeaturePlan, extract, load_plan

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
    envelope_hz=(2000.0, 5000.0),
    features=(Feature(name="env_order", order=3.5, halfwidth=0.02),),
)


@pytest.mark.parametrize(
    ("changes", "plan", "words"),
    [
        ({"fs_hz": 48000.0}, PLAN, ["fs_hz", "48000", "12000"]),
        ({"unit": "m/s2"}, PLAN, ["unit", "m/s2", "expected g"]),
        ({"range": 8.0}, PLAN, ["range", "8.0", "16.0"]),
        ({"speed_hz": 0.0}, ORDERS, ["speed_hz", "orders"]),
        ({"speed_hz": 500.0}, ORDERS, ["speed_hz", "500", "428.571"]),
    ],
)
def test_mismatches(changes, plan, words):
    with pytest.raises(DataError) as caught:
        extract(Dataset((recording(noise(), **changes),)), plan)
    for word in ("a: ", *words):
        assert word in str(caught.value)


def test_channel_that_is_not_there_and_a_recording_too_short():
    plan = msgspec.structs.replace(PLAN, channel="FE")
    with pytest.raises(DataError, match="a: channel: found DE, expected FE"):
        extract(Dataset((recording(noise()),)), plan)
    with pytest.raises(DataError, match="a: found 1023 samples"):
        extract(Dataset((recording(noise(n=1023)),)), PLAN)
    with pytest.raises(DataError, match="no windows in 0 recordings"):
        extract(Dataset(()), PLAN)


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


@pytest.mark.parametrize("seed", range(3))
def test_simulated_defects_are_told_by_their_shares(seed):
    """On most windows the largest of the three shares is that of the defect."""
    labels = {"outer": "BPFO", "inner": "BPFI", "ball": "2xBSF"}
    scenarios = tuple(Scenario(label=n, fault_size=0.5) for n in labels)
    table = extract(
        simulate(SimulatorConfig(scenario=scenarios), seed=seed), load_plan("bearing")
    )
    at = [table.names.index(f"env_share_{order}") for order in labels.values()]
    told = np.array(list(labels))[np.argmax(table.x[:, at], axis=1)]
    assert np.mean(told == table.label) > 0.9


def log_envelope_orders(x, fs, speed_hz, lo, hi, wanted, halfwidth):
    """The same definition by SciPy: Hilbert transform of the whitened signal."""
    from scipy.signal import hilbert

    n = len(x)
    bins = np.fft.rfft(x - x.mean())
    f = np.fft.rfftfreq(n, 1 / fs)
    band = (f >= lo) & (f < hi)
    white = np.where(band, bins / np.where(band, np.abs(bins), 1), 0)
    analytic = hilbert(np.fft.irfft(white, n))
    # The envelope of a band is the same at a lower rate: keep every other sample.
    e = np.log(np.abs(analytic[::2]) ** 2)
    taper = np.hanning(len(e) + 1)[:-1]
    amplitude = np.abs(np.fft.rfft((e - e.mean()) * taper))
    order = np.arange(len(amplitude)) * fs / n / speed_hz
    mean = amplitude[(order >= 0.5) & (order <= 12)].mean()
    bin_order = fs / n / speed_hz
    values = []
    for centre in wanted:
        near = np.abs(order - centre) <= max(centre * halfwidth, bin_order / 2)
        values.append(amplitude[near].max() / mean)
    return np.array(values)


@pytest.mark.data
class TestRealRecordings:
    def test_inner_race_orders_equal_those_of_scipy(self, real_data):
        select = Selection(files=("12k_DE/*IR007*",))
        data = load(real_data / "cwru", channel="DE", format="cwru-npz", select=select)
        plan = load_plan("bearing")
        table = extract(data, plan)
        names = ("env_BPFI", "env_2xBPFI", "env_BPFO", "env_shaft")
        orders = plan.bearing.orders
        wanted = (orders.BPFI, 2 * orders.BPFI, orders.BPFO, 1.0)
        at = [table.names.index(name) for name in names]
        compared = 0
        for recording in data:
            rows = np.flatnonzero(table.recording == recording.info.id)[::7]
            for row in rows:
                start = table.start[row]
                x = recording.x[0, start : start + 4096].astype(np.float64)
                speed = recording.info.speed_hz
                expected = log_envelope_orders(
                    x, 12000.0, speed, *plan.envelope_hz, wanted, 0.01
                )
                np.testing.assert_allclose(table.x[row, at], expected, rtol=0.02)
                compared += 1
        assert compared > 30

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
