/* ecm_app_turns.h - channels that are sampled in turn, for parts with one converter and
 * little memory.
 *
 * One queue holds the samples of the channel whose turn it is; those of the others are
 * not taken. A turn is one unbroken stretch: as many windows as the plan needs of
 * history, and one whose features count. Then the next channel has its turn; behind the
 * last one come models and monitors, and the event. So a window of all channels is made
 * of windows of different times, and comes as much more rarely as the turns of all take
 * longer than a hop.
 *
 *     channel = ecm_app_wanted(channels, &cfg);
 *     ...                    switch the input to it, and wait until it has settled
 *     ecm_app_push_s16(channels, &cfg, mem, channel, x, x_len);
 *
 * A sensor that is not all right, or samples that are lost, give an event with
 * valid = 0, and the turn of the channel begins again. Samples that come while the last
 * window of a turn is computed are dropped, and are none that are missing. All channels
 * have one producer.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_APP_TURNS_H
#define ECM_APP_TURNS_H

#include "ecm_app_queue.h"

ECM_EXTERN_C_BEGIN

/* For `turns` of ecm_app_cfg_t; ecm_app calls it. */
extern const ecm_app_turns_t ecm_app_turns;

/** Which channel's samples are taken.
 *
 * channels [in] channels_len states
 * cfg      [in] settings
 *
 * Context : any, interrupts too.
 * Returns : the first one whose samples are taken, in turn the only one; channels_len
 *           while none is; 0 if an argument is NULL.
 */
uint32_t ecm_app_wanted(const ecm_app_channel_t *channels, const ecm_app_cfg_t *cfg);

ECM_EXTERN_C_END

#endif
