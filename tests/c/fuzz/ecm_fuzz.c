/* ecm_fuzz.c - see ecm_fuzz.h; for the host, with the C library.
 *
 *     fuzz MODULE SEED DRAWS [ROUND]
 *
 * It ends after the round in which as many numbers were drawn: that is a measure of the
 * work, and not of the machine. Each round has a seed of its own, made of SEED and its
 * number, so that a failure is repeated by giving its ROUND.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    const char *name;
    void (*run)(void);
} fuzz_module_t;

extern const fuzz_module_t ecm_fuzz_modules[]; /* written by the test; NULL ends it */
void __sanitizer_set_death_callback(void (*callback)(void));
int main(int argc, char **argv);

enum { HELD_MAX = 128, WATCHED_MAX = 16 };

typedef struct {
    const void *at;
    void *copy;
    size_t bytes;
} fuzz_watched_t;

static struct {
    uint64_t state, drawn;
    const char *module;
    unsigned long seed, round;
    void *held[HELD_MAX];
    uint32_t held_n;
    fuzz_watched_t watched[WATCHED_MAX];
    uint32_t watched_n;
} fuzz;

/* ---- numbers ----------------------------------------------------------------------
 */

uint32_t ecm_fuzz_seed(void) {
    return (uint32_t)fuzz.seed;
}

uint32_t ecm_fuzz_u32(void) /* SplitMix64 */
{
    uint64_t z = fuzz.state += 0x9e3779b97f4a7c15U;
    fuzz.drawn++;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return (uint32_t)((z ^ (z >> 31)) >> 16);
}

uint32_t ecm_fuzz_below(uint32_t n) {
    return ecm_fuzz_u32() % n;
}

bool ecm_fuzz_once_in(uint32_t n) {
    return ecm_fuzz_below(n) == 0U;
}

uint32_t ecm_fuzz_len(uint32_t most) {
    uint32_t n;
    switch (ecm_fuzz_below(8)) {
    case 0:
        return 0;
    case 1:
        return most;
    case 2:
        return most < 3U ? most : 1U + ecm_fuzz_below(3);
    case 3:
    case 4:
        n = 1U << ecm_fuzz_below(32);
        n += ecm_fuzz_below(3) - 1U;
        return n <= most ? n : ecm_fuzz_len(most);
    case 5:
        return ecm_fuzz_below(most < 100U ? most + 1U : 100U);
    default:
        return most == UINT32_MAX ? ecm_fuzz_u32() : ecm_fuzz_below(most + 1U);
    }
}

static float fuzz_from_bits(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

float ecm_fuzz_plain_f32(void) {
    uint32_t exponent = 117U + ecm_fuzz_below(21), bits = ecm_fuzz_u32();
    return fuzz_from_bits((bits & 0x807fffffU) | (exponent << 23));
}

float ecm_fuzz_f32(void) {
    static const uint32_t odd[] = {
        0x00000000U, 0x80000000U, 0x3f800000U, 0xbf800000U, 0x7f800000U, 0xff800000U,
        0x7fc00000U, 0xffc00001U, 0x7f800001U, 0x7f7fffffU, 0xff7fffffU, 0x00800000U,
        0x007fffffU, 0x00000001U, 0x80000001U, 0x4b000000U, 0x4f000000U, 0xcf000000U,
        0x4effffffU, 0x5f000000U, 0x3f7fffffU, 0x33800000U, 0x46fffe00U, 0x47000000U};
    switch (ecm_fuzz_below(4)) {
    case 0:
        return fuzz_from_bits(odd[ecm_fuzz_below(sizeof odd / sizeof odd[0])]);
    case 1:
        return fuzz_from_bits(ecm_fuzz_u32());
    default:
        return ecm_fuzz_plain_f32();
    }
}

/* ---- memory -----------------------------------------------------------------------
 */

static void *fuzz_hold(size_t bytes) {
    void *p = malloc(bytes);
    ECM_FUZZ_CHECK(p != NULL && fuzz.held_n < HELD_MAX);
    fuzz.held[fuzz.held_n++] = p;
    return p;
}

void *ecm_fuzz_bytes(size_t bytes) {
    uint8_t *p = fuzz_hold(bytes);
    size_t i;
    for (i = 0; i < bytes; i++) {
        p[i] = (uint8_t)ecm_fuzz_u32();
    }
    return p;
}

float *ecm_fuzz_plain_array_f32(uint32_t n) {
    float *x = fuzz_hold(n * sizeof *x);
    uint32_t i;
    for (i = 0; i < n; i++) {
        x[i] = ecm_fuzz_plain_f32();
    }
    return x;
}

float *ecm_fuzz_array_f32(uint32_t n) {
    float *x = ecm_fuzz_plain_array_f32(n), value = ecm_fuzz_f32();
    uint32_t i, kind = ecm_fuzz_below(8), odd = 1U + ecm_fuzz_below(64);
    for (i = 0; i < n; i++) {
        switch (kind) {
        case 0:
            x[i] = value;
            break;
        case 1:
            x[i] *= 0x1p-126f;
            break;
        case 2:
            x[i] *= 0x1p117f;
            break;
        case 3:
            x[i] = ecm_fuzz_f32();
            break;
        case 4:
            x[i] = ecm_fuzz_once_in(odd) ? ecm_fuzz_f32() : x[i];
            break;
        default:
            break;
        }
    }
    return x;
}

void *ecm_fuzz_or_null(void *p) {
    return ecm_fuzz_once_in(32) ? NULL : p;
}

void ecm_fuzz_watch(const void *p, size_t bytes) {
    fuzz_watched_t *entry = &fuzz.watched[fuzz.watched_n];
    if (p == NULL) {
        return;
    }
    ECM_FUZZ_CHECK(fuzz.watched_n < WATCHED_MAX);
    fuzz.watched_n++;
    entry->at = p;
    entry->bytes = bytes;
    entry->copy = fuzz_hold(bytes);
    memcpy(entry->copy, p, bytes);
}

void ecm_fuzz_judge(ecm_status_t status) {
    uint32_t i;
    for (i = 0; i < fuzz.watched_n; i++) {
        fuzz_watched_t *entry = &fuzz.watched[i];
        if (status < ECM_OK) {
            ECM_FUZZ_CHECK(memcmp(entry->copy, entry->at, entry->bytes) == 0);
        } else {
            memcpy(entry->copy, entry->at, entry->bytes);
        }
    }
}

/* ---- program ----------------------------------------------------------------------
 */

static void fuzz_where(void) {
    (void)fprintf(stderr, "fuzz: again with: %s %lu 0 %lu\n", fuzz.module, fuzz.seed,
                  fuzz.round);
}

void ecm_fuzz_check(bool ok, const char *what, const char *file, int line) {
    if (!ok) {
        (void)fprintf(stderr, "fuzz: %s:%d: %s\n", file, line, what);
        fuzz_where();
        exit(1);
    }
}

static void fuzz_round(void (*run)(void), unsigned long round) {
    fuzz.round = round;
    fuzz.state = ((uint64_t)fuzz.seed << 32) ^ round;
    run();
    while (fuzz.held_n > 0U) {
        free(fuzz.held[--fuzz.held_n]);
    }
    fuzz.watched_n = 0;
}

int main(int argc, char **argv) {
    const fuzz_module_t *module = ecm_fuzz_modules;
    unsigned long round = argc > 4 ? strtoul(argv[4], NULL, 10) : 0;
    uint64_t least;
    if (argc < 4) {
        return 2;
    }
    while (module->name != NULL && strcmp(module->name, argv[1]) != 0) {
        module++;
    }
    if (module->name == NULL) {
        return 2;
    }
    fuzz.module = module->name;
    fuzz.seed = strtoul(argv[2], NULL, 10);
    __sanitizer_set_death_callback(fuzz_where);
    least = strtoull(argv[3], NULL, 10);
    do {
        fuzz_round(module->run, round++);
    } while (fuzz.drawn < least);
    (void)printf("%lu\n", round);
    return 0;
}
