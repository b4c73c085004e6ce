/* ecm_node_frames.h - reports of a device, which wait in flash until they have arrived.
 *
 * A service of ecm_node.h. A report is written to ecm_spool.h once in interval_s, at
 * the start, and after a window with an alarm of a group that has had none since it was
 * last said to be known: one that is raised again is told once in interval_s. Alarms
 * and verdicts of a report that the flash did not take are those of the next one.
 * Reports go out in order when there is a link, as do answers to commands
 * (ecm_node_receive.h); those that firmware with a larger frame_bytes has left are
 * passed over where there is no room for them. Commands acknowledge frames and change
 * the interval.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_NODE_FRAMES_H
#define ECM_NODE_FRAMES_H

#include "ecm_node_cfg.h"
#include "ecm_spool.h"

ECM_EXTERN_C_BEGIN

typedef struct {
    const ecm_spool_cfg_t *spool;
    uint32_t interval_s;  /* seconds from one report to the next, >= 1 */
    uint32_t frame_bytes; /* ECM_FRAME_MIN_BYTES ... ECM_FRAME_FULL_BYTES */
} ecm_node_frames_cfg_t;

/* What survives a sleep. */
typedef struct {
    uint32_t interval_s; /* of the settings, or of the last command */
    uint32_t last_s;     /* when the last report was written */
    uint32_t due;        /* 1: the next one is, whatever the time */
    uint32_t end;        /* number of the next frame to be written, when it was kept: in
                            telemetry the count goes on behind those written since */
} ecm_node_frames_kept_t;
ECM_STATIC_ASSERT(sizeof(ecm_node_frames_kept_t) == 16, node_frames_kept_size);

typedef struct {
    ecm_spool_t spool;
    ecm_node_frames_kept_t kept;
    uint32_t given; /* 1: frames up to `number` were given out */
    uint32_t number;
    uint32_t lost; /* reports and answers that the flash did not take */
} ecm_node_frames_t;
ECM_STATIC_ASSERT(sizeof(ecm_node_frames_t) == 76, node_frames_size);

/* Settings are ecm_node_frames_cfg_t, the state ecm_node_frames_t. */
extern const ecm_node_service_t ecm_node_frames;

ECM_EXTERN_C_END

#endif
