"""Rows of streaming detectors: a value at a time, and arrays."""

from benchmarks.device_kernels.row import Kernel

__all__ = ["DETECTORS"]

N = 256


def _detector(name: str, header: str, kind: str, state: str, settings: str) -> Kernel:
    """Describe a detector that takes an array and raises no alarm."""
    return Kernel(
        name=name,
        header=f"{header}.h",
        data=f"static float z[{N}];\nstatic {state} st;\nstatic ecm_status_t status;\n"
        f"static ecm_drift_alarm_t alarms[4];\nstatic uint32_t found, taken;\n"
        f"{settings}",
        setup=f"ecm_test_noise_f32(1, z, {N});\n(void){kind}.init(&st, &cfg);",
        call=f"status = ecm_drift_run_f32(&{kind}, &st, &cfg, z, {N}, alarms, 4, "
        "&found, &taken);",
        result='ecm_test_s32("status", status);\necm_test_u32("found", found);\n'
        'ecm_test_bytes("st", &st, sizeof st);',
        per=N,
        unit="value",
    )


def _single(name: str, header: str, state: str, settings: str, init: str) -> Kernel:
    """Describe a detector that takes one value at a call; the loop counts too."""
    function = f"ecm_{name.replace('.', '_')}"
    return Kernel(
        name=name,
        header=f"{header}.h",
        data=f"static float z[{N}];\nstatic {state} st;\n"
        f"static uint32_t alarm, since;\n{settings}",
        setup=f"ecm_test_noise_f32(1, z, {N});\n{init};",
        call=f"uint32_t i;\nfor (i = 0; i < {N}U; i++) {{\n"
        f"    (void){function}(&st, &cfg, z[i], &alarm, &since);\n}}",
        result='ecm_test_u32("alarm", alarm);\necm_test_bytes("st", &st, sizeof st);',
        per=N,
        unit="value",
    )


_CUSUM = "static const ecm_drift_cusum_cfg_t cfg = {0.5f, 10.35f};"
_PH = "static const ecm_drift_ph_cfg_t cfg = {0.5f, 10.35f, 0.0f, 30, 3, 0};"
_EWMA = "static const ecm_drift_ewma_cfg_t cfg = {0.1f, 4.32f};"
_KNOWN = "static const ecm_drift_ph_cfg_t cfg = {0.5f, 10.35f, 0.0f, 30, 3, 1};"
_SR = """\
static const ecm_sr_alternative_t ten[] = {
    {-0.125f, 0.5f, 0, 0.1f, 1}, {-0.5f, 1, 0, 0.1f, 1}, {-2, 2, 0, 0.1f, 1},
    {-0.125f, -0.5f, 0, 0.1f, 2}, {-0.5f, -1, 0, 0.1f, 2}, {-2, -2, 0, 0.1f, 2},
    {-0.405f, 0, 0.278f, 0.1f, 3}, {-0.693f, 0, 0.375f, 0.1f, 3},
    {0.357f, 0, -0.52f, 0.1f, 4}, {0.105f, 0, -0.117f, 0.1f, 4}};
static const ecm_sr_cfg_t cfg = {ten, 10, 1e30f};"""
_ADWIN = "static const ecm_adwin_cfg_t cfg = {0.002f, %d, 5, 5, 10};"


def _integers(name: str, state: str, settings: str, after: int = 64) -> Kernel:
    """Describe an integer chart that has taken `after` scores; the loop counts too."""
    return Kernel(
        name=f"drift_q15.{name}_update" + (f".{after}" if after != 64 else ""),
        header="ecm_drift_q15.h",
        data=f"static float y[{N}];\nstatic int16_t z[{N}];\nstatic {state} st;\n"
        f"static uint32_t alarm, since;\nstatic const {settings};",
        setup=f"uint32_t i;\necm_test_noise_f32(1, y, {N});\n"
        f"for (i = 0; i < {N}U; i++) {{\n    z[i] = (int16_t)(4096.0f * y[i]);\n}}\n"
        f"(void)ecm_drift_q15_{name}_init(&st);\n"
        f"for (i = 0; i < {after}U; i++) {{\n    (void)ecm_drift_q15_{name}_update("
        f"&st, &cfg, z[i % {N}U], &alarm, &since);\n}}",
        call=f"uint32_t i;\nfor (i = 0; i < {N}U; i++) {{\n    (void)ecm_drift_q15_"
        f"{name}_update(&st, &cfg, z[i], &alarm, &since);\n}}",
        result='ecm_test_u32("alarm", alarm);\necm_test_bytes("st", &st, sizeof st);',
        per=N,
        unit="value",
    )


DETECTORS = (
    _detector("drift.run_f32.cusum", "ecm_drift", "ecm_drift_cusum_kind",
              "ecm_drift_cusum_t", _CUSUM),
    _detector("drift.run_f32.scale", "ecm_drift", "ecm_drift_scale_kind",
              "ecm_drift_cusum_t", _CUSUM),
    _detector("drift_ph.run_f32", "ecm_drift_ph", "ecm_drift_ph_kind",
              "ecm_drift_ph_t", _PH),
    _detector("drift_ph.run_f32.known", "ecm_drift_ph", "ecm_drift_ph_kind",
              "ecm_drift_ph_t", _KNOWN),
    _detector("drift_ewma.run_f32", "ecm_drift_ewma", "ecm_drift_ewma_kind",
              "ecm_drift_ewma_t", _EWMA),
    _detector("sr.run_f32.10", "ecm_sr", "ecm_sr_kind", "ecm_sr_t", _SR),
    _detector("adwin.run_f32.clock32", "ecm_adwin", "ecm_adwin_kind", "ecm_adwin_t",
              _ADWIN % 32),
    _single("drift.cusum_update_f32", "ecm_drift", "ecm_drift_cusum_t", _CUSUM,
            "(void)ecm_drift_cusum_init(&st)"),
    _single("drift.scale_update_f32", "ecm_drift", "ecm_drift_cusum_t", _CUSUM,
            "(void)ecm_drift_cusum_init(&st)"),
    _single("drift_ph.update_f32", "ecm_drift_ph", "ecm_drift_ph_t", _PH,
            "(void)ecm_drift_ph_init(&st)"),
    _single("drift_ewma.update_f32", "ecm_drift_ewma", "ecm_drift_ewma_t", _EWMA,
            "(void)ecm_drift_ewma_init(&st)"),
    _integers("cusum", "ecm_drift_q15_cusum_t",
              "ecm_drift_q15_cusum_cfg_t cfg = {2048, 42394}"),
    _integers("ph", "ecm_drift_q15_ph_t",
              "ecm_drift_q15_ph_cfg_t cfg = {2048, 42394, 30, 3}"),
    _integers("ph", "ecm_drift_q15_ph_t",
              "ecm_drift_q15_ph_cfg_t cfg = {2048, 42394, 30, 3}", 4096),
    _integers("ewma", "ecm_drift_q15_ewma_t",
              "ecm_drift_q15_ewma_cfg_t cfg = {4096, 0, 20870000}"),
)  # fmt: skip
