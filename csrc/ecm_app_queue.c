/* ecm_app_queue.c - see ecm_app_queue.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_app_queue.h"
#include "ecm_math.h"

size_t ecm_app_queue_floats(const ecm_app_cfg_t *cfg, uint32_t samples_len) {
    return ECM_APP_SAMPLES_LEN((size_t)samples_len, cfg->samples->bytes);
}

size_t ecm_app_queue_all(const ecm_app_cfg_t *cfg) {
    return ecm_app_queue_floats(cfg, cfg->ring_len) *
           (cfg->turns == NULL ? cfg->channels_len : 1U);
}

size_t ecm_app_queue_window_floats(const ecm_app_cfg_t *cfg) {
    return ECM_APP_SAMPLES_LEN((size_t)cfg->channels[0].plan->window_len,
                               cfg->samples->window_bytes);
}

ecm_app_mem_t ecm_app_queue_parts(const ecm_app_cfg_t *cfg, float *mem) {
    ecm_app_mem_t m;
    m.rings = mem;
    m.window = m.rings + ecm_app_queue_all(cfg);
    m.work = m.window + ecm_app_queue_window_floats(cfg);
    m.features = m.work + cfg->work_len;
    m.outputs = m.features + cfg->features_len;
    m.others = m.outputs + cfg->outputs_len;
    m.shadow = m.others + ECM_APP_OTHERS;
    m.monitor = m.shadow + (cfg->shadow == NULL ? 0U : cfg->shadow->len);
    m.states =
        m.monitor + (cfg->monitor == NULL ? 0U : ecm_monitor_words(cfg->monitor));
    return m;
}

/* A field that push writes: loaded exactly once, here. */
static uint32_t app_load(const uint32_t *field) {
    return *(const volatile uint32_t *)field;
}

/* A ring is copied from, so that the plan's steps may destroy the window. */
static ecm_ring_cfg_t app_ring(const ecm_app_cfg_t *cfg) {
    ecm_ring_cfg_t ring;
    ring.ring_len = cfg->ring_len;
    ring.window_len = 1;
    return ring;
}

/* ---- samples ----------------------------------------------------------------------
 */

static ecm_status_t app_copy_f32(const ecm_ring_t *ring, const ecm_ring_cfg_t *cfg,
                                 const void *mem, float range, void *x,
                                 uint32_t x_len) {
    (void)range;
    return ecm_ring_copy_f32(ring, cfg, (const float *)mem, (float *)x, x_len);
}

static ecm_status_t app_judge_f32(ecm_health_t *st, const ecm_health_cfg_t *cfg,
                                  const void *x, uint32_t x_len, uint32_t *verdict) {
    return ecm_health_update_f32(st, cfg, (const float *)x, x_len, verdict);
}

const ecm_app_samples_t ecm_app_samples_f32 = {
    (uint32_t)sizeof(float), (uint32_t)sizeof(float), app_copy_f32, app_judge_f32};

static ecm_status_t app_copy_s16(const ecm_ring_t *ring, const ecm_ring_cfg_t *cfg,
                                 const void *mem, float range, void *x,
                                 uint32_t x_len) {
    (void)range;
    return ecm_ring_copy_s16(ring, cfg, (const int16_t *)mem, (int16_t *)x, x_len);
}

static ecm_status_t app_judge_s16(ecm_health_t *st, const ecm_health_cfg_t *cfg,
                                  const void *x, uint32_t x_len, uint32_t *verdict) {
    return ecm_health_update_s16(st, cfg, (const int16_t *)x, x_len, verdict);
}

const ecm_app_samples_t ecm_app_samples_s16 = {
    (uint32_t)sizeof(int16_t), (uint32_t)sizeof(int16_t), app_copy_s16, app_judge_s16};

/* The integers go to the end of x, so that each is read before a float is written over
 * it. */
static ecm_status_t app_copy_s16_f32(const ecm_ring_t *ring, const ecm_ring_cfg_t *cfg,
                                     const void *mem, float range, void *x,
                                     uint32_t x_len) {
    const float scale = range * (1.0f / 32768.0f);
    uint8_t *out = (uint8_t *)x, *in = out + (size_t)x_len * sizeof(int16_t);
    ecm_status_t status;
    uint32_t i;
    status = ecm_ring_copy_s16(ring, cfg, (const int16_t *)mem, (int16_t *)(void *)in,
                               x_len);
    ECM_REQUIRE(status >= ECM_OK, status);
    for (i = 0; i < x_len; i++) {
        int16_t code;
        float value;
        memcpy(&code, in + (size_t)i * sizeof code, sizeof code);
        value = (float)code * scale;
        memcpy(out + (size_t)i * sizeof value, &value, sizeof value);
    }
    return status;
}

static ecm_status_t app_judge_s16_f32(ecm_health_t *st, const ecm_health_cfg_t *cfg,
                                      const void *x, uint32_t x_len,
                                      uint32_t *verdict) {
    ecm_health_cfg_t own = *cfg;
    own.range = cfg->range * (32767.0f / 32768.0f); /* of the largest integer */
    return ecm_health_update_f32(st, &own, (const float *)x, x_len, verdict);
}

const ecm_app_samples_t ecm_app_samples_s16_f32 = {(uint32_t)sizeof(int16_t),
                                                   (uint32_t)sizeof(float),
                                                   app_copy_s16_f32, app_judge_s16_f32};

/* ---- the queues -------------------------------------------------------------------
 */

/* Floats before the ring of a channel. */
static size_t app_ring_at(const ecm_app_cfg_t *cfg, uint32_t channel) {
    return cfg->turns == NULL ? channel * ecm_app_queue_floats(cfg, cfg->ring_len) : 0U;
}

/* May samples of so many bytes be pushed, and where is the ring of their channel? */
static ecm_status_t app_queue(const ecm_app_channel_t *channels,
                              const ecm_app_cfg_t *cfg, float *mem, uint32_t channel,
                              size_t bytes, void **ring) {
    ECM_REQUIRE(channels != NULL && cfg != NULL && mem != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(channel < cfg->channels_len && cfg->samples->bytes == bytes,
                ECM_ERR_ARG);
    *ring = mem + app_ring_at(cfg, channel);
    return app_load(&channels[channel].away) != 0U ? ECM_MORE : ECM_OK;
}

ecm_status_t ecm_app_push_f32(ecm_app_channel_t *channels, const ecm_app_cfg_t *cfg,
                              float *mem, uint32_t channel, const float *x,
                              uint32_t x_len) {
    ecm_ring_cfg_t ring;
    void *at;
    ecm_status_t status = app_queue(channels, cfg, mem, channel, sizeof *x, &at);
    ECM_REQUIRE(status == ECM_OK, status);
    ring = app_ring(cfg);
    return ecm_ring_push_f32(&channels[channel].ring, &ring, (float *)at, x, x_len);
}

ecm_status_t ecm_app_push_s16(ecm_app_channel_t *channels, const ecm_app_cfg_t *cfg,
                              float *mem, uint32_t channel, const int16_t *x,
                              uint32_t x_len) {
    ecm_ring_cfg_t ring;
    void *at;
    ecm_status_t status = app_queue(channels, cfg, mem, channel, sizeof *x, &at);
    ECM_REQUIRE(status == ECM_OK, status);
    ring = app_ring(cfg);
    return ecm_ring_push_s16(&channels[channel].ring, &ring, (int16_t *)at, x, x_len);
}

void ecm_app_queue_window(const ecm_app_task_t *t, uint32_t channel) {
    ecm_ring_cfg_t ring = app_ring(t->cfg);
    (void)t->cfg->samples->copy(
        &t->channels[channel].ring, &ring, t->mem.rings + app_ring_at(t->cfg, channel),
        t->cfg->channels[channel].health.range, t->mem.window, t->window_len);
}

void ecm_app_queue_release(const ecm_app_task_t *t, uint32_t end) {
    ecm_ring_cfg_t ring = app_ring(t->cfg);
    for (; t->app->released < end; t->app->released++) {
        (void)ecm_ring_release(&t->channels[t->app->released].ring, &ring, t->hop_len);
    }
}

static bool app_has_window(const ecm_app_task_t *t, uint32_t channel) {
    return ecm_ring_queued(&t->channels[channel].ring) >= t->window_len;
}

ecm_status_t ecm_app_time(ecm_app_channel_t *channels, const ecm_app_cfg_t *cfg,
                          uint32_t channel, uint32_t t_us) {
    ecm_app_stamps_t *stamps;
    uint32_t slot;
    ECM_REQUIRE(channels != NULL && cfg != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(channel < cfg->channels_len, ECM_ERR_ARG);
    stamps = &channels[channel].stamps;
    slot = stamps->head % ECM_APP_STAMPS;
    if (app_load(&channels[channel].away) != 0U ||
        stamps->head - app_load(&stamps->tail) >= ECM_APP_STAMPS) {
        return ECM_MORE;
    }
    ecm_port_barrier(); /* write no stamp before its place is known to be free */
    stamps->t_us[slot] = t_us;
    stamps->at[slot] = channels[channel].ring.head + channels[channel].ring.lost;
    ecm_port_barrier(); /* publish no stamp before it is written */
    *(volatile uint32_t *)&stamps->head = stamps->head + 1U;
    return ECM_OK;
}

/* Judge the stamps that came, each with the samples up to the next one. */
static void app_take_stamps(const ecm_app_task_t *t, uint32_t index) {
    ecm_app_channel_t *channel = &t->channels[index];
    ecm_app_stamps_t *stamps = &channel->stamps;
    const ecm_health_cfg_t *health = &t->cfg->channels[index].health;
    uint32_t bits = 0;
    while (stamps->tail != app_load(&stamps->head)) {
        uint32_t slot = stamps->tail % ECM_APP_STAMPS, t_us, at;
        ecm_port_barrier(); /* read no stamp before it is known to be written */
        t_us = stamps->t_us[slot];
        at = stamps->at[slot];
        ecm_port_barrier(); /* free no place before its stamp was read */
        *(volatile uint32_t *)&stamps->tail = stamps->tail + 1U;
        if (stamps->known != 0U && health->period_ns != 0U) {
            uint32_t own = 0;
            (void)ecm_health_time(&channel->sensor, health, stamps->last_us,
                                  at - stamps->last_at, &own);
            bits |= own;
        }
        stamps->last_us = t_us;
        stamps->last_at = at;
        stamps->known = 1;
    }
    if (bits != 0U) {
        channel->tainted = bits | (channel->tainted_len != 0U ? channel->tainted : 0U);
        channel->tainted_len = t->window_len;
    }
}

/* ---- health first -----------------------------------------------------------
 */

float *ecm_app_queue_state(const ecm_app_task_t *t, uint32_t channel) {
    float *state = t->mem.states;
    uint32_t i;
    for (i = 0; t->cfg->turns == NULL && i < channel; i++) {
        state += t->cfg->channels[i].plan->state_len;
    }
    return state;
}

void ecm_app_queue_forget(const ecm_app_task_t *t) {
    uint32_t i;
    for (i = 0; i < t->cfg->channels_len; i++) {
        (void)ecm_feat_reset_f32(ecm_app_queue_state(t, i), t->cfg->channels[i].plan);
    }
}

void ecm_app_queue_complain(const ecm_app_task_t *t, ecm_app_event_t *event) {
    uint32_t i;
    memset(event, 0, sizeof *event);
    event->window = t->app->window++;
    event->class_id = ECM_APP_NO_CLASS;
    event->shadow_class_id = ECM_APP_NO_CLASS;
    for (i = 0; i < t->cfg->channels_len; i++) {
        event->health |= t->channels[i].health;
        event->unwell |= t->channels[i].health != 0U ? (uint32_t)1 << i : 0U;
    }
    t->app->health |= event->health;
    t->app->dropped++;
    ecm_app_queue_forget(t);
}

/* Number of the oldest sample that is queued or will be, counted in all channels from
 * the same. Push changes `lost` in an overrun alone, which is dealt with next. */
static uint32_t app_oldest(const ecm_app_channel_t *channel) {
    return channel->ring.tail + app_load(&channel->ring.lost) - channel->origin;
}

/* Number of the next sample that is pushed, in the same count. */
static uint32_t app_next(const ecm_app_channel_t *channel) {
    return app_load(&channel->ring.head) + app_load(&channel->ring.lost) -
           channel->origin;
}

/* Drop what is queued; the next sample that is pushed has this number. */
static void app_restart(const ecm_app_task_t *t, ecm_app_channel_t *channel,
                        uint32_t number) {
    ecm_ring_cfg_t ring = app_ring(t->cfg);
    (void)ecm_ring_release(&channel->ring, &ring, ecm_ring_queued(&channel->ring));
    channel->origin += app_next(channel) - number;
}

/* After an overrun of rings: which channels are to blame, see ecm_app.h. Tells whether
 * sensors have stopped. */
static bool app_blame(const ecm_app_task_t *t) {
    bool stopped = false;
    uint32_t i;
    for (i = 0; i < t->cfg->channels_len; i++) {
        bool overran = ecm_ring_has_gap(&t->channels[i].ring);
        stopped = stopped || (!overran && !app_has_window(t, i));
    }
    for (i = 0; i < t->cfg->channels_len; i++) {
        ecm_app_channel_t *channel = &t->channels[i];
        bool overran = ecm_ring_has_gap(&channel->ring);
        bool to_blame = stopped ? !overran && !app_has_window(t, i) : overran;
        channel->health = to_blame ? (uint32_t)ECM_HEALTH_MISSING : 0U;
        if (to_blame) {
            (void)ecm_health_gap(&channel->sensor);
        }
    }
    return stopped;
}

/* The later one of two numbers, which are less than half of all apart. */
static uint32_t app_later(uint32_t a, uint32_t b) {
    return (int32_t)(a - b) > 0 ? a : b;
}

/* The first sample that all channels go on with behind an overrun: the oldest one that
 * all have. Where sensors have stopped, the next one of the others; these keep their
 * count, as pushes may come between, and in chunks of any size. */
static uint32_t app_latest(const ecm_app_task_t *t, bool stopped) {
    uint32_t i, latest = 0;
    bool none = true;
    for (i = 0; i < t->cfg->channels_len; i++) {
        const ecm_app_channel_t *channel = &t->channels[i];
        if (!stopped || channel->health == 0U) {
            uint32_t own = stopped ? app_next(channel) : app_oldest(channel);
            latest = none ? own : app_later(own, latest);
            none = false;
        }
    }
    for (i = 0; stopped && i < t->cfg->channels_len; i++) {
        ecm_app_channel_t *channel = &t->channels[i];
        if (channel->health != 0U) {
            app_restart(t, channel, latest);
        }
    }
    for (i = 0; i < t->cfg->channels_len; i++) { /* some to come may be dropped yet */
        latest = app_later(app_oldest(&t->channels[i]), latest);
    }
    return latest;
}

/* Start all channels again behind an overrun, at samples that belong together. */
static ecm_status_t app_resume(const ecm_app_task_t *t, ecm_app_event_t *event) {
    bool stopped = app_blame(t);
    ecm_ring_cfg_t ring = app_ring(t->cfg);
    uint32_t i, latest;
    for (i = 0; i < t->cfg->channels_len; i++) {
        (void)ecm_ring_resume(&t->channels[i].ring);
    }
    latest = app_latest(t, stopped);
    for (i = 0; i < t->cfg->channels_len; i++) {
        ecm_app_channel_t *channel = &t->channels[i];
        (void)ecm_ring_release(&channel->ring, &ring, latest - app_oldest(channel));
        channel->tainted = 0;
        channel->tainted_len = 0;
    }
    t->app->begun = 0;
    ecm_app_queue_complain(t, event);
    return ECM_APP_EVENT;
}

/* Judge the new samples of a channel's window. Bad ones taint every window that
 * overlaps the stretch in which they came. */
static ecm_status_t app_judge(const ecm_app_task_t *t, uint32_t index) {
    ecm_app_channel_t *channel = &t->channels[index];
    uint32_t new_len = t->app->begun != 0U ? t->hop_len : t->window_len;
    uint32_t bits;
    const uint8_t *window = (const uint8_t *)(const void *)t->mem.window;
    ecm_status_t status = t->cfg->samples->judge(
        &channel->sensor, &t->cfg->channels[index].health,
        window + (size_t)(t->window_len - new_len) * t->cfg->samples->window_bytes,
        new_len, &bits);
    ECM_REQUIRE(status >= ECM_OK, status);
    if (channel->tainted_len == 0U) {
        channel->tainted = 0;
    }
    if (bits != 0U) {
        channel->tainted |= bits;
        channel->tainted_len = t->window_len;
    }
    channel->tainted_len -=
        channel->tainted_len < t->hop_len ? channel->tainted_len : t->hop_len;
    channel->health = channel->tainted;
    return ECM_OK;
}

ecm_status_t ecm_app_queue_judge(const ecm_app_task_t *t, uint32_t channel) {
    app_take_stamps(t, channel);
    ecm_app_queue_window(t, channel);
    return app_judge(t, channel);
}

/* Judge the window in all channels, the first one last: it then lies in mem.window. */
static ecm_status_t app_judge_all(const ecm_app_task_t *t, bool *well) {
    uint32_t i = t->cfg->channels_len;
    ecm_status_t status = ECM_OK;
    *well = true;
    while (i-- > 0U) {
        ecm_status_t own;
        own = ecm_app_queue_judge(t, i);
        status = own < ECM_OK ? own : status;
        *well = *well && t->channels[i].health == 0U;
    }
    t->app->begun = 1;
    t->app->taken++;
    t->app->released = 0;
    return status;
}

ecm_status_t ecm_app_queue_fetch(const ecm_app_task_t *t, ecm_app_event_t *event) {
    ecm_app_t *app = t->app;
    ecm_status_t status;
    uint32_t i;
    bool well;
    for (i = 0; i < t->cfg->channels_len; i++) {
        if (ecm_ring_has_gap(&t->channels[i].ring)) {
            return app_resume(t, event);
        }
    }
    for (i = 0; i < t->cfg->channels_len; i++) {
        if (!app_has_window(t, i)) {
            return ECM_OK;
        }
    }
    status = app_judge_all(t, &well);
    app->window_speed_hz = app->speed_hz;
    for (i = 0; i < t->cfg->channels_len; i++) {
        const ecm_feat_plan_t *plan = t->cfg->channels[i].plan;
        if (status >= ECM_OK && !ecm_feat_takes_speed(plan, app->speed_hz)) {
            status = ECM_ERR_ARG;
        }
    }
    ecm_app_queue_release(t, well && status >= ECM_OK ? 1U : t->cfg->channels_len);
    if (!well) {
        ecm_app_queue_complain(t, event);
        return ECM_APP_EVENT;
    }
    if (status < ECM_OK) {
        ecm_app_queue_forget(t);
        return status;
    }
    app->warming = 0;
    app->slice = 1;
    return ECM_MORE;
}
