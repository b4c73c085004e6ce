/* bench_stream.c - the records that the bench writes, see bench.h. Takes nothing from
 * outside, not even memcpy, since the application's copy would then be counted as
 * needed by it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

void ecm_bench_bytes(volatile uint8_t *to, const void *from, uint32_t n) {
    const uint8_t *s = from;
    while (n-- > 0U) {
        *to++ = *s++;
    }
}

static void bench_zeros(volatile uint8_t *to, uint32_t n) {
    while (n-- > 0U) {
        *to++ = 0U;
    }
}

uint8_t *ecm_bench_record(ecm_bench_stream_t *out, uint32_t tag, uint32_t n) {
    uint32_t head[2], padded = (n + 3U) & ~3U;
    uint8_t *at = out->at;
    if (out->full != 0U || (size_t)(out->end - at) < sizeof head + padded) {
        out->full = 1U;
        return NULL;
    }
    head[0] = tag;
    head[1] = n;
    ecm_bench_bytes(at, head, sizeof head);
    bench_zeros(at + sizeof head, padded);
    out->at = at + sizeof head + padded;
    return at + sizeof head;
}

void ecm_bench_pair(ecm_bench_stream_t *out, uint32_t tag, uint32_t a, uint32_t b) {
    uint32_t pair[2];
    uint8_t *at = ecm_bench_record(out, tag, sizeof pair);
    if (at != NULL) {
        pair[0] = a;
        pair[1] = b;
        ecm_bench_bytes(at, pair, sizeof pair);
    }
}
