"""The device of the documentation, compiled as printed, against what hosts read."""

import ctypes
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ecmkit._core import app, commission, node
from ecmkit._paths import csrc_dir
from ecmkit.formats import (
    AckAlarms,
    AskChunks,
    DeviceRecord,
    Rearm,
    Relearn,
    SensorChannel,
    StatusFrame,
    decode_frame,
    device_image,
    encode_command,
)
from ecmkit.monitor import collect_snapshots
from tests.c.build import WARNINGS, FailedError, call, library_of
from tests.c.harness import HOSTS

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "device-application.md").read_text("utf-8")
(DEVICE,) = re.findall(r"<!-- file: device.c -->\n```c\n(.*?)```", TEXT, re.S)
WINDOW, PAGE, PAGES, RECORD_PAGE = 64, 2048, 40, 30

PACKAGE = """
#include "ecm_app.h"
#include "ecm_feat_time.h"
#define ECM_PACKAGE_FEATURES_LEN 2
#define ECM_PACKAGE_MONITOR_WORDS (6 + 2 * 6 + 2 * 13 + 2 * 6)
#define ECM_PACKAGE_DIST_WORDS ECM_APP_DIST_WORDS(2, 8)
typedef struct {
    ecm_app_t app;
    ecm_app_channel_t channels[1];
    uint32_t dist[ECM_PACKAGE_DIST_WORDS];
    float mem[ECM_APP_MEM_LEN(1, 256, 64, 64, 2, 1, ECM_PACKAGE_MONITOR_WORDS, 0)];
} ecm_package_memory_t;
static const float package_edges[14] = {0.5f, 0.53f, 0.56f, 0.58f, 0.6f, 0.62f,
    0.65f, 1.5f, 1.6f, 1.65f, 1.7f, 1.75f, 1.8f, 1.9f};
static const float package_reference[16] = {0.125f, 0.125f, 0.125f, 0.125f, 0.125f,
    0.125f, 0.125f, 0.125f, 0.125f, 0.125f, 0.125f, 0.125f, 0.125f, 0.125f, 0.125f,
    0.125f};
static const ecm_feat_row_t rows[] = {{ECM_FEAT_RMS, 0, 0, 0},
                                      {ECM_FEAT_CREST, 0, 0, 0}};
static const ecm_feat_step_t steps[] = {{&ecm_feat_kind_time, rows, 2, NULL, 0}};
static const ecm_feat_plan_t plan = {1000.0f, 64, 64, ECM_FEAT_DETREND_MEAN, 0, 0,
    steps, 1, 2, 64, 0};
static ecm_status_t score(const float *features, float *outputs, void *work) {
    (void)work;
    outputs[0] = features[0];
    return ECM_OK;
}
static const ecm_app_model_t models[] = {{score, ECM_APP_MODEL_SCORE, 1}};
static const ecm_drift_cusum_cfg_t cusum = {0.5f, 12.0f};
static const ecm_monitor_score_t scores[] = {
    {{0.58f, 16.0f, {0}, NULL, NULL, 0, 0}, 0.0f, 2, ECM_MONITOR_ANY},
    {{0.58f, 16.0f, {0}, NULL, NULL, 0, 0}, 0.0f, 0, ECM_MONITOR_ANY}};
static const ecm_monitor_row_t monitors[] = {
    {&cusum, 1.0f, &ecm_monitor_form_cusum, ECM_MONITOR_MEAN, 0, ECM_MONITOR_ANY, 0, 0},
    {&cusum, 1.0f, &ecm_monitor_form_cusum, ECM_MONITOR_MEAN, 1, ECM_MONITOR_ANY, 1,
     0}};
static const ecm_monitor_group_t groups[] = {{NULL, 5}, {NULL, 5}};
static const ecm_monitor_cfg_t monitor = {1, scores, monitors, groups, 2, 2, 2, 0, NULL,
    NULL, NULL, NULL, NULL, NULL, NULL};
static const ecm_app_channel_cfg_t channel = {.plan = &plan,
    .health = {.range = 64.0f, .stuck_len = 16}};
static const ecm_app_cfg_t ecm_package_cfg = {.models = models, .models_len = 1,
    .scores_len = 1, .outputs_len = 1, .monitor = &monitor,
    .dist_edges = package_edges, .dist_reference = package_reference,
    .dist_bins = 8, .samples = &ecm_app_samples_f32, .channels = &channel,
    .channels_len = 1, .features_len = 2, .ring_len = 256, .work_len = 64};
"""

BOARD = """
#include "ecm_node.h"
uint8_t board_flash[40 * 2048];
uint8_t board_sent[65536], board_down[64];
uint32_t board_sent_len, board_down_len, board_up, board_kicks;
ecm_status_t device_start(void);
void device_samples(const float *x, uint32_t n);
uint32_t device_poll(uint32_t now_s, float speed_hz, ecm_node_event_t *event);
ecm_status_t device_sleep(void);
static uint8_t *board_at(void *user, uint32_t at) {
    return board_flash + (size_t)*(const uint32_t *)user * 2048U + at;
}
static ecm_status_t flash_read(void *user, uint32_t at, uint8_t *data, uint32_t n) {
    memcpy(data, board_at(user, at), n);
    return ECM_OK;
}
static ecm_status_t flash_erase(void *user, uint32_t at, uint32_t n) {
    memset(board_at(user, at), 0xff, n);
    return ECM_OK;
}
static ecm_status_t flash_write(void *user, uint32_t at, const uint8_t *data,
                                uint32_t n) {
    memcpy(board_at(user, at), data, n);
    return ECM_OK;
}
static bool radio_is_up(void) {
    return board_up != 0U;
}
static void radio_send(const uint8_t *data, uint32_t n) {
    board_sent[board_sent_len++] = (uint8_t)n;
    memcpy(board_sent + board_sent_len, data, n);
    board_sent_len += n;
}
static bool radio_receive(uint8_t *data, size_t room, uint32_t *n) {
    *n = board_down_len;
    memcpy(data, board_down, board_down_len < room ? board_down_len : room);
    board_down_len = 0;
    return *n > 0U;
}
static void kick_watchdog(void *user) {
    (void)user;
    board_kicks++;
}
"""


SMALL = """
#include "board.h"
#include "ecm_node.h"
#include "ecm_node_frames.h"
#include "ecm_package.h"
static ecm_package_memory_t app;
static ecm_node_t st;
static ecm_node_frames_t frames_st;
static uint32_t page;
static const ecm_state_store_t flash = {flash_read, flash_erase, flash_write, &page,
    2048};
static const ecm_spool_cfg_t spool = {&flash, 8};
static const ecm_node_frames_cfg_t frames = {&spool, 3600, 51};
static const ecm_node_row_t services[] = {{&ecm_node_frames, &frames, &frames_st}};
static const ecm_node_cfg_t device = {&st, &ecm_package_cfg, &app.app, app.channels,
    app.mem, app.dist, NULL, NULL, services, 1, NULL, NULL, NULL, kick_watchdog, NULL};
int main(void) {
    ecm_node_event_t event;
    uint8_t buf[222];
    uint32_t bytes = 0;
    float x[64] = {0};
    (void)ecm_node_start(&device);
    (void)ecm_node_push_f32(&device, 0, x, 64);
    (void)ecm_node_step(&device, 0, &event);
    while (radio_is_up() &&
           ecm_node_frame(&device, buf, sizeof buf, &bytes) == ECM_OK) {
        radio_send(buf, bytes);
    }
    return radio_receive(buf, sizeof buf, &bytes) ? 1 : 0;
}
"""


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the example and what stands around it, and its shared library."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("gcc is not installed")
    folder = tmp_path_factory.mktemp("device")
    (folder / "device.c").write_text(DEVICE)
    (folder / "ecm_package.h").write_text(PACKAGE)
    (folder / "board.h").write_text(BOARD)
    headers = re.findall(r'#include "(\w+\.h)"', DEVICE + PACKAGE)
    csrc = csrc_dir()
    flags = ["-std=c99", "-O1", "-ffp-contract=off", "-fno-math-errno", "-fPIC"]
    flags += ["-ffunction-sections", "-fdata-sections"]
    flags += [f"-I{folder}", f"-I{csrc}", f"-I{csrc / 'port' / 'fpu'}"]
    (folder / "small.c").write_text(SMALL)
    for name in ("device", "small"):
        call([compiler, *flags, *WARNINGS, "-c", folder / f"{name}.c",
              "-o", folder / f"{name}.o"])  # fmt: skip
    files = [csrc / name for name in library_of(HOSTS["gcc-O3"], headers)]
    (folder / "library").mkdir()
    for path in files:
        call([compiler, *flags, "-c", path, "-o", folder / "library" / path.stem])
    objects = sorted((folder / "library").iterdir())
    call([compiler, "-shared", folder / "device.o", *objects,
          "-o", folder / "device.so"])  # fmt: skip
    call([compiler, "-Wl,--gc-sections", folder / "small.o", *objects,
          "-o", folder / "small"])  # fmt: skip
    return folder


class Device:
    """The example on a board of memory; a reset is a new load of the library."""

    def __init__(self, build: Path, flash: bytes | None = None) -> None:
        path = build / f"device{len(list(build.iterdir()))}.so"
        shutil.copy(build / "device.so", path)  # its own variables
        self.library = ctypes.CDLL(str(path))
        self.flash = self.array("board_flash", PAGE * PAGES)
        record = DeviceRecord(
            device_id=7, channels=(SensorChannel(sensitivity=0.5, offset=1.0),)
        )
        image = bytearray(b"\xff" * PAGE * PAGES)
        place = RECORD_PAGE * PAGE
        image[place : place + 2 * PAGE] = device_image(record, slot_bytes=PAGE)
        self.flash[:] = np.frombuffer(image if flash is None else flash, np.uint8)
        self.event = np.zeros(node.EVENT_BYTES, np.uint8)
        self.news: list[int] = []
        self.windows: list[bytes] = []
        self.library.device_poll.argtypes = [
            ctypes.c_uint32, ctypes.c_float, ctypes.c_void_p,
        ]  # fmt: skip
        self.started = int(self.library.device_start())

    def array(self, name: str, n: int) -> NDArray[np.uint8]:
        return np.ctypeslib.as_array((ctypes.c_uint8 * n).in_dll(self.library, name))

    def number(self, name: str) -> ctypes.c_uint32:
        return ctypes.c_uint32.in_dll(self.library, name)

    def run(self, x: NDArray[np.float32], *, now_s: int = 0, hz: float = 20.0) -> None:
        """Samples of whole windows, in raw units of the sensor."""
        raw = np.ascontiguousarray(x / np.float32(0.5) + 1, np.float32)
        for window in raw.reshape(-1, WINDOW):
            self.library.device_samples(ctypes.c_void_p(window.ctypes.data), WINDOW)
            self.poll(now_s, hz)

    def poll(self, now_s: int = 0, hz: float = 20.0) -> None:
        while status := self.library.device_poll(now_s, hz, self.event.ctypes.data):
            if status == node.NEWS:
                self.news += self.event[app.EVENT_BYTES :].view(np.uint32).tolist()
            else:
                assert status == app.EVENT
                self.windows.append(self.event[: app.EVENT_BYTES].tobytes())

    def tell(self, command: bytes) -> None:
        self.array("board_down", 64)[: len(command)] = np.frombuffer(command, np.uint8)
        self.number("board_down_len").value = len(command)
        self.poll()

    def sent(self) -> list[bytes]:
        """What the radio has sent since."""
        self.number("board_up").value = 1
        self.poll()
        self.number("board_up").value = 0
        n = self.number("board_sent_len")
        raw, frames = self.array("board_sent", 65536)[: n.value].tobytes(), []
        while raw:
            frames.append(raw[1 : 1 + raw[0]])
            raw = raw[1 + raw[0] :]
        n.value = 0
        return frames

    def fields(self) -> NDArray[np.void]:
        layout = app.event_layout()
        kind = np.dtype(
            {
                "names": [name for name, _, _, _ in layout],
                "formats": [(k, n) if n > 1 else k for _, k, _, n in layout],
                "offsets": [offset for _, _, offset, _ in layout],
            }
        )
        return np.frombuffer(b"".join(self.windows), kind)


def noise(windows: int, seed: int, scale: float = 1.0) -> NDArray[np.float32]:
    random = np.random.default_rng(seed)
    return (random.uniform(-scale, scale, windows * WINDOW)).astype(np.float32)


def is_chunk(frame: bytes) -> bool:
    return frame[0] == 0x87


def test_a_device_that_was_not_provisioned_does_not_start(build: Path) -> None:
    assert Device(build, b"\xff" * PAGE * PAGES).started == -5  # ECM_ERR_STATE


def test_areas_of_flash_that_are_too_small_do_not_compile(
    build: Path, tmp_path: Path
) -> None:
    """What is kept of twelve features would reach into the record of the device."""
    csrc = csrc_dir()
    flags = ["-std=c99", "-fsyntax-only", f"-I{tmp_path}", f"-I{csrc}"]
    flags += [f"-I{csrc / 'port' / 'fpu'}"]
    (tmp_path / "board.h").write_text(BOARD)
    (tmp_path / "device.c").write_text(DEVICE)
    compiler = shutil.which("gcc") or "cc"
    for features, area in ((2, None), (12, "kept_fits"), (30, "baselines_fit")):
        text = PACKAGE.replace("FEATURES_LEN 2", f"FEATURES_LEN {features}")
        (tmp_path / "ecm_package.h").write_text(text)
        command: list[str | Path] = [compiler, *flags, tmp_path / "device.c"]
        if area is None:
            call(command)
        else:
            with pytest.raises(FailedError, match=area):
                call(command)


def test_a_day_in_the_field(build: Path) -> None:
    """Off, running, an alarm: reports, the snapshot on the host, commands."""
    one = Device(build)
    assert one.started == 0
    one.run(noise(2, 1), hz=0.0)
    quiet, loud = noise(40, 2), noise(40, 3, 2.0)
    one.run(np.concatenate([quiet, loud]), now_s=100)
    events = one.fields()
    assert events["suspended"].tolist() == [1] * 2 + [2] * 3 + [0] * 77
    assert (events["valid"] == 1).all()
    first = int(np.flatnonzero(events["alarms"])[0])
    assert 42 <= first < 60
    assert one.news == [node.SNAPSHOT]
    frames = one.sent()
    reports = [decode_frame(f) for f in frames if not is_chunk(f)]
    alarms = [r.alarms for r in reports if isinstance(r, StatusFrame)]
    assert alarms[0] != 0 or alarms[1] != 0
    chunks = [f for f in frames if is_chunk(f)]
    kept = [f for n, f in enumerate(chunks) if n not in (2, 5)]  # two are lost
    (partial,) = collect_snapshots(kept).partial
    assert partial.missing == (2, 5)
    one.tell(encode_command(AskChunks(first=2, count=1), seq=1))
    again = one.sent()
    one.tell(encode_command(AskChunks(first=5, count=1), seq=2))
    again += one.sent()
    (whole,) = collect_snapshots([*kept, *again]).complete
    start = (first - 2) * WINDOW  # of the window that raised it, in what ran
    played = np.concatenate([quiet, loud])
    around = played[start - 384 : start + 128]
    assert whole.trigger == 384
    np.testing.assert_allclose(whole.x, around, atol=1e-6)
    one.tell(encode_command(Rearm(id=whole.id), seq=3))
    one.tell(encode_command(AckAlarms(groups=3), seq=4))
    one.run(noise(30, 5, 3.0), now_s=200)
    assert one.news == [node.SNAPSHOT] * 2
    assert one.number("board_kicks").value > 500


def test_a_sleep_changes_no_bit(build: Path) -> None:
    """Events and reports are those of a device that never slept."""
    x = noise(60, 7)
    still, sleeper = Device(build), Device(build)
    reports: list[list[bytes]] = [[], []]
    for i, part in enumerate(np.split(x, 6)):
        still.run(part, now_s=4000 * i)
        sleeper.run(part, now_s=4000 * i)
        reports[0] += [f for f in still.sent() if not is_chunk(f)]
        reports[1] += [f for f in sleeper.sent() if not is_chunk(f)]
        assert sleeper.library.device_sleep() == 0
        after = Device(build, sleeper.flash.tobytes())
        assert after.started == 1  # ECM_MORE
        after.windows = sleeper.windows
        sleeper = after
    assert still.windows == sleeper.windows
    assert len(reports[0]) >= 6
    # what was not acknowledged is given out again after a reset
    assert reports[0] == list(dict.fromkeys(reports[1]))


def test_a_baseline_is_learnt_and_guarded(build: Path) -> None:
    one = Device(build)
    one.run(noise(1003, 11, 0.7))
    assert [n for n in one.news if n != node.SNAPSHOT] == [node.LEARNT]
    again = Device(build, one.flash.tobytes())
    assert again.started == 0
    again.tell(encode_command(Relearn("guarded"), seq=1))
    again.run(noise(1003, 12, 2.1))
    assert again.news[-1] == node.REFUSED
    again.tell(encode_command(Relearn("forced"), seq=2))
    again.run(noise(1003, 13, 2.1))
    assert again.news[-1] == node.LEARNT
    again.tell(encode_command(Relearn("back"), seq=3))
    assert again.news[-1] == node.LEARNT


def test_what_is_not_named_is_not_linked(build: Path) -> None:
    """A device of frames alone has neither snapshots nor learning nor commands."""
    names = call(["nm", build / "small"])
    linked = set(re.findall(r"\b(ecm_\w+)$", names, re.M))
    assert {"ecm_node_step", "ecm_spool_append", "ecm_app_step"} <= linked
    absent = ("ecm_snapshot_", "ecm_commission_", "ecm_command_", "ecm_state_save")
    assert [name for name in linked if name.startswith(absent)] == []


def test_sizes() -> None:
    assert (node.STATE_BYTES, node.EVENT_BYTES) == (60, app.EVENT_BYTES + 4)
    sizes = (node.FRAMES_BYTES, node.SNAPSHOT_BYTES, node.LEARN_BYTES)
    assert sizes == (76, 92, 76)
    learn = commission.learn_words(2, 8)
    words = 17 + 56 + 16 + learn
    rest = app.STATE_BYTES + node.STATE_BYTES + 32 * node.SERVICES_MAX
    assert node.slot_bytes(56, 16, learn) == 4 * words + rest + 20
