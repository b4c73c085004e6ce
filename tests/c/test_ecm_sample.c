/* test_ecm_sample.c - KLL quantiles, reservoir, order, two samples.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_sample.h"
#include "ecm_test.h"

void test_ecm_sample(void);

#define K 16
#define LEN ECM_SAMPLE_KLL_LEN(K)

static uint32_t held(const ecm_sample_kll_t *st) {
    uint32_t level, sum = 0;
    for (level = 0; level < st->levels; level++) {
        sum += (uint32_t)(st->start[level + 1U] - st->start[level]) << level;
    }
    return sum;
}

/* Every order that might mislead it. */
static float ordered(uint32_t i, uint32_t n, uint32_t order) {
    switch (order) {
    case 0:
        return (float)i;
    case 1:
        return (float)(n - i);
    case 2:
        return (float)(i % 2U == 0U ? i : n - i);
    default:
        return (float)((i * 7919U) % n);
    }
}

static void test_kll(void) {
    float *mem = ecm_test_memory, *other_mem = mem + LEN, share = 0.0f, x = 9.0f;
    ecm_sample_kll_t st, other;
    uint32_t i, order, n = 20000;
    ECM_CHECK(ecm_sample_kll_init(&st, K, 1) == ECM_OK);
    ECM_CHECK(ecm_sample_kll_quantile_f32(&st, mem, 0.5f, &x) == ECM_MORE);
    ECM_CHECK(ecm_sample_kll_rank_f32(&st, mem, 0.5f, &share) == ECM_MORE);
    ECM_CHECK(x == 0.0f && share == 0.0f);
    for (order = 0; order < 4U; order++) {
        ECM_CHECK(ecm_sample_kll_init(&st, K, order) == ECM_OK);
        for (i = 0; i < n; i++) {
            float y = ordered(i, n, order);
            ECM_CHECK(ecm_sample_kll_update_f32(&st, mem, y) == ECM_OK);
        }
        ECM_CHECK(held(&st) == n && st.start[st.levels] == LEN);
        for (i = 0; i <= 4U; i++) {
            float q = 0.25f * (float)i;
            ECM_CHECK(ecm_sample_kll_quantile_f32(&st, mem, q, &x) == ECM_OK);
            ECM_CHECK(x >= (q - 0.16f) * (float)n && x <= (q + 0.16f) * (float)n);
            ecm_test_f32("sample kll", x);
            ECM_CHECK(ecm_sample_kll_rank_f32(&st, mem, q * (float)n, &share) ==
                      ECM_OK);
            ECM_CHECK(share >= q - 0.16f && share <= q + 0.16f);
        }
        ecm_test_u32("sample kll levels", st.levels);
        ecm_test_array_f32("sample kll mem", mem + st.start[0],
                           (uint32_t)LEN - st.start[0]);
    }
    ECM_CHECK(ecm_sample_kll_init(&other, K, 9) == ECM_OK);
    ECM_CHECK(ecm_sample_kll_merge(&st, mem, &other, other_mem) == ECM_OK);
    for (i = 0; i < 3000U; i++) {
        ECM_CHECK(ecm_sample_kll_update_f32(&other, other_mem, -(float)i) == ECM_OK);
    }
    ECM_CHECK(ecm_sample_kll_merge(&st, mem, &other, other_mem) == ECM_OK);
    ECM_CHECK(st.n == n + 3000U && held(&st) == st.n && st.minimum == -2999.0f);
    ecm_test_bytes("sample kll merged", &st, sizeof st);
    ECM_CHECK(ecm_sample_kll_merge(&other, other_mem, &st, mem) == ECM_OK);
    ECM_CHECK(held(&other) == other.n);
}

static void test_kll_refusals(void) {
    float *mem = ecm_test_memory, x = 7.0f;
    ecm_sample_kll_t st, full;
    ECM_CHECK(ecm_sample_kll_init(&st, K, 0) == ECM_OK && st.random != 0U);
    ECM_CHECK(ecm_sample_kll_init(&st, ECM_SAMPLE_KLL_K_MIN - 1, 0) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_sample_kll_init(&st, ECM_SAMPLE_KLL_K_MAX + 1, 0) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_sample_kll_init(NULL, K, 0) == ECM_ERR_NULL);
    ECM_CHECK(ecm_sample_kll_update_f32(&st, mem, ecm_test_from_bits(0x7fc00000U)) ==
              ECM_ERR_ARG);
    ECM_CHECK(ecm_sample_kll_update_f32(&st, NULL, 0.0f) == ECM_ERR_NULL);
    ECM_CHECK(ecm_sample_kll_quantile_f32(&st, mem, -0.1f, &x) == ECM_ERR_ARG);
    ECM_CHECK(ecm_sample_kll_rank_f32(&st, mem, ecm_test_from_bits(0x7fc00000U), &x) ==
              ECM_ERR_ARG);
    ECM_CHECK(x == 7.0f);
    full = st;
    full.n = (uint32_t)K << (ECM_SAMPLE_KLL_LEVELS - 1);
    ECM_CHECK(ecm_sample_kll_update_f32(&full, mem, 0.0f) == ECM_ERR_FULL);
    st.n = 1;
    ECM_CHECK(ecm_sample_kll_merge(&full, mem, &st, mem) == ECM_ERR_FULL);
}

static void test_reservoir(void) {
    float *kept = ecm_test_memory, *second = kept + 100, ks = 9.0f;
    ecm_sample_reservoir_t st;
    uint32_t i;
    ECM_CHECK(ecm_sample_reservoir_init(&st, 5) == ECM_OK);
    for (i = 0; i < 5000U; i++) {
        ECM_CHECK(ecm_sample_reservoir_update_f32(&st, kept, 50, (float)i) == ECM_OK);
        ECM_CHECK(i >= 50U || kept[i] == (float)i);
    }
    ecm_test_array_f32("sample reservoir", kept, 50);
    ECM_CHECK(ecm_sample_sort_f32(kept, 50) == ECM_OK);
    for (i = 1; i < 50U; i++) {
        ECM_CHECK(kept[i] > kept[i - 1U]);
    }
    for (i = 0; i < 40U; i++) {
        second[i] = 125.0f * (float)(i / 2U);
    }
    ECM_CHECK(ecm_sample_ks_f32(kept, 50, second, 40, &ks) == ECM_OK);
    ecm_test_f32("sample ks", ks);
    ECM_CHECK(ecm_sample_ks_f32(second, 40, kept, 50, &ks) == ECM_OK);
    ecm_test_f32("sample ks", ks);
    ECM_CHECK(ecm_sample_ks_f32(second, 40, second, 40, &ks) == ECM_OK && ks == 0.0f);
    second[0] = 1e9f;
    ECM_CHECK(ecm_sample_ks_f32(kept, 50, second, 1, &ks) == ECM_OK && ks == 1.0f);
    second[0] = ecm_test_from_bits(0x7fc00000U); /* not promised, but it ends */
    ECM_CHECK(ecm_sample_ks_f32(kept, 50, second, 1, &ks) == ECM_OK);
    ECM_CHECK(ecm_sample_ks_f32(kept, 0, second, 1, &ks) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_sample_ks_f32(kept, 1, NULL, 1, &ks) == ECM_ERR_NULL);
    ECM_CHECK(ecm_sample_sort_f32(NULL, 1) == ECM_ERR_NULL);
    ECM_CHECK(ecm_sample_sort_f32(NULL, 0) == ECM_OK);
    ECM_CHECK(ecm_sample_reservoir_init(NULL, 0) == ECM_ERR_NULL);
    ECM_CHECK(ecm_sample_reservoir_update_f32(&st, kept, 0, 0.0f) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_sample_reservoir_update_f32(&st, NULL, 9, 0.0f) == ECM_ERR_NULL);
    st.n = UINT32_MAX;
    ECM_CHECK(ecm_sample_reservoir_update_f32(&st, kept, 9, 0.0f) == ECM_ERR_FULL);
}

void test_ecm_sample(void) {
    test_kll();
    test_kll_refusals();
    test_reservoir();
}
