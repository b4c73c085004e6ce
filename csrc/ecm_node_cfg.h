/* ecm_node_cfg.h - settings, states and services of a device; see ecm_node.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_NODE_CFG_H
#define ECM_NODE_CFG_H

#include "ecm_app.h"
#include "ecm_command.h"
#include "ecm_device.h"
#include "ecm_run.h"
#include "ecm_state.h"

ECM_EXTERN_C_BEGIN

#define ECM_NODE_SERVICES_MAX 6
#define ECM_NODE_SERVICE_PARTS 2
#define ECM_NODE_SPEED 0xffffffffU /* input of the run state: the shaft speed */
#define ECM_NODE_PRINT_WORDS 8

/* Of ecm_node_step: a service has something to tell, in `news`. */
enum { ECM_NODE_NEWS = 3 };

/* News. */
enum {
    ECM_NODE_LEARNT = 1, /* a baseline was learnt, and counts */
    ECM_NODE_REFUSED =
        2, /* what was learnt anew differs too much: the old one counts */
    ECM_NODE_SNAPSHOT = 4 /* the snapshot of an alarm is complete */
};

/* What a slice brought. */
typedef struct {
    ecm_app_event_t window; /* with ECM_APP_EVENT */
    uint32_t news; /* with ECM_NODE_NEWS: ECM_NODE_LEARNT ..., of one service */
} ecm_node_event_t;

/* When monitors and learning rest. */
typedef struct {
    ecm_run_cfg_t limits;
    uint32_t input; /* ECM_NODE_SPEED, or the index of a feature: a level such as RMS */
} ecm_node_run_cfg_t;

/* The task's own. */
typedef struct {
    uint32_t now_s; /* of the last step */
    ecm_run_t run;
    uint32_t alarms; /* bit i: group i of the monitors has alarmed, and no command has
                        said that it is known */
    ecm_command_t command;
    uint16_t commanded; /* 1: its number was read from flash */
    uint16_t started;   /* 1: the last start was not refused */
    uint32_t turn;      /* service that is asked first */
    /* What the monitors and counters belong to: the contract, the id of the monitors'
     * tables, checksums of their centers and scales, of the distribution's edges, and
     * of the id of the models. */
    uint32_t print[ECM_NODE_PRINT_WORDS];
} ecm_node_t;
ECM_STATIC_ASSERT(sizeof(ecm_node_t) == 64, node_size);

typedef struct ecm_node_cfg ecm_node_cfg_t;
typedef struct ecm_node_row ecm_node_row_t;

/* What pieces of services are, in records. */
enum {
    ECM_NODE_TYPE_FRAMES = 1,
    ECM_NODE_TYPE_SNAPSHOT = 2,
    ECM_NODE_TYPE_LEARN = 3,
    ECM_NODE_TYPE_OWN = 128 /* ... 255: of a product's own services */
};

/* What a service does; NULL: nothing. Tables of their own, so that firmware whose
 * settings do not name a service does not contain it. */
typedef struct {
    /* Of what parts gives, ECM_NODE_TYPE_...: read back by a service of the same one;
     * 0 without parts. */
    uint32_t type;
    /* After a reset, with all that is in flash; the application starts behind it. */
    ecm_status_t (*open)(const ecm_node_cfg_t *cfg, const ecm_node_row_t *row);
    /* Samples of a channel, in the interrupt; floats or 16 bits as the application's.
     */
    void (*push)(const ecm_node_row_t *row, uint32_t channel, const void *x,
                 uint32_t x_len);
    /* A window is complete: note it, in no time; its alarms are not among those of the
     * node's state yet. */
    void (*event)(const ecm_node_cfg_t *cfg, const ecm_node_row_t *row,
                  const ecm_app_event_t *event);
    /* A slice that must come before the next window; ECM_OK: there is none. */
    ecm_status_t (*urgent)(const ecm_node_cfg_t *cfg, const ecm_node_row_t *row);
    /* A slice while no window is computed; ECM_OK: nothing to do. */
    ecm_status_t (*step)(const ecm_node_cfg_t *cfg, const ecm_node_row_t *row,
                         uint32_t *news);
    /* Give a frame out; ECM_MORE: there is none. */
    ecm_status_t (*frame)(const ecm_node_row_t *row, uint8_t *buf, uint32_t buf_bytes,
                          uint32_t *bytes);
    /* All that was given out has arrived; or is given out again. */
    ecm_status_t (*arrived)(const ecm_node_row_t *row);
    ecm_status_t (*again)(const ecm_node_row_t *row);
    /* Obey; ECM_MORE: this is another service's. */
    ecm_status_t (*order)(const ecm_node_cfg_t *cfg, const ecm_node_row_t *row,
                          const ecm_command_order_t *order);
    /* What must survive a sleep, at most ECM_NODE_SERVICE_PARTS pieces; to be read back
     * if bytes is what a record has of this service, else to be written. */
    uint32_t (*parts)(const ecm_node_row_t *row, uint32_t bytes,
                      ecm_state_part_t *parts);
    /* The pieces were read back; false: some of it does not fit, and has started again.
     */
    bool (*woken)(const ecm_node_cfg_t *cfg, const ecm_node_row_t *row);
    /* Give out, in its turn and until it has arrived, a frame that the node has made:
     * an answer to a command. The first service that has this does it, and its `step`
     * writes the join frame where none was written. */
    ecm_status_t (*send)(const ecm_node_row_t *row, const uint8_t *frame,
                         uint32_t bytes);
} ecm_node_service_t;

#define ECM_NODE_ALL_BYTES 0xffffffffU /* of parts: what there is to be written */

struct ecm_node_row {
    const ecm_node_service_t *service; /* &ecm_node_frames, &ecm_node_snapshot,
                                          &ecm_node_learn */
    const void *cfg;                   /* its settings */
    void *st;                          /* its state */
};

struct ecm_node_cfg {
    ecm_node_t *st;
    const ecm_app_cfg_t *app_cfg;
    ecm_app_t *app;
    ecm_app_channel_t *channels; /* app_cfg->channels_len */
    float *mem;                  /* ECM_APP_MEM_LEN */
    void *dist;                  /* ECM_APP_DIST_WORDS words */
    const ecm_device_t *device; /* sensitivities of float samples; NULL: as they come */
    const ecm_node_run_cfg_t *run; /* NULL: the machine always runs */
    const ecm_node_row_t *services;
    uint32_t services_len;             /* at most ECM_NODE_SERVICES_MAX */
    const ecm_command_cfg_t *command;  /* of ecm_node_receive; else NULL */
    const ecm_state_store_t *commands; /* slots of ECM_STATE_SLOT_BYTES(
                                          ECM_COMMAND_STATE_BYTES) */
    const ecm_state_store_t *kept;     /* of ecm_node_keep and _wake: slots of
                                          ECM_NODE_SLOT_BYTES; else NULL */
    void (*watchdog)(void *user);      /* called once a slice; or NULL */
    void *user;                        /* handed to it */
};

ECM_EXTERN_C_END

#endif
