"""Rows of what knows machines: envelopes of a band and the lines of their spectrum."""

from benchmarks.device_kernels.row import Kernel
from ecmkit.package.transforms import transforms_c

__all__ = ["MACHINES"]

HEADER = "ecm_envelope.h"
STATUS = 'ecm_test_s32("status", status);\n'


def _analytic(kind: str) -> Kernel:
    """Describe the band of a window of 1024: 256 bins, decimated by 4."""
    return Kernel(
        name=f"envelope.{kind}_f32.256",
        header=HEADER,
        data=f"{transforms_c({'inverse': (256, False)})}\n"
        f"static const ecm_envelope_band_t cfg = {{1024, 170, 256, &inverse}};\n"
        "static float bins[1024], overlap[ECM_ENVELOPE_OVERLAP_LEN(256)];\n"
        "static float work[ECM_ENVELOPE_ANALYTIC_LEN(256)];\n"
        "static float z[ECM_ENVELOPE_ANALYTIC_LEN(256)];\nstatic ecm_status_t status;",
        setup="ecm_test_noise_f32(1, bins, 1024);",
        call=f"status = ecm_envelope_{kind}_f32(overlap, &cfg, bins, work, z);",
        result=STATUS + 'ecm_test_array_f32("z", z, 256);',
    )


def _form(form: str) -> Kernel:
    return Kernel(
        name=f"envelope.{form}_f32.128",
        header=HEADER,
        data="static float z[256], out[128];\nstatic ecm_status_t status;",
        setup="ecm_test_noise_f32(1, z, 256);",
        call=f"status = ecm_envelope_{form}_f32(z, 128, out);",
        result=STATUS + 'ecm_test_array_f32("out", out, 128);',
        per=128,
        unit="sample",
    )


def _spectrum(n: int) -> Kernel:
    return Kernel(
        name=f"envelope.spectrum_f32.{n}",
        header=HEADER,
        data=f"{transforms_c({'fft': (n // 2, True)})}\n"
        f"static const ecm_envelope_history_t cfg = {{{n}, &fft, {{NULL, 0, 0}}}};\n"
        f"static float st[ECM_ENVELOPE_HISTORY_LEN({n}, 0)], work[{n}];\n"
        f"static float amplitude[{n}];\nstatic ecm_status_t status;",
        setup=f"ecm_test_noise_f32(1, work, {n});\n"
        f"(void)ecm_envelope_push_f32(st, &cfg, work, {n});",
        call=f"status = ecm_envelope_spectrum_f32(st, &cfg, {n // 2 + 1}, work,\n"
        "                                   amplitude);",
        result=STATUS + f'ecm_test_array_f32("amplitude", amplitude, {n // 2 + 1});',
    )


ANGULAR = (
    Kernel(
        name="tacho.edges_f32.256",
        header="ecm_tacho.h",
        data="static const ecm_tacho_cfg_t cfg = {0.0f, 0.5f, 0};\n"
        "static ecm_tacho_t st;\nstatic float x[256];\nstatic uint64_t edges[64];\n"
        "static uint32_t n, used;\nstatic ecm_status_t status;",
        setup="uint32_t i;\n(void)ecm_tacho_init(&st, &cfg);\n"
        "for (i = 0; i < 256U; i++) {\n"
        "    x[i] = (float)((i * 7U) % 64U) - 32.0f;\n}",
        call="status = ecm_tacho_edges_f32(&st, &cfg, x, 256, edges, 64, &n, &used);",
        result=STATUS + 'ecm_test_bytes("edges", edges, n * 8U);',
        per=256,
        unit="sample",
    ),
    Kernel(
        name="order.resample_f32.256",
        header="ecm_order.h",
        data="static const ecm_order_cfg_t cfg = {1, 64};\nstatic uint64_t edges[8];\n"
        "static float x[512], out[256];\nstatic uint32_t first, n;\n"
        "static ecm_status_t status;",
        setup="ecm_test_noise_f32(1, x, 512);\n"
        "(void)ecm_order_run_f32(1000.0f, 14.0f, 3.0f, 0, edges, 8);\n"
        "(void)ecm_order_first_f32(&cfg, 0, edges, 8, &first);",
        call="status = ecm_order_resample_f32(&cfg, x, 512, 0, edges, 8, first, out,"
        "\n                                256, &n);",
        result=STATUS + 'ecm_test_array_f32("out", out, n);',
        per=256,
        unit="output",
    ),
    Kernel(
        name="tsa.update_f32.256",
        header="ecm_tsa.h",
        data="static const ecm_tsa_cfg_t cfg = {128, 0.0f};\nstatic ecm_tsa_t st;\n"
        "static float x[256], mean[128];\nstatic ecm_status_t status;",
        setup="ecm_test_noise_f32(1, x, 256);\n(void)ecm_tsa_init(&st, &cfg, mean);",
        call="status = ecm_tsa_update_f32(&st, &cfg, mean, x, 256);",
        result=STATUS + 'ecm_test_array_f32("mean", mean, 128);',
        per=256,
        unit="sample",
    ),
)

MACHINES = (
    *ANGULAR,
    Kernel(
        name="level.update_f32",
        header="ecm_level.h",
        data="static const float limits[3] = {2.3f, 4.5f, 7.1f};\n"
        "static const ecm_level_cfg_t cfg = {limits, NULL, 3, 1, 3};\n"
        "static ecm_level_t st;\nstatic uint32_t zone;\nstatic ecm_status_t status;",
        setup="(void)ecm_level_init_f32(&st, &cfg);",
        call="status = ecm_level_update_f32(&st, &cfg, 5.0f, &zone);",
        result=STATUS + 'ecm_test_u32("zone", zone);',
    ),
    _analytic("analytic"),
    _analytic("white"),
    *(_form(form) for form in ("magnitude", "squared", "log")),
    Kernel(
        name="envelope.push_f32.128",
        header=HEADER,
        data=f"{transforms_c({'fft': (512, True)})}\nstatic float taps[24];\n"
        "static const ecm_envelope_history_t cfg = {1024, &fft, {taps, 24, 2}};\n"
        "static float st[ECM_ENVELOPE_HISTORY_LEN(1024, 24)], x[128];\n"
        "static ecm_status_t status;",
        setup="ecm_test_noise_f32(1, x, 128);\necm_test_noise_f32(2, taps, 24);",
        call="status = ecm_envelope_push_f32(st, &cfg, x, 128);",
        result=STATUS + 'ecm_test_array_f32("st", st, sizeof st / sizeof *st);',
        per=128,
        unit="sample",
    ),
    _spectrum(512),
    _spectrum(1024),
    Kernel(
        name="envelope.rectified_f32.512",
        header=HEADER,
        data="static float x[512], out[512], taps[32];\n"
        "static float line[ECM_DECIMATE_LINE_LEN(32)];\n"
        "static const ecm_filter_biquad_f32_t sections[2] = {\n"
        "    {0.1f, 0.0f, -0.1f, -0.5f, 0.6f}, {0.1f, 0.0f, -0.1f, 0.2f, 0.6f}};\n"
        "static const ecm_envelope_rectifier_t cfg = {sections, 2, {taps, 32, 8}};\n"
        "static ecm_filter_biquad_state_f32_t filter[2];\n"
        "static ecm_decimate_t decimate;\nstatic uint32_t n;\n"
        "static ecm_status_t status;",
        setup="ecm_test_noise_f32(1, x, 512);\necm_test_noise_f32(2, taps, 32);\n"
        "(void)ecm_filter_init_f32(filter, sections, 2, 0.0f);\n"
        "(void)ecm_decimate_init_f32(&decimate, &cfg.low, line, 0.0f);",
        call="status = ecm_envelope_rectified_f32(filter, &decimate, line, &cfg, x,"
        "\n                                    512, out, &n);",
        result=STATUS + 'ecm_test_array_f32("out", out, n);',
        per=512,
        unit="sample",
    ),
    Kernel(
        name="envelope.harmonics_f32.513",
        header=HEADER,
        data="static float amplitude[513], y;\n"
        "static const ecm_envelope_bins_t s = {amplitude, 513, 1.46484375f};",
        setup="uint32_t i;\necm_test_noise_f32(1, amplitude, 513);\n"
        "for (i = 0; i < 513U; i++) {\n"
        "    amplitude[i] = ecm_port_abs_f32(amplitude[i]);\n}",
        call="y = ecm_envelope_harmonics_f32(&s, 162.2f, 0.02f, 3);",
        result='ecm_test_f32("y", y);',
    ),
)
