/* bench_main.c - the bench where a runner looks into the memory: an emulator, or a
 * debug probe.
 *
 * The runner writes the mailbox before reset, and reads results when ecm_bench_done is
 * reached; with a next part in the mailbox, it then lets the target go on. A runner
 * that cannot look into the memory gives the name of a file, which is written through
 * semihosting.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench_mail.h"
#include "bench_port.h"

int main(void);
void ecm_start_fault(void);
void ecm_bench_done(void);

extern uint32_t ecm_start_stack_limit[]; /* from the linker script */

#define MAIL ECM_BENCH_MAIL

__attribute__((noinline)) void ecm_bench_done(void) {
    __asm__ volatile("" ::: "memory");
}

enum { SEMI_OPEN = 1, SEMI_CLOSE = 2, SEMI_WRITE = 5, SEMI_EXIT = 0x18 };
#define SEMI_OPEN_WB 5U
#define SEMI_EXIT_DONE 0x20026U

static void semi_write_file(void) {
    volatile uint32_t open[3], write[3], close[1];
    uint32_t mail = BENCH_PORT_ADDRESS((uintptr_t)ecm_bench_mail);
    open[0] = mail + MAIL->file_at;
    open[1] = SEMI_OPEN_WB;
    open[2] = MAIL->file_len;
    close[0] = bench_port_semihost(SEMI_OPEN, open);
    write[0] = close[0];
    write[1] = mail;
    write[2] = sizeof(ecm_bench_mail_t);
    (void)bench_port_semihost(SEMI_WRITE, write);
    write[1] = mail + MAIL->out_at;
    write[2] = MAIL->out_used;
    (void)bench_port_semihost(SEMI_WRITE, write);
    (void)bench_port_semihost(SEMI_CLOSE, close);
}

/* Give the results up, then wait for the next part. */
static void bench_finish(void) {
    ecm_bench_done();
    if (MAIL->file_at != 0U) {
        semi_write_file();
        (void)bench_port_semihost(SEMI_EXIT, (const void *)SEMI_EXIT_DONE);
    }
    while (MAIL->state != ECM_BENCH_MAIL_AGAIN) {
        ecm_bench_done();
    }
}

void ecm_start_fault(void) {
    MAIL->state = ECM_BENCH_MAIL_FAULT;
    for (;;) {
        bench_finish();
    }
}

int main(void) {
    for (;;) {
        ecm_bench_part(ecm_start_stack_limit);
        bench_finish();
    }
}
