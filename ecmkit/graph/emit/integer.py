"""int8 layers: calls of the device library with their tables.

Activations are images of rows of pixels of channels (one row where there is one
dimension), flat in memory. Weights are packed by `ecmkit.graph.packing`.
"""

from collections.abc import Mapping
from typing import Any

from ecmkit.graph.emit.functions import literal
from ecmkit.graph.emit.unit import Unit
from ecmkit.graph.ir import Node

__all__ = [
    "add",
    "conv",
    "dense",
    "depthwise",
    "from_real",
    "mean",
    "pool",
    "to_real",
]


def _struct(kind: str, fields: Mapping[str, Any]) -> list[str]:
    """Declare a constant structure ``l`` in the block of a node."""
    inside = [f"    .{key} = {value}," for key, value in fields.items()]
    return [f"static const {kind} l = {{", *inside, "};"]


def _tables(unit: Unit, node: Node) -> dict[str, str]:
    weights, bias, multiplier, shift = node.inputs[1:5]
    return {
        "weights": unit.words(weights),
        "bias": unit.pointer(bias),
        "multiplier": unit.pointer(multiplier),
        "shift": unit.pointer(shift),
    }


def _call(unit: Unit, node: Node, function: str, *arguments: str) -> list[str]:
    return [
        *unit.declare(node, letters="ab"[: int(node.attrs.get("arrays", 1))]),
        f"const ecm_status_t status = {function}({', '.join(arguments)});",
        "ECM_REQUIRE(status >= ECM_OK, status);",
    ]


def _window(node: Node) -> str:
    fields = ", ".join(f".{k} = {v}" for k, v in node.attrs["window"].items())
    return f"{{{fields}}}"


def _clamp(node: Node) -> dict[str, int]:
    names = ("output_zero", "output_min", "output_max")
    return {name: node.attrs[name] for name in names if name in node.attrs}


def dense(unit: Unit, node: Node) -> list[str]:
    """Fully connected layer, ``ecm_nn_dense_s8``."""
    unit.modules.add("nn_dense")
    sizes = {name: node.attrs[name] for name in ("inputs_len", "outputs_len")}
    fields = {**_tables(unit, node), **sizes, **_clamp(node)}
    struct = _struct("ecm_nn_dense_s8_t", fields)
    return [*struct, *_call(unit, node, "ecm_nn_dense_s8", "&l", "a", "y")]


def conv(unit: Unit, node: Node) -> list[str]:
    """Convolution, ``ecm_nn_conv_s8``."""
    unit.modules.add("nn_conv")
    sizes = {name: node.attrs[name] for name in ("inputs_len", "outputs_len")}
    filters = {**_tables(unit, node), **sizes, **_clamp(node)}
    inside = ", ".join(f".{key} = {value}" for key, value in filters.items())
    fields = {
        "window": _window(node),
        "filters": f"{{{inside}}}",
        "groups": node.attrs["groups"],
        "pool": 1,
        "input_zero": node.attrs["input_zero"],
    }
    n_bytes = 4 * (-(-int(node.attrs["inputs_len"]) // 4) * 6)
    work = unit.scratch(node, n_bytes, "int32_t")
    struct = _struct("ecm_nn_conv_s8_t", fields)
    return [*struct, *_call(unit, node, "ecm_nn_conv_s8", "&l", "a", work, "y")]


def depthwise(unit: Unit, node: Node) -> list[str]:
    """Convolution of each channel alone, ``ecm_nn_depthwise_s8``."""
    unit.modules.add("nn_depthwise")
    fields = {
        "window": _window(node),
        **_tables(unit, node),
        "multiply": node.attrs["multiply"],
        "input_zero": node.attrs["input_zero"],
        **_clamp(node),
    }
    struct = _struct("ecm_nn_depthwise_s8_t", fields)
    return [*struct, *_call(unit, node, "ecm_nn_depthwise_s8", "&l", "a", "y")]


def pool(unit: Unit, node: Node) -> list[str]:
    """Largest or mean of windows, ``ecm_nn_pool_max_s8`` and ``_mean_s8``."""
    unit.modules.add("nn_pool")
    fields = {"window": _window(node), **_clamp(node)}
    struct = _struct("ecm_nn_pool_s8_t", fields)
    function = f"ecm_nn_pool_{node.attrs['fn']}_s8"
    return [*struct, *_call(unit, node, function, "&l", "a", "y")]


def mean(unit: Unit, node: Node) -> list[str]:
    """Mean over all pixels, ``ecm_nn_mean_s8``."""
    unit.modules.add("nn_pool")
    names = ("outer_len", "mean_len", "inner_len", "bias", "multiplier", "shift")
    fields = {**{n: node.attrs[n] for n in names}, **_clamp(node)}
    struct = _struct("ecm_nn_mean_s8_t", fields)
    return [*struct, *_call(unit, node, "ecm_nn_mean_s8", "&l", "a", "y")]


def add(unit: Unit, node: Node) -> list[str]:
    """Sum of two tensors of one shape, ``ecm_nn_add_s8``."""
    unit.modules.add("nn_add")
    names = (
        *("a_len", "b_len", "a_multiplier", "b_multiplier", "multiplier"),
        *("a_shift", "b_shift", "shift", "a_zero", "b_zero"),
    )
    fields = {**{n: node.attrs[n] for n in names}, **_clamp(node)}
    struct = _struct("ecm_nn_add_s8_t", fields)
    return [*struct, *_call(unit, node, "ecm_nn_add_s8", "&l", "a", "b", "y")]


def from_real(unit: Unit, node: Node) -> list[str]:
    """Real to int8, ``ecm_quant_quantize_f32_s8``."""
    unit.modules.add("quant")
    n = unit.tensor(node.outputs[0]).size
    scale = literal(float(node.attrs["scale"]), "f32")
    zero = str(node.attrs["zero"])
    function = "ecm_quant_quantize_f32_s8"
    return _call(unit, node, function, "a", f"{n}U", scale, zero, "y")


def to_real(unit: Unit, node: Node) -> list[str]:
    """Read int8 as reals, by ``ecm_quant_dequantize_s8_f32``."""
    unit.modules.add("quant")
    n = unit.tensor(node.outputs[0]).size
    scale = literal(float(node.attrs["scale"]), "f32")
    zero = str(node.attrs["zero"])
    function = "ecm_quant_dequantize_s8_f32"
    return _call(unit, node, function, "a", f"{n}U", scale, zero, "y")
