"""What is measured: one row a kernel, as a few lines of C around a call.

To add a kernel, add a row. `data` declares what it works on, at file scope; `setup`
fills that; `call` is what is counted; `result` prints what came out, so that a target
can be held against the host. All of ecm_test.h is at hand.
"""

from benchmarks.device_kernels.row import PEERS, Kernel
from benchmarks.device_kernels.streams import STREAMS
from ecmkit.package.transforms import transforms_c

__all__ = ["KERNELS", "PEERS", "Kernel"]


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


def _values(
    function: str, setup: str, *, call: str = "", types: str = "float float"
) -> Kernel:
    """Describe a function of one number, called for many: the loop counts too."""
    argument, result = types.split()
    module = function.split("_")[0]
    filled = "ecm_test_noise_f32(1, z, 256);"
    show = 'ecm_test_array_f32("y", y, 256);'
    if result != "float":
        show = 'ecm_test_bytes("y", y, sizeof y);'
    return Kernel(
        name=f"{module}.{function.removeprefix(module + '_')}",
        header=f"ecm_{module}.h",
        data=f"static float z[256];\nstatic {argument} x[256];\n"
        f"static {result} y[256];",
        setup=f"uint32_t i;\n{filled}\nfor (i = 0; i < 256U; i++) {{\n    {setup}\n}}",
        call=f"uint32_t i;\nfor (i = 0; i < 256U; i++) {{\n"
        f"    {call or f'y[i] = ecm_{function}(x[i]);'}\n}}",
        result=show,
        per=256,
        unit="value",
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
    _values("math_sqrt_f32", "x[i] = 4.0f * (z[i] + 1.0f);"),
    _values("math_exp_f32", "x[i] = 20.0f * z[i];"),
    _values("math_log_f32", "x[i] = 8.0f * (z[i] + 1.0f);"),
    _values("math_log2_f32", "x[i] = 8.0f * (z[i] + 1.0f);"),
    _values("math_tanh_f32", "x[i] = 4.0f * z[i];"),
    _values("math_logistic_f32", "x[i] = 20.0f * z[i];"),
    _values("trig_sin_f32", "x[i] = 100.0f * z[i];"),
    _values("trig_cos_f32", "x[i] = 100.0f * z[i];"),
    _values("trig_sincos_f32", "x[i] = 100.0f * z[i];",
            call="(void)ecm_trig_sincos_f32(x[i], y + i, z + i);"),
    _values("trig_atan2_f32", "x[i] = 2.0f * z[255U - i];",
            call="y[i] = ecm_trig_atan2_f32(z[i], x[i]);"),
    _values("fixed_sqrt_q15", "x[i] = (int16_t)(16383.0f * (z[i] + 1.0f));",
            types="int16_t int16_t"),
    _values("fixed_sqrt_q31", "x[i] = (int32_t)(0x3fffff00 * (z[i] + 1.0f));",
            types="int32_t int32_t"),
    _values("fixed_mul_q31", "x[i] = (int32_t)(0x7fffff00 * z[i]);",
            call="y[i] = ecm_fixed_mul_q31(x[i], x[255U - i]);",
            types="int32_t int32_t"),
    _values("fixed_div_q31", "x[i] = (int32_t)(0x7fffff00 * z[i]);",
            call="y[i] = ecm_fixed_div_q31(x[i] >> 8, x[255U - i]);",
            types="int32_t int32_t"),
    _values("fixed_sin_q15", "x[i] = i * 0x9e3779b1U;", types="uint32_t int16_t"),
    _values("fixed_sin_q31", "x[i] = i * 0x9e3779b1U;", types="uint32_t int32_t"),
    _values("fixed_atan2_q15", "x[i] = (int16_t)(32767.0f * z[i]);",
            call="y[i] = ecm_fixed_atan2_q15(x[i], x[255U - i]);",
            types="int16_t int16_t"),
    _values("fixed_log2_q16", "x[i] = i * 0x9e3779b1U;", types="uint32_t int32_t"),
    _values("fixed_exp2_q16", "x[i] = (int32_t)(0xfffff * z[i]);",
            types="int32_t uint32_t"),
    *STREAMS,
)  # fmt: skip
