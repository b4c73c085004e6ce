"""The C of a whole device in a package: memory, flash, settings and start."""

from collections.abc import Iterator

from ecmkit.graph.c_writer import float_literal
from ecmkit.package.application import Application
from ecmkit.package.device import SPEED, Device
from ecmkit.package.model_data import as_data
from ecmkit.package.node_layout import Layout, layout_of
from ecmkit.package.sources import memory_of

__all__ = ["NODE_MODULES", "node_c"]

NODE_MODULES = frozenset({
    "node", "node_frames", "node_keep", "node_learn", "node_receive", "node_snapshot",
})  # fmt: skip
"""Of a whole device, with all that they include."""


def _rebases(app: Application) -> bool:
    """Whether scores of monitors count from a baseline."""
    return any(score.spread > 0.0 for score in app.monitors.scores)


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
    yield from _services(device)
    yield _CFG.format(
        record="&memory.record" if device.record else "NULL",
        run="&run" if run is not None else "NULL",
        services="services" if device.services else "NULL",
        services_len=len(device.services),
    )


def _services(device: Device) -> Iterator[str]:
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
        yield from _begin_snapshot(app, device)
    if "learn" in device.services:
        yield from _begin_learn(app, device)
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


def _begin_learn(app: Application, device: Device) -> Iterator[str]:
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


def _begin_snapshot(app: Application, device: Device) -> Iterator[str]:
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
