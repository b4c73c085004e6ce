"""Rows of whole feature plans: a window in which every step gives its features."""

import msgspec

from benchmarks.device_kernels.row import Kernel
from ecmkit.features import FeaturePlan, device_plan, load_plan, plan_names, steps_of
from ecmkit.graph.c_writer import float_literal
from ecmkit.package.integers import integer_plan_c
from ecmkit.package.plan import headers_of, plan_c

__all__ = ["PLANS"]


def _plan(name: str, plan: FeaturePlan) -> Kernel:
    """Describe a plan at work, its histories filled with noise.

    At the largest speed, whose lines spread over the most bins.
    """
    contract = plan.contract()
    device = device_plan(contract)
    n = contract.window_len
    call = (
        "ecm_feat_extract_f32(state, &package_plan, "
        f"{float_literal(contract.speed_hz[1])}, x, work, out)"
    )
    return Kernel(
        name=f"feat.{name}.{n}",
        header="ecm_feat.h",
        data="\n".join([
            *headers_of(steps_of(contract)),
            plan_c(contract),
            f"static float x[{n}], work[{max(device.work_len, 1)}];",
            f"static float state[{max(device.state_len, 1)}];",
            f"static float out[{device.n_features}];",
            "static ecm_status_t status;",
        ]),
        setup=f"uint32_t i;\nfor (i = 0; i <= {device.warm_len}U; i++) {{\n"
        f"    ecm_test_noise_f32(i, x, {n});\n    (void){call};\n}}\n"
        f"ecm_test_noise_f32(i, x, {n});",
        call=f"status = {call};",
        result='ecm_test_s32("status", status);\n'
        f'ecm_test_array_f32("out", out, {device.n_features});',
    )  # fmt: skip


def _integers(name: str, plan: FeaturePlan) -> Kernel:
    """Describe a plan of the profile q15 at work, likewise."""
    contract = plan.contract()
    device = device_plan(contract)
    n = contract.window_len
    call = "ecm_feat_q15_extract(state, &package_plan, x, work, out)"
    noise = (
        f"ecm_test_noise_f32(i, samples, {n});\n"
        f"(void)ecm_feat_q15_samples_f32(samples, {n}, 2.0f, x);"
    )
    return Kernel(
        name=f"feat_q15.{name}.{n}",
        header="ecm_feat_q15.h",
        data="\n".join([
            *headers_of(steps_of(contract)),
            integer_plan_c(contract, 0, "package_plan"),
            f"static float samples[{n}];",
            f"static int16_t x[{n}];",
            f"static int32_t work[{device.work_len}], out[{device.n_features}];",
            f"static uint32_t state[{max(device.state_len, 1)}];",
            "static ecm_status_t status;",
        ]),
        setup=f"uint32_t i;\nfor (i = 0; i <= {device.warm_len}U; i++) {{\n"
        f"{noise}\n    (void){call};\n}}\n{noise}",
        call=f"status = {call};",
        result='ecm_test_s32("status", status);\n'
        'ecm_test_bytes("out", out, sizeof out);',
    )  # fmt: skip


def _short() -> FeaturePlan:
    """Return the plan of bearings in windows of 1024 samples, all else as it is."""
    return msgspec.structs.replace(load_plan("bearing"), window_len=1024, hop_len=512)


PLANS = (
    *(_plan(name.replace("-", "_"), load_plan(name)) for name in plan_names()),
    _plan("bearing", _short()),
    _integers("vibration_basic", load_plan("vibration-basic", profile="q15")),
)
