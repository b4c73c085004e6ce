/* test_ecm_health.c - verdicts by hand; any chunking gives the same counters.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_health.h"
#include "ecm_test.h"

void test_ecm_health(void);

static const ecm_health_cfg_t cfg = {1.0f, 4,    1,    0.0f, 0.0f, 0.0f, 0, 0,
                                     0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0,    0, 0};

static void test_verdicts(void) {
    float x[6] = {0.0f, 0.1f, 0.1f, 0.1f, 0.2f, 0.3f};
    ecm_health_t st;
    uint32_t verdict = 99;
    ECM_CHECK(ecm_health_init(&st) == ECM_OK);
    ECM_CHECK(ecm_health_update_f32(&st, &cfg, x, 6, &verdict) == ECM_OK);
    ECM_CHECK(verdict == 0U && st.stuck_n == 0U); /* three equal are allowed */
    x[4] = 0.1f;
    ECM_CHECK(ecm_health_update_f32(&st, &cfg, x, 6, &verdict) == ECM_OK);
    ECM_CHECK(verdict == ECM_HEALTH_STUCK && st.stuck_n == 1U);
    x[0] = 1.0f;
    x[4] = 0.2f;
    ECM_CHECK(ecm_health_update_f32(&st, &cfg, x, 6, &verdict) == ECM_OK);
    ECM_CHECK(verdict == 0U && st.clipped_n == 1U); /* one clipped is allowed */
    x[1] = -1.0f;
    ECM_CHECK(ecm_health_update_f32(&st, &cfg, x, 6, &verdict) == ECM_OK);
    ECM_CHECK(verdict == ECM_HEALTH_CLIPPED && st.clipped_n == 3U);
    x[2] = ecm_test_from_bits(0xffc00000U);
    x[3] = ecm_test_from_bits(0x7f800000U);
    ECM_CHECK(ecm_health_update_f32(&st, &cfg, x, 6, &verdict) == ECM_OK);
    ECM_CHECK(verdict == (ECM_HEALTH_CLIPPED | ECM_HEALTH_NONFINITE));
    ECM_CHECK(st.nonfinite_n == 2U && st.clipped_n == 5U); /* infinity counts once */
}

/* A run goes on over a sample that is not finite and over stretches, not over a gap. */
static void test_runs(void) {
    float x[3] = {0.5f, 0.0f, 0.5f};
    ecm_health_t st;
    uint32_t verdict = 99;
    x[1] = ecm_test_from_bits(0x7fc00000U);
    ECM_CHECK(ecm_health_init(&st) == ECM_OK);
    ECM_CHECK(ecm_health_update_f32(&st, &cfg, x, 3, &verdict) == ECM_OK);
    ECM_CHECK(st.run == 2U && verdict == ECM_HEALTH_NONFINITE);
    ECM_CHECK(ecm_health_gap(&st) == ECM_OK && st.missing_n == 1U);
    x[1] = 0.5f;
    ECM_CHECK(ecm_health_update_f32(&st, &cfg, x, 3, &verdict) == ECM_OK);
    ECM_CHECK(st.run == 3U && verdict == 0U);
    ECM_CHECK(ecm_health_update_f32(&st, &cfg, NULL, 0, &verdict) == ECM_OK);
    ECM_CHECK(verdict == 0U);
    ECM_CHECK(ecm_health_update_f32(&st, &cfg, x, 1, &verdict) == ECM_OK);
    ECM_CHECK(st.run == 4U && verdict == ECM_HEALTH_STUCK);
    st.run = UINT32_MAX; /* a sensor that is stuck for ever stays stuck */
    ECM_CHECK(ecm_health_update_f32(&st, &cfg, x, 1, &verdict) == ECM_OK);
    ECM_CHECK(st.run == UINT32_MAX && verdict == ECM_HEALTH_STUCK);
}

static void test_integers(void) {
    int16_t x[6] = {0, 9, 9, 9, 10, -11};
    ecm_health_t st;
    uint32_t verdict = 99;
    ECM_CHECK(ecm_health_init(&st) == ECM_OK);
    ECM_CHECK(ecm_health_update_s16(&st, &cfg, x, 6, &verdict) == ECM_OK);
    ECM_CHECK(verdict == 0U && st.stuck_n == 0U && st.last == -11.0f);
    x[4] = 9;
    ECM_CHECK(ecm_health_update_s16(&st, &cfg, x, 6, &verdict) == ECM_OK);
    ECM_CHECK(verdict == ECM_HEALTH_STUCK && st.stuck_n == 1U);
    x[4] = 10;
    x[0] = INT16_MAX;
    ECM_CHECK(ecm_health_update_s16(&st, &cfg, x, 6, &verdict) == ECM_OK);
    ECM_CHECK(verdict == 0U && st.clipped_n == 1U); /* one clipped is allowed */
    x[1] = INT16_MIN;
    ECM_CHECK(ecm_health_update_s16(&st, &cfg, x, 6, &verdict) == ECM_OK);
    ECM_CHECK(verdict == ECM_HEALTH_CLIPPED && st.clipped_n == 3U);
    x[0] = -11; /* runs go on over stretches */
    x[1] = x[2] = x[3] = -11;
    ECM_CHECK(ecm_health_update_s16(&st, &cfg, x, 3, &verdict) == ECM_OK);
    ECM_CHECK(verdict == ECM_HEALTH_STUCK && st.run == 4U);
    ECM_CHECK(ecm_health_update_s16(&st, &cfg, NULL, 0, &verdict) == ECM_OK);
    ECM_CHECK(verdict == 0U);
    ECM_CHECK(ecm_health_update_s16(&st, &cfg, NULL, 1, &verdict) == ECM_ERR_NULL);
    ECM_CHECK(ecm_health_update_s16(NULL, &cfg, x, 1, &verdict) == ECM_ERR_NULL);
    ecm_test_bytes("health s16", &st, sizeof st);
}

static void test_chunking(void) {
    float *x = ecm_test_memory;
    ecm_health_t whole, parts;
    uint32_t chunk, at, verdict, bits, i, n = 1000;
    ecm_test_noise_f32(3, x, n);
    for (i = 0; i < n; i++) { /* coarse, so that runs and clipping occur */
        x[i] = x[i] > 0.3f ? 1.0f : x[i] > -0.3f ? 0.0f : -0.5f;
    }
    ECM_CHECK(ecm_health_init(&whole) == ECM_OK);
    ECM_CHECK(ecm_health_update_f32(&whole, &cfg, x, n, &verdict) == ECM_OK);
    ECM_CHECK(whole.stuck_n > 5U);
    for (chunk = 1; chunk < 40U; chunk += 3U) {
        ECM_CHECK(ecm_health_init(&parts) == ECM_OK);
        for (at = 0; at < n; at += chunk) {
            uint32_t len = n - at < chunk ? n - at : chunk;
            ECM_CHECK(ecm_health_update_f32(&parts, &cfg, x + at, len, &bits) ==
                      ECM_OK);
        }
        ECM_CHECK(parts.run == whole.run && parts.last == whole.last);
        ECM_CHECK(parts.stuck_n == whole.stuck_n);
        ECM_CHECK(parts.clipped_n == whole.clipped_n);
    }
    ecm_test_bytes("health state", &whole, sizeof whole);
}

/* Every check on. */
static ecm_health_cfg_t all_checks(void) {
    ecm_health_cfg_t made = cfg;
    made.low = -0.95f;
    made.high = 0.98f;
    made.spike = 1.2f;
    made.block_len = 50;
    made.dead_band = 0.01f;
    made.offset_limit = 0.25f;
    made.signature_low = 1.0f;
    made.signature_high = 3.0f;
    return made;
}

static uint32_t judge(ecm_health_t *st, const ecm_health_cfg_t *with, const float *x,
                      uint32_t n) {
    uint32_t verdict = 99;
    ECM_CHECK(ecm_health_update_f32(st, with, x, n, &verdict) == ECM_OK);
    return verdict;
}

static void test_samples(void) {
    const ecm_health_cfg_t all = all_checks();
    float x[6] = {0.1f, -0.1f, 0.2f, 1.5f, 0.0f, 0.3f};
    ecm_health_t st;
    ECM_CHECK(ecm_health_init(&st) == ECM_OK);
    ECM_CHECK(judge(&st, &all, x, 6) == (ECM_HEALTH_OUTSIDE | ECM_HEALTH_SPIKE));
    ECM_CHECK(st.spikes_n == 1U && st.outside_n == 1U && st.clipped_n == 1U);
    x[4] = 1.5f; /* a step that stays is no spike */
    x[5] = 1.4f;
    ECM_CHECK((judge(&st, &all, x, 6) & ECM_HEALTH_SPIKE) == 0U);
    ECM_CHECK(st.spikes_n == 1U);
    x[0] = -0.3f; /* down, up, down: one */
    x[1] = 1.0f;
    x[2] = -0.3f;
    x[3] = x[4] = x[5] = -0.2f;
    ECM_CHECK((judge(&st, &all, x, 6) & ECM_HEALTH_SPIKE) != 0U);
    ECM_CHECK(st.spikes_n == 2U);
}

static void test_blocks(void) {
    const ecm_health_cfg_t all = all_checks();
    float *x = ecm_test_memory;
    ecm_health_t st;
    uint32_t i;
    ecm_test_noise_f32(9, x, 400);
    for (i = 0; i < 400U; i++) {
        x[i] *= 0.4f;
    }
    for (i = 100; i < 150U; i++) { /* hum */
        x[i] = 0.04f * (float)(i % 25U > 12U ? 25U - i % 25U : i % 25U) - 0.25f;
    }
    for (i = 200; i < 250U; i++) {
        x[i] += 0.5f;
    }
    for (i = 300; i < 350U; i++) {
        x[i] *= 0.005f;
    }
    ECM_CHECK(ecm_health_init(&st) == ECM_OK);
    ECM_CHECK(judge(&st, &all, x, 149) == 0U);
    ECM_CHECK(judge(&st, &all, x + 149, 1) == ECM_HEALTH_SIGNATURE);
    ECM_CHECK(judge(&st, &all, x + 150, 40) == ECM_HEALTH_SIGNATURE); /* it stands */
    ECM_CHECK(judge(&st, &all, x + 190, 10) == ECM_HEALTH_SIGNATURE);
    ECM_CHECK(judge(&st, &all, x + 200, 49) == 0U);
    ECM_CHECK(judge(&st, &all, x + 249, 1) == ECM_HEALTH_OFFSET);
    ECM_CHECK(ecm_health_gap(&st) == ECM_OK && st.block_n == 0U);
    ECM_CHECK(judge(&st, &all, x + 250, 50) == ECM_HEALTH_OFFSET);
    ECM_CHECK(judge(&st, &all, x + 300, 50) == ECM_HEALTH_DEAD);
    ECM_CHECK(judge(&st, &all, x + 350, 50) == ECM_HEALTH_DEAD && st.standing == 0U);
    ECM_CHECK(st.dead_n == 1U && st.offset_n == 1U && st.signature_n == 1U);
    ecm_test_bytes("health blocks", &st, sizeof st);
}

static void test_time(void) {
    ecm_health_cfg_t with = cfg;
    ecm_health_t st;
    uint32_t t = 0xffff0000U, verdict = 99, i;
    with.period_ns = 78125; /* 12.8 kHz */
    with.rate_ppm = 500;
    with.rate_len = 12800;
    ECM_CHECK(ecm_health_init(&st) == ECM_OK);
    for (i = 0; i < 200U; i++) { /* 10 ms are 128 samples, over the end of 32 bits */
        ECM_CHECK(ecm_health_time(&st, &with, t, 128, &verdict) == ECM_OK);
        ECM_CHECK(verdict == 0U);
        t += 10000U + (i % 2U == 0U ? 30U : UINT32_MAX - 29U); /* and jitter */
    }
    t += 2000; /* 25 samples later */
    ECM_CHECK(ecm_health_time(&st, &with, t, 128, &verdict) == ECM_OK);
    ECM_CHECK(verdict == ECM_HEALTH_MISSING && st.missing_n == 1U && st.lost_n == 25U);
    for (i = 0; i < 105U; i++) { /* 0.1 % slow */
        t += 10010U;
        ECM_CHECK(ecm_health_time(&st, &with, t, 128, &verdict) == ECM_OK);
    }
    ECM_CHECK(verdict == ECM_HEALTH_RATE && st.rate_n == 1U && st.missing_n == 1U);
    for (i = 0; i < 105U; i++) {
        t += 10000U;
        ECM_CHECK(ecm_health_time(&st, &with, t, 128, &verdict) == ECM_OK);
    }
    ECM_CHECK(verdict == 0U && st.rate_n == 1U);
    ecm_test_bytes("health time", &st, sizeof st);
    with.rate_len = 0;
    ECM_CHECK(ecm_health_time(&st, &with, t, 1, &verdict) == ECM_ERR_ARG);
    ECM_CHECK(ecm_health_time(&st, &cfg, t, 1, &verdict) == ECM_ERR_ARG);
    ECM_CHECK(ecm_health_time(&st, &with, t, 1, NULL) == ECM_ERR_NULL);
}

static void test_limits(void) {
    ecm_health_cfg_t bad = cfg;
    ecm_health_t st;
    float x = 2.0f;
    uint32_t verdict = 99;
    ECM_CHECK(ecm_health_init(NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_health_gap(NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_health_init(&st) == ECM_OK);
    ECM_CHECK(ecm_health_update_f32(&st, &cfg, NULL, 1, &verdict) == ECM_ERR_NULL);
    ECM_CHECK(ecm_health_update_f32(&st, &cfg, &x, 1, NULL) == ECM_ERR_NULL);
    bad.range = 0.0f;
    ECM_CHECK(ecm_health_update_f32(&st, &bad, &x, 1, &verdict) == ECM_ERR_ARG);
    bad.range = ecm_test_from_bits(0x7fc00000U);
    ECM_CHECK(ecm_health_update_f32(&st, &bad, &x, 1, &verdict) == ECM_ERR_ARG);
    bad = cfg;
    bad.stuck_len = 1;
    ECM_CHECK(ecm_health_update_f32(&st, &bad, &x, 1, &verdict) == ECM_ERR_ARG);
    ECM_CHECK(verdict == 99U && st.clipped_n == 0U && st.run == 0U);
}

static void check_refused(const ecm_health_cfg_t *bad) {
    ecm_health_t st;
    const float x = 0.5f;
    uint32_t verdict = 99;
    ECM_CHECK(ecm_health_init(&st) == ECM_OK);
    ECM_CHECK(ecm_health_update_f32(&st, bad, &x, 1, &verdict) == ECM_ERR_ARG);
    ECM_CHECK(verdict == 99U && st.run == 0U);
}

static void test_refusals(void) {
    ecm_health_cfg_t bad = all_checks();
    bad.high = -1.0f;
    check_refused(&bad);
    bad = all_checks();
    bad.signature_low = 4.0f;
    check_refused(&bad);
    bad = all_checks();
    bad.spike = ecm_test_from_bits(0x7fc00000U);
    check_refused(&bad);
    bad = all_checks();
    bad.block_len = 1;
    check_refused(&bad);
    bad = cfg;
    bad.offset = ecm_test_from_bits(0x7fc00000U);
    check_refused(&bad);
}

void test_ecm_health(void) {
    test_verdicts();
    test_runs();
    test_integers();
    test_chunking();
    test_samples();
    test_blocks();
    test_time();
    test_limits();
    test_refusals();
}
