/* detectors.c - detectors of constant memory, in float, for a core of 8 bits.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_drift.h"
#include "ecm_drift_ewma.h"
#include "ecm_drift_ph.h"
#include "ecm_score.h"
#include "ecm_test.h"

#define LEN 200U

static float x[LEN];
static ecm_drift_alarm_t alarms[8];

void ecm_test_run_all(void);

/* Noise of which the second half is shifted. */
static void noise(uint32_t seed, float shift) {
    uint32_t i;
    ecm_test_noise_f32(seed, x, LEN);
    for (i = 0; i < LEN; i++) {
        x[i] = 1.7f * x[i] + (i < LEN / 2U ? 0.0f : shift);
    }
}

static void run(const char *label, const ecm_drift_kind_t *kind, void *st,
                const void *cfg) {
    uint32_t i, found, taken;
    ECM_CHECK(kind->init(st, cfg) == ECM_OK);
    for (i = 0; i < LEN; i += taken) {
        ECM_CHECK(ecm_drift_run_f32(kind, st, cfg, x + i, LEN - i, alarms, 8, &found,
                                    &taken) >= 0);
        ecm_test_bytes(label, alarms, found * (uint32_t)sizeof alarms[0]);
    }
    ecm_test_bytes(label, st, kind->state_bytes);
    ecm_test_f32(label, kind->ratio(st, cfg));
}

static void charts(void) {
    static const ecm_drift_cusum_cfg_t cusum = {0.25f, 3.0f};
    static const ecm_drift_ph_cfg_t ph = {0.1f, 6.0f, 0.001f, 30, ECM_DRIFT_PH_BOTH, 0};
    static const ecm_drift_ewma_cfg_t ewma = {0.1f, 2.5f};
    static ecm_drift_cusum_t cusum_st;
    static ecm_drift_ph_t ph_st;
    static ecm_drift_ewma_t ewma_st;
    run("cusum", &ecm_drift_cusum_kind, &cusum_st, &cusum);
    run("scale", &ecm_drift_scale_kind, &cusum_st, &cusum);
    run("ph", &ecm_drift_ph_kind, &ph_st, &ph);
    run("ewma", &ecm_drift_ewma_kind, &ewma_st, &ewma);
}

static void scores(void) {
    static const float edges[] = {-0.5f, 0.0f, 0.25f, 1.0f};
    static const float table[] = {-1.5f, -1.0f, -0.5f, 0.0f, 0.3f,
                                  0.6f,  0.9f,  1.3f,  1.9f};
    static const ecm_score_cfg_t cfg = {
        0.1f, 1.0f, {0.4f, -0.2f, 0.1f, 0.0f}, edges, table, 3, 4};
    ecm_score_t st;
    uint32_t len;
    ECM_CHECK(ecm_score_init(&st) == ECM_OK);
    ECM_CHECK(ecm_score_update_many_f32(&st, &cfg, x, LEN, x, &len) == ECM_OK);
    ecm_test_array_f32("scores", x, len);
    ecm_test_bytes("score", &st, sizeof st);
}

void ecm_test_run_all(void) {
    noise(1, 1.0f);
    charts();
    noise(2, -0.7f);
    charts();
    scores();
}
