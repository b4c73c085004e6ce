"""The header of a whole device in a package."""

from ecmkit._core import command
from ecmkit.package.application import Application
from ecmkit.package.device import Device
from ecmkit.package.node_layout import layout_of
from ecmkit.package.sources import memory_of
from ecmkit.package.texts import comment_lines, node_samples_of

__all__ = ["node_h"]


def node_h(app: Application, device: Device) -> str:
    """Write ``ecm_package_node.h``."""
    layout = layout_of(app, device)
    longest = [
        command.MAX_BYTES,
        *([device.reports.frame_bytes] if "frames" in device.services else []),
        *([device.snapshot.chunk_bytes] if "snapshot" in device.services else []),
    ]
    rows = "\n".join(
        f" *   {a.at:>8}  {a.slots} x {a.slot_bytes:<8} {a.what}" for a in layout.areas
    )
    size = memory_of(app).sample_bytes
    samples = node_samples_of(app.contract, sample_bytes=size, record=device.record)
    return _HEADER.format(
        name=app.name,
        rows=rows,
        page=device.page_bytes,
        flash=layout.flash_bytes,
        ram=layout.ram_bytes,
        frame=max(longest),
        samples=comment_lines(f"Take {samples}. */").replace(" *", "/*", 1),
        suffix="f32" if size == 4 else "s16",
        provision=_PROVISION_H if device.record else "",
        wanted=_WANTED_H if app.queue.in_turn else "",
        set_speed=_SPEED_H if device.record else _SPEED_ALONE_H,
    )


_PROVISION_H = """
/* Keep a record that came over a wire, see ecm_device.h; then start. ECM_OK, or what
 * ecm_device_decode and ecm_device_save say; ECM_ERR_ARG: it has too few channels;
 * ECM_ERR_LENGTH: there is too little flash. A device that runs goes on as it was until
 * it is started. */
ecm_status_t ecm_package_provision(const ecm_package_board_t *board,
                                   const uint8_t *data, uint32_t bytes);
"""
_WANTED_H = """
/* The channel whose samples are taken, see ecm_app_turns.h; ECM_PACKAGE_CHANNELS_LEN
 * while none is. In any context. */
static inline uint32_t ecm_package_node_wanted(void) {
    return ecm_app_wanted(ecm_package_node.channels, ecm_package_node.app_cfg);
}
"""
_SPEED_H = """
/* Tell the shaft speed as ecm_app_set_speed, in the task. A speed that the record says
 * is fixed is set by the start, and stays. */
static inline ecm_status_t ecm_package_node_set_speed(float speed_hz) {
    if (ecm_package_node.device->speed_source == ECM_DEVICE_SPEED_FIXED) {
        return ECM_OK;
    }
    return ecm_app_set_speed(ecm_package_node.app, speed_hz);
}
"""
_SPEED_ALONE_H = """
/* Tell the shaft speed as ecm_app_set_speed, in the task. */
static inline ecm_status_t ecm_package_node_set_speed(float speed_hz) {
    return ecm_app_set_speed(ecm_package_node.app, speed_hz);
}
"""
_HEADER = """\
/* ecm_package_node.h - the whole device of {name}: ecm_node.h with memory and settings;
 * generated.
 *
 *     ecm_package_node_start(&board);                       after each reset
 *     ecm_package_node_push(channel, x, x_len);             the sampling interrupt
 *     ecm_node_step(&ecm_package_node, uptime_s, &event);   the task
 *
 * and so on with ecm_node_frame, ecm_node_receive and ecm_node_keep, as
 * examples/device/main.c does. Flash, in pages of {page} bytes:
 *
 *     offset  slots        what
{rows}
 */
#ifndef ECM_PACKAGE_NODE_H
#define ECM_PACKAGE_NODE_H

#include "ecm_node.h"
#include "ecm_package.h"

ECM_EXTERN_C_BEGIN

/* Checked when ecm_package_node.c is compiled, as are ECM_PACKAGE_FLASH_MAX and
 * ECM_PACKAGE_NODE_RAM_MAX, what there is, where the product defines them. RAM is
 * without the settings: pointers, and what they say of monitors. */
#define ECM_PACKAGE_FLASH_BYTES {flash}U
#define ECM_PACKAGE_NODE_RAM_BYTES {ram}U
/* Room for the longest frame that ecm_node_frame gives out, and for a command. */
#define ECM_PACKAGE_FRAME_BYTES {frame}U

/* What the board lends, from the start on. */
typedef struct {{
    /* Callbacks of ecm_state.h for all of the flash: places count from its first byte,
     * slot_bytes is ECM_PACKAGE_FLASH_BYTES or more; whole pages are erased. */
    const ecm_state_store_t *flash;
    ecm_frame_mac_fn_t mac; /* code of reports, chunks and commands; NULL: none, and who
                               can send can command */
    void *mac_user;         /* handed to it */
    void (*watchdog)(void *user); /* called once a slice; or NULL */
    void *user;                   /* handed to it */
}} ecm_package_board_t;

/* All of the device, for the functions of ecm_node.h; those of ecm_app.h take its
 * members. */
extern const ecm_node_cfg_t ecm_package_node;

/* Start, or go on from what was kept: as ecm_node_wake. Called again after an update,
 * behind ecm_node_keep and with the sampling interrupt off. ECM_ERR_LENGTH: there is
 * too little flash; ECM_ERR_STATE: there is no record of the device; ECM_ERR_ARG: it
 * has too few channels. These, and refusals of a read of the record or of new data,
 * leave a device that runs as it was. After one of ecm_node_wake, such as a flash that
 * cannot be read, it is started again on the board, record and data that it ran on,
 * from what was kept last; where that is refused too it stands still: all calls of the
 * task return ECM_ERR_STATE, and write nothing, until a start is not refused. While a
 * device runs on data of before, an update that would erase their slot is refused by
 * ECM_APP_UPDATE_TAKEN: start it again first. */
ecm_status_t ecm_package_node_start(const ecm_package_board_t *board);
{provision}
{samples}
static inline ecm_status_t ecm_package_node_push(uint32_t channel,
                                                 const ecm_package_sample_t *x,
                                                 uint32_t x_len) {{
    return ecm_node_push_{suffix}(&ecm_package_node, channel, x, x_len);
}}
{wanted}{set_speed}
ECM_EXTERN_C_END

#endif
"""
