/* ecm_node_keep.c - see ecm_node_keep.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_node_keep.h"

#include "ecm_app_queue.h"
#include "ecm_node.h"

#define NODE_TYPE_SHIFT 24
#define NODE_BYTES_MASK 0x00ffffffU
#define NODE_SHADOW_WINDOWS_MAX 65535.0f /* that ecm_app_shadow.h counts */
#define NODE_PARTS_MAX (6U + ECM_NODE_SERVICES_MAX * ECM_NODE_SERVICE_PARTS)

/* The first words of a record. */
typedef struct {
    uint32_t print[ECM_NODE_PRINT_WORDS]; /* what it belongs to */
    uint32_t app_bytes;
    uint32_t node_bytes;
    uint32_t monitor_bytes;
    uint32_t dist_bytes;
    uint32_t shadow_bytes;
    uint32_t services[ECM_NODE_SERVICES_MAX]; /* bytes of each, and its type in the
                                                 last 8 bits */
} node_kept_t;
ECM_STATIC_ASSERT(sizeof(node_kept_t) == 4 * ECM_NODE_KEPT_HEAD_WORDS, node_kept_size);

/* The pieces of a record. */
typedef struct {
    node_kept_t head;
    ecm_state_part_t parts[NODE_PARTS_MAX];
    uint32_t len;
    uint32_t bytes;
} node_record_t;

static void node_add(node_record_t *record, void *data, uint32_t bytes) {
    record->parts[record->len].data = data;
    record->parts[record->len].bytes = bytes;
    record->len++;
    record->bytes += bytes;
}

static uint32_t node_monitor_bytes(const ecm_node_cfg_t *cfg) {
    return cfg->app_cfg->monitor == NULL
               ? 0U
               : 4U * ecm_monitor_words(cfg->app_cfg->monitor);
}

static uint32_t node_dist_bytes(const ecm_node_cfg_t *cfg) {
    return 4U * ECM_APP_DIST_WORDS(cfg->app_cfg->features_len, cfg->app_cfg->dist_bins);
}

static uint32_t node_shadow_bytes(const ecm_node_cfg_t *cfg) {
    return cfg->app_cfg->shadow == NULL
               ? 0U
               : (uint32_t)sizeof(float) * cfg->app_cfg->shadow->len;
}

static float *node_shadow(const ecm_node_cfg_t *cfg) {
    return ecm_app_queue_parts(cfg->app_cfg, cfg->mem).shadow;
}

static void *node_monitors(const ecm_node_cfg_t *cfg) {
    return ecm_app_queue_parts(cfg->app_cfg, cfg->mem).monitor;
}

/* The pieces of a service that are to be written, or read back; their number. */
static uint32_t node_add_parts(const ecm_node_row_t *row, node_record_t *record,
                               uint32_t bytes) {
    ecm_state_part_t parts[ECM_NODE_SERVICE_PARTS];
    uint32_t i, n = row->service->parts(row, bytes, parts);
    for (i = 0; i < n; i++) {
        node_add(record, parts[i].data, parts[i].bytes);
    }
    return n;
}

/* What a service has to be written. */
static void node_add_service(const ecm_node_cfg_t *cfg, node_record_t *record,
                             uint32_t index) {
    const ecm_node_row_t *row = &cfg->services[index];
    uint32_t before = record->bytes;
    if (row->service->parts != NULL) {
        (void)node_add_parts(row, record, ECM_NODE_ALL_BYTES);
        record->head.services[index] =
            (row->service->type << NODE_TYPE_SHIFT) | (record->bytes - before);
    }
}

/* What a record has of a service; false: it is passed over, as that of a service that
 * there is not any more. */
static bool node_find_service(const ecm_node_cfg_t *cfg, node_record_t *record,
                              uint32_t index) {
    uint32_t kept = record->head.services[index], bytes = kept & NODE_BYTES_MASK;
    if (index < cfg->services_len) {
        const ecm_node_row_t *row = &cfg->services[index];
        if (row->service->parts != NULL &&
            row->service->type == kept >> NODE_TYPE_SHIFT &&
            node_add_parts(row, record, bytes) > 0U) {
            return true;
        }
    }
    node_add(record, NULL, bytes);
    return false;
}

ecm_status_t ecm_node_keep(const ecm_node_cfg_t *cfg) {
    node_record_t record;
    uint32_t i;
    ECM_REQUIRE(cfg != NULL && cfg->kept != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->st->started == 1U, ECM_ERR_STATE);
    ecm_node_urge(cfg);
    memset(&record, 0, sizeof record);
    memcpy(record.head.print, cfg->st->print, sizeof record.head.print);
    record.head.app_bytes = (uint32_t)sizeof *cfg->app;
    record.head.node_bytes = (uint32_t)sizeof *cfg->st;
    record.head.monitor_bytes = node_monitor_bytes(cfg);
    record.head.dist_bytes = node_dist_bytes(cfg);
    record.head.shadow_bytes = node_shadow_bytes(cfg);
    node_add(&record, &record.head, (uint32_t)sizeof record.head);
    node_add(&record, cfg->app, record.head.app_bytes);
    node_add(&record, cfg->st, record.head.node_bytes);
    node_add(&record, node_monitors(cfg), record.head.monitor_bytes);
    node_add(&record, cfg->dist, record.head.dist_bytes);
    node_add(&record, node_shadow(cfg), record.head.shadow_bytes);
    for (i = 0; i < cfg->services_len; i++) {
        node_add_service(cfg, &record, i);
    }
    return ecm_state_save_parts(cfg->kept, ECM_NODE_KEPT_TYPE, record.parts,
                                record.len);
}

/* ---- wake --------------------------------------------------------------------------
 */

/* What of a record is gone on with. */
typedef struct {
    bool app;
    bool monitors;
    bool dist;
    bool shadow;
} node_fit_t;

static bool node_same(const uint32_t *a, const uint32_t *b, uint32_t from,
                      uint32_t to) {
    uint32_t i;
    for (i = from; i < to; i++) {
        if (a[i] != b[i]) {
            return false;
        }
    }
    return true;
}

static node_fit_t node_fit(const ecm_node_cfg_t *cfg, const node_kept_t *head) {
    const uint32_t *now = cfg->st->print;
    node_fit_t fit;
    fit.app = node_same(head->print, now, 0, 4);
    fit.monitors = fit.app && node_same(head->print, now, 4, 6) &&
                   head->monitor_bytes == node_monitor_bytes(cfg);
    fit.dist = fit.app && node_same(head->print, now, 6, 7) &&
               head->dist_bytes == node_dist_bytes(cfg);
    fit.shadow = fit.app && head->shadow_bytes == node_shadow_bytes(cfg) &&
                 (head->shadow_bytes == 0U || node_same(head->print, now, 7, 8));
    return fit;
}

/* Read the head of the newest record. */
static ecm_status_t node_read_head(const ecm_node_cfg_t *cfg, node_kept_t *head) {
    ecm_state_part_t part;
    uint32_t bytes = 0;
    ecm_status_t status;
    part.data = head;
    part.bytes = (uint32_t)sizeof *head;
    status = ecm_state_load_parts(cfg->kept, ECM_NODE_KEPT_TYPE, &part, 1, &bytes);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(bytes >= sizeof *head && head->app_bytes == sizeof *cfg->app &&
                    head->node_bytes == sizeof *cfg->st,
                ECM_ERR_STATE);
    return ECM_OK;
}

/* The application of the record, which was not within a window. Without a run state
 * nobody would end what one has suspended. */
static void node_adopt_app(const ecm_node_cfg_t *cfg, const ecm_app_t *app) {
    *cfg->app = *app;
    cfg->app->begun = 0;
    cfg->app->slice = 0;
    cfg->app->released = 0;
    cfg->app->warming = 0;
    cfg->app->feature = app->feature % cfg->app_cfg->features_len;
    cfg->app->suspended = cfg->run == NULL ? 0U : app->suspended;
}

static void node_adopt_node(const ecm_node_cfg_t *cfg, const ecm_node_t *st,
                            bool same) {
    cfg->st->alarms = st->alarms;
    if (same) {
        cfg->st->now_s = st->now_s;
        cfg->st->run = st->run;
        cfg->st->turn = st->turn;
    }
}

/* Are these numbers that ecm_app_shadow.h can have counted? */
static bool node_shadow_counts(const ecm_app_shadow_cfg_t *cfg, const float *shadow) {
    uint32_t i, at = 0;
    for (i = 0; i < cfg->shadows_len; i++) {
        at += cfg->shadows[i].model.outputs_len;
    }
    for (i = at; i < cfg->len; i++) {
        if (!(shadow[i] >= 0.0f)) {
            return false;
        }
    }
    return shadow[at] <= NODE_SHADOW_WINDOWS_MAX && shadow[at + 1U] <= shadow[at];
}

/* What was read back into place goes on if it can be; else it starts again. */
static void node_check_parts(const ecm_node_cfg_t *cfg, node_fit_t *fit) {
    const ecm_app_cfg_t *app = cfg->app_cfg;
    if (fit->monitors && app->monitor != NULL &&
        ecm_monitor_check(node_monitors(cfg), app->monitor) != ECM_OK) {
        (void)ecm_monitor_init(node_monitors(cfg), app->monitor);
        fit->monitors = false;
    }
    if (fit->shadow && app->shadow != NULL &&
        !node_shadow_counts(app->shadow, node_shadow(cfg))) {
        app->shadow->calls->clear(app->shadow, node_shadow(cfg));
        fit->shadow = false;
    }
}

/* Let services go on with what was read; true if all did. */
static bool node_adopt_services(const ecm_node_cfg_t *cfg, const node_record_t *record,
                                uint32_t found) {
    bool all = true;
    uint32_t i;
    for (i = 0; i < (uint32_t)ECM_NODE_SERVICES_MAX; i++) {
        if (((found >> i) & 1U) == 0U) {
            all = all && record->head.services[i] == 0U;
        } else if (cfg->services[i].service->woken != NULL &&
                   !cfg->services[i].service->woken(cfg, &cfg->services[i])) {
            all = false;
        }
    }
    return all;
}

/* Put what fits into place; ECM_MORE if all did. */
static ecm_status_t node_adopt(const ecm_node_cfg_t *cfg, node_record_t *record) {
    node_fit_t fit = node_fit(cfg, &record->head);
    ecm_app_t app;
    ecm_node_t st;
    uint32_t bytes = 0, found = 0, i;
    bool all = false;
    record->len = 0;
    record->bytes = 0;
    node_add(record, NULL, (uint32_t)sizeof record->head);
    node_add(record, &app, record->head.app_bytes);
    node_add(record, &st, record->head.node_bytes);
    node_add(record, fit.monitors ? node_monitors(cfg) : NULL,
             record->head.monitor_bytes);
    node_add(record, fit.dist ? cfg->dist : NULL, record->head.dist_bytes);
    node_add(record, fit.shadow ? node_shadow(cfg) : NULL, record->head.shadow_bytes);
    for (i = 0; fit.app && i < (uint32_t)ECM_NODE_SERVICES_MAX; i++) {
        found |= node_find_service(cfg, record, i) ? 1U << i : 0U;
    }
    if (ecm_state_load_parts(cfg->kept, ECM_NODE_KEPT_TYPE, record->parts, record->len,
                             &bytes) != ECM_OK ||
        bytes < record->bytes) {
        return ecm_node_start(cfg); /* some of it may have been read */
    }
    if (fit.app) {
        node_adopt_app(cfg, &app);
    }
    node_adopt_node(cfg, &st, fit.app);
    if (fit.app) {
        all = node_adopt_services(cfg, record, found);
    }
    node_check_parts(cfg, &fit);
    all = all && fit.monitors && fit.dist && fit.shadow && bytes == record->bytes;
    return all ? ECM_MORE : ECM_OK;
}

ecm_status_t ecm_node_wake(const ecm_node_cfg_t *cfg) {
    node_record_t record;
    ecm_status_t status;
    ECM_REQUIRE(cfg != NULL && cfg->kept != NULL, ECM_ERR_NULL);
    status = ecm_node_start(cfg);
    ECM_REQUIRE(status == ECM_OK, status);
    if (node_read_head(cfg, &record.head) != ECM_OK) {
        return ECM_OK;
    }
    return node_adopt(cfg, &record);
}
