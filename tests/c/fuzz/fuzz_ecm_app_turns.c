/* fuzz_ecm_app_turns.c - channels in turn, pushed anything by anybody at any time.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_app.h"
#include "ecm_app_turns.h"
#include "ecm_feat_time.h"
#include "ecm_fuzz.h"

void fuzz_ecm_app_turns(void);

enum { WINDOW = 64, FEATURES = 2 };

void fuzz_ecm_app_turns(void) {
    static const ecm_feat_row_t rows[] = {{ECM_FEAT_RMS, 0, 0, 0},
                                          {ECM_FEAT_PEAK, 0, 0, 0}};
    static const ecm_feat_step_t steps[] = {
        {&ecm_feat_kind_time, rows, FEATURES, NULL, 0}};
    ecm_feat_plan_t plan = {1000.0f,  WINDOW, 0, ECM_FEAT_DETREND_MEAN, 0, 0, steps, 1,
                            FEATURES, 0,      0};
    ecm_app_channel_cfg_t channel_cfg[3];
    uint32_t n = 1U + ecm_fuzz_below(3), i, ring = WINDOW + ecm_fuzz_len(40);
    ecm_app_channel_t *channels = ecm_fuzz_bytes(n * sizeof *channels);
    void *dist = ecm_fuzz_bytes(4U * ECM_APP_DIST_WORDS(n * FEATURES, 8U));
    ecm_app_event_t event;
    ecm_app_cfg_t cfg;
    ecm_app_t app;
    float *mem;
    plan.hop_len = ecm_fuzz_len(WINDOW - 1U) + 1U;
    memset(&cfg, 0, sizeof cfg);
    memset(channel_cfg, 0, sizeof channel_cfg);
    for (i = 0; i < n; i++) {
        channel_cfg[i].plan = &plan;
        channel_cfg[i].health.range = 2000.0f;
        channel_cfg[i].health.stuck_len = 20;
        channel_cfg[i].health.period_ns = ecm_fuzz_below(2) * 1000000U;
    }
    cfg.turns = &ecm_app_turns;
    cfg.samples = &ecm_app_samples_f32;
    cfg.channels = channel_cfg;
    cfg.channels_len = n;
    cfg.features_len = n * FEATURES;
    cfg.dist_edges = ecm_fuzz_array_f32(3 * FEATURES * 7);
    cfg.dist_bins = 8;
    cfg.ring_len = ring;
    mem =
        ecm_fuzz_array_f32(ECM_APP_MEM_LEN(1, ring, WINDOW, 0, n * FEATURES, 0, 0, 0));
    ECM_FUZZ_CHECK(ecm_app_init(&app, channels, &cfg, mem, dist) == ECM_OK);
    for (i = ecm_fuzz_below(60); i > 0U; i--) {
        uint32_t channel = ecm_fuzz_below(n), len = ecm_fuzz_len(40), k;
        uint32_t wanted = ecm_app_wanted(channels, &cfg);
        ecm_status_t status = ecm_app_push_f32(channels, &cfg, mem, channel,
                                               ecm_fuzz_array_f32(len), len);
        ECM_FUZZ_CHECK(wanted < n);
        ECM_FUZZ_CHECK((status == ECM_MORE) == (channel != wanted));
        (void)ecm_app_time(channels, &cfg, channel, ecm_fuzz_u32());
        for (k = ecm_fuzz_below(6); k > 0U; k--) {
            status = ecm_app_step(&app, channels, &cfg, mem, dist, &event);
            ECM_FUZZ_CHECK(status != ECM_APP_EVENT || event.unwell < 1U << n);
        }
    }
}
