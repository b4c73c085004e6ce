/* bench_main.c - the target's side of the bench: golden samples in by a mailbox,
 * records out behind it.
 *
 * A runner writes mailbox and samples before reset, and reads mailbox and records when
 * ecm_bench_done is reached. A runner that cannot look into the memory gives the name
 * of a file, which is written through semihosting.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"
#include "bench_port.h"

int main(void);
void ecm_start_fault(void);
void ecm_bench_done(void);

#define MAIL_MAGIC 0x424d4345U /* "ECMB" */
#define PAINT 0xa5a5a5a5U

enum { MAIL_RUNNING = 1, MAIL_DONE = 2, MAIL_FAULT = 3 };

/* ecmkit/bench/mailbox.py has the same fields in the same order. */
typedef struct {
    uint32_t magic;
    uint32_t samples_at;
    uint32_t samples_len; /* of each channel; they lie one behind the other */
    uint32_t chunk_len;
    float speed_hz;
    uint32_t frames_len;
    uint32_t out_at;
    uint32_t out_bytes;
    uint32_t file_at; /* name of a file to write through semihosting; 0: none */
    uint32_t file_len;
    /* results */
    uint32_t state;
    uint32_t status;
    uint32_t out_used;
    uint32_t out_full;
    uint32_t stack_top; /* where the application was called with the most stack free */
    uint32_t stack_low; /* lowest word that was ever written */
} bench_mail_t;

#define MAIL ((volatile bench_mail_t *)(uintptr_t)ECM_BENCH_MAIL_AT)

extern ecm_package_memory_t ecm_bench_memory; /* counts as the application's */
extern uint32_t ecm_start_stack_limit[];      /* from the linker script */

/* ---- marks ------------------------------------------------------------------------
 */

__attribute__((noinline)) void ecm_bench_begin(void) {
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) void ecm_bench_end(void) {
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) void ecm_bench_done(void) {
    __asm__ volatile("" ::: "memory");
}

/* ---- semihosting ------------------------------------------------------------------
 */

enum { SEMI_OPEN = 1, SEMI_CLOSE = 2, SEMI_WRITE = 5, SEMI_EXIT = 0x18 };
#define SEMI_OPEN_WB 5U
#define SEMI_EXIT_DONE 0x20026U

static void semi_write_file(void) {
    volatile uint32_t open[3], write[3], close[1];
    open[0] = MAIL->file_at;
    open[1] = SEMI_OPEN_WB;
    open[2] = MAIL->file_len;
    close[0] = bench_port_semihost(SEMI_OPEN, open);
    write[0] = close[0];
    write[1] = ECM_BENCH_MAIL_AT;
    write[2] = sizeof(bench_mail_t);
    (void)bench_port_semihost(SEMI_WRITE, write);
    write[1] = MAIL->out_at;
    write[2] = MAIL->out_used;
    (void)bench_port_semihost(SEMI_WRITE, write);
    (void)bench_port_semihost(SEMI_CLOSE, close);
}

static void bench_finish(uint32_t state) {
    MAIL->state = state;
    ecm_bench_done();
    if (MAIL->file_at != 0U) {
        semi_write_file();
        (void)bench_port_semihost(SEMI_EXIT, (const void *)SEMI_EXIT_DONE);
    }
    for (;;) {
    }
}

void ecm_start_fault(void) {
    bench_finish(MAIL_FAULT);
}

/* ---- stack ------------------------------------------------------------------------
 */

void ecm_bench_enter(void) {
    uint32_t sp = BENCH_PORT_ADDRESS(bench_port_stack());
    if (sp > MAIL->stack_top) {
        MAIL->stack_top = sp;
    }
}

static void bench_stack_paint(void) {
    volatile uint32_t *word;
    volatile uint32_t *top = (volatile uint32_t *)(bench_port_stack() & ~(uintptr_t)3U);
    for (word = ecm_start_stack_limit; word < top; word++) {
        *word = PAINT;
    }
}

static uint32_t bench_stack_low(void) {
    const volatile uint32_t *word = ecm_start_stack_limit;
    while (*word == PAINT) {
        word++;
    }
    return BENCH_PORT_ADDRESS((uintptr_t)word);
}

/* ---- main -------------------------------------------------------------------------
 */

static ecm_status_t bench_run(ecm_bench_stream_t *out) {
    const ecm_package_sample_t *x =
        (const ecm_package_sample_t *)(uintptr_t)MAIL->samples_at;
    uint32_t left = MAIL->samples_len, chunk, i;
    ecm_status_t status = ecm_bench_init(&ecm_bench_memory, out, MAIL->speed_hz);
    for (; status >= ECM_OK && left > 0U; left -= chunk, x += chunk) {
        chunk = left < MAIL->chunk_len ? left : MAIL->chunk_len;
        status = ecm_bench_push(&ecm_bench_memory, out, x, MAIL->samples_len, chunk);
    }
    for (i = 0; status >= ECM_OK && i < MAIL->frames_len; i++) {
        status = ecm_bench_report(&ecm_bench_memory, out, i);
    }
    return status;
}

int main(void) {
    ecm_bench_stream_t out;
    if (MAIL->magic != MAIL_MAGIC) {
        bench_finish(MAIL_FAULT);
    }
    MAIL->state = MAIL_RUNNING;
    out.at = (uint8_t *)(uintptr_t)MAIL->out_at;
    out.end = out.at + MAIL->out_bytes;
    out.full = 0U;
    MAIL->stack_top = 0U;
    bench_stack_paint();
    MAIL->status = (uint32_t)bench_run(&out);
    MAIL->stack_low = bench_stack_low();
    MAIL->out_used = (uint32_t)(out.at - (uint8_t *)(uintptr_t)MAIL->out_at);
    MAIL->out_full = out.full;
    bench_finish(MAIL_DONE);
    return 0;
}
