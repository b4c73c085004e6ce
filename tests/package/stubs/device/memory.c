/* memory.c - flash that is memory, without pages.
 *
 * SPDX-License-Identifier: MIT
 */
#include "board.h"

void board_turn(void);
uint8_t board_memory[ECM_PACKAGE_FLASH_BYTES];
/* A part of it: reads that are answered yet, then so many that are not. */
uint32_t board_from, board_to, board_reads, board_failing;

static ecm_status_t memory_read(void *user, uint32_t at, uint8_t *data, uint32_t n) {
    (void)user;
    if (at >= board_from && at < board_to && board_failing > 0U) {
        if (board_reads == 0U) {
            board_failing--;
            return ECM_ERR_FULL;
        }
        board_reads--;
    }
    memcpy(data, board_memory + at, n);
    return ECM_OK;
}

static ecm_status_t memory_erase(void *user, uint32_t at, uint32_t n) {
    (void)user;
    memset(board_memory + at, 0xff, n);
    return ECM_OK;
}

static ecm_status_t memory_write(void *user, uint32_t at, const uint8_t *data,
                                 uint32_t n) {
    (void)user;
    memcpy(board_memory + at, data, n);
    return ECM_OK;
}

ecm_state_store_t board_flash(void) {
    ecm_state_store_t flash = {memory_read, memory_erase, memory_write, NULL,
                               ECM_PACKAGE_FLASH_BYTES};
    return flash;
}

void board_turn(void) {
}
