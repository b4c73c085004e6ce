/* bench_serial.c - reads and writes the mailbox by lines of text; see bench_serial.h.
 *
 * A line is fields of hexadecimal digits with a space between them, the last a CRC-32
 * of all before it, its space included. The first is a number that the answer repeats.
 *
 *     1f h CRC              1f h VERSION BYTES LINE IDS CRC
 *     20 w OFFSET DATA CRC  20 w OFFSET CRC
 *     21 r OFFSET N CRC     21 r OFFSET DATA CRC
 *     22 g CRC              22 g STATE CRC            when the part has run
 *
 * A line that is damaged is not answered; what a line cannot have is answered with e.
 * A repeated g is answered again and not run again.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench_serial.h"
#include "bench.h"
#include "bench_port.h"

#define SERIAL_VERSION 1U
#define SERIAL_CRC_DIGITS 8U
#define SERIAL_CRC_START 0xFFFFFFFFU
#define SERIAL_NONE 0x100U /* no number of a line */

/* ---- out --------------------------------------------------------------------------
 */

static uint32_t serial_crc(uint32_t crc, uint8_t byte) {
    uint32_t i;
    crc ^= byte;
    for (i = 0; i < 8U; i++) {
        crc = (crc & 1U) != 0U ? (crc >> 1) ^ 0xEDB88320U : crc >> 1;
    }
    return crc;
}

static void serial_put(uint32_t *crc, uint8_t byte) {
    *crc = serial_crc(*crc, byte);
    ecm_bench_serial_put(byte);
}

static uint8_t serial_digit(uint32_t value) {
    value &= 15U;
    return (uint8_t)(value < 10U ? '0' + value : 'a' + (value - 10U));
}

static void serial_field(uint32_t *crc, uint32_t value, uint32_t digits) {
    while (digits-- > 0U) {
        serial_put(crc, serial_digit(value >> (4U * digits)));
    }
    serial_put(crc, (uint8_t)' ');
}

static void serial_data(uint32_t *crc, const volatile uint8_t *data, uint32_t n) {
    uint32_t i;
    for (i = 0; i < n; i++) {
        serial_put(crc, serial_digit((uint32_t)data[i] >> 4));
        serial_put(crc, serial_digit(data[i]));
    }
    serial_put(crc, (uint8_t)' ');
}

static uint32_t serial_begin(uint32_t number, uint8_t verb) {
    uint32_t crc = SERIAL_CRC_START;
    serial_field(&crc, number, 2U);
    serial_put(&crc, verb);
    serial_put(&crc, (uint8_t)' ');
    return crc;
}

static void serial_end(uint32_t crc) {
    uint32_t unused = 0U, digits = SERIAL_CRC_DIGITS;
    crc = ~crc;
    while (digits-- > 0U) {
        serial_put(&unused, serial_digit(crc >> (4U * digits)));
    }
    ecm_bench_serial_put((uint8_t)'\n');
}

/* ---- in ---------------------------------------------------------------------------
 */

/* Value of a digit; 16 if it is none. */
static uint32_t serial_value(uint8_t digit) {
    if (digit >= (uint8_t)'0' && digit <= (uint8_t)'9') {
        return (uint32_t)digit - '0';
    }
    return digit >= (uint8_t)'a' && digit <= (uint8_t)'f' ? (uint32_t)digit - 'a' + 10U
                                                          : 16U;
}

/* Read a line up to its end; its length, 0 if it is damaged. The CRC is cut off. */
static uint32_t serial_line(uint8_t *line) {
    uint32_t n = 0, i, crc = SERIAL_CRC_START, said = 0, digit, bad = 0;
    uint8_t byte = ecm_bench_serial_get();
    while (byte != (uint8_t)'\n') {
        if (n < (uint32_t)ECM_BENCH_SERIAL_LINE) {
            line[n] = byte;
        }
        n += n <= (uint32_t)ECM_BENCH_SERIAL_LINE ? 1U : 0U;
        byte = ecm_bench_serial_get();
    }
    if (n <= SERIAL_CRC_DIGITS || n > (uint32_t)ECM_BENCH_SERIAL_LINE) {
        return 0U;
    }
    n -= SERIAL_CRC_DIGITS;
    for (i = 0; i < n; i++) {
        crc = serial_crc(crc, line[i]);
    }
    for (i = 0; i < SERIAL_CRC_DIGITS; i++) {
        digit = serial_value(line[n + i]);
        bad |= digit >> 4;
        said = (said << 4) | (digit & 15U);
    }
    return bad == 0U && said == ~crc ? n : 0U;
}

/* Take a number and the space behind it off a line whose CRC was right. */
static uint32_t serial_take(const uint8_t **at, const uint8_t *end) {
    uint32_t value = 0;
    while (*at < end && **at != (uint8_t)' ') {
        value = (value << 4) | (serial_value(**at) & 15U);
        (*at)++;
    }
    if (*at < end) {
        (*at)++;
    }
    return value;
}

/* ---- requests ---------------------------------------------------------------------
 */

static volatile uint8_t *serial_place(uint32_t offset, uint32_t n) {
    if (offset > ecm_bench_mail_bytes || n > ecm_bench_mail_bytes - offset) {
        return NULL;
    }
    return (volatile uint8_t *)ecm_bench_mail + offset;
}

static void serial_hello(uint32_t *crc) {
    uint8_t ids[2 * ECM_FRAME_ID_BYTES];
    ecm_bench_bytes(ids, ecm_package_cfg.contract_id, ECM_FRAME_ID_BYTES);
    ecm_bench_bytes(ids + ECM_FRAME_ID_BYTES, ecm_package_cfg.model_id,
                    ECM_FRAME_ID_BYTES);
    serial_field(crc, SERIAL_VERSION, 2U);
    serial_field(crc, ecm_bench_mail_bytes, 8U);
    serial_field(crc, ECM_BENCH_SERIAL_DATA, 4U);
    serial_data(crc, ids, (uint32_t)sizeof ids);
}

/* Answer a write or a read. */
static void serial_memory(uint32_t number, uint8_t verb, const uint8_t *at,
                          const uint8_t *end) {
    uint32_t offset = serial_take(&at, end), crc, i;
    uint32_t n =
        verb == (uint8_t)'w' ? (uint32_t)(end - at) / 2U : serial_take(&at, end);
    volatile uint8_t *place = serial_place(offset, n);
    if (place == NULL || n > (uint32_t)ECM_BENCH_SERIAL_DATA) {
        serial_end(serial_begin(number, (uint8_t)'e'));
        return;
    }
    crc = serial_begin(number, verb);
    serial_field(&crc, offset, 8U);
    if (verb == (uint8_t)'r') {
        serial_data(&crc, place, n);
    }
    for (i = 0; verb == (uint8_t)'w' && i < n; i++) {
        place[i] = (uint8_t)(serial_value(at[2U * i]) << 4 |
                             (serial_value(at[2U * i + 1U]) & 15U));
    }
    serial_end(crc);
}

static void serial_run(uint32_t stack_bytes) {
    uintptr_t limit = bench_port_stack() - (uintptr_t)stack_bytes;
    ecm_bench_part((volatile uint32_t *)(limit & ~(uintptr_t)3U));
}

/* Answer a line that is sound; the number of the last part that was run. */
static uint32_t serial_answer(const uint8_t *line, uint32_t n, uint32_t done,
                              uint32_t stack_bytes) {
    const uint8_t *at = line, *end = line + n;
    uint32_t number = serial_take(&at, end), crc;
    uint8_t verb = at < end ? *at : (uint8_t)'e';
    at += end - at >= 2 ? 2 : end - at;
    if (verb == (uint8_t)'w' || verb == (uint8_t)'r') {
        serial_memory(number, verb, at, end);
        return verb == (uint8_t)'r' ? done : SERIAL_NONE; /* numbers come again */
    }
    if (verb == (uint8_t)'g') {
        if (number != done) {
            serial_run(stack_bytes);
        }
        crc = serial_begin(number, verb);
        serial_field(&crc, ECM_BENCH_MAIL->state, 2U);
        serial_end(crc);
        return number;
    }
    crc = serial_begin(number, verb == (uint8_t)'h' ? verb : (uint8_t)'e');
    if (verb == (uint8_t)'h') {
        serial_hello(&crc);
    }
    serial_end(crc);
    return SERIAL_NONE;
}

void ecm_bench_serial(uint32_t stack_bytes) {
    uint8_t line[ECM_BENCH_SERIAL_LINE];
    uint32_t done = SERIAL_NONE;
    for (;;) {
        uint32_t n = serial_line(line);
        if (n > 0U) {
            done = serial_answer(line, n, done, stack_bytes);
        }
    }
}
