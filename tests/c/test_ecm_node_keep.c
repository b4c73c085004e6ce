/* test_ecm_node_keep.c - a device that sleeps, is cut, or gets other settings.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_app_shadow.h"
#include "ecm_test_node.h"

void test_ecm_node_keep(void);

static uint32_t seen(const node_t *n) {
    uint32_t windows;
    memcpy(&windows, ecm_app_queue_parts(&n->app, n->ram->mem).monitor + 1, 4);
    return windows;
}

static void power_off(node_t *n) {
    memset(n->ram, 0x55, sizeof *n->ram);
}

static ecm_status_t rival(const float *features, float *outputs, void *work) {
    (void)work;
    outputs[0] = features[0] * 1.5f;
    return ECM_OK;
}

static const ecm_app_shadow_t rivals[] = {{{rival, ECM_APP_MODEL_SCORE, 1}, NULL, 0}};
static const ecm_app_shadow_cfg_t challengers = {&ecm_app_shadow_calls, rivals, 1,
                                                 SHADOW};

/* Windows, windows that agree, and the sum of differences. */
static float *compared(const node_t *n) {
    return ecm_app_queue_parts(&n->app, n->ram->mem).shadow + 1;
}

/* ---- sleep -------------------------------------------------------------------------
 */

/* A device for so many windows, which sleeps before those of a pattern of bits; sums of
 * its events and of its reports. */
static void live(uint32_t sleeps, uint32_t *events, uint32_t *frames) {
    node_t n;
    ecm_node_event_t event;
    uint8_t buf[96];
    uint32_t i, bytes = 0;
    node_make(&n);
    n.learn.begin = 1;
    n.cfg.run = &n.run;
    n.app.shadow = &challengers;
    n.frames.frame_bytes = 96;
    *events = 0;
    *frames = 0;
    ECM_CHECK(ecm_node_wake(&n.cfg) == ECM_OK); /* nothing was kept yet */
    for (i = 0; i < 64U; i++) {
        if ((sleeps >> (i % 32U)) % 2U != 0U) {
            ECM_CHECK(ecm_node_keep(&n.cfg) == ECM_OK);
            power_off(&n);
            ECM_CHECK(ecm_node_wake(&n.cfg) == ECM_MORE);
        }
        ECM_CHECK(ecm_app_set_speed(n.cfg.app, i % 20U < 3U ? 0.0f : 20.0f) == ECM_OK);
        n.loud = i < 45U ? 1.0f : 3.0f;
        (void)node_window(&n, 20U * i, &event);
        *events = ecm_state_crc32(*events, (const uint8_t *)&event.window,
                                  sizeof event.window);
        *events = ecm_state_crc32(*events, (const uint8_t *)&n.ram->st.alarms, 4);
        while (ecm_node_frame(&n.cfg, buf, sizeof buf, &bytes) == ECM_OK) {
            if (buf[0] != 0x87U) { /* a snapshot that was not complete is lost */
                *frames = ecm_state_crc32(*frames, buf, bytes);
            }
        }
        ECM_CHECK(ecm_node_arrived(&n.cfg) == ECM_OK);
    }
    ECM_CHECK(n.ram->learn.commission.generation == 1U && n.ram->st.alarms != 0U);
    ecm_test_bytes("node_keep baseline", n.ram->baseline, sizeof n.ram->baseline);
}

/* Events, frames and the baseline are those of a device that never slept. */
static void test_sleep(void) {
    static const uint32_t sleeps[] = {0x00000001U, 0x00010000U, 0x55555555U,
                                      0xffffffffU, 0x80000002U};
    uint32_t events, frames, slept, sent, i;
    live(0, &events, &frames);
    for (i = 0; i < 5U; i++) {
        live(sleeps[i], &slept, &sent);
        ECM_CHECK(slept == events && sent == frames);
    }
    ecm_test_u32("node_keep events", events);
    ecm_test_u32("node_keep frames", frames);
}

/* A chunk that is next, and a window under way. */
static void test_unfinished(void) {
    node_t n;
    ecm_node_event_t event;
    uint8_t buf[96];
    uint32_t bytes = 0, next, i;
    float x[WINDOW];
    node_make(&n);
    ECM_CHECK(ecm_node_wake(&n.cfg) == ECM_OK);
    n.loud = 4.0f;
    for (i = 0; i < 30U && n.ram->snapshot.phase != ECM_NODE_SNAPSHOT_MEMORY; i++) {
        (void)node_window(&n, 0, &event);
    }
    do {
        ECM_CHECK(ecm_node_frame(&n.cfg, buf, sizeof buf, &bytes) == ECM_OK);
    } while (buf[0] != 0x87U);
    next = n.ram->snapshot.give.all.next;
    ECM_CHECK(next == 1U);
    i = n.ram->app.window;
    ecm_test_noise_f32(3, x, WINDOW);
    ECM_CHECK(ecm_node_push_f32(&n.cfg, 0, x, WINDOW) == ECM_OK);
    ECM_CHECK(ecm_node_step(&n.cfg, 0, &event) == ECM_MORE && n.ram->app.slice != 0U);
    ECM_CHECK(ecm_node_keep(&n.cfg) == ECM_OK);
    power_off(&n);
    ECM_CHECK(ecm_node_wake(&n.cfg) == ECM_MORE);
    ECM_CHECK(n.ram->snapshot.phase == ECM_NODE_SNAPSHOT_FLASH);
    ECM_CHECK(n.ram->snapshot.give.all.next == next);
    ECM_CHECK(n.ram->app.slice == 0U && n.ram->app.window == i);
    (void)node_window(&n, 0, &event);
    ECM_CHECK(event.window.valid == 1U && event.window.window == i);
}

/* A report that flash refused has a number, and so has no other one after a sleep. */
static void test_numbers(void) {
    node_t n;
    ecm_node_event_t event;
    uint8_t buf[96], numbers = 0;
    uint32_t bytes = 0, i, refused = 0;
    node_make(&n);
    ECM_CHECK(ecm_node_wake(&n.cfg) == ECM_OK);
    ECM_CHECK(ecm_node_keep(&n.cfg) == ECM_OK);
    for (i = 0; i < 7U; i++) { /* at the end of a sector, or within one */
        n.flash[0].power = i == 3U ? 0U : TEST_FLASH_ON;
        refused += ecm_node_step(&n.cfg, 60U * i, &event) < ECM_OK ? 1U : 0U;
    }
    ECM_CHECK(n.ram->app.seq == 7U && refused == 1U);
    power_off(&n);
    ECM_CHECK(ecm_node_wake(&n.cfg) == ECM_MORE);
    ECM_CHECK(n.ram->app.seq == 7U);
    for (i = 7; i < 10U; i++) {
        ECM_CHECK(ecm_node_step(&n.cfg, 60U * i, &event) == ECM_MORE);
    }
    while (ecm_node_frame(&n.cfg, buf, sizeof buf, &bytes) == ECM_OK) {
        uint8_t seq = buf[0] == 0x84U ? 0U : buf[15];
        ECM_CHECK(seq == numbers);
        numbers = (uint8_t)(seq == 2U ? 4U : seq + 1U);
    }
    ECM_CHECK(numbers == 10U);
}

/* Whatever byte is written last: the state of before, or the new one. */
static void test_cuts(void) {
    node_t n;
    ecm_node_event_t event;
    uint32_t power, old = 3, olds = 0, news = 0;
    node_make(&n);
    n.learn.begin = 1;
    ECM_CHECK(ecm_node_wake(&n.cfg) == ECM_OK);
    ECM_CHECK(node_windows(&n, old, 0) == 0U && ecm_node_keep(&n.cfg) == ECM_OK);
    for (power = 0; news < 3U; power += 23U) {
        ecm_status_t status;
        ECM_CHECK(n.ram->app.window == old && seen(&n) == old);
        ECM_CHECK(n.ram->learn.commission.n == old);
        (void)node_window(&n, 0, &event);
        n.flash[4].power = power;
        n.flash[4].upwards = power % 2U == 0U;
        status = ecm_node_keep(&n.cfg);
        n.flash[4].power = TEST_FLASH_ON;
        power_off(&n);
        ECM_CHECK(ecm_node_wake(&n.cfg) == ECM_MORE);
        if (n.ram->app.window == old) {
            ECM_CHECK(status != ECM_OK);
            olds++;
        } else {
            ECM_CHECK(n.ram->app.window == old + 1U && status == ECM_OK);
            old++;
            news++;
        }
    }
    ECM_CHECK(olds > 20U);
    ecm_test_u32("node_keep olds", olds);
}

/* ---- other settings ----------------------------------------------------------------
 */

enum { SAME, CONTRACT, TABLES, CENTER, EDGES, KINDS };

/* Keep, change one thing, wake: what is gone on with. */
static void change(uint32_t what) {
    float edges[FEATURES * 7];
    ecm_monitor_score_t scores[2];
    node_t n;
    uint32_t words, counted = 0, i;
    bool monitors = what == SAME || what == EDGES;
    bool counters = what == SAME || what == TABLES || what == CENTER;
    node_make(&n);
    memcpy(edges, node_edges, sizeof edges);
    memcpy(scores, node_scores, sizeof scores);
    n.learn.firmware_edges = edges;
    n.learn.firmware_scores = scores;
    ECM_CHECK(ecm_node_wake(&n.cfg) == ECM_OK);
    (void)node_windows(&n, 5, 0);
    ECM_CHECK(ecm_node_keep(&n.cfg) == ECM_OK);
    words = n.ram->app.seq;
    ECM_CHECK(words == 1U);
    n.ram->st.alarms = 0;
    if (what == CONTRACT) {
        n.app.contract_id[15] ^= 1U;
    } else if (what == TABLES) {
        n.monitor.id = 6;
    } else if (what == CENTER) {
        scores[1].score.center += 0.01f;
    } else if (what == EDGES) {
        edges[2] += 0.001f;
    }
    ECM_CHECK(ecm_node_wake(&n.cfg) == (what == SAME ? ECM_MORE : ECM_OK));
    ECM_CHECK(seen(&n) == (monitors ? 5U : 0U));
    for (i = 0; i < 8U; i++) {
        uint32_t word = n.ram->dist[i / 2U];
        counted += i % 2U == 0U ? word & 0xffffU : word >> 16;
    }
    ECM_CHECK(counted == (counters ? 5U : 0U));
    ECM_CHECK(n.ram->app.window == (what == CONTRACT ? 0U : 5U));
    ECM_CHECK(n.ram->app.seq == (what == CONTRACT ? 0U : 1U));
    ecm_test_bytes("node_keep print", n.ram->st.print, sizeof n.ram->st.print);
}

/* What was compared with challengers belongs to the models of both. */
static void test_compared(void) {
    node_t n;
    float difference;
    uint32_t i;
    for (i = 0; i < 4U; i++) {
        node_make(&n);
        n.app.shadow = &challengers;
        ECM_CHECK(ecm_node_wake(&n.cfg) == ECM_OK);
        (void)node_windows(&n, 6, 0); /* and a report that says nothing of them */
        ECM_CHECK(compared(&n)[0] == 6.0f && compared(&n)[2] > 0.5f);
        difference = compared(&n)[2];
        compared(&n)[1] = i == 2U ? 7.0f : 0.0f; /* what nobody can have counted */
        compared(&n)[2] = i == 3U ? -difference : difference;
        ECM_CHECK(ecm_node_keep(&n.cfg) == ECM_OK);
        power_off(&n);
        n.app.model_id[15] ^= i == 1U ? 1U : 0U;
        ECM_CHECK(ecm_node_wake(&n.cfg) == (i == 0U ? ECM_MORE : ECM_OK));
        ECM_CHECK(compared(&n)[0] == (i == 0U ? 6.0f : 0.0f));
        ECM_CHECK(compared(&n)[2] == (i == 0U ? difference : 0.0f));
        ECM_CHECK(n.ram->app.window == 6U && seen(&n) == 6U);
    }
}

/* New numbers for a machine that has learnt its own: those of its features stay, those
 * of models and the limits are the new ones; another contract begins anew. */
static void test_update_of_learnt(void) {
    static const ecm_drift_cusum_cfg_t limits = {0.4f, 9.0f};
    float edges[FEATURES * 7], learnt[FEATURES * 7], center, scale;
    ecm_monitor_score_t scores[2];
    ecm_monitor_row_t rows[2];
    ecm_commission_cfg_t other = node_commission;
    node_t n;
    uint32_t window;
    node_make(&n);
    n.learn.begin = 1;
    ECM_CHECK(ecm_node_wake(&n.cfg) == ECM_OK);
    ECM_CHECK((node_windows(&n, WINDOWS + 3, 0) & ECM_NODE_LEARNT) != 0U);
    center = n.ram->scores[1].score.center;
    scale = n.ram->scores[1].score.scale;
    memcpy(learnt, n.ram->edges, sizeof learnt);
    ECM_CHECK(center != node_scores[1].score.center && learnt[3] != node_edges[3]);
    window = n.ram->app.window;
    memcpy(edges, node_edges, sizeof edges);
    memcpy(scores, node_scores, sizeof scores);
    memcpy(rows, node_monitors, sizeof rows);
    edges[3] = 0.59f;
    scores[0].score.center = 1.1f;
    scores[1].score.center = 0.7f;
    rows[0].cfg = &limits;
    rows[1].cfg = &limits;
    n.learn.firmware_edges = edges;
    n.learn.firmware_scores = scores;
    n.monitor.rows = rows;
    n.monitor.id = 6;
    n.app.model_id[0] ^= 1U;
    ECM_CHECK(ecm_node_keep(&n.cfg) == ECM_OK);
    power_off(&n);
    ECM_CHECK(ecm_node_wake(&n.cfg) == ECM_OK);
    ECM_CHECK(n.ram->scores[1].score.center == center);
    ECM_CHECK(n.ram->scores[1].score.scale == scale);
    ECM_CHECK(n.ram->scores[0].score.center == 1.1f);
    ECM_CHECK(test_flash_same((const uint8_t *)n.ram->edges, (const uint8_t *)learnt,
                              sizeof learnt));
    ECM_CHECK(n.ram->learn.commission.phase == ECM_COMMISSION_MONITORING);
    ECM_CHECK(n.ram->learn.commission.generation == 1U);
    /* the monitors start again, all else goes on */
    ECM_CHECK(seen(&n) == 0U && n.ram->app.window == window);
    ECM_CHECK((n.ram->dist[0] | n.ram->dist[1] | n.ram->dist[2] | n.ram->dist[3]) !=
              0U);
    n.loud = 1.2f;
    (void)node_windows(&n, 12, 0);
    ecm_test_bytes("node_keep updated", n.ram->mem, sizeof n.ram->mem);
    other.id = 0x78; /* of other features */
    n.learn.commission = &other;
    n.app.contract_id[0] ^= 1U;
    ECM_CHECK(ecm_node_keep(&n.cfg) == ECM_OK && ecm_node_wake(&n.cfg) == ECM_OK);
    ECM_CHECK(n.ram->scores[1].score.center == 0.7f && n.ram->edges[3] == 0.59f);
    ECM_CHECK(n.ram->learn.commission.phase == ECM_COMMISSION_LEARNING);
    ECM_CHECK(n.ram->learn.commission.n == 0U && n.ram->app.window == 0U);
}

static void test_changes(void) {
    uint32_t what;
    for (what = SAME; what < KINDS; what++) {
        change(what);
    }
}

/* What was gathered goes on, or starts again where it is of other settings. */
static void test_gathered(void) {
    ecm_commission_cfg_t other = node_commission;
    node_t n;
    node_make(&n);
    n.learn.begin = 1;
    ECM_CHECK(ecm_node_wake(&n.cfg) == ECM_OK);
    (void)node_windows(&n, 9, 0);
    ECM_CHECK(ecm_node_keep(&n.cfg) == ECM_OK);
    power_off(&n);
    ECM_CHECK(ecm_node_wake(&n.cfg) == ECM_MORE && n.ram->learn.commission.n == 9U);
    n.cfg.services_len = 2; /* a service that there is not any more */
    ECM_CHECK(ecm_node_wake(&n.cfg) == ECM_OK && n.ram->app.window == 9U);
    n.cfg.services_len = 3;
    other.id = 1;
    n.learn.commission = &other;
    ECM_CHECK(ecm_node_wake(&n.cfg) == ECM_OK && n.ram->learn.commission.n == 0U);
    ECM_CHECK((node_windows(&n, WINDOWS, 0) & ECM_NODE_LEARNT) != 0U);
    /* the record is of before the baseline: it is not learnt twice */
    ECM_CHECK(ecm_node_wake(&n.cfg) == ECM_OK);
    ECM_CHECK(n.ram->learn.commission.phase == ECM_COMMISSION_MONITORING);
    ECM_CHECK(n.ram->learn.commission.generation == 1U && seen(&n) == 0U);
}

/* An update that changes the order of services, or drops the run state. */
static void test_other_services(void) {
    ecm_node_row_t swapped;
    node_t n;
    ecm_node_event_t event;
    node_make(&n);
    ECM_CHECK(ecm_node_wake(&n.cfg) == ECM_OK);
    (void)node_windows(&n, 2, 0);
    ECM_CHECK(ecm_node_keep(&n.cfg) == ECM_OK && n.ram->app.seq == 1U);
    swapped = n.rows[0];
    n.rows[0] = n.rows[1];
    n.rows[1] = swapped;
    ECM_CHECK(ecm_node_wake(&n.cfg) == ECM_OK && n.ram->app.window == 2U);
    ECM_CHECK(n.ram->frames.kept.interval_s == 60U && n.ram->app.seq == 1U);
    n.ram->frames.kept.interval_s = 0; /* what no command can say */
    ECM_CHECK(ecm_node_keep(&n.cfg) == ECM_OK);
    ECM_CHECK(ecm_node_wake(&n.cfg) == ECM_OK);
    ECM_CHECK(n.ram->frames.kept.interval_s == 60U);
    n.cfg.run = &n.run; /* the machine is off */
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    (void)node_window(&n, 0, &event);
    ECM_CHECK(event.window.suspended == ECM_RUN_OFF && seen(&n) == 0U);
    ECM_CHECK(ecm_node_keep(&n.cfg) == ECM_OK);
    n.cfg.run = NULL;
    ECM_CHECK(ecm_node_wake(&n.cfg) == ECM_MORE);
    (void)node_window(&n, 0, &event);
    ECM_CHECK(event.window.suspended == 0U && seen(&n) == 1U);
}

/* Records with a right checksum that no device can have written: their places would be
 * outside memory. */
static void test_gathered_damage(void) {
    ecm_sample_kll_t sketch;
    node_t n;
    uint8_t *at;
    uint32_t i;
    for (i = 0; i < 3U; i++) {
        node_make(&n);
        n.learn.begin = 1;
        ECM_CHECK(ecm_node_wake(&n.cfg) == ECM_OK);
        (void)node_windows(&n, 9, 0);
        at = (uint8_t *)(n.ram->gathered + ECM_COMMISSION_LEARN_HEAD_WORDS) +
             sizeof(ecm_moments_t);
        memcpy(&sketch, at, sizeof sketch);
        if (i == 1U) {
            n.ram->learn.commission.at = 1; /* 23 windows are missing */
        } else if (i == 2U) {
            sketch.levels = ECM_SAMPLE_KLL_LEVELS + 1;
            memcpy(at, &sketch, sizeof sketch);
        }
        ECM_CHECK(ecm_node_keep(&n.cfg) == ECM_OK);
        power_off(&n);
        ECM_CHECK(ecm_node_wake(&n.cfg) >= ECM_OK);
        ECM_CHECK(n.ram->learn.commission.n == (i == 0U ? 9U : 0U));
        ECM_CHECK(n.ram->learn.commission.at == 0U);
    }
}

/* A reset that nothing was kept for: the count of frames does not go back. */
static void test_forgotten(void) {
    node_t n;
    ecm_node_event_t event;
    uint8_t buf[ECM_FRAME_MIN_BYTES];
    uint32_t bytes = 0, i;
    node_make(&n);
    ECM_CHECK(ecm_node_wake(&n.cfg) == ECM_OK);
    (void)node_windows(&n, 2, 0);
    ECM_CHECK(ecm_node_keep(&n.cfg) == ECM_OK && n.ram->app.seq == 1U);
    (void)node_windows(&n, 1, 60);
    (void)node_windows(&n, 1, 120);
    ECM_CHECK(n.ram->app.seq == 3U);
    power_off(&n);
    ECM_CHECK(ecm_node_wake(&n.cfg) == ECM_MORE);
    ECM_CHECK(n.ram->app.window == 2U && n.ram->app.seq == 3U);
    (void)node_window(&n, 180, &event);
    for (i = 0; i < 4U; i++) {
        ECM_CHECK(ecm_node_frame(&n.cfg, buf, sizeof buf, &bytes) == ECM_OK);
        ECM_CHECK(i == 0U || buf[15] == i);
    }
}

static void test_damage(void) {
    node_t n;
    node_make(&n);
    ECM_CHECK(ecm_node_wake(&n.cfg) == ECM_OK);
    (void)node_windows(&n, 2, 0);
    ECM_CHECK(ecm_node_keep(&n.cfg) == ECM_OK);
    n.rom->kept[ECM_STATE_HEAD_BYTES + 90] ^= 1U;
    ECM_CHECK(ecm_node_wake(&n.cfg) == ECM_OK && n.ram->app.window == 0U);
    n.stores[4].slot_bytes = 100;
    ECM_CHECK(ecm_node_keep(&n.cfg) == ECM_ERR_FULL);
}

static uint32_t reads; /* that flash answers to yet */

static ecm_status_t failing_read(void *user, uint32_t at, uint8_t *data,
                                 uint32_t bytes) {
    ECM_REQUIRE(reads > 0U, ECM_ERR_FULL);
    reads--;
    return test_flash_read(user, at, data, bytes);
}

/* A start that was refused leaves nothing that could spoil flash; the next one goes on
 * from what was kept. */
static void test_refused_start(void) {
    node_t n;
    ecm_node_event_t event;
    uint8_t buf[ECM_FRAME_MIN_BYTES];
    uint32_t bytes = 0, most, before;
    ecm_status_t status;
    node_make(&n);
    ECM_CHECK(ecm_node_step(&n.cfg, 0, &event) == ECM_ERR_STATE); /* not started */
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    (void)node_windows(&n, 5, 0);
    ECM_CHECK(ecm_node_keep(&n.cfg) == ECM_OK);
    n.stores[0].read = failing_read; /* of the reports */
    before = ecm_state_crc32(0, n.flash[4].bytes, n.flash[4].len);
    for (most = 0;; most++) {
        reads = most;
        status = ecm_node_wake(&n.cfg);
        if (status >= ECM_OK) {
            break;
        }
        ECM_CHECK(status == ECM_ERR_FULL);
        ECM_CHECK(ecm_node_step(&n.cfg, 0, &event) == ECM_ERR_STATE);
        ECM_CHECK(ecm_node_frame(&n.cfg, buf, sizeof buf, &bytes) == ECM_ERR_STATE);
        ECM_CHECK(ecm_node_arrived(&n.cfg) == ECM_ERR_STATE);
        ECM_CHECK(ecm_node_again(&n.cfg) == ECM_ERR_STATE);
        ECM_CHECK(node_order(&n, 30, ECM_COMMAND_ACK_ALARMS, 3, 0) == ECM_ERR_STATE);
        ECM_CHECK(ecm_node_keep(&n.cfg) == ECM_ERR_STATE);
    }
    ECM_CHECK(most > 3U && status == ECM_MORE);
    ECM_CHECK(before == ecm_state_crc32(0, n.flash[4].bytes, n.flash[4].len));
    reads = UINT32_MAX;
    (void)node_windows(&n, 1, 0);
    ECM_CHECK(n.ram->app.window == 6U && seen(&n) == 6U);
}

void test_ecm_node_keep(void) {
    test_sleep();
    test_unfinished();
    test_numbers();
    test_cuts();
    test_changes();
    test_compared();
    test_update_of_learnt();
    test_gathered();
    test_other_services();
    test_gathered_damage();
    test_forgotten();
    test_damage();
    test_refused_start();
}
