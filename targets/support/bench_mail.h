/* bench_mail.h - the mailbox of the bench: golden samples in, records out behind it.
 *
 * Whoever drives the bench (an emulator, a debug probe, a serial line) writes mailbox
 * and samples into the memory at ecm_bench_mail, lets ecm_bench_part run, and reads
 * mailbox, records and counts. Where that memory does not hold all samples, the next
 * part follows: the application goes on where it was.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_BENCH_MAIL_H
#define ECM_BENCH_MAIL_H

#include <stdint.h>

#define ECM_BENCH_MAIL_MAGIC 0x424d4345U /* "ECMB" */

enum {
    ECM_BENCH_MAIL_RUNNING = 1,
    ECM_BENCH_MAIL_DONE = 2,
    ECM_BENCH_MAIL_FAULT = 3,
    ECM_BENCH_MAIL_AGAIN = 4 /* as it is written: a part that has not run yet */
};
/* Parts of a run: the first starts the application, the last asks for frames. */
enum { ECM_BENCH_MAIL_FIRST = 1, ECM_BENCH_MAIL_LAST = 2 };

/* All places are counted in bytes from the start of the mailbox; 0 is none.
 * ecmkit/bench/mailbox.py has the same fields in the same order. */
typedef struct {
    uint32_t magic;
    uint32_t samples_at;
    uint32_t samples_len; /* of each channel; they lie one behind the other */
    uint32_t chunk_len;
    float speed_hz;
    uint32_t frames_len;
    uint32_t out_at;
    uint32_t out_bytes;
    uint32_t file_at; /* name of a file to write through semihosting */
    uint32_t file_len;
    uint32_t part;      /* ECM_BENCH_MAIL_FIRST, _LAST, both or neither */
    uint32_t counts_at; /* where a counter on the chip is to write, a word a segment */
    /* results */
    uint32_t state;
    uint32_t status;
    uint32_t out_used;
    uint32_t out_full;
    uint32_t stack_top; /* where the application was called with the most stack free */
    uint32_t stack_low; /* lowest word that was ever written */
    uint32_t stack_limit; /* as far down as it may go */
    uint32_t counter;     /* BENCH_COUNTER_*: what counted */
    uint32_t counts_used;
    /* own to the bench */
    uint32_t count_from;
    uint32_t count_overhead; /* of the marks themselves */
} ecm_bench_mail_t;

/* First of the memory of the bench, from the linker script or the project around it. */
extern uint64_t ecm_bench_mail[];
#define ECM_BENCH_MAIL ((volatile ecm_bench_mail_t *)(void *)ecm_bench_mail)

/* Run the part that the mailbox holds; a mailbox that was never written is a fault.
 * The stack is painted, and measured, down to stack_limit. */
void ecm_bench_part(volatile uint32_t *stack_limit);

#endif
