/* detectors.c - detectors of constant memory, in float, for a core of 8 bits.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_adwin.h"
#include "ecm_drift.h"
#include "ecm_drift_ewma.h"
#include "ecm_drift_ph.h"
#include "ecm_drift_q15.h"
#include "ecm_error.h"
#include "ecm_hddm.h"
#include "ecm_score.h"
#include "ecm_sr.h"
#include "ecm_t2.h"
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

static void windows(void) {
    static const ecm_sr_alternative_t mixture[] = {
        {-0.5f, 1.0f, 0.0f, 0.5f, ECM_DRIFT_UP},
        {-0.6931472f, 0.0f, 0.375f, 0.5f, ECM_DRIFT_WIDER}};
    static const ecm_sr_cfg_t sr = {mixture, 2, 60.0f};
    static const ecm_adwin_cfg_t adwin = {0.05f, 3, 3, 2, 10};
    static ecm_sr_t sr_st;
    static ecm_adwin_t adwin_st;
    run("sr", &ecm_sr_kind, &sr_st, &sr);
    run("adwin", &ecm_adwin_kind, &adwin_st, &adwin);
}

static void losses(void) {
    static const ecm_error_ddm_cfg_t ddm = {2.0f, 3.0f, 5};
    static const ecm_error_eddm_cfg_t eddm = {0.9f, 0.8f, 5};
    static const ecm_hddm_cfg_t hddm = {0.001f, 0.005f, 0.05f, 1};
    static ecm_error_ddm_t ddm_st;
    static ecm_error_eddm_t eddm_st;
    static ecm_hddm_a_t a_st;
    static ecm_hddm_w_t w_st;
    uint32_t i;
    ecm_test_noise_f32(3, x, LEN);
    for (i = 0; i < LEN; i++) {
        x[i] = x[i] < (i < LEN / 2U ? -0.8f : 0.2f) ? 1.0f : 0.0f;
    }
    run("ddm", &ecm_error_ddm_kind, &ddm_st, &ddm);
    run("eddm", &ecm_error_eddm_kind, &eddm_st, &eddm);
    run("hddm a", &ecm_hddm_a_kind, &a_st, &hddm);
    run("hddm w", &ecm_hddm_w_kind, &w_st, &hddm);
}

static void vectors(void) {
    static const float mean[] = {0.1f, -0.2f}, whiten[] = {1.5f, -0.3f, 2.0f};
    static const ecm_t2_cfg_t cfg = {mean, whiten, 2, 0.2f, 8.0f};
    ecm_t2_t st;
    float means[2];
    uint32_t i, alarm;
    ECM_CHECK(ecm_t2_init(&st, &cfg, means) == ECM_OK);
    for (i = 0; i < LEN / 2U; i++) {
        ECM_CHECK(ecm_t2_update_f32(&st, &cfg, means, x + 2U * i, &alarm, NULL) >= 0);
        x[i] = st.statistic;
    }
    ecm_test_array_f32("t2", x, LEN / 2U);
    ecm_test_bytes("t2", &st, sizeof st);
}

static void integers(void) {
    static const ecm_drift_q15_cusum_cfg_t cusum = {2048, 20000};
    static const ecm_drift_q15_ewma_cfg_t ewma = {4096, 0, 10066330};
    ecm_drift_q15_cusum_t a;
    static const ecm_drift_q15_ph_cfg_t ph = {700, 30000, 30, 3};
    ecm_drift_q15_ewma_t b;
    ecm_drift_q15_ph_t c;
    uint32_t i, seed = 5, alarm, told = 0;
    ECM_CHECK(ecm_drift_q15_cusum_init(&a) == ECM_OK);
    ECM_CHECK(ecm_drift_q15_ewma_init(&b) == ECM_OK);
    ECM_CHECK(ecm_drift_q15_ph_init(&c) == ECM_OK);
    for (i = 0; i < 300U; i++) {
        int16_t z;
        seed = seed * 1664525U + 1013904223U;
        z = (int16_t)((int32_t)(seed >> 18) - 8192 + (i < 150U ? 0 : 3000));
        ECM_CHECK(ecm_drift_q15_cusum_update(&a, &cusum, z, &alarm, NULL) == ECM_OK);
        told = told * 31U + alarm;
        ECM_CHECK(ecm_drift_q15_ewma_update(&b, &ewma, z, &alarm, NULL) == ECM_OK);
        told = told * 31U + alarm;
        ECM_CHECK(ecm_drift_q15_ph_update(&c, &ph, z, &alarm, NULL) == ECM_OK);
        told = told * 31U + alarm;
    }
    ecm_test_u32("q15", told);
    ecm_test_bytes("q15 ph", &c, sizeof c);
    ecm_test_bytes("q15 cusum", &a, sizeof a);
    ecm_test_bytes("q15 ewma", &b, sizeof b);
}

void ecm_test_run_all(void) {
    integers();
    noise(1, 1.0f);
    charts();
    noise(2, -0.7f);
    charts();
    windows();
    scores();
    noise(4, 0.5f);
    vectors();
    losses();
}
