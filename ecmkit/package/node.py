"""The C of a whole device in a package: its memory, its flash and its settings."""

from collections.abc import Iterator
from dataclasses import dataclass

from ecmkit._core import command, commission, node, snapshot, state
from ecmkit._core import device as record
from ecmkit.errors import BuildError
from ecmkit.graph.c_writer import float_literal
from ecmkit.package.application import Application
from ecmkit.package.device import SPEED, Device
from ecmkit.package.model_data import as_data
from ecmkit.package.sources import memory_of
from ecmkit.package.texts import comment_lines, node_samples_of

__all__ = ["NODE_MODULES", "Layout", "layout_of", "node_c", "node_h"]

NODE_MODULES = frozenset({
    "node", "node_frames", "node_keep", "node_learn", "node_receive", "node_snapshot",
})  # fmt: skip
"""Of a whole device, with all that they include."""


@dataclass(frozen=True)
class Area:
    """A part of the flash: slots of whole pages."""

    name: str
    what: str
    need: int
    """Bytes of a slot that are used."""
    slot_bytes: int
    slots: int
    at: int
    """Of the first slot, from the start of the flash."""
    macro: str
    """C of `need`."""

    @property
    def end(self) -> int:
        """Of the next area."""
        return self.at + self.slots * self.slot_bytes


@dataclass(frozen=True)
class Layout:
    """Bytes of the memories of a device."""

    areas: tuple[Area, ...]
    """Of the flash, in order: those of fixed size first, so that they keep their place
    in firmware of other settings."""
    recent_words: int
    """Of the samples for a snapshot."""
    learn_words: int
    baseline_words: int
    ram_bytes: int
    """All that the device writes to, but for its settings."""

    @property
    def flash_bytes(self) -> int:
        """Of all areas."""
        return self.areas[-1].end


def layout_of(app: Application, device: Device) -> Layout:
    """Work out what a device keeps where.

    Raises
    ------
    ValueError
        If the settings name what the application has not; the message names field,
        found and expected.
    BuildError
        If it needs more flash than the settings say that there is.
    """
    plan = app.drift.plan if app.drift is not None else None
    device.check(app.contract, baseline=plan.baseline if plan is not None else None)
    memory = memory_of(app)
    n, page = memory.features_len, device.page_bytes
    learns, snaps = ("learn" in device.services), ("snapshot" in device.services)
    if learns and memory.dist_bins != commission.BINS:
        raise ValueError(
            f"package.device.services: found 'learn', expected none with "
            f"{memory.dist_bins} bins in the reference: a baseline has "
            f"{commission.BINS}"
        )
    learn_words = commission.learn_words(n, device.learn.k) if learns else 0
    lengths = sum(device.snapshot_lens(app.contract))
    dist_words = memory.dist_words
    words = memory.monitor_words + memory.shadow_len
    rows = []
    if device.record:
        rows.append(
            ("record", "the record of the device", 2,
             state.slot_bytes(record.BYTES_MAX),
             "ECM_STATE_SLOT_BYTES(ECM_DEVICE_BYTES_MAX)")
        )  # fmt: skip
    rows.append(
        ("commands", "the number of the last command", 2,
         state.slot_bytes(command.STATE_BYTES),
         "ECM_STATE_SLOT_BYTES(ECM_COMMAND_STATE_BYTES)")
    )  # fmt: skip
    if "frames" in device.services:
        rows.append(
            ("spool", "reports that wait", device.reports.sectors, device.sector_bytes,
             f"ECM_SPOOL_FRAME_BYTES({device.reports.frame_bytes}U) + "
             "ECM_SPOOL_HEAD_BYTES")
        )  # fmt: skip
    if learns:
        rows.append(
            ("baselines", "the last baseline, and the one before", 2,
             state.slot_bytes(4 * commission.baseline_words(n)),
             f"ECM_STATE_SLOT_BYTES(4U * ECM_COMMISSION_BASELINE_WORDS({n}U))")
        )  # fmt: skip
    learn = f"ECM_COMMISSION_LEARN_WORDS({n}U, {device.learn.k}U)" if learns else "0U"
    rows.append(
        ("kept", "what the device was doing", 2,
         node.slot_bytes(words, dist_words, learn_words),
         f"ECM_NODE_SLOT_BYTES({words}U, ECM_PACKAGE_DIST_WORDS,\n"
        f"                                      {learn})")
    )  # fmt: skip
    if snaps:
        size = memory.sample_bytes
        rows.append(
            ("snapshot", "the samples around an alarm", 1,
             snapshot.slot_bytes(lengths, size),
             f"ECM_SNAPSHOT_SLOT_BYTES({lengths}U, {size}U)")
        )  # fmt: skip
    areas, at = [], 0
    for name, what, slots, need, macro in rows:
        areas.append(Area(name, what, need, -(-need // page) * page, slots, at, macro))
        at = areas[-1].end
    recent = -(-lengths * memory.sample_bytes // 4) if snaps else 0
    baseline = commission.baseline_words(n) if learns else 0
    services = {
        "frames": node.FRAMES_BYTES,
        "snapshot": node.SNAPSHOT_BYTES + 4 * recent,
        "learn": node.LEARN_BYTES + 4 * (learn_words + baseline + commission.EDGES * n),
    }
    ram = (
        memory.ram_bytes
        + node.STATE_BYTES
        + (record.STATE_BYTES if device.record else 0)
        + sum(services[name] for name in device.services)
    )
    made = Layout(tuple(areas), recent, learn_words, baseline, ram)
    if device.flash_bytes is not None and made.flash_bytes > device.flash_bytes:
        parts = ", ".join(f"{a.name} {a.slots} x {a.slot_bytes}" for a in areas)
        raise BuildError(
            f"package.device.flash_bytes: found {device.flash_bytes}, expected "
            f"{made.flash_bytes} or more in pages of {page}: {parts}"
        )
    return made


def _rebases(app: Application) -> bool:
    """Whether scores of monitors count from a baseline."""
    return any(score.spread > 0.0 for score in app.monitors.scores)


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


def node_c(app: Application, device: Device) -> str:
    """Write ``ecm_package_node.c``: memory, settings and the start of a device.

    Returns
    -------
    str
        C99; the same text for the same application and settings on every machine.
    """
    layout = layout_of(app, device)
    return "\n".join([
        f"/* ecm_package_node.c - the device of {app.name}; generated, see",
        " * ecm_package_node.h. */",
        '#include "ecm_package_node.h"',
        "",
        '#include "ecm_node_keep.h"',
        *(f'#include "ecm_node_{name}.h"' for name in device.services),
        "",
        *_memory(app, device, layout),
        *_flash(layout),
        *_settings(app, device),
        *_start(app, device),
    ])  # fmt: skip


def _memory(app: Application, device: Device, layout: Layout) -> Iterator[str]:
    yield "/* What the device writes to. */"
    yield "static struct {"
    yield "    ecm_package_memory_t app;"
    yield "    ecm_node_t st;"
    if device.record:
        yield "    ecm_device_t record;"
    for name in device.services:
        yield f"    ecm_node_{name}_t {name};"
    if "snapshot" in device.services:
        yield f"    float recent[{layout.recent_words}];"
    if "learn" in device.services:
        yield f"    uint32_t gathered[{layout.learn_words}];"
        yield f"    uint32_t baseline[{layout.baseline_words}];"
        yield "    float edges[7 * ECM_PACKAGE_FEATURES_LEN];"
    yield "} memory;"
    ram = layout.ram_bytes
    yield (
        f"ECM_STATIC_ASSERT(sizeof memory == ECM_PACKAGE_NODE_RAM_BYTES,\n"
        f"                  device_takes_{ram}_bytes_of_ram);"
    )
    yield "#ifdef ECM_PACKAGE_NODE_RAM_MAX"
    yield (
        f"ECM_STATIC_ASSERT(sizeof memory <= ECM_PACKAGE_NODE_RAM_MAX,\n"
        f"                  device_needs_{ram}_bytes_of_ram);"
    )
    yield "#endif"
    yield ""
    yield "/* Settings that are known at the start alone. */"
    yield "static struct {"
    yield "    ecm_package_board_t board;"
    if as_data(app):
        yield "    ecm_package_live_t live;"
        yield "    const uint8_t *block; /* that it was made of */"
    else:
        yield "    ecm_app_cfg_t app;"
    yield "    ecm_command_cfg_t command;"
    if "snapshot" in device.services:
        yield "    ecm_snapshot_cfg_t snapshot;"
    if "learn" in device.services:
        yield "    ecm_node_learn_cfg_t learn;"
        if _rebases(app):
            yield "    ecm_monitor_cfg_t monitor;"
            yield f"    ecm_monitor_score_t scores[{len(app.monitors.scores)}];"
    yield "} settings;"
    yield f"#define APP settings.{'live.cfg' if as_data(app) else 'app'}"
    yield ""


def _flash(layout: Layout) -> Iterator[str]:
    yield "/* ---- flash: see ecm_package_node.h -------------------------------------"
    yield " */"
    yield ""
    for area in layout.areas:
        yield (
            f"ECM_STATIC_ASSERT({area.macro} <= {area.slot_bytes}U,\n"
            f"                  {area.name}_takes_{area.need}_bytes_of_flash);"
        )
    flash = layout.flash_bytes
    yield "#ifdef ECM_PACKAGE_FLASH_MAX"
    yield (
        f"ECM_STATIC_ASSERT(ECM_PACKAGE_FLASH_BYTES <= ECM_PACKAGE_FLASH_MAX,\n"
        f"                  device_needs_{flash}_bytes_of_flash);"
    )
    yield "#endif"
    yield ""
    yield _CALLBACKS
    names = [area.name for area in layout.areas]
    yield f"enum {{ {', '.join(f'AT_{name.upper()}' for name in names)} }};"
    firsts = ", ".join(f"{area.at}U" for area in layout.areas)
    yield f"static uint32_t first[] = {{{firsts}}};"
    for area in layout.areas:
        yield (
            f"static const ecm_state_store_t flash_{area.name} = {{\n"
            f"    node_read, node_erase, node_write, &first[AT_{area.name.upper()}], "
            f"{area.slot_bytes}U}};"
        )
    yield ""


def _settings(app: Application, device: Device) -> Iterator[str]:
    yield "/* ---- settings ----------------------------------------------------------"
    yield " */"
    yield ""
    own = device.reports
    if "frames" in device.services:
        yield (
            f"static const ecm_spool_cfg_t spool = {{&flash_spool, {own.sectors}U}};\n"
            f"static const ecm_node_frames_cfg_t frames = {{&spool, {own.interval_s}U, "
            f"{own.frame_bytes}U}};"
        )
    if "snapshot" in device.services:
        yield (
            "static const ecm_node_snapshot_cfg_t recorder = {\n"
            "    &settings.snapshot, memory.recent, &flash_snapshot, "
            f"{device.snapshot.slice_bytes}U}};"
        )
    if "learn" in device.services:
        learn = device.learn
        yield (
            "static const ecm_commission_cfg_t commission = {\n"
            f"    0x{app.contract.id[:8]}U, ECM_PACKAGE_FEATURES_LEN, {learn.k}U, "
            f"{learn.windows_len}U,\n    {float_literal(learn.ks_limit)}, "
            f"{float_literal(learn.shift_limit)}}};"
        )
    run = device.run
    if run is not None:
        at = "ECM_NODE_SPEED"
        if run.input != SPEED:
            at = f"{app.contract.names.index(run.input)}U"
        yield (
            "static const ecm_node_run_cfg_t run = {\n"
            f"    {{{float_literal(run.off_below)}, {float_literal(run.change_most)}, "
            f"{run.settle_len}U}}, {at}}};"
        )
    cfgs = {
        "frames": "&frames",
        "snapshot": "&recorder",
        "learn": "&settings.learn",
    }
    if device.services:
        yield f"static const ecm_node_row_t services[{len(device.services)}] = {{"
        for name in device.services:
            yield f"    {{&ecm_node_{name}, {cfgs[name]}, &memory.{name}}},"
        yield "};"
    yield _CFG.format(
        record="&memory.record" if device.record else "NULL",
        run="&run" if run is not None else "NULL",
        services="services" if device.services else "NULL",
        services_len=len(device.services),
    )


def _start(app: Application, device: Device) -> Iterator[str]:
    if device.record:
        yield _PROVISION
    yield from _begin(app, device)
    lives = bool(as_data(app))
    record = ", &record" if device.record else ""
    yield "ecm_status_t ecm_package_node_start(const ecm_package_board_t *board) {"
    yield "    const ecm_package_board_t before = settings.board;"
    if lives:
        yield "    const uint8_t *block = ecm_app_update_data(&ecm_package_update);"
        yield "    const uint8_t *block_before = settings.block;"
    if device.record:
        yield "    ecm_device_t record;"
    yield "    bool ran = memory.st.started == 1U;"
    yield "    ecm_status_t status;"
    yield "    ECM_REQUIRE(board != NULL && board->flash != NULL, ECM_ERR_NULL);"
    yield "    ECM_REQUIRE(board->flash->slot_bytes >= ECM_PACKAGE_FLASH_BYTES,"
    yield "                ECM_ERR_LENGTH);"
    if device.record:
        yield "    settings.board.flash = board->flash;"
        yield "    status = ecm_device_load(&record, &flash_record);"
        yield "    settings.board.flash = before.flash;"
        yield "    ECM_REQUIRE(status == ECM_OK, status); /* it was not provisioned */"
        yield "    ECM_REQUIRE(record.channels_len >= ECM_PACKAGE_CHANNELS_LEN,"
        yield "                ECM_ERR_ARG);"
    if lives:
        yield "    status = ecm_package_adopt_block(&settings.live, block);"
        yield "    ECM_REQUIRE(status == ECM_OK, status);"
        yield "    settings.block = block;"
    yield "    /* Nothing was written before it was known to be right. */"
    yield f"    status = node_begin(board{record});"
    yield "    if (status < ECM_OK && ran) { /* as it was, from what was kept */"
    if lives:
        yield "        (void)ecm_package_adopt_block(&settings.live, block_before);"
        yield "        settings.block = block_before;"
    yield f"        (void)node_begin(&before{record});"
    yield "    }"
    yield "    return status;"
    yield "}"
    yield ""


def _begin(app: Application, device: Device) -> Iterator[str]:
    """Write the function that puts settings into place and wakes the device."""
    if device.record:
        yield "/* Settings for this board and record, which is exchanged for the one of"
        yield " * before. */"
        yield "static ecm_status_t node_begin(const ecm_package_board_t *board,"
        yield "                               ecm_device_t *record) {"
        yield "    const ecm_device_t before = memory.record;"
    else:
        yield "/* Settings for this board. */"
        yield "static ecm_status_t node_begin(const ecm_package_board_t *board) {"
    yield "    ecm_status_t status;"
    yield "    settings.board = *board;"
    if device.record:
        yield "    memory.record = *record;"
        yield "    *record = before;"
    if not as_data(app):
        yield "    APP = ecm_package_cfg;"
    if device.record:
        yield "    APP.device_id = memory.record.device_id;"
    yield "    APP.mac = board->mac;"
    yield "    APP.mac_user = board->mac_user;"
    yield "    settings.command.device_id = APP.device_id;"
    yield "    settings.command.mac = board->mac;"
    yield "    settings.command.mac_user = board->mac_user;"
    if "snapshot" in device.services:
        yield from _start_snapshot(app, device)
    if "learn" in device.services:
        yield "    settings.learn.commission = &commission;"
        yield "    settings.learn.learn = memory.gathered;"
        yield "    settings.learn.baseline = memory.baseline;"
        yield "    settings.learn.baselines = &flash_baselines;"
        yield f"    settings.learn.begin = {int(device.learn.begin)};"
        yield "    settings.learn.edges = memory.edges;"
        yield "    settings.learn.firmware_edges = APP.dist_edges;"
        yield "    APP.dist_edges = memory.edges;"
        yield "    APP.dist_reference = NULL; /* the firmware's is of other edges */"
        if _rebases(app):
            yield "    settings.monitor = *APP.monitor;"
            yield "    settings.monitor.scores = settings.scores;"
            yield "    settings.learn.scores = settings.scores;"
            yield "    settings.learn.firmware_scores = APP.monitor->scores;"
            yield "    APP.monitor = &settings.monitor;"
    yield "    status = ecm_node_wake(&ecm_package_node);"
    if device.record and device.needs_speed(app.contract):
        yield "    if (status >= ECM_OK &&"
        yield "        memory.record.speed_source == ECM_DEVICE_SPEED_FIXED) {"
        yield "        (void)ecm_app_set_speed(ecm_package_node.app,"
        yield "                                memory.record.speed_hz);"
        yield "    }"
    yield "    return status;"
    yield "}"
    yield ""


def _start_snapshot(app: Application, device: Device) -> Iterator[str]:
    contract, own = app.contract, device.snapshot
    before, after = device.snapshot_lens(contract)
    channel = contract.channels.index(own.channel) if own.channel else 0
    size = memory_of(app).sample_bytes
    scale = 1.0 if size == 4 else contract.range_of(channel) / 2**15
    yield "    settings.snapshot.device_id = APP.device_id;"
    yield f"    settings.snapshot.before_len = {before}U;"
    yield f"    settings.snapshot.after_len = {after}U;"
    yield f"    settings.snapshot.fs_hz = {float_literal(contract.fs_hz)};"
    yield f"    settings.snapshot.scale = {float_literal(scale)};"
    yield f"    settings.snapshot.sample_bytes = {size};"
    yield f"    settings.snapshot.channel = {channel};"
    yield f"    settings.snapshot.chunk_bytes = {own.chunk_bytes};"
    yield "    settings.snapshot.mac = board->mac;"
    yield "    settings.snapshot.mac_user = board->mac_user;"


_CALLBACKS = """\
static ecm_status_t node_read(void *user, uint32_t at, uint8_t *data, uint32_t bytes) {
    const ecm_state_store_t *flash = settings.board.flash;
    return flash->read(flash->user, *(const uint32_t *)user + at, data, bytes);
}

static ecm_status_t node_erase(void *user, uint32_t at, uint32_t bytes) {
    const ecm_state_store_t *flash = settings.board.flash;
    return flash->erase(flash->user, *(const uint32_t *)user + at, bytes);
}

static ecm_status_t node_write(void *user, uint32_t at, const uint8_t *data,
                               uint32_t bytes) {
    const ecm_state_store_t *flash = settings.board.flash;
    return flash->write(flash->user, *(const uint32_t *)user + at, data, bytes);
}
"""
_CFG = """\

static void node_watchdog(void *user) {{
    (void)user;
    if (settings.board.watchdog != NULL) {{
        settings.board.watchdog(settings.board.user);
    }}
}}

const ecm_node_cfg_t ecm_package_node = {{
    .st = &memory.st,
    .app_cfg = &APP,
    .app = &memory.app.app,
    .channels = memory.app.channels,
    .mem = memory.app.mem,
    .dist = memory.app.dist,
    .device = {record},
    .run = {run},
    .services = {services},
    .services_len = {services_len}U,
    .command = &settings.command,
    .commands = &flash_commands,
    .kept = &flash_kept,
    .watchdog = node_watchdog,
}};
"""
_PROVISION = """\
ecm_status_t ecm_package_provision(const ecm_package_board_t *board,
                                   const uint8_t *data, uint32_t bytes) {
    const ecm_state_store_t *flash;
    ecm_device_t record;
    ecm_status_t status;
    ECM_REQUIRE(board != NULL && board->flash != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(board->flash->slot_bytes >= ECM_PACKAGE_FLASH_BYTES, ECM_ERR_LENGTH);
    status = ecm_device_decode(&record, data, bytes);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(record.channels_len >= ECM_PACKAGE_CHANNELS_LEN, ECM_ERR_ARG);
    flash = settings.board.flash;
    settings.board.flash = board->flash;
    status = ecm_device_save(&record, &flash_record);
    settings.board.flash = flash;
    return status;
}
"""
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
