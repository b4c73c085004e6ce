"""Rows of functions of one or two numbers, in float and in fixed point."""

from benchmarks.device_kernels.row import Kernel

__all__ = ["FUNCTIONS"]


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


FUNCTIONS = (
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
)  # fmt: skip
