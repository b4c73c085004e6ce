"""Rows of what watches: counters, sketches, health, frames, tables of monitors."""

from benchmarks.device_kernels.row import Kernel

__all__ = ["WATCHING"]

STATUS = 'ecm_test_s32("status", status);\n'

_DIST = """\
#include "ecm_math.h"
static float edges[31], share[32], x[256];
static int32_t edges_s32[31], y[256];
static ecm_dist_t st;
static uint16_t count[32];
static ecm_status_t status;
static ecm_dist_cfg_t cfg = {NULL, NULL, share, 1000, 32, ECM_DIST_TUMBLING, 1000};"""

_DISTANCES = f"{_DIST}\nstatic ecm_dist_distances_t out;"

_DIST_SETUP = """\
uint32_t i;
ecm_test_noise_f32(1, x, 256);
for (i = 0; i < 32U; i++) {
    share[i] = 0.03125f;
    if (i > 0U) {
        edges[i - 1U] = (float)i * 0.0625f - 1.0f;
        edges_s32[i - 1U] = (int32_t)(i * 4096U) - 65536;
    }
}
for (i = 0; i < 256U; i++) {
    y[i] = (int32_t)(65535.0f * x[i]);
}
cfg.edges = edges;
(void)ecm_dist_init(&st, &cfg, count);
cfg.edges_s32 = edges_s32; /* of the two, a call takes those that it is for */
"""


def _counted(kind: str, values: str) -> Kernel:
    return Kernel(
        name=f"dist.update_{kind}.32",
        header="ecm_dist.h",
        data=_DIST,
        setup=_DIST_SETUP,
        call="uint32_t i;\nfor (i = 0; i < 256U; i++) {\n"
        f"    status = ecm_dist_update_{kind}(&st, &cfg, count, {values}[i]);\n}}",
        result=STATUS + 'ecm_test_bytes("count", count, sizeof count);',
        per=256,
        unit="value",
    )


def _distances(name: str, value: str) -> Kernel:
    """Describe all five, of counters as the reference has them or of others."""
    return Kernel(
        name=f"dist.distances_f32.{name}",
        header="ecm_dist.h",
        data=_DISTANCES,
        setup=_DIST_SETUP + "for (i = 0; i < 256U; i++) {\n"
        f"    (void)ecm_dist_update_f32(&st, &cfg, count, {value});\n}}",
        call="status = ecm_dist_distances_f32(&st, &cfg, count, &out);",
        result=STATUS + 'ecm_test_bytes("out", &out, sizeof out);',
    )


def _integer_distances(name: str, value: str) -> Kernel:
    """Describe all five in integers, of counters of integers."""
    return Kernel(
        name=f"dist_q15.distances.{name}",
        header="ecm_dist_q15.h",
        data=f"{_DIST}\nstatic uint16_t known[32];\n"
        "static ecm_dist_q15_distances_t out;",
        setup=_DIST_SETUP.replace("cfg.edges = edges;\n", "")
        + "for (i = 0; i < 32U; i++) {\n    known[i] = 1024;\n}\n"
        "for (i = 0; i < 256U; i++) {\n"
        f"    (void)ecm_dist_update_s32(&st, &cfg, count, {value});\n}}",
        call="status = ecm_dist_q15_distances(&st, &cfg, known, count, &out);",
        result=STATUS + 'ecm_test_bytes("out", &out, sizeof out);',
    )


DIST = (
    _counted("f32", "x"),
    _counted("s32", "y"),
    _distances("32", "x[i]"),
    _distances("32.far", "x[i] * x[i]"),
    _integer_distances("32", "y[i]"),
    _integer_distances("32.far", "(int32_t)(65535.0f * x[i] * x[i])"),
)

_LOG = """\
static float x[256];
static ecm_sketch_log_t st;
static uint32_t count[320];
static ecm_status_t status;
static const ecm_sketch_log_cfg_t cfg = {160, 4, -10, 1};"""


def _taken(
    module: str, what: str, data: str, setup: str, call: str, out: str
) -> Kernel:
    """Describe a sketch that takes 256 values."""
    return Kernel(
        name=f"{module}.{what}",
        header=f"ecm_{module}.h",
        data=data,
        setup=f"uint32_t i;\necm_test_noise_f32(1, x, 256);\n(void)i;\n{setup}",
        call=f"uint32_t i;\nfor (i = 0; i < 256U; i++) {{\n    status = {call};\n}}",
        result=f'{STATUS}ecm_test_bytes("out", {out}, sizeof {out});',
        per=256,
        unit="value",
    )


SKETCHES = (
    _taken(
        "sketch", "log_update_f32", _LOG,
        "(void)ecm_sketch_log_init(&st, &cfg, count);",
        "ecm_sketch_log_update_f32(&st, &cfg, count, x[i])", "count",
    ),
    _taken(
        "sketch", "p2_update_f32",
        "static float x[256];\nstatic ecm_sketch_p2_t st[1];\n"
        "static ecm_status_t status;\n"
        "static const ecm_sketch_p2_cfg_t cfg = {0.95f};",
        "(void)ecm_sketch_p2_init(st);",
        "ecm_sketch_p2_update_f32(st, &cfg, x[i])", "st",
    ),
    _taken(
        "sketch", "top_update.8",
        "static float x[256];\nstatic ecm_sketch_top_entry_t top[8];\n"
        "static ecm_status_t status;",
        "(void)ecm_sketch_top_init(top, 8);",
        "ecm_sketch_top_update(top, 8, (i * i) % 11U)", "top",
    ),
    _taken(
        "sample", "kll_update_f32.16",
        "static float x[256], mem[ECM_SAMPLE_KLL_LEN(16)];\n"
        "static ecm_sample_kll_t st[1];\nstatic ecm_status_t status;",
        "(void)ecm_sample_kll_init(st, 16, 1);\n"
        "for (i = 0; i < 2000U; i++) {\n"
        "    (void)ecm_sample_kll_update_f32(st, mem, x[i % 256U]);\n}",
        "ecm_sample_kll_update_f32(st, mem, x[i])", "st",
    ),
    _taken(
        "sample", "reservoir_update_f32.32",
        "static float x[256], kept[32];\nstatic ecm_sample_reservoir_t st;\n"
        "static ecm_status_t status;",
        "(void)ecm_sample_reservoir_init(&st, 1);",
        "ecm_sample_reservoir_update_f32(&st, kept, 32, x[i])", "kept",
    ),
)  # fmt: skip

_HEALTH = "0.0f, 0.0f, 0.0f, 0, 0, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0, 0, 0"
_ALL = "-2.0f, 2.0f, 1.5f, 3, 64, 0.1f, 0.0f, 0.5f, 0.5f, 3.5f, 0, 0, 0"


def _health(name: str, checks: str) -> Kernel:
    """Describe the checks of 256 samples: those that are always on, or all."""
    return Kernel(
        name=f"health.update_f32{name}",
        header="ecm_health.h",
        data="static float x[256];\nstatic ecm_health_t st;\n"
        "static ecm_status_t status;\nstatic uint32_t verdict;\n"
        f"static const ecm_health_cfg_t cfg = {{1.0f, 50, 3, {checks}}};",
        setup="ecm_test_noise_f32(1, x, 256);\n(void)ecm_health_init(&st);",
        call="status = ecm_health_update_f32(&st, &cfg, x, 256, &verdict);",
        result=f'{STATUS}ecm_test_bytes("st", &st, sizeof st);',
        per=256,
        unit="sample",
    )


def _frame(name: str, budget: int, sketches: int) -> Kernel:
    """Describe a frame with the sketches and ratios of 8 features of 32 bins."""
    return Kernel(
        name=f"frame.encode.{name}",
        header="ecm_frame.h",
        data=f"static uint16_t count[32];\nstatic uint8_t buf[{budget}];\n"
        f"static ecm_frame_sketch_t sketches[{sketches}];\nstatic float ratios[8];\n"
        "static ecm_frame_t frame;\nstatic ecm_frame_sent_t sent;\n"
        "static uint32_t len;\n"
        "static ecm_status_t status;",
        setup="uint32_t i;\nfor (i = 0; i < 32U; i++) {\n"
        "    count[i] = (uint16_t)(300U + i * 7U % 32U);\n}\n"
        f"for (i = 0; i < {sketches}U; i++) {{\n    sketches[i].count = count;\n"
        "    sketches[i].bins = 32;\n    sketches[i].feature = (uint16_t)i;\n}\n"
        "for (i = 0; i < 8U; i++) {\n    ratios[i] = 0.25f * (float)i;\n}\n"
        "frame.uptime_s = 1000000;\nframe.score = 1.5f;\nframe.drift = 0.3f;\n"
        "frame.ratios = ratios;\nframe.ratios_len = 8;\nframe.sketches = sketches;\n"
        f"frame.sketches_len = {sketches};",
        call="status = ecm_frame_encode(&frame, NULL, NULL, buf, sizeof buf, &len, "
        "&sent);",
        result=f'{STATUS}ecm_test_u32("sent", sent.sketches);\n'
        'ecm_test_bytes("buf", buf, len);',
    )


REPORTS = (
    _health("", _HEALTH),
    _health(".all", _ALL),
    _frame("51", 51, 1),
    _frame("222", 222, 8),
)

_SCORED = 8
_CHARTS = (
    ("&cusum", "&ecm_monitor_form_cusum", "ECM_MONITOR_MEAN"),
    ("&cusum", "&ecm_monitor_form_cusum", "ECM_MONITOR_SCALE"),
    ("&counts", "&ecm_monitor_form_counts", "ECM_MONITOR_SHAPE"),
)


def _monitor(name: str, charts: int) -> Kernel:
    """Describe a window of 8 features, whitened and scored, in so many charts each."""
    scores = ",\n    ".join(
        f"{{{{0.05f, 1.0f, {{0.5f, 0, 0, 0}}, edges, normal, 1, 31}}, 0.0f, {i}, "
        "ECM_MONITOR_ANY, 0.0f}"
        for i in range(_SCORED)
    )
    rows = ",\n    ".join(
        f"{{{cfg}, 1.0f, {form}, {what}, {i}, ECM_MONITOR_ANY, {i}, 0}}"
        for i in range(_SCORED)
        for cfg, form, what in _CHARTS[:charts]
    )
    update = "ecm_monitor_update_f32(state, &plan, x, 0, alarms, 8, &found)"
    window = f"ecm_test_noise_f32(i + 2U, x, {_SCORED});"
    counted = (
        "static const ecm_monitor_counts_t counts = {\n"
        "    {edges, NULL, share, 1000, 32, ECM_DIST_TUMBLING, 1000}, "
        "&ecm_dist_kind_ks, 1.0f};\n"
    )
    return Kernel(
        name=f"monitor.update_f32.{name}",
        header="ecm_monitor.h",
        data=f"static float edges[31], normal[63], share[32], x[{_SCORED}];\n"
        "static const ecm_drift_cusum_cfg_t cusum = {0.5f, 20.0f};\n"
        f"{counted if charts == len(_CHARTS) else ''}"
        f"static const ecm_monitor_score_t scores[] = {{\n    {scores}}};\n"
        f"static const ecm_monitor_row_t rows[] = {{\n    {rows}}};\n"
        f"static const ecm_monitor_group_t groups[{_SCORED}] = {{{{NULL, 0}}}};\n"
        f"static const ecm_monitor_cfg_t plan = {{1, scores, rows, groups, {_SCORED}, "
        f"{_SCORED * charts}, {_SCORED}, 0, NULL, NULL, NULL, NULL, NULL, NULL, "
        "NULL};\n"
        "static uint32_t state[600], found;\n"
        "static ecm_monitor_alarm_t alarms[8];\nstatic ecm_status_t status;",
        setup="uint32_t i;\nfor (i = 0; i < 31U; i++) {\n"
        "    edges[i] = 0.0625f * ((float)i - 15.0f);\n}\n"
        "for (i = 0; i < 63U; i++) {\n    normal[i] = 0.0625f * ((float)i - 31.0f);\n"
        "    share[i / 2U] = 0.03125f;\n}\n"
        "(void)ecm_monitor_init(state, &plan);\n"
        f"for (i = 0; i < 200U; i++) {{\n    {window}\n    (void){update};\n}}\n"
        f"{window}",
        call=f"status = {update};",
        result=f'{STATUS}ecm_test_u32("found", found);\n'
        'ecm_test_bytes("state", state, sizeof state);',
        per=_SCORED,
        unit="feature",
    )


MONITORS = (_monitor("8", 2), _monitor("8.counts", 3))

WATCHING = (*DIST, *SKETCHES, *REPORTS, *MONITORS)
