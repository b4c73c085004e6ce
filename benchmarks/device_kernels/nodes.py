"""Rows of a whole device: its slices, what it is told, and what a sleep keeps."""

from benchmarks.device_kernels.keeping import FLASH, STATUS, flash_in_memory
from benchmarks.device_kernels.row import Kernel

__all__ = ["NODES"]

# One channel of 256 samples, eight features, three services; k = 64.
_DEVICE = """\
#include "ecm_feat_time.h"
#include "ecm_node_frames.h"
#include "ecm_node_keep.h"
#include "ecm_node_learn.h"
#include "ecm_node_receive.h"
#include "ecm_node_snapshot.h"
enum { N = 8, K = 64, WINDOWS = 1000, WINDOW = 256, RING = 512,
       MEM = ECM_APP_MEM_LEN(1, RING, WINDOW, WINDOW, N, 0, 0, 0),
       LEARN = ECM_COMMISSION_LEARN_WORDS(N, K), DIST = ECM_APP_DIST_WORDS(N, 8) };
"""
_DEVICE += flash_in_memory("big", "2 * ECM_NODE_SLOT_BYTES(0, DIST, LEARN)")
_DEVICE += """\
static const ecm_feat_row_t rows[] = {
    {ECM_FEAT_RMS, 0, 0, 0},      {ECM_FEAT_SHAPE, 0, 0, 0},
    {ECM_FEAT_PEAK, 0, 0, 0},     {ECM_FEAT_PEAK_TO_PEAK, 0, 0, 0},
    {ECM_FEAT_CREST, 0, 0, 0},    {ECM_FEAT_SKEWNESS, 0, 0, 0},
    {ECM_FEAT_KURTOSIS, 0, 0, 0}, {ECM_FEAT_MEAN, 0, 0, 0}};
static const ecm_feat_step_t steps[] = {{&ecm_feat_kind_time, rows, N, NULL, 0}};
static const ecm_feat_plan_t plan = {1000.0f, WINDOW, WINDOW, ECM_FEAT_DETREND_NONE, 0,
                                     0, steps, 1, N, WINDOW, 0};
static const ecm_app_channel_cfg_t channel = {.plan = &plan,
                                              .health = {.range = 64.0f,
                                                         .stuck_len = 200}};
static float mem[MEM], edges[7 * N], reference[8 * N], x[WINDOW], snap[512];
static uint32_t dist[DIST], learn[LEARN], baseline[ECM_COMMISSION_BASELINE_WORDS(N)];
static ecm_app_cfg_t app_cfg;
static ecm_app_t app;
static ecm_app_channel_t channels[1];
static ecm_node_t st;
static ecm_node_frames_t frames_st;
static ecm_node_snapshot_t snapshot_st;
static ecm_node_learn_t learn_st;
static ecm_node_event_t event;
static ecm_command_order_t order;
static uint32_t bytes;
static const ecm_state_store_t pages = {flash_read, flash_erase, flash_write, NULL,
                                        2048};
static const ecm_state_store_t small = {flash_read, flash_erase, flash_write, NULL, 24};
static const ecm_state_store_t large = {big_read, big_erase, big_write, NULL,
                                        sizeof big / 2U};
static const ecm_spool_cfg_t spool = {&pages, 2};
static const ecm_snapshot_cfg_t snapshot = {7, 384, 128, 1000.0f, 1.0f, 4, 0, 222, 0,
                                            NULL, NULL};
static const ecm_commission_cfg_t commission = {1, N, K, WINDOWS, 0.5f, 1.0f};
static const ecm_node_frames_cfg_t frames = {&spool, 60, 51};
static const ecm_node_snapshot_cfg_t recorder = {&snapshot, snap, NULL, 256};
static const ecm_node_learn_cfg_t learning = {&commission, learn, baseline, &large, 1,
                                              edges, reference, edges, reference, NULL,
                                              NULL};
static const ecm_node_row_t services[] = {{&ecm_node_frames, &frames, &frames_st},
                                          {&ecm_node_snapshot, &recorder, &snapshot_st},
                                          {&ecm_node_learn, &learning, &learn_st}};
static const uint8_t told[] = {0x84, 1, 0x18, 0x63, 1, 7}; /* alarms are known */
static const ecm_command_cfg_t command = {7, NULL, NULL};
static const ecm_node_cfg_t cfg = {&st, &app_cfg, &app, channels, mem, dist, NULL, NULL,
                                   services, 3, &command, &small, &large, NULL, NULL};
"""

_START = """\
uint32_t i, k;
(void)told;
(void)order;
(void)bytes;
(void)event;
(void)status;
memset(flash, 0xff, sizeof flash);
memset(big, 0xff, sizeof big);
for (i = 0; i < 7U * N; i++) {
    edges[i] = (float)(i % 7U);
}
app_cfg.samples = &ecm_app_samples_f32;
app_cfg.channels = &channel;
app_cfg.channels_len = 1;
app_cfg.features_len = N;
app_cfg.dist_edges = edges;
app_cfg.dist_bins = 8;
app_cfg.ring_len = RING;
app_cfg.work_len = WINDOW;
(void)ecm_node_start(&cfg);
for (i = 0; i < @windows@U; i++) {
    ecm_test_noise_f32(i, x, WINDOW);
    (void)ecm_node_push_f32(&cfg, 0, x, WINDOW);
    k = i;
    do {
        status = ecm_node_step(&cfg, 0, &event);
    } while (status == ECM_MORE || (status == ECM_APP_EVENT && k + 1U < @stop@U));
}
"""


def _row(name: str, call: str, *, windows: int, stop: int, before: str = "") -> Kernel:
    """Describe a call behind so many windows, after the last event where it stops."""
    return Kernel(
        name=f"node.{name}",
        header="ecm_node.h",
        data=FLASH + _DEVICE,
        setup=_START.replace("@windows@", str(windows)).replace("@stop@", str(stop))
        + before,
        call=call,
        result=STATUS + 'ecm_test_bytes("st", &st, sizeof st);\n'
        'ecm_test_bytes("learn", learn, sizeof learn);',
    )


_STEP = "status = ecm_node_step(&cfg, 0, &event);"

NODES = (
    _row("step.idle", _STEP, windows=3, stop=99),
    _row(
        "step.report",
        "status = ecm_node_step(&cfg, 60, &event);",
        windows=3,
        stop=99,
    ),
    # Memory is full for the first time: the most values to sort.
    _row("step.gather.8", _STEP, windows=353, stop=353),
    _row(
        "step.freeze.8",
        _STEP,
        windows=1000,
        stop=1000,
        before=f"for (i = 0; i < N; i++) {{\n    {_STEP}\n}}\n",
    ),
    _row(
        "step.seal.256",
        _STEP,
        windows=4,
        stop=99,
        before="snapshot_st.phase = ECM_NODE_SNAPSHOT_TAKING;\n"
        "(void)ecm_snapshot_trigger(&snapshot_st.snapshot, &snapshot, 256, 1, 2);\n"
        "(void)ecm_node_push_f32(&cfg, 0, x, 1);\n",
    ),
    _row(
        "receive",
        "status = ecm_node_receive(&cfg, told, sizeof told, &order);",
        windows=3,
        stop=99,
    ),
    _row("keep.learning", "status = ecm_node_keep(&cfg);", windows=3, stop=99),
)
