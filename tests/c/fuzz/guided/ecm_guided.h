/* ecm_guided.h - what the targets of libFuzzer share: bytes that are read one by one.
 *
 * A target is one file with guided_run, which reads its actions from the input: the
 * fuzzer watches which code they reach and changes them to reach more. Checksums are
 * put right by the target, as no fuzzer guesses them. What was reached is printed at
 * the end, so that a test can hold the kept inputs to it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_GUIDED_H
#define ECM_GUIDED_H

#include "ecm_base.h"
#include "ecm_state.h"
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    const uint8_t *at;
    size_t left;
} guided_t;

/* Flash in memory of exactly its size. */
typedef struct {
    uint8_t *bytes;
    uint32_t len;
    uint32_t calls_left; /* then each call refuses; UINT32_MAX: never */
} guided_flash_t;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void guided_run(guided_t *in);

static bool guided_reached[32];

#define GUIDED_CHECK(cond) guided_check((cond), #cond, __LINE__)
static void guided_check(bool ok, const char *what, int line) {
    if (!ok) {
        (void)fprintf(stderr, "line %d: %s\n", line, what);
        abort();
    }
}

static inline void guided_reach(uint32_t what) {
    GUIDED_CHECK(what < 32U);
    guided_reached[what] = true;
}

__attribute__((destructor)) static void guided_say(void) {
    uint32_t i;
    (void)fprintf(stderr, "reached:");
    for (i = 0; i < 32U; i++) {
        if (guided_reached[i]) {
            (void)fprintf(stderr, " %u", (unsigned)i);
        }
    }
    (void)fprintf(stderr, "\n");
}

/* The next byte; 0 behind the last. */
static inline uint8_t guided_u8(guided_t *in) {
    if (in->left == 0U) {
        return 0;
    }
    in->left--;
    return *in->at++;
}

static inline void guided_fill(guided_t *in, uint8_t *to, uint32_t bytes) {
    uint32_t i;
    for (i = 0; i < bytes; i++) {
        to[i] = guided_u8(in);
    }
}

static inline uint8_t *guided_memory(size_t bytes) {
    uint8_t *made = calloc(bytes > 0U ? bytes : 1U, 1);
    GUIDED_CHECK(made != NULL);
    return made;
}

static inline void guided_put(uint8_t *to, uint32_t value) {
    uint32_t i;
    for (i = 0; i < 4U; i++) {
        to[i] = (uint8_t)((value >> (8U * i)) & 0xffU);
    }
}

static bool flash_refuses(void *user, uint32_t at, uint32_t bytes) {
    guided_flash_t *flash = user;
    GUIDED_CHECK(at <= flash->len && bytes <= flash->len - at);
    if (flash->calls_left == 0U) {
        return true;
    }
    flash->calls_left -= flash->calls_left != UINT32_MAX ? 1U : 0U;
    return false;
}

static ecm_status_t flash_read(void *user, uint32_t at, uint8_t *data, uint32_t bytes) {
    const guided_flash_t *flash = user;
    if (flash_refuses(user, at, bytes)) {
        return ECM_ERR_STATE;
    }
    memcpy(data, flash->bytes + at, bytes);
    return ECM_OK;
}

static ecm_status_t flash_erase(void *user, uint32_t at, uint32_t bytes) {
    const guided_flash_t *flash = user;
    bool refuses = flash_refuses(user, at, bytes);
    memset(flash->bytes + at, 0xff, refuses ? bytes / 2U : bytes);
    return refuses ? ECM_ERR_STATE : ECM_OK;
}

static ecm_status_t flash_write(void *user, uint32_t at, const uint8_t *data,
                                uint32_t bytes) {
    const guided_flash_t *flash = user;
    bool refuses = flash_refuses(user, at, bytes);
    memcpy(flash->bytes + at, data, refuses ? bytes / 2U : bytes);
    return refuses ? ECM_ERR_STATE : ECM_OK;
}

/* Erased flash of slots; it fails for good after as many calls as the next byte says,
 * or never. */
static inline ecm_state_store_t guided_flash(guided_t *in, guided_flash_t *flash,
                                             uint32_t slots, uint32_t slot_bytes) {
    ecm_state_store_t store = {flash_read, flash_erase, flash_write, NULL, 0};
    uint8_t calls = guided_u8(in);
    flash->len = slots * slot_bytes;
    flash->bytes = guided_memory(flash->len);
    memset(flash->bytes, 0xff, flash->len);
    flash->calls_left = calls == 0U ? UINT32_MAX : calls;
    store.user = flash;
    store.slot_bytes = slot_bytes;
    return store;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    guided_t in;
    in.at = data;
    in.left = size;
    guided_run(&in);
    return 0;
}

#endif
