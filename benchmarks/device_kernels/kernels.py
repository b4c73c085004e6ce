"""What is measured: one row a kernel, as a few lines of C around a call.

To add a kernel, add a row. `data` declares what it works on, at file scope; `setup`
fills that; `call` is what is counted; `result` prints what came out, so that a target
can be held against the host. All of ecm_test.h is at hand.
"""

from dataclasses import dataclass, field

from ecmkit.package.transforms import transforms_c

__all__ = ["KERNELS", "PEERS", "Kernel"]

PEERS = {
    "CMSIS-DSP": "CMSIS-DSP ec1bb75, counted earlier",
    "pffft": "pffft a4b0359, counted earlier",
}
"""Where the figures of peers come from: GCC 12.2.1, best of -O2, -O3 and -ffast-math,
counted by the same kind of marks on the same emulated cores, not in this run."""


@dataclass(frozen=True, kw_only=True)
class Kernel:
    """A call that is counted, and what stands around it."""

    name: str
    """``module.what.size``; commands take patterns of it."""
    header: str
    """Of the module that is called; it and all that it includes is linked."""
    data: str
    setup: str
    call: str
    result: str
    per: int = 1
    """The count is divided by it."""
    unit: str = "call"
    """What `per` counts."""
    peers: dict[str, dict[str, int]] = field(default_factory=dict)
    """Instructions of a call by a peer of `PEERS`, by core."""


def _cmsis(**cores: int) -> dict[str, dict[str, int]]:
    return {"CMSIS-DSP": cores}


def _fft(n: int, peers: dict[str, dict[str, int]]) -> Kernel:
    return Kernel(
        name=f"fft.r2c_f32.{n}",
        header="ecm_fft.h",
        data=f"{transforms_c({'plan': (n // 2, True)})}\nstatic float x[{n}], y[{n}];\n"
        "static ecm_status_t status;",
        setup=f"ecm_test_noise_f32(1, x, {n});",
        call="status = ecm_fft_r2c_f32(&plan, x, y);",
        result=f'ecm_test_s32("status", status);\necm_test_array_f32("y", y, {n});',
        peers=peers,
    )


def _values(function: str, setup: str) -> Kernel:
    """Describe a function of one number, called for many: the loop counts too."""
    return Kernel(
        name=f"math.{function}",
        header="ecm_math.h",
        data="static float x[256], y[256];",
        setup=f"uint32_t i;\necm_test_noise_f32(1, x, 256);\n"
        f"for (i = 0; i < 256U; i++) {{\n    {setup}\n}}",
        call=f"uint32_t i;\nfor (i = 0; i < 256U; i++) {{\n"
        f"    y[i] = ecm_math_{function}(x[i]);\n}}",
        result='ecm_test_array_f32("y", y, 256);',
        per=256,
        unit="value",
    )


_NOISE_Q15 = (
    "uint32_t i, seed = 1;\nfor (i = 0; i < 1024U; i++) {\n"
    "    seed = seed * 1664525U + 1013904223U;\n"
    "    x[i] = (int16_t)((int32_t)(seed >> 17) - 0x4000);\n}"
)
_NOISE_Q31 = _NOISE_Q15.replace(
    "(int16_t)((int32_t)(seed >> 17) - 0x4000)", "(int32_t)(seed >> 2) - 0x20000000"
)


def _show(kind: str, what: str, n: str) -> str:
    if kind == "f32":
        return f'ecm_test_array_f32("{what}", {what}, {n});'
    return f'ecm_test_bytes("{what}", {what}, ({n}) * sizeof {what}[0]);'


def _biquad(
    kind: str, c_type: str, sections: str, setup: str, start: str = ""
) -> Kernel:
    """Two sections over 1024 samples: the count is of a sample and section."""
    return Kernel(
        name=f"filter.biquad_{kind}.1024",
        header="ecm_filter.h",
        data=f"static const ecm_filter_biquad_{kind}_t sections[2] = {sections};\n"
        f"static ecm_filter_biquad_state_{kind}_t st[2];\n"
        f"static {c_type} x[1024];\nstatic ecm_status_t status;",
        setup=f"{setup}\n(void)ecm_filter_init_{kind}(st, sections, 2{start});",
        call=f"status = ecm_filter_biquad_{kind}(st, sections, 2, x, 1024, x);",
        result=f'ecm_test_s32("status", status);\n{_show(kind, "x", "1024U")}',
        per=2048,
        unit="sample and section",
    )


def _decimator(kind: str, c_type: str, setup: str, settings: str) -> Kernel:
    """64 taps, one sample of four kept: the count is of a sample that comes in."""
    return Kernel(
        name=f"decimate.{kind}.1024",
        header="ecm_decimate.h",
        data=f"static {c_type} x[1024], taps[64], line[128], out[256];\n"
        f"static const ecm_decimate_cfg_{kind}_t cfg = {{taps, {settings}}};\n"
        "static ecm_decimate_t st;\nstatic uint32_t n;\nstatic ecm_status_t status;",
        setup=f"{setup}\n(void)ecm_decimate_init_{kind}(&st, &cfg, line, 0);",
        call=f"status = ecm_decimate_{kind}(&st, &cfg, line, x, 1024, out, &n);",
        result=f'ecm_test_s32("status", status);\n{_show(kind, "out", "n")}',
        per=1024,
        unit="sample",
    )


KERNELS = (
    _fft(256, _cmsis(m4f=11_322, m7=11_305, m33=11_217, m55=3_455)
         | {"pffft": {"m4f": 9_790, "m7": 9_789, "m33": 9_813}}),
    _fft(512, _cmsis(m4f=24_216, m7=24_307, m33=24_072, m55=6_622)),
    _fft(1024, _cmsis(m4f=44_668, m7=44_641, m33=44_312, m55=14_543)
         | {"pffft": {"m4f": 46_543, "m7": 46_541, "m33": 46_631}}),
    _fft(2048, _cmsis(m4f=108_284, m7=107_973, m33=107_059, m55=29_101)),
    _fft(4096, _cmsis(m4f=229_519, m7=229_918, m33=227_583, m55=63_706)
         | {"pffft": {"m4f": 219_710, "m7": 219_707, "m33": 220_055}}),
    Kernel(
        name="stats.time_f32.1024",
        header="ecm_stats.h",
        data="static float x[1024];\nstatic ecm_stats_time_t out;\n"
        "static ecm_status_t status;",
        setup="ecm_test_noise_f32(1, x, 1024);",
        call="status = ecm_stats_time_f32(x, 1024, &out);",
        result='ecm_test_s32("status", status);\n'
        'ecm_test_array_f32("out", (const float *)&out, sizeof out / sizeof(float));',
        per=1024,
        unit="sample",
        # mean, std, rms, min, max, absmax in separate calls; no skewness, no kurtosis
        peers=_cmsis(m4f=37 * 1024),
    ),
    _values("sqrt_f32", "x[i] = 4.0f * (x[i] + 1.0f);"),
    _values("exp_f32", "x[i] = 20.0f * x[i];"),
    _values("log_f32", "x[i] = 8.0f * (x[i] + 1.0f);"),
    Kernel(
        name="window.apply_f32.1024",
        header="ecm_window.h",
        data="static float x[1024], half[513];\nstatic ecm_status_t status;",
        setup="ecm_taper_cfg_t cfg = {1024, ECM_TAPER_HANN, 0, 0.0f};\n"
        "ecm_test_noise_f32(1, x, 1024);\n(void)ecm_taper_fill_f32(&cfg, half);",
        call="status = ecm_window_apply_f32(x, 1024, 0.1f, half, 0, x);",
        result='ecm_test_s32("status", status);\necm_test_array_f32("x", x, 1024);',
        per=1024,
        unit="sample",
    ),
    Kernel(
        name="window.remove_line_f32.1024",
        header="ecm_window.h",
        data="static float x[1024];\nstatic ecm_status_t status;",
        setup="ecm_test_noise_f32(1, x, 1024);",
        call="status = ecm_window_remove_line_f32(x, 1024, x);",
        result='ecm_test_s32("status", status);\necm_test_array_f32("x", x, 1024);',
        per=1024,
        unit="sample",
    ),
    Kernel(
        name="window.apply_q15.1024",
        header="ecm_window.h",
        data="static int16_t x[1024], half[513];\nstatic ecm_status_t status;",
        setup="ecm_taper_cfg_t cfg = {1024, ECM_TAPER_HANN, 0, 0.0f};\n"
        "(void)ecm_taper_fill_q15(&cfg, half);\n" + _NOISE_Q15,
        call="status = ecm_window_apply_q15(x, 1024, 100, half, 0, x);",
        result='ecm_test_s32("status", status);\necm_test_bytes("x", x, sizeof x);',
        per=1024,
        unit="sample",
    ),
    Kernel(
        name="taper.fill_f32.hann.1024",
        header="ecm_taper.h",
        data="static float half[513];\nstatic ecm_status_t status;\n"
        "static const ecm_taper_cfg_t cfg = {1024, ECM_TAPER_HANN, 0, 0.0f};",
        setup="half[0] = 1.0f;",
        call="status = ecm_taper_fill_f32(&cfg, half);",
        result='ecm_test_s32("status", status);\n'
        'ecm_test_array_f32("half", half, 513);',
        per=513,
        unit="value",
    ),
    _biquad("f32", "float", "{{0x1.3c2b0cp-8f, 0x1.3c2b0cp-7f, 0x1.3c2b0cp-8f, "
            "-0x1.0c7106p+0f, 0x1.2f3f6ap-2f}, "
            "{1.0f, 2.0f, 1.0f, -0x1.522762p+0f, 0x1.43f656p-1f}}",
            "ecm_test_noise_f32(1, x, 1024);", ", 0.0f"),
    _biquad("q31", "int32_t",
            "{{5180099, 10360198, 5180099, -1125925222, 317978288, 30}, "
            "{536870912, 1073741824, 536870912, -709159998, 339699053, 29}}",
            _NOISE_Q31),
    _biquad("q15", "int16_t", "{{79, 158, 79, -17180, 4852, 14}, "
            "{8192, 16384, 8192, -10821, 5183, 13}}", _NOISE_Q15),
    _decimator("f32", "float", "ecm_test_noise_f32(2, taps, 64);\n"
               "ecm_test_noise_f32(1, x, 1024);", "64, 4"),
    _decimator("q15", "int16_t", "uint32_t k;\nfor (k = 0; k < 64U; k++) {\n"
               "    taps[k] = (int16_t)(k < 32U ? 30U * k : 30U * (63U - k));\n}\n"
               "{\n" + _NOISE_Q15 + "\n}", "64, 4, 15"),
    Kernel(
        name="ring.window_f32.256",
        header="ecm_ring.h",
        data="static ecm_ring_cfg_t cfg = {1280, 1024};\nstatic ecm_ring_t st;\n"
        "static float mem[ECM_RING_MEM_LEN(1280, 1024)], chunk[256];\n"
        "static const float *x;\nstatic ecm_status_t status;",
        setup="uint32_t i;\necm_test_noise_f32(1, chunk, 256);\n"
        "(void)ecm_ring_init(&st, &cfg);\nfor (i = 0; i < 4U; i++) {\n"
        "    (void)ecm_ring_push_f32(&st, &cfg, mem, chunk, 256);\n}",
        call="status = ecm_ring_push_f32(&st, &cfg, mem, chunk, 256);\n"
        "status += ecm_ring_window_f32(&st, &cfg, mem, &x);\n"
        "status += ecm_ring_release(&st, &cfg, 256);",
        result='ecm_test_s32("status", status);\necm_test_array_f32("x", x, 1024);',
        per=256,
        unit="sample",
    ),
    Kernel(
        name="integrate.spectrum_f32.1024",
        header="ecm_integrate.h",
        data="static float x[1024];\nstatic ecm_status_t status;",
        setup="ecm_test_noise_f32(1, x, 1024);",
        call="status = ecm_integrate_spectrum_f32(x, 1024, 12800.0f, 10.0f, 1, 9.8f);",
        result='ecm_test_s32("status", status);\necm_test_array_f32("x", x, 1024);',
        per=512,
        unit="bin",
    ),
)  # fmt: skip
