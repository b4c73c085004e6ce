"""Rows of integer layers: one dense layer in each of its forms, and recurrent ones."""

from benchmarks.device_kernels.row import Kernel

__all__ = ["LAYERS"]

_IN, _OUT = 128, 64
_SEED = "uint32_t i, seed = 1;\n"
_NEXT = "seed = seed * 1664525U + 1013904223U;\n"
_STATUS = 'ecm_test_s32("status", status);\n'


def _fill(name: str, n: int, value: str) -> str:
    return f"for (i = 0; i < {n}U; i++) {{\n    {_NEXT}    {name}[i] = {value};\n}}\n"


def _dense(kind: str, module: str) -> Kernel:
    """Describe a fully connected layer of int8 weights."""
    wide = kind == "s16"
    value = f"int{16 if wide else 8}_t"
    limits = "-32768, 32767" if wide else "-128, 127"
    return Kernel(
        name=f"{module}.{_IN}x{_OUT}",
        header=f"ecm_{module}.h",
        data=f"static union {{ int32_t aligned; int8_t bytes[{_IN * _OUT}]; }} w;\n"
        f"static int32_t bias[{_OUT}], multiplier[{_OUT}];\n"
        f"static uint8_t shift[{_OUT}];\n"
        f"static {value} x[{_IN}], y[{_OUT}];\n"
        "static const ecm_nn_dense_s8_t layer = {w.bytes, NULL, bias, multiplier, "
        f"shift, {_IN}, {_OUT}, 0, {limits}, 0}};\nstatic ecm_status_t status;",
        setup=_SEED
        + _fill("w.bytes", _IN * _OUT, "(int8_t)(seed >> 24)")
        + _fill("x", _IN, f"({value})(seed >> {16 if wide else 24})")
        + _fill("bias", _OUT, "(int32_t)(seed >> 20)")
        + _fill("multiplier", _OUT, "(int32_t)(0x40000000U + (seed >> 3))")
        + _fill("shift", _OUT, "40"),
        call=f"status = ecm_nn_dense_{kind}(&layer, x, y);",
        result=f'{_STATUS}ecm_test_bytes("y", y, sizeof y);',
        per=_IN * _OUT,
        unit="product",
    )


def _recurrent(kind: str) -> Kernel:
    """Describe what 32 cells of an LSTM take from a state of as many."""
    whole = kind == "s8"
    value = "int8_t" if whole else "float"
    rows, n = 128, 32
    small = "(int8_t)(seed >> 24)" if whole else "(float)(int32_t)seed * 0x1p-31f"
    scale = "scale, " if whole else ""
    weights = "w.bytes" if whole else "w"
    return Kernel(
        name=f"nn_rnn.add_{kind}.{n}x{rows}",
        header="ecm_nn_rnn.h",
        data=(
            f"static union {{ int32_t aligned; int8_t bytes[{rows * n}]; }} w;\n"
            f"static float scale[{rows}];\n"
            if whole
            else f"static float w[{rows * n}];\n"
        )
        + f"static float bias[{rows}], sums[{rows}];\nstatic {value} x[{n}];\n"
        f"static const ecm_nn_rnn_{kind}_t table = {{{weights}, {scale}bias, {n}, "
        f"{rows}}};\nstatic ecm_status_t status;",
        setup=_SEED
        + _fill(weights, rows * n, small)
        + _fill("x", n, small)
        + (_fill("scale", rows, "0.001f") if whole else ""),
        call=f"status = ecm_nn_rnn_add_{kind}(&table, x, sums);",
        result=f'{_STATUS}ecm_test_array_f32("sums", sums, {rows});',
        per=rows * n,
        unit="product",
    )


LAYERS = (
    _dense("s8", "nn_dense"),
    _dense("s16", "nn_dense_s16"),
    _recurrent("f32"),
    _recurrent("s8"),
)
