/* ecm_app_turns.c - see ecm_app_turns.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_app_turns.h"

uint32_t ecm_app_wanted(const ecm_app_channel_t *channels, const ecm_app_cfg_t *cfg) {
    uint32_t i;
    if (channels == NULL || cfg == NULL) {
        return 0;
    }
    for (i = 0; i < cfg->channels_len; i++) {
        if (*(const volatile uint32_t *)&channels[i].away == 0U) {
            break;
        }
    }
    return i;
}

/* Write for an interrupt: after all that came before. */
static void turns_set_away(ecm_app_channel_t *channel, uint32_t away) {
    ecm_port_barrier();
    *(volatile uint32_t *)&channel->away = away;
    ecm_port_barrier();
}

/* Drop what is queued, an overrun too, and whatever is known of the samples before. A
 * pause is no gap. */
static void turns_clear(const ecm_app_task_t *t, ecm_app_channel_t *channel) {
    ecm_ring_cfg_t ring;
    ring.ring_len = t->cfg->ring_len;
    ring.window_len = 1;
    (void)ecm_ring_resume(&channel->ring);
    (void)ecm_ring_release(&channel->ring, &ring, ecm_ring_queued(&channel->ring));
    (void)ecm_health_gap(&channel->sensor);
    channel->sensor.missing_n--;
    channel->sensor.time_n = 0;
    channel->sensor.span_us = 0;
    channel->sensor.span_n = 0;
    channel->stamps.tail = channel->stamps.head;
    channel->stamps.known = 0;
    channel->tainted = 0;
    channel->tainted_len = 0;
    channel->health = 0;
}

static void app_turns_next(const ecm_app_task_t *t) {
    ecm_app_t *app = t->app;
    ecm_app_channel_t *next;
    turns_set_away(&t->channels[app->released], 1);
    t->channels[app->released].health = 0;
    app->released++;
    next = &t->channels[app->released % t->cfg->channels_len];
    turns_clear(t, next);
    ecm_app_queue_forget(t);
    app->begun = 0;
    turns_set_away(next, 0);
    if (app->released < t->cfg->channels_len) {
        app->slice = 0;
    }
}

/* Start the turn again behind an overrun: step was called too seldom. */
static ecm_status_t turns_resume(const ecm_app_task_t *t, ecm_app_channel_t *channel,
                                 ecm_app_event_t *event) {
    turns_clear(t, channel);
    channel->sensor.missing_n++;
    channel->health = ECM_HEALTH_MISSING;
    t->app->begun = 0;
    ecm_app_queue_complain(t, event);
    return ECM_APP_EVENT;
}

static ecm_status_t app_turns_fetch(const ecm_app_task_t *t, ecm_app_event_t *event) {
    ecm_app_t *app = t->app;
    ecm_app_channel_t *channel = &t->channels[app->released];
    const ecm_feat_plan_t *plan = t->cfg->channels[app->released].plan;
    ecm_ring_cfg_t ring;
    ecm_status_t status;
    uint32_t i;
    if (ecm_ring_has_gap(&channel->ring)) {
        return turns_resume(t, channel, event);
    }
    if (ecm_ring_queued(&channel->ring) < t->window_len) {
        return ECM_OK;
    }
    status = ecm_app_queue_judge(t, app->released);
    ring.ring_len = t->cfg->ring_len;
    ring.window_len = 1;
    (void)ecm_ring_release(&channel->ring, &ring, t->hop_len);
    app->begun = 1;
    app->taken++;
    app->window_speed_hz = app->speed_hz;
    if (channel->health != 0U) {
        ecm_app_queue_complain(t, event);
        return ECM_APP_EVENT;
    }
    if (status >= ECM_OK && !ecm_feat_takes_speed(plan, app->speed_hz)) {
        status = ECM_ERR_ARG;
    }
    if (status < ECM_OK) {
        ecm_app_queue_forget(t);
        return status;
    }
    app->warming = 0;
    app->slice = 1;
    for (i = 0; i < app->released; i++) {
        app->slice += t->cfg->channels[i].plan->steps_len;
    }
    return ECM_MORE;
}

const ecm_app_turns_t ecm_app_turns = {app_turns_fetch, app_turns_next};
