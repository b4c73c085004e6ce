"""Order spectrum and cepstral coefficients as features of a plan."""

import msgspec
import numpy as np
import pytest

from ecmkit import data
from ecmkit.errors import DataError
from ecmkit.features import (
    Feature,
    FeaturePlan,
    PlanMel,
    PlanTacho,
    PlanTracking,
    Stream,
    angular_resample,
    log_mel,
    mfcc,
    order_spectrum,
    power_spectra,
    shaft_run,
)
from ecmkit.features.mel import MelBank
from ecmkit.features.speed import SpeedFinder

FS, TURNS = 12000.0, 20


def plan_of(*features, **changes):
    fields = {
        "channel": "a",
        "unit": "g",
        "fs_hz": FS,
        "range": 50.0,
        "window_len": 1024,
        "hop_len": 512,
        "speed_hz": (15.0, 35.0),
        "orders": {"mesh": 12.0},
        "features": features,
    }
    return FeaturePlan(**{**fields, **changes})


def run_up(start, end, seconds, *orders):
    """A shaft whose speed grows evenly, and the sum of (order, amplitude)."""
    t = np.arange(int(seconds * FS)) / FS
    turns = start * t + (end - start) * t**2 / (2 * seconds)
    x = sum(a * np.cos(2 * np.pi * o * turns + o) for o, a in orders)
    return t, x.astype(np.float32)


def rows_of(plan, x, speed):
    """Rows of all windows, with the speed at the end of each."""
    stream, made = Stream(plan, speed_hz=float(speed[0])), []
    for at in range(0, len(x) - 511, 512):
        stream.set_speed(float(speed[min(at + 512, len(x) - 1)]))
        made.append(stream.push(x[at : at + 512]))
    return np.concatenate(made)


@pytest.mark.parametrize(("start", "end"), [(25.0, 25.0), (18.0, 30.0), (33.0, 20.0)])
def test_orders_stand_still_whatever_the_speed_does(start, end):
    """Amplitudes of the orders that a run is made of, among other sound."""
    plan = plan_of(
        Feature(name="tracked_line", orders=(1.0, 3.585, 12.0)),
        Feature(name="tracked_harmonics", order=6.0, n=2),
        Feature(name="tracked_thd", order=6.0, n=2),
        Feature(name="tracked_sidebands", order="mesh", spacing=1.0, n=2),
    )
    made = ((1, 0.4), (3.585, 0.3), (6, 0.5), (10, 0.02), (11, 0.1), (12, 1.0),
            (13, 0.1), (14, 0.02))  # fmt: skip
    t, x = run_up(start, end, 6.0, *made)
    x += 0.5 * np.cos(2 * np.pi * 4000.0 * t).astype(np.float32)
    found = rows_of(plan, x, start + (end - start) * t / 6.0)
    expected = [0.4, 0.3, 1.0, np.sqrt((0.25 + 1) / 2), 2.0, 0.24]
    assert len(found) > 50
    np.testing.assert_allclose(found, np.tile(expected, (len(found), 1)), rtol=0.02)


def test_a_line_of_the_window_smears_where_a_tracked_one_stands():
    names = ("order_line", "tracked_line")
    plan = plan_of(*(Feature(name=n, order="mesh") for n in names), window_len=8192,
                   hop_len=512)  # fmt: skip
    _, x = run_up(16.0, 34.0, 5.0, (12, 1.0))
    stream, made = Stream(plan, speed_hz=16.0), []
    for at in range(0, len(x) - 511, 512):
        stream.set_speed(16.0 + 18.0 * min(at + 512, len(x) - 1) / len(x))
        made.append(stream.push(x[at : at + 512]))
    tracked, smeared = np.concatenate(made).T
    # in the first window, which is long, the speed counts as constant
    np.testing.assert_allclose(tracked[4:], 1.0, rtol=0.01)
    assert smeared.max() < 0.6


def test_it_is_the_order_spectrum_of_the_whole_signal():
    """Against `order_spectrum` of a run whose edges are known."""
    plan = plan_of(Feature(name="tracked_line", orders=(2.0, 5.0, 7.5)))
    t, x = run_up(20.0, 26.0, 4.0, (2, 1.0), (5, 0.5), (7.5, 0.25))
    found = rows_of(plan, x, 20.0 + 6.0 * t / 4.0)[-1]
    edges = shaft_run(fs_hz=FS, speed_hz=20.0, rate_hz_s=1.5, turns=90)
    spectrum = order_spectrum(
        angular_resample(x, edges, per_turn=96), turns=TURNS
    ).amplitude
    expected = [spectrum[round(order * TURNS)] for order in (2.0, 5.0, 7.5)]
    np.testing.assert_allclose(found, expected, rtol=0.01)


def test_nothing_is_folded_onto_an_order():
    """White noise above the highest order leaves what there is below it."""
    plan = plan_of(Feature(name="tracked_line", orders=(2.0, 5.0)))
    track = plan.contract().track
    t, x = run_up(15.0, 35.0, 8.0, (5, 1.0))
    top_hz, folded = 5.05 * 35.0, track.per_turn - 5.0
    _, y = run_up(15.0, 35.0, 8.0, (folded, 1.0))
    speed = 15.0 + 20.0 * t / 8.0
    assert folded * 15.0 > top_hz
    clean = rows_of(plan, x, speed)
    both = rows_of(plan, x + y, speed)
    np.testing.assert_allclose(both[:, 1], clean[:, 1], atol=4e-3)


def test_the_first_row_comes_after_the_turns_at_the_least_speed():
    plan = plan_of(Feature(name="tracked_line", order=1.0))
    assert 20 / 15.0 < plan.span_len / FS < 20 / 15.0 + 0.15
    x = np.zeros(plan.span_len, np.float32)
    assert len(Stream(plan, speed_hz=35.0).push(x)) == 1
    assert len(Stream(plan, speed_hz=15.0).push(x[:-1])) == 0


def test_any_pieces_and_threads_give_the_same_bits():
    plan = plan_of("rms", Feature(name="tracked_line", orders=(1.0, 2.0)))
    x = np.random.default_rng(1).standard_normal((3, 30_000)).astype(np.float32)
    made = data.Dataset(
        tuple(
            data.Recording(
                info=data.RecordingInfo(
                    id=str(i), machine="m", label="", unit="g", fs_hz=FS,
                    speed_hz=20.0 + i,
                ),
                channels=("a",),
                x=x[i : i + 1],
            )
            for i in range(3)
        )
    )  # fmt: skip
    whole = plan.extract(made)
    np.testing.assert_array_equal(plan.extract(made, threads=2).x, whole.x)
    stream, rows, at = Stream(plan, speed_hz=20.0), [], 0
    while at < 30_000:
        n = int(np.random.default_rng(at).integers(1, 3000))
        rows.append(stream.push(x[0, at : at + n]))
        at += n
    np.testing.assert_array_equal(np.concatenate(rows), whole.x[whole.recording == "0"])


@pytest.mark.parametrize(
    ("features", "changes", "words"),
    [
        (("tracked_line",), {}, "features[0].order: found nothing"),
        (({"order": 2.0},), {"speed_hz": None}, "speed_hz: found nothing, expected"),
        (({"order": 100.0},), {}, "up to 3535 Hz, expected up to 3000 Hz"),
        (({"order": 5.0},), {"tracking": {"turns": 3}}, "tracking.turns: found 3"),
        (
            ({"order": 5.0},),
            {"tracking": {"turns": 1024}},
            "tracking.turns: found 1024",
        ),
        (({"order": 5.0},), {"tracking": {"halfwidth": 0.6}}, "tracking.halfwidth"),
        (({"order": 5.0},), {"tracking": {"per_turn": 10}}, "tracking.per_turn: found"),
        (({"order": 5.0},), {"tracking": {"per_turn": 12}}, "tracking.per_turn: found"),
        (
            ({"name": "tracked_sidebands", "order": 5.0, "spacing": 0.1, "n": 1},),
            {},
            "lines 0.1 orders apart, expected 0.151515 or more in a spectrum of 20",
        ),
        (
            ({"name": "tracked_thd", "order": 5.0, "n": 1},),
            {},
            "features[0].n: found 1",
        ),
        (({"order": 5.0},), {"profile": "q15"}, "tracked_line"),
        (({"name": "mfcc"},), {}, "mel: found nothing, expected a table"),
        (
            ({"name": "mfcc"},),
            {"mel": {"n_mels": 40}},
            "mel.n_mels: found 40, expected",
        ),
        (
            ({"name": "mfcc", "coefficient": 16},),
            {"mel": {"n_mels": 16}},
            "features[0].coefficient: found 16, expected 0 ... 15",
        ),
    ],
)
def test_errors_say_what_was_found_and_expected(features, changes, words):
    specs = [
        f if isinstance(f, str) else {"name": "tracked_line", **f} for f in features
    ]
    raw = msgspec.to_builtins(plan_of("rms"))
    raw = {**raw, "features": specs, **changes}
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(raw, FeaturePlan)
    assert words in str(caught.value)


def test_a_given_number_of_samples_in_a_turn():
    tracking = PlanTracking(per_turn=64, turns=32)
    track = (
        plan_of(Feature(name="tracked_line", order=5.0), tracking=tracking)
        .contract()
        .track
    )
    assert (track.per_turn, track.turns) == (64, 32)


def test_slow_resampling_needs_no_low_pass():
    """Where no sample is left out, nothing can be folded."""
    track = (
        plan_of(
            Feature(name="tracked_line", order=80.0),
            speed_hz=(30.0, 30.0),
            tracking=PlanTracking(per_turn=512),
        )
        .contract()
        .track
    )
    assert (track.taps, track.factor) == ((), 1)


def test_coefficients_are_those_of_the_function():
    plan = plan_of("mfcc", "mel_level", mel=PlanMel(n_mels=32), speed_hz=None)
    x = np.random.default_rng(4).standard_normal(1024)
    (found,) = Stream(plan).push(x)
    bank = MelBank(fs_hz=FS, n_samples=1024, n_mels=32)
    levels = log_mel(power_spectra(x[None], fs_hz=FS, unit="g"), bank)
    np.testing.assert_allclose(found[:32], levels[0], atol=1e-4)
    np.testing.assert_allclose(found[32:], mfcc(levels, 13)[0], atol=5e-4)


def test_the_low_pass_stops_and_passes():
    track = plan_of(Feature(name="tracked_line", order=5.0)).contract().track
    gain = np.abs(np.fft.rfft(track.taps, 1 << 14))
    f = np.fft.rfftfreq(1 << 14, 1 / FS)
    assert np.abs(gain[f <= 5.0 * 35.0] - 1).max() < 4e-3
    assert gain[f >= (track.per_turn - 5.05) * 15.0].max() < 4e-3


# ---- a tachometer -----------------------------------------------------------------


def watched(start, end, seconds, *orders, pulses=1, name="a"):
    """A run, and the pulses of a tachometer beside it."""
    t, x = run_up(start, end, seconds, *orders)
    turns = start * t + (end - start) * t**2 / (2 * seconds)
    pulse = np.sin(2 * np.pi * pulses * turns).astype(np.float32)
    info = data.RecordingInfo(id=name, machine="m", label="", unit="g", fs_hz=FS)
    return data.Recording(info=info, channels=("t", "a"), x=np.stack([pulse, x]))


def with_tacho(**changes):
    return plan_of(
        "rms",
        Feature(name="tracked_line", orders=(1.0, 12.0)),
        tacho=PlanTacho(
            channel="t", level=0.0, hysteresis=0.5, **{"pulses": 4, **changes}
        ),
    )


@pytest.mark.parametrize("pulses", [1, 4])
def test_a_tachometer_tells_the_speed(pulses):
    plan = with_tacho(pulses=pulses)
    run = watched(18.0, 30.0, 6.0, (1, 0.5), (12, 1.0), pulses=pulses)
    table = plan.extract(data.Dataset((run,)))
    assert table.names == ("tracked_line_1", "tracked_line_12", "rms")
    np.testing.assert_allclose(table.x[5:, 0], 0.5, rtol=0.02)
    np.testing.assert_allclose(table.x[5:, 1], 1.0, rtol=0.02)


def test_a_tachometer_in_pieces_gives_the_same_bits():
    plan = with_tacho()
    run = watched(18.0, 30.0, 6.0, (1, 0.5), (12, 1.0), pulses=4)
    whole = plan.extract(data.Dataset((run,)))
    stream, rows, starts, at = Stream(plan), [], [], 0
    x = run.samples(plan.inputs)
    assert plan.inputs == ("a", "t")
    while at < x.shape[1]:
        n = int(np.random.default_rng(at).integers(1, 4000))
        rows.append(stream.push(x[:, at : at + n]))
        starts.append(stream.starts)
        at += n
    np.testing.assert_array_equal(np.concatenate(starts), whole.start)
    np.testing.assert_array_equal(np.concatenate(rows), whole.x)
    # the same bits as a device that is told these speeds
    told, made = Stream(msgspec.structs.replace(plan, tacho=None), speed_hz=18.0), []
    finder = SpeedFinder(plan.tacho, fs_hz=FS)
    finder.push(x[1])
    ends = np.arange(1024, x.shape[1] + 1, 512)
    for end, speed in zip(ends, finder.speeds(ends), strict=True):
        if speed > 0:
            told.set_speed(float(speed))
            start = end - 1024 if not told.samples else end - 512
            made.append(told.push(x[0, start:end]))
    np.testing.assert_array_equal(np.concatenate(made), whole.x)


def test_a_gap_starts_the_tachometer_anew():
    plan = with_tacho()
    x = watched(20.0, 20.0, 4.0, (1, 0.5), pulses=4).samples(plan.inputs)
    stream = Stream(plan)
    before = stream.push(x)
    stream.gap()
    np.testing.assert_array_equal(stream.push(x), before)


def test_errors_of_a_tachometer():
    plan = with_tacho()
    run = watched(18.0, 30.0, 6.0, (1, 0.5), pulses=4)
    lacks = data.Recording(info=run.info, channels=("a",), x=run.x[1:])
    with pytest.raises(DataError, match="a: channel: found a, expected t"):
        plan.extract(data.Dataset((lacks,)))
    with pytest.raises(DataError, match=r"a: speed_hz: found 72\.\d+, expected 15 "):
        with_tacho(pulses=1).extract(data.Dataset((run,)))
    with pytest.raises(DataError, match="the plan's tacho tells the speed"):
        Stream(plan).set_speed(20.0)
    with pytest.raises(ValueError, match=r"shape \(100,\), expected \(2, n_samples\)"):
        Stream(plan).push(np.zeros(100))
    for field, value in (("level", np.nan), ("hysteresis", -1.0), ("pulses", 0)):
        with pytest.raises(ValueError, match=f"tacho.{field}: found"):
            msgspec.structs.replace(
                plan, tacho=msgspec.structs.replace(plan.tacho, **{field: value})
            )
    with pytest.raises(ValueError, match="speed_hz: found nothing, expected the range"):
        plan_of("rms", speed_hz=None, tacho=PlanTacho(channel="t", level=0.0))


def test_rectangular_pulses_are_good_enough():
    """An edge is then known to a sample: the speed is that of eight turns."""
    tacho = PlanTacho(channel="t", level=2.5, hysteresis=0.5)
    plan = msgspec.structs.replace(with_tacho(), tacho=tacho)
    run = watched(18.0, 30.0, 6.0, (1, 0.5), (12, 1.0))
    pulse = np.where(run.x[0] > 0.9, 5.0, 0.0).astype(np.float32)
    square = data.Recording(
        info=run.info, channels=run.channels, x=np.stack([pulse, run.x[1]])
    )
    table = plan.extract(data.Dataset((square,)))
    np.testing.assert_allclose(table.x[8:, 1], 1.0, rtol=0.02)
    finder = SpeedFinder(plan.tacho, fs_hz=FS)
    finder.push(pulse)
    ends = np.arange(4096, len(pulse), 512)
    exact = 18.0 + 2.0 * ends / FS
    np.testing.assert_allclose(finder.speeds(ends)[8:], exact[8:], rtol=2e-3)
