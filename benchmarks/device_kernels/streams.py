"""Rows of what works on a chunk of samples: conditioning, and moments of streams."""

from benchmarks.device_kernels.row import Kernel

__all__ = ["STREAMS"]

N = 256
# Noise over the whole range, from the index alone.
FILL = {
    "float": f"ecm_test_noise_f32(1, x, {N});",
    "int16_t": f"for (i = 0; i < {N}U; i++) {{\n"
    "    x[i] = (int16_t)((i * 0x9e3779b1U) >> 16);\n}",
    "int32_t": f"for (i = 0; i < {N}U; i++) {{\n"
    "    x[i] = (int32_t)(i * 0x9e3779b1U);\n}",
}


def _stream(
    name: str,
    element: str,
    data: str,
    setup: str,
    call: str,
    out: str,
    *,
    per: int = N,
    unit: str = "sample",
    peer: int = 0,
) -> Kernel:
    """Describe a call that takes samples ``x`` and leaves its result in `out`."""
    module = name.split(".")[0]
    return Kernel(
        name=name,
        header=f"ecm_{module}.h",
        data=f"static {element} x[{N}];\nstatic ecm_status_t status;\n{data}",
        setup=f"uint32_t i = 0;\n(void)i;\n{FILL[element]}\n{setup}",
        call=f"status = {call};",
        result='ecm_test_s32("status", status);\n'
        f'ecm_test_bytes("out", {out}, sizeof {out});',
        per=per,
        unit=unit,
        peers={"CMSIS-DSP": {"m4f": peer}} if peer else {},
    )


MOMENTS = (
    _stream(
        "moments.update_f32", "float", "static ecm_moments_t st[1];",
        "(void)ecm_moments_init(st);", f"ecm_moments_update_f32(st, x, {N})", "st",
    ),
    _stream(
        "moments.ew_update_f32", "float",
        "static ecm_moments_ew_t st[1];\n"
        "static const ecm_moments_ew_cfg_t cfg = {0.01f};",
        "(void)ecm_moments_ew_init(st);",
        f"ecm_moments_ew_update_f32(st, &cfg, x, {N})", "st",
    ),
    _stream(
        "moments.update_q15", "int16_t", "static ecm_moments_q15_t st[1];",
        "(void)ecm_moments_q15_init(st);", f"ecm_moments_q15_update(st, x, {N})", "st",
    ),
)  # fmt: skip

SECTIONS = 4
TAPS, FACTOR = 64, 4
_Q31 = "{0x04000000, 0x08000000, 0x04000000, -0x30000000, 0x18000000, 30}"
_Q15 = "{0x0400, 0x0800, 0x0400, -0x3000, 0x1800, 14}"
_F32 = "{0.0625f, 0.125f, 0.0625f, -0.75f, 0.375f}"


def _biquad(kind: str, element: str, section: str, start: str, peer: int) -> Kernel:
    return _stream(
        f"filter.biquad_{kind}", element,
        f"static {element} y[{N}];\n"
        f"static ecm_filter_biquad_state_{kind}_t st[{SECTIONS}];\n"
        f"static const ecm_filter_biquad_{kind}_t sections[{SECTIONS}] = "
        f"{{{', '.join([section] * SECTIONS)}}};",
        f"(void)ecm_filter_init_{kind}(st, sections, {SECTIONS}{start});",
        f"ecm_filter_biquad_{kind}(st, sections, {SECTIONS}, x, {N}, y)", "y",
        per=N * SECTIONS, unit="sample and section", peer=peer,
    )  # fmt: skip


def _decimate(kind: str, element: str, tap: str, more: str, peer: int) -> Kernel:
    return _stream(
        f"decimate.{kind}", element,
        f"static {element} y[{N // FACTOR}], line[ECM_DECIMATE_LINE_LEN({TAPS})];\n"
        f"static {element} taps[{TAPS}];\nstatic ecm_decimate_t st;\n"
        f"static const ecm_decimate_cfg_{kind}_t cfg = "
        f"{{taps, {TAPS}, {FACTOR}{more}}};\nstatic uint32_t y_len;",
        f"for (i = 0; i < {TAPS}U; i++) {{\n    taps[i] = {tap};\n}}\n"
        f"(void)ecm_decimate_init_{kind}(&st, &cfg, line, 0);",
        f"ecm_decimate_{kind}(&st, &cfg, line, x, {N}, y, &y_len)", "y",
        per=N // FACTOR * TAPS, unit="output and tap", peer=peer,
    )  # fmt: skip


def _window(kind: str, element: str, what: str, data: str, arguments: str) -> Kernel:
    return _stream(
        f"window.{what}_{kind}", element, f"static {element} y[{N}];\n{data}", "",
        f"ecm_window_{what}_{kind}(x, {N}, {arguments})", "y",
    )  # fmt: skip


def _ring(kind: str, element: str) -> Kernel:
    """Describe a push of 64 samples and a look at the oldest window."""
    return _stream(
        f"ring.push_{kind}", element,
        f"static {element} mem[ECM_RING_MEM_LEN(512, {N})];\n"
        f"static ecm_ring_t st[1];\n"
        f"static const ecm_ring_cfg_t cfg = {{512, {N}}};",
        "(void)ecm_ring_init(st, &cfg);", f"ecm_ring_push_{kind}(st, &cfg, mem, x, 64)",
        "st", per=64,
    )  # fmt: skip


CONDITIONING = (
    *(
        _window(kind, element, "apply", f"static const {element} half[{N // 2 + 1}];",
                f"{mean}, half, ECM_TAPER_PERIODIC, y")
        for kind, element, mean in (("f32", "float", "0.5f"), ("q15", "int16_t", "50"))
    ),
    _window("f32", "float", "remove_line", "", "y"),
    _window("q15", "int16_t", "remove_line", "", "y"),
    _biquad("f32", "float", _F32, ", 0.0f", 7_790),
    _biquad("q31", "int32_t", _Q31, "", 14_298),
    _biquad("q15", "int16_t", _Q15, "", 17_041),
    _decimate("f32", "float", "0.015625f", "", 0),
    _decimate("q15", "int16_t", "512", ", 15", 0),
    _ring("f32", "float"),
    _ring("s16", "int16_t"),
    _stream(
        "integrate.trapezoid_f32", "float",
        f"static float y[{N}];\nstatic ecm_integrate_t st;",
        "(void)ecm_integrate_init_f32(&st, x[0]);",
        f"ecm_integrate_trapezoid_f32(&st, x, {N}, 0.001f, y)", "y",
    ),
    _stream(
        "integrate.spectrum_f32", "float", "", "",
        f"ecm_integrate_spectrum_f32(x, {N}, 1000.0f, 10.0f, 1, 1.0f)", "x",
    ),
)  # fmt: skip


def _velocity(factor: int) -> Kernel:
    """Describe velocity RMS from 12.8 kHz, or a quarter of it."""
    return _stream(
        f"velocity.update_f32.{factor}", "float",
        "static ecm_velocity_f32_t st[1];\n"
        "static const ecm_velocity_cfg_f32_t cfg = {\n"
        "    0.0139f, 0.0000956f, -1.05f, 0.28f, 0.3f, 0.002f, "
        f"{factor}, 8, 400}};",
        "(void)ecm_velocity_init_f32(st, &cfg);",
        f"ecm_velocity_update_f32(st, &cfg, x, {N})", "st",
    )  # fmt: skip


def _velocity_q15(factor: int) -> Kernel:
    return _stream(
        f"velocity_q15.update.{factor}", "int16_t",
        "static ecm_velocity_q15_t st[1];\n"
        "static const ecm_velocity_q15_cfg_t cfg = {\n"
        f"    28916, 25694, 5, 12, 7760, 132, -12579, 4087, 2, {factor}, "
        "817033908U, 8, 800};",
        "(void)ecm_velocity_q15_init(st, &cfg);",
        f"ecm_velocity_q15_update(st, &cfg, x, {N})", "st",
    )  # fmt: skip


VELOCITY = (
    *(_velocity(factor) for factor in (1, 2, 4)),
    *(_velocity_q15(factor) for factor in (1, 2, 4)),
)

STREAMS = (*MOMENTS, *CONDITIONING, *VELOCITY)
