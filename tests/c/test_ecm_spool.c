/* test_ecm_spool.c - frames in flash: in order, counted, and whole after every cut.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_spool.h"
#include "ecm_test.h"
#include "ecm_test_flash.h"

void test_ecm_spool(void);

#define SECTORS 3
#define SECTOR 96
#define FRAME_MAX 44U
#define NEVER UINT32_MAX

static uint32_t frame_bytes(uint32_t seed) {
    return 1U + seed * 29U % FRAME_MAX;
}

static ecm_status_t append(ecm_spool_t *st, const ecm_spool_cfg_t *cfg, uint32_t seed) {
    uint8_t data[FRAME_MAX];
    test_flash_fill(data, frame_bytes(seed), seed);
    return ecm_spool_append(st, cfg, data, frame_bytes(seed));
}

/* Take all frames that are left: those whose numbers are their seeds, one after the
 * other. Returns how many, the first in `first`. */
static uint32_t take_all(ecm_spool_t *st, const ecm_spool_cfg_t *cfg, uint32_t *first) {
    uint8_t data[FRAME_MAX], wanted[FRAME_MAX];
    uint32_t n = 0, bytes, number;
    while (ecm_spool_next(st, cfg, data, sizeof data, &bytes, &number) == ECM_OK) {
        *first = n == 0U ? number : *first;
        ECM_CHECK(number == *first + n);
        ECM_CHECK(bytes == frame_bytes(number));
        test_flash_fill(wanted, bytes, number);
        ECM_CHECK(test_flash_same(data, wanted, bytes));
        n++;
    }
    return n;
}

/* ---- cuts --------------------------------------------------------------------------
 * A script of appends and acknowledgements; each step is tried with power for 0, 1, 2,
 * ... bytes, until it goes through. */

typedef struct {
    uint8_t bytes[SECTORS * SECTOR];
    ecm_spool_t st;
} moment_t;

static bool step(ecm_spool_t *st, const ecm_spool_cfg_t *cfg, uint32_t ack) {
    ecm_status_t status;
    if (ack == NEVER) {
        status = append(st, cfg, st->end.number);
    } else {
        status = ecm_spool_ack(st, cfg, ack);
    }
    ECM_CHECK(status == ECM_OK || status == ECM_ERR_STATE);
    return status == ECM_OK;
}

/* What the flash gives after a cut in a step: everything that was sealed before. */
static void judge(const ecm_spool_t *before, const ecm_spool_cfg_t *cfg, uint32_t ack) {
    ecm_spool_t st;
    uint32_t first = 0, n, oldest = before->oldest.number, end = before->end.number;
    ECM_CHECK(ecm_spool_open(&st, cfg) == ECM_OK);
    ECM_CHECK(st.end.number == end || (ack == NEVER && st.end.number == end + 1U));
    n = take_all(&st, cfg, &first);
    ECM_CHECK(n == ecm_spool_waiting(&st));
    ECM_CHECK(n == 0U || first == st.oldest.number);
    ECM_CHECK(first + n == st.end.number || n == 0U);
    if (ack != NEVER) { /* nothing else than what was acknowledged is gone */
        uint32_t gone = st.oldest.number - oldest,
                 counted = st.dropped - before->dropped;
        ECM_CHECK(gone <= ack + 1U - oldest);
        ECM_CHECK(counted == 0U || counted == gone);
        ECM_CHECK(gone == 0U || gone == ack + 1U - oldest || counted == gone);
    } else if (st.oldest.number != oldest) { /* a sector's at most, and counted */
        ECM_CHECK(st.oldest.number - oldest <= SECTOR / 16);
        ECM_CHECK(st.dropped - before->dropped == st.oldest.number - oldest);
    }
    /* and on it goes */
    ECM_CHECK(append(&st, cfg, st.end.number) == ECM_OK);
    ECM_CHECK(ecm_spool_rewind(&st) == ECM_OK);
    ECM_CHECK(take_all(&st, cfg, &first) == ecm_spool_waiting(&st));
}

static void test_cuts(void) {
    moment_t before, after;
    test_flash_t flash;
    ecm_state_store_t store =
        test_flash_store(&flash, after.bytes, SECTORS, SECTOR, 16);
    ecm_spool_cfg_t cfg = {NULL, SECTORS};
    uint32_t i, power, cuts = 0;
    cfg.flash = &store;
    ECM_CHECK(ecm_spool_open(&after.st, &cfg) == ECM_OK);
    for (i = 0; i < 34U; i++) {
        uint32_t ack = NEVER;
        if (i % 9U == 8U || i == 20U) { /* some, or all */
            ack = after.st.end.number - (i == 20U ? 1U : 2U);
        }
        before = after;
        for (power = 0;; power++) {
            bool through;
            after = before;
            flash.power = power;
            flash.upwards = i % 2U == 0U;
            through = step(&after.st, &cfg, ack);
            flash.power = TEST_FLASH_ON;
            if (through) {
                break;
            }
            judge(&before.st, &cfg, ack);
            cuts++;
        }
    }
    ecm_test_u32("spool cuts", cuts);
    ecm_test_u32("spool dropped", after.st.dropped);
    ecm_test_bytes("spool flash", after.bytes, sizeof after.bytes);
    ECM_CHECK(cuts > 1500U && after.st.dropped > 5U);
}

/* ---- the ring ----------------------------------------------------------------------
 */

/* Each frame is given out once, acknowledged or dropped; all sectors wear alike. */
static void test_turns(void) {
    uint8_t bytes[SECTORS * SECTOR];
    uint16_t worn[SECTORS] = {0};
    test_flash_t flash;
    ecm_state_store_t store = test_flash_store(&flash, bytes, SECTORS, SECTOR, 16);
    ecm_spool_cfg_t cfg = {NULL, SECTORS};
    ecm_spool_t st;
    uint32_t i, acked = 0, first = 0, n;
    cfg.flash = &store;
    flash.worn = worn;
    ECM_CHECK(ecm_spool_open(&st, &cfg) == ECM_OK);
    for (i = 0; i < 400U; i++) {
        ECM_CHECK(append(&st, &cfg, i) == ECM_OK);
        if (i % 7U == 6U && i / 100U % 2U == 0U) {
            uint32_t waiting = ecm_spool_waiting(&st);
            ECM_CHECK(ecm_spool_rewind(&st) == ECM_OK);
            n = take_all(&st, &cfg, &first);
            ECM_CHECK(n == waiting && first + n == i + 1U);
            n = n > 2U ? n - 2U : n; /* the last two were not heard of */
            ECM_CHECK(ecm_spool_ack(&st, &cfg, first + n - 1U) == ECM_OK);
            ECM_CHECK(ecm_spool_ack(&st, &cfg, first) == ECM_OK); /* once more */
            acked += n;
        }
        if (i % 31U == 30U) {
            ECM_CHECK(ecm_spool_open(&st, &cfg) == ECM_OK); /* a reset */
        }
        ECM_CHECK(acked + st.dropped + ecm_spool_waiting(&st) == i + 1U);
    }
    for (i = 1; i < SECTORS; i++) {
        ECM_CHECK(worn[i] <= worn[0] && worn[i] + 1U >= worn[0]);
    }
    ecm_test_u32("spool worn", worn[0]);
    ecm_test_u32("spool acknowledged", acked);
    ecm_test_bytes("spool flash", bytes, sizeof bytes);
}

/* Appends, reads, acknowledgements and rewinds as they come: what is given out is the
 * frame whose turn it is, wherever in the ring it lies. */
static void test_any_order_of_calls(void) {
    uint8_t bytes[SECTORS * SECTOR], data[FRAME_MAX], wanted[FRAME_MAX];
    test_flash_t flash;
    ecm_state_store_t store = test_flash_store(&flash, bytes, SECTORS, SECTOR, 16);
    ecm_spool_cfg_t cfg = {NULL, SECTORS};
    ecm_spool_t st;
    uint32_t i, seed = 1, turn = 0, got, number, given = 0;
    cfg.flash = &store;
    ECM_CHECK(ecm_spool_open(&st, &cfg) == ECM_OK);
    for (i = 0; i < 3000U; i++) {
        uint32_t dropped = st.dropped, what;
        seed = seed * 1664525U + 1013904223U;
        what = (seed >> 24) % 10U;
        if (what < (i / 500U % 2U == 0U ? 3U : 6U)) { /* more or less than is read */
            ECM_CHECK(append(&st, &cfg, st.end.number) == ECM_OK);
            turn = turn < st.oldest.number ? st.oldest.number : turn;
            continue;
        }
        if (what < 8U) {
            ecm_status_t status =
                ecm_spool_next(&st, &cfg, data, sizeof data, &got, &number);
            ECM_CHECK(status == (turn < st.end.number ? ECM_OK : ECM_MORE));
            if (status == ECM_OK) {
                ECM_CHECK(number == turn && got == frame_bytes(number));
                test_flash_fill(wanted, got, number);
                ECM_CHECK(test_flash_same(data, wanted, got));
                turn++;
                given++;
            }
        } else if (what == 8U && ecm_spool_waiting(&st) > 0U) {
            number = st.oldest.number + seed / 7U % ecm_spool_waiting(&st);
            ECM_CHECK(ecm_spool_ack(&st, &cfg, number) == ECM_OK);
            ECM_CHECK(st.oldest.number == number + 1U);
            turn = turn <= number ? number + 1U : turn;
        } else if (what == 9U && seed / 16U % 4U == 0U) {
            ECM_CHECK(ecm_spool_rewind(&st) == ECM_OK);
            turn = st.oldest.number;
        }
        ECM_CHECK(st.dropped == dropped); /* nothing but an append drops frames */
    }
    ecm_test_u32("spool given", given);
    ecm_test_u32("spool dropped", st.dropped);
    ECM_CHECK(given > 500U && st.dropped > 100U);
}

/* With all sectors full there is room for an acknowledgement only once the oldest
 * sector has no frame that waits; until then a reset forgets it. */
static void test_an_acknowledgement_drops_nothing(void) {
    uint8_t bytes[SECTORS * SECTOR], data[4] = {0};
    test_flash_t flash;
    ecm_state_store_t store = test_flash_store(&flash, bytes, SECTORS, SECTOR, 16);
    ecm_spool_cfg_t cfg = {NULL, SECTORS};
    ecm_spool_t st;
    uint32_t i;
    cfg.flash = &store;
    ECM_CHECK(ecm_spool_open(&st, &cfg) == ECM_OK);
    for (i = 0; i < 12U; i++) { /* four in each sector */
        ECM_CHECK(ecm_spool_append(&st, &cfg, data, sizeof data) == ECM_OK);
    }
    ECM_CHECK(ecm_spool_ack(&st, &cfg, 0) == ECM_OK);
    ECM_CHECK(ecm_spool_waiting(&st) == 11U && st.dropped == 0U);
    ECM_CHECK(ecm_spool_open(&st, &cfg) == ECM_OK);
    ECM_CHECK(ecm_spool_waiting(&st) == 12U && st.dropped == 0U);
    ECM_CHECK(ecm_spool_ack(&st, &cfg, 4) == ECM_OK);
    ECM_CHECK(ecm_spool_waiting(&st) == 7U && st.dropped == 0U);
    ECM_CHECK(ecm_spool_open(&st, &cfg) == ECM_OK);
    ECM_CHECK(ecm_spool_waiting(&st) == 7U && st.dropped == 0U);
}

/* A cell that does not take what is written: the next sector is used. */
static ecm_status_t worn_write(void *user, uint32_t at, const uint8_t *data,
                               uint32_t bytes) {
    test_flash_t *flash = (test_flash_t *)user;
    ecm_status_t status = test_flash_write(user, at, data, bytes);
    flash->bytes[SECTOR + 50] = 0xff;
    return status;
}

static void test_a_worn_cell_costs_a_sector(void) {
    uint8_t bytes[SECTORS * SECTOR];
    test_flash_t flash;
    ecm_state_store_t store = test_flash_store(&flash, bytes, SECTORS, SECTOR, 16);
    ecm_spool_cfg_t cfg = {NULL, SECTORS};
    ecm_spool_t st;
    uint32_t i, first = 0;
    cfg.flash = &store;
    store.write = worn_write;
    ECM_CHECK(ecm_spool_open(&st, &cfg) == ECM_OK);
    for (i = 0; i < 60U; i++) {
        ECM_CHECK(append(&st, &cfg, i) == ECM_OK);
        ECM_CHECK(ecm_spool_rewind(&st) == ECM_OK);
        ECM_CHECK(take_all(&st, &cfg, &first) == ecm_spool_waiting(&st));
        ECM_CHECK(first + ecm_spool_waiting(&st) == i + 1U);
        ECM_CHECK(st.dropped == first);
    }
    ecm_test_u32("spool worn cell", st.dropped);
}

/* Flash in which one write does not hold: the one with number `bad`. */
typedef struct {
    test_flash_t flash; /* first: the other callbacks take it for theirs */
    uint32_t writes;
    uint32_t bad;
} weak_flash_t;

static ecm_status_t weak_write(void *user, uint32_t at, const uint8_t *data,
                               uint32_t bytes) {
    weak_flash_t *weak = (weak_flash_t *)user;
    ecm_status_t status = test_flash_write(&weak->flash, at, data, bytes);
    if (weak->writes == weak->bad) {
        weak->flash.bytes[at] = (uint8_t)(weak->flash.bytes[at] ^ 1U);
    }
    weak->writes++;
    return status;
}

/* Two sectors of which nothing waits, and a write that does not hold: the frame goes to
 * the other sector, where the oldest one was, and is found there. */
static void test_a_second_try_in_the_oldest_sector(void) {
    uint8_t bytes[2 * SECTOR];
    weak_flash_t weak;
    ecm_state_store_t store = test_flash_store(&weak.flash, bytes, 2, SECTOR, 16);
    ecm_spool_cfg_t cfg = {NULL, 2};
    ecm_spool_t st;
    uint32_t before, bad, i, first = 0, second_tries = 0;
    cfg.flash = &store;
    store.user = &weak;
    store.write = weak_write;
    for (before = 0; before < 9U; before++) {
        for (bad = 0; bad < 5U; bad++) {
            uint32_t turn;
            memset(bytes, 0xff, sizeof bytes);
            weak.bad = NEVER;
            ECM_CHECK(ecm_spool_open(&st, &cfg) == ECM_OK);
            for (i = 0; i < before; i++) {
                ECM_CHECK(append(&st, &cfg, i) == ECM_OK);
                ECM_CHECK(ecm_spool_ack(&st, &cfg, i) == ECM_OK);
            }
            turn = st.turn;
            weak.writes = 0;
            weak.bad = bad;
            ECM_CHECK(append(&st, &cfg, before) == ECM_OK);
            second_tries += st.turn - turn == 2U ? 1U : 0U;
            weak.bad = NEVER;
            ECM_CHECK(append(&st, &cfg, before + 1U) == ECM_OK);
            ECM_CHECK(ecm_spool_rewind(&st) == ECM_OK);
            ECM_CHECK(take_all(&st, &cfg, &first) == 2U && first == before);
            ECM_CHECK(ecm_spool_ack(&st, &cfg, before) == ECM_OK);
            ECM_CHECK(ecm_spool_waiting(&st) == 1U && st.dropped == 0U);
            ECM_CHECK(ecm_spool_rewind(&st) == ECM_OK);
            ECM_CHECK(take_all(&st, &cfg, &first) == 1U && first == before + 1U);
        }
    }
    ecm_test_u32("spool second tries", second_tries);
    ECM_CHECK(second_tries >= 4U);
}

/* Flash that refuses once, at any byte: that frame may be there, all others are, and a
 * number is never two frames'. */
static void test_a_refusal_costs_no_other_frame(void) {
    uint8_t bytes[SECTORS * SECTOR];
    test_flash_t flash;
    ecm_state_store_t store = test_flash_store(&flash, bytes, SECTORS, SECTOR, 16);
    ecm_spool_cfg_t cfg = {NULL, SECTORS};
    uint32_t power, there = 0;
    cfg.flash = &store;
    for (power = 0; power < 64U; power++) {
        uint8_t data[FRAME_MAX], wanted[FRAME_MAX];
        ecm_spool_t st;
        uint32_t i, n = 0, got, number = 0;
        memset(bytes, 0xff, sizeof bytes);
        ECM_CHECK(ecm_spool_open(&st, &cfg) == ECM_OK);
        for (i = 0; i < 4U; i++) {
            flash.power = i == 1U ? power : TEST_FLASH_ON;
            (void)append(&st, &cfg, st.end.number);
        }
        flash.power = TEST_FLASH_ON;
        while (ecm_spool_next(&st, &cfg, data, sizeof data, &got, &number) == ECM_OK) {
            ECM_CHECK(number == n || (number == 2U && n == 1U));
            test_flash_fill(wanted, got, number);
            ECM_CHECK(got == frame_bytes(number) && test_flash_same(data, wanted, got));
            n = number + 1U;
            there += number == 1U ? 1U : 0U;
        }
        ECM_CHECK(n == st.end.number && n == 4U);
        ECM_CHECK(ecm_spool_ack(&st, &cfg, number) == ECM_OK);
        ECM_CHECK(ecm_spool_waiting(&st) == 0U);
    }
    ecm_test_u32("spool there", there);
    ECM_CHECK(there > 0U && there < 64U);
}

/* Any bit that turns costs frames of one sector, and no frame is wrong. */
static void test_decay(void) {
    uint8_t bytes[SECTORS * SECTOR];
    test_flash_t flash;
    ecm_state_store_t store = test_flash_store(&flash, bytes, SECTORS, SECTOR, 16);
    ecm_spool_cfg_t cfg = {NULL, SECTORS};
    ecm_spool_t st;
    uint32_t i, all, least = NEVER, first = 0;
    cfg.flash = &store;
    ECM_CHECK(ecm_spool_open(&st, &cfg) == ECM_OK);
    for (i = 0; i < 23U; i++) {
        ECM_CHECK(append(&st, &cfg, i) == ECM_OK);
    }
    all = ecm_spool_waiting(&st);
    for (i = 0; i < 8U * SECTORS * SECTOR; i += 3U) {
        uint8_t data[FRAME_MAX], wanted[FRAME_MAX];
        uint32_t n = 0, number, got;
        bytes[i / 8U] = (uint8_t)(bytes[i / 8U] ^ 1U << i % 8U);
        ECM_CHECK(ecm_spool_open(&st, &cfg) == ECM_OK);
        while (ecm_spool_next(&st, &cfg, data, sizeof data, &got, &number) == ECM_OK) {
            ECM_CHECK(got == frame_bytes(number));
            test_flash_fill(wanted, got, number);
            ECM_CHECK(test_flash_same(data, wanted, got));
            n++;
        }
        ECM_CHECK(n <= all);
        least = n < least ? n : least;
        bytes[i / 8U] = (uint8_t)(bytes[i / 8U] ^ 1U << i % 8U);
    }
    ECM_CHECK(least >= 1U && least < all);
    ECM_CHECK(ecm_spool_open(&st, &cfg) == ECM_OK);
    ECM_CHECK(take_all(&st, &cfg, &first) == all);
    ecm_test_u32("spool least", least);
}

/* What there is no room for is passed over, and stays as those that are given out. */
static void test_passed(void) {
    uint8_t bytes[3 * 64], data[64] = {1, 2, 3};
    test_flash_t flash;
    ecm_state_store_t store = test_flash_store(&flash, bytes, 3, 64, 16);
    ecm_spool_cfg_t cfg = {NULL, 3};
    ecm_spool_t st;
    uint32_t n = 99, number = 99;
    cfg.flash = &store;
    ECM_CHECK(ecm_spool_open(&st, &cfg) == ECM_OK);
    ECM_CHECK(ecm_spool_pass(&st, &cfg) == ECM_MORE);
    ECM_CHECK(ecm_spool_append(&st, &cfg, data, 20) == ECM_OK);
    ECM_CHECK(ecm_spool_append(&st, &cfg, data, 3) == ECM_OK); /* in the next sector */
    ECM_CHECK(ecm_spool_append(&st, &cfg, data, 4) == ECM_OK);
    ECM_CHECK(ecm_spool_next(&st, &cfg, data, 19, &n, &number) == ECM_ERR_FULL);
    ECM_CHECK(ecm_spool_pass(&st, &cfg) == ECM_OK);
    ECM_CHECK(ecm_spool_next(&st, &cfg, data, 19, &n, &number) == ECM_OK);
    ECM_CHECK(n == 3U && number == 1U && ecm_spool_waiting(&st) == 3U);
    ECM_CHECK(ecm_spool_pass(&st, &cfg) == ECM_OK);
    ECM_CHECK(ecm_spool_pass(&st, &cfg) == ECM_MORE);
    ECM_CHECK(ecm_spool_next(&st, &cfg, data, 64, &n, &number) == ECM_MORE);
    ECM_CHECK(ecm_spool_rewind(&st) == ECM_OK);
    ECM_CHECK(ecm_spool_next(&st, &cfg, data, 64, &n, &number) == ECM_OK);
    ECM_CHECK(n == 20U && number == 0U);
    ECM_CHECK(ecm_spool_ack(&st, &cfg, 2) == ECM_OK && st.dropped == 0U);
    ECM_CHECK(ecm_spool_waiting(&st) == 0U);
}

static void test_refusals(void) {
    uint8_t bytes[2 * 64], data[64] = {1, 2, 3};
    test_flash_t flash;
    ecm_state_store_t store = test_flash_store(&flash, bytes, 2, 64, 16), bad;
    ecm_spool_cfg_t cfg = {NULL, 2}, other;
    ecm_spool_t st;
    uint32_t n = 99, number = 99;
    memset(&st, 0, sizeof st);
    ECM_CHECK(ecm_spool_open(&st, &cfg) == ECM_ERR_NULL);
    cfg.flash = &store;
    other = cfg;
    other.sectors = 1;
    ECM_CHECK(ecm_spool_open(&st, &other) == ECM_ERR_LENGTH);
    bad = store;
    bad.slot_bytes = 72;
    other = cfg;
    other.flash = &bad;
    ECM_CHECK(ecm_spool_open(&st, &other) == ECM_ERR_LENGTH);
    bad.slot_bytes = 48;
    ECM_CHECK(ecm_spool_open(&st, &other) == ECM_ERR_LENGTH);
    bad = store;
    bad.write = NULL;
    ECM_CHECK(ecm_spool_open(&st, &other) == ECM_ERR_NULL);
    ECM_CHECK(ecm_spool_open(NULL, &cfg) == ECM_ERR_NULL);
    ECM_CHECK(ecm_spool_append(&st, &cfg, data, 3) == ECM_ERR_STATE);
    ECM_CHECK(ecm_spool_next(&st, &cfg, data, 64, &n, &number) == ECM_ERR_STATE);
    ECM_CHECK(ecm_spool_pass(&st, &cfg) == ECM_ERR_STATE);
    ECM_CHECK(ecm_spool_rewind(&st) == ECM_ERR_STATE);
    ECM_CHECK(ecm_spool_ack(&st, &cfg, 0) == ECM_ERR_STATE);
    ECM_CHECK(ecm_spool_waiting(&st) == 0U && ecm_spool_waiting(NULL) == 0U);
    ECM_CHECK(ecm_spool_open(&st, &cfg) == ECM_OK);
    ECM_CHECK(ecm_spool_next(&st, &cfg, data, 64, &n, &number) == ECM_MORE);
    ECM_CHECK(ecm_spool_append(&st, &cfg, NULL, 3) == ECM_ERR_NULL);
    ECM_CHECK(ecm_spool_append(&st, &cfg, data, 0) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_spool_append(&st, &cfg, data, 21) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_spool_append(&st, &cfg, data, 20) == ECM_OK);
    ECM_CHECK(ecm_spool_append(&st, &cfg, data, 20) == ECM_OK);
    ECM_CHECK(ecm_spool_next(&st, &cfg, data, 19, &n, &number) == ECM_ERR_FULL);
    ECM_CHECK(ecm_spool_next(&st, &cfg, data, 64, &n, NULL) == ECM_ERR_NULL);
    ECM_CHECK(n == 99U && number == 99U && ecm_spool_waiting(&st) == 2U);
    ECM_CHECK(ecm_spool_next(&st, &cfg, data, 20, &n, &number) == ECM_OK);
    ECM_CHECK(n == 20U && number == 0U);
    ECM_CHECK(ecm_spool_ack(&st, &cfg, 2) == ECM_ERR_ARG);
    ECM_CHECK(ecm_spool_ack(&st, &cfg, 0) == ECM_OK);
    ECM_CHECK(ecm_spool_waiting(&st) == 1U && st.dropped == 0U);
    ECM_CHECK(ecm_spool_rewind(NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_spool_pass(NULL, &cfg) == ECM_ERR_NULL);
    ECM_CHECK(ecm_spool_pass(&st, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_spool_ack(NULL, &cfg, 0) == ECM_ERR_NULL);
}

void test_ecm_spool(void) {
    test_cuts();
    test_turns();
    test_any_order_of_calls();
    test_an_acknowledgement_drops_nothing();
    test_a_worn_cell_costs_a_sector();
    test_a_second_try_in_the_oldest_sector();
    test_a_refusal_costs_no_other_frame();
    test_decay();
    test_passed();
    test_refusals();
}
