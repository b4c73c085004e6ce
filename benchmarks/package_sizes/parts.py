"""The parts of an application as rows of the kernels' table, each counted alone."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.device_kernels.row import Kernel
from ecmkit.features import channel_steps
from ecmkit.graph.c_writer import float_literal
from ecmkit.package import Application
from ecmkit.package.monitors import monitor_words, monitors_c
from ecmkit.package.plan import headers_of, plan_c, plan_name
from ecmkit.package.sources import memory_of
from ecmkit.package.transforms import table_c

__all__ = ["parts"]

_TOLD = 3  # APP_TOLD of ecm_app_watch.c
_OTHERS = 5  # ECM_APP_OTHERS
_STATUS = 'ecm_test_s32("status", status);\n'


def parts(app: Application, features: NDArray[np.float32]) -> dict[str, list[Kernel]]:
    """Describe what a window takes, a kernel for each time that it is needed.

    Parameters
    ----------
    app : Application
        Whose settings and models the kernels have.
    features : ndarray of float32, shape (n_features,)
        Of a window of its golden signal.
    """
    n = len(app.contract.channels)
    return {
        "push": [_push(app)] * n,
        "copy": [_copy(app)] * n,
        "judge": [_judge(app)] * n,
        "features": [_features(app)],
        "forest": [_forest(app, features)],
        "monitors": [_monitors(app, features)],
        "counters": [_counters(app, features)],
    }


def _name(app: Application, part: str) -> str:
    """Name a kernel: programs of a workshop are told apart by it."""
    return f"part.{part}.{app.contract.profile}"


def _sample(app: Application) -> tuple[str, str]:
    """Type of what is pushed, and the kind of samples."""
    if memory_of(app).sample_bytes == 4:
        return "float", "f32"
    return "int16_t", "s16" if app.contract.profile == "q15" else "s16_f32"


def _window(app: Application) -> str:
    """Type of what a window holds."""
    return "float" if app.contract.profile == "f32" else "int16_t"


def _noise(name: str, kind: str, n: int, amplitude: float) -> str:
    """Fill an array of floats or integers with noise."""
    value = f"((float)(seed >> 8) - 8388608.0f) * {float_literal(amplitude / 2**23)}"
    if kind == "int16_t":
        value = "(int16_t)((int32_t)(seed >> 18) - 8192)"
    return (
        f"for (i = 0; i < {n}U; i++) {{\n"
        "    seed = seed * 1664525U + 1013904223U;\n"
        f"    {name}[i] = {value};\n}}\n"
    )


_SEED = "uint32_t i, seed = 1;\n"


def _queue(app: Application) -> tuple[str, str]:
    """Declare a ring, and fill it."""
    kind, memory = _sample(app)[0], memory_of(app)
    suffix = "f32" if kind == "float" else "s16"
    n = memory.ring_len
    data = (
        f"static const ecm_ring_cfg_t cfg = {{{n}U, 1U}};\nstatic ecm_ring_t ring;\n"
        f"static {kind} mem[{n}], x[{n}];\nstatic ecm_status_t status;\n"
    )
    push = f"ecm_ring_push_{suffix}(&ring, &cfg, mem, x"
    setup = _SEED + _noise("x", kind, n, 1.0) + "(void)ecm_ring_init(&ring, &cfg);\n"
    return data, f"{setup}(void){push}, {memory.window_len});"


def _push(app: Application) -> Kernel:
    data, setup = _queue(app)
    suffix = "f32" if _sample(app)[0] == "float" else "s16"
    hop = app.contract.hop_len
    return Kernel(
        name=_name(app, "push"),
        header="ecm_app_queue.h",
        data=data,
        setup=f"{setup}\n(void)ecm_ring_release(&ring, &cfg, {hop});",
        call=f"status = ecm_ring_push_{suffix}(&ring, &cfg, mem, x, {hop});",
        result=_STATUS,
    )


def _copy(app: Application) -> Kernel:
    data, setup = _queue(app)
    n = app.contract.window_len
    return Kernel(
        name=_name(app, "copy"),
        header="ecm_app_queue.h",
        data=f"{data}static {_window(app)} out[{n}];",
        setup=setup,
        call=f"status = ecm_app_samples_{_sample(app)[1]}.copy(\n"
        f"    &ring, &cfg, mem, 16.0f, out, {n});",
        result=f'{_STATUS}ecm_test_bytes("out", out, sizeof out);',
    )


def _judge(app: Application) -> Kernel:
    kind, hop = _window(app), app.contract.hop_len
    checks = app.checks_of(app.contract.channels[0])
    settings = checks.settings(fs_hz=app.contract.fs_hz)
    fields = "\n".join(
        f"cfg.{name} = {value if isinstance(value, int) else float_literal(value)};"
        for name, value in settings.items()
    )
    return Kernel(
        name=_name(app, "judge"),
        header="ecm_app_queue.h",
        data=f"static {kind} x[{hop}];\nstatic ecm_health_cfg_t cfg;\n"
        "static ecm_health_t st;\nstatic uint32_t verdict;\n"
        "static ecm_status_t status;",
        setup=f"{_SEED}{_noise('x', kind, hop, 1.0)}(void)ecm_health_init(&st);\n"
        f"cfg.range = 16.0f;\n{fields}",
        call=f"status = ecm_app_samples_{_sample(app)[1]}.judge(\n"
        f"    &st, &cfg, x, {hop}, &verdict);",
        result=_STATUS,
    )


def _features(app: Application) -> Kernel:
    """Describe the steps of all channels, one window after another."""
    memory, kind = memory_of(app), _window(app)
    n, channels = memory.window_len, range(memory.channels_len)
    names = [plan_name(app.contract, i) for i in channels]
    calls = [
        f"status = ecm_feat_extract_f32(state[{i}], &{name}, 0.0f,\n"
        f"                              window[{i}], work, out[{i}]);"
        for i, name in enumerate(names)
    ]
    call = "\n".join(calls)
    fill = _noise("x", kind, n, 1.0)
    fill += "".join(f"memcpy(window[{i}], x, sizeof x);\n" for i in channels)
    return Kernel(
        name=_name(app, "features"),
        header="ecm_feat.h",
        data="\n".join([
            *headers_of(s for own in channel_steps(app.contract) for s in own),
            plan_c(app.contract),
            f"static {kind} x[{n}];",
            f"static float window[{len(names)}][{memory.window_floats}];",
            f"static float work[{memory.work_len}];",
            f"static float state[{len(names)}][{max(memory.state_len, 1)}];",
            f"static float out[{len(names)}][{memory.features_len}];",
            "static ecm_status_t status;",
        ]),
        setup=f"uint32_t i, k, seed = 1;\nfor (k = 0; k < {memory.warm_len + 1}U; "
        f"k++) {{\n{fill}{call}\n}}\n{fill}",
        call=call,
        result=f'{_STATUS}ecm_test_bytes("out", out, sizeof out);',
    )  # fmt: skip


def _values(app: Application, features: NDArray[np.float32]) -> str:
    """Declare what monitors read: features, then outputs and others of zeros."""
    rest = np.zeros(len(app.outputs) + _OTHERS, np.float32)
    return table_c("values", np.concatenate([features, rest]))


def _forest(app: Application, features: NDArray[np.float32]) -> Kernel:
    (model,) = app.models
    return Kernel(
        name=_name(app, "forest"),
        header="ecm_bits.h",
        data=f"{model.source}\n{_values(app, features)}\n"
        f"static float out[{len(model.outputs)}];\n"
        f"static float work[{max(1, -(-model.work_bytes // 4))}];\n"
        "static ecm_status_t status;",
        setup="",
        call=f"status = {model.symbol}(values, out, work);",
        result=f'{_STATUS}ecm_test_array_f32("out", out, {len(model.outputs)});',
    )


def _monitors(app: Application, features: NDArray[np.float32]) -> Kernel:
    call = (
        "ecm_monitor_update_f32(state, &package_monitor, values, 0, told, "
        f"{_TOLD}, &found)"
    )
    return Kernel(
        name=_name(app, "monitors"),
        header="ecm_monitor.h",
        data="\n".join([
            monitors_c(app.monitors),
            _values(app, features),
            f"static uint32_t state[{monitor_words(app.monitors)}], found;",
            f"static ecm_monitor_alarm_t told[{_TOLD}];",
            "static ecm_status_t status;",
        ]),
        setup="(void)ecm_monitor_init(state, &package_monitor);\n"
        f"(void){call};",
        call=f"status = {call};",
        result=f'{_STATUS}ecm_test_bytes("state", state, sizeof state);',
    )  # fmt: skip


def _counters(app: Application, features: NDArray[np.float32]) -> Kernel:
    n, bins = len(features), app.reference.bins
    return Kernel(
        name=_name(app, "counters"),
        header="ecm_dist.h",
        data="\n".join([
            table_c("edges", app.reference.edges),
            table_c("values", features),
            f"static ecm_dist_t st[{n}];\nstatic ecm_dist_cfg_t cfg[{n}];",
            f"static uint16_t count[{n}][{bins}];",
            "static ecm_status_t status;",
        ]),
        setup=f"uint32_t i;\nfor (i = 0; i < {n}U; i++) {{\n"
        f"    cfg[i].edges = &edges[{bins - 1}U * i];\n    cfg[i].bins = {bins};\n"
        "    cfg[i].form = ECM_DIST_FILL;\n"
        "    cfg[i].window_len = ECM_DIST_WINDOW_MAX;\n"
        "    (void)ecm_dist_init(&st[i], &cfg[i], count[i]);\n}",
        call=f"uint32_t i;\nfor (i = 0; i < {n}U; i++) {{\n"
        "    status = ecm_dist_update_f32(&st[i], &cfg[i], count[i], values[i]);\n}",
        result=f'{_STATUS}ecm_test_bytes("count", count, sizeof count);',
    )  # fmt: skip
