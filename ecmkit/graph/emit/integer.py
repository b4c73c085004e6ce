"""Integer layers: calls of the device library, and the tables that they take.

Values are int8, or int16 from 0, with scale and zero point in their type; the kernel
follows from it. Images are rows of pixels of channels,
``[1, height, width, channel]``; weights lie as in TFLite. What the kernels read
instead (packed weights, folded bias, multipliers) is computed here.
"""

from collections.abc import Mapping
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.graph.emit.unit import Unit
from ecmkit.graph.ir import DType, Node, Tensor
from ecmkit.graph.packing import (
    PackedS8,
    fold_wide,
    pack_s8,
    pack_shorter_s8,
    right_shift,
)
from ecmkit.graph.quantise import multiplier_and_shift, short_multiplier
from ecmkit.graph.tables import (
    ACTIVATIONS,
    exponential_table,
    exponential_tables_s16,
    requantise_table,
    table_s8,
    table_s16,
)

__all__ = [
    "CLAMPS",
    "add",
    "conv",
    "dense",
    "depthwise",
    "from_real",
    "mean",
    "mul",
    "pool",
    "softmax",
    "table",
    "to_real",
]

CLAMPS: dict[str, tuple[float | None, float | None]] = {
    "none": (None, None),
    "relu": (0.0, None),
    "relu6": (0.0, 6.0),
    "relu_n1_to_1": (-1.0, 1.0),
}
"""Activations that a layer can hold: the range of their results."""

_NUMBERS: dict[str, DType] = {
    "multiplier": "s32", "a_multiplier": "s32", "b_multiplier": "s32", "bias": "s32",
    "negative_multiplier": "s32", "shift": "u8", "a_shift": "u8", "b_shift": "u8",
    "negative_shift": "u8", "input_zero": "s16",
    "a_zero": "s16", "b_zero": "s16", "output_zero": "s16", "output_min": "s16",
    "output_max": "s16",
}  # fmt: skip
"""Fields that come from calibration, as the weights do."""

_TIES = {"s8": 20, "s16": 12}
"""Bits behind the point of a factor up to which the last bit parts no two sums."""
_U16 = 0xFFFF
_SOFTMAX_ROW = 1000


def _fields(unit: Unit, fields: Mapping[str, Any]) -> list[str]:
    """Initialise fields: tables, sizes, and numbers that belong to the weights."""
    return [
        f".{key} = {unit.number(value, _NUMBERS[key])}"
        if key in _NUMBERS and isinstance(value, int)
        else f".{key} = {value}"
        for key, value in fields.items()
    ]


def _struct(unit: Unit, kind: str, fields: Mapping[str, Any]) -> list[str]:
    """Declare a constant structure ``l`` in the block of a node."""
    inside = [f"    {field}," for field in _fields(unit, fields)]
    return [f"{unit.storage} {kind} l = {{", *inside, "};"]


def _call(
    unit: Unit, node: Node, function: str, *arguments: str, inputs: int = 1
) -> list[str]:
    return [
        *unit.declare(node, letters="ab"[:inputs]),
        "const ecm_status_t status =",
        f"    {function}({', '.join(arguments)});",
        "ECM_REQUIRE(status >= ECM_OK, status);",
    ]


def _table(unit: Unit, value: NDArray[Any]) -> str:
    return unit.table(unit.key_of(value), value)


def _value(unit: Unit, node: Node, at: int, what: str) -> NDArray[Any]:
    value = unit.graph.constants.get(node.inputs[at])
    if value is None:
        raise node.refuse(f"{what} are computed, expected constants")
    return value


def _kind(unit: Unit, node: Node, name: str) -> Tensor:
    tensor = unit.tensor(name)
    if tensor.dtype not in ("s8", "s16") or not tensor.scale > 0.0:
        raise node.refuse(
            f"value {name!r} is {tensor}, expected int8 or int16 with a scale"
        )
    if tensor.dtype == "s16" and tensor.zero:
        raise node.refuse(f"value {name!r} is {tensor}, expected int16 from 0")
    return tensor


def _ends(unit: Unit, node: Node, inputs: int = 1) -> tuple[Tensor, ...]:
    """Types of what goes in and of the result, which have the same elements."""
    kinds = tuple(
        _kind(unit, node, name) for name in (*node.inputs[:inputs], node.outputs[0])
    )
    if len({kind.dtype for kind in kinds}) > 1:
        raise node.refuse(f"values are {', '.join(map(str, kinds))}, expected one type")
    return kinds


def _fixed(node: Node, real: float) -> tuple[int, int]:
    """Multiplier and right shift of a factor."""
    try:
        multiplier, shift = multiplier_and_shift(real)
    except ValueError as error:
        raise node.refuse(str(error)) from error
    return multiplier, right_shift(shift)


def _tilted(multiplier: int, shift: int, real: float, bits: int) -> tuple[int, int]:
    """Move a multiplier by its last bit where results may lie between two steps.

    LiteRT rounds a sum times `real` half away from 0; kernels round half up. Sums that
    stay within the range of the type are smaller than what the last bit may move then.
    """
    if (multiplier << bits) % (1 << shift):
        return multiplier, shift
    if Fraction(real) >= Fraction(multiplier, 1 << shift):
        return multiplier + 1, shift
    if multiplier > 1 << 30:
        return multiplier - 1, shift
    return (1 << 31) - 1, shift + 1


def _clamp(node: Node, y: Tensor) -> dict[str, int]:
    """Zero point, and the range of an activation in steps of the result."""
    low, high = CLAMPS[str(node.attrs.get("activation", "none"))]
    scale = np.float32(y.scale)

    def steps(limit: float) -> int:
        with np.errstate(over="ignore"):
            real = float(np.float32(limit) / scale)
        whole = int(min(abs(real), 1e6) + 0.5)
        return y.zero + (whole if real >= 0 else -whole)

    least, most = (-128, 127) if y.dtype == "s8" else (-32768, 32767)
    return {
        "output_zero": y.zero,
        "output_min": least if low is None else min(max(least, steps(low)), most),
        "output_max": most if high is None else max(min(most, steps(high)), least),
    }


def _layer(
    unit: Unit, node: Node, rows: NDArray[np.int8], *, once: bool
) -> tuple[NDArray[np.int8], dict[str, str]]:
    """Rows of weights of a layer, its bias, multipliers and shifts."""
    x, y = _ends(unit, node)
    bias = _value(unit, node, 2, "bias")
    scales = _value(unit, node, 3, "scales of weights").astype(np.float32).reshape(-1)
    if scales.size not in (1, len(rows)) or bias.shape != (len(rows),):
        raise node.refuse(
            f"{bias.size} biases and {scales.size} scales for {len(rows)} outputs"
        )
    if not (np.all(scales > 0) and np.all(np.isfinite(scales))):
        raise node.refuse("a scale of weights is not above 0")
    reals = [x.scale * float(s) / y.scale for s in scales]
    fixed = [_fixed(node, real) for real in reals]
    if once:
        bits = _TIES[x.dtype]
        fixed = [_tilted(*f, real, bits) for f, real in zip(fixed, reals, strict=True)]
    if x.dtype == "s16":
        if any(shift < 17 for _, shift in fixed):
            raise node.refuse(f"factor {max(reals)}: expected below 2**14")
        # LiteRT rounds dense layers by all bits and others by the upper 15.
        fixed = fixed if once else [(short_multiplier(m), s) for m, s in fixed]
    fixed *= len(rows) // len(fixed)
    folded = fold_wide(bias, rows, x.zero)
    if x.dtype == "s8":
        rows, folded, fixed = _within(node, rows, folded, fixed, once)
    elif np.any(np.abs(folded) >= 1 << 31):
        raise node.refuse(
            "a bias leaves 32 bits: quantise the model with a smaller one"
        )
    return rows, {
        "bias": _table(unit, folded.astype(np.int32)),
        "multiplier": _table(unit, np.array([m for m, _ in fixed], np.int32)),
        "shift": _table(unit, np.array([s for _, s in fixed], np.uint8)),
    }


def _within(
    node: Node,
    rows: NDArray[np.int8],
    folded: NDArray[np.int64],
    fixed: list[tuple[int, int]],
    once: bool,
) -> tuple[NDArray[np.int8], NDArray[np.int64], list[tuple[int, int]]]:
    """Keep accumulators within what kernels can take.

    Outputs whose weights have vanished have a bias of any size. They are constants, and
    become ones that a kernel computes from small numbers.
    """
    wide = rows.astype(np.int64)
    high = folded + np.maximum(wide * 127, wide * -128).sum(axis=1)
    low = folded + np.minimum(wide * 127, wide * -128).sum(axis=1)
    limit = 1 << (31 if once else 30)
    beyond = np.flatnonzero(np.maximum(np.abs(low), np.abs(high)) >= limit)
    if not len(beyond):
        return rows, folded, fixed
    rows, folded, fixed = rows.copy(), folded.copy(), list(fixed)
    for at in beyond.tolist():
        ends = [int(low[at]), int(high[at])]
        values = {_clipped(_rounded(acc, *fixed[at], once)) for acc in ends}
        if max(map(abs, ends)) >= 1 << 31 or len(values) > 1:
            raise node.refuse(
                f"sums of products of output {at} reach {max(map(abs, ends))}, "
                f"expected less than {limit}: quantise the model with a smaller bias"
            )
        rows[at], folded[at], fixed[at] = 0, values.pop() << 10, (1 << 30, 40)
    return rows, folded, fixed


def _clipped(value: int) -> int:
    """Beyond what any zero point brings back into int8."""
    return min(max(value, -256), 256)


def _rounded(acc: int, multiplier: int, shift: int, once: bool) -> int:
    """Return an accumulator in steps of the result, as the kernels round it."""
    if once:
        return (acc * multiplier + (1 << (shift - 1))) >> shift
    product = (acc << max(31 - shift, 0)) * multiplier
    part, right = (product + (1 << 30)) >> 31, max(shift - 31, 0)
    half = 1 << right >> 1
    return -((-part + half) >> right) if part < 0 else (part + half) >> right


def _weights(unit: Unit, value: NDArray[np.int8]) -> str:
    return unit.words(unit.key_of(value), value)


def _packed(unit: Unit, packed: PackedS8) -> dict[str, str]:
    """Weights, and the list of their blocks where some are left out."""
    fields = {"weights": _weights(unit, packed.weights)}
    if packed.blocks is not None:
        fields["blocks"] = _table(unit, packed.blocks)
    return fields


def _add_module(unit: Unit, x: Tensor, module: str) -> None:
    """Note the module of a kernel; most of those of int16 are in one."""
    unit.modules.add(module if x.dtype == "s8" else "nn_s16")


def _window(node: Node) -> str:
    window = node.attrs["window"]
    if max(window.values()) > _U16:
        raise node.refuse(f"window {dict(window)}: expected at most {_U16} each")
    fields = ", ".join(f".{k} = {v}" for k, v in window.items())
    return f"{{{fields}}}"


def dense(unit: Unit, node: Node) -> list[str]:
    """Fully connected layer, ``ecm_nn_dense_s8``, on each row of the input."""
    rows = _value(unit, node, 1, "weights")
    x, y = _ends(unit, node)
    unit.modules.add("nn_dense" if x.dtype == "s8" else "nn_dense_s16")
    function = f"ecm_nn_dense_{x.dtype}"
    outputs, inputs = rows.shape
    if max(rows.shape) > _U16:
        raise node.refuse(f"weights {list(rows.shape)}: expected at most {_U16} each")
    rows, tables = _layer(unit, node, rows, once=True)
    fields = {
        **_packed(unit, pack_shorter_s8(rows)),
        **tables,
        "inputs_len": inputs,
        "outputs_len": outputs,
        **_clamp(node, y),
    }
    struct = _struct(unit, "ecm_nn_dense_s8_t", fields)
    times = x.size // inputs
    if times == 1:
        return [*struct, *_call(unit, node, function, "&l", "a", "y")]
    return [
        *struct,
        *unit.declare(node, letters="a"),
        "uint32_t i;",
        f"for (i = 0; i < {times}U; i++) {{",
        "    const ecm_status_t status =",
        f"        {function}(&l, a + i * {inputs}U, y + i * {outputs}U);",
        "    ECM_REQUIRE(status >= ECM_OK, status);",
        "}",
    ]


def conv(unit: Unit, node: Node) -> list[str]:
    """Convolution, ``ecm_nn_conv_s8``."""
    weights = _value(unit, node, 1, "weights")
    x, y = _ends(unit, node)
    _add_module(unit, x, "nn_conv")
    rows = weights.reshape(weights.shape[0], -1)
    groups = int(node.attrs["groups"])
    each = len(rows) // groups
    inputs = rows.shape[1]
    if max(rows.shape) > _U16:
        raise node.refuse(f"weights {list(rows.shape)}: expected at most {_U16} each")
    rows, tables = _layer(unit, node, rows, once=False)
    if groups == 1:
        packed = pack_shorter_s8(rows)
    else:
        parts = [pack_s8(rows[g * each : (g + 1) * each]) for g in range(groups)]
        packed = PackedS8(np.concatenate([part.weights for part in parts]), None)
    filters = {
        **_packed(unit, packed),
        **tables,
        "inputs_len": inputs,
        "outputs_len": each,
        **_clamp(node, y),
    }
    inside = ", ".join(_fields(unit, filters))
    fields = {
        "window": _window(node),
        "filters": f"{{{inside}}}",
        "groups": groups,
        "pool": int(node.attrs.get("pool", 1)),
        "input_zero": x.zero,
    }
    if x.dtype == "s8":
        work = unit.scratch(node, 4 * (-(-inputs // 4) * 6), "int32_t")
    else:
        work = unit.scratch(node, 2 * inputs, "int16_t")
    struct = _struct(unit, "ecm_nn_conv_s8_t", fields)
    function = f"ecm_nn_conv_{x.dtype}"
    return [*struct, *_call(unit, node, function, "&l", "a", work, "y")]


def depthwise(unit: Unit, node: Node) -> list[str]:
    """Convolution of each channel alone, ``ecm_nn_depthwise_s8``."""
    weights = _value(unit, node, 1, "weights")
    x, y = _ends(unit, node)
    _add_module(unit, x, "nn_depthwise")
    taps = np.ascontiguousarray(weights.reshape(-1, weights.shape[-1]).T)
    taps, tables = _layer(unit, node, taps, once=False)
    fields = {
        "window": _window(node),
        "weights": _weights(unit, np.ascontiguousarray(taps.T)),
        **tables,
        "multiply": weights.shape[-1] // x.shape[-1],
        "input_zero": x.zero,
        **_clamp(node, y),
    }
    struct = _struct(unit, "ecm_nn_depthwise_s8_t", fields)
    function = f"ecm_nn_depthwise_{x.dtype}"
    return [*struct, *_call(unit, node, function, "&l", "a", "y")]


def pool(unit: Unit, node: Node) -> list[str]:
    """Largest or mean of windows, ``ecm_nn_pool_max_s8`` and ``_mean_s8``."""
    x, y = _ends(unit, node)
    _add_module(unit, x, "nn_pool")
    clamp = _clamp(node, y)
    del clamp["output_zero"]
    struct = _struct(unit, "ecm_nn_pool_s8_t", {"window": _window(node), **clamp})
    function = f"ecm_nn_pool_{node.attrs['fn']}_{x.dtype}"
    return [*struct, *_call(unit, node, function, "&l", "a", "y")]


def mean(unit: Unit, node: Node) -> list[str]:
    """Mean (or sum) over neighbouring axes, ``ecm_nn_mean_s8``."""
    x, y = _ends(unit, node)
    _add_module(unit, x, "nn_pool")
    axes = tuple(node.attrs["axes"])
    if axes != tuple(range(axes[0], axes[-1] + 1)):
        raise node.refuse(f"axes {list(axes)}, expected neighbours")
    n = prod(x.shape[axis] for axis in axes)
    if x.dtype == "s16" and n > _U16:
        raise node.refuse(f"mean of {n} values of int16, expected at most {_U16}")
    factor = x.scale / (y.scale * (n if node.attrs["fn"] == "mean" else 1))
    multiplier, shift = _fixed(node, factor)
    fields = {
        "outer_len": prod(x.shape[: axes[0]]),
        "mean_len": n,
        "inner_len": prod(x.shape[axes[-1] + 1 :]),
        "bias": -n * x.zero,
        "multiplier": multiplier,
        "shift": shift,
        **_clamp(node, y),
    }
    struct = _struct(unit, "ecm_nn_mean_s8_t", fields)
    return [*struct, *_call(unit, node, f"ecm_nn_mean_{x.dtype}", "&l", "a", "y")]


def _two(unit: Unit, node: Node) -> tuple[Tensor, Tensor, Tensor]:
    a, b, y = _ends(unit, node, inputs=2)
    rank = len(b.shape)
    if a.shape != y.shape or (b.size > 1 and b.shape != a.shape[len(a.shape) - rank :]):
        raise node.refuse(f"shapes {list(a.shape)} and {list(b.shape)}")
    _add_module(unit, a, "nn_add")
    return a, b, y


def add(unit: Unit, node: Node) -> list[str]:
    """Sum or difference, ``ecm_nn_add_s8``; the second starts over at its end."""
    a, b, y = _two(unit, node)
    twice = 2.0 * max(a.scale, b.scale)
    last = twice / (2.0 ** (20 if y.dtype == "s8" else 15) * y.scale)
    one, two, three = (
        _fixed(node, factor) for factor in (a.scale / twice, b.scale / twice, last)
    )
    fields = {
        "a_len": a.size,
        "b_len": b.size,
        "a_multiplier": one[0],
        "b_multiplier": two[0] if node.attrs["fn"] == "add" else -two[0],
        "multiplier": three[0],
        "a_shift": one[1],
        "b_shift": two[1],
        "shift": three[1],
        "a_zero": a.zero,
        "b_zero": b.zero,
        **_clamp(node, y),
    }
    struct = _struct(unit, "ecm_nn_add_s8_t", fields)
    function = f"ecm_nn_add_{y.dtype}"
    return [*struct, *_call(unit, node, function, "&l", "a", "b", "y", inputs=2)]


def mul(unit: Unit, node: Node) -> list[str]:
    """Product, ``ecm_nn_mul_s8``."""
    a, b, y = _two(unit, node)
    # LiteRT computes this one in single precision.
    factor = np.float32(a.scale) * np.float32(b.scale) / np.float32(y.scale)
    multiplier, shift = _fixed(node, float(factor))
    fields = {
        "a_len": a.size,
        "b_len": b.size,
        "multiplier": multiplier,
        "shift": shift,
        "a_zero": a.zero,
        "b_zero": b.zero,
        **_clamp(node, y),
    }
    struct = _struct(unit, "ecm_nn_add_s8_t", fields)
    function = f"ecm_nn_mul_{y.dtype}"
    return [*struct, *_call(unit, node, function, "&l", "a", "b", "y", inputs=2)]


def table(unit: Unit, node: Node) -> list[str]:
    """Any function of one value, ``ecm_nn_table_s8``: 256 results.

    ``fn`` is ``requantise`` (a change of scale, clamped by ``activation``; ``alpha`` is
    the factor of negative values; also between int8 and int16) or a key of
    `ecmkit.graph.tables.ACTIVATIONS`, for int16 by lines between 513 points.
    """
    x, y = (_kind(unit, node, n) for n in (node.inputs[0], node.outputs[0]))
    name = str(node.attrs["fn"])
    if "s16" in (x.dtype, y.dtype):
        return _wide_table(unit, node, x, y)
    unit.modules.add("nn_add")
    scales, zeros = (x.scale, y.scale), (x.zero, y.zero)
    try:
        if name == "requantise":
            if node.attrs.get("activation", "none") != "none":
                scales = (float(np.float32(x.scale) / np.float32(y.scale)), 1.0)
            clamp = _clamp(node, y)
            value = requantise_table(
                scales,
                zeros,
                slope=float(node.attrs.get("alpha", 1.0)),
                limits=(clamp["output_min"], clamp["output_max"]),
            )
        else:
            value = table_s8(ACTIVATIONS[name], scales, zeros)
    except (ValueError, OverflowError) as error:
        raise node.refuse(f"scales {scales}: {error}") from error
    n = f"{y.size}U"
    return _call(unit, node, "ecm_nn_table_s8", _table(unit, value), "a", n, "y")


def _wide_table(unit: Unit, node: Node, x: Tensor, y: Tensor) -> list[str]:
    """Change of scale from or to int16, or a function of int16."""
    unit.modules.add("nn_s16")
    name, n = str(node.attrs["fn"]), f"{y.size}U"
    if name != "requantise":
        x, y = _ends(unit, node)
        points = table_s16(ACTIVATIONS[name], x.scale, y.scale)
        return _call(unit, node, "ecm_nn_table_s16", _table(unit, points), "a", n, "y")
    factor = x.scale / y.scale
    if node.attrs.get("activation", "none") != "none":
        factor = float(np.float32(x.scale) / np.float32(y.scale))
    positive = _fixed(node, factor)
    negative = _fixed(node, factor * float(node.attrs.get("alpha", 1.0)))
    fields = {
        "multiplier": positive[0],
        "negative_multiplier": negative[0],
        "shift": positive[1],
        "negative_shift": negative[1],
        "input_zero": x.zero,
        **_clamp(node, y),
    }
    struct = _struct(unit, "ecm_nn_rescale_t", fields)
    way = x.dtype if x.dtype == y.dtype else f"{x.dtype}_{y.dtype}"
    return [*struct, *_call(unit, node, f"ecm_nn_rescale_{way}", "&l", "a", n, "y")]


def softmax(unit: Unit, node: Node) -> list[str]:
    """Softmax of the last axis, ``ecm_nn_softmax_s8``."""
    x, y = _ends(unit, node)
    _add_module(unit, x, "nn_add")
    row = x.shape[-1]
    wanted = (1 / 256, -128) if x.dtype == "s8" else (1 / 32768, 0)
    if not 1 <= row <= _SOFTMAX_ROW or (y.scale, y.zero) != wanted:
        raise node.refuse(
            f"softmax of {row} values to {y}, expected at most {_SOFTMAX_ROW} to a "
            f"scale of 1/{1 / wanted[0]:.0f} from {wanted[1]}"
        )
    fields: dict[str, Any] = {}
    beta = float(node.attrs["beta"])
    try:
        if x.dtype == "s8":
            fields["exponential"] = _table(unit, exponential_table(x.scale, beta))
        else:
            coarse, fine = exponential_tables_s16(x.scale, beta)
            fields["coarse"] = _table(unit, coarse)
            fields["fine"] = _table(unit, fine)
    except OverflowError as error:
        raise node.refuse(f"beta {node.attrs['beta']}: {error}") from error
    fields |= {"rows_len": x.size // row, "row_len": row}
    struct = _struct(unit, f"ecm_nn_softmax_{x.dtype}_t", fields)
    function = f"ecm_nn_softmax_{x.dtype}"
    return [*struct, *_call(unit, node, function, "&l", "a", "y")]


def from_real(unit: Unit, node: Node) -> list[str]:
    """Real to integers, by ``ecm_quant_quantize_f32_s8`` or ``_s16``."""
    return _converted(unit, node, node.outputs[0], "quantize_f32_{}")


def to_real(unit: Unit, node: Node) -> list[str]:
    """Read integers as reals, by ``ecm_quant_dequantize_s8_f32`` or ``_s16_f32``."""
    return _converted(unit, node, node.inputs[0], "dequantize_{}_f32")


def _converted(unit: Unit, node: Node, name: str, function: str) -> list[str]:
    unit.modules.add("quant")
    kind = _kind(unit, node, name)
    numbers = [unit.number(kind.scale, "f32")]
    if kind.dtype == "s8":
        numbers.append(unit.number(kind.zero, "s32"))
    called = f"ecm_quant_{function.format(kind.dtype)}"
    return _call(unit, node, called, "a", f"{kind.size}U", *numbers, "y")
