/* ecm_node_snapshot.h - the raw samples around an alarm of a device.
 *
 * A service of ecm_node.h. The first window with an alarm triggers ecm_snapshot.h, from
 * the first sample of that window on. Once the samples are there they are summed, and
 * written to a slot of flash if there is one, slice_bytes in a slice; then its chunks
 * are frames, each given out once, and any again that a command asks for, before the
 * others: up to ECM_NODE_SNAPSHOT_ASKED commands wait, in order. One more is refused by
 * ECM_ERR_FULL unless the oldest was given out.
 * ecm_node_arrived notes how many have arrived, and ecm_node_again goes back to there.
 * The snapshot stays, and later alarms make none, until a command says that it has
 * arrived, or ecm_node_arrived does after the last chunk. One that is in flash is found
 * there after a reset.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_NODE_SNAPSHOT_H
#define ECM_NODE_SNAPSHOT_H

#include "ecm_node_cfg.h"
#include "ecm_snapshot.h"

ECM_EXTERN_C_BEGIN

typedef struct {
    const ecm_snapshot_cfg_t *snapshot; /* sample_bytes as the application's */
    void *mem;                          /* before_len + after_len samples */
    const ecm_state_store_t *flash;     /* a slot of its own, or NULL */
    uint32_t slice_bytes;               /* read or written in a slice, >= 16 */
} ecm_node_snapshot_cfg_t;

/* Phases. */
enum {
    ECM_NODE_SNAPSHOT_NONE = 0,
    ECM_NODE_SNAPSHOT_TAKING = 1,  /* samples are missing, or not summed yet */
    ECM_NODE_SNAPSHOT_WRITING = 2, /* it is written to flash; chunks are there */
    ECM_NODE_SNAPSHOT_MEMORY = 3,
    ECM_NODE_SNAPSHOT_FLASH = 4 /* chunks are read from flash, after a reset */
};

/* Chunks to be given out: those before `first` have arrived, those from there up to
 * `next` were given out. */
typedef struct {
    uint32_t first;
    uint32_t next;
    uint32_t end;
} ecm_node_chunks_t;

#define ECM_NODE_SNAPSHOT_ASKED 4

/* What survives a sleep. */
typedef struct {
    uint32_t id; /* of the snapshot that they are of */
    ecm_node_chunks_t all;
    /* By commands, the oldest first; before the others. end 0: none, nor behind it. */
    ecm_node_chunks_t asked[ECM_NODE_SNAPSHOT_ASKED];
} ecm_node_snapshot_kept_t;
ECM_STATIC_ASSERT(sizeof(ecm_node_snapshot_kept_t) == 64, node_snapshot_kept_size);

typedef struct {
    ecm_snapshot_t snapshot;
    uint32_t phase;  /* ECM_NODE_SNAPSHOT_NONE ... */
    uint32_t id;     /* of the snapshot: CRC-32 of its bytes */
    uint32_t chunks; /* it has */
    uint32_t at;     /* written so far, as of ecm_snapshot_keep_some */
    ecm_node_snapshot_kept_t give;
} ecm_node_snapshot_t;
ECM_STATIC_ASSERT(sizeof(ecm_node_snapshot_t) == 128, node_snapshot_size);

/* Settings are ecm_node_snapshot_cfg_t, the state ecm_node_snapshot_t. */
extern const ecm_node_service_t ecm_node_snapshot;

ECM_EXTERN_C_END

#endif
