/* ecm_command.h - what a device is told: commands of a few bytes, each obeyed once.
 *
 * A command is one CBOR array of at most 23 bytes (docs/formats.md). It carries a
 * number that must be larger than that of every command before it, so that one that was
 * recorded and sent again does nothing; the number of the last one is kept in flash.
 * With an authentication code, which is of the device's id and the command, nobody
 * without the key can make one, nor pass on that of another device.
 *
 *     ecm_command_load(&st, &store);                            after each reset
 *     if (ecm_command_decode(&st, &cfg, data, bytes, &order) == ECM_OK &&
 *         ecm_command_save(&st, &store) == ECM_OK) {
 *         obey(&order);
 *     }
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_COMMAND_H
#define ECM_COMMAND_H

#include "ecm_base.h"
#include "ecm_frame.h"
#include "ecm_state.h"

ECM_EXTERN_C_BEGIN

#define ECM_COMMAND_VERSION 1
#define ECM_COMMAND_MAX_BYTES 23
#define ECM_COMMAND_VALUES_MAX 2
#define ECM_COMMAND_INTERVAL_MAX 31536000U /* a year [s] */
#define ECM_COMMAND_STATE_TYPE 0x0201U     /* of records: commands, version 1 */
#define ECM_COMMAND_STATE_BYTES 4

/* What to do, and its values. */
enum {
    ECM_COMMAND_ACK_ALARMS = 1, /* value 0: bit i: alarms of group i are known */
    ECM_COMMAND_CHUNKS = 2,   /* send chunks of the snapshot: the first one, how many */
    ECM_COMMAND_RELEARN = 3,  /* value 0: ECM_COMMAND_GUARDED ... */
    ECM_COMMAND_INTERVAL = 4, /* value 0: seconds from one report to the next, 1 ...
                                 ECM_COMMAND_INTERVAL_MAX */
    ECM_COMMAND_ACK_FRAMES = 5, /* value 0: frames through this one have arrived: `seq`
                                   of a report, modulo 65536 */
    ECM_COMMAND_REARM = 6       /* value 0: id of the snapshot, which has arrived */
};

/* How to learn the baseline anew. */
enum {
    ECM_COMMAND_GUARDED = 0, /* refuse one that differs from what was learnt before */
    ECM_COMMAND_FORCED = 1,  /* take it, such as after a repair */
    ECM_COMMAND_BACK = 2     /* take the one before again */
};

typedef struct {
    uint32_t device_id;
    ecm_frame_mac_fn_t mac; /* authentication code; NULL: none is asked for */
    void *mac_user;         /* handed to it */
} ecm_command_cfg_t;

typedef struct {
    uint32_t last; /* number of the last command; 0: none yet */
} ecm_command_t;
ECM_STATIC_ASSERT(sizeof(ecm_command_t) == 4, command_size);

typedef struct {
    uint32_t seq;
    uint32_t kind;                          /* ECM_COMMAND_ACK_ALARMS ... */
    uint32_t value[ECM_COMMAND_VALUES_MAX]; /* 0 where it has none */
} ecm_command_order_t;

/** Start with a number that every command is larger than.
 *
 * st      [out] no command yet
 *
 * Context : one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_command_init(ecm_command_t *st);

/** Read a command. Its number is the last one then, obeyed or not.
 *
 * One of a kind that this firmware does not know, or with other values than it has, is
 * told apart from noise: whoever has the key has sent it, and may want an answer.
 *
 * st      [in,out] from ecm_command_init or ecm_command_load
 * cfg     [in]     settings
 * data    [in]     what was received
 * bytes   [in]     any number
 * order   [out]    what to do; with ECM_MORE what came; else not written
 *
 * Cost    : one authentication code; no loop over more than its bytes.
 * Context : one caller per st.
 * Source  : RFC 8949, section 4.2 (deterministic encoding): any other one is refused.
 * Returns : ECM_OK; ECM_MORE if the kind is not one of the above, or a value is missing
 *           or outside its range: nothing is to be done, but its number counts;
 *           ECM_ERR_NULL; ECM_ERR_FORMAT if it is no command of this version;
 *           ECM_ERR_ARG if the authentication code is missing or wrong;
 *           ECM_ERR_STATE if a command with this number or a later one came before; or
 *           what mac refused with.
 */
ecm_status_t ecm_command_decode(ecm_command_t *st, const ecm_command_cfg_t *cfg,
                                const uint8_t *data, uint32_t bytes,
                                ecm_command_order_t *order);

/** Save the number of the last command, and read it back; before it is obeyed.
 *
 * st      [in] state
 * store   [in] memory with slots of ECM_STATE_SLOT_BYTES(ECM_COMMAND_STATE_BYTES)
 *
 * Context : one caller per st; not in an interrupt.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_FORMAT if the memory does not hold it, or as
 *           ecm_state_save and ecm_state_load.
 */
ecm_status_t ecm_command_save(const ecm_command_t *st, const ecm_state_store_t *store);

/** Go on from the number that was saved.
 *
 * st      [out] state; after a refusal as it was
 * store   [in]  memory
 *
 * Context : one caller per st; not in an interrupt.
 * Returns : ECM_OK, ECM_ERR_NULL, or as ecm_state_load: ECM_ERR_STATE if nothing was
 *           ever saved, such as at the first start.
 */
ecm_status_t ecm_command_load(ecm_command_t *st, const ecm_state_store_t *store);

ECM_EXTERN_C_END

#endif
