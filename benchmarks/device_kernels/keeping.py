"""Rows of what a device keeps and is told: frames, snapshots, commands, baselines."""

from benchmarks.device_kernels.row import Kernel

__all__ = ["FLASH", "KEEPING", "STATUS", "flash_in_memory"]

STATUS = 'ecm_test_s32("status", status);\n'


def flash_in_memory(name: str, n_bytes: str) -> str:
    """Write an array and its callbacks: what flash itself takes is not counted."""
    call = "static ecm_status_t"
    write = f"{call} {name}_write("
    return f"""\
static uint8_t {name}[{n_bytes}];
{call} {name}_read(void *user, uint32_t at, uint8_t *data, uint32_t bytes) {{
    (void)user;
    memcpy(data, {name} + at, (size_t)bytes);
    return ECM_OK;
}}
{call} {name}_erase(void *user, uint32_t at, uint32_t bytes) {{
    (void)user;
    memset({name} + at, 0xff, (size_t)bytes);
    return ECM_OK;
}}
{write}void *user, uint32_t at, const uint8_t *data,
{" " * len(write)}uint32_t bytes) {{
    (void)user;
    memcpy({name} + at, data, (size_t)bytes);
    return ECM_OK;
}}
"""


FLASH = flash_in_memory("flash", "4096") + "static ecm_status_t status;\n"

_SPOOL = (
    FLASH
    + """\
static const ecm_state_store_t store = {flash_read, flash_erase, flash_write, NULL,
                                        2048};
static const ecm_spool_cfg_t cfg = {&store, 2};
static ecm_spool_t st;
static uint8_t frame[64];
static uint32_t bytes, number;"""
)


def _spool(name: str, before: str, call: str) -> Kernel:
    """Describe a call on a spool that holds frames of 51 bytes."""
    return Kernel(
        name=f"spool.{name}.51",
        header="ecm_spool.h",
        data=_SPOOL,
        setup="uint32_t i;\n(void)bytes;\n(void)number;\n"
        "memset(flash, 0xff, sizeof flash);\n"
        "(void)ecm_spool_open(&st, &cfg);\n"
        f"for (i = 0; i < {before}U; i++) {{\n"
        "    (void)ecm_spool_append(&st, &cfg, frame, 51);\n}",
        call=call,
        result=STATUS + 'ecm_test_bytes("flash", flash, sizeof flash);',
    )


_SNAPSHOT = """\
static const ecm_snapshot_cfg_t cfg = {7, 768, 256, 1000.0f, 1.0f, 2, 0, 222, 0, NULL,
                                       NULL};
static int16_t mem[1024], x[64];
static ecm_snapshot_t st;
static uint8_t buf[222];
static uint32_t chunks, bytes;
static ecm_status_t status;"""

_SNAPSHOT_SETUP = """\
uint32_t i;
(void)buf;
(void)bytes;
(void)chunks;
for (i = 0; i < 64U; i++) {
    x[i] = (int16_t)(i * 331U);
}
(void)ecm_snapshot_init(&st, &cfg);
for (i = 0; i < 40U; i++) {
    (void)ecm_snapshot_push_s16(&st, &cfg, mem, x, 64);
    if (i == 20U && @triggered@) {
        (void)ecm_snapshot_trigger(&st, &cfg, 0, 1, 2);
    }
}
"""


def _snapshot(name: str, triggered: int, more: str, call: str, show: str) -> Kernel:
    return Kernel(
        name=f"snapshot.{name}",
        header="ecm_snapshot.h",
        data=_SNAPSHOT,
        setup=_SNAPSHOT_SETUP.replace("@triggered@", str(triggered)) + more,
        call=call,
        result=STATUS + show,
    )


_COMMISSION = """\
static const ecm_commission_cfg_t cfg = {1, 8, 64, 1000, 0.2f, 0.5f};
static uint32_t learn[ECM_COMMISSION_LEARN_WORDS(8, 64)];
static uint32_t baseline[ECM_COMMISSION_BASELINE_WORDS(8)];
static float x[1024];
static ecm_commission_t st;
static ecm_status_t status;"""

_COMMISSION_SETUP = """\
uint32_t i;
(void)baseline;
ecm_test_noise_f32(1, x, 1024);
(void)ecm_commission_init(&st, &cfg);
(void)ecm_commission_begin(&st, &cfg, learn, false);
for (i = 0; i < @windows@; i++) {
    (void)ecm_commission_update_f32(&st, &cfg, learn, x + i);
}
"""

KEEPING = (
    _spool("append", "9", "status = ecm_spool_append(&st, &cfg, frame, 51);"),
    _spool("append_turn", "62", "status = ecm_spool_append(&st, &cfg, frame, 51);"),
    _spool(
        "next",
        "9",
        "status = ecm_spool_next(&st, &cfg, frame, 64, &bytes, &number);",
    ),
    _snapshot(
        "push_s16.64",
        0,
        "",
        "status = ecm_snapshot_push_s16(&st, &cfg, mem, x, 64);",
        'ecm_test_bytes("mem", mem, sizeof mem);',
    ),
    _snapshot(
        "seal.1024",
        1,
        "",
        "status = ecm_snapshot_seal(&st, &cfg, mem, &chunks);",
        'ecm_test_u32("crc", st.crc);',
    ),
    _snapshot(
        "chunk.222",
        1,
        "(void)ecm_snapshot_seal(&st, &cfg, mem, &chunks);",
        "status = ecm_snapshot_chunk(&st, &cfg, mem, 3, buf, sizeof buf, &bytes);",
        'ecm_test_bytes("buf", buf, bytes);',
    ),
    Kernel(
        name="command.decode",
        header="ecm_command.h",
        data="static const ecm_command_cfg_t cfg = {7, NULL, NULL};\n"
        "static ecm_command_t st;\nstatic ecm_command_order_t order;\n"
        "static const uint8_t data[] = {0x85, 1, 0x19, 0x01, 0x2c, 2, 0x18, 0x63, 7};\n"
        "static ecm_status_t status;",
        setup="(void)ecm_command_init(&st);",
        call="status = ecm_command_decode(&st, &cfg, data, sizeof data, &order);",
        result=STATUS + 'ecm_test_bytes("order", &order, sizeof order);',
    ),
    Kernel(
        name="commission.update_f32.8",
        header="ecm_commission.h",
        data=_COMMISSION,
        setup=_COMMISSION_SETUP.replace("@windows@", "500U"),
        call="for (uint32_t i = 0; i < 400U; i++) {\n"
        "    status = ecm_commission_update_f32(&st, &cfg, learn, x + i);\n}",
        result=STATUS + 'ecm_test_bytes("learn", learn, sizeof learn);',
        per=400,
        unit="window",
    ),
    Kernel(
        name="commission.finish.8",
        header="ecm_commission.h",
        data=_COMMISSION,
        setup=_COMMISSION_SETUP.replace("@windows@", "1000U"),
        call="status = ecm_commission_finish(&st, &cfg, baseline, learn);",
        result=STATUS + 'ecm_test_bytes("baseline", baseline, sizeof baseline);',
    ),
    Kernel(
        name="commission.finish_some.8",  # the first feature
        header="ecm_commission.h",
        data=_COMMISSION,
        setup=_COMMISSION_SETUP.replace("@windows@", "1000U"),
        call="status = ecm_commission_finish_some(&st, &cfg, baseline, learn, 1);",
        result=STATUS + 'ecm_test_bytes("learn", learn, sizeof learn);',
    ),
    Kernel(
        name="device.decode.3",
        header="ecm_device.h",
        data="static ecm_device_t device, found;\nstatic uint8_t raw[200];\n"
        "static uint32_t bytes;\nstatic ecm_status_t status;",
        setup="device.channels_len = 3;\ndevice.sensitivity[0] = 1.0f;\n"
        "device.sensitivity[1] = 2.0f;\ndevice.sensitivity[2] = 3.0f;\n"
        "(void)ecm_device_encode(&device, raw, sizeof raw, &bytes);",
        call="status = ecm_device_decode(&found, raw, bytes);",
        result=STATUS + 'ecm_test_bytes("found", &found, sizeof found);',
    ),
)
