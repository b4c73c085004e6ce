"""Angular resampling in the core: sinusoids at their exact times as judge."""

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

from ecmkit._core import order, tacho
from ecmkit._paths import csrc_dir

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "machine.json").read_text()
)
TICKS = tacho.TICKS


def ticks(samples):
    return np.round(np.asarray(samples, float) * TICKS).astype(np.uint64)


def resample(x, edges, per_turn, pulses=1, start=0, room=None):
    x = np.asarray(x, np.float32)
    first = order.first_f32(pulses, per_turn, start, edges)
    room = len(edges) * per_turn // pulses + 1 if room is None else room
    out = np.empty(room, np.float32)
    found = order.resample_f32(pulses, per_turn, x, start, edges, first, out)
    return first, out[:found]


def test_the_table_is_what_its_script_writes():
    script = runpy.run_path(str(csrc_dir() / "ecm_tables_order.py"))
    assert (csrc_dir() / "ecm_tables_order.c").read_text() == script["text"]()


def test_vectors():
    edges = ticks([0.0, 30.0, 57.0, 82.5, 106.0, 128.0])
    x = np.sin(0.7 * np.arange(127))
    exact = [float.fromhex(v) for v in VECTORS["order"]]
    _, found = resample(x, edges, 16)
    assert len(found) == len(exact)
    np.testing.assert_allclose(found, exact, atol=4e-4)


@pytest.mark.parametrize(
    ("f", "most"), [(0.01, 6e-5), (0.1, 2e-4), (0.2, 4.5e-4), (0.25, 8e-3)]
)
def test_accuracy_between_samples(f, most):
    """As the header says, for any phase of a sinusoid and place between samples."""
    edges = ticks(np.arange(0, 2000, 31.37))
    for phase in np.linspace(0, 3, 7):
        x = np.sin(2 * np.pi * f * np.arange(2000) + phase)
        first, found = resample(x, edges, 97)
        t = (first + np.arange(len(found))) / 97 * 31.37
        error = np.abs(found - np.sin(2 * np.pi * f * t + phase)).max()
        assert error < most


@pytest.mark.parametrize("pulses", [1, 4])
def test_a_run_up(pulses):
    """Constant acceleration; orders stay where they are."""
    fs, n0, a = 12800.0, 12.0, 5.0
    t = np.arange(int(4 * fs)) / fs
    angle = n0 * t + a * t**2 / 2
    x = np.sin(2 * np.pi * 10 * angle)
    turns = np.arange(int(angle[-1]) * pulses) / pulses
    times = (-n0 + np.sqrt(n0**2 + 2 * a * turns)) / a
    first, found = resample(x, ticks(times * fs), 128, pulses)
    exact = np.sin(2 * np.pi * 10 * (first + np.arange(len(found))) / 128)
    inner = slice(256, -256)
    assert np.abs(found - exact)[inner].max() < 7e-4
    assert np.abs(found - exact).max() < 0.02  # a parabola in the outer intervals


def test_known_edges_of_a_run():
    fs, n0, a = 25600.0, 20.0, 3.0
    edges = np.empty(300, np.uint64)
    order.run_f32(fs, n0, a, 12345, edges)
    exact = (-n0 + np.sqrt(n0**2 + 2 * a * np.arange(300))) / a * fs
    np.testing.assert_allclose((edges - 12345.0) / TICKS, exact, atol=0.01)
    order.run_f32(fs, n0, 0.0, 0, edges)
    np.testing.assert_allclose(edges / TICKS, np.arange(300) * 1280.0, atol=1e-9)
    order.run_f32(fs, n0, -0.6, 0, edges)
    assert edges[-1] - edges[-2] > edges[1] - edges[0]


def test_samples_from_anywhere_give_the_same():
    """A window of a stream gives the bits of the whole, where it reaches."""
    x = np.random.default_rng(0).standard_normal(3000).astype(np.float32)
    edges = ticks(np.arange(0, 3000, 41.3))
    first, whole = resample(x, edges, 50)
    for at in (17, 1000, 2500):
        k, part = resample(x[at : at + 400], edges, 50, start=at * TICKS)
        np.testing.assert_array_equal(part, whole[k - first : k - first + len(part)])
        assert len(part) > 350


def test_first_is_the_first():
    edges = ticks(np.arange(100, 3000, 41.3))
    x = np.random.default_rng(1).standard_normal(3000).astype(np.float32)
    out = np.empty(1, np.float32)
    for at in (0, 98, 500, 1234):
        start = at * TICKS + 77
        for pulses, per_turn in ((1, 50), (3, 7), (2, 4000)):
            k = order.first_f32(pulses, per_turn, start, edges)
            order.resample_f32(pulses, per_turn, x, start, edges, k, out)
            if k:
                with pytest.raises(ValueError, match="ECM_ERR_ARG"):
                    order.resample_f32(pulses, per_turn, x, start, edges, k - 1, out)


def test_linear():
    rng = np.random.default_rng(2)
    x = rng.standard_normal(500).astype(np.float32)
    edges = ticks(np.arange(0, 500, 33.1))
    _, one = resample(x, edges, 64)
    _, two = resample(4 * x, edges, 64)
    np.testing.assert_array_equal(two, 4 * one)
    _, constant = resample(np.full(500, 3.0), edges, 64)
    np.testing.assert_allclose(constant, 3, rtol=6e-5)


def test_nothing_where_there_is_no_room():
    _, found = resample(np.ones(100), ticks([0, 40, 80]), 16, room=0)
    assert len(found) == 0


def test_refusals():
    x, edges = np.ones(100, np.float32), ticks([0, 40, 80])
    out = np.empty(4, np.float32)
    for pulses, per_turn, e, n, name in (
        (0, 16, edges, 100, "ARG"),
        (4097, 16, edges, 100, "ARG"),
        (1, 0, edges, 100, "ARG"),
        (1, 65537, edges, 100, "ARG"),
        (1, 16, edges[:1], 100, "LENGTH"),
        (1, 16, edges[::-1].copy(), 100, "ARG"),
        (1, 16, ticks([0, 2**22]), 100, "ARG"),
        (1, 16, edges, 7, "LENGTH"),
    ):
        with pytest.raises(ValueError, match=f"ECM_ERR_{name}"):
            order.resample_f32(pulses, per_turn, x[:n], 0, e, 5, out)
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        order.first_f32(1, 16, 100 * TICKS, edges)
    made = np.full(3, 7, np.uint64)
    for fs_hz, speed_hz, rate in (
        (0.0, 1.0, 0.0), (1e3, 0.0, 0.0), (1e3, 1.0, np.nan), (1e3, 1.0, -0.3),
        (1e3, np.inf, 0.0), (1e9, 1.0, 0.0),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            order.run_f32(fs_hz, speed_hz, rate, 0, made)
    assert (made == 7).all()


def track(x, speeds, chunk, *, fs_hz=1000.0, per_turn=24):
    """Push chunks, at the end of each of which the shaft has a speed."""
    made, state = [], order.TrackF32(fs_hz, per_turn)
    for i, speed in enumerate(speeds):
        piece = x[i * chunk : (i + 1) * chunk].astype(np.float32)
        told = speeds[max(0, i - 2) : i + 1]
        out = np.empty(state.out_len(max(told), chunk), "f4")
        made.append(out[: state.push(speed, piece, out)].copy())
    return np.concatenate(made)


@pytest.mark.parametrize("rate", [0.0, 3.0, -3.0])
def test_track_of_a_speed_that_grows(rate):
    """Outputs lie where the integral of the speed says, in float64."""
    chunk, n, start = 100, 40, 20.0
    t = np.arange(chunk * n) / 1000.0
    speeds = [start + rate * chunk * (i + 1) / 1000.0 for i in range(n)]
    x = np.sin(2 * np.pi * 31.0 * t + 1)
    found = track(x, speeds, chunk)
    # the first chunk is taken to have its last speed throughout
    fine = np.arange(0, chunk * n, 0.01)
    speed = start + rate * np.maximum(fine, chunk) / 1000.0
    turns = np.concatenate([[0.0], np.cumsum(speed[:-1]) * 0.01 / 1000.0])
    first = np.interp(float(order.BEFORE), fine, turns)
    places = np.interp(first + np.arange(len(found)) / 24, turns, fine)
    exact = np.sin(2 * np.pi * 31.0 * places / 1000.0 + 1)
    np.testing.assert_allclose(found, exact, atol=2e-3)
    assert places[-1] < chunk * n - order.AFTER
    assert np.interp(first + len(found) / 24, turns, fine) > chunk * n - order.AFTER - 1


def test_track_in_any_chunks():
    x = np.random.default_rng(2).standard_normal(1200)
    whole = track(x, [23.4], 1200)
    for chunk in (1, 3, 8, 100):
        np.testing.assert_array_equal(track(x, [23.4] * (1200 // chunk), chunk), whole)


def test_track_is_linear_and_keeps_a_constant():
    x, y = np.random.default_rng(3).standard_normal((2, 500))
    speeds = [20.0, 22.0, 21.0, 25.0, 25.0]
    both = track(x + 2 * y, speeds, 100)
    parts = track(x, speeds, 100) + 2 * track(y, speeds, 100)
    np.testing.assert_allclose(both, parts, atol=5e-6)
    np.testing.assert_allclose(track(np.full(500, 3.0), speeds, 100), 3, atol=2e-3)


def test_track_span_is_enough_and_not_much_more():
    state = order.TrackF32(1000.0, 24)
    for outputs in (1, 2, 100, 999):
        n = state.span(17.0, outputs)
        x = np.zeros(n)
        assert outputs <= len(track(x, [17.0], n)) <= outputs + 1
        assert len(track(x, [17.0], n - 1)) <= outputs
    assert state.span(17.0, 0) == 0
    assert state.span(0.0, 9) == 0


@pytest.mark.parametrize("speed", [0.0, -1.0, np.nan, np.inf, 1e-4, 700.0])
def test_track_refuses_a_speed(speed):
    state, out = order.TrackF32(1000.0, 24), np.empty(99, "f4")
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        state.push(speed, np.zeros(9, "f4"), out)
    assert state.out_len(speed, 9) == 0
    with pytest.raises(ValueError, match="ECM_ERR_FULL"):
        state.push(30.0, np.zeros(99, "f4"), out[:3])
    with pytest.raises(ValueError, match="ECM_ERR_LENGTH"):
        state.push(30.0, np.zeros(16385, "f4"), out)
