/* fuzz_ecm_drift_q15.c - integer charts of anything, with any settings.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_drift_q15.h"
#include "ecm_fuzz.h"

void fuzz_ecm_drift_q15(void);

void fuzz_ecm_drift_q15(void) {
    ecm_drift_q15_cusum_t *a = ecm_fuzz_bytes(sizeof *a);
    ecm_drift_q15_ewma_t *b = ecm_fuzz_bytes(sizeof *b);
    ecm_drift_q15_ph_t *c = ecm_fuzz_bytes(sizeof *c);
    ecm_drift_q15_cusum_cfg_t cusum;
    ecm_drift_q15_ph_cfg_t ph;
    ecm_drift_q15_ewma_cfg_t ewma;
    uint32_t alarm = 0, since = 0, i;
    cusum.k =
        (int32_t)(ecm_fuzz_once_in(9) ? ecm_fuzz_u32() : ecm_fuzz_below(1U << 20));
    cusum.h = (int32_t)(ecm_fuzz_once_in(9) ? ecm_fuzz_u32() : ecm_fuzz_len(1U << 30));
    ph.delta = cusum.k;
    ph.threshold = cusum.h;
    ph.min_n = ecm_fuzz_below(40);
    ph.sides = ecm_fuzz_below(5);
    ewma.lambda = (uint16_t)ecm_fuzz_len(40000);
    ewma.reserved = 0;
    ewma.ceiling = ecm_fuzz_once_in(9) ? ecm_fuzz_u32() : ecm_fuzz_len(1U << 30);
    (void)ecm_drift_q15_cusum_init(ecm_fuzz_or_null(a));
    (void)ecm_drift_q15_ewma_init(ecm_fuzz_or_null(b));
    ECM_FUZZ_CHECK(ecm_drift_q15_cusum_init(a) == ECM_OK);
    ECM_FUZZ_CHECK(ecm_drift_q15_ewma_init(b) == ECM_OK);
    (void)ecm_drift_q15_ph_init(ecm_fuzz_or_null(c));
    ECM_FUZZ_CHECK(ecm_drift_q15_ph_init(c) == ECM_OK);
    if (ecm_fuzz_once_in(3)) {
        c->n = ecm_fuzz_u32();
        c->rest = c->n > 0U ? ecm_fuzz_u32() % c->n : 0U;
    }
    ecm_fuzz_watch(a, sizeof *a);
    for (i = ecm_fuzz_below(60); i > 0U; i--) {
        ecm_fuzz_judge(
            ecm_drift_q15_cusum_update(ecm_fuzz_or_null(a), ecm_fuzz_or_null(&cusum),
                                       (int16_t)ecm_fuzz_u32(), &alarm, &since));
    }
    ecm_fuzz_watch(c, sizeof *c);
    for (i = ecm_fuzz_below(60); i > 0U; i--) {
        ecm_fuzz_judge(
            ecm_drift_q15_ph_update(ecm_fuzz_or_null(c), ecm_fuzz_or_null(&ph),
                                    (int16_t)ecm_fuzz_u32(), &alarm, &since));
    }
    ecm_fuzz_watch(b, sizeof *b);
    for (i = ecm_fuzz_below(60); i > 0U; i--) {
        ecm_fuzz_judge(
            ecm_drift_q15_ewma_update(ecm_fuzz_or_null(b), ecm_fuzz_or_null(&ewma),
                                      (int16_t)ecm_fuzz_u32(), &alarm, &since));
    }
}
