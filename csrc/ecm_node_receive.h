/* ecm_node_receive.h - what a device is told: commands are read, noted and obeyed.
 *
 * Alarms that are known, chunks of a snapshot, a baseline to be learnt anew, the
 * interval of reports, frames and snapshots that have arrived: see ecm_command.h.
 *
 * What became of a command goes home as a frame of its own (ecm_frame_encode_answer):
 * where ecm_node_frames is there it waits in flash among the reports and takes a number
 * of theirs. Answered are commands with the right code and a number larger than those
 * before, so that noise and repetitions cost nothing; of these, not one for frames that
 * have arrived and was obeyed: what it did shows.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_NODE_RECEIVE_H
#define ECM_NODE_RECEIVE_H

#include "ecm_node_cfg.h"

ECM_EXTERN_C_BEGIN

/** Read a command, keep its number, then obey it.
 *
 * cfg     [in]  settings with command and commands
 * data    [in]  what was received
 * bytes   [in]  any number
 * order   [out] what it was; written where its number was kept, obeyed or not
 *
 * A command whose number could not be kept is not obeyed, and may be sent again under
 * the same one. An answer that the flash did not take is lost. Frames are acknowledged
 * by `seq` of the last one that has arrived, with all before it; of several that wait
 * with this number, such as of before a reset, through the oldest.
 *
 * Cost    : writes flash: the number; the answer, which may erase a sector; a baseline
 *           taken back, a snapshot forgotten, an acknowledgement of frames, for which
 *           those that wait are read up to it.
 * Context : the task, between two calls of ecm_node_step.
 * Returns : ECM_OK obeyed; what ecm_command_decode, _load or _save refuse with;
 *           ECM_ERR_NULL; ECM_ERR_FORMAT too on a kind or value that this firmware does
 *           not know, of which `order` is written; ECM_ERR_STATE if no service obeys
 *           such commands or there is no snapshot or baseline of which it speaks, or
 *           before a start;
 *           ECM_ERR_ARG on frames, chunks or a snapshot that there are not;
 *           ECM_ERR_FULL where four commands for chunks wait: send it later under a new
 *           number; or a refusal of a flash. A number is spent once it was kept,
 *           whatever comes of its command.
 */
ecm_status_t ecm_node_receive(const ecm_node_cfg_t *cfg, const uint8_t *data,
                              uint32_t bytes, ecm_command_order_t *order);

ECM_EXTERN_C_END

#endif
