"""Rows of what watches: counters between quantiles, sketches, health, frames."""

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
cfg.edges_s32 = edges_s32;
(void)ecm_dist_init(&st, &cfg, count);
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


DIST = (
    _counted("f32", "x"),
    _counted("s32", "y"),
    _distances("32", "x[i]"),
    _distances("32.far", "x[i] * x[i]"),
)

WATCHING = DIST
