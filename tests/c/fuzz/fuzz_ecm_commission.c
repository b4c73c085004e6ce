/* fuzz_ecm_commission.c - any features, in any phase, kept in flash that fails.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_commission.h"
#include "ecm_fuzz_flash.h"

void fuzz_ecm_commission(void);

typedef struct {
    ecm_commission_t st;
    ecm_commission_cfg_t cfg;
    uint32_t *learn;
    uint32_t *baseline;
    ecm_state_store_t baselines;
    ecm_state_store_t gathered;
} fuzz_commission_t;

static void gather(fuzz_commission_t *all) {
    uint32_t n = ecm_fuzz_len(2U * all->cfg.windows_len), i;
    float *x = ecm_fuzz_array_f32(all->cfg.features_len);
    ecm_status_t status = ECM_MORE;
    while (n-- > 0U && status == ECM_MORE) {
        for (i = 0; i < all->cfg.features_len; i++) {
            x[i] = ecm_fuzz_once_in(32) ? ecm_fuzz_f32() : ecm_fuzz_plain_f32();
        }
        if (ecm_fuzz_once_in(2)) {
            status = ecm_commission_update_f32(&all->st, &all->cfg, all->learn, x);
        } else {
            uint32_t at = ecm_fuzz_once_in(64) ? ecm_fuzz_len(9) : 0U;
            do {
                status = ecm_commission_update_some_f32(&all->st, &all->cfg, all->learn,
                                                        x, &at, ecm_fuzz_len(4));
            } while (at != 0U);
        }
        status = status == ECM_ERR_LENGTH ? ECM_MORE : status;
        status = status == ECM_ERR_ARG ? ECM_MORE : status;
    }
    for (n = ecm_fuzz_below(9); n > 0U; n--) {
        (void)ecm_commission_finish_some(&all->st, &all->cfg, all->baseline, all->learn,
                                         ecm_fuzz_len(3));
        if (ecm_fuzz_once_in(8)) {
            (void)ecm_commission_pause(&all->st, &all->cfg, all->learn, &all->gathered);
        }
    }
    status = ecm_commission_finish(&all->st, &all->cfg, all->baseline,
                                   ecm_fuzz_or_null(all->learn));
    if (status >= 0) {
        ECM_FUZZ_CHECK(all->st.phase == ECM_COMMISSION_MONITORING);
        ECM_FUZZ_CHECK(all->st.feature < all->cfg.features_len);
        ECM_FUZZ_CHECK(ecm_commission_numbers(all->baseline) != NULL);
    }
}

static void keep(fuzz_commission_t *all) {
    ecm_commission_t *st = &all->st;
    const ecm_commission_cfg_t *cfg = &all->cfg;
    ecm_commission_t kept;
    switch (ecm_fuzz_below(7)) {
    case 0:
        (void)ecm_commission_save(st, cfg, all->baseline, &all->baselines);
        break;
    case 1:
        if (ecm_commission_load(st, cfg, all->baseline, &all->baselines) != ECM_OK) {
            (void)ecm_commission_init(st, cfg);
        }
        break;
    case 2:
        (void)ecm_commission_back(st, cfg, all->baseline, &all->baselines);
        break;
    case 3:
        (void)ecm_commission_pause(st, cfg, all->learn, &all->gathered);
        break;
    case 4:
        if (ecm_commission_resume(st, cfg, all->learn, &all->gathered) != ECM_OK) {
            (void)ecm_commission_cancel(st); /* what is there is of no use */
        }
        break;
    case 5: /* the state of before, with any word changed */
        kept = *st;
        if (ecm_fuzz_once_in(2)) {
            all->learn[ecm_fuzz_below(ECM_COMMISSION_LEARN_HEAD_WORDS + 20U)] =
                ecm_fuzz_u32();
            kept.at = ecm_fuzz_len(9);
        }
        if (ecm_commission_check(st, cfg, &kept, all->learn) == ECM_OK) {
            *st = kept;
        } else {
            (void)ecm_commission_cancel(st);
        }
        break;
    default:
        (void)ecm_commission_cancel(ecm_fuzz_or_null(st));
        break;
    }
}

void fuzz_ecm_commission(void) {
    fuzz_commission_t all;
    fuzz_flash_t first, second;
    uint32_t features = 1U + ecm_fuzz_below(4), k = 8U + ecm_fuzz_below(9), round;
    memset(&all, 0, sizeof all);
    all.cfg.id = 7;
    all.cfg.features_len = (uint16_t)features;
    all.cfg.k = (uint16_t)(ecm_fuzz_once_in(16) ? ecm_fuzz_len(1025) : k);
    all.cfg.windows_len = ecm_fuzz_once_in(16) ? ecm_fuzz_u32() : 32U;
    all.cfg.ks_limit = ecm_fuzz_once_in(16) ? ecm_fuzz_f32() : 0.3f;
    all.cfg.shift_limit = ecm_fuzz_once_in(16) ? ecm_fuzz_f32() : 1.0f;
    if (ecm_commission_init(ecm_fuzz_or_null(&all.st), &all.cfg) != ECM_OK) {
        return;
    }
    all.cfg.windows_len = 32U + all.cfg.windows_len % 64U;
    k = all.cfg.k;
    all.learn = ecm_fuzz_bytes(4U * ECM_COMMISSION_LEARN_WORDS(features, k));
    all.baseline = ecm_fuzz_bytes(4U * ECM_COMMISSION_BASELINE_WORDS(features));
    all.baselines = fuzz_flash_store(
        &first, 2,
        (uint32_t)ECM_STATE_SLOT_BYTES(4U * ECM_COMMISSION_BASELINE_WORDS(features)));
    all.gathered = fuzz_flash_store(
        &second, 2,
        (uint32_t)ECM_STATE_SLOT_BYTES(4U * ECM_COMMISSION_LEARN_WORDS(features, k)));
    for (round = ecm_fuzz_below(8); round > 0U; round--) {
        (void)ecm_commission_begin(&all.st, &all.cfg, all.learn, ecm_fuzz_once_in(4));
        gather(&all);
        keep(&all);
        gather(&all);
        keep(&all);
    }
}
