/* fuzz_ecm_spool.c - frames in flash that holds anything and fails now and then.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz_flash.h"
#include "ecm_spool.h"

void fuzz_ecm_spool(void);

typedef struct {
    ecm_spool_t st;
    ecm_spool_cfg_t cfg;
    fuzz_flash_t flash;
    ecm_state_store_t store;
} fuzz_spool_t;

static void append(fuzz_spool_t *spool) {
    uint32_t n = ecm_fuzz_len(90);
    uint8_t *data = ecm_fuzz_bytes(n);
    (void)ecm_spool_append(&spool->st, &spool->cfg, ecm_fuzz_or_null(data), n);
}

/* Frames come in order; the ones that are there come all. */
static void take(fuzz_spool_t *spool) {
    uint32_t max = ecm_fuzz_len(120), bytes = 0, number, before = 0, n = 0;
    uint8_t *data = ecm_fuzz_bytes(max);
    ecm_status_t status = ECM_OK;
    while (status == ECM_OK) {
        status = ecm_spool_next(&spool->st, &spool->cfg, ecm_fuzz_or_null(data), max,
                                &bytes, &number);
        if (status == ECM_OK) {
            ECM_FUZZ_CHECK(bytes >= 1U && bytes <= max);
            ECM_FUZZ_CHECK(n == 0U || number - before - 1U < 0x80000000U);
            before = number;
            n++;
        }
        if (status == ECM_ERR_FULL && ecm_fuzz_once_in(2)) {
            status = ecm_spool_pass(&spool->st, &spool->cfg);
        }
    }
    if (n > 0U && ecm_fuzz_once_in(2)) {
        (void)ecm_spool_ack(&spool->st, &spool->cfg, before);
    }
    if (ecm_fuzz_once_in(2)) {
        (void)ecm_spool_rewind(ecm_fuzz_or_null(&spool->st));
    }
}

void fuzz_ecm_spool(void) {
    uint32_t sectors = 2U + ecm_fuzz_below(4);
    uint32_t sector = 16U * (4U + ecm_fuzz_below(8)), round, i;
    fuzz_spool_t spool;
    memset(&spool, 0, sizeof spool);
    spool.store = fuzz_flash_store(&spool.flash, sectors, sector);
    spool.cfg.flash = &spool.store;
    spool.cfg.sectors = sectors;
    (void)ecm_spool_open(ecm_fuzz_or_null(&spool.st), &spool.cfg);
    for (round = ecm_fuzz_below(12); round > 0U; round--) {
        for (i = ecm_fuzz_below(9); i > 0U; i--) {
            append(&spool);
        }
        take(&spool);
        if (ecm_fuzz_once_in(4)) {
            (void)ecm_spool_ack(&spool.st, &spool.cfg, ecm_fuzz_below(20));
        }
        if (ecm_fuzz_once_in(6)) { /* damage, and a reset */
            spool.flash.bytes[ecm_fuzz_below(spool.flash.len)] ^= 4U;
            (void)ecm_spool_open(&spool.st, &spool.cfg);
        }
        ECM_FUZZ_CHECK(ecm_spool_waiting(&spool.st) < 0x80000000U ||
                       spool.flash.fails != UINT32_MAX);
    }
}
