"""What the monitors take of a small device's flash, by the linker."""

import shutil
from pathlib import Path

import pytest

from tests.c import harness
from tests.c.cores import CORES

SOURCE = """\
#include "ecm_dist.h"
#include "ecm_drift.h"
#include "ecm_frame.h"
#include "ecm_test.h"

void ecm_test_run_all(void);

void ecm_test_run_all(void) {
    static int32_t edges[31];
    static float share[32];
    static uint16_t count[32];
    static uint8_t buf[ECM_FRAME_MIN_BYTES];
    const ecm_drift_cusum_cfg_t limits = {0.5f, 5.0f};
    ecm_dist_cfg_t cfg = {NULL, NULL, NULL, 1000, 32, ECM_DIST_TUMBLING, 100};
    ecm_frame_sketch_t sketch = {count, 32, 0};
    ecm_dist_distances_t found;
    ecm_drift_cusum_t cusum;
    ecm_frame_join_t join;
    ecm_frame_t frame;
    ecm_dist_t st;
    uint32_t alarm = 0, since = 0, len = 0;
    ecm_frame_sent_t sent;
    cfg.edges_s32 = edges;
    cfg.reference = share;
    memset(&frame, 0, sizeof frame);
    memset(&join, 0, sizeof join);
    frame.sketches = &sketch;
    frame.sketches_len = 1;
    ECM_CHECK(ecm_drift_cusum_init(&cusum) == ECM_OK);
    ECM_CHECK(ecm_drift_cusum_update_f32(&cusum, &limits, 1.0f, &alarm, &since) ==
              ECM_OK);
    ECM_CHECK(ecm_dist_init(&st, &cfg, count) == ECM_OK);
    ECM_CHECK(ecm_dist_update_s32(&st, &cfg, count, 3) == ECM_OK);
    ECM_CHECK(ecm_dist_distances_f32(&st, &cfg, count, &found) == ECM_OK);
    ECM_CHECK(ecm_frame_encode(&frame, NULL, NULL, buf, sizeof buf, &len, &sent) ==
              ECM_OK);
    ecm_test_bytes("monitor frame", buf, len);
    ECM_CHECK(ecm_frame_encode_join(&join, NULL, NULL, buf, sizeof buf, &len) ==
              ECM_OK);
    ecm_test_bytes("monitor join", buf, len);
}
"""
BUDGET = 5 * 1024
ROW = """\
#include "ecm_monitor.h"
#include "ecm_test.h"

void ecm_test_run_all(void);

static const ecm_drift_@kind@_cfg_t limits = {0.5f, 3.0f};
static const ecm_monitor_score_t scores[] = {
    {{0.0f, 1.0f, {0, 0, 0, 0}, NULL, NULL, 0, 0}, 0.0f, 0, ECM_MONITOR_ANY, 0.0f}};
static const ecm_monitor_row_t rows[] = {
    {&limits, 1.0f, &ecm_monitor_form_@kind@, 1, 0, ECM_MONITOR_ANY, 0, 0}};
static const ecm_monitor_group_t groups[] = {{NULL, 0}};
static const ecm_monitor_cfg_t cfg = {.scores = scores, .rows = rows, .groups = groups,
                                      .scores_len = 1, .rows_len = 1, .groups_len = 1};

void ecm_test_run_all(void) {
    static uint32_t state[64];
    ecm_monitor_alarm_t alarm;
    uint32_t found = 0;
    float x = 9.0f;
    ECM_CHECK(ecm_monitor_words(&cfg) <= 64U);
    ECM_CHECK(ecm_monitor_init(state, &cfg) == ECM_OK);
    ECM_CHECK(ecm_monitor_update_f32(state, &cfg, &x, 0, &alarm, 1, &found) == ECM_OK);
    ECM_CHECK(ecm_monitor_check(state, &cfg) == ECM_OK && found == 1U);
    ecm_test_u32("monitor found", found);
}
"""


def symbols(path: Path, *options: str) -> list[list[str]]:
    return [
        line.split()
        for line in harness.call(["arm-none-eabi-nm", *options, path]).splitlines()
    ]


def linked(text: str, tmp_path: Path) -> dict[str, int]:
    """Bytes of what the linker takes of the library for a Cortex-M0+."""
    target = CORES["m0plus"].target("gcc", "-Os")
    harness.require(target)
    if shutil.which("arm-none-eabi-nm") is None:
        pytest.skip("arm-none-eabi-nm is not installed")
    source = tmp_path / "monitor.c"
    source.write_text(text)
    built = harness.build_one(target, tmp_path / "m0plus", source)
    assert "FAILED" not in built.run()
    own = {
        row[-1]
        for path in (tmp_path / "m0plus" / "library").glob("*.o")
        for row in symbols(path, "--defined-only")
    }
    return {
        row[3]: int(row[1], 16)
        for row in symbols(built.programs[0], "-S")
        if len(row) == 4 and row[2] in "tTrR" and row[3] in own
    }


@pytest.mark.emulator
def test_cusum_distribution_and_frame_fit_into_five_kibibytes(tmp_path: Path) -> None:
    """Their code and constants; the compiler's routines for floats come on top."""
    sizes = linked(SOURCE, tmp_path)
    assert {"ecm_frame_encode", "ecm_dist_distances_f32"} <= set(sizes)
    assert 2 * 1024 < sum(sizes.values()) < BUDGET, sizes


@pytest.mark.emulator
@pytest.mark.parametrize("kind", ["cusum", "ewma"])
def test_a_row_links_no_table_of_its_detector(kind: str, tmp_path: Path) -> None:
    """Taking many values at once is the host's: 0.3 KiB, and 0.5 of an EWMA."""
    sizes = linked(ROW.replace("@kind@", kind), tmp_path)
    assert f"ecm_drift_{kind}_update_f32" in sizes
    names = [name for name in sizes if "skip" in name or name.endswith("_kind")]
    assert names == []
