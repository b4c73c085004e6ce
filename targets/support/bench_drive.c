/* bench_drive.c - drives an application, see bench.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

static void bench_event(ecm_package_memory_t *memory, ecm_bench_stream_t *out,
                        const ecm_app_event_t *event) {
    uint32_t features = ECM_PACKAGE_FEATURES_LEN * (uint32_t)sizeof(float);
    uint32_t outputs = ECM_PACKAGE_OUTPUTS_LEN * (uint32_t)sizeof(float);
    uint32_t shadow = ECM_PACKAGE_SHADOW_OUTPUTS_LEN * (uint32_t)sizeof(float);
    uint8_t *at = ecm_bench_record(
        out, ECM_BENCH_EVENT, (uint32_t)sizeof *event + features + outputs + shadow);
    if (at != NULL) {
        ecm_bench_bytes(at, event, sizeof *event);
        at += sizeof *event;
        ecm_bench_bytes(at, ecm_app_features(&ecm_package_cfg, memory->mem), features);
        at += features;
        ecm_bench_bytes(at, ecm_app_outputs(&ecm_package_cfg, memory->mem), outputs);
        at += outputs;
        ecm_bench_bytes(at, ecm_app_shadow_outputs(&ecm_package_cfg, memory->mem),
                        shadow);
    }
}

static void bench_refused(ecm_bench_stream_t *out, uint32_t stage,
                          ecm_status_t status) {
    if (status < ECM_OK) {
        ecm_bench_pair(out, ECM_BENCH_REFUSED, stage, (uint32_t)status);
    }
}

/* Number of the window under way, from 0: of the next one before it is fetched. */
static uint32_t bench_window(const ecm_app_t *app) {
    return app->slice == 0U ? app->taken : app->taken - 1U;
}

ecm_status_t ecm_bench_init(ecm_package_memory_t *memory, ecm_bench_stream_t *out,
                            float speed_hz) {
    ecm_status_t status;
    ecm_bench_pair(out, ECM_BENCH_SEGMENT, ECM_BENCH_INIT, 0U);
    ecm_bench_enter();
    ecm_bench_begin();
    status = ecm_app_init(&memory->app, memory->channels, &ecm_package_cfg, memory->mem,
                          memory->dist);
    ecm_bench_end();
    bench_refused(out, ECM_BENCH_INIT, status);
    return status < ECM_OK ? status : ecm_app_set_speed(&memory->app, speed_hz);
}

ecm_status_t ecm_bench_push(ecm_package_memory_t *memory, ecm_bench_stream_t *out,
                            const ecm_package_sample_t *x, uint32_t stride,
                            uint32_t x_len) {
    ecm_app_event_t event;
    uint32_t stage = ECM_BENCH_PUSH, channel;
    ecm_status_t status;
    for (channel = 0; channel < (uint32_t)ECM_PACKAGE_CHANNELS_LEN; channel++) {
        ecm_bench_pair(out, ECM_BENCH_SEGMENT, stage, bench_window(&memory->app));
        ecm_bench_enter();
        ecm_bench_begin();
        status = ECM_PACKAGE_PUSH(memory->channels, &ecm_package_cfg, memory->mem,
                                  channel, x + (size_t)channel * stride, x_len);
        ecm_bench_end();
        bench_refused(out, stage, status);
    }
    do {
        stage = ECM_BENCH_STEP + memory->app.slice;
        ecm_bench_pair(out, ECM_BENCH_SEGMENT, stage, bench_window(&memory->app));
        ecm_bench_enter();
        ecm_bench_begin();
        status = ecm_app_step(&memory->app, memory->channels, &ecm_package_cfg,
                              memory->mem, memory->dist, &event);
        ecm_bench_end();
        bench_refused(out, stage, status);
        if (status == ECM_APP_EVENT) {
            bench_event(memory, out, &event);
        }
    } while (status != ECM_OK);
    return ECM_OK;
}

ecm_status_t ecm_bench_report(ecm_package_memory_t *memory, ecm_bench_stream_t *out,
                              uint32_t uptime_s) {
    uint8_t frame[ECM_FRAME_MIN_BYTES], *at;
    uint32_t len = 0;
    ecm_status_t status;
    ecm_bench_pair(out, ECM_BENCH_SEGMENT, ECM_BENCH_REPORT,
                   bench_window(&memory->app));
    ecm_bench_enter();
    ecm_bench_begin();
    status = ecm_app_report(&memory->app, &ecm_package_cfg, memory->mem, memory->dist,
                            uptime_s, frame, (uint32_t)sizeof frame, &len);
    ecm_bench_end();
    bench_refused(out, ECM_BENCH_REPORT, status);
    at = status < ECM_OK ? NULL : ecm_bench_record(out, ECM_BENCH_FRAME, len);
    if (at != NULL) {
        ecm_bench_bytes(at, frame, len);
    }
    return status;
}
