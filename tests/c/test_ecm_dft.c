/* test_ecm_dft.c - single frequencies: against each other, refusals, the same bits.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_dft.h"
#include "ecm_tables.h"
#include "ecm_test.h"

void test_ecm_dft(void);

enum { LEN = 128, BIN = 9 };

/* One and a quarter turn in LEN steps, from the first quarter of one in 16384. */
static void fill_wave(float *wave) {
    uint32_t j, step = 16384U / LEN;
    for (j = 0; j < ECM_DFT_WAVE_LEN((uint32_t)LEN); j++) {
        uint32_t at = j % LEN * step;
        at = at > 8192U ? 16384U - at : at;
        wave[j] = at > 4096U ? -ecm_tables_cos_16384_f32[8192U - at]
                             : ecm_tables_cos_16384_f32[at];
    }
}

static void test_goertzel(const ecm_dft_goertzel_cfg_t *cfg) {
    float *x = ecm_test_memory, whole[2], parts[2];
    ecm_dft_goertzel_t st;
    uint32_t i;
    ecm_test_noise_f32(3, x, 1000);
    ECM_CHECK(ecm_dft_goertzel_init(&st) == ECM_OK);
    ECM_CHECK(ecm_dft_goertzel_update_f32(&st, cfg, x, 1000) == ECM_OK);
    ECM_CHECK(ecm_dft_goertzel_value_f32(&st, cfg, whole) == ECM_OK);
    ecm_test_array_f32("dft goertzel", whole, 2);
    ECM_CHECK(ecm_dft_goertzel_init(&st) == ECM_OK);
    ECM_CHECK(ecm_dft_goertzel_update_f32(&st, cfg, NULL, 0) == ECM_OK);
    for (i = 0; i < 1000U; i += 50U) {
        ECM_CHECK(ecm_dft_goertzel_update_f32(&st, cfg, x + i, 50) == ECM_OK);
    }
    ECM_CHECK(ecm_dft_goertzel_value_f32(&st, cfg, parts) == ECM_OK);
    ECM_CHECK(whole[0] == parts[0] && whole[1] == parts[1]);
    ECM_CHECK(ecm_dft_goertzel_init(NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_dft_goertzel_update_f32(NULL, cfg, x, 1) == ECM_ERR_NULL);
    ECM_CHECK(ecm_dft_goertzel_update_f32(&st, NULL, x, 1) == ECM_ERR_NULL);
    ECM_CHECK(ecm_dft_goertzel_update_f32(&st, cfg, NULL, 1) == ECM_ERR_NULL);
    ECM_CHECK(ecm_dft_goertzel_value_f32(NULL, cfg, parts) == ECM_ERR_NULL);
    ECM_CHECK(ecm_dft_goertzel_value_f32(&st, NULL, parts) == ECM_ERR_NULL);
    ECM_CHECK(ecm_dft_goertzel_value_f32(&st, cfg, NULL) == ECM_ERR_NULL);
}

static void test_sliding(void) {
    float *x = ecm_test_memory, *wave = x + 4 * LEN, error;
    ecm_dft_sliding_cfg_t cfg = {NULL, LEN, BIN};
    ecm_dft_sliding_t st, fresh;
    uint32_t i;
    cfg.wave = wave;
    fill_wave(wave);
    ecm_test_noise_f32(4, x, 4 * LEN);
    ECM_CHECK(ecm_dft_sliding_init(&st) == ECM_OK);
    ECM_CHECK(ecm_dft_sliding_init(&fresh) == ECM_OK);
    for (i = 0; i < 4U * LEN; i++) {
        float oldest = i < LEN ? 0.0f : x[i - LEN];
        ECM_CHECK(ecm_dft_sliding_update_f32(&st, &cfg, x[i], oldest) == ECM_OK);
        if (i >= 3U * LEN) { /* the last window alone, from zeros */
            ECM_CHECK(ecm_dft_sliding_update_f32(&fresh, &cfg, x[i], 0.0f) == ECM_OK);
        }
        if (i % 100U == 0U) {
            ecm_test_f32("dft sliding", st.re);
            ecm_test_f32("dft sliding", st.im);
        }
    }
    error = st.re - fresh.re;
    ECM_CHECK(error < 1e-5f && error > -1e-5f);
    ECM_CHECK(ecm_dft_sliding_init(NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_dft_sliding_update_f32(NULL, &cfg, 0, 0) == ECM_ERR_NULL);
    ECM_CHECK(ecm_dft_sliding_update_f32(&st, NULL, 0, 0) == ECM_ERR_NULL);
    cfg.bin = LEN / 2 + 1;
    ECM_CHECK(ecm_dft_sliding_update_f32(&st, &cfg, 0, 0) == ECM_ERR_ARG);
    cfg.bin = 0;
    cfg.len = LEN - 2;
    ECM_CHECK(ecm_dft_sliding_update_f32(&st, &cfg, 0, 0) == ECM_ERR_ARG);
    cfg.len = LEN;
    st.phase = LEN;
    ECM_CHECK(ecm_dft_sliding_update_f32(&st, &cfg, 0, 0) == ECM_ERR_STATE);
    cfg.wave = NULL;
    ECM_CHECK(ecm_dft_sliding_update_f32(&st, &cfg, 0, 0) == ECM_ERR_NULL);
}

void test_ecm_dft(void) {
    /* w = 0.5 and 2.5 */
    static const ecm_dft_goertzel_cfg_t low = {-0.2448349f, 0.8775826f, 0.4794255f,
                                               1.0f};
    static const ecm_dft_goertzel_cfg_t high = {0.3977128f, -0.8011436f, 0.5984721f,
                                                -1.0f};
    test_goertzel(&low);
    test_goertzel(&high);
    test_sliding();
}
