/* serial_device.c - a board at the other end of a serial line, as a user's project
 * would have it: on this machine (standard input and output) or on an MPS2 of Arm (UART
 * 0).
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench_serial.h"

uint64_t ecm_bench_mail[1024];
const uint32_t ecm_bench_mail_bytes = (uint32_t)sizeof ecm_bench_mail;

int main(void);

#ifdef __arm__

#define UART_DATA (*(volatile uint32_t *)0x40004000U)
#define UART_STATE (*(volatile uint32_t *)0x40004004U)
#define UART_CTRL (*(volatile uint32_t *)0x40004008U)
#define UART_BAUD (*(volatile uint32_t *)0x40004010U)

uint8_t ecm_bench_serial_get(void) {
    while ((UART_STATE & 2U) == 0U) {
    }
    return (uint8_t)UART_DATA;
}

void ecm_bench_serial_put(uint8_t byte) {
    while ((UART_STATE & 1U) != 0U) {
    }
    UART_DATA = byte;
}

int main(void) {
    UART_BAUD = 16U;
    UART_CTRL = 3U;
    ecm_bench_serial(3000U);
    return 0;
}

#else

#include <unistd.h>

uint8_t ecm_bench_serial_get(void) {
    uint8_t byte;
    if (read(0, &byte, 1) != 1) {
        _exit(0);
    }
    return byte;
}

void ecm_bench_serial_put(uint8_t byte) {
    if (write(1, &byte, 1) != 1) {
        _exit(0);
    }
}

int main(void) {
    ecm_bench_serial(65536U);
    return 0;
}

#endif
