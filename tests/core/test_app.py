"""The application as a shared library: any chunking gives the bits of direct calls."""

import ctypes
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import cbor2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ecmkit._core import app, dist, drift, feat, kmeans
from ecmkit._paths import csrc_dir
from ecmkit.formats import StatusFrame, decode_frame
from ecmkit.package.transforms import transforms_c

WINDOW, HOP, RING, SPEED, BINS = 256, 96, 1024, 29.5, 8
IDS = np.array([2, 7, 8, 32, 33, 34, 36], np.uint16)
A = np.array([0, 0, 0, 500, 2000, 0, 0], np.float32)
B = np.array([0, 0, 0, 2000, 4000, 0, 0], np.float32)
SECTION = np.float32([[0.9, -1.8, 0.9, -1.8, 0.81]])
SETTLE, WARM = 200, 3  # samples, and windows that start within them
STATE = 1 + 1 + 2 + WINDOW - HOP
MONITOR = 6 + 6 + 13 + 6  # head, score, group, sums
FLOOR, MEAN, INV_SD, K, H = (np.float32(v) for v in (0.1, 5.2, 0.5, 0.25, 2.0))
CENTROIDS = np.array([[0.6, 1.8, 1.7, 0.3, 0.3, 3000, 1600]] * 2, np.float32)
CENTROIDS[1, 5] = 2800
EDGES = np.linspace(0.2, 3.0, len(IDS) * (BINS - 1), dtype=np.float32).reshape(-1, 7)

SOURCE = """
#include "ecm_app.h"
#include "ecm_feat_filter.h"
#include "ecm_feat_spectrum.h"
#include "ecm_feat_time.h"
#include "ecm_kmeans.h"
#include "ecm_math.h"
static const ecm_feat_row_t rows[] = {%(rows)s};
%(transforms)s
static const ecm_filter_biquad_f32_t section = {0.9f, -1.8f, 0.9f, -1.8f, 0.81f};
static const ecm_feat_filter_cfg_t filter = {&section, 1, 200};
static const ecm_feat_step_t steps[] = {{&ecm_feat_kind_filter, NULL, 0, &filter, 1},
    {&ecm_feat_kind_time, rows, 3, NULL, 0},
    {&ecm_feat_kind_transform, NULL, 0, &window, 0},
    {&ecm_feat_kind_power, NULL, 0, NULL, 0},
    {&ecm_feat_kind_bands, rows + 3, 2, NULL, 0},
    {&ecm_feat_kind_moments, rows + 5, 2, NULL, 0}};
static const ecm_feat_plan_t plan = {12000.0f, %(window)d, %(hop)d,
    ECM_FEAT_DETREND_MEAN, 0, 0, steps, 6, 7, %(window)d, %(state)d};
static const float centroids[] = {%(centroids)s};
static const ecm_kmeans_t nearest = {centroids, 2, 7};
static ecm_status_t run(const float *features, float *outputs, void *work)
{
    (void)work;
    return ecm_kmeans_distance_f32(&nearest, features, outputs, NULL);
}
static const ecm_app_model_t models[] = {{run, ECM_APP_MODEL_SCORE, 1}};
static const ecm_drift_cusum_cfg_t cusum = {%(k)s, %(h)s};
static const ecm_monitor_score_t scores[] = {{{%(mean)s, %(inv_sd)s, {0}, NULL, NULL, 0,
    0}, %(floor)s, 7, ECM_MONITOR_ANY, 0.0f}};
static const ecm_monitor_row_t monitors[] = {{&cusum, 1.0f, &ecm_monitor_form_cusum,
    ECM_MONITOR_MEAN, 0, ECM_MONITOR_ANY, 0, 0}};
static const ecm_monitor_group_t groups[] = {{NULL, 0}};
static const ecm_monitor_cfg_t monitor = {1, scores, monitors, groups, 1, 1, 1, 0,
    NULL, NULL, NULL, NULL, ecm_math_log_f32, NULL, NULL};
static const float edges[] = {%(edges)s};
static const ecm_app_channel_cfg_t channel = {&plan, {8.0f, 16, 0}};
extern const ecm_app_cfg_t cfg;
const ecm_app_cfg_t cfg = {.models = models, .models_len = 1,
    .scores_len = 1, .outputs_len = 1, .monitor = &monitor, .dist_edges = edges,
    .dist_bins = 8,
    .samples = &ecm_app_samples_f32, .channels = &channel, .channels_len = 1,
    .features_len = 7, .ring_len = %(ring)d, .work_len = %(window)d, .device_id = 7};
"""


def literals(values: NDArray[np.float32]) -> str:
    return ", ".join(f"{float(v).hex()}f" for v in values.reshape(-1))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("gcc is not installed")
    folder = tmp_path_factory.mktemp("app")
    rows = ", ".join(
        f"{{{i}, 0, {float(a)}f, {float(b)}f}}"
        for i, a, b in zip(IDS, A, B, strict=True)
    )
    limits = {"floor": FLOOR, "mean": MEAN, "inv_sd": INV_SD, "k": K, "h": H}
    (folder / "cfg.c").write_text(
        SOURCE
        % {
            "rows": rows,
            "transforms": transforms_c({"window": (WINDOW // 2, True)}),
            "window": WINDOW,
            "hop": HOP,
            "state": STATE,
            "ring": RING,
            "centroids": literals(CENTROIDS),
            "edges": literals(EDGES),
            **{name: literals(np.array(v)) for name, v in limits.items()},
        }
    )
    csrc: Path = csrc_dir()
    subprocess.run(
        [
            compiler,
            *("-std=c99", "-O2", "-ffp-contract=off", "-fno-math-errno"),
            *("-shared", "-fPIC", f"-I{csrc}", f"-I{csrc / 'port' / 'generic'}"),
            str(folder / "cfg.c"),
            *(str(path) for path in sorted(csrc.glob("ecm_*.c"))),
            *("-o", str(folder / "app.so")),
        ],
        check=True,
    )
    return ctypes.CDLL(str(folder / "app.so"))


def event_type() -> np.dtype:
    fields = app.event_layout()
    return np.dtype(
        {
            "names": [name for name, _, _, _ in fields],
            "formats": [(kind, n) if n > 1 else kind for _, kind, _, n in fields],
            "offsets": [offset for _, _, offset, _ in fields],
        }
    )


class App:
    """One application and the memory that its caller owns."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self.library = library
        self.cfg = ctypes.byref(ctypes.c_byte.in_dll(library, "cfg"))
        length = app.mem_len(1, RING, WINDOW, WINDOW, len(IDS), 1, MONITOR, STATE)
        self.state = np.zeros(app.STATE_BYTES, np.uint8)
        self.channel = np.zeros(app.CHANNEL_BYTES, np.uint8)
        self.mem = np.full(length + 4, 12345, np.float32)
        self.dist = np.zeros((len(IDS), 2 * app.dist_words(1, BINS)), np.uint16)
        self.event = np.zeros(1, event_type())
        self.call("init", self.channel, self.cfg, self.mem, self.dist)
        library.ecm_app_set_speed.argtypes = [ctypes.c_void_p, ctypes.c_float]
        assert library.ecm_app_set_speed(self.state.ctypes.data, SPEED) == 0

    def call(self, name: str, *arguments: object) -> int:
        function = getattr(self.library, f"ecm_app_{name}")
        plain = [
            ctypes.c_void_p(a.ctypes.data) if isinstance(a, np.ndarray) else a
            for a in (self.state, *arguments)
        ]
        return int(function(*plain))

    def push(self, x: NDArray[np.float32]) -> int:
        x = np.ascontiguousarray(x)
        return int(
            self.library.ecm_app_push_f32(
                *(ctypes.c_void_p(self.channel.ctypes.data), self.cfg),
                *(ctypes.c_void_p(self.mem.ctypes.data), ctypes.c_uint32(0)),
                *(ctypes.c_void_p(x.ctypes.data), ctypes.c_uint32(len(x))),
            )
        )

    def step(self) -> int:
        return self.call(
            "step", self.channel, self.cfg, self.mem, self.dist, self.event
        )

    def events(self) -> Iterator[tuple[bytes, bytes]]:
        """Step until there is nothing to do: bytes of each event and its features."""
        while (status := self.step()) != 0:
            assert status > 0
            if status == app.EVENT:
                at = RING + 2 * WINDOW
                features = self.mem[at : at + len(IDS)].tobytes()
                yield self.event.tobytes(), features

    def report(self, uptime_s: int) -> bytes:
        buf, length = np.zeros(51, np.uint8), np.zeros(1, np.uint32)
        time, size = ctypes.c_uint32(uptime_s), ctypes.c_uint32(51)
        assert (
            self.call("report", self.cfg, self.mem, self.dist, time, buf, size, length)
            == 0
        )
        return buf[: length[0]].tobytes()


def signal(n: int, seed: int = 0) -> NDArray[np.float32]:
    """Noise that becomes stronger half way."""
    x = np.random.default_rng(seed).normal(size=n).astype(np.float32)
    x[n // 2 :] *= np.float32(1.5)
    return x


def in_chunks(
    library: ctypes.CDLL, x: NDArray[np.float32], seed: int | None
) -> tuple[list[tuple[bytes, bytes]], list[bytes], bytes]:
    """Events, frames after each 5 events, and the final state and counters."""
    one = App(library)
    random = np.random.default_rng(seed)
    events: list[tuple[bytes, bytes]] = []
    frames = [one.report(0)]
    at = 0
    while at < len(x):
        chunk = RING // 2 if seed is None else int(random.integers(0, 300))
        assert one.push(x[at : at + chunk]) == 0
        at += chunk
        for event in one.events():
            events.append(event)
            if len(events) % 5 == 0:
                frames.append(one.report(len(events)))
    assert (one.mem[-4:] == 12345).all()  # nothing beyond the stated length
    return events, frames, one.dist.tobytes()


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**31), n=st.integers(WINDOW, 6000))
def test_any_chunking_gives_the_same_events_and_frames(
    library: ctypes.CDLL, seed: int, n: int
) -> None:
    x = signal(n)
    assert in_chunks(library, x, seed) == in_chunks(library, x, None)


def test_equals_direct_calls(library: ctypes.CDLL) -> None:
    x = signal(40_000)
    events, frames, _ = in_chunks(library, x, 5)
    n = (len(x) - WINDOW) // HOP + 1
    features = np.empty((n, len(IDS)), np.float32)
    rows = list(zip(IDS.tolist(), [0] * len(IDS), A.tolist(), B.tolist(), strict=True))
    steps = [
        ("filter", [], feat.Filter(SECTION, SETTLE)),
        ("time", rows[:3], None),
        ("transform", [], feat.Transform(WINDOW)),
        ("power", [], None),
        ("bands", rows[3:5], None),
        ("moments", rows[5:], None),
    ]
    plan = feat.Plan(12000.0, WINDOW, HOP, feat.DETREND["mean"], (0.0, 0.0), steps)
    speed, done = np.full(n, SPEED, np.float32), np.ones(n, np.uint8)
    feat.Runner(plan).frames(x, speed, features, done)
    assert done.tolist() == [0] * WARM + [1] * (n - WARM)
    features, n = features[WARM:], n - WARM
    assert len(events) == n
    assert b"".join(bits for _, bits in events) == features.tobytes()
    score, cluster = np.empty(n, np.float32), np.empty(n, np.uint32)
    kmeans.distance_f32(CENTROIDS, features, score, cluster)
    found = np.frombuffer(b"".join(bits for bits, _ in events), event_type())
    np.testing.assert_array_equal(found["score"][:, 0], score)
    np.testing.assert_array_equal(found["window"], np.arange(n))
    assert (found["valid"] == 1).all()
    assert (found["class_id"] == app.NO_CLASS).all()

    from ecmkit._core.math import log_f32

    logs = np.empty(n, np.float32)
    log_f32(score + FLOOR, logs)
    cusum = drift.Cusum(K, H)
    ratio, alarm = cusum.update_many_f32((logs - MEAN) * INV_SD)
    np.testing.assert_array_equal(found["drift"][:, 0], ratio)
    np.testing.assert_array_equal(found["alarms"], alarm > 0)
    assert 0 < (alarm > 0).sum() < n

    even = np.full(BINS, 1 / BINS, np.float32)
    counted = [
        dist.Dist(row, even, reference_n=1, form=dist.FILL, window_len=65535)
        for row in EDGES
    ]
    sent_at = [0] * len(IDS)
    for i, frame in enumerate(map(cbor2.loads, frames[1:])):
        end, feature = 5 * (i + 1), i % len(IDS)
        counted[feature].reset()
        counted[feature].update_many_f32(
            features[sent_at[feature] : end, feature].copy()
        )
        sent_at[feature] = end
        assert frame[:3] == [3, b"\0\0\0\7" + bytes(8), i + 1]
        assert frame[5] == int((alarm[end - 5 : end] > 0).any())
        assert frame[7] == np.float16(score[end - 1])
        assert frame[8] == np.float16(ratio[end - 1])
        assert frame[9:11] == [[], 0]
        assert list(frame[11]) == [min(255, int(32 * ratio[end - 1] + 0.5))]
        read = decode_frame(frames[i + 1])
        assert isinstance(read, StatusFrame)
        (sketch,) = read.sketches
        assert sketch.feature == feature
        assert sketch.exact
        assert list(sketch.counters) == counted[feature].counts.tolist()
    assert cbor2.loads(frames[0])[3] == len(IDS)


def test_a_nan_burst_reaches_no_monitor(library: ctypes.CDLL) -> None:
    x = signal(5000)
    x[2000:2010] = np.nan
    events, _, _ = in_chunks(library, x, 1)
    found = np.frombuffer(b"".join(bits for bits, _ in events), event_type())
    starts = (np.arange(len(found)) + WARM) * HOP
    touched = (starts < 2010) & (starts + WINDOW > 2000)
    assert not found["valid"][touched].any()
    # at most the window that shares the bad hop, but none of the bad samples
    assert (found["valid"] == 0).sum() <= touched.sum() + 1
    assert set(found["health"][found["valid"] == 0]) == {1}
    assert np.isfinite(found["drift"]).all()


def test_a_constant_signal_is_a_stuck_sensor(library: ctypes.CDLL) -> None:
    events, frames, counters = in_chunks(library, np.ones(3000, np.float32), 2)
    found = np.frombuffer(b"".join(bits for bits, _ in events), event_type())
    assert (found["valid"] == 0).all()
    assert (found["health"] == 4).all()
    last = cbor2.loads(frames[-1])
    assert last[4] == 4
    assert last[6] == app.NO_CLASS
    assert np.isnan(last[7])
    heads = np.frombuffer(counters, np.uint16).reshape(len(IDS), -1)
    assert not heads[:, -BINS:].any()


def test_an_overrun_is_reported_and_survived(library: ctypes.CDLL) -> None:
    one, x = App(library), signal(4000)
    assert one.push(x[:RING]) == 0
    assert one.push(x[:1]) == -4  # ECM_ERR_FULL
    found = np.frombuffer(b"".join(e for e, _ in one.events()), event_type())
    assert found["health"].tolist() == [8]
    assert one.push(x[:RING]) == 0
    again = list(one.events())
    fresh = App(library)
    assert fresh.push(x[:RING]) == 0
    assert [bits for _, bits in again] == [bits for _, bits in fresh.events()]


def test_the_saved_state_continues(library: ctypes.CDLL) -> None:
    x = signal(3000)
    one, two = App(library), App(library)
    assert one.push(x[:900]) == 0
    first = list(one.events())
    two.state[:], two.mem[:], two.dist[:] = one.state, one.mem, one.dist
    two.channel[:] = one.channel
    assert one.push(x[900:1600]) == two.push(x[900:1600]) == 0
    assert len(first) > 3
    assert list(one.events()) == list(two.events())
    assert one.report(1) == two.report(1)


def test_sizes() -> None:
    assert app.STATE_BYTES == 92
    assert app.CHANNEL_BYTES == 204
    assert app.EVENT_BYTES == event_type().itemsize == 124
    assert app.dist_words(3, 8) == 3 * 4
    assert app.dist_words(3, 64) == 3 * 32
    assert app.shadow_len(6, 2) == 6 + 2 + 2
    found = app.mem_len(2, 1024, 256, 512, 7, 3, 31, 40)
    assert found == 2048 + 256 + 512 + 7 + 3 + app.OTHERS + 31 + 40
