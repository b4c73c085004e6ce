/* bench.h - drives a package over golden samples and writes down what comes out.
 *
 * The same loop runs on the host and on the target, so that the two can be compared
 * record by record. What comes out is a stream of records: a tag, the length of the
 * payload in bytes, the payload, all in 32-bit words, little-endian.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_BENCH_H
#define ECM_BENCH_H

#include "ecm_package.h"

/* Tags and payloads. */
enum {
    ECM_BENCH_EVENT = 1,   /* ecm_app_event_t, features, outputs of all models, then
                              of challengers */
    ECM_BENCH_FRAME = 2,   /* the frame's bytes, padded with zeros to whole words */
    ECM_BENCH_SEGMENT = 3, /* stage, window: what the next begin ... end runs */
    ECM_BENCH_REFUSED = 4  /* stage, status: a call that was refused */
};

/* Stages; a slice of ecm_app_step has stage ECM_BENCH_STEP + its number. */
enum {
    ECM_BENCH_INIT = 0,
    ECM_BENCH_PUSH = 1,
    ECM_BENCH_REPORT = 2,
    ECM_BENCH_STEP = 16
};

/* Where records go. */
typedef struct {
    uint8_t *at;
    uint8_t *end;
    uint32_t full; /* 1: a record did not fit and is lost */
} ecm_bench_stream_t;

/* Copy bytes, one by one. */
void ecm_bench_bytes(volatile uint8_t *to, const void *from, uint32_t n);

/* Open a record of n bytes; where they go, or NULL if it does not fit. */
uint8_t *ecm_bench_record(ecm_bench_stream_t *out, uint32_t tag, uint32_t n);

/* Write a record of two words. */
void ecm_bench_pair(ecm_bench_stream_t *out, uint32_t tag, uint32_t a, uint32_t b);

/** Start the application.
 *
 * memory [out]    of the package
 * out    [in,out] takes the records
 * speed  [in]     shaft speed in revolutions per second
 *
 * Returns : what ecm_app_init and ecm_app_set_speed said.
 */
ecm_status_t ecm_bench_init(ecm_package_memory_t *memory, ecm_bench_stream_t *out,
                            float speed_hz);

/** Push a chunk of each channel, then step until there is nothing to do.
 *
 * memory [in,out] of the package
 * out    [in,out] takes the records
 * x      [in]     samples of the first channel
 * stride [in]     from a channel's samples to those of the next
 * x_len  [in]     number of samples of each channel
 *
 * Returns : ECM_OK; refusals are records.
 */
ecm_status_t ecm_bench_push(ecm_package_memory_t *memory, ecm_bench_stream_t *out,
                            const ecm_package_sample_t *x, uint32_t stride,
                            uint32_t x_len);

/** Ask for a telemetry frame.
 *
 * memory   [in,out] of the package
 * out      [in,out] takes the records
 * uptime_s [in]     seconds since start
 *
 * Returns : what ecm_app_report said.
 */
ecm_status_t ecm_bench_report(ecm_package_memory_t *memory, ecm_bench_stream_t *out,
                              uint32_t uptime_s);

/* Takes note of the stack pointer, from which the application's stack is measured, and
 * of the counter of the chip, if one is asked for. */
void ecm_bench_enter(void);

/* Emulators count from the return of begin to the call of end. */
void ecm_bench_begin(void);
void ecm_bench_end(void);

#endif
