/* board_dma.c - a board whose DMA goes round a recording: each wait fills a half of the
 * buffer and calls its interrupt. Alarms are printed; at the end the program ends.
 */
#include "ecm_package.h"
#include "ecm_test.h"
#include "recording.h" /* codes of 12 bits, SAMPLES of them */

enum { HALF = 32 };
extern uint16_t board_dma[2][HALF][1];
void ecm_test_run_all(void);
int product_main(void);
void board_start(void);
void board_on_dma(uint32_t half);
void board_wait(void);
uint32_t board_uptime_s(void);
void board_alarm(const ecm_app_event_t *event);
void board_send(const uint8_t *frame, uint32_t frame_bytes);

static uint32_t taken, half;

void board_start(void) {
    taken = 0;
}

void board_wait(void) {
    uint32_t i;
    if (taken + HALF > SAMPLES) {
        ecm_test_exit(0);
    }
    for (i = 0; i < HALF; i++) {
        board_dma[half][i][0] = recording[taken++];
    }
    board_on_dma(half);
    half ^= 1U;
}

uint32_t board_uptime_s(void) {
    return taken;
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
