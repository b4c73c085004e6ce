/* ecm_node_learn.c - see ecm_node_learn.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_node_learn.h"

#include "ecm_app_queue.h"
#include "ecm_app_watch.h"
#include "ecm_monitor_data.h"
#include "ecm_node.h"

static const ecm_node_learn_cfg_t *learn_cfg(const ecm_node_row_t *row) {
    return (const ecm_node_learn_cfg_t *)row->cfg;
}

static ecm_node_learn_t *learn_st(const ecm_node_row_t *row) {
    return (ecm_node_learn_t *)row->st;
}

static bool learn_is_learning(const ecm_node_learn_t *st) {
    return st->commission.phase == ECM_COMMISSION_LEARNING ||
           st->commission.phase == ECM_COMMISSION_RELEARNING;
}

static bool learn_has_baseline(const ecm_node_learn_t *st) {
    return st->commission.phase >= ECM_COMMISSION_MONITORING;
}

/* ---- what counts -------------------------------------------------------------------
 */

/* The numbers of the baseline, or of the firmware, into the memory that the application
 * reads. */
static void learn_numbers(const ecm_node_cfg_t *cfg, const ecm_node_row_t *row) {
    const ecm_node_learn_cfg_t *own = learn_cfg(row);
    const float *numbers = ecm_commission_numbers(own->baseline);
    uint32_t n = cfg->app_cfg->features_len;
    bool learnt = learn_has_baseline(learn_st(row));
    if (own->edges != NULL) {
        memcpy(own->edges, learnt ? numbers : own->firmware_edges,
               sizeof *numbers * ECM_COMMISSION_EDGES * (size_t)n);
    }
    if (own->reference != NULL) {
        memcpy(own->reference,
               learnt ? numbers + ECM_COMMISSION_SHARES_AT(n) : own->firmware_reference,
               sizeof *numbers * ECM_COMMISSION_BINS * (size_t)n);
    }
    if (own->scores != NULL) {
        (void)ecm_monitor_rebase_f32(
            own->firmware_scores, cfg->app_cfg->monitor->scores_len,
            numbers + ECM_COMMISSION_MEANS_AT(n),
            numbers + ECM_COMMISSION_SPREADS_AT(n), learnt ? n : 0U, own->scores);
    }
}

/* Another baseline counts: what was counted by the one before is of no use. */
static void learn_use(const ecm_node_cfg_t *cfg, const ecm_node_row_t *row) {
    const ecm_node_learn_cfg_t *own = learn_cfg(row);
    const ecm_app_cfg_t *app = cfg->app_cfg;
    uint32_t i;
    learn_numbers(cfg, row);
    if (own->scores != NULL) {
        (void)ecm_monitor_init(ecm_app_queue_parts(app, cfg->mem).monitor,
                               app->monitor);
    }
    for (i = 0; own->edges != NULL && i < app->features_len; i++) {
        ecm_app_watch_clear(app, i, cfg->dist);
    }
    ecm_node_print(cfg);
}

/* ---- after a reset -----------------------------------------------------------------
 */

static ecm_status_t learn_check(const ecm_node_cfg_t *cfg,
                                const ecm_node_learn_cfg_t *own) {
    const ecm_app_cfg_t *app = cfg->app_cfg;
    ECM_REQUIRE(own->commission != NULL && own->learn != NULL &&
                    own->baseline != NULL && own->baselines != NULL,
                ECM_ERR_NULL);
    ECM_REQUIRE(own->commission->features_len == app->features_len &&
                    own->baselines->slot_bytes >=
                        ECM_STATE_SLOT_BYTES(
                            4U * ECM_COMMISSION_BASELINE_WORDS(app->features_len)),
                ECM_ERR_LENGTH);
    if (own->edges != NULL) {
        ECM_REQUIRE(own->firmware_edges != NULL, ECM_ERR_NULL);
        ECM_REQUIRE(app->dist_bins == (uint32_t)ECM_COMMISSION_BINS &&
                        app->dist_edges == own->edges,
                    ECM_ERR_ARG);
    }
    if (own->reference != NULL) {
        ECM_REQUIRE(own->edges != NULL && own->firmware_reference != NULL,
                    ECM_ERR_NULL);
    }
    if (own->scores != NULL) {
        ECM_REQUIRE(own->firmware_scores != NULL && app->monitor != NULL, ECM_ERR_NULL);
        ECM_REQUIRE(app->monitor->scores == own->scores, ECM_ERR_ARG);
    }
    return ECM_OK;
}

/* The baseline of flash, or the first one is to be learnt. One that cannot be read now
 * may be there: nothing is learnt over it unless somebody says so. */
static void learn_load(const ecm_node_learn_cfg_t *own, ecm_node_learn_t *st) {
    ecm_status_t status;
    (void)ecm_commission_init(&st->commission, own->commission);
    status = ecm_commission_load(&st->commission, own->commission, own->baseline,
                                 own->baselines);
    if (status == ECM_ERR_STATE && own->begin != 0U) {
        (void)ecm_commission_begin(&st->commission, own->commission, own->learn, false);
    }
}

static ecm_status_t learn_open(const ecm_node_cfg_t *cfg, const ecm_node_row_t *row) {
    const ecm_node_learn_cfg_t *own = learn_cfg(row);
    ecm_node_learn_t *st = learn_st(row);
    ecm_status_t status = learn_check(cfg, own);
    ECM_REQUIRE(status == ECM_OK, status);
    memset(st, 0, sizeof *st);
    status = ecm_commission_init(&st->commission, own->commission);
    ECM_REQUIRE(status == ECM_OK, status);
    learn_load(own, st);
    learn_numbers(cfg, row); /* the application starts with them */
    return ECM_OK;
}

/* ---- slices ------------------------------------------------------------------------
 */

static void learn_event(const ecm_node_cfg_t *cfg, const ecm_node_row_t *row,
                        const ecm_app_event_t *event) {
    ecm_node_learn_t *st = learn_st(row);
    (void)cfg;
    if (event->valid != 0U && event->suspended == 0U && learn_is_learning(st) &&
        st->commission.n < learn_cfg(row)->commission->windows_len) {
        st->owed = 1;
    }
}

/* Features are there until the next window is computed. */
static ecm_status_t learn_urgent(const ecm_node_cfg_t *cfg, const ecm_node_row_t *row) {
    const ecm_node_learn_cfg_t *own = learn_cfg(row);
    ecm_node_learn_t *st = learn_st(row);
    if (st->owed == 0U) {
        return ECM_OK;
    }
    /* A feature that is not finite is refused: such a window does not count. */
    (void)ecm_commission_update_some_f32(&st->commission, own->commission, own->learn,
                                         ecm_app_features(cfg->app_cfg, cfg->mem),
                                         &st->at, 1);
    st->owed = st->at != 0U ? 1U : 0U;
    return ECM_MORE;
}

static ecm_status_t learn_step(const ecm_node_cfg_t *cfg, const ecm_node_row_t *row,
                               uint32_t *news) {
    const ecm_node_learn_cfg_t *own = learn_cfg(row);
    ecm_node_learn_t *st = learn_st(row);
    ecm_status_t status = ECM_OK;
    if (st->fresh != 0U) {
        st->fresh = 0;
        learn_use(cfg, row);
        *news = ECM_NODE_LEARNT;
        return ECM_MORE;
    }
    if (!learn_is_learning(st) || st->commission.n < own->commission->windows_len) {
        return ECM_OK;
    }
    status = ecm_commission_finish_some(&st->commission, own->commission, own->baseline,
                                        own->learn, 1);
    if (status == ECM_COMMISSION_REFUSED) {
        *news = ECM_NODE_REFUSED;
    } else if (status == ECM_OK) {
        uint32_t generation = st->commission.generation;
        status = ecm_commission_save(&st->commission, own->commission, own->baseline,
                                     own->baselines);
        if (status != ECM_OK) { /* what a reset would find counts */
            learn_load(own, st);
        }
        st->fresh = st->commission.generation == generation ? 1U : 0U;
    } else if (status < ECM_OK) { /* what was gathered is of other settings */
        (void)ecm_commission_cancel(&st->commission);
    }
    return status < ECM_OK ? status : ECM_MORE;
}

static ecm_status_t learn_order(const ecm_node_cfg_t *cfg, const ecm_node_row_t *row,
                                const ecm_command_order_t *order) {
    const ecm_node_learn_cfg_t *own = learn_cfg(row);
    ecm_node_learn_t *st = learn_st(row);
    ecm_status_t status;
    if (order->kind != ECM_COMMAND_RELEARN) {
        return ECM_MORE;
    }
    ECM_REQUIRE(st->fresh == 0U, ECM_ERR_STATE);
    if (order->value[0] != ECM_COMMAND_BACK) {
        st->owed = 0;
        st->at = 0;
        return ecm_commission_begin(&st->commission, own->commission, own->learn,
                                    order->value[0] == ECM_COMMAND_FORCED);
    }
    status = ecm_commission_back(&st->commission, own->commission, own->baseline,
                                 own->baselines);
    ECM_REQUIRE(status == ECM_OK, status);
    st->owed = 0;
    st->at = 0;
    learn_use(cfg, row);
    return ECM_OK;
}

/* ---- sleep -------------------------------------------------------------------------
 */

static uint32_t learn_parts(const ecm_node_row_t *row, uint32_t bytes,
                            ecm_state_part_t *parts) {
    const ecm_commission_cfg_t *own = learn_cfg(row)->commission;
    ecm_node_learn_t *st = learn_st(row);
    bool all = bytes == ECM_NODE_ALL_BYTES;
    parts[0].data = all ? &st->commission : &st->kept;
    parts[0].bytes = (uint32_t)sizeof(ecm_commission_t);
    parts[1].data = learn_cfg(row)->learn;
    parts[1].bytes = 4U * (uint32_t)ECM_COMMISSION_LEARN_WORDS(
                              (uint32_t)own->features_len, (uint32_t)own->k);
    if (all) {
        return learn_is_learning(st) ? 2U : 1U;
    }
    return bytes == parts[0].bytes                    ? 1U
           : bytes == parts[0].bytes + parts[1].bytes ? 2U
                                                      : 0U;
}

/* Was this gathered by these settings, for the baseline that there is? */
static bool learn_fits(const ecm_node_row_t *row) {
    const ecm_node_learn_cfg_t *own = learn_cfg(row);
    const ecm_node_learn_t *st = learn_st(row);
    return ecm_commission_check(&st->commission, own->commission, &st->kept,
                                own->learn) == ECM_OK;
}

static bool learn_woken(const ecm_node_cfg_t *cfg, const ecm_node_row_t *row) {
    const ecm_node_learn_cfg_t *own = learn_cfg(row);
    ecm_node_learn_t *st = learn_st(row);
    bool was_learning = st->kept.phase == ECM_COMMISSION_LEARNING ||
                        st->kept.phase == ECM_COMMISSION_RELEARNING;
    (void)cfg;
    if (learn_fits(row)) {
        st->commission = st->kept;
        return true;
    }
    if (learn_is_learning(st)) { /* what was begun at the start is overwritten */
        (void)ecm_commission_begin(&st->commission, own->commission, own->learn, false);
    }
    return !was_learning;
}

const ecm_node_service_t ecm_node_learn = {
    ECM_NODE_TYPE_LEARN, learn_open,  NULL, learn_event, learn_urgent,
    learn_step,          NULL,        NULL, NULL,        learn_order,
    learn_parts,         learn_woken, NULL};
