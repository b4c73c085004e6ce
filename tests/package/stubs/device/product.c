/* product.c - a board that the example of a package runs on: it prints what it sends.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "board.h"
#include "ecm_node_keep.h"

static uint32_t turns, noise = 1;

void board_start(void) {
}

/* The interrupt comes each 40 turns. */
bool board_works(void) {
    ecm_package_sample_t x[ECM_PACKAGE_WINDOW_LEN];
    uint32_t i;
    for (i = 0; turns % 40U == 0U && i < ECM_PACKAGE_WINDOW_LEN; i++) {
        noise = noise * 1664525U + 1013904223U;
        x[i] = (ecm_package_sample_t)((float)(noise >> 16) / 16384.0f - 1.0f);
    }
    if (i > 0U) {
        board_on_samples(0, x, i);
    }
    return turns++ < 40U * 32U;
}

uint32_t board_uptime_s(void) {
    return 20U * turns;
}

float board_speed_hz(void) {
    return 20.0f;
}

bool board_link(void) {
    return turns > 40U * 16U;
}

void board_send(const uint8_t *frame, uint32_t bytes) {
    while (bytes-- > 0U) {
        printf("%02x", *frame++);
    }
    printf("\n");
}

uint32_t board_receive(uint8_t *data, uint32_t room) {
    (void)data, (void)room;
    return 0;
}
