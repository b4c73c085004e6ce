/* test_ecm_node.c - a whole device: run state, frames, snapshots, commands, learning.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_test_node.h"

void test_ecm_node(void);

/* Windows that the monitors have seen: the first word behind their id. */
static uint32_t seen(const node_t *n) {
    uint32_t windows;
    memcpy(&windows, ecm_app_queue_parts(&n->app, n->ram->mem).monitor + 1, 4);
    return windows;
}

/* ---- run state ---------------------------------------------------------------------
 */

static void test_run(void) {
    static const float speed[] = {0, 20, 20, 20, 20, 24, 24, 24, 24, 2};
    static const uint8_t state[] = {1, 2, 2, 0, 0, 2, 2, 0, 0, 1};
    node_t n;
    ecm_node_event_t event;
    uint32_t i, steady = 0;
    node_make(&n);
    n.cfg.run = &n.run;
    n.learn.begin = 1;
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    for (i = 0; i < sizeof state; i++) {
        ECM_CHECK(ecm_app_set_speed(n.cfg.app, speed[i]) == ECM_OK);
        (void)node_window(&n, 0, &event);
        ECM_CHECK(event.window.window == i && event.window.valid == 1U);
        ECM_CHECK(event.window.suspended == state[i]);
        steady += state[i] == 0U ? 1U : 0U;
        ECM_CHECK(seen(&n) == steady && n.ram->learn.commission.n == steady);
    }
    ecm_test_bytes("node run", &event.window, sizeof event.window);
    ECM_CHECK(n.slices > 40U);
    /* by a level: the RMS of the window */
    node_make(&n);
    n.cfg.run = &n.run;
    n.run.input = 0;
    n.run.limits.off_below = 0.2f;
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    n.loud = 0.1f;
    (void)node_window(&n, 0, &event);
    ECM_CHECK(event.window.suspended == ECM_RUN_OFF && seen(&n) == 0U);
    n.loud = 1.0f;
    ECM_CHECK(node_windows(&n, 3, 0) == 0U && seen(&n) == 1U);
}

/* A plan that turns with the shaft refuses a machine that stands still: no error. */
static void test_run_refused(void) {
    ecm_feat_plan_t plan = node_plan;
    node_t n;
    ecm_node_event_t event;
    node_make(&n);
    plan.speed_lo_hz = 10.0f;
    plan.speed_hi_hz = 30.0f;
    n.channel.plan = &plan;
    n.cfg.run = &n.run;
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    ECM_CHECK(node_windows(&n, 2, 0) == 0U && n.ram->app.window == 0U);
    ECM_CHECK(n.ram->st.run.state == ECM_RUN_OFF);
    ECM_CHECK(ecm_app_set_speed(n.cfg.app, 20.0f) == ECM_OK);
    (void)node_window(&n, 0, &event);
    ECM_CHECK(event.window.window == 0U && event.window.suspended == ECM_RUN_TRANSIENT);
}

/* ---- samples -----------------------------------------------------------------------
 */

/* By the record of the device, in the application and in the snapshot. */
static void test_scaled(void) {
    ecm_device_t device;
    node_t n;
    float x[2 * WINDOW];
    uint32_t i;
    memset(&device, 0, sizeof device);
    device.channels_len = 1;
    device.sensitivity[0] = 0.5f;
    device.offset[0] = 2.0f;
    node_make(&n);
    n.cfg.device = &device;
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    for (i = 0; i < 2U * WINDOW; i++) {
        x[i] = (float)i;
    }
    ECM_CHECK(ecm_node_push_f32(&n.cfg, 0, x, BEFORE + AFTER) == ECM_OK);
    for (i = 0; i < BEFORE + AFTER; i++) {
        float wanted = ((float)i - 2.0f) * 0.5f;
        ECM_CHECK(n.ram->snap[i] == wanted && n.ram->mem[i] == wanted);
    }
    ECM_CHECK(ecm_node_push_f32(&n.cfg, 0, x, 2U * WINDOW) == ECM_ERR_FULL);
    ECM_CHECK(ecm_node_push_f32(&n.cfg, 1, x, 1) == ECM_ERR_ARG);
    ECM_CHECK(ecm_node_push_s16(&n.cfg, 0, (const int16_t *)(void *)x, 1) ==
              ECM_ERR_ARG);
    ECM_CHECK(ecm_node_push_f32(&n.cfg, 0, NULL, 0) == ECM_OK);
}

/* ---- frames ------------------------------------------------------------------------
 */

static uint32_t frame_seq(const uint8_t *frame) {
    return frame[0] == 0x84U ? 0U : frame[15]; /* the join frame; below 24 */
}

static void test_frames(void) {
    node_t n;
    ecm_node_event_t event;
    uint8_t buf[ECM_FRAME_MIN_BYTES];
    uint32_t i, bytes = 0;
    node_make(&n);
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    ECM_CHECK(ecm_node_frame(&n.cfg, buf, sizeof buf, &bytes) == ECM_MORE);
    for (i = 0; i < 5U; i++) { /* offline; not twice in the same minute */
        (void)node_window(&n, 60U * i, &event);
        (void)node_window(&n, 60U * i + 30U, &event);
    }
    for (i = 0; i < 3U; i++) {
        ECM_CHECK(ecm_node_frame(&n.cfg, buf, sizeof buf, &bytes) == ECM_OK);
        ECM_CHECK(frame_seq(buf) == i);
        ecm_test_bytes("node frame", buf, bytes);
    }
    ECM_CHECK(ecm_node_again(&n.cfg) == ECM_OK);
    ECM_CHECK(ecm_node_frame(&n.cfg, buf, 20, &bytes) == ECM_ERR_FULL);
    for (i = 0; i < 2U; i++) {
        ECM_CHECK(ecm_node_frame(&n.cfg, buf, sizeof buf, &bytes) == ECM_OK);
        ECM_CHECK(frame_seq(buf) == i);
    }
    ECM_CHECK(ecm_node_arrived(&n.cfg) == ECM_OK);
    ECM_CHECK(ecm_spool_waiting(&n.ram->frames.spool) == 3U);
    ECM_CHECK(ecm_node_arrived(&n.cfg) == ECM_OK);
    ECM_CHECK(node_order(&n, 30, ECM_COMMAND_ACK_FRAMES, 3, 0) == ECM_OK);
    ECM_CHECK(ecm_node_frame(&n.cfg, buf, sizeof buf, &bytes) == ECM_OK);
    ECM_CHECK(frame_seq(buf) == 4U);
    ECM_CHECK(ecm_node_frame(&n.cfg, buf, sizeof buf, &bytes) == ECM_MORE);
    ECM_CHECK(node_order(&n, 31, ECM_COMMAND_INTERVAL, 10, 0) == ECM_OK);
    ECM_CHECK(n.ram->app.seq == 6U); /* what became of it goes home */
    (void)node_run(&n, 251, &event);
    ECM_CHECK(n.ram->app.seq == 7U);
    n.flash[0].power = 0; /* a report is lost, and no more */
    ECM_CHECK(ecm_node_step(&n.cfg, 261, &event) == ECM_ERR_STATE);
    ECM_CHECK(ecm_node_step(&n.cfg, 262, &event) == ECM_OK);
    ECM_CHECK(n.ram->frames.lost == 1U);
    n.ram->app.alarms = 5;
    n.ram->app.health = 2;
    ECM_CHECK(ecm_node_step(&n.cfg, 271, &event) == ECM_ERR_STATE);
    ECM_CHECK(n.ram->app.alarms == 5U && n.ram->app.health == 2U); /* not lost */
    n.flash[0].power = TEST_FLASH_ON;
    (void)node_run(&n, 281, &event);
    ECM_CHECK(n.ram->app.alarms == 0U && n.ram->frames.lost == 2U);
}

/* Firmware with longer frames was here: what has no room does not stop the others. */
static void test_longer_frames(void) {
    node_t n;
    ecm_node_event_t event;
    uint8_t buf[ECM_FRAME_FULL_BYTES] = {0};
    uint32_t i, bytes = 0;
    node_make(&n);
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    (void)node_run(&n, 0, &event);
    for (i = 0; i < 2U; i++) {
        ECM_CHECK(ecm_spool_append(&n.ram->frames.spool, &n.spool, buf, 96) == ECM_OK);
    }
    (void)node_run(&n, 60, &event);
    ECM_CHECK(ecm_node_frame(&n.cfg, buf, ECM_FRAME_MIN_BYTES, &bytes) == ECM_OK);
    ECM_CHECK(frame_seq(buf) == 0U);
    ECM_CHECK(ecm_node_frame(&n.cfg, buf, 96, &bytes) == ECM_OK && bytes == 96U);
    /* less room than frames of its own take: nothing is passed over */
    ECM_CHECK(ecm_node_frame(&n.cfg, buf, ECM_FRAME_MIN_BYTES - 1U, &bytes) ==
              ECM_ERR_FULL);
    ECM_CHECK(ecm_node_frame(&n.cfg, buf, ECM_FRAME_MIN_BYTES, &bytes) == ECM_OK);
    ECM_CHECK(frame_seq(buf) == 1U);
    ECM_CHECK(ecm_node_frame(&n.cfg, buf, sizeof buf, &bytes) == ECM_MORE);
    ECM_CHECK(ecm_node_again(&n.cfg) == ECM_OK);
    ECM_CHECK(ecm_node_frame(&n.cfg, buf, sizeof buf, &bytes) == ECM_OK);
    ECM_CHECK(ecm_node_frame(&n.cfg, buf, ECM_FRAME_MIN_BYTES, &bytes) == ECM_OK);
    ECM_CHECK(frame_seq(buf) == 1U && ecm_node_arrived(&n.cfg) == ECM_OK);
    ECM_CHECK(ecm_spool_waiting(&n.ram->frames.spool) == 0U);
}

/* By the number that a receiver knows, where the spool's is another one. */
static void test_acknowledged(void) {
    node_t n;
    ecm_node_event_t event;
    uint8_t buf[ECM_FRAME_MIN_BYTES];
    uint32_t i, bytes = 0;
    node_make(&n);
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    for (i = 0; i < 3U; i++) {
        (void)node_run(&n, 60U * i, &event);
    }
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK); /* 0, 1, 2, and again from 0 on */
    n.ram->app.seq = 0x10000U + 7U;
    for (i = 0; i < 2U; i++) {
        (void)node_run(&n, 60U * i, &event);
    }
    n.flash[0].power = 0; /* one that is lost takes a number too */
    ECM_CHECK(ecm_node_step(&n.cfg, 120, &event) == ECM_ERR_STATE);
    n.flash[0].power = TEST_FLASH_ON;
    (void)node_run(&n, 180, &event);
    ECM_CHECK(ecm_spool_waiting(&n.ram->frames.spool) == 7U);
    ECM_CHECK(node_order(&n, 30, ECM_COMMAND_ACK_FRAMES, 3, 0) == ECM_ERR_ARG);
    ECM_CHECK(node_order(&n, 31, ECM_COMMAND_ACK_FRAMES, 7, 0) == ECM_OK);
    ECM_CHECK(ecm_spool_waiting(&n.ram->frames.spool) == 4U); /* and an answer */
    ECM_CHECK(ecm_node_frame(&n.cfg, buf, sizeof buf, &bytes) == ECM_OK);
    ECM_CHECK(frame_seq(buf) == 8U);
    ECM_CHECK(node_order(&n, 32, ECM_COMMAND_ACK_FRAMES, 0x1000b, 0) == ECM_OK);
    ECM_CHECK(ecm_spool_waiting(&n.ram->frames.spool) == 0U);
}

/* One report of an alarm that goes on, until it is known; not the join frame. */
static void test_alarm_reports(void) {
    node_t n;
    ecm_node_event_t event;
    uint32_t alarms = 0, i;
    node_make(&n);
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    n.loud = 4.0f;
    for (i = 0; alarms < 5U && i < 100U; i++) {
        (void)node_window(&n, 0, &event);
        alarms += event.window.alarms != 0U ? 1U : 0U;
    }
    ECM_CHECK(alarms == 5U && n.ram->st.alarms == 3U);
    ECM_CHECK(n.ram->app.seq == 2U || n.ram->app.seq == 3U); /* one a group at most */
    i = n.ram->app.seq;
    ECM_CHECK(node_order(&n, 30, ECM_COMMAND_ACK_ALARMS, 3, 0) == ECM_OK);
    do {
        (void)node_window(&n, 0, &event);
    } while (event.window.alarms == 0U);
    ECM_CHECK(n.ram->app.seq == i + 2U); /* the answer, and a report */
    /* before the first report: the join frame, then at once that of the alarm */
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    event.window.alarms = 1;
    n.ram->app.alarms = 1;
    ecm_node_frames.event(&n.cfg, &n.rows[0], &event.window);
    (void)node_run(&n, 0, &event);
    ECM_CHECK(n.ram->app.seq == 2U && n.ram->app.alarms == 0U);
}

/* ---- snapshots ---------------------------------------------------------------------
 */

/* Windows until an alarm; then those that are behind it. */
static void raise_alarm(node_t *n) {
    ecm_node_event_t event;
    uint32_t news = 0, i;
    n->loud = 4.0f;
    for (i = 0; n->ram->st.alarms == 0U && i < 50U; i++) {
        news |= node_window(n, 500, &event);
    }
    ECM_CHECK(n->ram->st.alarms != 0U);
    while (news == 0U && i++ < 60U) {
        news = node_window(n, 500, &event);
    }
    ECM_CHECK(news == ECM_NODE_SNAPSHOT);
    n->loud = 1.0f;
}

/* Frames that wait, but the last chunks; those of chunks, summed. */
static uint32_t take_chunks(node_t *n, uint32_t *crc) {
    uint8_t buf[96];
    uint32_t bytes = 0, chunks = 0;
    while (ecm_node_frame(&n->cfg, buf, sizeof buf, &bytes) == ECM_OK) {
        if (buf[0] == 0x87U) {
            *crc = ecm_state_crc32(*crc, buf, bytes);
            chunks++;
        }
    }
    return chunks;
}

static void test_snapshot(void) {
    node_t n;
    uint32_t first = 0, again = 0, some = 0, chunks, id;
    node_make(&n);
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    ECM_CHECK(node_order(&n, 30, ECM_COMMAND_CHUNKS, 0, 1) == ECM_ERR_STATE);
    raise_alarm(&n);
    id = n.ram->snapshot.id;
    ECM_CHECK(n.ram->snapshot.phase == ECM_NODE_SNAPSHOT_MEMORY);
    chunks = take_chunks(&n, &first);
    ECM_CHECK(chunks == n.ram->snapshot.chunks && chunks > 3U);
    ecm_test_u32("node snapshot", first);
    ECM_CHECK(node_order(&n, 31, ECM_COMMAND_CHUNKS, 1, 2) == ECM_OK);
    ECM_CHECK(take_chunks(&n, &some) == 2U);
    ECM_CHECK(node_order(&n, 32, ECM_COMMAND_CHUNKS, chunks, 1) == ECM_ERR_ARG);
    /* it is in flash too: there after a reset */
    memset(n.ram, 0x55, sizeof *n.ram);
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    ECM_CHECK(n.ram->snapshot.phase == ECM_NODE_SNAPSHOT_FLASH);
    ECM_CHECK(n.ram->snapshot.id == id && n.ram->st.alarms == 0U);
    ECM_CHECK(take_chunks(&n, &again) == chunks && again == first);
    ECM_CHECK(node_order(&n, 33, ECM_COMMAND_REARM, id ^ 1U, 0) == ECM_ERR_ARG);
    ECM_CHECK(node_order(&n, 33, ECM_COMMAND_REARM, id, 0) == ECM_ERR_STATE);
    ECM_CHECK(node_order(&n, 34, ECM_COMMAND_REARM, id, 0) == ECM_OK);
    ECM_CHECK(n.ram->snapshot.phase == ECM_NODE_SNAPSHOT_NONE);
    ECM_CHECK(take_chunks(&n, &again) == 0U);
    raise_alarm(&n); /* and the next one */
    ECM_CHECK(n.ram->snapshot.id != id && take_chunks(&n, &some) == chunks);
    ECM_CHECK(ecm_node_arrived(&n.cfg) == ECM_OK);
    ECM_CHECK(n.ram->snapshot.phase == ECM_NODE_SNAPSHOT_NONE);
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    ECM_CHECK(n.ram->snapshot.phase == ECM_NODE_SNAPSHOT_NONE);
}

/* Up to so many chunks. */
static uint32_t take_some(node_t *n, uint32_t most) {
    uint8_t buf[96];
    uint32_t bytes = 0, chunks = 0;
    while (chunks < most &&
           ecm_node_frame(&n->cfg, buf, sizeof buf, &bytes) == ECM_OK) {
        chunks += buf[0] == 0x87U ? 1U : 0U;
    }
    return chunks;
}

/* A link that is lost after each chunk comes to an end; a command in between too. */
static void test_snapshot_in_pieces(void) {
    node_t n;
    uint32_t chunks, i;
    node_make(&n);
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    raise_alarm(&n);
    chunks = n.ram->snapshot.chunks;
    for (i = 1; i < chunks; i++) {
        ECM_CHECK(take_some(&n, 1) == 1U && ecm_node_arrived(&n.cfg) == ECM_OK);
        ECM_CHECK(take_some(&n, 1) == 1U && ecm_node_again(&n.cfg) == ECM_OK);
        ECM_CHECK(n.ram->snapshot.give.all.next == i);
    }
    ECM_CHECK(take_some(&n, 1) == 1U && ecm_node_arrived(&n.cfg) == ECM_OK);
    ECM_CHECK(n.ram->snapshot.phase == ECM_NODE_SNAPSHOT_NONE);
    n.ram->st.alarms = 0;
    raise_alarm(&n);
    ECM_CHECK(take_some(&n, 2) == 2U);
    ECM_CHECK(node_order(&n, 30, ECM_COMMAND_CHUNKS, 0, 2) == ECM_OK);
    ECM_CHECK(take_some(&n, 1) == 1U && n.ram->snapshot.give.all.next == 2U);
    ECM_CHECK(ecm_node_again(&n.cfg) == ECM_OK); /* two asked for, and all */
    ECM_CHECK(take_some(&n, 99) == 2U + chunks);
    ECM_CHECK(ecm_node_arrived(&n.cfg) == ECM_OK);
    ECM_CHECK(n.ram->snapshot.phase == ECM_NODE_SNAPSHOT_NONE);
}

#define ANSWER 0x89U /* an array of 9: what became of a command */

/* The next frame that is no answer is this chunk. */
static bool is_chunk(node_t *n, uint32_t number) {
    uint8_t buf[96], wanted[96];
    uint32_t bytes = 0, wanted_bytes = 0;
    do {
        ECM_CHECK(ecm_node_frame(&n->cfg, buf, sizeof buf, &bytes) == ECM_OK);
    } while (buf[0] == ANSWER);
    ECM_CHECK(ecm_snapshot_chunk(&n->ram->snapshot.snapshot, &n->snap, n->ram->snap,
                                 number, wanted, sizeof wanted,
                                 &wanted_bytes) == ECM_OK);
    return bytes == wanted_bytes && test_flash_same(buf, wanted, bytes);
}

/* Commands in a row: none is lost, and one too many is refused. */
static void test_snapshot_asked(void) {
    static const uint8_t asked[] = {3, 0, 2, 1};
    node_t n;
    uint32_t crc = 0, i;
    node_make(&n);
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    raise_alarm(&n);
    ECM_CHECK(take_chunks(&n, &crc) == n.ram->snapshot.chunks);
    for (i = 0; i < 4U; i++) {
        ECM_CHECK(node_order(&n, 30U + i, ECM_COMMAND_CHUNKS, asked[i], 1) == ECM_OK);
    }
    ECM_CHECK(node_order(&n, 34, ECM_COMMAND_CHUNKS, 0, 2) == ECM_ERR_FULL);
    ECM_CHECK(is_chunk(&n, 3));
    ECM_CHECK(node_order(&n, 34, ECM_COMMAND_CHUNKS, 0, 2) ==
              ECM_ERR_STATE); /* spent */
    ECM_CHECK(node_order(&n, 35, ECM_COMMAND_CHUNKS, 0, 2) ==
              ECM_OK); /* in its place */
    ECM_CHECK(node_order(&n, 36, ECM_COMMAND_CHUNKS, 0, 1) == ECM_ERR_FULL);
    ECM_CHECK(is_chunk(&n, 0) && is_chunk(&n, 2));
    ECM_CHECK(ecm_node_arrived(&n.cfg) == ECM_OK);
    ECM_CHECK(is_chunk(&n, 1) && is_chunk(&n, 0));
    ECM_CHECK(ecm_node_again(&n.cfg) == ECM_OK);
    ECM_CHECK(is_chunk(&n, 1) && is_chunk(&n, 0) && is_chunk(&n, 1));
    ECM_CHECK(take_chunks(&n, &crc) == 0U);
    ECM_CHECK(n.ram->snapshot.phase == ECM_NODE_SNAPSHOT_MEMORY);
    ECM_CHECK(ecm_node_arrived(&n.cfg) == ECM_OK);
    ECM_CHECK(n.ram->snapshot.phase == ECM_NODE_SNAPSHOT_NONE);
}

/* ---- commands ----------------------------------------------------------------------
 */

static void test_commands(void) {
    node_t n;
    ecm_command_order_t order;
    uint8_t raw[4] = {0};
    node_make(&n);
    n.cfg.services_len = 2;
    n.monitor.scores = node_scores; /* nobody learns */
    n.app.dist_edges = node_edges;
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    n.ram->st.alarms = 7;
    n.flash[1].power = 30; /* not kept, so not obeyed */
    ECM_CHECK(node_order(&n, 40, ECM_COMMAND_ACK_ALARMS, 5, 0) == ECM_ERR_STATE);
    ECM_CHECK(n.ram->st.alarms == 7U);
    n.flash[1].power = TEST_FLASH_ON;
    ECM_CHECK(node_order(&n, 40, ECM_COMMAND_ACK_ALARMS, 5, 0) == ECM_OK);
    ECM_CHECK(n.ram->st.alarms == 2U);
    ECM_CHECK(node_order(&n, 40, ECM_COMMAND_ACK_ALARMS, 2, 0) == ECM_ERR_STATE);
    memset(n.ram, 0x55, sizeof *n.ram);
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    n.ram->st.alarms = 7;
    ECM_CHECK(node_order(&n, 40, ECM_COMMAND_ACK_ALARMS, 7, 0) == ECM_ERR_STATE);
    ECM_CHECK(n.ram->st.alarms == 7U);
    ECM_CHECK(node_order(&n, 41, ECM_COMMAND_ACK_ALARMS, 7, 0) == ECM_OK);
    n.ram->st.alarms = 0xc0018001U; /* the last bit stands for all from there on */
    ECM_CHECK(node_order(&n, 42, ECM_COMMAND_ACK_ALARMS, 0x8000, 0) == ECM_OK);
    ECM_CHECK(n.ram->st.alarms == 1U);
    ECM_CHECK(node_order(&n, 43, ECM_COMMAND_RELEARN, 0, 0) == ECM_ERR_STATE);
    ECM_CHECK(ecm_node_receive(&n.cfg, raw, 4, &order) == ECM_ERR_FORMAT);
    ECM_CHECK(ecm_node_receive(&n.cfg, NULL, 4, &order) == ECM_ERR_NULL);
    n.cfg.command = NULL;
    ECM_CHECK(ecm_node_receive(&n.cfg, raw, 4, &order) == ECM_ERR_NULL);
}

static ecm_status_t refusing_read(void *user, uint32_t at, uint8_t *data,
                                  uint32_t bytes) {
    (void)user;
    (void)at;
    (void)data;
    (void)bytes;
    return ECM_ERR_STATE;
}

/* A memory that cannot be read is none without a record: nothing is obeyed twice. */
static void test_commands_unread(void) {
    node_t n;
    node_make(&n);
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    ECM_CHECK(node_order(&n, 40, ECM_COMMAND_INTERVAL, 100, 0) == ECM_OK);
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    n.stores[1].read = refusing_read;
    ECM_CHECK(node_order(&n, 40, ECM_COMMAND_INTERVAL, 200, 0) == ECM_ERR_FORMAT);
    ECM_CHECK(node_order(&n, 41, ECM_COMMAND_INTERVAL, 200, 0) == ECM_ERR_FORMAT);
    n.stores[1].read = test_flash_read;
    ECM_CHECK(node_order(&n, 40, ECM_COMMAND_INTERVAL, 200, 0) == ECM_ERR_STATE);
    ECM_CHECK(n.ram->frames.kept.interval_s == 60U);
    ECM_CHECK(node_order(&n, 41, ECM_COMMAND_INTERVAL, 200, 0) == ECM_OK);
}

/* Results of the answers that wait, two digits each, in order. */
static uint32_t answered(node_t *n) {
    uint8_t buf[96];
    uint32_t bytes = 0, results = 0;
    while (ecm_node_frame(&n->cfg, buf, sizeof buf, &bytes) == ECM_OK) {
        if (buf[0] == ANSWER) {
            results = 100U * results + buf[bytes - 1U];
            ecm_test_bytes("node answer", buf, bytes);
        }
    }
    ECM_CHECK(ecm_node_frames.arrived(&n->cfg.services[0]) == ECM_OK);
    return results;
}

/* What became of commands goes home; of noise and repetitions nothing. */
static void test_answers(void) {
    static const uint8_t unknown[] = {0x84, 1, 0x18, 35, 23, 1};
    static const uint8_t coded[] = {0x85, 1, 0x18, 36, 23, 1, 0x44, 0, 0, 0, 0};
    node_t n;
    ecm_node_event_t event;
    ecm_command_order_t order;
    uint8_t buf[96];
    uint32_t bytes = 0, i;
    node_make(&n);
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    n.ram->st.now_s = 1234;
    ECM_CHECK(node_order(&n, 30, ECM_COMMAND_ACK_ALARMS, 5, 0) == ECM_OK);
    ECM_CHECK(ecm_node_frame(&n.cfg, buf, sizeof buf, &bytes) == ECM_OK);
    ECM_CHECK(buf[0] == 0x84U && n.ram->app.seq == 2U); /* the join frame was first */
    ECM_CHECK(ecm_node_frame(&n.cfg, buf, sizeof buf, &bytes) == ECM_OK);
    ECM_CHECK(buf[0] == ANSWER && frame_seq(buf) == 1U && buf[bytes - 1U] == 0U);
    ecm_test_bytes("node answer", buf, bytes);
    ECM_CHECK(node_order(&n, 31, ECM_COMMAND_REARM, 77, 0) == ECM_ERR_STATE);
    raise_alarm(&n);
    for (i = 0; i < 4U; i++) {
        ECM_CHECK(node_order(&n, 32U, ECM_COMMAND_ACK_ALARMS, 0, 0) ==
                  (i == 0U ? ECM_OK : ECM_ERR_STATE)); /* once */
    }
    ECM_CHECK(answered(&n) == 500U);
    for (i = 0; i < 4U; i++) {
        ECM_CHECK(node_order(&n, 40U + i, ECM_COMMAND_CHUNKS, i, 1) == ECM_OK);
    }
    ECM_CHECK(node_order(&n, 44, ECM_COMMAND_CHUNKS, 4, 1) == ECM_ERR_FULL);
    ECM_CHECK(node_order(&n, 45, ECM_COMMAND_REARM, 0, 0) == ECM_ERR_ARG);
    ECM_CHECK(answered(&n) == 402U);
    /* acknowledged reports are not answered, those that there are not are */
    ECM_CHECK(node_order(&n, 46, ECM_COMMAND_ACK_FRAMES, 9999, 0) == ECM_ERR_ARG);
    ECM_CHECK(node_order(&n, 47, ECM_COMMAND_ACK_FRAMES, n.ram->app.seq - 1U, 0) ==
              ECM_OK);
    ECM_CHECK(answered(&n) == 0U);
    ECM_CHECK(ecm_node_receive(&n.cfg, unknown, sizeof unknown, &order) ==
              ECM_ERR_STATE); /* an old number: a repetition of something */
    ECM_CHECK(ecm_node_receive(&n.cfg, unknown, 5, &order) == ECM_ERR_FORMAT);
    ECM_CHECK(answered(&n) == 0U);
    node_make(&n);
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    (void)node_run(&n, 0, &event);
    for (i = 0; i < 2U; i++) { /* of a later firmware */
        ECM_CHECK(ecm_node_receive(&n.cfg, i == 0U ? unknown : coded,
                                   i == 0U ? sizeof unknown : sizeof coded,
                                   &order) == ECM_ERR_FORMAT);
        ECM_CHECK(order.kind == 23U && order.seq == 35U + i && order.value[0] == 1U);
    }
    ECM_CHECK(node_order(&n, 36, ECM_COMMAND_ACK_ALARMS, 0, 0) == ECM_ERR_STATE);
    ECM_CHECK(answered(&n) == 606U);
    n.flash[0].power = 0; /* of the reports: the answer is lost, the command is not */
    ECM_CHECK(node_order(&n, 37, ECM_COMMAND_INTERVAL, 200, 0) == ECM_OK);
    n.flash[0].power = TEST_FLASH_ON;
    ECM_CHECK(n.ram->frames.kept.interval_s == 200U && n.ram->frames.lost == 1U);
    n.flash[1].power = 0; /* its number was not kept: not obeyed, and it says so */
    ECM_CHECK(node_order(&n, 38, ECM_COMMAND_INTERVAL, 100, 0) == ECM_ERR_STATE);
    n.flash[1].power = TEST_FLASH_ON;
    ECM_CHECK(node_order(&n, 38, ECM_COMMAND_INTERVAL, 100, 0) == ECM_OK);
    ECM_CHECK(answered(&n) == 500U);
    n.cfg.services_len = 0; /* nobody gives frames out */
    ECM_CHECK(node_order(&n, 39, ECM_COMMAND_INTERVAL, 100, 0) == ECM_ERR_STATE);
}

/* ---- learning ----------------------------------------------------------------------
 */

static void check_in_use(const node_t *n) {
    const float *numbers = ecm_commission_numbers(n->ram->baseline);
    ECM_CHECK(test_flash_same((const uint8_t *)n->ram->edges, (const uint8_t *)numbers,
                              sizeof n->ram->edges));
    ECM_CHECK(
        test_flash_same((const uint8_t *)n->ram->reference,
                        (const uint8_t *)(numbers + ECM_COMMISSION_SHARES_AT(FEATURES)),
                        sizeof n->ram->reference));
    /* the score of an output stays, that of a feature is this machine's */
    ECM_CHECK(n->ram->scores[0].score.center == node_scores[0].score.center);
    ECM_CHECK(n->ram->scores[1].score.center ==
              numbers[ECM_COMMISSION_MEANS_AT(FEATURES)]);
    ECM_CHECK(n->ram->scores[1].score.scale ==
              n->learn.firmware_scores[1].score.scale * node_scores[1].spread /
                  numbers[ECM_COMMISSION_SPREADS_AT(FEATURES)]);
}

static void test_learning(void) {
    node_t n;
    float mean;
    node_make(&n);
    n.learn.begin = 1;
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    ECM_CHECK(n.ram->edges[3] == node_edges[3]);
    ECM_CHECK(n.ram->scores[1].score.scale == node_scores[1].score.scale);
    n.loud = 0.5f; /* unlike what the firmware takes for normal */
    ECM_CHECK((node_windows(&n, WINDOWS - 1U, 0) & ECM_NODE_LEARNT) == 0U);
    ECM_CHECK((node_windows(&n, 1, 0) & ECM_NODE_LEARNT) != 0U);
    check_in_use(&n);
    ECM_CHECK(seen(&n) == 0U && n.ram->learn.commission.generation == 1U);
    ecm_test_bytes("node baseline", n.ram->baseline, sizeof n.ram->baseline);
    mean = n.ram->scores[1].score.center;
    n.ram->st.alarms = 0;
    (void)node_windows(&n, 20, 0); /* normal for this machine: quiet */
    ECM_CHECK((n.ram->st.alarms & 2U) == 0U && seen(&n) == 20U);
    memset(n.ram, 0x55, sizeof *n.ram); /* and in flash */
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    check_in_use(&n);
    ECM_CHECK(n.ram->scores[1].score.center == mean);
    /* learnt anew of a machine that has changed: refused, then forced, then undone */
    n.loud = 2.0f;
    ECM_CHECK(node_order(&n, 50, ECM_COMMAND_RELEARN, ECM_COMMAND_GUARDED, 0) ==
              ECM_OK);
    ECM_CHECK((node_windows(&n, WINDOWS, 0) & ECM_NODE_REFUSED) != 0U);
    ECM_CHECK(n.ram->scores[1].score.center == mean);
    ECM_CHECK(node_order(&n, 51, ECM_COMMAND_RELEARN, ECM_COMMAND_FORCED, 0) == ECM_OK);
    ECM_CHECK((node_windows(&n, WINDOWS, 0) & ECM_NODE_LEARNT) != 0U);
    ECM_CHECK(n.ram->scores[1].score.center > 2.0f * mean);
    check_in_use(&n);
    ECM_CHECK(node_order(&n, 52, ECM_COMMAND_RELEARN, ECM_COMMAND_BACK, 0) == ECM_OK);
    ECM_CHECK(n.ram->scores[1].score.center == mean && seen(&n) == 0U);
    check_in_use(&n);
    ECM_CHECK(node_order(&n, 53, ECM_COMMAND_RELEARN, ECM_COMMAND_BACK, 0) ==
              ECM_ERR_STATE);
}

/* A baseline that flash refuses does not count; a refused command changes nothing. */
static void test_learning_refused(void) {
    node_t n;
    ecm_node_event_t event;
    ecm_status_t status;
    float x[WINDOW];
    node_make(&n);
    n.learn.begin = 1;
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    ECM_CHECK((node_windows(&n, WINDOWS - 1U, 0) & ECM_NODE_LEARNT) == 0U);
    ecm_test_noise_f32(99, x, WINDOW);
    ECM_CHECK(ecm_node_push_f32(&n.cfg, 0, x, WINDOW) == ECM_OK);
    do {
        status = ecm_node_step(&n.cfg, 0, &event);
    } while (status == ECM_MORE);
    ECM_CHECK(status == ECM_APP_EVENT && n.ram->learn.owed == 1U);
    ECM_CHECK(node_order(&n, 30, ECM_COMMAND_RELEARN, ECM_COMMAND_BACK, 0) ==
              ECM_ERR_STATE);
    ECM_CHECK(n.ram->learn.owed == 1U);
    n.flash[2].power = 0;
    do {
        status = ecm_node_step(&n.cfg, 0, &event);
    } while (status == ECM_MORE);
    n.flash[2].power = TEST_FLASH_ON;
    ECM_CHECK(status == ECM_ERR_STATE);
    ECM_CHECK(n.ram->learn.commission.phase == ECM_COMMISSION_LEARNING);
    ECM_CHECK(node_run(&n, 0, &event) == 0U && n.ram->edges[3] == node_edges[3]);
    ECM_CHECK((node_windows(&n, WINDOWS, 0) & ECM_NODE_LEARNT) != 0U);
    check_in_use(&n);
}

static ecm_status_t late_write(void *user, uint32_t at, const uint8_t *data,
                               uint32_t bytes) {
    ecm_status_t status = test_flash_write(user, at, data, bytes);
    return bytes == 4U ? ECM_ERR_ARG : status; /* of the checksum */
}

/* A refusal of a write that was done: what a reset would find is put to use now. */
static void test_baseline_held(void) {
    node_t n;
    ecm_node_event_t event;
    uint32_t refused = 0, news = 0, i;
    node_make(&n);
    n.learn.begin = 1;
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    (void)node_windows(&n, WINDOWS - 1U, 0);
    n.stores[2].write = late_write;
    for (i = 0; i < WINDOW; i++) {
        float x = (float)(i % 3U);
        ECM_CHECK(ecm_node_push_f32(&n.cfg, 0, &x, 1) == ECM_OK);
    }
    for (i = 0; i < 100U; i++) {
        ecm_status_t status = ecm_node_step(&n.cfg, 0, &event);
        refused += status == ECM_ERR_ARG ? 1U : 0U;
        news |= status == ECM_NODE_NEWS ? event.news : 0U;
    }
    ECM_CHECK(refused == 1U && (news & ECM_NODE_LEARNT) != 0U);
    ECM_CHECK(n.ram->learn.commission.phase == ECM_COMMISSION_MONITORING);
    check_in_use(&n);
}

/* A baseline that cannot be read is not learnt over, and is there when it can be. */
static void test_baseline_not_read(void) {
    node_t n;
    float mean;
    node_make(&n);
    n.learn.begin = 1;
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    ECM_CHECK((node_windows(&n, WINDOWS, 0) & ECM_NODE_LEARNT) != 0U);
    mean = n.ram->scores[1].score.center;
    n.stores[2].read = refusing_read;
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    ECM_CHECK(n.ram->learn.commission.phase == ECM_COMMISSION_EMPTY);
    ECM_CHECK(n.ram->scores[1].score.center == node_scores[1].score.center);
    ECM_CHECK((node_windows(&n, WINDOWS, 0) & ECM_NODE_LEARNT) == 0U);
    n.stores[2].read = test_flash_read;
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    ECM_CHECK(n.ram->scores[1].score.center == mean);
}

/* Ranks in the reference are those of this machine, once it has learnt what is normal
 * here: its level is half of the reference's, and so is its spread. */
static void test_ranks(void) {
    static const float edges[] = {-0.06f, -0.03f, 0.0f, 0.03f, 0.06f};
    static const float ranks[] = {-1.5f, -1.25f, -0.75f, -0.5f, -0.25f, 0.0f,
                                  0.25f, 0.5f,   0.75f,  1.25f, 1.5f};
    ecm_monitor_score_t scores[2];
    node_t n;
    node_make(&n);
    memcpy(scores, node_scores, sizeof scores);
    scores[1].score.scale = 1.0f;
    scores[1].score.edges = edges;
    scores[1].score.scores = ranks;
    scores[1].score.edges_len = 5;
    n.learn.firmware_scores = scores;
    n.loud = 0.5f;
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    (void)node_windows(&n, 20, 0); /* far below the reference */
    ECM_CHECK((n.ram->st.alarms & 2U) != 0U);
    ECM_CHECK(node_order(&n, 60, ECM_COMMAND_RELEARN, ECM_COMMAND_GUARDED, 0) ==
              ECM_OK);
    ECM_CHECK((node_windows(&n, WINDOWS, 0) & ECM_NODE_LEARNT) != 0U);
    check_in_use(&n);
    ECM_CHECK(n.ram->scores[1].score.edges == edges);
    ECM_CHECK(node_order(&n, 61, ECM_COMMAND_ACK_ALARMS, 3, 0) == ECM_OK);
    (void)node_windows(&n, 40, 0);
    ECM_CHECK((n.ram->st.alarms & 2U) == 0U);
    n.loud = 0.6f; /* as the reference at 1.2: by its own spread, a change */
    (void)node_windows(&n, 40, 0);
    ECM_CHECK((n.ram->st.alarms & 2U) != 0U);
}

/* Scores without a spread, such as those in the unit of the feature or of one regime,
 * stay the firmware's. */
static void test_scores_that_stay(void) {
    static const float limit = 7.1f;
    static const float edge = 1e6f;
    ecm_monitor_row_t rows[2];
    ecm_monitor_score_t scores[2];
    ecm_regime_cfg_t regime;
    uint16_t input = FEATURES;
    node_t n;
    node_make(&n);
    memcpy(rows, node_monitors, sizeof rows);
    memcpy(scores, node_scores, sizeof scores);
    rows[1].form = &ecm_monitor_form_limit;
    rows[1].what = ECM_MONITOR_VALUE;
    rows[1].cfg = &limit;
    scores[1].score.center = 0.0f;
    scores[1].score.scale = 1.0f;
    scores[1].spread = 0.0f;
    n.monitor.rows = rows;
    n.learn.firmware_scores = scores;
    n.learn.begin = 1;
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    ECM_CHECK((node_windows(&n, WINDOWS, 0) & ECM_NODE_LEARNT) != 0U);
    ECM_CHECK(n.ram->scores[1].score.center == 0.0f);
    ECM_CHECK(n.ram->scores[1].score.scale == 1.0f);
    n.ram->st.alarms = 0;
    (void)node_windows(&n, 3, 0);
    ECM_CHECK((n.ram->st.alarms & 2U) == 0U);
    n.loud = 14.0f; /* an RMS of 8 */
    (void)node_windows(&n, 1, 0);
    ECM_CHECK((n.ram->st.alarms & 2U) != 0U);
    node_make(&n);
    memset(&regime, 0, sizeof regime);
    regime.edges[0] = &edge;
    regime.edges_len[0] = 1;
    regime.dwell = 1;
    n.monitor.regime = &regime;
    n.monitor.regime_update = ecm_regime_update_f32;
    n.monitor.regime_inputs = &input;
    n.monitor.regime_len = 1;
    scores[1].regime = 0;
    n.learn.firmware_scores = scores;
    n.learn.begin = 1;
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    ECM_CHECK((node_windows(&n, WINDOWS, 0) & ECM_NODE_LEARNT) != 0U);
    ECM_CHECK(n.ram->scores[1].score.scale == 1.0f);
}

/* ---- settings ----------------------------------------------------------------------
 */

static void test_refusals(void) {
    node_t n;
    ecm_node_event_t event;
    ecm_device_t device;
    uint32_t bytes;
    uint8_t buf[ECM_FRAME_MIN_BYTES];
    memset(&device, 0, sizeof device);
    node_make(&n);
    ECM_CHECK(ecm_node_start(NULL) == ECM_ERR_NULL);
    n.cfg.device = &device;
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_ERR_ARG);
    n.cfg.device = NULL;
    n.cfg.run = &n.run;
    n.run.input = FEATURES;
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_ERR_ARG);
    n.run.input = 0;
    n.run.limits.off_below = -1.0f;
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_ERR_ARG);
    n.cfg.run = NULL;
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_OK);
    n.cfg.services_len = ECM_NODE_SERVICES_MAX + 1;
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_ERR_LENGTH);
    n.cfg.services_len = 3;
    ECM_CHECK(ecm_node_step(&n.cfg, 0, &event) == ECM_ERR_STATE); /* it stands still */
    n.frames.frame_bytes = ECM_FRAME_MIN_BYTES - 1;
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_ERR_LENGTH);
    n.frames.frame_bytes = ECM_FRAME_MIN_BYTES;
    n.snapshot.slice_bytes = 0;
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_ERR_LENGTH);
    n.snapshot.slice_bytes = 64;
    n.snap.sample_bytes = 2;
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_ERR_ARG);
    n.snap.sample_bytes = 4;
    n.stores[0].slot_bytes = 80; /* places for what is written later */
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_ERR_LENGTH);
    n.stores[0].slot_bytes = SECTOR;
    n.stores[3].slot_bytes -= 16U;
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_ERR_LENGTH);
    n.stores[3].slot_bytes += 16U;
    n.stores[2].slot_bytes -= 4U;
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_ERR_LENGTH);
    n.stores[2].slot_bytes += 4U;
    n.app.dist_edges = node_edges; /* not what is learnt into */
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_ERR_ARG);
    n.app.dist_edges = n.ram->edges;
    n.rows[1].st = NULL;
    ECM_CHECK(ecm_node_start(&n.cfg) == ECM_ERR_NULL);
    ECM_CHECK(ecm_node_step(NULL, 0, &event) == ECM_ERR_NULL);
    ECM_CHECK(ecm_node_step(&n.cfg, 0, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_node_frame(&n.cfg, NULL, 0, &bytes) == ECM_ERR_NULL);
    ECM_CHECK(ecm_node_frame(&n.cfg, buf, sizeof buf, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_node_arrived(NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_node_again(NULL) == ECM_ERR_NULL);
    n.cfg.kept = NULL;
    ECM_CHECK(ecm_node_keep(&n.cfg) == ECM_ERR_NULL);
    ECM_CHECK(ecm_node_wake(&n.cfg) == ECM_ERR_NULL);
}

void test_ecm_node(void) {
    test_run();
    test_run_refused();
    test_scaled();
    test_frames();
    test_longer_frames();
    test_acknowledged();
    test_alarm_reports();
    test_snapshot();
    test_snapshot_in_pieces();
    test_snapshot_asked();
    test_commands();
    test_commands_unread();
    test_answers();
    test_learning();
    test_learning_refused();
    test_baseline_held();
    test_baseline_not_read();
    test_ranks();
    test_scores_that_stay();
    test_refusals();
}
