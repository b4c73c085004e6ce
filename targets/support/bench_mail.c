/* bench_mail.c - runs the part of a run that the mailbox holds; see bench_mail.h.
 *
 * Holds no data of its own, so that its code may stand in flash without start-up.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench_mail.h"
#include "bench.h"
#include "bench_port.h"

#define MAIL ECM_BENCH_MAIL
#define PAINT 0xa5a5a5a5U

extern ecm_package_memory_t ecm_bench_memory; /* counts as the application's */

/* ---- marks ------------------------------------------------------------------------
 *
 * Emulators count from the return of begin, a single instruction, to the call of end;
 * a counter on the chip from the last of enter to the first of end.
 */

static void mail_count(void) {
    uint32_t spent = bench_port_count_since(MAIL->counter, MAIL->count_from);
    uint32_t overhead = MAIL->count_overhead;
    volatile uint32_t *counts =
        (volatile uint32_t *)((volatile uint8_t *)MAIL + MAIL->counts_at);
    if (spent != BENCH_COUNTER_FULL) {
        spent = spent > overhead ? spent - overhead : 0U;
    }
    counts[MAIL->counts_used] = spent;
    MAIL->counts_used++;
}

/* Apart from enter, which so keeps nothing on the stack that it takes note of. */
static __attribute__((noinline)) void mail_count_from(void) {
    MAIL->count_from = bench_port_count_from(MAIL->counter);
}

__attribute__((noinline)) void ecm_bench_enter(void) {
    uint32_t sp = BENCH_PORT_ADDRESS(bench_port_stack());
    if (sp > MAIL->stack_top) {
        MAIL->stack_top = sp;
    }
    if (MAIL->counts_at != 0U) {
        mail_count_from();
    }
}

__attribute__((noinline)) void ecm_bench_begin(void) {
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) void ecm_bench_end(void) {
    if (MAIL->counts_at != 0U) {
        mail_count();
    }
}

/* Find a counter, and what the marks cost by themselves. */
static void mail_find_counter(void) {
    MAIL->counter = BENCH_COUNTER_NONE;
    MAIL->count_overhead = 0U;
    MAIL->counts_used = 0U;
    if (MAIL->counts_at != 0U) {
        MAIL->counter = bench_port_counter();
        ecm_bench_enter();
        ecm_bench_begin();
        ecm_bench_end();
        MAIL->count_overhead =
            *(volatile uint32_t *)((volatile uint8_t *)MAIL + MAIL->counts_at);
        MAIL->counts_used = 0U;
    }
}

/* ---- stack ------------------------------------------------------------------------
 */

static void mail_stack_paint(volatile uint32_t *limit) {
    volatile uint32_t *word;
    volatile uint32_t *top = (volatile uint32_t *)(bench_port_stack() & ~(uintptr_t)3U);
    for (word = limit; word < top; word++) {
        *word = PAINT;
    }
}

static uint32_t mail_stack_low(const volatile uint32_t *word) {
    while (*word == PAINT) {
        word++;
    }
    return BENCH_PORT_ADDRESS((uintptr_t)word);
}

/* ---- part -------------------------------------------------------------------------
 */

static ecm_status_t mail_run(ecm_bench_stream_t *out) {
    const ecm_package_sample_t *x =
        (const ecm_package_sample_t *)(const void *)((uint8_t *)ecm_bench_mail +
                                                     MAIL->samples_at);
    uint32_t left = MAIL->samples_len, chunk, i, part = MAIL->part;
    ecm_status_t status = ECM_OK;
    if ((part & ECM_BENCH_MAIL_FIRST) != 0U) {
        status = ecm_bench_init(&ecm_bench_memory, out, MAIL->speed_hz);
    }
    for (; status >= ECM_OK && left > 0U; left -= chunk, x += chunk) {
        chunk = left < MAIL->chunk_len ? left : MAIL->chunk_len;
        status = ecm_bench_push(&ecm_bench_memory, out, x, MAIL->samples_len, chunk);
    }
    if ((part & ECM_BENCH_MAIL_LAST) != 0U) {
        for (i = 0; status >= ECM_OK && i < MAIL->frames_len; i++) {
            status = ecm_bench_report(&ecm_bench_memory, out, i);
        }
    }
    return status;
}

void ecm_bench_part(volatile uint32_t *stack_limit) {
    ecm_bench_stream_t out;
    if (MAIL->magic != ECM_BENCH_MAIL_MAGIC) {
        MAIL->state = ECM_BENCH_MAIL_FAULT;
        return;
    }
    MAIL->state = ECM_BENCH_MAIL_RUNNING;
    out.at = (uint8_t *)ecm_bench_mail + MAIL->out_at;
    out.end = out.at + MAIL->out_bytes;
    out.full = 0U;
    mail_find_counter();
    MAIL->stack_top = 0U;
    MAIL->stack_limit = BENCH_PORT_ADDRESS((uintptr_t)stack_limit);
    if ((MAIL->part & ECM_BENCH_MAIL_FIRST) != 0U) {
        mail_stack_paint(stack_limit);
    }
    MAIL->status = (uint32_t)mail_run(&out);
    MAIL->stack_low = mail_stack_low(stack_limit);
    MAIL->out_used = (uint32_t)(out.at - (uint8_t *)ecm_bench_mail) - MAIL->out_at;
    MAIL->out_full = out.full;
    MAIL->state = ECM_BENCH_MAIL_DONE;
}
