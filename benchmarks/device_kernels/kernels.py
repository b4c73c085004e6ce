"""What is measured: one row a kernel, as a few lines of C around a call.

To add a kernel, add a row. `data` declares what it works on, at file scope; `setup`
fills that; `call` is what is counted; `result` prints what came out, so that a target
can be held against the host. All of ecm_test.h is at hand.
"""

from benchmarks.device_kernels.detectors import DETECTORS
from benchmarks.device_kernels.functions import FUNCTIONS
from benchmarks.device_kernels.keeping import KEEPING
from benchmarks.device_kernels.layers import LAYERS
from benchmarks.device_kernels.machines import MACHINES
from benchmarks.device_kernels.nodes import NODES
from benchmarks.device_kernels.plans import PLANS
from benchmarks.device_kernels.row import PEERS, Kernel
from benchmarks.device_kernels.spectra import SPECTRA
from benchmarks.device_kernels.streams import STREAMS
from benchmarks.device_kernels.watching import WATCHING
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


def _fft_q15(n: int, peers: dict[str, dict[str, int]]) -> Kernel:
    return Kernel(
        name=f"fft_q15.r2c.{n}",
        header="ecm_fft_q15.h",
        data=f"static int16_t x[{n}];\nstatic int32_t out[{n}], exponent;\n"
        "static ecm_status_t status;",
        setup="uint32_t i, seed = 1;\n"
        f"for (i = 0; i < {n}U; i++) {{\n"
        "    seed = seed * 1664525U + 1013904223U;\n"
        "    x[i] = (int16_t)(seed >> 16);\n}",
        call=f"status = ecm_fft_q15_r2c(&ecm_fft_q15_plan_{n}, x, out, &exponent);",
        result='ecm_test_s32("status", status);\necm_test_s32("exponent", exponent);\n'
        'ecm_test_bytes("out", out, sizeof out);',
        peers=peers,
    )


def _window(
    name: str, header: str, out: str, call: str, result: str, *, q15: bool = False
) -> Kernel:
    """Describe a function of a window of 1024 samples."""
    if q15:
        setup = (
            "uint32_t i, seed = 1;\nfor (i = 0; i < 1024U; i++) {\n"
            "    seed = seed * 1664525U + 1013904223U;\n"
            "    x[i] = (int16_t)((int32_t)(seed >> 16) - 32768);\n}"
        )
    else:
        setup = "ecm_test_noise_f32(1, x, 1024);"
    return Kernel(
        name=f"{name}.1024",
        header=header,
        data=f"static {'int16_t' if q15 else 'float'} x[1024];\n{out}"
        "\nstatic ecm_status_t status;",
        setup=setup,
        call=f"status = {call};",
        result=f'ecm_test_s32("status", status);\n{result}',
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
    # arm_rfft_q15 gives 16 bits and no exponent, and clobbers its input
    _fft_q15(256, _cmsis(m4f=9_782, m7=9_861, m33=9_774, m55=2_286)),
    _fft_q15(512, _cmsis(m4f=18_285, m7=18_539, m33=18_282, m55=3_946)),
    _fft_q15(1024, _cmsis(m4f=44_226, m7=44_787, m33=44_212, m55=9_147)),
    _fft_q15(2048, _cmsis(m4f=83_388, m7=84_922, m33=83_385, m55=16_998)),
    _fft_q15(4096, _cmsis(m4f=197_459, m7=200_710, m33=197_439, m55=39_264)),
    Kernel(
        name="fft_q15.r2c_taper.1024",
        header="ecm_fft_q15.h",
        data="static int16_t x[1024], taper[1024];\n"
        "static int32_t out[1024], exponent;\nstatic ecm_status_t status;",
        setup="uint32_t i, seed = 1;\nfor (i = 0; i < 1024U; i++) {\n"
        "    seed = seed * 1664525U + 1013904223U;\n"
        "    x[i] = (int16_t)(seed >> 16);\n    taper[i] = (int16_t)(31U * i);\n}",
        call="status = ecm_fft_q15_r2c_taper(&ecm_fft_q15_plan_1024, x, 77, taper, "
        "out,\n                               &exponent);",
        result='ecm_test_s32("status", status);\necm_test_s32("exponent", exponent);\n'
        'ecm_test_bytes("out", out, sizeof out);',
    ),
    Kernel(
        name="fft_q15.power.1024",
        header="ecm_fft_q15.h",
        data="static int32_t x[1024], exponent;\nstatic uint32_t power[513];\n"
        "static ecm_status_t status;",
        setup="uint32_t i, seed = 1;\nfor (i = 0; i < 1024U; i++) {\n"
        "    seed = seed * 1664525U + 1013904223U;\n"
        "    x[i] = (int32_t)(seed >> 8) - 0x800000;\n}",
        call="status = ecm_fft_q15_power(x, 512, 0, power, &exponent);",
        result='ecm_test_s32("status", status);\necm_test_s32("exponent", exponent);\n'
        'ecm_test_bytes("power", power, sizeof power);',
    ),
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
    _window("stats_q15.time_f32", "ecm_stats_q15.h", "static ecm_stats_time_t out;",
            "ecm_stats_time_q15_f32(x, 1024, &out)",
            'ecm_test_bytes("out", &out, sizeof out);', q15=True),
    _window("stats_q15.time", "ecm_stats_q15.h", "static ecm_stats_time_q15_t out;",
            "ecm_stats_time_q15(x, 1024, &out)",
            'ecm_test_bytes("out", &out, sizeof out);', q15=True),
    _window("rank.median_f32", "ecm_rank.h",
            "static int32_t work[1024];\nstatic float median, mad;",
            "ecm_rank_median_f32(x, 1024, work, &median, &mad)",
            'ecm_test_f32("median", median);\necm_test_f32("mad", mad);'),
    _window("series.hjorth_f32", "ecm_series.h", "static ecm_series_hjorth_t out;",
            "ecm_series_hjorth_f32(x, 1024, &out)",
            'ecm_test_bytes("out", &out, sizeof out);'),
    *FUNCTIONS,
    *STREAMS,
    *LAYERS,
    *MACHINES,
    *SPECTRA,
    *PLANS,
    *DETECTORS,
    *WATCHING,
    *KEEPING,
    *NODES,
)  # fmt: skip
