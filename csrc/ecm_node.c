/* ecm_node.c - see ecm_node.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_node.h"

#include "ecm_app_queue.h"
#include "ecm_bytes.h"

#define NODE_PIECE 32U /* samples that are scaled at a time */

/* ---- start -------------------------------------------------------------------------
 */

static ecm_status_t node_check(const ecm_node_cfg_t *cfg) {
    uint32_t i;
    ECM_REQUIRE(cfg != NULL && cfg->st != NULL && cfg->app_cfg != NULL &&
                    cfg->app != NULL && cfg->channels != NULL && cfg->mem != NULL &&
                    cfg->dist != NULL,
                ECM_ERR_NULL);
    ECM_REQUIRE(cfg->app_cfg->samples != NULL && cfg->app_cfg->channels != NULL,
                ECM_ERR_NULL);
    ECM_REQUIRE(cfg->services_len <= (uint32_t)ECM_NODE_SERVICES_MAX, ECM_ERR_LENGTH);
    ECM_REQUIRE(cfg->services != NULL || cfg->services_len == 0U, ECM_ERR_NULL);
    for (i = 0; i < cfg->services_len; i++) {
        const ecm_node_row_t *row = &cfg->services[i];
        ECM_REQUIRE(row->service != NULL && row->cfg != NULL && row->st != NULL,
                    ECM_ERR_NULL);
    }
    ECM_REQUIRE(cfg->run == NULL || cfg->run->input == ECM_NODE_SPEED ||
                    cfg->run->input < cfg->app_cfg->features_len,
                ECM_ERR_ARG);
    ECM_REQUIRE(cfg->device == NULL ||
                    cfg->device->channels_len >= cfg->app_cfg->channels_len,
                ECM_ERR_ARG);
    return ECM_OK;
}

static uint32_t node_sum(uint32_t crc, const void *data, uint32_t bytes) {
    return data == NULL ? crc : ecm_state_crc32(crc, (const uint8_t *)data, bytes);
}

void ecm_node_print(const ecm_node_cfg_t *cfg) {
    const ecm_app_cfg_t *app = cfg->app_cfg;
    const ecm_monitor_cfg_t *monitor = app->monitor;
    uint32_t *print = cfg->st->print, i, n = app->features_len;
    for (i = 0; i < 4U; i++) {
        print[i] = ecm_bytes_get(app->contract_id + 4U * i, 4);
    }
    print[4] = monitor == NULL ? 0U : monitor->id;
    print[5] = 0;
    for (i = 0; monitor != NULL && i < monitor->scores_len; i++) {
        const ecm_score_cfg_t *score = &monitor->scores[i].score;
        print[5] = node_sum(print[5], &score->center, sizeof score->center);
        print[5] = node_sum(print[5], &score->scale, sizeof score->scale);
    }
    print[6] =
        node_sum(app->dist_bins, app->dist_edges, 4U * n * (app->dist_bins - 1U));
    print[6] = node_sum(print[6], app->dist_reference, 4U * n * app->dist_bins);
    print[7] = node_sum(0, app->model_id, (uint32_t)sizeof app->model_id);
}

ecm_status_t ecm_node_start(const ecm_node_cfg_t *cfg) {
    ecm_status_t status;
    uint32_t i;
    ECM_REQUIRE(cfg != NULL && cfg->st != NULL, ECM_ERR_NULL);
    memset(cfg->st, 0, sizeof *cfg->st); /* nothing is done by settings of a refusal */
    status = node_check(cfg);
    ECM_REQUIRE(status == ECM_OK, status);
    if (cfg->run != NULL) {
        status = ecm_run_init(&cfg->st->run, &cfg->run->limits);
        ECM_REQUIRE(status == ECM_OK, status);
    }
    for (i = 0; i < cfg->services_len; i++) {
        const ecm_node_row_t *row = &cfg->services[i];
        if (row->service->open != NULL) {
            status = row->service->open(cfg, row);
            ECM_REQUIRE(status >= ECM_OK, status);
        }
    }
    status = ecm_app_init(cfg->app, cfg->channels, cfg->app_cfg, cfg->mem, cfg->dist);
    ECM_REQUIRE(status == ECM_OK, status);
    ecm_node_print(cfg);
    cfg->st->started = 1;
    return ECM_OK;
}

/* ---- samples -----------------------------------------------------------------------
 */

static void node_spread(const ecm_node_cfg_t *cfg, uint32_t channel, const void *x,
                        uint32_t x_len) {
    uint32_t i;
    for (i = 0; i < cfg->services_len; i++) {
        const ecm_node_row_t *row = &cfg->services[i];
        if (row->service->push != NULL) {
            row->service->push(row, channel, x, x_len);
        }
    }
}

ecm_status_t ecm_node_push_f32(const ecm_node_cfg_t *cfg, uint32_t channel,
                               const float *x, uint32_t x_len) {
    ecm_status_t status = ECM_OK, own;
    float piece[NODE_PIECE];
    ECM_REQUIRE(cfg != NULL && (x != NULL || x_len == 0U), ECM_ERR_NULL);
    if (cfg->device == NULL) {
        status =
            ecm_app_push_f32(cfg->channels, cfg->app_cfg, cfg->mem, channel, x, x_len);
        if (status == ECM_OK || status == ECM_ERR_FULL) {
            node_spread(cfg, channel, x, x_len);
        }
        return status;
    }
    while (x_len > 0U) {
        uint32_t n = x_len < NODE_PIECE ? x_len : NODE_PIECE;
        memcpy(piece, x, (size_t)n * sizeof *x);
        own = ecm_device_scale_f32(cfg->device, channel, piece, n);
        ECM_REQUIRE(own == ECM_OK, own);
        own =
            ecm_app_push_f32(cfg->channels, cfg->app_cfg, cfg->mem, channel, piece, n);
        ECM_REQUIRE(own == ECM_OK || own == ECM_ERR_FULL, own);
        node_spread(cfg, channel, piece, n);
        status = own < status ? own : status;
        x += n;
        x_len -= n;
    }
    return status;
}

ecm_status_t ecm_node_push_s16(const ecm_node_cfg_t *cfg, uint32_t channel,
                               const int16_t *x, uint32_t x_len) {
    ecm_status_t status;
    ECM_REQUIRE(cfg != NULL && (x != NULL || x_len == 0U), ECM_ERR_NULL);
    status = ecm_app_push_s16(cfg->channels, cfg->app_cfg, cfg->mem, channel, x, x_len);
    if (status == ECM_OK || status == ECM_ERR_FULL) {
        node_spread(cfg, channel, x, x_len);
    }
    return status;
}

/* ---- slices ------------------------------------------------------------------------
 */

static void node_judge_run(const ecm_node_cfg_t *cfg) {
    uint32_t input = cfg->run->input, state = ECM_RUN_TRANSIENT;
    float x = cfg->app->window_speed_hz;
    if (input != ECM_NODE_SPEED) {
        x = ecm_app_features(cfg->app_cfg, cfg->mem)[input];
    }
    /* A level that is not finite says nothing: such a window is not judged. */
    (void)ecm_run_update_f32(&cfg->st->run, &cfg->run->limits, x, &state);
    (void)ecm_app_suspend(cfg->app, state);
}

/* Are the features and outputs of a window there, and are challengers or, without any,
 * monitors next? */
static bool node_watch_is_next(const ecm_node_cfg_t *cfg) {
    uint32_t i, slices = 1U + cfg->app_cfg->models_len;
    for (i = 0; i < cfg->app_cfg->channels_len; i++) {
        slices += cfg->app_cfg->channels[i].plan->steps_len;
    }
    return cfg->app->slice == slices;
}

static ecm_status_t node_step_app(const ecm_node_cfg_t *cfg, ecm_node_event_t *event) {
    uint32_t taken = cfg->app->taken, slice = cfg->app->slice, i;
    ecm_status_t status;
    if (cfg->run != NULL && node_watch_is_next(cfg)) {
        node_judge_run(cfg);
    }
    status = ecm_app_step(cfg->app, cfg->channels, cfg->app_cfg, cfg->mem, cfg->dist,
                          &event->window);
    if (status == ECM_APP_EVENT) {
        for (i = 0; i < cfg->services_len; i++) {
            const ecm_node_row_t *row = &cfg->services[i];
            if (row->service->event != NULL) {
                row->service->event(cfg, row, &event->window);
            }
        }
        cfg->st->alarms |= event->window.alarms; /* services tell new ones by it */
    } else if (status < ECM_OK && slice == 0U && taken != cfg->app->taken &&
               cfg->run != NULL && cfg->run->input == ECM_NODE_SPEED) {
        /* Plans that turn with the shaft refuse a machine that stands still. */
        node_judge_run(cfg);
        status = cfg->app->suspended != 0U ? ECM_MORE : status;
    }
    return status;
}

/* A slice that must come before the next window; ECM_OK: there is none. */
static ecm_status_t node_urgent(const ecm_node_cfg_t *cfg) {
    uint32_t i;
    for (i = 0; i < cfg->services_len; i++) {
        const ecm_node_row_t *row = &cfg->services[i];
        ecm_status_t status =
            row->service->urgent == NULL ? ECM_OK : row->service->urgent(cfg, row);
        if (status != ECM_OK) {
            return status;
        }
    }
    return ECM_OK;
}

void ecm_node_urge(const ecm_node_cfg_t *cfg) {
    while (node_urgent(cfg) == ECM_MORE) {
    }
}

ecm_status_t ecm_node_step(const ecm_node_cfg_t *cfg, uint32_t now_s,
                           ecm_node_event_t *event) {
    ecm_status_t status;
    uint32_t i;
    ECM_REQUIRE(cfg != NULL && event != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->st->started == 1U, ECM_ERR_STATE);
    if (cfg->watchdog != NULL) {
        cfg->watchdog(cfg->user);
    }
    cfg->st->now_s = now_s;
    status = node_urgent(cfg);
    if (status != ECM_OK) {
        return status;
    }
    status = node_step_app(cfg, event);
    for (i = 0; status == ECM_OK && i < cfg->services_len; i++) {
        uint32_t turn = (cfg->st->turn + i) % cfg->services_len, news = 0;
        const ecm_node_row_t *row = &cfg->services[turn];
        if (row->service->step == NULL) {
            continue;
        }
        status = row->service->step(cfg, row, &news);
        if (status != ECM_OK) {
            cfg->st->turn = turn + 1U;
        }
        if (status >= ECM_OK && news != 0U) {
            event->news = news;
            status = ECM_NODE_NEWS;
        }
    }
    return status;
}

/* ---- frames ------------------------------------------------------------------------
 */

ecm_status_t ecm_node_frame(const ecm_node_cfg_t *cfg, uint8_t *buf, uint32_t buf_bytes,
                            uint32_t *bytes) {
    uint32_t i;
    ECM_REQUIRE(cfg != NULL && buf != NULL && bytes != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->st->started == 1U, ECM_ERR_STATE);
    for (i = 0; i < cfg->services_len; i++) {
        const ecm_node_row_t *row = &cfg->services[i];
        if (row->service->frame != NULL) {
            ecm_status_t status = row->service->frame(row, buf, buf_bytes, bytes);
            if (status != ECM_MORE) {
                return status;
            }
        }
    }
    return ECM_MORE;
}

/* Tell all services; the first refusal. */
static ecm_status_t node_tell(const ecm_node_cfg_t *cfg, bool arrived) {
    ecm_status_t status = ECM_OK;
    uint32_t i;
    for (i = 0; i < cfg->services_len; i++) {
        const ecm_node_row_t *row = &cfg->services[i];
        ecm_status_t (*tell)(const ecm_node_row_t *row) =
            arrived ? row->service->arrived : row->service->again;
        ecm_status_t own = tell == NULL ? ECM_OK : tell(row);
        status = status == ECM_OK ? own : status;
    }
    return status;
}

ecm_status_t ecm_node_arrived(const ecm_node_cfg_t *cfg) {
    ECM_REQUIRE(cfg != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->st->started == 1U, ECM_ERR_STATE);
    return node_tell(cfg, true);
}

ecm_status_t ecm_node_again(const ecm_node_cfg_t *cfg) {
    ECM_REQUIRE(cfg != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->st->started == 1U, ECM_ERR_STATE);
    return node_tell(cfg, false);
}
