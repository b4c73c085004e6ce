/* bench_serial.h - the bench over a serial line, for firmware of your own.
 *
 * A project that has clock, pins and UART running adds bench_drive.c, bench_mail.c,
 * bench_serial.c, bench_stream.c, bench_memory.c and bench_port.h (the file of this
 * folder that is named after the core) to the sources of the package, gives the two
 * functions and the memory below, and calls ecm_bench_serial with interrupts as in the
 * product, or off. The runner `serial` of ecmkit speaks to it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_BENCH_SERIAL_H
#define ECM_BENCH_SERIAL_H

#include <stdint.h>

#include "bench_mail.h"

/* Longest line, the end of it included: a write of ECM_BENCH_SERIAL_DATA bytes. */
#define ECM_BENCH_SERIAL_LINE 160
#define ECM_BENCH_SERIAL_DATA 64

/* From the project: the next byte, as soon as there is one. */
uint8_t ecm_bench_serial_get(void);

/* From the project: send a byte, as soon as there is room. */
void ecm_bench_serial_put(uint8_t byte);

/* Mailbox, samples and records; ecm_bench_mail[] is defined by the project too. */
extern const uint32_t ecm_bench_mail_bytes;

/** Answer requests, for ever.
 *
 * stack_bytes [in] how far the stack may grow from here; it is painted, so no more than
 *                  is free
 *
 * Returns : never.
 */
void ecm_bench_serial(uint32_t stack_bytes);

#endif
