/* test_ecm_commission.c - a baseline is learnt, guarded, kept, and taken back.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_commission.h"
#include "ecm_test.h"
#include "ecm_test_flash.h"

void test_ecm_commission(void);

#define FEATURES 2
#define K 8
#define WINDOWS 200U
#define LEARN (uint32_t)ECM_COMMISSION_LEARN_WORDS(FEATURES, K)
#define BASELINE (uint32_t)ECM_COMMISSION_BASELINE_WORDS(FEATURES)
#define LEARN_SLOT (4U * LEARN + 20U)
#define BASELINE_SLOT (4U * BASELINE + 20U)

static const ecm_commission_cfg_t cfg = {0xabcd, FEATURES, K, WINDOWS, 0.4f, 1.0f};

/* Parts of the shared memory. */
static void *learn_memory(void) {
    return ecm_test_memory;
}

static void *baseline_memory(uint32_t which) {
    return ecm_test_memory + LEARN + which * BASELINE;
}

static uint8_t *flash_memory(void) {
    return (uint8_t *)(ecm_test_memory + LEARN + 3U * BASELINE);
}

static float noise(uint32_t *seed) {
    float sum = 0.0f;
    uint32_t i;
    for (i = 0; i < 4U; i++) {
        *seed = *seed * 1664525U + 1013904223U;
        sum += (float)(*seed >> 16) * 0x1p-15f - 1.0f;
    }
    return sum; /* standard deviation 1.15 */
}

/* Windows of a machine whose second feature is shifted. */
static ecm_status_t run(ecm_commission_t *st, uint32_t windows, uint32_t *seed,
                        float shift) {
    ecm_status_t status = ECM_MORE;
    while (windows-- > 0U && status == ECM_MORE) {
        float x[FEATURES];
        x[0] = 100.0f + noise(seed);
        x[1] = noise(seed) + shift;
        status = ecm_commission_update_f32(st, &cfg, learn_memory(), x);
    }
    return status;
}

static ecm_status_t learn_anew(ecm_commission_t *st, uint32_t seed, float shift,
                               bool forced) {
    ECM_CHECK(ecm_commission_begin(st, &cfg, learn_memory(), forced) == ECM_OK);
    ECM_CHECK(run(st, WINDOWS, &seed, shift) == ECM_OK);
    return ecm_commission_finish(st, &cfg, baseline_memory(0), learn_memory());
}

static void check_numbers(const float *numbers, float shift) {
    uint32_t i, b;
    for (i = 0; i < FEATURES; i++) {
        const float *edges = numbers + i * ECM_COMMISSION_EDGES;
        const float *shares =
            numbers + ECM_COMMISSION_SHARES_AT(FEATURES) + i * ECM_COMMISSION_BINS;
        float sum = 0.0f, center = i == 0U ? 100.0f : shift;
        float mean = numbers[ECM_COMMISSION_MEANS_AT(FEATURES) + i];
        float spread = numbers[ECM_COMMISSION_SPREADS_AT(FEATURES) + i];
        for (b = 0; b < ECM_COMMISSION_BINS; b++) {
            ECM_CHECK(b + 1U >= ECM_COMMISSION_EDGES || edges[b] <= edges[b + 1U]);
            ECM_CHECK(shares[b] >= 0.0f && shares[b] < 0.4f);
            sum += shares[b];
        }
        ECM_CHECK(sum > 0.9999f && sum < 1.0001f);
        ECM_CHECK(mean > center - 0.4f && mean < center + 0.4f);
        ECM_CHECK(spread > 0.9f && spread < 1.4f);
    }
}

/* empty, learning, monitoring, relearning: accepted, refused, forced. */
static void test_phases(void) {
    ecm_commission_t st;
    uint8_t before[4 * ECM_COMMISSION_BASELINE_WORDS(FEATURES)];
    ECM_CHECK(ecm_commission_init(&st, &cfg) == ECM_OK);
    ECM_CHECK(st.phase == ECM_COMMISSION_EMPTY);
    ECM_CHECK(learn_anew(&st, 1, 0.0f, false) == ECM_OK);
    ECM_CHECK(st.phase == ECM_COMMISSION_MONITORING && st.generation == 1U);
    check_numbers(ecm_commission_numbers(baseline_memory(0)), 0.0f);
    memcpy(before, baseline_memory(0), sizeof before);
    ecm_test_bytes("commission baseline", before, sizeof before);
    ECM_CHECK(learn_anew(&st, 2, 3.0f, false) == ECM_COMMISSION_REFUSED);
    ECM_CHECK(st.phase == ECM_COMMISSION_MONITORING && st.generation == 1U);
    ECM_CHECK(st.feature == 1U && st.ks > 0.4f && st.shift > 2.0f);
    ecm_test_f32("commission ks", st.ks);
    ecm_test_f32("commission shift", st.shift);
    ECM_CHECK(
        test_flash_same(before, (const uint8_t *)baseline_memory(0), sizeof before));
    ECM_CHECK(learn_anew(&st, 3, 0.1f, false) == ECM_OK && st.generation == 2U);
    ECM_CHECK(st.ks < 0.4f && st.shift < 1.0f);
    ECM_CHECK(learn_anew(&st, 4, 3.0f, true) == ECM_OK && st.generation == 3U);
    check_numbers(ecm_commission_numbers(baseline_memory(0)), 3.0f);
    ecm_test_bytes("commission forced", baseline_memory(0), sizeof before);
    ECM_CHECK(ecm_commission_begin(&st, &cfg, learn_memory(), false) == ECM_OK);
    ECM_CHECK(st.phase == ECM_COMMISSION_RELEARNING);
    ECM_CHECK(ecm_commission_cancel(&st) == ECM_OK);
    ECM_CHECK(st.phase == ECM_COMMISSION_MONITORING);
}

/* Judged and frozen feature by feature, over a reset: the bits of one call. */
static void test_slices(void) {
    ecm_commission_t st;
    test_flash_t flash;
    ecm_state_store_t store =
        test_flash_store(&flash, flash_memory(), 2, LEARN_SLOT, 1);
    uint32_t round, seed, calls, cut = 0;
    for (round = 0; round < 4U; round++) {
        float shift = round == 1U ? 3.0f : 0.0f; /* refused then */
        ecm_status_t whole, status;
        ECM_CHECK(ecm_commission_init(&st, &cfg) == ECM_OK);
        whole = learn_anew(&st, 1, 0.0f, false);
        if (round > 0U) {
            whole = learn_anew(&st, 2, shift, round == 3U);
        }
        memcpy(baseline_memory(1), baseline_memory(0), 4U * (size_t)BASELINE);
        ECM_CHECK(ecm_commission_init(&st, &cfg) == ECM_OK);
        if (round > 0U) {
            ECM_CHECK(learn_anew(&st, 1, 0.0f, false) == ECM_OK);
        }
        memcpy(baseline_memory(2), baseline_memory(0), 4U * (size_t)BASELINE);
        seed = round > 0U ? 2U : 1U;
        ECM_CHECK(ecm_commission_begin(&st, &cfg, learn_memory(), round == 3U) ==
                  ECM_OK);
        ECM_CHECK(run(&st, WINDOWS, &seed, shift) == ECM_OK);
        ECM_CHECK(ecm_commission_finish_some(&st, &cfg, baseline_memory(0),
                                             learn_memory(), 0) == ECM_ERR_LENGTH);
        for (calls = 1;; calls++) {
            status = ecm_commission_finish_some(&st, &cfg, baseline_memory(0),
                                                learn_memory(), 1);
            if (status != ECM_MORE) {
                break;
            }
            ECM_CHECK(test_flash_same((const uint8_t *)baseline_memory(0),
                                      (const uint8_t *)baseline_memory(2),
                                      4U * BASELINE));
            if (round == 2U && cut++ == calls - 1U) {
                ECM_CHECK(ecm_commission_pause(&st, &cfg, learn_memory(), &store) ==
                          ECM_OK);
                memset(learn_memory(), 0x55, 4U * (size_t)LEARN);
                ECM_CHECK(ecm_commission_cancel(&st) == ECM_OK);
                ECM_CHECK(ecm_commission_resume(&st, &cfg, learn_memory(), &store) ==
                          ECM_OK);
                ECM_CHECK(st.at == (calls < FEATURES ? 0U : calls));
                if (st.at == 0U) {
                    calls = 0; /* it judges again */
                }
            }
        }
        ECM_CHECK(status == whole && st.phase == ECM_COMMISSION_MONITORING);
        ECM_CHECK(calls == (round == 0U || round == 1U ? FEATURES : 2U * FEATURES));
        ECM_CHECK(test_flash_same((const uint8_t *)baseline_memory(0),
                                  (const uint8_t *)baseline_memory(1), 4U * BASELINE));
        ecm_test_bytes("commission slices", baseline_memory(0), 4U * BASELINE);
    }
}

/* Kept while it learns, and gone on with after a reset: the same bits. */
static void test_pauses(void) {
    ecm_commission_t st, again;
    test_flash_t flash;
    ecm_state_store_t store =
        test_flash_store(&flash, flash_memory(), 2, LEARN_SLOT, 1);
    uint32_t at, seed = 1, power = 0;
    memset(baseline_memory(0), 0, 4U * (size_t)BASELINE);
    ECM_CHECK(ecm_commission_init(&st, &cfg) == ECM_OK);
    ECM_CHECK(ecm_commission_pause(&st, &cfg, learn_memory(), &store) == ECM_ERR_STATE);
    ECM_CHECK(ecm_commission_begin(&st, &cfg, learn_memory(), false) == ECM_OK);
    for (at = 0; at < WINDOWS; at += 50U) {
        ecm_status_t status;
        power += 700U;
        flash.power = power; /* the first ones are cut */
        status = ecm_commission_pause(&st, &cfg, learn_memory(), &store);
        flash.power = TEST_FLASH_ON;
        if (status == ECM_OK) {
            memset(learn_memory(), 0x55, 4U * (size_t)LEARN);
            ECM_CHECK(ecm_commission_init(&again, &cfg) == ECM_OK);
            ECM_CHECK(ecm_commission_resume(&again, &cfg, learn_memory(), &store) ==
                      ECM_OK);
            ECM_CHECK(again.n == at && again.phase == ECM_COMMISSION_LEARNING);
            st = again;
        }
        status = run(&st, 50, &seed, 0.0f);
        ECM_CHECK(status == (at + 50U < WINDOWS ? ECM_MORE : ECM_OK));
    }
    ECM_CHECK(power > LEARN_SLOT);
    ECM_CHECK(ecm_commission_finish(&st, &cfg, baseline_memory(0), learn_memory()) ==
              ECM_OK);
    ecm_test_bytes("commission baseline", baseline_memory(0), 4U * BASELINE);
    /* what was gathered for a baseline that is frozen by now is of no use */
    ECM_CHECK(ecm_commission_resume(&st, &cfg, learn_memory(), &store) ==
              ECM_ERR_STATE);
}

/* The baselines on flash: a cut while one is saved or taken back leaves one of both. */
static void test_cuts(void) {
    ecm_commission_t st, again;
    test_flash_t flash;
    ecm_state_store_t store =
        test_flash_store(&flash, flash_memory(), 2, BASELINE_SLOT, 1);
    uint32_t power, number, taken = 0;
    ECM_CHECK(ecm_commission_init(&st, &cfg) == ECM_OK);
    ECM_CHECK(ecm_commission_load(&st, &cfg, baseline_memory(1), &store) ==
              ECM_ERR_STATE);
    ECM_CHECK(ecm_commission_save(&st, &cfg, baseline_memory(0), &store) ==
              ECM_ERR_STATE);
    for (number = 1; number < 4U; number++) {
        ECM_CHECK(learn_anew(&st, number, (float)number, true) == ECM_OK);
        for (power = 0;; power += 3U) {
            ecm_status_t status;
            flash.power = power;
            status = ecm_commission_save(&st, &cfg, baseline_memory(0), &store);
            flash.power = TEST_FLASH_ON;
            if (status == ECM_OK) {
                break;
            }
            ECM_CHECK(ecm_commission_init(&again, &cfg) == ECM_OK);
            status = ecm_commission_load(&again, &cfg, baseline_memory(1), &store);
            ECM_CHECK(status == (number == 1U ? ECM_ERR_STATE : ECM_OK));
            ECM_CHECK(again.generation == number - 1U);
        }
    }
    memcpy(baseline_memory(2), flash_memory() + ECM_STATE_HEAD_BYTES,
           4U * (size_t)BASELINE); /* the third one is in the first slot */
    for (power = 0; taken == 0U; power++) {
        ecm_status_t status;
        flash.power = power;
        flash.upwards = power % 2U == 0U;
        status = ecm_commission_back(&st, &cfg, baseline_memory(0), &store);
        flash.power = TEST_FLASH_ON;
        ECM_CHECK(ecm_commission_load(&again, &cfg, baseline_memory(1), &store) ==
                  ECM_OK);
        ECM_CHECK(again.generation == 2U || again.generation == 3U);
        ECM_CHECK(status != ECM_OK || again.generation == 2U);
        taken = again.generation == 2U ? 1U : 0U;
    }
    ECM_CHECK(ecm_commission_back(&st, &cfg, baseline_memory(0), &store) ==
              ECM_ERR_STATE);
    check_numbers(ecm_commission_numbers(baseline_memory(1)), 2.0f);
    ecm_test_u32("commission taken", power);
    ecm_test_bytes("commission back", baseline_memory(1), 4U * BASELINE);
}

/* Of a state that is kept by other means: what pause would not have written. */
static void test_check(void) {
    ecm_commission_t st, kept;
    ECM_CHECK(ecm_commission_init(&st, &cfg) == ECM_OK);
    kept = st;
    ECM_CHECK(ecm_commission_begin(&kept, &cfg, learn_memory(), false) == ECM_OK);
    ECM_CHECK(ecm_commission_check(&st, &cfg, &kept, learn_memory()) == ECM_OK);
    kept.at = 1; /* frozen before all windows were gathered */
    ECM_CHECK(ecm_commission_check(&st, &cfg, &kept, learn_memory()) == ECM_ERR_STATE);
    kept.n = cfg.windows_len;
    ECM_CHECK(ecm_commission_check(&st, &cfg, &kept, learn_memory()) == ECM_OK);
    kept.at = 2 * FEATURES + 1;
    ECM_CHECK(ecm_commission_check(&st, &cfg, &kept, learn_memory()) == ECM_ERR_STATE);
    kept.at = 0;
    kept.generation = 1;
    ECM_CHECK(ecm_commission_check(&st, &cfg, &kept, learn_memory()) == ECM_ERR_STATE);
    ECM_CHECK(ecm_commission_check(&st, &cfg, NULL, learn_memory()) == ECM_ERR_NULL);
}

static void test_refusals(void) {
    ecm_commission_t st;
    ecm_commission_cfg_t bad = cfg;
    float x[FEATURES] = {1.0f, 2.0f};
    void *learn = learn_memory(), *baseline = baseline_memory(0);
    bad.features_len = 0;
    ECM_CHECK(ecm_commission_init(&st, &bad) == ECM_ERR_LENGTH);
    bad = cfg;
    bad.k = 7;
    ECM_CHECK(ecm_commission_init(&st, &bad) == ECM_ERR_LENGTH);
    bad = cfg;
    bad.windows_len = 31;
    ECM_CHECK(ecm_commission_init(&st, &bad) == ECM_ERR_LENGTH);
    bad = cfg;
    bad.ks_limit = ecm_test_from_bits(0x7fc00000U);
    ECM_CHECK(ecm_commission_init(&st, &bad) == ECM_ERR_ARG);
    bad = cfg;
    bad.shift_limit = 0.0f;
    ECM_CHECK(ecm_commission_init(&st, &bad) == ECM_ERR_ARG);
    ECM_CHECK(ecm_commission_init(NULL, &cfg) == ECM_ERR_NULL);
    ECM_CHECK(ecm_commission_init(&st, &cfg) == ECM_OK);
    ECM_CHECK(ecm_commission_update_f32(&st, &cfg, learn, x) == ECM_ERR_STATE);
    ECM_CHECK(ecm_commission_finish(&st, &cfg, baseline, learn) == ECM_ERR_STATE);
    ECM_CHECK(ecm_commission_begin(&st, &cfg, NULL, false) == ECM_ERR_NULL);
    ECM_CHECK(ecm_commission_begin(&st, &cfg, learn, false) == ECM_OK);
    x[1] = ecm_test_from_bits(0x7f800000U);
    ECM_CHECK(ecm_commission_update_f32(&st, &cfg, learn, x) == ECM_ERR_ARG);
    ECM_CHECK(st.n == 0U);
    bad = cfg;
    bad.id = 1;
    x[1] = 0.0f;
    ECM_CHECK(ecm_commission_update_f32(&st, &bad, learn, x) == ECM_ERR_STATE);
    ECM_CHECK(ecm_commission_finish(&st, &cfg, baseline, learn) == ECM_ERR_STATE);
    ECM_CHECK(ecm_commission_cancel(&st) == ECM_OK);
    ECM_CHECK(st.phase == ECM_COMMISSION_EMPTY);
    ECM_CHECK(ecm_commission_cancel(NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_commission_numbers(NULL) == NULL);
}

void test_ecm_commission(void) {
    test_phases();
    test_slices();
    test_pauses();
    test_cuts();
    test_check();
    test_refusals();
}
