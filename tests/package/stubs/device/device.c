/* device.c - a board of memory around the device of a package, driven from Python.
 *
 * SPDX-License-Identifier: MIT
 */
#include "board.h"
#include "ecm_node_keep.h"
#include "ecm_node_receive.h"

uint8_t board_sent[65536], board_down[64];
uint32_t board_sent_len, board_down_len, board_up, board_kicks;
void board_turn(void);
int device_start(void);
int device_provision(const uint8_t *data, uint32_t bytes);
int device_provision_elsewhere(const uint8_t *data, uint32_t bytes, uint32_t room);
int device_samples(uint32_t channel, const ecm_package_sample_t *x, uint32_t n);
int device_poll(uint32_t now_s, float speed_hz, ecm_node_event_t *event);
int device_tell(const uint8_t *data, uint32_t bytes);
int device_arrived(void);
int device_sleep(void);
int device_window(void);

static ecm_state_store_t flash;
static ecm_package_board_t board;

static void kick(void *user) {
    ++*(uint32_t *)user;
}

static int turned(ecm_status_t status) {
    board_turn();
    return (int)status;
}

static void plug(void) {
    flash = board_flash();
    board.flash = &flash;
    board.watchdog = kick;
    board.user = &board_kicks;
}

int device_start(void) {
    plug();
    return turned(ecm_package_node_start(&board));
}

int device_provision(const uint8_t *data, uint32_t bytes) {
    plug();
    return turned(ecm_package_provision(&board, data, bytes));
}

static ecm_status_t dead_read(void *user, uint32_t at, uint8_t *data, uint32_t bytes) {
    (void)user, (void)at, (void)data, (void)bytes;
    return ECM_ERR_FULL;
}

static ecm_status_t dead_erase(void *user, uint32_t at, uint32_t bytes) {
    (void)user, (void)at, (void)bytes;
    return ECM_ERR_FULL;
}

static ecm_status_t dead_write(void *user, uint32_t at, const uint8_t *data,
                               uint32_t bytes) {
    (void)user, (void)at, (void)data, (void)bytes;
    return ECM_ERR_FULL;
}

/* On a flash that answers to nothing. */
int device_provision_elsewhere(const uint8_t *data, uint32_t bytes, uint32_t room) {
    const ecm_state_store_t dead = {dead_read, dead_erase, dead_write, NULL, room};
    const ecm_package_board_t other = {.flash = &dead};
    return (int)ecm_package_provision(&other, data, bytes);
}

int device_samples(uint32_t channel, const ecm_package_sample_t *x, uint32_t n) {
    return (int)ecm_package_node_push(channel, x, n);
}

/* One event or piece of news at most, else ECM_OK once nothing is left to do. */
int device_poll(uint32_t now_s, float speed_hz, ecm_node_event_t *event) {
    uint8_t buf[ECM_PACKAGE_FRAME_BYTES];
    uint32_t bytes = 0;
    ecm_status_t status;
    (void)ecm_package_node_set_speed(speed_hz);
    do {
        status = ecm_node_step(&ecm_package_node, now_s, event);
    } while (status == ECM_MORE);
    while (board_up != 0U &&
           ecm_node_frame(&ecm_package_node, buf, sizeof buf, &bytes) == ECM_OK) {
        board_sent[board_sent_len++] = (uint8_t)bytes;
        memcpy(board_sent + board_sent_len, buf, bytes);
        board_sent_len += bytes;
    }
    return turned(status);
}

int device_tell(const uint8_t *data, uint32_t bytes) {
    ecm_command_order_t order;
    return turned(ecm_node_receive(&ecm_package_node, data, bytes, &order));
}

int device_arrived(void) {
    return turned(ecm_node_arrived(&ecm_package_node));
}

int device_sleep(void) {
    return turned(ecm_node_keep(&ecm_package_node));
}

int device_window(void) {
    return (int)ecm_package_node.app->window;
}
