/* fuzz_ecm_app_queue.c - time stamps of anything, between pushes of anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_app_queue.h"
#include "ecm_fuzz.h"

void fuzz_ecm_app_queue(void);

enum { RING = 96, WINDOW = 64 };

void fuzz_ecm_app_queue(void) {
    static const ecm_feat_plan_t plan = {
        1000.0f, WINDOW, 24, ECM_FEAT_DETREND_MEAN, 0, 0, NULL, 0, 0, 0, 0};
    ecm_app_channel_cfg_t channel_cfg[2];
    ecm_app_channel_t *channels = ecm_fuzz_bytes(2 * sizeof *channels);
    ecm_app_cfg_t cfg;
    ecm_app_event_t event;
    ecm_app_task_t t;
    ecm_app_t app;
    float *mem;
    uint32_t i;
    bool integers;
    memset(&cfg, 0, sizeof cfg);
    memset(&app, 0, sizeof app);
    memset(channels, 0, 2 * sizeof *channels);
    memset(channel_cfg, 0, sizeof channel_cfg);
    for (i = 0; i < 2U; i++) {
        channel_cfg[i].plan = &plan;
        channel_cfg[i].health.range = 2000.0f;
        channel_cfg[i].health.stuck_len = 20;
        channel_cfg[i].health.period_ns = ecm_fuzz_once_in(4) ? ecm_fuzz_u32() : 1000U;
        channel_cfg[i].health.rate_ppm = ecm_fuzz_below(2) * 1000U;
        channel_cfg[i].health.rate_len = ecm_fuzz_len(100);
    }
    integers = ecm_fuzz_once_in(2);
    cfg.samples = integers ? &ecm_app_samples_s16_f32 : &ecm_app_samples_f32;
    cfg.channels = channel_cfg;
    cfg.channels_len = 2;
    cfg.ring_len = RING;
    mem = ecm_fuzz_array_f32(ECM_APP_MEM_LEN(2, RING, WINDOW, 0, 0, 0, 0, 0));
    t.app = &app;
    t.channels = channels;
    t.cfg = &cfg;
    t.mem = ecm_app_queue_parts(&cfg, mem);
    t.window_len = WINDOW;
    t.hop_len = 24;
    ECM_FUZZ_CHECK(ecm_app_queue_floats(&cfg, RING) == (integers ? RING / 2 : RING));
    ECM_FUZZ_CHECK(ecm_app_queue_window_floats(&cfg) == WINDOW);
    ECM_FUZZ_CHECK(ecm_app_queue_all(&cfg) == (integers ? RING : 2U * RING));
    ECM_FUZZ_CHECK(ecm_app_queue_state(&t, 1) == t.mem.states);
    for (i = ecm_fuzz_below(9); i > 0U; i--) {
        uint32_t n = ecm_fuzz_len(40);
        ecm_status_t status =
            ecm_app_time(channels, &cfg, ecm_fuzz_below(3), ecm_fuzz_u32());
        ECM_FUZZ_CHECK(status == ECM_OK || status == ECM_MORE || status == ECM_ERR_ARG);
        (void)ecm_app_push_f32(channels, &cfg, mem, ecm_fuzz_below(3),
                               ecm_fuzz_array_f32(n), n);
        status =
            ecm_app_push_s16(channels, &cfg, mem, 0, ecm_fuzz_bytes(2U * n + 2U), n);
        ECM_FUZZ_CHECK((status == ECM_ERR_ARG) == !integers);
        status = ecm_app_queue_fetch(&t, &event);
        ECM_FUZZ_CHECK(status != ECM_MORE || app.released == 1U);
        if (status == ECM_MORE) {
            ecm_app_queue_window(&t, 1);
            ecm_app_queue_release(&t, 2);
            ecm_app_queue_forget(&t);
            (void)ecm_app_queue_judge(&t, ecm_fuzz_below(2));
            ecm_app_queue_complain(&t, &event);
        }
    }
}
