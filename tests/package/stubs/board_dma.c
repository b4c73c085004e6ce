/* board_dma.c - a board whose DMA goes round a recording: each wait fills a half of the
 * buffer and calls its interrupt. Alarms are printed; at the end the program ends.
 */
#include "board.h"
#include "ecm_test.h"
#include "recording.h" /* codes of 12 bits, SAMPLES of them */

uint16_t board_dma[2][BOARD_CODES];
void ecm_test_run_all(void);
int product_main(void);

static uint32_t taken, half, next_s;

void board_start(void) {
    taken = 0;
}

void board_wait(void) {
    uint32_t i;
    if (taken + BOARD_CODES > SAMPLES) {
        ecm_test_exit(0);
    }
    for (i = 0; i < BOARD_CODES; i++) {
        board_dma[half][i] = recording[taken++];
    }
    board_on_dma(half);
    half ^= 1U;
}

uint32_t board_uptime_s(void) {
    return taken;
}

bool board_report_is_due(void) {
    bool due = taken >= next_s;
    next_s += due ? 3600U : 0U;
    return due;
}

void board_alarm(const ecm_app_event_t *event) {
    ecm_test_u32("window", event->window);
    ecm_test_u32("alarms", event->alarms);
    ecm_test_bytes("change", &event->change, sizeof event->change);
}

void board_send(const uint8_t *frame, uint32_t frame_bytes) {
    ecm_test_u32("frame", frame_bytes);
    ECM_CHECK(frame[0] != 0U);
}

void ecm_test_run_all(void) {
    ECM_CHECK(product_main() == 0);
}
