/* platform_avr.c - output by the first serial port of an ATmega, and the end: simavr
 * stops when the core sleeps with interrupts off.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_test.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>

void ecm_test_write(const char *text) {
    UCSR0B = (uint8_t)(1U << TXEN0);
    for (; *text != '\0'; text++) {
        while ((UCSR0A & (1U << UDRE0)) == 0U) {
        }
        UDR0 = (uint8_t)*text;
    }
}

void ecm_test_exit(int failed) {
    ecm_test_write(failed != 0 ? "END 1\n" : "END 0\n");
    cli();
    sleep_enable();
    for (;;) {
        sleep_cpu();
    }
}
