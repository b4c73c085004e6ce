/* test_ecm_health.c - verdicts by hand; any chunking gives the same counters.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_health.h"
#include "ecm_test.h"

void test_ecm_health(void);

static const ecm_health_cfg_t cfg = {1.0f, 4, 1};

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

static void test_refusals(void) {
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

void test_ecm_health(void) {
    test_verdicts();
    test_runs();
    test_integers();
    test_chunking();
    test_refusals();
}
